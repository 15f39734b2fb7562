//! The log in memory.

use cs_domain::{Event, RunId};
use cs_ports::LogEntry;
use jiff::Timestamp;

use crate::stamp;

#[derive(Debug, Default)]
pub(super) struct Logbook {
    /// Ascending by sequence.
    entries: Vec<LogEntry>,
    /// The last number that was given; none is given twice.
    last: i64,
}

impl Logbook {
    pub(super) fn append(&mut self, run: &RunId, at: Timestamp, events: &[Event]) {
        let before = self.last;
        self.entries.extend((before + 1..).zip(events).map(|(sequence, event)| LogEntry {
            sequence,
            at: stamp::cut(at),
            run: run.clone(),
            event: event.clone(),
        }));
        self.last = self.entries.last().map_or(before, |entry| entry.sequence.max(before));
    }

    /// Ascending by sequence.
    pub(super) fn all(&self) -> impl DoubleEndedIterator<Item = &LogEntry> {
        self.entries.iter()
    }

    /// Removes lines from before this time; answers how many.
    pub(super) fn prune(&mut self, before: Timestamp) -> u64 {
        let count = self.entries.len();
        self.entries.retain(|entry| entry.at >= before);
        (count - self.entries.len()) as u64
    }

    pub(super) fn after(&self, run: Option<&RunId>, after: i64, limit: usize) -> Vec<LogEntry> {
        let begin = self.entries.partition_point(|entry| entry.sequence <= after);
        let entries = self.entries.iter().skip(begin).filter(|entry| is_of(entry, run));
        entries.take(limit).cloned().collect()
    }

    pub(super) fn latest(&self, run: Option<&RunId>, limit: usize) -> Vec<LogEntry> {
        let latest = self.entries.iter().rev().filter(|entry| is_of(entry, run));
        let mut entries: Vec<LogEntry> = latest.take(limit).cloned().collect();
        entries.reverse();
        entries
    }
}

fn is_of(entry: &LogEntry, run: Option<&RunId>) -> bool {
    run.is_none_or(|run| entry.run == *run)
}
