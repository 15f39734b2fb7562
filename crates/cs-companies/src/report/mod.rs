//! From the bytes of a file to a stream of rows.
//!
//! What a file is, is read from its first bytes, never from its name. Every reader hands its rows to a [`RowSink`] as
//! it meets them, so that a report of a million rows is never held twice, and every reader is bounded by [`Limits`].

mod cell;
mod delimited;
mod guard;
mod limits;
mod protected;
mod quiet;
mod refusal;
mod serial;
mod sniff;
mod text;
mod xls;
mod xlsx;

pub use cell::{Cell, CellKind, Cells, SourceRow};
pub use limits::Limits;
pub use refusal::{MissingHeader, Refusal};
pub(crate) use serial::date_of_serial;

use guard::Guard;
use sniff::Container;

/// A file as it was handed in.
#[derive(Clone, Copy)]
pub struct ReportFile<'a> {
    /// Its name, for messages only: what it is, its bytes say.
    pub name: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// The password of a protected workbook, from the company's settings.
    pub password: Option<&'a str>,
}

impl ReportFile<'_> {
    /// Whether a line of text ends where the file does, in whatever encoding.
    pub(crate) fn ends_a_line(&self) -> bool {
        let last = self.bytes.strip_suffix(&[0]).unwrap_or(self.bytes).last();
        last.is_none_or(|byte| matches!(byte, b'\n' | b'\r'))
    }
}

impl std::fmt::Debug for ReportFile<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Neither the password nor the people in the file.
        write!(f, "ReportFile({}, {} bytes)", self.name, self.bytes.len())
    }
}

/// What a reader does after a row or at the start of a sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Go on.
    Continue,
    /// Nothing more of this sheet is wanted.
    SkipSheet,
    /// Nothing more is wanted at all.
    Stop,
}

/// Takes the rows of a report as they are read.
pub trait RowSink {
    /// A sheet begins; a text file is one sheet with an empty name.
    fn sheet(&mut self, name: &str) -> Flow;
    /// A row that has at least one cell with something in it, and the line of the sheet it stands on, from 1.
    fn row(&mut self, line: u32, cells: Cells<'_>) -> Flow;
}

/// What a file turned out to be.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case", tag = "format")]
pub enum Format {
    /// Text with one record a line.
    Delimited {
        /// What stands between the cells.
        delimiter: char,
        /// The name of the encoding, `UTF-8` for instance.
        encoding: &'static str,
    },
    /// An Excel workbook (2007 and later).
    Xlsx {
        /// Whether it was opened with a password.
        protected: bool,
    },
    /// An Excel workbook of the old binary kind.
    Xls,
}

/// Reads a file's rows into `sink`.
///
/// # Errors
/// A [`Refusal`] where the file cannot be read as a table, with what to do about it.
pub fn read(file: &ReportFile<'_>, limits: &Limits, sink: &mut dyn RowSink) -> Result<Format, Refusal> {
    limits.file(file.bytes.len())?;
    let mut guard = Guard::new(limits, file.bytes.len(), sink);
    match sniff::container(file.bytes)? {
        Container::Zip => {
            xlsx::read(file.bytes, limits, &mut guard)?;
            Ok(Format::Xlsx { protected: false })
        }
        Container::Ole => {
            let compound = xls::Compound::open(file.bytes)?;
            if protected::is_protected(&compound) {
                let plain = protected::open(file, &compound, limits)?;
                xlsx::read(&plain, limits, &mut guard)?;
                return Ok(Format::Xlsx { protected: true });
            }
            xls::read(&compound, limits, &mut guard)?;
            Ok(Format::Xls)
        }
        Container::Text => {
            let text = text::decode(file.bytes)?;
            sniff::refuse_pages(&text.content)?;
            let delimiter = delimited::read(&text.content, &mut guard)?;
            Ok(Format::Delimited { delimiter: char::from(delimiter), encoding: text.encoding })
        }
    }
}
