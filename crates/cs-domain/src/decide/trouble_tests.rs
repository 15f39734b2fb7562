//! What follows where a write went wrong before: creations that nobody saw the end of, and writes that VTiger refused.

use super::two_way_tests::{agreed, decided, edit, unit};
use super::*;
use crate::mapping::{MatchKey, MatchPart};
use crate::name::{FieldName, Role};
use crate::plan::{Act, Conflict, VtigerStep};
use crate::policy::ConflictPolicy;
use crate::record::{RecordRef, System};
use crate::shadow::Agreed;
use crate::situation::{Candidate, Counterpart, FoundBy};
use crate::value::Value;

fn person() -> Role {
    Role::from("person")
}

/// A record with its note, and a contact that its own key names: created for it, and never linked.
fn unlinked(untouched: bool, taken_by: Option<&str>) -> Situation {
    let mut situation = agreed();
    let known = situation.counterparts.remove(&person()).unwrap();
    let candidate = Candidate {
        document: known.linked.unwrap(),
        found_by: FoundBy::CreatedFor { untouched },
        taken_by: taken_by.map(|id| RecordRef::vtiger("Contacts", id)),
    };
    let looking = Counterpart { candidates: vec![candidate], ..Counterpart::default() };
    situation.counterparts.insert(person(), looking);
    situation
}

fn change_candidate(situation: &mut Situation, field: &str, text: &str) {
    let known = situation.counterparts.get_mut(&person()).unwrap();
    known.candidates[0].document.fields.insert(field.into(), Value::text(text));
}

fn revised(plan: &Plan) -> Vec<(String, String)> {
    let Some(VtigerStep::Revise { changes, .. }) = &plan.vtiger else { return Vec::new() };
    let nobody = BTreeMap::new();
    let said = |change: &crate::plan::Change| change.after.resolve(&nobody).unwrap().plain();
    changes.iter().map(|change| (change.field.to_string(), said(change))).collect()
}

#[test]
fn a_record_takes_the_document_it_was_created_for_and_what_that_says_since() {
    let mut situation = unlinked(true, None);
    change_candidate(&mut situation, "first", "Eva");
    let plan = decided(&unit(), &situation);
    assert!(plan.steps.iter().any(|step| matches!(step.act, Act::Link { .. })), "{plan:?}");
    assert!(plan.conflicts.is_empty(), "the record only repeats what the document said then: {plan:?}");
    assert_eq!(revised(&plan), [("firstname".to_owned(), "Eva".to_owned())]);
    assert_eq!(plan.agreed[&person()][&FieldName::from("title")], Agreed::on(Value::text("Agent")));
}

#[test]
fn a_record_that_somebody_touched_since_its_creation_may_say_something_itself() {
    let mut situation = unlinked(false, None);
    change_candidate(&mut situation, "first", "Eva");
    let plan = decided(&unit(), &situation);
    assert_eq!(plan.conflicts.len(), 1, "{plan:?}");
    assert!(revised(&plan).is_empty());
}

#[test]
fn a_second_record_for_the_same_document_goes_as_long_as_nobody_touched_it() {
    let plan = decided(&unit(), &unlinked(true, Some("12x9")));
    assert!(matches!(plan.vtiger, Some(VtigerStep::Delete { .. })), "{plan:?}");
    assert!(plan.steps.is_empty() && plan.takes_away(), "the brake counts it: {plan:?}");
    let touched = decided(&unit(), &unlinked(false, Some("12x9")));
    assert!(touched.vtiger.is_none(), "{touched:?}");
    assert!(matches!(touched.conflicts[..], [Conflict::Taken { .. }]), "{touched:?}");
}

#[test]
fn what_a_document_is_found_by_otherwise_deletes_no_record() {
    let mut situation = unlinked(true, Some("12x9"));
    for found_by in [FoundBy::OperationKey, FoundBy::MatchKey(0)] {
        situation.counterparts.get_mut(&person()).unwrap().candidates[0].found_by = found_by;
        let plan = decided(&unit(), &situation);
        assert!(!plan.takes_away(), "{found_by:?} {plan:?}");
    }
}

/// At first contact, where VTiger refuses what it is to be told just now, its own values do not become the ones that stand.
#[test]
fn a_refusal_decides_nothing() {
    let mut unit = unit();
    unit.documents[0].match_keys = vec![MatchKey(vec![MatchPart::Field("first".into())])];
    for policy in [ConflictPolicy::FrappeWins, ConflictPolicy::Ask, ConflictPolicy::NewestWins] {
        unit.documents[0].conflict = policy;
        let mut situation = unlinked(false, None);
        situation.counterparts.get_mut(&person()).unwrap().candidates[0].found_by = FoundBy::MatchKey(0);
        change_candidate(&mut situation, "title", "Broker");
        situation.refused_by_vtiger = true;
        let plan = decided(&unit, &situation);
        assert!(plan.vtiger.is_none(), "it is not told again: {plan:?}");
        let changes = plan.steps.iter().filter(|step| step.role == person()).flat_map(|step| &step.changes);
        assert_eq!(changes.count(), 0, "{policy:?}: nothing goes over what Frappe says: {plan:?}");
    }
}

#[test]
fn a_refused_delete_lets_nothing_go() {
    let mut situation = agreed();
    situation.counterparts.get_mut(&person()).unwrap().linked = None;
    let plan = decided(&unit(), &situation);
    assert!(matches!(plan.vtiger, Some(VtigerStep::Delete { .. })), "{plan:?}");
    situation.refused_by_vtiger = true;
    let plan = decided(&unit(), &situation);
    assert!(plan.vtiger.is_none(), "{plan:?}");
    assert!(
        !plan.steps.iter().any(|step| step.role == person()),
        "the link holds until it is deleted: {plan:?}"
    );
}

/// What was cleared is agreed to be empty, even where somebody fills it before it is read back.
#[test]
fn what_stands_after_a_clearing_is_said_against_it() {
    let mut situation = agreed();
    edit(&mut situation, System::Frappe, "person", "title", "Broker");
    let known = situation.counterparts.get_mut(&person()).unwrap();
    let (_, shadow) = known.tie.as_mut().unwrap();
    let sent = [(FieldName::from("title"), Value::Empty)].into();
    shadow.take_in(&sent, known.linked.as_ref().unwrap(), false);
    assert_eq!(shadow.fields[&FieldName::from("title")], Agreed::on(Value::Empty));
    let sent = [(FieldName::from("title"), Value::text("Agent"))].into();
    shadow.fields.insert("first".into(), Agreed::on(Value::Empty));
    shadow.take_in(&sent, known.linked.as_ref().unwrap(), false);
    assert!(
        !shadow.fields.contains_key(&FieldName::from("first")),
        "what was filled in unasked is agreed by nobody"
    );
}

/// A document that a record without one is meant to have is not made a second record, and does not look new for ever either.
#[test]
fn a_newcomer_waits_for_the_record_that_is_meant_to_have_it() {
    let mut situation = agreed();
    let document = situation.counterparts.remove(&person()).unwrap().linked.unwrap();
    situation.subject = document.reference.clone();
    (situation.record, situation.newcomer) = (None, Some(document));
    situation.counterparts.clear();
    let created = decided(&unit(), &situation);
    assert!(matches!(created.vtiger, Some(VtigerStep::Create { .. })), "{created:?}");
    situation.awaited_by = Some(RecordRef::vtiger("Contacts", "12x9"));
    let waiting = decided(&unit(), &situation);
    assert!(waiting.vtiger.is_none(), "{waiting:?}");
    assert_eq!(waiting.failures.len(), 1, "{waiting:?}");
    assert_eq!(waiting.failures[0].advice, crate::failure::Advice::RetryLater);
}

/// Whoever wins at first contact does not win over what people said in a document that was created for the record, and whose
/// creation nobody saw the end of.
#[test]
fn what_was_said_in_an_own_document_is_no_first_contact() {
    let mut unit = unit();
    unit.documents[0].first_contact = Some(ConflictPolicy::VtigerWins);
    let mut situation = unlinked(false, None);
    change_candidate(&mut situation, "title", "Broker");
    for (found_by, conflicts) in [(FoundBy::MatchKey(0), 0), (FoundBy::OperationKey, 1)] {
        situation.counterparts.get_mut(&person()).unwrap().candidates[0].found_by = found_by;
        let plan = decided(&unit, &situation);
        assert_eq!(plan.conflicts.len(), conflicts, "{found_by:?} {plan:?}");
    }
    let mut linked = agreed();
    edit(&mut linked, System::Frappe, "person", "title", "Broker");
    let (_, shadow) = linked.counterparts.get_mut(&person()).unwrap().tie.as_mut().unwrap();
    shadow.fields.remove(&FieldName::from("title"));
    assert_eq!(decided(&unit, &linked).conflicts.len(), 1, "nor later, as long as the two have not agreed");
}
