//! Company reports: from the bytes of a file to reviewed-to-be findings.
//!
//! This crate reads any report that an insurance company publishes ([`report`]), understands it by a definition that is
//! data ([`company`]), compares it with the CRM's orders ([`mod@reconcile`]) and says when a report looks unlike the
//! company's earlier ones ([`drift`]). The authority is `spec/RECONCILIATION.md`. It is pure over bytes: it is not
//! allowed to know that there is a file system, a network, a database, a clock, a random number, a log or an async
//! runtime, and it never holds a password longer than the call that was handed one.

pub mod company;
pub mod drift;
pub mod reconcile;
pub mod report;

mod language;
mod period;

pub use company::{Company, ReadReport, Row};
pub use language::Language;
pub use period::Period;
pub use reconcile::{Order, Reconciliation, reconcile};
pub use report::{Limits, Refusal, ReportFile};
