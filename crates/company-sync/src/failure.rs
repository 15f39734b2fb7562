//! Everything a command can end in, in one place: how it reads, and its exit code.

use std::error::Error;
use std::fmt::Write as _;
use std::io;
use std::process::ExitCode;

use cs_domain::{MappingName, Role, Run, RunStatus, UnitName};
use cs_engine::EngineError;
use cs_ports::{PeerError, StoreError};

use crate::accounts::AccountError;
use crate::belonging::BelongingError;
use crate::choice::ConflictError;
use crate::commands::mapping::CatalogueError;
use crate::config::ConfigError;
use crate::folder::FolderError;
use crate::links::{Found, LinkError};
use crate::office::SealError;
use crate::plan_file::PlanFileError;
use crate::reconciliation_error::ReconciliationError;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Everything was done.
    Done,
    /// Some of it was done.
    Partial,
    /// It failed, and said so.
    Failed,
    /// What was asked makes no sense, and it said so.
    Wrong,
}

impl Outcome {
    /// What a run's end means for the command that started it.
    pub(crate) fn of(run: &Run) -> Self {
        // A mapping that does not fit, or lacks a setting: nothing failed, the run could not make sense.
        if run.failure.as_ref().is_some_and(|failure| failure.code.starts_with("mapping.")) {
            return Self::Wrong;
        }
        match run.status {
            RunStatus::Success => Self::Done,
            RunStatus::PartialSuccess => Self::Partial,
            RunStatus::Pending
            | RunStatus::InProgress
            | RunStatus::Error
            | RunStatus::TimedOut
            | RunStatus::Cancelled => Self::Failed,
        }
    }

    /// The worse of two ends.
    pub(crate) fn and(self, other: Self) -> Self {
        if self.severity() >= other.severity() { self } else { other }
    }

    fn severity(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Partial => 1,
            Self::Wrong => 2,
            Self::Failed => 3,
        }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(outcome.severity())
    }
}

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A run that could not begin.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A secret of the store cannot be opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The store cannot be opened.
    #[error("the store {file} cannot be used")]
    OpenStore {
        /// Its file.
        file: String,
        /// Why not.
        #[source]
        source: StoreError,
    },
    /// A store that belongs to other systems.
    #[error(transparent)]
    Belonging(#[from] BelongingError),
    /// One of the two systems.
    #[error(transparent)]
    Peer(#[from] PeerError),
    /// A connector that cannot be made from the configuration.
    #[error("the {system} connection cannot be set up")]
    Connector {
        /// Which system.
        system: cs_domain::System,
        /// Why not.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// A mapping nobody knows.
    #[error("there is no mapping {name:?}; there are: {}", known.join(", "))]
    NoMapping {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A document of a mapping that is not in it, or not any more.
    #[error("the mapping {mapping} has no document {role} of a unit {unit}")]
    NoSeat {
        /// The mapping.
        mapping: MappingName,
        /// The unit that was named.
        unit: UnitName,
        /// The role that was named.
        role: Role,
    },
    /// A mapping's text that cannot be given or kept.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// A folder of definitions that cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A mapping file with mistakes in it, which were printed.
    #[error("{file} is not a mapping that can be used")]
    MappingFile {
        /// Which file.
        file: String,
    },
    /// A mapping file that cannot be read, or is no text.
    #[error("cannot read the mapping file {file}")]
    MappingUnreadable {
        /// Which file.
        file: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A reconciliation that could not begin.
    #[error(transparent)]
    Reconciliation(#[from] ReconciliationError),
    /// A run nobody knows.
    #[error("there is no run {id}")]
    NoRun {
        /// What was asked for.
        id: cs_domain::RunId,
    },
    /// A file that cannot be read or written.
    #[error("cannot {doing} {file}")]
    File {
        /// What was tried.
        doing: &'static str,
        /// With which file.
        file: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A decision on a conflict that cannot be noted.
    #[error(transparent)]
    Conflict(#[from] ConflictError),
    /// A link that cannot be shown or changed.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// A plan that cannot be kept or used.
    #[error(transparent)]
    Plan(#[from] PlanFileError),
    /// A fault script with a mistake in it.
    #[error(transparent)]
    Faults(#[from] cs_sandbox::faults::FaultFileError),
    /// The sandbox's own data does not read.
    #[error("the sandbox cannot be set up")]
    Sandbox(#[source] Box<dyn Error + Send + Sync>),
    /// The sandbox does not start.
    #[error("the sandbox cannot listen on port {port}")]
    Port {
        /// Which port.
        port: u16,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A dry run's plans are of another mapping than there is now.
    #[error("mapping {mapping} or its settings have changed since these plans were made")]
    Redefined {
        /// Which mapping.
        mapping: cs_domain::MappingName,
    },
    /// An uploaded report is no longer kept.
    #[error("the report {name} is no longer kept")]
    FileGone {
        /// What it was called.
        name: String,
    },
    /// A store that must be alone is in use.
    #[error("the store is in use by {holder}")]
    InUse {
        /// By whom.
        holder: String,
    },
    /// There is a file already where a backup is to go.
    #[error("{file} is there already")]
    BackupThere {
        /// Which.
        file: String,
    },
    /// What is to be restored was never made by `backup`, or is no longer whole.
    #[error("{file} is no backup")]
    NoBackup {
        /// Which.
        file: String,
        /// What shows it.
        #[source]
        source: StoreError,
    },
    /// An account that is not made, changed or removed.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The service cannot be reached where it should be.
    #[error("the service cannot listen on {address}")]
    Listen {
        /// Where.
        address: std::net::SocketAddr,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A password that cannot be kept.
    #[error(transparent)]
    Password(#[from] cs_web::PasswordError),
    /// A part of the program that worked beside the others broke.
    #[error("a part of the program broke")]
    Broken(#[source] Box<dyn Error + Send + Sync>),
    /// Standard output does not take what is printed.
    #[error("cannot print")]
    Print(#[source] io::Error),
}

impl From<Found> for CommandError {
    fn from(found: Found) -> Self {
        match found {
            Found::Link(error) => error.into(),
            Found::Store(error) => error.into(),
        }
    }
}

impl CommandError {
    /// Stable code.
    pub(crate) fn code(&self) -> String {
        match self {
            Self::Config(error) => error.code().to_owned(),
            Self::Engine(error) => error.code(),
            Self::Store(error) | Self::OpenStore { source: error, .. } => error.code().to_owned(),
            Self::Belonging(error) => error.code().to_owned(),
            Self::Seal(error) => error.code().to_owned(),
            Self::Peer(error) => error.code.to_string(),
            Self::Connector { system, .. } => format!("{}.setup", system.as_str()),
            Self::NoMapping { .. } => "mapping.unknown".to_owned(),
            Self::NoSeat { .. } => "mapping.no_document".to_owned(),
            Self::Catalogue(error) => error.code().to_owned(),
            Self::Folder(error) => error.code().to_owned(),
            Self::MappingFile { .. } => "mapping.invalid".to_owned(),
            Self::MappingUnreadable { .. } => "mapping.unreadable".to_owned(),
            Self::Reconciliation(error) => error.code().to_owned(),
            Self::NoRun { .. } => "run.unknown".to_owned(),
            Self::File { .. } => "file.io".to_owned(),
            Self::Conflict(error) => error.code().to_owned(),
            Self::Link(error) => error.code().to_owned(),
            Self::Plan(error) => error.code().to_owned(),
            Self::Faults(_) => "sandbox.faults".to_owned(),
            Self::Sandbox(_) => "sandbox.setup".to_owned(),
            Self::Port { .. } => "sandbox.port".to_owned(),
            Self::Redefined { .. } => "plan.redefined".to_owned(),
            Self::FileGone { .. } => "task.file_gone".to_owned(),
            Self::InUse { .. } => "store.in_use".to_owned(),
            Self::BackupThere { .. } => "backup.there".to_owned(),
            Self::NoBackup { .. } => "backup.none".to_owned(),
            Self::Account(error) => error.code().to_owned(),
            Self::Listen { .. } => "serve.listen".to_owned(),
            Self::Password(_) => "people.password".to_owned(),
            Self::Broken(_) => "program.broken".to_owned(),
            Self::Print(_) => "output.io".to_owned(),
        }
    }

    /// What to do.
    pub(crate) fn remedy(&self) -> String {
        match self {
            Self::Config(error) => error.remedy(),
            Self::Engine(error) => error.failure().remedy,
            Self::Store(error) | Self::OpenStore { source: error, .. } => error.remedy().to_owned(),
            Self::Belonging(error) => error.remedy().to_owned(),
            Self::Seal(error) => error.remedy().to_owned(),
            Self::Peer(error) => error.failure().remedy,
            Self::Connector { system, .. } => {
                format!("Correct the [{}] section of the configuration.", system.as_str())
            }
            Self::NoMapping { .. } => {
                "Name one of those, or give it a file under [mapping.NAME] in the configuration.".into()
            }
            Self::NoSeat { .. } => "Choose one of the documents that the mapping has.".into(),
            Self::Catalogue(error) => error.remedy().to_owned(),
            Self::Folder(error) => error.remedy().to_owned(),
            Self::MappingFile { .. } => {
                "Correct what is listed above, then run `company-sync mapping validate`.".into()
            }
            Self::MappingUnreadable { .. } => {
                "Check the path and its permissions; a mapping is TOML in UTF-8.".into()
            }
            Self::Reconciliation(error) => error.remedy(),
            Self::NoRun { .. } => "Name one of those that `company-sync runs` lists.".into(),
            Self::File { source, .. } if source.kind() == io::ErrorKind::InvalidData => {
                "Save the file as text in UTF-8, then try again.".into()
            }
            Self::File { .. } => "Check the path and its permissions.".into(),
            Self::Conflict(error) => error.remedy(),
            Self::Link(error) => error.remedy(),
            Self::Plan(error) => error.remedy(),
            Self::Faults(_) => "Correct the line named.".into(),
            Self::Sandbox(_) => "This is a defect of the program: please report it.".into(),
            Self::Port { .. } => "Name another port, or 0 for a free one.".into(),
            Self::Redefined { .. } => "Make a new dry run and look at its plans.".into(),
            Self::FileGone { .. } => "Upload the report again.".into(),
            Self::InUse { .. } => "End the service or command that uses it, then try again.".into(),
            Self::BackupThere { .. } => "Name another file: a backup never takes another's place.".into(),
            Self::NoBackup { .. } => {
                "Name a file that `company-sync backup` has made. Nothing was changed.".into()
            }
            Self::Account(error) => error.remedy().to_owned(),
            Self::Listen { .. } => {
                "End what listens there, or name another address: --listen 127.0.0.1:PORT.".into()
            }
            Self::Password(_) => "Choose a password of 10 to 256 characters.".into(),
            Self::Broken(_) => "Try again; if it happens again, please report it.".into(),
            Self::Print(_) => "Check where the output goes.".into(),
        }
    }

    /// How a command that ends in this has ended.
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Reconciliation(error) => error.outcome(),
            // What is read was named by whoever asked; what is written is the program's.
            Self::File { doing: "read", .. } | Self::Plan(PlanFileError::Io { doing: "read", .. }) => {
                Outcome::Wrong
            }
            Self::Plan(
                PlanFileError::Damaged { .. }
                | PlanFileError::Altered { .. }
                | PlanFileError::Foreign { .. }
                | PlanFileError::Format { .. }
                | PlanFileError::Redefined { .. }
                | PlanFileError::Sealed { .. }
                | PlanFileError::Several { .. },
            )
            | Self::Config(_)
            | Self::Belonging(_)
            | Self::Seal(_)
            | Self::Connector { .. }
            | Self::NoMapping { .. }
            | Self::NoSeat { .. }
            | Self::Catalogue(_)
            | Self::Folder(_)
            | Self::MappingFile { .. }
            | Self::MappingUnreadable { .. }
            | Self::NoRun { .. }
            | Self::Conflict(_)
            | Self::Link(_)
            | Self::Faults(_)
            | Self::Redefined { .. }
            | Self::FileGone { .. }
            | Self::Account(_)
            | Self::BackupThere { .. }
            | Self::NoBackup { .. }
            | Self::Password(_)
            | Self::Engine(
                EngineError::SettingMissing { .. }
                | EngineError::SettingForm { .. }
                | EngineError::Unfit { .. }
                | EngineError::Drifted { .. },
            ) => Outcome::Wrong,
            Self::Engine(_)
            | Self::Store(_)
            | Self::OpenStore { .. }
            | Self::Peer(_)
            | Self::File { .. }
            | Self::Plan(PlanFileError::Io { .. })
            | Self::Sandbox(_)
            | Self::Port { .. }
            | Self::InUse { .. }
            | Self::Listen { .. }
            | Self::Broken(_)
            | Self::Print(_) => Outcome::Failed,
        }
    }

    /// The error as people read it: what happened, what lies behind it, what to do.
    pub(crate) fn for_people(&self) -> String {
        let mut text = format!("error: {self} [{}]", self.code());
        let mut source = self.source();
        while let Some(cause) = source {
            let cause_text = cause.to_string();
            if !text.contains(&cause_text) {
                let _ = write!(text, "\n  because: {cause_text}");
            }
            source = cause.source();
        }
        let _ = write!(text, "\n  what to do: {}", self.remedy());
        text
    }

    /// The error for machines.
    pub(crate) fn for_machines(&self) -> serde_json::Value {
        serde_json::json!({ "error": { "code": self.code(), "cause": self.to_string(), "remedy": self.remedy() } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_s_end_decides_the_exit_code() {
        let mut run = Run {
            id: cs_domain::RunId("20261122-060312-3f9a".into()),
            mapping: cs_domain::MappingName::new("policy"),
            edition: None,
            status: RunStatus::Success,
            started: jiff::Timestamp::UNIX_EPOCH,
            ended: None,
            balance: cs_domain::Balance::default(),
            requests: cs_domain::Requests::default(),
            failure: None,
        };
        assert_eq!(Outcome::of(&run), Outcome::Done);
        run.status = RunStatus::PartialSuccess;
        assert_eq!(Outcome::of(&run).severity(), 1);
        run.status = RunStatus::Error;
        assert_eq!(Outcome::of(&run).severity(), 3);
        let help = "the company".to_owned();
        let error = EngineError::SettingMissing { mapping: "policy".into(), setting: "company".into(), help };
        run.failure = Some(error.failure());
        assert_eq!(Outcome::of(&run).severity(), 2);
        assert_eq!(Outcome::Partial.and(Outcome::Done), Outcome::Partial);
        assert_eq!(Outcome::Partial.and(Outcome::Failed), Outcome::Failed);
    }

    #[test]
    fn an_error_names_its_remedy() {
        let error =
            CommandError::NoMapping { name: "polcy".into(), known: vec!["crm".into(), "policy".into()] };
        let text = error.for_people();
        assert!(
            text.contains("[mapping.unknown]")
                && text.contains("what to do:")
                && text.contains("crm, policy")
        );
        assert_eq!(error.outcome(), Outcome::Wrong);
    }
}
