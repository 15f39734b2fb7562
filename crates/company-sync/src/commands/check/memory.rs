//! What `check` says of the data directory: is what is remembered there whole, and does it belong to these two systems?

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::belonging::Pair;
use crate::config::Config;
use crate::failure::{CommandError, Outcome};
use crate::wiring::{Looking, existing_store, has_store, store_file, unusable};

/// What was found in the data directory.
pub(super) enum Memory {
    /// Nothing yet: the first sync makes it.
    None {
        /// The data directory.
        path: PathBuf,
    },
    /// A store that can be used with these systems.
    Fits,
    /// A store that cannot.
    Unfit {
        /// Its file.
        path: PathBuf,
        /// Why not.
        error: Box<CommandError>,
    },
}

impl Memory {
    /// Looks, and makes nothing.
    pub(super) async fn of(config: &Config, looking: &Looking) -> Self {
        if !has_store(&config.data_dir) {
            return Self::None { path: config.data_dir.clone() };
        }
        match examined(config, looking).await {
            Ok(()) => Self::Fits,
            Err(error) => Self::Unfit { path: store_file(&config.data_dir), error: Box::new(error) },
        }
    }

    pub(super) fn outcome(&self) -> Outcome {
        match self {
            Self::None { .. } | Self::Fits => Outcome::Done,
            Self::Unfit { error, .. } => error.outcome(),
        }
    }

    /// What the verdict says of it.
    pub(super) fn lacks(&self) -> Option<String> {
        match self {
            Self::None { .. } | Self::Fits => None,
            Self::Unfit { error, .. } => Some(format!("a store for these systems ({})", error.code())),
        }
    }

    pub(super) fn lines(&self) -> Vec<String> {
        match self {
            Self::Fits => Vec::new(),
            Self::None { path } => {
                let path = shown(path);
                vec![format!("Data directory\n  note: {path}; the first sync makes it")]
            }
            // It names the file or the folder itself.
            Self::Unfit { error, .. } => {
                vec![format!("Data directory\n  {}", error.for_people().replace('\n', "\n    "))]
            }
        }
    }

    pub(super) fn for_machines(&self) -> Value {
        match self {
            Self::None { path } => json!({ "path": path, "there": false }),
            Self::Fits => json!({ "there": true }),
            Self::Unfit { path, error } => {
                let mut object = error.for_machines();
                if let Some(fields) = object.as_object_mut() {
                    fields.extend([("path".to_owned(), json!(path)), ("there".to_owned(), json!(true))]);
                }
                object
            }
        }
    }
}

async fn examined(config: &Config, looking: &Looking) -> Result<(), CommandError> {
    let store = existing_store(&config.data_dir).await?;
    let sound = store.expect_sound().await.map_err(unusable(&config.data_dir));
    let known = match sound {
        Ok(()) => {
            let (vtiger, frappe) = (looking.vtiger.as_deref(), Some(&*looking.frappe));
            Pair { config, store: &store, vtiger, frappe }.expect_known().await
        }
        Err(error) => Err(error),
    };
    store.close().await;
    known
}

fn shown(path: &Path) -> String {
    let path_text = path.display();
    if path.is_dir() {
        format!("there is no store in {path_text} yet")
    } else {
        format!("{path_text} is not there yet")
    }
}
