//! What people change: functions that validate, store, note who did it, and wake whoever works on it. Pages and API both
//! call them.

pub(crate) mod conflicts;
pub(crate) mod drifts;
pub(crate) mod errors;
pub(crate) mod findings;
pub(crate) mod linking;
pub(crate) mod mappings;
pub(crate) mod people;
pub(crate) mod preparation;
pub mod reconciliation;
pub(crate) mod schedules;
pub(crate) mod settings;
pub(crate) mod syncs;
pub(crate) mod tasks;
pub(crate) mod tokens;
pub(crate) mod uploads;
