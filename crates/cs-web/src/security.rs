//! What every answer carries and every request is held to: headers, sizes, times.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate as _};
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

use crate::web::Web;

/// How the service is reached.
#[derive(Clone, Debug)]
pub struct Exposure {
    /// Whether browsers reach it by HTTPS: then cookies are sent no other way.
    pub https: bool,
    /// The most bytes that a report may have.
    pub upload_bytes: usize,
    /// How long a request may take, live streams aside.
    pub patience: Duration,
}

impl Default for Exposure {
    fn default() -> Self {
        Self { https: false, upload_bytes: 64 * 1024 * 1024, patience: Duration::from_secs(60) }
    }
}

/// Nothing comes from elsewhere, nothing runs that we did not write, nobody frames us.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const HEADERS: [(&str, &str); 6] = [
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
];

/// What the log says of a request. Not its query: a hint of VTiger's has a secret in it.
fn span(request: &Request) -> tracing::Span {
    tracing::debug_span!("request", method = %request.method(), path = request.uri().path())
}

/// Puts the service behind what every request passes.
pub(crate) fn around(router: Router, web: &Arc<Web>) -> Router {
    let mut router = router;
    for (name, value) in HEADERS {
        let name = HeaderName::from_static(name);
        let value = HeaderValue::from_static(value);
        router = router.layer(SetResponseHeaderLayer::if_not_present(name, value));
    }
    if web.exposure.https {
        let value = HeaderValue::from_static("max-age=31536000");
        router =
            router.layer(SetResponseHeaderLayer::if_not_present(header::STRICT_TRANSPORT_SECURITY, value));
    }
    // Pages hold customers' data: nobody keeps them. What may be kept says so itself.
    let no_store = HeaderValue::from_static("no-store");
    router
        .layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, no_store))
        .layer(DefaultBodyLimit::max(web.exposure.upload_bytes))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, web.exposure.patience))
        .layer(
            CompressionLayer::new()
                .compress_when(DefaultPredicate::new().and(NotForContentType::new("text/event-stream"))),
        )
        .layer(CatchPanicLayer::new())
        .layer(TraceLayer::new_for_http().make_span_with(span))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
}
