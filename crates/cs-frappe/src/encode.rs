//! From canonical values to the wire, refusing before it is sent what Frappe would refuse or, worse, change in
//! silence (facts/FRAPPE.md, "Writing"), and telling afterwards whether a document holds what was sent.

use cs_domain::{FieldName, Fields, Row, Value};
use rust_decimal::Decimal;
use serde_json::{Number, Value as Json, json};

use crate::decode::{Tables, Wire};
use crate::error::FrappeError;
use crate::schema::{Check, DocSchema, Form};
use crate::unfit::Unfit;
use crate::zone::SiteZone;

/// What the fields are sent for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Create,
    Update,
}

/// What encoding needs beside the fields.
pub(crate) struct Encoder<'a> {
    pub(crate) schema: &'a DocSchema,
    /// The schemas of the child tables that are written.
    pub(crate) tables: &'a Tables,
    pub(crate) zone: Option<&'a SiteZone>,
    pub(crate) purpose: Purpose,
}

impl Encoder<'_> {
    /// The fields as a request's body.
    pub(crate) fn document(&self, fields: &Fields) -> Result<Wire, FrappeError> {
        fields
            .iter()
            .map(|(name, value)| Ok((name.to_string(), self.field(self.schema, name, value)?)))
            .collect()
    }

    fn field(&self, schema: &DocSchema, name: &FieldName, value: &Value) -> Result<Json, FrappeError> {
        let (field, form) = schema.field(name)?;
        if schema.only_frappe_sets(name) || *form == Form::Verbatim {
            return Err(FrappeError::ReadOnlyField { kind: schema.kind.kind.clone(), field: name.clone() });
        }
        let fitted = field.fit(value.clone())?;
        let unfit = |unfit: Unfit| FrappeError::Unfit { field: name.clone(), unfit };
        if fitted.is_empty() {
            // An empty list clears a table; null clears everything else.
            return Ok(if matches!(form, Form::Rows(_)) { json!([]) } else { Json::Null });
        }
        match (form, fitted) {
            (Form::Rows(kind), Value::Rows(rows)) => {
                let table = self
                    .tables
                    .get(kind)
                    .ok_or(FrappeError::Shape { what: "a child table's description" })?;
                let rows: Result<Vec<Json>, _> = rows.iter().map(|row| self.row(table, row)).collect();
                Ok(Json::Array(rows?))
            }
            (Form::DateTime, Value::DateTime(moment)) => {
                let zone = self.zone.ok_or(FrappeError::TimeZone { name: None })?;
                let text = zone.wall_clock(moment.utc).ok_or_else(|| unfit(Unfit::Time))?;
                Ok(Json::String(text))
            }
            (Form::Text, Value::Text(text)) => {
                self.check_text(schema, name, &text).map_err(unfit)?;
                Ok(Json::String(text))
            }
            (form, fitted) => scalar(form, &fitted).map_err(unfit),
        }
    }

    /// A row's name is sent only where the row was read from this document: Frappe answers a made-up name with 200 and
    /// stores nothing (facts/FRAPPE.md, trap 4), and a new document has no rows yet.
    fn row(&self, table: &DocSchema, row: &Row) -> Result<Json, FrappeError> {
        let mut wire = Wire::new();
        if let (Purpose::Update, Some(name)) = (self.purpose, &row.name) {
            wire.insert("name".to_owned(), Json::String(name.clone()));
        }
        // A row that was read comes back with all its columns; what Frappe works out is left to Frappe.
        let read = row.name.is_some();
        for (name, value) in row.columns.iter().filter(|(name, _)| !(read && table.is_derived(name))) {
            wire.insert(name.to_string(), self.field(table, name, value)?);
        }
        Ok(Json::Object(wire))
    }

    /// The fields of which the document holds something else than what was sent. `stored` may have more rows' columns
    /// than were sent; numbers and checkboxes that were cleared hold 0 (`fixtures/frappe/card_score_null.json`); links
    /// take the case of the document they point at.
    pub(crate) fn not_applied(&self, sent: &Fields, stored: &Fields) -> Vec<FieldName> {
        let applied = |name: &FieldName, value: &Value| {
            let Ok((field, form)) = self.schema.field(name) else {
                return false;
            };
            let fitted = field.fit(value.clone());
            let fitted = fitted.as_ref().unwrap_or(value);
            stored.get(name).is_some_and(|stored| match (form, fitted, stored) {
                (Form::Rows(kind), Value::Rows(sent), Value::Rows(stored)) => {
                    self.rows_hold(self.tables.get(kind).map(AsRef::as_ref), sent, stored)
                }
                (_, fitted, stored) => holds(fitted, stored),
            })
        };
        sent.iter().filter(|(name, value)| !applied(name, value)).map(|(name, _)| name.clone()).collect()
    }

    /// Kept rows are found by their name, new ones by their place.
    fn rows_hold(&self, table: Option<&DocSchema>, sent: &[Row], stored: &[Row]) -> bool {
        let derived = |name: &FieldName| table.is_some_and(|table| table.is_derived(name));
        sent.len() == stored.len()
            && sent.iter().zip(stored).all(|(sent, in_place)| {
                let stored = match (self.purpose, &sent.name) {
                    (Purpose::Update, Some(name)) => {
                        stored.iter().find(|stored| stored.name.as_ref() == Some(name))
                    }
                    _ => Some(in_place),
                };
                stored.is_some_and(|stored| {
                    let mut columns = sent.columns.iter().filter(|(name, _)| !derived(name));
                    columns.all(|(name, value)| {
                        stored.columns.get(name).is_some_and(|stored| holds(value, stored))
                    })
                })
            })
    }

    fn check_text(&self, schema: &DocSchema, name: &FieldName, text: &str) -> Result<(), Unfit> {
        let names = self.purpose == Purpose::Create && schema.names_the_document(name);
        match schema.check(name) {
            _ if names && text.contains(['<', '>']) => Err(Unfit::Bracket),
            Check::Plain if holds_tag(text) => Err(Unfit::HtmlTag),
            Check::Phone if !is_phone(text) => Err(Unfit::Phone),
            _ => Ok(()),
        }
    }
}

/// A value that is neither table nor date-time nor plain text; the schema's types have been seen to.
fn scalar(form: &Form, value: &Value) -> Result<Json, Unfit> {
    match (form, value) {
        (Form::Integer, Value::Integer(number)) => match i32::try_from(*number) {
            Ok(number) => Ok(json!(number)),
            Err(_) => Err(Unfit::BeyondInt),
        },
        (Form::Check, Value::Boolean(flag)) => Ok(json!(u8::from(*flag))),
        (Form::Decimal, Value::Decimal(number)) => decimal(*number),
        (Form::Date, Value::Date(date)) => Ok(Json::String(date.to_string())),
        (Form::Link(_) | Form::DynamicLink(_), Value::Reference(reference)) => {
            Ok(Json::String(reference.id.to_string()))
        }
        (Form::Select, Value::Choice(text)) | (Form::Link(_) | Form::DynamicLink(_), Value::Text(text)) => {
            Ok(Json::String(text.clone()))
        }
        _ => Err(Unfit::NoForm),
    }
}

/// A JSON number that Frappe's float reads back to the last digit, and that decimal(21,9) has room for.
fn decimal(number: Decimal) -> Result<Json, Unfit> {
    if number.abs() >= Decimal::from(1_000_000_000_000_i64) {
        return Err(Unfit::TooLarge);
    }
    let exact = number.to_string().parse().ok().and_then(Number::from_f64).filter(|sent| {
        sent.to_string().parse() == Ok(number) || Decimal::from_scientific(&sent.to_string()) == Ok(number)
    });
    exact.map(Json::Number).ok_or(Unfit::TooManyDigits)
}

/// Whether the text holds what Python's parser takes for a tag: `<`, a letter, and a `>` somewhere behind.
/// `<ana@example.invalid>` is one (`fixtures/frappe/list_raw_stored.json`), `a < b > c` is none.
fn holds_tag(text: &str) -> bool {
    text.match_indices('<').any(|(at, _)| {
        let rest = text.get(at + 1..).unwrap_or_default();
        rest.starts_with(|c: char| c.is_ascii_alphabetic()) && rest.contains('>')
    })
}

/// Frappe's own rule for Data fields with the option Phone.
fn is_phone(text: &str) -> bool {
    let text = text.trim();
    let sign = |c: char| c.is_ascii_digit() || " +_-,.*#()".contains(c);
    text.chars().count() <= 20 && text.chars().all(sign)
}

/// A value as a list's filter takes it; `""` matches NULL too (facts/FRAPPE.md, "Reading").
pub(crate) fn filter_value(
    field: &FieldName,
    value: &Value,
    zone: Option<&SiteZone>,
) -> Result<Json, FrappeError> {
    let inexpressible = |why| FrappeError::Inexpressible { field: field.clone(), why };
    match value {
        Value::Rows(_) => Err(inexpressible("it is a table")),
        Value::Boolean(flag) => Ok(json!(u8::from(*flag))),
        Value::Integer(number) => Ok(json!(number)),
        Value::DateTime(moment) => zone
            .ok_or(FrappeError::TimeZone { name: None })?
            .wall_clock(moment.utc)
            .map(Json::String)
            .ok_or_else(|| inexpressible("the site's clocks show this time twice")),
        Value::Empty
        | Value::Text(_)
        | Value::Decimal(_)
        | Value::Date(_)
        | Value::Choice(_)
        | Value::Reference(_)
        | Value::Opaque(_) => Ok(Json::String(value.plain())),
    }
}

fn holds(sent: &Value, stored: &Value) -> bool {
    match (sent, stored) {
        (Value::Empty, Value::Integer(0) | Value::Boolean(false)) => true,
        (Value::Empty, Value::Decimal(number)) => number.is_zero(),
        (Value::Rows(sent), Value::Empty) => sent.is_empty(),
        (Value::Reference(_) | Value::Text(_), Value::Reference(stored)) => {
            sent.plain().to_lowercase() == stored.id.as_str().to_lowercase()
        }
        // Columns of rows are not fitted: a text may stand where a typed value comes back.
        (Value::Text(sent), stored) => *sent == stored.plain(),
        (sent, stored) => sent == stored || (!sent.is_empty() && sent.plain() == stored.plain()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use cs_domain::{Kind, Moment, RecordRef};

    use super::*;
    use crate::schema::tests::{card, link_row};

    fn encode(purpose: Purpose, name: &str, value: Value) -> Result<Json, FrappeError> {
        let tables = BTreeMap::from([(Kind::new("Dynamic Link"), Arc::new(link_row()))]);
        let zone = SiteZone::named("Europe/Madrid").unwrap();
        let encoder = Encoder { schema: &card(), tables: &tables, zone: Some(&zone), purpose };
        let mut wire = encoder.document(&Fields::from([(name.into(), value)]))?;
        Ok(wire.remove(name).unwrap())
    }

    fn sent(name: &str, value: Value) -> Json {
        encode(Purpose::Update, name, value).unwrap()
    }

    fn refused(name: &str, value: Value) -> &'static str {
        encode(Purpose::Create, name, value).unwrap_err().code()
    }

    fn at(utc: &str) -> Value {
        Value::DateTime(Moment { utc: utc.parse().unwrap(), raw: String::new() })
    }

    #[test]
    fn values_take_frappes_form() {
        assert_eq!(sent("title", Value::Text("Pérez & Hijos < 3".into())), json!("Pérez & Hijos < 3"));
        assert_eq!(sent("title", Value::Empty), Json::Null);
        assert_eq!(sent("links", Value::Empty), json!([]));
        assert_eq!(sent("expires_on", Value::Text("2027-12-31".into())), json!("2027-12-31"));
        assert_eq!(sent("linked_at", at("2026-11-20T09:00:00.5Z")), json!("2026-11-20 10:00:00.500000"));
        assert_eq!(sent("amount", Value::Text("1234.50".into())), json!(1234.5));
        assert_eq!(sent("active", Value::Boolean(true)), json!(1));
        assert_eq!(sent("customer", Value::Reference(RecordRef::frappe("Customer", "Beto"))), json!("Beto"));
        assert_eq!(sent("body", Value::Text("<p>Hola</p>".into())), json!("<p>Hola</p>"));
    }

    #[test]
    fn what_would_not_survive_is_not_sent() {
        let text = |text: &str| Value::Text(text.into());
        assert_eq!(refused("notes", text("x <b>y")), "frappe.html_tag");
        assert_eq!(refused("notes", text("<ana@example.invalid>")), "frappe.html_tag");
        assert_eq!(refused("title", text("a < b")), "frappe.name");
        assert_eq!(refused("title", text(&"x".repeat(141))), "value.too_long");
        assert_eq!(refused("brand", text("visa")), "value.not_a_choice");
        assert_eq!(refused("expires_on", text("31/12/2027")), "value.wrong_type");
        assert_eq!(refused("amount", text("1,234.50")), "value.wrong_type");
        assert_eq!(refused("amount", text("1000000000000")), "frappe.too_large_number");
        assert_eq!(refused("amount", text("123456789012.123456789")), "frappe.too_many_digits");
        assert_eq!(refused("n", Value::Integer(99_999_999_999)), "frappe.too_large_number");
        assert_eq!(refused("phone", text("(55) 1234-5678 ext 4")), "frappe.phone");
        assert_eq!(refused("linked_at", at("2026-10-25T01:30:00Z")), "frappe.time");
        assert_eq!(refused("invented", text("x")), "frappe.field_missing");
        assert_eq!(refused("modified", text("x")), "frappe.read_only_field");
        assert_eq!(refused("t", text("9:05")), "frappe.read_only_field");
    }

    #[test]
    fn row_names_are_sent_only_to_a_document_that_has_rows() {
        let rows = || {
            Value::Rows(vec![Row {
                name: Some("row1".into()),
                columns: BTreeMap::from([("link_name".into(), Value::Text("Beto".into()))]),
            }])
        };
        assert_eq!(sent("links", rows()), json!([{"name": "row1", "link_name": "Beto"}]));
        let created = encode(Purpose::Create, "links", rows()).unwrap();
        assert_eq!(created, json!([{"link_name": "Beto"}]));
    }

    #[test]
    fn what_was_not_applied_is_told() {
        let encoder =
            Encoder { schema: &card(), tables: &Tables::new(), zone: None, purpose: Purpose::Update };
        let sent = Fields::from([
            ("expires_on".into(), Value::Text("2026-12-15".into())),
            ("customer".into(), Value::Text("beto".into())),
            ("n".into(), Value::Empty),
            ("amount".into(), Value::Text("2.50".into())),
        ]);
        let mut stored = Fields::from([
            ("expires_on".into(), Value::Date("2026-12-15".parse().unwrap())),
            ("customer".into(), Value::Reference(RecordRef::frappe("Customer", "Beto"))),
            ("n".into(), Value::Integer(0)),
            ("amount".into(), Value::Decimal("2.5".parse().unwrap())),
        ]);
        assert!(encoder.not_applied(&sent, &stored).is_empty());
        stored.insert("expires_on".into(), Value::Date("2026-11-30".parse().unwrap()));
        assert_eq!(encoder.not_applied(&sent, &stored), [FieldName::from("expires_on")]);
    }

    #[test]
    fn rows_are_compared_by_name_and_without_what_frappe_works_out() {
        let row = |name: Option<&str>, to: &str, title: &str| Row {
            name: name.map(str::to_owned),
            columns: BTreeMap::from([
                ("link_name".into(), Value::Text(to.into())),
                ("link_title".into(), Value::Text(title.into())),
            ]),
        };
        let rows = |rows: Vec<Row>| Fields::from([("links".into(), Value::Rows(rows))]);
        let tables = BTreeMap::from([(Kind::new("Dynamic Link"), Arc::new(link_row()))]);
        let encoder = Encoder { schema: &card(), tables: &tables, zone: None, purpose: Purpose::Update };
        let kept = rows(vec![row(Some("r1"), "Beto", "Beto"), row(None, "Ana", "")]);
        let wire = encoder.document(&kept).unwrap();
        assert_eq!(wire["links"][0], json!({"name": "r1", "link_name": "Beto"}));

        let renamed = row(Some("r1"), "Beto", "Beto Prueba SA");
        let added = row(Some("r2"), "Ana", "Ana SA");
        assert!(encoder.not_applied(&kept, &rows(vec![renamed.clone(), added.clone()])).is_empty());
        let other = row(Some("r1"), "Otra", "Beto");
        assert_eq!(encoder.not_applied(&kept, &rows(vec![other, added])), [FieldName::from("links")]);
        let lost = row(Some("r3"), "Beto", "Beto");
        let sent = rows(vec![row(Some("r1"), "Beto", "Beto")]);
        assert_eq!(encoder.not_applied(&sent, &rows(vec![lost])), [FieldName::from("links")]);
        let two = rows(vec![row(Some("r1"), "Beto", ""), row(Some("r2"), "Ana", "")]);
        let turned = rows(vec![row(Some("r2"), "Ana", ""), renamed]);
        assert!(encoder.not_applied(&two, &turned).is_empty(), "another order is no other content");
    }
}
