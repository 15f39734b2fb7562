//! Every statement about settings and secrets, and those that remove what is over.

pub(crate) const SETTINGS: &str = "SELECT revision, text FROM settings";
/// The first settings of all follow revision 0.
pub(crate) const FIRST_SETTINGS: &str =
    "INSERT INTO settings (one, revision, text) VALUES (1, 1, $1) ON CONFLICT (one) DO NOTHING";
pub(crate) const NEXT_SETTINGS: &str =
    "UPDATE settings SET revision = revision + 1, text = $2 WHERE revision = $1";

pub(crate) const SECRET: &str = "SELECT sealed FROM secret WHERE name = $1";
pub(crate) const SECRET_NAMES: &str = "SELECT name FROM secret ORDER BY name";
pub(crate) const PUT_SECRET: &str = "INSERT INTO secret (name, sealed) VALUES ($1, $2) \
    ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed";
pub(crate) const REMOVE_SECRET: &str = "DELETE FROM secret WHERE name = $1";

/// What is over since before a time; the parameter is that time.
///
/// Lines of the log.
pub(crate) const PRUNE_LOG: &str = "DELETE FROM log WHERE at < $1";
/// Tasks, but for dry runs whose plans an open task is to carry out.
pub(crate) const PRUNE_TASKS: &str = "DELETE FROM task WHERE ended < $1 \
    AND status NOT IN ('Pending', 'In Progress') AND id NOT IN (SELECT work ->> 'plans_of' FROM task \
    WHERE status IN ('Pending', 'In Progress') AND kind = 'apply') RETURNING id";
/// Files that neither a task nor a schedule names.
pub(crate) const PRUNE_FILES: &str = "DELETE FROM file WHERE at < $1 \
    AND id NOT IN (SELECT work ->> 'file' FROM task WHERE kind = 'reconcile') \
    AND id NOT IN (SELECT work ->> 'file' FROM schedule WHERE work ->> 'file' IS NOT NULL)";
/// Writes that are closed, of runs that are over.
pub(crate) const PRUNE_JOURNAL: &str = "DELETE FROM intent WHERE state <> 'open' \
    AND run IN (SELECT id FROM run WHERE ended < $1)";
/// The parameter is the present.
pub(crate) const PRUNE_SESSIONS: &str = "DELETE FROM session WHERE expires <= $1";
/// The parameter is the time up to which answers are forgotten.
pub(crate) const PRUNE_ANSWERS: &str = "DELETE FROM given_answer WHERE at <= $1";
