//! How an intent may move, decided without a database.

use cs_domain::{IntentId, IntentState};

use crate::error::JournalError;

/// Whether an intent that stands at `from` may be closed as `to`. Closing it a second time the same way is allowed:
/// whoever recovers may not know that it was done.
pub(crate) fn close(id: &IntentId, from: Option<IntentState>, to: IntentState) -> Result<(), JournalError> {
    use IntentState::{Dropped, Open, Settled};
    match (from, to) {
        (None, _) => Err(JournalError::Unknown(id.clone())),
        (Some(Open | Settled), Settled) | (Some(Open | Dropped), Dropped) => Ok(()),
        (Some(from @ (Open | Settled | Dropped)), to @ (Open | Settled | Dropped)) => {
            Err(JournalError::Transition { id: id.clone(), from, to })
        }
    }
}
