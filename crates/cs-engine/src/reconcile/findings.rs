//! Findings of a comparison as they are remembered.

use cs_companies::ReadReport;
use cs_companies::reconcile::{Finding, FindingKey, FindingKind, Reconciliation, RowRef};
use cs_ports::{Book, FindingId, FoundFinding};

/// The id of a finding.
pub(super) fn id_of(book: &Book, key: &FindingKey) -> FindingId {
    FindingId::of(book, key.kind.name(), &key.member_id, &key.occurrence)
}

/// The ids of everything that could be found about a member, once.
pub(super) fn ids_about<'m>(book: &'m Book, member_id: &'m str) -> impl Iterator<Item = FindingId> + 'm {
    FindingKind::ALL.into_iter().map(move |kind| FindingId::of(book, kind.name(), member_id, ""))
}

/// All findings of a comparison, as a store takes them.
pub fn all(book: &Book, result: &Reconciliation, report: &ReadReport) -> Vec<FoundFinding> {
    result.findings.iter().map(|finding| found(book, finding, report)).collect()
}

/// A finding as it is remembered, with its row.
pub(super) fn found(book: &Book, finding: &Finding, report: &ReadReport) -> FoundFinding {
    let cells = match finding.row {
        Some(RowRef::Row(index)) => report.rows.get(index).map(|row| row.source.cells()),
        Some(RowRef::Invalid(index)) => report.invalid.get(index).map(|row| row.source.cells()),
        None => None,
    };
    let headers = &report.columns.headers;
    let named = cells.into_iter().flat_map(|cells| headers.iter().enumerate().zip(cells.iter()));
    let filled = named.filter(|(_, cell)| !cell.is_blank());
    let source = filled.map(|((column, header), cell)| {
        let header = if header.is_empty() { format!("column {}", column + 1) } else { header.clone() };
        (header, cell.text.to_owned())
    });
    FoundFinding {
        id: id_of(book, &finding.key),
        kind: finding.key.kind.name().to_owned(),
        member_id: finding.key.member_id.to_string(),
        message: finding.message_key().to_owned(),
        parameters: finding.parameters(),
        salesorder_no: finding.salesorder_no.as_deref().map(str::to_owned),
        issuer: finding.issuer.as_deref().map(str::to_owned),
        place: finding.place.map(|place| (report.sheet(place).to_owned(), place.line)),
        source: source.collect(),
        premium: finding.premium_at_risk.map(|premium| premium.to_string()),
    }
}
