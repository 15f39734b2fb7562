//! Looks for documents that are already there, for a whole batch at once: one search a role and match key, not one a
//! record.

use std::collections::BTreeSet;

use cs_domain::identity::{KeyValues, is_tied, key_values, operation_key};
use cs_domain::mapping::{DocumentMapping, MatchKey, UnitMapping};
use cs_domain::situation::{Candidate, FoundBy, Situation};
use cs_domain::wanted::{WantedDocument, wanted_document};
use cs_domain::{DecidedPair, FieldName, LinkDecision, LinkStanding, Record, RecordId, RecordRef, Value};
use cs_ports::{Criterion, FieldRequests, Tie};

use crate::error::EngineError;
use crate::fresh::documents;
use crate::requests::{creation_key, is_as_created};
use crate::scope::Scope;

/// Fills in the candidates of every role that has no link yet, roles in match order, since a key may name a role found
/// before.
pub(crate) async fn search(
    scope: &Scope<'_>,
    unit: &UnitMapping,
    situations: &mut [Situation],
) -> Result<(), EngineError> {
    for role in &unit.match_order {
        let Some(mapping) = unit.document(role) else {
            continue;
        };
        let Some(fields) = scope.frappe_fields.get(&mapping.doctype) else {
            continue;
        };
        search_by_operation_key(scope, mapping, fields, situations).await?;
        search_by_creation_key(scope, unit, mapping, situations).await?;
        let decided = decided(scope, unit, mapping, situations).await?;
        take_accepted(scope, mapping, fields, &decided, situations).await?;
        for (number, key) in mapping.match_keys.iter().enumerate() {
            search_by_match_key(scope, unit, mapping, (number, key), fields, situations).await?;
        }
        leave_rejected(mapping, &decided, situations);
        mark_taken(scope, unit, mapping, situations).await?;
    }
    Ok(())
}

/// What people decided about these records and this role before anything was linked.
async fn decided(
    scope: &Scope<'_>,
    unit: &UnitMapping,
    mapping: &DocumentMapping,
    situations: &[Situation],
) -> Result<Vec<DecidedPair>, EngineError> {
    let seeks = |situation: &&Situation| seeking(scope, mapping, situation).is_some();
    let subjects: Vec<RecordRef> =
        situations.iter().filter(seeks).map(|situation| situation.subject.clone()).collect();
    if subjects.is_empty() {
        return Ok(Vec::new());
    }
    let mut decided = scope.engine.store.decided_pairs(&scope.mapping.name, &subjects).await?;
    decided.retain(|pair| pair.unit == unit.name && pair.role == mapping.role);
    Ok(decided)
}

/// A document that a person said is the one is the only candidate, where it is still there.
async fn take_accepted(
    scope: &Scope<'_>,
    mapping: &DocumentMapping,
    fields: &FieldRequests,
    decided: &[DecidedPair],
    situations: &mut [Situation],
) -> Result<(), EngineError> {
    let accepted: Vec<&DecidedPair> =
        decided.iter().filter(|pair| pair.decision == LinkDecision::Accepted).collect();
    let ids: BTreeSet<RecordId> = accepted.iter().map(|pair| pair.document.id.clone()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let ids: Vec<RecordId> = ids.into_iter().collect();
    let read = scope.patiently(|| scope.engine.frappe.read(&mapping.doctype, &ids, fields)).await?;
    for pair in accepted {
        let document = read.iter().find(|document| document.reference == pair.document);
        let situation = situations.iter_mut().find(|situation| situation.subject == pair.subject);
        if let (Some(document), Some(situation)) = (document, situation) {
            let known = situation.counterparts.entry(mapping.role.clone()).or_default();
            known.candidates = vec![candidate(document, FoundBy::Person)];
        }
    }
    Ok(())
}

/// What a person said is another one is none, whatever its match keys say.
fn leave_rejected(mapping: &DocumentMapping, decided: &[DecidedPair], situations: &mut [Situation]) {
    let rejected = |situation: &Situation, found: &Candidate| {
        decided.iter().any(|pair| {
            pair.decision == LinkDecision::Rejected
                && pair.subject == situation.subject
                && pair.document == found.document.reference
        })
    };
    for situation in situations {
        let Some(known) = situation.counterparts.get(&mapping.role) else { continue };
        let mut left = known.candidates.clone();
        left.retain(|found| !matches!(found.found_by, FoundBy::MatchKey(_)) || !rejected(situation, found));
        if let Some(known) = situation.counterparts.get_mut(&mapping.role) {
            known.candidates = left;
        }
    }
}

/// What the situation wants of this role, where the role is still looking for its document.
fn seeking(scope: &Scope<'_>, mapping: &DocumentMapping, situation: &Situation) -> Option<WantedDocument> {
    let known = situation.counterparts.get(&mapping.role);
    if known.is_some_and(|known| known.tie.is_some() || !known.candidates.is_empty()) {
        return None;
    }
    let record = situation.record.as_ref()?;
    let schema = scope.schemas.get(&mapping.doctype);
    let wanted = wanted_document(mapping, schema, record, situation).ok()?;
    wanted.exists(mapping).then_some(wanted)
}

async fn search_by_operation_key(
    scope: &Scope<'_>,
    mapping: &DocumentMapping,
    fields: &FieldRequests,
    situations: &mut [Situation],
) -> Result<(), EngineError> {
    let Some(field) = &mapping.external_id else {
        return Ok(());
    };
    let key_of = |situation: &Situation| {
        let wanted = seeking(scope, mapping, situation)?;
        Some(operation_key(mapping, &situation.subject, &wanted).0.to_lowercase())
    };
    let keys: Vec<Option<String>> = situations.iter().map(key_of).collect();
    let any_of = keys.iter().flatten().map(|key| Value::text(key.as_str())).collect();
    let found = find(scope, mapping, vec![Criterion { field: field.clone(), any_of }], fields).await?;
    for (situation, key) in situations.iter_mut().zip(keys) {
        let Some(key) = key else {
            continue;
        };
        // Frappe's unique field ignores case and trailing space (facts/FRAPPE.md, trap 3).
        let is_ours = |value: &Value| value.plain().trim().to_lowercase() == key;
        let ours = found.iter().filter(|document| document.get(field).is_some_and(is_ours));
        let candidates = ours.map(|document| candidate(document, FoundBy::OperationKey)).collect();
        situation.counterparts.entry(mapping.role.clone()).or_default().candidates = candidates;
    }
    Ok(())
}

/// The documents that records were created for whose creation nobody saw the end of (its process hung or died): the record
/// says itself what it was created for, whatever either is called by now.
async fn search_by_creation_key(
    scope: &Scope<'_>,
    unit: &UnitMapping,
    mapping: &DocumentMapping,
    situations: &mut [Situation],
) -> Result<(), EngineError> {
    let created = unit.create_in_vtiger.as_ref().filter(|created| created.document == mapping.role);
    let (Some(_), Some(field)) = (created, creation_key(unit)) else { return Ok(()) };
    let named = |situation: &Situation| {
        seeking(scope, mapping, situation)?;
        let key = situation.record.as_ref()?.get(field)?.plain();
        let (doctype, name) = key.split_once('/')?;
        (doctype == mapping.doctype.as_str()).then(|| RecordId::new(name))
    };
    let names: Vec<Option<RecordId>> = situations.iter().map(named).collect();
    let ids: BTreeSet<RecordId> = names.iter().flatten().cloned().collect();
    if ids.is_empty() {
        return Ok(());
    }
    let (ids, fields) = (Vec::from_iter(ids), scope.fields_of(&mapping.doctype));
    let found = scope.patiently(|| scope.engine.frappe.read(&mapping.doctype, &ids, &fields)).await?;
    for (situation, name) in situations.iter_mut().zip(names) {
        let Some(document) = found.iter().find(|document| Some(&document.reference.id) == name.as_ref())
        else {
            continue;
        };
        let untouched = situation.record.as_ref().is_some_and(is_as_created);
        let known = situation.counterparts.entry(mapping.role.clone()).or_default();
        known.candidates = vec![candidate(document, FoundBy::CreatedFor { untouched })];
    }
    Ok(())
}

async fn search_by_match_key(
    scope: &Scope<'_>,
    unit: &UnitMapping,
    mapping: &DocumentMapping,
    (number, key): (usize, &MatchKey),
    fields: &FieldRequests,
    situations: &mut [Situation],
) -> Result<(), EngineError> {
    let wanted: Vec<Option<WantedDocument>> =
        situations.iter().map(|situation| seeking(scope, mapping, situation)).collect();
    let values_of = |index: usize, situations: &[Situation]| -> Option<Vec<(FieldName, Value)>> {
        let known = documents(unit, situations.get(index)?);
        let values = key_values(key, wanted.get(index)?.as_ref()?, &known)?;
        Some(values.fields.iter().map(|(name, value)| ((*name).clone(), (*value).clone())).collect())
    };
    let keys: Vec<_> = (0..situations.len()).filter_map(|index| values_of(index, situations)).collect();
    let found = find(scope, mapping, criteria(keys), fields).await?;
    for (situation, wanted) in situations.iter_mut().zip(&wanted) {
        let Some(wanted) = wanted else { continue };
        let candidates = {
            let known = documents(unit, situation);
            let Some(values) = key_values(key, wanted, &known) else {
                continue;
            };
            let matching = found.iter().filter(|document| matches(unit, mapping, &values, document));
            matching.map(|document| candidate(document, FoundBy::MatchKey(number))).collect()
        };
        situation.counterparts.entry(mapping.role.clone()).or_default().candidates = candidates;
    }
    Ok(())
}

fn matches(unit: &UnitMapping, mapping: &DocumentMapping, values: &KeyValues<'_>, document: &Record) -> bool {
    let tied =
        |(role, other): &(&cs_domain::Role, &Record)| is_tied(unit, (&mapping.role, document), (role, other));
    values.agree_with(document) && values.ties.iter().all(tied)
}

fn candidate(document: &Record, found_by: FoundBy) -> Candidate {
    Candidate { document: document.clone(), found_by, taken_by: None }
}

/// One criterion a field, with every value that any record of the batch asks for. What comes back is more than was asked
/// for, since values of different records mix; each record picks its own.
fn criteria(keys: Vec<Vec<(FieldName, Value)>>) -> Vec<Criterion> {
    let mut criteria: Vec<Criterion> = Vec::new();
    for (field, value) in keys.into_iter().flatten() {
        match criteria.iter_mut().find(|criterion| criterion.field == field) {
            Some(criterion) if criterion.any_of.contains(&value) => {}
            Some(criterion) => criterion.any_of.push(value),
            None => criteria.push(Criterion { field, any_of: vec![value] }),
        }
    }
    criteria
}

async fn find(
    scope: &Scope<'_>,
    mapping: &DocumentMapping,
    criteria: Vec<Criterion>,
    fields: &FieldRequests,
) -> Result<Vec<Record>, EngineError> {
    if criteria.is_empty() || criteria.iter().any(|criterion| criterion.any_of.is_empty()) {
        return Ok(Vec::new());
    }
    Ok(scope.patiently(|| scope.engine.frappe.find(&mapping.doctype, &criteria, fields)).await?)
}

/// Notes which candidates belong to other records already; for documents that may not be shared only.
async fn mark_taken(
    scope: &Scope<'_>,
    unit: &UnitMapping,
    mapping: &DocumentMapping,
    situations: &mut [Situation],
) -> Result<(), EngineError> {
    if mapping.shared {
        return Ok(());
    }
    let of_role =
        |situation: &Situation| situation.counterparts.get(&mapping.role).cloned().unwrap_or_default();
    let documents: Vec<RecordRef> = situations
        .iter()
        .flat_map(|situation| of_role(situation).candidates)
        .map(|candidate| candidate.document.reference)
        .collect();
    if documents.is_empty() {
        return Ok(());
    }
    let ties =
        holding(scope, unit, scope.engine.store.ties_to(&scope.mapping.name, &documents).await?).await?;
    for situation in situations {
        let subject = situation.subject.clone();
        let Some(known) = situation.counterparts.get_mut(&mapping.role) else {
            continue;
        };
        for candidate in &mut known.candidates {
            let other = ties
                .iter()
                .find(|tie| tie.link.document == candidate.document.reference && tie.link.subject != subject);
            candidate.taken_by = other.map(|tie| tie.link.subject.clone());
        }
    }
    Ok(())
}

/// Those of the ties that still hold: given up ones do not, nor do those of records that are gone from VTiger. A record
/// that was merged into another leaves its documents to the one that is left.
async fn holding(scope: &Scope<'_>, unit: &UnitMapping, mut ties: Vec<Tie>) -> Result<Vec<Tie>, EngineError> {
    ties.retain(|tie| tie.link.standing == LinkStanding::Live);
    if ties.is_empty() {
        return Ok(ties);
    }
    let ids: BTreeSet<RecordId> = ties.iter().map(|tie| tie.link.subject.id.clone()).collect();
    let ids: Vec<RecordId> = ids.into_iter().collect();
    let nothing_more = FieldRequests::default();
    let read = scope.patiently(|| scope.engine.vtiger.read(&unit.module, &ids, &nothing_more)).await?;
    let there: BTreeSet<RecordId> = read.into_iter().map(|record| record.reference.id).collect();
    ties.retain(|tie| there.contains(&tie.link.subject.id));
    Ok(ties)
}
