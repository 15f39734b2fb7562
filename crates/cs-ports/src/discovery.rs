//! What kinds of record a system has, for whoever makes a mapping: lists, counts and samples. A run needs none of it.

use async_trait::async_trait;
use cs_domain::{Kind, Record, System};
use serde::{Deserialize, Serialize};

use crate::error::PeerError;
use crate::peer::{Criterion, FieldRequests};

/// A module or DocType, as its system's list of them tells it. What its fields are is [`crate::Reader::schema`]'s.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KindAbout {
    /// Which system has it.
    pub system: System,
    /// Its name in the API.
    pub kind: Kind,
    /// What people call it there.
    pub label: String,
    /// Whether somebody made it for this installation.
    pub custom: bool,
    /// The part of the system that it belongs to (`Selling`), where the system sorts them.
    pub group: Option<String>,
    /// Whether the product's user may create records of it; `None` where only describing it tells.
    pub creatable: Option<bool>,
}

/// Tells what a system has. Everything is asked anew with each call.
#[async_trait]
pub trait Discovery: Send + Sync {
    /// The modules or DocTypes whose records can be mapped, by label; child tables and single documents are left out,
    /// and so is what the product's user does not see.
    async fn kinds(&self) -> Result<Vec<KindAbout>, PeerError>;

    /// How many records meet every criterion; `None` where the system cannot count (VTiger answers `count(*)` with an
    /// empty list, `fixtures/vtiger/112_query_count.json`).
    async fn count(&self, kind: &Kind, criteria: &[Criterion]) -> Result<Option<u64>, PeerError>;

    /// The records that were made last, newest first, `most` at most.
    async fn newest(&self, kind: &Kind, fields: &FieldRequests, most: u32) -> Result<Vec<Record>, PeerError>;
}
