//! Findings as a file for a spreadsheet: CSV or XLSX, written as they are read.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use cs_companies::Language;
use cs_ports::StandingFinding;
use rust_xlsxwriter::{Format, Workbook, XlsxError};

use crate::reconciliation_error::ReconciliationError;
use crate::render::finding;

/// The columns in English and Spanish.
const HEADERS: [(&str, &str); 16] = [
    ("Id", "Id"),
    ("Company", "Compañía"),
    ("Broker", "Bróker"),
    ("Member ID", "Id de miembro"),
    ("Order", "Orden"),
    ("Kind", "Tipo"),
    ("Message", "Mensaje"),
    ("Premium at risk", "Prima en riesgo"),
    ("State", "Estado"),
    ("First seen", "Visto por primera vez"),
    ("Last seen", "Visto por última vez"),
    ("Review", "Revisión"),
    ("Description", "Descripción"),
    ("Sheet", "Hoja"),
    ("Line", "Línea"),
    ("Run", "Ejecución"),
];

/// Rows of a sheet; the rest goes to further sheets.
const SHEET_ROWS: u32 = 1_048_575;

/// A file of findings under way.
pub(crate) struct Export {
    path: PathBuf,
    language: Language,
    form: Form,
}

enum Form {
    Csv(Box<csv::Writer<BufWriter<File>>>),
    Xlsx { book: Box<Workbook>, file: File, row: u32 },
}

impl Export {
    /// Makes the file; one that is there is not overwritten. Only its owner can read it: it names people.
    pub(crate) fn create(path: &Path, language: Language) -> Result<Self, ReconciliationError> {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let extension = extension.to_lowercase();
        if extension != "csv" && extension != "xlsx" {
            return Err(ReconciliationError::ExportForm { file: path.display().to_string() });
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(failed(path))?;
        let form = if extension == "csv" {
            let mut file = BufWriter::new(file);
            // Spreadsheet programs take a CSV file for UTF-8 only with this before it.
            file.write_all("\u{feff}".as_bytes()).map_err(failed(path))?;
            Form::Csv(Box::new(csv::Writer::from_writer(file)))
        } else {
            Form::Xlsx { book: Box::new(Workbook::new()), file, row: 0 }
        };
        let mut export = Self { path: path.to_owned(), language, form };
        export.begin()?;
        Ok(export)
    }

    fn headers(&self) -> [&'static str; HEADERS.len()] {
        HEADERS.map(|(english, spanish)| match self.language {
            Language::En => english,
            Language::Es => spanish,
        })
    }

    fn begin(&mut self) -> Result<(), ReconciliationError> {
        let headers = self.headers();
        let path = self.path.clone();
        match &mut self.form {
            Form::Csv(writer) => writer.write_record(headers).map_err(failed(&path)),
            Form::Xlsx { book, row, .. } => {
                *row = 1;
                sheet(book, &headers).map_err(failed(&path))
            }
        }
    }

    /// Adds one.
    pub(crate) fn add(&mut self, found: &StandingFinding) -> Result<(), ReconciliationError> {
        let cells = cells(found, self.language);
        if matches!(&self.form, Form::Xlsx { row, .. } if *row > SHEET_ROWS) {
            self.begin()?;
        }
        let path = &self.path;
        match &mut self.form {
            Form::Csv(writer) => writer.write_record(cells.iter().map(harmless)).map_err(failed(path)),
            Form::Xlsx { book, row, .. } => {
                put(book, *row, &cells).map_err(failed(path))?;
                *row += 1;
                Ok(())
            }
        }
    }

    /// Writes what is left.
    pub(crate) fn finish(self) -> Result<(), ReconciliationError> {
        match self.form {
            Form::Csv(mut writer) => writer.flush().map_err(failed(&self.path)),
            Form::Xlsx { mut book, file, .. } => {
                book.save_to_writer(BufWriter::new(file)).map_err(failed(&self.path))
            }
        }
    }
}

fn failed<E>(path: &Path) -> impl Fn(E) -> ReconciliationError
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let file = path.display().to_string();
    move |error| ReconciliationError::Export { file: file.clone(), source: error.into() }
}

fn sheet(book: &mut Workbook, headers: &[&str]) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    let sheet = book.add_worksheet_with_constant_memory()?;
    for (column, header) in (0..).zip(headers) {
        sheet.write_string_with_format(0, column, *header, &bold)?;
    }
    Ok(())
}

fn put(book: &mut Workbook, row: u32, cells: &[String]) -> Result<(), XlsxError> {
    let last = book.worksheets().len().saturating_sub(1);
    let sheet = book.worksheet_from_index(last)?;
    for (column, cell) in (0..).zip(cells) {
        sheet.write_string(row, column, cell)?;
    }
    Ok(())
}

fn cells(found: &StandingFinding, language: Language) -> [String; HEADERS.len()] {
    let shown = &found.found;
    let (sheet, line) = match &shown.place {
        Some((sheet, line)) => (sheet.clone(), line.to_string()),
        None => (String::new(), String::new()),
    };
    [
        shown.id.to_string(),
        shown.issuer.clone().unwrap_or_else(|| found.book.company.clone()),
        found.book.broker.clone(),
        shown.member_id.clone(),
        shown.salesorder_no.clone().unwrap_or_default(),
        shown.kind.clone(),
        finding::message(found, language),
        shown.premium.clone().unwrap_or_default(),
        finding::state(found).to_owned(),
        found.first_seen.to_string(),
        found.last_seen.to_string(),
        found.review.clone(),
        found.description.clone(),
        sheet,
        line,
        found.last_run.to_string(),
    ]
}

/// A text that a spreadsheet program does not take for a formula: what a company or a reviewer wrote must not run.
fn harmless(cell: &String) -> String {
    if cell.starts_with(['=', '+', '@', '\t', '\r'])
        || (cell.starts_with('-') && cell.parse::<f64>().is_err())
    {
        format!("'{cell}")
    } else {
        cell.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn no_cell_is_a_formula() {
        for (cell, expected) in
            [("=1+1", "'=1+1"), ("@x", "'@x"), ("-12.50", "-12.50"), ("-x", "'-x"), ("Ana", "Ana")]
        {
            assert_eq!(harmless(&cell.to_owned()), expected);
        }
    }
}
