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
    /// What people set on pages does not read.
    #[error("the settings in the store do not read: {message}")]
    Kept {
        /// What is wrong. There are no secrets among them.
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
    /// A variable nobody reads.
    #[error("there is no variable {variable}")]
    UnknownVariable {
        /// Which variable.
        variable: String,
        /// What may have been meant.
        hint: String,
    },
    /// A setting that the mapping does not declare.
    #[error("mapping {mapping} has no setting `{setting}`, which {place} says")]
    UnknownSetting {
        /// Which mapping.
        mapping: String,
        /// Which setting.
        setting: String,
        /// Where it is said.
        place: String,
        /// What may have been meant.
        hint: String,
    },
    /// An address with a user or a password in it, which is not repeated here.
    #[error("{key} holds a user or a password")]
    Credentials {
        /// Which key.
        key: &'static str,
    },
    /// A file that should hold a secret and holds none.
    #[error("the secret file {} is empty", path.display())]
    EmptySecret {
        /// Which file.
        path: PathBuf,
    },
    /// A file that should hold a secret and cannot be read.
    #[error("cannot read the secret in {}", path.display())]
    UnreadableSecret {
        /// Which file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// Nothing is kept in the data directory, or it is not there.
    #[error("no run is remembered in {}: there is no store", path.display())]
    NoStore {
        /// The data directory.
        path: PathBuf,
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
    /// Something that only VTiger itself can be asked.
    #[error("{connector} stands in VTiger's place, and only VTiger can be looked into like this")]
    OwnConnector {
        /// The connector in its place.
        connector: String,
    },
    /// A connector that this program was not built with.
    #[error("this program has no connector {name:?}")]
    NoConnector {
        /// What is named.
        name: String,
        /// Those it has.
        known: Vec<String>,
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
            Self::Kept { .. } => "config.kept",
            Self::Missing { .. } => "config.missing",
            Self::Variable { .. } => "config.variable",
            Self::UnknownVariable { .. } => "config.unknown_variable",
            Self::UnknownSetting { .. } => "config.unknown_setting",
            Self::Credentials { .. } => "config.credentials_in_url",
            Self::EmptySecret { .. } => "config.empty_secret",
            Self::UnreadableSecret { .. } => "config.unreadable_secret",
            Self::NoStore { .. } => "config.no_store",
            Self::Zone { .. } => "config.time_zone",
            Self::NoSystem { .. } => "config.no_system",
            Self::OwnConnector { .. } => "config.own_connector",
            Self::NoConnector { .. } => "config.no_connector",
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
            Self::Kept { .. } => {
                "Use the version of company-sync that wrote them, or say it in the configuration file, which overrules them."
                    .to_owned()
            }
            Self::Missing { key, variable } => {
                format!("Set `{key}` in the configuration file, or {variable}.")
            }
            Self::Variable { .. } => "Correct the variable, or unset it.".to_owned(),
            Self::UnknownVariable { hint, .. } => {
                format!("Correct the variable, or unset it (after COMPANY_SYNC_): {hint}")
            }
            Self::UnknownSetting { mapping, hint, .. } => format!(
                "Correct it or take it out: {hint} `company-sync mapping show {mapping}` tells of every setting."
            ),
            Self::Credentials { .. } => "Write the address alone, as in https://crm.example.test; user, key and secret have keys of their own."
                .to_owned(),
            Self::EmptySecret { .. } => "Write the secret on the file's first line.".to_owned(),
            Self::UnreadableSecret { .. } => {
                "Write the secret on the first line of that file, readable by this program's user only; or name another file, or \
                 say the secret itself (the same key without _file)."
                    .to_owned()
            }
            Self::NoStore { .. } => {
                "Check data_dir (or --data-dir), which `company-sync config show` names; the first `company-sync sync` makes it."
                    .to_owned()
            }
            Self::Zone { .. } => "Use a name such as \"America/New_York\".".to_owned(),
            Self::NoSystem { system } => format!(
                "Write a [{}] section (`company-sync config init` writes a file to fill in), or try `company-sync demo`.",
                system.as_str()
            ),
            Self::OwnConnector { .. } => {
                "Nothing is wrong; a dry run shows what the mapping would do: `company-sync sync --dry-run`.".to_owned()
            }
            Self::NoConnector { known, .. } if known.is_empty() => {
                "It was built without any: take `connector` out of [vtiger], or build the program with it (docs/EXTENDING.md)."
                    .to_owned()
            }
            Self::NoConnector { known, .. } => format!("[vtiger] connector can be: {}.", known.join(", ")),
            Self::Exists { .. } => {
                "Move it away, or name another file: `company-sync config init FILE`.".to_owned()
            }
        }
    }
}
