//! What people look up: pages of runs, log, troubles and findings, counts for charts, and everything about one record.

use std::ops::Range;

use async_trait::async_trait;
use cs_domain::{
    Balance, ConflictId, MappingName, RecordRef, Role, Run, RunId, RunStatus, StandingConflict, UnitName,
};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::findings::{FindingFilter, StandingFinding};
use crate::store::{ConflictFilter, JournalEntry, LogEntry, Tie, UnitOutcome};

/// Which runs are asked for; what is not named does not narrow it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// Of this mapping, or of `company/<key>`.
    pub mapping: Option<MappingName>,
    /// In one of these states.
    pub statuses: Option<Vec<RunStatus>>,
    /// Begun at this moment or later.
    pub from: Option<Timestamp>,
    /// Begun before this moment.
    pub to: Option<Timestamp>,
}

/// Which lines of the log are asked for; what is not named does not narrow it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// Of this run.
    pub run: Option<RunId>,
    /// Of these kinds: the `event` of [`cs_domain::Event`], `unit_done` for instance.
    pub kinds: Option<Vec<String>>,
    /// That hold this text.
    pub text: Option<String>,
}

/// Which troubled units are asked for; what is not named does not narrow it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TroubleFilter {
    /// Of this mapping.
    pub mapping: Option<MappingName>,
    /// Whose first failure has this code.
    pub code: Option<String>,
    /// Whose record's id, or whose failures, hold this text.
    pub text: Option<String>,
}

/// Troubled units with their runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TroubledUnit {
    /// The unit and how it ended.
    pub outcome: UnitOutcome,
    /// The run that went through it last.
    pub run: RunId,
}

/// A cause, and how many units have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// What is counted: a code, a kind, a review, a company, a day.
    pub what: String,
    /// How many.
    pub count: u64,
}

/// What findings are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingGroup {
    /// By what they say.
    Kind,
    /// By what a reviewer said; empty: nothing yet.
    Review,
    /// By company.
    Company,
    /// By the day they were first seen.
    Day,
}

/// The order of a list of findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FindingSort {
    /// By company, broker, kind, member.
    #[default]
    Book,
    /// By kind.
    Kind,
    /// By member.
    Member,
    /// By the CRM's order number.
    Order,
    /// By review.
    Review,
    /// By the day they were first seen.
    FirstSeen,
    /// By the day they were last seen.
    LastSeen,
}

/// A question about findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindingQuery {
    /// Which.
    pub filter: FindingFilter,
    /// Those that hold this text: in member, order, parameters or description.
    pub text: Option<String>,
    /// First seen on this day or later.
    pub from: Option<Date>,
    /// First seen on this day or earlier.
    pub to: Option<Date>,
    /// That this run opened or learned something new of.
    pub run: Option<RunId>,
    /// In which order.
    pub sort: FindingSort,
    /// The other way round.
    pub descending: bool,
}

/// How many units of a mapping are where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitCounts {
    /// In step with the other side.
    pub in_step: u64,
    /// To be looked into by the next run.
    pub waiting: u64,
    /// Failed, and tried again by themselves.
    pub retrying: u64,
    /// Failed so often that they wait for a person.
    pub parked: u64,
    /// With a conflict that waits for a decision.
    pub conflicted: u64,
    /// Left out by the mapping's selection, or gone.
    pub skipped: u64,
}

/// How many links a document of a mapping has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LinkCount {
    /// The unit of its record.
    pub unit: UnitName,
    /// Its role.
    pub role: Role,
    /// Links that hold.
    pub links: u64,
}

/// Answers what people look up. Nothing here changes anything.
#[async_trait]
pub trait Insight: Send + Sync {
    /// Runs before the one named, newest first.
    async fn runs_before(
        &self,
        filter: &RunFilter,
        before: Option<&RunId>,
        limit: u32,
    ) -> Result<Vec<Run>, StoreError>;
    /// Lines of the log before a sequence number, newest first.
    async fn log_before(
        &self,
        filter: &LogFilter,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<LogEntry>, StoreError>;
    /// Lines of the log after a sequence number, oldest first.
    async fn log_after(
        &self,
        filter: &LogFilter,
        after: i64,
        limit: u32,
    ) -> Result<Vec<LogEntry>, StoreError>;
    /// Units that failed, by the ids of their records; a page of them.
    async fn troubles(
        &self,
        filter: &TroubleFilter,
        offset: u64,
        limit: u32,
    ) -> Result<Vec<TroubledUnit>, StoreError>;
    /// How many units failed, by the code of their first failure; most first.
    async fn count_troubles(&self, filter: &TroubleFilter) -> Result<Vec<Counted>, StoreError>;
    /// How many units of a mapping are where.
    async fn count_units(&self, mapping: &MappingName) -> Result<UnitCounts, StoreError>;
    /// How many links a mapping has, by unit and role, in their order; it walks along all of them.
    async fn count_links(&self, mapping: &MappingName) -> Result<Vec<LinkCount>, StoreError>;
    /// How many conflicts wait for a decision, of one mapping or of all.
    async fn count_open_conflicts(&self, mapping: Option<&MappingName>) -> Result<u64, StoreError>;
    /// Conflicts, met last first; a page of them. Subjects do not narrow them.
    async fn conflicts_from(
        &self,
        filter: &ConflictFilter,
        offset: u64,
        limit: u32,
    ) -> Result<Vec<StandingConflict>, StoreError>;
    /// Conflicts by their ids, after the one named; a page of them. Subjects do not narrow them.
    async fn conflicts_after(
        &self,
        filter: &ConflictFilter,
        after: Option<&ConflictId>,
        limit: u32,
    ) -> Result<Vec<StandingConflict>, StoreError>;
    /// How many there are. Subjects do not narrow them.
    async fn count_conflicts(&self, filter: &ConflictFilter) -> Result<u64, StoreError>;
    /// The conflicts of these ids, by id; ids that name none are left out.
    async fn conflicts_named(&self, ids: &[ConflictId]) -> Result<Vec<StandingConflict>, StoreError>;
    /// What all runs that began in each of these spans of time account for together.
    async fn balances(&self, spans: &[Range<Timestamp>]) -> Result<Vec<Balance>, StoreError>;
    /// Findings that answer a question, a page of them.
    async fn query_findings(
        &self,
        query: &FindingQuery,
        offset: u64,
        limit: u32,
    ) -> Result<Vec<StandingFinding>, StoreError>;
    /// How many findings answer it.
    async fn count_query(&self, query: &FindingQuery) -> Result<u64, StoreError>;
    /// How many findings answer it, by group; most first, days ascending.
    async fn count_findings_by(
        &self,
        query: &FindingQuery,
        group: FindingGroup,
    ) -> Result<Vec<Counted>, StoreError>;
    /// Writes about a record's unit, latest first: those whose subject it is and those that wrote it.
    async fn journal_about(&self, record: &RecordRef, limit: u32) -> Result<Vec<JournalEntry>, StoreError>;
    /// How a unit ended that a run went through: of one mapping or of all.
    async fn outcomes_of(&self, record: &RecordRef) -> Result<Vec<TroubledUnit>, StoreError>;
    /// Ties whose record or document has this id, begins with it, or whose shadow holds the text; exact ids first.
    async fn search_ties(&self, text: &str, limit: u32) -> Result<Vec<Tie>, StoreError>;
}
