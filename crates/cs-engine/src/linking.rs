//! Gathers what is on both sides and not linked yet, and pairs what could be one and the same. Nothing is written to either
//! system, and nothing is remembered: whoever asked keeps the proposals.

use std::collections::BTreeSet;

use cs_domain::decide::is_selected;
use cs_domain::linking::{Loose, Unlinked};
use cs_domain::mapping::{DocumentMapping, UnitMapping};
use cs_domain::wanted::wanted_document;
use cs_domain::{Balance, Event, LinkStanding, Proposal, Record, RecordId, RecordRef, Role, UnitName};

use crate::assess::situation;
use crate::census;
use crate::error::EngineError;
use crate::pull::count;
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
    /// All records of the module, linked or not: looked through, and left as they are.
    pub balance: Balance,
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
        let subjects = all_records(&scope, &unit).await?;
        let loose = Loose::of(mapping, unlinked_documents(&scope, mapping).await?);
        let mut gathered = Gathered { documents: count(loose.len()), ..Gathered::default() };
        for batch in subjects.chunks(BATCH as usize) {
            scope.go_on()?;
            for record in unlinked_records(&scope, &unit, mapping, batch).await? {
                gathered.records += 1;
                gathered.proposals.extend(loose.propose(&unit.name, &record));
            }
            gathered.balance.read += count(batch.len());
            gathered.balance.unchanged += count(batch.len());
            let (unit, role, balance) = (unit.name.clone(), role.clone(), gathered.balance);
            scope.reporter.tell(Event::Searched { unit, role, balance });
        }
        Ok(Some(gathered))
    }
}

/// The records of the unit's module, page by page. VTiger cannot count: how far there is to go is known only at the end of them.
async fn all_records(scope: &Scope<'_>, unit: &UnitMapping) -> Result<Vec<RecordRef>, EngineError> {
    let mut subjects: Vec<RecordRef> = Vec::new();
    loop {
        let page = census::page(scope, unit, subjects.last().map(|subject| &subject.id)).await?;
        let seen = page.observations.len();
        subjects.extend(page.observations.into_iter().map(|observation| observation.reference));
        let units = count(subjects.len());
        if !page.more || seen == 0 {
            scope.reporter.tell(Event::Expecting { units });
            return Ok(subjects);
        }
        scope.reporter.tell(Event::Counted { unit: unit.name.clone(), seen: units });
    }
}

/// Of these records those that the mapping selects and that call for a document they do not have.
async fn unlinked_records(
    scope: &Scope<'_>,
    unit: &UnitMapping,
    mapping: &DocumentMapping,
    batch: &[RecordRef],
) -> Result<Vec<Unlinked>, EngineError> {
    let ids: Vec<RecordId> = batch.iter().map(|subject| subject.id.clone()).collect();
    let fields = &scope.vtiger_fields;
    let records = scope.patiently(|| scope.engine.vtiger.read(&unit.module, &ids, fields)).await?;
    let ties = scope.engine.store.ties_of(&scope.mapping.name, batch).await?;
    let has = |subject: &RecordRef| {
        ties.iter().any(|tie| tie.link.subject == *subject && tie.link.role == mapping.role)
    };
    let free = records.into_iter().filter(|record| !has(&record.reference));
    Ok(free.filter_map(|record| unlinked(scope, unit, mapping, &record)).collect())
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
