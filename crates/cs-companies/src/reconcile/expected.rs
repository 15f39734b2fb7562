//! A reconciliation in the form of the fixtures' `*.expected.json`.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::outcome::{Reconciliation, RowOutcome};

/// The whole of it, keys in the fixtures' order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The company's name.
    pub company: String,
    /// The broker's code.
    pub broker: String,
    /// The day.
    pub as_of: Date,
    /// How many rows were read.
    pub rows_read: u64,
    /// How many rows have each outcome. `filtered` always stands; the others where there are any.
    pub outcomes: BTreeMap<String, u64>,
    /// How many findings there are of each kind that has any.
    pub findings_by_kind: BTreeMap<String, u64>,
    /// The updates by order number.
    pub updates: Vec<ExpectedUpdate>,
    /// The findings by kind, then member.
    pub findings: Vec<ExpectedFinding>,
}

/// An update.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedUpdate {
    /// The order's number.
    pub salesorder_no: String,
    /// The member.
    pub member_id: String,
    /// The date before.
    pub old: Option<Date>,
    /// The date after.
    pub new: Date,
}

/// A finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedFinding {
    /// The member; empty where a row has none that can be read.
    pub member_id: String,
    /// The kind.
    pub kind: String,
}

impl From<&Reconciliation> for Expected {
    fn from(result: &Reconciliation) -> Self {
        let mut outcomes: BTreeMap<String, u64> = BTreeMap::new();
        outcomes.insert(RowOutcome::Filtered.name().to_owned(), 0);
        outcomes.extend(
            result.row_totals().into_iter().map(|(outcome, count)| (outcome.name().to_owned(), count)),
        );
        let kinds = result.findings_by_kind().into_iter();
        let mut updates: Vec<ExpectedUpdate> = result
            .updates
            .iter()
            .map(|update| ExpectedUpdate {
                salesorder_no: update.salesorder_no.to_string(),
                member_id: update.member_id.to_string(),
                old: update.old,
                new: update.new,
            })
            .collect();
        updates.sort();
        let mut findings: Vec<ExpectedFinding> = result
            .findings
            .iter()
            .map(|finding| ExpectedFinding {
                member_id: finding.key.member_id.to_string(),
                kind: finding.key.kind.name().to_owned(),
            })
            .collect();
        findings.sort_by(|a, b| (&a.kind, &a.member_id).cmp(&(&b.kind, &b.member_id)));
        Self {
            company: result.company_name.clone(),
            broker: result.broker.to_string(),
            as_of: result.period.as_of,
            rows_read: result.rows_read,
            outcomes,
            findings_by_kind: kinds.map(|(kind, count)| (kind.name().to_owned(), count)).collect(),
            updates,
            findings,
        }
    }
}
