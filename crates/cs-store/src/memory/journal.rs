//! The journal of intents in memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use cs_domain::{Intent, IntentId, IntentState, MappingName, RecordRef, Role, RunId};
use cs_ports::{JournalEntry, Settlement, StoreError, UnitKey};

use crate::error::{JournalError, refused};
use crate::insight::target;
use crate::journal;

#[derive(Debug, Default)]
pub(super) struct Journal {
    /// In the order of recording; the other maps hold places in it.
    entries: Vec<JournalEntry>,
    by_id: HashMap<IntentId, usize>,
    by_run: BTreeMap<RunId, Vec<usize>>,
    open: BTreeMap<MappingName, BTreeSet<usize>>,
}

impl Journal {
    /// All of them, or none where an id is taken.
    pub(super) fn record(&mut self, intents: &[Intent]) -> Result<(), StoreError> {
        let mut ids = BTreeSet::new();
        for intent in intents {
            if !ids.insert(&intent.id) || self.by_id.contains_key(&intent.id) {
                return Err(refused("record intents")(JournalError::Repeated(intent.id.clone())));
            }
        }
        for intent in intents {
            self.keep(JournalEntry { intent: intent.clone(), state: IntentState::Open });
        }
        Ok(())
    }

    /// Closes the intents that are named, or none of them; the ties are for the caller to move.
    pub(super) fn settle(
        &mut self,
        mapping: &MappingName,
        settlements: &[Settlement],
    ) -> Result<(), StoreError> {
        const OPERATION: &str = "settle writes";
        journal::check_ties(mapping, settlements).map_err(refused(OPERATION))?;
        let standing = |id: &IntentId| {
            let entry = self.by_id.get(id).and_then(|place| self.entries.get(*place))?;
            (entry.intent.mapping == *mapping).then_some(entry.state)
        };
        let closed = journal::close(settlements, standing).map_err(refused(OPERATION))?;
        for (id, to) in closed {
            let Some(place) = self.by_id.get(id) else { continue };
            if let Some(entry) = self.entries.get_mut(*place) {
                entry.state = to;
            }
            if let Some(open) = self.open.get_mut(mapping) {
                open.remove(place);
            }
        }
        Ok(())
    }

    /// Latest first.
    pub(super) fn about(&self, record: &RecordRef) -> impl Iterator<Item = &JournalEntry> {
        self.entries.iter().rev().filter(move |JournalEntry { intent, .. }| {
            intent.subject == *record || target(&intent.action) == Some(record)
        })
    }

    /// The roles whose documents were created in Frappe for a unit.
    pub(super) fn begun_for(&self, unit: &UnitKey) -> BTreeSet<Role> {
        let settled = self.about(&unit.subject).filter(|entry| entry.state == IntentState::Settled);
        settled.filter_map(|entry| journal::created_role(&entry.intent, unit)).collect()
    }

    /// Removes closed writes of these runs; answers how many.
    pub(super) fn prune(&mut self, runs: &BTreeSet<RunId>) -> u64 {
        let before = std::mem::take(self);
        let count = before.entries.len();
        for entry in before.entries {
            if entry.state == IntentState::Open || !runs.contains(&entry.intent.run) {
                self.keep(entry);
            }
        }
        (count - self.entries.len()) as u64
    }

    fn keep(&mut self, entry: JournalEntry) {
        let JournalEntry { intent, state } = &entry;
        let place = self.entries.len();
        self.by_id.insert(intent.id.clone(), place);
        self.by_run.entry(intent.run.clone()).or_default().push(place);
        if *state == IntentState::Open {
            self.open.entry(intent.mapping.clone()).or_default().insert(place);
        }
        self.entries.push(entry);
    }

    pub(super) fn open(&self, mapping: &MappingName) -> Vec<Intent> {
        let places = self.open.get(mapping).into_iter().flatten();
        places.filter_map(|place| self.entries.get(*place)).map(|entry| entry.intent.clone()).collect()
    }

    pub(super) fn of_run(&self, run: &RunId) -> Vec<JournalEntry> {
        let places = self.by_run.get(run).into_iter().flatten();
        places.filter_map(|place| self.entries.get(*place)).cloned().collect()
    }
}
