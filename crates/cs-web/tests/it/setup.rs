//! The setup, from a service that nobody knows to its first dry run.

use axum::http::StatusCode;
use cs_ports::{Part, TaskFilter};
use cs_web::office::Lacking;
use serde_json::json;

use crate::world::World;

const CODE: &str = "4f1c-99ab";

fn first<'f>(code: &'f str, password: &'f str) -> [(&'f str, &'f str); 5] {
    [
        ("code", code),
        ("name", "Ana Torres"),
        ("login", "ana@example.test"),
        ("language", "es"),
        ("password", password),
    ]
}

fn field(name: &str) -> Lacking {
    Lacking {
        kind: "custom_field".to_owned(),
        name: name.to_owned(),
        purpose: "Ties it to its record".to_owned(),
        definition: json!({ "dt": "Customer", "fieldname": "custom_vtiger_id" }),
    }
}

#[tokio::test]
async fn from_nobody_to_the_first_dry_run() {
    let world = World::empty(Some(CODE));
    world.office.state().set_up = false;
    let mut browser = world.stranger();
    for path in ["/", "/settings/vtiger", "/users", "/login", "/setup/check"] {
        browser.get(path).await.leads_to("/setup");
    }
    browser.get("/setup").await.shows(&["Welcome to Company Sync", "Step 1 of 6"]);
    browser.get("/setup?language=es&code=4f1c").await.shows(&["Bienvenido", "value=\"4f1c\""]);

    let wrong = browser.post("/setup", &first("0000-0000", "three plain words")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text().contains("No es el código"), "{}", wrong.text());
    assert!(wrong.text().contains("value=\"Ana Torres\""));
    let short = browser.post("/setup", &first(CODE, "short")).await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(world.desk.people().await.unwrap(), []);

    let entered = browser.post("/setup", &first(CODE, "three plain words")).await;
    entered.leads_to("/setup/connections/vtiger");
    let people = world.desk.people().await.unwrap();
    assert_eq!((people.len(), people[0].part, people[0].language.as_str()), (1, Part::SystemManager, "es"));
    browser.learn_csrf().await;
    browser.get("/").await.shows(&["Terminar la instalación"]);
    browser.get("/setup/connections/vtiger").await.shows(&[
        "Paso 2 de 6",
        "vtiger.access_key",
        "entorno de prueba",
    ]);
    let typed = [("vtiger.url", "https://crm2.example.test"), ("vtiger.user", "sync")];
    browser.post("/setup/connections/vtiger", &typed).await.leads_to("/setup/connections/frappe");
    browser.post("/setup/connections/frappe", &[]).await.leads_to("/setup/connections/database");
    browser.post("/setup/connections/database", &[]).await.leads_to("/setup/check");
    browser.get("/setup/check").await.shows(&[
        "Paso 5 de 6",
        "as it must be",
        "Frappe tiene todo lo que necesita",
    ]);

    browser.get("/setup/run").await.shows(&["Paso 6 de 6", "todavía ninguna"]);
    let started = browser.post("/setup/run", &[("mapping", "crm")]).await;
    let tasks = world.desk.tasks(&TaskFilter::default(), None, 5).await.unwrap();
    started.leads_to(&format!("/sync/crm/plans/{}", tasks[0].id));
    assert!(tasks[0].work.is_dry_run());
    let again = browser.post("/setup/run", &[("mapping", "crm")]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "the same is not asked for twice");
    browser.post("/setup/finish", &[]).await.leads_to("/");
    assert!(world.office.state().set_up);
    let page = browser.get("/").await;
    page.shows(&["La instalación está terminada."]);
    page.hides(&["href=\"/setup\""]);
}

#[tokio::test]
async fn nobody_sets_up_what_somebody_has_set_up() {
    let world = World::new().await;
    let mut stranger = world.stranger();
    stranger.get("/setup").await.leads_to("/login?next=%2Fsetup");
    let answer = stranger.post("/setup", &first(CODE, "three plain words")).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert_eq!(world.desk.people().await.unwrap().len(), Part::ALL.len());
    let mut reader = world.visitor(Part::ReadOnly).await;
    assert_eq!(reader.get("/setup").await.status, StatusCode::FORBIDDEN);
    let mut manager = world.visitor(Part::SystemManager).await;
    manager.get("/setup").await.leads_to("/setup/check");
}

#[tokio::test]
async fn without_a_code_nobody_is_the_first() {
    let world = World::empty(None);
    let mut browser = world.stranger();
    browser.get("/setup").await.shows(&["without a setup code"]);
    for code in ["", "x"] {
        let answer = browser.post("/setup", &first(code, "three plain words")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(world.desk.people().await.unwrap(), []);
}

#[tokio::test]
async fn codes_cannot_be_tried_one_after_the_other() {
    let world = World::empty(Some(CODE));
    let mut browser = world.stranger();
    for _ in 0..5 {
        browser.post("/setup", &first("guess", "three plain words")).await;
    }
    let answer = browser.post("/setup", &first(CODE, "three plain words")).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "even the right one has to wait now");
    assert_eq!(world.desk.people().await.unwrap(), []);
}

#[tokio::test]
async fn what_was_shown_is_what_is_created_or_nothing_is() {
    let world = World::new().await;
    world.office.state().lacking = vec![field("Customer.custom_vtiger_id")];
    // What is lacking is a misfit of the connection, too; it is shown all the same, and can be created.
    world.office.state().probes =
        vec![crate::office::probe("login", true), crate::office::probe("DocType Customer", false)];
    let mut manager = world.visitor(Part::SystemManager).await;
    let page = manager.get("/setup/check").await;
    page.shows(&[
        "Customer.custom_vtiger_id",
        "customer: tells which VTiger record it belongs to",
        "&#34;fieldname&#34;",
    ]);
    let text = page.text();
    let seal = text.split_once("name=\"shown\" value=\"").unwrap().1.split('"').next().unwrap();

    world.office.state().lacking.push(field("Customer.custom_other"));
    let moved = manager.post("/setup/create/crm", &[("shown", seal)]).await;
    moved.shows(&["has changed since it was shown", "Customer.custom_other"]);
    assert_eq!(world.office.state().lacking.len(), 2, "nothing was created");
    let text = moved.text();
    let seal = text.split_once("name=\"shown\" value=\"").unwrap().1.split('"').next().unwrap();
    let created = manager.post("/setup/create/crm", &[("shown", seal)]).await;
    created.shows(&["What was created", "Customer.custom_other"]);
    assert!(world.office.state().lacking.is_empty());
    manager.get("/users/audit").await.shows(&["Created what Frappe lacked"]);
}

#[tokio::test]
async fn where_frappe_does_not_answer_nobody_says_that_nothing_is_lacking() {
    let world = World::new().await;
    world.office.state().probes = vec![crate::office::probe("login", false)];
    let mut manager = world.visitor(Part::SystemManager).await;
    let page = manager.get("/setup/check").await;
    page.shows(&["vtiger.login_refused", "Known once Frappe answers"]);
    page.hides(&["Frappe has everything"]);
}

#[tokio::test]
async fn the_sandbox_stands_in_for_both() {
    let world = World::new().await;
    let mut manager = world.visitor(Part::SystemManager).await;
    manager.post("/setup/sandbox", &[]).await.leads_to("/setup/check");
    assert!(world.office.state().sandbox);
}
