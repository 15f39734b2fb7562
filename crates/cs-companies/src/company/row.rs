//! A report's rows, understood.

use std::sync::Arc;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;

use super::header::Columns;
use crate::drift::Profile;
use crate::report::{Format, SourceRow};

/// A word that many rows share (a status, an issuer), kept once.
pub type Word = Arc<str>;

/// Where a row stands in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Place {
    /// Its sheet: an index into [`ReadReport::sheets`].
    pub sheet: u16,
    /// Its line, from 1.
    pub line: u32,
}

/// Whether the company reported the paid-through date or it was derived from the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// It stands in the report.
    Reported,
    /// It follows from the policy's status.
    Derived,
}

impl Basis {
    /// Its name: `reported`, `derived`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::Derived => "derived",
        }
    }
}

/// A row that counts (`spec/RECONCILIATION.md`, "Step 1").
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The cleaned member id.
    pub member_id: Box<str>,
    /// Paid through, where the row has it.
    pub paid_through: Option<Date>,
    /// Where that date comes from.
    pub paid_through_is: Basis,
    /// The term date; none where it is empty or means "no end".
    pub term_date: Option<Date>,
    /// The status, as written.
    pub status: Option<Word>,
    /// The relationship, as written.
    pub relationship: Option<Word>,
    /// The company of the row as the CRM calls it, where the report names one per row.
    pub issuer: Option<Word>,
    /// The monthly premium, where it can be read.
    pub premium: Option<Decimal>,
    /// Where it stands.
    pub place: Place,
    /// The row as it was.
    pub source: SourceRow,
}

/// A row that the company's filters leave out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Filtered {
    /// Its member id, cleaned; empty where it cannot be read.
    pub member_id: Box<str>,
    /// What the filter saw, `Terminated` for instance.
    pub because: Word,
    /// Where it stands.
    pub place: Place,
}

/// Why a row cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum InvalidReason {
    /// It has no member id.
    NoMemberId,
    /// Its member id was stored as a number and lost digits.
    IdDigitsLost {
        /// What stands there.
        value: String,
    },
    /// Its member id is a date, an error or the like.
    NotAnId {
        /// What stands there.
        value: String,
    },
    /// A date cannot be read.
    BadDate {
        /// The column's header.
        column: String,
        /// What stands there.
        value: String,
    },
    /// It is paid through a day that nobody can have paid for yet ([`crate::Period::paid_until`]).
    TooFarAhead {
        /// The column's header.
        column: String,
        /// The day.
        value: Date,
        /// The last day that is believed.
        latest: Date,
    },
    /// A rule of the company's own refused it.
    Rule {
        /// What the rule says.
        value: String,
    },
}

/// A row that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Invalid {
    /// Its member id, where that much could be read; else empty.
    pub member_id: Box<str>,
    /// Why.
    pub reason: InvalidReason,
    /// The monthly premium, where it can be read.
    pub premium: Option<Decimal>,
    /// Where it stands.
    pub place: Place,
    /// The row as it was.
    pub source: SourceRow,
}

/// A report, read whole.
#[derive(Clone, Debug)]
pub struct ReadReport {
    /// What the file was.
    pub format: Format,
    /// The sheets of the file, as [`Place::sheet`] counts them.
    pub sheets: Vec<String>,
    /// Sheets that were passed over because they have none of the headers.
    pub sheets_skipped: Vec<String>,
    /// Where the columns are, of the first sheet that has them.
    pub columns: Columns,
    /// The rows that count.
    pub rows: Vec<Row>,
    /// The rows that the filters leave out.
    pub filtered: Vec<Filtered>,
    /// The rows that cannot be read.
    pub invalid: Vec<Invalid>,
    /// Lines below the header that are no rows: totals, notes at the end, a header said again.
    pub notes: Vec<Place>,
    /// What the drift sentinel compares.
    pub profile: Profile,
}

impl ReadReport {
    /// How many rows were read: those that count, those left out and those that cannot be read.
    pub fn rows_read(&self) -> u64 {
        (self.rows.len() + self.filtered.len() + self.invalid.len()) as u64
    }

    /// The name of a row's sheet; empty for a text file.
    pub fn sheet(&self, place: Place) -> &str {
        self.sheets.get(usize::from(place.sheet)).map_or("", String::as_str)
    }
}
