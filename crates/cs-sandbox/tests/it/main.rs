//! Everything that holds the sandbox against the outside: recorded answers of the real systems, and HTTP itself.

mod conformance;
mod faults;
mod frappe_conformance;
mod vtiger_conformance;
