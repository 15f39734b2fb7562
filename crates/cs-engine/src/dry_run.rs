//! What a run would do: the same decisions, carried out nowhere. Nothing is remembered either, so that looking changes
//! nothing.

use std::collections::BTreeSet;

use cs_domain::decide::decide;
use cs_domain::mapping::UnitMapping;
use cs_domain::plan::Plan;
use cs_domain::{Balance, RecordRef, System};
use cs_ports::{Cursor, FeedKey};
use jiff::Timestamp;

use crate::assess;
use crate::error::EngineError;
use crate::report::Reporter;
use crate::run::{BATCH, Engine, Job};
use crate::scope::Scope;

impl Engine {
    /// Plans what [`Engine::run`] would do now and hands each plan to `show`; answers what the run's balance would be if
    /// every write succeeded. A document that several records share is planned for each of them: only carrying out the
    /// first shows it to the second.
    pub async fn dry_run(
        &self,
        job: &Job,
        mut show: impl FnMut(&Plan) + Send,
    ) -> Result<Balance, EngineError> {
        let mut scope = Scope::new(self, job, Reporter::unrecorded(self.observers.clone()));
        scope.make_ready(job).await?;
        let mut balance = Balance::default();
        for unit in scope.mapping.units.clone() {
            scope.turn_to(&unit);
            let subjects: Vec<RecordRef> = subjects(&scope, &unit, job).await?.into_iter().collect();
            for batch in subjects.chunks(BATCH as usize) {
                for situation in assess::load(&scope, &unit, batch).await? {
                    let plan = decide(&unit, &scope.schemas, &situation);
                    balance.read += 1;
                    balance.count(plan.verdict());
                    show(&plan);
                }
            }
        }
        Ok(balance)
    }
}

/// The records a run would go through: those that are due, and those that changed since.
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
    let feed = FeedKey {
        mapping: mapping.clone(),
        unit: unit.name.clone(),
        system: System::Vtiger,
        kind: unit.module.to_string(),
    };
    let mut cursor: Option<Cursor> = if job.full { None } else { store.cursor(&feed).await? };
    loop {
        let page = scope.patiently(|| scope.engine.vtiger.changes(&unit.module, cursor.as_ref())).await?;
        let there = page.observations.into_iter().filter(|observation| !observation.deleted);
        subjects.extend(there.map(|observation| observation.reference));
        if !page.more {
            return Ok(subjects);
        }
        cursor = Some(page.next);
    }
}
