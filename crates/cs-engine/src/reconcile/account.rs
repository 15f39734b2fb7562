//! What a run says of a report: its rows in the balance, its place in the history, findings that stay.

use cs_companies::drift::Verdict as Drift;
use cs_companies::reconcile::{Expected, Reconciliation, RowOutcome};
use cs_domain::{Event, RunId, Verdict};
use cs_ports::{Book, FindingId, LoadedReport};

use super::ledger::Voyage;
use super::run::Reconciling;
use super::source::OrdersRead;
use super::{findings, judgement};

/// Counts the rows that need no write; the others are counted as they are written.
pub(super) fn count_rows(voyage: &Voyage<'_>, result: &Reconciliation) {
    voyage.reporter.tell(Event::Expecting { units: result.rows_read });
    for (outcome, rows) in result.row_totals() {
        match outcome {
            RowOutcome::Invalid => voyage.count(Verdict::Failed, rows),
            RowOutcome::Unchanged => voyage.count(Verdict::Unchanged, rows),
            RowOutcome::Filtered
            | RowOutcome::Duplicate
            | RowOutcome::OutOfYear
            | RowOutcome::NotInCrm
            | RowOutcome::Waiting
            | RowOutcome::NotOurs => voyage.count(Verdict::Skipped, rows),
            // Those of members that are left alone are in no list of updates.
            RowOutcome::Updated => {
                let left = rows.saturating_sub(result.updates.len() as u64);
                voyage.count(Verdict::Failed, left);
            }
        }
    }
}

/// The report as the history keeps it.
pub(super) fn loaded(
    task: &Reconciling<'_>,
    book: &Book,
    run: &RunId,
    drift: &Drift,
    result: &Reconciliation,
) -> LoadedReport {
    let Expected { outcomes, findings_by_kind, updates, .. } = Expected::from(result);
    let totals = serde_json::json!({
        "rows_read": result.rows_read, "outcomes": outcomes, "findings_by_kind": findings_by_kind,
        "updates": updates.len(), "book": result.book,
    });
    LoadedReport {
        book: book.clone(),
        run: run.clone(),
        as_of: task.period.as_of,
        file: task.file.to_owned(),
        digest: task.digest.to_owned(),
        profile: judgement::profile(task.report),
        totals: totals.to_string(),
        approved: judgement::approved(drift, task.language),
    }
}

/// Findings that are not shown and must stay open: those that the comparison names, and all about members of whom nothing
/// can be said.
pub(super) fn persisting(book: &Book, result: &Reconciliation, read: &OrdersRead) -> Vec<FindingId> {
    let named = result.persisting.iter().map(|key| findings::id_of(book, key));
    let unknown = read.unreadable.iter().flat_map(|order| findings::ids_about(book, order.member_id.trim()));
    named.chain(unknown).collect()
}
