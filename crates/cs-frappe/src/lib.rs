//! The connector to Frappe/ERPNext: its REST interface as the engine's ports. It authenticates, paces and counts
//! requests, says of every answer whether the work is done, not done or unknown, and turns documents into records and
//! back.
//!
//! This crate is not allowed to know the other system, mappings, links, the engine or the store: it reads and writes
//! what it is told, by the rules of `facts/FRAPPE.md`.

mod amend;
mod answer;
mod batch;
mod client;
mod config;
mod cursor;
mod decode;
mod desk;
mod discover;
mod encode;
mod error;
mod feed;
mod list;
mod outcome;
mod plain_text;
mod probe;
mod reader;
#[cfg(test)]
mod recorded;
mod refusal;
mod removal;
mod renames;
mod schema;
mod setup;
mod source;
mod subject;
mod transport;
mod unfit;
mod webhook;
mod writer;
mod zone;

pub use answer::Notice;
pub use batch::BatchOutcome;
pub use client::FrappeClient;
pub use config::FrappeConfig;
pub use error::FrappeError;
pub use probe::{KindProbe, KindState, Sight, SiteProbe, ZoneProbe, ZoneSource};
pub use refusal::Class;
pub use setup::{CustomDoctype, CustomField};
pub use subject::Subject;
pub use unfit::Unfit;
pub use webhook::{SIGNATURE_HEADER, hint};
