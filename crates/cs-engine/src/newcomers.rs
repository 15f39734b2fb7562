//! Documents that appeared in Frappe: read, and held against what VTiger has already.

use cs_domain::decide::{CreatedRecord, creation_of};
use cs_domain::fold::fold;
use cs_domain::mapping::{DocumentMapping, MatchPart, Source, UnitMapping};
use cs_domain::plan::Conflict;
use cs_domain::situation::{Elsewhere, Situation};
use cs_domain::{
    FieldName, Fields, Link, LinkOrigin, LinkStanding, Record, RecordId, RecordRef, Shadow, Value,
};
use cs_ports::{ConflictFilter, Criterion, FieldRequests, Tie};

use crate::assess::{elsewhere, note_decisions, situation};
use crate::error::EngineError;
use crate::requests::creation_key;
use crate::scope::Scope;

/// The situations of these documents, in their order.
pub(crate) async fn load(
    scope: &Scope<'_>,
    unit: &UnitMapping,
    subjects: &[RecordRef],
) -> Result<Vec<Situation>, EngineError> {
    let mut situations: Vec<Situation> =
        subjects.iter().map(|subject| situation(scope, unit, subject, &[])).collect();
    let created = unit.create_in_vtiger.as_ref();
    let Some(mapping) = created.and_then(|created| unit.document(&created.document)) else {
        return Ok(situations);
    };
    let ids: Vec<RecordId> = subjects.iter().map(|subject| subject.id.clone()).collect();
    let fields = scope.fields_of(&mapping.doctype);
    let documents = scope.patiently(|| scope.engine.frappe.read(&mapping.doctype, &ids, &fields)).await?;
    let ties = scope.engine.store.ties_to(&scope.mapping.name, subjects).await?;
    let waiting = waiting_for_a_person(scope).await?;
    for situation in &mut situations {
        // What a record has by now is looked after with that record.
        if ties.iter().any(|tie| tie.link.document == situation.subject) {
            continue;
        }
        if waiting.contains(&situation.subject) {
            continue;
        }
        situation.newcomer =
            documents.iter().find(|document| document.reference == situation.subject).cloned();
    }
    note_decisions(scope, &mut situations).await?;
    note_created(scope, unit, mapping, &mut situations).await?;
    for situation in &mut situations {
        situation.elsewhere = records_of_links(scope, mapping, situation).await?;
        if situation.awaited_by.is_some() {
            continue;
        }
        match namesake(scope, unit, mapping, situation).await? {
            Namesake::None => {}
            Namesake::Linked(record) => situation.namesake = Some(record),
            Namesake::Free(record) => situation.awaited_by = Some(record),
        }
    }
    Ok(situations)
}

/// Notes for which documents a record was created already that is not linked: whoever created it hung so long that the write
/// was given up for lost. The record takes its document when its own turn comes, whatever either is called by now.
async fn note_created(
    scope: &Scope<'_>,
    unit: &UnitMapping,
    mapping: &DocumentMapping,
    situations: &mut [Situation],
) -> Result<(), EngineError> {
    let Some(field) = creation_key(unit) else { return Ok(()) };
    let documents = situations.iter().filter_map(|situation| situation.newcomer.as_ref());
    let keys: Vec<Value> =
        documents.map(|document| Value::text(creation_of(&document.reference).0)).collect();
    if keys.is_empty() {
        return Ok(());
    }
    let criteria = [Criterion { field: field.clone(), any_of: keys }];
    let fields = FieldRequests::plain([field.clone()]);
    let found = scope.patiently(|| scope.engine.vtiger.find(&unit.module, &criteria, &fields)).await?;
    let records: Vec<RecordRef> = found.iter().map(|record| record.reference.clone()).collect();
    let ties = scope.engine.store.ties_of(&scope.mapping.name, &records).await?;
    let is_free = |record: &&Record| {
        !ties.iter().any(|tie| tie.link.subject == record.reference && tie.link.role == mapping.role)
    };
    let free: Vec<&Record> = found.iter().filter(is_free).collect();
    for situation in situations {
        let Some(document) = &situation.newcomer else { continue };
        let key = creation_of(&document.reference).0;
        let created = free.iter().find(|record| record.get(field).is_some_and(|held| held.plain() == key));
        situation.awaited_by = created.map(|record| record.reference.clone());
    }
    Ok(())
}

/// Documents among which a person has to choose: none of them is new.
async fn waiting_for_a_person(scope: &Scope<'_>) -> Result<Vec<RecordRef>, EngineError> {
    let filter = ConflictFilter {
        mapping: Some(scope.mapping.name.clone()),
        subjects: None,
        states: Some(vec!["open", "resolved"]),
    };
    let conflicts = scope.engine.store.conflicts(&filter, u32::MAX).await?;
    let documents = conflicts.into_iter().flat_map(|standing| match standing.met.conflict {
        Conflict::Ambiguous { candidates, .. } => candidates,
        // Its own conflict is looked at again, others' keep it back.
        Conflict::Taken { candidate, .. } if candidate != standing.subject => vec![candidate],
        _ => Vec::new(),
    });
    Ok(documents.collect())
}

/// The records of the documents that this one refers to.
async fn records_of_links(
    scope: &Scope<'_>,
    mapping: &DocumentMapping,
    situation: &Situation,
) -> Result<Vec<Elsewhere>, EngineError> {
    let Some(document) = &situation.newcomer else { return Ok(Vec::new()) };
    let linked = mapping.fields.iter().filter(|rule| matches!(rule.source, Source::Linked { .. }));
    let targets: Vec<RecordRef> = linked
        .filter_map(|rule| match document.get(&rule.frappe) {
            Some(Value::Reference(target)) => Some(target.clone()),
            _ => None,
        })
        .collect();
    if targets.is_empty() {
        return Ok(Vec::new());
    }
    let ties = scope.engine.store.ties_to(&scope.mapping.name, &targets).await?;
    elsewhere(scope, ties).await
}

/// The record that a document's match key leads to in VTiger.
enum Namesake {
    /// There is none.
    None,
    /// One that has its document: this one may be another of the same name, and a person says so.
    Linked(RecordRef),
    /// One without a document: it takes this one when its own turn comes.
    Free(RecordRef),
}

async fn namesake(
    scope: &Scope<'_>,
    unit: &UnitMapping,
    mapping: &DocumentMapping,
    situation: &Situation,
) -> Result<Namesake, EngineError> {
    let Some(document) = &situation.newcomer else { return Ok(Namesake::None) };
    let keys = mapping.match_keys.iter().filter_map(|key| KeyInVtiger::of(mapping, &key.0, document));
    for key in keys.filter(|key| !key.criteria.is_empty()) {
        let named = key.criteria.iter().map(|criterion| criterion.field.clone());
        let fields = FieldRequests::plain(named.chain(key.if_known.keys().cloned()));
        let found =
            scope.patiently(|| scope.engine.vtiger.find(&unit.module, &key.criteria, &fields)).await?;
        let found: Vec<RecordRef> =
            found.into_iter().filter(|record| key.allows(record)).map(|record| record.reference).collect();
        let Some(first) = found.first() else { continue };
        let ties = scope.engine.store.ties_of(&scope.mapping.name, &found).await?;
        let has_its_own = |record: &RecordRef| {
            ties.iter().any(|tie| tie.link.subject == *record && tie.link.role == mapping.role)
        };
        let free = found.iter().find(|record| !has_its_own(record));
        return Ok(free.map_or_else(|| Namesake::Linked(first.clone()), |free| Namesake::Free(free.clone())));
    }
    Ok(Namesake::None)
}

/// A match key in VTiger's terms.
struct KeyInVtiger {
    criteria: Vec<Criterion>,
    /// Values that a record may lack, and may not have others of.
    if_known: Fields,
}

impl KeyInVtiger {
    /// `None` where a part of the key has no value, or no VTiger field.
    fn of(mapping: &DocumentMapping, key: &[MatchPart], document: &Record) -> Option<Self> {
        let mut made = Self { criteria: Vec::new(), if_known: Fields::new() };
        for part in key {
            match part {
                MatchPart::Field(field) => {
                    let fields = in_vtiger(mapping, field, document)?;
                    let criteria =
                        fields.into_iter().map(|(field, value)| Criterion { field, any_of: vec![value] });
                    made.criteria.extend(criteria);
                }
                MatchPart::IfKnown(field) => {
                    made.if_known.extend(in_vtiger(mapping, field, document).unwrap_or_default());
                }
                // Documents tied to this one have no record either.
                MatchPart::Linked(_) => {}
            }
        }
        Some(made)
    }

    fn allows(&self, record: &Record) -> bool {
        self.if_known.iter().all(|(field, value)| {
            let found = record.get(field).filter(|found| !found.is_empty());
            found.is_none_or(|found| fold(&found.plain()) == fold(&value.plain()))
        })
    }
}

/// The VTiger fields that would say what the document's field holds; `None` where it holds nothing.
fn in_vtiger(mapping: &DocumentMapping, field: &FieldName, document: &Record) -> Option<Fields> {
    let nobody = Record {
        reference: document.reference.clone(),
        version: document.version.clone(),
        fields: Fields::new(),
    };
    let value = document.get(field).filter(|value| !value.is_empty())?;
    mapping.rule(field)?.to_vtiger(value, &nobody).ok()
}

/// The tie of a record that was created for a document, with what the two agree on.
pub(crate) fn tie_of(
    scope: &Scope<'_>,
    unit: &UnitMapping,
    created: &CreatedRecord<'_>,
    document: &Record,
    situation: &Situation,
) -> Tie {
    let (mapping, record) = (created.mapping, created.record);
    let link = Link {
        mapping: scope.mapping.name.clone(),
        unit: unit.name.clone(),
        subject: record.reference.clone(),
        role: mapping.role.clone(),
        document: document.reference.clone(),
        origin: LinkOrigin::Created,
        standing: LinkStanding::Live,
    };
    let fields = created.agreed_with(document, situation);
    let vtiger = created.untouched.then(|| record.version.clone());
    Tie { link, shadow: Shadow { fields, vtiger, frappe: Some(document.version.clone()) } }
}
