//! Records: found, seen on both sides, and explained.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use cs_domain::{
    Action, Agreed, Fields, Intent, IntentId, Link, LinkOrigin, LinkStanding, OperationKey, RecordRef, RunId,
    Shadow, System, Value,
};
use cs_ports::{Book, FindingId, FindingsOfRun, FoundFinding, LoadedReport, Part, Tie};
use cs_web::office::{Lookup, Sight, SightField};

use crate::world::World;

const RUN: &str = "20261122-120000-0001";

fn order(id: &str) -> RecordRef {
    RecordRef::vtiger("SalesOrder", id)
}

fn tie(subject: &str, role: &str, document: RecordRef, fields: &[(&str, &str)]) -> Tie {
    Tie {
        link: Link {
            mapping: "policy".into(),
            unit: "policy".into(),
            subject: order(subject),
            role: role.into(),
            document,
            origin: LinkOrigin::Created,
            standing: LinkStanding::Live,
        },
        shadow: Shadow {
            fields: fields
                .iter()
                .map(|(name, value)| ((*name).into(), Agreed::on(Value::text(*value))))
                .collect(),
            vtiger: None,
            frappe: None,
        },
    }
}

fn intent(
    number: u32,
    run: &str,
    mapping: &str,
    subject: &str,
    role: Option<&str>,
    action: Action,
) -> Intent {
    Intent {
        id: IntentId(format!("{run}-{number:07}")),
        run: RunId(run.to_owned()),
        mapping: mapping.into(),
        unit: if mapping == "policy" { "policy".into() } else { "BS".into() },
        subject: order(subject),
        role: role.map(Into::into),
        action,
    }
}

fn created(kind: &str, fields: &[(&str, &str)]) -> Action {
    Action::Create {
        system: System::Frappe,
        kind: kind.into(),
        fields: fields.iter().map(|(name, value)| ((*name).into(), Value::text(*value))).collect(),
        key: OperationKey("key".to_owned()),
    }
}

/// A record whose owner was created by a run.
async fn link(world: &World) {
    let owner = RecordRef::frappe("Contact", "Ana Prueba");
    let write =
        intent(1, RUN, "policy", "6x1", Some("owner"), created("Contact", &[("last_name", "Prueba")]));
    world.record_intents("policy", std::slice::from_ref(&write)).await;
    world.settle("policy", Some(&write), tie("6x1", "owner", owner, &[("last_name", "Prueba")])).await;
}

fn field(name: &str, value: &str, partner: &str) -> SightField {
    SightField {
        name: name.into(),
        label: format!("Label of {name}"),
        value: Value::text(value),
        partner: Some(partner.to_owned()),
        rule: Some("owner.last_name <-> cf_2297, conflicts: VTiger wins".to_owned()),
    }
}

/// What the office sees of it.
fn see(world: &World, vtiger: &str, frappe: &str) {
    let number = SightField { partner: None, rule: None, ..field("salesorder_no", "SO77", "") };
    let record = Sight {
        reference: order("6x1"),
        role: None,
        there: true,
        fields: vec![field("cf_2297", vtiger, "owner.last_name"), number],
        address: None,
    };
    let document = Sight {
        reference: RecordRef::frappe("Contact", "Ana Prueba"),
        role: Some("owner".into()),
        there: true,
        fields: vec![field("last_name", frappe, "cf_2297")],
        address: None,
    };
    world.office.state().lookups = vec![Lookup { mapping: "policy".into(), sights: vec![record, document] }];
}

const PAGE: &str = "/records/vtiger/SalesOrder/6x1";

#[tokio::test]
async fn records_are_found_by_id_and_by_what_both_sides_hold() {
    let world = World::new().await;
    link(&world).await;
    let mut reader = world.visitor(Part::ReadOnly).await;
    reader.get("/records").await.shows(&["Search by a record"]);
    for text in ["6x1", "prueba", "Ana%20Prueba"] {
        reader.get(&format!("/records?q={text}")).await.shows(&[PAGE, "Contact Ana Prueba"]);
    }
    reader.get("/records?q=prueb").await.shows(&["owner.last_name", "1 record"]);
    reader.get("/records?q=nobody%25").await.shows(&["Nothing holds “nobody%”"]);
}

#[tokio::test]
async fn both_sides_stand_side_by_side_and_what_moved_is_said_in_words() {
    let world = World::new().await;
    link(&world).await;
    see(&world, "Prueba", "Cambiada");
    let mut reader = world.visitor(Part::ReadOnly).await;
    let page = reader.get(PAGE).await;
    page.shows(&[
        "Label of cf_2297",
        "Cambiada",
        "Changed in Frappe",
        "VTiger wins",
        "created by Company Sync",
    ]);
    page.shows(&["SO77", "Written", "<ins>Prueba</ins>", RUN, "https://frappe.example.test/Ana Prueba"]);
    see(&world, "Prueba", "Prueba");
    reader.get(PAGE).await.hides(&["Changed in"]);
}

#[tokio::test]
async fn where_a_system_is_silent_what_is_remembered_is_shown_and_said_to_be() {
    let world = World::new().await;
    link(&world).await;
    let mut reader = world.visitor(Part::ReadOnly).await;
    reader.get(PAGE).await.shows(&["Not every system could be asked", "Prueba", "last_name"]);
    reader.get("/records/vtiger/SalesOrder/6x404").await.shows(&["No run went through this record yet"]);
    for nowhere in ["/records/vtiger/Odd/6x1", "/records/sap/SalesOrder/6x1"] {
        assert_eq!(reader.get(nowhere).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_document_leads_to_its_record_and_a_shared_one_to_all_of_them() {
    let world = World::new().await;
    link(&world).await;
    let mut reader = world.visitor(Part::ReadOnly).await;
    reader.get("/records/frappe/Contact/Ana%20Prueba").await.leads_to(PAGE);
    let shared = RecordRef::frappe("Contact", "Ana Prueba");
    world.settle("policy", None, tie("6x2", "owner", shared, &[])).await;
    let page = reader.get("/records/frappe/Contact/Ana%20Prueba").await;
    page.shows(&["2 records share this document", PAGE, "/records/vtiger/SalesOrder/6x2"]);
}

#[tokio::test]
async fn a_value_is_explained_by_the_write_and_its_rule() {
    let world = World::new().await;
    link(&world).await;
    see(&world, "Prueba", "Prueba");
    let mut reader = world.visitor(Part::ReadOnly).await;
    let why = format!("{PAGE}/why?mapping=policy&field=owner.last_name");
    let page = reader.get(&why).await;
    page.shows(&["Company Sync wrote “Prueba” to Frappe", RUN, "cf_2297, conflicts: VTiger wins"]);
    let other = reader.get(&format!("{PAGE}/why?mapping=policy&field=owner.first_name")).await;
    other.shows(&["Company Sync never wrote this field"]);
    reader.get(&format!("{PAGE}/why")).await.shows(&["Nothing is linked here yet"]);
    see(&world, "Prueba", "Cambiada");
    reader.get(&why).await.shows(&["It was changed in Frappe since"]);
}

#[tokio::test]
async fn a_date_that_a_report_moved_names_report_and_line() {
    const OF_REPORT: &str = "20261122-130000-0002";
    let world = World::new().await;
    link(&world).await;
    see(&world, "Prueba", "Prueba");
    let change = Action::Update {
        target: order("6x1"),
        changes: Fields::from([("cf_2297".into(), Value::text("2026-11-30"))]),
        expected: "1".into(),
        before: Fields::from([("cf_2297".into(), Value::text("2026-10-31"))]),
    };
    let write = intent(1, OF_REPORT, "company/oscar", "6x1", None, change);
    world.record_intents("company/oscar", &[write]).await;
    let book = Book { company: "oscar".to_owned(), broker: "BS".to_owned() };
    let found = FoundFinding {
        id: FindingId::of(&book, "paid_but_flagged", "OSC1", ""),
        kind: "paid_but_flagged".to_owned(),
        member_id: "OSC1".to_owned(),
        message: "paid_but_flagged".to_owned(),
        parameters: BTreeMap::new(),
        salesorder_no: Some("SO77".to_owned()),
        issuer: None,
        place: Some(("Sheet1".to_owned(), 42)),
        source: Vec::new(),
        premium: None,
    };
    let report = LoadedReport {
        book,
        run: RunId(OF_REPORT.to_owned()),
        as_of: "2026-11-22".parse().unwrap(),
        file: "oscar-noviembre.csv".to_owned(),
        digest: "d".to_owned(),
        profile: "{}".to_owned(),
        totals: "{}".to_owned(),
        approved: String::new(),
    };
    let at = world.now();
    world.take_in(&FindingsOfRun { report, at, found: vec![found], persisting: Vec::new() }).await;
    let mut reader = world.visitor(Part::ReadOnly).await;
    let page = reader.get(&format!("{PAGE}/why?mapping=policy&field=owner.last_name")).await;
    page.shows(&["oscar-noviembre.csv", "Oscar", "Sheet1: 42", "<del>2026-10-31</del>", OF_REPORT]);
    reader.get(PAGE).await.shows(&["paid_but_flagged of OSC1 (en)", "/scheduler/findings/"]);
}

#[tokio::test]
async fn a_number_of_an_account_is_on_no_page_and_in_no_address() {
    let world = World::new().await;
    let account = RecordRef::frappe("Bank Account", "123456789012 - Banco Prueba");
    let fields = [("branch_code", "000000001")];
    let number = Fields::from([("cf_1479".into(), Value::text("123456789012"))]);
    let change = Action::Update {
        target: order("6x1"),
        changes: number.clone(),
        expected: "1".into(),
        before: number,
    };
    world.record_intents("policy", &[intent(1, RUN, "policy", "6x1", None, change)]).await;
    world.settle("policy", None, tie("6x1", "account", account, &fields)).await;
    let mut reader = world.visitor(Part::ReadOnly).await;
    for path in ["/records?q=6x1", PAGE] {
        let page = reader.get(path).await;
        page.shows(&["****9012 - Banco Prueba"]);
        page.hides(&["123456789012", "000000001"]);
    }
}
