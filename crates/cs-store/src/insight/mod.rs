//! What people look up: the statements of the SQL store, and what is decided without a database.

pub(crate) mod sql;

use cs_domain::{Action, RecordRef, Shadow, Value, Verdict};
use cs_ports::{FoundFinding, StagedState, UnitCounts};

/// Counts units that stand so. Every unit is counted once.
pub(crate) fn count(
    counts: &mut UnitCounts,
    units: u64,
    state: StagedState,
    attempts: u32,
    verdict: Option<Verdict>,
) {
    let counter = match (state, attempts, verdict) {
        // Staged anew since it was last looked into, whatever that led to.
        (StagedState::Waiting, 0, _) => &mut counts.waiting,
        (_, _, Some(Verdict::Conflicted)) => &mut counts.conflicted,
        (StagedState::Waiting, _, _) => &mut counts.retrying,
        (StagedState::Parked, _, _) | (StagedState::Done, _, Some(Verdict::Failed)) => &mut counts.parked,
        (StagedState::Done, _, Some(Verdict::Skipped)) => &mut counts.skipped,
        (StagedState::Done, _, _) => &mut counts.in_step,
    };
    *counter += units;
}

/// The record that a write goes to, where it is there already.
pub(crate) fn target(action: &Action) -> Option<&RecordRef> {
    match action {
        Action::Create { .. } => None,
        Action::Update { target, .. } | Action::Delete { target, .. } | Action::Amend { target, .. } => {
            Some(target)
        }
    }
}

/// What a finding is searched by besides its description, one a line.
pub(crate) fn words_of_finding(found: &FoundFinding) -> String {
    let order = found.salesorder_no.as_deref().unwrap_or_default();
    let parameters = found.parameters.values().map(String::as_str);
    let words: Vec<&str> = [found.member_id.as_str(), order].into_iter().chain(parameters).collect();
    words.join("\n")
}

/// The texts and numbers of a shadow, one a line: what a tie is searched by.
pub(crate) fn words_of_shadow(shadow: &Shadow) -> String {
    let mut words = Vec::new();
    for agreed in shadow.fields.values() {
        gather(&agreed.vtiger, &mut words);
        if agreed.frappe != agreed.vtiger {
            gather(&agreed.frappe, &mut words);
        }
    }
    words.join("\n")
}

fn gather(value: &Value, words: &mut Vec<String>) {
    match value {
        Value::Empty | Value::Boolean(_) => {}
        Value::Text(text) | Value::Choice(text) | Value::Opaque(text) => words.push(text.clone()),
        Value::Integer(number) => words.push(number.to_string()),
        Value::Decimal(number) => words.push(number.to_string()),
        Value::Date(date) => words.push(date.to_string()),
        Value::DateTime(moment) => words.extend([moment.utc.to_string(), moment.raw.clone()]),
        Value::Reference(record) => words.push(record.id.as_str().to_owned()),
        Value::Rows(rows) => {
            rows.iter().flat_map(|row| row.columns.values()).for_each(|value| gather(value, words));
        }
    }
}
