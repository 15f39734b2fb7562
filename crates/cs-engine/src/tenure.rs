//! How long a run's lease lasts, and when it is renewed.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use cs_ports::{Clock, Lease, Store, StoreError};
use jiff::Timestamp;

/// How long a lease lasts without being renewed: longer than any single request may take.
pub(crate) const LEASE_TERM: Duration = Duration::from_mins(3);
/// A lease is renewed when this much of it is used up.
const RENEWAL: Duration = Duration::from_secs(30);

/// A lease that is held, with the moment from which its term counts.
pub(crate) struct Tenure {
    renewed: Mutex<Timestamp>,
}

impl Tenure {
    /// Of a lease that was taken at this moment.
    pub(crate) fn since(taken: Timestamp) -> Self {
        Self { renewed: Mutex::new(taken) }
    }

    /// Renews the lease where a good part of it is used up. When this answers, what is left of the term is longer than any
    /// single request may take, however long the answer took: nothing that is sent now arrives after somebody else has the
    /// lease.
    pub(crate) async fn keep(
        &self,
        store: &dyn Store,
        lease: &Lease,
        clock: &dyn Clock,
    ) -> Result<(), StoreError> {
        loop {
            let now = clock.now();
            let renewed = *self.renewed.lock().unwrap_or_else(PoisonError::into_inner);
            if now.duration_since(renewed).unsigned_abs() < RENEWAL {
                return Ok(());
            }
            store.renew_lease(lease, now, LEASE_TERM).await?;
            *self.renewed.lock().unwrap_or_else(PoisonError::into_inner) = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use async_trait::async_trait;
    use cs_ports::LeaseAnswer;
    use cs_store::MemoryStore;
    use jiff::SignedDuration;

    use super::*;

    /// A clock that goes on by a step each time somebody looks; the steps of a process that is put to sleep now and then.
    struct Restless {
        seconds: AtomicI64,
        steps: Mutex<Vec<i64>>,
    }

    impl Restless {
        fn by(steps: &[i64]) -> Self {
            Self { seconds: AtomicI64::new(0), steps: Mutex::new(steps.iter().rev().copied().collect()) }
        }
    }

    #[async_trait]
    impl Clock for Restless {
        fn now(&self) -> Timestamp {
            let step = self.steps.lock().unwrap().pop().unwrap_or(0);
            let seconds = self.seconds.fetch_add(step, Ordering::SeqCst) + step;
            Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
        }

        async fn sleep(&self, _: Duration) {}
    }

    async fn kept(steps: &[i64], thief_at: Option<i64>) -> Result<usize, StoreError> {
        let store = MemoryStore::new();
        let begin = Timestamp::UNIX_EPOCH;
        let LeaseAnswer::Granted(lease) = store.take_lease("a", "we", begin, LEASE_TERM).await? else {
            panic!("nobody else wants it")
        };
        if let Some(seconds) = thief_at {
            let then = begin + SignedDuration::from_secs(seconds);
            let stolen = store.take_lease("a", "they", then, LEASE_TERM).await?;
            assert!(matches!(stolen, LeaseAnswer::Granted(_)), "its term is over by then");
        }
        let clock = Restless::by(steps);
        Tenure::since(begin).keep(&store, &lease, &clock).await?;
        Ok(steps.len() - clock.steps.lock().unwrap().len())
    }

    #[tokio::test]
    async fn nobody_goes_on_with_a_lease_that_ran_down_while_it_was_renewed() {
        assert_eq!(kept(&[10], None).await.unwrap(), 1, "there is much left of it");
        assert_eq!(kept(&[40, 1], None).await.unwrap(), 2, "renewed once");
        assert_eq!(kept(&[40, 100, 1], None).await.unwrap(), 3, "renewing took too long");
        assert!(matches!(kept(&[400], Some(300)).await, Err(StoreError::LeaseLost { .. })));
    }
}
