//! One attempt at a task: carried out by whoever knows how, while its lease is kept and its progress written down.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cs_domain::{Advice, Balance, Failure, RunId, RunStatus};
use cs_ports::{Clock, Entropy, Lease, Observer, Store, StoreError, Task, TaskObserver, TaskStore};
use futures_util::FutureExt;
use futures_util::future::{Either, select};
use serde_json::Value as Json;

use super::follower::Follower;
use super::lifecycle::{self, Step};
use crate::stop::{Stop, StopSignal, Stopper};
use crate::tenure::Tenure;

/// How often progress is written down, at most.
const BEAT: Duration = Duration::from_secs(1);
/// How often the end of an attempt is tried to be written down before the task is left to whoever finds it.
const LAST_WORDS: u32 = 4;
/// The code of a failure that says that somebody else is at the same work.
const BUSY: &str = "run.busy";

/// What an attempt is given.
pub struct Attempt {
    /// When it is to end before its end.
    pub stop: StopSignal,
    /// Whom its events are told.
    pub observer: Arc<dyn Observer>,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// As its run ended, or would have.
    pub status: RunStatus,
    /// Its run; a dry run has none.
    pub run: Option<RunId>,
    /// What it accounts for, where no events told it: a dry run's.
    pub balance: Option<Balance>,
    /// Why it ended as it did, where it did not succeed.
    pub failure: Option<Failure>,
    /// What came of it besides (JSON), for its page.
    pub outcome: Json,
}

/// Carries out tasks.
#[async_trait]
pub trait Executor: Send + Sync {
    /// Carries out one attempt. A task that was begun before is begun again: what an attempt leaves behind is its own affair.
    /// An error is an attempt that came to no run, or that ended without one.
    async fn execute(&self, task: &Task, attempt: &Attempt) -> Result<Ending, Failure>;

    /// Whether this holder of leases is known to be dead, so that nobody has to wait until its leases end.
    fn outlived(&self, holder: &str) -> bool;
}

/// A task that is carried out here.
pub(super) struct Carrying {
    pub(super) task: Task,
    pub(super) lease: Lease,
    pub(super) stopper: Stopper,
    pub(super) executor: Arc<dyn Executor>,
    pub(super) tasks: Arc<dyn TaskStore>,
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) observers: Vec<Arc<dyn TaskObserver>>,
}

impl Carrying {
    /// Carries the attempt out to its end, and writes that down.
    pub(super) async fn carry_out(self) {
        let follower = Arc::new(Follower::new(self.task.clone(), self.observers.clone()));
        let attempt =
            Attempt { stop: self.stopper.signal(), observer: Arc::clone(&follower) as Arc<dyn Observer> };
        let work = AssertUnwindSafe(self.executor.execute(&self.task, &attempt)).catch_unwind();
        let result = match select(pin!(work), pin!(self.keep(&follower))).await {
            Either::Left((Ok(result), _)) => result,
            Either::Left((Err(_), _)) => Err(broke_down()),
            Either::Right((never, _)) => match never {},
        };
        self.conclude(follower.task(), result).await;
    }

    /// Keeps the lease and writes down how far the task has come, as long as it goes on.
    async fn keep(&self, follower: &Follower) -> Infallible {
        let tenure = Tenure::since(self.lease_taken());
        loop {
            self.clock.sleep(BEAT).await;
            match self.beat(&tenure, follower).await {
                Ok(()) => {}
                Err(error @ StoreError::LeaseLost { .. }) => {
                    tracing::error!(task = %self.task.id, %error, "somebody else has taken the task over; it ends here");
                    self.stopper.stop(Stop::ShuttingDown);
                    return std::future::pending().await;
                }
                Err(error) => {
                    tracing::warn!(task = %self.task.id, %error, "how far the task has come could not be written down");
                }
            }
        }
    }

    /// The lease was taken just before the attempt began.
    fn lease_taken(&self) -> jiff::Timestamp {
        self.task.started.unwrap_or_else(|| self.clock.now())
    }

    async fn beat(&self, tenure: &Tenure, follower: &Follower) -> Result<(), StoreError> {
        tenure.keep(self.store.as_ref(), &self.lease, self.clock.as_ref()).await?;
        if let Some(task) = follower.news() {
            self.tasks.put_task(&self.lease, &task).await?;
            self.tell(&task);
        }
        Ok(())
    }

    /// Writes down how the attempt ended, gives the lease back and tells.
    async fn conclude(&self, mut task: Task, result: Result<Ending, Failure>) {
        let step = step_of(&result);
        match result {
            Ok(ending) => {
                task.run = ending.run.or(task.run);
                task.balance = ending.balance.unwrap_or(task.balance);
                task.failure = ending.failure;
                task.outcome = ending.outcome;
            }
            Err(failure) => task.failure = Some(failure),
        }
        let ended = match lifecycle::after(&task, step, self.clock.now(), self.entropy.next()) {
            Ok(ended) => ended,
            Err(error) => {
                tracing::error!(task = %task.id, %error, "the end of the task makes no sense");
                return;
            }
        };
        if let Err(error) = self.remember(&ended).await {
            tracing::error!(task = %task.id, %error, "how the task ended could not be written down");
            return;
        }
        self.tell(&ended);
    }

    async fn remember(&self, ended: &Task) -> Result<(), StoreError> {
        let mut tries = 1;
        loop {
            match self.tasks.put_task(&self.lease, ended).await {
                Ok(()) => return self.store.release_lease(&self.lease).await,
                Err(error @ StoreError::LeaseLost { .. }) => return Err(error),
                Err(error) if tries == LAST_WORDS => return Err(error),
                Err(_) => {
                    tries += 1;
                    self.clock.sleep(BEAT).await;
                }
            }
        }
    }

    fn tell(&self, task: &Task) {
        for observer in &self.observers {
            observer.task(task);
        }
    }
}

/// What the end of an attempt is to its task.
fn step_of(result: &Result<Ending, Failure>) -> Step {
    let (status, failure) = match result {
        Ok(ending) => (ending.status, ending.failure.as_ref()),
        Err(failure) => (RunStatus::Error, Some(failure)),
    };
    let stopped = failure.and_then(|failure| Stop::of_code(&failure.code));
    match (status, stopped) {
        (RunStatus::Success, _) => Step::Succeeded,
        (RunStatus::PartialSuccess, _) => Step::PartlySucceeded,
        (_, Some(Stop::ShuttingDown)) => Step::Parked,
        (RunStatus::Cancelled, _) | (_, Some(Stop::Cancelled)) => Step::Cancelled,
        (RunStatus::TimedOut, _) | (_, Some(Stop::TimedOut)) => Step::TimedOut,
        (RunStatus::Pending | RunStatus::InProgress | RunStatus::Error, None) => match failure {
            Some(failure) if failure.code == BUSY => Step::Busy,
            Some(failure) => Step::Failed { advice: failure.advice },
            None => Step::Failed { advice: Advice::NeedsPerson },
        },
    }
}

fn broke_down() -> Failure {
    Failure {
        code: "task.broke_down".to_owned(),
        cause: "the program met something in this task that it was not written for".to_owned(),
        remedy:
            "This is a defect in the program; report it with its log. Running the task again harms nothing."
                .to_owned(),
        advice: Advice::NeedsPerson,
        place: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(status: RunStatus, failure: Option<Failure>) -> Ending {
        Ending { status, run: None, balance: None, failure, outcome: Json::Null }
    }

    #[test]
    fn what_an_end_is_to_its_task() {
        let failure =
            |code: &str| Failure { code: code.to_owned(), advice: Advice::RetryLater, ..broke_down() };
        let retry = Step::Failed { advice: Advice::RetryLater };
        let parked = || Some(Stop::ShuttingDown.failure());
        for (result, step) in [
            (Ok(ended(RunStatus::Success, None)), Step::Succeeded),
            (Ok(ended(RunStatus::Success, parked())), Step::Succeeded),
            (Ok(ended(RunStatus::PartialSuccess, None)), Step::PartlySucceeded),
            (Ok(ended(RunStatus::Cancelled, parked())), Step::Parked),
            (Ok(ended(RunStatus::Cancelled, Some(Stop::Cancelled.failure()))), Step::Cancelled),
            (Ok(ended(RunStatus::Cancelled, None)), Step::Cancelled),
            (Ok(ended(RunStatus::TimedOut, Some(Stop::TimedOut.failure()))), Step::TimedOut),
            (Ok(ended(RunStatus::Error, Some(failure("vtiger.unreachable")))), retry),
            (Ok(ended(RunStatus::Error, None)), Step::Failed { advice: Advice::NeedsPerson }),
            (Ok(ended(RunStatus::InProgress, None)), Step::Failed { advice: Advice::NeedsPerson }),
            (Err(failure("vtiger.unreachable")), retry),
            (Err(failure("run.busy")), Step::Busy),
            (Err(Stop::ShuttingDown.failure()), Step::Parked),
            (Err(Stop::Cancelled.failure()), Step::Cancelled),
            (Err(Stop::TimedOut.failure()), Step::TimedOut),
            (Err(broke_down()), Step::Failed { advice: Advice::NeedsPerson }),
        ] {
            assert_eq!(step_of(&result), step, "{result:?}");
        }
    }
}
