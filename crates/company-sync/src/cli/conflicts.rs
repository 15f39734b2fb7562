//! What can be typed of conflicts.

use clap::{Args, Subcommand, ValueEnum};

/// `conflicts ...`.
#[derive(Debug, Subcommand)]
pub(crate) enum ConflictsCommand {
    /// List them: those that wait for somebody, and those that were decided and wait for a run
    List(ConflictsList),
    /// Show one
    Show {
        /// Its id, or the beginning of it
        id: String,
    },
    /// Say what stands; the next run carries it out
    Resolve(ConflictsResolve),
}

/// `conflicts list`.
#[derive(Debug, Args)]
pub(crate) struct ConflictsList {
    /// Of this mapping only
    #[arg(long)]
    pub(crate) mapping: Option<String>,
    /// Those that are over as well
    #[arg(long, conflicts_with = "state")]
    pub(crate) all: bool,
    /// Only those in this state
    #[arg(long, value_enum)]
    pub(crate) state: Option<StateName>,
    /// How many, those met last
    #[arg(long, short = 'n', default_value_t = 200)]
    pub(crate) limit: u32,
}

/// Where a conflict stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StateName {
    /// It waits for a decision
    Open,
    /// Decided; the next run carries it out
    Resolved,
    /// Decided and carried out
    Applied,
    /// It went away by itself
    Closed,
}

/// `conflicts resolve`.
#[derive(Debug, Args)]
pub(crate) struct ConflictsResolve {
    /// Their ids, or the beginnings of them
    #[arg(required_unless_present = "all_open", conflicts_with = "all_open")]
    pub(crate) ids: Vec<String>,
    /// All that are open, of the mapping, role and field named
    #[arg(long)]
    pub(crate) all_open: bool,
    /// With --all-open: of this mapping only
    #[arg(long, requires = "all_open")]
    pub(crate) mapping: Option<String>,
    /// With --all-open: about documents of this role only
    #[arg(long, requires = "all_open")]
    pub(crate) role: Option<String>,
    /// With --all-open: about this field only, as Frappe calls it
    #[arg(long, requires = "all_open")]
    pub(crate) field: Option<String>,
    /// What stands
    #[command(flatten)]
    pub(crate) choice: ChoiceFlags,
    /// Who decides [default: the user this runs as]
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
}

/// What can be chosen; one of them.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct ChoiceFlags {
    /// What VTiger says
    #[arg(long)]
    pub(crate) vtiger: bool,
    /// What Frappe says
    #[arg(long)]
    pub(crate) frappe: bool,
    /// This value, on both sides; "" for none
    #[arg(long, value_name = "V", allow_hyphen_values = true)]
    pub(crate) value: Option<String>,
    /// The record belongs to this document
    #[arg(long, value_name = "NAME")]
    pub(crate) document: Option<String>,
    /// The record gets a document of its own
    #[arg(long)]
    pub(crate) separate: bool,
}
