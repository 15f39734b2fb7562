//! What the drift sentinel says, with the book's history at hand.

use std::collections::HashSet;

use cs_companies::drift::{Profile, Reason, Verdict, judge, turn_of_book};
use cs_companies::reconcile::Reconciliation;
use cs_companies::{Language, ReadReport};
use cs_domain::{Advice, Failure};
use cs_ports::{Book, FindingId, FindingStore, LoadedReport, StoreError};

use super::findings::id_of;
use super::run::Reconciling;

/// How many earlier reports a report is compared with.
const EARLIER: u32 = 12;

/// The code of a run that waits for somebody to approve a report.
pub(super) const HELD: &str = "reconcile.held";

/// Compares a report with the book's earlier ones and weighs what it would turn.
///
/// The first report of a book is not held for what it turns. Nothing of the book was looked at before, so whatever has
/// gathered over the years counts as turned at once, and every first report would be held (of the fixtures' all would):
/// an approval that is always asked for is one that nobody reads. What a wrong file could do is small: dates only move
/// forward, for members the CRM knows, and findings close with the next file. Its columns are the measure for the next.
pub(super) async fn sentinel(
    store: &dyn FindingStore,
    book: &Book,
    task: &Reconciling<'_>,
    result: &Reconciliation,
) -> Result<Verdict, StoreError> {
    let reports = store.reports(book, EARLIER).await?;
    let Some(last) = reports.last() else {
        return Ok(judge(&task.report.profile, &[], None, task.drift));
    };
    let open: HashSet<FindingId> = store.open_findings(book).await?.into_iter().collect();
    let turn = turn_of_book(result, |key| open.contains(&id_of(book, key)));
    // A profile of an older version of the program that cannot be read is no measure.
    let profile = |report: &LoadedReport| serde_json::from_str::<Profile>(&report.profile).ok();
    let earlier: Vec<Profile> = reports.iter().filter_map(profile).collect();
    let mut verdict = judge(&task.report.profile, &earlier, Some(turn), task.drift);
    let latest = reports.iter().map(|report| report.as_of).max().unwrap_or(last.as_of);
    if task.period.as_of < latest {
        verdict.stops.push(Reason::Older { latest, now: task.period.as_of });
    }
    Ok(verdict)
}

/// Why a report waits, for the run and whoever reads it.
pub(super) fn held(verdict: &Verdict, language: Language) -> Failure {
    let reasons: Vec<String> = verdict.stops.iter().map(|reason| reason.message(language)).collect();
    Failure {
        code: HELD.to_owned(),
        cause: format!("the report waits for approval: {}", reasons.join(" ")),
        remedy: "Look at the report: is it the right file, of the right company and broker, complete? If so, run the same \
                 command with --approve-drift. Nothing was written or remembered."
            .to_owned(),
        advice: Advice::NeedsPerson,
        place: None,
    }
}

/// What the report's history says of an approval.
pub(super) fn approved(verdict: &Verdict, language: Language) -> String {
    let reasons: Vec<String> = verdict.stops.iter().map(|reason| reason.message(language)).collect();
    reasons.join(" ")
}

/// What a report looks like, for the history.
pub(super) fn profile(report: &ReadReport) -> String {
    serde_json::to_string(&report.profile).unwrap_or_default()
}
