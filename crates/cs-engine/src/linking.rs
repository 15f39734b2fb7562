//! Gathers what is on both sides and not linked yet, and pairs what could be one and the same. Nothing is written to either
//! system, and nothing is remembered: whoever asked keeps the proposals.

use std::collections::BTreeSet;

use cs_domain::decide::is_selected;
use cs_domain::linking::{Unlinked, propose};
use cs_domain::mapping::{DocumentMapping, UnitMapping};
use cs_domain::wanted::wanted_document;
use cs_domain::{LinkStanding, Proposal, Record, RecordId, RecordRef, Role, UnitName};

use crate::assess::situation;
use crate::census;
use crate::error::EngineError;
use crate::report::Reporter;
use crate::run::{BATCH, Engine, Job};
use crate::scope::Scope;

/// What was looked through, and what was found.
#[derive(Clone, Debug, Default)]
pub struct Gathered {
    /// Records of VTiger that the mapping selects and that have no document in the role.
    pub records: u64,
    /// Documents that no record has.
    pub documents: u64,
    /// Pairs, by record, the best first.
    pub proposals: Vec<Proposal>,
}

impl Engine {
    /// Pairs the records of a unit with the documents that are there, for one role. `None` where the mapping has no such role.
    pub async fn propose_links(
        &self,
        job: &Job,
        unit: &UnitName,
        role: &Role,
    ) -> Result<Option<Gathered>, EngineError> {
        job.stop.unless(self.gather(job, unit, role)).await
    }

    async fn gather(&self, job: &Job, unit: &UnitName, role: &Role) -> Result<Option<Gathered>, EngineError> {
        let mut scope = Scope::new(self, job, Reporter::unrecorded(self.observers.clone()));
        scope.make_ready(job).await?;
        let Some(unit) = scope.mapping.unit(unit).cloned() else { return Ok(None) };
        let Some(mapping) = unit.document(role) else { return Ok(None) };
        scope.turn_to(&unit);
        let records = unlinked_records(&scope, &unit, mapping).await?;
        let documents = unlinked_documents(&scope, mapping).await?;
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        Ok(Some(Gathered {
            records: count(records.len()),
            documents: count(documents.len()),
            proposals: propose(&unit.name, mapping, &records, &documents),
        }))
    }
}

/// The records that the mapping selects and that call for a document they do not have, page by page.
async fn unlinked_records(
    scope: &Scope<'_>,
    unit: &UnitMapping,
    mapping: &DocumentMapping,
) -> Result<Vec<Unlinked>, EngineError> {
    let mut found = Vec::new();
    let mut after: Option<RecordId> = None;
    loop {
        scope.go_on()?;
        let page = census::page(scope, unit, after.as_ref()).await?;
        let subjects: Vec<RecordRef> =
            page.observations.iter().map(|observation| observation.reference.clone()).collect();
        for batch in subjects.chunks(BATCH as usize) {
            let ids: Vec<RecordId> = batch.iter().map(|subject| subject.id.clone()).collect();
            let fields = &scope.vtiger_fields;
            let records = scope.patiently(|| scope.engine.vtiger.read(&unit.module, &ids, fields)).await?;
            let ties = scope.engine.store.ties_of(&scope.mapping.name, batch).await?;
            let has = |subject: &RecordRef| {
                ties.iter().any(|tie| tie.link.subject == *subject && tie.link.role == mapping.role)
            };
            let free = records.into_iter().filter(|record| !has(&record.reference));
            found.extend(free.filter_map(|record| unlinked(scope, unit, mapping, &record)));
        }
        after = subjects.last().map(|subject| subject.id.clone());
        if !page.more || after.is_none() {
            return Ok(found);
        }
    }
}

fn unlinked(
    scope: &Scope<'_>,
    unit: &UnitMapping,
    mapping: &DocumentMapping,
    record: &Record,
) -> Option<Unlinked> {
    let situation = situation(scope, unit, &record.reference, &[]);
    if !is_selected(unit, &situation, record) {
        return None;
    }
    // What refers to other units' documents is not known yet, and names no document either: it is left out.
    let mut plain = mapping.clone();
    plain.fields.retain(|rule| !matches!(rule.source, cs_domain::mapping::Source::Linked { .. }));
    plain.rows.clear();
    plain.checks.clear();
    let wanted = wanted_document(&plain, scope.schemas.get(&mapping.doctype), record, &situation).ok()?;
    wanted.exists(&plain).then(|| Unlinked { subject: record.reference.clone(), wanted })
}

/// The documents that no record has in this mapping.
async fn unlinked_documents(
    scope: &Scope<'_>,
    mapping: &DocumentMapping,
) -> Result<Vec<Record>, EngineError> {
    let fields = scope.fields_of(&mapping.doctype);
    let mut documents = scope.patiently(|| scope.engine.frappe.find(&mapping.doctype, &[], &fields)).await?;
    if mapping.shared {
        return Ok(documents);
    }
    let mut taken: BTreeSet<RecordRef> = BTreeSet::new();
    for batch in documents.chunks(BATCH as usize) {
        let references: Vec<RecordRef> = batch.iter().map(|document| document.reference.clone()).collect();
        let ties = scope.engine.store.ties_to(&scope.mapping.name, &references).await?;
        let live = ties.into_iter().filter(|tie| tie.link.standing == LinkStanding::Live);
        taken.extend(live.map(|tie| tie.link.document));
    }
    documents.retain(|document| !taken.contains(&document.reference));
    Ok(documents)
}
