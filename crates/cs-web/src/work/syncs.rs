//! Runs of mappings that people ask for.

use cs_domain::MappingName;
use cs_ports::{Counted, Task, TaskId, TroubleFilter, Work};

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
