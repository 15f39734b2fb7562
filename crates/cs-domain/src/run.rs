//! One execution, its status and the proof that it accounts for every row.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::name::MappingName;

/// What names a run: `20261122-060312-3f9a`, sortable by start.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub String);

impl RunId {
    /// The id of a run that starts at `started`, told apart from others of the same second by `salt`.
    pub fn new(started: Timestamp, salt: u16) -> Self {
        Self(format!("{}-{salt:04x}", started.strftime("%Y%m%d-%H%M%S")))
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RunStatus {
    /// Wanted, not begun.
    Pending,
    /// Going on.
    #[serde(rename = "In Progress")]
    InProgress,
    /// Everything was done.
    Success,
    /// Some rows failed or wait for a person; all others were done.
    #[serde(rename = "Partial Success")]
    PartialSuccess,
    /// It could not go on.
    Error,
    /// It took longer than it was allowed.
    #[serde(rename = "Timed Out")]
    TimedOut,
    /// A person stopped it.
    Cancelled,
}

impl RunStatus {
    /// Every status, in the order people meet them.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::InProgress,
        Self::Success,
        Self::PartialSuccess,
        Self::Error,
        Self::TimedOut,
        Self::Cancelled,
    ];

    /// The name people and machines read.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::InProgress => "In Progress",
            Self::Success => "Success",
            Self::PartialSuccess => "Partial Success",
            Self::Error => "Error",
            Self::TimedOut => "Timed Out",
            Self::Cancelled => "Cancelled",
        }
    }

    /// The status with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// Whether the run is over.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Pending | Self::InProgress)
    }
}

impl fmt::Display for RunStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What became of one unit in one run; every unit that was read has exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Its documents were created (or adopted) for the first time.
    Created,
    /// Something in it was written.
    Updated,
    /// Both sides already agreed.
    Unchanged,
    /// The mapping's selection leaves it out, or it is gone.
    Skipped,
    /// A person has to decide.
    Conflicted,
    /// It failed, with code, cause and remedy.
    Failed,
}

impl Verdict {
    /// Whether the unit has all that the mapping asks for.
    pub fn leaves_whole(self) -> bool {
        matches!(self, Self::Created | Self::Updated | Self::Unchanged)
    }
}

/// The proof that a run accounts for every row: read = created + updated + unchanged + skipped + conflicted + failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// Units read.
    pub read: u64,
    /// Units written for the first time.
    pub created: u64,
    /// Units changed.
    pub updated: u64,
    /// Units that already agreed.
    pub unchanged: u64,
    /// Units left out.
    pub skipped: u64,
    /// Units that wait for a person's decision.
    pub conflicted: u64,
    /// Units that failed.
    pub failed: u64,
}

impl Balance {
    /// Counts one unit's verdict. Reading is counted by itself, where it happens, or the proof would prove nothing.
    pub fn count(&mut self, verdict: Verdict) {
        let counter = match verdict {
            Verdict::Created => &mut self.created,
            Verdict::Updated => &mut self.updated,
            Verdict::Unchanged => &mut self.unchanged,
            Verdict::Skipped => &mut self.skipped,
            Verdict::Conflicted => &mut self.conflicted,
            Verdict::Failed => &mut self.failed,
        };
        *counter += 1;
    }

    /// Units with a verdict.
    pub fn accounted(&self) -> u64 {
        self.created + self.updated + self.unchanged + self.skipped + self.conflicted + self.failed
    }

    /// Whether every unit read has a verdict.
    pub fn adds_up(&self) -> bool {
        self.read == self.accounted()
    }

    /// The status a run that came to its end has earned (DESIGN.md, "What must always hold", 7 and 10).
    pub fn status(&self) -> RunStatus {
        if !self.adds_up() {
            RunStatus::Error
        } else if self.failed + self.conflicted > 0 {
            RunStatus::PartialSuccess
        } else {
            RunStatus::Success
        }
    }
}

/// Requests sent to one system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestCount {
    /// Requests that change nothing, logins among them.
    pub read: u64,
    /// Requests that create, change or delete.
    pub write: u64,
}

impl RequestCount {
    /// What was sent since there were so many.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        Self { read: self.read - before.read, write: self.write - before.write }
    }
}

/// Requests sent to both systems.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requests {
    /// To VTiger.
    pub vtiger: RequestCount,
    /// To Frappe.
    pub frappe: RequestCount,
}

impl Requests {
    /// What was sent since there were so many.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        Self { vtiger: self.vtiger.since(before.vtiger), frappe: self.frappe.since(before.frappe) }
    }
}

/// Where the text of a mapping comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// It was published, as the version with this number.
    Version(i64),
    /// A file that the configuration names.
    File,
    /// It came with the program.
    Shipped,
}

/// Which text of a mapping a run went by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edition {
    /// Where it came from.
    pub origin: Origin,
    /// The text's digest ([`crate::digest::digest`]): files change without a number.
    pub digest: String,
}

impl Edition {
    /// The edition of this text.
    pub fn of(origin: Origin, text: &str) -> Self {
        Self { origin, digest: crate::digest::digest(text) }
    }
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.origin {
            Origin::Version(number) => write!(f, "version {number}"),
            Origin::File => write!(f, "file ({})", self.digest),
            Origin::Shipped => write!(f, "shipped ({})", self.digest),
        }
    }
}

/// One execution of a mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Its name.
    pub id: RunId,
    /// What it executes.
    pub mapping: MappingName,
    /// Which text of the mapping; `None` for reconciliations, and for runs of before this was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edition: Option<Edition>,
    /// Where it stands.
    pub status: RunStatus,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// What it accounts for.
    pub balance: Balance,
    /// What it asked of the two systems.
    pub requests: Requests,
    /// Why it could not go on, where it could not.
    pub failure: Option<Failure>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_balance_that_does_not_add_up_is_never_a_success() {
        let mut balance = Balance { read: 2, ..Balance::default() };
        balance.count(Verdict::Created);
        assert_eq!(balance.status(), RunStatus::Error);
        balance.count(Verdict::Unchanged);
        assert_eq!(balance.status(), RunStatus::Success);
        balance.read += 1;
        balance.count(Verdict::Failed);
        assert_eq!(balance.status(), RunStatus::PartialSuccess);
    }

    #[test]
    fn statuses_survive_their_names() {
        for status in RunStatus::ALL {
            assert_eq!(RunStatus::parse(status.as_str()), Some(status));
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
    }

    #[test]
    fn run_ids_sort_by_start() {
        let early = RunId::new("2026-03-01T09:59:59Z".parse().unwrap(), 0xffff);
        let late = RunId::new("2026-03-01T10:00:00Z".parse().unwrap(), 0);
        assert!(early < late);
        assert_eq!(late.to_string(), "20260301-100000-0000");
    }
}
