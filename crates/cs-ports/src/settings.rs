//! What people set on pages: one document, the secrets beside it, and what becomes of old things.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;

/// The settings as they are kept: a document that only whoever wires the program understands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptSettings {
    /// How often they were changed; 0: never.
    pub revision: i64,
    /// The document (TOML), without secrets.
    pub text: String,
}

/// A secret by its name, sealed; `None`: no longer.
pub type SealedSecret = (String, Option<Vec<u8>>);

/// How many old things were removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pruned {
    /// Lines of the log of runs.
    pub log: u64,
    /// Ended tasks, with the plans of dry runs.
    pub tasks: u64,
    /// Uploaded files that no remaining task names.
    pub files: u64,
    /// Writes of the journal that are closed.
    pub journal: u64,
    /// Sessions and answers whose time is over.
    pub expired: u64,
}

/// Remembers settings and secrets. Every call is one transaction.
#[async_trait]
pub trait SettingsStore: Send + Sync {
    /// The settings.
    async fn settings(&self) -> Result<KeptSettings, StoreError>;
    /// Replaces them, unless somebody did since `revision`, and keeps or removes these secrets with them: all of it or
    /// nothing. Answers whether it did.
    async fn put_settings(
        &self,
        revision: i64,
        text: &str,
        secrets: &[SealedSecret],
    ) -> Result<bool, StoreError>;
    /// A secret, sealed.
    async fn secret(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError>;
    /// The names of all secrets.
    async fn secret_names(&self) -> Result<Vec<String>, StoreError>;
    /// Keeps a secret, sealed; `None` removes it.
    async fn put_secret(&self, name: &str, sealed: Option<&[u8]>) -> Result<(), StoreError>;
    /// Removes what is over since before `before`, and what expired before `now`. Links, shadows, conflicts, findings, runs
    /// and the audit log stay.
    async fn prune(&self, before: Timestamp, now: Timestamp) -> Result<Pruned, StoreError>;
}
