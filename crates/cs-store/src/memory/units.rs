//! Staged units in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use cs_domain::{MappingName, RecordId, RecordRef, RunId, System, UnitName, Version};
use cs_ports::{Due, Known, Staged, StagedState, TroubledUnit, UnitCounts, UnitKey, UnitOutcome};
use jiff::Timestamp;

use crate::staging::{Before, Sighting, is_trouble, sight};
use crate::{insight, order, stamp};

#[derive(Debug, Default)]
pub(super) struct Units {
    by_mapping: BTreeMap<MappingName, BTreeMap<UnitName, Shelf>>,
    /// How often trouble was met.
    troubles: u64,
}

/// The records of one unit of one mapping, by order key.
#[derive(Debug, Default)]
struct Shelf {
    records: BTreeMap<String, Record>,
    /// Those that wait, due or not.
    waiting: BTreeSet<String>,
    /// Those in trouble, by the place of their trouble among all.
    troubled: BTreeMap<u64, String>,
}

#[derive(Debug)]
struct Record {
    subject: RecordRef,
    version: Option<Version>,
    state: StagedState,
    not_before: Option<Timestamp>,
    attempts: u32,
    revision: u64,
    /// Whether a run has ever found or left it with nothing missing.
    whole: bool,
    concluded: Option<Concluded>,
}

/// The last conclusion about a unit.
#[derive(Debug)]
struct Concluded {
    run: RunId,
    /// Without its conflicts, which have a place of their own.
    outcome: UnitOutcome,
    /// Where it meant trouble, the place of that trouble.
    trouble: Option<u64>,
}

impl Units {
    /// What is kept of a unit of a mapping.
    fn shelf(&self, mapping: &MappingName, unit: &UnitName) -> Option<&Shelf> {
        self.by_mapping.get(mapping)?.get(unit)
    }

    /// The same to be changed; an empty one where there is none yet.
    fn shelf_mut(&mut self, key: &UnitKey) -> &mut Shelf {
        self.by_mapping.entry(key.mapping.clone()).or_default().entry(key.unit.clone()).or_default()
    }

    /// Takes in a sighting, and answers whether the unit is newly due.
    pub(super) fn sight(&mut self, seen: &Staged) -> bool {
        let shelf = self.shelf_mut(&seen.key);
        let place = order::key(&seen.key.subject);
        let before = shelf.records.get(&place).map(|record| Before {
            version: record.version.clone(),
            due_at_once: record.state == StagedState::Waiting && record.not_before.is_none(),
        });
        let sighting = sight(before.as_ref(), seen.version.as_ref());
        if sighting != Sighting::Known {
            shelf.waiting.insert(place.clone());
            let record = shelf.records.entry(place).or_insert_with(|| Record::new(&seen.key.subject));
            if seen.version.is_some() {
                record.version.clone_from(&seen.version);
            }
            record.make_due();
        }
        sighting == Sighting::NewlyDue
    }

    /// Makes units due that are known, and answers how many.
    pub(super) fn make_due(&mut self, keys: &[UnitKey]) -> u64 {
        let places: BTreeSet<(&MappingName, &UnitName, String)> =
            keys.iter().map(|key| (&key.mapping, &key.unit, order::key(&key.subject))).collect();
        let mut count = 0;
        for (mapping, unit, place) in places {
            let shelf = self.by_mapping.get_mut(mapping).and_then(|units| units.get_mut(unit));
            let Some(shelf) = shelf else { continue };
            let Some(record) = shelf.records.get_mut(&place) else { continue };
            record.make_due();
            shelf.waiting.insert(place);
            count += 1;
        }
        count
    }

    pub(super) fn make_all_due(&mut self, mapping: &MappingName) -> u64 {
        let mut count = 0;
        for shelf in self.by_mapping.get_mut(mapping).into_iter().flat_map(BTreeMap::values_mut) {
            for record in shelf.records.values_mut() {
                record.make_due();
                count += 1;
            }
            shelf.waiting = shelf.records.keys().cloned().collect();
        }
        count
    }

    pub(super) fn count_due(&self, mapping: &MappingName, unit: &UnitName, now: Timestamp) -> u64 {
        let shelf = self.shelf(mapping, unit);
        shelf.map_or(0, |shelf| shelf.due(now, None).fold(0, |count, _| count + 1))
    }

    pub(super) fn due(
        &self,
        mapping: &MappingName,
        unit: &UnitName,
        now: Timestamp,
        after: Option<&RecordRef>,
        limit: usize,
    ) -> Vec<Due> {
        let Some(shelf) = self.shelf(mapping, unit) else { return Vec::new() };
        let due = shelf.due(now, after).take(limit).map(|record| Due {
            key: UnitKey { mapping: mapping.clone(), unit: unit.clone(), subject: record.subject.clone() },
            revision: record.revision,
            attempts: record.attempts,
        });
        due.collect()
    }

    pub(super) fn known(
        &self,
        mapping: &MappingName,
        unit: &UnitName,
        after: Option<&RecordId>,
        through: Option<&RecordId>,
        limit: usize,
    ) -> Vec<Known> {
        let Some(shelf) = self.shelf(mapping, unit) else { return Vec::new() };
        let begin = after.map(order::behind).unwrap_or_default();
        let end = through.map_or_else(|| order::END.to_owned(), order::behind);
        if begin >= end {
            return Vec::new();
        }
        let known = shelf
            .records
            .range(begin..end)
            .filter(|(_, record)| record.subject.system == System::Vtiger)
            .take(limit)
            .map(|(_, record)| Known {
                key: UnitKey {
                    mapping: mapping.clone(),
                    unit: unit.clone(),
                    subject: record.subject.clone(),
                },
                version: record.version.clone(),
            });
        known.collect()
    }

    /// Whether a run has ever found or left this unit with nothing missing; one that is not known counts as whole.
    pub(super) fn is_whole(&self, unit: &UnitKey) -> bool {
        let shelf = self.shelf(&unit.mapping, &unit.unit);
        let record = shelf.and_then(|shelf| shelf.records.get(&order::key(&unit.subject)));
        record.is_none_or(|record| record.whole)
    }

    pub(super) fn conclude(&mut self, run: &RunId, outcome: &UnitOutcome) {
        let trouble = is_trouble(outcome).then(|| {
            self.troubles += 1;
            self.troubles
        });
        let shelf = self.shelf_mut(&outcome.key);
        let place = order::key(&outcome.key.subject);
        let record = shelf
            .records
            .entry(place.clone())
            .or_insert_with(|| Record { revision: outcome.revision, ..Record::new(&outcome.key.subject) });
        if record.revision == outcome.revision {
            record.state = outcome.state;
            record.not_before = outcome.not_before.map(stamp::cut);
            record.attempts = outcome.attempts;
            if outcome.version.is_some() {
                record.version.clone_from(&outcome.version);
            }
        }
        record.whole |= outcome.verdict.leaves_whole();
        let said = UnitOutcome {
            key: outcome.key.clone(),
            failures: outcome.failures.clone(),
            version: outcome.version.clone(),
            conflicts: Vec::new(),
            ..*outcome
        };
        let concluded = Concluded { run: run.clone(), outcome: said, trouble };
        let before = record.concluded.replace(concluded).and_then(|before| before.trouble);
        match record.state {
            StagedState::Waiting => shelf.waiting.insert(place.clone()),
            StagedState::Parked | StagedState::Done => shelf.waiting.remove(&place),
        };
        if let Some(before) = before {
            shelf.troubled.remove(&before);
        }
        if let Some(trouble) = trouble {
            shelf.troubled.insert(trouble, place);
        }
    }

    /// What was last concluded about units in trouble, with where they stand now, latest first; without conflicts.
    pub(super) fn troubled(&self, mapping: Option<&MappingName>, limit: usize) -> Vec<UnitOutcome> {
        let shelves = self
            .by_mapping
            .iter()
            .filter(|(its_mapping, _)| mapping.is_none_or(|mapping| mapping == *its_mapping))
            .flat_map(|(_, units)| units.values());
        let mut latest: Vec<(u64, &Record)> = shelves
            .flat_map(|shelf| {
                let latest = shelf.troubled.iter().rev().take(limit);
                latest.filter_map(|(trouble, place)| Some((*trouble, shelf.records.get(place)?)))
            })
            .collect();
        latest.sort_by_key(|(trouble, _)| std::cmp::Reverse(*trouble));
        latest.into_iter().take(limit).filter_map(|(_, record)| record.as_it_stands()).collect()
    }
}

impl Units {
    /// What was last concluded about units, with where they stand now, and the keys that they sort by; without conflicts.
    pub(super) fn concluded(&self) -> impl Iterator<Item = (&str, TroubledUnit)> {
        let shelves = self.by_mapping.values().flat_map(BTreeMap::values);
        shelves.flat_map(|shelf| &shelf.records).filter_map(|(place, record)| {
            let run = record.concluded.as_ref()?.run.clone();
            Some((place.as_str(), TroubledUnit { outcome: record.as_it_stands()?, run }))
        })
    }

    /// How many units of a mapping are where.
    pub(super) fn count(&self, mapping: &MappingName) -> UnitCounts {
        let shelves = self.by_mapping.get(mapping).into_iter().flat_map(BTreeMap::values);
        let mut counts = UnitCounts::default();
        for record in shelves.flat_map(|shelf| shelf.records.values()) {
            let verdict = record.concluded.as_ref().map(|concluded| concluded.outcome.verdict);
            insight::count(&mut counts, 1, record.state, record.attempts, verdict);
        }
        counts
    }
}

impl Shelf {
    fn due<'a>(&'a self, now: Timestamp, after: Option<&RecordRef>) -> impl Iterator<Item = &'a Record> {
        let now = stamp::cut(now);
        let after = after.map_or(Bound::Unbounded, |after| Bound::Excluded(order::key(after)));
        let waiting = self.waiting.range((after, Bound::Unbounded));
        let records = waiting.filter_map(|place| self.records.get(place));
        records.filter(move |record| record.not_before.is_none_or(|time| time <= now))
    }
}

impl Record {
    /// A record that was never seen and becomes due with the first sighting.
    fn new(subject: &RecordRef) -> Self {
        Self {
            subject: subject.clone(),
            version: None,
            state: StagedState::Waiting,
            not_before: None,
            attempts: 0,
            revision: 0,
            whole: false,
            concluded: None,
        }
    }

    fn make_due(&mut self) {
        self.state = StagedState::Waiting;
        self.not_before = None;
        self.attempts = 0;
        self.revision += 1;
    }

    fn as_it_stands(&self) -> Option<UnitOutcome> {
        Some(UnitOutcome {
            state: self.state,
            not_before: self.not_before,
            attempts: self.attempts,
            ..self.concluded.as_ref()?.outcome.clone()
        })
    }
}
