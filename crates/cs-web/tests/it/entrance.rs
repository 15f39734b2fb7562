//! Logging in and out.

use axum::http::StatusCode;
use cs_ports::{AuditFilter, Part, Person};

use crate::world::{World, login_of};

#[tokio::test]
async fn who_logs_in_sees_the_workspace_and_who_logs_out_does_not() {
    let world = World::new().await;
    let login = login_of(Part::SyncerUser);
    let kept = world.desk.person(&login).await.unwrap().unwrap();
    let password = cs_web::hash_password("a long pass phrase").unwrap();
    world.desk.put_person(&Person { password, ..kept }).await.unwrap();

    let mut browser = world.stranger();
    browser.get("/").await.leads_to("/login");
    browser.get("/conflicts").await;
    let wrong = browser.post("/login", &[("login", &login), ("password", "another pass phrase")]).await;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN);
    let right = [("login", login.as_str()), ("password", "a long pass phrase"), ("next", "/?from=mail")];
    browser.post("/login", &right).await.leads_to("/?from=mail");
    browser.learn_csrf().await;
    browser.get("/").await.shows(&["Workspace", "Ana Syncer User"]);

    let mut copied = browser.clone();
    browser.post("/logout", &[]).await.leads_to("/login");
    copied.get("/").await.leads_to("/login");
    let audit = world.desk.audit(&AuditFilter::default(), None, 10).await.unwrap();
    let said: Vec<&str> = audit.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(said, ["login", "login.refused"]);
}

#[tokio::test]
async fn nobody_is_logged_in_for_ever() {
    let world = World::new().await;
    let mut browser = world.visitor(Part::ReadOnly).await;
    browser.get("/").await.shows(&["Workspace"]);
    world.pass(jiff::SignedDuration::from_hours(13));
    browser.get("/").await.leads_to("/login");
}
