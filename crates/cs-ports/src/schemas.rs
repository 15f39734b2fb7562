//! What the two systems said of their kinds, kept: the newest of each for whoever makes a mapping, and for each mapping what
//! it was when it last ran.

use async_trait::async_trait;
use cs_domain::{Kind, KindSchema, MappingName, System};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::discovery::KindAbout;
use crate::error::StoreError;

/// What a system said of a kind, and since when it says that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaSight {
    /// Which system.
    pub system: System,
    /// Which module or DocType.
    pub kind: Kind,
    /// When it was first seen like this.
    pub since: Timestamp,
    /// When it was last seen like this.
    pub looked: Timestamp,
    /// What was seen; `None`: there is none, or none that the product's user sees.
    pub schema: Option<KindSchema>,
}

/// The kinds that a system listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindsSeen {
    /// Which system.
    pub system: System,
    /// When.
    pub at: Timestamp,
    /// Its kinds.
    pub kinds: Vec<KindAbout>,
}

/// What a kind was when a mapping last ran without a change of it, or when somebody accepted its changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReliedOn {
    /// Which system.
    pub system: System,
    /// When it was seen.
    pub at: Timestamp,
    /// What was seen.
    pub schema: KindSchema,
}

/// Remembers schemas. Every call is one transaction.
#[async_trait]
pub trait SchemaStore: Send + Sync {
    /// The newest sight of every kind that was ever looked at, by system and kind.
    async fn schema_sights(&self) -> Result<Vec<SchemaSight>, StoreError>;
    /// The sights of one kind, newest first.
    async fn schema_history(
        &self,
        system: System,
        kind: &Kind,
        limit: u32,
    ) -> Result<Vec<SchemaSight>, StoreError>;
    /// Notes what was seen of a kind now. Where it is what was seen last, only the time of looking moves; answers whether it is
    /// something else.
    async fn note_schema(
        &self,
        system: System,
        kind: &Kind,
        now: Timestamp,
        schema: Option<&KindSchema>,
    ) -> Result<bool, StoreError>;
    /// The lists of kinds, by system.
    async fn kinds_seen(&self) -> Result<Vec<KindsSeen>, StoreError>;
    /// Keeps a list of kinds in place of the system's last one.
    async fn note_kinds(&self, seen: &KindsSeen) -> Result<(), StoreError>;
    /// What a mapping relies on, by system and kind.
    async fn relied_on(&self, mapping: &MappingName) -> Result<Vec<ReliedOn>, StoreError>;
    /// Notes what a mapping relies on from now on, in place of what was noted of these kinds; others stay.
    async fn rely_on(&self, mapping: &MappingName, kinds: &[ReliedOn]) -> Result<(), StoreError>;
}
