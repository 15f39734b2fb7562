//! A small family: a customer with its owner and address, and an order; told from VTiger only.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::identity::{is_outgrown, operation_key};
use crate::link::{Link, LinkOrigin, LinkStanding};
use crate::mapping::{
    Check, Condition, DocumentMapping, FieldRule, MatchKey, MatchPart, Operand, RowRule, Source, Test,
};
use crate::name::{FieldName, Role, Version};
use crate::plan::{Act, Change, Conflict, Planned};
use crate::policy::{Clearing, ConflictPolicy, DeletePolicy, Direction};
use crate::record::RecordRef;
use crate::run::Verdict;
use crate::shadow::{Agreed, Shadow};
use crate::situation::{Candidate, Counterpart, FoundBy};
use crate::value::{Row, Value};
use crate::wanted::wanted_document;

fn rule(frappe: &str, source: Source) -> FieldRule {
    FieldRule {
        frappe: frappe.into(),
        source,
        transforms: Vec::new(),
        direction: Direction::Both,
        clearing: Clearing::Keep,
        conflict: None,
        on_create: false,
        deferred: false,
    }
}

fn from(names: &[&str]) -> Source {
    Source::Fields { names: names.iter().map(|name| FieldName::from(*name)).collect(), join: " ".into() }
}

fn document(role: &str, doctype: &str, fields: Vec<FieldRule>) -> DocumentMapping {
    DocumentMapping {
        role: role.into(),
        doctype: doctype.into(),
        exists_when: Vec::new(),
        shared: true,
        keyed: false,
        external_id: Some("vtiger_id".into()),
        match_keys: Vec::new(),
        fields,
        rows: Vec::new(),
        checks: Vec::new(),
        conflict: ConflictPolicy::Ask,
        first_contact: None,
        deletes: DeletePolicy::Unlink,
        amend: false,
        on_drift: None,
    }
}

fn family() -> UnitMapping {
    let mut primary = rule("customer_primary_contact", Source::Document("owner".into()));
    primary.deferred = true;
    let customer =
        document("customer", "Customer", vec![rule("customer_name", from(&["first", "last"])), primary]);
    let mut owner = document(
        "owner",
        "Contact",
        vec![
            rule("first_name", from(&["first"])),
            rule("last_name", from(&["last"])),
            rule("birth", from(&["birth"])),
        ],
    );
    owner.exists_when = vec!["first_name".into(), "last_name".into()];
    owner.match_keys =
        vec![MatchKey(vec![MatchPart::Field("last_name".into()), MatchPart::Field("birth".into())])];
    owner.checks = vec![Check::NotInFuture("birth".into())];
    owner.rows = vec![RowRule {
        table: "links".into(),
        columns: BTreeMap::from([
            ("link_doctype".into(), Source::Constant(Value::text("Customer"))),
            ("link_name".into(), Source::Document("customer".into())),
        ]),
        on_create: false,
        exclusive: Vec::new(),
    }];
    let mut order = document(
        "order",
        "Sales Order",
        vec![rule("customer", Source::Document("customer".into())), rule("plan", from(&["plan"]))],
    );
    order.shared = false;
    UnitMapping {
        name: "policy".into(),
        module: "SalesOrder".into(),
        selection: vec![Condition {
            field: "status".into(),
            test: Test::In(vec![Operand::Literal("Active".into())]),
        }],
        never_read: BTreeSet::new(),
        documents: vec![customer, owner, order],
        match_order: vec!["owner".into(), "customer".into(), "order".into()],
        create_in_vtiger: None,
        on_drift: None,
    }
}

fn order_of(fields: &[(&str, &str)]) -> Situation {
    let subject = RecordRef::vtiger("SalesOrder", "6x1");
    let date = |text: &str| text.parse().map(Value::Date);
    let values = fields
        .iter()
        .map(|(name, text)| (FieldName::from(*name), date(text).unwrap_or_else(|_| Value::text(*text))));
    Situation {
        subject: subject.clone(),
        record: Some(Record { reference: subject, version: "v1".into(), fields: values.collect() }),
        settings: BTreeMap::new(),
        today: "2026-03-01".parse().unwrap(),
        newcomer: None,
        namesake: None,
        awaited_by: None,
        writes_vtiger: false,
        refused_by_vtiger: false,
        decided: Vec::new(),
        counterparts: BTreeMap::new(),
        elsewhere: Vec::new(),
    }
}

const ANA: [(&str, &str); 5] =
    [("status", "Active"), ("first", "Ana"), ("last", "Prueba"), ("birth", "1990-02-28"), ("plan", "Silver")];

fn decided(situation: &Situation) -> Plan {
    decide(&family(), Schemas { vtiger: None, frappe: &BTreeMap::new() }, situation)
}

fn contact(name: &str, fields: &[(&str, &str)]) -> Record {
    let values = fields.iter().map(|(field, text)| (FieldName::from(*field), Value::text(*text)));
    Record { reference: RecordRef::frappe("Contact", name), version: "c1".into(), fields: values.collect() }
}

fn candidate(document: Record) -> Candidate {
    Candidate { document, found_by: FoundBy::MatchKey(0), taken_by: None }
}

/// Plays a plan against nothing but memory: what the documents would hold, and the ties the engine would keep.
fn carried_out(mut situation: Situation, plan: &Plan) -> Situation {
    let mut names: BTreeMap<Role, RecordRef> = BTreeMap::new();
    for step in &plan.steps {
        let reference =
            RecordRef::frappe(step.doctype.clone(), format!("{} of {}", step.role, situation.subject.id));
        names.entry(step.role.clone()).or_insert(reference);
        let known = situation.counterparts.entry(step.role.clone()).or_default();
        let mut record = known.linked.clone().unwrap_or_else(|| Record {
            reference: names[&step.role].clone(),
            version: Version::from("f1"),
            fields: BTreeMap::new(),
        });
        let mut shadow = known.tie.as_ref().map(|(_, shadow)| shadow.clone()).unwrap_or_default();
        for change in &step.changes {
            let value = change.after.resolve(&names).unwrap();
            record.fields.insert(change.field.clone(), value.clone());
            shadow.fields.insert(change.field.clone(), Agreed::on(value));
        }
        let link = Link {
            mapping: "m".into(),
            unit: "policy".into(),
            subject: situation.subject.clone(),
            role: step.role.clone(),
            document: record.reference.clone(),
            origin: LinkOrigin::Created,
            standing: LinkStanding::Live,
        };
        known.linked = Some(record);
        known.tie = Some((link, shadow));
    }
    situation
}

#[test]
fn parents_are_created_first_and_what_points_back_is_written_last() {
    let plan = decided(&order_of(&ANA));
    let steps: Vec<(&str, &str)> = plan
        .steps
        .iter()
        .map(|step| {
            let act = match step.act {
                Act::Create { .. } => "create",
                Act::Finish => "finish",
                Act::Link { .. } => "link",
                Act::Update { .. } => "update",
                Act::Amend { .. } | Act::Delete { .. } | Act::Unlink { .. } => "other",
            };
            (step.role.as_str(), act)
        })
        .collect();
    assert_eq!(
        steps,
        [("customer", "create"), ("owner", "create"), ("order", "create"), ("customer", "finish")]
    );
    assert_eq!(plan.verdict(), Verdict::Created);
    let owner = &plan.steps[1].changes;
    let links = owner.iter().find(|change| change.field.as_str() == "links").unwrap();
    assert_eq!(links.after.needs(), [&Role::from("customer")]);
    let key = owner.iter().find(|change| change.field.as_str() == "vtiger_id").unwrap();
    assert!(matches!(&key.after, Planned::Value(Value::Text(key)) if key.starts_with("6x1/owner/")));
}

#[test]
fn deciding_again_after_carrying_out_writes_nothing() {
    let situation = order_of(&ANA);
    let settled = carried_out(situation.clone(), &decided(&situation));
    let again = decided(&settled);
    assert_eq!(again.steps, [], "{again:#?}");
    assert_eq!(again.verdict(), Verdict::Unchanged);
}

#[test]
fn only_the_field_that_changed_is_written() {
    let situation = order_of(&ANA);
    let mut settled = carried_out(situation.clone(), &decided(&situation));
    settled.record.as_mut().unwrap().fields.insert("plan".into(), Value::text("Gold"));
    let plan = decided(&settled);
    assert_eq!(plan.steps.len(), 1);
    assert_eq!(plan.steps[0].role.as_str(), "order");
    assert_eq!(
        plan.steps[0].changes,
        [Change {
            field: "plan".into(),
            before: Some(Value::text("Silver")),
            after: Planned::Value(Value::text("Gold")),
        }]
    );
}

#[test]
fn a_removed_link_row_is_put_back_beside_the_others() {
    let situation = order_of(&ANA);
    let mut settled = carried_out(situation.clone(), &decided(&situation));
    let other =
        Row { name: Some("row1".into()), columns: [("link_name".into(), Value::text("Other"))].into() };
    let owner = settled.counterparts.get_mut("owner").unwrap().linked.as_mut().unwrap();
    owner.fields.insert("links".into(), Value::Rows(vec![other]));
    let plan = decided(&settled);
    let Planned::Rows(rows) = &plan.steps[0].changes[0].after else { panic!("{plan:#?}") };
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0].name.as_deref(), Some("row1"));
    assert_eq!(
        rows[1].columns["link_name"],
        Planned::Value(Value::Reference(RecordRef::frappe("Customer", "customer of 6x1")))
    );
}

#[test]
fn a_document_that_is_already_there_is_adopted() {
    let mut situation = order_of(&ANA);
    let found =
        contact("Ana Prueba", &[("first_name", "Ana"), ("last_name", "PRUEBA"), ("birth", "1990-02-28")]);
    situation
        .counterparts
        .insert("owner".into(), Counterpart { candidates: vec![candidate(found)], ..Counterpart::default() });
    let plan = decided(&situation);
    assert!(
        plan.steps
            .iter()
            .all(|step| step.role.as_str() != "owner" || !matches!(step.act, Act::Create { .. }))
    );
    let update = plan.steps.iter().find(|step| matches!(step.act, Act::Update { .. })).unwrap();
    let fields: Vec<&str> = update.changes.iter().map(|change| change.field.as_str()).collect();
    assert_eq!(fields, ["last_name", "links"], "the same day is the same, as text or as date: {update:#?}");
}

#[test]
fn several_candidates_wait_for_a_person_and_nothing_that_needs_them_is_written() {
    let mut situation = order_of(&ANA);
    let two = ["A", "B"].map(|name| candidate(contact(name, &[("last_name", "Prueba")])));
    situation
        .counterparts
        .insert("owner".into(), Counterpart { candidates: two.into(), ..Counterpart::default() });
    let plan = decided(&situation);
    assert!(matches!(&plan.conflicts[..], [Conflict::Ambiguous { candidates, .. }] if candidates.len() == 2));
    assert_eq!(plan.verdict(), Verdict::Conflicted);
    assert!(plan.steps.iter().all(|step| step.role.as_str() != "owner" && step.act != Act::Finish));
}

#[test]
fn a_document_of_another_record_is_not_taken() {
    let mut situation = order_of(&ANA);
    let mut found = candidate(Record {
        reference: RecordRef::frappe("Sales Order", "SO-1"),
        version: "s1".into(),
        fields: BTreeMap::new(),
    });
    found.taken_by = Some(RecordRef::vtiger("SalesOrder", "6x2"));
    situation
        .counterparts
        .insert("order".into(), Counterpart { candidates: vec![found], ..Counterpart::default() });
    let plan = decided(&situation);
    assert!(matches!(&plan.conflicts[..], [Conflict::Taken { by, .. }] if by.id.as_str() == "6x2"));
}

#[test]
fn a_date_in_the_future_fails_the_contact_alone() {
    let mut fields = ANA;
    fields[3] = ("birth", "2026-03-02");
    let plan = decided(&order_of(&fields));
    assert_eq!(plan.failures[0].code, "check.date_in_future");
    assert_eq!(plan.failures[0].place.as_deref(), Some("owner.birth"));
    let written: Vec<&str> = plan.steps.iter().map(|step| step.role.as_str()).collect();
    assert_eq!(written, ["customer", "order"]);
    assert_eq!(plan.verdict(), Verdict::Failed);
}

#[test]
fn what_the_selection_leaves_out_is_skipped() {
    let mut fields = ANA;
    fields[0] = ("status", "Cancelled");
    let plan = decided(&order_of(&fields));
    assert_eq!((plan.skipped, plan.steps.len()), (Some(SkipReason::NotSelected), 0));
    let mut gone = order_of(&ANA);
    gone.record = None;
    assert_eq!(decided(&gone).skipped, Some(SkipReason::NotThere));
}

#[test]
fn people_without_a_name_do_not_exist() {
    let plan = decided(&order_of(&[("status", "Active"), ("first", ""), ("last", ""), ("plan", "Silver")]));
    assert!(plan.steps.iter().all(|step| step.role.as_str() != "owner"), "{plan:#?}");
}

#[test]
fn a_plan_survives_json() {
    let plan = decided(&order_of(&ANA));
    let json = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<Plan>(&json).unwrap(), plan);
}

fn linked(document: &str, agreed: &[(&str, &str)]) -> Counterpart {
    let fields = agreed.iter().map(|(field, text)| (FieldName::from(*field), Agreed::on(Value::text(*text))));
    let link = Link {
        mapping: "m".into(),
        unit: "policy".into(),
        subject: RecordRef::vtiger("SalesOrder", "6x1"),
        role: "owner".into(),
        document: RecordRef::frappe("Contact", document),
        origin: LinkOrigin::Created,
        standing: LinkStanding::Live,
    };
    let shadow = Shadow { fields: fields.collect(), ..Shadow::default() };
    Counterpart { tie: Some((link, shadow)), ..Counterpart::default() }
}

#[test]
fn another_key_is_another_document_only_where_the_document_is_what_its_key_says() {
    let family = family();
    let owner = family.document(&"owner".into()).unwrap();
    let situation = order_of(&ANA);
    let wanted = wanted_document(owner, None, situation.record.as_ref().unwrap(), &situation).unwrap();
    let (none, customer) = (BTreeSet::new(), Role::from("customer"));
    let outgrown =
        |mapping: &DocumentMapping, known: &Counterpart| is_outgrown(mapping, &wanted, known, &none);
    let same = linked("A", &[("last_name", "prueba"), ("birth", "1990-02-28")]);
    let corrected = linked("A", &[("last_name", "Pruebas"), ("birth", "1990-02-28")]);
    let replaced = linked("A", &[("last_name", "Otro"), ("birth", "1970-01-01")]);
    assert!(!outgrown(owner, &same), "case is no change");
    assert!(!outgrown(owner, &corrected), "one part changed is a correction");
    assert!(outgrown(owner, &replaced), "two parts changed is another person");
    let mut with_others = corrected.clone();
    with_others.others = vec![(RecordRef::vtiger("SalesOrder", "6x2"), Shadow::default())];
    assert!(outgrown(owner, &with_others), "the other record still means the one that was");
    let mut keyed = owner.clone();
    keyed.keyed = true;
    assert!(outgrown(&keyed, &corrected));
    let mut alone = owner.clone();
    alone.shared = false;
    assert!(!outgrown(&alone, &replaced));
    let mut tied = owner.clone();
    tied.match_keys =
        vec![MatchKey(vec![MatchPart::Field("last_name".into()), MatchPart::Linked(customer.clone())])];
    assert!(
        is_outgrown(&tied, &wanted, &same, &BTreeSet::from([&customer])),
        "another customer's is another"
    );
}

#[test]
fn the_key_of_a_shared_creation_names_what_it_was_created_for() {
    let family = family();
    let owner = family.document(&"owner".into()).unwrap();
    let situation = order_of(&ANA);
    let wanted = wanted_document(owner, None, situation.record.as_ref().unwrap(), &situation).unwrap();
    assert!(operation_key(owner, &situation.subject, &wanted).0.starts_with("6x1/owner/"));
    let order = family.document(&"order".into()).unwrap();
    assert_eq!(operation_key(order, &situation.subject, &wanted).0, "6x1/order");
}

#[test]
fn records_that_share_a_document_do_not_quarrel_over_it() {
    let situation = order_of(&ANA);
    let mut settled = carried_out(situation.clone(), &decided(&situation));
    let mut unit = family();
    unit.documents[0].fields[0].direction = Direction::ToFrappe;
    let other = Shadow {
        fields: BTreeMap::from([("customer_name".into(), Agreed::on(Value::text("Ana Otra")))]),
        ..Shadow::default()
    };
    let customer = settled.counterparts.get_mut("customer").unwrap();
    customer.others = vec![(RecordRef::vtiger("SalesOrder", "6x2"), other)];
    customer.linked.as_mut().unwrap().fields.insert("customer_name".into(), Value::text("Ana Otra"));
    let plan = decide(&unit, Schemas { vtiger: None, frappe: &BTreeMap::new() }, &settled);
    assert_eq!(plan.steps, []);
    assert!(
        matches!(&plan.conflicts[..], [Conflict::Shared { other, .. }] if other.id.as_str() == "6x2"),
        "{plan:#?}"
    );
}

#[test]
fn records_that_spell_one_key_differently_do_not_quarrel_over_it() {
    let situation = order_of(&ANA);
    let mut settled = carried_out(situation.clone(), &decided(&situation));
    let mut unit = family();
    unit.documents[0].fields[0].direction = Direction::ToFrappe;
    unit.documents[0].keyed = true;
    let theirs = Value::text("ANA PRUEBA");
    let other = Shadow {
        fields: BTreeMap::from([("customer_name".into(), Agreed::on(theirs.clone()))]),
        ..Shadow::default()
    };
    let customer = settled.counterparts.get_mut("customer").unwrap();
    customer.others = vec![(RecordRef::vtiger("SalesOrder", "6x2"), other)];
    customer.linked.as_mut().unwrap().fields.insert("customer_name".into(), theirs.clone());
    let plan = decide(&unit, Schemas { vtiger: None, frappe: &BTreeMap::new() }, &settled);
    assert!(plan.steps.is_empty() && plan.conflicts.is_empty(), "{plan:#?}");
    let agreed = &plan.agreed[&Role::from("customer")][&FieldName::from("customer_name")];
    assert_eq!(*agreed, Agreed { vtiger: Value::text("Ana Prueba"), frappe: theirs });
}

#[test]
fn what_is_not_made_since_its_parent_is_given_up_just_now_is_told() {
    let situation = order_of(&ANA);
    let mut settled = carried_out(situation.clone(), &decided(&situation));
    settled.counterparts.remove("order");
    assert!(!settled.misses_a_document());
    settled.counterparts.get_mut("customer").unwrap().linked = None;
    assert!(settled.misses_a_document());
    let plan = decided(&settled);
    assert!(plan.steps.iter().all(|step| matches!(step.act, Act::Unlink { .. })), "{plan:#?}");
    let told: Vec<_> =
        plan.failures.iter().map(|failure| (failure.code.as_str(), failure.place.as_deref())).collect();
    assert_eq!(told, [("unit.parent_given_up", Some("order"))]);
}

#[test]
fn a_part_of_a_joined_name_that_is_cleared_does_not_shorten_it() {
    let situation = order_of(&ANA);
    let mut settled = carried_out(situation.clone(), &decided(&situation));
    settled.record.as_mut().unwrap().fields.insert("last".into(), Value::Empty);
    let plan = decided(&settled);
    assert_eq!(plan.steps, [], "{plan:#?}");
}
