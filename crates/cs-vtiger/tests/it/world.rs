//! A sandbox with a few contacts and orders, and clients of it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use cs_domain::{Fields, OperationKey, Record, RecordRef, Value, Version};
use cs_ports::{Clock, Entropy, Expected, FieldRequests, PeerError, WriteOutcome, Writer, Written};
use cs_sandbox::faults::{Fault, FaultKind, Faults, SystemName, Turn};
use cs_sandbox::server::{Server, system_clock};
use cs_sandbox::vtiger::{Draft, Installation, Persona, Setup, System, Values, serve};
use cs_vtiger::{VtigerClient, VtigerConfig};
use jiff::Timestamp;
use secrecy::SecretString;

pub(crate) struct World {
    pub(crate) system: Arc<Mutex<System>>,
    pub(crate) server: Server,
}

/// The machine's clock.
pub(crate) struct Real;

#[async_trait]
impl Clock for Real {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
    async fn sleep(&self, pause: Duration) {
        tokio::time::sleep(pause).await;
    }
}

/// Numbers that are the same in every run.
#[derive(Default)]
pub(crate) struct Counted(AtomicU64);

impl Entropy for Counted {
    fn next(&self) -> u64 {
        self.0.fetch_add(7_919, Ordering::Relaxed)
    }
}

impl World {
    pub(crate) async fn new(persona: Persona, faults: Vec<Fault>) -> Self {
        Self::with(Setup::new(persona, Installation::Lab), faults).await
    }

    pub(crate) async fn with(setup: Setup, faults: Vec<Fault>) -> Self {
        let system = Arc::new(Mutex::new(System::new(setup)));
        let server =
            serve(Arc::clone(&system), Faults::new(faults), "127.0.0.1:0".parse().unwrap(), system_clock())
                .await
                .unwrap();
        Self { system, server }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, System> {
        self.system.lock().unwrap()
    }

    pub(crate) fn config(&self) -> VtigerConfig {
        VtigerConfig::new(self.server.url(), "admin", SecretString::from("sandbox-admin-key"))
    }

    pub(crate) fn client(&self) -> VtigerClient {
        client(self.config())
    }

    /// A record as it is, with a stamp.
    pub(crate) fn put(&self, module: &str, stamp: &str, values: &[(&str, &str)]) -> String {
        let mut all: Values =
            values.iter().map(|(name, value)| ((*name).to_owned(), Some((*value).to_owned()))).collect();
        for name in ["createdtime", "modifiedtime"] {
            all.insert(name.to_owned(), Some(stamp.to_owned()));
        }
        for name in ["assigned_user_id", "modifiedby"] {
            all.entry(name.to_owned()).or_insert(Some("1".to_owned()));
        }
        let draft = Draft { module: module.to_owned(), values: all, ..Draft::default() };
        self.state().put(draft).unwrap()
    }

    /// What the system holds of a record, whatever the web service says of it.
    pub(crate) fn held(&self, id: &str, field: &str) -> String {
        let number: u64 = id.split_once('x').unwrap().1.parse().unwrap();
        self.state().records()[&number].text(field).to_owned()
    }

    pub(crate) fn count(&self, module: &str) -> usize {
        self.state().records().values().filter(|record| record.module == module).count()
    }
}

pub(crate) fn client(config: VtigerConfig) -> VtigerClient {
    VtigerClient::new(config, Arc::new(Real), Arc::new(Counted::default())).unwrap()
}

pub(crate) fn fault(operation: &str, turn: Turn, kind: FaultKind) -> Fault {
    Fault {
        system: Some(SystemName::Vtiger),
        operation: Some(operation.to_owned()),
        target: None,
        turn,
        kind,
        delay: Duration::ZERO,
    }
}

pub(crate) fn delay(operation: &str, turn: Turn, delay: Duration) -> Fault {
    Fault { delay, ..fault(operation, turn, FaultKind::Delay) }
}

pub(crate) fn fields(values: &[(&str, &str)]) -> Fields {
    values.iter().map(|(name, value)| ((*name).into(), Value::text(*value))).collect()
}

/// An update that relies on the version alone.
pub(crate) async fn update(
    client: &VtigerClient,
    target: &RecordRef,
    changes: &Fields,
    version: &str,
    names: &[&str],
) -> WriteOutcome {
    update_from(client, target, changes, version, &Fields::new(), names).await
}

/// An update that relies on what the fields held.
pub(crate) async fn update_from(
    client: &VtigerClient,
    target: &RecordRef,
    changes: &Fields,
    version: &str,
    before: &Fields,
    names: &[&str],
) -> WriteOutcome {
    let version = Version::from(version);
    client.update(target, changes, Expected { version: &version, before }, &wanted(names)).await
}

/// What a write left, of which every field came back as it was sent.
pub(crate) fn applied(outcome: WriteOutcome) -> Record {
    let WriteOutcome::Applied(Written { record, untouched }) = outcome else { panic!("{outcome:?}") };
    assert!(untouched, "{record:?}");
    record
}

/// Why a write was refused.
pub(crate) fn rejected(outcome: WriteOutcome) -> PeerError {
    let WriteOutcome::Rejected(error) = outcome else { panic!("{outcome:?}") };
    error
}

pub(crate) fn wanted(names: &[&str]) -> FieldRequests {
    FieldRequests::plain(names.iter().copied())
}

pub(crate) fn key(text: &str) -> OperationKey {
    OperationKey(text.to_owned())
}
