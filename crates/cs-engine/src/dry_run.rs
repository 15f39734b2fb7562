//! What a run would do: the same decisions, carried out nowhere. Nothing is remembered either, so that looking changes
//! nothing.

use std::collections::{BTreeMap, BTreeSet};

use cs_domain::decide::decide;
use cs_domain::mapping::UnitMapping;
use cs_domain::plan::Plan;
use cs_domain::{Balance, RecordId, RecordRef, System, Version};
use jiff::Timestamp;

use crate::error::EngineError;
use crate::pull::{feed_key, frappe_page, staged_documents, vtiger_page};
use crate::report::Reporter;
use crate::run::{BATCH, Engine, Job};
use crate::scope::{Scope, observed};
use crate::{assess, census, newcomers};

impl Engine {
    /// Plans what [`Engine::run`] would do now and hands each plan to `show`; answers what the run's balance would be if
    /// every write succeeded. A document that several records share is planned for each of them: only carrying out the
    /// first shows it to the second.
    pub async fn dry_run(&self, job: &Job, show: impl FnMut(&Plan) + Send) -> Result<Balance, EngineError> {
        job.stop.unless(self.plan_all(job, show)).await
    }

    async fn plan_all(&self, job: &Job, mut show: impl FnMut(&Plan) + Send) -> Result<Balance, EngineError> {
        let mut scope = Scope::new(self, job, Reporter::unrecorded(self.observers.clone()));
        scope.make_ready(job).await?;
        let mut balance = Balance::default();
        for unit in scope.mapping.units.clone() {
            scope.turn_to(&unit);
            let subjects = subjects(&scope, &unit, job).await?;
            let (records, documents): (Vec<RecordRef>, Vec<RecordRef>) =
                subjects.into_iter().partition(|subject| subject.system == System::Vtiger);
            for part in [records, documents] {
                for batch in part.chunks(BATCH as usize) {
                    let situations = match batch.first().map(|subject| subject.system) {
                        Some(System::Frappe) => newcomers::load(&scope, &unit, batch).await?,
                        _ => assess::load(&scope, &unit, batch).await?,
                    };
                    for situation in situations {
                        let plan = decide(&unit, scope.schemas_of(&unit), &situation);
                        balance.read += 1;
                        balance.count(plan.verdict());
                        show(&plan);
                    }
                }
            }
        }
        Ok(balance)
    }
}

/// What a run would go through: what is due, and what changed on either side since.
async fn subjects(
    scope: &Scope<'_>,
    unit: &UnitMapping,
    job: &Job,
) -> Result<BTreeSet<RecordRef>, EngineError> {
    let store = &scope.engine.store;
    let mapping = &scope.mapping.name;
    let mut subjects = BTreeSet::new();
    let mut after: Option<RecordRef> = None;
    loop {
        let due = store.due(mapping, &unit.name, Timestamp::MAX, after.as_ref(), BATCH).await?;
        let Some(last) = due.last() else { break };
        after = Some(last.key.subject.clone());
        subjects.extend(due.into_iter().map(|due| due.key.subject));
    }
    let feed = feed_key(scope, &unit.name, System::Vtiger, &unit.module);
    let mut cursor = if job.full { None } else { store.cursor(&feed).await? };
    loop {
        let page = vtiger_page(scope, unit, cursor.as_ref()).await?;
        subjects.extend(page.observations.into_iter().map(|observation| observation.reference));
        if !page.more {
            break;
        }
        cursor = Some(page.next);
    }
    subjects.extend(changed_documents(scope, unit, job).await?);
    if job.census {
        subjects.extend(not_as_known(scope, unit).await?);
    }
    Ok(subjects)
}

/// What a census would find.
async fn not_as_known(scope: &Scope<'_>, unit: &UnitMapping) -> Result<BTreeSet<RecordRef>, EngineError> {
    let mut subjects = BTreeSet::new();
    let mut after = None;
    loop {
        let page = census::page(scope, unit, after.as_ref()).await?;
        let last = page.observations.last().map(|observation| observation.reference.id.clone());
        let through = if page.more { last.as_ref() } else { None };
        let known = census::known_between(scope, unit, after.as_ref(), through).await?;
        subjects.extend(census::missing(&known, &page).map(|key| key.subject.clone()));
        let states: BTreeMap<&RecordId, Option<&Version>> =
            known.iter().map(|known| (&known.key.subject.id, known.version.as_ref())).collect();
        let changed = page.observations.iter().filter(|observation| {
            states.get(&observation.reference.id) != Some(&Some(&observed(observation)))
        });
        subjects.extend(changed.map(|observation| observation.reference.clone()));
        let records: Vec<RecordRef> = known.iter().map(|known| known.key.subject.clone()).collect();
        subjects.extend(census::with_missing_documents(scope, &records).await?);
        if !page.more {
            break;
        }
        after = last;
    }
    Ok(subjects)
}

/// The units of this kind to whose documents something happened.
async fn changed_documents(
    scope: &Scope<'_>,
    unit: &UnitMapping,
    job: &Job,
) -> Result<BTreeSet<RecordRef>, EngineError> {
    let mut subjects = BTreeSet::new();
    let doctypes: BTreeSet<_> = unit.documents.iter().map(|document| document.doctype.clone()).collect();
    for doctype in doctypes {
        let reads = |unit: &&UnitMapping| unit.documents.iter().any(|document| document.doctype == doctype);
        let Some(reader) = scope.mapping.units.iter().find(reads) else { continue };
        let feed = feed_key(scope, &reader.name, System::Frappe, &doctype);
        let mut cursor = if job.full { None } else { scope.engine.store.cursor(&feed).await? };
        loop {
            let page = frappe_page(scope, &doctype, cursor.as_ref()).await?;
            let staged = staged_documents(scope, &page.observations).await?;
            let of_unit = staged.into_iter().filter(|staged| staged.key.unit == unit.name);
            subjects.extend(of_unit.map(|staged| staged.key.subject));
            if !page.more {
                break;
            }
            cursor = Some(page.next);
        }
    }
    Ok(subjects)
}
