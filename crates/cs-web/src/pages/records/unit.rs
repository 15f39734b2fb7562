//! Which unit a record or document belongs to, and what is remembered of it.

use std::collections::BTreeSet;

use cs_domain::{MappingName, RecordRef, StandingConflict, System};
use cs_ports::{ConflictFilter, Tie, TroubledUnit};

use crate::error::WebError;
use crate::pages::shown;
use crate::visit::Visit;

/// Conflicts that are looked at, those that are over among them.
const CONFLICTS: u32 = 100;

/// What is remembered of a record.
pub(super) struct Unit {
    pub(super) subject: RecordRef,
    /// The mappings that know it, with its ties in each; the first that would take it, where none does.
    pub(super) places: Vec<(MappingName, Vec<Tie>)>,
    /// How it ended in each.
    pub(super) outcomes: Vec<TroubledUnit>,
    pub(super) conflicts: Vec<StandingConflict>,
}

/// Whose a document is.
pub(super) enum Owner {
    /// This unit.
    One(Box<Unit>),
    /// Those of several records: it is shared.
    Several(Vec<RecordRef>),
}

/// What is remembered of a VTiger record, or of whatever a document belongs to.
pub(super) async fn of(visit: &Visit, record: &RecordRef) -> Result<Owner, WebError> {
    if record.system == System::Vtiger {
        return Ok(Owner::One(Box::new(remembered(visit, record).await?)));
    }
    let mut subjects = BTreeSet::new();
    for about in visit.web.office.mappings().await? {
        let ties = visit.web.desk.ties_to(&about.name, std::slice::from_ref(record)).await?;
        subjects.extend(ties.into_iter().map(|tie| tie.link.subject));
    }
    let subjects: Vec<RecordRef> = subjects.into_iter().collect();
    Ok(match subjects.as_slice() {
        // A document that no record has: it may have appeared in Frappe just now, or have failed.
        [] => Owner::One(Box::new(remembered(visit, record).await?)),
        [one] => Owner::One(Box::new(remembered(visit, one).await?)),
        _ => Owner::Several(subjects),
    })
}

async fn remembered(visit: &Visit, subject: &RecordRef) -> Result<Unit, WebError> {
    let desk = &visit.web.desk;
    let outcomes = desk.outcomes_of(subject).await?;
    let mut places = Vec::new();
    let mut would_take = None;
    for about in visit.web.office.mappings().await? {
        let ties = match subject.system {
            System::Vtiger => desk.ties_of(&about.name, std::slice::from_ref(subject)).await?,
            System::Frappe => Vec::new(),
        };
        let went = outcomes.iter().any(|trouble| trouble.outcome.key.mapping == about.name);
        let takes = about.units.iter().any(|unit| {
            unit.module == subject.kind.as_str()
                || unit.documents.iter().any(|(_, doctype)| doctype == subject.kind.as_str())
        });
        if went || !ties.is_empty() {
            places.push((about.name, ties));
        } else if takes && would_take.is_none() {
            would_take = Some(about.name);
        }
    }
    if places.is_empty() {
        let taken = would_take.ok_or_else(|| WebError::not_there("record", shown::record(subject)))?;
        places.push((taken, Vec::new()));
    }
    let filter = ConflictFilter { subjects: Some(vec![subject.clone()]), ..ConflictFilter::default() };
    let conflicts = desk.conflicts(&filter, CONFLICTS).await?;
    Ok(Unit { subject: subject.clone(), places, outcomes, conflicts })
}
