//! Writes the VTiger record of a unit.

use std::collections::BTreeMap;

use cs_domain::decide::CreatedRecord;
use cs_domain::plan::{Act, Change, VtigerStep};
use cs_domain::{
    Action, Agreed, Event, FieldName, Fields, Intent, LinkStanding, RecordRef, Role, System, Value,
};
use cs_ports::{FieldRequest, Guard, Tie, Written};

use crate::apply::Execution;
use crate::apply::send::send;
use crate::error::EngineError;
use crate::sending::Sent;
use crate::{newcomers, pull};

impl Execution<'_, '_> {
    /// Carries out what VTiger's record gets; answers whether the documents may follow.
    pub(super) async fn write_record(&mut self, step: &VtigerStep) -> Result<bool, EngineError> {
        let (role, action) = self.record_action(step);
        let intent = self.context.record_intent(self.unit, &self.situation.subject, role, action).await?;
        let wanted = self.context.scope.vtiger_fields_with_author.clone();
        match send(self.context, self.unit, &intent, &wanted).await? {
            Sent::Held(written) => match step {
                VtigerStep::Create { role, document, .. } => {
                    self.created(&intent, role, document, written).await
                }
                VtigerStep::Revise { .. } | VtigerStep::Delete { .. } => self.revised(&intent, written).await,
            },
            Sent::Gone => {
                self.context.settle(&intent, Vec::new()).await?;
                self.recorded(&intent);
                // What becomes of its documents is for the policy of each.
                self.applied.stale = true;
                Ok(false)
            }
            Sent::Moved => {
                self.moved(&intent).await?;
                Ok(false)
            }
            Sent::Refused(error) => {
                self.refused(&intent, error, self.unit.module.to_string()).await?;
                self.applied.refused_by_vtiger = true;
                Ok(false)
            }
        }
    }

    /// What the record held of the mapped fields; those of which the connector shows a part only cannot be compared.
    fn held_in_full(&self) -> Fields {
        let whole = self.context.scope.vtiger_fields.0.iter().filter(|field| field.guard == Guard::None);
        let held = |field: &FieldRequest| {
            let value = self.record.as_ref()?.get(&field.name)?;
            Some((field.name.clone(), value.clone()))
        };
        whole.filter_map(held).collect()
    }

    fn record_action<'s>(&self, step: &'s VtigerStep) -> (Option<&'s Role>, Action) {
        match step {
            VtigerStep::Revise { target, expected, changes } => (
                None,
                Action::Update {
                    target: target.clone(),
                    changes: after(changes),
                    expected: expected.clone(),
                    before: before(changes),
                },
            ),
            VtigerStep::Create { module, key, role, changes, .. } => (
                Some(role),
                Action::Create {
                    system: System::Vtiger,
                    kind: module.clone(),
                    fields: after(changes),
                    key: key.clone(),
                },
            ),
            VtigerStep::Delete { target, expected } => (
                None,
                Action::Delete {
                    target: target.clone(),
                    expected: expected.clone(),
                    before: self.held_in_full(),
                },
            ),
        }
    }

    /// Where VTiger says what it was told, the shadows of all documents move to it. Where it says something else, it may have
    /// cut the value or somebody was quicker: then nothing is agreed on, and both values are there for the next decision,
    /// even where VTiger shows what it showed before the write. What it was not told and says anew is for the next decision,
    /// too.
    async fn revised(&mut self, intent: &Intent, written: Written) -> Result<bool, EngineError> {
        let sent = intent.action.written().cloned().unwrap_or_default();
        let expected = |field: &FieldName| {
            sent.get(field).or_else(|| self.record.as_ref().and_then(|record| record.get(field)))
        };
        let mut mapped = self.context.scope.vtiger_fields.names().chain(sent.keys());
        let stands = mapped.all(|field| written.record.get(field) == expected(field));
        let kept = sent.iter().all(|(field, value)| written.record.get(field) == Some(value));
        self.record = Some(written.record);
        let moved = if kept { self.agreed_ties() } else { self.acknowledged_ties() };
        self.context.settle(intent, moved.values().cloned().collect()).await?;
        self.ties.extend(moved);
        self.recorded(intent);
        if !kept {
            self.link_what_agreed().await?;
        }
        self.applied.stale = !stands;
        Ok(stands)
    }

    /// The ties of documents that are there, with what the plan found agreed.
    fn agreed_ties(&self) -> BTreeMap<Role, Tie> {
        let live = self.ties.iter().filter(|(role, tie)| {
            tie.link.standing == LinkStanding::Live && self.plan.agreed.contains_key(*role)
        });
        live.map(|(role, tie)| {
            (role.clone(), Tie { link: tie.link.clone(), shadow: self.shadow_so_far(role) })
        })
        .collect()
    }

    /// The ties of documents that are there, with what VTiger held after a write that it took and does not show any more: what
    /// it shows now counts against that, and what Frappe shows against what was agreed before.
    fn acknowledged_ties(&self) -> BTreeMap<Role, Tie> {
        let mut moved = BTreeMap::new();
        for (role, tie) in self.ties.iter().filter(|(_, tie)| tie.link.standing == LinkStanding::Live) {
            let mut tie = tie.clone();
            for (field, agreed) in self.plan.agreed.get(role).into_iter().flatten() {
                // Where nothing was agreed before, Frappe's value is still to be said against VTiger's, which is none any more.
                let nothing = || Agreed { vtiger: Value::Empty, frappe: Value::Empty };
                let base = tie.shadow.fields.entry(field.clone()).or_insert_with(nothing);
                base.vtiger.clone_from(&agreed.vtiger);
            }
            moved.insert(role.clone(), tie);
        }
        moved
    }

    /// Links the documents that the record was to be linked to. Both held what was written, if only for a moment: what VTiger
    /// says since is said against that, which a first contact would not know.
    async fn link_what_agreed(&mut self) -> Result<(), EngineError> {
        for step in &self.plan.steps {
            if let Act::Link { target, version, origin } = &step.act {
                self.link(step, target, version, *origin).await?;
            }
        }
        Ok(())
    }

    async fn created(
        &mut self,
        intent: &Intent,
        role: &Role,
        document: &RecordRef,
        written: Written,
    ) -> Result<bool, EngineError> {
        let mut ties = Vec::new();
        if let (Some(mapping), Some(sent), Some(document)) =
            (self.unit.document(role), intent.action.written(), &self.situation.newcomer)
        {
            let scope = &self.context.scope;
            let schema = scope.schemas.get(&mapping.doctype);
            let Written { ref record, untouched } = written;
            let created = CreatedRecord { mapping, schema, sent, record, untouched };
            ties.push(newcomers::tie_of(scope, self.unit, &created, document, self.situation));
        }
        pull::stage_created(self.context, self.unit, &written.record.reference).await?;
        self.context.settle(intent, ties).await?;
        self.applied.wrote = true;
        let subject = written.record.reference.clone();
        let verb = intent.action.verb().to_owned();
        self.context.scope.reporter.tell(Event::Recorded { subject: subject.clone(), verb });
        let (role, document) = (role.clone(), document.clone());
        self.context.scope.reporter.tell(Event::Adopted { subject, role, document });
        Ok(false)
    }

    fn recorded(&mut self, intent: &Intent) {
        self.applied.wrote = true;
        let (subject, verb) = (self.situation.subject.clone(), intent.action.verb().to_owned());
        self.context.scope.reporter.tell(Event::Recorded { subject, verb });
    }
}

fn after(changes: &[Change]) -> Fields {
    let nobody = BTreeMap::new();
    changes.iter().filter_map(|change| Some((change.field.clone(), change.after.resolve(&nobody)?))).collect()
}

/// What the fields held; one that was not there held nothing.
fn before(changes: &[Change]) -> Fields {
    let held = |change: &Change| change.before.clone().unwrap_or(Value::Empty);
    changes.iter().map(|change| (change.field.clone(), held(change))).collect()
}
