//! From VTiger's spelling of values to canonical ones.
//!
//! One decoder for both doors: the web service's JSON scalars and MariaDB's text are brought to the same raw text
//! first. A value that does not read as its field's type is kept verbatim ([`Value::Opaque`]): one odd value must not
//! cost a record.

use cs_domain::guarded::last_digits;
use cs_domain::{FieldSchema, FieldType, Kind, Moment, RecordRef, Value};
use cs_ports::Guard;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde_json::Value as Json;

use crate::zone::instant;

/// The fields that VTiger sends HTML-encoded (facts/VTIGER.md, "Values"); all others are plain.
const ENCODED: [&str; 2] = ["label", "product_name"];

/// Knows which module an id belongs to.
pub(crate) trait Referees {
    /// The module and full id that a reference field's raw text means; `None`: nobody knows.
    fn resolve(&self, field: &FieldSchema, raw: &str) -> Option<(Kind, String)>;
}

/// A JSON scalar as text; `None` for null. The create response mixes numbers and booleans in.
pub(crate) fn scalar(json: &Json) -> Option<String> {
    match json {
        Json::Null => None,
        Json::String(text) => Some(text.clone()),
        Json::Bool(flag) => Some(if *flag { "1" } else { "0" }.to_owned()),
        other => Some(other.to_string()),
    }
}

/// The canonical value of a field.
pub(crate) fn value(
    field: &FieldSchema,
    raw: Option<&str>,
    guard: Guard,
    zone: &TimeZone,
    referees: &dyn Referees,
) -> Value {
    let raw = raw.unwrap_or_default();
    if guard == Guard::LastFour {
        return Value::text(last_digits(raw));
    }
    if matches!(field.field_type, FieldType::Boolean) {
        return checkbox(raw);
    }
    if raw.is_empty() {
        return Value::Empty;
    }
    let read = match &field.field_type {
        FieldType::Text => Some(text(field, raw)),
        FieldType::Choice { .. } => Some(Value::Choice(raw.to_owned())),
        FieldType::Integer => integer(raw),
        FieldType::Decimal { .. } => {
            raw.trim().parse().ok().map(|number: Decimal| Value::Decimal(number.normalize()))
        }
        FieldType::Date => date(raw),
        FieldType::DateTime => date_time(raw, zone),
        FieldType::Reference { .. } => reference(field, raw, referees),
        FieldType::Boolean | FieldType::Rows { .. } | FieldType::Other { .. } => None,
    };
    read.unwrap_or_else(|| Value::Opaque(raw.to_owned()))
}

fn text(field: &FieldSchema, raw: &str) -> Value {
    if ENCODED.contains(&field.name.as_str()) {
        Value::text(html_escape::decode_html_entities(raw).into_owned())
    } else {
        Value::text(raw)
    }
}

/// A checkbox is on or off: one that was never set is off, `NULL` in the database and `"0"` or `""` in the API.
fn checkbox(raw: &str) -> Value {
    match raw.trim().to_ascii_lowercase().as_str() {
        "1" | "on" | "yes" | "true" => Value::Boolean(true),
        "" | "0" | "off" | "no" | "false" => Value::Boolean(false),
        _ => Value::Opaque(raw.to_owned()),
    }
}

fn integer(raw: &str) -> Option<Value> {
    raw.trim().parse().ok().map(Value::Integer)
}

fn date(raw: &str) -> Option<Value> {
    if raw.starts_with("0000-00-00") {
        return Some(Value::Empty);
    }
    raw.trim().parse::<Date>().ok().map(Value::Date)
}

fn date_time(raw: &str, zone: &TimeZone) -> Option<Value> {
    if raw.starts_with("0000-00-00") {
        return Some(Value::Empty);
    }
    instant(raw.trim(), zone).map(|utc| Value::DateTime(Moment { utc, raw: raw.to_owned() }))
}

fn reference(field: &FieldSchema, raw: &str, referees: &dyn Referees) -> Option<Value> {
    if raw == "0" || raw.ends_with("x0") || raw.ends_with('x') {
        return Some(Value::Empty);
    }
    // A dangling owner comes without a prefix: `999`.
    let (kind, id) = referees.resolve(field, raw)?;
    Some(Value::Reference(RecordRef::vtiger(kind, id)))
}

/// The two parts of a web service id; `None` for anything else.
pub(crate) fn id_parts(id: &str) -> Option<(&str, &str)> {
    let (prefix, number) = id.split_once('x')?;
    let digits =
        |text: &str| !text.is_empty() && text.len() <= 19 && text.bytes().all(|byte| byte.is_ascii_digit());
    (digits(prefix) && digits(number)).then_some((prefix, number))
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
