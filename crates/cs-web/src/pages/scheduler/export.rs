//! Findings as a file for a spreadsheet. CSV is sent as it is read; a workbook has to be whole before it can be sent, and is
//! written to temporary files until then. No cell is a formula, whatever a company or a reviewer wrote.

use axum::body::{Body, Bytes};
use axum::extract::Query;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use cs_ports::{FindingQuery, FindingState, StandingFinding};
use futures_util::stream;
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use serde_json::{Value as Json, json};
use tokio::sync::mpsc;

use super::asked::Asked;
use crate::error::WebError;
use crate::visit::{Answer, Visit};
use crate::words::Words;

/// Findings that are read at a time.
const BATCH: u32 = 1_000;

/// Rows of a sheet besides its headers; the rest goes to further sheets.
const SHEET_ROWS: u32 = 1_048_575;

/// The columns: the catalogue has their headers under `finding-export-...`.
const COLUMNS: [&str; 16] = [
    "company",
    "broker",
    "member",
    "order",
    "kind",
    "text",
    "premium",
    "state",
    "first",
    "last",
    "review",
    "description",
    "sheet",
    "line",
    "run",
    "id",
];

type Cells = [String; COLUMNS.len()];

type Broken = Box<dyn std::error::Error + Send + Sync>;

pub(super) async fn csv(visit: Visit, Query(asked): Query<Asked>) -> Answer {
    let query = asked.query()?;
    note(&visit, &asked, "csv").await?;
    let name = name(&visit, "csv");
    // Spreadsheet programs take a CSV file for UTF-8 only with this before it.
    let mut head = "\u{feff}".as_bytes().to_vec();
    head.extend(lines(&[headers(&visit.words)])?);
    let rest = stream::try_unfold((visit, query, Some(0)), |(visit, query, offset)| async move {
        let Some(offset) = offset else { return Ok::<_, Broken>(None) };
        let (cells, next) = batch(&visit, &query, offset).await?;
        let bytes = Bytes::from(lines(&cells)?);
        Ok(Some((bytes, (visit, query, next))))
    });
    let first = stream::once(async move { Ok::<_, Broken>(Bytes::from(head)) });
    let body = Body::from_stream(futures_util::StreamExt::chain(first, rest));
    Ok(attachment("text/csv; charset=utf-8", &name, body))
}

pub(super) async fn xlsx(visit: Visit, Query(asked): Query<Asked>) -> Answer {
    let query = asked.query()?;
    note(&visit, &asked, "xlsx").await?;
    let (sender, receiver) = mpsc::channel::<Vec<Cells>>(2);
    let headers = headers(&visit.words);
    let written = tokio::task::spawn_blocking(move || workbook(&headers, receiver));
    let mut offset = Some(0);
    while let Some(from) = offset {
        let (cells, next) = batch(&visit, &query, from).await?;
        // Where nobody takes them any more, the writer has failed, and says so below.
        offset = next;
        if sender.send(cells).await.is_err() {
            break;
        }
    }
    drop(sender);
    let broken = |error: Broken| WebError::Broken(error);
    let bytes = written.await.map_err(|error| broken(error.into()))?.map_err(|error| broken(error.into()))?;
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    Ok(attachment(kind, &name(&visit, "xlsx"), Body::from(bytes)))
}

/// An export takes customers' data out of the house: that is kept.
async fn note(visit: &Visit, asked: &Asked, form: &str) -> Result<(), WebError> {
    let asked: Vec<_> = asked.pairs();
    visit.record("finding.export", "findings", Json::Null, json!({ "form": form, "asked": asked })).await
}

fn attachment(kind: &'static str, name: &str, body: Body) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)], body)
        .into_response()
}

fn name(visit: &Visit, form: &str) -> String {
    let day = visit.web.clock.now().to_zoned(visit.web.zone.clone()).date();
    format!("{}-{day}.{form}", visit.words.say("finding-export-file"))
}

/// Some findings as cells, and where the next ones begin, where there are any.
async fn batch(
    visit: &Visit,
    query: &FindingQuery,
    offset: u64,
) -> Result<(Vec<Cells>, Option<u64>), WebError> {
    let found = visit.web.desk.query_findings(query, offset, BATCH).await?;
    let next = (found.len() == BATCH as usize).then(|| offset + u64::from(BATCH));
    Ok((found.iter().map(|found| cells(visit, found)).collect(), next))
}

fn headers(words: &Words) -> Cells {
    COLUMNS.map(|column| words.say(&format!("finding-export-{column}")))
}

fn cells(visit: &Visit, finding: &StandingFinding) -> Cells {
    let (office, words, found) = (&visit.web.office, &visit.words, &finding.found);
    let (sheet, line) = match &found.place {
        Some((sheet, line)) => (sheet.clone(), line.to_string()),
        None => (String::new(), String::new()),
    };
    let state = match finding.state {
        FindingState::Open => words.say("finding-state-open"),
        FindingState::Closed => words.say("finding-state-closed"),
    };
    [
        found.issuer.clone().unwrap_or_else(|| finding.book.company.clone()),
        finding.book.broker.clone(),
        found.member_id.clone(),
        found.salesorder_no.clone().unwrap_or_default(),
        office.finding_kind(&found.kind, words.language),
        office.finding_text(found, words.language),
        found.premium.clone().unwrap_or_default(),
        state,
        finding.first_seen.to_string(),
        finding.last_seen.to_string(),
        finding.review.clone(),
        finding.description.clone(),
        sheet,
        line,
        finding.last_run.to_string(),
        found.id.to_string(),
    ]
}

fn lines(rows: &[Cells]) -> Result<Vec<u8>, WebError> {
    let broken = |error: csv::Error| WebError::Broken(Box::new(error));
    let mut writer = csv::Writer::from_writer(Vec::new());
    for cells in rows {
        writer.write_record(cells.iter().map(|cell| harmless(cell))).map_err(broken)?;
    }
    writer.into_inner().map_err(|error| WebError::Broken(error.to_string().into()))
}

/// A text that a spreadsheet program does not take for a formula. Negative numbers stay numbers.
fn harmless(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '@', '\t', '\r', '\n'])
        || (cell.starts_with('-') && cell.parse::<f64>().is_err());
    if formula { format!("'{cell}") } else { cell.to_owned() }
}

/// Writes rows as they come. Every cell is a string cell, which no program reads as a formula.
fn workbook(headers: &Cells, mut rows: mpsc::Receiver<Vec<Cells>>) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let mut row = 0;
    sheet(&mut book, headers)?;
    while let Some(some) = rows.blocking_recv() {
        for cells in some {
            if row == SHEET_ROWS {
                sheet(&mut book, headers)?;
                row = 0;
            }
            row += 1;
            put(&mut book, row, &cells)?;
        }
    }
    book.save_to_buffer()
}

fn sheet(book: &mut Workbook, headers: &Cells) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    let sheet = book.add_worksheet_with_constant_memory()?;
    for (column, header) in (0..).zip(headers) {
        sheet.write_string_with_format(0, column, header, &bold)?;
    }
    Ok(())
}

fn put(book: &mut Workbook, row: u32, cells: &Cells) -> Result<(), XlsxError> {
    let last = book.worksheets().len().saturating_sub(1);
    let sheet = book.worksheet_from_index(last)?;
    for (column, cell) in (0..).zip(cells) {
        sheet.write_string(row, column, cell)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn no_cell_is_a_formula() {
        let cases = [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("@x", "'@x"),
            ("-12.50", "-12.50"),
            ("-x", "'-x"),
            ("\t=1", "'\t=1"),
            ("Ana", "Ana"),
            ("", ""),
        ];
        for (cell, expected) in cases {
            assert_eq!(harmless(cell), expected);
        }
    }
}
