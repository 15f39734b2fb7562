//! What a process leaves behind that died in the middle of a run: its lease, and a run without an end. (Its open intents:
//! [`crate::recover`].)

use std::time::Duration;

use cs_domain::{Advice, Balance, Event, Failure, IntentState, MappingName, Run, RunStatus};
use cs_ports::{LeaseAnswer, Store, StoreError};
use jiff::Timestamp;

use crate::run::Engine;

/// So many of the latest runs are looked through for one that never ended.
const LATEST: u32 = 50;

/// So many of the latest entries of a run's log are looked through for the end of a unit.
const TOLD: u32 = 200;

/// The code of a run whose process died.
const ABANDONED: &str = "run.abandoned";

/// What a run has done that did not come to its end (yet), as far as anybody knows: nobody closed its books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoFar {
    /// Units, as they were last counted: those of the moments before a process died are not among them.
    pub balance: Balance,
    /// Writes that a system is known to have taken.
    pub written: u64,
    /// Writes of which nobody knows yet whether a system took them: the next run asks.
    pub unanswered: u64,
}

impl SoFar {
    /// Of a run that goes on, or was cut off; nothing of one that came to its end, whose own balance says it all.
    pub async fn of(store: &dyn Store, run: &Run) -> Result<Option<Self>, StoreError> {
        let cut_off = run.failure.as_ref().is_some_and(|failure| failure.code == ABANDONED);
        if run.status.is_final() && !cut_off {
            return Ok(None);
        }
        let mut so_far = Self { balance: counted(store, run).await?, written: 0, unanswered: 0 };
        for entry in store.journal(&run.id).await? {
            match entry.state {
                IntentState::Settled => so_far.written += 1,
                IntentState::Open => so_far.unanswered += 1,
                IntentState::Dropped => {}
            }
        }
        Ok(Some(so_far))
    }
}

/// The units of a run, as it noted them last: with itself, or in its log.
async fn counted(store: &dyn Store, run: &Run) -> Result<Balance, StoreError> {
    let entries = store.latest_log(Some(&run.id), TOLD).await?;
    let told = entries.iter().filter_map(|entry| match &entry.event {
        Event::UnitDone { balance, .. } => Some(*balance),
        _ => None,
    });
    Ok(told.chain([run.balance]).max_by_key(Balance::accounted).unwrap_or_default())
}

/// What the lease on a mapping is called.
pub fn lease_name(mapping: &MappingName) -> String {
    format!("mapping/{mapping}")
}

impl Engine {
    /// Gives back the lease of a holder that is known to be dead, which otherwise keeps everybody waiting until it ends
    /// by itself. Where the holder lives after all, it is shut out by the fencing token.
    pub async fn bury(&self, mapping: &MappingName, dead: &str) -> Result<(), StoreError> {
        bury(self.store.as_ref(), &lease_name(mapping), dead, self.clock.now()).await
    }

    /// Ends runs of this mapping that nobody carries on. To be called by whoever has the lease.
    pub(crate) async fn close_abandoned(
        &self,
        mapping: &MappingName,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        close_abandoned(self.store.as_ref(), mapping, now).await
    }
}

/// [`Engine::bury`], of a lease of any name.
pub(crate) async fn bury(
    store: &dyn Store,
    lease: &str,
    dead: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    match store.take_lease(lease, dead, now, Duration::from_secs(1)).await? {
        LeaseAnswer::Granted(lease) => store.release_lease(&lease).await,
        // Somebody else was quicker.
        LeaseAnswer::Held { .. } => Ok(()),
    }
}

/// [`Engine::close_abandoned`], in any store.
pub(crate) async fn close_abandoned(
    store: &dyn Store,
    mapping: &MappingName,
    now: Timestamp,
) -> Result<(), StoreError> {
    let runs = store.runs(LATEST).await?;
    for run in runs.into_iter().filter(|run| run.mapping == *mapping && run.ended.is_none()) {
        let balance = counted(store, &run).await?;
        let failure = Failure {
            code: ABANDONED.to_owned(),
            cause: "the process that carried it out ended in the middle of it".to_owned(),
            remedy: "Nothing to do: the run after it went on where it stopped.".to_owned(),
            advice: Advice::RetryLater,
            place: None,
        };
        let ended =
            Run { status: RunStatus::Error, ended: Some(now), balance, failure: Some(failure), ..run };
        store.put_run(&ended).await?;
    }
    Ok(())
}
