//! Writes down what is about to be written, and how it ended.

use cs_domain::RecordRef;
use cs_domain::mapping::UnitMapping;
use std::sync::atomic::Ordering;

use cs_domain::{Action, Intent, IntentId, IntentState, Role};
use cs_ports::{Settlement, Tie};

use crate::error::EngineError;
use crate::run::RunContext;

impl RunContext<'_> {
    /// Makes an intent durable; only then may it be sent.
    pub(crate) async fn record_intent(
        &self,
        unit: &UnitMapping,
        subject: &RecordRef,
        role: &Role,
        action: Action,
    ) -> Result<Intent, EngineError> {
        let number = self.intents.fetch_add(1, Ordering::Relaxed);
        let intent = Intent {
            id: IntentId(format!("{}-{number:07}", self.run)),
            run: self.run.clone(),
            mapping: self.scope.mapping.name.clone(),
            unit: unit.name.clone(),
            subject: subject.clone(),
            role: role.clone(),
            action,
        };
        self.scope.engine.store.record_intents(&self.lease, std::slice::from_ref(&intent)).await?;
        Ok(intent)
    }

    /// Closes an intent that took: the peer holds it, and link and shadow say so in the same transaction.
    pub(crate) async fn settle(&self, intent: Option<&Intent>, tie: Tie) -> Result<(), EngineError> {
        let settlement = Settlement {
            intent: intent.map(|intent| intent.id.clone()),
            state: IntentState::Settled,
            tie: Some(tie),
        };
        Ok(self.scope.engine.store.settle(&self.lease, &settlement).await?)
    }

    /// Closes an intent that did not take.
    pub(crate) async fn drop_intent(&self, intent: &Intent) -> Result<(), EngineError> {
        let settlement =
            Settlement { intent: Some(intent.id.clone()), state: IntentState::Dropped, tie: None };
        Ok(self.scope.engine.store.settle(&self.lease, &settlement).await?)
    }
}
