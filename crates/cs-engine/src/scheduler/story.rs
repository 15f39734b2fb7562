//! Stories of schedulers over the store in memory, in virtual time.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use cs_domain::{Advice, Balance, Event, Failure, RecordRef, RunStatus, Verdict};
use cs_ports::{
    CatchUp, Clock, Entropy, LeaseAnswer, Schedule, Store, Task, TaskFilter, TaskId, TaskObserver, TaskStore,
    task_lease,
};
use cs_store::MemoryStore;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value as Json;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::attempt::{Attempt, Ending, Executor};
use super::rounds::{Nudge, Scheduler};
use super::testing::{at, schedule, task};
use crate::stop::{Stop, StopSignal, Stopper};

/// Tokio's paused time, as ours.
struct VirtualClock(Instant);

#[async_trait]
impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        at("00:00:00") + self.0.elapsed()
    }

    async fn sleep(&self, pause: Duration) {
        tokio::time::sleep(pause).await;
    }
}

struct Counting(AtomicU64);

impl Entropy for Counting {
    fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

/// A world with tasks that consist of units, and remembers which of them were done.
pub(super) struct World {
    clock: Arc<VirtualClock>,
    pub(super) store: Arc<MemoryStore>,
    units: u64,
    /// Seconds that a unit takes.
    takes: u64,
    said: Mutex<Said>,
}

#[derive(Default)]
struct Said {
    /// Units that are done, by task.
    done: BTreeMap<TaskId, u64>,
    /// What the next attempts come to instead.
    failures: VecDeque<Failure>,
    /// When attempts began, in seconds from the beginning.
    begun: Vec<(String, u64)>,
    /// Lanes that somebody is in.
    lanes: BTreeSet<String>,
    /// Tasks that somebody carries out.
    carried: BTreeSet<TaskId>,
    dead: BTreeSet<String>,
    /// Statuses that were told, by task.
    told: Vec<(TaskId, RunStatus)>,
    events: usize,
}

impl World {
    pub(super) fn new(units: u64, takes: u64) -> Arc<Self> {
        let clock = Arc::new(VirtualClock(Instant::now()));
        let (store, said) = (Arc::new(MemoryStore::new()), Mutex::default());
        Arc::new(Self { clock, store, units, takes, said })
    }

    pub(super) fn scheduler(self: &Arc<Self>, holder: &str) -> Scheduler {
        Scheduler {
            tasks: Arc::clone(&self.store) as _,
            store: Arc::clone(&self.store) as _,
            mappings: Arc::clone(&self.store) as _,
            clock: Arc::clone(&self.clock) as _,
            entropy: Arc::new(Counting(AtomicU64::new(holder.len() as u64))),
            executor: Arc::clone(self) as _,
            observers: vec![Arc::clone(self) as _],
            holder: holder.to_owned(),
            zone: TimeZone::UTC,
            lanes: 2,
            nudge: Nudge::default(),
        }
    }

    /// A scheduler at work. What drops the handle's task is a kill.
    fn at_work(self: &Arc<Self>, holder: &str) -> (JoinHandle<()>, Stopper, Nudge) {
        let scheduler = self.scheduler(holder);
        let (stopper, nudge) = (Stopper::default(), scheduler.nudge.clone());
        let stop = stopper.signal();
        (tokio::spawn(async move { scheduler.work(stop).await }), stopper, nudge)
    }

    pub(super) async fn add(&self, task: &Task) {
        assert!(self.store.add_task(task).await.unwrap());
    }

    async fn task(&self, id: &str) -> Task {
        self.store.task(&TaskId(id.to_owned())).await.unwrap().unwrap()
    }

    async fn cancel(&self, id: &str) -> bool {
        self.store.cancel_task(&TaskId(id.to_owned())).await.unwrap()
    }

    async fn put(&self, schedule: &Schedule) {
        self.store.put_schedule(schedule).await.unwrap();
    }

    fn seconds(&self) -> u64 {
        self.clock.0.elapsed().as_secs()
    }

    fn begun(&self) -> Vec<u64> {
        self.said.lock().unwrap().begun.iter().map(|(_, at)| *at).collect()
    }

    fn done(&self, id: &str) -> u64 {
        self.said.lock().unwrap().done.get(&TaskId(id.to_owned())).copied().unwrap_or(0)
    }

    /// Waits until no task is open; answers the second.
    async fn quiet(&self) -> u64 {
        while !self.store.open_tasks().await.unwrap().is_empty() {
            pass(1).await;
        }
        self.seconds()
    }
}

async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

/// Somebody is in a lane, with a task.
struct Presence<'w>(&'w World, String, TaskId);

impl<'w> Presence<'w> {
    /// As the engine: one at a time.
    fn enter(world: &'w World, task: &Task) -> Result<Self, Failure> {
        let mut said = world.said.lock().unwrap();
        assert!(said.carried.insert(task.id.clone()), "{} is carried out twice at a time", task.id);
        let presence = Self(world, task.work.lane(), task.id.clone());
        if said.lanes.insert(task.work.lane()) {
            return Ok(presence);
        }
        said.carried.remove(&task.id);
        std::mem::forget(presence);
        Err(failure("run.busy", Advice::RetryLater))
    }
}

impl Drop for Presence<'_> {
    fn drop(&mut self) {
        let mut said = self.0.said.lock().unwrap();
        said.lanes.remove(&self.1);
        said.carried.remove(&self.2);
    }
}

fn failure(code: &str, advice: Advice) -> Failure {
    Failure { code: code.to_owned(), cause: String::new(), remedy: String::new(), advice, place: None }
}

#[async_trait]
impl Executor for World {
    async fn execute(&self, task: &Task, attempt: &Attempt) -> Result<Ending, Failure> {
        let next = {
            let mut said = self.said.lock().unwrap();
            said.begun.push((task.id.to_string(), self.seconds()));
            said.failures.pop_front()
        };
        let _presence = Presence::enter(self, task)?;
        match next {
            Some(failure) if failure.code == "panic" => panic!("a defect"),
            Some(failure) => return Err(failure),
            None => {}
        }
        let begin = self.done(&task.id.0);
        attempt.observer.observe(&Event::Expecting { units: self.units - begin });
        let mut balance = Balance::default();
        for _ in begin..self.units {
            if let Some(stop) = attempt.stop.asked() {
                return Ok(ending(stop.status(), Some(stop.failure())));
            }
            tokio::time::sleep(Duration::from_secs(self.takes)).await;
            *self.said.lock().unwrap().done.entry(task.id.clone()).or_default() += 1;
            balance.read += 1;
            balance.count(Verdict::Updated);
            let subject = RecordRef::vtiger("SalesOrder", "6x1");
            let (verdict, failures) = (Verdict::Updated, Vec::new());
            attempt.observer.observe(&Event::UnitDone { subject, verdict, failures, balance });
        }
        Ok(ending(RunStatus::Success, None))
    }

    fn outlived(&self, holder: &str) -> bool {
        self.said.lock().unwrap().dead.contains(holder)
    }
}

fn ending(status: RunStatus, failure: Option<Failure>) -> Ending {
    Ending { status, run: None, balance: None, failure, outcome: Json::Null }
}

impl TaskObserver for World {
    fn task(&self, task: &Task) {
        let mut said = self.said.lock().unwrap();
        let now = (task.id.clone(), task.status);
        if said.told.iter().rfind(|(id, _)| *id == task.id) != Some(&now) {
            said.told.push(now);
        }
    }

    fn event(&self, _task: &TaskId, _event: &Event) {
        self.said.lock().unwrap().events += 1;
    }
}

#[tokio::test(start_paused = true)]
async fn a_schedule_adds_its_task_at_its_times() {
    let world = World::new(1, 1);
    world.put(&schedule("policy", "0 6,18 * * *")).await;
    let (_work, ..) = world.at_work("one");
    pass(2 * 86_400).await;
    let hours: Vec<u64> = world.begun().into_iter().map(|second| second / 3_600).collect();
    assert_eq!(hours, [6, 18, 30, 42]);
    let newest = world.store.tasks(&TaskFilter::default(), None, 1).await.unwrap().remove(0);
    assert_eq!((newest.status, newest.asked_by.as_str()), (RunStatus::Success, "schedule policy"));
    assert_eq!(newest.title, "policy Sync on 2026-11-23");
}

#[tokio::test(start_paused = true)]
async fn schedules_survive_a_restart_and_catch_up_as_they_say() {
    let world = World::new(1, 1);
    world.put(&schedule("once", "0 6 * * *")).await;
    world.put(&Schedule { catch_up: CatchUp::Skip, ..schedule("skip", "0 6 * * *") }).await;
    let (work, stop, _) = world.at_work("one");
    pass(86_400).await;
    assert_eq!(world.begun().len(), 2, "both ran in the morning");
    stop.stop(Stop::ShuttingDown);
    work.await.unwrap();
    pass(3 * 86_400 + 7 * 3_600).await;
    let (_work, ..) = world.at_work("two");
    pass(60).await;
    assert_eq!(world.begun().len(), 3, "three mornings were missed, and one is made up for");
    assert_eq!(world.quiet().await / 3_600, 103);
    pass(86_400).await;
    assert_eq!(world.begun().len(), 5, "the next morning both run again");
}

#[tokio::test(start_paused = true)]
async fn a_schedule_waits_for_its_task() {
    let world = World::new(1, 150);
    world.put(&schedule("policy", "* * * * *")).await;
    let (_work, ..) = world.at_work("one");
    pass(601).await;
    let minutes: Vec<u64> = world.begun().into_iter().map(|second| second / 60).collect();
    assert_eq!(minutes, [1, 4, 7, 10], "two times pass while each is under way");
}

#[tokio::test(start_paused = true)]
async fn what_passes_is_tried_again_later_and_later() {
    let world = World::new(1, 1);
    let down = failure("vtiger.unreachable", Advice::RetryLater);
    world.said.lock().unwrap().failures.extend([down.clone(), down.clone()]);
    world.add(&Task { attempts_allowed: 3, ..task("a", "policy") }).await;
    let (_work, ..) = world.at_work("one");
    pass(1).await;
    let waiting = world.task("a").await;
    assert_eq!((waiting.status, waiting.failure), (RunStatus::Pending, Some(down)), "why it waits is known");
    world.quiet().await;
    let begun = world.begun();
    let pauses: Vec<u64> = begun.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!((60..=76).contains(&pauses[0]) && (300..=376).contains(&pauses[1]), "{pauses:?}");
    let ended = world.task("a").await;
    assert_eq!((ended.status, ended.attempts, ended.failure), (RunStatus::Success, 3, None));
}

#[tokio::test(start_paused = true)]
async fn an_error_is_the_end_where_trying_again_does_not_help_or_was_tried() {
    let world = World::new(1, 1);
    let person = failure("frappe.refused", Advice::NeedsPerson);
    let down = failure("vtiger.unreachable", Advice::RetryLater);
    world.said.lock().unwrap().failures.extend([person.clone(), down.clone(), down.clone()]);
    world.add(&Task { attempts_allowed: 2, ..task("a", "policy") }).await;
    world.add(&Task { attempts_allowed: 2, ..task("b", "policy") }).await;
    let (_work, ..) = world.at_work("one");
    world.quiet().await;
    let (a, b) = (world.task("a").await, world.task("b").await);
    assert_eq!((a.status, a.attempts, a.failure), (RunStatus::Error, 1, Some(person)));
    assert_eq!((b.status, b.attempts, b.failure), (RunStatus::Error, 2, Some(down)));
}

#[tokio::test(start_paused = true)]
async fn a_defect_in_one_task_is_no_other_tasks_end() {
    let world = World::new(3, 1);
    world.said.lock().unwrap().failures.push_back(failure("panic", Advice::NeedsPerson));
    world.add(&task("a", "policy")).await;
    world.add(&task("b", "people")).await;
    let (_work, ..) = world.at_work("one");
    world.quiet().await;
    let broken = world.task("a").await;
    assert_eq!(broken.status, RunStatus::Error);
    assert_eq!(broken.failure.map(|failure| failure.code).as_deref(), Some("task.broke_down"));
    assert_eq!(world.task("b").await.status, RunStatus::Success);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_takes_too_long_is_timed_out_between_units() {
    let world = World::new(10, 10);
    world.add(&Task { time_limit: 35, attempts_allowed: 3, ..task("a", "policy") }).await;
    let (_work, ..) = world.at_work("one");
    let end = world.quiet().await;
    assert!((40..=41).contains(&end), "the unit at hand was finished, at {end}");
    let ended = world.task("a").await;
    assert_eq!((ended.status, ended.balance.updated, ended.attempts), (RunStatus::TimedOut, 4, 1));
    assert_eq!(ended.failure.map(|failure| failure.code).as_deref(), Some("run.timed_out"));
    assert!(ended.balance.adds_up());
}

#[tokio::test(start_paused = true)]
async fn a_task_is_cancelled_between_units_and_a_waiting_one_at_once() {
    let world = World::new(10, 10);
    world.add(&task("a", "policy")).await;
    world.add(&task("b", "policy")).await;
    let (_work, ..) = world.at_work("one");
    pass(25).await;
    assert!(world.cancel("b").await);
    pass(2).await;
    let waiting = world.task("b").await;
    assert_eq!((waiting.status, waiting.attempts), (RunStatus::Cancelled, 0));
    assert!(world.cancel("a").await);
    let end = world.quiet().await;
    assert!((30..=31).contains(&end), "the unit at hand was finished, at {end}");
    let ended = world.task("a").await;
    assert_eq!((ended.status, ended.balance.updated), (RunStatus::Cancelled, 3));
    assert_eq!(ended.failure.map(|failure| failure.code).as_deref(), Some("run.cancelled"));
    assert!(!world.cancel("a").await, "it is over");
    assert_eq!(world.begun().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stopped_scheduler_parks_and_the_next_one_goes_on() {
    let world = World::new(10, 10);
    world.add(&task("a", "policy")).await;
    let (work, stop, _) = world.at_work("one");
    pass(25).await;
    stop.stop(Stop::ShuttingDown);
    work.await.unwrap();
    assert_eq!(world.seconds(), 30, "the unit at hand was finished");
    let parked = world.task("a").await;
    assert_eq!((parked.status, parked.attempts, parked.not_before), (RunStatus::Pending, 0, None));
    assert_eq!(parked.failure.map(|failure| failure.code).as_deref(), Some("run.parked"));
    let (_work, ..) = world.at_work("two");
    assert!((100..=102).contains(&world.quiet().await), "no unit was done twice");
    let ended = world.task("a").await;
    assert_eq!((ended.status, ended.attempts, world.done("a")), (RunStatus::Success, 1, 10));
}

#[tokio::test(start_paused = true)]
async fn what_a_killed_process_leaves_is_taken_over_when_its_lease_is_over() {
    let world = World::new(10, 10);
    world.add(&task("a", "policy")).await;
    let (work, ..) = world.at_work("one");
    pass(45).await;
    work.abort();
    let (_work, ..) = world.at_work("two");
    pass(10).await;
    assert_eq!(world.task("a").await.status, RunStatus::InProgress, "nobody knows yet that it is dead");
    world.quiet().await;
    let begun = world.begun();
    assert_eq!(begun.len(), 2);
    assert!(
        (180..=215).contains(&begun[1]),
        "the lease lasted three minutes from its last renewal: {begun:?}"
    );
    let ended = world.task("a").await;
    assert_eq!((ended.status, ended.attempts, world.done("a")), (RunStatus::Success, 2, 10));
}

#[tokio::test(start_paused = true)]
async fn a_lease_lasts_as_long_as_its_task() {
    let world = World::new(10, 60);
    world.add(&task("a", "policy")).await;
    let (_one, ..) = world.at_work("one");
    let (_two, ..) = world.at_work("two");
    assert!((600..=602).contains(&world.quiet().await));
    assert_eq!(world.begun().len(), 1, "the other one never takes it for dead");
}

#[tokio::test(start_paused = true)]
async fn what_a_process_leaves_that_is_known_to_be_dead_is_taken_over_at_once() {
    let world = World::new(10, 10);
    world.add(&task("a", "policy")).await;
    let (work, ..) = world.at_work("one");
    pass(45).await;
    work.abort();
    world.said.lock().unwrap().dead.insert("one".to_owned());
    let (_work, ..) = world.at_work("two");
    world.quiet().await;
    assert!(world.begun()[1] <= 48, "{:?}", world.begun());
    assert_eq!(world.task("a").await.status, RunStatus::Success);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_kills_everybody_is_left_alone_in_the_end() {
    let world = World::new(10, 10);
    world.add(&task("a", "policy")).await;
    for life in 0..7 {
        let holder = format!("life {life}");
        let (work, ..) = world.at_work(&holder);
        pass(5).await;
        work.abort();
        world.said.lock().unwrap().dead.insert(holder);
    }
    let ended = world.task("a").await;
    assert_eq!((ended.status, ended.attempts), (RunStatus::Error, 5));
    assert_eq!(ended.failure.map(|failure| failure.code).as_deref(), Some("task.keeps_dying"));
}

#[tokio::test(start_paused = true)]
async fn what_a_dead_process_was_to_cancel_is_cancelled() {
    let world = World::new(10, 10);
    world.add(&task("a", "policy")).await;
    let (work, ..) = world.at_work("one");
    pass(5).await;
    work.abort();
    assert!(world.cancel("a").await);
    let (_work, ..) = world.at_work("two");
    world.quiet().await;
    assert_eq!((world.task("a").await.status, world.begun().len()), (RunStatus::Cancelled, 1));
}

#[tokio::test(start_paused = true)]
async fn two_schedulers_never_carry_out_one_task_twice() {
    let world = World::new(2, 3);
    for number in 0..20 {
        world.add(&task(&format!("{number:02}"), &format!("lane {}", number % 5))).await;
    }
    for name in ["first", "second"] {
        let often = Schedule { name: name.to_owned(), ..schedule("lane 0", "*/2 * * * *") };
        world.put(&often).await;
    }
    let (_one, ..) = world.at_work("one");
    let (_two, ..) = world.at_work("two");
    pass(390).await;
    let tasks = world.store.tasks(&TaskFilter::default(), None, 100).await.unwrap();
    assert_eq!(tasks.len(), 26, "twenty by hand and three by each schedule");
    for task in &tasks {
        let done = world.done(&task.id.0);
        assert_eq!((task.status, done, task.attempts), (RunStatus::Success, 2, 1), "{}", task.id);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lane_that_somebody_else_is_in_is_waited_for() {
    let world = World::new(1, 1);
    world.said.lock().unwrap().lanes.insert("policy".to_owned());
    world.add(&task("a", "policy")).await;
    let (_work, ..) = world.at_work("one");
    pass(50).await;
    let waiting = world.task("a").await;
    assert_eq!(waiting.failure.map(|failure| failure.code).as_deref(), Some("run.busy"));
    world.said.lock().unwrap().lanes.clear();
    world.quiet().await;
    assert_eq!((world.task("a").await.attempts, world.task("a").await.status), (1, RunStatus::Success));
    assert!(
        world.begun().windows(2).all(|pair| (15..=20).contains(&(pair[1] - pair[0]))),
        "{:?}",
        world.begun()
    );
}

#[tokio::test(start_paused = true)]
async fn a_nudge_begins_at_once() {
    let world = World::new(1, 1);
    let (_work, _, nudge) = world.at_work("one");
    tokio::time::sleep(Duration::from_millis(2_300)).await;
    world.add(&task("a", "policy")).await;
    nudge.nudge();
    tokio::time::sleep(Duration::from_millis(1)).await;
    let begun = world.task("a").await.started.unwrap();
    assert_eq!(begun.duration_since(at("00:00:02")).as_millis(), 300);
}

#[tokio::test(start_paused = true)]
async fn progress_is_at_most_a_second_late_and_never_goes_back() {
    let world = World::new(60, 1);
    world.add(&task("a", "policy")).await;
    let (_work, ..) = world.at_work("one");
    let mut last = 0;
    for _ in 0..110 {
        let before = world.done("a");
        tokio::time::sleep(Duration::from_millis(500)).await;
        tokio::time::sleep(Duration::from_millis(501)).await;
        let shown = world.task("a").await.balance.updated;
        assert!(shown >= before && shown >= last, "{shown} is shown, {before} were done a second ago");
        last = shown;
        if shown == 60 {
            break;
        }
    }
    assert_eq!(world.task("a").await.expected, 60);
    let said = world.said.lock().unwrap();
    assert_eq!(said.events, 61, "every event is passed on");
    let a = || TaskId("a".to_owned());
    assert_eq!(said.told, [(a(), RunStatus::InProgress), (a(), RunStatus::Success)]);
}

#[tokio::test(start_paused = true)]
async fn who_lost_the_lease_says_nothing_more() {
    let world = World::new(10, 10);
    world.add(&task("a", "policy")).await;
    let (_work, ..) = world.at_work("one");
    pass(15).await;
    let name = task_lease(&TaskId("a".to_owned()));
    let later = at("12:00:00");
    let stolen = world.store.take_lease(&name, "thief", later, Duration::from_secs(60)).await.unwrap();
    let LeaseAnswer::Granted(lease) = stolen else { panic!("{stolen:?}") };
    let theirs = Task { attempts: 7, ..world.task("a").await };
    world.store.put_task(&lease, &theirs).await.unwrap();
    pass(30).await;
    assert_eq!(world.done("a"), 3, "it ended after the unit that was under way when it noticed");
    let now = world.task("a").await;
    assert_eq!((now.status, now.attempts), (RunStatus::InProgress, 7));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_carried_out_by_a_scheduler_that_is_told_to_stop() {
    let world = World::new(1, 1);
    world.add(&task("a", "policy")).await;
    let stopper = Stopper::default();
    stopper.stop(Stop::ShuttingDown);
    world.scheduler("one").work(stopper.signal()).await;
    assert!(world.begun().is_empty());
    let two = world.scheduler("two");
    tokio::select! {
        () = two.work(StopSignal::never()) => unreachable!("it works for ever"),
        _ = world.quiet() => {}
    }
    assert_eq!(world.begun().len(), 1);
}
