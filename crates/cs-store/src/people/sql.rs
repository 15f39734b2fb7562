//! Every statement about people that is no question with a filter.

pub(crate) const PEOPLE: &str = "SELECT * FROM person ORDER BY login";
pub(crate) const PERSON: &str = "SELECT * FROM person WHERE login = $1";
pub(crate) const PUT_PERSON: &str = "INSERT INTO person \
    (login, name, part, language, password, enabled, created, seen) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
    ON CONFLICT (login) DO UPDATE SET name = excluded.name, part = excluded.part, \
    language = excluded.language, password = excluded.password, enabled = excluded.enabled, \
    created = excluded.created, seen = excluded.seen";
pub(crate) const NOTE_SEEN: &str = "UPDATE person SET seen = $2 WHERE login = $1";
pub(crate) const REMOVE_PERSON: &str = "DELETE FROM person WHERE login = $1";

/// What was ended stays so: a request under way may still hold the session and prolong it.
pub(crate) const PUT_SESSION: &str = "INSERT INTO session (digest, login, csrf, created, expires) \
    VALUES ($1, $2, $3, $4, $5) ON CONFLICT (digest) DO UPDATE SET login = excluded.login, \
    csrf = excluded.csrf, created = excluded.created, expires = excluded.expires WHERE session.ended = 0";
pub(crate) const SESSION: &str = "SELECT * FROM session WHERE digest = $1 AND ended = 0 AND expires > $2";
pub(crate) const END_SESSION: &str = "UPDATE session SET ended = 1 WHERE digest = $1";
/// All but the one named; `$2` is NULL where none is.
pub(crate) const END_SESSIONS_OF: &str = "UPDATE session SET ended = 1 WHERE login = $1 AND digest IS NOT $2";

/// Newest first.
pub(crate) const TOKENS: &str = "SELECT * FROM api_token WHERE removed = 0 AND ($1 IS NULL OR login = $1) \
    ORDER BY created DESC, id DESC";
pub(crate) const TOKEN: &str = "SELECT * FROM api_token WHERE digest = $1 AND removed = 0";
/// What was removed stays so: a request under way may still hold the token and note that it was used.
pub(crate) const PUT_TOKEN: &str = "INSERT INTO api_token \
    (id, login, label, digest, scopes, created, expires, used) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
    ON CONFLICT (id) DO UPDATE SET login = excluded.login, label = excluded.label, digest = excluded.digest, \
    scopes = excluded.scopes, created = excluded.created, expires = excluded.expires, used = excluded.used \
    WHERE api_token.removed = 0";
pub(crate) const NOTE_USED: &str = "UPDATE api_token SET used = $2 WHERE id = $1 AND removed = 0";
pub(crate) const REMOVE_TOKEN: &str = "UPDATE api_token SET removed = 1 WHERE id = $1";
pub(crate) const REMOVE_TOKENS_OF: &str = "UPDATE api_token SET removed = 1 WHERE login = $1";

pub(crate) const RECORD: &str = "INSERT INTO audit (at, who, action, object, before, after) \
    VALUES ($1, $2, $3, $4, $5, $6)";

pub(crate) const GIVEN_ANSWER: &str =
    "SELECT request, status, body FROM given_answer WHERE caller = $1 AND key = $2";
/// A status of 0 is a reservation. One from before `$5` is of a process that died.
pub(crate) const RESERVE_ANSWER: &str = "INSERT INTO given_answer (caller, key, request, status, body, at) \
    VALUES ($1, $2, $3, 0, '', $4) ON CONFLICT (caller, key) DO UPDATE SET request = excluded.request, \
    at = excluded.at WHERE given_answer.status = 0 AND given_answer.at < $5";
pub(crate) const RELEASE_ANSWER: &str =
    "DELETE FROM given_answer WHERE caller = $1 AND key = $2 AND status = 0";
/// What was given stays.
pub(crate) const GIVE_ANSWER: &str = "INSERT INTO given_answer (caller, key, request, status, body, at) \
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (caller, key) DO UPDATE SET request = excluded.request, \
    status = excluded.status, body = excluded.body, at = excluded.at WHERE given_answer.status = 0";
