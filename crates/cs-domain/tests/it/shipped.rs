//! What the shipped mappings mean: who is found, who is created where, whose value stands.

use std::collections::BTreeMap;
use std::path::Path;

use cs_domain::decide::{Schemas, decide};
use cs_domain::identity::key_values;
use cs_domain::mapping::{Mapping, parse, shipped_text};
use cs_domain::plan::{Act, Conflict, Plan, Planned, SkipReason, VtigerStep};
use cs_domain::situation::{Candidate, Counterpart, FoundBy, Situation};
use cs_domain::wanted::wanted_document;
use cs_domain::{Agreed, Fields, Link, LinkOrigin, LinkStanding, Record, RecordRef, Settings, Shadow, Value};

fn mapping(name: &str) -> Mapping {
    let text = shipped_text(name).unwrap();
    parse(text).unwrap().mapping
}

fn record(reference: RecordRef, fields: &[(&str, &str)]) -> Record {
    let fields = fields.iter().map(|(name, text)| ((*name).into(), Value::text(*text)));
    Record { reference, version: "v1".into(), fields: fields.collect() }
}

fn vtiger(module: &str, fields: &[(&str, &str)]) -> Record {
    record(RecordRef::vtiger(module, "9x1"), fields)
}

fn frappe(doctype: &str, fields: &[(&str, &str)]) -> Record {
    record(RecordRef::frappe(doctype, "D-1"), fields)
}

fn situation(subject: RecordRef) -> Situation {
    Situation {
        subject,
        record: None,
        settings: Settings::new(),
        today: "2026-03-01".parse().unwrap(),
        newcomer: None,
        namesake: None,
        awaited_by: None,
        writes_vtiger: true,
        refused_by_vtiger: false,
        decided: Vec::new(),
        counterparts: BTreeMap::new(),
        elsewhere: Vec::new(),
    }
}

fn plan(mapping: &Mapping, unit: &str, situation: &Situation) -> Plan {
    let schemas = Schemas { vtiger: None, frappe: &BTreeMap::new() };
    decide(mapping.unit(&unit.into()).unwrap(), schemas, situation)
}

const NAMES: [&str; 4] = ["firstname", "lastname", "email", "mobile"];
const CONTACT: [&str; 4] = ["first_name", "last_name", "email_id", "mobile_no"];

fn person<'t>(names: [&'t str; 4], values: [&'t str; 4]) -> Vec<(&'t str, &'t str)> {
    names.into_iter().zip(values).collect()
}

/// The first match key that finds the Contact for the VTiger record.
fn found_by(vtiger_values: [&str; 4], frappe_values: [&str; 4]) -> Option<usize> {
    let mapping = mapping("crm");
    let document = mapping.unit(&"contact".into()).unwrap().document(&"person".into()).unwrap();
    let record = vtiger("Contacts", &person(NAMES, vtiger_values));
    let contact = frappe("Contact", &person(CONTACT, frappe_values));
    let wanted = wanted_document(document, None, &record, &situation(record.reference.clone())).unwrap();
    document.match_keys.iter().position(|key| {
        let values = key_values(key, &wanted, &BTreeMap::new());
        values.is_some_and(|values| values.agree_with(&contact))
    })
}

#[test]
fn people_are_told_apart_by_more_than_their_names() {
    let (ana, other) = ("ana@example.test", "other@example.test");
    let (mobile, second) = ("+1 305-555-0101", "+1 305-555-0102");
    for (here, there, expected) in [
        (["Ana", "Ruiz", ana, mobile], ["ANA", "Ruíz", "Ana@example.test", ""], Some(0)),
        (["Ana", "Ruiz", ana, mobile], ["Ana", "Ruiz", ana, second], Some(0)),
        (["Ana", "Ruiz", ana, mobile], ["Ana", "Ruiz", "", mobile], Some(1)),
        (["Ana", "Ruiz", "", mobile], ["Ana", "Ruiz", ana, mobile], Some(1)),
        (["Ana", "Ruiz", ana, mobile], ["Ana", "Ruiz", "", ""], Some(2)),
        (["Ana", "Ruiz", "", ""], ["Ana", "Ruiz", ana, mobile], Some(2)),
        (["Ana", "Ruiz", "", ""], ["Ana", "Ruiz", "", ""], Some(2)),
        // A namesake: both have an e-mail or a number, and another one.
        (["Ana", "Ruiz", ana, ""], ["Ana", "Ruiz", other, ""], None),
        (["Ana", "Ruiz", ana, mobile], ["Ana", "Ruiz", other, mobile], None),
        (["Ana", "Ruiz", "", mobile], ["Ana", "Ruiz", "", second], None),
        (["Ana", "Ruiz", ana, mobile], ["Ana", "Soto", ana, mobile], None),
        (["", "Ruiz", "", ""], ["", "Ruiz", "", ""], None),
    ] {
        assert_eq!(found_by(here, there), expected, "{here:?} {there:?}");
    }
}

fn newcomer(unit: &str, document: Record) -> Plan {
    let mut situation = situation(document.reference.clone());
    situation.newcomer = Some(document);
    plan(&mapping("crm"), unit, &situation)
}

fn created(plan: &Plan) -> Vec<(&str, String)> {
    let Some(VtigerStep::Create { changes, .. }) = &plan.vtiger else { panic!("{plan:?}") };
    let told = changes.iter().map(|change| match &change.after {
        Planned::Value(value) => (change.field.as_str(), value.plain()),
        other => panic!("{other:?}"),
    });
    told.collect()
}

#[test]
fn what_appears_in_frappe_becomes_a_record() {
    let contact = [
        ("first_name", "Eva"),
        ("last_name", "Soto"),
        ("email_id", "eva@example.test"),
        ("mobile_no", "+1 305-555-0103"),
    ];
    let made = newcomer("contact", frappe("Contact", &contact));
    let expected = [
        ("email", "eva@example.test"),
        ("firstname", "Eva"),
        ("lastname", "Soto"),
        ("mobile", "+1 305-555-0103"),
    ];
    assert_eq!(created(&made), expected.map(|(field, value)| (field, value.to_owned())));

    let customer = [("customer_name", "Faro Ltd"), ("customer_type", "Company")];
    let made = newcomer("account", frappe("Customer", &customer));
    assert_eq!(created(&made), [("accountname", "Faro Ltd".to_owned())]);

    let mut item =
        frappe("Item", &[("item_code", "A-1"), ("item_name", "Lamp"), ("description", "<p>Lamp</p>")]);
    for (name, flag) in
        [("is_sales_item", true), ("is_fixed_asset", false), ("has_variants", false), ("disabled", false)]
    {
        item.fields.insert(name.into(), Value::Boolean(flag));
    }
    item.fields.insert("standard_rate".into(), Value::Decimal("12.5".parse().unwrap()));
    let made = newcomer("product", item.clone());
    let expected = [("discontinued", "1"), ("productname", "Lamp"), ("unit_price", "12.5")];
    assert_eq!(created(&made), expected.map(|(field, value)| (field, value.to_owned())));
    item.fields.insert("disabled".into(), Value::Boolean(true));
    assert_eq!(newcomer("product", item).skipped, Some(SkipReason::NotNew));
}

#[test]
fn what_is_no_business_of_vtiger_stays_in_frappe() {
    let individual = [("customer_name", "Eva Soto"), ("customer_type", "Individual")];
    let synced =
        [("customer_name", "Faro"), ("customer_type", "Company"), ("custom_vtiger_id", "11x4/customer")];
    for (unit, document) in [
        ("account", frappe("Customer", &individual)),
        ("account", frappe("Customer", &synced)),
        ("contact", frappe("Contact", &[("first_name", "Faro Ltd")])),
        ("contact", frappe("Contact", &[("last_name", "Admin"), ("user", "admin@example.test")])),
    ] {
        let plan = newcomer(unit, document.clone());
        assert_eq!((plan.skipped, plan.vtiger), (Some(SkipReason::NotNew), None), "{document:?}");
    }
}

/// A creation fills what VTiger's own description of the module demands.
#[test]
fn the_crm_mapping_creates_what_vtiger_accepts() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures/vtiger");
    if !folder.is_dir() {
        println!("skipped: {} is not there", folder.display());
        return;
    }
    for unit in mapping("crm").units {
        let text =
            std::fs::read_to_string(folder.join(format!("002_describe_{}.json", unit.module))).unwrap();
        let recorded: serde_json::Value = serde_json::from_str(&text).unwrap();
        let body = &recorded["response"]["body"];
        let inner = body.as_str().map(|text| serde_json::from_str::<serde_json::Value>(text).unwrap());
        let described = &inner.as_ref().unwrap_or(body)["result"];
        assert_eq!(described["createable"], true, "{}", unit.module);
        let create = unit.create_in_vtiger.as_ref().unwrap();
        let rules = &unit.document(&create.document).unwrap().fields;
        let sent: Vec<&str> = rules
            .iter()
            .filter(|rule| rule.direction.reaches_vtiger())
            .flat_map(|rule| rule.source.vtiger_fields())
            .map(cs_domain::FieldName::as_str)
            .collect();
        let fields = described["fields"].as_array().unwrap();
        let mut demanded = 0;
        for field in fields {
            let name = field["name"].as_str().unwrap();
            if field["mandatory"] == true && name != "assigned_user_id" {
                assert!(sent.contains(&name), "{} needs {name}", unit.module);
                demanded += 1;
            }
            assert!(!sent.contains(&name) || field["editable"] != false, "{} keeps {name}", unit.module);
        }
        assert!(demanded > 0, "{}", unit.module);
    }
}

/// One policy whose owner has another middle name on either side.
fn policy(shadow: Option<&str>) -> Plan {
    let person = [("cf_2293", "Ana"), ("cf_2295", "María"), ("cf_2297", "Ruiz"), ("cf_2299", "1990-02-28")];
    let mut order = vtiger("SalesOrder", &person);
    order.fields.insert("cf_2141".into(), Value::text("Active"));
    let contact = [
        ("first_name", "Ana"),
        ("middle_name", "Luz"),
        ("last_name", "Ruiz"),
        ("custom_day_of_birth", "1990-02-28"),
    ];
    let contact = frappe("Contact", &contact);
    let mut situation = situation(order.reference.clone());
    let owner = match shadow {
        None => Counterpart {
            candidates: vec![Candidate { document: contact, found_by: FoundBy::MatchKey(0), taken_by: None }],
            ..Counterpart::default()
        },
        Some(agreed) => {
            let link = Link {
                mapping: "policy".into(),
                unit: "policy".into(),
                subject: order.reference.clone(),
                role: "owner".into(),
                document: contact.reference.clone(),
                origin: LinkOrigin::Adopted,
                standing: LinkStanding::Live,
            };
            let fields = [("middle_name".into(), Agreed::on(Value::text(agreed)))].into();
            let shadow = Shadow { fields, ..Shadow::default() };
            Counterpart { tie: Some((link, shadow)), linked: Some(contact), ..Counterpart::default() }
        }
    };
    situation.counterparts.insert("owner".into(), owner);
    situation.record = Some(order);
    plan(&mapping("policy"), "policy", &situation)
}

fn middle_names(plan: &Plan) -> (Vec<&Planned>, Fields) {
    let frappe = plan.steps.iter().filter(|step| matches!(step.act, Act::Update { .. }));
    let frappe =
        frappe.flat_map(|step| &step.changes).filter(|change| change.field.as_str() == "middle_name");
    let vtiger = match &plan.vtiger {
        Some(VtigerStep::Revise { changes, .. }) => changes.clone(),
        _ => Vec::new(),
    };
    let value = |planned: Planned| match planned {
        Planned::Value(value) => value,
        other => panic!("{other:?}"),
    };
    let vtiger = vtiger.into_iter().map(|change| (change.field, value(change.after))).collect();
    (frappe.map(|change| &change.after).collect(), vtiger)
}

#[test]
fn a_policy_follows_vtiger_at_first_contact_and_asks_from_then_on() {
    let first = policy(None);
    assert_eq!(first.conflicts, []);
    assert_eq!(middle_names(&first), (vec![&Planned::Value(Value::text("María"))], Fields::new()));

    let frappe_alone = policy(Some("María"));
    assert_eq!(frappe_alone.conflicts, []);
    let back = Fields::from([("cf_2295".into(), Value::text("Luz"))]);
    assert_eq!(middle_names(&frappe_alone), (vec![], back));

    let both = policy(Some("Mar"));
    let asked: Vec<&str> = both
        .conflicts
        .iter()
        .filter_map(|conflict| match conflict {
            Conflict::Field { field, .. } => Some(field.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(asked, ["middle_name"]);
    assert_eq!(middle_names(&both), (vec![], Fields::new()));
}
