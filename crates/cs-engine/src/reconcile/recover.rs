//! What became of changes that an earlier run left open: VTiger is asked, and only what it shows counts.

use cs_domain::{Action, Event, IntentState};
use cs_ports::FieldRequests;

use super::send::{Scribe, holds};
use crate::error::EngineError;

impl Scribe<'_> {
    /// Settles the changes that VTiger holds and drops the others: the comparison that follows finds their orders as they
    /// are, and decides anew.
    pub(super) async fn recover(&self) -> Result<(), EngineError> {
        let open = self.voyage.store.open_intents(&self.mapping).await?;
        if open.is_empty() {
            return Ok(());
        }
        let (mut settled, mut dropped) = (0, 0);
        for intent in &open {
            let held = match &intent.action {
                Action::Update { target, changes, .. } => {
                    let wanted = FieldRequests::plain(changes.keys().cloned());
                    self.read(target, &wanted).await?.is_some_and(|record| holds(&record, changes))
                }
                // A reconciliation writes nothing else.
                Action::Create { .. } | Action::Delete { .. } | Action::Amend { .. } => false,
            };
            let state = if held { IntentState::Settled } else { IntentState::Dropped };
            self.close(intent, state).await?;
            *(if held { &mut settled } else { &mut dropped }) += 1;
        }
        self.voyage.reporter.tell(Event::Recovered { settled, dropped });
        Ok(())
    }
}
