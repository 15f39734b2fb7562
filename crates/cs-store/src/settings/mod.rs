//! Settings and what becomes of old things: the statements of the SQL store, and what both stores hold on to.

pub(crate) mod sql;

use jiff::{SignedDuration, Timestamp};

/// How long an answer is kept for a request that comes again: whoever repeats one does so soon.
const ANSWER_LASTS: SignedDuration = SignedDuration::from_hours(24);

/// Answers of this moment and before are over.
pub(crate) fn answers_over(now: Timestamp) -> Timestamp {
    now.checked_sub(ANSWER_LASTS).unwrap_or(Timestamp::MIN)
}
