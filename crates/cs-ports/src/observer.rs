//! Whoever follows a run.

use cs_domain::Event;

use crate::task::{Task, TaskId};

/// Is told what happens, as it happens. It must not block: whoever writes to a slow place buffers.
pub trait Observer: Send + Sync {
    /// Something happened.
    fn observe(&self, event: &Event);
}

/// Follows nothing.
pub struct Silent;

impl Observer for Silent {
    fn observe(&self, _event: &Event) {}
}

/// Whoever follows tasks: the pages, for instance. As with [`Observer`], it must not block.
pub trait TaskObserver: Send + Sync {
    /// A task was added, taken, ended, or has come further.
    fn task(&self, task: &Task);
    /// Something happened in the run of a task.
    fn event(&self, task: &TaskId, event: &Event);
}
