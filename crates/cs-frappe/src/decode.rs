//! From the wire to canonical values, by schema.

use std::collections::BTreeMap;
use std::sync::Arc;

use cs_domain::guarded::last_digits;
use cs_domain::{FieldName, Fields, Kind, Record, RecordRef, Row, Value};
use cs_ports::{FieldRequests, Guard};
use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};

use crate::error::FrappeError;
use crate::list::text;
use crate::schema::{DocSchema, Form};
use crate::zone::SiteZone;

/// A document or row as it came.
pub(crate) type Wire = Map<String, Json>;

/// The schemas of child tables, by DocType.
pub(crate) type Tables = BTreeMap<Kind, Arc<DocSchema>>;

/// What decoding needs beside the document itself.
pub(crate) struct Decoder<'a> {
    pub(crate) schema: &'a DocSchema,
    /// The schemas of the requested child tables.
    pub(crate) tables: &'a Tables,
    /// Where it is unknown, date-times stay verbatim.
    pub(crate) zone: Option<&'a SiteZone>,
}

impl Decoder<'_> {
    /// A document with the requested fields. A GET leaves out what is NULL (facts/FRAPPE.md, "Reading"), so a missing
    /// field is an empty one.
    pub(crate) fn record(&self, wire: &Wire, wanted: &FieldRequests) -> Result<Record, FrappeError> {
        let mut fields = Fields::new();
        for request in &wanted.0 {
            let value = guarded(self.value(&request.name, wire)?, request.guard);
            fields.insert(request.name.clone(), value);
        }
        Ok(Record {
            reference: RecordRef::frappe(self.schema.kind.kind.clone(), text(wire, "name")?),
            version: text(wire, "modified")?.into(),
            fields,
        })
    }

    fn value(&self, name: &FieldName, wire: &Wire) -> Result<Value, FrappeError> {
        let (_, form) = self.schema.field(name)?;
        if let Form::Rows(kind) = form {
            return Ok(self.rows(kind, wire.get(name.as_str())));
        }
        Ok(scalar(form, wire.get(name.as_str()), wire, self.zone))
    }

    fn rows(&self, kind: &Kind, wire: Option<&Json>) -> Value {
        let (Some(schema), Some(Json::Array(rows))) = (self.tables.get(kind), wire) else {
            return Value::Empty;
        };
        let rows: Vec<Row> =
            rows.iter().filter_map(Json::as_object).map(|wire| row(schema, wire, self.zone)).collect();
        if rows.is_empty() { Value::Empty } else { Value::Rows(rows) }
    }
}

/// Draft (0), submitted (1) or cancelled (2).
pub(crate) fn docstatus(wire: &Wire) -> i64 {
    wire.get("docstatus").and_then(Json::as_i64).unwrap_or(0)
}

/// A child row with all its columns.
fn row(schema: &DocSchema, wire: &Wire, zone: Option<&SiteZone>) -> Row {
    Row {
        name: wire.get("name").and_then(Json::as_str).map(str::to_owned),
        columns: schema
            .data_fields()
            .map(|(name, form)| (name.clone(), scalar(form, wire.get(name.as_str()), wire, zone)))
            .collect(),
    }
}

/// A value that is no table. What does not read as its field's type is kept verbatim: one odd value must not hide a
/// document.
fn scalar(form: &Form, json: Option<&Json>, document: &Wire, zone: Option<&SiteZone>) -> Value {
    let text = match json {
        None | Some(Json::Null) => return Value::Empty,
        Some(Json::String(text)) => text.clone(),
        Some(Json::Bool(flag)) => u8::from(*flag).to_string(),
        Some(Json::Number(number)) => number.to_string(),
        Some(other) => return Value::Opaque(other.to_string()),
    };
    if text.is_empty() {
        return Value::Empty;
    }
    let read = match form {
        Form::Text => Some(Value::Text(text.clone())),
        Form::Select => Some(Value::Choice(text.clone())),
        Form::Integer => text.parse().ok().map(Value::Integer),
        Form::Check => text.parse().ok().map(|flag: i64| Value::Boolean(flag != 0)),
        Form::Decimal => decimal(&text).map(Value::Decimal),
        Form::Date | Form::DateTime if text.starts_with("0000-00-00") => Some(Value::Empty),
        Form::Date => text.parse().ok().map(Value::Date),
        Form::DateTime => zone.and_then(|zone| zone.moment(&text)).map(Value::DateTime),
        Form::Link(kind) => Some(Value::Reference(RecordRef::frappe(kind.clone(), text.as_str()))),
        Form::DynamicLink(holder) => match document.get(holder.as_str()) {
            Some(Json::String(kind)) if !kind.is_empty() => {
                Some(Value::Reference(RecordRef::frappe(kind.as_str(), text.as_str())))
            }
            _ => Some(Value::Text(text.clone())),
        },
        Form::Rows(_) | Form::Verbatim => None,
    };
    read.unwrap_or(Value::Opaque(text))
}

/// Floats print as they were sent (the shortest text that reads as the same float), so nothing is lost on the way.
fn decimal(text: &str) -> Option<Decimal> {
    let number = text.parse().or_else(|_| Decimal::from_scientific(text)).ok()?;
    Some(number.normalize())
}

/// Keeps of a guarded value what may leave the connector.
fn guarded(value: Value, guard: Guard) -> Value {
    match (guard, value) {
        (Guard::None, value) => value,
        (Guard::LastFour, Value::Empty) => Value::Empty,
        (Guard::LastFour, Value::Rows(rows)) => Value::Rows(
            rows.into_iter()
                .map(|mut row| {
                    for column in row.columns.values_mut() {
                        *column = guarded(std::mem::replace(column, Value::Empty), guard);
                    }
                    row
                })
                .collect(),
        ),
        (Guard::LastFour, value) => Value::text(last_digits(&value.plain())),
    }
}

#[cfg(test)]
mod tests {
    use cs_ports::FieldRequest;
    use serde_json::json;

    use super::*;
    use crate::schema::tests::{card, link_row};

    fn decode(document: Json, wanted: &FieldRequests) -> Record {
        let tables = BTreeMap::from([(Kind::new("Dynamic Link"), Arc::new(link_row()))]);
        let zone = SiteZone::named("America/Mexico_City").unwrap();
        let decoder = Decoder { schema: &card(), tables: &tables, zone: Some(&zone) };
        let Json::Object(mut wire) = document else {
            panic!("an object");
        };
        wire.insert("name".into(), json!("BC-1"));
        wire.insert("modified".into(), json!("2026-11-21 20:01:16.921328"));
        decoder.record(&wire, wanted).unwrap()
    }

    #[test]
    fn each_form_becomes_its_value() {
        let wanted = FieldRequests::plain([
            "title",
            "customer",
            "party",
            "brand",
            "expires_on",
            "linked_at",
            "amount",
            "n",
            "active",
            "t",
            "docstatus",
            "links",
            "notes",
        ]);
        let record = decode(
            json!({
                "title": 12345, "customer": "Beto Prueba", "party_type": "Supplier", "party": "S 1", "brand": "Visa",
                "expires_on": "0000-00-00", "linked_at": "2026-11-20 10:00:00.123456", "amount": 33.333, "n": 42,
                "active": 1, "t": "9:05:00", "docstatus": 0, "unwanted": "x",
                "links": [{"name": "row1", "link_doctype": "Customer", "link_name": "Beto Prueba", "idx": 1}],
            }),
            &wanted,
        );
        let get = |name: &str| record.fields.get(name).unwrap().clone();
        assert_eq!(get("title"), Value::Text("12345".into()));
        assert_eq!(get("customer"), Value::Reference(RecordRef::frappe("Customer", "Beto Prueba")));
        assert_eq!(get("party"), Value::Reference(RecordRef::frappe("Supplier", "S 1")));
        assert_eq!(get("expires_on"), Value::Empty);
        assert_eq!(get("amount"), Value::Decimal("33.333".parse().unwrap()));
        assert_eq!(get("active"), Value::Boolean(true));
        assert_eq!(get("t"), Value::Opaque("9:05:00".into()));
        assert_eq!(get("docstatus"), Value::Integer(0));
        // Not in the answer because it is NULL.
        assert_eq!(get("notes"), Value::Empty);
        let Value::DateTime(moment) = get("linked_at") else {
            panic!("a date-time");
        };
        assert_eq!(moment.utc.to_string(), "2026-11-20T16:00:00.123456Z");
        let Value::Rows(rows) = get("links") else {
            panic!("rows");
        };
        assert_eq!(rows[0].name.as_deref(), Some("row1"));
        assert_eq!(
            rows[0].columns.get("link_name"),
            Some(&Value::Reference(RecordRef::frappe("Customer", "Beto Prueba")))
        );
        assert_eq!(record.version.as_str(), "2026-11-21 20:01:16.921328");
        assert_eq!(record.fields.len(), wanted.0.len());
    }

    #[test]
    fn of_a_card_number_four_digits_leave() {
        let wanted = FieldRequests(vec![FieldRequest { name: "notes".into(), guard: Guard::LastFour }]);
        let record = decode(json!({"notes": "4111 1111-1111 1234"}), &wanted);
        assert_eq!(record.fields.get("notes"), Some(&Value::Text("1234".into())));
    }

    #[test]
    fn decimals_survive_a_float() {
        for text in ["0.1", "1234.5", "301", "33.333", "0.000000001", "999999999999.99"] {
            let json: Json = serde_json::from_str(text).unwrap();
            let decoded = scalar(&Form::Decimal, Some(&json), &Wire::new(), None);
            assert_eq!(decoded, Value::Decimal(text.parse().unwrap()), "{text}");
        }
    }
}
