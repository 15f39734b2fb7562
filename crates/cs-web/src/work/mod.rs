//! What people change: functions that validate, store, note who did it, and wake whoever works on it. Pages and API both
//! call them.

pub(crate) mod findings;
pub mod reconciliation;
pub(crate) mod tasks;
pub(crate) mod uploads;
