//! Failed units: by cause, one by one, and tried again.

use axum::http::StatusCode;
use cs_domain::{Action, Advice, Failure, Intent, IntentId, RecordRef, RunId, System, Value, Verdict};
use cs_ports::{AuditFilter, Part, StagedState, UnitKey, UnitOutcome, Work};

use crate::world::World;

const RUN: &str = "20261122-120000-0001";

fn failure(code: &str, cause: &str) -> Failure {
    Failure {
        code: code.to_owned(),
        cause: cause.to_owned(),
        remedy: format!("mend {code}"),
        advice: Advice::NeedsPerson,
        place: Some("owner.last_name".to_owned()),
    }
}

/// Units of these ids, which failed so often that they wait for a person.
async fn fail(world: &World, ids: &[&str], code: &str, cause: &str) {
    let outcomes: Vec<UnitOutcome> = ids
        .iter()
        .map(|id| UnitOutcome {
            key: UnitKey {
                mapping: "policy".into(),
                unit: "policy".into(),
                subject: RecordRef::vtiger("SalesOrder", *id),
            },
            revision: 1,
            version: None,
            verdict: Verdict::Failed,
            state: StagedState::Parked,
            not_before: None,
            attempts: 8,
            failures: vec![failure(code, cause)],
            conflicts: Vec::new(),
        })
        .collect();
    world.conclude(&RunId(RUN.to_owned()), &outcomes).await;
}

async fn due(world: &World) -> u64 {
    world.desk.count_due(&"policy".into(), &"policy".into(), world.now()).await.unwrap()
}

#[tokio::test]
async fn causes_come_first_and_each_says_what_to_do() {
    let world = World::new().await;
    fail(&world, &["6x1", "6x2"], "frappe.too_long", "'Last Name' will get truncated").await;
    fail(&world, &["6x3"], "odd.code", "something odd").await;
    let mut reader = world.visitor(Part::ReadOnly).await;
    let page = reader.get("/errors").await;
    page.shows(&["2 failed units", "Frappe would cut a text off", "Customize Form", "SalesOrder 6x1"]);
    page.shows(&["For example:", "something odd", "mend odd.code", "Waits for a person"]);
    page.hides(&["/errors/retry", "/errors/unit/retry"]);
    let of_code = reader.get("/errors?code=odd.code").await;
    of_code.shows(&["SalesOrder 6x3"]);
    of_code.hides(&["SalesOrder 6x1"]);
    let by_text = reader.get("/errors?q=6x2").await;
    by_text.shows(&["SalesOrder 6x2"]);
    by_text.hides(&["SalesOrder 6x1", "odd.code"]);
    reader.get("/errors?q=nothing&page=77").await.shows(&["Nothing that failed fits this"]);
    reader.get("/errors?mapping=crm").await.shows(&["Nothing that failed fits this"]);
}

#[tokio::test]
async fn one_unit_is_tried_again_and_a_second_click_is_no_second_run() {
    let world = World::new().await;
    fail(&world, &["6x1", "6x2"], "frappe.too_long", "too long").await;
    assert_eq!(due(&world).await, 0);
    let form = [("mapping", "policy"), ("system", "vtiger"), ("kind", "SalesOrder"), ("id", "6x1")];
    let mut reader = world.visitor(Part::ReadOnly).await;
    assert_eq!(reader.post("/errors/unit/retry", &form).await.status, StatusCode::FORBIDDEN);
    assert_eq!(due(&world).await, 0);
    let mut user = world.visitor(Part::SyncerUser).await;
    let own = "/errors/unit?mapping=policy&system=vtiger&kind=SalesOrder&id=6x1";
    user.post("/errors/unit/retry", &form).await.leads_to(own);
    user.get(own).await.shows(&["A run takes them up now"]);
    assert_eq!(due(&world).await, 1);
    user.post("/errors/unit/retry", &form).await.leads_to(own);
    user.get(own).await.shows(&["asked for already"]);
    let tasks = world.desk.open_tasks().await.unwrap();
    assert_eq!(tasks.len(), 1);
    assert!(
        matches!(&tasks[0].work, Work::Sync { mapping, dry_run: false, .. } if mapping.as_str() == "policy")
    );
    let audit = AuditFilter { action: Some("unit.retry".to_owned()), ..AuditFilter::default() };
    let audit = world.desk.audit(&audit, None, 10).await.unwrap();
    assert_eq!((audit.len(), audit[0].object.as_str()), (2, "unit SalesOrder 6x1"));
    let elsewhere =
        [("mapping", "policy"), ("kind", "SalesOrder"), ("id", "6x1"), ("back", "//evil.example.test")];
    user.post("/errors/unit/retry", &elsewhere).await.leads_to(own);
    let none = [("mapping", "policy"), ("kind", "SalesOrder"), ("id", "6x99")];
    assert_eq!(user.post("/errors/unit/retry", &none).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn all_of_one_cause_are_tried_again_and_no_others() {
    let world = World::new().await;
    fail(&world, &["6x1", "6x2", "6x3"], "frappe.too_long", "too long").await;
    fail(&world, &["6x4"], "frappe.mandatory", "empty").await;
    let mut user = world.visitor(Part::SyncerUser).await;
    let refused = user.post("/errors/retry", &[("code", "")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let sent = [("code", "frappe.too_long"), ("mapping", ""), ("q", "")];
    user.post("/errors/retry", &sent).await.leads_to("/errors?code=frappe.too_long");
    assert_eq!(due(&world).await, 3);
    assert_eq!(world.desk.open_tasks().await.unwrap().len(), 1);
    assert!(world.office.state().nudges > 0);
}

#[tokio::test]
async fn a_unit_s_page_tells_what_was_sent_and_shows_what_is_remembered_where_nobody_answers() {
    let world = World::new().await;
    fail(&world, &["6x1"], "frappe.too_long", "'Last Name' will get truncated").await;
    let intent = Intent {
        id: IntentId(format!("{RUN}-0000001")),
        run: RunId(RUN.to_owned()),
        mapping: "policy".into(),
        unit: "policy".into(),
        subject: RecordRef::vtiger("SalesOrder", "6x1"),
        role: Some("owner".into()),
        action: Action::Create {
            system: System::Frappe,
            kind: "Contact".into(),
            fields: [("last_name".into(), Value::text("Prueba"))].into(),
            key: cs_domain::OperationKey("6x1/owner".to_owned()),
        },
    };
    world.record_intents("policy", &[intent]).await;
    let mut user = world.visitor(Part::SyncerUser).await;
    let path = "/errors/unit?mapping=policy&kind=SalesOrder&id=6x1";
    let page = user.get(path).await;
    page.shows(&["owner.last_name", "will get truncated", "mend frappe.too_long", "<ins>Prueba</ins>", RUN]);
    page.shows(&["Not every system could be asked", "https://vtiger.example.test/6x1"]);
    assert_eq!(
        user.get("/errors/unit?mapping=crm&kind=SalesOrder&id=6x1").await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(user.get("/errors/unit").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_the_brake_holds_is_approved_and_not_tried_again() {
    let world = World::new().await;
    fail(&world, &["6x1"], "delete.brake", "30 of 40 were deleted").await;
    let mut user = world.visitor(Part::SyncerUser).await;
    let list = user.get("/errors").await;
    list.shows(&["See and approve the deletes", "href=\"/sync/policy\""]);
    list.hides(&["action=\"/errors/retry\""]);
    let page = user.get("/errors/unit?mapping=policy&kind=SalesOrder&id=6x1").await;
    page.shows(&["the same brake"]);
    page.hides(&["action=\"/errors/unit/retry\""]);
}
