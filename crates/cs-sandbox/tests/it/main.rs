//! Everything that holds the sandbox against the outside: recorded answers of the real systems, and HTTP itself.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "all of this is test code; clippy's exemption knows only functions marked #[test]"
)]

mod conformance;
mod faults;
mod frappe_conformance;
mod simulation;
mod vtiger_conformance;
