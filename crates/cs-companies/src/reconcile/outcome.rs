//! What came out of a comparison.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use super::finding::{Finding, FindingKey, FindingKind};
use crate::company::{Basis, Place, Word};
use crate::period::Period;

/// What became of a row; each row has exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RowOutcome {
    /// The company's filters leave it out.
    Filtered,
    /// It cannot be read.
    Invalid,
    /// Another row of the same member counts.
    Duplicate,
    /// Neither its term date nor its paid-through date reaches into the plan year.
    OutOfYear,
    /// No live order has its member id.
    NotInCrm,
    /// Its payment is still waited for.
    Waiting,
    /// The order is another's business, or not effective yet.
    NotOurs,
    /// The order's paid-through date moves forward.
    Updated,
    /// The order stays as it is.
    Unchanged,
}

impl RowOutcome {
    /// The name in totals and in the fixtures.
    pub fn name(self) -> &'static str {
        match self {
            Self::Filtered => "filtered",
            Self::Invalid => "invalid",
            Self::Duplicate => "duplicate",
            Self::OutOfYear => "out_of_year",
            Self::NotInCrm => "not_in_crm",
            Self::Waiting => "waiting",
            Self::NotOurs => "not_ours",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
        }
    }
}

/// What became of an order; each order that was handed in has exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderOutcome {
    /// It ended before the day.
    NotLive,
    /// It is another company's or broker's, and no row led to it.
    Elsewhere,
    /// Another order of the same member was compared.
    Superseded,
    /// Its row does not reach into the plan year.
    OutOfYear,
    /// It has no row, and its problem says why.
    Excused,
    /// It has no row: finding `missing_in_portal`.
    MissingInPortal,
    /// Its payment is still waited for.
    Waiting,
    /// It is another's business, or not effective yet.
    NotOurs,
    /// Its paid-through date moves forward.
    Updated,
    /// It stays as it is.
    Unchanged,
}

impl OrderOutcome {
    /// The name in totals.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotLive => "not_live",
            Self::Elsewhere => "elsewhere",
            Self::Superseded => "superseded",
            Self::OutOfYear => "out_of_year",
            Self::Excused => "excused",
            Self::MissingInPortal => "missing_in_portal",
            Self::Waiting => "waiting",
            Self::NotOurs => "not_ours",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
        }
    }
}

/// A paid-through date that moves forward.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Update {
    /// The order: an index into the orders that were handed in.
    #[serde(skip)]
    pub order: usize,
    /// The row: an index into [`crate::ReadReport::rows`].
    #[serde(skip)]
    pub row: usize,
    /// The order's number.
    pub salesorder_no: Box<str>,
    /// The member.
    pub member_id: Box<str>,
    /// The date in the CRM, as it was when the orders were read.
    pub old: Option<Date>,
    /// The date to write; always later.
    pub new: Date,
    /// Whether the company reported it or it was derived.
    pub new_is: Basis,
}

/// A comparison, made. Nothing in it was written anywhere.
#[derive(Clone, Debug)]
pub struct Reconciliation {
    /// The company's key.
    pub company: Word,
    /// The company's name.
    pub company_name: String,
    /// The broker's code.
    pub broker: Word,
    /// The days it is about.
    pub period: Period,
    /// How many rows were read.
    pub rows_read: u64,
    /// Every row, in the order of the file, and what became of it.
    pub rows: Vec<(Place, RowOutcome)>,
    /// What became of each order, in the order they were handed in.
    pub orders: Vec<OrderOutcome>,
    /// Live orders of the company and broker.
    pub book: u64,
    /// What a person should look at.
    pub findings: Vec<Finding>,
    /// What should be written.
    pub updates: Vec<Update>,
    /// Findings that this comparison does not raise anew and that still hold where they are open: an order whose paid
    /// date an earlier run wrote and whose problem nobody took off is still `paid_but_flagged`. Not to be closed.
    pub persisting: Vec<FindingKey>,
}

impl Reconciliation {
    /// How many rows have each outcome, those that none has left out.
    pub fn row_totals(&self) -> BTreeMap<RowOutcome, u64> {
        let mut totals = BTreeMap::new();
        for (_, outcome) in &self.rows {
            *totals.entry(*outcome).or_default() += 1;
        }
        totals
    }

    /// How many orders have each outcome.
    pub fn order_totals(&self) -> BTreeMap<OrderOutcome, u64> {
        let mut totals = BTreeMap::new();
        for outcome in &self.orders {
            *totals.entry(*outcome).or_default() += 1;
        }
        totals
    }

    /// How many findings there are of each kind.
    pub fn findings_by_kind(&self) -> BTreeMap<FindingKind, u64> {
        let mut totals = BTreeMap::new();
        for finding in &self.findings {
            *totals.entry(finding.key.kind).or_default() += 1;
        }
        totals
    }

    /// Whether every row that was read has an outcome.
    pub fn balances(&self) -> bool {
        self.rows.len() as u64 == self.rows_read
    }
}
