//! What the engine remembers, kept in SQLite: leases, runs, cursors, staged units, links with their shadows, the
//! journal of intents, conflicts and the log; and the same in memory for simulations. PostgreSQL joins beside [`sqlite`].
//!
//! SQL lives in this crate and nowhere else. The crate is not allowed to know VTiger's or Frappe's protocol, HTTP,
//! or what the engine decides: it stores values of `cs-domain` for the `Store` port of `cs-ports`, and takes the time
//! from whoever calls.

mod catalogue;
mod conflict;
mod error;
mod findings;
mod insight;
mod journal;
mod lease;
mod linking;
pub mod memory;
mod migrate;
mod order;
mod people;
mod schemas;
mod settings;
mod sql;
pub mod sqlite;
mod staging;
mod stamp;
mod tasks;
mod text;
mod word;

pub use error::{JournalError, OpenError};
pub use memory::MemoryStore;
pub use sqlite::SqliteStore;
