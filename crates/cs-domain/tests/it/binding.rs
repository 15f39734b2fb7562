//! Mappings against what the two systems say of their fields.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use cs_domain::mapping::{Bound, Schemas, Severity, bind, parse, shipped};
use cs_domain::{FieldSchema, FieldType, KindSchema};

fn field(name: &str, label: &str, field_type: FieldType) -> FieldSchema {
    FieldSchema {
        name: name.into(),
        label: label.into(),
        field_type,
        mandatory: false,
        writable: true,
        max_chars: None,
        bmp_only: false,
        unique: false,
        allow_on_submit: false,
    }
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

fn schemas(kinds: Vec<KindSchema>) -> Schemas {
    kinds.into_iter().map(|kind| (kind.kind.clone(), kind)).collect()
}

fn reference(kind: &str) -> FieldType {
    FieldType::Reference { kinds: vec![kind.into()] }
}

fn vtiger() -> Schemas {
    let mut stamp = field("modifiedtime", "Modified Time", FieldType::DateTime);
    stamp.writable = false;
    let fields = vec![
        field("cf_7", "Owner First Name", FieldType::Text),
        field("cf_8", "Name", FieldType::Text),
        field("cf_9", "name", FieldType::Text),
        field("cf_10", "Born", FieldType::Date),
        field("cf_11", "Paid", FieldType::Boolean),
        field("account_id", "Organization", reference("Accounts")),
        stamp,
    ];
    schemas(vec![
        kind("SalesOrder", fields),
        kind("Accounts", vec![field("accountname", "Name", FieldType::Text)]),
    ])
}

fn frappe() -> Schemas {
    let unique = |mut field: FieldSchema| {
        field.unique = true;
        field
    };
    let mut full_name = field("full_name", "Full Name", FieldType::Text);
    full_name.writable = false;
    let mut last_name = field("last_name", "Last Name", FieldType::Text);
    last_name.mandatory = true;
    let rows = FieldType::Rows { kind: "Dynamic Link".into() };
    schemas(vec![
        kind(
            "Contact",
            vec![
                field("first_name", "First Name", FieldType::Text),
                last_name,
                full_name,
                field("born", "Born", FieldType::Date),
                field("paid", "Paid", FieldType::Boolean),
                field("changed", "Changed", FieldType::DateTime),
                field("customer", "Customer", reference("Customer")),
                field("links", "Links", rows),
                unique(field("vtiger_id", "VTiger ID", FieldType::Text)),
                field("plain_id", "Plain ID", FieldType::Text),
            ],
        ),
        kind("Customer", vec![field("customer_name", "Customer Name", FieldType::Text)]),
        kind("Dynamic Link", vec![field("link_name", "Link Name", FieldType::Reference { kinds: vec![] })]),
    ])
}

fn text(fields: &str) -> String {
    text_with(
        "SalesOrder",
        "Contact",
        "vtiger_id",
        &format!("[unit.document.fields]\nlast_name = \"cf_8\"\n{fields}"),
    )
}

fn text_with(module: &str, doctype: &str, external_id: &str, rest: &str) -> String {
    format!(
        r#"format = 1
name = "test"
title = "Test"
[[unit]]
name = "account"
module = "Accounts"
[[unit.document]]
role = "customer"
doctype = "Customer"
[unit.document.fields]
customer_name = "accountname"
[[unit]]
name = "order"
module = "{module}"
[[unit.document]]
role = "bank"
doctype = "Customer"
[[unit.document]]
role = "owner"
doctype = "{doctype}"
external_id = "{external_id}"
{rest}
"#
    )
}

fn bound(text: &str) -> Bound {
    bind(&parse(text).unwrap().mapping, &vtiger(), &frappe()).unwrap()
}

#[test]
fn labels_become_api_names_on_both_sides() {
    let text = text(
        "\"First Name\" = \"owner first name\"\nBorn = 10\n[[unit.document.row]]\ntable = \"Links\"\ncolumns = { \"Link Name\" = \"Paid\" }",
    );
    let text = text.replace("external_id = \"vtiger_id\"", "external_id = \"VTiger ID\"\nexists_when = [\"First Name\"]\nmatch = [[\"First Name\", \"Born\"]]\nchecks = [{ not_in_future = \"Born\" }]");
    let text = text.replace("module = \"SalesOrder\"", "module = \"SalesOrder\"\nnever_read = [\"No such field\"]\nselection = [{ field = \"BORN\", present = true }]");
    let Bound { mapping, warnings } = bound(&text);
    let told: Vec<&str> = warnings.iter().map(|warning| warning.code.as_str()).collect();
    assert_eq!(told, ["bind.never_read_unknown"]);
    let unit = mapping.unit(&"order".into()).unwrap();
    let read: Vec<&str> = unit.vtiger_fields().iter().map(|field| field.as_str()).collect();
    assert_eq!(read, ["cf_10", "cf_11", "cf_7", "cf_8"]);
    let owner = unit.document(&"owner".into()).unwrap();
    let rules: Vec<&str> = owner.fields.iter().map(|rule| rule.frappe.as_str()).collect();
    assert_eq!(rules, ["last_name", "first_name", "born"]);
    assert_eq!(owner.external_id, Some("vtiger_id".into()));
    assert_eq!(owner.exists_when, ["first_name".into()]);
    let shown = owner.to_string();
    assert!(shown.contains("found by first_name + born"), "{shown}");
    assert!(shown.contains("only if born is not in the future"), "{shown}");
    assert!(shown.contains("row of links: link_name <- cf_11"), "{shown}");
}

#[test]
fn what_does_not_fit_is_told_at_its_place() {
    let cases = [
        ("bind.unknown_kind", text_with("SalesOrdr", "Contact", "vtiger_id", "")),
        ("bind.unknown_kind", text_with("SalesOrder", "Kontact", "vtiger_id", "")),
        ("bind.unknown_kind", text_with("SalesOrder", "Bank Card", "vtiger_id", "")),
        ("bind.unknown_field", text("first_name = \"Owner Frist Name\"")),
        ("bind.unknown_field", text("first_name = 4711")),
        ("bind.unknown_field", text("frist_name = 7")),
        ("bind.ambiguous_label", text("first_name = \"NAME\"")),
        ("bind.not_writable", text("full_name = 7")),
        ("bind.not_writable", text("changed = \"modifiedtime\"")),
        ("bind.types", text("born = \"Paid\"")),
        ("bind.types", text("paid = \"Born\"")),
        ("bind.is_a_table", text("links = 7")),
        ("bind.not_a_table", text("[[unit.document.row]]\ntable = \"born\"\ncolumns = { x = 7 }")),
        ("bind.unknown_field", text("[[unit.document.row]]\ntable = \"links\"\ncolumns = { linkname = 7 }")),
        ("bind.not_a_reference", text("customer = { vtiger = 7, unit = \"account\", role = \"customer\" }")),
        ("bind.wrong_reference", text("born = { document = \"bank\" }")),
        ("bind.external_id_missing", text_with("SalesOrder", "Contact", "cstom_id", "")),
        ("bind.external_id_not_unique", text_with("SalesOrder", "Contact", "plain_id", "")),
        ("bind.field_twice", text("first_name = 7\n\"First Name\" = { constant = \"x\" }")),
        ("bind.field_twice", text("\"VTiger ID\" = 7")),
        (
            "bind.never_read",
            text("first_name = \"Owner First Name\"")
                .replace("module = \"SalesOrder\"", "module = \"SalesOrder\"\nnever_read = [7]"),
        ),
    ];
    let mut read = String::new();
    for (code, text) in cases {
        let parsed = parse(&text).unwrap();
        let problems = bind(&parsed.mapping, &vtiger(), &frappe()).expect_err(code);
        let errors = problems.iter().filter(|problem| problem.severity == Severity::Error);
        for problem in errors {
            assert_eq!(problem.code, code, "{problem:?}");
            assert!(parsed.places.contains_key(&problem.place), "{problem:?}");
            let located = parsed.locate(&text, problem);
            writeln!(read, "{}\n  in {}", located.render("test.toml"), problem.place).unwrap();
        }
    }
    insta::assert_snapshot!("what_people_read_of_binding", read);
}

#[test]
fn a_wrong_doctype_in_a_reference_is_told() {
    let mut frappe = frappe();
    let contact = frappe.get_mut("Contact").unwrap();
    contact.fields.get_mut("customer").unwrap().field_type = reference("Supplier");
    let parsed = parse(&text("customer = { document = \"bank\" }")).unwrap();
    let problems = bind(&parsed.mapping, &vtiger(), &frappe).unwrap_err();
    assert_eq!(problems[0].message, "customer holds Supplier, and the document it is to name is a Customer");
}

#[test]
fn a_mandatory_field_without_a_rule_is_a_warning() {
    let rest = "[unit.document.fields]\nfirst_name = 7";
    let Bound { warnings, .. } = bound(&text_with("SalesOrder", "Contact", "vtiger_id", rest));
    let told: Vec<(&str, &str)> = warnings.iter().map(|w| (w.code.as_str(), w.message.as_str())).collect();
    let expected = "Contact needs last_name, and no rule fills that";
    assert_eq!(told, [("bind.mandatory_unmapped", expected)]);
}

/// The crm mapping names VTiger's fields as a real server does.
#[test]
fn the_crm_mapping_reads_fields_that_vtiger_has() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures/vtiger");
    if !folder.is_dir() {
        println!("skipped: {} is not there", folder.display());
        return;
    }
    let (_, text) = shipped().iter().find(|(name, _)| *name == "crm").unwrap();
    for unit in parse(text).unwrap().mapping.units {
        let recorded =
            std::fs::read_to_string(folder.join(format!("002_describe_{}.json", unit.module))).unwrap();
        let names = described_fields(&serde_json::from_str(&recorded).unwrap());
        for field in unit.vtiger_fields() {
            assert!(names.contains(field.as_str()), "{} has no {field}", unit.module);
        }
    }
}

/// Field names of a describe answer, wherever the recording keeps it.
fn described_fields(recorded: &serde_json::Value) -> BTreeSet<String> {
    match recorded {
        serde_json::Value::Object(object) => {
            match object.get("fields").and_then(|fields| fields.as_array()) {
                Some(fields) => {
                    let names = fields.iter().filter_map(|field| field["name"].as_str());
                    names.map(str::to_owned).collect()
                }
                None => {
                    object.values().map(described_fields).find(|found| !found.is_empty()).unwrap_or_default()
                }
            }
        }
        serde_json::Value::String(text) => {
            serde_json::from_str(text).map(|inner| described_fields(&inner)).unwrap_or_default()
        }
        _ => BTreeSet::new(),
    }
}
