//! What the mapping makes of a VTiger record: the documents it asks for, before anybody looks at what is there.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use crate::failure::{Advice, Failure};
use crate::link::LinkStanding;
use crate::mapping::{Check, DocumentMapping, FieldRule, RowRule, Settings, Source};
use crate::name::{FieldName, Role};
use crate::policy::Clearing;
use crate::record::{Record, RecordRef};
use crate::schema::{FieldType, KindSchema, Misfit};
use crate::situation::{Elsewhere, Situation};
use crate::value::Value;

/// A value that the mapping asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// This one; `Empty` where the source was read and holds nothing.
    Value(Value),
    /// The name of the document that plays this role.
    Document(Role),
}

/// A document that the mapping asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WantedDocument {
    /// Values by Frappe field; a field about which the record says nothing has no entry.
    pub fields: BTreeMap<FieldName, Wanted>,
    /// Fields joined of several, of which one is empty and empty says nothing: good enough for a new document, no reason
    /// to change one (a customer does not lose a last name that the contact keeps).
    pub partial: BTreeSet<FieldName>,
    /// Rows that must stand in its tables, in the order of the mapping's row rules.
    /// `None` where a cell has no value: half a row says nothing.
    pub rows: Vec<Option<BTreeMap<FieldName, Wanted>>>,
}

impl WantedDocument {
    /// Whether the record's facts call for the document at all.
    pub fn exists(&self, mapping: &DocumentMapping) -> bool {
        mapping.exists_when.is_empty() || mapping.exists_when.iter().any(|field| self.has_value(field))
    }

    /// The value wanted for a field; `None` where nothing is said, or a document's name is wanted.
    pub fn value(&self, field: &FieldName) -> Option<&Value> {
        match self.fields.get(field) {
            Some(Wanted::Value(value)) => Some(value),
            _ => None,
        }
    }

    fn has_value(&self, field: &FieldName) -> bool {
        match self.fields.get(field) {
            Some(Wanted::Value(value)) => !value.is_empty(),
            Some(Wanted::Document(_)) => true,
            None => false,
        }
    }
}

/// What the mapping asks for of one document, or why the record cannot be turned into it.
pub fn wanted_document(
    mapping: &DocumentMapping,
    schema: Option<&KindSchema>,
    record: &Record,
    situation: &Situation,
) -> Result<WantedDocument, Vec<Failure>> {
    let mut document = WantedDocument::default();
    let mut failures = Vec::new();
    let mut failed: BTreeSet<&FieldName> = BTreeSet::new();
    for rule in &mapping.fields {
        if is_partial(rule, record) {
            document.partial.insert(rule.frappe.clone());
        }
        match wanted_field(rule, schema, record, situation) {
            Ok(Some(wanted)) => drop(document.fields.insert(rule.frappe.clone(), wanted)),
            Ok(None) => {}
            Err(mut failure) => {
                failure.place = Some(format!("{}.{}", mapping.role, rule.frappe));
                failures.push(failure);
                failed.insert(&rule.frappe);
            }
        }
    }
    for rule in &mapping.rows {
        let cells = rule.columns.iter().filter_map(|(column, source)| {
            wanted_source(source, record, situation).transpose().map(|cell| Ok((column.clone(), cell?)))
        });
        match cells.collect::<Result<BTreeMap<_, _>, Failure>>() {
            Ok(row) => document.rows.push(complete(rule, row)),
            Err(mut failure) => {
                failure.place = Some(format!("{}.{}", mapping.role, rule.table));
                failures.push(failure);
            }
        }
    }
    if document.exists(mapping) {
        failures.extend(failed_checks(mapping, &document, &failed, situation));
    }
    if failures.is_empty() { Ok(document) } else { Err(failures) }
}

fn is_partial(rule: &FieldRule, record: &Record) -> bool {
    let names = rule.source.vtiger_fields();
    let empty = |name: &FieldName| record.get(name).is_some_and(Value::is_empty);
    names.len() > 1 && rule.clearing == Clearing::Keep && names.iter().any(empty)
}

/// The row, where each of its columns has a value.
fn complete(rule: &RowRule, row: BTreeMap<FieldName, Wanted>) -> Option<BTreeMap<FieldName, Wanted>> {
    let empty = |cell: &Wanted| matches!(cell, Wanted::Value(value) if value.is_empty());
    (row.len() == rule.columns.len() && !row.values().any(empty)).then_some(row)
}

fn wanted_field(
    rule: &FieldRule,
    schema: Option<&KindSchema>,
    record: &Record,
    situation: &Situation,
) -> Result<Option<Wanted>, Failure> {
    let wanted = match &rule.source {
        Source::Document(_) | Source::Linked { .. } => wanted_source(&rule.source, record, situation)?,
        Source::Fields { .. } | Source::Constant(_) | Source::Setting(_) => {
            rule.to_frappe(record, &situation.settings).map_err(|error| error.failure())?.map(Wanted::Value)
        }
    };
    match wanted {
        Some(Wanted::Value(value)) => Ok(Some(Wanted::Value(fitted(rule, schema, value)?))),
        other => Ok(other),
    }
}

fn wanted_source(source: &Source, record: &Record, situation: &Situation) -> Result<Option<Wanted>, Failure> {
    Ok(match source {
        Source::Constant(value) => Some(Wanted::Value(value.clone())),
        Source::Setting(name) => setting(name, &situation.settings).map(Wanted::Value),
        Source::Document(role) => Some(Wanted::Document(role.clone())),
        Source::Fields { names, join } => joined(names, join, record).map(Wanted::Value),
        Source::Linked { field, role, .. } => match record.get(field) {
            None => None,
            Some(Value::Empty) => Some(Wanted::Value(Value::Empty)),
            Some(Value::Reference(target)) => elsewhere(target, role, situation)?.map(Wanted::Value),
            Some(other) => Some(Wanted::Value(other.clone())),
        },
    })
}

fn setting(name: &str, settings: &Settings) -> Option<Value> {
    settings.get(name).map(Value::text)
}

fn joined(names: &[FieldName], join: &str, record: &Record) -> Option<Value> {
    let read: Vec<&Value> = names.iter().filter_map(|name| record.get(name)).collect();
    match read.as_slice() {
        [] => None,
        [one] => Some((*one).clone()),
        many => {
            let texts: Vec<String> =
                many.iter().filter(|value| !value.is_empty()).map(|v| v.plain()).collect();
            Some(Value::text(texts.join(join)))
        }
    }
}

/// The document of another unit's record; nothing is said where its link was given up.
fn elsewhere(target: &RecordRef, role: &Role, situation: &Situation) -> Result<Option<Value>, Failure> {
    let found = situation.elsewhere.iter().find(|other| other.subject == *target && other.role == *role);
    let reference = |other: &Elsewhere| match other.standing {
        LinkStanding::Live => Some(Value::Reference(other.document.clone())),
        LinkStanding::GivenUp => None,
    };
    found.map(reference).ok_or_else(|| Failure {
        code: "unit.parent_not_linked".to_owned(),
        cause: format!("{target}, which this record refers to, has no document in Frappe yet"),
        remedy: "Look at that record's own failure; this one follows by itself once it is done.".to_owned(),
        advice: Advice::RetryLater,
        place: None,
    })
}

/// The value as Frappe's field holds it. A text becomes the reference that a Link field shows.
pub(crate) fn fitted(rule: &FieldRule, schema: Option<&KindSchema>, value: Value) -> Result<Value, Failure> {
    let Some(field) = schema.and_then(|schema| schema.fields.get(&rule.frappe)) else {
        return Ok(value);
    };
    let value = match (value, &field.field_type) {
        (Value::Text(name) | Value::Choice(name), FieldType::Reference { kinds }) => match kinds.as_slice() {
            [kind] => Value::Reference(RecordRef::frappe(kind.clone(), name)),
            _ => Value::Text(name),
        },
        (value, _) => value,
    };
    if value.is_empty() && rule.clearing == Clearing::Clear {
        return Ok(cleared(&field.field_type));
    }
    field.fit(value).map_err(|misfit| misfit_failure(&misfit))
}

/// What a Frappe field shows when it is cleared: its numbers and checkboxes have no empty state, and a cleared one reads
/// as nought.
fn cleared(field_type: &FieldType) -> Value {
    match field_type {
        FieldType::Integer => Value::Integer(0),
        FieldType::Decimal { .. } => Value::Decimal(Decimal::ZERO),
        FieldType::Boolean => Value::Boolean(false),
        _ => Value::Empty,
    }
}

/// A misfit as people read it.
pub fn misfit_failure(misfit: &Misfit) -> Failure {
    Failure {
        code: misfit.code().to_owned(),
        cause: misfit.to_string(),
        remedy: misfit.remedy().to_owned(),
        advice: Advice::NeedsPerson,
        place: None,
    }
}

fn failed_checks(
    mapping: &DocumentMapping,
    document: &WantedDocument,
    failed: &BTreeSet<&FieldName>,
    situation: &Situation,
) -> Vec<Failure> {
    let value = |field: &FieldName| match document.fields.get(field) {
        Some(Wanted::Value(value)) => value.clone(),
        _ => Value::Empty,
    };
    let objection = |check: &Check| match check {
        Check::NotInFuture(field) => match value(field) {
            Value::Date(date) if date > situation.today => Some(Failure {
                code: "check.date_in_future".to_owned(),
                cause: format!("{date} is in the future"),
                remedy: "Correct the date in VTiger.".to_owned(),
                advice: Advice::NeedsPerson,
                place: Some(format!("{}.{field}", mapping.role)),
            }),
            _ => None,
        },
        // That it has no value follows from what was told of it already.
        Check::Required(field) if failed.contains(field) => None,
        Check::Required(field) => (!document.has_value(field)).then(|| Failure {
            code: "check.required".to_owned(),
            cause: format!("{field} has no value, and the mapping requires one"),
            remedy: "Fill the field at its source.".to_owned(),
            advice: Advice::NeedsPerson,
            place: Some(format!("{}.{field}", mapping.role)),
        }),
    };
    mapping.checks.iter().filter_map(objection).collect()
}
