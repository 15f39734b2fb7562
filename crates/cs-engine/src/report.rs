//! Tells what happens: at once to whoever watches, and in batches to the log.

use std::sync::{Arc, Mutex, PoisonError};

use cs_domain::{Event, RunId};
use cs_ports::{Clock, Observer, Store, StoreError};

/// Log lines that are gathered before they are written.
const BATCH: usize = 64;

/// A run's voice.
pub(crate) struct Reporter {
    observers: Vec<Arc<dyn Observer>>,
    log: Option<Log>,
}

/// Where a run's events are kept.
struct Log {
    run: RunId,
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
        Self { observers, log: Some(Log { run, store, clock, pending: Mutex::new(Vec::new()) }) }
    }

    /// A voice that leaves no trace.
    pub(crate) fn unrecorded(observers: Vec<Arc<dyn Observer>>) -> Self {
        Self { observers, log: None }
    }

    /// Whether what is told is remembered.
    pub(crate) fn leaves_traces(&self) -> bool {
        self.log.is_some()
    }

    /// Tells watchers now, and the log before long.
    pub(crate) fn tell(&self, event: Event) {
        for observer in &self.observers {
            observer.observe(&event);
        }
        if let Some(log) = &self.log {
            log.pending.lock().unwrap_or_else(PoisonError::into_inner).push(event);
        }
    }

    /// Writes the log where enough has gathered.
    pub(crate) async fn flush_if_due(&self) -> Result<(), StoreError> {
        let gathered = |log: &Log| log.pending.lock().unwrap_or_else(PoisonError::into_inner).len();
        if self.log.as_ref().map_or(0, gathered) >= BATCH { self.flush().await } else { Ok(()) }
    }

    /// Writes the log.
    pub(crate) async fn flush(&self) -> Result<(), StoreError> {
        let Some(log) = &self.log else { return Ok(()) };
        let events = std::mem::take(&mut *log.pending.lock().unwrap_or_else(PoisonError::into_inner));
        if events.is_empty() {
            return Ok(());
        }
        log.store.append_log(&log.run, log.clock.now(), &events).await
    }
}
