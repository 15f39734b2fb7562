//! How far a task has come, read off what happens in its run.

use std::sync::{Arc, Mutex, PoisonError};

use cs_domain::{Balance, Event};
use cs_ports::{Observer, Task, TaskObserver};

/// Follows the run of one attempt.
pub(super) struct Follower {
    seen: Mutex<Seen>,
    observers: Vec<Arc<dyn TaskObserver>>,
}

struct Seen {
    task: Task,
    /// Whether there is something that was not asked for yet.
    news: bool,
}

impl Follower {
    /// Follows an attempt that begins.
    pub(super) fn new(task: Task, observers: Vec<Arc<dyn TaskObserver>>) -> Self {
        Self { seen: Mutex::new(Seen { task, news: false }), observers }
    }

    /// The task as far as it has come.
    pub(super) fn task(&self) -> Task {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).task.clone()
    }

    /// The task, where it has come further since this was asked last.
    pub(super) fn news(&self) -> Option<Task> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut seen.news).then(|| seen.task.clone())
    }
}

impl Observer for Follower {
    fn observe(&self, event: &Event) {
        let id = {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.news |= advance(&mut seen.task, event);
            seen.task.id.clone()
        };
        for observer in &self.observers {
            observer.event(&id, event);
        }
    }
}

/// Moves the task on by what happened; never back. Answers whether it moved.
fn advance(task: &mut Task, event: &Event) -> bool {
    match event {
        Event::RunStarted { run, .. } => task.run.replace(run.clone()).as_ref() != Some(run),
        Event::Expecting { units } => {
            let more = *units > task.expected;
            task.expected = task.expected.max(*units);
            more
        }
        Event::UnitDone { balance, .. } | Event::Searched { balance, .. } => come_to(task, balance),
        Event::RunEnded { run } => come_to(task, &run.balance),
        _ => false,
    }
}

/// The balance of an attempt only grows: one that says less was told late.
fn come_to(task: &mut Task, balance: &Balance) -> bool {
    let further = (balance.accounted(), balance.read) > (task.balance.accounted(), task.balance.read)
        && balance.accounted() >= task.balance.accounted();
    if further {
        task.balance = *balance;
    }
    further
}

#[cfg(test)]
mod tests {
    use cs_domain::{RecordRef, RunId, Verdict};

    use super::super::testing::task;
    use super::*;

    fn done(balance: Balance) -> Event {
        let subject = RecordRef::vtiger("SalesOrder", "6x1");
        Event::UnitDone { subject, verdict: Verdict::Unchanged, failures: Vec::new(), balance }
    }

    #[test]
    fn progress_never_moves_backwards() {
        let follower = Follower::new(task("a", "policy"), Vec::new());
        assert_eq!(follower.news(), None);
        let two = Balance { read: 2, unchanged: 2, ..Balance::default() };
        let one = Balance { read: 3, unchanged: 1, ..Balance::default() };
        for event in [Event::Expecting { units: 9 }, done(two), done(one), Event::Expecting { units: 4 }] {
            follower.observe(&event);
        }
        let task = follower.news().unwrap();
        assert_eq!((task.expected, task.balance), (9, two));
        assert_eq!(follower.news(), None, "it was told");
        follower.observe(&done(two));
        assert_eq!(follower.news(), None, "nothing new");
    }

    #[test]
    fn the_run_is_known_as_soon_as_it_begins() {
        let follower = Follower::new(task("a", "policy"), Vec::new());
        let run = RunId("20261122-060000-0001".to_owned());
        follower.observe(&Event::RunStarted { run: run.clone(), mapping: "policy".into() });
        assert_eq!(follower.news().and_then(|task| task.run), Some(run));
    }
}
