//! What is going on with a mapping: the tasks that wait or run, with their progress, and how its units stand.

use askama::Template;
use axum::extract::Path;
use cs_domain::{Balance, MappingName, RunStatus};
use cs_ports::{Task, Work};

use super::list::{Standing, about};
use crate::error::WebError;
use crate::frame::{Frame, Section};
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
}

impl Going {
    pub(super) fn of(visit: &Visit, task: Task) -> Self {
        let what = what(&task.work);
        match visit.web.hub.progress(&task.id) {
            Some(told) => {
                Self { percent: told.percent(), balance: told.balance, expected: told.expected, what, task }
            }
            None => {
                Self { percent: task.percent(), balance: task.balance, expected: task.expected, what, task }
            }
        }
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
