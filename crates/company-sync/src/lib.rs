//! `company-sync`: commands, configuration, wiring, telemetry. The one crate where concrete types meet; it decides
//! nothing about records, and holds no protocol, no SQL and no rule of merging.
//!
//! It is a library for one reason: whoever needs a transform, a company, a connector or an observer that does not come
//! with it builds a program of their own out of [`Program`], and need not change anything here.

mod accounts;
mod alerts;
mod belonging;
mod choice;
mod cli;
mod clock;
mod commands;
mod companies;
mod config;
mod executor;
mod export;
mod extensions;
mod failure;
mod folder;
mod following;
mod holder;
mod inquiry;
mod links;
mod mappings;
mod measures;
mod office;
mod plan_file;
mod playground;
mod posting;
mod program;
mod reconciliation_error;
mod reconciling;
mod render;
mod scratch;
mod stopped;
mod telemetry;
mod tidying;
mod user;
mod view;
mod weighing;
mod wiring;
mod zones;

pub use extensions::{Address, Connect, Connector};
pub use program::Program;
