//! Carries out a plan, step by step: intent, write, settle. A step that fails blocks the steps that need its document;
//! the others go on, so that a later run only has to do what is missing.

use std::collections::{BTreeMap, BTreeSet};

use cs_domain::mapping::UnitMapping;
use cs_domain::plan::{Act, Change, Plan, Step};
use cs_domain::situation::Situation;
use cs_domain::wanted::wanted_document;
use cs_domain::{
    Action, Agreed, Event, Failure, Fields, Intent, Link, LinkOrigin, Record, RecordRef, Role, Shadow,
    System, Value, Version,
};
use cs_ports::{FieldRequests, PeerError, Tie, WriteOutcome};

use crate::error::EngineError;
use crate::fresh::signatures;
use crate::recover::{Held, look_for};
use crate::run::RunContext;

/// How far a plan was carried out.
#[derive(Debug, Default)]
pub(crate) struct Applied {
    /// Steps that failed.
    pub(crate) failures: Vec<Failure>,
    /// A record moved since the decision: decide anew.
    pub(crate) stale: bool,
    /// Whether a document was written or linked.
    pub(crate) wrote: bool,
    /// The documents as they now are, each with the match keys it will be looked for by.
    pub(crate) written: Vec<(Record, Vec<String>)>,
}

/// What became of one write.
enum Sent {
    Held(Record),
    Moved,
    Refused(PeerError),
}

struct Execution<'e, 'c> {
    context: &'e RunContext<'c>,
    unit: &'e UnitMapping,
    situation: &'e Situation,
    plan: &'e Plan,
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
        documents: BTreeMap::new(),
        records: BTreeMap::new(),
        ties: BTreeMap::new(),
        blocked: BTreeSet::new(),
        applied: Applied::default(),
    };
    execution.begin();
    for step in &plan.steps {
        if !execution.step(step).await? {
            break;
        }
    }
    execution.remember_agreements().await?;
    execution.tell_others();
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

    /// Carries out one step; answers whether the plan still holds.
    async fn step(&mut self, step: &Step) -> Result<bool, EngineError> {
        let Some(possible) = self.possible(step) else {
            self.block(step);
            return Ok(true);
        };
        let step = &possible;
        if let Act::Link { target, version, origin } = &step.act {
            self.link(step, target, version, *origin).await?;
            return Ok(true);
        }
        if matches!(step.act, Act::Finish) {
            self.refresh(step).await?;
        }
        let Some(action) = self.action(step) else {
            self.block(step);
            return Ok(true);
        };
        let subject = &self.situation.subject;
        let intent = self.context.record_intent(self.unit, subject, &step.role, action).await?;
        let wanted = self.context.scope.frappe_fields.get(&step.doctype).cloned().unwrap_or_default();
        match self.send(&intent, &wanted).await? {
            Sent::Held(document) => self.held(step, &intent, document).await?,
            Sent::Moved => {
                self.context.drop_intent(&intent).await?;
                self.applied.stale = true;
                return Ok(false);
            }
            Sent::Refused(error) => {
                self.context.drop_intent(&intent).await?;
                if error.kind.stops_run() {
                    return Err(error.into());
                }
                let mut failure = error.failure();
                failure.place = Some(step.role.to_string());
                self.applied.failures.push(failure);
                self.block(step);
            }
        }
        Ok(true)
    }

    /// What of a step can be carried out, if anything. A new document waits for everything it leads to; one that is there
    /// takes every change but those that lead to a document that is not.
    fn possible(&self, step: &Step) -> Option<Step> {
        let leads_nowhere =
            |change: &Change| change.after.needs().into_iter().any(|role| self.blocked.contains(role));
        let mut possible = step.clone();
        possible.changes.retain(|change| !leads_nowhere(change));
        let whole = possible.changes.len() == step.changes.len();
        let worth_doing = match step.act {
            Act::Create { .. } => whole,
            Act::Update { .. } | Act::Finish | Act::Link { .. } => whole || !possible.changes.is_empty(),
        };
        (worth_doing && !self.blocked.contains(&step.role)).then_some(possible)
    }

    /// A document that is not created blocks what needs it; a document that is there goes on being there.
    fn block(&mut self, step: &Step) {
        if matches!(step.act, Act::Create { .. }) {
            self.blocked.insert(step.role.clone());
        }
    }

    fn action(&self, step: &Step) -> Option<Action> {
        let fields: Fields = step
            .changes
            .iter()
            .map(|change| Some((change.field.clone(), change.after.resolve(&self.documents)?)))
            .collect::<Option<_>>()?;
        let before = step.changes.iter().filter_map(|c| Some((c.field.clone(), c.before.clone()?))).collect();
        Some(match &step.act {
            Act::Create { key } => Action::Create {
                system: System::Frappe,
                kind: step.doctype.clone(),
                fields,
                key: key.clone(),
            },
            Act::Update { target, .. } => Action::Update {
                target: target.clone(),
                changes: fields,
                expected: self.records.get(&step.role)?.version.clone(),
                before,
            },
            Act::Finish => Action::Update {
                target: self.documents.get(&step.role)?.clone(),
                changes: fields,
                expected: self.records.get(&step.role)?.version.clone(),
                before,
            },
            Act::Link { .. } => return None,
        })
    }

    /// Sends a write until it is known to be done or not done.
    async fn send(&self, intent: &Intent, wanted: &FieldRequests) -> Result<Sent, EngineError> {
        let mut failed = 0;
        loop {
            let error = match write(self.context, &intent.action, wanted).await {
                WriteOutcome::Applied(document) => return Ok(Sent::Held(document)),
                WriteOutcome::Stale => return Ok(Sent::Moved),
                WriteOutcome::Rejected(error) if error.kind == cs_ports::ErrorKind::Exists => {
                    return Ok(Sent::Moved);
                }
                WriteOutcome::Rejected(error) => error,
                WriteOutcome::Unknown(error) => {
                    match look_for(self.context, self.unit, intent, wanted).await? {
                        Held::Yes(document) => return Ok(Sent::Held(document)),
                        Held::No => error,
                    }
                }
            };
            failed += 1;
            if !self.context.scope.wait_before_retry(failed, &error).await {
                return Ok(Sent::Refused(error));
            }
        }
    }

    async fn held(&mut self, step: &Step, intent: &Intent, document: Record) -> Result<(), EngineError> {
        let tie = self.tie_after(step, &intent.action, &document);
        self.context.settle(Some(intent), tie.clone()).await?;
        self.ties.insert(step.role.clone(), tie);
        self.applied.wrote = true;
        self.context.scope.reporter.tell(Event::Written {
            subject: self.situation.subject.clone(),
            role: step.role.clone(),
            document: document.reference.clone(),
            verb: intent.action.verb().to_owned(),
        });
        self.stand(&step.role, document);
        Ok(())
    }

    /// The role's document as it now is.
    fn stand(&mut self, role: &Role, document: Record) {
        self.documents.insert(role.clone(), document.reference.clone());
        self.records.insert(role.clone(), document);
    }

    /// Reads a document again that was just created: saving an Address moves its Customer's version
    /// (facts/FRAPPE.md, trap 10), which is nobody's edit.
    async fn refresh(&mut self, step: &Step) -> Result<(), EngineError> {
        let Some(reference) = self.documents.get(&step.role).cloned() else {
            return Ok(());
        };
        let wanted = self.context.scope.frappe_fields.get(&step.doctype).cloned().unwrap_or_default();
        let ids = [reference.id.clone()];
        let context = self.context;
        let read = context
            .scope
            .patiently(|| context.scope.engine.frappe.read(&reference.kind, &ids, &wanted))
            .await?;
        if let Some(document) = read.into_iter().next() {
            self.records.insert(step.role.clone(), document);
        }
        Ok(())
    }

    fn tie_after(&self, step: &Step, action: &Action, document: &Record) -> Tie {
        let origin = self.ties.get(&step.role).map_or(LinkOrigin::Created, |tie| tie.link.origin);
        let mut shadow = self.shadow_so_far(&step.role);
        let written = match action {
            Action::Create { fields, .. } => fields,
            Action::Update { changes, .. } => changes,
        };
        for (field, value) in written.iter().filter(|(_, value)| !matches!(value, Value::Rows(_))) {
            let frappe = document.get(field).unwrap_or(value).clone();
            shadow.fields.insert(field.clone(), Agreed { vtiger: value.clone(), frappe });
        }
        shadow.frappe = Some(document.version.clone());
        Tie { link: self.new_link(&step.role, &document.reference, origin), shadow }
    }

    fn shadow_so_far(&self, role: &Role) -> Shadow {
        let mut shadow = self.ties.get(role).map(|tie| tie.shadow.clone()).unwrap_or_default();
        if let Some(agreed) = self.plan.agreed.get(role) {
            shadow.fields.extend(agreed.clone());
        }
        shadow.vtiger = self.situation.record.as_ref().map(|record| record.version.clone());
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
        }
    }

    async fn link(
        &mut self,
        step: &Step,
        target: &RecordRef,
        version: &Version,
        origin: LinkOrigin,
    ) -> Result<(), EngineError> {
        let mut shadow = self.shadow_so_far(&step.role);
        shadow.frappe = Some(version.clone());
        let tie = Tie { link: self.new_link(&step.role, target, origin), shadow };
        self.context.settle(None, tie.clone()).await?;
        let known =
            self.situation.counterparts.get(&step.role).into_iter().flat_map(|known| &known.candidates);
        if let Some(candidate) =
            known.map(|candidate| &candidate.document).find(|found| found.reference == *target)
        {
            self.stand(&step.role, candidate.clone());
        }
        self.ties.insert(step.role.clone(), tie);
        self.applied.wrote = true;
        self.context.scope.reporter.tell(Event::Adopted {
            subject: self.situation.subject.clone(),
            role: step.role.clone(),
            document: target.clone(),
        });
        Ok(())
    }

    /// Moves the shadows of linked documents where something is newly agreed on without a write.
    async fn remember_agreements(&mut self) -> Result<(), EngineError> {
        if self.applied.stale {
            return Ok(());
        }
        for (role, tie) in &self.ties {
            let mut shadow = self.shadow_so_far(role);
            if shadow.fields == tie.shadow.fields {
                continue;
            }
            shadow.frappe = self.records.get(role).map(|document| document.version.clone());
            self.context.settle(None, Tie { link: tie.link.clone(), shadow }).await?;
        }
        Ok(())
    }

    /// Leaves what was written for the records that come after in this batch.
    fn tell_others(&mut self) {
        let (Some(record), true) = (&self.situation.record, self.applied.wrote) else {
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

async fn write(context: &RunContext<'_>, action: &Action, wanted: &FieldRequests) -> WriteOutcome {
    let writer = match action.system() {
        System::Frappe => &context.scope.engine.frappe,
        System::Vtiger => &context.scope.engine.vtiger,
    };
    match action {
        Action::Create { kind, fields, key, .. } => writer.create(kind, fields, key, wanted).await,
        Action::Update { target, changes, expected, .. } => {
            writer.update(target, changes, expected, wanted).await
        }
    }
}
