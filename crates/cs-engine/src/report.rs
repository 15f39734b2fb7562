//! Tells what happens: at once to whoever watches, and in batches to the log.

use std::sync::{Arc, Mutex, PoisonError};

use cs_domain::{Event, RunId};
use cs_ports::{Clock, Observer, Store, StoreError};

/// Log lines that are gathered before they are written.
const BATCH: usize = 64;

/// A run's voice.
pub(crate) struct Reporter {
    run: RunId,
    observers: Vec<Arc<dyn Observer>>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    pending: Mutex<Vec<Event>>,
}

impl Reporter {
    pub(crate) fn new(
        run: RunId,
        observers: Vec<Arc<dyn Observer>>,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { run, observers, store, clock, pending: Mutex::new(Vec::new()) }
    }

    /// Tells watchers now, and the log before long.
    pub(crate) fn tell(&self, event: Event) {
        for observer in &self.observers {
            observer.observe(&event);
        }
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }

    /// Writes the log where enough has gathered.
    pub(crate) async fn flush_if_due(&self) -> Result<(), StoreError> {
        let due = self.pending.lock().unwrap_or_else(PoisonError::into_inner).len() >= BATCH;
        if due { self.flush().await } else { Ok(()) }
    }

    /// Writes the log.
    pub(crate) async fn flush(&self) -> Result<(), StoreError> {
        let events = std::mem::take(&mut *self.pending.lock().unwrap_or_else(PoisonError::into_inner));
        if events.is_empty() {
            return Ok(());
        }
        self.store.append_log(&self.run, self.clock.now(), &events).await
    }
}
