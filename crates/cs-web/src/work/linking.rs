//! Which record and which document are one, before anything is linked: looked for, accepted, rejected. Nothing is written to
//! either system; what was accepted is linked by the next run.

use cs_domain::{LinkDecision, MappingName, Proposal, Role, UnitName};
use cs_engine::Gathered;
use cs_ports::{KeptProposal, ProposalFilter, ProposalId, UnitKey};
use serde_json::json;

use crate::error::WebError;
use crate::office::LinkWish;
use crate::pages::shown;
use crate::visit::Visit;
use crate::work::mappings;

/// Proposals that are decided at once, at most.
pub(crate) const MOST: u32 = 1_000;

/// Looks through both systems, and keeps what was found in place of what was found before.
pub(crate) async fn find(
    visit: &Visit,
    name: &MappingName,
    unit: &UnitName,
    role: &Role,
) -> Result<Gathered, WebError> {
    let standing = mappings::standing(visit, name).await?;
    let wish = LinkWish {
        mapping: name.clone(),
        text: standing.text().to_owned(),
        unit: unit.clone(),
        role: role.clone(),
    };
    let gathered = visit.web.office.propose_links(&wish).await?;
    let now = visit.web.clock.now();
    visit.web.desk.put_proposals(name, unit, role, &gathered.proposals, now).await?;
    let told = json!({ "records": gathered.records, "documents": gathered.documents, "proposals": gathered.proposals.len() });
    visit.record("mapping.links_find", &format!("mapping {name}, {unit}/{role}"), json!(null), told).await?;
    Ok(gathered)
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
