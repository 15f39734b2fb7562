//! The two systems, seen from the engine.

use std::collections::BTreeMap;

use async_trait::async_trait;
use cs_domain::{
    Content, FieldName, Fields, Kind, KindSchema, OperationKey, Record, RecordId, RecordRef, RequestCount,
    System, Value, Version,
};
use serde::{Deserialize, Serialize};

use crate::error::PeerError;

/// What must happen to a field's value before it leaves the connector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guard {
    /// Nothing.
    #[default]
    None,
    /// Only its last four digits leave (card and account numbers, spec/DEFAULT-MAPPING.md "Card data").
    LastFour,
}

/// A field that is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldRequest {
    /// API name.
    pub name: FieldName,
    /// What must happen to its value first.
    pub guard: Guard,
}

/// The fields that are wanted of a kind; whatever else the system sends is dropped while decoding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldRequests(pub Vec<FieldRequest>);

impl FieldRequests {
    /// Fields wanted as they are.
    pub fn plain<I: IntoIterator<Item = N>, N: Into<FieldName>>(names: I) -> Self {
        Self(names.into_iter().map(|name| FieldRequest { name: name.into(), guard: Guard::None }).collect())
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &FieldName> {
        self.0.iter().map(|field| &field.name)
    }
}

/// One condition of a search; several are joined with *and*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Criterion {
    /// Field to look at.
    pub field: FieldName,
    /// Values it may have; one means "equals". Comparison is the system's own: both ignore case, VTiger and Frappe's
    /// MariaDB ignore accents too, so whoever needs the exact value looks at what comes back.
    pub any_of: Vec<Value>,
}

/// How far a feed was read; its inside is the connector's own business and stays readable across versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub String);

/// A record seen in a feed or a census.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// Which record.
    pub reference: RecordRef,
    /// In which state.
    pub version: Version,
    /// What the fields asked for held ([`cs_domain::Content::of`]), where the feed reads them on its way: it tells an edit
    /// from a mere touch, and sees changes that move no version (facts/VTIGER.md, trap 12) or a second one within the
    /// same second.
    pub content: Option<Content>,
    /// What was seen of it.
    pub sighting: Sighting,
}

/// What a feed saw of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sighting {
    /// It is there, new or changed.
    There,
    /// It was deleted.
    Deleted,
    /// It is there under another name than before (Frappe; facts/FRAPPE.md, trap 11).
    Renamed {
        /// What it was called before.
        from: RecordId,
    },
}

/// A page of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedPage {
    /// What was seen, oldest first.
    pub observations: Vec<Observation>,
    /// Where to go on from. On the last page of a pass the cursor lies far enough back for the next pass to see again
    /// whatever was written while this one read (facts/FRAPPE.md trap 1, facts/VTIGER.md "Query language").
    pub next: Cursor,
    /// Whether there is more right now.
    pub more: bool,
}

/// What changed on a side, oldest first, never missing a change, sometimes telling one twice.
#[async_trait]
pub trait ChangeFeed: Send + Sync {
    /// The page after `after`; from the beginning of time where there is none. `fields` are those whose change matters:
    /// feeds that read records whole digest them into [`Observation::content`].
    async fn changes(
        &self,
        kind: &Kind,
        after: Option<&Cursor>,
        fields: &FieldRequests,
    ) -> Result<FeedPage, PeerError>;
}

/// Tells what is there, whatever the feed said of it: finds deletes that no feed shows and changes that move no version
/// (facts/VTIGER.md, trap 12 and "Query language").
#[async_trait]
pub trait Census: Send + Sync {
    /// Every record of a kind that is there now, ascending by id (numbers in ids compare as numbers), page by page; the
    /// first page where `after` is `None`. What it leaves out between two records is not there, or hidden.
    async fn census(
        &self,
        kind: &Kind,
        after: Option<&RecordId>,
        fields: &FieldRequests,
    ) -> Result<CensusPage, PeerError>;
}

/// A page of a census.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CensusPage {
    /// The records, ascending; the next page goes on after the last of them.
    pub observations: Vec<Observation>,
    /// Whether there may be more after the last of them.
    pub more: bool,
}

/// Reads records as they are now.
#[async_trait]
pub trait Reader: Send + Sync {
    /// Which side this is.
    fn system(&self) -> System;

    /// What the system says of a kind; kept for as long as the connector lives.
    async fn schema(&self, kind: &Kind) -> Result<KindSchema, PeerError>;

    /// The records with these ids, in any order; those that are not there (or hidden) are left out. Any number of
    /// ids: the connector sends as many requests as it takes.
    async fn read(
        &self,
        kind: &Kind,
        ids: &[RecordId],
        fields: &FieldRequests,
    ) -> Result<Vec<Record>, PeerError>;

    /// All records that meet every criterion, by id; any number of values a criterion.
    async fn find(
        &self,
        kind: &Kind,
        criteria: &[Criterion],
        fields: &FieldRequests,
    ) -> Result<Vec<Record>, PeerError>;
}

/// What became of a write. There is no other possibility, and no error beside it.
#[derive(Debug)]
pub enum WriteOutcome {
    /// The system holds it.
    Applied(Written),
    /// Nothing was written: the record is no longer in the expected state.
    Stale,
    /// Nothing was written, and this is why.
    Rejected(PeerError),
    /// It may have been written or not; whoever needs to know reads the record back.
    Unknown(PeerError),
}

/// A record after a write: what the system says it holds, read back where its answer cannot be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// As it was read back.
    pub record: Record,
    /// Whether this is known to be what the write itself left, so that a field which differs from what was sent was changed
    /// by the system on its way. Where that is not known, such a field may be somebody's edit just after.
    pub untouched: bool,
}

/// What became of a delete.
#[derive(Debug)]
pub enum Removal {
    /// The record is not there any more.
    Gone,
    /// Nothing was deleted: the record is no longer in the expected state.
    Stale,
    /// Nothing was deleted, and this is why.
    Rejected(PeerError),
    /// It may have been deleted or not.
    Unknown(PeerError),
}

/// What a write relies on.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The state the decision was made on. A system that compares versions itself (Frappe) refuses the write where it has
    /// moved.
    pub version: &'a Version,
    /// What the fields to be written held then. Where a system cannot compare (VTiger), the connector looks right before
    /// it writes: these fields must still hold it, whatever else has moved.
    pub before: &'a Fields,
}

/// Changes records, one at a time.
#[async_trait]
pub trait Writer: Send + Sync {
    /// Creates a record. `key` is already among the fields where the mapping gives it a field to live in; it is here
    /// for the connector's log and for systems that take it by other means. `wanted` names what the answer is to hold.
    async fn create(
        &self,
        kind: &Kind,
        fields: &Fields,
        key: &OperationKey,
        wanted: &FieldRequests,
    ) -> WriteOutcome;

    /// Writes only these fields, provided that the record is still in the expected state.
    async fn update(
        &self,
        target: &RecordRef,
        changes: &Fields,
        expected: Expected<'_>,
        wanted: &FieldRequests,
    ) -> WriteOutcome;

    /// Deletes a record, provided that it is still in the expected state. One that is not there any more is
    /// [`Removal::Gone`].
    async fn delete(&self, target: &RecordRef, expected: Expected<'_>) -> Removal;

    /// Replaces a submitted document by an amended one: cancels it and submits a copy with these changes under the name
    /// that the system gives it (Frappe; facts/FRAPPE.md "Writing"). Answers the new document.
    async fn amend(
        &self,
        target: &RecordRef,
        changes: &Fields,
        expected: &Version,
        wanted: &FieldRequests,
    ) -> WriteOutcome;
}

/// Counts the requests that a connector has sent since it was made.
pub trait Meter: Send + Sync {
    /// Requests so far.
    fn requests(&self) -> RequestCount;
}

/// Everything a side offers under one roof.
pub trait Peer: ChangeFeed + Reader + Writer + Meter {}

impl<T: ChangeFeed + Reader + Writer + Meter> Peer for T {}

/// Schemas by kind, as far as they were read.
pub type Schemas = BTreeMap<Kind, KindSchema>;
