//! What is going on with a mapping: the tasks that wait or run, with their progress, and how its units stand.

use askama::Template;
use axum::extract::Path;
use cs_domain::{Balance, Failure, MappingName, RunStatus};
use cs_ports::{RunFilter, Task, TaskFilter, Work};

use super::list::{Standing, about};
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::pages::shown;
use crate::visit::{Answer, Visit, fragment};
use crate::work::syncs;

/// A task that is not over, as far as it has come.
pub(super) struct Going {
    pub(super) task: Task,
    /// The key of what it does.
    pub(super) what: &'static str,
    pub(super) percent: u64,
    pub(super) balance: Balance,
    pub(super) expected: u64,
    /// Why it has to be begun once more: cause and remedy.
    pub(super) again: Option<(String, String)>,
}

impl Going {
    pub(super) fn of(visit: &Visit, task: Task) -> Self {
        let what = what(&task.work);
        let again = task.failure.as_ref().map(|failure| told(visit, failure));
        let (percent, balance, expected) = match visit.web.hub.progress(&task.id) {
            Some(told) => (told.percent(), told.balance, told.expected),
            None => (task.percent(), task.balance, task.expected),
        };
        Self { task, what, percent, balance, expected, again }
    }
}

/// What a task does, as the catalogue names it.
pub(super) fn what(work: &Work) -> &'static str {
    match work {
        Work::Sync { dry_run: true, .. } => "sync-what-dry-run",
        Work::Sync { full: true, .. } => "sync-what-full",
        Work::Sync { census: true, .. } => "sync-what-census",
        Work::Sync { .. } => "sync-what-run",
        Work::Apply { .. } => "sync-what-apply",
        Work::Reconcile { .. } | Work::Undo { .. } | Work::Pair { .. } => "sync-what-other",
    }
}

/// The tasks of a mapping that are not over.
pub(super) async fn going(visit: &Visit, mapping: &MappingName) -> Result<Vec<Going>, WebError> {
    let open = visit.web.desk.open_tasks().await?;
    let lane = mapping.to_string();
    Ok(open.into_iter().filter(|task| task.work.lane() == lane).map(|task| Going::of(visit, task)).collect())
}

/// A task that ended before its run began: no list of runs tells of it.
pub(in crate::pages) struct Fell {
    pub(in crate::pages) task: Task,
    pub(in crate::pages) cause: String,
    pub(in crate::pages) remedy: String,
}

/// The latest task of a mapping, where it came to no run and none was begun since.
pub(in crate::pages) async fn fell(visit: &Visit, mapping: &MappingName) -> Result<Option<Fell>, WebError> {
    let desk = &visit.web.desk;
    let lane = TaskFilter { lane: Some(mapping.to_string()), ..TaskFilter::default() };
    let runs = RunFilter { mapping: Some(mapping.clone()), ..RunFilter::default() };
    let Some(task) = desk.tasks(&lane, None, 1).await?.pop() else { return Ok(None) };
    let stopped = matches!(task.status, RunStatus::Error | RunStatus::TimedOut) && task.run.is_none();
    let Some(failure) = task.failure.as_ref().filter(|_| stopped) else { return Ok(None) };
    let since = desk.runs_before(&runs, None, 1).await?.pop();
    if since.is_some_and(|run| run.started > task.asked) {
        return Ok(None);
    }
    let (cause, remedy) = told(visit, failure);
    Ok(Some(Fell { task, cause, remedy }))
}

fn told(visit: &Visit, failure: &Failure) -> (String, String) {
    (shown::cause(&visit.words, failure), shown::remedy(&visit.words, failure))
}

#[derive(Template)]
#[template(path = "sync/now.html")]
struct NowPart {
    frame: Frame,
    mapping: MappingName,
    standing: Standing,
    /// Units that wait because their deletes were too many to follow unasked.
    braked: u64,
}

pub(super) async fn show(visit: Visit, Path(mapping): Path<MappingName>) -> Answer {
    let about = about(&visit, &mapping).await?;
    fragment(&NowPart {
        frame: visit.frame(Section::Sync, "nav-sync"),
        braked: syncs::braked(&visit, &mapping).await?,
        standing: Standing::of(&visit, about).await?,
        mapping,
    })
}
