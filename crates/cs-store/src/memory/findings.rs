//! Reports and findings in memory.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use async_trait::async_trait;
use cs_ports::{
    Book, FindingChange, FindingEvent, FindingFilter, FindingId, FindingState, FindingStore, FindingsOfRun,
    FindingsTaken, FoundFinding, Lease, LoadedReport, Review, StandingFinding, StoreError,
};
use jiff::Timestamp;

use super::{MemoryStore, at_most};
use crate::findings::shown;
use crate::stamp;

#[derive(Debug, Default)]
pub(super) struct Findings {
    reports: Vec<LoadedReport>,
    all: BTreeMap<FindingId, StandingFinding>,
    history: BTreeMap<FindingId, Vec<FindingEvent>>,
}

impl Findings {
    /// In the order of their ids.
    pub(super) fn all(&self) -> impl Iterator<Item = &StandingFinding> {
        self.all.values()
    }

    fn open<'f>(&'f self, book: &'f Book) -> impl Iterator<Item = &'f FindingId> {
        let open = |finding: &&StandingFinding| finding.book == *book && finding.state == FindingState::Open;
        self.all.values().filter(open).map(|finding| &finding.found.id)
    }

    fn show(&mut self, report: &LoadedReport, found: &FoundFinding) {
        let now = shown(self.all.get(&found.id), found, report);
        self.all.insert(found.id.clone(), now);
    }

    fn close(&mut self, report: &LoadedReport, at: Timestamp, id: &FindingId) {
        let Some(finding) = self.all.get_mut(id).filter(|finding| finding.state == FindingState::Open) else {
            return;
        };
        finding.state = FindingState::Closed;
        finding.last_run = report.run.clone();
        self.note(id, FindingEvent { at, run: Some(report.run.clone()), what: FindingChange::Closed });
    }

    fn note(&mut self, id: &FindingId, event: FindingEvent) {
        self.history.entry(id.clone()).or_default().push(FindingEvent { at: stamp::cut(event.at), ..event });
    }

    fn take_in(&mut self, findings: &FindingsOfRun) -> FindingsTaken {
        let report = &findings.report;
        let last = self.reports.iter().rfind(|known| known.book == report.book);
        if !last.is_some_and(|last| last.digest == report.digest && last.as_of == report.as_of) {
            self.reports.push(report.clone());
        }
        let open: BTreeSet<FindingId> = self.open(&report.book).cloned().collect();
        let mut taken = FindingsTaken::default();
        for found in &findings.found {
            match self.all.get(&found.id).map(|known| known.state) {
                None => taken.opened += 1,
                Some(FindingState::Open) => taken.kept += 1,
                Some(FindingState::Closed) => {
                    taken.reopened += 1;
                    let what = FindingChange::Reopened;
                    let event = FindingEvent { at: findings.at, run: Some(report.run.clone()), what };
                    self.note(&found.id, event);
                }
            }
            self.show(report, found);
        }
        let shown: HashSet<&FindingId> = findings.found.iter().map(|found| &found.id).collect();
        for id in open.iter().filter(|id| !shown.contains(id)) {
            if findings.persisting.contains(id) {
                taken.kept += 1;
            } else {
                taken.closed += 1;
                self.close(report, findings.at, id);
            }
        }
        taken
    }

    fn review(&mut self, id: &FindingId, review: &Review, at: Timestamp) -> bool {
        let Some(finding) = self.all.get_mut(id) else { return false };
        let before = (finding.review.clone(), finding.description.clone());
        finding.review = review.review.clone().unwrap_or(before.0.clone());
        finding.description = review.description.clone().unwrap_or(before.1.clone());
        let now = (finding.review.clone(), finding.description.clone());
        if now != before {
            let what = FindingChange::Reviewed { review: now.0, description: now.1, by: review.by.clone() };
            self.note(id, FindingEvent { at, run: None, what });
        }
        true
    }
}

pub(super) fn fits(filter: &FindingFilter, finding: &StandingFinding) -> bool {
    let is = |wanted: &Option<String>, held: &String| wanted.as_ref().is_none_or(|wanted| wanted == held);
    is(&filter.company, &finding.book.company)
        && is(&filter.broker, &finding.book.broker)
        && is(&filter.kind, &finding.found.kind)
        && is(&filter.member_id, &finding.found.member_id)
        && is(&filter.review, &finding.review)
        && filter.state.is_none_or(|state| state == finding.state)
        && filter.ids.as_ref().is_none_or(|ids| ids.contains(&finding.found.id))
        && filter.begins.as_ref().is_none_or(|begins| finding.found.id.0.starts_with(begins))
}

pub(super) fn key(finding: &StandingFinding) -> [&str; 5] {
    let StandingFinding { book, found, .. } = finding;
    [&book.company, &book.broker, &found.kind, &found.member_id, &found.id.0]
}

#[async_trait]
impl FindingStore for MemoryStore {
    async fn reports(&self, book: &Book, limit: u32) -> Result<Vec<LoadedReport>, StoreError> {
        let state = self.lock();
        let of_book = state.findings.reports.iter().filter(|report| report.book == *book);
        let all: Vec<LoadedReport> = of_book.cloned().collect();
        Ok(all.iter().skip(all.len().saturating_sub(at_most(limit))).cloned().collect())
    }

    async fn take_in(&self, lease: &Lease, findings: &FindingsOfRun) -> Result<FindingsTaken, StoreError> {
        Ok(self.lock_under(lease)?.findings.take_in(findings))
    }

    async fn correct(
        &self,
        lease: &Lease,
        report: &LoadedReport,
        at: Timestamp,
        shown: &[FoundFinding],
        gone: &[FindingId],
    ) -> Result<(), StoreError> {
        let mut state = self.lock_under(lease)?;
        for found in shown {
            state.findings.show(report, found);
        }
        for id in gone {
            state.findings.close(report, at, id);
        }
        Ok(())
    }

    async fn open_findings(&self, book: &Book) -> Result<Vec<FindingId>, StoreError> {
        Ok(self.lock().findings.open(book).cloned().collect())
    }

    async fn findings(
        &self,
        filter: &FindingFilter,
        after: Option<&StandingFinding>,
        limit: u32,
    ) -> Result<Vec<StandingFinding>, StoreError> {
        let state = self.lock();
        let mut all: Vec<&StandingFinding> =
            state.findings.all.values().filter(|finding| fits(filter, finding)).collect();
        all.sort_by_key(|finding| key(finding));
        let beyond = all.into_iter().filter(|finding| after.is_none_or(|after| key(finding) > key(after)));
        Ok(beyond.take(at_most(limit)).cloned().collect())
    }

    async fn count_findings(&self, filter: &FindingFilter) -> Result<u64, StoreError> {
        let state = self.lock();
        Ok(state.findings.all.values().filter(|finding| fits(filter, finding)).count() as u64)
    }

    async fn review(&self, ids: &[FindingId], review: &Review, at: Timestamp) -> Result<u64, StoreError> {
        let mut state = self.lock();
        let ids: BTreeSet<&FindingId> = ids.iter().collect();
        Ok(ids.into_iter().filter(|id| state.findings.review(id, review, at)).count() as u64)
    }

    async fn finding_history(&self, id: &FindingId) -> Result<Vec<FindingEvent>, StoreError> {
        Ok(self.lock().findings.history.get(id).cloned().unwrap_or_default())
    }
}
