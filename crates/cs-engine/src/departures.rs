//! Units that follow a delete: they come last, so that what was merged or renamed has found its place, and all together, so
//! that a mass delete is stopped before the first of them (DESIGN.md, "What must always hold", 9).

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use cs_domain::mapping::UnitMapping;
use cs_domain::{Advice, Failure, MappingName, UnitName};
use cs_ports::Due;

use crate::batch;
use crate::error::EngineError;
use crate::ledger::Ledger;
use crate::pull::count;
use crate::run::{BATCH, RunContext};

/// Deletes that need nobody's approval, however small the mapping.
const ALWAYS_ALLOWED: u64 = 20;
/// Of so many linked records, one may go without approval: two in a hundred.
const ONE_IN: u64 = 50;

/// The units put aside so far.
#[derive(Default)]
pub(crate) struct Departures {
    aside: Mutex<Vec<(UnitName, Due)>>,
    going_through: AtomicBool,
}

impl Departures {
    /// Whether units that follow a delete still have to wait.
    pub(crate) fn puts_aside(&self) -> bool {
        !self.going_through.load(Ordering::Relaxed)
    }

    pub(crate) fn put_aside(&self, unit: &UnitMapping, due: Due) {
        self.aside.lock().unwrap_or_else(PoisonError::into_inner).push((unit.name.clone(), due));
    }

    fn take(&self) -> Vec<(UnitName, Due)> {
        self.going_through.store(true, Ordering::Relaxed);
        std::mem::take(&mut *self.aside.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// How many deletes a run may follow without asking.
pub(crate) fn allowance(linked: u64) -> u64 {
    ALWAYS_ALLOWED.max(linked / ONE_IN)
}

/// Goes through the units that were put aside, or leaves them all to a person.
pub(crate) async fn go_through(
    context: &mut RunContext<'_>,
    ledger: &Ledger,
    approved: Option<u64>,
) -> Result<(), EngineError> {
    let aside = context.departures.take();
    if aside.is_empty() {
        return Ok(());
    }
    let number = count(aside.len());
    let linked = context.scope.engine.store.count_linked(&context.scope.mapping.name).await?;
    if number > allowance(linked) && approved.is_none_or(|approved| number > approved) {
        for (_, due) in aside {
            ledger.count_read();
            // It waits for approval however often it is asked for, and is never given up.
            ledger
                .fail(
                    context,
                    &Due { attempts: 0, ..due },
                    brake(&context.scope.mapping.name, number, linked),
                )
                .await?;
        }
        return Ok(());
    }
    // Last units first: what depends on another goes before it.
    for unit in context.scope.mapping.units.clone().iter().rev() {
        context.scope.turn_to(unit);
        let due: Vec<Due> =
            aside.iter().filter(|(name, _)| *name == unit.name).map(|(_, due)| due.clone()).collect();
        let (records, documents): (Vec<Due>, Vec<Due>) =
            due.into_iter().partition(|due| due.key.subject.system == cs_domain::System::Vtiger);
        for part in [records, documents] {
            for batch in part.chunks(BATCH as usize) {
                context.scope.go_on()?;
                batch::go_through(context, ledger, unit, batch.to_vec()).await?;
            }
        }
    }
    Ok(())
}

fn brake(mapping: &MappingName, number: u64, linked: u64) -> Failure {
    Failure {
        code: "delete.brake".to_owned(),
        cause: format!(
            "{number} of {linked} linked records were deleted on one side since the last run, more than the {} that need \
             no approval",
            allowance(linked)
        ),
        remedy: format!(
            "See whether they were really deleted (a lost permission looks the same). If so: \
             `company-sync sync --mapping {mapping} --approve-deletes {number}`."
        ),
        advice: Advice::NeedsPerson,
        place: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_follows_twenty_deletes_or_two_in_a_hundred() {
        assert_eq!([0, 999, 1_000, 1_050, 100_000].map(allowance), [20, 20, 20, 21, 2_000]);
    }
}
