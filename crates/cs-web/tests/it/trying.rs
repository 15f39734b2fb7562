//! What stands around a mapping before and after it runs: what has changed under it, what it would do, what is already there on
//! both sides.

use axum::http::StatusCode;
use cs_domain::mapping::lone::LoneWord;
use cs_domain::mapping::shipped_text;
use cs_domain::plan::Plan;
use cs_domain::{
    Advice, Balance, Failure, FieldSchema, FieldType, KindSchema, Link, LinkOrigin, LinkReason, LinkStanding,
    MappingName, Proposal, RecordRef, RunStatus, Shadow, System,
};
use cs_engine::{Preview, Previewed};
use cs_ports::{AuditFilter, Part, ReliedOn, Task, TaskId, Tie, Work};

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

/// Whoever publishes after something has changed sees what, and says whether it is meant so.
#[tokio::test]
async fn publishing_offers_to_accept_what_has_changed() {
    let world = World::new().await;
    without_department(&world).await;
    let mut admin = world.visitor(Part::SyncerAdmin).await;
    let text = shipped_text("crm").unwrap();
    for accept in [false, true] {
        let text = text.replacen("CRM", if accept { "CRM twice" } else { "CRM once" }, 1);
        let drafted = admin.post("/mappings/crm/text", &[("revision", "0"), ("text", &text)]).await;
        assert_eq!(drafted.status, StatusCode::SEE_OTHER, "{}", drafted.text());
        let draft = world.desk.mapping_draft(&crm()).await.unwrap().unwrap();
        let page = admin.get("/mappings/crm/publish").await;
        page.shows(&["The department (department) of Contacts in VTiger is not there any more"]);
        page.shows(&["Accept this change with the version", "name=\"accept_drift\" checked"]);
        let revision = draft.revision.to_string();
        let mut sent = vec![("revision", revision.as_str()), ("note", "Fits again")];
        if accept {
            sent.push(("accept_drift", "on"));
        }
        let published = admin.post("/mappings/crm/publish", &sent).await;
        assert_eq!(published.status, StatusCode::SEE_OTHER, "{}", published.text());
        let expected: &[MappingName] = if accept { &[crm()] } else { &[] };
        assert_eq!(world.office.state().accepted, expected);
    }
}

/// A unit or role by another name begins without links: whoever publishes is told how many that are.
#[tokio::test]
async fn publishing_a_renamed_role_warns_of_the_links_it_would_lose() {
    let world = World::new().await;
    let link = |role: &str, id: &str| Tie {
        link: Link {
            mapping: crm(),
            unit: "contact".into(),
            subject: RecordRef::vtiger("Contacts", id),
            role: role.into(),
            document: RecordRef::frappe("Contact", id),
            origin: LinkOrigin::Created,
            standing: LinkStanding::Live,
        },
        shadow: Shadow::default(),
    };
    for id in ["12x1", "12x2"] {
        world.settle("crm", None, link("person", id)).await;
    }
    let mut admin = world.visitor(Part::SyncerAdmin).await;
    let text = shipped_text("crm").unwrap();
    let titled = text.replacen("CRM", "CRM once", 1);
    admin.post("/mappings/crm/text", &[("revision", "0"), ("text", &titled)]).await;
    admin.get("/mappings/crm/publish").await.hides(&["would be left behind"]);
    let draft = world.desk.mapping_draft(&crm()).await.unwrap().unwrap();
    let renamed = text.replace("role = \"person\"", "role = \"human\"");
    assert_ne!(renamed, text);
    let revision = draft.revision.to_string();
    admin.post("/mappings/crm/text", &[("revision", &revision), ("text", &renamed)]).await;
    let page = admin.get("/mappings/crm/publish").await;
    page.shows(&["2 links would be left behind", "contact/person", "give it its old name again"]);
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
            LinkReason::Called { record: format!("{document} M."), document: document.to_uppercase() },
        ],
    }
}

/// Looking through everything is a task: the request that asks for it ends at once, and its page follows.
#[tokio::test]
async fn pairs_are_looked_for_in_the_background_and_for_the_document_that_was_chosen() {
    let world = World::new().await;
    let mut browser = world.visitor(Part::SyncerAdmin).await;
    // What is chosen names its unit: the one of the page before stays behind.
    let page = browser.get("/mappings/crm/linking?seat=contact/person&unit=account&role=customer").await;
    page.shows(&["value=\"contact/person\" selected", "name=\"unit\" value=\"contact\""]);
    page.hides(&["data-task"]);

    let seat = [("unit", "contact"), ("role", "person")];
    let asked = browser.post("/mappings/crm/linking/find", &seat).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.text());
    let open = world.desk.open_tasks().await.unwrap();
    let work = Work::Pair { mapping: crm(), unit: "contact".into(), role: "person".into() };
    assert_eq!(open.iter().map(|task| &task.work).collect::<Vec<_>>(), [&work]);
    assert_ne!(work.lane(), "crm", "it holds up no run of the mapping");
    let page = browser.get(&asked.location()).await;
    page.shows(&["Looking for pairs", "data-refresh", &format!("data-task=\"{}\"", open[0].id)]);
    browser.get("/mappings/crm/linking?seat=account/customer").await.hides(&["Looking for pairs"]);
    assert_eq!(browser.post("/mappings/crm/linking/find", &seat).await.status, StatusCode::CONFLICT);

    assert_eq!(browser.post("/mappings/crm/linking/stop", &seat).await.status, StatusCode::SEE_OTHER);
    browser.get(&asked.location()).await.shows(&["It stops in a moment"]);

    let balance = Balance { read: 1_200, unchanged: 1_200, ..Balance::default() };
    let outcome = serde_json::json!({ "records": 1_100, "documents": 1, "pairs": 0 });
    let ended = Task {
        id: TaskId("20991231-000000-0001".to_owned()),
        status: RunStatus::Success,
        ended: Some(world.now()),
        balance,
        outcome,
        ..open[0].clone()
    };
    world.desk.add_task(&ended).await.unwrap();
    let part = browser.get("/mappings/crm/linking/found?unit=contact&role=person").await;
    part.shows(&[
        "Last search",
        "1,100 records without a document",
        "one document without a record",
        "no pair",
    ]);
    part.hides(&["<html", "Looking for pairs"]);

    let nowhere = [("unit", "contact"), ("role", "nobody")];
    assert_eq!(browser.post("/mappings/crm/linking/find", &nowhere).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn pairs_are_accepted_and_rejected() {
    const SEAT: &str = "unit=contact&role=person";
    let world = World::new().await;
    let mut browser = world.visitor(Part::SyncerAdmin).await;
    browser
        .get(&format!("/mappings/crm/linking?{SEAT}"))
        .await
        .shows(&["There is nothing here", "Look for pairs"]);
    let proposals =
        vec![proposal("12x1", "Ana", 95), proposal("12x2", "Luis", 88), proposal("12x3", "Rosa", 60)];
    let (unit, role) = (proposals[0].unit.clone(), proposals[0].role.clone());
    world.desk.put_proposals(&crm(), &unit, &role, &proposals, world.now()).await.unwrap();
    let seat = [("unit", "contact"), ("role", "person")];
    let page = browser.get(&format!("/mappings/crm/linking?{SEAT}")).await;
    page.shows(&[
        "Contacts 12x1",
        "Contact Ana",
        "Ana M.",
        "ANA",
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
