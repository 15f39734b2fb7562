//! The VTiger record as it would be once Frappe's edits are in it.

use std::collections::BTreeMap;

use crate::failure::Failure;
use crate::mapping::{FieldRule, Settings};
use crate::name::{FieldName, Role};
use crate::plan::{Change, Plan, Planned, VtigerStep};
use crate::record::{Fields, Record};
use crate::value::Value;

/// What a Frappe field would have VTiger say.
pub(super) struct Wish<'a> {
    pub(super) role: &'a Role,
    pub(super) rule: &'a FieldRule,
    /// The VTiger fields that would say it.
    pub(super) fields: Fields,
}

/// What became of a wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The draft says it.
    Granted,
    /// It would undo what another field had VTiger say: the two do not agree with each other.
    Contradicted,
    /// A document could not be what the mapping asks of it with this value.
    Refused,
}

/// A wish that was granted, with what its rule makes of the draft.
struct Granted<'a> {
    rule: &'a FieldRule,
    carried: Option<Value>,
}

/// The record, the edits in it, and who wished for them.
pub(super) struct Draft<'a> {
    original: &'a Record,
    settings: &'a Settings,
    /// The record with the edits.
    pub(super) record: Record,
    answers: BTreeMap<(&'a Role, &'a FieldName), Answer>,
    granted: Vec<Granted<'a>>,
    /// Why wishes were refused.
    failures: Vec<Failure>,
}

impl<'a> Draft<'a> {
    /// A draft without an edit.
    pub(super) fn new(original: &'a Record, settings: &'a Settings) -> Self {
        let (answers, granted, failures) = (BTreeMap::new(), Vec::new(), Vec::new());
        Self { original, settings, record: original.clone(), answers, granted, failures }
    }

    /// What became of this field's wish, where it had one.
    pub(super) fn answer(&self, role: &Role, rule: &FieldRule) -> Option<Answer> {
        self.answers.get(&(role, &rule.frappe)).copied()
    }

    /// Grants a wish, unless one that was granted before would no longer hold. Either way it is answered, and not wished
    /// for again.
    ///
    /// `objections`: what the mapping's checks have against a record.
    pub(super) fn consider(&mut self, wish: Wish<'a>, objections: impl Fn(&Record) -> Vec<Failure>) {
        let key = (wish.role, &wish.rule.frappe);
        let mut next = self.record.clone();
        next.fields.extend(wish.fields);
        let carried =
            |rule: &FieldRule, record: &Record| rule.to_frappe(record, self.settings).ok().flatten();
        if self.granted.iter().any(|before| carried(before.rule, &next) != before.carried) {
            self.answers.insert(key, Answer::Contradicted);
            return;
        }
        let against = objections(&next);
        if against.len() > objections(&self.record).len() {
            self.answers.insert(key, Answer::Refused);
            self.failures.extend(against);
            return;
        }
        let granted = Granted { rule: wish.rule, carried: carried(wish.rule, &next) };
        self.answers.insert(key, Answer::Granted);
        self.granted.push(granted);
        self.record = next;
    }

    /// Adds what VTiger's record gets to a plan that was made with this draft.
    pub(super) fn complete(self, mut plan: Plan) -> Plan {
        plan.failures.extend(self.failures);
        if plan.vtiger.is_some() {
            // The record goes: what its documents would get is for the plan that follows from that.
            plan.steps.clear();
            plan.agreed.clear();
            return plan;
        }
        let edited =
            self.record.fields.into_iter().filter(|(field, value)| self.original.get(field) != Some(value));
        let changes: Vec<Change> = edited
            .map(|(field, value)| Change {
                before: self.original.get(&field).cloned(),
                after: Planned::Value(value),
                field,
            })
            .collect();
        if !changes.is_empty() {
            let (target, expected) = (self.original.reference.clone(), self.original.version.clone());
            plan.vtiger = Some(VtigerStep::Revise { target, expected, changes });
        }
        plan
    }
}
