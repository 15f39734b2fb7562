//! The program's own log, on standard error; `RUST_LOG` says how much of it.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

/// Starts it: warnings and worse, unless `RUST_LOG` says otherwise; as JSON where output is for machines.
pub(crate) fn start(json: bool) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    let colours = io::stderr().is_terminal();
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(colours);
    if json { builder.json().init() } else { builder.init() }
}
