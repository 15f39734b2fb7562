//! Logging in and out.

use std::net::SocketAddr;
use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect};
use cs_ports::{AuditEntry, Person, Session};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::doors::{Doors, Rule};
use crate::error::WebError;
use crate::guard::{SESSION_COOKIE, cookie};
use crate::password::{digest, is_password, secret};
use crate::visit::{Answer, Stranger, Visit, page};
use crate::web::Web;
use crate::words::Words;

/// How long a login lasts.
const TERM: SignedDuration = SignedDuration::from_hours(12);

pub(crate) fn doors(doors: Doors) -> Doors {
    doors.get("/login", Rule::Open, show).post("/login", Rule::Open, enter).post(
        "/logout",
        Rule::LoggedIn,
        leave,
    )
}

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    words: Words,
    next: String,
    login: String,
    /// Why the attempt before did not let them in: the key of a message.
    refused: Option<&'static str>,
}

#[derive(Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
}

async fn show(
    State(web): State<Arc<Web>>,
    visit: Option<Visit>,
    Stranger(words): Stranger,
    Query(Next { next }): Query<Next>,
) -> Answer {
    if !web.is_inhabited().await? {
        return Ok(Redirect::to("/setup").into_response());
    }
    if visit.is_some() {
        return Ok(Redirect::to(within(&next)).into_response());
    }
    page(&LoginPage { words, next, login: String::new(), refused: None })
}

#[derive(Deserialize)]
struct Attempt {
    login: String,
    password: String,
    #[serde(default)]
    next: String,
}

async fn enter(
    State(web): State<Arc<Web>>,
    Stranger(words): Stranger,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    Form(attempt): Form<Attempt>,
) -> Answer {
    let login = attempt.login.trim().to_lowercase();
    match person(&web, &login, attempt.password, address).await {
        Ok(person) => {
            let cookie = begin_session(&web, person).await?;
            Ok(([(header::SET_COOKIE, cookie)], Redirect::to(within(&attempt.next))).into_response())
        }
        Err(error @ (WebError::WrongPassword | WebError::TooManyAttempts)) => {
            let refused = match error {
                WebError::TooManyAttempts => "login-too-many",
                _ => "login-refused",
            };
            let page = LoginPage { words, next: attempt.next, login, refused: Some(refused) };
            Ok((error.status(), axum::response::Html(page.render()?)).into_response())
        }
        Err(error) => Err(error),
    }
}

/// The person whose login and password these are.
async fn person(web: &Web, login: &str, password: String, address: SocketAddr) -> Result<Person, WebError> {
    let (address, now) = (address.ip().to_string(), web.clock.now());
    if !web.throttle().admits(login, &address, now) {
        return Err(WebError::TooManyAttempts);
    }
    let person = web.desk.person(login).await?.filter(|person| person.enabled);
    let kept = person.as_ref().map(|person| person.password.clone());
    let checked = tokio::task::spawn_blocking(move || is_password(&password, kept.as_deref())).await;
    let right = checked.map_err(|error| WebError::Broken(Box::new(error)))?;
    if let Some(person) = person.filter(|_| right) {
        return Ok(person);
    }
    web.throttle().note_failure(login, &address, now);
    note(web, login, "login.refused").await?;
    Err(WebError::WrongPassword)
}

/// Makes a session; answers its cookie.
pub(crate) async fn begin_session(web: &Web, person: Person) -> Result<String, WebError> {
    let now = web.clock.now();
    let secret_of_cookie = secret()?;
    let session = Session {
        digest: digest(&secret_of_cookie),
        login: person.login.clone(),
        csrf: secret()?,
        created: now,
        expires: now.checked_add(TERM).unwrap_or(Timestamp::MAX),
    };
    web.desk.put_session(&session).await?;
    note(web, &person.login, "login").await?;
    // Nothing else of them: somebody may shut them out at this moment.
    web.desk.note_seen(&person.login, now).await?;
    Ok(session_cookie(web, &secret_of_cookie, TERM.as_secs()))
}

async fn note(web: &Web, login: &str, action: &str) -> Result<(), WebError> {
    let entry = AuditEntry {
        sequence: 0,
        at: web.clock.now(),
        who: login.to_owned(),
        action: action.to_owned(),
        object: format!("person {login}"),
        before: Json::Null,
        after: json!({}),
    };
    Ok(web.desk.record(&entry).await?)
}

fn session_cookie(web: &Web, secret: &str, seconds: i64) -> String {
    let secure = if web.exposure.https { "; Secure" } else { "" };
    format!("{SESSION_COOKIE}={secret}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}

async fn leave(visit: Visit, headers: HeaderMap) -> Answer {
    if let Some(secret) = cookie(&headers, SESSION_COOKIE) {
        visit.web.desk.end_session(&digest(secret)).await?;
    }
    let forget = session_cookie(&visit.web, "", 0);
    Ok(([(header::SET_COOKIE, forget)], Redirect::to("/login")).into_response())
}

/// A path of ours to go on to; never another site's.
fn within(next: &str) -> &str {
    let ours = next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\r', '\n']);
    if ours { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::within;

    #[test]
    fn nobody_is_led_to_another_site() {
        let cases = [
            ("/conflicts?state=open", "/conflicts?state=open"),
            ("https://evil.example.test/", "/"),
            ("//evil.example.test", "/"),
            ("/\\evil.example.test", "/"),
            ("", "/"),
        ];
        for (next, expected) in cases {
            assert_eq!(within(next), expected, "{next}");
        }
    }
}
