//! How good the suggestions are: the shipped mappings with their rules blanked, held against the field lists of the
//! sandbox. No samples: what is measured is what names, labels, types and lists say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use cs_domain::mapping::suggest::{Context, Offered, Reason, Suggestion, ranked, suggest};
use cs_domain::mapping::{DocumentMapping, Mapping, Source, Transform, parse, shipped};
use cs_domain::{FieldName, FieldSchema, FieldType, KindSchema, Record, RecordRef, Value};
use serde_json::Value as Json;

fn data(file: &str) -> Json {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../cs-sandbox/data").join(file);
    serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap()
}

fn field(name: &str, label: &str, field_type: FieldType, writable: bool) -> FieldSchema {
    FieldSchema {
        name: name.into(),
        label: label.into(),
        field_type,
        mandatory: false,
        writable,
        max_chars: None,
        bmp_only: false,
        unique: false,
        allow_on_submit: false,
    }
}

fn schema(kind: &str, fields: impl Iterator<Item = FieldSchema>) -> KindSchema {
    KindSchema {
        kind: kind.into(),
        label: kind.into(),
        creatable: true,
        updatable: true,
        submittable: false,
        fields: fields.map(|field| (field.name.clone(), field)).collect(),
    }
}

fn words(json: Option<&Json>, key: &str) -> Vec<String> {
    let entries = json.and_then(Json::as_array).into_iter().flatten();
    entries.filter_map(|entry| Some(entry.get(key)?.as_str()?.to_owned())).collect()
}

fn vtiger_type(described: &Json) -> FieldType {
    match described.pointer("/type/name").and_then(Json::as_str).unwrap_or_default() {
        "string" | "text" | "phone" | "email" | "url" => FieldType::Text,
        "integer" => FieldType::Integer,
        "double" | "currency" => FieldType::Decimal { scale: None },
        "boolean" => FieldType::Boolean,
        "date" => FieldType::Date,
        "datetime" => FieldType::DateTime,
        "picklist" => {
            let values = words(described.pointer("/type/picklistValues"), "value");
            FieldType::Choice { values, closed: false }
        }
        "reference" | "owner" => FieldType::Reference { kinds: Vec::new() },
        other => FieldType::Other { name: other.to_owned() },
    }
}

/// What VTiger keeps by itself, though `describe` calls it editable.
const KEPT: [&str; 6] = ["createdtime", "modifiedtime", "modifiedby", "source", "starred", "tags"];

/// A module of the sandbox, with the agency's custom fields.
fn module(name: &str) -> KindSchema {
    let mut entries = data(&format!("vtiger/{name}.json"))["fields"].as_array().unwrap().clone();
    if name == "SalesOrder" {
        entries.extend(data("vtiger/custom.agency.json")["fields"].as_array().unwrap().iter().cloned());
    }
    let fields = entries.iter().map(|entry| {
        let described = &entry["describe"];
        let (name, label) = (described["name"].as_str().unwrap(), described["label"].as_str().unwrap());
        let writable = described["editable"].as_bool().unwrap_or(false) && !KEPT.contains(&name);
        field(name, label, vtiger_type(described), writable)
    });
    schema(name, fields)
}

fn frappe_field(entry: &Json) -> Option<FieldSchema> {
    let text = |key: &str| entry.get(key).and_then(Json::as_str).unwrap_or_default();
    let field_type = match text("fieldtype") {
        "Data" | "Small Text" | "Text" | "Text Editor" => FieldType::Text,
        "Int" => FieldType::Integer,
        "Float" | "Currency" | "Percent" => FieldType::Decimal { scale: Some(9) },
        "Check" => FieldType::Boolean,
        "Date" => FieldType::Date,
        "Select" => {
            let values = text("options").lines().map(str::to_owned).collect();
            FieldType::Choice { values, closed: true }
        }
        "Link" => FieldType::Reference { kinds: vec![text("options").into()] },
        "Table" => FieldType::Rows { kind: text("options").into() },
        _ => return None,
    };
    let writable = entry.get("read_only").and_then(Json::as_u64) != Some(1);
    let label = if text("label").is_empty() { text("fieldname") } else { text("label") };
    Some(field(text("fieldname"), label, field_type, writable))
}

/// A DocType of the sandbox, with the agency's custom fields.
fn doctype(name: &str) -> KindSchema {
    let files = ["frappe/parties.json", "frappe/selling.json", "frappe/agency.json"].map(data);
    let all = files.iter().flat_map(|file| file.as_array().unwrap());
    let found =
        all.filter(|doctype| doctype["name"] == name).filter_map(|doctype| doctype["fields"].as_array());
    let custom = data("frappe/agency_fields.json");
    let own = custom.as_array().unwrap().iter().filter(|field| field["dt"] == name);
    schema(name, found.flatten().chain(own).filter_map(frappe_field))
}

/// Rules by Frappe's field: the VTiger fields that the mapping's author named.
fn truth<'m>(document: &'m DocumentMapping, module: &KindSchema) -> BTreeMap<&'m FieldName, Vec<FieldName>> {
    let named = |names: &Vec<FieldName>| -> Vec<FieldName> {
        names.iter().map(|name| module.resolve(name.as_str()).unwrap().name.clone()).collect()
    };
    let rules = document.fields.iter().filter_map(|rule| match &rule.source {
        Source::Fields { names, .. } => Some((&rule.frappe, named(names))),
        _ => None,
    });
    rules.collect()
}

#[derive(Debug, Default)]
struct Tally {
    right: usize,
    wrong: usize,
    missed: usize,
    beyond: usize,
    /// Of the right ones, those with the transforms that the mapping has.
    transformed: usize,
}

fn measure(mapping: &Mapping, tally: &mut Tally, lines: &mut Vec<String>) {
    for unit in &mapping.units {
        let module = module(unit.module.as_str());
        for document in &unit.documents {
            let doctype = doctype(document.doctype.as_str());
            let roles = unit.documents.iter().map(|other| other.role.as_str());
            let context = Context {
                role: document.role.as_str(),
                other_roles: roles.filter(|role| *role != document.role.as_str()).collect(),
                not_vtiger: unit.never_read.iter().cloned().collect(),
                not_frappe: document.external_id.iter().cloned().collect(),
                region: None,
            };
            let offered = |schema| Offered { schema, samples: &[] };
            let suggested = suggest(offered(&module), offered(&doctype), &context);
            judge(document, &module, &suggested, tally, lines);
        }
    }
}

fn judge(
    document: &DocumentMapping,
    module: &KindSchema,
    suggested: &[Suggestion],
    tally: &mut Tally,
    lines: &mut Vec<String>,
) {
    let truth = truth(document, module);
    let label = |name: &FieldName| module.fields[name].label.clone();
    let names = |transforms: &[Transform]| {
        transforms.iter().map(|transform| transform.name().to_owned()).collect::<BTreeSet<_>>()
    };
    let mut line = |verdict: &str, frappe: &FieldName, rest: String| {
        lines.push(format!("{verdict:<6} {:<15} {:<22} {rest}", document.role.as_str(), frappe.as_str()));
    };
    for (frappe, wanted) in &truth {
        let found = suggested.iter().find(|suggestion| suggestion.frappe == **frappe);
        let wanted_labels = wanted.iter().map(label).collect::<Vec<_>>().join(" + ");
        match found {
            Some(found) if wanted.as_slice() == [found.vtiger.clone()] => {
                tally.right += 1;
                let rule = document.rule(frappe).unwrap();
                tally.transformed += usize::from(names(&rule.transforms) == names(&found.transforms));
                line("right", frappe, format!("{wanted_labels} ({})", found.score));
            }
            Some(found) => {
                tally.wrong += 1;
                let instead = label(&found.vtiger);
                line("wrong", frappe, format!("{wanted_labels}, not {instead} ({})", found.score));
            }
            None => {
                tally.missed += 1;
                line("missed", frappe, wanted_labels);
            }
        }
    }
    for extra in suggested.iter().filter(|found| !truth.contains_key(&found.frappe)) {
        tally.beyond += 1;
        line("beyond", &extra.frappe, format!("{} ({})", label(&extra.vtiger), extra.score));
    }
}

#[test]
fn the_shipped_mappings_blanked_are_mostly_found_again() {
    let (mut right, mut wrong, mut all) = (0, 0, 0);
    for (name, text) in shipped() {
        let (mut tally, mut lines) = (Tally::default(), Vec::new());
        measure(&parse(text).unwrap().mapping, &mut tally, &mut lines);
        lines.sort();
        println!("{}", lines.join("\n"));
        println!("{name}: {tally:?}\n");
        right += tally.right;
        wrong += tally.wrong;
        all += tally.right + tally.wrong + tally.missed;
    }
    println!("{right} right, {wrong} wrong, {} missed of {all}", all - right - wrong);
    assert!(right * 100 >= all * 75, "{right} of {all}");
    assert!(wrong <= 2, "{wrong} of {all}");
}

fn sampled(kind: &str, field: &str, values: &[&str]) -> Vec<Record> {
    let record = |(number, value): (usize, &&str)| Record {
        reference: RecordRef::vtiger(kind, format!("9x{number}")),
        version: "v".into(),
        fields: [(field.into(), Value::text(*value))].into(),
    };
    values.iter().enumerate().map(record).collect()
}

#[test]
fn what_records_hold_says_what_names_do_not() {
    let there = schema("Leads", [field("cf_900", "Apodo", FieldType::Text, true)].into_iter());
    let here = schema("Lead", [field("nick", "Nickname", FieldType::Text, true)].into_iter());
    let context = Context { role: "lead", ..Context::default() };
    let nothing = |schema| Offered { schema, samples: &[] };
    assert!(ranked(nothing(&there), nothing(&here), &context).is_empty());
    let values = sampled("Leads", "cf_900", &["Anita", "Beto", "Chela", "Dani"]);
    let same = sampled("Lead", "nick", &["anita", "BETO", "Chela", "Otto"]);
    let offered = (Offered { schema: &there, samples: &values }, Offered { schema: &here, samples: &same });
    let found = ranked(offered.0, offered.1, &context);
    assert_eq!(found[0].reasons, [Reason::SameType, Reason::SharedValues { shared: 3, of: 4 }]);
    assert!(suggest(offered.0, offered.1, &context).is_empty(), "shown, but not proposed: {found:?}");
}

#[test]
fn a_text_of_dates_comes_with_its_form_and_without_samples_not_at_all() {
    let there = schema("Leads", [field("cf_7", "Date of Birth", FieldType::Text, true)].into_iter());
    let here = schema("Lead", [field("birthday", "Birthday", FieldType::Date, true)].into_iter());
    let context = Context::default();
    let samples = sampled("Leads", "cf_7", &["11/22/1999", "01/02/1980"]);
    let nothing = Offered { schema: &here, samples: &[] };
    assert!(suggest(Offered { schema: &there, samples: &[] }, nothing, &context).is_empty());
    let found = suggest(Offered { schema: &there, samples: &samples }, nothing, &context);
    assert_eq!(found[0].transforms, [Transform::Date { form: "%m/%d/%Y".to_owned() }]);
}
