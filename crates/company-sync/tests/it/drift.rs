//! Fields that change under a running schedule: each kind of change is found before the next run, which stops, skips the field
//! or goes on, as the mapping says; and what was held up arrives once the field is what it was.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use cs_domain::mapping::drift::Drift;
use cs_domain::mapping::{Settings, parse};
use cs_domain::{DriftPolicy, Event, Failure, Mapping, RunStatus};
use cs_engine::scheduler::{Attempt, Ending, Executor, Nudge, Scheduler};
use cs_engine::{Job, Stopper};
use cs_ports::{CatchUp, Clock, Schedule, Store, Task, TaskId, TaskObserver, TaskStore, Work};
use cs_sandbox::frappe::reshape::FieldChange as Here;
use cs_sandbox::vtiger::{FieldChange as There, Persona};
use cs_store::MemoryStore;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::lab::{Chance, Ground, Lab, LabClock, LabWish};

/// `ON` stands where a policy can be said.
const MAPPING: &str = r#"
format = 1
name = "people"
title = "People"
ON
[[unit]]
name = "person"
module = "Contacts"
[[unit.document]]
role = "person"
doctype = "Contact"
external_id = "custom_vtiger_id"
match = [["first_name", "last_name"]]
[unit.document.fields]
first_name = "firstname"
last_name = "lastname"
department = "department"
company_name = "assistant"
designation = "Title"
status = { vtiger = "leadsource", direction = "to_frappe", transform = { map = { "Cold Call" = "Open" }, otherwise = { use = "Passive" } } }
"#;

/// Time that the test moves; who sleeps looks again soon.
struct Stepped(Arc<LabClock>);

#[async_trait]
impl Clock for Stepped {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    async fn sleep(&self, pause: Duration) {
        tokio::time::sleep(pause.min(Duration::from_millis(5))).await;
    }
}

/// Carries out what the schedule asks for as the program does: with connectors of its own each time.
struct Shop {
    lab: Arc<Lab>,
    store: Arc<MemoryStore>,
    mapping: Mapping,
}

#[async_trait]
impl Executor for Shop {
    async fn execute(&self, _: &Task, attempt: &Attempt) -> Result<Ending, Failure> {
        let store: Arc<dyn Store> = Arc::clone(&self.store) as _;
        let mut engine = self.lab.fresh(&store);
        engine.observers = vec![Arc::clone(&attempt.observer)];
        let job = Job {
            mapping: self.mapping.clone(),
            edition: None,
            settings: Settings::new(),
            full: false,
            eager: true,
            census: false,
            approved_deletes: None,
            approved: None,
            zone: TimeZone::UTC,
            stop: attempt.stop.clone(),
        };
        let run = engine.run(&job).await.map_err(|error| error.failure())?;
        let (status, failure) = (run.status, run.failure.clone());
        let outcome = serde_json::Value::Null;
        Ok(Ending { status, run: Some(run.id), balance: Some(run.balance), failure, outcome })
    }

    fn outlived(&self, _: &str) -> bool {
        false
    }
}

/// What a scheduled task came to.
struct Told {
    task: Task,
    drifts: Vec<Drift>,
}

struct Watch {
    drifts: Mutex<Vec<Drift>>,
    ended: Mutex<Sender<Told>>,
}

impl TaskObserver for Watch {
    fn task(&self, task: &Task) {
        if task.status.is_final() {
            let drifts = std::mem::take(&mut *self.drifts.lock().unwrap());
            self.ended.lock().unwrap().send(Told { task: task.clone(), drifts }).unwrap();
        }
    }

    fn event(&self, _: &TaskId, event: &Event) {
        if let Event::Drifted { drift } = event {
            self.drifts.lock().unwrap().push(Drift::clone(drift));
        }
    }
}

/// A schedule that runs the mapping every minute of a time that the test moves.
struct Running {
    lab: Arc<Lab>,
    ended: Receiver<Told>,
    stopper: Stopper,
    work: Option<std::thread::JoinHandle<()>>,
}

impl Running {
    fn begin(on_drift: &str) -> Self {
        Self::begin_with(&MAPPING.replace("ON", on_drift))
    }

    fn begin_with(mapping: &str) -> Self {
        let lab = Arc::new(Lab::new(&LabWish::people(Persona::v8_3_0(), 3)));
        let store = Arc::new(MemoryStore::new());
        let clock = Arc::new(Stepped(Arc::clone(&lab.ground.clock)));
        let (sender, ended) = channel();
        let stopper = Stopper::default();
        let stop = stopper.signal();
        let mapping = parse(mapping).unwrap().mapping;
        let scheduler = Scheduler {
            tasks: Arc::clone(&store) as _,
            store: Arc::clone(&store) as _,
            mappings: Arc::clone(&store) as _,
            clock: Arc::clone(&clock) as _,
            entropy: Arc::new(Chance::of(3)),
            executor: Arc::new(Shop { lab: Arc::clone(&lab), store: Arc::clone(&store), mapping }),
            observers: vec![Arc::new(Watch { drifts: Mutex::default(), ended: Mutex::new(sender) })],
            holder: "scheduler".to_owned(),
            zone: TimeZone::UTC,
            lanes: 1,
            nudge: Nudge::default(),
        };
        let work = Work::Sync {
            mapping: "people".into(),
            full: false,
            census: false,
            approved_deletes: None,
            dry_run: false,
        };
        let schedule = Schedule {
            name: "people".to_owned(),
            work,
            cron: "* * * * *".to_owned(),
            enabled: true,
            catch_up: CatchUp::Skip,
            time_limit: 3_600,
            attempts_allowed: 1,
            seen: clock.now(),
        };
        lab.runtime.block_on(store.put_schedule(&schedule)).unwrap();
        let handle = lab.runtime.handle().clone();
        let work = std::thread::spawn(move || handle.block_on(scheduler.work(stop)));
        Self { lab, ended, stopper, work: Some(work) }
    }

    fn ground(&self) -> &Ground {
        &self.lab.ground
    }

    /// Lets a minute pass; the run that the schedule begins then.
    fn minute(&self) -> Told {
        self.ground().clock.pass(SignedDuration::from_secs(60));
        self.ended.recv_timeout(Duration::from_secs(120)).expect("the schedule runs")
    }

    #[track_caller]
    fn good_minute(&self) -> Told {
        let told = self.minute();
        assert_eq!(told.task.status, RunStatus::Success, "{:?}", told.task.failure);
        told
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stopper.stop(cs_engine::Stop::ShuttingDown);
        if let Some(work) = self.work.take() {
            work.join().unwrap();
        }
    }
}

/// What an administrator does to one of the systems.
type Deed = fn(&Ground);

fn there(ground: &Ground, field: &str, change: &There) {
    assert!(ground.system().change_field("Contacts", field, change));
}

fn here(ground: &Ground, field: &str, change: &Here) {
    assert!(ground.site().change_field("Contact", field, change));
}

/// Every kind of change, with its code, what the run does where the mapping says nothing, and the deed.
const DEEDS: &[(&str, DriftPolicy, Deed)] = &[
    ("drift.field_vanished", DriftPolicy::Stop, |ground| there(ground, "department", &There::Removed)),
    ("drift.field_vanished", DriftPolicy::Stop, |ground| here(ground, "department", &Here::Removed)),
    ("drift.type_changed", DriftPolicy::Stop, |ground| {
        here(ground, "department", &Here::Typed("Int".to_owned()));
    }),
    ("drift.type_changed", DriftPolicy::Stop, |ground| {
        there(ground, "department", &There::Typed("date".to_owned()));
    }),
    ("drift.choice_lost", DriftPolicy::Stop, |ground| {
        there(ground, "leadsource", &There::Listed(vec!["Web".to_owned()]));
    }),
    ("drift.choice_lost", DriftPolicy::GoOn, |ground| {
        here(ground, "status", &Here::Listed(vec!["Passive".to_owned(), "Open".to_owned()]));
    }),
    ("drift.not_writable", DriftPolicy::Stop, |ground| here(ground, "department", &Here::ReadOnly(true))),
    ("drift.not_writable", DriftPolicy::Stop, |ground| there(ground, "department", &There::Editable(false))),
    ("drift.became_mandatory", DriftPolicy::GoOn, |ground| {
        here(ground, "middle_name", &Here::Mandatory(true));
    }),
    ("drift.shortened", DriftPolicy::GoOn, |ground| here(ground, "department", &Here::Long(30))),
    ("drift.relabelled", DriftPolicy::GoOn, |ground| {
        there(ground, "title", &There::Labelled("Position".to_owned()));
    }),
    ("drift.kind_vanished", DriftPolicy::Stop, |ground| {
        assert!(ground.site().remove_doctype("Contact").is_some());
    }),
    ("drift.kind_vanished", DriftPolicy::Stop, |ground| assert!(ground.system().remove_module("Contacts"))),
];

#[test]
fn each_change_is_found_before_the_next_run_and_what_it_held_up_arrives_after_it() {
    let running = Running::begin("");
    running.good_minute();
    let ground = running.ground();
    let (modules, doctype) = (ground.system().catalogue_now(), ground.site().doctype("Contact").unwrap());
    let person = "Contact 000001";
    let id = running.lab.people()[1].id.clone();
    for (number, (code, verdict, deed)) in DEEDS.iter().enumerate() {
        deed(ground);
        let boss = format!("Jefa {number}");
        let edited = !matches!(*code, "drift.kind_vanished");
        if edited {
            ground.edit(&id, "assistant", &boss, SignedDuration::ZERO);
        }
        let told = running.minute();
        assert_eq!(
            told.drifts.iter().map(Drift::code).collect::<Vec<_>>(),
            [*code],
            "{number}: {:?}",
            told.task.failure
        );
        assert_eq!(told.drifts[0].verdict, *verdict, "{number} {code}");
        if *verdict == DriftPolicy::Stop {
            assert_eq!(told.task.status, RunStatus::Error, "{number} {code}");
            let failure = told.task.failure.unwrap();
            assert_eq!(failure.code, "mapping.drifted", "{number} {code}");
            assert!(failure.cause.contains(&told.drifts[0].to_string()), "{}", failure.cause);
            if edited {
                assert_ne!(ground.shown(person, "company_name"), boss, "{number} {code}: it stopped");
            }
        } else if *code == "drift.became_mandatory" {
            // The run goes on; Frappe refuses the document that lacks the field, and its unit says so.
            assert_eq!(
                told.task.status,
                RunStatus::PartialSuccess,
                "{number} {code}: {:?}",
                told.task.failure
            );
        } else {
            assert_eq!(told.task.status, RunStatus::Success, "{number} {code}: {:?}", told.task.failure);
            assert_eq!(ground.shown(person, "company_name"), boss, "{number} {code}: it went on");
        }

        ground.system().restore_catalogue(Arc::clone(&modules));
        ground.site().install_doctypes(vec![Arc::clone(&doctype)]);
        let told = running.good_minute();
        assert!(told.drifts.is_empty(), "{number} {code}: {:?}", told.drifts);
        if edited {
            assert_eq!(ground.shown(person, "company_name"), boss, "{number} {code}");
        }
    }
}

/// The rows that the mapping below fills.
const ROWS: &str = "Contact Email";

fn in_rows(ground: &Ground, field: &str, change: &Here) {
    assert!(ground.site().change_field(ROWS, field, change));
}

/// The same of the rows of a table.
const DEEDS_IN_ROWS: &[(&str, DriftPolicy, Deed)] = &[
    ("drift.field_vanished", DriftPolicy::Stop, |ground| in_rows(ground, "email_id", &Here::Removed)),
    ("drift.type_changed", DriftPolicy::Stop, |ground| {
        in_rows(ground, "email_id", &Here::Typed("Date".to_owned()));
    }),
    ("drift.not_writable", DriftPolicy::Stop, |ground| in_rows(ground, "email_id", &Here::ReadOnly(true))),
    ("drift.shortened", DriftPolicy::GoOn, |ground| in_rows(ground, "email_id", &Here::Long(60))),
    ("drift.relabelled", DriftPolicy::GoOn, |ground| {
        in_rows(ground, "email_id", &Here::Labelled("Address".to_owned()));
    }),
    ("drift.became_mandatory", DriftPolicy::GoOn, |ground| {
        in_rows(ground, "is_primary", &Here::Mandatory(true));
    }),
    ("drift.kind_vanished", DriftPolicy::Stop, |ground| {
        assert!(ground.site().remove_doctype(ROWS).is_some());
    }),
];

#[test]
fn a_table_s_columns_are_watched_like_fields() {
    let row = "[[unit.document.row]]\ntable = \"email_ids\"\ncolumns = { \"Email ID\" = \"email\" }\n";
    let running = Running::begin_with(&format!("{}{row}", MAPPING.replace("ON", "")));
    let ground = running.ground();
    let id = running.lab.people()[0].id.clone();
    ground.edit(&id, "email", "persona@example.test", SignedDuration::ZERO);
    running.good_minute();
    let rows = || ground.site().document("Contact", "Contact 000000").unwrap()["email_ids"].clone();
    assert_eq!(rows()[0]["email_id"], "persona@example.test");
    let doctype = ground.site().doctype(ROWS).unwrap();
    for (number, (code, verdict, deed)) in DEEDS_IN_ROWS.iter().enumerate() {
        deed(ground);
        let told = running.minute();
        let codes: Vec<&str> = told.drifts.iter().map(Drift::code).collect();
        assert_eq!(codes, [*code], "{number}: {:?}", told.task.failure);
        assert_eq!(
            (told.drifts[0].verdict, told.drifts[0].kind.as_str()),
            (*verdict, ROWS),
            "{number} {code}"
        );
        let stopped = told.task.failure.is_some_and(|failure| failure.code == "mapping.drifted");
        assert_eq!(stopped, *verdict == DriftPolicy::Stop, "{number} {code}");
        ground.site().install_doctypes(vec![Arc::clone(&doctype)]);
        let told = running.good_minute();
        assert!(told.drifts.is_empty(), "{number} {code}: {:?}", told.drifts);
    }
    assert_eq!(rows()[0]["email_id"], "persona@example.test", "nobody touched it");
}

#[test]
fn a_skipped_field_waits_untouched_on_both_sides_and_then_goes_on_from_where_it_was() {
    let running = Running::begin("on_drift = \"skip_field\"");
    let ground = running.ground();
    let id = running.lab.people()[0].id.clone();
    let person = "Contact 000000";
    ground.edit(&id, "department", "Ventas", SignedDuration::ZERO);
    running.good_minute();
    assert_eq!(ground.shown(person, "department"), "Ventas");

    let modules = ground.system().catalogue_now();
    there(ground, "department", &There::Removed);
    ground.edit(&id, "assistant", "Berta", SignedDuration::ZERO);
    ground.edit_document(person, "department", "Compras", SignedDuration::ZERO);
    let told = running.good_minute();
    assert_eq!(told.drifts[0].verdict, DriftPolicy::SkipField);
    assert_eq!(ground.shown(person, "company_name"), "Berta", "the others go on");
    assert_eq!(
        (ground.held(&id, "department"), ground.shown(person, "department")),
        ("Ventas".into(), "Compras".into())
    );
    // It stays found, however often it runs.
    assert_eq!(running.good_minute().drifts.len(), 1);

    ground.system().restore_catalogue(modules);
    assert!(running.good_minute().drifts.is_empty());
    assert_eq!(ground.held(&id, "department"), "Compras", "Frappe's edit, and no conflict");
}
