//! Every statement about what was seen of kinds.

pub(crate) const SIGHTS: &str = "SELECT system, kind, since, looked, body FROM schema_sight \
    WHERE id IN (SELECT MAX(id) FROM schema_sight GROUP BY system, kind) ORDER BY system, kind";
pub(crate) const HISTORY: &str = "SELECT system, kind, since, looked, body FROM schema_sight \
    WHERE system = $1 AND kind = $2 ORDER BY id DESC LIMIT $3";
/// Where the newest sight says the same; `IS` holds for two that say that there is none.
pub(crate) const LOOK_AGAIN: &str = "UPDATE schema_sight SET looked = $3 \
    WHERE id = (SELECT MAX(id) FROM schema_sight WHERE system = $1 AND kind = $2) AND body IS $4";
pub(crate) const NOTE: &str =
    "INSERT INTO schema_sight (system, kind, since, looked, body) VALUES ($1, $2, $3, $3, $4)";

pub(crate) const KINDS: &str = "SELECT system, at, body FROM kinds_seen ORDER BY system";
pub(crate) const NOTE_KINDS: &str = "INSERT INTO kinds_seen (system, at, body) VALUES ($1, $2, $3) \
    ON CONFLICT (system) DO UPDATE SET at = excluded.at, body = excluded.body";

pub(crate) const RELIED_ON: &str =
    "SELECT system, at, body FROM relied_on WHERE mapping = $1 ORDER BY system, kind";
pub(crate) const RELY_ON: &str = "INSERT INTO relied_on (mapping, system, kind, at, body) VALUES ($1, $2, $3, $4, $5) \
    ON CONFLICT (mapping, system, kind) DO UPDATE SET at = excluded.at, body = excluded.body";
