//! Canonical values: what a field holds, freed of how either system spells it.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::name::FieldName;
use crate::record::RecordRef;

/// What a field holds.
///
/// Three things that look alike are kept apart (DESIGN.md, "What must always hold", 4): a field that was not read
/// is *absent* (no entry in [`crate::Fields`]); a field that was read and holds nothing is [`Value::Empty`]; a field
/// that held something and now holds nothing was *cleared* (a shadow with a value against `Empty`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum Value {
    /// Read, and nothing in it: `""`, `null`, `0000-00-00`.
    Empty,
    /// Text as stored, entities decoded.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// An exact decimal; money never becomes a float.
    Decimal(Decimal),
    /// A checkbox.
    Boolean(bool),
    /// A calendar day without a zone.
    Date(Date),
    /// A point in time, in UTC.
    DateTime(Moment),
    /// One entry of a picklist or Select.
    Choice(String),
    /// A pointer to another record of the same system.
    Reference(RecordRef),
    /// The rows of a child table, in their order.
    Rows(Vec<Row>),
    /// A value whose type the connector does not know, kept verbatim.
    Opaque(String),
}

impl Value {
    /// Text, or [`Value::Empty`] where there is none.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::Empty } else { Self::Text(text) }
    }

    /// Whether the field was read and holds nothing.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    /// The value as one line of text, the way it is shown to people and joined with others; an empty value is "".
    pub fn plain(&self) -> String {
        self.to_string()
    }

    /// What kind of value this is, in the words of the mapping files.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Text(_) => "text",
            Self::Integer(_) => "integer",
            Self::Decimal(_) => "decimal",
            Self::Boolean(_) => "boolean",
            Self::Date(_) => "date",
            Self::DateTime(_) => "date-time",
            Self::Choice(_) => "choice",
            Self::Reference(_) => "reference",
            Self::Rows(_) => "rows",
            Self::Opaque(_) => "opaque",
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => Ok(()),
            Self::Text(text) | Self::Choice(text) | Self::Opaque(text) => f.write_str(text),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Decimal(number) => write!(f, "{}", number.normalize()),
            Self::Boolean(flag) => f.write_str(if *flag { "1" } else { "0" }),
            Self::Date(date) => write!(f, "{date}"),
            Self::DateTime(moment) => write!(f, "{}", moment.utc),
            Self::Reference(reference) => write!(f, "{}", reference.id),
            Self::Rows(rows) => write!(f, "{} rows", rows.len()),
        }
    }
}

/// A point in time: in UTC for comparing, with the text the source wrote for whoever has to explain it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Moment {
    /// The instant.
    pub utc: Timestamp,
    /// What the source said, in its own zone and form.
    pub raw: String,
}

impl PartialEq for Moment {
    /// Two moments are the same when the instants are; how they were written does not matter.
    fn eq(&self, other: &Self) -> bool {
        self.utc == other.utc
    }
}

impl Eq for Moment {}

/// One row of a child table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The row's own name in its system; absent for a row that does not exist there yet
    /// (facts/FRAPPE.md, trap 4: a made-up name is answered with 200 and stores nothing).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The row's columns.
    pub columns: BTreeMap<FieldName, Value>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_text_is_empty() {
        assert_eq!(Value::text(""), Value::Empty);
        assert_eq!(Value::text("x"), Value::Text("x".into()));
    }

    #[test]
    fn moments_compare_by_instant_not_by_spelling() {
        let utc: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let here = Moment { utc, raw: "2026-03-01 12:00:00".into() };
        let there = Moment { utc, raw: "2026-03-01 06:00:00.000000".into() };
        assert_eq!(here, there);
    }

    #[test]
    fn values_survive_json() {
        let values = [
            Value::Empty,
            Value::Text("José & Cía".into()),
            Value::Decimal("1234.50".parse().unwrap()),
            Value::Date("2026-02-28".parse().unwrap()),
            Value::Rows(vec![Row {
                name: None,
                columns: BTreeMap::from([("qty".into(), Value::Integer(1))]),
            }]),
        ];
        for value in values {
            let json = serde_json::to_string(&value).unwrap();
            assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), value, "{json}");
        }
    }
}
