//! Every statement that answers a question without a filter; those with one are put together in [`crate::sqlite`].

/// How many units of a mapping stand alike, in the order of the index.
pub(crate) const COUNT_UNITS: &str = "SELECT state, verdict, attempts, COUNT(*) AS units \
    FROM staged INDEXED BY staged_standing WHERE mapping = $1 GROUP BY state, verdict, attempts";
/// Asked where somebody is about to publish a mapping that has lost a unit or a role: a walk along its links.
pub(crate) const COUNT_LINKS: &str = "SELECT unit, role, COUNT(*) AS links FROM tie \
    WHERE mapping = $1 AND standing = 'live' GROUP BY unit, role ORDER BY unit, role";
pub(crate) const COUNT_OPEN_CONFLICTS: &str = "SELECT COUNT(*) FROM conflict INDEXED BY conflict_by_state \
    WHERE state = 'open' AND ($1 IS NULL OR mapping = $1)";

/// `[[from, to], ...]`: what the runs that began in each span account for, added up; each span is a walk along the index.
pub(crate) const BALANCES: &str = "SELECT span.key AS span, SUM(body ->> '$.balance.read') AS read, \
    SUM(body ->> '$.balance.created') AS created, SUM(body ->> '$.balance.updated') AS updated, \
    SUM(body ->> '$.balance.unchanged') AS unchanged, SUM(body ->> '$.balance.skipped') AS skipped, \
    SUM(body ->> '$.balance.conflicted') AS conflicted, SUM(body ->> '$.balance.failed') AS failed \
    FROM json_each($1) AS span CROSS JOIN run INDEXED BY run_by_start \
    WHERE run.started >= span.value ->> 0 AND run.started < span.value ->> 1 GROUP BY span.key";

/// Of writes whose subject the record is, and writes to it, the latest; each side is a walk along its index from the
/// end.
pub(crate) const JOURNAL_ABOUT: &str = "SELECT body, state FROM intent WHERE sequence IN ( \
    SELECT sequence FROM (SELECT sequence FROM intent INDEXED BY intent_by_subject \
        WHERE subject_id = $1 AND body ->> '$.subject.kind' = $2 AND body ->> '$.subject.system' = $3 \
        ORDER BY sequence DESC LIMIT $4) \
    UNION SELECT sequence FROM (SELECT sequence FROM intent INDEXED BY intent_by_target \
        WHERE target_id = $1 AND body ->> '$.target.kind' = $2 AND body ->> '$.target.system' = $3 \
        ORDER BY sequence DESC LIMIT $4)) \
    ORDER BY sequence DESC LIMIT $4";

/// The mappings and their units, each found by one step along the primary key, and in each the record with this order
/// key, where a run went through it.
pub(crate) const OUTCOMES_OF: &str = "WITH RECURSIVE known (mapping) AS ( \
    SELECT MIN(mapping) FROM staged UNION ALL \
    SELECT (SELECT MIN(staged.mapping) FROM staged WHERE staged.mapping > known.mapping) \
    FROM known WHERE known.mapping IS NOT NULL), \
    place (mapping, unit) AS ( \
    SELECT mapping, (SELECT MIN(staged.unit) FROM staged WHERE staged.mapping = known.mapping) \
    FROM known WHERE known.mapping IS NOT NULL UNION ALL \
    SELECT mapping, (SELECT MIN(staged.unit) FROM staged \
        WHERE staged.mapping = place.mapping AND staged.unit > place.unit) \
    FROM place WHERE place.unit IS NOT NULL) \
    SELECT staged.* FROM place CROSS JOIN staged WHERE staged.mapping = place.mapping \
    AND staged.unit = place.unit AND staged.order_key = $1 AND staged.run IS NOT NULL \
    ORDER BY staged.mapping, staged.unit";

/// `$1`: the text itself, `$2`: what begins with it, `$3`: what holds it.
pub(crate) const SEARCH_TIES: &str = r"SELECT tie.* FROM (SELECT mapping, subject_id, subject_kind,
    subject_system, role, CASE WHEN subject_id LIKE $1 ESCAPE '\' OR document_id LIKE $1 ESCAPE '\' THEN 0
        WHEN subject_id LIKE $2 ESCAPE '\' OR document_id LIKE $2 ESCAPE '\' THEN 1 ELSE 2 END AS rank
    FROM tie_text WHERE subject_id LIKE $2 ESCAPE '\' OR document_id LIKE $2 ESCAPE '\'
        OR words LIKE $3 ESCAPE '\'
    ORDER BY rank, mapping, subject_id, subject_kind, subject_system, role LIMIT $4) AS found
    CROSS JOIN tie WHERE tie.mapping = found.mapping AND tie.subject_id = found.subject_id
    AND tie.subject_kind = found.subject_kind AND tie.subject_system = found.subject_system
    AND tie.role = found.role
    ORDER BY rank, tie.mapping, tie.subject_id, tie.subject_kind, tie.subject_system, tie.role";
