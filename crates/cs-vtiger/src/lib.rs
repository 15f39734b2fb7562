//! VTiger CRM as a peer: a client of its web service, and a reader of its MariaDB database that cannot write.
//!
//! This crate turns VTiger's protocol and its many ways to fail (facts/VTIGER.md) into the traits and values of
//! `cs-ports` and `cs-domain`. It is not allowed to know Frappe, mappings, the engine, stores, or what any field
//! means to the agency: it is told which fields are wanted and what must happen to them before they leave.

mod answer;
mod births;
mod census;
mod client;
mod config;
mod create;
pub mod database;
mod decode;
mod describe;
mod discover;
mod encode;
mod error;
mod feed;
mod lengths;
mod limits;
mod look;
mod probe;
mod query;
mod read;
mod remove;
mod revise;
mod session;
mod transport;
mod watermark;
mod workflow;
mod write;
mod zone;

pub use client::VtigerClient;
pub use config::{DatabaseConfig, VtigerConfig};
pub use database::{ViewRow, VtigerDatabase, VtigerView};
pub use error::VtigerError;
pub use probe::{KindProbe, ServerProbe, WantedFields};
pub use workflow::{HintError, Prefixes, hinted};
