//! Every statement about findings.

pub(crate) const PUT_REPORT: &str = "INSERT INTO report \
    (company, broker, run, as_of, file, digest, profile, totals, approved) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
/// Latest first.
pub(crate) const REPORTS: &str = "SELECT run, as_of, file, digest, profile, totals, approved FROM report \
    WHERE company = $1 AND broker = $2 ORDER BY sequence DESC LIMIT $3";

pub(crate) const STATES: &str = "SELECT id, state FROM finding WHERE company = $1 AND broker = $2";
/// Before the rows: the columns in the order in which they are bound.
pub(crate) const PUT_FINDINGS: &str = "INSERT INTO finding \
    (id, kind, member_id, message, parameters, salesorder_no, issuer, place, source, premium, \
     words, company, broker, state, first_seen, first_run, last_seen, last_run, review, description) ";
/// After the rows. What says nothing new is not written.
pub(crate) const ON_KNOWN_FINDING: &str = " ON CONFLICT (id) DO UPDATE SET \
    message = excluded.message, parameters = excluded.parameters, salesorder_no = excluded.salesorder_no, \
    issuer = excluded.issuer, place = excluded.place, source = excluded.source, premium = excluded.premium, \
    words = excluded.words, \
    state = 'open', first_seen = MIN(first_seen, excluded.first_seen), \
    last_seen = MAX(last_seen, excluded.last_seen), last_run = excluded.last_run \
    WHERE state = 'closed' OR message <> excluded.message OR parameters <> excluded.parameters \
    OR salesorder_no IS NOT excluded.salesorder_no OR issuer IS NOT excluded.issuer \
    OR place IS NOT excluded.place OR source <> excluded.source OR premium IS NOT excluded.premium \
    OR last_seen < excluded.last_seen OR first_seen > excluded.first_seen";
pub(crate) const CLOSE: &str = "UPDATE finding SET state = 'closed', last_run = $2 \
    WHERE id IN (SELECT value FROM json_each($1)) AND state = 'open'";
pub(crate) const NOTE: &str = "INSERT INTO finding_event (finding, at, run, change) \
    SELECT value, $2, $3, $4 FROM json_each($1)";
pub(crate) const HISTORY: &str =
    "SELECT at, run, change FROM finding_event WHERE finding = $1 ORDER BY sequence";
/// What is said already is not said again.
pub(crate) const REVIEW: &str = "UPDATE finding SET review = COALESCE($2, review), \
    description = COALESCE($3, description) WHERE id IN (SELECT value FROM json_each($1)) \
    AND (review <> COALESCE($2, review) OR description <> COALESCE($3, description)) \
    RETURNING id, review, description";
pub(crate) const COUNT_NAMED: &str =
    "SELECT COUNT(*) FROM finding WHERE id IN (SELECT value FROM json_each($1))";
