//! Every statement about tasks, plans, schedules and files that is no question with a filter.

/// A task that is there stays as it is.
pub(crate) const ADD_TASK: &str = "INSERT INTO task \
    (id, title, kind, lane, asked_by, status, cancel, ended, work, body) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING";
/// What people say about stopping it stays.
pub(crate) const PUT_TASK: &str = "INSERT INTO task \
    (id, title, kind, lane, asked_by, status, cancel, ended, work, body) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO UPDATE SET title = excluded.title, \
    kind = excluded.kind, lane = excluded.lane, asked_by = excluded.asked_by, status = excluded.status, \
    ended = excluded.ended, work = excluded.work, body = excluded.body";
pub(crate) const CANCEL_TASK: &str =
    "UPDATE task SET cancel = 1 WHERE id = $1 AND status IN ('Pending', 'In Progress')";
pub(crate) const TASK: &str = "SELECT * FROM task WHERE id = $1";
pub(crate) const OPEN_TASKS: &str =
    "SELECT * FROM task WHERE status IN ('Pending', 'In Progress') ORDER BY id";

pub(crate) const ADD_PLAN: &str = "INSERT INTO plan (task, writing, body) VALUES ($1, $2, $3)";
pub(crate) const PLANS: &str = "SELECT body FROM plan WHERE task = $1 ORDER BY sequence LIMIT $3 OFFSET $2";
pub(crate) const WRITING_PLANS: &str =
    "SELECT body FROM plan WHERE task = $1 AND writing = 1 ORDER BY sequence LIMIT $3 OFFSET $2";
pub(crate) const COUNT_PLANS: &str = "SELECT COUNT(*) FROM plan WHERE task = $1";
pub(crate) const COUNT_WRITING_PLANS: &str = "SELECT COUNT(*) FROM plan WHERE task = $1 AND writing = 1";
pub(crate) const DROP_PLANS: &str = "DELETE FROM plan WHERE task = $1";

pub(crate) const SCHEDULES: &str = "SELECT * FROM schedule ORDER BY name";
pub(crate) const PUT_SCHEDULE: &str = "INSERT INTO schedule \
    (name, work, cron, enabled, catch_up, time_limit, attempts_allowed, seen) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (name) DO UPDATE SET work = excluded.work, \
    cron = excluded.cron, enabled = excluded.enabled, catch_up = excluded.catch_up, \
    time_limit = excluded.time_limit, attempts_allowed = excluded.attempts_allowed, seen = excluded.seen";
pub(crate) const REMOVE_SCHEDULE: &str = "DELETE FROM schedule WHERE name = $1";
/// Only from where the caller saw it.
pub(crate) const FIRE: &str = "UPDATE schedule SET seen = $3 WHERE name = $1 AND seen = $2";

/// The same bytes have one row, which says who brought them last.
pub(crate) const PUT_FILE: &str = "INSERT INTO file (id, name, size, by, at, content) \
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO UPDATE SET name = excluded.name, by = excluded.by, \
    at = excluded.at";
pub(crate) const FILE: &str = "SELECT name, size, by, at, content FROM file WHERE id = $1";
