//! A plan for people: what would be written, field by field, before and after.

use std::fmt::Write as _;

use cs_domain::plan::{Act, Change, Plan, Planned, Step};

use super::run::trouble;

/// The plan, or nothing where nothing would happen.
pub(crate) fn for_people(plan: &Plan) -> Option<String> {
    if plan.steps.is_empty() && plan.conflicts.is_empty() && plan.failures.is_empty() {
        return None;
    }
    let mut text = plan.subject.to_string();
    for step in &plan.steps {
        let _ = write!(text, "\n  {}", head(step));
        for change in &step.changes {
            let _ = write!(text, "\n      {}", changed(change));
        }
    }
    for failure in
        plan.failures.iter().cloned().chain(plan.conflicts.iter().map(cs_domain::plan::Conflict::failure))
    {
        let _ = write!(text, "\n{}", trouble("!", &failure));
    }
    Some(text)
}

fn head(step: &Step) -> String {
    let (role, doctype) = (&step.role, &step.doctype);
    match &step.act {
        Act::Create { .. } => format!("create {doctype} ({role})"),
        Act::Link { target, .. } => format!("link {target} ({role})"),
        Act::Update { target, .. } => format!("update {target} ({role})"),
        Act::Finish => format!("complete {doctype} ({role})"),
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
