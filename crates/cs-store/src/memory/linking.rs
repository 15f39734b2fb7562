//! Proposals which record and document are one, in memory.

use std::cmp::Reverse;

use async_trait::async_trait;
use cs_domain::{DecidedPair, LinkDecision, MappingName, Proposal, RecordRef, Role, UnitName};
use cs_ports::{KeptProposal, LinkingStore, ProposalFilter, ProposalId, StoreError};
use jiff::Timestamp;

use super::{MemoryStore, at_most};
use crate::stamp;

#[derive(Debug, Default)]
pub(super) struct Proposals {
    last: ProposalId,
    kept: Vec<KeptProposal>,
}

impl Proposals {
    fn put(&mut self, mapping: &MappingName, found: &Proposal, now: Timestamp) {
        let same = |kept: &&mut KeptProposal| {
            let known = &kept.proposal;
            kept.mapping == *mapping
                && (&known.unit, &known.role) == (&found.unit, &found.role)
                && (&known.subject.id, &known.document.id) == (&found.subject.id, &found.document.id)
        };
        if let Some(kept) = self.kept.iter_mut().find(same) {
            kept.proposal.score = found.score;
            kept.proposal.reasons.clone_from(&found.reasons);
            return;
        }
        self.last += 1;
        let (id, mapping, proposal) = (self.last, mapping.clone(), found.clone());
        self.kept.push(KeptProposal { id, mapping, proposal, decision: None, who: None, at: now });
    }

    fn decide(&mut self, id: ProposalId, decision: Option<LinkDecision>, who: &str, now: Timestamp) {
        let Some(at) = self.kept.iter().position(|kept| kept.id == id) else { return };
        let Some(kept) = self.kept.get_mut(at) else { return };
        (kept.decision, kept.who, kept.at) = (decision, decision.map(|_| who.to_owned()), now);
        if decision != Some(LinkDecision::Accepted) {
            return;
        }
        let accepted = kept.clone();
        let others = self.kept.iter_mut().filter(|other| {
            let (one, two) = (&other.proposal, &accepted.proposal);
            other.id != id
                && other.decision == Some(LinkDecision::Accepted)
                && other.mapping == accepted.mapping
                && (&one.unit, &one.role, &one.subject.id) == (&two.unit, &two.role, &two.subject.id)
        });
        for other in others {
            (other.decision, other.who, other.at) = (None, None, now);
        }
    }

    fn filtered(&self, filter: &ProposalFilter) -> Vec<&KeptProposal> {
        let passes = |kept: &&KeptProposal| {
            kept.mapping == filter.mapping
                && filter.unit.as_ref().is_none_or(|unit| kept.proposal.unit == *unit)
                && filter.role.as_ref().is_none_or(|role| kept.proposal.role == *role)
                && filter.decision.is_none_or(|decision| kept.decision == decision)
                && kept.proposal.score >= filter.least_score
        };
        let mut found: Vec<&KeptProposal> = self.kept.iter().filter(passes).collect();
        found.sort_by_key(|kept| (Reverse(kept.proposal.score), kept.id));
        found
    }

    pub(super) fn decided(&self, mapping: &MappingName, subjects: &[RecordRef]) -> Vec<DecidedPair> {
        let of = |kept: &KeptProposal| {
            let decision = kept.decision?;
            let Proposal { unit, role, subject, document, .. } = kept.proposal.clone();
            let wanted = kept.mapping == *mapping && subjects.contains(&subject);
            wanted.then_some(DecidedPair { unit, role, subject, document, decision })
        };
        self.kept.iter().filter_map(of).collect()
    }
}

#[async_trait]
impl LinkingStore for MemoryStore {
    async fn put_proposals(
        &self,
        mapping: &MappingName,
        unit: &UnitName,
        role: &Role,
        found: &[Proposal],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let proposals = &mut self.lock().proposals;
        proposals.kept.retain(|kept| {
            let of_role = (&kept.proposal.unit, &kept.proposal.role) == (unit, role);
            kept.decision.is_some() || kept.mapping != *mapping || !of_role
        });
        for one in found {
            proposals.put(mapping, one, stamp::cut(now));
        }
        Ok(())
    }

    async fn proposals(
        &self,
        filter: &ProposalFilter,
        offset: u64,
        limit: u32,
    ) -> Result<Vec<KeptProposal>, StoreError> {
        let state = self.lock();
        let found = state.proposals.filtered(filter).into_iter();
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        Ok(found.skip(offset).take(at_most(limit)).cloned().collect())
    }

    async fn count_proposals(&self, filter: &ProposalFilter) -> Result<u64, StoreError> {
        Ok(self.lock().proposals.filtered(filter).len() as u64)
    }

    async fn decide_proposals(
        &self,
        ids: &[ProposalId],
        decision: Option<LinkDecision>,
        who: &str,
        now: Timestamp,
    ) -> Result<Vec<KeptProposal>, StoreError> {
        let proposals = &mut self.lock().proposals;
        for id in ids {
            proposals.decide(*id, decision, who, stamp::cut(now));
        }
        let decided = |id: &ProposalId| proposals.kept.iter().find(|kept| kept.id == *id).cloned();
        Ok(ids.iter().filter_map(decided).collect())
    }
}
