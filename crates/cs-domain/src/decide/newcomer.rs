//! A document that appeared in Frappe and may become a VTiger record.

use std::collections::BTreeSet;

use crate::conflict::Choice;
use crate::decide::fields::{back, fitted, travels_back};
use crate::decide::{Schemas, begun};
use crate::failure::{Advice, Failure};
use crate::intent::OperationKey;
use crate::mapping::{CreateInVtiger, DocumentMapping, UnitMapping};
use crate::name::FieldName;
use crate::plan::{Change, Conflict, Plan, Planned, SkipReason, VtigerStep};
use crate::record::{Fields, Record, RecordRef};
use crate::schema::Misfit;
use crate::situation::Situation;
use crate::value::Value;
use crate::wanted::misfit_failure;

/// The field that every VTiger record must have and the connector fills.
const OWNER: &str = "assigned_user_id";

/// What follows for a document that no record is linked to.
pub(super) fn decide(
    unit: &UnitMapping,
    schemas: Schemas<'_>,
    situation: &Situation,
    document: &Record,
) -> Plan {
    let mut plan = begun(situation);
    let Some((created, mapping)) = wanted_in_vtiger(unit, situation, document) else {
        plan.skipped = Some(SkipReason::NotNew);
        return plan;
    };
    if let Some(record) = &situation.awaited_by {
        plan.failures.push(awaited(mapping, record));
        return plan;
    }
    let chosen = situation.decided.iter().filter_map(|decided| decided.of_document(&mapping.role));
    let is_another = chosen.into_iter().any(|choice| *choice == Choice::Separate);
    if let (Some(by), false) = (&situation.namesake, is_another) {
        let (role, candidate) = (mapping.role.clone(), document.reference.clone());
        plan.conflicts.push(Conflict::Taken { role, candidate, by: by.clone() });
        return plan;
    }
    match record_of(unit, mapping, created, schemas, situation, document) {
        Ok((key, fields)) => {
            let set = |(field, value)| Change { field, before: None, after: Planned::Value(value) };
            plan.vtiger = Some(VtigerStep::Create {
                module: unit.module.clone(),
                key,
                role: mapping.role.clone(),
                document: document.reference.clone(),
                changes: fields.into_iter().map(set).collect(),
            });
        }
        Err(failures) => plan.failures = failures,
    }
    plan
}

fn awaited(mapping: &DocumentMapping, record: &RecordRef) -> Failure {
    Failure {
        code: "unit.awaited".to_owned(),
        cause: format!("{record} is meant to have it and has no document yet"),
        remedy: format!("Nothing to do, unless it stays so: then see why {record} is not linked."),
        advice: Advice::RetryLater,
        place: Some(mapping.role.to_string()),
    }
}

/// The key of the VTiger record that is created for a document.
pub fn creation_of(document: &RecordRef) -> OperationKey {
    OperationKey(format!("{}/{}", document.kind, document.id))
}

/// The rule that makes it a record, where one does: it plays the role, belongs to nobody, and meets the conditions.
fn wanted_in_vtiger<'u>(
    unit: &'u UnitMapping,
    situation: &Situation,
    document: &Record,
) -> Option<(&'u CreateInVtiger, &'u DocumentMapping)> {
    let created = unit.create_in_vtiger.as_ref().filter(|_| situation.may_tell_vtiger())?;
    let mapping =
        unit.document(&created.document).filter(|mapping| mapping.doctype == document.reference.kind)?;
    let known = mapping.external_id.as_ref().and_then(|field| document.get(field));
    let is_free = known.is_none_or(Value::is_empty)
        && situation.counterparts.get(&mapping.role).is_none_or(|known| known.tie.is_none());
    let meets = created.when.iter().all(|condition| condition.holds(document, &situation.settings));
    (is_free && meets).then_some((created, mapping))
}

/// The key and the fields of the new record; every reason why it cannot be made.
fn record_of(
    unit: &UnitMapping,
    mapping: &DocumentMapping,
    created: &CreateInVtiger,
    schemas: Schemas<'_>,
    situation: &Situation,
    document: &Record,
) -> Result<(OperationKey, Fields), Vec<Failure>> {
    let mut record = Record {
        reference: document.reference.clone(),
        version: document.version.clone(),
        fields: Fields::new(),
    };
    let mut failures = Vec::new();
    let mut failed: BTreeSet<&FieldName> = BTreeSet::new();
    for rule in mapping.fields.iter().filter(|rule| rule.direction.reaches_vtiger() && travels_back(rule)) {
        let Some(value) = document.get(&rule.frappe).filter(|value| !value.is_empty()) else { continue };
        match back(rule, value, &record, situation).and_then(|fields| fitted(fields, schemas.vtiger)) {
            Ok(fields) => record.fields.extend(fields.into_iter().filter(|(_, value)| !value.is_empty())),
            Err(mut failure) => {
                failure.place = Some(format!("{}.{}", mapping.role, rule.frappe));
                failures.push(failure);
                failed.extend(rule.source.vtiger_fields());
            }
        }
    }
    // That a field is empty whose value was refused follows from what was told of it already.
    let lacking = schemas.vtiger.into_iter().flat_map(|schema| schema.fields.values()).filter(|field| {
        field.mandatory
            && field.name.as_str() != OWNER
            && !record.fields.contains_key(&field.name)
            && !failed.contains(&field.name)
    });
    failures.extend(lacking.map(|field| {
        let failure = misfit_failure(&Misfit::Mandatory { field: field.name.clone() });
        Failure { place: Some(format!("{}.{}", unit.module, field.name)), ..failure }
    }));
    if !failures.is_empty() {
        return Err(failures);
    }
    let key = creation_of(&document.reference);
    if let Some(field) = &created.key {
        record.fields.insert(field.clone(), Value::text(key.0.clone()));
    }
    Ok((key, record.fields))
}
