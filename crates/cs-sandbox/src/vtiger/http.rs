//! `webservice.php` over HTTP: parameters, operations, envelopes.
//!
//! GET operations read the URL and POST operations the body, whatever the verb; only `operation`, `sessionName` and
//! `format` are taken from both. That is why a wrong verb gives misleading errors instead of a clear one.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use serde_json::{Value, json};

use super::changes::Write;
use super::element::{Element, leading_number};
use super::php;
use super::query;
use super::refusal::{Code, Refusal};
use super::system::{System, User};
use crate::faults::{FaultKind, Faults, SystemName};
use crate::server::{self, Clock, Face, RequestKind, Server};

/// nginx takes request lines of up to 8 KB.
const REQUEST_LINE: usize = 8 * 1024;
/// PHP's `post_max_size`: of a longer body it drops everything.
const POST_MAX: usize = 8 * 1024 * 1024;
const JSON: &str = "application/json";
const HTML: &str = "text/html; charset=UTF-8";

/// Serves a system as `http://addr/webservice.php`. Port 0 takes a free one; `clock` is the server's.
pub async fn serve(
    system: Arc<Mutex<System>>,
    faults: Faults,
    addr: SocketAddr,
    clock: Clock,
) -> io::Result<Server> {
    let web = Arc::new(Web { system, clock });
    let router = Router::new().fallback(answer).with_state(Arc::clone(&web));
    server::serve(router, web, faults, addr).await
}

struct Web {
    system: Arc<Mutex<System>>,
    clock: Clock,
}

async fn answer(State(web): State<Arc<Web>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, usize::MAX).await else {
        return page(StatusCode::BAD_REQUEST, "");
    };
    web.answer(&parts, &body)
}

impl Web {
    fn system(&self) -> MutexGuard<'_, System> {
        self.system.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, parts: &Parts, body: &Bytes) -> Response<Body> {
        let line = parts.method.as_str().len() + parts.uri.to_string().len() + " HTTP/1.1\r\n ".len();
        if line > REQUEST_LINE {
            return page(
                StatusCode::URI_TOO_LONG,
                "<html><head><title>414 Request-URI Too Large</title></head></html>",
            );
        }
        if !parts.uri.path().ends_with("/webservice.php") {
            return page(StatusCode::NOT_FOUND, "<html><head><title>404 Not Found</title></head></html>");
        }
        let call = Call::read(parts, body);
        let mut system = self.system();
        let result = call.run(&mut system, (self.clock)());
        render(&system, &call, result)
    }
}

impl Face for Web {
    fn system(&self) -> SystemName {
        SystemName::Vtiger
    }

    fn classify(&self, parts: &Parts, body: &[u8]) -> RequestKind {
        let call = Call::read(parts, body);
        let target = call.target(&self.system());
        let writes = matches!(call.operation.as_str(), "create" | "revise" | "update" | "delete");
        RequestKind { operation: call.operation, target, writes }
    }

    fn failure(&self, kind: FaultKind, parts: &Parts, body: &[u8]) -> Response<Body> {
        let call = Call::read(parts, body);
        match kind {
            FaultKind::Html | FaultKind::HtmlAfter => page(
                StatusCode::OK,
                "<html><head><title>Maintenance</title></head><body>Back in a moment.</body></html>",
            ),
            FaultKind::RateLimited => {
                let envelope = json!({"success": false, "error": {
                    "code": "TOO_MANY_REQUESTS", "message": "API request limit reached"}});
                let mut response = respond(StatusCode::TOO_MANY_REQUESTS, JSON, envelope.to_string());
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
                response
            }
            // A request without a session has none that could expire; it fails like any other.
            FaultKind::SessionExpired if call.session.is_some() => {
                let mut system = self.system();
                if let Some(session) = &call.session {
                    system.forget_session(session);
                }
                render(&system, &call, Err(invalid_session()))
            }
            _ => page(StatusCode::INTERNAL_SERVER_ERROR, ""),
        }
    }
}

type Params = BTreeMap<String, String>;

/// One request as PHP sees it.
struct Call {
    operation: String,
    session: Option<String>,
    cookie: Option<String>,
    format: String,
    get: Params,
    post: Params,
}

impl Call {
    fn read(parts: &Parts, body: &[u8]) -> Self {
        let get = pairs(parts.uri.query().unwrap_or_default().as_bytes());
        let form = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is_form = form.is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"));
        // PHP reads a form from POST only.
        let post = if parts.method == Method::POST && is_form && body.len() <= POST_MAX {
            pairs(body)
        } else {
            Params::new()
        };
        let both = |name: &str| post.get(name).or_else(|| get.get(name)).cloned();
        let session = both("sessionName")
            .filter(|name| !name.is_empty() && name != "0" && !name.eq_ignore_ascii_case("null"));
        Self {
            operation: both("operation").unwrap_or_default().to_ascii_lowercase(),
            session,
            cookie: cookie(parts),
            format: both("format").unwrap_or_else(|| "json".to_owned()).to_ascii_lowercase(),
            get,
            post,
        }
    }

    fn get(&self, name: &str) -> &str {
        self.get.get(name).map(String::as_str).unwrap_or_default()
    }

    fn post(&self, name: &str) -> &str {
        self.post.get(name).map(String::as_str).unwrap_or_default()
    }

    /// The fields that are sent. None at all kills PHP; what is not JSON is an internal error.
    fn element(&self) -> Result<Element, Refusal> {
        let text = self.post.get("element").ok_or(Refusal::Fatal)?;
        match serde_json::from_str(text) {
            Ok(Value::Object(element)) => Ok(element),
            Ok(Value::Array(_)) => Ok(Element::new()),
            _ => Err(Refusal::internal()),
        }
    }

    /// The module that the request is about, as far as it says.
    fn target(&self, system: &System) -> Option<String> {
        let by_id = |id: &str| {
            let prefix = leading_number(id.split('x').next().unwrap_or_default());
            system.catalogue().by_prefix(prefix).map(|entry| entry.name.clone())
        };
        let named = [self.get("elementType"), self.post("elementType")];
        if let Some(name) = named.into_iter().find(|name| !name.is_empty()) {
            return Some(name.to_owned());
        }
        match self.operation.as_str() {
            "query" => query::module_of(self.get("query")).ok().map(str::to_owned),
            "retrieve" => by_id(self.get("id")),
            "delete" => by_id(self.post("id")),
            "revise" | "update" => by_id(self.element().ok()?.get("id")?.as_str()?),
            _ => None,
        }
    }

    /// The whole way of a request through `webservice.php`.
    fn run(&self, system: &mut System, now: jiff::Timestamp) -> Result<Value, Refusal> {
        // 8.3.0 and 8.2.0 die on operations that they do not know.
        if !is_known(&self.operation) {
            return Err(Refusal::Fatal);
        }
        let user = match &self.session {
            _ if self.operation == "extendsession" => return self.extend(system, now),
            Some(name) => Some(system.user_of(name, now).ok_or_else(invalid_session)?),
            None if matches!(self.operation.as_str(), "getchallenge" | "login") => None,
            None => {
                return Err(Refusal::error(Code::AuthenticationRequired, "Authencation required"));
            }
        };
        match (self.operation.as_str(), user) {
            ("getchallenge", _) => system.get_challenge(self.get("username"), now),
            ("login", _) => system.login(self.post("username"), self.post("accessKey"), now),
            (operation, Some(user)) => self.operate(system, &user, operation, now),
            (_, None) => Err(Refusal::Fatal),
        }
    }

    fn operate(
        &self,
        system: &mut System,
        user: &User,
        operation: &str,
        now: jiff::Timestamp,
    ) -> Result<Value, Refusal> {
        match operation {
            "listtypes" => Ok(system.list_types(user, self.get.contains_key("fieldTypeList"))),
            "describe" => system.describe(user, self.get("elementType")),
            "retrieve" => system.retrieve(user, self.get("id")),
            "query" => system.query(user, self.get("query")),
            "create" => {
                // An unknown module is refused before the element is looked at.
                let element = self.post.contains_key("elementType").then(|| self.element()).transpose()?;
                system.create(user, self.post("elementType"), &element.unwrap_or_default(), now)
            }
            "revise" => system.write(user, Write::Revise, &self.element()?, now),
            "update" => system.write(user, Write::Update, &self.element()?, now),
            "delete" => system.delete(user, self.post("id"), now),
            "logout" if system.persona().mended => {
                system.forget_session(self.session.as_deref().unwrap_or_default());
                Ok(json!({"message": "successfull"}))
            }
            // Trap 1, and what the product does not use.
            _ => Err(Refusal::Fatal),
        }
    }

    /// `extendsession` takes the session from PHP's own cookie, else from the request.
    fn extend(&self, system: &mut System, now: jiff::Timestamp) -> Result<Value, Refusal> {
        if !self.post.contains_key("operation") {
            return Err(Refusal::error(Code::AuthenticationRequired, "Authencation required"));
        }
        let names = [self.cookie.as_ref(), self.session.as_ref()];
        for name in names.into_iter().flatten() {
            if let Some(user) = system.user_of(name, now) {
                return Ok(json!({
                    "sessionName": name,
                    "userId": format!("19x{}", user.id),
                    "version": super::access::API_VERSION,
                    "vtigerVersion": system.persona().version_text(),
                }));
            }
        }
        Err(Refusal::error(Code::AuthenticationFailure, "Authencation Failed"))
    }
}

fn is_known(operation: &str) -> bool {
    matches!(
        operation,
        "getchallenge"
            | "login"
            | "extendsession"
            | "logout"
            | "listtypes"
            | "describe"
            | "retrieve"
            | "query"
            | "create"
            | "revise"
            | "update"
            | "delete"
            | "sync"
            | "retrieve_inventory"
            | "relatedtypes"
            | "retrieve_related"
            | "query_related"
    )
}

fn invalid_session() -> Refusal {
    Refusal::error(Code::InvalidSession, "Session Identifier provided is Invalid")
}

/// The answer as it goes over the wire.
fn render(system: &System, call: &Call, result: Result<Value, Refusal>) -> Response<Body> {
    let persona = system.persona();
    let order = call.target(system).as_deref() == Some("SalesOrder")
        && matches!(call.operation.as_str(), "retrieve" | "create" | "revise" | "update");
    let warnings = if persona.warnings && persona.is_8_2() {
        php::warnings(&call.operation, order)
    } else {
        String::new()
    };
    let envelope = match result {
        Ok(result) => json!({"success": true, "result": result}),
        Err(Refusal::Error { code, message }) => {
            let code = code.name().map_or(json!(0), Value::from);
            json!({"success": false, "error": {"message": message, "code": code}})
        }
        Err(Refusal::Page(text)) => return page(StatusCode::OK, text),
        Err(Refusal::Fatal) if persona.warnings => {
            return respond(StatusCode::OK, HTML, format!("{warnings}{}", php::fatal()));
        }
        Err(Refusal::Fatal) => return page(StatusCode::INTERNAL_SERVER_ERROR, ""),
    };
    // A format that does not exist dies after the content type was named.
    if call.format != "json" {
        return respond(StatusCode::INTERNAL_SERVER_ERROR, JSON, String::new());
    }
    let kind = if php::is_out_already(&warnings) { HTML } else { JSON };
    respond(StatusCode::OK, kind, format!("{warnings}{}", encode(&envelope, persona.is_8_2())))
}

/// 8.2.0 writes JSON as PHP does by default: ASCII only, slashes escaped.
fn encode(envelope: &Value, escaped: bool) -> String {
    let text = envelope.to_string();
    if !escaped {
        return text;
    }
    let mut encoded = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '/' => encoded.push_str("\\/"),
            ascii if ascii.is_ascii() => encoded.push(ascii),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    // Writing into a text cannot fail.
                    let _ = write!(encoded, "\\u{unit:04x}");
                }
            }
        }
    }
    encoded
}

fn page(status: StatusCode, text: &'static str) -> Response<Body> {
    respond(status, HTML, text.to_owned())
}

fn respond(status: StatusCode, content_type: &'static str, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn cookie(parts: &Parts) -> Option<String> {
    let cookies = parts.headers.get(header::COOKIE)?.to_str().ok()?;
    let pairs = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(name, _)| *name == "PHPSESSID").map(|(_, value)| value.to_owned()).next()
}

/// Urlencoded pairs; of a name that comes twice the last one counts.
fn pairs(bytes: &[u8]) -> Params {
    let decode = |part: &[u8]| {
        let spaced: Vec<u8> = part.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
        percent_encoding::percent_decode(&spaced).decode_utf8_lossy().into_owned()
    };
    let pair = |piece: &[u8]| {
        let at = piece.iter().position(|byte| *byte == b'=').unwrap_or(piece.len());
        let (name, value) = piece.split_at(at);
        (decode(name), decode(value.get(1..).unwrap_or_default()))
    };
    bytes.split(|byte| *byte == b'&').filter(|piece| !piece.is_empty()).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read_as_php_reads_them() {
        let read = pairs("a=1&b=x+y%C3%B1&a=2&c&d=%7B%22k%22%3A%22%26%22%7D".as_bytes());
        let expected = [("a", "2"), ("b", "x yñ"), ("c", ""), ("d", "{\"k\":\"&\"}")];
        let expected: Params = expected.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        assert_eq!(read, expected);
    }

    #[test]
    fn old_json_is_ascii() {
        let value = json!({"name": "José 😀 a/b"});
        assert_eq!(encode(&value, true), "{\"name\":\"Jos\\u00e9 \\ud83d\\ude00 a\\/b\"}");
        assert_eq!(encode(&value, false), "{\"name\":\"José 😀 a/b\"}");
    }
}
