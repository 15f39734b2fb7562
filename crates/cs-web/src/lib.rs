//! The service that people see: pages, the HTTP API, live events, and who may do what.
//!
//! A page is a struct with a template; a handler extracts, makes one call, and answers; one place ([`error`]) turns errors
//! into statuses. Every route names the right it needs ([`doors`]). This crate is not allowed to know a database, a connector,
//! a company's report or a file of configuration: what it needs of them comes in through `cs-ports` and through
//! [`office::Office`], which the program itself fulfils.

#![allow(clippy::trivially_copy_pass_by_ref, reason = "templates hand everything over by reference")]

mod api;
mod assets;
mod caller;
mod doors;
mod error;
mod frame;
mod guard;
mod live;
mod notice;
pub mod office;
mod pages;
mod password;
mod probes;
mod security;
mod sent;
mod slips;
mod throttle;
mod upload;
mod visit;
mod web;
mod words;
pub mod work;

pub use doors::{Door, Rule, table};
pub use error::WebError;
pub use live::{Hub, Progress};
pub use notice::{Letter, Notice, Occasion};
pub use password::{PasswordError, hash_password};
pub use security::Exposure;
pub use web::{Desk, Measures, Web, router};
pub use words::Language;
