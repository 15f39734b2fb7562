//! The sandbox, started: both stand-ins on this machine, with an invented agency in them.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cs_sandbox::agency::Agency;
use cs_sandbox::faults::Faults;
use cs_sandbox::frappe::install::{self, AgencyOptions};
use cs_sandbox::frappe::{self, FrappeFace, Site, router};
use cs_sandbox::server::{self, Server, system_clock};
use cs_sandbox::vtiger;
use serde::{Deserialize, Serialize};

use crate::cli::{self, Persona};
use crate::config::{Frappe, MappingConfig, Vtiger};
use crate::failure::CommandError;

/// What reconciliations need to know of the sandbox's CRM.
const RECONCILIATION: [(&str, &str); 6] = [
    ("FIELDS_PROBLEM", "cf_2811"),
    ("FIELDS_PAYMENT_TYPE", "cf_2813"),
    ("FIELDS_PAYMENT_DAY", "cf_2815"),
    ("FIELDS_BROKER_NOTE", "cf_2817"),
    ("BROKERS_BS", "BROKER SUR"),
    ("BROKERS_ADC", "BROKER ALTO"),
];

/// The settings of the mapping `policy` that fit the invented agency.
const SETTINGS: [(&str, &str); 2] = [("company", "Agencia Prueba"), ("delivery_date", "2026-12-31")];

/// What the stand-ins are to be like.
pub(crate) struct Wish<'a> {
    pub(crate) vtiger_port: u16,
    pub(crate) frappe_port: u16,
    pub(crate) persona: Persona,
    pub(crate) seed: u64,
    pub(crate) orders: usize,
    pub(crate) faults: Option<&'a Path>,
    pub(crate) bare: bool,
    /// The file that keeps what is in them from one start to the next.
    pub(crate) kept: Option<PathBuf>,
}

impl<'a> Wish<'a> {
    /// What `demo` asks for.
    pub(crate) fn of_demo(demo: &'a cli::Demo) -> Self {
        Self {
            vtiger_port: 0,
            frappe_port: 0,
            persona: demo.persona,
            seed: demo.seed,
            orders: demo.orders,
            faults: demo.faults.as_deref(),
            bare: false,
            kept: None,
        }
    }

    /// What `serve --sandbox` asks for.
    pub(crate) fn of_service(orders: usize) -> Self {
        let (vtiger_port, frappe_port, persona, seed) = (0, 0, Persona::default(), 1);
        Self { vtiger_port, frappe_port, persona, seed, orders, faults: None, bare: false, kept: None }
    }

    /// What `sandbox` asks for.
    pub(crate) fn of_sandbox(sandbox: &'a cli::Sandbox) -> Self {
        Self {
            vtiger_port: sandbox.vtiger_port,
            frappe_port: sandbox.frappe_port,
            persona: sandbox.persona,
            seed: sandbox.seed,
            orders: sandbox.orders,
            faults: sandbox.faults.as_deref(),
            bare: sandbox.bare,
            kept: None,
        }
    }
}

/// How often what is in the stand-ins is written down, where it is to be kept: whoever ends the program without a word loses
/// no more.
const KEEPING: Duration = Duration::from_secs(2);

/// What is in both stand-ins.
#[derive(Serialize, Deserialize)]
struct Contents {
    vtiger: vtiger::Contents,
    frappe: frappe::Contents,
}

/// Both stand-ins' insides, and the file that keeps them.
struct Keeper {
    vtiger: Arc<Mutex<vtiger::System>>,
    frappe: Arc<Mutex<Site>>,
    file: PathBuf,
    /// What was written last.
    written: String,
}

impl Keeper {
    /// Writes down what changed; the file is whole at any moment, and its owner's alone.
    fn keep(&mut self) -> io::Result<()> {
        let contents = Contents {
            vtiger: self.vtiger.lock().unwrap_or_else(PoisonError::into_inner).contents(),
            frappe: self.frappe.lock().unwrap_or_else(PoisonError::into_inner).contents(),
        };
        let text = serde_json::to_string(&contents)?;
        if text == self.written {
            return Ok(());
        }
        let draft = self.file.with_extension("new");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&draft, &self.file)?;
        self.written = text;
        Ok(())
    }
}

/// What a file keeps; nothing where there is none yet.
fn kept(file: Option<&Path>) -> Result<Option<Contents>, CommandError> {
    let Some(path) = file.filter(|path| path.exists()) else { return Ok(None) };
    let failed = |source| CommandError::File { doing: "read", file: path.display().to_string(), source };
    let text = std::fs::read_to_string(path).map_err(failed)?;
    serde_json::from_str(&text).map(Some).map_err(|source| failed(source.into()))
}

/// Both stand-ins, running.
pub(crate) struct Playground {
    vtiger: Server,
    frappe: Server,
    user: String,
    access_key: String,
    api_key: String,
    api_secret: String,
    keeper: Option<(Arc<tokio::sync::Mutex<Keeper>>, tokio::task::JoinHandle<()>)>,
}

impl Playground {
    /// Starts both.
    pub(crate) async fn start(wish: &Wish<'_>) -> Result<Self, CommandError> {
        let faults = faults(wish.faults)?;
        let persona = match wish.persona {
            Persona::V830 => vtiger::Persona::v8_3_0(),
            Persona::V820 => vtiger::Persona::v8_2_0(),
        };
        let mut system = vtiger::System::new(vtiger::Setup::new(persona, vtiger::Installation::Agency));
        let options = AgencyOptions { prepared: !wish.bare, seed: wish.seed, ..AgencyOptions::default() };
        let mut site = install::agency(&options).map_err(|source| CommandError::Sandbox(Box::new(source)))?;
        match kept(wish.kept.as_deref())? {
            Some(contents) => {
                system.hold(contents.vtiger);
                site.hold(contents.frappe);
            }
            None => drop(Agency::generate(wish.seed, wish.orders).fill(&mut system, jiff::Timestamp::now())),
        }
        let admin = system.users().values().find(|user| user.rights == vtiger::Rights::Admin).cloned();
        let (user, access_key) = admin.map_or_else(Default::default, |user| {
            let name = user.values.get("user_name").cloned().flatten().unwrap_or_default();
            (name, user.access_key)
        });
        let clock = system_clock();
        let system = Arc::new(Mutex::new(system));
        let vtiger =
            vtiger::serve(Arc::clone(&system), faults.clone(), here(wish.vtiger_port), clock.clone())
                .await
                .map_err(|source| CommandError::Port { port: wish.vtiger_port, source })?;
        let site = install::shared(site);
        let frappe = server::serve(
            router(Arc::clone(&site), clock),
            Arc::new(FrappeFace),
            faults,
            here(wish.frappe_port),
        )
        .await
        .map_err(|source| CommandError::Port { port: wish.frappe_port, source })?;
        let (api_key, api_secret) = ("API_KEY_SYNC".to_owned(), "API_SECRET_SYNC".to_owned());
        let keeper = wish.kept.clone().map(|file| kept_up(system, site, file));
        Ok(Self { vtiger, frappe, user, access_key, api_key, api_secret, keeper })
    }

    /// How to reach the VTiger stand-in.
    pub(crate) fn vtiger(&self) -> Vtiger {
        Vtiger {
            connector: None,
            url: self.vtiger.url(),
            user: self.user.clone(),
            access_key: self.access_key.clone().into(),
            requests_per_minute: None,
            concurrency: None,
            time_zone: None,
        }
    }

    /// How to reach the Frappe stand-in.
    pub(crate) fn frappe(&self) -> Frappe {
        Frappe {
            url: self.frappe.url(),
            api_key: self.api_key.clone(),
            api_secret: self.api_secret.clone().into(),
            site: None,
            time_zone: None,
            requests_per_second: None,
            concurrency: None,
        }
    }

    /// What the mapping `policy` needs to know of the invented agency.
    pub(crate) fn mappings() -> BTreeMap<String, MappingConfig> {
        let settings = SETTINGS.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let policy = MappingConfig { settings: settings.into(), ..MappingConfig::default() };
        BTreeMap::from([("policy".to_owned(), policy)])
    }

    /// How to reach both, and what the mapping needs to know, as environment variables to copy. These keys open nothing but the sandbox.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let reach = [
            ("COMPANY_SYNC_VTIGER_URL", self.vtiger.url()),
            ("COMPANY_SYNC_VTIGER_USER", self.user.clone()),
            ("COMPANY_SYNC_VTIGER_ACCESS_KEY", self.access_key.clone()),
            ("COMPANY_SYNC_FRAPPE_URL", self.frappe.url()),
            ("COMPANY_SYNC_FRAPPE_API_KEY", self.api_key.clone()),
            ("COMPANY_SYNC_FRAPPE_API_SECRET", self.api_secret.clone()),
        ];
        let settings = SETTINGS.map(|(name, value)| {
            (format!("COMPANY_SYNC_MAPPING_POLICY_{}", name.to_uppercase()), value.to_owned())
        });
        let reconciliation = RECONCILIATION
            .map(|(name, value)| (format!("COMPANY_SYNC_RECONCILIATION_{name}"), value.to_owned()));
        let reach = reach.map(|(name, value)| (name.to_owned(), value));
        reach.into_iter().chain(settings).chain(reconciliation).collect()
    }

    /// The same as settings of pages: key and value.
    pub(crate) fn settings(&self) -> Vec<(String, String)> {
        let reach = [
            ("vtiger.url", self.vtiger.url()),
            ("vtiger.user", self.user.clone()),
            ("vtiger.access_key", self.access_key.clone()),
            ("frappe.url", self.frappe.url()),
            ("frappe.api_key", self.api_key.clone()),
            ("frappe.api_secret", self.api_secret.clone()),
        ];
        let policy =
            SETTINGS.map(|(name, value)| (format!("mapping.policy.settings.{name}"), value.to_owned()));
        let named = |start: &str| {
            let named =
                RECONCILIATION.iter().filter_map(|(name, value)| Some((name.strip_prefix(start)?, *value)));
            named.collect::<Vec<_>>()
        };
        let fields = named("FIELDS_").into_iter();
        let fields = fields.map(|(name, value)| {
            (format!("reconciliation.fields.{}", name.to_lowercase()), value.to_owned())
        });
        let brokers: Vec<String> =
            named("BROKERS_").into_iter().map(|(code, name)| format!("{code} = {name}")).collect();
        let brokers = ("reconciliation.brokers".to_owned(), brokers.join("\n"));
        let reach = reach.map(|(key, value)| (key.to_owned(), value));
        reach.into_iter().chain(policy).chain(fields).chain([brokers]).collect()
    }

    /// The ports that VTiger's and Frappe's stand-ins listen on.
    pub(crate) fn ports(&self) -> (u16, u16) {
        (self.vtiger.addr().port(), self.frappe.addr().port())
    }

    /// Stops both, when what they are doing is done.
    pub(crate) async fn stop(self) {
        // Nobody depends on how the sandbox goes down.
        let _ = self.vtiger.shutdown().await;
        let _ = self.frappe.shutdown().await;
        if let Some((keeper, keeping)) = self.keeper {
            keeping.abort();
            keep(&keeper).await;
        }
    }
}

/// Writes down what is in both stand-ins again and again.
fn kept_up(
    vtiger: Arc<Mutex<vtiger::System>>,
    frappe: Arc<Mutex<Site>>,
    file: PathBuf,
) -> (Arc<tokio::sync::Mutex<Keeper>>, tokio::task::JoinHandle<()>) {
    let keeper = Keeper { vtiger, frappe, file, written: String::new() };
    let keeper = Arc::new(tokio::sync::Mutex::new(keeper));
    let keeping = Arc::clone(&keeper);
    let task = tokio::spawn(async move {
        let mut beats = tokio::time::interval(KEEPING);
        loop {
            beats.tick().await;
            keep(&keeping).await;
        }
    });
    (keeper, task)
}

async fn keep(keeper: &Arc<tokio::sync::Mutex<Keeper>>) {
    let mut held = Arc::clone(keeper).lock_owned().await;
    let kept = tokio::task::spawn_blocking(move || held.keep()).await;
    if let Ok(Err(error)) = kept {
        tracing::warn!(code = "sandbox.not_kept", "what is in the sandbox cannot be written down: {error}");
    }
}

fn here(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

fn faults(file: Option<&Path>) -> Result<Faults, CommandError> {
    let Some(path) = file else { return Ok(Faults::none()) };
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|source| CommandError::File {
        doing: "read",
        file: name.clone(),
        source,
    })?;
    Ok(Faults::parse(&text, &name)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_in_the_sandbox_is_there_after_it_was_started_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sandbox.json");
        let wish = || Wish { kept: Some(file.clone()), ..Wish::of_service(3) };
        let playground = Playground::start(&wish()).await.unwrap();
        let (order, orders) = {
            let keeper = playground.keeper.as_ref().unwrap().0.lock().await;
            let bank = serde_json::json!({ "name": "Banco Prueba", "bank_name": "Banco Prueba" });
            keeper.frappe.lock().unwrap().stage("Bank", bank.as_object().unwrap().clone());
            let system = keeper.vtiger.lock().unwrap();
            let order = system.records().values().find(|record| record.module == "SalesOrder").cloned();
            (order.unwrap(), system.records().len())
        };
        playground.stop().await;
        let again = Playground::start(&wish()).await.unwrap();
        {
            let keeper = again.keeper.as_ref().unwrap().0.lock().await;
            assert!(keeper.frappe.lock().unwrap().document("Bank", "Banco Prueba").is_some());
            let system = keeper.vtiger.lock().unwrap();
            // Its times too: it was not made anew.
            assert_eq!(system.records().get(&order.id), Some(&order));
            assert_eq!(system.records().len(), orders);
        }
        again.stop().await;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
