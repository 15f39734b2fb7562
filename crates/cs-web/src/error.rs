//! What goes wrong in a request, and the one place that turns it into a status, a problem for programs, and a page for
//! people.

use std::sync::Arc;

use askama::Template;
use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use cs_domain::Failure;
use cs_engine::EngineError;
use cs_ports::{Right, StoreError};
use serde_json::json;

use crate::doors::Manner;
use crate::office::{HintError, OfficeError, Slip};
use crate::password::PasswordError;
use crate::words::{Language, Words};

/// Why a request was not answered with what it asked for.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// Nobody is logged in.
    #[error("nobody is logged in")]
    NotLoggedIn,
    /// The token is unknown, over, or its owner may no longer log in.
    #[error("the token is not known, or its time is over")]
    BadToken,
    /// Login and password do not fit.
    #[error("login or password is wrong")]
    WrongPassword,
    /// Too many attempts.
    #[error("too many attempts to log in")]
    TooManyAttempts,
    /// Too many requests of a kind that is bounded.
    #[error("too many requests")]
    TooMany,
    /// A hint of one of the two systems that is not taken.
    #[error(transparent)]
    Hint(#[from] HintError),
    /// Their part does not include this.
    #[error("this needs the right `{}`", right.as_str())]
    MayNot {
        /// What it needs.
        right: Right,
    },
    /// Only a person can do this, not a program in their name.
    #[error("only a person can do this, not a token of theirs")]
    PeopleOnly,
    /// The request was not sent from one of our own pages.
    #[error("the request does not carry what our own pages carry")]
    Forged,
    /// There is nothing of this name.
    #[error("there is no {what}")]
    NotThere {
        /// What was looked for: `task 20261122-...`.
        what: String,
    },
    /// The path takes other methods.
    #[error("the path does not take this method")]
    Method,
    /// What was sent cannot be understood or taken.
    #[error("what was sent cannot be taken: {}", told(slips))]
    Invalid {
        /// Field by field.
        slips: Vec<Slip>,
    },
    /// What was sent is larger than may be.
    #[error("what was sent is larger than {bytes} bytes")]
    TooLarge {
        /// How much may be sent.
        bytes: u64,
    },
    /// What was sent is of a kind that is not taken.
    #[error("the body must be {expected}")]
    MediaType {
        /// What is taken.
        expected: &'static str,
    },
    /// It does not fit the state things are in.
    #[error("{cause}")]
    State {
        /// Stable code.
        code: &'static str,
        /// What does not fit, in a sentence.
        cause: String,
    },
    /// The same idempotency key came with another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The store does not give or take.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine could not.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// What only the program can do went wrong.
    #[error(transparent)]
    Office(#[from] OfficeError),
    /// A password or a secret could not be made.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// A page could not be written.
    #[error("the page could not be written")]
    Template(#[from] askama::Error),
    /// Something of the program broke.
    #[error("the request could not be finished")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The codes that any request may be refused with, besides those of the two systems, the store and the state things are in.
pub(crate) const CODES: [&str; 19] = [
    "web.not_logged_in",
    "web.bad_token",
    "web.may_not",
    "web.people_only",
    "web.forged",
    "web.not_there",
    "web.method",
    "web.invalid",
    "web.media_type",
    "web.too_large",
    "web.key_reused",
    "web.key_busy",
    "web.password_length",
    "web.too_many_attempts",
    "web.too_many",
    "hint.closed",
    "hint.unsigned",
    "hint.unreadable",
    "web.broken",
];

fn told(slips: &[Slip]) -> String {
    slips.iter().map(|slip| format!("{}: {}", slip.field, slip.message)).collect::<Vec<_>>().join("; ")
}

impl WebError {
    /// Something is not there.
    pub(crate) fn not_there(kind: &str, id: impl std::fmt::Display) -> Self {
        Self::NotThere { what: format!("{kind} {id}") }
    }

    /// One field cannot be taken.
    pub(crate) fn invalid(field: &str, message: impl Into<String>) -> Self {
        Self::Invalid { slips: vec![Slip { field: field.to_owned(), message: message.into() }] }
    }

    /// The status: the one table of them.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotLoggedIn | Self::BadToken => StatusCode::UNAUTHORIZED,
            Self::WrongPassword => StatusCode::FORBIDDEN,
            Self::TooManyAttempts | Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Hint(error) => error.status(),
            Self::MayNot { .. } | Self::PeopleOnly | Self::Forged => StatusCode::FORBIDDEN,
            Self::NotThere { .. } => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Invalid { .. } | Self::Password(PasswordError::Length) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::MediaType { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::State { .. } | Self::KeyReused => StatusCode::CONFLICT,
            Self::Engine(error) => of_engine(error),
            Self::Office(error) => error.status(),
            Self::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Password(_) | Self::Template(_) | Self::Broken(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The stable code.
    pub fn code(&self) -> String {
        let code = match self {
            Self::NotLoggedIn => "web.not_logged_in",
            Self::BadToken => "web.bad_token",
            Self::WrongPassword => "web.wrong_password",
            Self::TooManyAttempts => "web.too_many_attempts",
            Self::TooMany => "web.too_many",
            Self::Hint(error) => return error.code(),
            Self::MayNot { .. } => "web.may_not",
            Self::PeopleOnly => "web.people_only",
            Self::Forged => "web.forged",
            Self::NotThere { .. } => "web.not_there",
            Self::Method => "web.method",
            Self::Invalid { .. } => "web.invalid",
            Self::TooLarge { .. } => "web.too_large",
            Self::MediaType { .. } => "web.media_type",
            Self::State { code, .. } => code,
            Self::KeyReused => "web.key_reused",
            Self::Store(error) => error.code(),
            Self::Engine(error) => return error.code(),
            Self::Office(error) => return error.failure().code,
            Self::Password(PasswordError::Length) => "web.password_length",
            Self::Password(_) | Self::Template(_) | Self::Broken(_) => "web.broken",
        };
        code.to_owned()
    }

    /// What is known of it besides: cause and remedy of what went wrong outside.
    fn failure(&self) -> Option<Failure> {
        match self {
            Self::Engine(error) => Some(error.failure()),
            Self::Office(error) | Self::Hint(HintError::Office(error)) => Some(error.failure()),
            _ => None,
        }
    }

    /// What to do, in the reader's language where the catalogue knows the code.
    fn remedy(&self, words: &Words) -> String {
        let key = format!("error-{}-remedy", self.code().replace(['.', '_'], "-"));
        words
            .said(&key)
            .or_else(|| self.failure().map(|failure| failure.remedy))
            .unwrap_or_else(|| words.say("error-web-broken-remedy"))
    }

    /// What happened, in the reader's language where the catalogue knows the code.
    fn cause(&self, words: &Words) -> String {
        let key = format!("error-{}", self.code().replace(['.', '_'], "-"));
        match self {
            // These say what no catalogue can know.
            Self::Invalid { slips } => told(slips),
            Self::State { cause, .. } => cause.clone(),
            Self::Engine(_) | Self::Office(_) | Self::Store(_) | Self::Hint(HintError::Office(_)) => {
                self.to_string()
            }
            Self::MayNot { right } => {
                words.tell(&key, &[("right", words.say(&format!("right-{}", right.as_str())).into())])
            }
            Self::NotThere { what } => words.tell(&key, &[("what", named(words, what).into())]),
            Self::TooLarge { bytes } => {
                words.tell(&key, &[("megabytes", (bytes / 1_048_576).to_string().into())])
            }
            _ => words.say(&key),
        }
    }
}

/// What was looked for, with its kind in the reader's language where the catalogue knows it.
fn named(words: &Words, what: &str) -> String {
    let known = what.match_indices(' ').rev().find_map(|(at, _)| {
        let (kind, id) = what.split_at(at);
        words.said(&format!("not-there-{}", kind.replace(' ', "-"))).map(|kind| format!("{kind}{id}"))
    });
    known.unwrap_or_else(|| what.to_owned())
}

/// The status of what stops the engine.
pub(crate) fn of_engine(error: &EngineError) -> StatusCode {
    match error {
        EngineError::Busy { .. } | EngineError::Stopped(_) => StatusCode::CONFLICT,
        EngineError::Peer(_) => StatusCode::BAD_GATEWAY,
        EngineError::Unfit { .. }
        | EngineError::Drifted { .. }
        | EngineError::SettingMissing { .. }
        | EngineError::SettingForm { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        EngineError::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

impl IntoResponse for WebError {
    /// The form depends on the door; [`crate::guard`] gives it.
    fn into_response(self) -> Response {
        if self.status().is_server_error() {
            let source = std::error::Error::source(&self).map(ToString::to_string).unwrap_or_default();
            tracing::error!(code = self.code(), error = %self, source, "a request failed");
        }
        let mut answer = self.status().into_response();
        answer.extensions_mut().insert(Arc::new(self));
        answer
    }
}

/// A refusal on its way to whoever asked.
pub(crate) struct Refusal {
    pub(crate) error: Arc<WebError>,
    pub(crate) manner: Manner,
    pub(crate) language: Language,
    /// Where to go back to after logging in.
    pub(crate) back: Option<String>,
}

impl Refusal {
    pub(crate) fn of(error: WebError, manner: Manner, language: Language, request: Option<&Request>) -> Self {
        let back = request
            .filter(|request| request.method() == axum::http::Method::GET)
            .and_then(|request| request.uri().path_and_query().map(ToString::to_string));
        Self { error: Arc::new(error), manner, language, back }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self.manner {
            Manner::Api => self.problem(),
            Manner::Page => self.page(),
        }
    }
}

/// The page that people see instead of what they asked for.
#[derive(Template)]
#[template(path = "refused.html")]
struct RefusedPage {
    words: Words,
    status: u16,
    code: String,
    cause: String,
    remedy: String,
}

impl Refusal {
    /// RFC 9457.
    fn problem(&self) -> Response {
        let words = Words::in_language(Language::En);
        let status = self.error.status();
        let mut body = json!({
            "type": format!("/api/docs#{}", self.error.code()),
            "title": self.error.cause(&words),
            "status": status.as_u16(),
            "code": self.error.code(),
            "remedy": self.error.remedy(&words),
        });
        if let (WebError::Invalid { slips }, Some(fields)) = (&*self.error, body.as_object_mut()) {
            fields.insert("errors".to_owned(), json!(slips));
        }
        let mut answer = (status, Json(body)).into_response();
        let kind = HeaderValue::from_static("application/problem+json");
        answer.headers_mut().insert(header::CONTENT_TYPE, kind);
        if status == StatusCode::UNAUTHORIZED {
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        answer
    }

    fn page(&self) -> Response {
        if matches!(*self.error, WebError::NotLoggedIn) {
            return Redirect::to(&login_path(self.back.as_deref())).into_response();
        }
        let words = Words::in_language(self.language);
        let page = RefusedPage {
            status: self.error.status().as_u16(),
            code: self.error.code(),
            cause: self.error.cause(&words),
            remedy: self.error.remedy(&words),
            words,
        };
        let html = page.render().unwrap_or_else(|_| self.error.to_string());
        (self.error.status(), Html(html)).into_response()
    }
}

fn login_path(back: Option<&str>) -> String {
    match back.filter(|back| *back != "/") {
        Some(back) => {
            let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", back).finish();
            format!("/login?{query}")
        }
        None => "/login".to_owned(),
    }
}

/// Answers a path that leads nowhere.
pub(crate) async fn not_found(request: Request) -> WebError {
    WebError::not_there("page", request.uri().path())
}

/// Answers a method that a path does not take.
pub(crate) async fn method_not_allowed() -> WebError {
    WebError::Method
}
