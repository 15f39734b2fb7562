//! What can be wrong with a configuration.

use std::io;
use std::path::PathBuf;

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The file is no configuration.
    #[error("{}:{line}:{column}: {message}", path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// Line, counted from 1.
        line: usize,
        /// Column, counted from 1.
        column: usize,
        /// What is wrong. Only this is kept of what the TOML reader said: it quotes the line, and a secret with it.
        message: String,
    },
    /// Something that must be said is not.
    #[error("{key} is not set")]
    Missing {
        /// Which key.
        key: &'static str,
        /// The variable that can supply it.
        variable: String,
    },
    /// A variable's value makes no sense.
    #[error("{variable} is {value:?}, which is not a {expected}")]
    Variable {
        /// Which variable.
        variable: String,
        /// What it holds.
        value: String,
        /// What it should hold.
        expected: &'static str,
    },
    /// A time zone nobody knows.
    #[error("{key} = {name:?} is not a time zone")]
    Zone {
        /// Which key.
        key: &'static str,
        /// What it says.
        name: String,
        /// What the time zone database said.
        #[source]
        source: jiff::Error,
    },
    /// A system that the command needs is not configured.
    #[error("nothing is said about {system}")]
    NoSystem {
        /// Which.
        system: cs_domain::System,
    },
    /// The file is there already.
    #[error("{} exists already", path.display())]
    Exists {
        /// Which file.
        path: PathBuf,
    },
}

impl ConfigError {
    /// Stable code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "config.unreadable",
            Self::Malformed { .. } => "config.malformed",
            Self::Missing { .. } => "config.missing",
            Self::Variable { .. } => "config.variable",
            Self::Zone { .. } => "config.time_zone",
            Self::NoSystem { .. } => "config.no_system",
            Self::Exists { .. } => "config.exists",
        }
    }

    /// What to do.
    pub(crate) fn remedy(&self) -> String {
        match self {
            Self::Unreadable { .. } => "Check the path and the file's permissions.".to_owned(),
            Self::Malformed { .. } => {
                "Correct the line; `company-sync config init --print` shows a whole file.".to_owned()
            }
            Self::Missing { key, variable } => {
                format!("Set `{key}` in the configuration file, or {variable}.")
            }
            Self::Variable { .. } => "Correct the variable, or unset it.".to_owned(),
            Self::Zone { .. } => "Use a name such as \"America/New_York\".".to_owned(),
            Self::NoSystem { system } => format!(
                "Write a [{}] section (`company-sync config init` writes a file to fill in), or try `company-sync demo`.",
                system.as_str()
            ),
            Self::Exists { .. } => {
                "Move it away, or name another file: `company-sync config init FILE`.".to_owned()
            }
        }
    }
}
