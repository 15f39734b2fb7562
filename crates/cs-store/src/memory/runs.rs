//! Runs in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

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

    /// Newest first, those before the one named; none where that is not there.
    pub(super) fn before(&self, id: Option<&RunId>) -> impl Iterator<Item = &Run> {
        let end = match id {
            None => Bound::Unbounded,
            Some(id) => {
                let started = self.all.get(id).map_or(Timestamp::MIN, |run| stamp::cut(run.started));
                Bound::Excluded((started, id.clone()))
            }
        };
        let newest = self.by_start.range((Bound::Unbounded, end)).rev();
        newest.filter_map(|(_, id)| self.all.get(id))
    }

    /// Those that were over at this time.
    pub(super) fn ended_before(&self, time: Timestamp) -> impl Iterator<Item = &RunId> {
        let over =
            self.all.values().filter(move |run| run.ended.is_some_and(|ended| stamp::cut(ended) < time));
        over.map(|run| &run.id)
    }

    /// Newest first.
    pub(super) fn latest(&self, limit: usize) -> Vec<Run> {
        let newest = self.by_start.iter().rev().filter_map(|(_, id)| self.all.get(id));
        newest.take(limit).cloned().collect()
    }
}
