//! What a run does to conflicts, decided without a database.

use std::collections::{BTreeMap, BTreeSet};

use cs_domain::{
    ConflictId, ConflictState, MetConflict, RecordRef, Resolution, RunId, StandingConflict, Verdict,
};
use cs_ports::{ConflictFilter, UnitKey, UnitOutcome};

/// A conflict with the place of its last meeting among all meetings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    /// The conflict.
    pub(crate) standing: StandingConflict,
    /// Ascending in the order in which conflicts were met.
    pub(crate) met: i64,
}

impl Kept {
    fn is_of(&self, key: &UnitKey) -> bool {
        self.standing.subject == key.subject
            && self.standing.mapping == key.mapping
            && self.standing.unit == key.unit
    }

    fn unit(&self) -> UnitKey {
        let StandingConflict { mapping, unit, subject, .. } = &self.standing;
        UnitKey { mapping: mapping.clone(), unit: unit.clone(), subject: subject.clone() }
    }
}

/// Conflicts, findable by name, by record and by their last meeting: all there are, or those that a conclusion
/// concerns.
#[derive(Debug, Default)]
pub(crate) struct Conflicts {
    kept: BTreeMap<ConflictId, Kept>,
    by_subject: BTreeMap<RecordRef, BTreeSet<ConflictId>>,
    by_meeting: BTreeMap<i64, ConflictId>,
    /// The latest meeting.
    last: i64,
}

impl Conflicts {
    /// None, after so many meetings.
    pub(crate) fn after(last: i64) -> Self {
        Self { last, ..Self::default() }
    }

    pub(crate) fn get(&self, id: &ConflictId) -> Option<&Kept> {
        self.kept.get(id)
    }

    /// Puts one in its place.
    pub(crate) fn put(&mut self, kept: Kept) {
        let id = kept.standing.met.id.clone();
        self.remove(&id);
        self.by_subject.entry(kept.standing.subject.clone()).or_default().insert(id.clone());
        self.by_meeting.insert(kept.met, id.clone());
        self.kept.insert(id, kept);
    }

    fn remove(&mut self, id: &ConflictId) -> Option<Kept> {
        let kept = self.kept.remove(id)?;
        self.by_meeting.remove(&kept.met);
        if let Some(ids) = self.by_subject.get_mut(&kept.standing.subject) {
            ids.remove(id);
            if ids.is_empty() {
                self.by_subject.remove(&kept.standing.subject);
            }
        }
        Some(kept)
    }

    /// Those of a unit, in the order of their names.
    fn of_unit<'a>(&'a self, key: &'a UnitKey) -> impl Iterator<Item = &'a Kept> {
        let ids = self.by_subject.get(&key.subject).into_iter().flatten();
        ids.filter_map(|id| self.kept.get(id)).filter(|kept| kept.is_of(key))
    }

    /// Those of a unit that a person still has to do with, in the order in which they were met.
    pub(crate) fn pending(&self, key: &UnitKey) -> Vec<MetConflict> {
        let mut pending: Vec<&Kept> =
            self.of_unit(key).filter(|kept| is_pending(&kept.standing.state)).collect();
        pending.sort_by_key(|kept| kept.met);
        pending.into_iter().map(|kept| kept.standing.met.clone()).collect()
    }

    /// Takes in what a run met in a unit, and answers which conflicts changed.
    ///
    /// A unit that failed was not gone through to its end: a conflict that was not met there may still be, and a
    /// decision may not have been carried out. Those stay as they are.
    pub(crate) fn conclude(&mut self, run: &RunId, outcome: &UnitOutcome) -> BTreeSet<ConflictId> {
        let mut changed = BTreeSet::new();
        for met in &outcome.conflicts {
            self.last += 1;
            let before = self.remove(&met.id).map(|kept| kept.standing);
            self.put(Kept { standing: meet(before, met, &outcome.key, run), met: self.last });
            changed.insert(met.id.clone());
        }
        if outcome.verdict == Verdict::Failed {
            return changed;
        }
        let unmet: Vec<ConflictId> = self
            .of_unit(&outcome.key)
            .map(|kept| &kept.standing.met.id)
            .filter(|id| !changed.contains(id))
            .cloned()
            .collect();
        for id in unmet {
            let Some(kept) = self.kept.get_mut(&id) else { continue };
            let after = kept.standing.state.clone().after_run(false, false);
            if after != kept.standing.state {
                kept.standing.state = after;
                changed.insert(id);
            }
        }
        changed
    }

    /// Notes a decision on those that wait for one; answers how many, and their units.
    pub(crate) fn resolve(
        &mut self,
        ids: &BTreeSet<&ConflictId>,
        resolution: &Resolution,
    ) -> (u64, Vec<UnitKey>) {
        let (mut count, mut units) = (0, Vec::new());
        for id in ids {
            let Some(kept) = self.kept.get_mut(*id) else { continue };
            if is_pending(&kept.standing.state) {
                kept.standing.state = ConflictState::Resolved(resolution.clone());
                units.push(kept.unit());
                count += 1;
            }
        }
        (count, units)
    }

    /// Those asked for, met last first.
    pub(crate) fn listed(&self, filter: &ConflictFilter, limit: usize) -> Vec<StandingConflict> {
        let fits = |kept: &&Kept| {
            let standing = &kept.standing;
            filter.mapping.as_ref().is_none_or(|mapping| standing.mapping == *mapping)
                && filter.states.as_ref().is_none_or(|states| states.contains(&standing.state.name()))
        };
        let found: Vec<&Kept> = match &filter.subjects {
            None => {
                let latest = self.by_meeting.values().rev().filter_map(|id| self.kept.get(id));
                latest.filter(fits).take(limit).collect()
            }
            Some(subjects) => {
                let subjects: BTreeSet<&RecordRef> = subjects.iter().collect();
                let ids = subjects.into_iter().filter_map(|subject| self.by_subject.get(subject)).flatten();
                let mut found: Vec<&Kept> = ids.filter_map(|id| self.kept.get(id)).filter(fits).collect();
                found.sort_by_key(|kept| std::cmp::Reverse(kept.met));
                found.truncate(limit);
                found
            }
        };
        found.into_iter().map(|kept| kept.standing.clone()).collect()
    }
}

/// Whether a conflict waits for a decision, or for the run that carries one out: only then can it be decided.
pub(crate) fn is_pending(state: &ConflictState) -> bool {
    match state {
        ConflictState::Open | ConflictState::Resolved(_) => true,
        ConflictState::Applied(_) | ConflictState::Closed => false,
    }
}

fn meet(before: Option<StandingConflict>, met: &MetConflict, key: &UnitKey, run: &RunId) -> StandingConflict {
    let (first_run, state) = match before {
        Some(before) => {
            let same = before.met.conflict == met.conflict;
            (before.first_run, before.state.after_run(true, same))
        }
        None => (run.clone(), ConflictState::Open),
    };
    StandingConflict {
        met: met.clone(),
        mapping: key.mapping.clone(),
        unit: key.unit.clone(),
        subject: key.subject.clone(),
        first_run,
        last_run: run.clone(),
        state,
    }
}
