//! Holding an answer against the recorded one: status, kind, envelope, words, and the payload value by value.
//!
//! Everything must be equal except what is listed here, each with its reason:
//! - stamps in answers to writes, and inside texts: they are the moment of the request; their form is compared;
//! - ten-character random names (and what points at them): drawn at random;
//! - `__frappe_exc_id`: drawn at random; that it is there is compared;
//! - the text of a Python `TypeError`: an accident of a line in ERPNext, which no client can go by;
//! - a `DocType`'s description: Frappe tells some sixty properties of it, most about how Desk draws it; those that the
//!   sandbox tells are compared, and for each recorded field its name, type, label, options and rules;
//! - `_trimmed`: the recorder's own mark.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::conformance::Recording;

use super::facts;
use super::wire::Answer;

/// Lines for a person; none: alike.
pub(super) fn differences(recording: &Recording, answer: &Answer) -> Vec<String> {
    let mut lines = Lines::default();
    let recorded = &recording.response;
    lines.equal("status", &recorded.status.into(), &answer.status.into());
    let kind = |text: &str| text.split(';').next().unwrap_or_default().to_owned();
    let recorded_kind = recorded.header("Content-Type").map(kind);
    let kind = answer.header("Content-Type").first().map(|text| kind(text));
    lines.equal("content type", &recorded_kind.into(), &kind.clone().into());
    headers(recording, answer, &mut lines);
    if kind.as_deref() == Some("application/json") && lines.0.is_empty() {
        match serde_json::from_str(&answer.body) {
            Ok(body) => envelope(recording, &facts::answer(recording), &body, &mut lines),
            Err(error) => lines.0.push(format!("the body is no JSON ({error}): {}", answer.body)),
        }
    } else {
        lines.equal("title of the page", &title(&recorded.body).into(), &title(&answer.body).into());
    }
    if !lines.0.is_empty() {
        lines.0.push(format!("answer: {}", answer.body.chars().take(600).collect::<String>()));
    }
    lines.0
}

fn title(page: &str) -> String {
    let rest = page.split("<title>").nth(1).unwrap_or_default();
    rest.split("</title>").next().unwrap_or_default().to_owned()
}

/// Cookies and the headers of a limit: whether they are there, and whose session they name.
fn headers(recording: &Recording, answer: &Answer, lines: &mut Lines) {
    let session = |text: &str| text.split(';').next().unwrap_or_default().trim().to_owned();
    let recorded = recording.response.header("Set-Cookie").map(session);
    let cookies = answer.header("Set-Cookie");
    let ours = cookies.iter().find(|cookie| cookie.starts_with("sid=")).map(|cookie| session(cookie));
    // Pages come from the server in front of Frappe, without cookies.
    lines.equal("session cookie", &recorded.into(), &ours.into());
    for name in ["Retry-After", "X-RateLimit-Reset", "X-RateLimit-Limit", "X-RateLimit-Remaining"] {
        let recorded = recording.response.header(name).map(str::to_owned);
        let ours = answer.header(name).first().map(|text| (*text).to_owned());
        lines.equal(name, &recorded.into(), &ours.into());
    }
}

fn envelope(recording: &Recording, recorded: &Value, ours: &Value, lines: &mut Lines) {
    let empty = Map::new();
    let (recorded, ours) = (recorded.as_object().unwrap_or(&empty), ours.as_object().unwrap_or(&empty));
    let writes = recording.request.method != "GET";
    let mut comparison =
        Comparison { writes, lenient_text: facts::exc_type(recording) == "TypeError", lines };
    comparison.keys("answer", recorded, ours);
    for (key, value) in recorded {
        let Some(other) = ours.get(key) else {
            continue;
        };
        match key.as_str() {
            "_server_messages" => {
                let all = |body: &Map<String, Value>| facts::messages(&Value::Object(body.clone()));
                comparison.value("messages", &all(recorded).into(), &all(ours).into());
            }
            "exc" => comparison.value("exc", &traceback(value), &traceback(other)),
            "data" | "message" if is_definition(value) => comparison.definition(value, other),
            _ => comparison.value(key, value, other),
        }
    }
}

/// The list of texts inside `exc`.
fn traceback(value: &Value) -> Value {
    value.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

fn is_definition(value: &Value) -> bool {
    value.get("doctype").and_then(Value::as_str) == Some("DocType") && value.get("migration_hash").is_some()
}

#[derive(Default)]
struct Lines(Vec<String>);

impl Lines {
    fn equal(&mut self, what: &str, recorded: &Value, ours: &Value) {
        if recorded != ours {
            self.0.push(format!("{what}: recorded {recorded}, got {ours}"));
        }
    }
}

struct Comparison<'a> {
    writes: bool,
    lenient_text: bool,
    lines: &'a mut Lines,
}

impl Comparison<'_> {
    fn keys(&mut self, what: &str, recorded: &Map<String, Value>, ours: &Map<String, Value>) {
        let names = |map: &Map<String, Value>| -> BTreeSet<String> {
            map.keys().filter(|key| *key != "_trimmed").cloned().collect()
        };
        let (recorded, ours) = (names(recorded), names(ours));
        for key in recorded.difference(&ours) {
            self.lines.0.push(format!("{what}: {key} is missing"));
        }
        for key in ours.difference(&recorded) {
            self.lines.0.push(format!("{what}: {key} is too much"));
        }
    }

    fn value(&mut self, path: &str, recorded: &Value, ours: &Value) {
        match (recorded, ours) {
            (Value::Object(one), Value::Object(other)) => {
                self.keys(path, one, other);
                for (key, value) in one {
                    if let Some(other) = other.get(key) {
                        self.value(&format!("{path}.{key}"), value, other);
                    }
                }
            }
            (Value::Array(one), Value::Array(other)) => {
                if one.len() != other.len() {
                    self.lines.0.push(format!("{path}: {} recorded, got {}: {ours}", one.len(), other.len()));
                }
                for (index, (value, other)) in one.iter().zip(other).enumerate() {
                    self.value(&format!("{path}[{index}]"), value, other);
                }
            }
            _ => self.scalar(path, recorded, ours),
        }
    }

    fn scalar(&mut self, path: &str, recorded: &Value, ours: &Value) {
        let field = path.rsplit(['.', ']']).next().unwrap_or_default();
        if let (Some(one), Some(other)) = (recorded.as_str(), ours.as_str()) {
            let python = self.lenient_text && (one.contains("TypeError"));
            if python && other.contains("TypeError") || field == "__frappe_exc_id" && one.len() == other.len()
            {
                return;
            }
            let words = ["exception", "message", "exc"].iter().any(|start| path.starts_with(start));
            let moment = self.writes || words || is_default_time(field);
            if normal(field, one, moment) == normal(field, other, moment) {
                return;
            }
        }
        self.lines.equal(path, recorded, ours);
    }

    /// What the sandbox tells about a kind is right, and no recorded field is unknown or different.
    fn definition(&mut self, recorded: &Value, ours: &Value) {
        for key in ["name", "module", "custom", "istable", "issingle", "is_submittable", "title_field"] {
            self.value(key, &recorded[key], &ours[key]);
        }
        let none = Vec::new();
        for field in recorded["fields"].as_array().unwrap_or(&none) {
            let name = &field["fieldname"];
            let known =
                ours["fields"].as_array().unwrap_or(&none).iter().find(|known| known["fieldname"] == *name);
            let Some(known) = known else {
                self.lines.0.push(format!("fields: {name} is missing"));
                continue;
            };
            for key in ["fieldtype", "label", "options", "reqd", "unique"] {
                self.value(&format!("{name}.{key}"), &field[key], &known[key]);
            }
        }
    }
}

/// An empty `Time` is filled with the time of day.
fn is_default_time(field: &str) -> bool {
    field == "t"
}

fn normal(field: &str, text: &str, moment: bool) -> String {
    let random = ["name", "parent"].contains(&field) || text.len() == 10;
    if random && is_random(text) {
        return "<random>".to_owned();
    }
    if moment { without_moments(text) } else { text.to_owned() }
}

fn is_random(text: &str) -> bool {
    let letters = text.bytes().filter(u8::is_ascii_lowercase).count();
    text.len() == 10
        && letters > 0
        && letters < 10
        && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'v').contains(&byte))
}

/// Replaces `2026-11-21 19:40:59.250873` and `20:01:17.466073` by a mark.
fn without_moments(text: &str) -> String {
    let form =
        |text: &str| -> String { text.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect() };
    let mut out = text.to_owned();
    for pattern in ["9999-99-99 99:99:99.999999", "99:99:99.999999"] {
        while let Some(at) = form(&out).find(pattern) {
            let skip = out.chars().take(form(&out)[..at].chars().count()).map(char::len_utf8).sum::<usize>();
            out.replace_range(skip..skip + pattern.len(), "<moment>");
        }
    }
    out
}
