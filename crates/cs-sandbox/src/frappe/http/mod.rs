//! The HTTP face of a site: one fallback handler reads the request, asks the site, and writes the answer.

mod asked;
mod classify;
mod envelope;
mod methods;
mod python;

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use jiff::Timestamp;
use serde_json::{Value, json};

use self::asked::{Asked, Route};
pub use self::classify::classify;
use self::envelope::{Reply, refuse, wrap};
use super::refusal::{Class, Refusal};
use super::site::{Answered, Site, Txn};
use super::values::text;
use crate::faults::{FaultKind, SystemName};
use crate::server::{Clock, Face, RequestKind};

/// The longest request line that gunicorn reads.
const LINE_LIMIT: usize = 4094;
/// The longest body.
const BODY_LIMIT: usize = 25 * 1024 * 1024;

#[derive(Clone)]
struct Served {
    site: Arc<Mutex<Site>>,
    clock: Clock,
}

/// The site's REST interface: `/api/resource`, `/api/method`, `/api/v2`.
pub fn router(site: Arc<Mutex<Site>>, clock: Clock) -> Router {
    Router::new().fallback(serve).with_state(Served { site, clock })
}

/// What the fault layer needs to know of Frappe.
#[derive(Clone, Copy, Debug, Default)]
pub struct FrappeFace;

impl Face for FrappeFace {
    fn system(&self) -> SystemName {
        SystemName::Frappe
    }

    fn classify(&self, parts: &Parts, body: &[u8]) -> RequestKind {
        let query = parts.uri.query().unwrap_or_default();
        let (operation, target) = classify(&parts.method, parts.uri.path(), query, &parts.headers, body);
        RequestKind { operation: operation.to_owned(), target, writes: classify::writes(operation) }
    }

    fn failure(&self, kind: FaultKind, _: &Parts, _: &[u8]) -> Response<Body> {
        match kind {
            FaultKind::Html | FaultKind::HtmlAfter => html(200, LOGIN_PAGE),
            FaultKind::SessionExpired => {
                let body = json!({"exception": "frappe.exceptions.AuthenticationError", "exc_type": "AuthenticationError"});
                respond(401, &body)
            }
            FaultKind::RateLimited => {
                let body = json!({"exception": "frappe.exceptions.TooManyRequestsError", "exc_type": "TooManyRequestsError"});
                let mut response = respond(429, &body);
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
                response
            }
            _ => html(500, SERVER_ERROR),
        }
    }
}

const LOGIN_PAGE: &str =
    "<!DOCTYPE html>\n<html>\n<head><title>Login</title></head>\n<body></body>\n</html>\n";
const SERVER_ERROR: &str = "<html>\n  <head>\n    <title>Internal Server Error</title>\n  </head>\n  <body>\n    <h1><p>Internal Server Error</p></h1>\n    \n  </body>\n</html>\n";

async fn serve(State(served): State<Served>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let line = format!("{} {} HTTP/1.1", parts.method, parts.uri).len();
    if line > LINE_LIMIT {
        let page = format!(
            "<html>\n  <head>\n    <title>Bad Request</title>\n  </head>\n  <body>\n    <h1><p>Bad Request</p></h1>\n    Request Line is too large ({line} &gt; {LINE_LIMIT})\n  </body>\n</html>\n"
        );
        return html(400, &page);
    }
    let Ok(body) = axum::body::to_bytes(body, BODY_LIMIT).await else {
        return html(
            413,
            "<!doctype html>\n<html lang=en>\n<title>413 Request Entity Too Large</title>\n<h1>Request Entity Too Large</h1>\n<p>The data value transmitted exceeds the capacity limit.</p>\n",
        );
    };
    let now = (served.clock)();
    let mut site = served.site.lock().unwrap_or_else(PoisonError::into_inner);
    answer(&mut site, now, &parts, &body)
}

/// Who asks: by cookie, by token, or nobody.
struct Caller {
    user: String,
    by_cookie: bool,
    session_expired: bool,
}

fn answer(site: &mut Site, now: Timestamp, parts: &Parts, body: &[u8]) -> Response<Body> {
    let named = header_text(parts, "host");
    let host = named.split(':').next().unwrap_or_default();
    if !site.hosts.is_empty() && !site.hosts.iter().any(|known| known == host) {
        let page = format!(
            "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>{host} does not exist</p>\n"
        );
        return html(404, &page);
    }
    let query = parts.uri.query().unwrap_or_default();
    let asked = Asked::read(&parts.method, parts.uri.path(), query, &parts.headers, body);
    if site.switches.maintenance {
        let stopped = Refusal::silent(Class::SessionStopped, "Session Stopped");
        let reply = refuse(site, asked.version, Vec::new(), &stopped);
        return respond(reply.status, &Value::Object(reply.body));
    }
    let (reply, caller) = match enter(site, now, parts, &asked) {
        Ok(caller) => (work(site, now, &caller, parts, &asked, body), caller),
        Err((refusal, caller)) => (refuse(site, asked.version, Vec::new(), &refusal), caller),
    };
    if gives_up(site, parts, &reply) {
        return html(500, SERVER_ERROR);
    }
    let mut reply = reply;
    if caller.session_expired {
        reply.body.shift_insert(0, "session_expired".to_owned(), 1.into());
    }
    let mut response = respond(reply.status, &Value::Object(reply.body));
    set_cookies(site, &caller, now, &mut response);
    set_limits(site, now, reply.status, &mut response);
    response
}

/// Cases in which the real server answers a page of gunicorn's instead.
fn gives_up(site: &Site, parts: &Parts, reply: &Reply) -> bool {
    let reads = matches!(parts.method, Method::GET | Method::HEAD);
    let accept = header_text(parts, "accept");
    let wants_page = accept.contains("text/html") && !accept.contains("json") && reply.status >= 400;
    let broken_queue = site.switches.queue_down && parts.method == Method::DELETE && reply.status < 300;
    (site.switches.database_down && !reads) || broken_queue || wants_page
}

fn enter(site: &mut Site, now: Timestamp, parts: &Parts, asked: &Asked) -> Result<Caller, (Refusal, Caller)> {
    let mut caller = Caller { user: "Guest".to_owned(), by_cookie: false, session_expired: false };
    if site.switches.database_down {
        let text =
            "(2003, \"Can't connect to MySQL server on '127.0.0.1' ([Errno 111] Connection refused)\")";
        return Err((Refusal::silent(Class::Operational, text), caller));
    }
    if let Err(refusal) = site.admit(now) {
        return Err((refusal, caller));
    }
    if let Err(refusal) = who(site, parts, &mut caller) {
        return Err((refusal, caller));
    }
    // A live session needs its token for everything that writes; an Authorization header does not help.
    let unsafe_method = !matches!(asked.method, Method::GET | Method::HEAD | Method::OPTIONS);
    if caller.by_cookie && unsafe_method && header_text(parts, "x-frappe-csrf-token").is_empty() {
        return Err((Refusal::thrown(Class::CsrfToken, "Invalid Request"), caller));
    }
    Ok(caller)
}

/// A live user cookie overrides the token (facts/FRAPPE.md, trap 12).
fn who(site: &Site, parts: &Parts, caller: &mut Caller) -> Result<(), Refusal> {
    let cookies = header_text(parts, "cookie");
    let sid = cookies.split(';').find_map(|cookie| cookie.trim().strip_prefix("sid="));
    if let Some(sid) = sid.filter(|sid| !sid.is_empty() && *sid != "Guest") {
        match site.user_of_session(sid) {
            Some(user) => {
                caller.user = user;
                caller.by_cookie = true;
                return Ok(());
            }
            None => caller.session_expired = true,
        }
    }
    let authorization = header_text(parts, "authorization");
    if authorization.is_empty() {
        return Ok(());
    }
    let credentials = authorization
        .split_once(' ')
        .filter(|(scheme, _)| ["token", "bearer"].contains(&scheme.to_lowercase().as_str()))
        .and_then(|(_, credentials)| credentials.split_once(':'));
    match credentials.and_then(|(key, secret)| site.user_of_token(key.trim(), secret.trim())) {
        Some(user) => {
            caller.user = user;
            Ok(())
        }
        None => Err(Refusal::silent(Class::Authentication, "")),
    }
}

fn work(
    site: &mut Site,
    now: Timestamp,
    caller: &Caller,
    parts: &Parts,
    asked: &Asked,
    body: &[u8],
) -> Reply {
    let query = parts.uri.query().unwrap_or_default();
    let (operation, _) = classify(&parts.method, parts.uri.path(), query, &parts.headers, body);
    let (key, status) = match (&asked.route, &asked.method) {
        (Route::Method(_), _) => ("message", 200),
        (Route::Document(..), &Method::DELETE) => ("data", 202),
        _ => ("data", 200),
    };
    let read_only = site.switches.read_only;
    let answered: Answered<Value> = site.transact(&caller.user, now, |txn| {
        if read_only && classify::writes(operation) {
            let text = "Site is running in read only mode for maintenance or site update, this action can not be performed right now. Please try again later.";
            return Err(Refusal::thrown(Class::InReadOnlyMode, text).titled("In Read Only Mode"));
        }
        dispatch(txn, asked)
    });
    wrap(site, asked.version, key, status, answered)
}

fn dispatch(txn: &mut Txn<'_>, asked: &Asked) -> Result<Value, Refusal> {
    match (&asked.route, asked.method.as_str()) {
        (Route::Method(name), _) => methods::call(txn, name, asked),
        (Route::Kind(doctype), "GET") => list(txn, doctype, asked),
        (Route::Kind(doctype), "POST") => {
            let row = txn.insert(doctype, &asked.fields()?)?;
            Ok(txn.shaped(doctype, &row, false))
        }
        (Route::Document(doctype, name), "GET") => {
            let row = txn.get(doctype, name)?;
            Ok(txn.shaped(doctype, &row, false))
        }
        (Route::Document(doctype, name), "PUT" | "PATCH") => {
            let row = txn.update(doctype, name, &asked.fields()?)?;
            Ok(txn.shaped(doctype, &row, false))
        }
        (Route::Document(doctype, name), "POST") => run(txn, doctype, name, &asked.text("run_method")),
        (Route::Document(doctype, name), "DELETE") => txn.delete(doctype, name).map(|()| "ok".into()),
        (Route::DocumentMethod(doctype, name, call), "POST") => run(txn, doctype, name, call),
        (Route::DocType(doctype, what), "GET") => doctype_facts(txn, doctype, what, asked),
        _ => Err(Refusal::silent(Class::DoesNotExist, "")),
    }
}

fn list(txn: &mut Txn<'_>, doctype: &str, asked: &Asked) -> Result<Value, Refusal> {
    let query = asked.query(doctype, true)?;
    let parent = asked.form.get("parent").and_then(Value::as_str);
    let rows = txn.list(doctype, &query, parent)?;
    let as_lists = ["0", "false", "False"].contains(&asked.text("as_dict").as_str());
    let rows = rows.into_iter().map(|row| {
        if as_lists {
            Value::Array(row.into_iter().map(|(_, value)| value).collect())
        } else {
            Value::Object(row)
        }
    });
    Ok(rows.collect())
}

fn run(txn: &mut Txn<'_>, doctype: &str, name: &str, method: &str) -> Result<Value, Refusal> {
    let status = match method {
        "submit" => 1,
        "cancel" => 2,
        _ => {
            let row = txn.get(doctype, name)?;
            let name = text(row.get("name"));
            return Err(Refusal::thrown(
                Class::Permission,
                format!("Method {method} of {doctype} {name} is not allowed"),
            ));
        }
    };
    let row = txn.update(doctype, name, &methods::status(status))?;
    Ok(txn.shaped(doctype, &row, false))
}

fn doctype_facts(txn: &mut Txn<'_>, doctype: &str, what: &str, asked: &Asked) -> Result<Value, Refusal> {
    match what {
        "meta" => {
            let row = txn.meta(doctype)?;
            Ok(txn.shaped("DocType", &super::rules::describe(&row), false))
        }
        "count" => {
            let filters = super::query::read_filters(doctype, &asked.json("filters")?)?;
            txn.count(doctype, filters).map(Value::from)
        }
        _ => Err(Refusal::silent(Class::DoesNotExist, "")),
    }
}

fn header_text(parts: &Parts, name: &str) -> String {
    let values = parts.headers.get_all(name).iter();
    let texts: Vec<String> =
        values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect();
    texts.join("; ")
}

fn set_cookies(site: &Site, caller: &Caller, now: Timestamp, response: &mut Response<Body>) {
    let (sid, system, user, full) = if caller.by_cookie {
        ("SID_PLACEHOLDER", "yes", caller.user.as_str(), site.full_name(&caller.user))
    } else {
        ("Guest", "no", "Guest", "Guest".to_owned())
    };
    let expires = now.strftime("%a, %d %b %Y %H:%M:%S GMT");
    let mut cookies = vec![
        format!("sid={sid}; Expires={expires}; Max-Age=612000; HttpOnly; Path=/; SameSite=Lax"),
        format!("system_user={system}; Path=/; SameSite=Lax"),
        format!("full_name={full}; Path=/; SameSite=Lax"),
        format!("user_id={user}; Path=/; SameSite=Lax"),
        "user_image=; Path=/; SameSite=Lax".to_owned(),
    ];
    if caller.session_expired {
        cookies.push(format!("sid=; Expires={expires}; Path=/"));
    }
    for cookie in cookies {
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
}

/// Headers of a site with a rate limit; `Retry-After` only where the budget is used up.
fn set_limits(site: &Site, now: Timestamp, status: u16, response: &mut Response<Body>) {
    let Some(limit) = &site.switches.rate_limit else {
        return;
    };
    let reset = limit.reset(now).to_string();
    let mut facts = vec![
        ("x-ratelimit-reset", reset.clone()),
        ("x-ratelimit-limit", limit.budget.to_string()),
        ("x-ratelimit-remaining", limit.remaining().to_string()),
    ];
    if status == 429 {
        facts.push(("retry-after", reset));
    }
    for (name, value) in facts {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
}

fn respond(status: u16, body: &Value) -> Response<Body> {
    with_type(status, "application/json", body.to_string())
}

fn html(status: u16, page: &str) -> Response<Body> {
    with_type(status, "text/html; charset=utf-8", page.to_owned())
}

fn with_type(status: u16, kind: &'static str, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
