//! What a process leaves behind that died in the middle of a run: its lease, and a run without an end. (Its open intents:
//! [`crate::recover`].)

use std::time::Duration;

use cs_domain::{Advice, Failure, MappingName, Run, RunStatus};
use cs_ports::{LeaseAnswer, Store, StoreError};
use jiff::Timestamp;

use crate::run::Engine;

/// So many of the latest runs are looked through for one that never ended.
const LATEST: u32 = 50;

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
        let failure = Failure {
            code: "run.abandoned".to_owned(),
            cause: "the process that carried it out ended in the middle of it".to_owned(),
            remedy: "Nothing to do: the run after it went on where it stopped.".to_owned(),
            advice: Advice::RetryLater,
            place: None,
        };
        let ended = Run { status: RunStatus::Error, ended: Some(now), failure: Some(failure), ..run };
        store.put_run(&ended).await?;
    }
    Ok(())
}
