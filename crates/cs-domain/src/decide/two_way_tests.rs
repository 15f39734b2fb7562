//! Both sides edit: laws that hold whatever the edits, and the cases that people meet.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::conflict::{Choice, Decided};
use crate::link::{Link, LinkOrigin, LinkStanding};
use crate::mapping::{Check, CreateInVtiger, DocumentMapping, FieldRule, Source, Transform};
use crate::name::{FieldName, Role};
use crate::plan::{Act, Conflict, VtigerStep};
use crate::policy::{Clearing, ConflictPolicy, DeletePolicy, Direction};
use crate::record::{Fields, RecordRef, System};
use crate::run::Verdict;
use crate::shadow::{Agreed, Shadow};
use crate::situation::Counterpart;
use crate::value::Value;

pub(super) fn rule(frappe: &str, vtiger: &[&str]) -> FieldRule {
    FieldRule {
        frappe: frappe.into(),
        source: Source::Fields {
            names: vtiger.iter().map(|name| FieldName::from(*name)).collect(),
            join: " ".into(),
        },
        transforms: Vec::new(),
        direction: Direction::Both,
        clearing: Clearing::Clear,
        conflict: None,
        on_create: false,
        deferred: false,
    }
}

fn document(role: &str, doctype: &str, fields: Vec<FieldRule>) -> DocumentMapping {
    DocumentMapping {
        role: role.into(),
        doctype: doctype.into(),
        exists_when: Vec::new(),
        shared: false,
        keyed: false,
        external_id: None,
        match_keys: Vec::new(),
        fields,
        rows: Vec::new(),
        checks: Vec::new(),
        conflict: ConflictPolicy::Ask,
        first_contact: None,
        deletes: DeletePolicy::Propagate,
        amend: false,
        on_drift: None,
    }
}

/// A contact and a note that both take the title from one VTiger field.
pub(super) fn unit() -> UnitMapping {
    let person =
        document("person", "Contact", vec![rule("first", &["firstname"]), rule("title", &["title"])]);
    let note = document("note", "Note", vec![rule("heading", &["title"]), rule("text", &["description"])]);
    UnitMapping {
        name: "contact".into(),
        module: "Contacts".into(),
        selection: Vec::new(),
        never_read: std::collections::BTreeSet::new(),
        documents: vec![person, note],
        match_order: vec!["person".into(), "note".into()],
        create_in_vtiger: Some(CreateInVtiger { document: "person".into(), when: Vec::new(), key: None }),
        on_drift: None,
    }
}

pub(super) fn record(reference: RecordRef, fields: &[(&str, &str)]) -> Record {
    let fields = fields.iter().map(|(name, text)| (FieldName::from(*name), Value::text(*text))).collect();
    Record { reference, version: "1".into(), fields }
}

const FIELDS: [(&str, &str, &str); 3] =
    [("person", "first", "firstname"), ("person", "title", "title"), ("note", "text", "description")];

/// Both sides agree on a name, a title and a text.
pub(super) fn agreed() -> Situation {
    let subject = RecordRef::vtiger("Contacts", "12x1");
    let mut counterparts = BTreeMap::new();
    for (role, doctype, fields) in [
        ("person", "Contact", vec![("first", "Ana"), ("title", "Agent")]),
        ("note", "Note", vec![("heading", "Agent"), ("text", "t")]),
    ] {
        let target = RecordRef::frappe(doctype, "one");
        let link = Link {
            mapping: "m".into(),
            unit: "contact".into(),
            subject: subject.clone(),
            role: role.into(),
            document: target.clone(),
            origin: LinkOrigin::Created,
            standing: LinkStanding::Live,
        };
        let shadow = Shadow {
            fields: fields
                .iter()
                .map(|(name, text)| (FieldName::from(*name), Agreed::on(Value::text(*text))))
                .collect(),
            vtiger: Some("1".into()),
            frappe: Some("1".into()),
        };
        let known = Counterpart {
            tie: Some((link, shadow)),
            linked: Some(record(target, &fields)),
            ..Counterpart::default()
        };
        counterparts.insert(Role::from(role), known);
    }
    Situation {
        subject: subject.clone(),
        record: Some(record(subject, &[("firstname", "Ana"), ("title", "Agent"), ("description", "t")])),
        newcomer: None,
        namesake: None,
        awaited_by: None,
        settings: BTreeMap::new(),
        today: "2026-03-01".parse().unwrap(),
        writes_vtiger: true,
        refused_by_vtiger: false,
        decided: Vec::new(),
        counterparts,
        elsewhere: Vec::new(),
    }
}

pub(super) fn edit(situation: &mut Situation, side: System, role: &str, field: &str, text: &str) {
    let record = match side {
        System::Vtiger => situation.record.as_mut(),
        System::Frappe => situation.counterparts.get_mut(&Role::from(role)).and_then(|k| k.linked.as_mut()),
    };
    record.unwrap().fields.insert(field.into(), Value::text(text));
}

fn shown(situation: &Situation, role: &str, field: &str) -> String {
    let document = situation.counterparts[&Role::from(role)].linked.as_ref().unwrap();
    document.get(&field.into()).unwrap().plain()
}

fn said(situation: &Situation, field: &str) -> String {
    situation.record.as_ref().unwrap().get(&field.into()).unwrap().plain()
}

pub(super) fn decided(unit: &UnitMapping, situation: &Situation) -> Plan {
    decide(unit, Schemas { vtiger: None, frappe: &BTreeMap::new() }, situation)
}

/// Plays a plan against memory, as the engine would: VTiger first, shadows with what stands on both sides.
fn carried_out(mut situation: Situation, plan: &Plan) -> Situation {
    let nobody = BTreeMap::new();
    if let Some(VtigerStep::Revise { changes, .. }) = &plan.vtiger {
        let record = situation.record.as_mut().unwrap();
        for change in changes {
            record.fields.insert(change.field.clone(), change.after.resolve(&nobody).unwrap());
        }
    }
    for (role, agreed) in &plan.agreed {
        let (_, shadow) = situation.counterparts.get_mut(role).unwrap().tie.as_mut().unwrap();
        shadow.fields.extend(agreed.clone());
    }
    for step in plan.steps.iter().filter(|step| matches!(step.act, Act::Update { .. })) {
        let known = situation.counterparts.get_mut(&step.role).unwrap();
        let sent: Fields = step
            .changes
            .iter()
            .map(|change| (change.field.clone(), change.after.resolve(&nobody).unwrap()))
            .collect();
        let document = known.linked.as_mut().unwrap();
        document.fields.extend(sent.clone());
        let document = document.clone();
        known.tie.as_mut().unwrap().1.take_in(&sent, &document, true);
    }
    situation
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![Just("Ana".to_owned()), Just("Agent".to_owned()), Just("t".to_owned()), "[a-c]{0,2}"]
}

proptest! {
    /// One side's edits reach the other; edits of different fields on both sides combine; the same field edited to different
    /// values stays as it is on both sides, with a conflict. What was carried out is not carried out again.
    #[test]
    fn no_edit_is_lost_and_none_is_made_twice(
        edits in prop::collection::vec((0..3_usize, any::<bool>(), word()), 0..6)
    ) {
        let unit = unit();
        let mut situation = agreed();
        for (field, at_vtiger, text) in &edits {
            let (role, frappe, vtiger) = FIELDS[*field];
            if *at_vtiger {
                edit(&mut situation, System::Vtiger, role, vtiger, text);
            } else {
                edit(&mut situation, System::Frappe, role, frappe, text);
            }
        }
        let plan = decided(&unit, &situation);
        let after = carried_out(situation.clone(), &plan);
        let base = agreed();
        for (role, frappe, vtiger) in FIELDS {
            let (was, here, there) = (said(&base, vtiger), said(&situation, vtiger), shown(&situation, role, frappe));
            let disputed = plan.conflicts.iter().any(|conflict| {
                conflict.role().as_str() == role && conflict.field().is_some_and(|field| field.as_str() == frappe)
            });
            let expected = match (here == was, there == was) {
                (true, _) => (there.clone(), there),
                (false, true) => (here.clone(), here),
                (false, false) if here == there => (here, there),
                (false, false) => { prop_assert!(disputed); (here, there) }
            };
            prop_assert_eq!((said(&after, vtiger), shown(&after, role, frappe)), expected, "{} {:?}", frappe, plan);
        }
        let again = decided(&unit, &after);
        prop_assert!(again.writes_nothing(), "{:?}", again);
        prop_assert_eq!(&again.conflicts, &plan.conflicts);
    }

    /// Whoever wins by policy, both sides end up with it.
    #[test]
    fn a_policy_leaves_nothing_to_dispute(here in "[a-c]{1,2}", there in "[a-c]{1,2}", vtiger_wins in any::<bool>()) {
        let mut unit = unit();
        let policy = if vtiger_wins { ConflictPolicy::VtigerWins } else { ConflictPolicy::FrappeWins };
        for document in &mut unit.documents {
            document.conflict = policy;
        }
        let mut situation = agreed();
        edit(&mut situation, System::Vtiger, "person", "firstname", &here);
        edit(&mut situation, System::Frappe, "person", "first", &there);
        let after = carried_out(situation.clone(), &decided(&unit, &situation));
        let winner = if vtiger_wins { here } else { there };
        prop_assert_eq!((said(&after, "firstname"), shown(&after, "person", "first")), (winner.clone(), winner));
        prop_assert!(decided(&unit, &after).writes_nothing());
    }
}

#[test]
fn what_one_document_has_vtiger_say_reaches_the_other_in_the_same_plan() {
    let mut situation = agreed();
    edit(&mut situation, System::Frappe, "person", "title", "Broker");
    let plan = decided(&unit(), &situation);
    let Some(VtigerStep::Revise { changes, .. }) = &plan.vtiger else { panic!("{plan:#?}") };
    assert_eq!(changes.len(), 1);
    let after = carried_out(situation, &plan);
    assert_eq!((said(&after, "title"), shown(&after, "note", "heading")), ("Broker".into(), "Broker".into()));
    assert!(decided(&unit(), &after).writes_nothing());
}

#[test]
fn two_documents_that_want_different_things_of_one_field_are_a_conflict() {
    let mut situation = agreed();
    edit(&mut situation, System::Frappe, "person", "title", "Broker");
    edit(&mut situation, System::Frappe, "note", "heading", "Clerk");
    for policy in [ConflictPolicy::Ask, ConflictPolicy::FrappeWins] {
        let mut unit = unit();
        unit.documents[1].conflict = policy;
        let plan = decided(&unit, &situation);
        assert!(
            matches!(&plan.conflicts[..], [Conflict::Field { role, .. }] if role.as_str() == "note"),
            "{plan:#?}"
        );
    }
}

#[test]
fn spelling_that_vtiger_does_not_keep_is_no_edit_for_ever() {
    let mut unit = unit();
    unit.documents[0].fields[0].transforms = vec![Transform::Trim, Transform::Title];
    let mut situation = agreed();
    edit(&mut situation, System::Frappe, "person", "first", "EVA ");
    let plan = decided(&unit, &situation);
    let after = carried_out(situation, &plan);
    assert_eq!((said(&after, "firstname"), shown(&after, "person", "first")), ("EVA".into(), "EVA ".into()));
    let again = decided(&unit, &after);
    assert!(again.writes_nothing() && again.conflicts.is_empty(), "{again:#?}");
}

#[test]
fn a_decision_is_carried_out_on_both_sides() {
    let mut situation = agreed();
    edit(&mut situation, System::Vtiger, "person", "firstname", "Eva");
    edit(&mut situation, System::Frappe, "person", "first", "Eve");
    let plan = decided(&unit(), &situation);
    let conflict = plan.conflicts[0].clone();
    for (choice, stands) in
        [(Choice::Vtiger, "Eva"), (Choice::Frappe, "Eve"), (Choice::Value(Value::text("Evelyn")), "Evelyn")]
    {
        let mut situation = situation.clone();
        situation.decided = vec![Decided { conflict: conflict.clone(), choice }];
        let plan = decided(&unit(), &situation);
        assert_eq!(plan.verdict(), Verdict::Updated, "{plan:#?}");
        let after = carried_out(situation, &plan);
        assert_eq!(
            (said(&after, "firstname"), shown(&after, "person", "first")),
            (stands.into(), stands.into())
        );
        assert!(decided(&unit(), &after).writes_nothing());
    }
    let mut moved = situation;
    moved.decided = vec![Decided { conflict, choice: Choice::Vtiger }];
    edit(&mut moved, System::Frappe, "person", "first", "Evita");
    assert_eq!(
        decided(&unit(), &moved).conflicts.len(),
        1,
        "what was decided on other values decides nothing"
    );
}

#[test]
fn a_deleted_record_takes_its_documents_along_only_where_nobody_edited_them() {
    let mut situation = agreed();
    situation.record = None;
    let acts = |plan: &Plan| -> Vec<String> {
        plan.steps
            .iter()
            .map(|step| serde_json::to_value(&step.act).unwrap()["act"].as_str().unwrap().into())
            .collect()
    };
    let plan = decided(&unit(), &situation);
    assert_eq!((acts(&plan), plan.departure), (vec!["delete".into(), "delete".into()], Some(System::Vtiger)));
    edit(&mut situation, System::Frappe, "person", "first", "Eva");
    let plan = decided(&unit(), &situation);
    assert_eq!(acts(&plan), ["delete"]);
    assert!(
        matches!(&plan.conflicts[..], [Conflict::DeleteEdit { deleted: System::Vtiger, edited, .. }] if edited.len() == 1)
    );
    situation.decided = vec![Decided { conflict: plan.conflicts[0].clone(), choice: Choice::Frappe }];
    assert_eq!(acts(&decided(&unit(), &situation)), ["delete", "unlink"]);
}

#[test]
fn policies_say_what_a_delete_means() {
    let mut situation = agreed();
    situation.record = None;
    let mark = DeletePolicy::Mark { field: "title".into(), value: "gone".into() };
    for (policy, acts) in [
        (DeletePolicy::Ignore, vec![]),
        (DeletePolicy::Unlink, vec!["unlink"]),
        (DeletePolicy::Propagate, vec!["delete"]),
        (mark, vec!["update", "unlink"]),
    ] {
        let mut unit = unit();
        unit.documents.truncate(1);
        unit.documents[0].deletes = policy;
        let plan = decided(&unit, &situation);
        let found: Vec<String> = plan
            .steps
            .iter()
            .map(|step| serde_json::to_value(&step.act).unwrap()["act"].as_str().unwrap().into())
            .collect();
        assert_eq!(found, acts);
        assert_eq!(plan.departure.is_some(), !acts.is_empty(), "the brake counts what follows");
    }
}

#[test]
fn what_was_made_of_a_unit_that_was_never_whole_goes_with_its_record() {
    let mut situation = agreed();
    situation.record = None;
    situation.counterparts.remove(&Role::from("note"));
    situation.counterparts.get_mut(&Role::from("person")).unwrap().half_made = true;
    let acts = |unit: &UnitMapping, situation: &Situation| {
        let plan = decided(unit, situation);
        let act = |step: &crate::plan::Step| serde_json::to_value(&step.act).unwrap()["act"].clone();
        plan.steps.iter().map(act).collect::<Vec<_>>()
    };
    for policy in [DeletePolicy::Ignore, DeletePolicy::Unlink, DeletePolicy::Propagate] {
        let mut unit = unit();
        unit.documents[0].deletes = policy.clone();
        assert_eq!(acts(&unit, &situation), ["delete"], "{policy:?}");
    }
    // What others may mean, what somebody touched, and what was whole once are for the policy.
    let mut unlinking = unit();
    unlinking.documents[0].deletes = DeletePolicy::Unlink;
    let mut shared = unlinking.clone();
    shared.documents[0].shared = true;
    assert_eq!(acts(&shared, &situation), ["unlink"]);
    let mut touched = situation.clone();
    touched.counterparts.get_mut(&Role::from("person")).unwrap().linked.as_mut().unwrap().version =
        "2".into();
    assert_eq!(acts(&unlinking, &touched), ["unlink"]);
    let mut edited_before_our_write = situation.clone();
    edit(&mut edited_before_our_write, System::Frappe, "person", "title", "Boss");
    assert_eq!(acts(&unlinking, &edited_before_our_write), ["unlink"]);
    situation.counterparts.get_mut(&Role::from("person")).unwrap().half_made = false;
    assert_eq!(acts(&unlinking, &situation), ["unlink"]);
}

#[test]
fn a_deleted_document_that_stands_for_the_record_deletes_it_unless_vtiger_was_edited() {
    let mut situation = agreed();
    situation.counterparts.get_mut(&Role::from("person")).unwrap().linked = None;
    let plan = decided(&unit(), &situation);
    assert!(matches!(&plan.vtiger, Some(VtigerStep::Delete { .. })), "{plan:#?}");
    assert!(plan.steps.is_empty());
    edit(&mut situation, System::Vtiger, "person", "firstname", "Eva");
    let plan = decided(&unit(), &situation);
    assert!(plan.vtiger.is_none());
    assert!(matches!(&plan.conflicts[..], [Conflict::DeleteEdit { deleted: System::Frappe, .. }]));
    let mut note_gone = agreed();
    note_gone.counterparts.get_mut(&Role::from("note")).unwrap().linked = None;
    let plan = decided(&unit(), &note_gone);
    assert!(matches!(&plan.steps[..], [step] if matches!(step.act, Act::Unlink { .. })), "{plan:#?}");
}

#[test]
fn what_was_given_up_is_left_alone() {
    let mut situation = agreed();
    let known = situation.counterparts.get_mut(&Role::from("note")).unwrap();
    known.tie.as_mut().unwrap().0.standing = LinkStanding::GivenUp;
    edit(&mut situation, System::Vtiger, "note", "description", "new");
    edit(&mut situation, System::Frappe, "note", "text", "newer");
    assert!(decided(&unit(), &situation).writes_nothing());
}

#[test]
fn a_submitted_document_waits_or_is_amended() {
    let mut situation = agreed();
    edit(&mut situation, System::Vtiger, "note", "description", "new");
    let note = situation.counterparts.get_mut(&Role::from("note")).unwrap();
    note.linked.as_mut().unwrap().fields.insert("docstatus".into(), Value::Integer(1));
    let plan = decided(&unit(), &situation);
    assert!(plan.steps.is_empty());
    assert!(
        matches!(&plan.conflicts[..], [Conflict::Submitted { changes, .. }] if changes[0].field.as_str() == "text")
    );
    let mut amending = unit();
    amending.documents[1].amend = true;
    let plan = decided(&amending, &situation);
    assert!(matches!(&plan.steps[..], [step] if matches!(step.act, Act::Amend { .. })), "{plan:#?}");
}

#[test]
fn a_document_that_appeared_becomes_a_record_unless_it_is_somebodys() {
    let mut situation = agreed();
    situation.record = None;
    situation.counterparts.clear();
    let contact = RecordRef::frappe("Contact", "Eva");
    situation.subject = contact.clone();
    situation.newcomer = Some(record(contact, &[("first", "Eva"), ("title", "Agent")]));
    let plan = decided(&unit(), &situation);
    let Some(VtigerStep::Create { changes, key, .. }) = &plan.vtiger else { panic!("{plan:#?}") };
    assert_eq!((changes.len(), key.0.as_str()), (2, "Contact/Eva"));
    assert_eq!(plan.verdict(), Verdict::Created);
    situation.namesake = Some(RecordRef::vtiger("Contacts", "12x7"));
    let plan = decided(&unit(), &situation);
    assert!(matches!(&plan.conflicts[..], [Conflict::Taken { .. }]));
    situation.decided = vec![Decided { conflict: plan.conflicts[0].clone(), choice: Choice::Separate }];
    assert!(decided(&unit(), &situation).vtiger.is_some());
    let mut external = unit();
    external.documents[0].external_id = Some("vtiger_id".into());
    let mut ours = situation.clone();
    ours.newcomer.as_mut().unwrap().fields.insert("vtiger_id".into(), Value::text("12x1/person"));
    assert_eq!(decided(&external, &ours).skipped, Some(SkipReason::NotNew));
}

#[test]
fn what_the_mapping_forbids_is_not_written_to_vtiger_first() {
    let mut unit = unit();
    unit.documents[0].checks = vec![Check::Required("first".into())];
    let mut situation = agreed();
    edit(&mut situation, System::Frappe, "person", "first", "");
    edit(&mut situation, System::Frappe, "note", "text", "new");
    let plan = decided(&unit, &situation);
    assert_eq!(plan.failures.len(), 1, "{plan:#?}");
    let Some(VtigerStep::Revise { changes, .. }) = &plan.vtiger else { panic!("{plan:#?}") };
    assert_eq!(changes.len(), 1, "the other edit goes through");
    assert_eq!(changes[0].field.as_str(), "description");
}
