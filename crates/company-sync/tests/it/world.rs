//! A world to run the program in: both stand-ins served by this process, a seeded agency in VTiger, a folder for the
//! program's data, and the real program, told by environment variables where everything is.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};

use cs_ports::Store;
use cs_sandbox::agency::{Agency, Policy};
use cs_sandbox::faults::Faults;
use cs_sandbox::frappe::install::{self, AgencyOptions};
use cs_sandbox::frappe::{FrappeFace, Site, router};
use cs_sandbox::server::{self, Requests, Server, system_clock};
use cs_sandbox::vtiger::{self, Draft, Installation, Persona, Record, Setup, System, Write};
use cs_store::SqliteStore;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// What the program is called with to reach the stand-ins, by what a test may want to get wrong.
pub(crate) const ACCESS_KEY: (&str, &str) = ("COMPANY_SYNC_VTIGER_ACCESS_KEY", "sandbox-admin-key");
pub(crate) const API_SECRET: (&str, &str) = ("COMPANY_SYNC_FRAPPE_API_SECRET", "API_SECRET_SYNC");
pub(crate) const VTIGER_URL: &str = "COMPANY_SYNC_VTIGER_URL";
pub(crate) const FRAPPE_URL: &str = "COMPANY_SYNC_FRAPPE_URL";

/// The file that the store lives in.
pub(crate) const STORE_FILE: &str = "company-sync.sqlite3";

/// Who works at the desk in Frappe.
const PERSON: &str = "Administrator";

/// Which agency it is, and what random names Frappe draws.
const SEED: u64 = 1;

/// What a world is to be like.
pub(crate) struct Wish {
    orders: usize,
    bare: bool,
    persona: Persona,
}

/// The VTiger servers that must be served alike.
pub(crate) fn personas() -> [Persona; 2] {
    [Persona::v8_3_0(), Persona::v8_2_0()]
}

impl Wish {
    /// An agency with so many orders.
    pub(crate) fn orders(orders: usize) -> Self {
        Self { orders, bare: false, persona: Persona::v8_3_0() }
    }

    /// A Frappe as ERPNext comes, without what the mapping needs.
    pub(crate) fn bare(self) -> Self {
        Self { bare: true, ..self }
    }

    /// Another VTiger than 8.3.0.
    pub(crate) fn on(self, persona: Persona) -> Self {
        Self { persona, ..self }
    }

    /// The world, without faults.
    pub(crate) fn start(self) -> World {
        self.start_with("")
    }

    /// The world with these faults (the TOML of a fault file).
    pub(crate) fn start_with(self, faults: &str) -> World {
        let agency = Agency::generate(SEED, self.orders);
        let mut system = System::new(Setup::new(self.persona, Installation::Agency));
        // An hour ago, so that what a test changes has a later second than what it found.
        let orders = agency.fill(&mut system, Timestamp::now() - SignedDuration::from_hours(1));
        let options = AgencyOptions { prepared: !self.bare, seed: SEED, ..AgencyOptions::default() };
        let site = install::agency(&options).unwrap();
        let state = State { system: Arc::new(Mutex::new(system)), site: install::shared(site) };
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let servers = Servers::start(&runtime, &state, faults);
        World { agency, orders, state, servers, gone: None, runtime, folder: tempfile::tempdir().unwrap() }
    }
}

struct State {
    system: Arc<Mutex<System>>,
    site: Arc<Mutex<Site>>,
}

struct Servers {
    vtiger: Server,
    frappe: Server,
}

impl Servers {
    fn start(runtime: &Runtime, state: &State, faults: &str) -> Self {
        let faults = Faults::parse(faults, "faults.toml").unwrap();
        let here: SocketAddr = (Ipv4Addr::LOCALHOST, 0).into();
        let clock = system_clock();
        let vtiger = vtiger::serve(Arc::clone(&state.system), faults.clone(), here, clock.clone());
        let frappe =
            server::serve(router(Arc::clone(&state.site), clock), Arc::new(FrappeFace), faults, here);
        Self { vtiger: runtime.block_on(vtiger).unwrap(), frappe: runtime.block_on(frappe).unwrap() }
    }
}

/// Both systems, and a place for the program.
pub(crate) struct World {
    /// What was put into VTiger.
    pub(crate) agency: Agency,
    /// The ids of the Sales Orders, in the order of the agency's policies.
    pub(crate) orders: Vec<String>,
    state: State,
    servers: Servers,
    /// Where they were before they were stopped.
    gone: Option<(String, String)>,
    runtime: Runtime,
    folder: TempDir,
}

impl World {
    /// The Frappe site, to look at or to prepare.
    pub(crate) fn site(&self) -> MutexGuard<'_, Site> {
        self.state.site.lock().unwrap()
    }

    /// The VTiger server, to look at or to prepare.
    pub(crate) fn system(&self) -> MutexGuard<'_, System> {
        self.state.system.lock().unwrap()
    }

    /// The policies that the default mapping selects, with their orders' ids.
    pub(crate) fn selected(&self) -> Vec<(&Policy, &str)> {
        self.agency.selected().map(|policy| (policy, self.orders[policy.index].as_str())).collect()
    }

    /// The requests that VTiger and Frappe got since they were last started.
    pub(crate) fn requests(&self) -> (Requests, Requests) {
        (self.servers.vtiger.requests(), self.servers.frappe.requests())
    }

    /// The same systems with other faults, at other ports, which the program is told of.
    pub(crate) fn serve_with(&mut self, faults: &str) {
        self.servers = Servers::start(&self.runtime, &self.state, faults);
        if self.data_dir().join(STORE_FILE).exists() {
            self.run(&["systems", "accept"]).expect(0);
        }
    }

    /// Stops both systems.
    pub(crate) fn stop(&mut self) {
        let other = Servers::start(&self.runtime, &self.state, "");
        let stopped = std::mem::replace(&mut self.servers, other);
        let addresses = (stopped.vtiger.addr(), stopped.frappe.addr());
        self.gone = Some((format!("http://{}", addresses.0), format!("http://{}", addresses.1)));
        self.runtime.block_on(async {
            stopped.vtiger.shutdown().await.unwrap();
            stopped.frappe.shutdown().await.unwrap();
        });
    }

    /// The same systems at other ports.
    pub(crate) fn move_to_other_ports(&mut self) {
        self.servers = Servers::start(&self.runtime, &self.state, "");
    }

    /// Changes an order as its user would, now.
    pub(crate) fn edit(&self, order: &str, field: &str, value: &str) {
        self.edit_at(Timestamp::now(), order, &[(field, value)]);
    }

    /// Changes a VTiger record as its user would, by VTiger's clock at that moment.
    pub(crate) fn edit_at(&self, now: Timestamp, id: &str, fields: &[(&str, &str)]) {
        let mut element = serde_json::Map::from_iter([("id".to_owned(), id.into())]);
        element.extend(fields.iter().map(|(field, value)| ((*field).to_owned(), (*value).into())));
        let mut system = self.system();
        let admin = system.users()[&1].clone();
        system.write(&admin, Write::Revise, &element, now).unwrap();
    }

    /// A VTiger record as the server keeps it, line items included.
    pub(crate) fn record(&self, id: &str) -> Record {
        let (_, number) = id.split_once('x').unwrap();
        self.system().records()[&number.parse::<u64>().unwrap()].clone()
    }

    /// Puts a record in place of this one, without an operation: no stamp moves.
    pub(crate) fn put_over(&self, id: &str, change: impl FnOnce(&mut Record)) {
        let mut record = self.record(id);
        change(&mut record);
        let Record { id, module, values, label, deleted, items, savers } = record;
        self.system().put(Draft { module, id: Some(id), values, label: Some(label), items, deleted, savers });
    }

    /// Changes a document as somebody at the desk would, now.
    pub(crate) fn edit_document(&self, kind: &str, name: &str, fields: &Value) {
        self.edit_document_at(Timestamp::now(), kind, name, fields);
    }

    /// The same, by Frappe's clock at that moment.
    pub(crate) fn edit_document_at(&self, now: Timestamp, kind: &str, name: &str, fields: &Value) {
        let fields = fields.as_object().unwrap();
        let saved = self.site().transact(PERSON, now, |txn| txn.update(kind, name, fields));
        saved.result.unwrap_or_else(|refusal| panic!("{kind} {name}: {refusal:?}"));
    }

    /// Makes a document as somebody at the desk would, and gives its name.
    pub(crate) fn add_document(&self, kind: &str, fields: &Value) -> String {
        let fields = fields.as_object().unwrap();
        let made = self.site().transact(PERSON, Timestamp::now(), |txn| txn.insert(kind, fields));
        let made = made.result.unwrap_or_else(|refusal| panic!("{kind}: {refusal:?}"));
        made["name"].as_str().unwrap().to_owned()
    }

    /// A stored document.
    #[track_caller]
    pub(crate) fn document(&self, kind: &str, name: &str) -> Value {
        self.site().document(kind, name).unwrap_or_else(|| panic!("there is no {kind} {name}"))
    }

    /// Looks into, or decides in, the program's store, as the web interface will.
    pub(crate) fn in_store<T>(&self, work: impl AsyncFnOnce(&dyn Store) -> T) -> T {
        self.runtime.block_on(async {
            let store = SqliteStore::open(self.data_dir().join(STORE_FILE)).await.unwrap();
            work(&store).await
        })
    }

    /// Puts a configuration file where the program looks for one.
    pub(crate) fn configure(&self, text: &str) {
        std::fs::write(self.folder().join("company-sync.toml"), text).unwrap();
    }

    /// Where the program keeps its data.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A place for files of the test.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The variables that lead to this world.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let served = || (self.servers.vtiger.url(), self.servers.frappe.url());
        let gone = self.gone.clone().unwrap_or_else(served);
        let variables = [
            (VTIGER_URL, gone.0),
            ("COMPANY_SYNC_VTIGER_USER", "admin".to_owned()),
            (ACCESS_KEY.0, ACCESS_KEY.1.to_owned()),
            (FRAPPE_URL, gone.1),
            ("COMPANY_SYNC_FRAPPE_API_KEY", "API_KEY_SYNC".to_owned()),
            (API_SECRET.0, API_SECRET.1.to_owned()),
            ("COMPANY_SYNC_MAPPING_POLICY_COMPANY", "Agencia Prueba".to_owned()),
            ("COMPANY_SYNC_MAPPING_POLICY_DELIVERY_DATE", "2026-12-31".to_owned()),
            ("COMPANY_SYNC_TIME_ZONE", "UTC".to_owned()),
            ("COMPANY_SYNC_DATA_DIR", self.data_dir().display().to_string()),
        ];
        variables.map(|(name, value)| (name.to_owned(), value)).into()
    }

    /// The program with these arguments, in this world.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program(self.folder.path());
        command.args(arguments).envs(self.environment());
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        Ended::of(self.command(arguments).output().unwrap())
    }

    /// `sync --json`.
    pub(crate) fn sync(&self) -> Ended {
        self.run(&["sync", "--json"])
    }

    /// `sync --json`, begun.
    pub(crate) fn begin_sync(&self) -> Child {
        let mut command = self.command(&["sync", "--json"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }
}

/// The program with nothing configured: no environment but what finds it a home in `folder`.
pub(crate) fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_company-sync"));
    command.current_dir(folder).env_clear().env("HOME", folder).env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin");
    command.stdin(Stdio::null());
    command
}

/// How a run of the program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The exit code; none: killed by a signal.
    pub(crate) code: Option<i32>,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

impl Ended {
    /// What the operating system tells of it.
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Every line of standard output as JSON.
    pub(crate) fn objects(&self) -> Vec<Value> {
        let parse =
            |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}\n{self:?}"));
        self.stdout.lines().map(parse).collect()
    }

    /// The run that the last line tells of.
    pub(crate) fn last(&self) -> Value {
        self.objects().pop().unwrap_or_else(|| panic!("nothing was printed: {self:?}"))
    }

    /// That it ended with this code, or everything it said.
    #[track_caller]
    pub(crate) fn expect(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }

    /// That standard error says this.
    #[track_caller]
    pub(crate) fn complains(&self, text: &str) -> &Self {
        assert!(self.stderr.contains(text), "{text:?} is not in\n{}", self.stderr);
        self
    }
}

/// A count of a run's balance.
pub(crate) fn count(run: &Value, what: &str) -> u64 {
    run["balance"][what].as_u64().unwrap_or_else(|| panic!("no {what} in {run}"))
}

/// How many writes a run sent, to both systems.
pub(crate) fn writes(run: &Value) -> u64 {
    let of = |system: &str| run["requests"][system]["write"].as_u64().unwrap();
    of("vtiger") + of("frappe")
}

/// That a run accounts for every row it read.
#[track_caller]
pub(crate) fn assert_balanced(run: &Value) {
    let parts = ["created", "updated", "unchanged", "skipped", "conflicted", "failed"];
    let sum: u64 = parts.iter().map(|part| count(run, part)).sum();
    assert_eq!(count(run, "read"), sum, "{run}");
}
