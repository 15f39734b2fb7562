//! Writes and links the documents of a unit.

use cs_domain::plan::{Act, Change, Step};
use cs_domain::{
    Action, Agreed, Event, FieldName, Fields, Intent, LinkOrigin, Record, RecordRef, Role, System, Version,
};
use cs_ports::{Tie, UnitKey, Written};

use crate::apply::Execution;
use crate::apply::send::send;
use crate::error::EngineError;
use crate::pull;
use crate::sending::Sent;

impl Execution<'_, '_> {
    /// Carries out one step; answers whether the plan still holds.
    pub(super) async fn step(&mut self, step: &Step) -> Result<bool, EngineError> {
        let Some(possible) = self.possible(step) else {
            self.block(step);
            return Ok(true);
        };
        let step = &possible;
        match &step.act {
            Act::Link { target, version, origin } => {
                self.link(step, target, version, *origin).await?;
                return Ok(true);
            }
            Act::Unlink { .. } => {
                self.unlink(&step.role, None).await?;
                return Ok(true);
            }
            Act::Finish if !self.refresh(step).await? => {
                self.applied.stale = true;
                return Ok(false);
            }
            Act::Finish => {}
            Act::Create { .. } | Act::Update { .. } | Act::Amend { .. } | Act::Delete { .. } => {}
        }
        let Some(action) = self.action(step) else {
            self.block(step);
            return Ok(true);
        };
        let subject = &self.situation.subject;
        let intent = self.context.record_intent(self.unit, subject, Some(&step.role), action).await?;
        let wanted = self.context.scope.fields_of(&step.doctype);
        match send(self.context, self.unit, &intent, &wanted).await? {
            Sent::Held(written) => self.held(step, &intent, written).await?,
            Sent::Gone => self.unlink(&step.role, Some(&intent)).await?,
            Sent::Moved => {
                self.moved(&intent).await?;
                return Ok(false);
            }
            Sent::Refused(error) => {
                self.refused(&intent, error, step.role.to_string()).await?;
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
            _ => whole || !possible.changes.is_empty(),
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
        let state = || self.records.get(&step.role).map(|document| document.version.clone());
        Some(match &step.act {
            Act::Create { key } => Action::Create {
                system: System::Frappe,
                kind: step.doctype.clone(),
                fields,
                key: key.clone(),
            },
            // An earlier step may have moved the document since the plan was made.
            Act::Update { target, .. } => {
                Action::Update { target: target.clone(), changes: fields, expected: state()?, before }
            }
            Act::Finish => {
                let target = self.documents.get(&step.role)?.clone();
                Action::Update { target, changes: fields, expected: state()?, before }
            }
            Act::Amend { target, .. } => {
                Action::Amend { target: target.clone(), changes: fields, expected: state()?, before }
            }
            Act::Delete { target, .. } => {
                let before = self.records.get(&step.role)?.fields.clone();
                Action::Delete { target: target.clone(), expected: state()?, before }
            }
            Act::Link { .. } | Act::Unlink { .. } => return None,
        })
    }

    async fn held(&mut self, step: &Step, intent: &Intent, written: Written) -> Result<(), EngineError> {
        let Written { record: document, untouched } = written;
        let origin = self.ties.get(&step.role).map_or(LinkOrigin::Created, |tie| tie.link.origin);
        let mut shadow = self.shadow_so_far(&step.role);
        if matches!(step.act, Act::Create { .. }) {
            // A document that takes the place of a deleted one never held what that one held.
            shadow.fields = self.plan.agreed.get(&step.role).cloned().unwrap_or_default();
        }
        if let Some(sent) = intent.action.written() {
            shadow.take_in(sent, &document, untouched);
        }
        let tie = Tie { link: self.new_link(&step.role, &document.reference, origin), shadow };
        let mut moved = vec![tie.clone()];
        if matches!(step.act, Act::Create { .. }) {
            let outlived = self.outlived(&step.role, &document.reference).await?;
            self.note_taken(&document.reference, &outlived);
            moved.extend(outlived);
        }
        let left = self.left_for(&step.role, Some(&document.reference));
        self.wake_sharers(left.as_ref()).await?;
        self.context.settle(intent, moved).await?;
        self.wake_sharers(left.as_ref()).await?;
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
    /// (facts/FRAPPE.md, trap 10), which is nobody's edit. Answers whether it still holds what was agreed; where it does not,
    /// somebody was quicker.
    async fn refresh(&mut self, step: &Step) -> Result<bool, EngineError> {
        let Some(reference) = self.documents.get(&step.role).cloned() else {
            return Ok(true);
        };
        let wanted = self.context.scope.fields_of(&step.doctype);
        let ids = [reference.id.clone()];
        let context = self.context;
        let read = context
            .scope
            .patiently(|| context.scope.engine.frappe.read(&reference.kind, &ids, &wanted))
            .await?;
        let Some(document) = read.into_iter().next() else { return Ok(false) };
        let agreed = self.ties.get(&step.role).map(|tie| &tie.shadow.fields);
        let still = |(field, agreed): (&FieldName, &Agreed)| document.get(field) == Some(&agreed.frappe);
        let stands = agreed.is_none_or(|fields| fields.iter().all(still));
        self.records.insert(step.role.clone(), document);
        Ok(stands)
    }

    pub(super) async fn link(
        &mut self,
        step: &Step,
        target: &RecordRef,
        version: &Version,
        origin: LinkOrigin,
    ) -> Result<(), EngineError> {
        let mut shadow = self.shadow_so_far(&step.role);
        shadow.frappe = Some(version.clone());
        let tie = Tie { link: self.new_link(&step.role, target, origin), shadow };
        let before = self.holders_of(&step.role, target).await?;
        self.note_taken(target, &before);
        let left = self.left_for(&step.role, Some(target));
        self.wake_sharers(left.as_ref()).await?;
        self.context.take_over(tie.clone(), before).await?;
        self.wake_sharers(left.as_ref()).await?;
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

    /// The ties of other records to a document that only one may have: records that are gone, or from which a person took it.
    async fn holders_of(&self, role: &Role, target: &RecordRef) -> Result<Vec<Tie>, EngineError> {
        if self.unit.document(role).is_none_or(|mapping| mapping.shared) {
            return Ok(Vec::new());
        }
        let store = &self.context.scope.engine.store;
        let ties = store.ties_to(&self.context.scope.mapping.name, std::slice::from_ref(target)).await?;
        Ok(ties.into_iter().filter(|tie| tie.link.subject != self.situation.subject).collect())
    }

    /// Units that were read before still have the document; they are to be read again.
    fn note_taken(&mut self, document: &RecordRef, from: &[Tie]) {
        if !from.is_empty() {
            self.applied.taken.push(document.clone());
        }
    }

    /// Ties that other records have to the name of a document that is new: theirs is gone, and its name was given again
    /// (facts/FRAPPE.md, trap 6).
    async fn outlived(&self, role: &Role, target: &RecordRef) -> Result<Vec<Tie>, EngineError> {
        Ok(self.holders_of(role, target).await?.into_iter().map(Tie::given_up).collect())
    }

    /// Gives up a role's link; `intent`: its document was deleted just now.
    async fn unlink(&mut self, role: &Role, intent: Option<&Intent>) -> Result<(), EngineError> {
        let Some(tie) = self.ties.get(role).cloned().map(Tie::given_up) else { return Ok(()) };
        let left = self.left_for(role, None);
        self.wake_sharers(left.as_ref()).await?;
        match intent {
            Some(intent) => self.context.settle(intent, vec![tie.clone()]).await?,
            None => self.context.remember(vec![tie.clone()]).await?,
        }
        self.wake_sharers(left.as_ref()).await?;
        let (subject, document) = (self.situation.subject.clone(), tie.link.document.clone());
        self.ties.insert(role.clone(), tie);
        self.applied.wrote = true;
        self.context.scope.reporter.tell(Event::GivenUp { subject, role: role.clone(), document });
        Ok(())
    }

    /// The document that others may share and that a role leaves: for another one, or for none.
    fn left_for(&self, role: &Role, other: Option<&RecordRef>) -> Option<RecordRef> {
        self.unit.document(role).filter(|mapping| mapping.shared)?;
        let document = &self.ties.get(role)?.link.document;
        (Some(document) != other).then(|| document.clone())
    }

    /// Has other records of a document looked at again: what this one said kept them from saying theirs. Before and after it
    /// is left: whoever dies in between has them looked at by the run that finds out what became of it.
    async fn wake_sharers(&self, document: Option<&RecordRef>) -> Result<(), EngineError> {
        let Some(document) = document else { return Ok(()) };
        let scope = &self.context.scope;
        let store = &scope.engine.store;
        let links = store.linked_by(&scope.mapping.name, std::slice::from_ref(document)).await?;
        let others = links.into_iter().filter(|link| link.subject != self.situation.subject);
        let keys: Vec<UnitKey> = others.map(|link| pull::unit_key(scope, &link.unit, link.subject)).collect();
        if !keys.is_empty() {
            store.hint(&keys).await?;
        }
        Ok(())
    }
}
