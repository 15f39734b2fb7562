//! Frappe/ERPNext as a deterministic state machine with its REST interface as one face.
//!
//! [`Site`] is the state; a [`Txn`] is one request's work on it, all or nothing. [`router`] is the HTTP face,
//! [`FrappeFace`] what the fault layer needs to know about it. [`install`] makes ready-made sites.

pub mod catalogue;
mod checks;
mod children;
pub mod collate;
mod draft;
mod http;
pub mod install;
mod naming;
mod permission;
pub mod query;
mod read;
pub mod refusal;
mod remove;
pub mod reshape;
mod rules;
mod sanitise;
mod site;
mod stamp;
mod store;
mod values;
mod write;

pub use http::{FrappeFace, classify, router};
pub use permission::Right;
pub use refusal::{Class, Message, Refusal};
pub use site::{Answered, Contents, RateLimit, Site, Switches, Txn};
pub use values::Row;

#[cfg(test)]
mod tests;
