//! From a situation to a plan. Nothing here looks anything up.

mod created;
mod departure;
mod documents;
mod draft;
mod fields;
mod newcomer;
mod rows;

use std::collections::BTreeMap;

pub use created::CreatedRecord;
pub use newcomer::creation_of;

use crate::decide::draft::Draft;
use crate::failure::Failure;
use crate::mapping::UnitMapping;
use crate::name::Kind;
use crate::plan::{Plan, SkipReason};
use crate::record::Record;
use crate::schema::KindSchema;
use crate::situation::Situation;
use crate::wanted::wanted_document;

/// What both systems say of the kinds that a unit is about.
#[derive(Clone, Copy, Debug)]
pub struct Schemas<'a> {
    /// Of the unit's module; `None`: values are not held against it.
    pub vtiger: Option<&'a KindSchema>,
    /// By DocType.
    pub frappe: &'a BTreeMap<Kind, KindSchema>,
}

/// What follows for one unit: a VTiger record with its documents, documents whose record is gone, or a document that
/// appeared in Frappe.
pub fn decide(unit: &UnitMapping, schemas: Schemas<'_>, situation: &Situation) -> Plan {
    match (&situation.record, &situation.newcomer) {
        (Some(record), _) => agree(unit, schemas, situation, record),
        (None, Some(document)) => newcomer::decide(unit, schemas, situation, document),
        (None, None) => departure::decide(unit, situation),
    }
}

/// Whether the mapping's selection takes the record.
pub fn is_selected(unit: &UnitMapping, situation: &Situation, record: &Record) -> bool {
    unit.selection.iter().all(|condition| condition.holds(record, &situation.settings))
}

/// Both sides are there. What Frappe has to say goes into a draft of the VTiger record first, one field at a time, and
/// everything is merged anew with what the draft says then: several documents may take their values from one VTiger field,
/// and what one of them changes reaches the others in the same plan.
fn agree(unit: &UnitMapping, schemas: Schemas<'_>, situation: &Situation, record: &Record) -> Plan {
    if !is_selected(unit, situation, record) {
        let mut plan = begun(situation);
        plan.skipped = Some(SkipReason::NotSelected);
        return plan;
    }
    let mut draft = Draft::new(record, &situation.settings);
    loop {
        let (plan, wish) = documents::decide(unit, schemas, situation, &draft);
        match wish {
            Some(wish) => draft.consider(wish, |record| objections(unit, schemas, situation, record)),
            None => return draft.complete(plan),
        }
    }
}

/// What the mapping's checks have against the documents that a record asks for.
fn objections(
    unit: &UnitMapping,
    schemas: Schemas<'_>,
    situation: &Situation,
    record: &Record,
) -> Vec<Failure> {
    let wanted = unit.documents.iter().filter_map(|mapping| {
        wanted_document(mapping, schemas.frappe.get(&mapping.doctype), record, situation).err()
    });
    wanted.flatten().collect()
}

/// A plan with nothing in it yet.
fn begun(situation: &Situation) -> Plan {
    let mut plan = Plan::empty(situation.subject.clone());
    plan.first = situation.counterparts.values().all(|known| known.tie.is_none());
    plan
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod trouble_tests;
#[cfg(test)]
mod two_way_tests;
