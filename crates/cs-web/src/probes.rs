//! What watches the service from outside: whether it lives, whether it can work, and its measures.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use cs_ports::Right;

use crate::doors::{Doors, Rule};
use crate::error::WebError;
use crate::visit::Answer;
use crate::web::Web;

pub(crate) fn doors(doors: Doors) -> Doors {
    doors.get_json("/healthz", Rule::Open, lives).get_json("/readyz", Rule::Open, can_work).get_json(
        "/metrics",
        Rule::Needs(Right::Read),
        measures,
    )
}

/// The process answers.
async fn lives() -> &'static str {
    "ok\n"
}

/// The store answers too.
async fn can_work(State(web): State<Arc<Web>>) -> Result<&'static str, StatusCode> {
    // Nothing is told to whoever is not logged in but that it is so.
    web.desk.settings().await.map(|_| "ready\n").map_err(|_| StatusCode::SERVICE_UNAVAILABLE)
}

/// The measures, as Prometheus reads them.
async fn measures(State(web): State<Arc<Web>>) -> Answer {
    let text = web.measures.as_ref().ok_or_else(|| WebError::not_there("page", "/metrics"))?();
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}
