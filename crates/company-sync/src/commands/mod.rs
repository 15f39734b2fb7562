//! One module a command: takes what was typed, makes one call, renders what comes back.

pub(crate) mod check;
pub(crate) mod companies;
pub(crate) mod config;
pub(crate) mod conflicts;
pub(crate) mod demo;
mod dry_run;
pub(crate) mod findings;
pub(crate) mod links;
pub(crate) mod log;
pub(crate) mod mapping;
pub(crate) mod reconcile;
pub(crate) mod runs;
pub(crate) mod sandbox;
pub(crate) mod serve;
pub(crate) mod simulate;
pub(crate) mod sync;
pub(crate) mod systems;
pub(crate) mod undo;
pub(crate) mod users;

use crate::cli::Global;
use crate::config::{Config, ConfigError, Environment, Flags};

/// The configuration that this command line leads to.
fn configuration(global: &Global) -> Result<Config, ConfigError> {
    let flags = Flags { file: global.config.clone(), data_dir: global.data_dir.clone() };
    Config::load(&flags, &Environment::of_process())
}
