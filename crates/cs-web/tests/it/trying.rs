//! What stands around a mapping before and after it runs: what has changed under it, what it would do, what is already there on
//! both sides.

use axum::http::StatusCode;
use cs_domain::mapping::lone::LoneWord;
use cs_domain::plan::Plan;
use cs_domain::{
    Advice, Failure, FieldSchema, FieldType, KindSchema, LinkReason, MappingName, Proposal, RecordRef, System,
};
use cs_engine::{Gathered, Preview, Previewed};
use cs_ports::{AuditFilter, Part, ReliedOn};

use crate::world::World;

fn contacts(fields: &[&str]) -> KindSchema {
    let field = |name: &&str| FieldSchema {
        name: (*name).into(),
        label: format!("The {name}"),
        field_type: FieldType::Text,
        mandatory: false,
        writable: true,
        max_chars: None,
        bmp_only: false,
        unique: false,
        allow_on_submit: false,
    };
    KindSchema {
        kind: "Contacts".into(),
        label: "Contacts".into(),
        creatable: true,
        updatable: true,
        submittable: false,
        fields: fields.iter().map(field).map(|field| (field.name.clone(), field)).collect(),
    }
}

fn crm() -> MappingName {
    MappingName::new("crm")
}

/// VTiger's contacts had a department when the crm mapping last ran, and have none now.
async fn without_department(world: &World) {
    let schema = contacts(&["firstname", "lastname", "department"]);
    let relied = ReliedOn { system: System::Vtiger, at: world.now(), schema };
    world.desk.rely_on(&crm(), &[relied]).await.unwrap();
    let now = contacts(&["firstname", "lastname"]);
    world.desk.note_schema(System::Vtiger, &"Contacts".into(), world.now(), Some(&now)).await.unwrap();
}

#[tokio::test]
async fn what_has_changed_is_shown_where_it_matters_and_accepted_by_who_may() {
    let world = World::new().await;
    let mut reader = world.visitor(Part::ReadOnly).await;
    reader.get("/mappings/crm/drift").await.shows(&["has not run yet"]);
    without_department(&world).await;
    let page = reader.get("/mappings/crm/drift").await;
    page.shows(&["The department (department) of Contacts in VTiger is not there any more", "Runs stop"]);
    page.shows(&["drift.field_vanished", "Bring the field back"]);
    page.hides(&["Accept these changes"]);
    reader.get("/").await.shows(&["1 mapped field has changed", "/mappings/crm/drift"]);
    assert_eq!(reader.post("/mappings/crm/drift/accept", &[]).await.status, StatusCode::FORBIDDEN);

    let mut admin = world.visitor(Part::SyncerAdmin).await;
    admin.get("/mappings/crm/drift").await.shows(&["Accept these changes", "Look now"]);
    assert_eq!(admin.post("/mappings/crm/drift/look", &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(admin.post("/mappings/crm/drift/accept", &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(world.office.state().accepted, [crm()]);
    let noted = world.desk.audit(&AuditFilter::default(), None, 10).await.unwrap();
    let noted = noted.iter().find(|entry| entry.action == "mapping.drift_accept").unwrap();
    assert!(noted.before.to_string().contains("department"), "{noted:?}");
}

#[tokio::test]
async fn a_mapping_is_tried_before_it_is_published() {
    let world = World::new().await;
    let mut browser = world.visitor(Part::ReadOnly).await;
    browser.get("/mappings/crm/preview").await.shows(&["nothing is written", "Try it"]);
    assert!(world.office.state().tried.is_empty(), "opening the page asks no system");

    let failure = Failure {
        code: "value.too_long".into(),
        cause: "200 characters do not fit".into(),
        remedy: "Shorten it.".into(),
        advice: Advice::NeedsPerson,
        place: Some("person.department".into()),
    };
    let mut plan = Plan::empty(RecordRef::vtiger("Contacts", "12x7"));
    plan.failures.push(failure.clone());
    let lone = LoneWord {
        system: System::Frappe,
        kind: "Contact".into(),
        field: "status".into(),
        label: "Status".into(),
        role: "person".into(),
        frappe: "status".into(),
        word: "Passive".into(),
        sampled: 2,
        everywhere: Some(1_234),
        failure,
    };
    let records = vec![Previewed { record: None, documents: Vec::new(), plan }];
    world.office.state().preview = Preview { records, lone: vec![lone] };
    let address = "/mappings/crm/preview?go=1&unit=contact&number=5&which=random&seed=9&records=12x7,+12x8";
    let page = browser.get(address).await;
    page.shows(&["Contacts 12x7", "person.department", "value.too_long", "Passive", "1,234"]);
    let tried = world.office.state().tried.clone();
    assert_eq!((tried[0].unit.as_str(), tried[0].number, tried[0].seed), ("contact", 5, Some(9)));
    assert_eq!(tried[0].chosen, ["12x7", "12x8"].map(|id| RecordRef::vtiger("Contacts", id)));
}

fn proposal(record: &str, document: &str, score: u32) -> Proposal {
    Proposal {
        unit: "contact".into(),
        role: "person".into(),
        subject: RecordRef::vtiger("Contacts", record),
        document: RecordRef::frappe("Contact", document),
        score,
        reasons: vec![
            LinkReason::SameEmail { field: "email_id".into() },
            LinkReason::Different { field: "born".into() },
        ],
    }
}

#[tokio::test]
async fn pairs_are_looked_for_accepted_and_rejected() {
    const SEAT: &str = "unit=contact&role=person";
    let world = World::new().await;
    let mut browser = world.visitor(Part::SyncerAdmin).await;
    browser
        .get(&format!("/mappings/crm/linking?{SEAT}"))
        .await
        .shows(&["There is nothing here", "Look for pairs"]);
    let proposals =
        vec![proposal("12x1", "Ana", 95), proposal("12x2", "Luis", 88), proposal("12x3", "Rosa", 60)];
    world.office.state().gathered = Gathered { records: 3, documents: 3, proposals };
    let seat = [("unit", "contact"), ("role", "person")];
    let found = browser.post("/mappings/crm/linking/find", &seat).await;
    assert_eq!(found.status, StatusCode::SEE_OTHER, "{}", found.text());
    let page = browser.get(&format!("/mappings/crm/linking?{SEAT}")).await;
    page.shows(&[
        "Contacts 12x1",
        "Contact Ana",
        "95",
        "same e-mail (email_id)",
        "different born",
        "Undecided (3)",
    ]);

    let above = [("decision", "accept-above"), ("least", "85")];
    let decided = browser.post("/mappings/crm/linking/decide", &[seat.as_slice(), &above].concat()).await;
    assert_eq!(decided.status, StatusCode::SEE_OTHER, "{}", decided.text());
    browser.get(&format!("/mappings/crm/linking?{SEAT}")).await.shows(&[
        "Undecided (1)",
        "Accepted (2)",
        "Rosa",
    ]);
    let page = browser.get(&format!("/mappings/crm/linking?{SEAT}&show=accepted")).await;
    page.shows(&["Contact Luis", "Take back"]);
    let subjects = [RecordRef::vtiger("Contacts", "12x1"), RecordRef::vtiger("Contacts", "12x3")];
    let pairs = world.desk.decided_pairs(&crm(), &subjects).await.unwrap();
    assert_eq!(pairs.len(), 1);
    assert_eq!(pairs[0].document.id.as_str(), "Ana");

    let nothing = browser
        .post("/mappings/crm/linking/decide", &[seat.as_slice(), &[("decision", "reject")]].concat())
        .await;
    assert_eq!(nothing.status, StatusCode::SEE_OTHER);
    let mut reader = world.visitor(Part::ReadOnly).await;
    reader.get(&format!("/mappings/crm/linking?{SEAT}")).await.hides(&["Accept all"]);
    assert_eq!(reader.post("/mappings/crm/linking/find", &seat).await.status, StatusCode::FORBIDDEN);
}
