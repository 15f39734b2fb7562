//! The API as programs meet it: pages of lists, keys, scopes, problems, and its description.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use cs_domain::{Balance, Requests, Run, RunId, RunStatus};
use cs_ports::{AuditFilter, Part, Reserved, Right};
use cs_web::{Rule, table};
use serde_json::{Value, json};

use crate::world::{Answer, Client, World, login_of};

fn body(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.bytes).unwrap_or_else(|error| panic!("{error}: {}", answer.text()))
}

#[track_caller]
fn is_problem(answer: &Answer, status: StatusCode, code: &str) -> Value {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/problem+json");
    let problem = body(answer);
    assert_eq!(problem["code"], code);
    assert_eq!(problem["status"], status.as_u16());
    assert_eq!(problem["type"], format!("/api/docs#{code}"));
    for field in ["title", "remedy"] {
        assert!(problem[field].as_str().is_some_and(|text| !text.is_empty()), "{problem}");
    }
    problem
}

async fn add_runs(world: &World, number: u32) {
    for one in 0..number {
        let run = Run {
            id: RunId(format!("20261120-1000{one:02}-0000")),
            mapping: "policy".into(),
            edition: None,
            status: RunStatus::Success,
            started: "2026-11-20T10:00:00Z".parse().unwrap(),
            ended: None,
            balance: Balance::default(),
            requests: Requests::default(),
            failure: None,
        };
        world.desk.put_run(&run).await.unwrap();
    }
}

fn with_key(client: &Client, key: &str) -> Client {
    let mut client = client.clone();
    client.headers.push(("idempotency-key", key.to_owned()));
    client
}

#[tokio::test]
async fn pages_of_a_list_neither_skip_nor_repeat() {
    let world = World::new().await;
    add_runs(&world, 7).await;
    let mut program = world.program(Part::ReadOnly, &[Right::Read]).await;
    let mut seen = Vec::new();
    let mut path = "/api/v1/runs?limit=3".to_owned();
    loop {
        let answer = program.get(&path).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let page = body(&answer);
        seen.extend(
            page["items"].as_array().unwrap().iter().map(|run| run["id"].as_str().unwrap().to_owned()),
        );
        // What begins in between is newer than any page still to come.
        if seen.len() == 3 {
            let late = Run { id: RunId("20261121-000000-0000".to_owned()), ..first_run(&world).await };
            world.desk.put_run(&late).await.unwrap();
        }
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/v1/runs?limit=3&after={next}");
    }
    let expected: Vec<String> = (0..7).rev().map(|one| format!("20261120-1000{one:02}-0000")).collect();
    assert_eq!(seen, expected);
}

async fn first_run(world: &World) -> Run {
    world.desk.run(&RunId("20261120-100000-0000".to_owned())).await.unwrap().unwrap()
}

#[tokio::test]
async fn measures_are_refused_to_programs_as_programs_read_it() {
    let world = World::new().await;
    let refused = world.stranger().get("/metrics").await;
    is_problem(&refused, StatusCode::UNAUTHORIZED, "web.not_logged_in");
}

#[tokio::test]
async fn what_cannot_be_read_is_a_problem_that_names_it() {
    let world = World::new().await;
    add_runs(&world, 3).await;
    let mut program = world.program(Part::SystemManager, &Right::ALL).await;
    let cursor_of_runs =
        body(&program.get("/api/v1/runs?limit=1").await)["next"].as_str().unwrap().to_owned();
    let of_another = format!("/api/v1/tasks?after={cursor_of_runs}");
    let refused = [
        ("/api/v1/runs?limit=0", "limit"),
        ("/api/v1/runs?limit=201", "limit"),
        ("/api/v1/runs?limit=x", "query"),
        ("/api/v1/runs?after=nonsense", "after"),
        (of_another.as_str(), "after"),
        ("/api/v1/records", "query"),
        ("/api/v1/records?q=", "q"),
        ("/api/v1/runs?status=Odd", "query"),
    ];
    for (path, field) in refused {
        let problem = is_problem(&program.get(path).await, StatusCode::UNPROCESSABLE_ENTITY, "web.invalid");
        assert_eq!(problem["errors"][0]["field"], field, "{path}");
    }
    is_problem(&program.get("/api/v1/runs/none").await, StatusCode::NOT_FOUND, "web.not_there");
    is_problem(&program.get("/api/v1/runs/%ff").await, StatusCode::NOT_FOUND, "web.not_there");
    is_problem(&program.get("/api/v1/nothing").await, StatusCode::NOT_FOUND, "web.not_there");
    let wrong = program.send(Method::DELETE, "/api/v1/runs", None, Body::empty()).await;
    is_problem(&wrong, StatusCode::METHOD_NOT_ALLOWED, "web.method");
    assert_eq!(wrong.headers[header::ALLOW], "GET,HEAD");
    let form = program.post("/api/v1/tasks", &[("kind", "sync")]).await;
    is_problem(&form, StatusCode::UNSUPPORTED_MEDIA_TYPE, "web.media_type");
    let odd = program.json(Method::POST, "/api/v1/tasks", &json!({ "kind": "odd" })).await;
    is_problem(&odd, StatusCode::UNPROCESSABLE_ENTITY, "web.invalid");
    is_problem(&world.stranger().get("/api/v1/runs").await, StatusCode::UNAUTHORIZED, "web.not_logged_in");
}

#[tokio::test]
async fn a_post_with_a_key_is_done_once() {
    let world = World::new().await;
    let program = world.program(Part::SyncerUser, &[Right::Run, Right::Read]).await;
    let mut once = with_key(&program, "k-1");
    let wanted = json!({ "kind": "sync", "mapping": "crm", "dry_run": true });
    let first = once.json(Method::POST, "/api/v1/tasks", &wanted).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text());
    let again = once.json(Method::POST, "/api/v1/tasks", &wanted).await;
    assert_eq!((again.status, body(&again)), (StatusCode::CREATED, body(&first)));
    assert_eq!(world.desk.open_tasks().await.unwrap().len(), 1);

    let other = json!({ "kind": "sync", "mapping": "policy" });
    let reused = once.json(Method::POST, "/api/v1/tasks", &other).await;
    is_problem(&reused, StatusCode::CONFLICT, "web.key_reused");
    // Without the key, the second of the same is a second; and somebody else's key is another.
    let second = program.clone().json(Method::POST, "/api/v1/tasks", &wanted).await;
    is_problem(&second, StatusCode::CONFLICT, "task.already");
    let mut elses = with_key(&world.program(Part::SyncerUser, &[Right::Run]).await, "k-1");
    let theirs = elses.json(Method::POST, "/api/v1/tasks", &other).await;
    assert_eq!(theirs.status, StatusCode::CREATED, "{}", theirs.text());
    assert_eq!(world.desk.open_tasks().await.unwrap().len(), 2);
    let bad = with_key(&program, "").json(Method::POST, "/api/v1/tasks", &wanted).await;
    is_problem(&bad, StatusCode::UNPROCESSABLE_ENTITY, "web.invalid");
}

#[tokio::test]
async fn a_secret_is_told_once_even_with_a_key() {
    let world = World::new().await;
    let visitor = world.visitor(Part::SystemManager).await;
    let mut once = with_key(&visitor, "k-2");
    let wanted = json!({ "label": "reports", "scopes": ["read"], "days": 30 });
    let made = once.json(Method::POST, "/api/v1/tokens", &wanted).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let secret = body(&made)["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("cs_"));
    let again = once.json(Method::POST, "/api/v1/tokens", &wanted).await;
    assert_eq!(again.status, StatusCode::CREATED);
    assert_eq!(body(&again)["secret"], Value::Null);
    assert_eq!(body(&again)["token"], body(&made)["token"]);
    let (who, now) = (login_of(Part::SystemManager), world.now());
    let Reserved::Given(kept) = world.desk.reserve_answer(&who, "k-2", "", now, now).await.unwrap() else {
        panic!("it was answered")
    };
    assert!(!kept.body.contains(&secret));

    let mut program = world.stranger();
    program.token = Some(secret);
    assert_eq!(program.get("/api/v1/workspace").await.status, StatusCode::OK);
    let by_token = program.json(Method::POST, "/api/v1/tokens", &wanted).await;
    is_problem(&by_token, StatusCode::FORBIDDEN, "web.people_only");
    let path = format!("/api/v1/tokens/{}", body(&made)["token"]["id"].as_str().unwrap());
    let gone = visitor.clone().json(Method::DELETE, &path, &json!({})).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.text());
    let after = program.get("/api/v1/workspace").await;
    is_problem(&after, StatusCode::UNAUTHORIZED, "web.bad_token");
}

#[tokio::test]
async fn a_scope_that_is_missing_is_refused_and_nothing_is_changed() {
    let world = World::new().await;
    let mut program = world.program(Part::SystemManager, &[Right::Read]).await;
    let wanted = json!({ "kind": "sync", "mapping": "crm" });
    let refused = program.json(Method::POST, "/api/v1/tasks", &wanted).await;
    is_problem(&refused, StatusCode::FORBIDDEN, "web.may_not");
    let change = json!({ "changes": { "vtiger.url": "https://x.example.test" } });
    let refused = program.json(Method::PATCH, "/api/v1/settings", &change).await;
    is_problem(&refused, StatusCode::FORBIDDEN, "web.may_not");
    is_problem(&program.get("/api/v1/users").await, StatusCode::FORBIDDEN, "web.may_not");
    assert!(world.desk.open_tasks().await.unwrap().is_empty());
    assert!(world.desk.audit(&AuditFilter::default(), None, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn schedules_and_people_are_kept_changed_and_removed() {
    let world = World::new().await;
    let mut program = world.program(Part::SystemManager, &Right::ALL).await;
    let nightly = json!({ "name": "nightly", "mapping": "crm", "cron": "0 3 * * *" });
    let added = program.json(Method::POST, "/api/v1/schedules", &nightly).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.text());
    assert_eq!((&body(&added)["minutes"], &body(&added)["catch_up"]), (&json!(120), &json!(true)));
    let later = json!({ "mapping": "crm", "cron": "0 4 * * *", "enabled": false });
    let put = program.json(Method::PUT, "/api/v1/schedules/nightly", &later).await;
    assert_eq!(put.status, StatusCode::OK, "{}", put.text());
    let listed = body(&program.get("/api/v1/schedules").await);
    assert_eq!((&listed["items"][0]["cron"], &listed["next"]), (&json!("0 4 * * *"), &Value::Null));
    let gone = program.send(Method::DELETE, "/api/v1/schedules/nightly", None, Body::empty()).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    let again = program.send(Method::DELETE, "/api/v1/schedules/nightly", None, Body::empty()).await;
    is_problem(&again, StatusCode::NOT_FOUND, "web.not_there");

    let login = login_of(Part::ReadOnly);
    let path = format!("/api/v1/users/{login}");
    let changed = program.json(Method::PATCH, &path, &json!({ "part": "Syncer User" })).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text());
    assert_eq!(world.desk.person(&login).await.unwrap().unwrap().part, Part::SyncerUser);
    let gone = program.send(Method::DELETE, &path, None, Body::empty()).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(world.desk.person(&login).await.unwrap(), None);
}

/// Of two shapes with one name the description holds one, and promises it for the other's answers.
#[test]
fn no_two_shapes_of_the_description_share_a_name() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![folder];
    let mut names = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let derived = text.split("ToSchema)]").skip(1);
            for shape in derived.filter_map(|rest| rest.lines().find(|line| line.contains(" {"))) {
                let mut words =
                    shape.split([' ', '<']).skip_while(|word| !matches!(*word, "struct" | "enum"));
                let Some(name) = words.nth(1) else { continue };
                assert!(names.insert(name.to_owned()), "{name} in {} is another's name too", path.display());
            }
        }
    }
    assert!(names.len() >= 80, "{}", names.len());
}

#[tokio::test]
async fn the_description_names_every_door_and_every_answer_is_described() {
    let world = World::new().await;
    let mut program = world.program(Part::SystemManager, &Right::ALL).await;
    let api = body(&program.get("/api/openapi.json").await);
    assert!(api["openapi"].as_str().unwrap().starts_with("3.1"));
    let doors = table(&world.web);
    let doors: Vec<_> = doors.iter().filter(|door| door.path.starts_with("/api/v1/")).collect();
    assert!(doors.len() >= 40, "{}", doors.len());
    let mut names = BTreeSet::new();
    for door in doors {
        let operation = &api["paths"][&door.path][door.method.as_str().to_lowercase()];
        assert!(operation.is_object(), "{} {} is not described", door.method, door.path);
        assert!(names.insert(operation["operationId"].as_str().unwrap()), "{} stands twice", door.path);
        assert!(operation["tags"][0].is_string() && operation["summary"].is_string(), "{}", door.path);
        if let Rule::Needs(right) = door.rule {
            assert_eq!(operation["security"][0]["token"], json!([right.as_str()]));
        }
        let answer = match door.method {
            Method::GET => program.get(&door.path.replace("{id}", "none")).await,
            ref method => {
                let path = door.path.replace(['{', '}'], "");
                program.json(method.clone(), &path, &json!({ "odd": 1 })).await
            }
        };
        assert!(!answer.status.is_server_error(), "{door:?}: {}", answer.text());
        let described = &operation["responses"][answer.status.as_str()];
        assert!(described.is_object(), "{} {} answers {}", door.method, door.path, answer.status);
    }
    let text = api.to_string();
    let names = text.split("#/components/schemas/").skip(1).map(|rest| rest.split('"').next().unwrap());
    for name in names {
        assert!(api["components"]["schemas"][name].is_object(), "{name} is not described");
    }
}

#[tokio::test]
async fn the_description_is_a_page_too() {
    let world = World::new().await;
    let mut reader = world.visitor(Part::ReadOnly).await;
    let page = reader.get("/api/docs").await;
    page.shows(&[
        "/api/v1/conflicts/decide",
        "Idempotency-Key",
        "id=\"web.key_reused\"",
        "id=\"shape-Problem\"",
    ]);
}
