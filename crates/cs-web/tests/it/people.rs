//! People and oneself: who is added, locked out and removed, and who never is.

use axum::http::StatusCode;
use cs_ports::{AuditFilter, Part, Person, Right};
use serde_json::json;

use crate::world::{World, login_of};

const PASSWORD: &str = "three plain words";

async fn person(world: &World, login: &str) -> Option<Person> {
    world.desk.person(login).await.unwrap()
}

#[tokio::test]
async fn somebody_is_added_with_a_password_that_is_shown_once() {
    let world = World::new().await;
    let mut manager = world.visitor(Part::SystemManager).await;
    let fields = [
        ("login", " Luis@Example.test "),
        ("name", "Luis Ruiz"),
        ("part", "Syncer User"),
        ("language", "es"),
        ("password", ""),
    ];
    let answer = manager.post("/users", &fields).await;
    answer.shows(&["luis@example.test", "shown only this once"]);
    let text = answer.text();
    let password = text.split_once("<code class=\"secret\">").unwrap().1.split('<').next().unwrap();
    assert_eq!(password.len(), 23);

    let mut luis = world.stranger();
    let entered = luis.post("/login", &[("login", "luis@example.test"), ("password", password)]).await;
    entered.leads_to("/");
    luis.get("/").await.shows(&["Espacio de trabajo", "Luis Ruiz"]);
    manager.get("/users").await.shows(&["Luis Ruiz", "luis@example.test"]);
    manager.get("/users").await.hides(&[password, "argon2id"]);

    let added = AuditFilter { action: Some("person.add".to_owned()), ..AuditFilter::default() };
    let audit = world.desk.audit(&added, None, 5).await.unwrap();
    assert_eq!(audit[0].object, "person luis@example.test");
    assert_eq!(audit[0].after["part"], json!("Syncer User"));
    assert!(!format!("{audit:?}").contains("argon2"), "{audit:?}");
}

#[tokio::test]
async fn what_is_wrong_with_a_person_is_said_beside_it_and_what_was_typed_stays() {
    let world = World::new().await;
    let mut manager = world.visitor(Part::SystemManager).await;
    let fields = [
        ("login", "no address"),
        ("name", "<b>Luis</b>"),
        ("part", "Emperor"),
        ("language", "es"),
        ("password", "short"),
    ];
    let answer = manager.post("/users", &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let text = answer.text();
    for shown in ["This is no e-mail address.", "Choose a part.", "&#60;b&#62;Luis", "value=\"no address\""] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    assert!(!text.contains("value=\"short\""), "a password is never sent back");
    let taken = login_of(Part::ReadOnly);
    let fields = [
        ("login", taken.as_str()),
        ("name", "Luis"),
        ("part", "Read Only"),
        ("language", "es"),
        ("password", PASSWORD),
    ];
    let answer = manager.post("/users", &fields).await;
    assert!(answer.text().contains("Somebody has this address already."), "{}", answer.text());
}

#[tokio::test]
async fn who_is_locked_out_is_logged_out_at_once() {
    let world = World::new().await;
    let mut manager = world.visitor(Part::SystemManager).await;
    let login = login_of(Part::SyncerUser);
    let mut user = world.visitor_as(&login).await;
    let mut program = world.program(Part::SyncerUser, &[Right::Read]).await;
    user.get("/").await.shows(&["Workspace"]);
    program.get("/").await.shows(&["Workspace"]);
    manager.post(&format!("/users/{login}/disable"), &[]).await.leads_to("/users/syncer.user%40example.test");
    user.get("/").await.leads_to("/login");
    assert_eq!(program.get("/").await.status, StatusCode::UNAUTHORIZED);
    manager.get(&format!("/users/{login}")).await.shows(&["Locked out", "Let in again"]);
    manager.post(&format!("/users/{login}/enable"), &[]).await;
    user.get("/").await.leads_to("/login");
    assert!(person(&world, &login).await.unwrap().enabled);
}

#[tokio::test]
async fn a_new_password_ends_what_the_old_one_opened() {
    let world = World::new().await;
    let mut manager = world.visitor(Part::SystemManager).await;
    let login = login_of(Part::SyncerUser);
    let mut user = world.visitor_as(&login).await;
    manager.post(&format!("/users/{login}/password"), &[]).await.shows(&["shown only this once"]);
    user.get("/").await.leads_to("/login");
}

#[tokio::test]
async fn there_is_always_somebody_who_manages_people() {
    let world = World::new().await;
    let mut manager = world.visitor(Part::SystemManager).await;
    let own = login_of(Part::SystemManager);
    let demoted = [("name", "Ana"), ("part", "Read Only"), ("language", "en")];
    for (path, fields) in [
        (format!("/users/{own}"), &demoted[..]),
        (format!("/users/{own}/disable"), &[]),
        (format!("/users/{own}/remove"), &[]),
    ] {
        let answer = manager.post(&path, fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        assert!(answer.text().contains("Nobody locks out"), "{path}: {}", answer.text());
    }
    // Another one, locked out, is nobody who could manage people; a program of theirs is not somebody else.
    let other = Person {
        login: "eva@example.test".to_owned(),
        enabled: false,
        ..person(&world, &own).await.unwrap()
    };
    world.desk.put_person(&other).await.unwrap();
    let mut program = world.program(Part::SystemManager, &Right::ALL).await;
    let answer = program.post(&format!("/users/{own}/remove"), &[]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    world.desk.put_person(&Person { enabled: true, ..other.clone() }).await.unwrap();
    let mut eva = world.visitor_as("eva@example.test").await;
    eva.post(&format!("/users/{own}"), &demoted).await.leads_to("/users");
    assert_eq!(person(&world, &own).await.unwrap().part, Part::ReadOnly);
    eva.post(&format!("/users/{own}/remove"), &[]).await.leads_to("/users");
    assert_eq!(person(&world, &own).await, None);
    let answer = eva.post("/users/eva%40example.test/remove", &[]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn two_managers_cannot_remove_each_other_at_the_same_time() {
    let world = World::new().await;
    let own = login_of(Part::SystemManager);
    let other = Person { login: "eva@example.test".to_owned(), ..person(&world, &own).await.unwrap() };
    world.desk.put_person(&other).await.unwrap();
    let (mut ana, mut eva) = (world.visitor_as(&own).await, world.visitor_as("eva@example.test").await);
    let path = format!("/users/{own}/remove");
    let (one, two) = tokio::join!(ana.post("/users/eva%40example.test/remove", &[]), eva.post(&path, &[]));
    let left = world.desk.people().await.unwrap();
    let managers = left.iter().filter(|person| person.part == Part::SystemManager).count();
    assert_eq!(managers, 1, "{} {}", one.status, two.status);
}

#[tokio::test]
async fn one_changes_ones_own_password_with_the_old_one() {
    let world = World::new().await;
    let login = login_of(Part::ReadOnly);
    let password = cs_web::hash_password(PASSWORD).unwrap();
    world.desk.put_person(&Person { password, ..person(&world, &login).await.unwrap() }).await.unwrap();
    let mut reader = world.visitor_as(&login).await;
    let mut elsewhere = world.stranger();
    elsewhere.post("/login", &[("login", &login), ("password", PASSWORD)]).await.leads_to("/");

    let change = |old, new, again| [("old", old), ("new", new), ("again", again)];
    let new = "four other plain words";
    for (fields, said) in [
        (change("not the password", new, new), "This is not your password."),
        (change(PASSWORD, new, "something else"), "The two are not the same."),
        (change(PASSWORD, "short", "short"), "10 to 256 characters"),
    ] {
        let answer = reader.post("/profile/password", &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text().contains(said), "{said}: {}", answer.text());
    }
    elsewhere.get("/").await.shows(&["Workspace"]);
    reader.post("/profile/password", &change(PASSWORD, new, new)).await.leads_to("/profile");
    reader.get("/profile").await.shows(&["Your password is changed"]);
    elsewhere.get("/").await.leads_to("/login");
    let mut again = world.stranger();
    again.post("/login", &[("login", &login), ("password", new)]).await.leads_to("/");
}

#[tokio::test]
async fn one_changes_ones_name_and_language_and_nothing_else() {
    let world = World::new().await;
    let mut reader = world.visitor(Part::ReadOnly).await;
    let fields =
        [("name", "Eva María"), ("language", "es"), ("part", "System Manager"), ("login", "x@example.test")];
    reader.post("/profile", &fields).await.leads_to("/profile");
    reader.get("/profile").await.shows(&["Perfil", "Eva María", "Solo lectura"]);
    let now = person(&world, &login_of(Part::ReadOnly)).await.unwrap();
    assert_eq!((now.part, now.language.as_str()), (Part::ReadOnly, "es"));
    let answer = reader.post("/profile", &[("name", " "), ("language", "xx")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_token_works_until_it_is_revoked_or_over() {
    let world = World::new().await;
    let mut user = world.visitor(Part::SyncerUser).await;
    let wish = |scope, days| [("label", "Nightly export"), ("scope", scope), ("days", days)];
    let answer = user.post("/profile/tokens", &wish("administer", "30")).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().contains("A token may not do more than you."));
    assert_eq!(user.post("/profile/tokens", &wish("", "30")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        user.post("/profile/tokens", &wish("read", "soon")).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(world.desk.tokens(None).await.unwrap(), []);

    let made = user.post("/profile/tokens", &wish("read", "30")).await;
    made.shows(&["Nightly export", "shown only this once"]);
    let text = made.text();
    let secret = text.split_once("<pre class=\"secret\">").unwrap().1.split('<').next().unwrap();
    assert!(secret.starts_with("cs_") && secret.len() == 67, "{secret}");
    user.get("/profile").await.hides(&[secret]);

    let mut program = world.stranger();
    program.token = Some(secret.to_owned());
    program.get("/log").await.shows(&["Log"]);
    assert_eq!(
        program.post("/profile", &[("name", "x"), ("language", "en")]).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(program.post("/profile/tokens", &wish("read", "")).await.status, StatusCode::FORBIDDEN);
    world.pass(jiff::SignedDuration::from_hours(24 * 31));
    assert_eq!(program.get("/log").await.status, StatusCode::UNAUTHORIZED);

    let mut user = world.visitor(Part::SyncerUser).await;
    user.get("/profile").await.shows(&["Nightly export", "over"]);
    let id = world.desk.tokens(None).await.unwrap()[0].id.clone();
    let mut other = world.visitor(Part::SystemManager).await;
    let revoke = format!("/profile/tokens/{id}/revoke");
    assert_eq!(
        other.post(&revoke, &[]).await.status,
        StatusCode::NOT_FOUND,
        "nobody revokes another's token here"
    );
    user.post(&revoke, &[]).await.leads_to("/profile");
    assert_eq!(world.desk.tokens(None).await.unwrap(), []);
}
