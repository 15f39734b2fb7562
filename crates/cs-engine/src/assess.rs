//! Gathers everything a decision needs, for a batch of units with a handful of requests.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use cs_domain::decide::is_selected;
use cs_domain::identity::{is_outgrown, is_replaced};
use cs_domain::mapping::{Source, UnitMapping};
use cs_domain::situation::{Counterpart, Elsewhere, Situation};
use cs_domain::wanted::wanted_document;
use cs_domain::{
    Decided, DeletePolicy, Kind, Link, LinkOrigin, LinkStanding, Record, RecordId, RecordRef, Role, Shadow,
    System, Value,
};
use cs_ports::{ConflictFilter, FieldRequests, Tie};

use crate::candidates;
use crate::error::EngineError;
use crate::pull::unit_key;
use crate::requests::last_edit;
use crate::scope::Scope;

/// The situations of these records, in their order, as both sides are now.
pub(crate) async fn load(
    scope: &Scope<'_>,
    unit: &UnitMapping,
    subjects: &[RecordRef],
) -> Result<Vec<Situation>, EngineError> {
    let records = read_records(scope, unit, subjects).await?;
    let ties = scope.engine.store.ties_of(&scope.mapping.name, subjects).await?;
    let documents = read_documents(scope, &ties).await?;
    let elsewhere = read_elsewhere(scope, unit, records.values(), documents.values()).await?;
    let mut situations: Vec<Situation> =
        subjects.iter().map(|subject| situation(scope, unit, subject, &elsewhere)).collect();
    for situation in &mut situations {
        situation.record = records.get(&situation.subject.id).cloned();
    }
    for tie in ties {
        let Some(situation) = situations.iter_mut().find(|situation| situation.subject == tie.link.subject)
        else {
            continue;
        };
        let known = situation.counterparts.entry(tie.link.role.clone()).or_default();
        let replaced = |document: &&Record| {
            unit.document(&tie.link.role).is_some_and(|mapping| is_replaced(mapping, &tie.shadow, document))
        };
        known.linked = documents.get(&tie.link.document).filter(|found| !replaced(found)).cloned();
        known.newest = newest(situation.record.as_ref(), known.linked.as_ref());
        known.tie = Some((tie.link, tie.shadow));
    }
    note_half_made(scope, unit, &mut situations).await?;
    read_others(scope, unit, &mut situations).await?;
    note_decisions(scope, &mut situations).await?;
    let mut left = BTreeMap::new();
    for situation in &mut situations {
        left.insert(situation.subject.clone(), leave_outgrown(scope, unit, situation));
    }
    let takes_part = |situation: &Situation| {
        situation.record.as_ref().is_some_and(|record| is_selected(unit, situation, record))
    };
    let (mut taking_part, left_out): (Vec<_>, Vec<_>) = situations.into_iter().partition(takes_part);
    candidates::search(scope, unit, &mut taking_part).await?;
    for situation in &mut taking_part {
        return_to_left(unit, situation, left.remove(&situation.subject).unwrap_or_default());
    }
    note_sharers(scope, unit, &mut taking_part).await?;
    for situation in &mut taking_part {
        let record = situation.record.clone();
        for known in situation.counterparts.values_mut().filter(|known| known.tie.is_none()) {
            known.newest =
                known.candidates.first().and_then(|found| newest(record.as_ref(), Some(&found.document)));
        }
    }
    taking_part.extend(left_out);
    let order: BTreeMap<&RecordRef, usize> =
        subjects.iter().enumerate().map(|(n, subject)| (subject, n)).collect();
    taking_part.sort_by_key(|situation| order.get(&situation.subject).copied());
    Ok(taking_part)
}

/// What runs made of units that they never finished, of records that are gone.
async fn note_half_made(
    scope: &Scope<'_>,
    unit: &UnitMapping,
    situations: &mut [Situation],
) -> Result<(), EngineError> {
    for situation in situations.iter_mut().filter(|situation| situation.record.is_none()) {
        let ties = situation.counterparts.values().filter_map(|known| known.tie.as_ref());
        let created = |(link, _): &(Link, Shadow)| {
            link.origin == LinkOrigin::Created && link.standing == LinkStanding::Live
        };
        if !ties.into_iter().any(created) {
            continue;
        }
        let key = unit_key(scope, &unit.name, situation.subject.clone());
        let begun = scope.engine.store.begun_for(&key).await?;
        for (role, known) in &mut situation.counterparts {
            known.half_made = begun.contains(role) && known.tie.as_ref().is_some_and(created);
        }
    }
    Ok(())
}

/// A situation of which nothing is known yet.
pub(crate) fn situation(
    scope: &Scope<'_>,
    unit: &UnitMapping,
    subject: &RecordRef,
    elsewhere: &[Elsewhere],
) -> Situation {
    Situation {
        subject: subject.clone(),
        record: None,
        newcomer: None,
        namesake: None,
        awaited_by: None,
        settings: scope.settings.clone(),
        today: scope.today,
        writes_vtiger: scope.writes_vtiger(unit),
        refused_by_vtiger: false,
        decided: Vec::new(),
        counterparts: BTreeMap::new(),
        elsewhere: elsewhere.to_vec(),
    }
}

/// The side that was changed last, where both say when. VTiger tells whole seconds, so two changes within one second have
/// no order.
fn newest(record: Option<&Record>, document: Option<&Record>) -> Option<System> {
    let changed = |record: Option<&Record>| match last_edit(record?).0 {
        Some(Value::DateTime(moment)) => Some(moment.utc),
        _ => None,
    };
    let (vtiger, frappe) = (changed(record)?, changed(document)?);
    match vtiger.as_second().cmp(&frappe.as_second()) {
        Ordering::Less => Some(System::Frappe),
        Ordering::Equal => None,
        Ordering::Greater => Some(System::Vtiger),
    }
}

/// What people decided about conflicts of these records.
pub(crate) async fn note_decisions(
    scope: &Scope<'_>,
    situations: &mut [Situation],
) -> Result<(), EngineError> {
    let filter = ConflictFilter {
        mapping: Some(scope.mapping.name.clone()),
        subjects: Some(situations.iter().map(|situation| situation.subject.clone()).collect()),
        states: Some(vec!["resolved", "applied"]),
    };
    for standing in scope.engine.store.conflicts(&filter, u32::MAX).await? {
        let Some(resolution) = standing.state.resolution() else { continue };
        let decided = Decided { conflict: standing.met.conflict.clone(), choice: resolution.choice.clone() };
        if let Some(situation) = situations.iter_mut().find(|situation| situation.subject == standing.subject)
        {
            situation.decided.push(decided);
        }
    }
    Ok(())
}

/// Notes which other records are linked to the documents that may be shared. Keyed documents are left out: an order's
/// plan has a thousand orders, and none of them changes it.
async fn read_others(
    scope: &Scope<'_>,
    unit: &UnitMapping,
    situations: &mut [Situation],
) -> Result<(), EngineError> {
    let people: Vec<&Role> = unit
        .documents
        .iter()
        .filter(|mapping| mapping.shared && !mapping.keyed)
        .map(|mapping| &mapping.role)
        .collect();
    let documents: BTreeSet<RecordRef> = situations
        .iter()
        .flat_map(|situation| people.iter().filter_map(|role| situation.counterparts.get(*role)))
        .filter_map(|known| known.tie.as_ref().map(|(link, _)| link.document.clone()))
        .collect();
    if documents.is_empty() {
        return Ok(());
    }
    let documents: Vec<RecordRef> = documents.into_iter().collect();
    let mut by_document: BTreeMap<RecordRef, Vec<(RecordRef, Shadow)>> = BTreeMap::new();
    let ties = scope.engine.store.ties_to(&scope.mapping.name, &documents).await?;
    for tie in ties.into_iter().filter(|tie| tie.link.standing == LinkStanding::Live) {
        by_document.entry(tie.link.document).or_default().push((tie.link.subject, tie.shadow));
    }
    for situation in situations {
        let subject = &situation.subject;
        for role in &people {
            let Some(known) = situation.counterparts.get_mut(*role) else { continue };
            let Some((link, _)) = &known.tie else { continue };
            let all = by_document.get(&link.document).map(Vec::as_slice).unwrap_or_default();
            known.others = all.iter().filter(|(other, _)| other != subject).cloned().collect();
        }
    }
    Ok(())
}

/// Notes whose documents the candidates are that others may share.
async fn note_sharers(
    scope: &Scope<'_>,
    unit: &UnitMapping,
    situations: &mut [Situation],
) -> Result<(), EngineError> {
    let shared = || unit.documents.iter().filter(|mapping| mapping.shared).map(|mapping| &mapping.role);
    let found = |situation: &Situation| -> Vec<RecordRef> {
        let known = shared().filter_map(|role| situation.counterparts.get(role));
        known.flat_map(|known| &known.candidates).map(|found| found.document.reference.clone()).collect()
    };
    let documents: BTreeSet<RecordRef> = situations.iter().flat_map(found).collect();
    if documents.is_empty() {
        return Ok(());
    }
    let documents: Vec<RecordRef> = documents.into_iter().collect();
    let links = scope.engine.store.linked_by(&scope.mapping.name, &documents).await?;
    for situation in situations {
        let subject = &situation.subject;
        for role in shared() {
            let Some(known) = situation.counterparts.get_mut(role) else { continue };
            let is_candidate = |document: &RecordRef| {
                known.candidates.iter().any(|found| found.document.reference == *document)
            };
            let others = links.iter().filter(|link| link.subject != *subject && is_candidate(&link.document));
            known.others.extend(others.map(|link| (link.subject.clone(), Shadow::default())));
        }
    }
    Ok(())
}

/// Takes the tie from documents that the record no longer means: it looks for, or gets, others. In match order, since
/// another person is another customer.
fn leave_outgrown(
    scope: &Scope<'_>,
    unit: &UnitMapping,
    situation: &mut Situation,
) -> BTreeMap<Role, Counterpart> {
    let Some(record) = &situation.record else {
        return BTreeMap::new();
    };
    let mut outgrown: BTreeSet<&Role> = BTreeSet::new();
    for role in &unit.match_order {
        let (Some(mapping), Some(known)) = (unit.document(role), situation.counterparts.get(role)) else {
            continue;
        };
        let schema = scope.schemas.get(&mapping.doctype);
        let wanted = wanted_document(mapping, schema, record, situation).unwrap_or_default();
        if is_outgrown(mapping, &wanted, known, &outgrown) {
            outgrown.insert(role);
        }
    }
    let outgrown: Vec<Role> = outgrown.into_iter().cloned().collect();
    let leave = |role: Role| {
        let known = situation.counterparts.remove(&role)?;
        Some((role, known))
    };
    outgrown.into_iter().filter_map(leave).collect()
}

/// Where the document that a record looks for is the very one that it left (the address of a customer who has another name
/// by now), the tie holds, with all that was agreed on.
fn return_to_left(unit: &UnitMapping, situation: &mut Situation, left: BTreeMap<Role, Counterpart>) {
    for (role, known) in left {
        let Some(mapping) = unit.document(&role) else { continue };
        let found = situation.counterparts.get(&role).and_then(|found| found.document(mapping));
        let had = known.linked.as_ref().map(|document| &document.reference);
        if found.is_some_and(|found| Some(&found.reference) == had) {
            situation.counterparts.insert(role, known);
        }
    }
}

async fn read_records(
    scope: &Scope<'_>,
    unit: &UnitMapping,
    subjects: &[RecordRef],
) -> Result<BTreeMap<RecordId, Record>, EngineError> {
    let ids: Vec<RecordId> = subjects.iter().map(|subject| subject.id.clone()).collect();
    let fields = &scope.vtiger_fields_with_author;
    let records = scope.patiently(|| scope.engine.vtiger.read(&unit.module, &ids, fields)).await?;
    Ok(records.into_iter().map(|record| (record.reference.id.clone(), record)).collect())
}

async fn read_documents(scope: &Scope<'_>, ties: &[Tie]) -> Result<BTreeMap<RecordRef, Record>, EngineError> {
    let mut names: BTreeMap<&Kind, BTreeSet<&RecordId>> = BTreeMap::new();
    for tie in ties {
        names.entry(&tie.link.document.kind).or_default().insert(&tie.link.document.id);
    }
    let mut documents = BTreeMap::new();
    for (kind, ids) in names {
        let Some(fields) = scope.frappe_fields.get(kind) else {
            continue;
        };
        let ids: Vec<RecordId> = ids.into_iter().cloned().collect();
        let read = scope.patiently(|| scope.engine.frappe.read(kind, &ids, fields)).await?;
        documents.extend(read.into_iter().map(|document| (document.reference.clone(), document)));
    }
    Ok(documents)
}

/// The documents of other units' records that these records refer to, and the records to which the documents that these
/// documents refer to belong.
async fn read_elsewhere(
    scope: &Scope<'_>,
    unit: &UnitMapping,
    records: impl Iterator<Item = &Record>,
    documents: impl Iterator<Item = &Record>,
) -> Result<Vec<Elsewhere>, EngineError> {
    let rules = || unit.documents.iter().flat_map(|document| &document.fields);
    let sources = unit.documents.iter().flat_map(cs_domain::mapping::DocumentMapping::sources);
    let references: BTreeSet<_> = sources
        .filter_map(|source| match source {
            Source::Linked { field, .. } => Some(field),
            _ => None,
        })
        .collect();
    if references.is_empty() {
        return Ok(Vec::new());
    }
    let targets = pointed_at(records, &references);
    let linked: BTreeSet<_> = rules()
        .filter(|rule| matches!(rule.source, Source::Linked { .. }))
        .map(|rule| &rule.frappe)
        .collect();
    let shown = pointed_at(documents, &linked);
    let store = &scope.engine.store;
    let mut ties = store.ties_of(&scope.mapping.name, &targets).await?;
    if !shown.is_empty() {
        ties.extend(store.ties_to(&scope.mapping.name, &shown).await?);
    }
    elsewhere(scope, ties).await
}

/// Ties as other units see them. A document that is missing is left out, since its link may follow a rename any moment; where
/// the mapping ignores that it was deleted, it is as good as given up.
pub(crate) async fn elsewhere(scope: &Scope<'_>, ties: Vec<Tie>) -> Result<Vec<Elsewhere>, EngineError> {
    let documents: Vec<RecordRef> = ties.iter().map(|tie| tie.link.document.clone()).collect();
    let there = present(scope, &documents).await?;
    let seen = |tie: Tie| {
        let Link { unit, subject, role, document, standing, .. } = tie.link;
        let mapping = scope.mapping.unit(&unit).and_then(|unit| unit.document(&role));
        let ignored = mapping.is_some_and(|mapping| mapping.deletes == DeletePolicy::Ignore);
        let missing = standing == LinkStanding::Live && !there.contains(&document);
        if missing && !ignored {
            return None;
        }
        let standing = if missing { LinkStanding::GivenUp } else { standing };
        Some(Elsewhere { subject, role, document, standing, missing })
    };
    Ok(ties.into_iter().filter_map(seen).collect())
}

/// Those of the documents that Frappe shows.
pub(crate) async fn present(
    scope: &Scope<'_>,
    documents: &[RecordRef],
) -> Result<BTreeSet<RecordRef>, EngineError> {
    let kinds: BTreeSet<&Kind> = documents.iter().map(|document| &document.kind).collect();
    let mut there = BTreeSet::new();
    for kind in kinds {
        let ids: BTreeSet<&RecordId> =
            documents.iter().filter(|document| document.kind == *kind).map(|document| &document.id).collect();
        let ids: Vec<RecordId> = ids.into_iter().cloned().collect();
        let nothing_more = FieldRequests::default();
        let read = scope.patiently(|| scope.engine.frappe.read(kind, &ids, &nothing_more)).await?;
        there.extend(read.into_iter().map(|document| document.reference));
    }
    Ok(there)
}

/// What the records refer to in these fields.
fn pointed_at<'r>(
    records: impl Iterator<Item = &'r Record>,
    fields: &BTreeSet<&cs_domain::FieldName>,
) -> Vec<RecordRef> {
    let values = records.flat_map(|record| fields.iter().filter_map(|field| record.get(field)));
    let targets: BTreeSet<RecordRef> = values
        .filter_map(|value| match value {
            Value::Reference(target) => Some(target.clone()),
            _ => None,
        })
        .collect();
    targets.into_iter().collect()
}
