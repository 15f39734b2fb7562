//! What people look up, in memory: by going through all there is.

use std::collections::BTreeMap;
use std::ops::Range;

use async_trait::async_trait;
use cs_domain::{Balance, ConflictId, MappingName, RecordRef, Run, RunId, StandingConflict, Verdict};
use cs_ports::{
    ConflictFilter, Counted, FindingGroup, FindingQuery, FindingSort, Insight, JournalEntry, LinkCount,
    LogEntry, LogFilter, RunFilter, StandingFinding, StoreError, Tie, TroubleFilter, TroubledUnit,
    UnitCounts,
};
use jiff::Timestamp;

use super::{MemoryStore, State, at_most, findings};
use crate::insight::{words_of_finding, words_of_shadow};
use crate::word::Word;
use crate::{stamp, text};

impl State {
    /// The units that failed, in the order of their records.
    fn failed(&self, filter: &TroubleFilter) -> Vec<TroubledUnit> {
        let concluded = self.units.concluded();
        let mut failed: Vec<(&str, TroubledUnit)> =
            concluded.filter(|(_, unit)| has_failed(filter, unit)).collect();
        failed.sort_by(|(a_place, a), (b_place, b)| {
            let key = |unit: &TroubledUnit| (unit.outcome.key.mapping.clone(), unit.outcome.key.unit.clone());
            a_place.cmp(b_place).then_with(|| key(a).cmp(&key(b)))
        });
        failed.into_iter().map(|(_, unit)| unit).collect()
    }

    fn with_conflicts(&self, mut unit: TroubledUnit) -> TroubledUnit {
        unit.outcome.conflicts = self.conflicts.pending(&unit.outcome.key);
        unit
    }

    /// The findings that answer a question, in no order.
    fn answering(&self, query: &FindingQuery) -> impl Iterator<Item = &StandingFinding> {
        self.findings.all().filter(move |finding| answers(query, finding))
    }
}

fn first_code(unit: &TroubledUnit) -> &str {
    unit.outcome.failures.first().map_or("", |failure| failure.code.as_str())
}

fn has_failed(filter: &TroubleFilter, unit: &TroubledUnit) -> bool {
    let outcome = &unit.outcome;
    let holds = |wanted: &String| {
        let failures = serde_json::to_value(&outcome.failures).unwrap_or_default();
        text::holds(outcome.key.subject.id.as_str(), wanted) || text::holds(&text::words(&failures), wanted)
    };
    outcome.verdict == Verdict::Failed
        && filter.mapping.as_ref().is_none_or(|mapping| *mapping == outcome.key.mapping)
        && filter.code.as_ref().is_none_or(|code| code == first_code(unit))
        && filter.text.as_ref().is_none_or(holds)
}

fn fits(filter: &LogFilter, entry: &LogEntry) -> bool {
    if filter.run.as_ref().is_some_and(|run| *run != entry.run) {
        return false;
    }
    let event = serde_json::to_value(&entry.event).unwrap_or_default();
    let kind = event.get("event").and_then(serde_json::Value::as_str).unwrap_or_default();
    filter.kinds.as_ref().is_none_or(|kinds| kinds.iter().any(|wanted| wanted == kind))
        && filter.text.as_ref().is_none_or(|wanted| text::holds(&text::words(&event), wanted))
}

fn is_asked_for(filter: &RunFilter, run: &Run) -> bool {
    let started = stamp::cut(run.started);
    filter.mapping.as_ref().is_none_or(|mapping| *mapping == run.mapping)
        && filter.statuses.as_ref().is_none_or(|statuses| statuses.contains(&run.status))
        && filter.from.is_none_or(|from| started >= stamp::cut(from))
        && filter.to.is_none_or(|to| started < stamp::cut(to))
}

fn answers(query: &FindingQuery, finding: &StandingFinding) -> bool {
    let holds = |wanted: &String| {
        text::holds(&words_of_finding(&finding.found), wanted) || text::holds(&finding.description, wanted)
    };
    findings::fits(&query.filter, finding)
        && query.from.is_none_or(|from| finding.first_seen >= from)
        && query.to.is_none_or(|to| finding.first_seen <= to)
        && query.run.as_ref().is_none_or(|run| *run == finding.first_run || *run == finding.last_run)
        && query.text.as_ref().is_none_or(holds)
}

/// What a finding is sorted by first. Days sort as their texts do.
fn first_key(sort: FindingSort, finding: &StandingFinding) -> Option<String> {
    match sort {
        FindingSort::Book => None,
        FindingSort::Kind => Some(finding.found.kind.clone()),
        FindingSort::Member => Some(finding.found.member_id.clone()),
        FindingSort::Order => finding.found.salesorder_no.clone(),
        FindingSort::Review => Some(finding.review.clone()),
        FindingSort::FirstSeen => Some(finding.first_seen.to_string()),
        FindingSort::LastSeen => Some(finding.last_seen.to_string()),
    }
}

/// Counts by name.
fn counted(whats: impl Iterator<Item = String>) -> Vec<Counted> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for what in whats {
        *counts.entry(what).or_default() += 1;
    }
    counts.into_iter().map(|(what, count)| Counted { what, count }).collect()
}

/// Most first, then by name.
fn most_first(mut counts: Vec<Counted>) -> Vec<Counted> {
    counts.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.what.cmp(&b.what)));
    counts
}

/// How well a tie answers a search; the least is the best.
fn rank(tie: &Tie, wanted: &str) -> Option<u8> {
    let ids = [tie.link.subject.id.as_str(), tie.link.document.id.as_str()];
    if ids.iter().any(|id| id.eq_ignore_ascii_case(wanted)) {
        Some(0)
    } else if ids.iter().any(|id| text::begins(id, wanted)) {
        Some(1)
    } else {
        text::holds(&words_of_shadow(&tie.shadow), wanted).then_some(2)
    }
}

fn page<T>(items: Vec<T>, offset: u64, limit: u32) -> impl Iterator<Item = T> {
    items.into_iter().skip(usize::try_from(offset).unwrap_or(usize::MAX)).take(at_most(limit))
}

fn without_subjects(filter: &ConflictFilter) -> ConflictFilter {
    ConflictFilter { subjects: None, ..filter.clone() }
}

fn add(sum: &mut Balance, balance: &Balance) {
    sum.read += balance.read;
    sum.created += balance.created;
    sum.updated += balance.updated;
    sum.unchanged += balance.unchanged;
    sum.skipped += balance.skipped;
    sum.conflicted += balance.conflicted;
    sum.failed += balance.failed;
}

#[async_trait]
impl Insight for MemoryStore {
    async fn runs_before(
        &self,
        filter: &RunFilter,
        before: Option<&RunId>,
        limit: u32,
    ) -> Result<Vec<Run>, StoreError> {
        let state = self.lock();
        let older = state.runs.before(before).filter(|run| is_asked_for(filter, run));
        Ok(older.take(at_most(limit)).cloned().collect())
    }

    async fn log_before(
        &self,
        filter: &LogFilter,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<LogEntry>, StoreError> {
        let state = self.lock();
        let older = state.log.all().rev();
        let older = older.filter(|entry| before.is_none_or(|before| entry.sequence < before));
        Ok(older.filter(|entry| fits(filter, entry)).take(at_most(limit)).cloned().collect())
    }

    async fn log_after(
        &self,
        filter: &LogFilter,
        after: i64,
        limit: u32,
    ) -> Result<Vec<LogEntry>, StoreError> {
        let state = self.lock();
        let newer = state.log.all().filter(|entry| entry.sequence > after && fits(filter, entry));
        Ok(newer.take(at_most(limit)).cloned().collect())
    }

    async fn troubles(
        &self,
        filter: &TroubleFilter,
        offset: u64,
        limit: u32,
    ) -> Result<Vec<TroubledUnit>, StoreError> {
        let state = self.lock();
        Ok(page(state.failed(filter), offset, limit).map(|unit| state.with_conflicts(unit)).collect())
    }

    async fn count_troubles(&self, filter: &TroubleFilter) -> Result<Vec<Counted>, StoreError> {
        let failed = self.lock().failed(filter);
        Ok(most_first(counted(failed.iter().map(|unit| first_code(unit).to_owned()))))
    }

    async fn count_units(&self, mapping: &MappingName) -> Result<UnitCounts, StoreError> {
        Ok(self.lock().units.count(mapping))
    }

    async fn count_links(&self, mapping: &MappingName) -> Result<Vec<LinkCount>, StoreError> {
        Ok(self.lock().ties.count_by_role(mapping))
    }

    async fn count_open_conflicts(&self, mapping: Option<&MappingName>) -> Result<u64, StoreError> {
        let filter = ConflictFilter {
            mapping: mapping.cloned(),
            states: Some(vec!["open"]),
            ..ConflictFilter::default()
        };
        Ok(self.lock().conflicts.listed(&filter, usize::MAX).len() as u64)
    }

    async fn conflicts_from(
        &self,
        filter: &ConflictFilter,
        offset: u64,
        limit: u32,
    ) -> Result<Vec<StandingConflict>, StoreError> {
        let all = self.lock().conflicts.listed(&without_subjects(filter), usize::MAX);
        let from = usize::try_from(offset).unwrap_or(usize::MAX);
        Ok(all.into_iter().skip(from).take(at_most(limit)).collect())
    }

    async fn conflicts_after(
        &self,
        filter: &ConflictFilter,
        after: Option<&ConflictId>,
        limit: u32,
    ) -> Result<Vec<StandingConflict>, StoreError> {
        let mut all = self.lock().conflicts.listed(&without_subjects(filter), usize::MAX);
        all.retain(|standing| after.is_none_or(|after| standing.met.id > *after));
        all.sort_by(|one, other| one.met.id.cmp(&other.met.id));
        all.truncate(at_most(limit));
        Ok(all)
    }

    async fn count_conflicts(&self, filter: &ConflictFilter) -> Result<u64, StoreError> {
        Ok(self.lock().conflicts.listed(&without_subjects(filter), usize::MAX).len() as u64)
    }

    async fn conflicts_named(&self, ids: &[ConflictId]) -> Result<Vec<StandingConflict>, StoreError> {
        let mut all = self.lock().conflicts.listed(&ConflictFilter::default(), usize::MAX);
        all.retain(|standing| ids.contains(&standing.met.id));
        all.sort_by(|one, other| one.met.id.cmp(&other.met.id));
        Ok(all)
    }

    async fn balances(&self, spans: &[Range<Timestamp>]) -> Result<Vec<Balance>, StoreError> {
        let state = self.lock();
        let within = |span: &Range<Timestamp>| {
            let mut sum = Balance::default();
            let runs = state.runs.before(None);
            runs.filter(|run| span.contains(&run.started)).for_each(|run| add(&mut sum, &run.balance));
            sum
        };
        Ok(spans.iter().map(within).collect())
    }

    async fn query_findings(
        &self,
        query: &FindingQuery,
        offset: u64,
        limit: u32,
    ) -> Result<Vec<StandingFinding>, StoreError> {
        let state = self.lock();
        let mut found: Vec<&StandingFinding> = state.answering(query).collect();
        found.sort_by_cached_key(|finding| {
            (first_key(query.sort, finding), findings::key(finding).map(str::to_owned))
        });
        if query.descending {
            found.reverse();
        }
        Ok(page(found, offset, limit).cloned().collect())
    }

    async fn count_query(&self, query: &FindingQuery) -> Result<u64, StoreError> {
        Ok(self.lock().answering(query).count() as u64)
    }

    async fn count_findings_by(
        &self,
        query: &FindingQuery,
        group: FindingGroup,
    ) -> Result<Vec<Counted>, StoreError> {
        let state = self.lock();
        let counts = counted(state.answering(query).map(|finding| match group {
            FindingGroup::Kind => finding.found.kind.clone(),
            FindingGroup::Review => finding.review.clone(),
            FindingGroup::Company => finding.book.company.clone(),
            FindingGroup::Day => finding.first_seen.to_string(),
        }));
        Ok(if group == FindingGroup::Day { counts } else { most_first(counts) })
    }

    async fn journal_about(&self, record: &RecordRef, limit: u32) -> Result<Vec<JournalEntry>, StoreError> {
        Ok(self.lock().journal.about(record).take(at_most(limit)).cloned().collect())
    }

    async fn outcomes_of(&self, record: &RecordRef) -> Result<Vec<TroubledUnit>, StoreError> {
        let state = self.lock();
        let of = state.units.concluded().filter(|(_, unit)| unit.outcome.key.subject == *record);
        Ok(of.map(|(_, unit)| state.with_conflicts(unit)).collect())
    }

    async fn search_ties(&self, text: &str, limit: u32) -> Result<Vec<Tie>, StoreError> {
        let state = self.lock();
        let mut found: Vec<(u8, &Tie)> =
            state.ties.all().filter_map(|tie| Some((rank(tie, text)?, tie))).collect();
        found.sort_by_cached_key(|(rank, tie)| {
            let link = &tie.link;
            let RecordRef { system, kind, id } = &link.subject;
            (*rank, link.mapping.clone(), id.clone(), kind.clone(), system.word(), link.role.clone())
        });
        Ok(found.into_iter().take(at_most(limit)).map(|(_, tie)| tie.clone()).collect())
    }
}
