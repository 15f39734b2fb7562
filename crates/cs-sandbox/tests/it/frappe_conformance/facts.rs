//! What a recording tells about itself.

use cs_sandbox::frappe::Row;
use jiff::Timestamp;
use serde_json::Value;

use crate::conformance::Recording;

/// Midday of the day that most of it was recorded, for answers without a date.
const UNDATED: &str = "2026-11-22T02:30:00Z";

/// When the answer was given.
pub(super) fn clock(recording: &Recording) -> Timestamp {
    date(recording).unwrap_or_else(|| UNDATED.parse().unwrap())
}

/// The `Date` header, where there is one.
pub(super) fn date(recording: &Recording) -> Option<Timestamp> {
    let date = recording.response.header("Date")?;
    jiff::fmt::rfc2822::parse(&date.replace("GMT", "+0000")).ok().map(|zoned| zoned.timestamp())
}

/// The answer's body as JSON; a page is a text.
pub(super) fn answer(recording: &Recording) -> Value {
    serde_json::from_str(&recording.response.body)
        .unwrap_or_else(|_| Value::String(recording.response.body.clone()))
}

/// What is inside the answer's envelope.
pub(super) fn payload(recording: &Recording) -> Value {
    let answer = answer(recording);
    let inside = answer.get("data").or_else(|| answer.get("message"));
    inside.cloned().unwrap_or_default()
}

/// `exc_type`, in either envelope.
pub(super) fn exc_type(recording: &Recording) -> String {
    let answer = answer(recording);
    let v2 = answer.pointer("/errors/0/type");
    text(answer.get("exc_type").or(v2))
}

/// Everything that the answer says in words: exception and messages.
pub(super) fn words(recording: &Recording) -> String {
    let answer = answer(recording);
    let mut words = text(answer.get("exception"));
    for message in messages(&answer) {
        words.push('\n');
        words.push_str(&text(message.get("message")));
    }
    if let Some(errors) = answer.get("errors") {
        words.push_str(&text(errors.pointer("/0/message")));
    }
    words
}

/// The answer's messages, taken out of their texts.
pub(super) fn messages(answer: &Value) -> Vec<Value> {
    let Some(Value::String(lines)) = answer.get("_server_messages") else {
        return Vec::new();
    };
    let lines: Vec<String> = serde_json::from_str(lines).unwrap();
    lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The cookie that was sent. The recorder left it out of the headers; only the answer shows that there was one.
pub(super) fn cookie(recording: &Recording) -> Option<&'static str> {
    let set = recording.response.header("Set-Cookie").unwrap_or_default();
    if answer(recording).get("session_expired").is_some() {
        Some("sid=expired")
    } else if set.starts_with("sid=") && !set.starts_with("sid=Guest") {
        Some("sid=live")
    } else {
        None
    }
}

/// Where a request goes: area, `DocType` or function, name; decoded.
pub(super) struct Route {
    pub(super) is_method: bool,
    pub(super) first: String,
    pub(super) name: String,
}

/// Reads the path.
pub(super) fn route(recording: &Recording) -> Route {
    let path = decode(&recording.request.path);
    let path = path.strip_prefix("/api/").unwrap_or_default();
    let path = path.strip_prefix("v2/").unwrap_or(path);
    let (area, rest) = path.split_once('/').unwrap_or((path, ""));
    let (first, name) = rest.split_once('/').unwrap_or((rest, ""));
    Route {
        is_method: area == "method",
        first: if area == "method" { rest.to_owned() } else { first.to_owned() },
        name: name.trim_end_matches("/meta").to_owned(),
    }
}

fn decode(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Parameters of URL and body together, JSON texts read.
pub(super) fn form(recording: &Recording) -> Row {
    let mut form = Row::new();
    let body = match recording.request.body.as_ref().or(recording.request.form.as_ref()) {
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
        Some(body) => body.clone(),
        None => Value::Null,
    };
    for part in [recording.request.query.clone().unwrap_or_default(), body] {
        if let Value::Object(fields) = part {
            form.extend(fields);
        }
    }
    for key in ["data", "fields", "filters", "or_filters", "doc", "docs", "fieldname"] {
        if let Some(Value::String(text)) = form.get(key)
            && let Ok(value) = serde_json::from_str(text)
        {
            form.insert(key.to_owned(), value);
        }
    }
    if let Some(Value::Object(fields)) = form.get("data").cloned() {
        form.extend(fields);
    }
    form
}

/// A value's text.
pub(super) fn text(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}
