//! The kinds of error that all connectors and stores share, what each means for a retry, and what to tell people.

use std::borrow::Cow;
use std::error::Error;
use std::time::Duration;

use cs_domain::{Advice, Failure, System};

/// A source error, kept whole.
pub type Source = Box<dyn Error + Send + Sync + 'static>;

/// What kind of trouble it is, seen from the engine: enough to decide what to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// No connection, or it broke.
    Unreachable,
    /// No answer in time.
    TimedOut,
    /// Key, secret or user is wrong.
    Credentials,
    /// The user may not do this.
    Permission,
    /// The record, module, DocType or field is not there (or hidden: VTiger says the same of both).
    Missing,
    /// Too many requests; come back later.
    RateLimited,
    /// The system says that it cannot now: maintenance, a deadlock, its database is down.
    Unavailable,
    /// Somebody else holds the record at this moment: a lock, a deadlock.
    Busy,
    /// The system looked at the request and refuses it: the data is not to its liking.
    Refused,
    /// A create met a record that holds the same unique value: look for that one.
    Exists,
    /// An answer that makes no sense: HTML where JSON was due, a cut-off body.
    Garbled,
    /// This server cannot do this at all.
    Unsupported,
}

impl ErrorKind {
    /// Whether and when trying again helps: the one place that decides it.
    pub fn advice(self) -> Advice {
        match self {
            Self::Unreachable
            | Self::TimedOut
            | Self::RateLimited
            | Self::Unavailable
            | Self::Busy
            | Self::Garbled => Advice::RetryLater,
            Self::Missing | Self::Refused | Self::Exists => Advice::NeedsPerson,
            Self::Credentials | Self::Permission | Self::Unsupported => Advice::NeedsSetup,
        }
    }

    /// Whether the whole run has to stop, because the next record would meet the same.
    pub fn stops_run(self) -> bool {
        matches!(self, Self::Unreachable | Self::TimedOut | Self::Credentials | Self::Unavailable)
    }

    /// The last part of the stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed_out",
            Self::Credentials => "credentials",
            Self::Permission => "permission",
            Self::Missing => "missing",
            Self::Busy => "busy",
            Self::RateLimited => "rate_limited",
            Self::Unavailable => "unavailable",
            Self::Refused => "refused",
            Self::Exists => "exists",
            Self::Garbled => "garbled",
            Self::Unsupported => "unsupported",
        }
    }

    /// What a person can do, where the connector knows nothing better.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Unreachable => {
                "Check that the server runs and that the address in the configuration is right."
            }
            Self::TimedOut => "Check the server's load; the product tries again by itself.",
            Self::Credentials => {
                "Correct the user, key or secret in the configuration, then run `company-sync check`."
            }
            Self::Permission => "Give the user the right in the system named, then run `company-sync check`.",
            Self::Missing => {
                "See whether the record was deleted or hidden, or the mapping names something that is not there."
            }
            Self::RateLimited | Self::Unavailable | Self::Busy => "Wait: the product tries again by itself.",
            Self::Refused => {
                "Correct the value that the message names at its source; the next run tries again."
            }
            Self::Exists => {
                "Look at the record that holds the value already: link it, or correct the value on one of the two."
            }
            Self::Garbled => {
                "Look into the server's error log; the product reads back before it writes again."
            }
            Self::Unsupported => "Use a server version that can do this, or take it out of the mapping.",
        }
    }
}

/// A request to a system that did not give what was asked.
#[derive(Debug, thiserror::Error)]
#[error("{system} {operation}: {message}")]
pub struct PeerError {
    /// Which system.
    pub system: System,
    /// What was asked of it, in its own words and without values: `create Contacts`, `GET Contact`.
    pub operation: String,
    /// What kind of trouble.
    pub kind: ErrorKind,
    /// Stable code, beginning with the system's name: `frappe.mandatory`.
    pub code: Cow<'static, str>,
    /// The system's words, without secrets and card data.
    pub message: String,
    /// What to do, where the connector knows better than the kind.
    pub remedy: Option<Cow<'static, str>>,
    /// How long the system asks to wait.
    pub retry_after: Option<Duration>,
    /// Where it came from.
    #[source]
    pub source: Option<Source>,
}

impl PeerError {
    /// What is stored with the unit and shown to people.
    pub fn failure(&self) -> Failure {
        Failure {
            code: self.code.to_string(),
            cause: self.to_string(),
            remedy: self.remedy.as_deref().unwrap_or(self.kind.remedy()).to_owned(),
            advice: self.kind.advice(),
            place: None,
        }
    }
}

/// The store did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or broke.
    #[error("the store could not {operation}")]
    Database {
        /// What was being done.
        operation: &'static str,
        /// Why not.
        #[source]
        source: Source,
    },
    /// No room left on the device.
    #[error("the disk that holds the store is full")]
    DiskFull {
        /// What the database said.
        #[source]
        source: Source,
    },
    /// Something in the store does not read as what it should be.
    #[error("the store holds a {what} that cannot be read")]
    Corrupt {
        /// What kind of thing.
        what: &'static str,
        /// Why not.
        #[source]
        source: Source,
    },
    /// The store was written by a newer version of the program.
    #[error(
        "the store was written by a newer version of company-sync (its schema is {found}, this program knows {known})"
    )]
    TooNew {
        /// Schema version found.
        found: i64,
        /// Schema version known.
        known: i64,
    },
    /// What was asked does not follow from the journal: an intent that was never recorded or is closed already, an id
    /// that is taken. A defect in the caller; nothing was changed.
    #[error("the journal refused to {operation}")]
    Journal {
        /// What was being done.
        operation: &'static str,
        /// Why not.
        #[source]
        source: Source,
    },
    /// Someone else holds the lease now; whatever this holder still wants to write is refused.
    #[error("the lease on {name} was lost to another process")]
    LeaseLost {
        /// Of what.
        name: String,
    },
}

impl StoreError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Database { .. } => "store.database",
            Self::DiskFull { .. } => "store.disk_full",
            Self::Corrupt { .. } => "store.corrupt",
            Self::TooNew { .. } => "store.too_new",
            Self::Journal { .. } => "store.journal",
            Self::LeaseLost { .. } => "store.lease_lost",
        }
    }

    /// What a person can do.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Database { .. } => "Check the file's permissions and that no other program writes to it.",
            Self::DiskFull { .. } => {
                "Free space on the disk, then run again: nothing that was recorded is lost."
            }
            Self::Corrupt { .. } => {
                "Go back to a backup (`company-sync restore FILE`); the systems themselves are not affected."
            }
            Self::TooNew { .. } => "Use the program version that wrote the store, or a newer one.",
            Self::Journal { .. } => {
                "This is a defect in the program; report it with the log of the run. Nothing was changed."
            }
            Self::LeaseLost { .. } => "Nothing to do: the other process goes on with the work.",
        }
    }
}
