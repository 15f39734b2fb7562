//! What changes while a run goes on: its balance, and the ends of its units.

use std::sync::{Mutex, PoisonError};

use cs_domain::{Event, Failure, MetConflict, Run, Verdict, Version};
use cs_ports::{Due, StagedState, UnitOutcome};

use crate::error::EngineError;
use crate::run::RunContext;

/// A run's own record of itself, shared by all units that are under way.
pub(crate) struct Ledger {
    run: Mutex<Run>,
    /// Ends of units of which nothing was written. Losing them in a crash costs a comparison, so they are remembered
    /// many at a time.
    uneventful: Mutex<Vec<UnitOutcome>>,
}

impl Ledger {
    /// The ledger of a run that just took its lease.
    pub(crate) fn new(run: Run) -> Self {
        Self { run: Mutex::new(run), uneventful: Mutex::new(Vec::new()) }
    }

    /// The run as it stands.
    pub(crate) fn close(self) -> Run {
        self.run.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// A unit was taken up.
    pub(crate) fn count_read(&self) {
        self.run.lock().unwrap_or_else(PoisonError::into_inner).balance.read += 1;
    }

    /// Remembers how far the run has come: the uneventful ends so far, and its balance.
    pub(crate) async fn remember(&self, context: &RunContext<'_>) -> Result<(), EngineError> {
        let outcomes = std::mem::take(&mut *self.uneventful.lock().unwrap_or_else(PoisonError::into_inner));
        let store = &context.scope.engine.store;
        if !outcomes.is_empty() {
            store.conclude(&context.lease, &context.run, &outcomes).await?;
        }
        let run = self.run.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(store.put_run(&run).await?)
    }

    /// The end of a unit that failed as a whole.
    pub(crate) async fn fail(
        &self,
        context: &RunContext<'_>,
        due: &Due,
        failure: Failure,
    ) -> Result<(), EngineError> {
        let end =
            End { verdict: Verdict::Failed, failures: vec![failure], conflicts: Vec::new(), state: None };
        self.conclude(context, due, end).await
    }

    /// A unit's end: remembered, then counted and told in one go, so that what watchers see never moves backwards.
    pub(crate) async fn conclude(
        &self,
        context: &RunContext<'_>,
        due: &Due,
        end: End,
    ) -> Result<(), EngineError> {
        let (verdict, failures) = (end.verdict, end.failures.clone());
        let outcome = outcome(context, due, end);
        let remembered = match verdict {
            Verdict::Unchanged | Verdict::Skipped => {
                self.uneventful.lock().unwrap_or_else(PoisonError::into_inner).push(outcome);
                Ok(())
            }
            Verdict::Created | Verdict::Updated | Verdict::Conflicted | Verdict::Failed => {
                let store = &context.scope.engine.store;
                store.conclude(&context.lease, &context.run, &[outcome]).await
            }
        };
        {
            let mut run = self.run.lock().unwrap_or_else(PoisonError::into_inner);
            run.balance.count(if remembered.is_ok() { verdict } else { Verdict::Failed });
            let (subject, balance) = (due.key.subject.clone(), run.balance);
            context.scope.reporter.tell(Event::UnitDone { subject, verdict, failures, balance });
        }
        remembered?;
        context.scope.reporter.flush_if_due().await?;
        context.keep_lease().await
    }
}

/// How a unit ended.
pub(crate) struct End {
    pub(crate) verdict: Verdict,
    pub(crate) failures: Vec<Failure>,
    pub(crate) conflicts: Vec<MetConflict>,
    /// The state the VTiger record is in now, as the feed would tell it.
    pub(crate) state: Option<Version>,
}

/// Where a unit goes from here: a troubled one waits longer each time, and in the end for a person. One that only waits for a
/// person's word is not looked at again before it, or before something about it changes.
fn outcome(context: &RunContext<'_>, due: &Due, end: End) -> UnitOutcome {
    let policy = context.scope.engine.retry;
    let troubled = matches!(end.verdict, Verdict::Failed | Verdict::Conflicted);
    let attempts = if troubled { due.attempts + 1 } else { 0 };
    let waits_for_a_word = !end.conflicts.is_empty()
        && end.failures.len() == end.conflicts.len()
        && end.conflicts.iter().all(|met| met.conflict.waits_for_a_word());
    let state = match troubled {
        false => StagedState::Done,
        true if waits_for_a_word || attempts >= policy.unit_tries => StagedState::Parked,
        true => StagedState::Waiting,
    };
    let not_before = troubled.then(|| policy.unit_due(attempts, context.scope.engine.clock.now()));
    UnitOutcome {
        key: due.key.clone(),
        revision: due.revision,
        version: end.state,
        verdict: end.verdict,
        state,
        not_before,
        attempts,
        failures: end.failures,
        conflicts: end.conflicts,
    }
}
