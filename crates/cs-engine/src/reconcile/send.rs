//! Sends one change of an order through the journal, until it is known to be done or not done.

use std::sync::atomic::{AtomicU64, Ordering};

use cs_domain::identity::agreeing;
use cs_domain::{
    Action, Fields, Intent, IntentId, IntentState, MappingName, Record, RecordId, RecordRef, RunId, UnitName,
};
use cs_ports::{
    ErrorKind, Expected, FieldRequests, Peer, PeerError, Settlement, StoreError, WriteOutcome, Written,
};

use super::ledger::Voyage;
use crate::error::EngineError;
use crate::retry::Patience;
use crate::sending::{Sent, Tried};

/// Writes to the CRM's orders on behalf of one run.
pub(super) struct Scribe<'s> {
    pub(super) vtiger: &'s dyn Peer,
    pub(super) patience: Patience<'s>,
    pub(super) voyage: &'s Voyage<'s>,
    pub(super) mapping: MappingName,
    pub(super) run: RunId,
    pub(super) numbers: AtomicU64,
}

/// One change of one order.
pub(super) struct Change<'c> {
    /// The order, as it was read right before.
    pub(super) record: &'c Record,
    /// What is to be written.
    pub(super) changes: Fields,
    /// What the order must still hold.
    pub(super) before: Fields,
    /// The broker's code.
    pub(super) broker: &'c str,
    /// What is to be read back.
    pub(super) wanted: &'c FieldRequests,
}

impl Scribe<'_> {
    /// Makes the change durable in the journal, sends it, and closes it there.
    pub(super) async fn write(&self, change: Change<'_>) -> Result<Sent, EngineError> {
        let intent = self.intent(&change);
        self.voyage.store.record_intents(&self.voyage.lease, std::slice::from_ref(&intent)).await?;
        let sent = self.send(&change).await?;
        let state = match &sent {
            Sent::Held(_) => IntentState::Settled,
            Sent::Gone | Sent::Moved | Sent::Refused(_) => IntentState::Dropped,
        };
        self.close(&intent, state).await?;
        Ok(sent)
    }

    fn intent(&self, change: &Change<'_>) -> Intent {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        Intent {
            id: IntentId(format!("{}-{number:07}", self.run)),
            run: self.run.clone(),
            mapping: self.mapping.clone(),
            unit: UnitName::new(change.broker),
            subject: change.record.reference.clone(),
            role: None,
            action: Action::Update {
                target: change.record.reference.clone(),
                changes: change.changes.clone(),
                expected: change.record.version.clone(),
                before: change.before.clone(),
            },
        }
    }

    /// Closes an intent.
    pub(super) async fn close(&self, intent: &Intent, state: IntentState) -> Result<(), StoreError> {
        let settlement = Settlement { intent: Some(intent.id.clone()), state, ties: Vec::new() };
        self.voyage.store.settle(&self.voyage.lease, &self.mapping, &[settlement]).await
    }

    async fn send(&self, change: &Change<'_>) -> Result<Sent, EngineError> {
        let attempt = || async {
            self.voyage.keep_lease().await?;
            Ok(self.update(change).await)
        };
        self.patience.until_known(attempt, || self.look_for(change)).await
    }

    async fn update(&self, change: &Change<'_>) -> Tried {
        let expected = Expected { version: &change.record.version, before: &change.before };
        match self.vtiger.update(&change.record.reference, &change.changes, expected, change.wanted).await {
            WriteOutcome::Rejected(error) if error.kind == ErrorKind::Missing => Tried::Settled(Sent::Moved),
            outcome => outcome.into(),
        }
    }

    async fn look_for(&self, change: &Change<'_>) -> Result<Option<Sent>, EngineError> {
        Ok(match self.read(&change.record.reference, change.wanted).await? {
            Some(record) if holds(&record, &change.changes) => {
                Some(Sent::Held(Written { record, untouched: false }))
            }
            Some(_) => None,
            None => Some(Sent::Moved),
        })
    }

    /// A record as it is now.
    pub(super) async fn read(
        &self,
        target: &RecordRef,
        wanted: &FieldRequests,
    ) -> Result<Option<Record>, PeerError> {
        let ids: [RecordId; 1] = [target.id.clone()];
        let records = self.patience.request(|| self.vtiger.read(&target.kind, &ids, wanted)).await?;
        Ok(records.into_iter().next())
    }
}

/// Whether a record holds all of these.
pub(super) fn holds(record: &Record, fields: &Fields) -> bool {
    fields.iter().all(|(field, value)| agreeing(record.get(field), value))
}
