//! Hints: one of the two systems says that a record changed, so that it is looked at sooner. Whoever knocks here is let in by
//! what they show, not by who they are; what they say is never taken for the truth, which the feeds tell.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::body::to_bytes;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode};
use cs_domain::System;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use crate::doors::{Doors, Rule};
use crate::error::WebError;
use crate::office::{HintError, HintSent};
use crate::web::Web;

/// The most bytes that a hint may have: Frappe sends the fields that its webhook was told to.
const BYTES: usize = 64 * 1024;

/// Where Frappe puts its signature.
const SIGNATURE: &str = "x-frappe-webhook-signature";
/// Where VTiger's side may put its secret in place of the address.
const TOKEN: &str = "x-company-sync-token";

pub(super) fn doors(doors: Doors) -> Doors {
    doors.api(Rule::Signed, routes!(frappe)).api(Rule::Signed, routes!(vtiger))
}

/// A hint that was taken.
#[derive(Debug, Serialize, ToSchema)]
struct HintTaken {
    /// How many units the next pass looks at because of it; what is new is found by the feeds.
    units: u64,
}

type Taken = Result<(StatusCode, Json<HintTaken>), WebError>;

/// A document changed in Frappe
///
/// For a webhook of Frappe with a secret: it signs its body. The body is JSON with `doctype` and `name`.
#[utoipa::path(post, path = "/api/v1/hints/frappe", operation_id = "hint_from_frappe", tag = "hints",
    params(("X-Frappe-Webhook-Signature" = String, Header,
        description = "Base64 of HMAC-SHA256 over the body, with the secret that was agreed on")),
    request_body(content = Object, content_type = "application/json"),
    responses((status = 202, description = "The hint was taken", body = HintTaken)))]
async fn frappe(
    State(web): State<Arc<Web>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    request: Request,
) -> Taken {
    let proof = said(&headers, SIGNATURE);
    take(&web, address, System::Frappe, proof, request).await
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "described here; who knows VTiger reads the query")]
struct Named {
    /// The secret that was agreed on, where it is in no header.
    token: Option<String>,
    /// The record: `6x231`, or its number beside `module`.
    id: String,
    /// The module, where `id` is a number.
    module: Option<String>,
}

/// A record changed in VTiger
///
/// For a workflow of VTiger, which can sign nothing: it shows a secret, in its address or in a header.
#[utoipa::path(post, path = "/api/v1/hints/vtiger", operation_id = "hint_from_vtiger", tag = "hints",
    params(Named, ("X-Company-Sync-Token" = Option<String>, Header,
        description = "The secret that was agreed on, in place of `token`")),
    responses((status = 202, description = "The hint was taken", body = HintTaken)))]
async fn vtiger(
    State(web): State<Arc<Web>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    request: Request,
) -> Taken {
    let proof = said(&headers, TOKEN);
    take(&web, address, System::Vtiger, proof, request).await
}

fn said(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

async fn take(
    web: &Web,
    address: SocketAddr,
    system: System,
    proof: Option<String>,
    request: Request,
) -> Taken {
    let (address, now) = (address.ip().to_string(), web.clock.now());
    if !web.throttle().admits_hint(&address, now) {
        return Err(WebError::TooMany);
    }
    let query = request.uri().query().unwrap_or_default().to_owned();
    let body = to_bytes(request.into_body(), BYTES).await;
    let body = body.map_err(|_| WebError::TooLarge { bytes: BYTES as u64 })?.to_vec();
    match web.office.hint(HintSent { system, proof, query, body }).await {
        Ok(units) => Ok((StatusCode::ACCEPTED, Json(HintTaken { units }))),
        Err(error) => {
            if matches!(error, HintError::Unsigned { .. }) {
                web.throttle().note_forged_hint(&address, now);
            }
            Err(error.into())
        }
    }
}
