//! Why a file was not read, and what to do about it.

use std::error::Error;

use thiserror::Error;

/// A required header that a file lacks.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct MissingHeader {
    /// The header as the company's definition has it.
    pub header: String,
    /// The headers of the file that come nearest, best first.
    pub nearest: Vec<String>,
}

impl std::fmt::Display for MissingHeader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\"{}\"", self.header)?;
        if self.nearest.is_empty() {
            return Ok(());
        }
        let nearest: Vec<String> = self.nearest.iter().map(|near| format!("\"{near}\"")).collect();
        write!(f, " (nearest found: {})", nearest.join(", "))
    }
}

fn list(missing: &[MissingHeader]) -> String {
    missing.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Why a report, or a file of orders, was refused. Nothing was compared and nothing was written.
///
/// No variant carries a row's contents or a password.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The file has no bytes, or only space.
    #[error("the file is empty")]
    Empty,
    /// The header stands, and nothing below it.
    #[error("the report has its headers (line {line}) but not a single row below them")]
    HeaderOnly {
        /// Where the header stands.
        line: u32,
    },
    /// Required headers were found in no sheet.
    #[error("the report lacks a required header: {}", list(missing))]
    MissingHeader {
        /// Which, and what comes near.
        missing: Vec<MissingHeader>,
        /// The sheet and line that look most like the header row.
        line: u32,
    },
    /// The portal's page that says one has to sign in again.
    #[error("the file is not a report: it is the portal's page saying \"{excerpt}\"")]
    SessionExpired {
        /// The first words of the page.
        excerpt: String,
    },
    /// A web page, whatever its name says.
    #[error("the file is a web page, not a spreadsheet: \"{excerpt}\"")]
    WebPage {
        /// The first words of the page.
        excerpt: String,
    },
    /// Something else.
    #[error("the file is {what}, which is not a report that can be read")]
    UnknownFormat {
        /// What it seems to be.
        what: &'static str,
    },
    /// A workbook that ends before its end, or is broken inside.
    #[error("the workbook is damaged: {what}")]
    Damaged {
        /// What is wrong with it.
        what: &'static str,
        /// What the reader said.
        #[source]
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    /// A workbook that unpacks to far more than a report can be.
    #[error("the workbook unpacks to more than {limit} bytes")]
    UnpacksTooFar {
        /// What was allowed for a file of its size.
        limit: u64,
    },
    /// More of something than is accepted.
    #[error("the report has more than {limit} {what}")]
    TooLarge {
        /// Of what: `rows`, `columns`, `cells`, `sheets`, `bytes`.
        what: &'static str,
        /// How many are accepted.
        limit: u64,
    },
    /// A row beyond belief, as after a quote that never closes.
    #[error("the row on line {line} is longer than {limit} bytes")]
    RowTooLong {
        /// Where it begins.
        line: u32,
        /// What is accepted.
        limit: u64,
    },
    /// A quote that opens and never closes swallows the rows behind it.
    #[error(
        "a quote that opens in the row on line {line} does not close, and {swallowed} lines are inside it"
    )]
    QuoteOpen {
        /// Where the row begins.
        line: u32,
        /// Lines that it takes.
        swallowed: usize,
    },
    /// The last row lacks cells that every other row has, and no line ends there: the file is not whole, and every member
    /// below would seem to be gone.
    #[error(
        "the file stops in the middle of line {line}: {cells} of {columns} columns, and the line has no end"
    )]
    CutOff {
        /// The line.
        line: u32,
        /// Cells that it has.
        cells: usize,
        /// Columns of the report.
        columns: usize,
    },
    /// The workbook has a password and none is set.
    #[error("the workbook is protected and the company's settings have no password")]
    PasswordMissing,
    /// The password does not open the workbook.
    #[error("the password in the company's settings does not open the workbook")]
    PasswordWrong,
    /// Protected in a way that cannot be opened.
    #[error("the workbook is protected in a way that cannot be opened: {what}")]
    ProtectionUnknown {
        /// What kind.
        what: &'static str,
    },
    /// A file of orders that is not one.
    #[error("the file of orders cannot be read: {source}")]
    Orders {
        /// What and where.
        #[source]
        source: serde_json::Error,
    },
}

impl Refusal {
    /// The stable code of the refusal.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "report.empty",
            Self::HeaderOnly { .. } => "report.header_only",
            Self::MissingHeader { .. } => "report.missing_header",
            Self::SessionExpired { .. } => "report.session_expired",
            Self::WebPage { .. } => "report.web_page",
            Self::UnknownFormat { .. } => "report.unknown_format",
            Self::Damaged { .. } => "report.damaged",
            Self::UnpacksTooFar { .. } => "report.unpacks_too_far",
            Self::TooLarge { .. } => "report.too_large",
            Self::RowTooLong { .. } => "report.row_too_long",
            Self::QuoteOpen { .. } => "report.quote_open",
            Self::CutOff { .. } => "report.cut_off",
            Self::PasswordMissing => "report.password_missing",
            Self::PasswordWrong => "report.password_wrong",
            Self::ProtectionUnknown { .. } => "report.protection_unknown",
            Self::Orders { .. } => "orders.unreadable",
        }
    }

    /// What to do, in a sentence.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Empty => "Download the report again; nothing was compared.",
            Self::HeaderOnly { .. } => {
                "Check the portal's filters and download the report again. An empty book would make every order missing."
            }
            Self::MissingHeader { .. } => {
                "Check that this is the company's own report. If the company renamed the column, add the new name to the \
                 aliases in its definition."
            }
            Self::SessionExpired { .. } => "Sign in to the company's portal and download the report again.",
            Self::WebPage { .. } => {
                "Download the report again; where the portal only offers a web page, open it in a spreadsheet program and \
                 save it as .xlsx or .csv."
            }
            Self::UnknownFormat { .. } => "Save the report as .csv or .xlsx and load that file.",
            Self::Damaged { .. } => {
                "Download the file again: it may have stopped midway. If it opens in a spreadsheet program, save it anew as \
                 .xlsx."
            }
            Self::UnpacksTooFar { .. } | Self::TooLarge { .. } => {
                "This is not what a report looks like: check where the file comes from. A real report of this size needs \
                 higher limits in the settings."
            }
            Self::QuoteOpen { .. } => {
                "Close or take out the quote (\") on that line, then load the file again."
            }
            Self::CutOff { .. } => {
                "Download the report again: it stopped midway. Where the file is whole, end its last line as the others end."
            }
            Self::RowTooLong { .. } => "Look at that line: most often a quote opens there and never closes.",
            Self::PasswordMissing => "Set the company's password in its settings, then load the file again.",
            Self::PasswordWrong => {
                "Correct the company's password in its settings, then load the file again."
            }
            Self::ProtectionUnknown { .. } => {
                "Open the file in a spreadsheet program with its password and save it as .xlsx with a password or without."
            }
            Self::Orders { .. } => "The file must be a list of orders as the fixtures' *.orders.json.",
        }
    }

    pub(crate) fn damaged(what: &'static str) -> Self {
        Self::Damaged { what, source: None }
    }

    pub(crate) fn damaged_by(what: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Damaged { what, source: Some(source.into()) }
    }
}
