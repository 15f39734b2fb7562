//! What several resources tell: statuses, balances, failures, records, lines of the log.

use cs_domain::{Advice, Balance, Failure, RecordRef, RunStatus, System, guarded};
use cs_ports::LogEntry;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::pages::runs::told::{self, line};
use crate::pages::shown;
use crate::words::Words;

/// Where a run or a task stands.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub(super) enum Status {
    Pending,
    #[serde(rename = "In Progress")]
    InProgress,
    Success,
    #[serde(rename = "Partial Success")]
    PartialSuccess,
    Error,
    #[serde(rename = "Timed Out")]
    TimedOut,
    Cancelled,
}

impl From<RunStatus> for Status {
    fn from(status: RunStatus) -> Self {
        match status {
            RunStatus::Pending => Self::Pending,
            RunStatus::InProgress => Self::InProgress,
            RunStatus::Success => Self::Success,
            RunStatus::PartialSuccess => Self::PartialSuccess,
            RunStatus::Error => Self::Error,
            RunStatus::TimedOut => Self::TimedOut,
            RunStatus::Cancelled => Self::Cancelled,
        }
    }
}

impl From<Status> for RunStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Pending => Self::Pending,
            Status::InProgress => Self::InProgress,
            Status::Success => Self::Success,
            Status::PartialSuccess => Self::PartialSuccess,
            Status::Error => Self::Error,
            Status::TimedOut => Self::TimedOut,
            Status::Cancelled => Self::Cancelled,
        }
    }
}

/// The proof that every unit is accounted for: `read` is the sum of the others.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Accounts {
    read: u64,
    created: u64,
    updated: u64,
    unchanged: u64,
    skipped: u64,
    conflicted: u64,
    failed: u64,
}

impl From<Balance> for Accounts {
    fn from(balance: Balance) -> Self {
        let Balance { read, created, updated, unchanged, skipped, conflicted, failed } = balance;
        Self { read, created, updated, unchanged, skipped, conflicted, failed }
    }
}

/// When trying again helps.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Helps {
    RetryLater,
    NeedsPerson,
    NeedsSetup,
}

/// What went wrong, and what to do.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Trouble {
    /// Stable code.
    code: String,
    cause: String,
    remedy: String,
    /// Where in the unit: a role and a field.
    place: Option<String>,
    advice: Helps,
}

impl Trouble {
    pub(super) fn of(words: &Words, failure: &Failure) -> Self {
        Self {
            code: failure.code.clone(),
            cause: shown::cause(words, failure),
            remedy: shown::remedy(words, failure),
            place: failure.place.clone(),
            advice: match failure.advice {
                Advice::RetryLater => Helps::RetryLater,
                Advice::NeedsPerson => Helps::NeedsPerson,
                Advice::NeedsSetup => Helps::NeedsSetup,
            },
        }
    }

    pub(super) fn all(words: &Words, failures: &[Failure]) -> Vec<Self> {
        failures.iter().map(|failure| Self::of(words, failure)).collect()
    }
}

/// One of the two systems.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Side {
    Vtiger,
    Frappe,
}

impl From<System> for Side {
    fn from(system: System) -> Self {
        match system {
            System::Vtiger => Self::Vtiger,
            System::Frappe => Self::Frappe,
        }
    }
}

impl From<Side> for System {
    fn from(side: Side) -> Self {
        match side {
            Side::Vtiger => Self::Vtiger,
            Side::Frappe => Self::Frappe,
        }
    }
}

/// A record of VTiger or a document of Frappe.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct Record {
    system: Side,
    /// Its module or DocType.
    kind: String,
    /// Its id or name there; numbers of accounts show their last four digits.
    id: String,
}

impl Record {
    pub(super) fn of(record: &RecordRef) -> Self {
        Self::named((guarded::shown(record).id.to_string(), record))
    }

    /// Under a name that may be shown.
    pub(super) fn named((name, record): (String, &RecordRef)) -> Self {
        Self { system: record.system.into(), kind: record.kind.to_string(), id: name }
    }

    pub(super) fn reference(self) -> RecordRef {
        RecordRef { system: self.system.into(), kind: self.kind.into(), id: self.id.into() }
    }
}

/// A line of the log.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LogLine {
    /// Its number, ascending over all runs.
    sequence: i64,
    #[schema(format = DateTime)]
    at: String,
    run: String,
    /// What kind of event, as a stable name: `unit_done`.
    kind: String,
    /// What happened, in the caller's language.
    text: String,
    /// The record it is about.
    record: Option<Record>,
}

impl LogLine {
    pub(super) fn of(words: &Words, entry: &LogEntry) -> Self {
        let told = line(words, entry);
        Self {
            sequence: entry.sequence,
            at: entry.at.to_string(),
            run: entry.run.to_string(),
            kind: told::kind(&entry.event).to_owned(),
            text: told.text,
            record: told.record.as_ref().map(Record::of),
        }
    }
}
