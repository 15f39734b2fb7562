//! What it costs to find that nothing has changed.
//!
//! Everybody is in both systems and linked. The links are put into the program's store as an earlier run would have left
//! them: states and cursors as the real connectors tell them over HTTP, shadows as the two sides agree. Then the real
//! program runs, as a process of its own, so that its memory is its own. That the links are good is seen at the end:
//! an edit on either side reaches the other.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cs_domain::mapping::parse;
use cs_domain::{
    Agreed, IntentState, Link, LinkOrigin, LinkStanding, Mapping, RecordRef, RunId, Shadow, System,
    Value as Held, Verdict, Version,
};
use cs_frappe::{FrappeClient, FrappeConfig};
use cs_ports::{
    ChangeFeed, Clock, FeedKey, FeedPage, FieldRequests, Lease, LeaseAnswer, Observation, Settlement, Staged,
    StagedState, Store, Tie, TieChange, UnitKey, UnitOutcome,
};
use cs_sandbox::vtiger::Persona;
use cs_store::SqliteStore;
use cs_vtiger::{VtigerClient, VtigerConfig};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde_json::Value;
use tempfile::TempDir;

use crate::lab::{Chance, Ground, Lab, LabWish, MAPPING, Person};
use crate::world::{STORE_FILE, count, personas, program};

/// People in both systems, linked, and a folder for the program.
struct Linked {
    lab: Lab,
    people: Vec<Person>,
    folder: TempDir,
}

/// What one run of the program cost.
struct Cost {
    run: Value,
    seconds: f64,
    /// Reads of VTiger and of Frappe, as the servers counted them.
    reads: (u64, u64),
    writes: (u64, u64),
    /// The most memory that the process held, in MiB.
    memory: u64,
}

impl Linked {
    fn new(persona: Persona, people: usize) -> Self {
        let wish = LabWish { begin: Timestamp::now(), ..LabWish::people(persona, people) };
        let mut known = Vec::new();
        let lab = Lab::interrupted(&wish, |_, people| {
            known = people.to_vec();
            std::sync::Arc::new(|| {})
        });
        let linked = Self { lab, people: known, folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(linked.folder.path().join("data")).unwrap();
        linked.lab.runtime.block_on(linked.link());
        std::fs::write(linked.folder.path().join("people.toml"), MAPPING).unwrap();
        let config = "[mapping.people]\nfile = \"people.toml\"\n";
        std::fs::write(linked.folder.path().join("company-sync.toml"), config).unwrap();
        linked
    }

    /// Puts states, links and cursors into the store.
    async fn link(&self) {
        let path = self.folder.path().join("data").join(STORE_FILE);
        let store = SqliteStore::open(path).await.unwrap();
        let mapping = parse(MAPPING).unwrap().mapping;
        let now = self.lab.ground.clock.now();
        let lease = store.take_lease("mapping/people", "stage", now, Duration::from_hours(9)).await.unwrap();
        let LeaseAnswer::Granted(lease) = lease else { panic!("{lease:?}") };
        let stage =
            Staging { store: &store, mapping: &mapping, lease: &lease, ground: &self.lab.ground, now };
        stage.documents(&self.frappe()).await;
        stage.records(&self.vtiger(), &self.people).await;
        store.release_lease(&lease).await.unwrap();
    }

    fn vtiger(&self) -> VtigerClient {
        let key = SecretString::from("sandbox-admin-key");
        let config = VtigerConfig::new(self.lab.urls().0, "admin", key);
        let (clock, chance) = (self.lab.ground.clock.clone(), Chance::of(1));
        VtigerClient::new(config, clock, std::sync::Arc::new(chance)).unwrap()
    }

    fn frappe(&self) -> FrappeClient {
        let mut config = FrappeConfig::new(self.lab.urls().1, "API_KEY_SYNC", "API_SECRET_SYNC".to_owned());
        config.page_length = 50_000;
        FrappeClient::new(config).unwrap()
    }

    /// Runs the program, now by all clocks.
    fn run(&self, more: &[&str]) -> Cost {
        self.lab.ground.clock.set(Timestamp::now());
        let before = self.lab.requests();
        let began = Instant::now();
        let (output, memory) = measured(&mut self.command(more));
        let seconds = began.elapsed().as_secs_f64();
        let after = self.lab.requests();
        let last = output.lines().last().unwrap_or_else(|| panic!("nothing was printed"));
        Cost {
            run: serde_json::from_str(last).unwrap(),
            seconds,
            reads: (after.0.read - before.0.read, after.1.read - before.1.read),
            writes: (after.0.write - before.0.write, after.1.write - before.1.write),
            memory,
        }
    }

    fn command(&self, more: &[&str]) -> Command {
        let (vtiger, frappe) = self.lab.urls();
        let mut command = program(self.folder.path());
        command.args(["sync", "--mapping", "people", "--json"]).args(more).envs([
            ("COMPANY_SYNC_VTIGER_URL", vtiger.as_str()),
            ("COMPANY_SYNC_VTIGER_USER", "admin"),
            ("COMPANY_SYNC_VTIGER_ACCESS_KEY", "sandbox-admin-key"),
            ("COMPANY_SYNC_FRAPPE_URL", &frappe),
            ("COMPANY_SYNC_FRAPPE_API_KEY", "API_KEY_SYNC"),
            ("COMPANY_SYNC_FRAPPE_API_SECRET", "API_SECRET_SYNC"),
            ("COMPANY_SYNC_TIME_ZONE", "UTC"),
            ("COMPANY_SYNC_DATA_DIR", "data"),
        ]);
        command
    }
}

/// What the store is filled with.
struct Staging<'s> {
    store: &'s SqliteStore,
    mapping: &'s Mapping,
    lease: &'s Lease,
    ground: &'s Ground,
    now: Timestamp,
}

impl Staging<'_> {
    fn feed(&self, system: System, kind: &str) -> FeedKey {
        let unit = self.mapping.units[0].name.clone();
        FeedKey { mapping: self.mapping.name.clone(), unit, system, kind: kind.to_owned() }
    }

    /// Reads Frappe's feed to its end.
    async fn documents(&self, frappe: &FrappeClient) {
        let feed = self.feed(System::Frappe, "Contact");
        let mut cursor = None;
        loop {
            let page =
                frappe.changes(&"Contact".into(), cursor.as_ref(), &FieldRequests::default()).await.unwrap();
            self.store.stage(self.lease, &feed, &[], &page.next).await.unwrap();
            cursor = Some(page.next);
            if !page.more {
                return;
            }
        }
    }

    /// Reads VTiger's feed to its end and links what it tells.
    async fn records(&self, vtiger: &VtigerClient, people: &[Person]) {
        let by_id: std::collections::HashMap<&str, usize> =
            people.iter().enumerate().map(|(at, person)| (person.id.as_str(), at)).collect();
        let fields = FieldRequests::plain(self.mapping.units[0].vtiger_fields().into_iter().cloned());
        let mut cursor = None;
        loop {
            let page = vtiger.changes(&"Contacts".into(), cursor.as_ref(), &fields).await.unwrap();
            let more = page.more;
            cursor = Some(page.next.clone());
            self.page(page, |id| by_id[id]).await;
            if !more {
                return;
            }
        }
    }

    async fn page(&self, page: FeedPage, number_of: impl Fn(&str) -> usize) {
        let feed = self.feed(System::Vtiger, "Contacts");
        let key = |seen: &Observation| UnitKey {
            mapping: self.mapping.name.clone(),
            unit: self.mapping.units[0].name.clone(),
            subject: seen.reference.clone(),
        };
        let state =
            |seen: &Observation| Version::new(format!("content:{}", seen.content.as_ref().unwrap().0));
        let staged: Vec<Staged> = page
            .observations
            .iter()
            .map(|seen| Staged { key: key(seen), version: Some(state(seen)) })
            .collect();
        self.store.stage(self.lease, &feed, &staged, &page.next).await.unwrap();
        let ties = page.observations.iter().map(|seen| Settlement {
            intent: None,
            state: IntentState::Settled,
            ties: vec![TieChange::Set(self.tie(seen, number_of(seen.reference.id.as_str())))],
        });
        let ties: Vec<Settlement> = ties.collect();
        self.store.settle(self.lease, &self.mapping.name, &ties).await.unwrap();
        let outcomes: Vec<UnitOutcome> =
            page.observations.iter().map(|seen| outcome(key(seen), state(seen))).collect();
        self.store.conclude(self.lease, &RunId::new(self.now, 0), &outcomes).await.unwrap();
    }

    /// The link of a person, with what both sides hold.
    fn tie(&self, seen: &Observation, number: usize) -> Tie {
        let name = format!("Contact {number:06}");
        let link = Link {
            mapping: self.mapping.name.clone(),
            unit: self.mapping.units[0].name.clone(),
            subject: seen.reference.clone(),
            role: "person".into(),
            document: RecordRef::frappe("Contact", name.as_str()),
            origin: LinkOrigin::Created,
            standing: LinkStanding::Live,
        };
        let text = |text: String| Agreed::on(Held::Text(text));
        let nothing = || Agreed::on(Held::Empty);
        let fields = [
            ("first_name", text(format!("Persona {number}"))),
            ("last_name", text(format!("de Prueba {number}"))),
            ("designation", nothing()),
            ("department", nothing()),
            ("company_name", nothing()),
            ("custom_day_of_birth", nothing()),
        ];
        let fields = fields.map(|(field, agreed)| (field.into(), agreed)).into();
        let (vtiger, frappe) =
            (Some(seen.version.clone()), Some(self.ground.shown(&name, "modified").as_str().into()));
        Tie { link, shadow: Shadow { fields, vtiger, frappe } }
    }
}

fn outcome(key: UnitKey, state: Version) -> UnitOutcome {
    UnitOutcome {
        key,
        revision: 1,
        version: Some(state),
        verdict: Verdict::Unchanged,
        state: StagedState::Done,
        not_before: None,
        attempts: 0,
        failures: Vec::new(),
        conflicts: Vec::new(),
    }
}

/// Runs a program to its end; what it printed, and the most memory that it held.
fn measured(command: &mut Command) -> (String, u64) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let mut stderr = child.stderr.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut output = String::new();
        stdout.read_to_string(&mut output).unwrap();
        output
    });
    let complaints = std::thread::spawn(move || {
        let mut output = String::new();
        stderr.read_to_string(&mut output).unwrap();
        output
    });
    let status = format!("/proc/{}/status", child.id());
    let mut memory = 0;
    let ended = loop {
        // The kernel keeps the peak itself: what is read last is right but for the last few milliseconds.
        memory = memory.max(peak(&status));
        if let Some(ended) = child.try_wait().unwrap() {
            break ended;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let (output, complaints) = (reader.join().unwrap(), complaints.join().unwrap());
    assert_eq!(ended.code(), Some(0), "{output}\n{complaints}");
    (output, memory / 1024)
}

/// The peak of a process's memory in KiB, where the system tells it.
fn peak(status: &str) -> u64 {
    let status = std::fs::read_to_string(status).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn show(what: &str, cost: &Cost) {
    println!(
        "{what}: {:.2} s, {} + {} reads, {} + {} writes, {} MiB, {} units gone through",
        cost.seconds,
        cost.reads.0,
        cost.reads.1,
        cost.writes.0,
        cost.writes.1,
        cost.memory,
        count(&cost.run, "read")
    );
}

/// Nothing, counted; then an edit on either side, which shows that the links are good.
fn go_through(persona: Persona, people: usize) -> [Cost; 2] {
    let linked = Linked::new(persona, people);
    let who = format!("VTiger {}, {people} linked people", persona.version_text());
    show(&format!("{who}: the program's first run"), &linked.run(&[]));
    let nothing = linked.run(&[]);
    show(&format!("{who}: nothing has changed"), &nothing);
    let census = linked.run(&["--census"]);
    show(&format!("{who}: all are counted, nothing has changed"), &census);
    for cost in [&nothing, &census] {
        assert_eq!((count(&cost.run, "read"), cost.writes), (0, (0, 0)), "{}", cost.run);
    }
    let (one, other) = (&linked.people[people / 2], &linked.people[people / 3]);
    let now = SignedDuration::ZERO;
    linked.lab.ground.edit(&one.id, "title", "Directora", now);
    linked.lab.ground.edit_document(&other.name, "department", "Ventas", now);
    let edited = linked.run(&[]);
    show(&format!("{who}: one edit on each side"), &edited);
    assert_eq!((count(&edited.run, "updated"), edited.writes), (2, (1, 1)), "{}", edited.run);
    assert_eq!(linked.lab.ground.shown(&one.name, "designation"), "Directora");
    assert_eq!(linked.lab.ground.held(&other.id, "department"), "Ventas");
    [nothing, census]
}

#[test]
fn what_it_costs_to_find_that_nothing_has_changed_does_not_grow_with_what_is_linked() {
    for persona in personas() {
        let [few, _] = go_through(persona, 120);
        let [many, _] = go_through(persona, 600);
        assert_eq!(few.reads, many.reads);
    }
}

#[test]
#[ignore = "takes minutes; `cargo test --release -p company-sync --test it noop -- --ignored --nocapture`"]
fn a_hundred_thousand_linked_units() {
    go_through(Persona::v8_3_0(), 100_000);
}
