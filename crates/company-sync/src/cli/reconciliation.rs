//! What can be typed about company reports.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;

/// A day as it is typed.
fn day(typed: &str) -> Result<Date, String> {
    typed.parse().map_err(|_| "a day is written 2026-12-31: year, month, day".to_owned())
}

/// `companies ...`.
#[derive(Debug, Subcommand)]
pub(crate) enum CompaniesCommand {
    /// The companies whose reports can be read
    List,
    /// How a company's report is read
    Show {
        /// The company's key
        company: String,
        /// Print the definition itself instead, to start one of your own from
        #[arg(long)]
        source: bool,
    },
    /// Say what is wrong with a definition, and what would be right
    Validate {
        /// The files
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Read a report and show its first rows as understood, and what was not
    Try {
        /// The report
        file: PathBuf,
        /// Whose report it is
        #[arg(long)]
        company: String,
        /// As of this day [default: today, where the agency is]
        #[arg(long, value_name = "DAY", value_parser = day)]
        as_of: Option<Date>,
        /// How many rows of each kind
        #[arg(long, short = 'n', default_value_t = 10)]
        rows: usize,
    },
}

/// `reconcile`.
#[derive(Debug, Args)]
#[command(
    after_help = "The password of a protected workbook comes from the configuration ([companies.KEY] password_file) \
                        or the environment (COMPANY_SYNC_COMPANIES_KEY_PASSWORD), never from the command line."
)]
pub(crate) struct Reconcile {
    /// The report
    pub(crate) file: PathBuf,
    /// Whose report it is: `company-sync companies list` names them
    #[arg(long)]
    pub(crate) company: String,
    /// The broker's code, as in [reconciliation.brokers]
    #[arg(long)]
    pub(crate) broker: String,
    /// As of this day [default: today, where the agency is]
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub(crate) as_of: Option<Date>,
    /// The year of the plans [default: the configuration's; else that of the day]
    #[arg(long, value_name = "YEAR")]
    pub(crate) plan_year: Option<i16>,
    /// Show what would be written and found; change nothing, here and in the CRM
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Take the orders from this file instead of the CRM (always a dry run)
    #[arg(long, value_name = "FILE")]
    pub(crate) orders: Option<PathBuf>,
    /// Go on although the report looks unlike the company's earlier ones: somebody has looked at it
    #[arg(long)]
    pub(crate) approve_drift: bool,
    /// The language of messages [default: the configuration's]
    #[arg(long, value_enum)]
    pub(crate) language: Option<Tongue>,
}

/// A language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Tongue {
    /// English
    En,
    /// Spanish
    Es,
}

impl From<Tongue> for cs_companies::Language {
    fn from(tongue: Tongue) -> Self {
        match tongue {
            Tongue::En => Self::En,
            Tongue::Es => Self::Es,
        }
    }
}

/// `findings ...`.
#[derive(Debug, Subcommand)]
pub(crate) enum FindingsCommand {
    /// List them: those that stand, unless something else is asked for
    List {
        /// Which
        #[command(flatten)]
        filter: FindingsFilter,
        /// How many
        #[arg(long, short = 'n', default_value_t = 200)]
        limit: u32,
        /// The language of messages [default: the configuration's]
        #[arg(long, value_enum)]
        language: Option<Tongue>,
    },
    /// Show one with its row and its history
    Show {
        /// Its id
        id: String,
        /// The language of messages [default: the configuration's]
        #[arg(long, value_enum)]
        language: Option<Tongue>,
    },
    /// Say what you make of some; kept when the same or a later report is loaded
    Review {
        /// Their ids
        #[arg(required = true)]
        ids: Vec<String>,
        /// One of the configured list (Create Issue, Portal Error, Sync Error, Paid); "" takes it back
        #[arg(long = "as", value_name = "REVIEW", required_unless_present = "description")]
        review: Option<String>,
        /// In free words
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
    },
    /// Write them to a file: .csv or .xlsx
    Export {
        /// The file; one that is there is not overwritten
        file: PathBuf,
        /// Which
        #[command(flatten)]
        filter: FindingsFilter,
        /// The language of headers and messages [default: the configuration's]
        #[arg(long, value_enum)]
        language: Option<Tongue>,
    },
}

/// Which findings.
#[derive(Debug, Args)]
pub(crate) struct FindingsFilter {
    /// Of this company
    #[arg(long)]
    pub(crate) company: Option<String>,
    /// Of this broker
    #[arg(long)]
    pub(crate) broker: Option<String>,
    /// Of this kind, "unpaid" for instance
    #[arg(long)]
    pub(crate) kind: Option<String>,
    /// Of this member
    #[arg(long)]
    pub(crate) member: Option<String>,
    /// With this review; "" for those not reviewed
    #[arg(long)]
    pub(crate) review: Option<String>,
    /// In this state
    #[arg(long, value_enum, default_value_t)]
    pub(crate) state: StateOfFinding,
}

/// Where a finding stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum StateOfFinding {
    /// The last report showed it
    #[default]
    Open,
    /// A later report no longer showed it
    Closed,
    /// Both
    All,
}

/// `undo`.
#[derive(Debug, Args)]
pub(crate) struct Undo {
    /// The run: `company-sync runs` lists them
    pub(crate) run: String,
}
