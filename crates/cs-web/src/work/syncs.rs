//! Runs of mappings that people ask for.

use cs_domain::MappingName;
use cs_ports::{Counted, Task, TaskId, TroubleFilter, UnitCounts, Work};

use super::tasks;
use crate::error::WebError;
use crate::visit::Visit;

/// The code of units that wait since too many were deleted (DESIGN.md, "What must always hold", 9).
pub(crate) const BRAKE: &str = "delete.brake";

/// How a mapping is to be run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Manner {
    /// Every record, changed or not.
    pub(crate) full: bool,
    /// Counts what is there besides.
    pub(crate) census: bool,
    /// Decides everything and writes nothing.
    pub(crate) dry_run: bool,
    /// Follows up to so many deletes.
    pub(crate) approved_deletes: Option<u64>,
}

/// Asks for a run.
pub(crate) async fn start(visit: &Visit, mapping: &MappingName, manner: Manner) -> Result<Task, WebError> {
    let Manner { full, census, dry_run, approved_deletes } = manner;
    let work = Work::Sync { mapping: mapping.clone(), full, census, approved_deletes, dry_run };
    tasks::add(visit, work).await
}

/// Carries out exactly what a dry run showed.
pub(crate) async fn apply(visit: &Visit, mapping: &MappingName, plans_of: &TaskId) -> Result<Task, WebError> {
    let work = Work::Apply { mapping: mapping.clone(), plans_of: plans_of.clone() };
    tasks::add(visit, work).await
}

/// How many units of a mapping are where. To the store, units that the brake holds wait for a run; each run only puts them back
/// until somebody approves, so they are counted among those that wait for a person.
pub(crate) async fn units(visit: &Visit, mapping: &MappingName) -> Result<UnitCounts, WebError> {
    let counts = visit.web.desk.count_units(mapping).await?;
    Ok(with_braked(counts, braked(visit, mapping).await?))
}

fn with_braked(counts: UnitCounts, braked: u64) -> UnitCounts {
    let retrying = counts.retrying.min(braked);
    let waiting = counts.waiting.min(braked - retrying);
    UnitCounts {
        retrying: counts.retrying - retrying,
        waiting: counts.waiting - waiting,
        parked: counts.parked + retrying + waiting,
        ..counts
    }
}

/// How many units of a mapping wait for somebody to say that they were really deleted.
pub(crate) async fn braked(visit: &Visit, mapping: &MappingName) -> Result<u64, WebError> {
    let filter = TroubleFilter {
        mapping: Some(mapping.clone()),
        code: Some(BRAKE.to_owned()),
        ..TroubleFilter::default()
    };
    let counted: Vec<Counted> = visit.web.desk.count_troubles(&filter).await?;
    Ok(counted.iter().filter(|counted| counted.what == BRAKE).map(|counted| counted.count).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_that_the_brake_holds_wait_for_a_person() {
        let counts = UnitCounts { in_step: 5, retrying: 25, waiting: 3, parked: 1, ..UnitCounts::default() };
        let told = with_braked(counts, 22);
        assert_eq!((told.retrying, told.waiting, told.parked, told.in_step), (3, 3, 23, 5));
        let staged_anew = UnitCounts { waiting: 22, ..UnitCounts::default() };
        assert_eq!(with_braked(staged_anew, 22), UnitCounts { parked: 22, ..UnitCounts::default() });
        assert_eq!(with_braked(counts, 0), counts);
        // What the store counted a moment ago may be fewer.
        assert_eq!(with_braked(UnitCounts::default(), 7), UnitCounts::default());
    }
}
