//! Tasks, plans of dry runs and schedules: the statements of the SQL store, and what is decided without a database.

pub(crate) mod sql;

use cs_domain::plan::Plan;
use cs_ports::{CatchUp, Lease, StoreError, Task, TaskFilter, task_lease};

use crate::text;
use crate::word::Word;

impl Word for CatchUp {
    const ALL: &'static [Self] = &[Self::Once, Self::Skip];
    const WHAT: &'static str = "way to catch up";

    fn word(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Skip => "skip",
        }
    }
}

/// Whether a dry run's plan would write or ask. A failure asks a person, too: what cannot be done is not hidden among
/// what need not be done.
pub(crate) fn shows_something(plan: &Plan) -> bool {
    !plan.writes_nothing() || !plan.conflicts.is_empty() || !plan.failures.is_empty()
}

/// Refuses a lease on something else than the task.
pub(crate) fn check_lease(lease: &Lease, task: &Task) -> Result<(), StoreError> {
    let name = task_lease(&task.id);
    if lease.name == name { Ok(()) } else { Err(StoreError::LeaseLost { name }) }
}

/// Whether a task is asked for. [`crate::sqlite`] says the same in SQL; the story is told to both.
pub(crate) fn fits(filter: &TaskFilter, task: &Task) -> bool {
    let lane = task.work.lane();
    let holds = |wanted: &String| {
        [&task.title, &task.asked_by, &lane].into_iter().any(|held| text::holds(held, wanted))
    };
    filter.statuses.as_ref().is_none_or(|statuses| statuses.contains(&task.status))
        && filter.kinds.as_ref().is_none_or(|kinds| kinds.contains(&task.work.kind()))
        && filter.lane.as_ref().is_none_or(|wanted| *wanted == lane)
        && filter.text.as_ref().is_none_or(holds)
}
