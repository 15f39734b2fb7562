//! Whether what is to be done is what somebody agreed to.

use crate::plan::{Act, Conflict, Plan, Planned, Step, VtigerStep};
use crate::record::RecordRef;

impl Plan {
    /// Whether everything in this plan stands in the one that was approved. Less is fine, since a part may be done already;
    /// versions do not count, values do. A document that the approved plan would have created and that another approved
    /// plan created since (`is_fresh`) may be linked instead: records that share a document are each approved with it.
    pub fn is_covered_by(&self, approved: &Self, is_fresh: impl Fn(&RecordRef) -> bool) -> bool {
        let conflicts = |plan: &Self| plan.conflicts.iter().map(Conflict::code).collect::<Vec<_>>();
        let steps = self.steps.iter().all(|step| {
            let adopted = matches!(&step.act, Act::Link { target, .. } if is_fresh(target));
            adopted || approved.steps.iter().any(|other| covers(other, step))
        });
        let record = match (&self.vtiger, &approved.vtiger) {
            (None, _) => true,
            (Some(now), Some(then)) => same_record_step(now, then),
            (Some(_), None) => false,
        };
        self.subject == approved.subject
            && self.skipped == approved.skipped
            && self.departure == approved.departure
            && steps
            && record
            && conflicts(self) == conflicts(approved)
    }
}

/// Whether an approved step includes this one.
fn covers(approved: &Step, step: &Step) -> bool {
    let same_act = match (&approved.act, &step.act) {
        (Act::Create { key: one }, Act::Create { key: other }) => one == other,
        (Act::Link { target: one, .. }, Act::Link { target: other, .. })
        | (Act::Update { target: one, .. }, Act::Update { target: other, .. })
        | (Act::Amend { target: one, .. }, Act::Amend { target: other, .. })
        | (Act::Delete { target: one, .. }, Act::Delete { target: other, .. })
        | (Act::Unlink { target: one }, Act::Unlink { target: other }) => one == other,
        (Act::Finish, Act::Finish) => true,
        // A reference to a document that another plan has created by now.
        (Act::Finish, Act::Update { .. }) => true,
        _ => false,
    };
    let named = |planned: &Planned| match planned {
        Planned::Document(_) => None,
        Planned::Value(value) => Some(value.plain()),
        Planned::Rows(rows) => Some(format!("{} rows", rows.len())),
    };
    let has = |change: &crate::plan::Change| {
        approved.changes.iter().any(|other| {
            let same_value = match (named(&other.after), named(&change.after)) {
                (Some(one), Some(other)) => one == other,
                // The approved step names a document by its role; which one that is, is known by now.
                (None, _) => true,
                (Some(_), None) => false,
            };
            other.field == change.field && other.before == change.before && same_value
        })
    };
    approved.role == step.role && same_act && step.changes.iter().all(has)
}

fn same_record_step(now: &VtigerStep, then: &VtigerStep) -> bool {
    match (now, then) {
        (
            VtigerStep::Revise { target: one, changes: now, .. },
            VtigerStep::Revise { target: other, changes: then, .. },
        ) => one == other && now.iter().all(|change| then.contains(change)),
        (
            VtigerStep::Create { document: one, changes: now, .. },
            VtigerStep::Create { document: other, changes: then, .. },
        ) => one == other && now == then,
        (VtigerStep::Delete { target: one, .. }, VtigerStep::Delete { target: other, .. }) => one == other,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Change;
    use crate::value::Value;

    fn plan(after: &str) -> Plan {
        let subject = RecordRef::vtiger("Contacts", "12x1");
        let mut plan = Plan::empty(subject);
        plan.steps.push(Step {
            role: "person".into(),
            doctype: "Contact".into(),
            act: Act::Update { target: RecordRef::frappe("Contact", "Ana"), expected: "1".into() },
            changes: vec![Change {
                field: "first_name".into(),
                before: Some(Value::text("Ana")),
                after: Planned::Value(Value::text(after)),
            }],
        });
        plan
    }

    #[test]
    fn a_plan_covers_itself_its_parts_and_nothing_else() {
        let approved = plan("Eva");
        let never = |_: &RecordRef| false;
        assert!(plan("Eva").is_covered_by(&approved, never));
        assert!(Plan::empty(approved.subject.clone()).is_covered_by(&approved, never));
        assert!(!plan("Eve").is_covered_by(&approved, never), "another value was not approved");
        let mut moved = plan("Eva");
        moved.steps[0].changes[0].before = Some(Value::text("Anna"));
        assert!(!moved.is_covered_by(&approved, never), "what is overwritten is not what was shown");
        let mut newer = plan("Eva");
        newer.steps[0].act =
            Act::Update { target: RecordRef::frappe("Contact", "Ana"), expected: "2".into() };
        assert!(newer.is_covered_by(&approved, never), "a version says nothing about a value");
    }
}
