//! One module a command: takes what was typed, makes one call, renders what comes back.

pub(crate) mod check;
pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod log;
pub(crate) mod mapping;
pub(crate) mod runs;
pub(crate) mod sandbox;
pub(crate) mod sync;

use crate::cli::Global;
use crate::config::{Config, ConfigError, Environment, Flags};

/// The configuration that this command line leads to.
fn configuration(global: &Global) -> Result<Config, ConfigError> {
    let flags = Flags { file: global.config.clone(), data_dir: global.data_dir.clone() };
    Config::load(&flags, &Environment::of_process())
}
