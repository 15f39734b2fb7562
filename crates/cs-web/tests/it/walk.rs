//! Every door of the service: who passes and who does not, whatever they try.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use cs_ports::{Part, Right};
use cs_web::{Door, Rule, table};

use crate::world::{Answer, Client, World, login_of};

/// What stands for `{id}` in a path: nothing has this name, so that who passes finds nothing and changes nothing.
const NOBODY: &str = "nobody-of-this-name";

/// What an answer says of a door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Passage {
    /// They passed; what the handler then said does not matter here, unless it broke.
    Passed,
    /// They are to log in first.
    LogIn,
    /// They may not.
    MayNot,
    /// It was not they who meant it.
    Forged,
    /// They do not show the secret that was agreed on.
    Unsigned,
}

fn address(door: &Door) -> String {
    let parts = door.path.split('/').map(|part| if part.starts_with('{') { NOBODY } else { part });
    parts.collect::<Vec<_>>().join("/")
}

fn passage(answer: &Answer) -> Passage {
    let text = String::from_utf8_lossy(&answer.bytes);
    // Who leaves goes to the login too, without their cookie.
    let left = answer.headers.contains_key(header::SET_COOKIE);
    let to_login = answer.status == StatusCode::SEE_OTHER && answer.location().starts_with("/login") && !left;
    match answer.status {
        _ if to_login => Passage::LogIn,
        StatusCode::UNAUTHORIZED => Passage::LogIn,
        StatusCode::FORBIDDEN if text.contains("web.may_not") => Passage::MayNot,
        StatusCode::FORBIDDEN if text.contains("web.forged") => Passage::Forged,
        StatusCode::FORBIDDEN if text.contains("hint.unsigned") => Passage::Unsigned,
        status => {
            assert!(!status.is_server_error(), "{status}: {text}");
            Passage::Passed
        }
    }
}

/// Goes through a door as a browser of our own pages would, with an empty form where one is sent.
async fn go(mut client: Client, door: &Door) -> Passage {
    let path = address(door);
    let answer = match door.method {
        Method::GET => client.get(&path).await,
        Method::POST => client.post(&path, &[]).await,
        ref method => client.json(method.clone(), &path, &serde_json::json!({})).await,
    };
    passage(&answer)
}

/// The same without what our own pages carry.
async fn go_forged(client: &Client, door: &Door) -> Passage {
    go(Client { csrf: None, ..client.clone() }, door).await
}

fn expected(rule: Rule, part: Part) -> Passage {
    match rule {
        Rule::Open | Rule::LoggedIn => Passage::Passed,
        Rule::Signed => Passage::Unsigned,
        Rule::Needs(right) if part.may(right) => Passage::Passed,
        Rule::Needs(_) => Passage::MayNot,
    }
}

/// The rule that a door holds to. The setup is open while there is nobody; afterwards its handler leads on only who manages
/// people.
fn held(door: &Door) -> Rule {
    if door.path == "/setup" && !changes(door) { Rule::Needs(Right::Administer) } else { door.rule }
}

fn changes(door: &Door) -> bool {
    door.method != Method::GET
}

/// As the table has it.
fn told(passage: Passage) -> &'static str {
    match passage {
        Passage::Passed => "pass",
        Passage::LogIn => "log in",
        Passage::MayNot => "may not",
        Passage::Forged => "forged",
        Passage::Unsigned => "unsigned",
    }
}

#[tokio::test]
async fn every_door_lets_pass_whom_its_rule_says_and_nobody_else() {
    let world = World::new().await;
    let doors = table(&world.web);
    assert!(doors.len() > 40, "{}", doors.len());
    let heads =
        ["stranger", "System Manager", "Syncer Admin", "Syncer User", "Read Only", "no token", "other site"];
    println!("| door | rule | {} |\n|---|---|{}", heads.join(" | "), "---|".repeat(heads.len()));
    for door in &doors {
        // Every visit has a session of its own: logging out is a door too.
        let stranger = go(world.stranger(), door).await;
        let rule = held(door);
        let wanted = match rule {
            Rule::Open => Passage::Passed,
            Rule::Signed => Passage::Unsigned,
            Rule::LoggedIn | Rule::Needs(_) => Passage::LogIn,
        };
        assert_eq!(stranger, wanted, "a stranger at {door:?}");
        let mut row = vec![stranger];
        for part in Part::ALL {
            let passed = go(world.visitor(part).await, door).await;
            assert_eq!(passed, expected(rule, part), "{part:?} at {door:?}");
            row.push(passed);
        }
        let manager = world.visitor(Part::SystemManager).await;
        let forged = go_forged(&manager, door).await;
        let wanted = match door.rule {
            Rule::Signed => Passage::Unsigned,
            Rule::LoggedIn | Rule::Needs(_) if changes(door) => Passage::Forged,
            _ => Passage::Passed,
        };
        assert_eq!(forged, wanted, "no token at {door:?}");
        let elsewhere = vec![("sec-fetch-site", "cross-site".to_owned())];
        let elsewhere = go(Client { headers: elsewhere, ..manager }, door).await;
        let wanted = if changes(door) { Passage::Forged } else { Passage::Passed };
        assert_eq!(elsewhere, wanted, "another site at {door:?}");
        row.extend([forged, elsewhere]);
        let row: Vec<&str> = row.into_iter().map(told).collect();
        println!("| {} {} | {:?} | {} |", door.method, door.path, door.rule, row.join(" | "));
    }
}

#[tokio::test]
async fn a_forged_session_is_a_stranger() {
    let world = World::new().await;
    let of_people = |door: &&Door| !matches!(door.rule, Rule::Open | Rule::Signed);
    for door in table(&world.web).iter().filter(of_people) {
        let mut forger = world.stranger();
        let guess = format!("session-77-of-{}", login_of(Part::SystemManager));
        forger.cookies.insert("company_sync_session".to_owned(), guess);
        forger.csrf = Some(format!("csrf of {}", login_of(Part::SystemManager)));
        assert_eq!(go(forger, door).await, Passage::LogIn, "{door:?}");
        let mut program = world.stranger();
        program.token =
            Some("cs_0000000000000000000000000000000000000000000000000000000000000000".to_owned());
        let answer = program.send(door.method.clone(), &address(door), None, Body::empty()).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{door:?}");
    }
}

#[tokio::test]
async fn a_token_may_no_more_than_its_scopes_and_its_owner() {
    let world = World::new().await;
    for door in &table(&world.web) {
        let Rule::Needs(right) = door.rule else { continue };
        let scopes: Vec<Right> = Right::ALL.into_iter().filter(|other| *other != right).collect();
        let without = world.program(Part::SystemManager, &scopes).await;
        assert_eq!(go(without, door).await, Passage::MayNot, "{door:?}");
        let with = world.program(Part::SystemManager, &[right]).await;
        assert_eq!(go(with, door).await, Passage::Passed, "{door:?}");
        let of_a_reader = world.program(Part::ReadOnly, &Right::ALL).await;
        assert_eq!(go(of_a_reader, door).await, expected(door.rule, Part::ReadOnly), "{door:?}");
    }
}

#[tokio::test]
async fn no_path_leads_out_of_the_service() {
    let world = World::new().await;
    let ways = [
        "/assets/x/..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/assets/../../../../etc/passwd",
        "/assets/x/%2e%2e/%2e%2e/etc/passwd",
        "/assets/%00/desk.css%00.png",
        "/settings/..%2f..%2fetc%2fpasswd",
        "/users/..%2f..%2fetc%2fpasswd",
        "/setup/connections/..%2fpasswd",
        "/runs/..%2f..%2fetc%2fpasswd",
        "/etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/users/%ff%fe",
    ];
    for way in ways {
        for mut client in [world.stranger(), world.visitor(Part::SystemManager).await] {
            let answer = client.get(way).await;
            let status = answer.status;
            assert!(status.is_client_error() || status == StatusCode::SEE_OTHER, "{way}: {status}");
            let text = String::from_utf8_lossy(&answer.bytes).into_owned();
            assert!(!text.contains("root:"), "{way}");
        }
    }
}

#[tokio::test]
async fn what_is_too_large_is_refused_and_breaks_nothing() {
    let world = World::new().await;
    let heavy = "x".repeat(2 * 1024 * 1024);
    for door in table(&world.web).iter().filter(|door| door.method == Method::POST) {
        let manager = world.visitor(Part::SystemManager).await;
        let path = address(door);
        let mut typed = manager.clone();
        let answer = typed.post(&path, &[("text", &heavy)]).await;
        assert!(answer.status.is_client_error(), "{door:?}: {}", answer.status);
        if door.rule != Rule::Open {
            assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{door:?}");
        }
        let mut uploading = manager.clone();
        let answer = uploading.upload(&path, &[], "report.csv", heavy.as_bytes()).await;
        assert!(!answer.status.is_server_error(), "{door:?}: {} {}", answer.status, answer.text());
    }
    let mut user = world.visitor(Part::SyncerUser).await;
    let fields = [("company", "oscar"), ("broker", "BS")];
    let answer = user.upload("/scheduler/new", &fields, "report.csv", heavy.as_bytes()).await;
    assert!(answer.status.is_client_error(), "{}", answer.status);
}

#[tokio::test]
async fn every_answer_carries_what_protects_it() {
    let world = World::new().await;
    let mut manager = world.visitor(Part::SystemManager).await;
    for path in ["/", "/login", "/settings/vtiger", "/no-such-page"] {
        let answer = manager.get(path).await;
        let said = |name: &str| answer.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        let policy = said("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(said("x-content-type-options").as_deref(), Some("nosniff"), "{path}");
        assert_eq!(said(header::CACHE_CONTROL.as_str()).as_deref(), Some("no-store"), "{path}");
    }
    let nothing = manager.send(Method::DELETE, "/settings/vtiger", None, Body::empty()).await;
    assert!([StatusCode::METHOD_NOT_ALLOWED, StatusCode::NOT_FOUND].contains(&nothing.status));
}
