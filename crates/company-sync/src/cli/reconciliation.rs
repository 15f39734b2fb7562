//! What can be typed about company reports.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;

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
        #[arg(long, value_name = "DAY")]
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
    #[arg(long, value_name = "DAY")]
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
