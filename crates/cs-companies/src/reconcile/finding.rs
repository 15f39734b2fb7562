//! Findings: disagreements for a person to look at.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::company::{Basis, Invalid, InvalidReason, Place, Word};
use crate::language::{Language, message};

/// What a finding says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// Two rows of one member: this one does not count.
    DuplicateRow,
    /// A row cannot be read.
    InvalidRow,
    /// An order has no row.
    MissingInPortal,
    /// A row has no live order.
    NotInCrm,
    /// A paid row contradicts the order's problem.
    PaidButFlagged,
    /// The row's paid-through date is before the CRM's.
    PaidThroughRegressed,
    /// The term dates differ.
    TerminationMismatch,
    /// The row is not paid through the month, and the order has no problem that says so.
    Unpaid,
}

impl FindingKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::DuplicateRow,
        Self::InvalidRow,
        Self::MissingInPortal,
        Self::NotInCrm,
        Self::PaidButFlagged,
        Self::PaidThroughRegressed,
        Self::TerminationMismatch,
        Self::Unpaid,
    ];

    /// The kind's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::DuplicateRow => "duplicate_row",
            Self::InvalidRow => "invalid_row",
            Self::MissingInPortal => "missing_in_portal",
            Self::NotInCrm => "not_in_crm",
            Self::PaidButFlagged => "paid_but_flagged",
            Self::PaidThroughRegressed => "paid_through_regressed",
            Self::TerminationMismatch => "termination_mismatch",
            Self::Unpaid => "unpaid",
        }
    }
}

/// What makes a finding the same from file to file: company, broker, member id, kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct FindingKey {
    /// The company's key.
    pub company: Word,
    /// The broker's code.
    pub broker: Word,
    /// The member; empty where a row has none that can be read.
    pub member_id: Box<str>,
    /// The kind.
    pub kind: FindingKind,
    /// Tells apart findings that share all four, and is empty for the first of them: the third row of a member is `2`,
    /// and a row without a member id is known by what stands in it.
    pub occurrence: Box<str>,
}

/// The row of a finding: an index into one of the lists of a [`crate::ReadReport`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RowRef {
    /// Into its rows.
    Row(usize),
    /// Into its rows that cannot be read.
    Invalid(usize),
}

/// Where an order that misses its row was seen nevertheless.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// Nowhere in the report.
    Nowhere,
    /// In a row that the company's filters leave out.
    Filtered {
        /// What the filter saw, `Terminated`.
        because: Word,
        /// Its line.
        line: u32,
    },
    /// In a row that cannot be read.
    Unreadable {
        /// Its line.
        line: u32,
    },
}

/// What a finding is about, beside its member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", untagged)]
pub enum Detail {
    /// Of `duplicate_row`.
    Duplicate {
        /// This row's date.
        paid_through: Option<Date>,
        /// The date of the row that counts.
        kept: Option<Date>,
        /// The line of the row that counts.
        kept_line: u32,
    },
    /// Of `invalid_row`.
    Invalid(InvalidReason),
    /// Of `missing_in_portal`.
    Missing {
        /// The CRM's date.
        crm_paid_through: Option<Date>,
        /// Where it was seen.
        seen: Seen,
    },
    /// Of the kinds that compare a row with an order, or find none.
    Compared {
        /// The row's paid-through date.
        paid_through: Option<Date>,
        /// Whether it is reported or derived.
        paid_through_is: Basis,
        /// The row's status, from which a derived date follows.
        status: Option<Word>,
        /// The row's term date.
        term_date: Option<Date>,
        /// The CRM's paid-through date.
        crm_paid_through: Option<Date>,
        /// The CRM's termination date.
        crm_termination: Option<Date>,
        /// The order's problem.
        problem: Option<Word>,
        /// The last day of the month that should be paid.
        month_end: Date,
    },
}

/// A disagreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What makes it the same next time.
    #[serde(flatten)]
    pub key: FindingKey,
    /// The row's company, where the report names one per row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<Word>,
    /// The row.
    pub row: Option<RowRef>,
    /// Where the row stands.
    pub place: Option<Place>,
    /// The order: an index into the orders that were handed in.
    pub order: Option<usize>,
    /// The order's number.
    pub salesorder_no: Option<Box<str>>,
    /// What it is about.
    pub detail: Detail,
    /// The monthly premium of the row, where the report has it.
    pub premium_at_risk: Option<Decimal>,
}

impl Finding {
    /// The key of its message in the catalogue; stored with the finding, so that its message can be made again.
    pub fn message_key(&self) -> &'static str {
        match (&self.detail, self.key.kind) {
            (Detail::Missing { seen, .. }, _) => match seen {
                Seen::Nowhere => "missing_in_portal",
                Seen::Filtered { .. } => "missing_in_portal.filtered",
                Seen::Unreadable { .. } => "missing_in_portal.unreadable",
            },
            (Detail::Invalid(reason), _) => reason_key(reason),
            (_, kind) => kind.name(),
        }
    }

    /// Its parameters, the same for every language: dates as `2026-03-31`, empty where there is none.
    pub fn parameters(&self) -> BTreeMap<String, String> {
        let mut all = Parameters(BTreeMap::new());
        all.put("member_id", &*self.key.member_id);
        all.put("order", self.salesorder_no.as_deref().unwrap_or_default());
        if let Some(place) = self.place {
            all.put("line", &place.line);
        }
        self.detail.put(&mut all);
        if matches!(self.key.kind, FindingKind::TerminationMismatch | FindingKind::PaidButFlagged) {
            // The same report is to say the same of a row after its date was written, and these do not speak of it.
            all.0.remove("crm_paid_through");
        }
        all.0
    }

    /// Its message.
    pub fn message(&self, language: Language) -> String {
        finding_message(self.message_key(), &self.parameters(), language)
    }
}

/// Parameters while they are gathered.
struct Parameters(BTreeMap<String, String>);

impl Parameters {
    fn put<T: ToString + ?Sized>(&mut self, name: &str, value: &T) {
        self.0.insert(name.to_owned(), value.to_string());
    }

    fn day(&mut self, name: &str, day: Option<Date>) {
        self.put(name, &day.map(|day| day.to_string()).unwrap_or_default());
    }
}

impl Detail {
    fn put(&self, all: &mut Parameters) {
        match self {
            Self::Duplicate { paid_through, kept, kept_line } => {
                all.day("paid_through", *paid_through);
                all.day("kept", *kept);
                all.put("kept_line", kept_line);
            }
            Self::Invalid(reason) => put_reason(reason, all),
            Self::Missing { crm_paid_through, seen } => {
                all.day("crm_paid_through", *crm_paid_through);
                match seen {
                    Seen::Nowhere => {}
                    Seen::Filtered { because, line } => {
                        all.put("because", because);
                        all.put("line", line);
                    }
                    Seen::Unreadable { line } => all.put("line", line),
                }
            }
            Self::Compared {
                paid_through,
                paid_through_is,
                status,
                term_date,
                crm_paid_through,
                crm_termination,
                problem,
                month_end,
            } => {
                all.day("paid_through", *paid_through);
                all.put("paid_through_is", paid_through_is.name());
                all.put("status", status.as_deref().unwrap_or_default());
                all.day("term_date", *term_date);
                all.day("crm_paid_through", *crm_paid_through);
                all.day("crm_termination", *crm_termination);
                all.put("problem", problem.as_deref().unwrap_or_default());
                all.put("month_end", month_end);
            }
        }
    }
}

/// The key of the message that tells why a row cannot be read.
fn reason_key(reason: &InvalidReason) -> &'static str {
    match reason {
        InvalidReason::NoMemberId => "invalid_row.no_member_id",
        InvalidReason::IdDigitsLost { .. } => "invalid_row.id_digits_lost",
        InvalidReason::NotAnId { .. } => "invalid_row.not_an_id",
        InvalidReason::BadDate { .. } => "invalid_row.bad_date",
        InvalidReason::TooFarAhead { .. } => "invalid_row.too_far_ahead",
        InvalidReason::Rule { .. } => "invalid_row.rule",
    }
}

impl Invalid {
    /// Why the row cannot be read, in the words of the finding that a reconciliation makes of it.
    pub fn message(&self, language: Language) -> String {
        let mut all = Parameters(BTreeMap::new());
        all.put("line", &self.place.line);
        put_reason(&self.reason, &mut all);
        finding_message(reason_key(&self.reason), &all.0, language)
    }
}

fn put_reason(reason: &InvalidReason, all: &mut Parameters) {
    match reason {
        InvalidReason::NoMemberId => {}
        InvalidReason::IdDigitsLost { value }
        | InvalidReason::NotAnId { value }
        | InvalidReason::Rule { value } => all.put("value", value),
        InvalidReason::BadDate { column, value } => {
            all.put("column", column);
            all.put("value", value);
        }
        InvalidReason::TooFarAhead { column, value, latest } => {
            all.put("column", column);
            all.put("value", value);
            all.put("latest", latest);
        }
    }
}

/// A finding's message from its stored key and parameters. A derived date says from what it was derived, and a date that
/// is not there says so.
pub fn finding_message(key: &str, parameters: &BTreeMap<String, String>, language: Language) -> String {
    let text = |name: &str| parameters.get(name).map(String::as_str).unwrap_or_default();
    let shown = |name: &str, value: &str| {
        let derived = name == "paid_through" && text("paid_through_is") == "derived";
        match (value.is_empty(), derived) {
            (true, true) => message(language, "date.none_derived", &[("status", text("status").to_owned())]),
            (true, false) => message(language, "none", &[]),
            (false, true) => message(
                language,
                "date.derived",
                &[("date", value.to_owned()), ("status", text("status").to_owned())],
            ),
            (false, false) => value.to_owned(),
        }
    };
    let all: Vec<(&str, String)> =
        parameters.iter().map(|(name, value)| (name.as_str(), shown(name, value))).collect();
    message(language, key, &all)
}
