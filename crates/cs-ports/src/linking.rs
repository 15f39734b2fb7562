//! Proposals which record and which document are one and the same, and what people said of them.

use async_trait::async_trait;
use cs_domain::{LinkDecision, MappingName, Proposal, Role, UnitName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;

/// What names a proposal.
pub type ProposalId = i64;

/// A proposal as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptProposal {
    /// What names it.
    pub id: ProposalId,
    /// The mapping.
    pub mapping: MappingName,
    /// The pair, with why.
    #[serde(flatten)]
    pub proposal: Proposal,
    /// What a person said of it; `None`: nothing yet.
    pub decision: Option<LinkDecision>,
    /// Who said it.
    pub who: Option<String>,
    /// When it was found, or when it was decided.
    pub at: Timestamp,
}

/// Which proposals are asked for; what is not named does not narrow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposalFilter {
    /// Of this mapping.
    pub mapping: MappingName,
    /// Of this unit.
    pub unit: Option<UnitName>,
    /// For this role.
    pub role: Option<Role>,
    /// With this decision; `Some(None)`: those that nobody has decided.
    pub decision: Option<Option<LinkDecision>>,
    /// Scored no less.
    pub least_score: u32,
}

impl ProposalFilter {
    /// Every proposal of a mapping.
    pub fn of(mapping: MappingName) -> Self {
        Self { mapping, unit: None, role: None, decision: None, least_score: 0 }
    }
}

/// Remembers proposals. Every call is one transaction.
#[async_trait]
pub trait LinkingStore: Send + Sync {
    /// Keeps what was found for a unit's role in place of what was found before; what people decided stays, with the pair.
    async fn put_proposals(
        &self,
        mapping: &MappingName,
        unit: &UnitName,
        role: &Role,
        found: &[Proposal],
        now: Timestamp,
    ) -> Result<(), StoreError>;
    /// Proposals, the best first.
    async fn proposals(
        &self,
        filter: &ProposalFilter,
        offset: u64,
        limit: u32,
    ) -> Result<Vec<KeptProposal>, StoreError>;
    /// How many there are.
    async fn count_proposals(&self, filter: &ProposalFilter) -> Result<u64, StoreError>;
    /// Notes what a person says of proposals; `None` takes back what was said. A record has one document a role: where one is
    /// accepted, another that was is no longer decided. Answers those that there were, as they are then.
    async fn decide_proposals(
        &self,
        ids: &[ProposalId],
        decision: Option<LinkDecision>,
        who: &str,
        now: Timestamp,
    ) -> Result<Vec<KeptProposal>, StoreError>;
}
