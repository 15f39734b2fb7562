//! The store in memory: for simulations and tests, where it has to be fast and needs no runtime and no files.
//!
//! It passes the conformance story that every store passes. Nothing in it waits: every call is done when it is first
//! polled, so that paused clocks and seeded schedulers see no gap. Whoever simulates a crash keeps the store and drops
//! the engine.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use cs_domain::{Event, Intent, IntentId, IntentState, MappingName, RecordRef, Role, Run, RunId, UnitName};
use cs_ports::{
    Cursor, Due, FeedKey, Lease, LeaseAnswer, LogEntry, Settlement, Staged, StagedState, Store, StoreError,
    Tie, UnitKey, UnitOutcome,
};
use jiff::Timestamp;

use crate::error::{JournalError, failed};
use crate::lease::{self, Held, Request};
use crate::staging::{Known, Sighting, is_trouble, sight};
use crate::{journal, order, stamp};

/// A store that is gone when it is dropped.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    leases: HashMap<String, Held>,
    runs: HashMap<RunId, Run>,
    cursors: HashMap<FeedKey, Cursor>,
    /// By mapping, unit and order key.
    units: BTreeMap<(MappingName, UnitName, String), Unit>,
    ties: BTreeMap<(MappingName, RecordRef, Role), Tie>,
    /// In the order of recording.
    intents: Vec<(Intent, IntentState)>,
    places: HashMap<IntentId, usize>,
    log: Vec<LogEntry>,
    troubles: u64,
}

#[derive(Debug)]
struct Unit {
    subject: RecordRef,
    version: String,
    state: StagedState,
    not_before: Option<Timestamp>,
    attempts: u32,
    /// The last conclusion and, where it meant trouble, the place of that trouble among all.
    concluded: Option<(UnitOutcome, Option<u64>)>,
}

impl Unit {
    fn is_due(&self, now: Timestamp) -> bool {
        self.state == StagedState::Waiting && self.not_before.is_none_or(|time| time <= stamp::cut(now))
    }

    fn wait(&mut self) {
        self.state = StagedState::Waiting;
        self.not_before = None;
        self.attempts = 0;
    }
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

fn place(key: &UnitKey) -> (MappingName, UnitName, String) {
    (key.mapping.clone(), key.unit.clone(), order::key(&key.subject))
}

fn at_most(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

impl State {
    fn sight(&mut self, seen: &Staged) -> bool {
        let place = place(&seen.key);
        let known = self.units.get(&place).map(|unit| Known {
            version: unit.version.clone(),
            due_at_once: unit.state == StagedState::Waiting && unit.not_before.is_none(),
        });
        let sighting = sight(known.as_ref(), seen.version.as_str());
        if sighting != Sighting::Known {
            let unit = self.units.entry(place).or_insert_with(|| Unit {
                subject: seen.key.subject.clone(),
                version: String::new(),
                state: StagedState::Waiting,
                not_before: None,
                attempts: 0,
                concluded: None,
            });
            seen.version.as_str().clone_into(&mut unit.version);
            unit.wait();
        }
        sighting == Sighting::NewlyDue
    }

    fn conclude(&mut self, outcome: &UnitOutcome) {
        let trouble = is_trouble(outcome).then(|| {
            self.troubles += 1;
            self.troubles
        });
        let unit = self.units.entry(place(&outcome.key)).or_insert_with(|| Unit {
            subject: outcome.key.subject.clone(),
            version: outcome.version.as_str().to_owned(),
            state: outcome.state,
            not_before: None,
            attempts: 0,
            concluded: None,
        });
        if unit.version == outcome.version.as_str() {
            unit.state = outcome.state;
            unit.not_before = outcome.not_before.map(stamp::cut);
            unit.attempts = outcome.attempts;
        }
        unit.concluded = Some((outcome.clone(), trouble));
    }

    fn units_of<'a>(
        &'a self,
        mapping: &'a MappingName,
        unit: &'a UnitName,
    ) -> impl Iterator<Item = (&'a str, &'a Unit)> {
        self.units
            .range((mapping.clone(), unit.clone(), String::new())..)
            .take_while(move |((its_mapping, its_unit, _), _)| its_mapping == mapping && its_unit == unit)
            .map(|((_, _, key), unit)| (key.as_str(), unit))
    }

    fn close(&mut self, id: &IntentId, to: IntentState) -> Result<(), StoreError> {
        let place = self.places.get(id).copied();
        let entry = place.and_then(|place| self.intents.get_mut(place));
        journal::close(id, entry.as_ref().map(|(_, state)| *state), to)
            .map_err(|error| failed("close an intent", error))?;
        if let Some((_, state)) = entry {
            *state = to;
        }
        Ok(())
    }
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
        self.lock().runs.insert(run.id.clone(), run.clone());
        Ok(())
    }

    async fn run(&self, id: &RunId) -> Result<Option<Run>, StoreError> {
        Ok(self.lock().runs.get(id).cloned())
    }

    async fn runs(&self, limit: u32) -> Result<Vec<Run>, StoreError> {
        let mut runs: Vec<Run> = self.lock().runs.values().cloned().collect();
        runs.sort_by(|a, b| (stamp::cut(b.started), &b.id).cmp(&(stamp::cut(a.started), &a.id)));
        runs.truncate(at_most(limit));
        Ok(runs)
    }

    async fn cursor(&self, feed: &FeedKey) -> Result<Option<Cursor>, StoreError> {
        Ok(self.lock().cursors.get(feed).cloned())
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
            newly_due += u64::from(state.sight(seen));
        }
        state.cursors.insert(feed.clone(), next.clone());
        Ok(newly_due)
    }

    async fn restage_all(&self, lease: &Lease, mapping: &MappingName) -> Result<u64, StoreError> {
        let mut state = self.lock_under(lease)?;
        let mut count = 0;
        for ((its_mapping, ..), unit) in &mut state.units {
            if its_mapping == mapping {
                unit.wait();
                count += 1;
            }
        }
        Ok(count)
    }

    async fn count_due(
        &self,
        mapping: &MappingName,
        unit: &UnitName,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let state = self.lock();
        let due = state.units_of(mapping, unit).filter(|(_, unit)| unit.is_due(now));
        Ok(due.fold(0, |count, _| count + 1))
    }

    async fn due(
        &self,
        mapping: &MappingName,
        unit: &UnitName,
        now: Timestamp,
        after: Option<&RecordRef>,
        limit: u32,
    ) -> Result<Vec<Due>, StoreError> {
        let after = after.map(order::key).unwrap_or_default();
        let state = self.lock();
        let due = state
            .units_of(mapping, unit)
            .filter(|(key, unit)| *key > after.as_str() && unit.is_due(now))
            .take(at_most(limit))
            .map(|(_, staged)| Due {
                key: UnitKey {
                    mapping: mapping.clone(),
                    unit: unit.clone(),
                    subject: staged.subject.clone(),
                },
                version: staged.version.clone().into(),
                attempts: staged.attempts,
            });
        Ok(due.collect())
    }

    async fn conclude(
        &self,
        lease: &Lease,
        _run: &RunId,
        outcomes: &[UnitOutcome],
    ) -> Result<(), StoreError> {
        let mut state = self.lock_under(lease)?;
        for outcome in outcomes {
            state.conclude(outcome);
        }
        Ok(())
    }

    async fn troubled(
        &self,
        mapping: Option<&MappingName>,
        limit: u32,
    ) -> Result<Vec<UnitOutcome>, StoreError> {
        let state = self.lock();
        let mut troubled: Vec<(u64, UnitOutcome)> = state
            .units
            .values()
            .filter_map(|unit| {
                let (outcome, trouble) = unit.concluded.as_ref()?;
                let now = UnitOutcome {
                    state: unit.state,
                    not_before: unit.not_before,
                    attempts: unit.attempts,
                    ..outcome.clone()
                };
                Some(((*trouble)?, now))
            })
            .filter(|(_, outcome)| mapping.is_none_or(|mapping| outcome.key.mapping == *mapping))
            .collect();
        troubled.sort_by_key(|(trouble, _)| std::cmp::Reverse(*trouble));
        troubled.truncate(at_most(limit));
        Ok(troubled.into_iter().map(|(_, outcome)| outcome).collect())
    }

    async fn ties_of(&self, mapping: &MappingName, subjects: &[RecordRef]) -> Result<Vec<Tie>, StoreError> {
        let state = self.lock();
        let subjects: BTreeSet<&RecordRef> = subjects.iter().collect();
        let ties = subjects.into_iter().flat_map(|subject| {
            state
                .ties
                .range((mapping.clone(), subject.clone(), Role::new(""))..)
                .take_while(move |((its_mapping, its_subject, _), _)| {
                    its_mapping == mapping && its_subject == subject
                })
                .map(|(_, tie)| tie.clone())
        });
        Ok(ties.collect())
    }

    async fn ties_to(&self, mapping: &MappingName, documents: &[RecordRef]) -> Result<Vec<Tie>, StoreError> {
        let documents: BTreeSet<&RecordRef> = documents.iter().collect();
        let state = self.lock();
        let ties = state.ties.values();
        let ties = ties.filter(|tie| tie.link.mapping == *mapping && documents.contains(&tie.link.document));
        Ok(ties.cloned().collect())
    }

    async fn record_intents(&self, lease: &Lease, intents: &[Intent]) -> Result<(), StoreError> {
        let mut state = self.lock_under(lease)?;
        let mut ids = BTreeSet::new();
        for intent in intents {
            if !ids.insert(&intent.id) || state.places.contains_key(&intent.id) {
                return Err(failed("record intents", JournalError::Repeated(intent.id.clone())));
            }
        }
        for intent in intents {
            let place = state.intents.len();
            state.places.insert(intent.id.clone(), place);
            state.intents.push((intent.clone(), IntentState::Open));
        }
        Ok(())
    }

    async fn settle(&self, lease: &Lease, settlement: &Settlement) -> Result<(), StoreError> {
        let mut state = self.lock_under(lease)?;
        if let Some(id) = &settlement.intent {
            state.close(id, settlement.state)?;
        }
        if let Some(tie) = &settlement.tie {
            let link = &tie.link;
            let place = (link.mapping.clone(), link.subject.clone(), link.role.clone());
            state.ties.insert(place, tie.clone());
        }
        Ok(())
    }

    async fn open_intents(&self, mapping: &MappingName) -> Result<Vec<Intent>, StoreError> {
        let state = self.lock();
        let open = state
            .intents
            .iter()
            .filter(|(intent, state)| *state == IntentState::Open && intent.mapping == *mapping);
        Ok(open.map(|(intent, _)| intent.clone()).collect())
    }

    async fn append_log(&self, run: &RunId, at: Timestamp, events: &[Event]) -> Result<(), StoreError> {
        let mut state = self.lock();
        for event in events {
            let sequence = state.log.last().map_or(1, |entry| entry.sequence + 1);
            state.log.push(LogEntry { sequence, at: stamp::cut(at), run: run.clone(), event: event.clone() });
        }
        Ok(())
    }

    async fn log(&self, run: Option<&RunId>, after: i64, limit: u32) -> Result<Vec<LogEntry>, StoreError> {
        let state = self.lock();
        let begin = state.log.partition_point(|entry| entry.sequence <= after);
        let entries = state
            .log
            .iter()
            .skip(begin)
            .filter(|entry| run.is_none_or(|run| entry.run == *run))
            .take(at_most(limit));
        Ok(entries.cloned().collect())
    }

    async fn latest_log(&self, run: Option<&RunId>, limit: u32) -> Result<Vec<LogEntry>, StoreError> {
        let state = self.lock();
        let latest = state.log.iter().rev().filter(|entry| run.is_none_or(|run| entry.run == *run));
        let mut entries: Vec<LogEntry> = latest.take(at_most(limit)).cloned().collect();
        entries.reverse();
        Ok(entries)
    }
}
