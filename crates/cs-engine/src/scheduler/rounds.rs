//! The scheduler's rounds: each looks at what there is, decides, and acts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use cs_domain::{Advice, Failure, RunStatus};
use cs_ports::{
    Clock, Entropy, Lease, LeaseAnswer, MappingStore, Schedule, Store, StoreError, Task, TaskId,
    TaskObserver, TaskStore, task_lease,
};
use jiff::tz::TimeZone;
use tokio::sync::Notify;
use tokio::task::{JoinError, JoinSet};

use super::asking::Asking;
use super::attempt::{Carrying, Executor};
use super::decide::{Action, Elsewhere, Scene, Skipped, decide};
use super::lifecycle::{self, Step};
use super::timetable::Timetable;
use crate::handover::bury;
use crate::stop::{Stop, StopSignal, Stopper};
use crate::tenure::LEASE_TERM;

/// The longest time between two rounds.
const TICK: Duration = Duration::from_secs(1);

/// Makes the scheduler go its next round at once. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Nudge(Arc<Notify>);

impl Nudge {
    /// Something was added, or is wanted otherwise.
    pub fn nudge(&self) {
        self.0.notify_one();
    }
}

/// Runs tasks and schedules. Several may work on one store; each task is carried out by one of them at a time.
pub struct Scheduler {
    /// What is to be run.
    pub tasks: Arc<dyn TaskStore>,
    /// Where leases are; the same place.
    pub store: Arc<dyn Store>,
    /// Which mappings are retired; the same place.
    pub mappings: Arc<dyn MappingStore>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// Who carries tasks out.
    pub executor: Arc<dyn Executor>,
    /// Whoever follows tasks.
    pub observers: Vec<Arc<dyn TaskObserver>>,
    /// What this scheduler is called in leases; no other's name.
    pub holder: String,
    /// Where the agency is: what the times of schedules mean.
    pub zone: TimeZone,
    /// How many tasks are carried out at a time.
    pub lanes: usize,
    /// What makes it look at once.
    pub nudge: Nudge,
}

/// What one scheduler has on its hands.
#[derive(Default)]
struct Hands {
    /// What is carried out here. What is dropped with this is carried out no further.
    work: JoinSet<()>,
    here: BTreeMap<TaskId, Hand>,
    elsewhere: BTreeMap<TaskId, Elsewhere>,
    timetable: Timetable,
}

/// One task that is carried out here.
struct Hand {
    stopper: Stopper,
    work: tokio::task::Id,
}

impl Scheduler {
    /// Works until it is to stop. Then what is under way finishes the unit at hand and is parked, to be taken up again by
    /// whoever works next. Where this future is dropped instead, everything under way is dropped with it, as if the process
    /// had died.
    pub async fn work(&self, stop: StopSignal) {
        let mut hands = Hands::default();
        while stop.asked().is_none() {
            if let Err(error) = self.round(&mut hands).await {
                tracing::warn!(%error, "the scheduler cannot look at its tasks");
            }
            tokio::select! {
                () = self.clock.sleep(TICK) => {}
                () = self.nudge.0.notified() => {}
                Some(ended) = hands.work.join_next_with_id() => hands.done(ended),
                _ = stop.raised() => {}
            }
        }
        for hand in hands.here.values() {
            hand.stopper.stop(Stop::ShuttingDown);
        }
        while let Some(ended) = hands.work.join_next_with_id().await {
            hands.done(ended);
        }
    }

    async fn round(&self, hands: &mut Hands) -> Result<(), StoreError> {
        let open = self.tasks.open_tasks().await?;
        let schedules = self.tasks.schedules().await?;
        let retired = self.mappings.retired_mappings().await?;
        let retired = retired.into_iter().map(|one| one.mapping).collect();
        self.bury_the_dead(hands, &open).await?;
        for (schedule, error) in hands.timetable.follow(&schedules, &self.zone) {
            tracing::error!(schedule = schedule.name, %error, "a schedule cannot be read and does not run");
        }
        let here = hands.here.keys().cloned().collect();
        let scene = Scene {
            schedules: &schedules,
            retired: &retired,
            timetable: &hands.timetable,
            open: &open,
            now: self.clock.now(),
            zone: &self.zone,
            here: &here,
            elsewhere: &hands.elsewhere,
            lanes: self.lanes,
        };
        let actions = decide(&scene);
        for action in actions {
            if let Err(error) = self.act(hands, &action).await {
                tracing::warn!(%error, ?action, "the scheduler could not do what it wanted");
            }
        }
        Ok(())
    }

    /// Leases of holders that are known to be dead are nobody's. What is over is nobody's business.
    async fn bury_the_dead(&self, hands: &mut Hands, open: &[Task]) -> Result<(), StoreError> {
        let open: BTreeSet<&TaskId> = open.iter().map(|task| &task.id).collect();
        hands.elsewhere.retain(|id, _| open.contains(id));
        let dead = |other: &Elsewhere| self.executor.outlived(&other.holder);
        let theirs: Vec<(TaskId, Elsewhere)> =
            hands.elsewhere.extract_if(.., |_, other| dead(other)).collect();
        for (id, other) in theirs {
            bury(self.store.as_ref(), &task_lease(&id), &other.holder, self.clock.now()).await?;
        }
        Ok(())
    }

    async fn act(&self, hands: &mut Hands, action: &Action<'_>) -> Result<(), StoreError> {
        match action {
            Action::Fire(schedule) => self.fire(schedule).await,
            Action::Skip(schedule, why) => self.skip(schedule, why).await,
            Action::Stop(task, reason) => {
                hands.stop(&task.id, *reason);
                Ok(())
            }
            Action::Withdraw(task) => self.withdraw(hands, task).await,
            Action::TakeOver(task) => {
                // Whoever wanted it to stop wanted it of the one who is no more.
                let step = if task.cancel { Step::Cancelled } else { Step::Orphaned };
                self.take(hands, task, step).await
            }
            Action::Begin(task) => self.take(hands, task, Step::Taken).await,
        }
    }

    async fn fire(&self, schedule: &Schedule) -> Result<(), StoreError> {
        let now = self.clock.now();
        let task = Asking::of_schedule(schedule).task(now, &self.zone, self.entropy.next());
        if self.tasks.fire(schedule, now, Some(&task)).await? {
            tracing::info!(schedule = schedule.name, task = %task.id, "a schedule added its task");
            self.tell(&task);
            self.nudge.nudge();
        }
        Ok(())
    }

    async fn skip(&self, schedule: &Schedule, why: &Skipped) -> Result<(), StoreError> {
        if self.tasks.fire(schedule, self.clock.now(), None).await? {
            let schedule = &schedule.name;
            match why {
                Skipped::StillOpen(task) => {
                    tracing::warn!(schedule, %task, "a schedule's time is skipped: the task of the time before is not over");
                }
                Skipped::Retired => {
                    tracing::info!(schedule, "a schedule's time is skipped: its mapping is retired");
                }
                Skipped::Missed => {
                    tracing::info!(
                        schedule,
                        "a schedule's time is skipped: it passed while nobody was there"
                    );
                }
            }
        }
        Ok(())
    }

    async fn withdraw(&self, hands: &mut Hands, task: &Task) -> Result<(), StoreError> {
        let Some((lease, mut task)) = self.lease_of(hands, task).await? else { return Ok(()) };
        task.failure = Some(Stop::Cancelled.failure());
        self.move_on(&lease, &task, Step::CancelAsked).await?;
        self.store.release_lease(&lease).await
    }

    /// Takes a task up: its lease first, then a look at whether it still is as it was decided on.
    async fn take(&self, hands: &mut Hands, task: &Task, step: Step) -> Result<(), StoreError> {
        let Some((lease, mut task)) = self.lease_of(hands, task).await? else { return Ok(()) };
        match step {
            Step::Cancelled => task.failure = Some(Stop::Cancelled.failure()),
            Step::Orphaned => task.failure = Some(keeps_dying(task.attempts)),
            _ => {}
        }
        let Some(task) = self.move_on(&lease, &task, step).await? else { return Ok(()) };
        if task.status != RunStatus::InProgress {
            return self.store.release_lease(&lease).await;
        }
        let stopper = Stopper::default();
        let id = task.id.clone();
        let carrying = Carrying {
            task,
            lease,
            stopper: stopper.clone(),
            executor: Arc::clone(&self.executor),
            tasks: Arc::clone(&self.tasks),
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
            entropy: Arc::clone(&self.entropy),
            observers: self.observers.clone(),
        };
        let work = hands.work.spawn(carrying.carry_out()).id();
        hands.here.insert(id, Hand { stopper, work });
        Ok(())
    }

    /// The lease on a task, and the task as it is now that nobody else can move it. `None` where somebody else has it, or the
    /// task is not as it was.
    async fn lease_of(&self, hands: &mut Hands, task: &Task) -> Result<Option<(Lease, Task)>, StoreError> {
        let name = task_lease(&task.id);
        let lease = match self.store.take_lease(&name, &self.holder, self.clock.now(), LEASE_TERM).await? {
            LeaseAnswer::Granted(lease) => lease,
            LeaseAnswer::Held { holder, until } => {
                let other = Elsewhere { holder, until, status: task.status, attempts: task.attempts };
                hands.elsewhere.insert(task.id.clone(), other);
                return Ok(None);
            }
        };
        hands.elsewhere.remove(&task.id);
        let now = self.tasks.task(&task.id).await?;
        let unmoved = now.filter(|now| (now.status, now.attempts) == (task.status, task.attempts));
        if unmoved.is_none() {
            self.store.release_lease(&lease).await?;
        }
        Ok(unmoved.map(|task| (lease, task)))
    }

    /// Moves a task on, writes it down and tells it.
    async fn move_on(&self, lease: &Lease, task: &Task, step: Step) -> Result<Option<Task>, StoreError> {
        match lifecycle::after(task, step, self.clock.now(), self.entropy.next()) {
            Ok(moved) => {
                self.tasks.put_task(lease, &moved).await?;
                self.tell(&moved);
                Ok(Some(moved))
            }
            Err(error) => {
                tracing::error!(task = %task.id, %error, "the scheduler wanted what cannot be");
                self.store.release_lease(lease).await?;
                Ok(None)
            }
        }
    }

    fn tell(&self, task: &Task) {
        for observer in &self.observers {
            observer.task(task);
        }
    }
}

impl Hands {
    fn stop(&self, task: &TaskId, reason: Stop) {
        if let Some(hand) = self.here.get(task) {
            hand.stopper.stop(reason);
        }
    }

    fn done(&mut self, ended: Result<(tokio::task::Id, ()), JoinError>) {
        let work = match ended {
            Ok((work, ())) => work,
            // The work itself does not end up here when it panics; what writes its end down may, by a defect of the store.
            Err(error) => {
                tracing::error!(%error, "what carried out a task ended without a word");
                error.id()
            }
        };
        self.here.retain(|_, hand| hand.work != work);
    }
}

/// Stored where a task is not taken over once more.
fn keeps_dying(begun: u32) -> Failure {
    Failure {
        code: "task.keeps_dying".to_owned(),
        cause: format!("the program died {begun} times while it carried this out"),
        remedy:
            "Look into the program's log for what happened at those times (memory?), then start it again."
                .to_owned(),
        advice: Advice::NeedsPerson,
        place: None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::story::World;
    use super::super::testing::task;
    use super::*;

    /// Another scheduler began the task, and ended it, between our look at the tasks and our hand on its lease.
    #[tokio::test(start_paused = true)]
    async fn what_has_moved_since_it_was_decided_on_is_left_alone() {
        let world = World::new(1, 1);
        let stale = task("a", "policy");
        world.add(&stale).await;
        let (one, two) = (world.scheduler("one"), world.scheduler("two"));
        let mut hands = Hands::default();
        one.take(&mut hands, &stale, Step::Taken).await.unwrap();
        assert!(hands.work.join_next().await.unwrap().is_ok());
        let mut late = Hands::default();
        two.take(&mut late, &stale, Step::Taken).await.unwrap();
        assert!(late.here.is_empty() && late.work.is_empty());
        let ended = world.store.task(&stale.id).await.unwrap().unwrap();
        assert_eq!((ended.status, ended.attempts), (RunStatus::Success, 1));
        let lease = one.store.take_lease(&task_lease(&stale.id), "one", one.clock.now(), LEASE_TERM).await;
        assert!(matches!(lease, Ok(LeaseAnswer::Granted(_))), "the lease was given back");
    }
}
