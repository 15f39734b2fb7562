//! Settings: shown, changed, tested, refused.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use cs_ports::{AuditFilter, Part};
use cs_web::office::{Connection, Slip};

use crate::office::probe;
use crate::world::World;

fn changes(pairs: &[(&str, Option<&str>)]) -> BTreeMap<String, Option<String>> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), value.map(str::to_owned))).collect()
}

/// What a browser sends of the tab of VTiger where nothing was touched.
const UNTOUCHED: [(&str, &str); 4] = [
    ("vtiger.url", "https://crm.example.test"),
    ("vtiger.user", "sync"),
    ("vtiger.access_key", ""),
    ("vtiger.requests_per_minute", "60"),
];

#[tokio::test]
async fn every_tab_is_shown_and_no_secret() {
    let world = World::new().await;
    let mut admin = world.visitor(Part::SyncerAdmin).await;
    admin.get("/settings").await.leads_to("/settings/general");
    let general = admin.get("/settings/general").await;
    general.shows(&["Time zone", "America/Bogota", "Fixed by COMPANY_SYNC_TIME_ZONE", "Reviews"]);
    general.hides(&["name=\"time_zone\""]);
    let vtiger = admin.get("/settings/vtiger").await;
    vtiger.shows(&["Access key", "Endpoint", "https://crm.example.test", "Test connection", "Remove it"]);
    assert_eq!(admin.get("/settings/nothing").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn only_what_was_changed_is_changed_and_who_did_is_noted() {
    let world = World::new().await;
    let mut admin = world.visitor(Part::SyncerAdmin).await;
    admin.post("/settings/vtiger", &UNTOUCHED).await.leads_to("/settings/vtiger");
    admin.get("/settings/vtiger").await.shows(&["Nothing was changed."]);
    assert_eq!(world.office.state().changed, [], "what is as it was is no change");

    let mut typed = UNTOUCHED;
    typed[0].1 = " https://other.example.test ";
    typed[2].1 = "a new access key";
    typed[3].1 = "";
    admin.post("/settings/vtiger", &typed).await.leads_to("/settings/vtiger");
    let changed = world.office.state().changed.clone();
    assert_eq!(
        changed,
        [changes(&[
            ("vtiger.access_key", Some("a new access key")),
            ("vtiger.requests_per_minute", None),
            ("vtiger.url", Some("https://other.example.test")),
        ])]
    );
    let page = admin.get("/settings/vtiger").await;
    page.shows(&["https://other.example.test"]);
    page.hides(&["a new access key"]);

    let audit = world.desk.audit(&AuditFilter::default(), None, 5).await.unwrap();
    assert_eq!((audit[0].action.as_str(), audit[0].object.as_str()), ("settings.change", "settings vtiger"));
    assert_eq!(audit[0].before["vtiger.url"], "https://crm.example.test");
    assert!(!format!("{audit:?}").contains("a new access key"));
    let mut manager = world.visitor(Part::SystemManager).await;
    manager.get("/users/audit").await.shows(&[
        "Changed settings",
        "https://other.example.test",
        "settings vtiger",
    ]);
}

#[tokio::test]
async fn secrets_are_removed_lines_are_tidied_and_what_a_file_fixes_stays() {
    let world = World::new().await;
    let mut admin = world.visitor(Part::SyncerAdmin).await;
    let mut fields = UNTOUCHED.to_vec();
    fields.push(("remove:vtiger.access_key", "1"));
    admin.post("/settings/vtiger", &fields).await;
    admin.post("/settings/reviews", &[("reviews", " Pending\r\n\r\n Fixed \r\n")]).await;
    admin.post("/settings/reviews", &[("reviews", "Pending\r\nSent back\r\n")]).await;
    admin.post("/settings/general", &[("time_zone", "Europe/Madrid"), ("language", "es")]).await;
    assert_eq!(
        world.office.state().changed,
        [
            changes(&[("vtiger.access_key", None)]),
            changes(&[("reviews", Some("Pending\nSent back"))]),
            changes(&[("language", Some("es"))]),
        ]
    );
}

#[tokio::test]
async fn what_is_wrong_is_said_beside_the_field() {
    let world = World::new().await;
    let slip = |field: &str, message: &str| Slip { field: field.to_owned(), message: message.to_owned() };
    world.office.state().slips =
        vec![slip("vtiger.url", "This is no address."), slip("frappe.url", "It is needed.")];
    let mut admin = world.visitor(Part::SyncerAdmin).await;
    let mut typed = UNTOUCHED;
    typed[0].1 = "crm dot example";
    typed[2].1 = "a new access key";
    let answer = admin.post("/settings/vtiger", &typed).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let text = answer.text();
    for shown in ["This is no address.", "It is needed.", "value=\"crm dot example\"", "aria-invalid"] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    answer.hides(&["a new access key"]);
}

#[tokio::test]
async fn a_connection_is_tested_with_what_is_typed_and_nothing_is_kept() {
    let world = World::new().await;
    world.office.state().probes = vec![probe("login", false)];
    let mut admin = world.visitor(Part::SyncerAdmin).await;
    let mut typed = UNTOUCHED;
    typed[2].1 = "a new access key";
    let whole = admin.post("/settings/vtiger/test", &typed).await;
    whole.shows(&["vtiger.login_refused", "Copy the access key", "the access key is refused", "<h1>"]);
    admin.headers.push(("x-fragment", "1".to_owned()));
    let part = admin.post("/settings/vtiger/test", &typed).await;
    part.shows(&["vtiger.login_refused"]);
    part.hides(&["<h1>"]);
    let wanted = changes(&[("vtiger.access_key", Some("a new access key"))]);
    let tested = world.office.state().tested.clone();
    assert_eq!(tested, [(Connection::Vtiger, wanted.clone()), (Connection::Vtiger, wanted)]);
    assert_eq!(world.office.state().changed, []);
    assert_eq!(admin.post("/settings/general/test", &[]).await.status, StatusCode::NOT_FOUND);
}
