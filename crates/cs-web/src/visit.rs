//! A request of somebody who was let in, as handlers take it.

use std::sync::Arc;

use askama::Template;
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::response::{Html, IntoResponse, Redirect, Response};
use cs_ports::AuditEntry;
use serde::Serialize;
use serde_json::Value as Json;

use crate::caller::Caller;
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::guard::{cookie, language_of};
use crate::web::Web;
use crate::words::{Language, Words};

/// What most handlers answer.
pub(crate) type Answer = Result<Response, WebError>;

/// The cookie that carries what is to be said once.
const NOTICE_COOKIE: &str = "company_sync_notice";

/// Somebody who was let in, and what they speak.
pub(crate) struct Visit {
    pub(crate) web: Arc<Web>,
    pub(crate) caller: Caller,
    pub(crate) words: Words,
    notice: Option<String>,
}

impl FromRequestParts<Arc<Web>> for Visit {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, web: &Arc<Web>) -> Result<Self, WebError> {
        // The door has let them in; where it let in everybody, this is not for everybody.
        let caller = parts.extensions.get::<Caller>().cloned().ok_or(WebError::NotLoggedIn)?;
        let words = Words::new(Language::of(&caller.person().language), web.zone.clone());
        let notice =
            cookie(&parts.headers, NOTICE_COOKIE).filter(|key| words.said(key).is_some()).map(str::to_owned);
        Ok(Self { web: Arc::clone(web), caller, words, notice })
    }
}

impl OptionalFromRequestParts<Arc<Web>> for Visit {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, web: &Arc<Web>) -> Result<Option<Self>, WebError> {
        match <Self as FromRequestParts<Arc<Web>>>::from_request_parts(parts, web).await {
            Ok(visit) => Ok(Some(visit)),
            Err(WebError::NotLoggedIn) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// What a stranger's browser asks for.
pub(crate) struct Stranger(pub(crate) Words);

impl FromRequestParts<Arc<Web>> for Stranger {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, web: &Arc<Web>) -> Result<Self, WebError> {
        Ok(Self(Words::new(language_of(&parts.headers), web.zone.clone())))
    }
}

impl Visit {
    /// What stands around a page; `title` is a key of the catalogue.
    pub(crate) fn frame(&self, section: Section, title: &str) -> Frame {
        self.titled(section, self.words.say(title))
    }

    /// The same, where the title is a name.
    pub(crate) fn titled(&self, section: Section, title: String) -> Frame {
        Frame {
            words: self.words.clone(),
            caller: self.caller.clone(),
            section,
            title,
            notice: self.notice.clone(),
        }
    }

    /// Keeps what somebody changed. `before` and `after` hold no secrets.
    pub(crate) async fn record(
        &self,
        action: &str,
        object: impl Into<String>,
        before: impl Serialize,
        after: impl Serialize,
    ) -> Result<(), WebError> {
        let json = |value: Result<Json, serde_json::Error>| value.unwrap_or(Json::Null);
        let entry = AuditEntry {
            sequence: 0,
            at: self.web.clock.now(),
            who: self.caller.name(),
            action: action.to_owned(),
            object: object.into(),
            before: json(serde_json::to_value(before)),
            after: json(serde_json::to_value(after)),
        };
        Ok(self.web.desk.record(&entry).await?)
    }
}

/// Writes a page. A page that was seen has said what it had to say once.
pub(crate) fn page(template: &impl Template) -> Answer {
    let forget = format!("{NOTICE_COOKIE}=; Path=/; Max-Age=0; SameSite=Lax; HttpOnly");
    Ok(([(axum::http::header::SET_COOKIE, forget)], Html(template.render()?)).into_response())
}

/// Writes a part of a page, for scripts that put it in its place.
pub(crate) fn fragment(template: &impl Template) -> Answer {
    Ok(Html(template.render()?).into_response())
}

/// Goes on to another page after something was done, which that page says (`notice`: a key of the catalogue).
#[allow(clippy::unnecessary_wraps, reason = "a handler's last word, as `page` is")]
pub(crate) fn done(path: &str, notice: &str) -> Answer {
    let remember = format!("{NOTICE_COOKIE}={notice}; Path=/; Max-Age=30; SameSite=Lax; HttpOnly");
    Ok(([(axum::http::header::SET_COOKIE, remember)], Redirect::to(path)).into_response())
}
