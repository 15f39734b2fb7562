//! What programs send: parameters, names in paths, and bodies. What cannot be read is refused as a problem that names it.

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::error::WebError;
use crate::guard::FORM_BYTES;

/// Parameters of the query.
pub(super) struct Params<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, WebError> {
        let read = Query::try_from_uri(&parts.uri);
        read.map(|Query(read)| Self(read)).map_err(|error| WebError::invalid("query", error.body_text()))
    }
}

/// What the path names. What cannot be a name names nothing.
pub(super) struct Named(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, WebError> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(name)) => Ok(Self(name)),
            Err(_) => Err(WebError::not_there("page", parts.uri.path())),
        }
    }
}

/// A body of JSON.
pub(super) struct Said<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Said<T> {
    type Rejection = WebError;

    async fn from_request(request: Request, _: &S) -> Result<Self, WebError> {
        let bytes = body_of(request, "application/json", FORM_BYTES).await?;
        let read = serde_json::from_slice(&bytes);
        read.map(Self).map_err(|error| WebError::invalid("body", error.to_string()))
    }
}

/// The bytes of a body of this kind.
pub(super) async fn body_of(
    request: Request,
    expected: &'static str,
    limit: usize,
) -> Result<Bytes, WebError> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case(expected) {
        return Err(WebError::MediaType { expected });
    }
    let read = to_bytes(request.into_body(), limit).await;
    read.map_err(|_| WebError::TooLarge { bytes: limit as u64 })
}
