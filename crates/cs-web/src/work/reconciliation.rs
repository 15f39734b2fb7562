//! What a reconciliation's task tells of itself ([`cs_ports::Task::outcome`]), as whoever carries it out writes it and its
//! page reads it. Numbers are told of every one; updates and findings are spelled out of a dry run only, because after a real
//! run the store and the CRM have them.

use std::collections::BTreeMap;

use cs_ports::{FindingsTaken, FoundFinding};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// Findings and updates of a dry run that are spelled out, at most; [`Totals`] has how many there are.
pub const SPELLED_OUT: usize = 200;

/// What came of comparing a report with the CRM.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReconciliationOutcome {
    /// How many there are of what.
    pub totals: Totals,
    /// What became of the findings; nothing of a dry run.
    pub taken: FindingsTaken,
    /// In what the report is unlike the ones before.
    pub drift: Drift,
    /// What a dry run would note, the first [`SPELLED_OUT`].
    pub findings: Vec<Foreseen>,
    /// What a dry run would write to the CRM, the first [`SPELLED_OUT`].
    pub updates: Vec<Update>,
}

/// How many there are of what, by the names that the comparison has for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Totals {
    /// Rows of the report.
    pub rows_read: u64,
    /// Rows by outcome: `updated`, `unchanged`, `filtered`, ...; they add up to `rows_read`.
    pub rows: BTreeMap<String, u64>,
    /// Orders by outcome.
    pub orders: BTreeMap<String, u64>,
    /// Findings by kind.
    pub findings: BTreeMap<String, u64>,
    /// Orders whose paid-through date moves forward.
    pub updates: u64,
}

/// In what a report is unlike the ones before, as the drift sentinel spells its reasons (`cs_companies::drift::Reason`):
/// objects with the name of the `reason` and its numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Drift {
    /// Why it waits for somebody's approval; empty where it need not.
    pub stops: Vec<Json>,
    /// What else is worth knowing.
    pub notices: Vec<Json>,
}

/// A finding that a dry run would note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Foreseen {
    /// With all that a message in any language follows from.
    Whole(Box<FoundFinding>),
    /// As a sentence.
    Told {
        /// Its kind.
        kind: String,
        /// The member; empty where a row has none that can be read.
        member_id: String,
        /// What it says.
        text: String,
    },
}

/// A paid-through date that a dry run would move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    /// The order's number.
    pub salesorder_no: String,
    /// The member.
    pub member_id: String,
    /// The date before.
    pub old: Option<Date>,
    /// The date after.
    pub new: Date,
    /// Whether the report says the date, or it follows from a status there.
    #[serde(default)]
    pub derived: bool,
}

impl ReconciliationOutcome {
    /// What a task's outcome tells. A task that has told nothing yet, or what an older version of the program told, tells
    /// nothing.
    pub fn of(outcome: &Json) -> Option<Self> {
        if !outcome.is_object() {
            return None;
        }
        serde_json::from_value(outcome.clone()).ok()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_told_is_none_of_it() {
        assert_eq!(ReconciliationOutcome::of(&Json::Null), None);
        assert_eq!(ReconciliationOutcome::of(&json!({})), Some(ReconciliationOutcome::default()));
        let told = json!({
            "totals": { "rows_read": 3, "rows": { "updated": 1, "unchanged": 2 } },
            "drift": { "stops": [{ "reason": "rows", "usual": 9, "now": 3 }], "notices": [] },
            "findings": [{ "kind": "unpaid", "member_id": "M1", "text": "not paid" }],
        });
        let outcome = ReconciliationOutcome::of(&told).unwrap();
        assert_eq!(outcome.totals.rows.get("unchanged"), Some(&2));
        assert_eq!(outcome.drift.stops.len(), 1);
        assert!(matches!(&outcome.findings[0], Foreseen::Told { text, .. } if text == "not paid"));
    }

    #[test]
    fn it_survives_being_kept() {
        let update = Update {
            salesorder_no: "SO1".to_owned(),
            member_id: "OSC1".to_owned(),
            old: None,
            new: "2026-11-30".parse().unwrap(),
            derived: true,
        };
        let told = ReconciliationOutcome { updates: vec![update], ..ReconciliationOutcome::default() };
        assert_eq!(ReconciliationOutcome::of(&json!(told)), Some(told));
    }
}
