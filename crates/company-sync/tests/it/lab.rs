//! People in both systems, the engine and its real connectors in this process, and clocks that a test moves.
//!
//! The stand-ins are served over HTTP, so that protocol, connectors, engine and store are those of the program; what
//! differs from the program is the clock, a store in memory, and that pages can be followed by somebody's edit.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use cs_domain::mapping::{Settings, parse};
use cs_domain::{
    Fields, Kind, KindSchema, Mapping, OperationKey, Record, RecordId, RecordRef, RequestCount, Run, RunId,
    RunStatus, System as Side, Version,
};
use cs_engine::{Engine, Job, RetryPolicy, StopSignal};
use cs_frappe::{FrappeClient, FrappeConfig};
use cs_ports::{
    Census, CensusPage, ChangeFeed, Clock, Criterion, Cursor, Entropy, Expected, FeedPage, FieldRequests,
    Meter, Observer, PeerError, Reader, Removal, Store, WriteOutcome, Writer,
};
use cs_sandbox::faults::Faults;
use cs_sandbox::frappe::install::{self, AgencyOptions};
use cs_sandbox::frappe::{FrappeFace, Site, router};
use cs_sandbox::server::{self, Requests, Server};
use cs_sandbox::vtiger::{self, Draft, Installation, Persona, Setup, System, Write};
use cs_store::MemoryStore;
use cs_vtiger::{VtigerClient, VtigerConfig};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// People, record by record, both ways.
pub(crate) const MAPPING: &str = r#"
format = 1
name = "people"
title = "People, both ways"

[[unit]]
name = "person"
module = "Contacts"
[unit.create_in_vtiger]
document = "person"
when = [{ field = "last_name", present = true }, { field = "user", present = false }]

[[unit.document]]
role = "person"
doctype = "Contact"
external_id = "custom_vtiger_id"
match = [["first_name", "last_name"]]
[unit.document.fields]
first_name = "firstname"
last_name = "lastname"
designation = "title"
department = "department"
company_name = "assistant"
custom_day_of_birth = "birthday"
"#;

/// A clock that moves when it is told to, and while somebody sleeps by it.
#[derive(Debug)]
pub(crate) struct LabClock(AtomicI64);

impl LabClock {
    pub(crate) fn set(&self, at: Timestamp) {
        self.0.store(at.as_microsecond(), Ordering::SeqCst);
    }

    pub(crate) fn pass(&self, time: SignedDuration) {
        self.0.fetch_add(i64::try_from(time.as_micros()).unwrap(), Ordering::SeqCst);
    }
}

#[async_trait]
impl Clock for LabClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.0.load(Ordering::SeqCst)).unwrap()
    }

    async fn sleep(&self, pause: Duration) {
        self.pass(pause.try_into().unwrap());
    }
}

/// Chance that is the same each time (an xorshift).
pub(crate) struct Chance(AtomicU64);

impl Chance {
    pub(crate) fn of(seed: u64) -> Self {
        Self(AtomicU64::new(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1))
    }

    pub(crate) fn below(&self, limit: u64) -> u64 {
        self.next() % limit
    }

    pub(crate) fn percent(&self, chance: u64) -> bool {
        self.below(100) < chance
    }
}

impl Entropy for Chance {
    fn next(&self) -> u64 {
        let step = |state: u64| {
            let state = state ^ (state << 13);
            let state = state ^ (state >> 7);
            Some(state ^ (state << 17))
        };
        self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, step).unwrap()
    }
}

/// Somebody in both systems.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    /// The VTiger record.
    pub(crate) id: String,
    /// The Frappe document.
    pub(crate) name: String,
}

/// What a lab is to be like.
#[derive(Clone)]
pub(crate) struct LabWish {
    pub(crate) persona: Persona,
    /// People that are there, the same on both sides.
    pub(crate) people: usize,
    /// When the story begins.
    pub(crate) begin: Timestamp,
    /// How far the servers' clocks are ahead of ours, in seconds: VTiger's, Frappe's.
    pub(crate) ahead: (i64, i64),
    /// The servers' zones.
    pub(crate) zones: (&'static str, &'static str),
    /// Rows a page.
    pub(crate) page: u32,
    /// The TOML of a fault file.
    pub(crate) faults: String,
}

impl LabWish {
    /// So many people; servers in UTC with clocks like ours.
    pub(crate) fn people(persona: Persona, people: usize) -> Self {
        let (begin, zones) = ("2026-05-05T10:00:00Z".parse().unwrap(), ("UTC", "UTC"));
        Self { persona, people, begin, ahead: (0, 0), zones, page: 100, faults: String::new() }
    }
}

/// Both systems and the time.
pub(crate) struct Ground {
    pub(crate) clock: Arc<LabClock>,
    system: Arc<Mutex<System>>,
    site: Arc<Mutex<Site>>,
    ahead: (SignedDuration, SignedDuration),
}

impl Ground {
    fn new(wish: &LabWish) -> (Self, Vec<Person>) {
        let begin = wish.begin;
        let zone = TimeZone::get(wish.zones.0).unwrap();
        let setup = Setup { time_zone: zone.clone(), ..Setup::new(wish.persona, Installation::Agency) };
        let mut system = System::new(setup);
        let options = AgencyOptions { time_zone: wish.zones.1.to_owned(), ..AgencyOptions::default() };
        let mut site = install::agency(&options).unwrap();
        let people =
            (0..wish.people).map(|number| stage(&mut system, &mut site, (begin, &zone), number)).collect();
        let ahead = |seconds: i64| SignedDuration::from_secs(seconds);
        let ground = Self {
            clock: Arc::new(LabClock(AtomicI64::new(begin.as_microsecond()))),
            system: Arc::new(Mutex::new(system)),
            site: install::shared(site),
            ahead: (ahead(wish.ahead.0), ahead(wish.ahead.1)),
        };
        (ground, people)
    }

    pub(crate) fn system(&self) -> MutexGuard<'_, System> {
        self.system.lock().unwrap()
    }

    pub(crate) fn site(&self) -> MutexGuard<'_, Site> {
        self.site.lock().unwrap()
    }

    /// What VTiger's clock shows.
    pub(crate) fn vtiger_now(&self) -> Timestamp {
        self.clock.now() + self.ahead.0
    }

    /// What Frappe's clock shows.
    pub(crate) fn frappe_now(&self) -> Timestamp {
        self.clock.now() + self.ahead.1
    }

    /// Changes a VTiger record as its user would; `late`: the change was stamped so long before it was to be seen.
    pub(crate) fn edit(&self, id: &str, field: &str, value: &str, late: SignedDuration) {
        let element = json!({ "id": id, field: value });
        let mut system = self.system();
        let admin = system.users()[&1].clone();
        let stamped = self.vtiger_now() - late;
        system.write(&admin, Write::Revise, element.as_object().unwrap(), stamped).unwrap();
    }

    /// Changes a document as somebody at the desk would. Where it was stamped late, that was a request that took long
    /// (facts/FRAPPE.md, trap 1).
    pub(crate) fn edit_document(&self, name: &str, field: &str, value: &str, late: SignedDuration) {
        let mut site = self.site();
        let now = self.frappe_now();
        if late > SignedDuration::ZERO {
            let stamp = (now - late).to_zoned(site.time_zone()).strftime("%Y-%m-%d %H:%M:%S.%6f").to_string();
            let mut row = site.row("Contact", name).unwrap().clone();
            // Whoever saved in between would have kept the long request from being saved.
            if row["modified"].as_str().unwrap() < stamp.as_str() {
                row.insert(field.to_owned(), value.into());
                row.insert("modified".to_owned(), stamp.into());
                site.stage("Contact", row);
                return;
            }
        }
        let fields = json!({ field: value });
        let saved = site
            .transact("Administrator", now, |txn| txn.update("Contact", name, fields.as_object().unwrap()));
        saved.result.unwrap_or_else(|refusal| panic!("{name}: {refusal:?}"));
    }

    /// What a VTiger record holds.
    pub(crate) fn held(&self, id: &str, field: &str) -> String {
        let (_, number) = id.split_once('x').unwrap();
        self.system().records()[&number.parse::<u64>().unwrap()].text(field).to_owned()
    }

    /// What a document shows.
    pub(crate) fn shown(&self, name: &str, field: &str) -> String {
        self.site()
            .row("Contact", name)
            .unwrap()
            .get(field)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    }
}

/// Puts somebody into both systems, a day before the story begins.
fn stage(
    system: &mut System,
    site: &mut Site,
    (begin, zone): (Timestamp, &TimeZone),
    number: usize,
) -> Person {
    let back = SignedDuration::from_secs(86_400 + i64::try_from(number).unwrap() * 10);
    let (first, last) = (format!("Persona {number}"), format!("de Prueba {number}"));
    let moved = (begin - back).to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
    let values = [
        ("firstname", first.as_str()),
        ("lastname", &last),
        ("assigned_user_id", "1"),
        ("modifiedby", "1"),
        ("createdtime", &moved),
        ("modifiedtime", &moved),
    ];
    let values = values.map(|(field, value)| (field.to_owned(), Some(value.to_owned()))).into();
    let id = system.put(Draft { module: "Contacts".to_owned(), values, ..Draft::default() }).unwrap();
    let modified = (begin - back).to_zoned(site.time_zone()).strftime("%Y-%m-%d %H:%M:%S.000001").to_string();
    let name = format!("Contact {number:06}");
    let document = json!({"name": name, "first_name": first, "last_name": last, "status": "Passive",
        "creation": modified, "modified": modified});
    site.stage("Contact", document.as_object().unwrap().clone());
    Person { id, name }
}

/// What happens right after the engine was told something.
pub(crate) type Interruption = Arc<dyn Fn() + Send + Sync>;

/// The engine with its connectors, and both systems.
pub(crate) struct Lab {
    pub(crate) ground: Arc<Ground>,
    pub(crate) store: Arc<dyn Store>,
    /// The same store, for what people decide before anything runs.
    pub(crate) memory: Arc<MemoryStore>,
    pub(crate) runtime: Runtime,
    servers: (Server, Server),
    engine: Engine,
    mapping: Mapping,
    wish: LabWish,
    people: Vec<Person>,
}

impl Lab {
    pub(crate) fn new(wish: &LabWish) -> Self {
        Self::interrupted(wish, |_, _| Arc::new(|| {}))
    }

    /// A lab in which something happens after each page of a feed and each read.
    pub(crate) fn interrupted(
        wish: &LabWish,
        interruption: impl FnOnce(&Arc<Ground>, &[Person]) -> Interruption,
    ) -> Self {
        let (ground, people) = Ground::new(wish);
        let ground = Arc::new(ground);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let faults = Faults::parse(&wish.faults, "faults.toml").unwrap();
        let servers = runtime.block_on(serve(&ground, faults));
        let after = interruption(&ground, &people);
        let memory = Arc::new(MemoryStore::new());
        let store: Arc<dyn Store> = Arc::clone(&memory) as _;
        let engine = engine(wish, &ground, &servers, &store, after);
        let mapping = parse(MAPPING).unwrap().mapping;
        Self { ground, store, memory, runtime, servers, engine, mapping, wish: wish.clone(), people }
    }

    /// Those who are in both systems from the beginning.
    pub(crate) fn people(&self) -> &[Person] {
        &self.people
    }

    /// An engine that has seen nothing yet, with a store of its own.
    pub(crate) fn fresh(&self, store: &Arc<dyn Store>) -> Engine {
        engine(&self.wish, &self.ground, &self.servers, store, Arc::new(|| {}))
    }

    /// Runs the mapping once.
    pub(crate) fn run(&self) -> Run {
        self.run_until(StopSignal::never())
    }

    /// Tells somebody what happens in the runs that follow.
    pub(crate) fn watch(&mut self, observer: Arc<dyn Observer>) {
        self.engine.observers.push(observer);
    }

    /// A run as the store has it.
    pub(crate) fn stored(&self, run: &RunId) -> Run {
        self.runtime.block_on(self.store.run(run)).unwrap().unwrap()
    }

    /// Runs it once, unless it is to stop.
    pub(crate) fn run_until(&self, stop: StopSignal) -> Run {
        let job = Job { stop, ..Self::job(&self.mapping) };
        self.runtime.block_on(self.engine.run(&job)).unwrap()
    }

    /// The engine, for what is no run.
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// What is run of a mapping.
    pub(crate) fn job(mapping: &Mapping) -> Job {
        Job {
            mapping: mapping.clone(),
            edition: None,
            settings: Settings::new(),
            full: false,
            eager: true,
            census: false,
            approved_deletes: None,
            approved: None,
            zone: TimeZone::UTC,
            stop: StopSignal::never(),
        }
    }

    /// Runs it once, without anything that would need another run.
    #[track_caller]
    pub(crate) fn run_well(&self) -> Run {
        let run = self.run();
        assert_eq!(run.status, RunStatus::Success, "{run:#?}");
        run
    }

    /// Where VTiger and Frappe answer.
    pub(crate) fn urls(&self) -> (String, String) {
        (self.servers.0.url(), self.servers.1.url())
    }

    /// The requests that VTiger and Frappe got.
    pub(crate) fn requests(&self) -> (Requests, Requests) {
        (self.servers.0.requests(), self.servers.1.requests())
    }
}

async fn serve(ground: &Ground, faults: Faults) -> (Server, Server) {
    let here: SocketAddr = (Ipv4Addr::LOCALHOST, 0).into();
    // A request takes a millisecond.
    let clock = |ahead: SignedDuration| {
        let clock = Arc::clone(&ground.clock);
        let server_clock: server::Clock = Arc::new(move || {
            clock.pass(SignedDuration::from_millis(1));
            clock.now() + ahead
        });
        server_clock
    };
    let vtiger = vtiger::serve(Arc::clone(&ground.system), faults.clone(), here, clock(ground.ahead.0));
    let frappe = router(Arc::clone(&ground.site), clock(ground.ahead.1));
    let frappe = server::serve(frappe, Arc::new(FrappeFace), faults, here);
    (vtiger.await.unwrap(), frappe.await.unwrap())
}

fn engine(
    wish: &LabWish,
    ground: &Ground,
    servers: &(Server, Server),
    store: &Arc<dyn Store>,
    after: Interruption,
) -> Engine {
    let clock: Arc<dyn Clock> = Arc::clone(&ground.clock) as _;
    let entropy: Arc<dyn Entropy> = Arc::new(Chance::of(7));
    let key = SecretString::from("sandbox-admin-key");
    let mut config = VtigerConfig::new(servers.0.url(), "admin", key);
    config.page_size = wish.page;
    config.server_zone = Some(TimeZone::get(wish.zones.0).unwrap());
    let vtiger = Arc::new(VtigerClient::new(config, Arc::clone(&clock), Arc::clone(&entropy)).unwrap());
    let mut config = FrappeConfig::new(servers.1.url(), "API_KEY_SYNC", "API_SECRET_SYNC".to_owned());
    config.page_length = wish.page;
    let frappe = Arc::new(FrappeClient::new(config).unwrap());
    Engine {
        census: Arc::clone(&vtiger) as _,
        vtiger: Arc::new(Interrupted { inner: vtiger, after: Arc::clone(&after) }),
        frappe: Arc::new(Interrupted { inner: frappe, after }),
        store: Arc::clone(store),
        clock,
        entropy,
        observers: Vec::new(),
        retry: RetryPolicy::default(),
        workers: 4,
        holder: "lab".to_owned(),
    }
}

/// A system in which something happens right after it has told something.
struct Interrupted<P> {
    inner: Arc<P>,
    after: Interruption,
}

#[async_trait]
impl<P: ChangeFeed> ChangeFeed for Interrupted<P> {
    async fn changes(
        &self,
        kind: &Kind,
        after: Option<&Cursor>,
        fields: &FieldRequests,
    ) -> Result<FeedPage, PeerError> {
        let page = self.inner.changes(kind, after, fields).await;
        (self.after)();
        page
    }
}

#[async_trait]
impl<P: Reader> Reader for Interrupted<P> {
    fn system(&self) -> Side {
        self.inner.system()
    }

    async fn schema(&self, kind: &Kind) -> Result<KindSchema, PeerError> {
        self.inner.schema(kind).await
    }

    async fn read(
        &self,
        kind: &Kind,
        ids: &[RecordId],
        fields: &FieldRequests,
    ) -> Result<Vec<Record>, PeerError> {
        let records = self.inner.read(kind, ids, fields).await;
        (self.after)();
        records
    }

    async fn find(
        &self,
        kind: &Kind,
        criteria: &[Criterion],
        fields: &FieldRequests,
    ) -> Result<Vec<Record>, PeerError> {
        self.inner.find(kind, criteria, fields).await
    }
}

#[async_trait]
impl<P: Writer> Writer for Interrupted<P> {
    async fn create(
        &self,
        kind: &Kind,
        fields: &Fields,
        key: &OperationKey,
        wanted: &FieldRequests,
    ) -> WriteOutcome {
        self.inner.create(kind, fields, key, wanted).await
    }

    async fn update(
        &self,
        target: &RecordRef,
        changes: &Fields,
        expected: Expected<'_>,
        wanted: &FieldRequests,
    ) -> WriteOutcome {
        self.inner.update(target, changes, expected, wanted).await
    }

    async fn delete(&self, target: &RecordRef, expected: Expected<'_>) -> Removal {
        self.inner.delete(target, expected).await
    }

    async fn amend(
        &self,
        target: &RecordRef,
        changes: &Fields,
        expected: &Version,
        wanted: &FieldRequests,
    ) -> WriteOutcome {
        self.inner.amend(target, changes, expected, wanted).await
    }
}

impl<P: Meter> Meter for Interrupted<P> {
    fn requests(&self) -> RequestCount {
        self.inner.requests()
    }
}

#[async_trait]
impl<P: Census> Census for Interrupted<P> {
    async fn census(
        &self,
        kind: &Kind,
        after: Option<&RecordId>,
        fields: &FieldRequests,
    ) -> Result<CensusPage, PeerError> {
        self.inner.census(kind, after, fields).await
    }
}
