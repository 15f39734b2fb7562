//! Idempotency keys: whoever does not know whether a POST arrived sends it again with the same key, and it is done once.
//!
//! What was done and answered is answered again. A refusal changed nothing and is not kept: the request is looked at anew. What
//! is never told twice (a token's secret, a made password) is not kept either; the answer that is given again lacks it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use cs_ports::{GivenAnswer, Reserved};
use jiff::{SignedDuration, Timestamp};

use crate::caller::Caller;
use crate::error::WebError;
use crate::guard::FORM_BYTES;
use crate::password::{digest, digest_of};
use crate::web::Web;

/// The header of the key.
pub(super) const KEY: &str = "idempotency-key";
/// What a key may have, in characters.
pub(super) const LONGEST: usize = 200;

/// What is kept of an answer in place of its body.
#[derive(Clone, Debug)]
pub(super) struct Kept(pub(super) String);

/// Callers and keys of requests that are being worked on.
#[derive(Debug, Default)]
pub(crate) struct Underway(Mutex<BTreeSet<(String, String)>>);

/// Holds a key until its request is answered, or given up.
struct Holding<'u> {
    underway: &'u Underway,
    name: (String, String),
}

impl Underway {
    /// `None`: the same key is being worked on.
    fn hold(&self, caller: &str, key: &str) -> Option<Holding<'_>> {
        let name = (caller.to_owned(), key.to_owned());
        let fresh = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone());
        fresh.then_some(Holding { underway: self, name })
    }
}

impl Drop for Holding<'_> {
    fn drop(&mut self) {
        self.underway.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
    }
}

/// Lets a request with a key pass once.
pub(crate) async fn once(State(web): State<Arc<Web>>, request: Request, next: Next) -> Response {
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    let caller = request.extensions().get::<Caller>().map(Caller::name);
    match (caller, key_of(request.headers())) {
        (_, Err(error)) => error.into_response(),
        (Some(caller), Ok(Some(key))) => {
            let answer = keyed(&web, &caller, &key, request, next).await;
            answer.unwrap_or_else(IntoResponse::into_response)
        }
        _ => next.run(request).await,
    }
}

fn key_of(headers: &HeaderMap) -> Result<Option<String>, WebError> {
    let Some(sent) = headers.get(KEY) else { return Ok(None) };
    match sent.to_str() {
        Ok(key) if (1..=LONGEST).contains(&key.len()) => Ok(Some(key.to_owned())),
        _ => Err(WebError::invalid(KEY, format!("a key has 1 to {LONGEST} plain characters"))),
    }
}

async fn keyed(
    web: &Web,
    caller: &str,
    key: &str,
    request: Request,
    next: Next,
) -> Result<Response, WebError> {
    let (request, fingerprint) = fingerprint(web, request).await?;
    let Some(_holding) = web.underway.hold(caller, key) else {
        return Err(busy());
    };
    let now = web.clock.now();
    // Another process may work on it as well; one that died is not waited for longer than any request lasts.
    let lasts = SignedDuration::try_from(web.exposure.patience * 2).unwrap_or(SignedDuration::MAX);
    let stale = now.checked_sub(lasts).unwrap_or(Timestamp::MIN);
    match web.desk.reserve_answer(caller, key, &fingerprint, now, stale).await? {
        Reserved::Given(given) if given.request == fingerprint => return Ok(again(given)),
        Reserved::Given(_) => return Err(WebError::KeyReused),
        Reserved::Underway => return Err(busy()),
        Reserved::Now => {}
    }
    let answer = next.run(request).await;
    if answer.status().is_success() {
        return kept(web, caller, key, fingerprint, answer).await;
    }
    web.desk.release_answer(caller, key).await?;
    Ok(answer)
}

fn busy() -> WebError {
    let cause = "a request with this key is being worked on".to_owned();
    WebError::State { code: "web.key_busy", cause }
}

/// The request, and what tells it from others.
async fn fingerprint(web: &Web, request: Request) -> Result<(Request, String), WebError> {
    let (parts, body) = request.into_parts();
    let limit = web.exposure.upload_bytes.max(FORM_BYTES);
    let bytes = to_bytes(body, limit).await.map_err(|_| WebError::TooLarge { bytes: limit as u64 })?;
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let body = digest_of(&bytes);
    let fingerprint =
        digest(&format!("{} {}\n{}\n{body}", parts.method, parts.uri, kind.unwrap_or_default()));
    Ok((Request::from_parts(parts, Body::from(bytes)), fingerprint))
}

async fn kept(
    web: &Web,
    caller: &str,
    key: &str,
    request: String,
    answer: Response,
) -> Result<Response, WebError> {
    let (mut parts, body) = answer.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.map_err(|error| WebError::Broken(Box::new(error)))?;
    let told = match parts.extensions.remove::<Kept>() {
        Some(Kept(body)) => body,
        None => String::from_utf8_lossy(&bytes).into_owned(),
    };
    let given = GivenAnswer { request, status: parts.status.as_u16(), body: told };
    web.desk.give_answer(caller, key, &given, web.clock.now()).await?;
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

fn again(given: GivenAnswer) -> Response {
    let status = StatusCode::from_u16(given.status).unwrap_or(StatusCode::OK);
    if given.body.is_empty() {
        return status.into_response();
    }
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    (status, [kind], given.body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_held_once() {
        let underway = Underway::default();
        let held = underway.hold("ana", "k");
        assert!(held.is_some() && underway.hold("ana", "k").is_none());
        assert!(underway.hold("eva", "k").is_some());
        drop(held);
        assert!(underway.hold("ana", "k").is_some());
    }
}
