//! Runs in memory.

use std::collections::{BTreeMap, BTreeSet};

use cs_domain::{Run, RunId};
use jiff::Timestamp;

use crate::stamp;

#[derive(Debug, Default)]
pub(super) struct Runs {
    all: BTreeMap<RunId, Run>,
    by_start: BTreeSet<(Timestamp, RunId)>,
}

impl Runs {
    pub(super) fn put(&mut self, run: Run) {
        let started = stamp::cut(run.started);
        let before = self.all.get(&run.id).map(|before| stamp::cut(before.started));
        if before != Some(started) {
            if let Some(before) = before {
                self.by_start.remove(&(before, run.id.clone()));
            }
            self.by_start.insert((started, run.id.clone()));
        }
        self.all.insert(run.id.clone(), run);
    }

    pub(super) fn get(&self, id: &RunId) -> Option<&Run> {
        self.all.get(id)
    }

    /// Newest first.
    pub(super) fn latest(&self, limit: usize) -> Vec<Run> {
        let newest = self.by_start.iter().rev().filter_map(|(_, id)| self.all.get(id));
        newest.take(limit).cloned().collect()
    }
}
