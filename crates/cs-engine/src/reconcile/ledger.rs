//! What changes while orders are written: the run's balance.

use std::sync::{Mutex, PoisonError};

use cs_domain::{Balance, Event, Failure, RecordRef, Run, Verdict};
use cs_ports::{Clock, Lease, Store, StoreError};

use crate::report::Reporter;
use crate::tenure::Tenure;

/// A run on its way, shared by all orders that are under way.
pub(super) struct Voyage<'r> {
    pub(super) store: &'r dyn Store,
    pub(super) clock: &'r dyn Clock,
    pub(super) reporter: &'r Reporter,
    pub(super) lease: Lease,
    run: Mutex<Run>,
    tenure: Tenure,
}

impl<'r> Voyage<'r> {
    pub(super) fn new(
        store: &'r dyn Store,
        clock: &'r dyn Clock,
        reporter: &'r Reporter,
        lease: Lease,
        run: Run,
    ) -> Self {
        Self { store, clock, reporter, lease, tenure: Tenure::since(run.started), run: Mutex::new(run) }
    }

    /// The run as it stands.
    pub(super) fn run(&self) -> Run {
        self.run.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Counts rows that need no write.
    pub(super) fn count(&self, verdict: Verdict, rows: u64) {
        let mut run = self.run.lock().unwrap_or_else(PoisonError::into_inner);
        run.balance.read += rows;
        for _ in 0..rows {
            run.balance.count(verdict);
        }
    }

    /// A row's end: counted and told in one go, so that what watchers see never moves backwards.
    pub(super) async fn conclude(
        &self,
        subject: &RecordRef,
        verdict: Verdict,
        failures: Vec<Failure>,
    ) -> Result<(), StoreError> {
        {
            let mut run = self.run.lock().unwrap_or_else(PoisonError::into_inner);
            run.balance.read += 1;
            run.balance.count(verdict);
            let balance: Balance = run.balance;
            self.reporter.tell(Event::UnitDone { subject: subject.clone(), verdict, failures, balance });
        }
        self.reporter.flush_if_due().await
    }

    /// Renews the lease where a good part of it is used up.
    pub(super) async fn keep_lease(&self) -> Result<(), StoreError> {
        self.tenure.keep(self.store, &self.lease, self.clock).await
    }
}
