//! Writes down what is about to be written, and how it ended.

use std::sync::atomic::Ordering;

use cs_domain::mapping::UnitMapping;
use cs_domain::{Action, Intent, IntentId, IntentState, RecordRef, Role};
use cs_ports::{Settlement, Tie, TieChange, UnitKey};

use crate::error::EngineError;
use crate::pull::unit_key;
use crate::run::RunContext;

impl RunContext<'_> {
    /// Renews the lease where a good part of it is used up.
    pub(crate) async fn keep_lease(&self) -> Result<(), EngineError> {
        let engine = self.scope.engine;
        Ok(self.tenure.keep(engine.store.as_ref(), &self.lease, engine.clock.as_ref()).await?)
    }

    /// Makes an intent durable; only then may it be sent.
    pub(crate) async fn record_intent(
        &self,
        unit: &UnitMapping,
        subject: &RecordRef,
        role: Option<&Role>,
        action: Action,
    ) -> Result<Intent, EngineError> {
        let number = self.intents.fetch_add(1, Ordering::Relaxed);
        let intent = Intent {
            id: IntentId(format!("{}-{number:07}", self.run)),
            run: self.run.clone(),
            mapping: self.scope.mapping.name.clone(),
            unit: unit.name.clone(),
            subject: subject.clone(),
            role: role.cloned(),
            action,
        };
        self.scope.engine.store.record_intents(&self.lease, std::slice::from_ref(&intent)).await?;
        Ok(intent)
    }

    /// Closes an intent that took: the peer holds it, and links and shadows say so in the same transaction.
    pub(crate) async fn settle(&self, intent: &Intent, ties: Vec<Tie>) -> Result<(), EngineError> {
        self.close(Some(intent), IntentState::Settled, ties).await
    }

    /// Closes an intent that did not take.
    pub(crate) async fn drop_intent(&self, intent: &Intent) -> Result<(), EngineError> {
        self.close(Some(intent), IntentState::Dropped, Vec::new()).await
    }

    /// Moves links and shadows for which nothing had to be written.
    pub(crate) async fn remember(&self, ties: Vec<Tie>) -> Result<(), EngineError> {
        if ties.is_empty() { Ok(()) } else { self.close(None, IntentState::Settled, ties).await }
    }

    /// Links a document, and takes it from the records that had it.
    pub(crate) async fn take_over(&self, tie: Tie, from: Vec<Tie>) -> Result<(), EngineError> {
        let forget = |tie: Tie| TieChange::Forget { subject: tie.link.subject, role: tie.link.role };
        let keys: Vec<UnitKey> =
            from.iter().map(|tie| unit_key(&self.scope, &tie.link.unit, tie.link.subject.clone())).collect();
        let ties = from.into_iter().map(forget).chain([TieChange::Set(tie)]).collect();
        let settlement = Settlement { intent: None, state: IntentState::Settled, ties };
        let store = &self.scope.engine.store;
        store.settle(&self.lease, &self.scope.mapping.name, &[settlement]).await?;
        // Those records need another document.
        store.hint(&keys).await?;
        Ok(())
    }

    async fn close(
        &self,
        intent: Option<&Intent>,
        state: IntentState,
        ties: Vec<Tie>,
    ) -> Result<(), EngineError> {
        let settlement = Settlement {
            intent: intent.map(|intent| intent.id.clone()),
            state,
            ties: ties.into_iter().map(TieChange::Set).collect(),
        };
        let store = &self.scope.engine.store;
        Ok(store.settle(&self.lease, &self.scope.mapping.name, &[settlement]).await?)
    }
}
