//! A comparison, for people.

use std::fmt::Write as _;

use cs_companies::Language;
use cs_companies::company::ReadReport;
use cs_companies::drift::Verdict;
use cs_companies::reconcile::Reconciliation;
use cs_ports::FindingsTaken;

use super::grouped;

/// Updates and findings that are spelled out; the rest are counted.
const SHOWN: usize = 20;

/// What a comparison came to.
pub(crate) fn compared(result: &Reconciliation, report: &ReadReport, language: Language) -> String {
    let mut text = format!(
        "{} ({}), as of {}: {} rows read from {} lines\n",
        result.company_name,
        result.broker,
        result.period.as_of,
        grouped(result.rows_read),
        grouped(result.rows_read + report.notes.len() as u64),
    );
    let totals = result.row_totals().into_iter();
    let totals: Vec<String> =
        totals.map(|(outcome, count)| format!("{} {}", outcome.name(), grouped(count))).collect();
    let _ = writeln!(text, "  rows      {}", totals.join(" + "));
    let totals = result.order_totals().into_iter();
    let totals: Vec<String> =
        totals.map(|(outcome, count)| format!("{} {}", outcome.name(), grouped(count))).collect();
    let _ = writeln!(text, "  orders    {}", totals.join(" + "));
    let kinds = result.findings_by_kind().into_iter();
    let kinds: Vec<String> =
        kinds.map(|(kind, count)| format!("{} {}", kind.name(), grouped(count))).collect();
    let _ =
        writeln!(text, "  findings  {}", if kinds.is_empty() { "none".to_owned() } else { kinds.join(", ") });
    let _ = writeln!(text, "  updates   {}", grouped(result.updates.len() as u64));
    for update in result.updates.iter().take(SHOWN) {
        let old = update.old.map_or_else(|| "no date".to_owned(), |day| day.to_string());
        let _ = writeln!(
            text,
            "    {} (member {}): paid through {old} -> {} ({})",
            update.salesorder_no,
            update.member_id,
            update.new,
            update.new_is.name()
        );
    }
    rest(&mut text, result.updates.len());
    for finding in result.findings.iter().take(SHOWN) {
        let _ = writeln!(text, "    {}: {}", finding.key.kind.name(), finding.message(language));
    }
    rest(&mut text, result.findings.len());
    text.trim_end().to_owned()
}

fn rest(text: &mut String, all: usize) {
    if all > SHOWN {
        let _ = writeln!(text, "    and {} more", grouped((all - SHOWN) as u64));
    }
}

/// What the drift sentinel says.
pub(crate) fn drift(verdict: &Verdict, language: Language) -> String {
    let mut lines = Vec::new();
    for reason in &verdict.stops {
        lines.push(format!("  unlike the reports before, waits for approval: {}", reason.message(language)));
    }
    for reason in &verdict.notices {
        lines.push(format!("  unlike the reports before: {}", reason.message(language)));
    }
    if lines.is_empty() {
        lines.push("  nothing unlike the reports before".to_owned());
    }
    lines.join("\n")
}

/// What became of the findings.
pub(crate) fn taken(taken: &FindingsTaken) -> String {
    format!(
        "Findings: {} new, {} back again, {} as before, {} closed. See them: company-sync findings list",
        grouped(taken.opened),
        grouped(taken.reopened),
        grouped(taken.kept),
        grouped(taken.closed)
    )
}
