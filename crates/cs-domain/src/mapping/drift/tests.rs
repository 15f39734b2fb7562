use std::fmt::Write as _;

use super::*;
use crate::mapping::{DocumentPart, parse};
use crate::schema::{FieldSchema, FieldType, KindSchema};

/// `ON` stands where a policy can be said.
const MAPPING: &str = r#"
format = 1
name = "people"
title = "People"
ON
[[unit]]
name = "person"
module = "Contacts"
selection = [{ field = "leadsource", in = ["Web", "Fair"] }]
[unit.create_in_vtiger]
document = "person"
[[unit.document]]
role = "person"
doctype = "Contact"
external_id = "vtiger_id"
match = [["first_name"]]
[unit.document.fields]
first_name = "firstname"
last_name = "lastname"
department = "Division"
salutation = { vtiger = "salutationtype", transform = { map = { "Mr." = "Mr", "Ms." = "Ms" } } }
status = { constant = "Open", on_create = true }
[[unit.document.row]]
table = "links"
columns = { link_doctype = { constant = "Customer" }, link_name = "account", Note = { constant = "us" } }
"#;

fn field(name: &str, label: &str, field_type: FieldType) -> FieldSchema {
    FieldSchema {
        name: name.into(),
        label: label.into(),
        field_type,
        mandatory: false,
        writable: true,
        max_chars: Some(100),
        bmp_only: false,
        unique: false,
        allow_on_submit: false,
    }
}

fn list(values: &[&str]) -> FieldType {
    FieldType::Choice { values: values.iter().map(|value| (*value).to_owned()).collect(), closed: true }
}

fn kind(name: &str, fields: Vec<FieldSchema>) -> KindSchema {
    KindSchema {
        kind: name.into(),
        label: name.into(),
        creatable: true,
        updatable: true,
        submittable: false,
        fields: fields.into_iter().map(|field| (field.name.clone(), field)).collect(),
    }
}

fn seen() -> Seen {
    let text = |name: &str| field(name, name, FieldType::Text);
    let there = vec![
        text("firstname"),
        text("lastname"),
        text("account"),
        text("other"),
        field("cf_7", "Division", FieldType::Text),
        field("salutationtype", "Salutation", list(&["Mr.", "Ms.", "Dr."])),
        field("leadsource", "Lead Source", list(&["Web", "Fair", "Phone"])),
    ];
    let here = vec![
        text("vtiger_id"),
        text("first_name"),
        text("last_name"),
        text("department"),
        text("nickname"),
        field("salutation", "Salutation", list(&["Mr", "Ms", "Dr"])),
        field("status", "Status", list(&["Open", "Passive"])),
        field("links", "Links", FieldType::Rows { kind: "Dynamic Link".into() }),
    ];
    let rows = vec![
        field("link_doctype", "Document Type", list(&["Customer", "Supplier"])),
        text("link_name"),
        field("link_title", "Title", FieldType::Text),
        field("parent_note", "Note", FieldType::Text),
    ];
    let mut seen = Seen::default();
    seen.vtiger.insert("Contacts".into(), kind("Contacts", there));
    seen.frappe.insert("Contact".into(), kind("Contact", here));
    seen.frappe.insert("Dynamic Link".into(), kind("Dynamic Link", rows));
    seen
}

fn mapping(on_drift: &str) -> Mapping {
    parse(&MAPPING.replace("ON", on_drift)).unwrap_or_else(|problems| panic!("{problems:?}")).mapping
}

/// What is changed, which field, in whose system.
type Change = fn(&mut FieldSchema);

fn changed(system: System, name: &str, change: Change) -> Seen {
    let mut now = seen();
    let schemas = match system {
        System::Vtiger => &mut now.vtiger,
        System::Frappe => &mut now.frappe,
    };
    change(schemas.values_mut().next().unwrap().fields.get_mut(name).unwrap());
    now
}

fn gone(system: System, name: &str) -> Seen {
    let mut now = seen();
    let schemas = match system {
        System::Vtiger => &mut now.vtiger,
        System::Frappe => &mut now.frappe,
    };
    schemas.values_mut().next().unwrap().fields.remove(name);
    now
}

/// Code and verdict where nothing, `stop`, `skip_field` and `go_on` is said.
fn verdicts(now: &Seen) -> String {
    let mut told = String::new();
    for said in ["", "stop", "skip_field", "go_on"] {
        let line = if said.is_empty() { String::new() } else { format!("on_drift = \"{said}\"") };
        for drift in compare(&mapping(&line), &seen(), now) {
            let _ = write!(told, "{}:{} ", drift.code().trim_start_matches("drift."), drift.verdict.as_str());
        }
    }
    told.trim_end().to_owned()
}

#[test]
fn nothing_has_changed_where_nothing_has() {
    assert_eq!(verdicts(&seen()), "");
    let mut now = gone(System::Vtiger, "other");
    now.frappe.values_mut().next().unwrap().fields.remove("nickname");
    assert_eq!(verdicts(&now), "", "nothing that the mapping uses");
}

/// What changes, what it is called, and the verdicts where nothing, `stop`, `skip_field` and `go_on` is said; none where it
/// is no change to the mapping.
type Row = (System, &'static str, Change, &'static str, &'static str);

fn short(field: &mut FieldSchema) {
    field.max_chars = Some(10);
}
fn locked(field: &mut FieldSchema) {
    field.writable = false;
}
fn needed(field: &mut FieldSchema) {
    field.mandatory = true;
}
fn dated(field: &mut FieldSchema) {
    field.field_type = FieldType::DateTime;
}
fn counted(field: &mut FieldSchema) {
    field.field_type = FieldType::Integer;
}
fn relabelled(field: &mut FieldSchema) {
    field.label = "Sector".to_owned();
}
fn without_ms(field: &mut FieldSchema) {
    field.field_type = list(&["Mr.", "Dr."]);
}
fn without_dr(field: &mut FieldSchema) {
    field.field_type = list(&["Mr", "Ms"]);
}
fn without_fair(field: &mut FieldSchema) {
    field.field_type = list(&["Web", "Phone"]);
}
fn without_customer(field: &mut FieldSchema) {
    field.field_type = list(&["Supplier"]);
}
fn without_supplier(field: &mut FieldSchema) {
    field.field_type = list(&["Customer"]);
}
fn without_open(field: &mut FieldSchema) {
    field.field_type = list(&["Passive"]);
}

const CHANGES: &[Row] = &[
    // A text may be a number, and a number's text goes on; a point in time is none.
    (System::Frappe, "last_name", dated, "type_changed", "stop stop skip_field skip_field"),
    (System::Frappe, "last_name", counted, "type_changed", "stop stop skip_field go_on"),
    (System::Vtiger, "lastname", short, "shortened", "go_on stop skip_field go_on"),
    (System::Frappe, "last_name", locked, "not_writable", "stop stop skip_field skip_field"),
    (System::Frappe, "vtiger_id", locked, "not_writable", "stop stop stop stop"),
    (System::Frappe, "nickname", needed, "became_mandatory", "go_on stop go_on go_on"),
    (System::Frappe, "last_name", needed, "", ""),
    // A new record would be refused: where the run is to go on, none is made.
    (System::Vtiger, "other", needed, "became_mandatory", "stop stop skip_field skip_field"),
    (System::Vtiger, "salutationtype", without_ms, "choice_lost", "stop stop skip_field go_on"),
    (System::Frappe, "salutation", without_dr, "choice_lost", "go_on stop skip_field go_on"),
    (System::Vtiger, "leadsource", without_fair, "choice_lost", "stop stop stop go_on"),
    (System::Frappe, "status", without_open, "choice_lost", "stop stop skip_field go_on"),
    (System::Vtiger, "cf_7", relabelled, "relabelled", "go_on go_on go_on go_on"),
    (System::Vtiger, "firstname", relabelled, "", ""),
];

#[test]
fn every_change_has_its_verdict() {
    for (system, name, change, code, expected) in CHANGES {
        let told = expected.split_whitespace().map(|verdict| format!("{code}:{verdict}"));
        assert_eq!(verdicts(&changed(*system, name, *change)), told.collect::<Vec<_>>().join(" "), "{name}");
    }
}

#[test]
fn what_is_gone_is_skipped_where_nothing_hangs_on_it() {
    use System::{Frappe, Vtiger};
    for (system, name, expected) in [
        (Frappe, "last_name", ["stop", "stop", "skip_field", "skip_field"]),
        // The document is found by it.
        (Frappe, "first_name", ["stop"; 4]),
        (Vtiger, "firstname", ["stop"; 4]),
        // A condition names it, and a row.
        (Vtiger, "leadsource", ["stop"; 4]),
        (Frappe, "links", ["stop"; 4]),
        (Vtiger, "account", ["stop"; 4]),
    ] {
        let told = expected.map(|verdict| format!("field_vanished:{verdict}"));
        assert_eq!(verdicts(&gone(system, name)), told.join(" "), "{name}");
    }
}

/// A column of the table changes, or is gone.
fn column(name: &str, change: Option<Change>) -> Seen {
    let mut now = seen();
    let rows = &mut now.frappe.get_mut("Dynamic Link").unwrap().fields;
    match change {
        Some(change) => change(rows.get_mut(name).unwrap()),
        None => drop(rows.remove(name)),
    }
    now
}

#[test]
fn every_change_of_a_table_s_columns_has_its_verdict() {
    // A row without one of its columns is none: it cannot be left out.
    let expected: &[(&str, Option<Change>, &str, &str)] = &[
        ("link_name", None, "field_vanished", "stop stop stop stop"),
        ("parent_note", None, "field_vanished", "stop stop stop stop"),
        ("link_name", Some(counted), "type_changed", "stop stop stop go_on"),
        ("link_name", Some(locked), "not_writable", "stop stop stop stop"),
        ("link_name", Some(short), "shortened", "go_on stop go_on go_on"),
        ("link_doctype", Some(without_customer), "choice_lost", "stop stop stop go_on"),
        ("link_doctype", Some(without_supplier), "choice_lost", "go_on stop go_on go_on"),
        ("parent_note", Some(relabelled), "relabelled", "go_on go_on go_on go_on"),
        ("link_title", Some(needed), "became_mandatory", "go_on stop go_on go_on"),
        ("link_name", Some(needed), "", ""),
        ("link_title", Some(counted), "", ""),
    ];
    for (name, change, code, expected) in expected {
        let told = expected.split_whitespace().map(|verdict| format!("{code}:{verdict}"));
        let told = told.collect::<Vec<_>>().join(" ");
        assert_eq!(verdicts(&column(name, *change)), told, "{name} {code}");
    }
    let drifts = compare(&mapping(""), &seen(), &column("parent_note", None));
    assert_eq!(drifts[0].to_string(), "parent_note (Note) of Frappe's Dynamic Link is not there any more");
    let place = Place::Document {
        unit: "person".into(),
        role: "person".into(),
        part: DocumentPart::Column(0, "parent_note".into()),
    };
    assert_eq!(drifts[0].places, [place]);
}

#[test]
fn a_column_that_is_relabelled_is_called_by_its_own_name_and_the_order_of_columns_does_not_matter() {
    let named = named_as_before(&mapping(""), &seen());
    let columns: Vec<&str> =
        named.units[0].documents[0].rows[0].columns.keys().map(FieldName::as_str).collect();
    assert_eq!(columns, ["link_doctype", "link_name", "parent_note"]);
}

#[test]
fn a_table_s_rows_that_vanished_stop_every_run() {
    let mut now = seen();
    now.frappe.remove("Dynamic Link");
    assert_eq!(verdicts(&now), ["kind_vanished:stop"; 4].join(" "));
    // Rows that nobody looked at before have not changed.
    let mut before = seen();
    before.frappe.remove("Dynamic Link");
    assert!(compare(&mapping(""), &before, &column("link_name", None)).is_empty());
}

#[test]
fn a_kind_that_vanished_stops_every_run() {
    let mut now = seen();
    now.frappe.clear();
    assert_eq!(verdicts(&now), ["kind_vanished:stop"; 4].join(" "));
}

#[test]
fn a_kind_that_was_never_looked_at_has_not_changed() {
    let mut before = seen();
    before.frappe.clear();
    assert!(compare(&mapping(""), &before, &gone(System::Frappe, "last_name")).is_empty());
}

#[test]
fn what_stands_further_in_is_what_holds() {
    let text = MAPPING.replace("ON", "on_drift = \"go_on\"");
    let text = text.replace("doctype = \"Contact\"", "doctype = \"Contact\"\non_drift = \"stop\"");
    let mapping = parse(&text).unwrap().mapping;
    assert_eq!(mapping.units[0].on_drift, Some(DriftPolicy::GoOn));
    let drifts = compare(&mapping, &seen(), &gone(System::Frappe, "last_name"));
    assert_eq!(drifts[0].verdict, DriftPolicy::Stop);
}

#[test]
fn a_skipped_field_has_no_rule_and_the_rest_stays() {
    let mapping = mapping("on_drift = \"skip_field\"");
    let now = gone(System::Vtiger, "lastname");
    let named = named_as_before(&mapping, &seen());
    let left = without(&named, &compare(&mapping, &seen(), &now));
    let rules = |mapping: &Mapping| -> Vec<String> {
        mapping.units[0].documents[0].fields.iter().map(|rule| rule.frappe.to_string()).collect()
    };
    assert_eq!(rules(&left), ["first_name", "department", "salutation", "status"]);
    assert_eq!(
        left.units[0].documents[0].fields[1].source.vtiger_fields(),
        ["cf_7".into()],
        "by its API name"
    );
    let mandatory = changed(System::Vtiger, "other", |field| field.mandatory = true);
    let left = without(&named, &compare(&mapping, &seen(), &mandatory));
    assert!(left.units[0].create_in_vtiger.is_none() && rules(&left).len() == 5);
}

#[test]
fn each_change_is_told_with_what_to_do() {
    let mut now = changed(System::Vtiger, "salutationtype", |field| field.field_type = list(&["Mr.", "Dr."]));
    now.vtiger.values_mut().next().unwrap().fields.remove("cf_7");
    let drifts = compare(&mapping(""), &seen(), &now);
    let told: Vec<String> = drifts.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "cf_7 (Division) of VTiger's Contacts is not there any more",
            "salutationtype (Salutation) of VTiger's Contacts has lost `Ms.`",
        ]
    );
    assert!(drifts.iter().all(|drift| drift.remedy().ends_with('.')));
    let json = serde_json::to_value(&drifts).unwrap();
    assert_eq!(json[0]["drift"], "field_vanished");
    assert_eq!(json[1]["verdict"], "stop");
    assert_eq!(serde_json::from_value::<Vec<Drift>>(json).unwrap(), drifts);
}
