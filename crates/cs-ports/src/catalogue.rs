//! The mappings that people make: a draft of each at most, and the versions that were published. What they say is text in the
//! form of mapping files; the store does not read it.

use async_trait::async_trait;
use cs_domain::MappingName;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;

/// A mapping as somebody is writing it. It may be wrong; it runs nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingDraft {
    /// Which mapping.
    pub mapping: MappingName,
    /// How often drafts of this mapping were kept so far, dropped ones counted: whoever changes a draft says which one they saw.
    pub revision: i64,
    /// The text.
    pub text: String,
    /// Suggestions that somebody rejected, so that they are not made again: `unit/role/vtiger/frappe`.
    pub rejected: Vec<String>,
    /// The version it was begun from; `None`: from a file, or from nothing.
    pub base: Option<i64>,
    /// Who changed it last.
    pub who: String,
    /// When.
    pub at: Timestamp,
}

/// What is known of a version besides its text. Versions are never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingVersion {
    /// Which mapping.
    pub mapping: MappingName,
    /// Its number, counted from 1.
    pub number: i64,
    /// Who published it.
    pub who: String,
    /// When.
    pub at: Timestamp,
    /// What they wrote about it.
    pub note: String,
}

impl MappingVersion {
    /// The number of the version that follows these ([`MappingStore::mapping_versions`]: the latest first).
    pub fn next_number(versions: &[Self]) -> i64 {
        versions.first().map_or(1, |latest| latest.number + 1)
    }
}

/// A version with its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedMapping {
    /// Which version.
    pub version: MappingVersion,
    /// The text.
    pub text: String,
}

/// A mapping that was retired: it does not run and its schedules stand still, until somebody takes that back. What it says stays,
/// and so do its links.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetiredMapping {
    /// Which mapping.
    pub mapping: MappingName,
    /// Who retired it.
    pub who: String,
    /// When.
    pub at: Timestamp,
}

/// Remembers mappings. Every call is one transaction.
#[async_trait]
pub trait MappingStore: Send + Sync {
    /// Every draft, by mapping.
    async fn mapping_drafts(&self) -> Result<Vec<MappingDraft>, StoreError>;
    /// A mapping's draft.
    async fn mapping_draft(&self, mapping: &MappingName) -> Result<Option<MappingDraft>, StoreError>;
    /// Keeps a draft in place of the one with its `revision` (0: there is none), unless there is another one by now. Answers
    /// the revision it has from now on; `None`: somebody else was quicker, and nothing was kept.
    async fn put_mapping_draft(&self, draft: &MappingDraft) -> Result<Option<i64>, StoreError>;
    /// Drops a draft, unless it is no longer this one. Answers whether it did.
    async fn drop_mapping_draft(&self, mapping: &MappingName, revision: i64) -> Result<bool, StoreError>;
    /// Publishes a text as the version with its number, unless that is not the next one or, where a draft is named, the
    /// mapping's draft is no longer the one with this revision. The draft is gone then. Answers whether it did.
    async fn publish_mapping(
        &self,
        published: &PublishedMapping,
        draft: Option<i64>,
    ) -> Result<bool, StoreError>;
    /// A mapping's versions, the latest first.
    async fn mapping_versions(&self, mapping: &MappingName) -> Result<Vec<MappingVersion>, StoreError>;
    /// One version.
    async fn mapping_version(
        &self,
        mapping: &MappingName,
        number: i64,
    ) -> Result<Option<PublishedMapping>, StoreError>;
    /// The latest version of every mapping that has one, by mapping.
    async fn latest_mappings(&self) -> Result<Vec<PublishedMapping>, StoreError>;
    /// The retired mappings, by name.
    async fn retired_mappings(&self) -> Result<Vec<RetiredMapping>, StoreError>;
    /// Notes that a mapping is retired. Answers whether it was not before.
    async fn note_retired(&self, retired: &RetiredMapping) -> Result<bool, StoreError>;
    /// Takes that back. Answers whether it was.
    async fn note_resumed(&self, mapping: &MappingName) -> Result<bool, StoreError>;
}
