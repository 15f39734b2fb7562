//! Calls that may panic and whose panic is caught: nothing of it may reach the program's standard error, where it would look
//! like a defect of the program, and could quote the file.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    /// Whether a panic on this thread is expected right now.
    static EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// Does something that may panic; `None` where it did. The panic is told to nobody; those of other threads are, as ever.
pub(super) fn quietly<T>(work: impl FnOnce() -> T) -> Option<T> {
    static LISTEN: Once = Once::new();
    LISTEN.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |about| {
            if !EXPECTED.try_with(Cell::get).unwrap_or(false) {
                before(about);
            }
        }));
    });
    EXPECTED.set(true);
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    EXPECTED.set(false);
    done.ok()
}
