//! A plan for people: what would be written, field by field, before and after.

use std::fmt::Write as _;

use cs_domain::plan::{Act, Change, Plan, Planned, Step, VtigerStep};

use super::run::trouble;

/// The plan, or nothing where nothing would happen. `plan` is one that may be shown ([`cs_domain::guarded`]).
pub(crate) fn for_people(plan: &Plan) -> Option<String> {
    if plan.steps.is_empty() && plan.vtiger.is_none() && plan.conflicts.is_empty() && plan.failures.is_empty()
    {
        return None;
    }
    let mut text = plan.subject.to_string();
    if let Some(side) = plan.departure {
        let _ = write!(text, " (deleted in {side})");
    }
    if let Some(step) = &plan.vtiger {
        let (head, changes) = record(step);
        entry(&mut text, &head, changes);
    }
    for step in &plan.steps {
        entry(&mut text, &head(step), &step.changes);
    }
    for failure in
        plan.failures.iter().cloned().chain(plan.conflicts.iter().map(cs_domain::plan::Conflict::failure))
    {
        let _ = write!(text, "\n{}", trouble("!", &failure));
    }
    Some(text)
}

fn entry(text: &mut String, head: &str, changes: &[Change]) {
    let _ = write!(text, "\n  {head}");
    for change in changes {
        let _ = write!(text, "\n      {}", changed(change));
    }
}

/// What VTiger's record gets.
fn record(step: &VtigerStep) -> (String, &[Change]) {
    match step {
        VtigerStep::Revise { target, changes, .. } => (format!("update {target} in VTiger"), changes),
        VtigerStep::Create { module, document, changes, .. } => {
            (format!("create {module} in VTiger for {document}"), changes)
        }
        VtigerStep::Delete { target, .. } => (format!("delete {target} in VTiger"), &[]),
    }
}

fn head(step: &Step) -> String {
    let (role, doctype) = (&step.role, &step.doctype);
    match &step.act {
        Act::Create { .. } => format!("create {doctype} ({role})"),
        Act::Link { target, .. } => format!("link {target} ({role})"),
        Act::Update { target, .. } => format!("update {target} ({role})"),
        Act::Finish => format!("complete {doctype} ({role})"),
        Act::Amend { target, .. } => format!("amend {target} ({role})"),
        Act::Delete { target, .. } => format!("delete {target} ({role})"),
        Act::Unlink { target } => format!("give up the link to {target} ({role})"),
    }
}

fn changed(change: &Change) -> String {
    let after = planned(&change.after);
    match &change.before {
        Some(before) => format!("{}: {:?} -> {after}", change.field, before.plain()),
        None => format!("{}: {after}", change.field),
    }
}

fn planned(value: &Planned) -> String {
    match value {
        Planned::Value(value) => format!("{:?}", value.plain()),
        Planned::Document(role) => format!("the {role}"),
        Planned::Rows(rows) => {
            let shown = rows.iter().map(|row| {
                let cells = row.columns.iter().map(|(name, cell)| format!("{name} {}", planned(cell)));
                format!("({})", cells.collect::<Vec<_>>().join(", "))
            });
            shown.collect::<Vec<_>>().join(" ")
        }
    }
}
