//! Every statement, in one place. All but those of [`own`] read the same on SQLite and PostgreSQL (`$1`,
//! `ON CONFLICT`, partial indexes); texts that are compared or sorted are compared by bytes, which on PostgreSQL takes
//! `COLLATE "C"` in the migration.

pub(crate) const LEASE: &str = "SELECT holder, until, token FROM lease WHERE name = $1";
pub(crate) const LEASE_TOKEN: &str = "SELECT token FROM lease WHERE name = $1";
pub(crate) const PUT_LEASE: &str = "INSERT INTO lease (name, holder, until, token) VALUES ($1, $2, $3, $4) \
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until, token = excluded.token";
pub(crate) const RENEW_LEASE: &str = "UPDATE lease SET until = $3 WHERE name = $1 AND token = $2";

pub(crate) const PUT_RUN: &str = "INSERT INTO run (id, started, body, mapping, status, ended) \
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO UPDATE SET started = excluded.started, \
    body = excluded.body, mapping = excluded.mapping, status = excluded.status, ended = excluded.ended";
pub(crate) const RUN: &str = "SELECT body FROM run WHERE id = $1";
pub(crate) const RUNS: &str = "SELECT body FROM run ORDER BY started DESC, id DESC LIMIT $1";

pub(crate) const SYSTEMS: &str = "SELECT name, body FROM system";
pub(crate) const PUT_SYSTEM: &str = "INSERT INTO system (name, body) VALUES ($1, $2) \
    ON CONFLICT (name) DO UPDATE SET body = excluded.body";

pub(crate) const CURSOR: &str = "SELECT position FROM feed_cursor \
    WHERE mapping = $1 AND unit = $2 AND system = $3 AND kind = $4";
pub(crate) const PUT_CURSOR: &str = "INSERT INTO feed_cursor (mapping, unit, system, kind, position) \
    VALUES ($1, $2, $3, $4, $5) \
    ON CONFLICT (mapping, unit, system, kind) DO UPDATE SET position = excluded.position";

pub(crate) const RESTAGE_ALL: &str = "UPDATE staged SET state = 'waiting', not_before = NULL, attempts = 0, revision = revision + 1 \
    WHERE mapping = $1";
pub(crate) const COUNT_DUE: &str = "SELECT COUNT(*) FROM staged WHERE mapping = $1 AND unit = $2 \
    AND state = 'waiting' AND (not_before IS NULL OR not_before <= $3)";
pub(crate) const LAST_TROUBLE: &str =
    "SELECT COALESCE(MAX(trouble), 0) FROM staged WHERE trouble IS NOT NULL";
pub(crate) const TROUBLED: &str = "SELECT mapping, unit, system, kind, id, seen_version, seen_revision, \
    verdict, state, not_before, attempts, failures FROM staged \
    WHERE trouble IS NOT NULL AND ($1 IS NULL OR mapping = $1) ORDER BY trouble DESC LIMIT $2";

pub(crate) const COUNT_LINKED: &str = "SELECT records FROM linked WHERE mapping = $1";
pub(crate) const MOVE_LINKED: &str = "INSERT INTO linked (mapping, records) VALUES ($1, $2) \
    ON CONFLICT (mapping) DO UPDATE SET records = linked.records + excluded.records";

pub(crate) const PUT_INTENT: &str =
    "INSERT INTO intent (id, mapping, run, state, body) VALUES ($1, $2, $3, 'open', $4)";
pub(crate) const OPEN_INTENTS: &str =
    "SELECT body FROM intent WHERE mapping = $1 AND state = 'open' ORDER BY sequence";

/// The writes that were done for a unit that was never whole.
pub(crate) const BEGUN: &str = "SELECT intent.body FROM staged CROSS JOIN intent INDEXED BY intent_by_subject \
    WHERE staged.mapping = $1 AND staged.unit = $2 AND staged.order_key = $3 AND staged.whole = 0 \
    AND intent.subject_id = $4 AND intent.mapping = $1 AND intent.state = 'settled'";
pub(crate) const JOURNAL: &str = "SELECT body, state FROM intent WHERE run = $1 ORDER BY sequence";

pub(crate) const LAST_MEETING: &str = "SELECT COALESCE(MAX(met), 0) FROM conflict";
pub(crate) const PUT_CONFLICT: &str = "INSERT INTO conflict (id, mapping, unit, subject_system, subject_kind, \
    subject_id, role, code, field, body, edits, state, resolution, first_run, last_run, met) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
    ON CONFLICT (id) DO UPDATE SET mapping = excluded.mapping, unit = excluded.unit, \
    subject_system = excluded.subject_system, subject_kind = excluded.subject_kind, \
    subject_id = excluded.subject_id, role = excluded.role, code = excluded.code, field = excluded.field, \
    body = excluded.body, edits = excluded.edits, state = excluded.state, resolution = excluded.resolution, \
    first_run = excluded.first_run, last_run = excluded.last_run, met = excluded.met";
/// Latest first.
pub(crate) const CONFLICTS: &str = "SELECT * FROM conflict \
    WHERE $1 IS NULL OR mapping = $1 ORDER BY met DESC LIMIT $2";

pub(crate) const APPEND_LOG: &str =
    "INSERT INTO log (at, run, event, kind, words) VALUES ($1, $2, $3, $4, $5)";
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
    /// `[[mapping, unit, order key, system, kind, id, version or null], ...]`; of a unit named twice the last counts.
    /// `WHERE` is there because without it SQLite takes `ON` for a join's.
    pub(crate) const STAGE: &str = "INSERT INTO staged \
        (mapping, unit, order_key, system, kind, id, version, state, not_before, attempts, revision, whole) \
        SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, \
        'waiting', NULL, 0, 1, 0 FROM json_each($1) WHERE TRUE ORDER BY key \
        ON CONFLICT (mapping, unit, order_key) DO UPDATE SET \
        version = COALESCE(excluded.version, staged.version), \
        state = 'waiting', not_before = NULL, attempts = 0, revision = staged.revision + 1";
    /// `[[mapping, unit, order key], ...]`
    pub(crate) const MAKE_DUE: &str = "UPDATE staged \
        SET state = 'waiting', not_before = NULL, attempts = 0, revision = revision + 1 \
        WHERE (mapping, unit, order_key) IN \
        (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each($1))";
    /// `[[mapping, unit, order key, system, kind, id, version, state, not before, attempts, revision, verdict,
    /// failures, trouble, first failure's code, whole], ...]`. The verdict is always written down; where the unit goes from here only if it was the
    /// latest revision that was looked into.
    pub(crate) const CONCLUDE: &str = "INSERT INTO staged \
        (mapping, unit, order_key, system, kind, id, version, state, not_before, attempts, revision, \
         seen_version, seen_revision, verdict, failures, trouble, code, whole, run) \
        SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, \
        value ->> 7, value ->> 8, value ->> 9, value ->> 10, value ->> 6, value ->> 10, value ->> 11, \
        value ->> 12, value ->> 13, value ->> 14, value ->> 15, $2 FROM json_each($1) WHERE TRUE ORDER BY key \
        ON CONFLICT (mapping, unit, order_key) DO UPDATE SET \
        version = CASE WHEN staged.revision = excluded.revision \
            THEN COALESCE(excluded.version, staged.version) ELSE staged.version END, \
        state = CASE WHEN staged.revision = excluded.revision THEN excluded.state ELSE staged.state END, \
        not_before = CASE WHEN staged.revision = excluded.revision \
            THEN excluded.not_before ELSE staged.not_before END, \
        attempts = CASE WHEN staged.revision = excluded.revision THEN excluded.attempts ELSE staged.attempts END, \
        seen_version = excluded.seen_version, seen_revision = excluded.seen_revision, run = excluded.run, \
        verdict = excluded.verdict, failures = excluded.failures, trouble = excluded.trouble, \
        code = excluded.code, whole = MAX(staged.whole, excluded.whole)";
    /// No key is less than the empty text, so that `after` is empty for the first page. Without the hint the planner
    /// walks the primary key, past every unit that is done, because it does not know how few wait.
    pub(crate) const DUE: &str = "SELECT system, kind, id, revision, attempts FROM staged INDEXED BY staged_waiting \
        WHERE mapping = $1 AND unit = $2 AND order_key > $4 \
        AND state = 'waiting' AND (not_before IS NULL OR not_before <= $3) ORDER BY order_key LIMIT $5";
    /// The order keys of `order.rs` hold every record's system; those of Frappe are left out here.
    pub(crate) const KNOWN: &str = "SELECT kind, id, version FROM staged \
        WHERE mapping = $1 AND unit = $2 AND order_key >= $3 AND order_key < $4 AND system = 'vtiger' \
        ORDER BY order_key LIMIT $5";
    /// `[[mapping, unit, order key], ...]`
    pub(crate) const BEFORE: &str = "SELECT staged.mapping, staged.unit, staged.order_key, staged.version, \
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
    /// `[[id, kind, system], ...]`, each once
    pub(crate) const LINKED_BY: &str = "SELECT tie.* FROM json_each($2) AS wanted CROSS JOIN tie \
        WHERE tie.rowid IN (SELECT live.rowid FROM tie AS live WHERE live.mapping = $1 \
        AND live.document_id = wanted.value ->> 0 AND live.document_kind = wanted.value ->> 1 \
        AND live.document_system = wanted.value ->> 2 AND live.standing = 'live' LIMIT 2)";
    /// `[[id, kind, system], ...]`, each once
    pub(crate) const LINKED_AMONG: &str = "SELECT COUNT(*) FROM json_each($2) AS wanted WHERE EXISTS \
        (SELECT 1 FROM tie WHERE tie.mapping = $1 AND tie.subject_id = wanted.value ->> 0 \
        AND tie.subject_kind = wanted.value ->> 1 AND tie.subject_system = wanted.value ->> 2 \
        AND tie.standing = 'live')";
    /// `[[unit, subject's system, kind and id, role, document's system, kind and id, origin, standing, fields, VTiger's
    /// version, Frappe's version], ...]`
    pub(crate) const PUT_TIES: &str = "INSERT INTO tie (mapping, unit, subject_system, subject_kind, subject_id, \
        role, document_system, document_kind, document_id, origin, standing, fields, vtiger_version, frappe_version) \
        SELECT $1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, \
        value ->> 7, value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12 FROM json_each($2) WHERE TRUE \
        ON CONFLICT (mapping, subject_id, subject_kind, subject_system, role) DO UPDATE SET unit = excluded.unit, \
        document_system = excluded.document_system, document_kind = excluded.document_kind, \
        document_id = excluded.document_id, origin = excluded.origin, standing = excluded.standing, \
        fields = excluded.fields, vtiger_version = excluded.vtiger_version, frappe_version = excluded.frappe_version";
    /// The same list with the text of the shadow behind it; what says the same is not written again.
    pub(crate) const PUT_TIE_TEXTS: &str = "INSERT INTO tie_text \
        (mapping, subject_system, subject_kind, subject_id, role, document_id, words) \
        SELECT $1, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 7, value ->> 13 \
        FROM json_each($2) WHERE TRUE \
        ON CONFLICT (mapping, subject_id, subject_kind, subject_system, role) DO UPDATE SET \
        document_id = excluded.document_id, words = excluded.words \
        WHERE document_id <> excluded.document_id OR words <> excluded.words";
    /// `[[subject's id, kind and system, role], ...]`
    pub(crate) const FORGET_TIES: &str = "DELETE FROM tie WHERE mapping = $1 \
        AND (subject_id, subject_kind, subject_system, role) IN \
        (SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each($2))";
    /// `[[subject's id, kind and system, role], ...]`
    pub(crate) const FORGET_TIE_TEXTS: &str = "DELETE FROM tie_text WHERE mapping = $1 \
        AND (subject_id, subject_kind, subject_system, role) IN \
        (SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each($2))";
    /// `[id, ...]`
    pub(crate) const INTENT_STATES: &str = "SELECT intent.id, intent.state FROM json_each($2) AS wanted \
        CROSS JOIN intent WHERE intent.id = wanted.value AND intent.mapping = $1";
    /// `[id, ...]`
    pub(crate) const CLOSE_INTENTS: &str =
        "UPDATE intent SET state = $1 WHERE id IN (SELECT value FROM json_each($2))";
    /// `[[id, kind, system], ...]`
    pub(crate) const CONFLICTS_OF_SUBJECTS: &str = "SELECT conflict.* FROM json_each($1) AS wanted \
        CROSS JOIN conflict WHERE conflict.subject_id = wanted.value ->> 0 \
        AND conflict.subject_kind = wanted.value ->> 1 AND conflict.subject_system = wanted.value ->> 2";
    /// `[id, ...]`
    pub(crate) const CONFLICTS_NAMED: &str = "SELECT conflict.* FROM json_each($1) AS wanted \
        CROSS JOIN conflict WHERE conflict.id = wanted.value";
    /// `[state, ...]`; latest first. Those that wait are few, those that are over are many: the index of states finds
    /// the ones without passing the others.
    pub(crate) const CONFLICTS_IN: &str = "SELECT * FROM conflict INDEXED BY conflict_by_state \
        WHERE state IN (SELECT value FROM json_each($3)) AND ($1 IS NULL OR mapping = $1) \
        ORDER BY met DESC LIMIT $2";
    /// Latest first. `$2`: `[state, ...]`, or null for all.
    pub(crate) const CONFLICTS_FROM: &str = "SELECT * FROM conflict WHERE ($1 IS NULL OR mapping = $1) \
        AND ($2 IS NULL OR state IN (SELECT value FROM json_each($2))) ORDER BY met DESC LIMIT $3 OFFSET $4";
    /// By id. `$2`: `[state, ...]`, or null for all; `$4` is empty for the first page.
    pub(crate) const CONFLICTS_AFTER: &str = "SELECT * FROM conflict WHERE id > $4 \
        AND ($1 IS NULL OR mapping = $1) AND ($2 IS NULL OR state IN (SELECT value FROM json_each($2))) \
        ORDER BY id LIMIT $3";
    /// `$2`: `[state, ...]`, or null for all.
    pub(crate) const COUNT_CONFLICTS: &str = "SELECT COUNT(*) FROM conflict INDEXED BY conflict_by_state \
        WHERE ($1 IS NULL OR mapping = $1) AND ($2 IS NULL OR state IN (SELECT value FROM json_each($2)))";
    /// `[id, ...]`. The plus keeps the planner from the index of states: all that is open, for a few that are named.
    pub(crate) const RESOLVE: &str = "UPDATE conflict SET state = 'resolved', resolution = $2 \
        WHERE id IN (SELECT value FROM json_each($1)) AND +state IN ('open', 'resolved') \
        RETURNING mapping, unit, subject_system, subject_kind, subject_id";
}
