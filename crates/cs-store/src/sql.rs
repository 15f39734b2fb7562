//! Every statement, in one place. All but those of [`own`] read the same on SQLite and PostgreSQL (`$1`,
//! `ON CONFLICT`, partial indexes); texts that are compared or sorted are compared by bytes, which on PostgreSQL takes
//! `COLLATE "C"` in the migration.

pub(crate) const LEASE: &str = "SELECT holder, until, token FROM lease WHERE name = $1";
pub(crate) const LEASE_TOKEN: &str = "SELECT token FROM lease WHERE name = $1";
pub(crate) const PUT_LEASE: &str = "INSERT INTO lease (name, holder, until, token) VALUES ($1, $2, $3, $4) \
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until, token = excluded.token";
pub(crate) const RENEW_LEASE: &str = "UPDATE lease SET until = $3 WHERE name = $1 AND token = $2";

pub(crate) const PUT_RUN: &str = "INSERT INTO run (id, started, body) VALUES ($1, $2, $3) \
    ON CONFLICT (id) DO UPDATE SET started = excluded.started, body = excluded.body";
pub(crate) const RUN: &str = "SELECT body FROM run WHERE id = $1";
pub(crate) const RUNS: &str = "SELECT body FROM run ORDER BY started DESC, id DESC LIMIT $1";

pub(crate) const CURSOR: &str = "SELECT position FROM feed_cursor \
    WHERE mapping = $1 AND unit = $2 AND system = $3 AND kind = $4";
pub(crate) const PUT_CURSOR: &str = "INSERT INTO feed_cursor (mapping, unit, system, kind, position) \
    VALUES ($1, $2, $3, $4, $5) \
    ON CONFLICT (mapping, unit, system, kind) DO UPDATE SET position = excluded.position";

pub(crate) const RESTAGE_ALL: &str =
    "UPDATE staged SET state = 'waiting', not_before = NULL, attempts = 0 WHERE mapping = $1";
pub(crate) const COUNT_DUE: &str = "SELECT COUNT(*) FROM staged WHERE mapping = $1 AND unit = $2 \
    AND state = 'waiting' AND (not_before IS NULL OR not_before <= $3)";
pub(crate) const LAST_TROUBLE: &str =
    "SELECT COALESCE(MAX(trouble), 0) FROM staged WHERE trouble IS NOT NULL";
/// The verdict is always written down; where the unit goes from here only if it was the latest version that was
/// looked into.
pub(crate) const CONCLUDE: &str = "INSERT INTO staged \
    (mapping, unit, order_key, system, kind, id, version, state, not_before, attempts, \
     seen_version, run, verdict, failures, trouble) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $7, $11, $12, $13, $14) \
    ON CONFLICT (mapping, unit, order_key) DO UPDATE SET \
    state = CASE WHEN staged.version = excluded.version THEN excluded.state ELSE staged.state END, \
    not_before = CASE WHEN staged.version = excluded.version THEN excluded.not_before ELSE staged.not_before END, \
    attempts = CASE WHEN staged.version = excluded.version THEN excluded.attempts ELSE staged.attempts END, \
    seen_version = excluded.seen_version, run = excluded.run, verdict = excluded.verdict, \
    failures = excluded.failures, trouble = excluded.trouble";
pub(crate) const TROUBLED: &str = "SELECT mapping, unit, system, kind, id, seen_version, verdict, state, \
    not_before, attempts, failures FROM staged \
    WHERE trouble IS NOT NULL AND ($1 IS NULL OR mapping = $1) ORDER BY trouble DESC LIMIT $2";

pub(crate) const PUT_TIE: &str = "INSERT INTO tie (mapping, unit, subject_system, subject_kind, subject_id, role, \
    document_system, document_kind, document_id, origin, fields, vtiger_version, frappe_version) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
    ON CONFLICT (mapping, subject_id, subject_kind, subject_system, role) DO UPDATE SET unit = excluded.unit, \
    document_system = excluded.document_system, document_kind = excluded.document_kind, \
    document_id = excluded.document_id, origin = excluded.origin, fields = excluded.fields, \
    vtiger_version = excluded.vtiger_version, frappe_version = excluded.frappe_version";

pub(crate) const PUT_INTENT: &str =
    "INSERT INTO intent (id, mapping, run, state, body) VALUES ($1, $2, $3, 'open', $4)";
pub(crate) const INTENT_STATE: &str = "SELECT state FROM intent WHERE id = $1";
pub(crate) const CLOSE_INTENT: &str = "UPDATE intent SET state = $2 WHERE id = $1";
pub(crate) const OPEN_INTENTS: &str =
    "SELECT body FROM intent WHERE mapping = $1 AND state = 'open' ORDER BY sequence";

pub(crate) const APPEND_LOG: &str = "INSERT INTO log (at, run, event) VALUES ($1, $2, $3)";
pub(crate) const LOG: &str =
    "SELECT sequence, at, run, event FROM log WHERE sequence > $1 ORDER BY sequence LIMIT $2";
pub(crate) const LOG_OF_RUN: &str = "SELECT sequence, at, run, event FROM log \
    WHERE run = $3 AND sequence > $1 ORDER BY sequence LIMIT $2";
/// Latest first.
pub(crate) const LATEST_LOG: &str =
    "SELECT sequence, at, run, event FROM log ORDER BY sequence DESC LIMIT $1";
/// Latest first.
pub(crate) const LATEST_LOG_OF_RUN: &str = "SELECT sequence, at, run, event FROM log \
    WHERE run = $2 ORDER BY sequence DESC LIMIT $1";

/// Statements in SQLite's own way.
///
/// Some take a list, as one JSON text; there `CROSS JOIN` keeps the list outside and looks up each entry by index,
/// whatever the planner believes of the list's length.
pub(crate) mod own {
    /// `[[mapping, unit, order key, system, kind, id, version], ...]`; of a unit named twice the last counts. `WHERE`
    /// is there because without it SQLite takes `ON` for a join's.
    pub(crate) const STAGE: &str = "INSERT INTO staged \
        (mapping, unit, order_key, system, kind, id, version, state, not_before, attempts) \
        SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, \
        'waiting', NULL, 0 FROM json_each($1) WHERE TRUE ORDER BY key \
        ON CONFLICT (mapping, unit, order_key) DO UPDATE SET \
        version = excluded.version, state = 'waiting', not_before = NULL, attempts = 0";
    /// No key is less than the empty text, so that `after` is empty for the first page. Without the hint the planner
    /// walks the primary key, past every unit that is done, because it does not know how few wait.
    pub(crate) const DUE: &str = "SELECT system, kind, id, version, attempts FROM staged INDEXED BY staged_waiting \
        WHERE mapping = $1 AND unit = $2 AND order_key > $4 \
        AND state = 'waiting' AND (not_before IS NULL OR not_before <= $3) ORDER BY order_key LIMIT $5";
    /// `[[mapping, unit, order key], ...]`
    pub(crate) const KNOWN: &str = "SELECT staged.mapping, staged.unit, staged.order_key, staged.version, \
        staged.state = 'waiting' AND staged.not_before IS NULL AS due_at_once \
        FROM json_each($1) AS wanted CROSS JOIN staged \
        WHERE staged.mapping = wanted.value ->> 0 AND staged.unit = wanted.value ->> 1 \
        AND staged.order_key = wanted.value ->> 2";
    /// `[[id, kind, system], ...]`
    pub(crate) const TIES_OF: &str = "SELECT tie.* FROM json_each($2) AS wanted CROSS JOIN tie \
        WHERE tie.mapping = $1 AND tie.subject_id = wanted.value ->> 0 \
        AND tie.subject_kind = wanted.value ->> 1 AND tie.subject_system = wanted.value ->> 2";
    /// `[[id, kind, system], ...]`
    pub(crate) const TIES_TO: &str = "SELECT tie.* FROM json_each($2) AS wanted CROSS JOIN tie \
        WHERE tie.mapping = $1 AND tie.document_id = wanted.value ->> 0 \
        AND tie.document_kind = wanted.value ->> 1 AND tie.document_system = wanted.value ->> 2";
}
