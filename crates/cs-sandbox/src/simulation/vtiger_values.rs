//! VTiger's columns as canonical values, and canonical values as VTiger takes them: what a connector does, in few words
//! and made anew, so that the simulation does not agree with a connector's mistakes.

use cs_domain::{
    FieldName, FieldSchema, FieldType, Fields, Kind, KindSchema, Misfit, Moment, Record, RecordId, RecordRef,
    Value, Version,
};
use cs_ports::{FieldRequests, Guard};
use jiff::civil::DateTime;
use serde_json::{Map, Value as Json};

use crate::vtiger::{self, Face, System};

use super::digits::last_four;

/// The number in an id of this module; none where it is another module's or no id.
pub(crate) fn number(system: &System, kind: &Kind, id: &RecordId) -> Option<u64> {
    let (prefix, number) = id.as_str().split_once('x')?;
    let entry = system.catalogue().by_prefix(prefix.parse().ok()?)?;
    (entry.name == kind.as_str()).then(|| number.parse().ok()).flatten()
}

/// The id of a record.
pub(crate) fn id(system: &System, record: &vtiger::Record) -> RecordId {
    let prefix = system.catalogue().by_name(&record.module).map_or(0, |entry| entry.prefix);
    RecordId::new(format!("{prefix}x{}", record.id))
}

/// A record with these fields; those that the module has not stay absent.
pub(crate) fn decoded(
    system: &System,
    schema: &KindSchema,
    record: &vtiger::Record,
    wanted: &FieldRequests,
) -> Record {
    let fields = wanted.0.iter().filter_map(|request| {
        let field = schema.fields.get(&request.name)?;
        Some((request.name.clone(), value(system, field, record, request.guard)?))
    });
    Record {
        reference: RecordRef {
            system: cs_domain::System::Vtiger,
            kind: schema.kind.clone(),
            id: id(system, record),
        },
        version: Version::new(record.text("modifiedtime")),
        fields: fields.collect(),
    }
}

/// One field.
pub(crate) fn value(
    system: &System,
    field: &FieldSchema,
    record: &vtiger::Record,
    guard: Guard,
) -> Option<Value> {
    let text = shown(system, record, &field.name)?;
    if guard == Guard::LastFour {
        return Some(last_four(&text));
    }
    if field.field_type == FieldType::Boolean {
        return Some(Value::Boolean(text == "1"));
    }
    if text.is_empty() || text.starts_with("0000-00-00") {
        return Some(Value::Empty);
    }
    let read = match &field.field_type {
        FieldType::Text => Some(Value::Text(text.clone())),
        FieldType::Choice { .. } => Some(Value::Choice(text.clone())),
        FieldType::Integer => text.parse().ok().map(Value::Integer),
        FieldType::Decimal { .. } => {
            text.parse().ok().map(|number: rust_decimal::Decimal| Value::Decimal(number.normalize()))
        }
        FieldType::Date => text.parse().ok().map(Value::Date),
        FieldType::DateTime => moment(system, &text),
        FieldType::Reference { .. } => reference(system, &text),
        FieldType::Boolean | FieldType::Rows { .. } | FieldType::Other { .. } => None,
    };
    Some(read.unwrap_or(Value::Opaque(text)))
}

/// A column as a query shows it, as text; nothing is the empty text.
pub(crate) fn shown(system: &System, record: &vtiger::Record, name: &FieldName) -> Option<String> {
    let module = system.catalogue().module(&record.module)?;
    let field = module.field(name.as_str())?;
    let cell = record.values.get(name.as_str()).and_then(Option::as_deref);
    Some(match system.show(field, cell, Face::Row) {
        Json::String(text) => text,
        Json::Null => String::new(),
        other => other.to_string(),
    })
}

fn moment(system: &System, text: &str) -> Option<Value> {
    let wall: DateTime = text.parse().ok()?;
    let utc = system.setup.time_zone.to_ambiguous_timestamp(wall).compatible().ok()?;
    Some(Value::DateTime(Moment { utc, raw: text.to_owned() }))
}

fn reference(system: &System, text: &str) -> Option<Value> {
    let (prefix, number) = text.split_once('x')?;
    if number == "0" {
        return Some(Value::Empty);
    }
    let entry = system.catalogue().by_prefix(prefix.parse().ok()?)?;
    Some(Value::Reference(RecordRef::vtiger(entry.name.as_str(), text)))
}

/// What is sent for these fields, or why it would not come back the same.
pub(crate) fn encoded(schema: &KindSchema, fields: &Fields) -> Result<Map<String, Json>, String> {
    let one = |(name, value): (&FieldName, &Value)| {
        let field = schema.fields.get(name).ok_or_else(|| format!("{} has no field {name}", schema.kind))?;
        if !field.writable {
            return Err(format!("field {name} cannot be written"));
        }
        let fitted = field.fit(value.clone()).map_err(|misfit| misfit.to_string())?;
        if fitted.is_empty() && field.mandatory {
            return Err(Misfit::Mandatory { field: name.clone() }.to_string());
        }
        let text = match &fitted {
            Value::Reference(reference) => reference.id.to_string(),
            Value::DateTime(_) | Value::Rows(_) => return Err(format!("field {name} takes no such value")),
            other => other.plain(),
        };
        // Entities that stand in a text are decoded by VTiger and lost.
        if html_escape::decode_html_entities(&text) != text {
            return Err(format!("field {name} cannot hold an entity"));
        }
        Ok((name.to_string(), Json::String(text)))
    };
    fields.iter().map(one).collect()
}

/// Whether a record holds these values.
pub(crate) fn holds(system: &System, schema: &KindSchema, record: &vtiger::Record, fields: &Fields) -> bool {
    fields.iter().all(|(name, wanted)| {
        let Some(field) = schema.fields.get(name) else { return false };
        let held = value(system, field, record, Guard::None);
        let fitted = field.fit(wanted.clone()).unwrap_or_else(|_| wanted.clone());
        held.is_some_and(|held| {
            held == fitted
                || held.plain() == fitted.plain()
                || (held == Value::Boolean(false) && fitted.is_empty())
        })
    })
}
