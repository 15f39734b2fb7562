//! Looks at what is there, whatever the feeds said: deletes that VTiger's web service does not show, changes that move no
//! version (facts/VTIGER.md, trap 12), documents that vanished without a trace. A census that is broken off goes on where
//! it stopped; what had been counted before may be long ago, so whoever comes to the end that way counts from the
//! beginning once more.

use std::collections::BTreeSet;

use cs_domain::mapping::UnitMapping;
use cs_domain::{Event, Kind, LinkStanding, RecordId, RecordRef, System};
use cs_ports::{CensusPage, Cursor, Known, Staged, UnitKey};

use crate::assess::present;
use crate::error::EngineError;
use crate::pull::{count, feed_key, unit_key};
use crate::run::RunContext;
use crate::scope::{Scope, observed};

/// Known units looked through at a time.
const CHUNK: u32 = 500;
/// Where a census that came to its end begins anew.
const BEGINNING: &str = "";

/// Counts the unit's module and stages what is not as it was known to be.
pub(crate) async fn of_module(context: &RunContext<'_>, unit: &UnitMapping) -> Result<(), EngineError> {
    let scope = &context.scope;
    let feed = feed_key(scope, &unit.name, System::Vtiger, &Kind::new(format!("(census) {}", unit.module)));
    let mut after = position(scope.engine.store.cursor(&feed).await?);
    let mut resumed = after.is_some();
    let mut seen = 0;
    loop {
        let page = page(scope, unit, after.as_ref()).await?;
        let last = page.observations.last().map(|observation| observation.reference.id.clone());
        let through = if page.more { last.clone() } else { None };
        let known = known_between(scope, unit, after.as_ref(), through.as_ref()).await?;
        let gone = missing(&known, &page).map(|key| Staged { key: key.clone(), version: None });
        let mut staged: Vec<Staged> = gone.collect();
        staged.extend(page.observations.iter().map(|observation| Staged {
            key: unit_key(scope, &unit.name, observation.reference.clone()),
            version: Some(observed(observation)),
        }));
        seen += count(page.observations.len());
        let next = through.as_ref().map_or(BEGINNING, RecordId::as_str).to_owned();
        scope.engine.store.stage(&context.lease, &feed, &staged, &Cursor(next)).await?;
        scope.reporter.tell(Event::Counted { unit: unit.name.clone(), seen });
        context.keep_lease().await?;
        after = last.filter(|_| page.more);
        if !page.more && !std::mem::take(&mut resumed) {
            return Ok(());
        }
    }
}

fn position(cursor: Option<Cursor>) -> Option<RecordId> {
    cursor.filter(|cursor| cursor.0 != BEGINNING).map(|cursor| RecordId::new(cursor.0))
}

pub(crate) async fn page(
    scope: &Scope<'_>,
    unit: &UnitMapping,
    after: Option<&RecordId>,
) -> Result<CensusPage, EngineError> {
    let fields = &scope.vtiger_fields;
    let page = scope.patiently(|| scope.engine.census.census(&unit.module, after, fields));
    scope.stop.unless(async { Ok(page.await?) }).await
}

/// The units of a stretch that are known, in the order of their records.
pub(crate) async fn known_between(
    scope: &Scope<'_>,
    unit: &UnitMapping,
    after: Option<&RecordId>,
    through: Option<&RecordId>,
) -> Result<Vec<Known>, EngineError> {
    let mut all = Vec::new();
    let mut from = after.cloned();
    loop {
        let known = known(scope, unit, from.as_ref(), through).await?;
        let Some(last) = known.last() else { return Ok(all) };
        from = Some(last.key.subject.id.clone());
        all.extend(known);
    }
}

/// Those of the known units whose records the page does not show.
pub(crate) fn missing<'k>(known: &'k [Known], page: &CensusPage) -> impl Iterator<Item = &'k UnitKey> {
    let there: BTreeSet<RecordId> =
        page.observations.iter().map(|observation| observation.reference.id.clone()).collect();
    known.iter().map(|known| &known.key).filter(move |key| !there.contains(&key.subject.id))
}

async fn known(
    scope: &Scope<'_>,
    unit: &UnitMapping,
    after: Option<&RecordId>,
    through: Option<&RecordId>,
) -> Result<Vec<Known>, EngineError> {
    let (store, mapping) = (&scope.engine.store, &scope.mapping.name);
    Ok(store.known(mapping, &unit.name, after, through, CHUNK).await?)
}

/// Stages the units of which a linked document is not there any more.
pub(crate) async fn of_documents(context: &RunContext<'_>, unit: &UnitMapping) -> Result<(), EngineError> {
    let scope = &context.scope;
    let feed = feed_key(scope, &unit.name, System::Frappe, &Kind::new("(census)"));
    let mut after = position(scope.engine.store.cursor(&feed).await?);
    let mut resumed = after.is_some();
    loop {
        scope.go_on()?;
        let known = known(scope, unit, after.as_ref(), None).await?;
        let next = known.last().map(|last| last.key.subject.id.clone());
        let subjects: Vec<RecordRef> = known.into_iter().map(|known| known.key.subject).collect();
        let gone = with_missing_documents(scope, &subjects).await?;
        let staged: Vec<Staged> = gone
            .into_iter()
            .map(|subject| Staged { key: unit_key(scope, &unit.name, subject), version: None })
            .collect();
        let cursor = Cursor(next.as_ref().map_or(BEGINNING, RecordId::as_str).to_owned());
        scope.engine.store.stage(&context.lease, &feed, &staged, &cursor).await?;
        context.keep_lease().await?;
        after = next;
        if after.is_none() && !std::mem::take(&mut resumed) {
            return Ok(());
        }
    }
}

/// Those of the records that have a live link to a document which Frappe does not show.
pub(crate) async fn with_missing_documents(
    scope: &Scope<'_>,
    subjects: &[RecordRef],
) -> Result<BTreeSet<RecordRef>, EngineError> {
    let mut ties = scope.engine.store.ties_of(&scope.mapping.name, subjects).await?;
    ties.retain(|tie| tie.link.standing == LinkStanding::Live);
    let documents: Vec<RecordRef> = ties.iter().map(|tie| tie.link.document.clone()).collect();
    let there = present(scope, &documents).await?;
    Ok(ties
        .into_iter()
        .filter(|tie| !there.contains(&tie.link.document))
        .map(|tie| tie.link.subject)
        .collect())
}
