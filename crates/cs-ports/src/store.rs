//! What the engine remembers, and the order in which it must be remembered.

use std::time::Duration;

use async_trait::async_trait;
use cs_domain::{
    Event, Failure, Intent, IntentId, IntentState, Link, MappingName, RecordRef, Run, RunId, Shadow, System,
    UnitName, Verdict, Version,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::peer::Cursor;

/// The right to work on something, until it expires. Whoever takes it next gets a higher token, and the store refuses
/// writes that carry a lower one: a process that slept through its lease cannot write over its successor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// On what.
    pub name: String,
    /// Who holds it.
    pub holder: String,
    /// The fencing token.
    pub token: i64,
}

/// Whether a lease could be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeaseAnswer {
    /// Yes.
    Granted(Lease),
    /// No: someone else works on it.
    Held {
        /// Who.
        holder: String,
        /// Until when, unless they renew it.
        until: Timestamp,
    },
}

/// Names one feed of one mapping.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FeedKey {
    /// Whose.
    pub mapping: MappingName,
    /// For which unit.
    pub unit: UnitName,
    /// Of which side.
    pub system: System,
    /// Of which module or DocType.
    pub kind: String,
}

/// Names one unit: a VTiger record within a mapping.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct UnitKey {
    /// The mapping.
    pub mapping: MappingName,
    /// The unit within it.
    pub unit: UnitName,
    /// The VTiger record.
    pub subject: RecordRef,
}

/// An observation on its way to being looked into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staged {
    /// Which unit.
    pub key: UnitKey,
    /// The version that was seen.
    pub version: Version,
}

/// Where a staged unit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StagedState {
    /// To be looked into, now or after a pause.
    Waiting,
    /// Tried often enough; it waits for a person, or for a change of the record.
    Parked,
    /// Done with; kept so that the same version seen again is known as seen.
    Done,
}

/// A unit that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Which.
    pub key: UnitKey,
    /// The version that was seen.
    pub version: Version,
    /// How often it failed in a row.
    pub attempts: u32,
}

/// What a run leaves behind for one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitOutcome {
    /// Which unit.
    pub key: UnitKey,
    /// The version that was looked into.
    pub version: Version,
    /// The result.
    pub verdict: Verdict,
    /// Where it goes from here.
    pub state: StagedState,
    /// Not before this time, where it waits.
    pub not_before: Option<Timestamp>,
    /// Failures in a row, this one included.
    pub attempts: u32,
    /// Why it failed or waits for a person.
    pub failures: Vec<Failure>,
}

/// A link with its shadow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tie {
    /// The link.
    pub link: Link,
    /// What was last agreed.
    pub shadow: Shadow,
}

/// The end of a write: the intent closed and, where it took, link and shadow, all in one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// Which intent; `None` where a document was adopted and nothing was written.
    pub intent: Option<IntentId>,
    /// How it ended.
    pub state: IntentState,
    /// What is agreed from now on.
    pub tie: Option<Tie>,
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// Its number, ascending over all runs.
    pub sequence: i64,
    /// When.
    pub at: Timestamp,
    /// Of which run.
    pub run: RunId,
    /// What happened.
    pub event: Event,
}

/// What the engine remembers. Every call is one transaction: done whole, or not at all, and durable when it returns.
/// Calls that take a [`Lease`] fail with [`StoreError::LeaseLost`] where its token is no longer the highest.
#[async_trait]
pub trait Store: Send + Sync {
    /// Takes the lease where it is free, expired or already this holder's.
    async fn take_lease(
        &self,
        name: &str,
        holder: &str,
        now: Timestamp,
        term: Duration,
    ) -> Result<LeaseAnswer, StoreError>;
    /// Prolongs a lease.
    async fn renew_lease(&self, lease: &Lease, now: Timestamp, term: Duration) -> Result<(), StoreError>;
    /// Gives a lease back; a lost one is no error.
    async fn release_lease(&self, lease: &Lease) -> Result<(), StoreError>;

    /// Writes down a run as it stands now: new, or the same run further on.
    async fn put_run(&self, run: &Run) -> Result<(), StoreError>;
    /// One run.
    async fn run(&self, id: &RunId) -> Result<Option<Run>, StoreError>;
    /// The latest runs, newest first.
    async fn runs(&self, limit: u32) -> Result<Vec<Run>, StoreError>;

    /// How far a feed was read.
    async fn cursor(&self, feed: &FeedKey) -> Result<Option<Cursor>, StoreError>;
    /// Stages what a page showed and moves the cursor past it. A unit that is there with the same version keeps its
    /// state; with another version it is due at once, its attempts forgotten. Answers how many are newly due.
    async fn stage(
        &self,
        lease: &Lease,
        feed: &FeedKey,
        observations: &[Staged],
        next: &Cursor,
    ) -> Result<u64, StoreError>;
    /// Makes every unit of the mapping due again, whatever its state (`sync --full`).
    async fn restage_all(&self, lease: &Lease, mapping: &MappingName) -> Result<u64, StoreError>;
    /// How many units are due.
    async fn count_due(
        &self,
        mapping: &MappingName,
        unit: &UnitName,
        now: Timestamp,
    ) -> Result<u64, StoreError>;
    /// The next units that are due, in the order of their record ids, after the one named.
    async fn due(
        &self,
        mapping: &MappingName,
        unit: &UnitName,
        now: Timestamp,
        after: Option<&RecordRef>,
        limit: u32,
    ) -> Result<Vec<Due>, StoreError>;
    /// What became of units. A unit that was staged with a newer version in the meantime stays due.
    async fn conclude(&self, lease: &Lease, run: &RunId, outcomes: &[UnitOutcome]) -> Result<(), StoreError>;
    /// Units that failed or wait for a person, latest first.
    async fn troubled(
        &self,
        mapping: Option<&MappingName>,
        limit: u32,
    ) -> Result<Vec<UnitOutcome>, StoreError>;

    /// Links and shadows of these records.
    async fn ties_of(&self, mapping: &MappingName, subjects: &[RecordRef]) -> Result<Vec<Tie>, StoreError>;
    /// Links and shadows that lead to these documents.
    async fn ties_to(&self, mapping: &MappingName, documents: &[RecordRef]) -> Result<Vec<Tie>, StoreError>;

    /// Writes down what is about to be written.
    async fn record_intents(&self, lease: &Lease, intents: &[Intent]) -> Result<(), StoreError>;
    /// Closes an intent and moves link and shadow.
    async fn settle(&self, lease: &Lease, settlement: &Settlement) -> Result<(), StoreError>;
    /// Writes whose end is not known, oldest first.
    async fn open_intents(&self, mapping: &MappingName) -> Result<Vec<Intent>, StoreError>;

    /// Adds to the log.
    async fn append_log(&self, run: &RunId, at: Timestamp, events: &[Event]) -> Result<(), StoreError>;
    /// The log after a sequence number, oldest first; of one run or of all.
    async fn log(&self, run: Option<&RunId>, after: i64, limit: u32) -> Result<Vec<LogEntry>, StoreError>;
    /// The end of the log: its latest entries, oldest first; of one run or of all.
    async fn latest_log(&self, run: Option<&RunId>, limit: u32) -> Result<Vec<LogEntry>, StoreError>;
}
