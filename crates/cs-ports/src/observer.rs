//! Whoever follows a run.

use cs_domain::Event;

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
