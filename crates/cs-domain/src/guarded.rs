//! What may be shown of documents about accounts and cards.
//!
//! ERPNext names a bank account after the number that somebody typed for it, and a number of an account or a card is in no log,
//! page or export (DESIGN.md, "What must always hold", 12): its last four digits tell it from others. VTiger keeps the same
//! numbers in fields of its own; which those are, the mapping says ([`Numbers`]).

use std::collections::{BTreeMap, BTreeSet};

use crate::conflict::{Choice, ConflictState, MetConflict, Resolution, StandingConflict};
use crate::event::Event;
use crate::intent::Action;
use crate::mapping::{Mapping, Source};
use crate::name::{FieldName, Kind, RecordId};
use crate::plan::{Act, Change, Conflict, Plan, Planned, PlannedRow, Step, VtigerStep};
use crate::record::{Fields, RecordRef, System};
use crate::shadow::Agreed;
use crate::value::{Row, Value};

/// Digits that stand for themselves.
const SHOWN: usize = 4;

/// As many characters may stand between two digits of one number: `4111 - 1111`.
const BETWEEN: usize = 3;

/// All that may leave a connector of a number of an account or a card: its last four digits. What has fewer keeps them all;
/// everything else is dropped.
pub fn last_digits(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    digits.iter().skip(digits.len().saturating_sub(SHOWN)).collect()
}

/// A text without the beginnings of its long numbers. Spaces, dashes and points between digits, at most three in a row, are
/// part of a number.
pub fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, tail) = rest.split_at(begin);
        let (number, after) = tail.split_at(length(tail));
        out.push_str(before);
        let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
        match digits.len().checked_sub(SHOWN).filter(|hidden| *hidden > 0) {
            Some(hidden) => {
                out.push_str("****");
                out.extend(digits.iter().skip(hidden));
            }
            None => out.push_str(number),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The bytes of the number that a text begins with.
fn length(text: &str) -> usize {
    let (mut end, mut between) = (0, 0);
    for (at, c) in text.char_indices() {
        if c.is_ascii_digit() {
            (end, between) = (at + 1, 0);
        } else if joins(c) && between < BETWEEN {
            between += 1;
        } else {
            break;
        }
    }
    end
}

/// What people write between the digits of a number; dashes of every length among it.
fn joins(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '-' | '.' | '\u{2010}'..='\u{2015}')
}

/// Whether documents of this kind are about accounts and cards: they are named after numbers, and hold them.
pub fn tells_numbers(system: System, kind: &Kind) -> bool {
    let kind = kind.as_str().to_lowercase();
    system == System::Frappe && ["account", "bank", "card"].iter().any(|word| kind.contains(word))
}

/// Whether this is such a document.
pub fn is_guarded(record: &RecordRef) -> bool {
    tells_numbers(record.system, &record.kind)
}

/// The record under a name that may be shown.
pub fn shown(record: &RecordRef) -> RecordRef {
    if !is_guarded(record) {
        return record.clone();
    }
    RecordRef { id: masked(record.id.as_str()).into(), ..record.clone() }
}

/// A value of a field that holds, or may hold, such a number.
pub fn reduced(value: &Value) -> Value {
    match value {
        Value::Text(text) => Value::Text(masked(text)),
        Value::Choice(text) => Value::Choice(masked(text)),
        Value::Opaque(text) => Value::Opaque(masked(text)),
        Value::Integer(number) => number_shown(value, &number.to_string()),
        Value::Decimal(number) if number.is_integer() => number_shown(value, &number.normalize().to_string()),
        Value::Rows(rows) => Value::Rows(rows.iter().map(|row| each(row, reduced)).collect()),
        value => named(value),
    }
}

fn number_shown(value: &Value, digits: &str) -> Value {
    let shown = masked(digits);
    if shown == digits { value.clone() } else { Value::Text(shown) }
}

/// A value of any other field: the documents it names are named as they may be.
pub fn named(value: &Value) -> Value {
    match value {
        Value::Reference(target) => Value::Reference(shown(target)),
        Value::Rows(rows) => Value::Rows(rows.iter().map(|row| each(row, named)).collect()),
        value => value.clone(),
    }
}

fn each(row: &Row, show: fn(&Value) -> Value) -> Row {
    let columns = row.columns.iter().map(|(name, cell)| (name.clone(), show(cell)));
    Row { name: row.name.clone(), columns: columns.collect() }
}

/// VTiger's fields that hold numbers of accounts and cards, by module: those that a mapping carries to documents about them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbers(Option<BTreeSet<(Kind, FieldName)>>);

impl Numbers {
    /// Nobody knows which they are: every field of VTiger's counts as one.
    pub fn unknown() -> Self {
        Self(None)
    }

    /// Those of these mappings.
    pub fn of<'m>(mappings: impl IntoIterator<Item = &'m Mapping>) -> Self {
        let mut all = BTreeSet::new();
        for unit in mappings.into_iter().flat_map(|mapping| &mapping.units) {
            let documents = unit.documents.iter();
            let about = documents.filter(|document| tells_numbers(System::Frappe, &document.doctype));
            let mirrored =
                about.flat_map(crate::mapping::DocumentMapping::sources).flat_map(Source::vtiger_fields);
            let fields = mirrored.chain(unit.guarded_fields());
            all.extend(fields.map(|field| (unit.module.clone(), field.clone())));
        }
        Self(Some(all))
    }

    fn holds(&self, system: System, kind: &Kind, field: &FieldName) -> bool {
        match system {
            System::Frappe => tells_numbers(system, kind),
            System::Vtiger => {
                let field = (kind.clone(), field.clone());
                self.0.as_ref().is_none_or(|known| known.contains(&field))
            }
        }
    }

    /// What a field holds, as it may be shown.
    pub fn value(&self, system: System, kind: &Kind, field: &FieldName, value: &Value) -> Value {
        if self.holds(system, kind, field) { reduced(value) } else { named(value) }
    }

    /// A write, as it may be shown.
    pub fn action(&self, action: &Action) -> Action {
        let (system, kind) = (action.system(), action.kind());
        let fields = |fields: &Fields| -> Fields {
            let shown =
                fields.iter().map(|(name, value)| (name.clone(), self.value(system, kind, name, value)));
            shown.collect()
        };
        let mut action = action.clone();
        match &mut action {
            Action::Create { fields: written, .. } => *written = fields(written),
            Action::Update { target, changes, before, .. }
            | Action::Amend { target, changes, before, .. } => {
                (*changes, *before, *target) = (fields(changes), fields(before), shown(target));
            }
            Action::Delete { target, before, .. } => (*before, *target) = (fields(before), shown(target)),
        }
        action
    }

    /// A plan, as it may be shown. It compares no more: what is carried out is the plan itself.
    pub fn plan(&self, plan: &Plan) -> Plan {
        let of_document = |(role, fields): (_, &BTreeMap<FieldName, Agreed>)| {
            let step = plan.steps.iter().find(|step| step.role == role);
            // Of a document that no step names it is not known what it is about.
            let about = step.is_none_or(|step| tells_numbers(System::Frappe, &step.doctype));
            let show = if about { reduced } else { named };
            let shown = fields.iter().map(|(name, agreed)| (name.clone(), agreed_shown(agreed, show)));
            (role, shown.collect())
        };
        Plan {
            subject: shown(&plan.subject),
            vtiger: plan.vtiger.as_ref().map(|step| self.record_step(step)),
            steps: plan.steps.iter().map(|step| self.step(step)).collect(),
            agreed: plan.agreed.iter().map(|(role, fields)| of_document((role.clone(), fields))).collect(),
            conflicts: plan.conflicts.iter().map(conflict).collect(),
            ..plan.clone()
        }
    }

    fn record_step(&self, step: &VtigerStep) -> VtigerStep {
        let mut step = step.clone();
        match &mut step {
            VtigerStep::Revise { target, changes, .. } => {
                *changes = self.changes(System::Vtiger, &target.kind, changes);
            }
            VtigerStep::Create { module, document, changes, .. } => {
                *changes = self.changes(System::Vtiger, module, changes);
                *document = shown(document);
            }
            VtigerStep::Delete { .. } => {}
        }
        step
    }

    fn step(&self, step: &Step) -> Step {
        let mut act = step.act.clone();
        match &mut act {
            Act::Link { target, .. }
            | Act::Update { target, .. }
            | Act::Amend { target, .. }
            | Act::Delete { target, .. }
            | Act::Unlink { target } => *target = shown(target),
            Act::Create { .. } | Act::Finish => {}
        }
        let changes = self.changes(System::Frappe, &step.doctype, &step.changes);
        Step { role: step.role.clone(), doctype: step.doctype.clone(), act, changes }
    }

    fn changes(&self, system: System, kind: &Kind, changes: &[Change]) -> Vec<Change> {
        let show = |change: &Change| {
            let show = if self.holds(system, kind, &change.field) { reduced } else { named };
            changed(change, show)
        };
        changes.iter().map(show).collect()
    }
}

fn changed(change: &Change, show: fn(&Value) -> Value) -> Change {
    Change {
        field: change.field.clone(),
        before: change.before.as_ref().map(show),
        after: planned(&change.after, show),
    }
}

fn planned(after: &Planned, show: fn(&Value) -> Value) -> Planned {
    match after {
        Planned::Value(value) => Planned::Value(show(value)),
        Planned::Document(role) => Planned::Document(role.clone()),
        Planned::Rows(rows) => {
            let row = |row: &PlannedRow| {
                let columns = row.columns.iter().map(|(name, cell)| (name.clone(), planned(cell, show)));
                PlannedRow { name: row.name.clone(), columns: columns.collect() }
            };
            Planned::Rows(rows.iter().map(row).collect())
        }
    }
}

fn agreed_shown(agreed: &Agreed, show: fn(&Value) -> Value) -> Agreed {
    Agreed { vtiger: show(&agreed.vtiger), frappe: show(&agreed.frappe) }
}

/// How values of documents of this kind, and of VTiger's fields that they mirror, are shown.
pub fn manner(system: System, kind: &Kind) -> fn(&Value) -> Value {
    if tells_numbers(system, kind) { reduced } else { named }
}

/// A conflict, as it may be shown: both sides hold the same fact.
pub fn conflict(conflict: &Conflict) -> Conflict {
    let mut told = conflict.clone();
    match &mut told {
        Conflict::Ambiguous { candidates, .. } => {
            for candidate in candidates {
                *candidate = shown(candidate);
            }
        }
        Conflict::Taken { candidate, by, .. } => (*candidate, *by) = (shown(candidate), shown(by)),
        Conflict::Shared { document, vtiger, theirs, other, .. } => {
            let show = manner(document.system, &document.kind);
            (*vtiger, *theirs, *other) = (show(vtiger), show(theirs), shown(other));
            *document = shown(document);
        }
        Conflict::DeleteEdit { document, .. } => *document = shown(document),
        Conflict::Submitted { document, changes, .. } => {
            let show = manner(document.system, &document.kind);
            for change in changes {
                *change = changed(change, show);
            }
            *document = shown(document);
        }
        Conflict::Field { document, base, vtiger, frappe, .. } => {
            let show = manner(document.system, &document.kind);
            *base = base.as_ref().map(|base| agreed_shown(base, show));
            (*vtiger, *frappe) = (show(vtiger), show(frappe));
            *document = shown(document);
        }
    }
    told
}

/// A conflict as it is kept, with what was decided, as it may be shown.
pub fn standing(standing: &StandingConflict) -> StandingConflict {
    let met = &standing.met;
    let told = |resolution: &Resolution| Resolution {
        choice: choice(&met.conflict, &resolution.choice),
        ..resolution.clone()
    };
    StandingConflict {
        met: MetConflict { conflict: conflict(&met.conflict), ..met.clone() },
        subject: shown(&standing.subject),
        state: match &standing.state {
            ConflictState::Resolved(resolution) => ConflictState::Resolved(told(resolution)),
            ConflictState::Applied(resolution) => ConflictState::Applied(told(resolution)),
            state => state.clone(),
        },
        ..standing.clone()
    }
}

/// A decision on this conflict, as it may be shown.
pub fn choice(conflict: &Conflict, choice: &Choice) -> Choice {
    let about = match conflict {
        Conflict::Ambiguous { candidates, .. } => candidates.first(),
        Conflict::Taken { candidate, .. } => Some(candidate),
        Conflict::Shared { document, .. }
        | Conflict::DeleteEdit { document, .. }
        | Conflict::Submitted { document, .. }
        | Conflict::Field { document, .. } => Some(document),
    };
    let guarded = about.is_some_and(is_guarded);
    match choice {
        Choice::Value(value) if guarded => Choice::Value(reduced(value)),
        Choice::Value(value) => Choice::Value(named(value)),
        Choice::Document(name) if guarded => Choice::Document(RecordId::new(masked(name.as_str()))),
        choice => choice.clone(),
    }
}

/// An event, as it may be shown.
pub fn event(event: &Event) -> Event {
    let mut told = event.clone();
    match &mut told {
        Event::Written { subject, document, .. }
        | Event::GivenUp { subject, document, .. }
        | Event::Adopted { subject, document, .. } => {
            (*subject, *document) = (shown(subject), shown(document));
        }
        Event::Recorded { subject, .. } | Event::UnitDone { subject, .. } => *subject = shown(subject),
        Event::Renamed { from, to } => (*from, *to) = (shown(from), shown(to)),
        Event::RunStarted { .. }
        | Event::Recovered { .. }
        | Event::Redefined { .. }
        | Event::Pulled { .. }
        | Event::Counted { .. }
        | Event::Searched { .. }
        | Event::Expecting { .. }
        | Event::Drifted { .. }
        | Event::Retrying { .. }
        | Event::RunEnded { .. } => {}
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::{parse, shipped};

    #[test]
    fn a_number_shows_its_last_four_digits() {
        for (text, expected) in [
            ("123456789012 - Banco Prueba", "****9012 - Banco Prueba"),
            ("Cuenta 4111 1111 1111 1111", "Cuenta ****1111"),
            ("4111 - 1111 - 1111 - 1111", "****1111"),
            ("4111.1111\u{2013}1111\u{a0}1111", "****1111"),
            ("12-345-6789-Banco", "****6789-Banco"),
            ("12 (34) 56", "12 (34) 56"),
            ("Cuenta 1234", "Cuenta 1234"),
            ("Ahorros - Banco Prueba", "Ahorros - Banco Prueba"),
            ("ñ12345ñ", "ñ****2345ñ"),
            ("****9012", "****9012"),
            ("", ""),
        ] {
            assert_eq!(masked(text), expected);
        }
        assert_eq!(reduced(&Value::Integer(123_456_789)), Value::text("****6789"));
        assert_eq!(reduced(&Value::Decimal("1234.50".parse().unwrap())).plain(), "1234.5");
        assert_eq!(reduced(&Value::Decimal("123456789".parse().unwrap())), Value::text("****6789"));
    }

    #[test]
    fn documents_about_accounts_are_named_by_the_end_of_their_number_and_others_as_they_are() {
        let account = RecordRef::frappe("Bank Account", "123456789012 - Banco");
        assert_eq!(shown(&account).id.as_str(), "****9012 - Banco");
        assert_eq!(account.to_string(), "Bank Account ****9012 - Banco");
        assert_eq!(
            named(&Value::Reference(account.clone())),
            Value::Reference(RecordRef::frappe("Bank Account", "****9012 - Banco"))
        );
        let order = RecordRef::frappe("Sales Order", "SAL-ORD-2026-00001");
        assert_eq!(shown(&order), order);
        let renamed = Event::Renamed { from: account.clone(), to: account };
        assert!(!serde_json::to_string(&event(&renamed)).unwrap().contains("123456789012"));
    }

    fn numbers() -> Numbers {
        let mappings: Vec<Mapping> = shipped().iter().map(|(_, text)| parse(text).unwrap().mapping).collect();
        Numbers::of(&mappings)
    }

    #[test]
    fn vtiger_s_fields_that_become_an_account_are_known_by_the_mapping() {
        let (numbers, module) = (numbers(), Kind::from("SalesOrder"));
        let known = numbers.0.clone().unwrap();
        assert!(known.len() > 2, "{known:?}");
        let account = known.iter().find(|(_, field)| numbers.holds(System::Vtiger, &module, field));
        let field = account.unwrap().1.clone();
        let said = |numbers: &Numbers, field: &FieldName| {
            numbers.value(System::Vtiger, &module, field, &Value::text("3196609290")).plain()
        };
        assert_eq!(said(&numbers, &field), "****9290");
        assert_eq!(said(&numbers, &"salesorder_no".into()), "3196609290");
        assert_eq!(said(&Numbers::unknown(), &"salesorder_no".into()), "****9290");
    }

    #[test]
    fn a_plan_and_its_conflicts_show_no_number() {
        let (numbers, secret) = (numbers(), "3196609290");
        let module = Kind::from("SalesOrder");
        let field = numbers.0.clone().unwrap().into_iter().find(|(kind, _)| *kind == module).unwrap().1;
        let change = |field: &str| Change {
            field: field.into(),
            before: Some(Value::text(secret)),
            after: Planned::Value(Value::text(secret)),
        };
        let account = RecordRef::frappe("Bank Account", secret);
        let mut plan = Plan::empty(RecordRef::vtiger("SalesOrder", "6x1"));
        plan.vtiger = Some(VtigerStep::Revise {
            target: plan.subject.clone(),
            expected: "1".into(),
            changes: vec![change(field.as_str())],
        });
        plan.steps.push(Step {
            role: "account".into(),
            doctype: "Bank Account".into(),
            act: Act::Update { target: account.clone(), expected: "1".into() },
            changes: vec![change("bank_account_no")],
        });
        let agreed = BTreeMap::from([("bank_account_no".into(), Agreed::on(Value::text(secret)))]);
        plan.agreed = BTreeMap::from([("account".into(), agreed)]);
        plan.conflicts.push(Conflict::Field {
            role: "account".into(),
            document: account.clone(),
            field: "bank_account_no".into(),
            base: Some(Agreed::on(Value::text(secret))),
            vtiger: Value::text(secret),
            frappe: Value::text(secret),
        });
        plan.conflicts.push(Conflict::Ambiguous { role: "account".into(), candidates: vec![account] });
        let shown = serde_json::to_string(&numbers.plan(&plan)).unwrap();
        assert!(!shown.contains(secret) && shown.contains("****9290"), "{shown}");
        assert!(plan.conflicts.iter().all(|conflict| !conflict.failure().cause.contains(secret)));
    }
}
