//! Hints of the two systems: taken from whoever shows the secret, and from nobody else.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use cs_domain::System;
use cs_ports::Part;

use crate::world::{Answer, World};

const FRAPPE: &str = "/api/v1/hints/frappe";
const VTIGER: &str = "/api/v1/hints/vtiger?id=6x1";

async fn knock(world: &World, path: &str, header: Option<(&'static str, &str)>, body: &str) -> Answer {
    let mut stranger = world.stranger();
    stranger.headers.extend(header.map(|(name, value)| (name, value.to_owned())));
    stranger.send(Method::POST, path, None, Body::from(body.to_owned())).await
}

fn code(answer: &Answer) -> String {
    let problem: serde_json::Value = serde_json::from_slice(&answer.bytes).unwrap();
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    problem["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn who_shows_the_secret_is_heard_without_logging_in() {
    let world = World::new().await;
    let signature = |value| Some(("x-frappe-webhook-signature", value));
    let taken = knock(&world, FRAPPE, signature("right"), "{}").await;
    assert_eq!((taken.status, taken.text()), (StatusCode::ACCEPTED, "{\"units\":1}".to_owned()));
    let taken = knock(&world, VTIGER, Some(("x-company-sync-token", "right")), "{}").await;
    assert_eq!(taken.status, StatusCode::ACCEPTED);
    assert_eq!(world.office.state().hints, [System::Frappe, System::Vtiger]);
    let unreadable = knock(&world, FRAPPE, signature("right"), "").await;
    assert_eq!(
        (unreadable.status, code(&unreadable).as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, "hint.unreadable")
    );
    let closed = knock(&world, FRAPPE, signature("closed"), "{}").await;
    assert_eq!((closed.status, code(&closed).as_str()), (StatusCode::NOT_FOUND, "hint.closed"));
    let large = knock(&world, FRAPPE, signature("right"), &"x".repeat(65 * 1024)).await;
    assert_eq!((large.status, code(&large).as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "web.too_large"));
    assert_eq!(world.office.state().hints.len(), 2);
}

#[tokio::test]
async fn a_guesser_is_heard_no_more() {
    let world = World::new().await;
    for _ in 0..20 {
        let refused = knock(&world, FRAPPE, None, "{}").await;
        assert_eq!((refused.status, code(&refused).as_str()), (StatusCode::FORBIDDEN, "hint.unsigned"));
    }
    let right = knock(&world, FRAPPE, Some(("x-frappe-webhook-signature", "right")), "{}").await;
    assert_eq!((right.status, code(&right).as_str()), (StatusCode::TOO_MANY_REQUESTS, "web.too_many"));
    // Being somebody opens this door no further.
    let mut manager = world.visitor(Part::SystemManager).await;
    let answer = manager.json(Method::POST, FRAPPE, &serde_json::json!({})).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn the_description_of_the_api_is_refused_as_the_api_refuses() {
    let world = World::new().await;
    let mut stranger = world.stranger();
    for path in ["/api/openapi.json", "/api/docs", "/api/v1/runs"] {
        let answer = stranger.get(path).await;
        if path == "/api/docs" {
            assert_eq!(answer.location(), "/login?next=%2Fapi%2Fdocs", "a page for people");
            continue;
        }
        assert_eq!((answer.status, code(&answer).as_str()), (StatusCode::UNAUTHORIZED, "web.not_logged_in"));
    }
}
