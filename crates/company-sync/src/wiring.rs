//! Where the concrete types meet: connectors, store, clock, engine.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use cs_domain::{MappingName, Run, System};
use cs_engine::{Engine, EngineError, Job, RetryPolicy, lease_name};
use cs_frappe::{FrappeClient, FrappeConfig};
use cs_ports::{Clock, Entropy, Lease, LeaseAnswer, Observer, Store, StoreError};
use cs_store::{MemoryStore, SqliteStore};
use cs_vtiger::{DatabaseConfig, VtigerClient, VtigerConfig};

use crate::belonging::Pair;
use crate::clock::{SystemClock, SystemEntropy};
use crate::config::{Config, ConfigError, Frappe, Vtiger};
use crate::extensions::{Address, Connector};
use crate::failure::CommandError;
use crate::holder::Holder;

/// The file in the data directory that holds the store.
const STORE_FILE: &str = "company-sync.sqlite3";

/// Units written at the same time: as many as either system serves at once on two cores (facts, "Rates").
pub(crate) const WORKERS: usize = 4;

/// Everything a command that talks to both systems needs.
pub(crate) struct Wired {
    pub(crate) engine: Engine,
    pub(crate) store: Arc<SqliteStore>,
    vtiger: Option<Arc<VtigerClient>>,
    frappe: Arc<FrappeClient>,
    holder: Arc<Holder>,
}

impl Wired {
    /// Runs a mapping once. A lease that a dead process of this machine still has is taken from it.
    pub(crate) async fn run(&self, job: &Job) -> Result<Run, EngineError> {
        match self.engine.run(job).await {
            Err(EngineError::Busy { holder, .. }) if self.holder.outlived(&holder) => {
                self.engine.bury(&job.mapping.name, &holder).await?;
                self.engine.run(job).await
            }
            result => result,
        }
    }
}

impl Wired {
    /// The store and the systems that it should belong to. Whoever reads or writes with them asks first whether it does.
    pub(crate) fn pair<'a>(&'a self, config: &'a Config) -> Pair<'a> {
        Pair { config, store: &self.store, vtiger: self.vtiger.as_deref(), frappe: Some(&self.frappe) }
    }
}

/// How long a command may take to change something in a mapping's memory.
const CHANGE_TERM: Duration = Duration::from_secs(30);

impl Wired {
    /// The right to change what is remembered of a mapping, for a moment: no run of it may be under way.
    pub(crate) async fn lease(&self, mapping: &MappingName) -> Result<Lease, EngineError> {
        let name = lease_name(mapping);
        let take = || self.store.take_lease(&name, self.holder.name(), SystemClock.now(), CHANGE_TERM);
        let answer = match take().await? {
            LeaseAnswer::Held { holder, .. } if self.holder.outlived(&holder) => {
                self.engine.bury(mapping, &holder).await?;
                take().await?
            }
            answer => answer,
        };
        match answer {
            LeaseAnswer::Granted(lease) => Ok(lease),
            LeaseAnswer::Held { holder, until } => {
                Err(EngineError::Busy { mapping: mapping.to_string(), holder, until })
            }
        }
    }
}

/// Both systems, without a memory: enough to look at them.
pub(crate) struct Looking {
    pub(crate) engine: Engine,
    /// Not there where something else stands in its place.
    pub(crate) vtiger: Option<Arc<VtigerClient>>,
    pub(crate) frappe: Arc<FrappeClient>,
}

/// Connects what the configuration names, and neither opens nor makes a store.
pub(crate) fn look(config: &Config) -> Result<Looking, CommandError> {
    look_at(config, Arc::new(MemoryStore::new()))
}

/// Connects what the configuration names, with what is remembered.
pub(crate) fn look_at(config: &Config, store: Arc<dyn Store>) -> Result<Looking, CommandError> {
    let connected = Connected::to(config)?;
    let engine = connected.engine(store, Vec::new(), String::new());
    Ok(Looking { engine, vtiger: connected.crm.vtiger, frappe: connected.frappe })
}

/// Connects what the configuration names, for one command.
pub(crate) async fn wire(config: &Config, observers: Vec<Arc<dyn Observer>>) -> Result<Wired, CommandError> {
    // What cannot be connected is told before a store is made for it.
    let connected = Connected::to(config)?;
    Ok(Home::enter(&config.data_dir).await?.wired(config, connected, observers))
}

/// Where this process keeps what it remembers, and its name in leases: one for as long as it lives.
pub(crate) struct Home {
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) holder: Arc<Holder>,
}

impl Home {
    /// Opens the store and makes this process known beside it.
    pub(crate) async fn enter(data_dir: &Path) -> Result<Self, CommandError> {
        let store = Arc::new(open_store(data_dir).await?);
        #[expect(clippy::cast_possible_truncation, reason = "any sixteen bits of chance will do")]
        let holder = Holder::enter(data_dir, SystemEntropy.next() as u16).map_err(|source| {
            CommandError::File { doing: "write into", file: data_dir.display().to_string(), source }
        })?;
        Ok(Self { store, holder: Arc::new(holder) })
    }

    /// Connects what the configuration names.
    pub(crate) fn wire(
        &self,
        config: &Config,
        observers: Vec<Arc<dyn Observer>>,
    ) -> Result<Wired, CommandError> {
        Ok(self.wired(config, Connected::to(config)?, observers))
    }

    fn wired(&self, config: &Config, connected: Connected, observers: Vec<Arc<dyn Observer>>) -> Wired {
        let observers = config.extensions.followed_by(observers);
        let engine = connected.engine(Arc::clone(&self.store) as _, observers, self.holder.name().to_owned());
        let Connected { crm: Crm { vtiger, .. }, frappe, .. } = connected;
        let (store, holder) = (Arc::clone(&self.store), Arc::clone(&self.holder));
        Wired { engine, store, vtiger, frappe, holder }
    }
}

struct Connected {
    crm: Crm,
    frappe: Arc<FrappeClient>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl Connected {
    fn to(config: &Config) -> Result<Self, CommandError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let crm = Crm::of(config, &clock, &entropy)?;
        let frappe = config.frappe.as_ref().ok_or(ConfigError::NoSystem { system: System::Frappe })?;
        let frappe = Arc::new(frappe_client(frappe)?);
        Ok(Self { crm, frappe, clock, entropy })
    }

    fn engine(&self, store: Arc<dyn Store>, observers: Vec<Arc<dyn Observer>>, holder: String) -> Engine {
        Engine {
            vtiger: Arc::clone(&self.crm.peer) as _,
            frappe: Arc::clone(&self.frappe) as _,
            census: Arc::clone(&self.crm.peer) as _,
            store,
            clock: Arc::clone(&self.clock),
            entropy: Arc::clone(&self.entropy),
            observers,
            retry: RetryPolicy::default(),
            workers: WORKERS,
            holder,
        }
    }
}

/// The CRM of a configuration: VTiger, or what this program was built with in its place.
pub(crate) struct Crm {
    pub(crate) peer: Arc<dyn Connector>,
    /// VTiger itself, which can be asked what no port has.
    pub(crate) vtiger: Option<Arc<VtigerClient>>,
}

impl Crm {
    /// Connects it.
    pub(crate) fn of(
        config: &Config,
        clock: &Arc<dyn Clock>,
        entropy: &Arc<dyn Entropy>,
    ) -> Result<Self, CommandError> {
        let section = config.vtiger.as_ref().ok_or(ConfigError::NoSystem { system: System::Vtiger })?;
        if let Some(name) = &section.connector {
            let known = &config.extensions.connectors;
            let names = || known.keys().cloned().collect();
            let unknown = || ConfigError::NoConnector { name: name.clone(), known: names() };
            let peer = known.get(name).ok_or_else(unknown)?.connect(&address(section))?;
            return Ok(Self { peer, vtiger: None });
        }
        let vtiger = vtiger_client(section, Arc::clone(clock), Arc::clone(entropy))?;
        // The database that keeps a view for reconciliations is VTiger's own.
        let vtiger = Arc::new(match config.database() {
            Some(url) => vtiger.measured_by(DatabaseConfig::new(url)),
            None => vtiger,
        });
        Ok(Self { peer: Arc::clone(&vtiger) as _, vtiger: Some(vtiger) })
    }
}

fn address(section: &Vtiger) -> Address<'_> {
    Address {
        url: &section.url,
        user: &section.user,
        secret: &section.access_key,
        time_zone: section.time_zone.as_ref(),
    }
}

/// Opens the store that is there, and makes none: whoever looks back shall not be told of an empty past because the
/// folder was misspelt.
pub(crate) async fn existing_store(data_dir: &Path) -> Result<SqliteStore, CommandError> {
    if has_store(data_dir) {
        open_store(data_dir).await
    } else {
        Err(ConfigError::NoStore { path: data_dir.to_owned() }.into())
    }
}

/// The store that is there; none is made.
pub(crate) async fn store_if_there(data_dir: &Path) -> Result<Option<SqliteStore>, CommandError> {
    if has_store(data_dir) { open_store(data_dir).await.map(Some) } else { Ok(None) }
}

/// Whether there is a store in this folder.
pub(crate) fn has_store(data_dir: &Path) -> bool {
    store_file(data_dir).exists()
}

/// Where the store is.
pub(crate) fn store_file(data_dir: &Path) -> PathBuf {
    data_dir.join(STORE_FILE)
}

/// Opens the store, new or old.
pub(crate) async fn open_store(data_dir: &Path) -> Result<SqliteStore, CommandError> {
    std::fs::create_dir_all(data_dir).map_err(|source| CommandError::File {
        doing: "create",
        file: data_dir.display().to_string(),
        source,
    })?;
    SqliteStore::open(store_file(data_dir)).await.map_err(unusable(data_dir))
}

/// For `map_err`: the store in this folder cannot be used.
pub(crate) fn unusable(data_dir: &Path) -> impl FnOnce(StoreError) -> CommandError {
    let file = store_file(data_dir).display().to_string();
    move |source| CommandError::OpenStore { file, source }
}

/// A client of the VTiger that is configured.
fn vtiger_client(
    section: &Vtiger,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<VtigerClient, CommandError> {
    VtigerClient::new(vtiger_config(section), clock, entropy)
        .map_err(|source| CommandError::Connector { system: System::Vtiger, source: Box::new(source) })
}

/// The VTiger that is configured, as its connector is told.
pub(crate) fn vtiger_config(section: &Vtiger) -> VtigerConfig {
    let mut config = VtigerConfig::new(&section.url, &section.user, section.access_key.clone());
    config.requests_per_minute = section.requests_per_minute;
    config.concurrency = section.concurrency.unwrap_or(config.concurrency);
    config.server_zone.clone_from(&section.time_zone);
    config
}

/// A client of the Frappe that is configured.
pub(crate) fn frappe_client(section: &Frappe) -> Result<FrappeClient, CommandError> {
    FrappeClient::new(frappe_config(section))
        .map_err(|source| CommandError::Connector { system: System::Frappe, source: Box::new(source) })
}

/// The Frappe that is configured, as its connector is told.
pub(crate) fn frappe_config(section: &Frappe) -> FrappeConfig {
    let mut config = FrappeConfig::new(&section.url, &section.api_key, section.api_secret.clone());
    config.site.clone_from(&section.site);
    config.time_zone.clone_from(&section.time_zone);
    config.requests_per_second = section.requests_per_second;
    config.max_concurrency = section.concurrency.unwrap_or(config.max_concurrency);
    config
}
