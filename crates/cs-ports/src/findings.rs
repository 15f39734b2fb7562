//! What is remembered of reconciliations: the reports that were loaded, and the findings that people review.

use std::collections::BTreeMap;

use async_trait::async_trait;
use cs_domain::RunId;
use cs_domain::digest::digest;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::store::Lease;

/// Whose book a report is: a company's, of one broker.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Book {
    /// The company's key.
    pub company: String,
    /// The broker's code.
    pub broker: String,
}

/// What names a finding for ever: sixteen hexadecimal digits that follow from what makes it the same from file to file
/// (`spec/RECONCILIATION.md`, "Findings").
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FindingId(pub String);

impl std::fmt::Display for FindingId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl FindingId {
    /// The id of a finding of this book. `occurrence` tells apart findings that share the rest.
    pub fn of(book: &Book, kind: &str, member_id: &str, occurrence: &str) -> Self {
        let parts = [book.company.as_str(), book.broker.as_str(), kind, member_id, occurrence];
        Self(digest(&parts.join("\u{1f}")))
    }
}

/// A finding as a report shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundFinding {
    /// Its id.
    pub id: FindingId,
    /// What it says: `unpaid`.
    pub kind: String,
    /// The member; empty where a row has none that can be read.
    pub member_id: String,
    /// The key of its message in the catalogues.
    pub message: String,
    /// The message's parameters, the same for every language.
    pub parameters: BTreeMap<String, String>,
    /// The order's number, where there is an order.
    pub salesorder_no: Option<String>,
    /// The row's company, where the report names one per row.
    pub issuer: Option<String>,
    /// The row's sheet and line, where there is a row.
    pub place: Option<(String, u32)>,
    /// The row as it was: header and cell, in the order of the file.
    pub source: Vec<(String, String)>,
    /// The monthly premium, as a decimal, where the report has it.
    pub premium: Option<String>,
}

/// Whether a finding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingState {
    /// The last report showed it.
    Open,
    /// A later report no longer showed it.
    Closed,
}

/// A finding as it is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingFinding {
    /// As it was last shown.
    #[serde(flatten)]
    pub found: FoundFinding,
    /// Whose book it is about.
    #[serde(flatten)]
    pub book: Book,
    /// Whether it stands.
    pub state: FindingState,
    /// The day of the first report that showed it.
    pub first_seen: Date,
    /// The run that loaded that report.
    pub first_run: RunId,
    /// The day of the last report that showed it.
    pub last_seen: Date,
    /// The last run that learned something new of it.
    pub last_run: RunId,
    /// What a reviewer said, one of a configured list; empty: nothing yet.
    pub review: String,
    /// What a reviewer wrote.
    pub description: String,
}

/// Something that happened to a finding after it was first seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingEvent {
    /// When.
    pub at: Timestamp,
    /// In which run, where it was one.
    pub run: Option<RunId>,
    /// What.
    pub what: FindingChange,
}

/// What happened to a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum FindingChange {
    /// A report no longer showed it.
    Closed,
    /// A report showed it again.
    Reopened,
    /// Somebody reviewed it.
    Reviewed {
        /// What was said.
        review: String,
        /// What was written.
        description: String,
        /// Who; older events do not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    },
}

/// A report that was loaded, as far as later ones are compared with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadedReport {
    /// Whose book.
    pub book: Book,
    /// The run that loaded it.
    pub run: RunId,
    /// The day it was compared for.
    pub as_of: Date,
    /// The file's name.
    pub file: String,
    /// A digest of its bytes: the same file again is no news.
    pub digest: String,
    /// What it looks like, as the drift sentinel spells it (JSON).
    pub profile: String,
    /// What came of it: rows, orders and findings by outcome (JSON).
    pub totals: String,
    /// Who let it pass although it looked unlike the ones before, and why it was held; empty: it was not held.
    pub approved: String,
}

/// What a run leaves behind of one report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingsOfRun {
    /// The report.
    pub report: LoadedReport,
    /// When.
    pub at: Timestamp,
    /// What it shows.
    pub found: Vec<FoundFinding>,
    /// Findings that it does not show and that still hold where they are open.
    pub persisting: Vec<FindingId>,
}

/// What came of taking findings in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingsTaken {
    /// Shown for the first time.
    pub opened: u64,
    /// Shown again after they were closed.
    pub reopened: u64,
    /// Open before, and still shown or still holding.
    pub kept: u64,
    /// No longer shown.
    pub closed: u64,
}

/// Which findings are asked for; what is not named does not narrow it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindingFilter {
    /// Of this company.
    pub company: Option<String>,
    /// Of this broker.
    pub broker: Option<String>,
    /// Of this kind.
    pub kind: Option<String>,
    /// Of this member.
    pub member_id: Option<String>,
    /// In this state.
    pub state: Option<FindingState>,
    /// With this review; `Some("")`: not reviewed.
    pub review: Option<String>,
    /// With one of these ids.
    pub ids: Option<Vec<FindingId>>,
    /// With an id that begins so.
    pub begins: Option<String>,
}

/// What a reviewer says; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Review {
    /// One of the configured list; empty takes it back.
    pub review: Option<String>,
    /// In free words.
    pub description: Option<String>,
    /// Who says it.
    pub by: Option<String>,
}

/// Remembers reports and findings. Every call is one transaction, as with [`crate::Store`], and lives in the same place.
#[async_trait]
pub trait FindingStore: Send + Sync {
    /// The last reports of a book, the latest last.
    async fn reports(&self, book: &Book, limit: u32) -> Result<Vec<LoadedReport>, StoreError>;
    /// Takes in what a report shows: new findings are opened, known ones follow what is shown and keep review and
    /// description, closed ones are opened again, and open ones of the book that are neither shown nor persisting are
    /// closed. The report joins the book's history, unless it is the last one once more. A report that shows what the last
    /// one showed changes nothing.
    async fn take_in(&self, lease: &Lease, findings: &FindingsOfRun) -> Result<FindingsTaken, StoreError>;
    /// Corrects some findings of a report that was taken in, because its orders moved: these are shown, those are not.
    async fn correct(
        &self,
        lease: &Lease,
        report: &LoadedReport,
        at: Timestamp,
        shown: &[FoundFinding],
        gone: &[FindingId],
    ) -> Result<(), StoreError>;
    /// The ids of a book's open findings.
    async fn open_findings(&self, book: &Book) -> Result<Vec<FindingId>, StoreError>;
    /// Findings by company, broker, kind, member, after the one named; a page of them.
    async fn findings(
        &self,
        filter: &FindingFilter,
        after: Option<&StandingFinding>,
        limit: u32,
    ) -> Result<Vec<StandingFinding>, StoreError>;
    /// How many there are.
    async fn count_findings(&self, filter: &FindingFilter) -> Result<u64, StoreError>;
    /// Notes what a reviewer says. Answers how many of the findings there were. Needs no lease: people do not wait for runs.
    async fn review(&self, ids: &[FindingId], review: &Review, at: Timestamp) -> Result<u64, StoreError>;
    /// What happened to a finding after it was first seen, oldest first.
    async fn finding_history(&self, id: &FindingId) -> Result<Vec<FindingEvent>, StoreError>;
}
