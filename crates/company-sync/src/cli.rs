//! What can be typed.

mod conflicts;
mod keeping;
mod links;
mod reconciliation;
mod serving;
mod simulation;
mod systems;

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use conflicts::{ChoiceFlags, ConflictsCommand, ConflictsList, ConflictsResolve, StateName};
pub(crate) use keeping::{Backup, Restore};
pub(crate) use links::{LinkName, LinksCommand};
pub(crate) use reconciliation::{
    CompaniesCommand, FindingsCommand, FindingsFilter, Reconcile, StateOfFinding, Undo,
};
pub(crate) use serving::{PartName, Serve, UsersCommand};
pub(crate) use simulation::{SabotageName, Simulate};
pub(crate) use systems::SystemsCommand;

use crate::extensions::Extensions;

/// Keeps VTiger CRM and Frappe/ERPNext in agreement.
#[derive(Debug, Parser)]
#[command(name = "company-sync", version, about, arg_required_else_help = true)]
#[command(after_help = "Exit codes: 0 done, 1 done in part, 2 wrong use or configuration, 3 failed.\n\
                        Try it with nothing configured: company-sync demo")]
pub(crate) struct Cli {
    /// What is to be done
    #[command(subcommand)]
    pub(crate) command: Command,
    /// What every command takes
    #[command(flatten)]
    pub(crate) global: Global,
}

/// Flags that every command takes.
#[derive(Clone, Debug, Args)]
pub(crate) struct Global {
    /// Configuration file [default: ./company-sync.toml, where there is one]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Where the program keeps what it remembers
    #[arg(long, global = true, value_name = "FOLDER")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Output for machines: JSON, one object a line
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// No progress, results only
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// What the program was built with.
    #[arg(skip)]
    pub(crate) extensions: Arc<Extensions>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start the built-in sandbox, sync it, sync again: shows that it works with nothing configured
    Demo(Demo),
    /// Bring both systems into agreement
    Sync(Sync),
    /// What a person has to decide, and deciding it
    #[command(subcommand)]
    Conflicts(ConflictsCommand),
    /// Which document belongs to which record
    #[command(subcommand)]
    Links(LinksCommand),
    /// Connect to both systems and name what is missing: rights, fields, DocTypes
    Check(Check),
    /// Mappings: what corresponds to what
    #[command(subcommand)]
    Mapping(MappingCommand),
    /// Companies whose reports can be read
    #[command(subcommand)]
    Companies(CompaniesCommand),
    /// Compare a company's report with the CRM: move paid-through dates forward, list every disagreement
    Reconcile(Reconcile),
    /// What reconciliations found, for somebody to review
    #[command(subcommand)]
    Findings(FindingsCommand),
    /// Take back what a reconciliation wrote to the CRM
    Undo(Undo),
    /// The latest runs
    Runs(Runs),
    /// What happened
    Log(Log),
    /// Which VTiger and which Frappe the store belongs to
    #[command(subcommand)]
    Systems(SystemsCommand),
    /// The configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Serve the pages and the API, run schedules
    Serve(Serve),
    /// Copy all that is remembered into one file, while it is in use
    Backup(Backup),
    /// Go back to what a backup remembers
    Restore(Restore),
    /// Who may log in
    #[command(subcommand)]
    Users(UsersCommand),
    /// Serve stand-ins of both systems, to try or test against
    Sandbox(Sandbox),
    /// Tell random histories of both systems, with faults and crashes, and look whether anything was lost
    Simulate(Simulate),
}

/// `demo`.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Which VTiger the sandbox plays
    #[arg(long, value_enum, default_value_t)]
    pub(crate) persona: Persona,
    /// Which agency is invented
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// How many Sales Orders it has
    #[arg(long, default_value_t = 360)]
    pub(crate) orders: usize,
    /// Faults to play, from a file
    #[arg(long, value_name = "FILE")]
    pub(crate) faults: Option<PathBuf>,
}

/// Which VTiger the sandbox plays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Persona {
    /// VTiger 8.3.0
    #[default]
    #[value(name = "8.3.0")]
    V830,
    /// VTiger 8.2.0
    #[value(name = "8.2.0")]
    V820,
}

/// `sync`.
#[derive(Debug, Args)]
pub(crate) struct Sync {
    /// Which mapping [default: those the configuration names; where it names none, `policy`]
    #[arg(long)]
    pub(crate) mapping: Vec<String>,
    /// Show what would be written, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// With --dry-run: keep the plan in this file, to be applied as it is
    #[arg(long, value_name = "FILE", requires = "dry_run")]
    pub(crate) plan: Option<PathBuf>,
    /// Carry out this plan and nothing else; what has moved since it was made is refused
    #[arg(long, value_name = "FILE", conflicts_with_all = ["mapping", "dry_run", "full", "census", "approve_deletes"])]
    pub(crate) apply: Option<PathBuf>,
    /// Go through every record, changed or not
    #[arg(long)]
    pub(crate) full: bool,
    /// Count what is there: finds deletes and changes that no change feed tells (--full does it too)
    #[arg(long)]
    pub(crate) census: bool,
    /// Follow up to so many deletes, where a run was stopped because they were too many
    #[arg(long, value_name = "N", conflicts_with = "dry_run")]
    pub(crate) approve_deletes: Option<u64>,
}

/// `check`.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// For which mapping [default: as for `sync`]
    #[arg(long)]
    pub(crate) mapping: Vec<String>,
}

/// `mapping ...`.
#[derive(Debug, Subcommand)]
pub(crate) enum MappingCommand {
    /// Say what is wrong with a mapping file, and what would be right
    Validate {
        /// The files
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Print the JSON Schema of mapping files, for editors
    Schema,
    /// Show a mapping in words
    Show {
        /// A mapping's name, or a file
        #[arg(default_value = "policy")]
        mapping: String,
        /// Print the file itself instead, to start one of your own from
        #[arg(long)]
        source: bool,
    },
    /// Name every mapping, which text of it runs, and whether somebody is writing another
    List,
    /// Write a mapping's text to a file, for version control or another installation
    Export {
        /// Which mapping
        mapping: String,
        /// This version instead of what runs
        #[arg(long, value_name = "N")]
        version: Option<i64>,
        /// The draft instead of what runs
        #[arg(long, conflicts_with = "version")]
        draft: bool,
        /// Where to; it is printed where nothing is said
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
        /// Write over a file that is there
        #[arg(long, requires = "to")]
        force: bool,
    },
    /// Take a file as its mapping's draft, or publish it
    Import {
        /// The file
        file: PathBuf,
        /// Publish it at once
        #[arg(long, requires = "note")]
        publish: bool,
        /// What this version is about
        #[arg(long, requires = "publish")]
        note: Option<String>,
    },
    /// Say what a file says otherwise than what runs; exit code 1 where that is anything
    Diff {
        /// The file
        file: PathBuf,
        /// Another file, in place of what runs
        #[arg(long, value_name = "FILE")]
        against: Option<PathBuf>,
    },
    /// Publish a mapping's draft: the next run goes by it
    Publish {
        /// Which mapping
        mapping: String,
        /// What this version is about
        #[arg(long)]
        note: String,
    },
    /// The versions of a mapping, the latest first
    Versions {
        /// Which mapping
        mapping: String,
    },
    /// Keep a mapping from running: its schedules stand still, its links stay
    Retire {
        /// Which mapping
        mapping: String,
    },
    /// Let a retired mapping run again
    Resume {
        /// Which mapping
        mapping: String,
    },
    /// Publish an old text again, as a new version
    Rollback {
        /// Which mapping
        mapping: String,
        /// The version to go back to
        #[arg(long, value_name = "N", required_unless_present = "shipped")]
        to: Option<i64>,
        /// Go back to the text that came with the program
        #[arg(long, conflicts_with = "to")]
        shipped: bool,
        /// What this version is about
        #[arg(long)]
        note: Option<String>,
    },
}

/// `runs`.
#[derive(Debug, Args)]
pub(crate) struct Runs {
    /// How many
    #[arg(long, short = 'n', default_value_t = 20)]
    pub(crate) limit: u32,
}

/// `log`.
#[derive(Debug, Args)]
pub(crate) struct Log {
    /// Of one run only
    #[arg(long)]
    pub(crate) run: Option<String>,
    /// Only units that failed or wait for a person, with what to do
    #[arg(long)]
    pub(crate) troubles: bool,
    /// How many entries, the latest ones
    #[arg(long, short = 'n', default_value_t = 200)]
    pub(crate) limit: u32,
}

/// `config ...`.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Write a configuration file to fill in
    Init {
        /// Where
        #[arg(default_value = crate::config::FILE_NAME)]
        file: PathBuf,
        /// Print it instead
        #[arg(long)]
        print: bool,
    },
    /// Show what the configuration comes to, without secrets
    Show,
    /// Write what this installation goes by to a folder, for version control: settings, schedules, companies, mappings; no secrets
    Export {
        /// The folder; it is made where it is not there
        folder: PathBuf,
    },
    /// Make this installation go by a folder; a file says the whole of what it is about, what has no file stays
    Import {
        /// The folder
        folder: PathBuf,
        /// Say what would change, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Say what a folder says otherwise than what runs; exit code 1 where that is anything
    Diff {
        /// The folder
        folder: PathBuf,
    },
    /// Forget the secrets that were typed on pages, where their key is lost; the rest of the settings stays
    ForgetSecrets,
}

/// `sandbox`.
#[derive(Debug, Args)]
pub(crate) struct Sandbox {
    /// Port of the VTiger stand-in [default: a free one]
    #[arg(long, default_value_t = 0)]
    pub(crate) vtiger_port: u16,
    /// Port of the Frappe stand-in [default: a free one]
    #[arg(long, default_value_t = 0)]
    pub(crate) frappe_port: u16,
    /// Which VTiger it plays
    #[arg(long, value_enum, default_value_t)]
    pub(crate) persona: Persona,
    /// Which agency is invented
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// How many Sales Orders it has
    #[arg(long, default_value_t = 360)]
    pub(crate) orders: usize,
    /// Faults to play, from a file
    #[arg(long, value_name = "FILE")]
    pub(crate) faults: Option<PathBuf>,
    /// A Frappe without the custom fields and DocTypes that the mappings need
    #[arg(long)]
    pub(crate) bare: bool,
}
