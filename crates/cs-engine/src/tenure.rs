//! How long a run's lease lasts, and when it is renewed.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use cs_ports::{Lease, Store, StoreError};
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

    /// Renews the lease where a good part of it is used up.
    pub(crate) async fn keep(
        &self,
        store: &dyn Store,
        lease: &Lease,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        {
            let mut renewed = self.renewed.lock().unwrap_or_else(PoisonError::into_inner);
            if now.duration_since(*renewed).unsigned_abs() < RENEWAL {
                return Ok(());
            }
            *renewed = now;
        }
        store.renew_lease(lease, now, LEASE_TERM).await
    }
}
