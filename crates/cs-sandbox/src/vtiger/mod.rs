//! VTiger CRM as a deterministic state machine, with `webservice.php` as one face of it.
//!
//! [`System`] holds everything the CRM would keep: modules and their field catalogues, users, challenges, sessions,
//! records and line items. Its operations take the time and return typed results or a [`Refusal`]; none of them does
//! I/O. [`serve`] puts HTTP in front of it. The traps of facts/VTIGER.md are reproduced on purpose, so that a client
//! meets them here first: empty 500s after the work was done, HTML with status 200, swallowed SQL errors, silent cuts.

mod access;
mod actors;
mod catalogue;
mod changes;
mod collation;
mod dates;
mod describe;
mod details;
mod element;
mod entities;
mod http;
mod items;
mod orders;
mod persona;
mod php;
mod query;
mod records;
mod refusal;
mod render;
mod reshape;
mod session;
mod system;
mod values;

pub use catalogue::{Catalogue, Field, Installation, Kind, Module};
pub use changes::Write;
pub use http::serve;
pub use persona::{Persona, Version};
pub use refusal::{Code, Refusal};
pub(crate) use render::Face;
pub use reshape::FieldChange;
pub use session::{Challenge, Login};
pub use system::{Contents, Draft, Record, Rights, Setup, System, User, Values};
