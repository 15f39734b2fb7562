//! Trying a definition on a file: the first rows as understood, and what was not.

use serde::Serialize;

use super::definition::Company;
use super::header::wanted;
use super::reading::{ReadOptions, read};
use super::row::{Invalid, Place, Row};
use crate::report::{Format, Refusal, ReportFile};

/// A column of the definition and where it was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrialColumn {
    /// What it is for: `member_id`, `paid_through`.
    pub field: &'static str,
    /// The header it was found under; none where the report lacks it (and does not need it).
    pub header: Option<String>,
    /// Its place, from 1, as people count columns.
    pub position: Option<usize>,
}

/// A row as it was understood.
#[derive(Clone, Debug, Serialize)]
pub struct TrialRow {
    /// Its sheet's name.
    pub sheet: String,
    /// The row.
    #[serde(flatten)]
    pub row: Row,
}

/// What became of a file.
#[derive(Clone, Debug, Serialize)]
pub struct Trial {
    /// What the file was.
    pub format: Format,
    /// Sheets without the headers.
    pub sheets_skipped: Vec<String>,
    /// The line of the header row.
    pub header_line: u32,
    /// The definition's columns.
    pub columns: Vec<TrialColumn>,
    /// Headers of the report that the definition does not speak of.
    pub unused_headers: Vec<String>,
    /// The first rows as understood.
    pub rows: Vec<TrialRow>,
    /// The first rows that cannot be read, with why.
    pub invalid: Vec<Invalid>,
    /// Lines that are no rows: totals, notes, headers said again.
    pub notes: Vec<Place>,
    /// How many rows there are that count, are left out, cannot be read.
    pub counts: [usize; 3],
}

/// Reads a file by a definition and shows at most `first` rows of each kind.
///
/// # Errors
/// As [`read`].
pub fn try_report(
    file: &ReportFile<'_>,
    company: &Company,
    options: &ReadOptions<'_>,
    first: usize,
) -> Result<Trial, Refusal> {
    let report = read(file, company, options)?;
    let columns = wanted(company)
        .into_iter()
        .map(|(field, _)| {
            let found = report.columns.of(field).and_then(super::header::Found::first);
            TrialColumn {
                field,
                header: found.map(|column| column.header.clone()),
                position: found.map(|column| column.index + 1),
            }
        })
        .collect();
    let used = report.columns.used();
    let unused = report.columns.headers.iter().enumerate();
    let unused = unused.filter(|(index, header)| !header.is_empty() && !used.contains(index));
    Ok(Trial {
        sheets_skipped: report.sheets_skipped.clone(),
        header_line: report.columns.line,
        columns,
        unused_headers: unused.map(|(_, header)| header.clone()).collect(),
        rows: report
            .rows
            .iter()
            .take(first)
            .map(|row| TrialRow { sheet: report.sheet(row.place).to_owned(), row: row.clone() })
            .collect(),
        counts: [report.rows.len(), report.filtered.len(), report.invalid.len()],
        invalid: report.invalid.into_iter().take(first).collect(),
        notes: report.notes,
        format: report.format,
    })
}
