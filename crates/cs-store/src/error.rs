//! From what a database says to what [`StoreError`] means; and the causes that only this crate can name.

use std::path::PathBuf;

use cs_domain::{IntentId, IntentState, MappingName};
use cs_ports::StoreError;
use cs_ports::error::Source;

/// Why a store's file cannot be opened. Arrives as the source of a [`StoreError`].
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder that should hold the file is not there, or is no folder.
    #[error("there is no folder {}", folder.display())]
    NoFolder {
        /// Which.
        folder: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The file cannot be made, or its permissions cannot be set.
    #[error("{} cannot be created or made private", path.display())]
    NotWritable {
        /// Which.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// There is something of that name that is no file.
    #[error("{} is not a file", path.display())]
    NotAFile {
        /// Which.
        path: PathBuf,
    },
    /// It is a database, and another program's.
    #[error("{} is another program's database", path.display())]
    ForeignDatabase {
        /// Which.
        path: PathBuf,
    },
    /// It holds no store.
    #[error("{} holds nothing that was remembered", path.display())]
    NoStore {
        /// Which.
        path: PathBuf,
    },
    /// It was damaged after it was written.
    #[error("it is damaged: {said}")]
    Damaged {
        /// Where, in SQLite's words: pages and tables, nothing of what is in them.
        said: String,
    },
    /// There is a file already where a backup is to go.
    #[error("{} is there already", path.display())]
    Exists {
        /// Which.
        path: PathBuf,
    },
}

/// What the journal refuses. Arrives as the source of a [`StoreError::Journal`]; it means a defect in the caller.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum JournalError {
    /// An id names one intent for ever.
    #[error("the journal holds an intent {0} already")]
    Repeated(IntentId),
    /// A settlement names an intent that was never recorded for its mapping.
    #[error("the journal holds no intent {0} of this mapping")]
    Unknown(IntentId),
    /// Only an open intent can be closed, and it can only be closed.
    #[error("intent {id} is {from:?} and cannot become {to:?}")]
    Transition {
        /// Which.
        id: IntentId,
        /// How it stands.
        from: IntentState,
        /// What was asked.
        to: IntentState,
    },
    /// A settlement of one mapping carries a tie of another.
    #[error("a settlement of mapping {asked} carries a tie of mapping {found}")]
    OtherMapping {
        /// The mapping that is settled.
        asked: MappingName,
        /// The mapping of the tie.
        found: MappingName,
    },
}

/// Primary result codes of SQLite, <https://www.sqlite.org/rescode.html>.
mod code {
    pub(super) const BUSY: i32 = 5;
    pub(super) const CORRUPT: i32 = 11;
    pub(super) const FULL: i32 = 13;
    pub(super) const NOT_A_DATABASE: i32 = 26;
    /// `SQLITE_IOERR_SHMSIZE`, extended: the index of the write-ahead log cannot grow.
    pub(super) const SHARED_MEMORY_SIZE: i32 = 4874;
}

/// An error for `map_err` at a place that knows what was being done.
pub(crate) fn database(operation: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |error| match &error {
        sqlx::Error::Database(said) => match said.code().and_then(|text| text.parse::<i32>().ok()) {
            Some(code::SHARED_MEMORY_SIZE) => StoreError::DiskFull { source: error.into() },
            Some(extended) => match extended & 0xff {
                code::FULL => StoreError::DiskFull { source: error.into() },
                code::CORRUPT | code::NOT_A_DATABASE => corrupt("database file", error),
                _ => failed(operation, error),
            },
            None => failed(operation, error),
        },
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => corrupt("row", error),
        _ => failed(operation, error),
    }
}

/// Whether the database was only locked by somebody else.
pub(crate) fn is_busy(error: &StoreError) -> bool {
    let StoreError::Database { source, .. } = error else { return false };
    match source.downcast_ref() {
        Some(sqlx::Error::Database(said)) => {
            let code = said.code().and_then(|text| text.parse::<i32>().ok());
            code.is_some_and(|extended| extended & 0xff == code::BUSY)
        }
        _ => false,
    }
}

/// The operation failed for a cause that says more than the database could.
pub(crate) fn failed(operation: &'static str, source: impl Into<Source>) -> StoreError {
    StoreError::Database { operation, source: source.into() }
}

/// The journal refuses it.
pub(crate) fn refused(operation: &'static str) -> impl FnOnce(JournalError) -> StoreError {
    move |error| StoreError::Journal { operation, source: error.into() }
}

/// Something stored does not read as what it should be.
pub(crate) fn corrupt(what: &'static str, source: impl Into<Source>) -> StoreError {
    StoreError::Corrupt { what, source: source.into() }
}
