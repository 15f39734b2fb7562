//! How far a task has come, as viewers are told.

use cs_domain::{Balance, Event, RunStatus};
use cs_ports::{Task, TaskId, percent};
use serde::Serialize;
use serde_json::{Value as Json, json};

/// A task's progress. Everything in it is a state, not a difference: whoever misses one misses nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Which task.
    pub task: TaskId,
    /// Where it stands.
    pub status: RunStatus,
    /// Which attempt this is.
    pub attempt: u32,
    /// How many units it expects; 0: not known yet.
    pub expected: u64,
    /// What it accounts for so far.
    pub balance: Balance,
    /// How many hundredths of the way the attempts before this one had come.
    #[serde(skip)]
    pub reached: u64,
    /// Records that were seen while changes are read.
    pub seen: u64,
    /// Lines of its log so far: a viewer who has fewer asks for the rest.
    pub lines: u64,
}

impl Progress {
    /// How a task stands of which nothing was told yet.
    pub fn of(task: &Task) -> Self {
        Self {
            task: task.id.clone(),
            status: task.status,
            attempt: task.attempts,
            expected: task.expected,
            balance: task.balance,
            reached: task.reached,
            seen: 0,
            lines: 0,
        }
    }

    /// Takes in how the task stands. Within an attempt, progress never moves backwards: the store's word may be a second
    /// older than what events told.
    pub fn follow_task(&mut self, task: &Task) {
        let (seen, lines) = (self.seen, self.lines);
        let before = std::mem::replace(self, Self::of(task));
        (self.seen, self.lines) = (seen, lines);
        if before.attempt == self.attempt && before.balance.accounted() > self.balance.accounted() {
            self.balance = before.balance;
        }
        if before.attempt == self.attempt {
            self.expected = self.expected.max(before.expected);
        }
    }

    /// Takes in what happened in its run.
    pub fn follow_event(&mut self, event: &Event) {
        self.lines += 1;
        match event {
            Event::Expecting { units } => self.expected = self.expected.max(*units),
            Event::UnitDone { balance, .. } | Event::Searched { balance, .. }
                if balance.accounted() >= self.balance.accounted() =>
            {
                self.balance = *balance;
            }
            Event::Pulled { seen, .. } | Event::Counted { seen, .. } => self.seen = self.seen.max(*seen),
            _ => {}
        }
    }

    /// As others are told: the fields, and `percent`.
    pub fn told(&self) -> Json {
        let mut told = json!(self);
        if let Some(fields) = told.as_object_mut() {
            fields.insert("percent".to_owned(), json!(self.percent()));
        }
        told
    }

    /// Hundredths of the way; 100 only at the end.
    pub(crate) fn percent(&self) -> u64 {
        percent(self.status, self.reached, self.balance.accounted(), self.expected)
    }
}
