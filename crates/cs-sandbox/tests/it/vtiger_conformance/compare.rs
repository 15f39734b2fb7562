//! How a played answer is held against the recorded one.
//!
//! Everything is compared, values included, but for the normalisations below; each has its reason.

use std::collections::BTreeSet;

use serde_json::Value;

use super::request::Asked;
use super::world::json_of;
use crate::conformance::Recording;
use crate::conformance::http::Answer;

/// Lines for a person; none: alike.
pub(super) fn compare(recording: &Recording, asked: &Asked, answer: &Answer) -> Vec<String> {
    let mut found = Differences::default();
    let recorded = &recording.response;
    if recorded.status != answer.status {
        found.add("status", &recorded.status, &answer.status);
    }
    if let Some(expected) = recorded.header("content-type") {
        let class = |text: &str| text.split(';').next().unwrap_or_default().to_owned();
        let actual = answer.headers.get("content-type").map(String::as_str).unwrap_or_default();
        if class(expected) != class(actual) {
            found.add("content type", &expected, &actual);
        }
    }
    let text = answer.text();
    let warned = |body: &str| body.starts_with("<br />");
    if warned(&recorded.body) != warned(&text) {
        found.add("warnings before the answer", &warned(&recorded.body), &warned(&text));
    }
    match (json_of(&recorded.body), json_of(&text)) {
        (Some(expected), Some(actual)) => {
            if recorded.body.contains("\\u00") && !text.is_ascii() {
                found.add("JSON in ASCII", &true, &false);
            }
            found.envelope(asked, &expected, &actual);
        }
        (None, None) => found.plain(&recorded.body, &text),
        (expected, actual) => {
            found.add("is JSON", &expected.is_some(), &actual.map_or(text, |json| json.to_string()));
        }
    }
    found.0
}

/// MD5 in hexadecimal, as the login needs it.
pub(super) fn md5_hex(text: &str) -> String {
    use md5::{Digest, Md5};
    Md5::digest(text.as_bytes()).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn add(&mut self, what: &str, expected: &dyn std::fmt::Debug, actual: &dyn std::fmt::Debug) {
        let cut = |text: String| {
            if text.chars().count() > 300 {
                format!("{}…", text.chars().take(300).collect::<String>())
            } else {
                text
            }
        };
        self.0.push(format!(
            "{what}: recorded {}, played {}",
            cut(format!("{expected:?}")),
            cut(format!("{actual:?}"))
        ));
    }

    fn plain(&mut self, expected: &str, actual: &str) {
        // The text of a fatal error names files and lines of PHP; that it is one is enough.
        let fatal = |text: &str| text.contains("<b>Fatal error</b>");
        if expected.trim() != actual.trim() && !(fatal(expected) && fatal(actual)) {
            self.add("body", &expected, &actual);
        }
    }

    fn envelope(&mut self, asked: &Asked, expected: &Value, actual: &Value) {
        if expected.get("success") != actual.get("success") {
            self.add("envelope", expected, actual);
            return;
        }
        if expected.get("success") == Some(&Value::Bool(false)) {
            self.error(expected, actual);
            return;
        }
        let (expected, actual) = (&expected["result"], &actual["result"]);
        match (asked.operation.as_str(), expected, actual) {
            ("query", Value::Array(expected), Value::Array(actual)) => self.rows(asked, expected, actual),
            _ => self.value("result", expected, actual),
        }
    }

    fn error(&mut self, expected: &Value, actual: &Value) {
        let code = |envelope: &Value| envelope.pointer("/error/code").cloned();
        if code(expected) != code(actual) {
            self.add("error code", expected, actual);
            return;
        }
        // What a syntax error expected instead is the order of a parser generator's table; nobody reads it.
        let message = |envelope: &Value| {
            let text =
                envelope.pointer("/error/message").and_then(Value::as_str).unwrap_or_default().to_owned();
            text.split(", expected one of").next().unwrap_or_default().to_owned()
        };
        if message(expected) != message(actual) {
            self.add("error message", &message(expected), &message(actual));
        }
    }

    fn rows(&mut self, asked: &Asked, expected: &[Value], actual: &[Value]) {
        let ids = |rows: &[Value]| -> Vec<String> {
            rows.iter().filter_map(|row| row.get("id")?.as_str().map(str::to_owned)).collect()
        };
        let (wanted, got) = (ids(expected), ids(actual));
        let ordered = asked.query.as_deref().is_some_and(|query| query.to_lowercase().contains("order by"));
        // Without ORDER BY there is no order that anybody could rely on (facts/VTIGER.md, Query language).
        let same = if ordered {
            wanted == got
        } else {
            wanted.iter().collect::<BTreeSet<_>>() == got.iter().collect::<BTreeSet<_>>()
        };
        if !same || expected.len() != actual.len() {
            self.add("ids of the rows", &wanted, &got);
            return;
        }
        for (index, row) in expected.iter().enumerate() {
            let id = row.get("id");
            let other =
                actual.iter().find(|other| id.is_some() && other.get("id") == id).or(actual.get(index));
            if let Some(other) = other {
                self.value(&format!("row {index}"), row, other);
            }
        }
    }

    fn value(&mut self, path: &str, expected: &Value, actual: &Value) {
        match (expected, actual) {
            (Value::Object(wanted), Value::Object(got)) => {
                for (key, value) in wanted {
                    match got.get(key) {
                        Some(other) => self.value(&format!("{path}.{key}"), value, other),
                        None => self.add(&format!("{path}.{key}"), value, &"nothing"),
                    }
                }
                for key in got.keys().filter(|key| !wanted.contains_key(*key)) {
                    self.add(&format!("{path}.{key}"), &"nothing", &got[key]);
                }
            }
            (Value::Array(wanted), Value::Array(got)) => {
                if wanted.len() != got.len() {
                    self.add(path, &wanted.len(), &got.len());
                }
                for (index, (value, other)) in wanted.iter().zip(got).enumerate() {
                    self.value(&format!("{path}[{index}]"), value, other);
                }
            }
            _ if expected == actual || is_alike(path, expected, actual) => {}
            _ => self.add(path, expected, actual),
        }
    }
}

/// Values that cannot be the same in a recording and in a play.
fn is_alike(path: &str, expected: &Value, actual: &Value) -> bool {
    let name = path.rsplit('.').next().unwrap_or_default();
    match name {
        // Secrets and names that each server makes up.
        "token" | "sessionName" => expected.is_string() && actual.is_string(),
        // The recorded time is that of the answer, the clock of a play that of its Date header.
        "serverTime" | "expireTime" => near(expected.as_i64(), actual.as_i64()),
        "createdtime" | "modifiedtime" => near(seconds(expected), seconds(actual)),
        _ => false,
    }
}

fn seconds(value: &Value) -> Option<i64> {
    let time: jiff::civil::DateTime = value.as_str()?.replacen(' ', "T", 1).parse().ok()?;
    Some(time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
}

fn near(left: Option<i64>, right: Option<i64>) -> bool {
    left.zip(right).is_some_and(|(left, right)| (left - right).abs() <= 2)
}
