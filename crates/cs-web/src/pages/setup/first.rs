//! The first step: the language, and the person who manages all others. Whoever takes it knows the code that the program
//! told to whoever started it.

use std::net::SocketAddr;
use std::sync::Arc;

use askama::Template;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Redirect};
use cs_ports::Right;
use serde::Deserialize;

use super::Step;
use crate::error::WebError;
use crate::office::Connection;
use crate::pages::login::begin_session;
use crate::password::digest;
use crate::sent::Sent;
use crate::slips::{Slips, refused};
use crate::visit::{Answer, Stranger, Visit, page};
use crate::web::Web;
use crate::words::{Language, Words};
use crate::work::people::{self, Draft};

#[derive(Template)]
#[template(path = "setup/first.html")]
struct FirstPage {
    words: Words,
    /// Whether the program gave a code out; without one nobody can go on.
    open: bool,
    code: String,
    draft: Draft,
    slips: Slips,
}

/// What the address that the program prints says.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(super) struct Asked {
    code: String,
    language: String,
}

pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visit: Option<Visit>,
    Stranger(words): Stranger,
    Query(asked): Query<Asked>,
) -> Answer {
    if web.is_inhabited().await? {
        return go_on(visit).await;
    }
    let words = match Language::ALL.into_iter().find(|language| language.code() == asked.language) {
        Some(language) => Words::in_language(language),
        None => words,
    };
    let draft = Draft { language: words.code().to_owned(), ..Draft::default() };
    page(&FirstPage {
        words,
        open: web.setup_code.is_some(),
        code: asked.code,
        draft,
        slips: Slips::default(),
    })
}

/// To the first step that is still to be taken, for whoever may take it.
async fn go_on(visit: Option<Visit>) -> Answer {
    let Some(visit) = visit else { return Ok(Redirect::to("/login?next=%2Fsetup").into_response()) };
    if !visit.caller.may(Right::Administer) {
        return Err(WebError::MayNot { right: Right::Administer });
    }
    let health = visit.web.office.health().await;
    let lacks = |connection: Connection| {
        !health.iter().any(|health| health.connection == connection && health.configured)
    };
    let step = match (lacks(Connection::Vtiger), lacks(Connection::Frappe)) {
        (true, _) => Step::Vtiger,
        (false, true) => Step::Frappe,
        (false, false) => Step::Check,
    };
    Ok(Redirect::to(step.path()).into_response())
}

pub(super) async fn add(
    State(web): State<Arc<Web>>,
    Stranger(words): Stranger,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    sent: Sent,
) -> Answer {
    if web.is_inhabited().await? {
        return Err(WebError::State { code: "setup.taken", cause: words.say("setup-taken") });
    }
    let draft = Draft {
        login: sent.text("login").to_owned(),
        name: sent.text("name").to_owned(),
        part: String::new(),
        language: sent.text("language").to_owned(),
    };
    let words = Words::in_language(Language::of(&draft.language));
    match take(&web, &words, address, &draft, &sent).await {
        Ok(cookie) => Ok(([(header::SET_COOKIE, cookie)], Redirect::to(Step::Vtiger.path())).into_response()),
        Err(error) => {
            let slips = Slips::caught(error)?;
            let (open, code) = (web.setup_code.is_some(), sent.text("code").to_owned());
            refused(&FirstPage { words, open, code, draft, slips })
        }
    }
}

/// What guesses at the code are counted under.
const SETUP: &str = "the setup";

/// Takes the step; answers the cookie of the first login.
async fn take(
    web: &Web,
    words: &Words,
    address: SocketAddr,
    draft: &Draft,
    sent: &Sent,
) -> Result<String, WebError> {
    let (address, now) = (address.ip().to_string(), web.clock.now());
    if !web.throttle().admits(SETUP, &address, now) {
        return Err(WebError::invalid("code", words.say("login-too-many")));
    }
    let right = web.setup_code.as_ref().is_some_and(|code| digest(code) == digest(sent.text("code")));
    if !right {
        web.throttle().note_failure(SETUP, &address, now);
        return Err(WebError::invalid("code", words.say("setup-wrong-code")));
    }
    let password = sent.field("password").unwrap_or_default();
    let person = people::add_first(web, words, draft, password).await?;
    begin_session(web, person).await
}
