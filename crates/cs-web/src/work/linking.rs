//! Which record and which document are one, before anything is linked: looked for, accepted, rejected. Nothing is written to
//! either system; what was accepted is linked by the next run.

use cs_domain::{LinkDecision, MappingName, Proposal, Role, UnitName};
use cs_ports::{KeptProposal, ProposalFilter, ProposalId, Task, TaskFilter, UnitKey, Work};
use serde_json::json;

use crate::error::WebError;
use crate::pages::shown;
use crate::visit::Visit;
use crate::work::tasks;

/// Searches of a mapping that are looked through for the latest one of a document.
const LOOKED_AT: u32 = 200;

/// Proposals that are decided at once, at most.
pub(crate) const MOST: u32 = 1_000;

/// Asks for a look through both systems: a task, since that takes as long as there are records. What it finds is kept in place of
/// what was found before.
pub(crate) async fn find(
    visit: &Visit,
    name: &MappingName,
    unit: &UnitName,
    role: &Role,
) -> Result<Task, WebError> {
    let (mapping, unit, role) = (name.clone(), unit.clone(), role.clone());
    tasks::add(visit, Work::Pair { mapping, unit, role }).await
}

/// The latest search for a document of a mapping.
pub(crate) async fn latest(
    visit: &Visit,
    name: &MappingName,
    unit: &UnitName,
    role: &Role,
) -> Result<Option<Task>, WebError> {
    let wanted = Work::Pair { mapping: name.clone(), unit: unit.clone(), role: role.clone() };
    let lane = TaskFilter { lane: Some(wanted.lane()), ..TaskFilter::default() };
    let found = visit.web.desk.tasks(&lane, None, LOOKED_AT).await?;
    Ok(found.into_iter().find(|task| task.work == wanted))
}

/// Notes what a person says of proposals. Their units are due again, so that the next run links them.
pub(crate) async fn decide(
    visit: &Visit,
    name: &MappingName,
    ids: &[ProposalId],
    decision: Option<LinkDecision>,
) -> Result<Vec<KeptProposal>, WebError> {
    let who = visit.caller.name();
    let now = visit.web.clock.now();
    let decided = visit.web.desk.decide_proposals(ids, decision, &who, now).await?;
    let keys: Vec<UnitKey> = decided
        .iter()
        .map(|kept| UnitKey {
            mapping: name.clone(),
            unit: kept.proposal.unit.clone(),
            subject: kept.proposal.subject.clone(),
        })
        .collect();
    visit.web.desk.hint(&keys).await?;
    let pair = |kept: &KeptProposal| {
        let Proposal { subject, document, .. } = &kept.proposal;
        format!("{} = {}", shown::record(subject), shown::record(document))
    };
    let pairs: Vec<String> = decided.iter().map(pair).collect();
    let told = json!({ "decision": decision, "pairs": pairs });
    visit.record("mapping.links_decide", &format!("mapping {name}"), json!(null), told).await?;
    Ok(decided)
}

/// The undecided proposals from a score on, to be decided together.
pub(crate) async fn above(
    visit: &Visit,
    filter: &ProposalFilter,
    least: u32,
) -> Result<Vec<ProposalId>, WebError> {
    let filter = ProposalFilter { decision: Some(None), least_score: least, ..filter.clone() };
    let found = visit.web.desk.proposals(&filter, 0, MOST).await?;
    Ok(found.into_iter().map(|kept| kept.id).collect())
}
