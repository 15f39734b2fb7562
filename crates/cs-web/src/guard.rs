//! What stands before every door: who calls, whether they may, and whether it was they who meant it.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::SignedDuration;

use crate::caller::Caller;
use crate::doors::{Manner, Rule};
use crate::error::{Refusal, WebError};
use crate::password::digest;
use crate::upload;
use crate::web::Web;
use crate::words::Language;

/// The cookie that holds a session's secret.
pub(crate) const SESSION_COOKIE: &str = "company_sync_session";

/// The field that forms carry, and the header that scripts send in its place.
const CSRF_FIELD: &str = "_csrf";
const CSRF_HEADER: &str = "x-csrf-token";

/// How far apart the uses of a token are noted: a program that calls every second is one that is in use.
const USE_NOTED: SignedDuration = SignedDuration::from_mins(1);

/// What a form that is no upload may weigh.
pub(crate) const FORM_BYTES: usize = 1024 * 1024;

/// A door's rule, with what is needed to hold to it.
#[derive(Clone)]
pub(crate) struct Guarded {
    pub(crate) web: Arc<Web>,
    pub(crate) rule: Rule,
    pub(crate) manner: Manner,
}

impl Guarded {
    /// Where there is nobody yet who could log in, every page is the setup.
    async fn leads_to_setup(&self) -> bool {
        self.manner == Manner::Page && matches!(self.web.is_inhabited().await, Ok(false))
    }
}

/// Lets a request pass, or refuses it in the manner of the door.
pub(crate) async fn guard(State(guarded): State<Guarded>, mut request: Request, next: Next) -> Response {
    let language = language_of(request.headers());
    let caller = match who(&guarded.web, guarded.rule, request.headers()).await {
        Ok(caller) => caller,
        Err(error) => return Refusal::of(error, guarded.manner, language, None).into_response(),
    };
    if let Err(error) = admit(guarded.rule, caller.as_ref(), &mut request).await {
        if matches!(error, WebError::NotLoggedIn) && guarded.leads_to_setup().await {
            return Redirect::to("/setup").into_response();
        }
        return Refusal::of(error, guarded.manner, language, Some(&request)).into_response();
    }
    let language = caller.as_ref().map_or(language, |caller| Language::of(&caller.person().language));
    if let Some(caller) = caller {
        request.extensions_mut().insert(caller);
    }
    let answer = next.run(request).await;
    refused(answer, guarded.manner, language)
}

/// Gives what handlers refuse the form of the door: a page or a problem.
fn refused(mut answer: Response, manner: Manner, language: Language) -> Response {
    match answer.extensions_mut().remove::<Arc<WebError>>() {
        Some(error) => {
            let allowed = answer.headers_mut().remove(header::ALLOW);
            let mut refusal = Refusal { error, manner, language, back: None }.into_response();
            refusal.headers_mut().extend(allowed.map(|allowed| (header::ALLOW, allowed)));
            refusal
        }
        None => answer,
    }
}

/// The same for what is behind no door: paths that lead nowhere.
pub(crate) async fn render_refusals(
    State(guarded): State<Guarded>,
    request: Request,
    next: Next,
) -> Response {
    let language = language_of(request.headers());
    let manner = if request.uri().path().starts_with("/api/") { Manner::Api } else { guarded.manner };
    refused(next.run(request).await, manner, language)
}

/// The language a browser asks for, until we know who it is.
pub(crate) fn language_of(headers: &HeaderMap) -> Language {
    let asked = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    asked.map_or(Language::En, Language::asked)
}

/// Who calls. Where the proof is in what is sent, nobody does.
async fn who(web: &Web, rule: Rule, headers: &HeaderMap) -> Result<Option<Caller>, WebError> {
    if rule == Rule::Signed {
        return Ok(None);
    }
    if let Some(secret) = bearer(headers) {
        return by_token(web, secret).await.map(Some);
    }
    let Some(secret) = cookie(headers, SESSION_COOKIE) else { return Ok(None) };
    let Some(session) = web.desk.session(&digest(secret), web.clock.now()).await? else { return Ok(None) };
    let person = web.desk.person(&session.login).await?.filter(|person| person.enabled);
    Ok(person.map(|person| Caller::Person { person, session }))
}

async fn by_token(web: &Web, secret: &str) -> Result<Caller, WebError> {
    let now = web.clock.now();
    let token = web.desk.token(&digest(secret)).await?;
    let token = token.filter(|token| token.expires.is_none_or(|end| end > now)).ok_or(WebError::BadToken)?;
    let person = web.desk.person(&token.login).await?.filter(|person| person.enabled);
    let person = person.ok_or(WebError::BadToken)?;
    if token.used.is_none_or(|used| now.duration_since(used) >= USE_NOTED) {
        web.desk.note_used(&token.id, now).await?;
    }
    Ok(Caller::Program { person, token })
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// The value of a cookie.
pub(crate) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

async fn admit(rule: Rule, caller: Option<&Caller>, request: &mut Request) -> Result<(), WebError> {
    match (rule, caller) {
        (Rule::Open | Rule::Signed, _) | (Rule::LoggedIn, Some(_)) => {}
        (Rule::Needs(right), Some(caller)) if caller.may(right) => {}
        (Rule::Needs(right), Some(_)) => return Err(WebError::MayNot { right }),
        (_, None) => return Err(WebError::NotLoggedIn),
    }
    if is_safe(request.method()) {
        return Ok(());
    }
    expect_same_site(request.headers())?;
    match caller.and_then(Caller::csrf) {
        Some(expected) if !matches!(rule, Rule::Open | Rule::Signed) => expect_csrf(expected, request).await,
        _ => Ok(()),
    }
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Browsers say whether another site made them send this; programs that are no browsers say nothing and carry no cookies
/// by themselves.
fn expect_same_site(headers: &HeaderMap) -> Result<(), WebError> {
    let said = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match said("sec-fetch-site") {
        Some("same-origin" | "none") => return Ok(()),
        Some(_) => return Err(WebError::Forged),
        None => {}
    }
    let (Some(origin), Some(host)) = (said("origin"), said("host")) else { return Ok(()) };
    let same = origin.split_once("://").is_some_and(|(_, authority)| authority == host);
    if same { Ok(()) } else { Err(WebError::Forged) }
}

/// What is sent with a session must carry the session's token: in a header, or in the form itself.
async fn expect_csrf(expected: &str, request: &mut Request) -> Result<(), WebError> {
    if let Some(sent) = request.headers().get(CSRF_HEADER) {
        return if same(sent.as_bytes(), expected) { Ok(()) } else { Err(WebError::Forged) };
    }
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if let Some(boundary) = kind.and_then(upload::boundary) {
        let sent = upload::first_field(request, &boundary, CSRF_FIELD).await;
        return if sent.is_some_and(|sent| same(&sent, expected)) { Ok(()) } else { Err(WebError::Forged) };
    }
    if !kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
        return Err(WebError::Forged);
    }
    let body = std::mem::take(request.body_mut());
    let bytes =
        to_bytes(body, FORM_BYTES).await.map_err(|_| WebError::TooLarge { bytes: FORM_BYTES as u64 })?;
    let found = form_urlencoded::parse(&bytes)
        .find_map(|(name, value)| (name == CSRF_FIELD).then(|| same(value.as_bytes(), expected)));
    *request.body_mut() = Body::from(bytes);
    if found == Some(true) { Ok(()) } else { Err(WebError::Forged) }
}

/// Whether two secrets are the same, in a time that tells nothing about where they differ.
fn same(sent: &[u8], expected: &str) -> bool {
    digest(&String::from_utf8_lossy(sent)) == digest(expected)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn cookies_are_found_by_their_whole_name() {
        let sent = headers(&[("cookie", "a=1; company_sync_session=secret; x_company_sync_session=no")]);
        assert_eq!(cookie(&sent, SESSION_COOKIE), Some("secret"));
        assert_eq!(cookie(&sent, "session"), None);
    }

    #[test]
    fn what_another_site_sends_is_refused() {
        let cases: &[(&[(&str, &str)], bool)] = &[
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("origin", "https://sync.example.test"), ("host", "sync.example.test")], true),
            (&[("origin", "https://evil.example.test"), ("host", "sync.example.test")], false),
            (&[("origin", "null"), ("host", "sync.example.test")], false),
            (&[("host", "sync.example.test")], true),
        ];
        for (sent, passes) in cases {
            let sent: HeaderMap =
                sent.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
            assert_eq!(expect_same_site(&sent).is_ok(), *passes, "{sent:?}");
        }
    }
}
