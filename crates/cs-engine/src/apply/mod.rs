//! Carries out a plan, step by step: intent, write, settle. VTiger's record comes first, since the documents build on what it
//! says. A step that fails blocks the steps that need its document; the others go on, so that a later run only has to do
//! what is missing.

mod documents;
mod record;
pub(crate) mod send;

use std::collections::{BTreeMap, BTreeSet};

use cs_domain::mapping::UnitMapping;
use cs_domain::plan::{Act, Plan};
use cs_domain::situation::Situation;
use cs_domain::wanted::wanted_document;
use cs_domain::{Failure, Intent, Link, LinkOrigin, LinkStanding, Record, RecordRef, Role, Shadow};
use cs_ports::{PeerError, Tie};

use crate::error::EngineError;
use crate::fresh::signatures;
use crate::run::RunContext;

/// How far a plan was carried out.
#[derive(Debug, Default)]
pub(crate) struct Applied {
    /// Steps that failed.
    pub(crate) failures: Vec<Failure>,
    /// A record moved since the decision, or what was written is not known to stand: decide anew.
    pub(crate) stale: bool,
    /// VTiger does not take what it should: decide anew without it, so that the documents get what they can.
    pub(crate) refused_by_vtiger: bool,
    /// Whether anything was written or linked.
    pub(crate) wrote: bool,
    /// The documents as they now are, each with the match keys it will be looked for by.
    pub(crate) written: Vec<(Record, Vec<String>)>,
    /// Documents that were other records' until now.
    pub(crate) taken: Vec<RecordRef>,
    /// The VTiger record as it now is.
    pub(crate) record: Option<Record>,
}

/// A plan under way.
struct Execution<'e, 'c> {
    context: &'e RunContext<'c>,
    unit: &'e UnitMapping,
    situation: &'e Situation,
    plan: &'e Plan,
    /// The VTiger record as it now is.
    record: Option<Record>,
    documents: BTreeMap<Role, RecordRef>,
    records: BTreeMap<Role, Record>,
    ties: BTreeMap<Role, Tie>,
    blocked: BTreeSet<Role>,
    applied: Applied,
}

/// Carries out a plan.
pub(crate) async fn apply(
    context: &RunContext<'_>,
    unit: &UnitMapping,
    situation: &Situation,
    plan: &Plan,
) -> Result<Applied, EngineError> {
    let mut execution = Execution {
        context,
        unit,
        situation,
        plan,
        record: situation.record.clone(),
        documents: BTreeMap::new(),
        records: BTreeMap::new(),
        ties: BTreeMap::new(),
        blocked: BTreeSet::new(),
        applied: Applied::default(),
    };
    execution.begin();
    execution.carry_out().await?;
    execution.applied.record = execution.record;
    Ok(execution.applied)
}

impl Execution<'_, '_> {
    /// What stands before the first step.
    fn begin(&mut self) {
        for (role, known) in &self.situation.counterparts {
            let Some((link, shadow)) = &known.tie else {
                continue;
            };
            let tie = Tie { link: link.clone(), shadow: shadow.clone() };
            self.documents.insert(role.clone(), link.document.clone());
            self.ties.insert(role.clone(), tie);
            if let Some(document) = &known.linked {
                self.records.insert(role.clone(), document.clone());
            }
        }
    }

    async fn carry_out(&mut self) -> Result<(), EngineError> {
        if let Some(step) = &self.plan.vtiger
            && !self.write_record(step).await?
        {
            return Ok(());
        }
        for step in &self.plan.steps {
            if !self.step(step).await? {
                return Ok(());
            }
        }
        self.remember_agreements().await?;
        self.tell_others();
        Ok(())
    }

    /// Nothing was written, since the record is not as it was: the unit is decided anew.
    async fn moved(&mut self, intent: &Intent) -> Result<(), EngineError> {
        self.context.drop_intent(intent).await?;
        self.applied.stale = true;
        Ok(())
    }

    /// Nothing was written, and nothing will be. What would go wrong with every unit ends the run; anything else is this
    /// unit's failure, at the place named.
    async fn refused(&mut self, intent: &Intent, error: PeerError, place: String) -> Result<(), EngineError> {
        self.context.drop_intent(intent).await?;
        if error.kind.stops_run() {
            return Err(error.into());
        }
        self.applied.failures.push(Failure { place: Some(place), ..error.failure() });
        Ok(())
    }

    /// The shadow that a role's next write builds on: what was agreed so far, and what the plan found agreed.
    fn shadow_so_far(&self, role: &Role) -> Shadow {
        let mut shadow = self.ties.get(role).map(|tie| tie.shadow.clone()).unwrap_or_default();
        if let Some(agreed) = self.plan.agreed.get(role) {
            shadow.fields.extend(agreed.clone());
        }
        shadow.vtiger = self.record.as_ref().map(|record| record.version.clone());
        shadow
    }

    fn new_link(&self, role: &Role, document: &RecordRef, origin: LinkOrigin) -> Link {
        Link {
            mapping: self.context.scope.mapping.name.clone(),
            unit: self.unit.name.clone(),
            subject: self.situation.subject.clone(),
            role: role.clone(),
            document: document.clone(),
            origin,
            standing: LinkStanding::Live,
        }
    }

    /// Moves the shadows of linked documents where something is newly agreed on without a write, or where the document was
    /// looked at in a state that is not known yet: seen again in it, it is no news.
    async fn remember_agreements(&mut self) -> Result<(), EngineError> {
        let mut moved = Vec::new();
        let standing = self.ties.iter().filter(|(role, tie)| {
            // What this plan wrote has its tie already; the plan's agreements are older than that.
            tie.link.standing == LinkStanding::Live && !self.written_now(role)
        });
        for (role, tie) in standing {
            let Some(document) = self.records.get(role) else { continue };
            let mut shadow = self.shadow_so_far(role);
            shadow.frappe = Some(document.version.clone());
            if shadow.fields != tie.shadow.fields || shadow.frappe != tie.shadow.frappe {
                moved.push(Tie { link: tie.link.clone(), shadow });
            }
        }
        self.context.remember(moved).await
    }

    /// Whether a step of this plan was about the role's document.
    fn written_now(&self, role: &Role) -> bool {
        self.plan.steps.iter().any(|step| step.role == *role && !matches!(step.act, Act::Link { .. }))
    }

    /// Leaves what was written for the records that come after in this batch.
    fn tell_others(&mut self) {
        let (Some(record), true) = (&self.record, self.applied.wrote) else {
            return;
        };
        let standing: BTreeMap<&Role, &Record> = self.records.iter().collect();
        for (role, document) in &self.records {
            let Some(mapping) = self.unit.document(role) else {
                continue;
            };
            let schema = self.context.scope.schemas.get(&mapping.doctype);
            let wanted = wanted_document(mapping, schema, record, self.situation).unwrap_or_default();
            self.applied.written.push((document.clone(), signatures(mapping, &wanted, &standing)));
        }
    }
}
