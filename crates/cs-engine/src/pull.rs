//! Reads the change feeds of both sides to their ends, page by page; each page and the cursor behind it are remembered in
//! one transaction.

use std::collections::{BTreeMap, BTreeSet};

use cs_domain::fold::fold;
use cs_domain::mapping::UnitMapping;
use cs_domain::{Event, Kind, LinkStanding, Record, RecordRef, System, UnitName};
use cs_ports::{Cursor, FeedKey, FeedPage, FieldRequests, Observation, Sighting, Staged, Tie, UnitKey};

use crate::assess::present;
use crate::error::EngineError;
use crate::run::RunContext;
use crate::scope::{Scope, observed};

/// Stages everything that changed in the unit's VTiger module since the last pass.
pub(crate) async fn vtiger(context: &RunContext<'_>, unit: &UnitMapping) -> Result<(), EngineError> {
    let scope = &context.scope;
    let feed = feed_key(scope, &unit.name, System::Vtiger, &unit.module);
    let mut cursor = scope.engine.store.cursor(&feed).await?;
    let mut seen = 0;
    loop {
        let page = vtiger_page(scope, unit, cursor.as_ref()).await?;
        let staged: Vec<Staged> =
            page.observations.iter().map(|observation| staged_record(scope, unit, observation)).collect();
        seen += count(staged.len());
        scope.engine.store.stage(&context.lease, &feed, &staged, &page.next).await?;
        scope.reporter.tell(Event::Pulled { unit: unit.name.clone(), seen });
        context.keep_lease().await?;
        cursor = Some(page.next);
        if !page.more {
            return Ok(());
        }
    }
}

/// A page of the unit's VTiger feed.
pub(crate) async fn vtiger_page(
    scope: &Scope<'_>,
    unit: &UnitMapping,
    after: Option<&Cursor>,
) -> Result<FeedPage, EngineError> {
    let fields = &scope.vtiger_fields;
    let page = scope.patiently(|| scope.engine.vtiger.changes(&unit.module, after, fields));
    scope.stop.unless(async { Ok(page.await?) }).await
}

/// A VTiger record as it is staged; a deleted one is due whatever was known of it.
fn staged_record(scope: &Scope<'_>, unit: &UnitMapping, observation: &Observation) -> Staged {
    let version = match observation.sighting {
        Sighting::Deleted => None,
        Sighting::There | Sighting::Renamed { .. } => Some(observed(observation)),
    };
    Staged { key: unit_key(scope, &unit.name, observation.reference.clone()), version }
}

/// Stages the units to whose documents something happened in Frappe, and documents that may become VTiger records. Links
/// follow renamed documents.
pub(crate) async fn frappe(context: &RunContext<'_>) -> Result<(), EngineError> {
    for (doctype, unit) in doctypes(context) {
        let feed = feed_key(&context.scope, &unit, System::Frappe, &doctype);
        let mut cursor = context.scope.engine.store.cursor(&feed).await?;
        let mut seen = 0;
        loop {
            let page = frappe_page(&context.scope, &doctype, cursor.as_ref()).await?;
            seen += count(page.observations.len());
            follow_renames(context, &page.observations).await?;
            let staged = staged_documents(&context.scope, &page.observations).await?;
            context.scope.engine.store.stage(&context.lease, &feed, &staged, &page.next).await?;
            context.scope.reporter.tell(Event::Pulled { unit: unit.clone(), seen });
            context.keep_lease().await?;
            cursor = Some(page.next);
            if !page.more {
                break;
            }
        }
    }
    Ok(())
}

/// Takes links along with documents that were renamed since their feed was read, and nothing else: nothing is staged, and the
/// cursors stay where they are. A document that was renamed while its feed was read looks new under its new name, and gone
/// under its old one; what gave it that name can be told by now. Answers whether any link was taken along.
pub(crate) async fn latest_renames(context: &RunContext<'_>) -> Result<bool, EngineError> {
    let mut moved = false;
    for (doctype, unit) in doctypes(context) {
        let feed = feed_key(&context.scope, &unit, System::Frappe, &doctype);
        let mut cursor = context.scope.engine.store.cursor(&feed).await?;
        loop {
            let page = frappe_page(&context.scope, &doctype, cursor.as_ref()).await?;
            moved |= follow_renames(context, &page.observations).await?;
            // Renames are told before the documents.
            let documents = page.observations.iter().any(|seen| seen.sighting == Sighting::There);
            if documents || !page.more {
                break;
            }
            cursor = Some(page.next);
        }
    }
    Ok(moved)
}

/// A page of a DocType's feed.
pub(crate) async fn frappe_page(
    scope: &Scope<'_>,
    doctype: &Kind,
    after: Option<&Cursor>,
) -> Result<FeedPage, EngineError> {
    let fields = FieldRequests::default();
    let page = scope.patiently(|| scope.engine.frappe.changes(doctype, after, &fields));
    scope.stop.unless(async { Ok(page.await?) }).await
}

/// The mapping's DocTypes, each with the first unit that has documents of it.
fn doctypes(context: &RunContext<'_>) -> Vec<(Kind, UnitName)> {
    let mut doctypes: Vec<(Kind, UnitName)> = Vec::new();
    for unit in &context.scope.mapping.units {
        for document in &unit.documents {
            if !doctypes.iter().any(|(known, _)| *known == document.doctype) {
                doctypes.push((document.doctype.clone(), unit.name.clone()));
            }
        }
    }
    doctypes
}

/// Takes the links of renamed documents along; answers whether there were any.
async fn follow_renames(context: &RunContext<'_>, observations: &[Observation]) -> Result<bool, EngineError> {
    let mut followed = false;
    for observation in observations {
        let Sighting::Renamed { from } = &observation.sighting else { continue };
        let to = &observation.reference;
        let from = RecordRef { id: from.clone(), ..to.clone() };
        let scope = &context.scope;
        let ties = scope.engine.store.ties_to(&scope.mapping.name, std::slice::from_ref(&from)).await?;
        // Where the old name belongs to another document by now, the rename is an old story.
        if ties.is_empty() || present(scope, std::slice::from_ref(&from)).await?.contains(&from) {
            continue;
        }
        let named_now = named(scope, to).await?;
        let moved: Vec<Tie> = ties
            .into_iter()
            .filter(|tie| named_now.as_ref().is_none_or(|document| is_the_same(scope, tie, document)))
            .map(|mut tie| {
                tie.link.document = to.clone();
                tie
            })
            .collect();
        if moved.is_empty() {
            continue;
        }
        context.remember(moved).await?;
        followed = true;
        scope.reporter.tell(Event::Renamed { from, to: to.clone() });
    }
    Ok(followed)
}

/// The document that has a name now.
async fn named(scope: &Scope<'_>, name: &RecordRef) -> Result<Option<Record>, EngineError> {
    let fields = scope.fields_of(&name.kind);
    let ids = std::slice::from_ref(&name.id);
    let read = scope.patiently(|| scope.engine.frappe.read(&name.kind, ids, &fields)).await?;
    Ok(read.into_iter().next())
}

/// Whether the document is the one that is tied, under another name: it carries the external id that the two agreed on.
/// Another one may have had that name before the tied one was created with it, and been renamed then; the feed tells of it
/// long after.
fn is_the_same(scope: &Scope<'_>, tie: &Tie, document: &Record) -> bool {
    let mapping = scope.mapping.unit(&tie.link.unit).and_then(|unit| unit.document(&tie.link.role));
    let Some(field) = mapping.and_then(|mapping| mapping.external_id.as_ref()) else { return true };
    let agreed =
        tie.shadow.fields.get(field).map(|agreed| &agreed.frappe).filter(|agreed| !agreed.is_empty());
    agreed.is_none_or(|agreed| {
        document.get(field).is_none_or(|held| fold(&held.plain()) == fold(&agreed.plain()))
    })
}

/// What a page of documents makes due: the units they are linked to, echoes of our own writes left out, and documents
/// without a link that may become records.
pub(crate) async fn staged_documents(
    scope: &Scope<'_>,
    observations: &[Observation],
) -> Result<Vec<Staged>, EngineError> {
    let documents: Vec<RecordRef> =
        observations.iter().map(|observation| observation.reference.clone()).collect();
    let mut ties: BTreeMap<RecordRef, Vec<Tie>> = BTreeMap::new();
    for tie in scope.engine.store.ties_to(&scope.mapping.name, &documents).await? {
        ties.entry(tie.link.document.clone()).or_default().push(tie);
    }
    let mut staged: Vec<Staged> = Vec::new();
    let mut due: BTreeSet<RecordRef> = BTreeSet::new();
    for observation in observations {
        match ties.get(&observation.reference) {
            Some(ties) => {
                for tie in ties.iter().filter(|tie| concerns(tie, observation)) {
                    if due.insert(tie.link.subject.clone()) {
                        let key = unit_key(scope, &tie.link.unit, tie.link.subject.clone());
                        staged.push(Staged { key, version: None });
                    }
                }
            }
            None => staged.extend(newcomers(scope, observation)),
        }
    }
    Ok(staged)
}

/// Whether what was seen of a document is news to the unit: what we wrote ourselves, or read last, is none.
fn concerns(tie: &Tie, observation: &Observation) -> bool {
    let known = tie.shadow.frappe.as_ref() == Some(&observation.version);
    tie.link.standing == LinkStanding::Live && !(known && observation.sighting == Sighting::There)
}

fn newcomers(scope: &Scope<'_>, observation: &Observation) -> Vec<Staged> {
    if observation.sighting == Sighting::Deleted {
        return Vec::new();
    }
    let plays = |unit: &&UnitMapping| {
        let created = unit.create_in_vtiger.as_ref().and_then(|created| unit.document(&created.document));
        created.is_some_and(|document| document.doctype == observation.reference.kind)
    };
    let units = scope.mapping.units.iter().filter(plays).filter(|unit| scope.writes_vtiger(unit));
    let staged = |unit: &UnitMapping| Staged {
        key: unit_key(scope, &unit.name, observation.reference.clone()),
        version: Some(observation.version.clone()),
    };
    units.map(staged).collect()
}

/// Makes a record known that was created just now: should it be gone before any feed shows it, a census misses it.
pub(crate) async fn stage_created(
    context: &RunContext<'_>,
    unit: &UnitMapping,
    record: &RecordRef,
) -> Result<(), EngineError> {
    let scope = &context.scope;
    let feed = feed_key(scope, &unit.name, System::Vtiger, &Kind::new(format!("(created) {}", unit.module)));
    let staged = Staged { key: unit_key(scope, &unit.name, record.clone()), version: None };
    let cursor = Cursor(record.id.to_string());
    scope.engine.store.stage(&context.lease, &feed, &[staged], &cursor).await?;
    Ok(())
}

pub(crate) fn feed_key(scope: &Scope<'_>, unit: &UnitName, system: System, kind: &Kind) -> FeedKey {
    FeedKey { mapping: scope.mapping.name.clone(), unit: unit.clone(), system, kind: kind.to_string() }
}

pub(crate) fn unit_key(scope: &Scope<'_>, unit: &UnitName, subject: RecordRef) -> UnitKey {
    UnitKey { mapping: scope.mapping.name.clone(), unit: unit.clone(), subject }
}

pub(crate) fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
