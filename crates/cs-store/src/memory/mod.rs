//! The store in memory: for simulations and tests, where it has to be fast and needs no runtime and no files.
//!
//! It passes the conformance story that every store passes. Nothing in it waits: every call is done when it is first
//! polled, so that paused clocks and seeded schedulers see no gap. Whoever simulates a crash keeps the store and drops
//! the engine. A new one allocates nothing.

mod catalogue;
mod findings;
mod insight;
mod journal;
mod linking;
mod logbook;
mod people;
mod runs;
mod schemas;
mod settings;
mod tasks;
mod ties;
mod units;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use cs_domain::{
    ConflictId, DecidedPair, Event, Intent, Link, MappingName, RecordId, RecordRef, Resolution, Role, Run,
    RunId, StandingConflict, UnitName,
};
use cs_ports::{
    ConflictFilter, Cursor, Due, FeedKey, JournalEntry, Known, Lease, LeaseAnswer, LogEntry, Settlement,
    Staged, Store, StoreError, Tie, UnitKey, UnitOutcome,
};
use jiff::Timestamp;

use crate::conflict::Conflicts;
use crate::lease::{self, Held, Request};
use crate::stamp;

/// A store that is gone when it is dropped.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    leases: BTreeMap<String, Held>,
    runs: runs::Runs,
    /// Few, so that going through all of them is the quickest.
    cursors: Vec<(FeedKey, Cursor)>,
    units: units::Units,
    ties: ties::Ties,
    journal: journal::Journal,
    conflicts: Conflicts,
    log: logbook::Logbook,
    findings: findings::Findings,
    tasks: tasks::Tasks,
    people: people::People,
    settings: settings::Settings,
    catalogue: catalogue::Catalogue,
    sights: schemas::Sights,
    proposals: linking::Proposals,
}

impl MemoryStore {
    /// A store that holds nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The state is whole whatever panicked while it was locked: no call leaves it half changed.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_under(&self, lease: &Lease) -> Result<MutexGuard<'_, State>, StoreError> {
        let state = self.lock();
        lease::check(state.leases.get(&lease.name).map(|held| held.token), lease)?;
        Ok(state)
    }
}

fn at_most(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

#[async_trait]
impl Store for MemoryStore {
    async fn take_lease(
        &self,
        name: &str,
        holder: &str,
        now: Timestamp,
        term: Duration,
    ) -> Result<LeaseAnswer, StoreError> {
        let mut state = self.lock();
        let (answer, grant) = lease::decide(state.leases.get(name), Request { name, holder, now, term });
        if let Some(grant) = grant {
            state.leases.insert(name.to_owned(), grant);
        }
        Ok(answer)
    }

    async fn renew_lease(&self, lease: &Lease, now: Timestamp, term: Duration) -> Result<(), StoreError> {
        let mut state = self.lock_under(lease)?;
        if let Some(held) = state.leases.get_mut(&lease.name) {
            held.until = stamp::cut(stamp::end(now, term));
        }
        Ok(())
    }

    async fn release_lease(&self, lease: &Lease) -> Result<(), StoreError> {
        let mut state = self.lock();
        if let Some(held) = state.leases.get_mut(&lease.name)
            && held.token == lease.token
        {
            *held = lease::given_back(held);
        }
        Ok(())
    }

    async fn put_run(&self, run: &Run) -> Result<(), StoreError> {
        self.lock().runs.put(run.clone());
        Ok(())
    }

    async fn run(&self, id: &RunId) -> Result<Option<Run>, StoreError> {
        Ok(self.lock().runs.get(id).cloned())
    }

    async fn runs(&self, limit: u32) -> Result<Vec<Run>, StoreError> {
        Ok(self.lock().runs.latest(at_most(limit)))
    }

    async fn cursor(&self, feed: &FeedKey) -> Result<Option<Cursor>, StoreError> {
        let state = self.lock();
        Ok(state.cursors.iter().find(|(key, _)| key == feed).map(|(_, cursor)| cursor.clone()))
    }

    async fn stage(
        &self,
        lease: &Lease,
        feed: &FeedKey,
        observations: &[Staged],
        next: &Cursor,
    ) -> Result<u64, StoreError> {
        let mut state = self.lock_under(lease)?;
        let mut newly_due = 0;
        for seen in observations {
            newly_due += u64::from(state.units.sight(seen));
        }
        match state.cursors.iter_mut().find(|(key, _)| key == feed) {
            Some((_, cursor)) => cursor.clone_from(next),
            None => state.cursors.push((feed.clone(), next.clone())),
        }
        Ok(newly_due)
    }

    async fn restage_all(&self, lease: &Lease, mapping: &MappingName) -> Result<u64, StoreError> {
        Ok(self.lock_under(lease)?.units.make_all_due(mapping))
    }

    async fn count_due(
        &self,
        mapping: &MappingName,
        unit: &UnitName,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        Ok(self.lock().units.count_due(mapping, unit, now))
    }

    async fn due(
        &self,
        mapping: &MappingName,
        unit: &UnitName,
        now: Timestamp,
        after: Option<&RecordRef>,
        limit: u32,
    ) -> Result<Vec<Due>, StoreError> {
        Ok(self.lock().units.due(mapping, unit, now, after, at_most(limit)))
    }

    async fn known(
        &self,
        mapping: &MappingName,
        unit: &UnitName,
        after: Option<&RecordId>,
        through: Option<&RecordId>,
        limit: u32,
    ) -> Result<Vec<Known>, StoreError> {
        Ok(self.lock().units.known(mapping, unit, after, through, at_most(limit)))
    }

    async fn conclude(&self, lease: &Lease, run: &RunId, outcomes: &[UnitOutcome]) -> Result<(), StoreError> {
        let mut state = self.lock_under(lease)?;
        for outcome in outcomes {
            state.units.conclude(run, outcome);
            state.conflicts.conclude(run, outcome);
        }
        Ok(())
    }

    async fn troubled(
        &self,
        mapping: Option<&MappingName>,
        limit: u32,
    ) -> Result<Vec<UnitOutcome>, StoreError> {
        let state = self.lock();
        let mut troubled = state.units.troubled(mapping, at_most(limit));
        for outcome in &mut troubled {
            outcome.conflicts = state.conflicts.pending(&outcome.key);
        }
        Ok(troubled)
    }

    async fn ties_of(&self, mapping: &MappingName, subjects: &[RecordRef]) -> Result<Vec<Tie>, StoreError> {
        Ok(self.lock().ties.of(mapping, subjects))
    }

    async fn ties_to(&self, mapping: &MappingName, documents: &[RecordRef]) -> Result<Vec<Tie>, StoreError> {
        Ok(self.lock().ties.to(mapping, documents))
    }

    async fn begun_for(&self, unit: &UnitKey) -> Result<BTreeSet<Role>, StoreError> {
        let kept = self.lock();
        let is_whole = kept.units.is_whole(unit);
        Ok(if is_whole { BTreeSet::new() } else { kept.journal.begun_for(unit) })
    }

    async fn linked_by(
        &self,
        mapping: &MappingName,
        documents: &[RecordRef],
    ) -> Result<Vec<Link>, StoreError> {
        Ok(self.lock().ties.linked_by(mapping, documents))
    }

    async fn count_linked(&self, mapping: &MappingName) -> Result<u64, StoreError> {
        Ok(self.lock().ties.count_linked(mapping))
    }

    async fn decided_pairs(
        &self,
        mapping: &MappingName,
        subjects: &[RecordRef],
    ) -> Result<Vec<DecidedPair>, StoreError> {
        Ok(self.lock().proposals.decided(mapping, subjects))
    }

    async fn record_intents(&self, lease: &Lease, intents: &[Intent]) -> Result<(), StoreError> {
        self.lock_under(lease)?.journal.record(intents)
    }

    async fn settle(
        &self,
        lease: &Lease,
        mapping: &MappingName,
        settlements: &[Settlement],
    ) -> Result<(), StoreError> {
        let mut state = self.lock_under(lease)?;
        state.journal.settle(mapping, settlements)?;
        for change in settlements.iter().flat_map(|settlement| &settlement.ties) {
            state.ties.change(mapping, change);
        }
        Ok(())
    }

    async fn open_intents(&self, mapping: &MappingName) -> Result<Vec<Intent>, StoreError> {
        Ok(self.lock().journal.open(mapping))
    }

    async fn journal(&self, run: &RunId) -> Result<Vec<JournalEntry>, StoreError> {
        Ok(self.lock().journal.of_run(run))
    }

    async fn conflicts(
        &self,
        filter: &ConflictFilter,
        limit: u32,
    ) -> Result<Vec<StandingConflict>, StoreError> {
        Ok(self.lock().conflicts.listed(filter, at_most(limit)))
    }

    async fn resolve(&self, ids: &[ConflictId], resolution: &Resolution) -> Result<u64, StoreError> {
        let mut state = self.lock();
        let (count, units) = state.conflicts.resolve(&ids.iter().collect::<BTreeSet<_>>(), resolution);
        state.units.make_due(&units);
        Ok(count)
    }

    async fn hint(&self, keys: &[UnitKey]) -> Result<u64, StoreError> {
        Ok(self.lock().units.make_due(keys))
    }

    async fn append_log(&self, run: &RunId, at: Timestamp, events: &[Event]) -> Result<(), StoreError> {
        self.lock().log.append(run, at, events);
        Ok(())
    }

    async fn log(&self, run: Option<&RunId>, after: i64, limit: u32) -> Result<Vec<LogEntry>, StoreError> {
        Ok(self.lock().log.after(run, after, at_most(limit)))
    }

    async fn latest_log(&self, run: Option<&RunId>, limit: u32) -> Result<Vec<LogEntry>, StoreError> {
        Ok(self.lock().log.latest(run, at_most(limit)))
    }
}
