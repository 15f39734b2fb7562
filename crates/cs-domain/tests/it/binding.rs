//! Mappings against what the two systems say of their fields.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use cs_domain::mapping::{Bound, Schemas, Severity, bind, parse, shipped_text};
use cs_domain::policy::{ConflictPolicy, DeletePolicy};
use cs_domain::{FieldSchema, FieldType, KindSchema};

use crate::problems;

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
    let mut fixed = field("fixed_id", "Fixed", reference("Accounts"));
    fixed.writable = false;
    let fields = vec![
        field("cf_7", "Owner First Name", FieldType::Text),
        field("cf_8", "Name", FieldType::Text),
        field("cf_9", "name", FieldType::Text),
        field("cf_10", "Born", FieldType::Date),
        field("cf_11", "Paid", FieldType::Boolean),
        field("account_id", "Organization", reference("Accounts")),
        field("cf_12", "Sync Key", FieldType::Text),
        fixed,
        stamp,
    ];
    let mut must = field("accountname", "Name", FieldType::Text);
    must.mandatory = true;
    let mut owner = field("assigned_user_id", "Assigned To", reference("Users"));
    owner.mandatory = true;
    schemas(vec![kind("SalesOrder", fields), kind("Accounts", vec![must, owner])])
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
    let status = FieldType::Choice { values: vec!["Open".into(), "Gone".into()], closed: true };
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
                field("is_primary", "Primary", FieldType::Boolean),
                field("status", "Status", status),
                unique(field("vtiger_id", "VTiger ID", FieldType::Text)),
                field("plain_id", "Plain ID", FieldType::Text),
            ],
        ),
        kind("Customer", vec![field("customer_name", "Customer Name", FieldType::Text)]),
        kind(
            "Dynamic Link",
            vec![
                field("link_name", "Link Name", FieldType::Reference { kinds: vec![] }),
                field("main", "Main One", FieldType::Boolean),
            ],
        ),
    ])
}

const ROW: &str = "[[unit.document.row]]\ntable = \"links\"\n";

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

/// A unit whose `owner` makes new Sales Orders.
fn creating(create: &str) -> String {
    text("").replace(
        "module = \"SalesOrder\"",
        &format!("module = \"SalesOrder\"\ncreate_in_vtiger = {{ document = \"owner\"{create} }}"),
    )
}

/// The `owner` with settings of its own.
fn owning(settings: &str) -> String {
    text("").replace("external_id", &format!("{settings}\nexternal_id"))
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

fn what_never_fits() -> Vec<(&'static str, String)> {
    vec![
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
    ]
}

/// What creating in VTiger, deleting and amending ask for.
fn what_does_not_fit_both_ways() -> Vec<(&'static str, String)> {
    vec![
        ("bind.unknown_field", creating(", when = [{ field = \"frist_name\", present = true }]")),
        ("bind.unknown_field", creating(", key = \"Sink Key\"")),
        ("bind.not_writable", creating(", key = \"modifiedtime\"")),
        ("bind.types", creating(", key = \"Paid\"")),
        (
            "bind.key_in_use",
            creating(", key = 7").replace("last_name = \"cf_8\"", "last_name = \"Owner First Name\""),
        ),
        ("bind.not_submittable", owning("amend = true")),
        ("bind.unknown_field", owning("deletes = { mark = { field = \"stats\", value = \"Gone\" } }")),
        ("bind.not_writable", owning("deletes = { mark = { field = \"full_name\", value = \"gone\" } }")),
        ("bind.mark_value", owning("deletes = { mark = { field = \"status\", value = \"gone\" } }")),
        ("bind.mark_value", owning("deletes = { mark = { field = \"paid\", value = \"never\" } }")),
        (
            "bind.not_a_checkbox",
            text(&format!(
                "{ROW}columns = {{ \"Link Name\" = {{ constant = true }} }}\nexclusive = [\"Link Name\"]"
            )),
        ),
        ("bind.not_writable", text("first_name = { vtiger = [7, \"modifiedtime\"] }")),
        (
            "bind.not_writable",
            text(
                "customer = { vtiger = \"Fixed\", unit = \"account\", role = \"customer\", direction = \"both\" }",
            ),
        ),
    ]
}

/// What can be run all the same, with some records failing: told and no reason to refuse.
fn what_may_go_wrong() -> Vec<(&'static str, String)> {
    let rest = "[unit.document.fields]\nfirst_name = 7";
    vec![
        (
            "bind.never_read_unknown",
            text("").replace(
                "module = \"SalesOrder\"",
                "module = \"SalesOrder\"\nnever_read = [\"No such field\"]",
            ),
        ),
        ("bind.mandatory_unmapped", text_with("SalesOrder", "Contact", "vtiger_id", rest)),
        ("bind.not_creatable", creating("")),
    ]
}

/// Held against a module in which nothing may be created.
fn warned(text: &str) -> Vec<String> {
    let mut vtiger = vtiger();
    vtiger.get_mut("SalesOrder").unwrap().creatable = false;
    let bound = bind(&parse(text).unwrap().mapping, &vtiger, &frappe()).unwrap();
    bound.warnings.into_iter().map(|warning| format!("{}: {}", warning.code, warning.message)).collect()
}

#[test]
fn what_may_go_wrong_is_a_warning() {
    for (code, text) in what_may_go_wrong() {
        let told = warned(&text);
        assert!(told.iter().any(|told| told.starts_with(&format!("{code}: "))), "{code}: {told:?}");
    }
}

/// A check against the systems that is added without a case here, with the message that people read, fails this.
#[test]
fn every_rule_of_binding_has_a_case() {
    let known = problems::rules(problems::is_of_binding);
    assert!(known.len() > 20, "{known:?}");
    let mut vtiger = vtiger();
    vtiger.get_mut("SalesOrder").unwrap().creatable = false;
    let cases = what_never_fits().into_iter().chain(what_does_not_fit_both_ways()).chain(what_may_go_wrong());
    let told = cases.flat_map(|(_, text)| match bind(&parse(&text).unwrap().mapping, &vtiger, &frappe()) {
        Ok(bound) => bound.warnings,
        Err(problems) => problems,
    });
    let mut covered: BTreeSet<_> =
        told.filter_map(|problem| problem.said).map(|said| (said.code, said.message.key())).collect();
    // It needs a field that only its own test has.
    covered.insert(("create_in_vtiger.mandatory", "creation_lacks"));
    assert_eq!(known.difference(&covered).collect::<Vec<_>>(), Vec::<&(&str, &str)>::new());
}

#[test]
fn what_does_not_fit_is_told_at_its_place() {
    let mut read = String::new();
    for (code, text) in what_never_fits().into_iter().chain(what_does_not_fit_both_ways()) {
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

/// The policy that a document inherits is told where it was said.
#[test]
fn an_inherited_mark_that_does_not_fit_is_told_where_it_stands() {
    let text = text("").replace(
        "title = \"Test\"",
        "title = \"Test\"\ndeletes = { mark = { field = \"status\", value = \"x\" } }",
    );
    let parsed = parse(&text).unwrap();
    let problems = bind(&parsed.mapping, &vtiger(), &frappe()).unwrap_err();
    let told: Vec<(&str, usize)> =
        problems.iter().map(|problem| (problem.code.as_str(), parsed.locate(&text, problem).line)).collect();
    // Two documents are Customers, which have no such field; the third has it, and not that choice.
    assert_eq!(told, [("bind.unknown_field", 4), ("bind.unknown_field", 4), ("bind.mark_value", 4)]);
}

#[test]
fn labels_of_creations_marks_and_exclusive_columns_become_names() {
    let text = creating(", when = [{ field = \"Paid\", equals = true }], key = \"Sync Key\"")
        .replace("external_id", "deletes = { mark = { field = \"Paid\", value = true } }\nexternal_id");
    let text = format!(
        "{text}{ROW}columns = {{ link_name = 7, \"Main One\" = {{ constant = true }} }}\nexclusive = [\"Main One\"]\n"
    );
    let Bound { mapping, warnings } = bound(&text);
    assert_eq!(warnings, []);
    let unit = mapping.unit(&"order".into()).unwrap();
    let create = unit.create_in_vtiger.as_ref().unwrap();
    assert_eq!(create.key, Some("cf_12".into()));
    assert_eq!(create.when[0].field.as_str(), "paid");
    let owner = unit.document(&create.document).unwrap();
    let marked = DeletePolicy::Mark { field: "paid".into(), value: "1".into() };
    assert_eq!(owner.deletes, marked);
    assert_eq!(owner.rows[0].exclusive, ["main".into()]);
    let shown = unit.to_string();
    for line in [
        "  a new owner makes a new record, only where paid is \"1\"; cf_12 holds the key of the creation",
        "    deletes: paid becomes 1",
        "    row of links: link_name <- cf_7; main <- always yes, main only where no other row is",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line}\n{shown}");
    }
}

#[test]
fn a_module_in_which_nothing_may_be_created_is_a_warning() {
    let mut vtiger = vtiger();
    vtiger.get_mut("SalesOrder").unwrap().creatable = false;
    let parsed = parse(&creating("")).unwrap();
    let Bound { warnings, .. } = bind(&parsed.mapping, &vtiger, &frappe()).unwrap();
    let told: Vec<&str> = warnings.iter().map(|warning| warning.code.as_str()).collect();
    assert_eq!(told, ["bind.not_creatable"]);
}

/// VTiger asks for an owner, too, and the connector gives it one.
#[test]
fn a_creation_lacks_only_what_no_rule_and_no_connector_fills() {
    let text = text("")
        .replace("name = \"account\"", "name = \"account\"\ncreate_in_vtiger = { document = \"customer\" }");
    assert_eq!(bound(&text).warnings, []);
    let one_way = text.replace(
        "\"accountname\"",
        "{ vtiger = \"accountname\", direction = \"to_frappe\" }\nnote = { vtiger = \"assigned_user_id\" }",
    );
    let mut frappe = frappe();
    let note = field("note", "Note", FieldType::Text);
    frappe.get_mut("Customer").unwrap().fields.insert("note".into(), note);
    let problems = bind(&parse(&one_way).unwrap().mapping, &vtiger(), &frappe).unwrap_err();
    let told: Vec<&str> = problems.iter().map(|problem| problem.code.as_str()).collect();
    assert_eq!(told, ["create_in_vtiger.mandatory"]);
    assert!(problems[0].message.contains("without accountname,"), "{}", problems[0].message);
}

#[test]
fn a_submittable_document_may_be_amended() {
    let mut frappe = frappe();
    frappe.get_mut("Contact").unwrap().submittable = true;
    let Bound { mapping, .. } =
        bind(&parse(&owning("amend = true")).unwrap().mapping, &vtiger(), &frappe).unwrap();
    let owner = mapping.unit(&"order".into()).unwrap().document(&"owner".into()).unwrap();
    assert!(owner.amend && owner.to_string().contains("amended where a submitted one may not change"));
}

#[test]
fn what_a_document_does_not_say_its_unit_or_mapping_says() {
    let text = text("born = { vtiger = 10, conflict = \"ask\" }")
        .replace("title = \"Test\"", "title = \"Test\"\nconflict = \"newest_wins\"\nfirst_contact = \"vtiger_wins\"\ndeletes = \"ignore\"")
        .replace("name = \"order\"", "name = \"order\"\nconflict = \"vtiger_wins\"")
        .replace("external_id", "conflict = \"frappe_wins\"\nfirst_contact = \"ask\"\ndeletes = \"propagate\"\nexternal_id");
    let mapping = parse(&text).unwrap().mapping;
    let policies: Vec<(&str, ConflictPolicy, &DeletePolicy)> = mapping
        .units
        .iter()
        .flat_map(|unit| &unit.documents)
        .map(|document| (document.role.as_str(), document.conflict, &document.deletes))
        .collect();
    let expected = [
        ("customer", ConflictPolicy::NewestWins, &DeletePolicy::Ignore),
        ("bank", ConflictPolicy::VtigerWins, &DeletePolicy::Ignore),
        ("owner", ConflictPolicy::FrappeWins, &DeletePolicy::Propagate),
    ];
    assert_eq!(policies, expected);
    let first = mapping.units.iter().flat_map(|unit| &unit.documents).map(|document| document.first_contact);
    let (vtiger, ask) = (Some(ConflictPolicy::VtigerWins), Some(ConflictPolicy::Ask));
    assert_eq!(first.collect::<Vec<_>>(), [vtiger, vtiger, ask]);
    let owner = mapping.unit(&"order".into()).unwrap().document(&"owner".into()).unwrap();
    assert_eq!(owner.rule(&"born".into()).unwrap().conflict, Some(ConflictPolicy::Ask));
    assert_eq!(owner.rule(&"last_name".into()).unwrap().conflict, None);
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
    let text = shipped_text("crm").unwrap();
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
