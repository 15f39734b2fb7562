//! Where what happens is told to whoever watches. Engines tell it without waiting; viewers get it at most a quarter of a
//! second later, all the same bytes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cs_domain::Event;
use cs_ports::{Clock, Task, TaskId, TaskObserver};
use serde_json::json;
use tokio::sync::{broadcast, watch};

use super::progress::Progress;

/// How long progress gathers before it is told.
const PULSE: Duration = Duration::from_millis(250);

/// Messages that a viewer who was away for a moment can catch up on one by one.
const KEPT: usize = 512;

/// Messages that wait for a slow viewer before it is told the state anew instead.
const QUEUE: usize = 256;

/// A message to viewers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Message {
    /// Its number.
    pub(crate) number: u64,
    /// `task`: a task's progress. `tasks`: a task was added or ended, or changed its state. `reviewed`: people said something of
    /// findings or conflicts.
    pub(crate) kind: &'static str,
    /// JSON.
    pub(crate) data: String,
}

/// The place where what happens is told.
pub struct Hub {
    /// Tells this process's numbers from those of the one before.
    epoch: String,
    told: Mutex<Told>,
    sender: broadcast::Sender<Arc<Message>>,
    closing: watch::Sender<bool>,
}

#[derive(Default)]
struct Told {
    number: u64,
    recent: VecDeque<Arc<Message>>,
    tasks: BTreeMap<TaskId, Progress>,
    changed: BTreeSet<TaskId>,
}

impl Hub {
    /// A hub; `epoch` must differ from process to process.
    pub fn new(epoch: String) -> Self {
        Self {
            epoch,
            told: Mutex::new(Told::default()),
            sender: broadcast::channel(QUEUE).0,
            closing: watch::channel(false).0,
        }
    }

    /// Tells gathered progress again and again. Returns when the hub is closed.
    pub async fn pulse(&self, clock: Arc<dyn Clock>) {
        let mut closing = self.closing.subscribe();
        loop {
            tokio::select! {
                () = clock.sleep(PULSE) => self.tell_progress(),
                _ = closing.wait_for(|closing| *closing) => return,
            }
        }
    }

    /// Lets every viewer go: their browsers come back when there is a server again.
    pub fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Tells that people said something of findings or conflicts.
    pub(crate) fn reviewed(&self) {
        self.tell(&mut self.told(), "reviewed", "{}".to_owned());
    }

    pub(crate) fn epoch(&self) -> &str {
        &self.epoch
    }

    pub(crate) fn closing(&self) -> watch::Receiver<bool> {
        self.closing.subscribe()
    }

    /// Joins: from here on every message comes, after those that were told since `after`; `None` where these are no longer
    /// all known, so that the state has to be told.
    pub(crate) fn join(
        &self,
        after: Option<u64>,
    ) -> (broadcast::Receiver<Arc<Message>>, Option<Vec<Arc<Message>>>) {
        let told = self.told();
        let receiver = self.sender.subscribe();
        let missed = after.and_then(|after| {
            let first = told.recent.front().map_or(told.number + 1, |message| message.number);
            (after <= told.number && first <= after + 1)
                .then(|| told.recent.iter().filter(|message| message.number > after).cloned().collect())
        });
        (receiver, missed)
    }

    /// The number of the latest message.
    pub(crate) fn number(&self) -> u64 {
        self.told().number
    }

    /// How far a task has come, where something was told of it.
    pub(crate) fn progress(&self, task: &TaskId) -> Option<Progress> {
        self.told().tasks.get(task).cloned()
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell_progress(&self) {
        let mut told = self.told();
        let changed = std::mem::take(&mut told.changed);
        for id in changed {
            let Some(progress) = told.tasks.get(&id) else { continue };
            let data = progress.told().to_string();
            if progress.status.is_final() {
                told.tasks.remove(&id);
            }
            self.tell(&mut told, "task", data);
        }
    }

    fn tell(&self, told: &mut Told, kind: &'static str, data: String) {
        told.number += 1;
        let message = Arc::new(Message { number: told.number, kind, data });
        told.recent.push_back(Arc::clone(&message));
        if told.recent.len() > KEPT {
            told.recent.pop_front();
        }
        // Nobody may be watching.
        let _ = self.sender.send(message);
    }
}

impl TaskObserver for Hub {
    fn task(&self, task: &Task) {
        let mut told = self.told();
        let known = told.tasks.get(&task.id).map(|progress| (progress.status, progress.attempt));
        told.tasks.entry(task.id.clone()).or_insert_with(|| Progress::of(task)).follow_task(task);
        told.changed.insert(task.id.clone());
        if known != Some((task.status, task.attempts)) {
            let data = json!({ "task": task.id, "status": task.status }).to_string();
            self.tell(&mut told, "tasks", data);
        }
    }

    fn event(&self, task: &TaskId, event: &Event) {
        let mut told = self.told();
        if let Some(progress) = told.tasks.get_mut(task) {
            progress.follow_event(event);
            told.changed.insert(task.clone());
        }
    }
}
