//! What the engine remembers, and the order in which it must be remembered.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use cs_domain::{
    ConflictId, DecidedPair, Event, Failure, Intent, IntentId, IntentState, Link, LinkStanding, MappingName,
    MetConflict, RecordId, RecordRef, Resolution, Role, Run, RunId, Shadow, StandingConflict, System,
    UnitName, Verdict, Version,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::peer::Cursor;
use crate::schemas::SchemaStore;

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
    /// The state that was seen; `None` where only the other side moved, which makes the unit due in whatever state the
    /// VTiger record is.
    pub version: Option<Version>,
}

/// A unit that is known: it was staged once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Which unit.
    pub key: UnitKey,
    /// The state of the VTiger record that was last seen.
    pub version: Option<Version>,
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
    /// How often it was staged anew; what is concluded about an earlier revision leaves the unit due.
    pub revision: u64,
    /// How often it failed in a row.
    pub attempts: u32,
}

/// What a run leaves behind for one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitOutcome {
    /// Which unit.
    pub key: UnitKey,
    /// The revision that was looked into ([`Due::revision`]).
    pub revision: u64,
    /// The state the VTiger record was in at the end, as the feed would tell it; where the feed tells the same again, the
    /// unit is not due. `None`: not known, or the record is not there.
    pub version: Option<Version>,
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
    /// The conflicts that were met. Those of the unit that are kept and not among them went away
    /// ([`cs_domain::ConflictState::after_run`]).
    pub conflicts: Vec<MetConflict>,
}

/// A link with its shadow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tie {
    /// The link.
    pub link: Link,
    /// What was last agreed.
    pub shadow: Shadow,
}

impl Tie {
    /// The tie once it is given up: kept, and no longer followed.
    #[must_use]
    pub fn given_up(mut self) -> Self {
        self.link.standing = LinkStanding::GivenUp;
        self
    }
}

/// The end of a write: the intent closed and, where it took, link and shadow, all in one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// Which intent; `None` where a document was adopted and nothing was written.
    pub intent: Option<IntentId>,
    /// How it ended.
    pub state: IntentState,
    /// What is agreed from now on. A write to VTiger concerns every document of its unit.
    pub ties: Vec<TieChange>,
}

/// What becomes of a tie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TieChange {
    /// This record and role have this document, with this agreement, from now on.
    Set(Tie),
    /// The tie of this record and role is no more: another record has taken it over.
    Forget {
        /// The record.
        subject: RecordRef,
        /// The role.
        role: Role,
    },
}

/// A write in the journal with how far it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    /// The write.
    pub intent: Intent,
    /// How far it has come.
    pub state: IntentState,
}

/// Which conflicts are asked for; what is not named does not narrow it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConflictFilter {
    /// Of this mapping.
    pub mapping: Option<MappingName>,
    /// Of these records.
    pub subjects: Option<Vec<RecordRef>>,
    /// In one of these states ([`cs_domain::ConflictState::name`]).
    pub states: Option<Vec<&'static str>>,
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
pub trait Store: SchemaStore + Send + Sync {
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
    /// state; with another version, or none, it is due at once, its attempts forgotten and its revision one higher.
    /// Answers how many are newly due.
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
    /// Units that were staged once, due or not, ascending by the ids of their records (numbers in ids compare as numbers):
    /// those after `after`, up to and including `through`, of VTiger records only.
    async fn known(
        &self,
        mapping: &MappingName,
        unit: &UnitName,
        after: Option<&RecordId>,
        through: Option<&RecordId>,
        limit: u32,
    ) -> Result<Vec<Known>, StoreError>;
    /// What became of units, and of their conflicts. A unit that was staged again in the meantime stays due.
    async fn conclude(&self, lease: &Lease, run: &RunId, outcomes: &[UnitOutcome]) -> Result<(), StoreError>;
    /// Units that failed or wait for a person, latest first.
    async fn troubled(
        &self,
        mapping: Option<&MappingName>,
        limit: u32,
    ) -> Result<Vec<UnitOutcome>, StoreError>;

    /// Links and shadows of these records, those that were given up among them.
    async fn ties_of(&self, mapping: &MappingName, subjects: &[RecordRef]) -> Result<Vec<Tie>, StoreError>;
    /// Links and shadows that lead to these documents, those that were given up among them.
    async fn ties_to(&self, mapping: &MappingName, documents: &[RecordRef]) -> Result<Vec<Tie>, StoreError>;

    /// Of a unit that no run has left or found whole: the roles whose documents runs created in Frappe. Nothing of a unit that
    /// was whole once, or that is not known.
    async fn begun_for(&self, unit: &UnitKey) -> Result<BTreeSet<Role>, StoreError>;

    /// Live links to these documents, two a document at most: enough to know whether a document is another record's too, even
    /// if a hundred thousand share it.
    async fn linked_by(
        &self,
        mapping: &MappingName,
        documents: &[RecordRef],
    ) -> Result<Vec<Link>, StoreError>;
    /// How many records of a mapping have a live link.
    async fn count_linked(&self, mapping: &MappingName) -> Result<u64, StoreError>;

    /// What people decided about which documents these records are, before anything was linked.
    async fn decided_pairs(
        &self,
        mapping: &MappingName,
        subjects: &[RecordRef],
    ) -> Result<Vec<DecidedPair>, StoreError>;

    /// Writes down what is about to be written.
    async fn record_intents(&self, lease: &Lease, intents: &[Intent]) -> Result<(), StoreError>;
    /// Closes intents and moves links and shadows, all of them in one transaction.
    async fn settle(
        &self,
        lease: &Lease,
        mapping: &MappingName,
        settlements: &[Settlement],
    ) -> Result<(), StoreError>;
    /// Writes whose end is not known, oldest first.
    async fn open_intents(&self, mapping: &MappingName) -> Result<Vec<Intent>, StoreError>;
    /// The writes of a run, oldest first.
    async fn journal(&self, run: &RunId) -> Result<Vec<JournalEntry>, StoreError>;

    /// Conflicts, those met last first.
    async fn conflicts(
        &self,
        filter: &ConflictFilter,
        limit: u32,
    ) -> Result<Vec<StandingConflict>, StoreError>;
    /// Notes a person's decision on open or decided conflicts and makes their units due. Answers how many there were; ids
    /// that name none, or one that is over, are left out. Needs no lease: people do not wait for runs.
    async fn resolve(&self, ids: &[ConflictId], resolution: &Resolution) -> Result<u64, StoreError>;
    /// Makes units due because something was said about them from outside (a webhook): a hint, no truth, and no error where
    /// nobody knows them. Needs no lease.
    async fn hint(&self, keys: &[UnitKey]) -> Result<u64, StoreError>;

    /// Adds to the log.
    async fn append_log(&self, run: &RunId, at: Timestamp, events: &[Event]) -> Result<(), StoreError>;
    /// The log after a sequence number, oldest first; of one run or of all.
    async fn log(&self, run: Option<&RunId>, after: i64, limit: u32) -> Result<Vec<LogEntry>, StoreError>;
    /// The end of the log: its latest entries, oldest first; of one run or of all.
    async fn latest_log(&self, run: Option<&RunId>, limit: u32) -> Result<Vec<LogEntry>, StoreError>;
}
