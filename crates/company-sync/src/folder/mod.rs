//! What an installation goes by, as a folder of files for version control and other installations: settings, schedules,
//! companies, mappings. Secrets are named in it and never held.
//!
//! A file says the whole of what it is about. What no file is about stays as it is.

mod differences;
mod export;
mod here;
mod import;
mod reading;
mod settings_file;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use cs_domain::MappingName;
use cs_engine::scheduler::Wish;

use differences::{Difference, differences};
pub(crate) use here::Here;
pub(crate) use import::{Import, import, planned};
pub(crate) use reading::read;

/// The file of settings.
const SETTINGS: &str = "settings.toml";
/// The file of schedules.
const SCHEDULES: &str = "schedules.toml";
/// The folder of companies' definitions.
const COMPANIES: &str = "companies";
/// The folder of mappings.
const MAPPINGS: &str = "mappings";

/// The folders in it that hold a file each.
pub(crate) const PLACES: [&str; 2] = [COMPANIES, MAPPINGS];

/// What an installation goes by, or what files say that one should.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Folder {
    /// What is said of settings, by key, as pages write it; `None`: nothing is about settings.
    pub(crate) settings: Option<BTreeMap<String, String>>,
    /// The keys of the secrets that there are.
    pub(crate) secrets: BTreeSet<String>,
    /// The schedules, by name; `None`: nothing is about schedules.
    pub(crate) schedules: Option<BTreeMap<String, Scheduled>>,
    /// The mappings that are retired; said together with the schedules.
    pub(crate) retired: BTreeSet<String>,
    /// Companies' definitions, by key.
    pub(crate) companies: BTreeMap<String, String>,
    /// Mappings' texts, by name.
    pub(crate) mappings: BTreeMap<String, String>,
}

/// A schedule as a file says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scheduled {
    /// Of which mapping.
    pub(crate) mapping: MappingName,
    /// What it is to be like.
    pub(crate) wish: Wish,
}

fn counted(faults: usize) -> String {
    if faults == 1 {
        return "the fault that is listed above".to_owned();
    }
    format!("{faults} faults, which are listed above")
}

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FolderError {
    /// There is nothing in it that could be read.
    #[error("{} has neither {SETTINGS} nor {SCHEDULES} nor a folder {COMPANIES} or {MAPPINGS}", path.display())]
    Nothing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// What it says cannot be so; every fault was printed.
    #[error("{} cannot be used: {}; nothing was changed", path.display(), counted(*faults))]
    Faulty {
        /// Which.
        path: PathBuf,
        /// How many.
        faults: usize,
    },
    /// Somebody else changed the same at that moment.
    #[error("somebody else changed {what} at the same time; {done}")]
    Moved {
        /// What.
        what: String,
        /// What of the folder was taken before that.
        done: String,
    },
}

impl FolderError {
    /// Stable code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Nothing { .. } => "folder.nothing",
            Self::Faulty { .. } => "folder.faulty",
            Self::Moved { .. } => "folder.moved",
        }
    }

    /// What to do.
    pub(crate) fn remedy(&self) -> &'static str {
        match self {
            Self::Nothing { .. } => "Name a folder that `company-sync config export` wrote.",
            Self::Faulty { .. } => "Correct each of them and run the command again.",
            Self::Moved { .. } => {
                "Look at `company-sync config diff` for what is different by now, and import again."
            }
        }
    }
}
