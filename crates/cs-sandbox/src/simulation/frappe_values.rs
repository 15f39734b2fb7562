//! Frappe's columns as canonical values, and canonical values as Frappe takes them: what a connector does, in few words
//! and made anew, so that the simulation does not agree with a connector's mistakes.

use std::collections::BTreeMap;

use cs_domain::{
    FieldName, FieldType, Fields, Kind, Moment, Record, RecordRef, Row as ChildRow, Value, Version,
};
use cs_ports::{FieldRequests, Guard};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

use crate::frappe::Row;

use super::digits::last_four;
use super::ground::DocSchema;

/// The schemas by `DocType`.
type Schemas = BTreeMap<Kind, DocSchema>;

/// A field's text; nothing is the empty text.
pub(crate) fn text(row: &Row, field: &str) -> String {
    match row.get(field) {
        Some(Json::String(text)) => text.clone(),
        Some(Json::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// A document with these fields; those that its kind has not stay absent.
pub(crate) fn decoded(
    schemas: &Schemas,
    schema: &DocSchema,
    zone: &TimeZone,
    row: &Row,
    wanted: &FieldRequests,
) -> Record {
    let fields = wanted.0.iter().filter_map(|request| {
        let value = value(schemas, schema, zone, row, &request.name)?;
        let value = if request.guard == Guard::LastFour { last_four(&value.plain()) } else { value };
        Some((request.name.clone(), value))
    });
    Record {
        reference: RecordRef::frappe(schema.kind.kind.clone(), text(row, "name")),
        version: Version::new(text(row, "modified")),
        fields: fields.collect(),
    }
}

/// One field.
pub(crate) fn value(
    schemas: &Schemas,
    schema: &DocSchema,
    zone: &TimeZone,
    row: &Row,
    name: &FieldName,
) -> Option<Value> {
    let field = schema.kind.fields.get(name)?;
    if let FieldType::Rows { kind } = &field.field_type {
        return Some(rows(schemas, kind, zone, row.get(name.as_str())));
    }
    Some(scalar(schema, &field.field_type, zone, row, name.as_str()))
}

fn rows(schemas: &Schemas, kind: &Kind, zone: &TimeZone, json: Option<&Json>) -> Value {
    let (Some(schema), Some(Json::Array(rows))) = (schemas.get(kind), json) else {
        return Value::Empty;
    };
    let one = |row: &Row| ChildRow {
        name: Some(text(row, "name")).filter(|name| !name.is_empty()),
        columns: schema
            .kind
            .fields
            .values()
            .filter(|field| schema.fields.contains_key(field.name.as_str()))
            .map(|field| {
                (field.name.clone(), scalar(schema, &field.field_type, zone, row, field.name.as_str()))
            })
            .collect(),
    };
    let rows: Vec<ChildRow> = rows.iter().filter_map(Json::as_object).map(one).collect();
    if rows.is_empty() { Value::Empty } else { Value::Rows(rows) }
}

fn scalar(schema: &DocSchema, field_type: &FieldType, zone: &TimeZone, row: &Row, name: &str) -> Value {
    let text = text(row, name);
    if text.is_empty() || text.starts_with("0000-00-00") {
        return Value::Empty;
    }
    let read = match field_type {
        FieldType::Text => Some(Value::Text(text.clone())),
        FieldType::Choice { .. } => Some(Value::Choice(text.clone())),
        FieldType::Integer => text.parse().ok().map(Value::Integer),
        FieldType::Boolean => Some(Value::Boolean(text != "0")),
        FieldType::Decimal { .. } => text
            .parse::<Decimal>()
            .or_else(|_| Decimal::from_scientific(&text))
            .ok()
            .map(|number| Value::Decimal(number.normalize())),
        FieldType::Date => text.parse().ok().map(Value::Date),
        FieldType::DateTime => text.parse().ok().and_then(|wall: DateTime| {
            let utc = zone.to_ambiguous_timestamp(wall).compatible().ok()?;
            Some(Value::DateTime(Moment { utc, raw: text.clone() }))
        }),
        FieldType::Reference { kinds } => match kinds.as_slice() {
            [kind] => Some(Value::Reference(RecordRef::frappe(kind.clone(), text.as_str()))),
            _ => dynamic(schema, row, name, &text),
        },
        FieldType::Rows { .. } | FieldType::Other { .. } => None,
    };
    read.unwrap_or(Value::Opaque(text))
}

/// A link whose kind stands in another field.
fn dynamic(schema: &DocSchema, row: &Row, name: &str, target: &str) -> Option<Value> {
    let holder = &schema.fields.get(name)?.options;
    let kind = self::text(row, holder);
    Some(if kind.is_empty() {
        Value::Text(target.to_owned())
    } else {
        Value::Reference(RecordRef::frappe(kind.as_str(), target))
    })
}

/// What is sent for these fields, or why it would not come back the same.
pub(crate) fn encoded(
    schemas: &Schemas,
    schema: &DocSchema,
    fields: &Fields,
    creates: bool,
) -> Result<Row, String> {
    fields
        .iter()
        .map(|(name, value)| Ok((name.to_string(), one(schemas, schema, name, value, creates)?)))
        .collect()
}

fn one(
    schemas: &Schemas,
    schema: &DocSchema,
    name: &FieldName,
    value: &Value,
    creates: bool,
) -> Result<Json, String> {
    let kind = &schema.kind.kind;
    let field = schema.kind.fields.get(name).ok_or_else(|| format!("{kind} has no field {name}"))?;
    if matches!(name.as_str(), "name" | "owner" | "modified_by") {
        return Err(format!("field {name} cannot be written"));
    }
    let fitted = field.fit(value.clone()).map_err(|misfit| misfit.to_string())?;
    if fitted.is_empty() {
        return Ok(if matches!(field.field_type, FieldType::Rows { .. }) { json!([]) } else { Json::Null });
    }
    match (&field.field_type, fitted) {
        (FieldType::Rows { kind }, Value::Rows(rows)) => {
            let table = schemas.get(kind).ok_or_else(|| format!("no table {kind}"))?;
            rows.iter().map(|row| child(schemas, table, row, creates)).collect()
        }
        (FieldType::Integer, Value::Integer(number)) => Ok(json!(number)),
        (FieldType::Boolean, Value::Boolean(flag)) => Ok(json!(u8::from(flag))),
        (FieldType::Decimal { .. }, Value::Decimal(number)) => {
            number.to_string().parse::<f64>().map(|float| json!(float)).map_err(|_| "no number".to_owned())
        }
        (_, Value::Text(text)) if holds_tag(&text) => Err(format!("field {name} cannot hold a tag")),
        (_, Value::Text(text)) if creates && names(schema, name) && text.contains(['<', '>']) => {
            Err(format!("field {name} is part of the name"))
        }
        (_, fitted) => Ok(Json::String(fitted.plain())),
    }
}

fn child(schemas: &Schemas, table: &DocSchema, row: &ChildRow, creates: bool) -> Result<Json, String> {
    let mut wire = Row::new();
    if let (false, Some(name)) = (creates, &row.name) {
        wire.insert("name".to_owned(), json!(name));
    }
    for (name, value) in row.columns.iter().filter(|(name, _)| name.as_str() != "link_title") {
        wire.insert(name.to_string(), one(schemas, table, name, value, creates)?);
    }
    Ok(Json::Object(wire))
}

fn names(schema: &DocSchema, name: &FieldName) -> bool {
    let naming: &[&str] = match schema.kind.kind.as_str() {
        "Contact" => &["first_name", "middle_name", "last_name"],
        "Address" => &["address_title"],
        "Customer" => &["customer_name"],
        "Bank" => &["bank_name"],
        "Item" => &["item_code"],
        _ => &[],
    };
    naming.contains(&name.as_str())
}

/// What Python's parser takes for a tag.
fn holds_tag(text: &str) -> bool {
    text.match_indices('<').any(|(at, _)| {
        let rest = text.get(at + 1..).unwrap_or_default();
        rest.starts_with(|c: char| c.is_ascii_alphabetic()) && rest.contains('>')
    })
}
