//! How the connections are, as far as that is known without asking now: what whoever used one last found, and a look once a
//! minute while somebody watches.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cs_domain::Failure;
use cs_ports::Clock;
use cs_web::office::{Connection, Health, Probe};
use jiff::Timestamp;

use super::probing::ask;
use crate::clock::SystemClock;
use crate::config::Config;

/// How old an answer may be before it is asked for again.
const AGE: Duration = Duration::from_secs(60);

/// What was heard of each connection, by its name.
#[derive(Default)]
pub(super) struct Pulse {
    heard: Mutex<BTreeMap<&'static str, Heard>>,
    asking: AtomicBool,
    /// How often settings changed: what was asked before is about others.
    settings: AtomicU64,
}

#[derive(Clone)]
struct Heard {
    good: bool,
    found: String,
    at: Timestamp,
}

impl Pulse {
    /// What is known; what is too old is asked for behind the scenes, for whoever looks next.
    pub(super) fn health(self: &Arc<Self>, config: &Arc<Config>) -> Vec<Health> {
        let now = SystemClock.now();
        let heard = self.heard().clone();
        let is_old = |connection: &Connection| {
            let last = heard.get(connection.as_str());
            is_configured(*connection, config)
                && last.is_none_or(|last| now.duration_since(last.at).unsigned_abs() >= AGE)
        };
        let old: Vec<Connection> = Connection::ALL.into_iter().filter(is_old).collect();
        if !old.is_empty() && !self.asking.swap(true, Ordering::AcqRel) {
            let (pulse, config) = (Arc::clone(self), Arc::clone(config));
            let settings = self.settings.load(Ordering::Acquire);
            tokio::spawn(async move { pulse.look(&old, &config, settings).await });
        }
        let health = |connection: Connection| {
            let configured = is_configured(connection, config);
            let last = heard.get(connection.as_str()).filter(|_| configured);
            Health {
                connection,
                configured,
                good: last.map(|last| last.good),
                found: last.map(|last| last.found.clone()).unwrap_or_default(),
                at: last.map(|last| last.at),
            }
        };
        Connection::ALL.map(health).into()
    }

    async fn look(&self, connections: &[Connection], config: &Config, settings: u64) {
        for connection in connections {
            let found = Box::pin(ask(*connection, config)).await;
            if self.settings.load(Ordering::Acquire) == settings {
                self.answered(*connection, found);
            }
        }
        self.asking.store(false, Ordering::Release);
    }

    /// Notes what a test of a connection found, as far as it tells of the connection itself.
    pub(super) fn note(&self, connection: Connection, probes: &[Probe]) {
        let Some(first) = probes.first() else { return };
        let (good, found) = (first.good, first.found.clone());
        self.heard().insert(connection.as_str(), Heard { good, found, at: SystemClock.now() });
    }

    fn answered(&self, connection: Connection, found: Result<String, Failure>) {
        let (good, found) = match found {
            Ok(found) => (true, found),
            Err(failure) => (false, format!("{} [{}]", failure.cause, failure.code)),
        };
        self.heard().insert(connection.as_str(), Heard { good, found, at: SystemClock.now() });
    }

    /// Forgets everything: it was about other settings.
    pub(super) fn forget(&self) {
        self.settings.fetch_add(1, Ordering::AcqRel);
        self.heard().clear();
    }

    fn heard(&self) -> MutexGuard<'_, BTreeMap<&'static str, Heard>> {
        // Each change is one insertion: nobody leaves it half done.
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_configured(connection: Connection, config: &Config) -> bool {
    match connection {
        Connection::Vtiger => config.vtiger.is_some(),
        Connection::Frappe => config.frappe.is_some(),
        Connection::Database => config.database().is_some(),
    }
}
