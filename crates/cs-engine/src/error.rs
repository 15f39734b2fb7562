//! What stops a run.

use cs_domain::mapping::drift::Drift;
use cs_domain::mapping::{BindProblem, SettingMisfit};
use cs_domain::{Advice, Failure, RunStatus};
use cs_ports::{PeerError, StoreError};
use jiff::Timestamp;

use crate::stop::Stop;

/// Why a run could not begin or go on. What concerns one unit only is a [`Failure`] of that unit and not among these.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A system does not answer, or does not let the product in.
    #[error(transparent)]
    Peer(#[from] PeerError),
    /// The store does not take what must be remembered.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another process runs this mapping.
    #[error("mapping {mapping} is being run by {holder}")]
    Busy {
        /// Which mapping.
        mapping: String,
        /// Who runs it.
        holder: String,
        /// Until when its lease lasts, unless it is renewed.
        until: Timestamp,
    },
    /// The mapping does not fit the two systems.
    #[error("mapping {mapping} does not fit the systems: {}", first(problems))]
    Unfit {
        /// Which mapping.
        mapping: String,
        /// What does not fit.
        problems: Vec<BindProblem>,
    },
    /// The systems are no longer what they were when the mapping last ran, and the mapping says to stop there.
    #[error("mapping {mapping} stops at what has changed: {}", first_drift(drifts))]
    Drifted {
        /// Which mapping.
        mapping: String,
        /// What has changed, as far as it stops the run.
        drifts: Vec<Drift>,
    },
    /// A setting that the mapping requires was not supplied.
    #[error("mapping {mapping} needs the setting {setting}: {help}")]
    SettingMissing {
        /// Which mapping.
        mapping: String,
        /// Which setting.
        setting: String,
        /// What it is for.
        help: String,
    },
    /// A setting that was supplied is not what the field that it is for takes.
    #[error("mapping {mapping} cannot use the setting {} for {}: {}", misfit.setting, misfit.kind, misfit.misfit)]
    SettingForm {
        /// Which mapping.
        mapping: String,
        /// Which setting, and why not.
        misfit: Box<SettingMisfit>,
    },
    /// It was told to end before its end.
    #[error("told to stop: {0:?}")]
    Stopped(Stop),
}

impl From<Stop> for EngineError {
    fn from(stop: Stop) -> Self {
        Self::Stopped(stop)
    }
}

/// A name as environment variables spell it.
fn variable(name: &str) -> String {
    name.replace('-', "_").to_uppercase()
}

/// Where a setting is said, and how.
fn said(mapping: &str, setting: &str, value: &str) -> String {
    format!(
        "`{setting} = \"{value}\"` under [mapping.{mapping}.settings] in the configuration, or set the variable \
         COMPANY_SYNC_MAPPING_{}_{}",
        variable(mapping),
        variable(setting)
    )
}

/// The first change, and how many there are besides.
fn first_drift(drifts: &[Drift]) -> String {
    let first = drifts.first().map(ToString::to_string).unwrap_or_default();
    match drifts.len() {
        0 | 1 => first,
        all => format!("{first}, and {} more", all - 1),
    }
}

/// The first problem, and how many there are besides.
fn first(problems: &[BindProblem]) -> String {
    let first = problems.first().map(|problem| problem.message.clone()).unwrap_or_default();
    match problems.len() {
        0 | 1 => first,
        all => format!("{first}, and {} more", all - 1),
    }
}

impl EngineError {
    /// Stable code.
    pub fn code(&self) -> String {
        self.failure().code
    }

    /// Whether the run has to stop; otherwise only the unit at hand fails.
    pub(crate) fn stops_run(&self) -> bool {
        match self {
            Self::Peer(error) => error.kind.stops_run(),
            Self::Store(_)
            | Self::Busy { .. }
            | Self::Unfit { .. }
            | Self::Drifted { .. }
            | Self::SettingMissing { .. }
            | Self::SettingForm { .. }
            | Self::Stopped(_) => true,
        }
    }

    /// How a run ends that this keeps from going on.
    pub(crate) fn status(&self) -> RunStatus {
        match self {
            Self::Stopped(stop) => stop.status(),
            _ => RunStatus::Error,
        }
    }

    /// What is stored with the run and shown to people.
    pub fn failure(&self) -> Failure {
        let failure = |code: &str, remedy: String, advice| Failure {
            code: code.to_owned(),
            cause: self.to_string(),
            remedy,
            advice,
            place: None,
        };
        match self {
            Self::Peer(error) => error.failure(),
            Self::Stopped(stop) => stop.failure(),
            Self::Store(error) => failure(error.code(), error.remedy().to_owned(), Advice::NeedsSetup),
            Self::Busy { until, .. } => failure(
                "run.busy",
                format!("Wait for the other run to end. If it died, its lease ends by itself at {until:.0}."),
                Advice::RetryLater,
            ),
            Self::Unfit { .. } => failure(
                "mapping.unfit",
                "Run `company-sync check`: it lists everything that is missing, and what to do about each."
                    .to_owned(),
                Advice::NeedsSetup,
            ),
            Self::Drifted { drifts, .. } => failure(
                "mapping.drifted",
                drifts.first().map(Drift::remedy).unwrap_or_default(),
                Advice::NeedsSetup,
            ),
            Self::SettingMissing { mapping, setting, .. } => failure(
                "mapping.setting_missing",
                format!("Add {}.", said(mapping, setting, "...")),
                Advice::NeedsSetup,
            ),
            Self::SettingForm { mapping, misfit } => failure(
                "mapping.setting_form",
                format!("Correct {}.", said(mapping, &misfit.setting, misfit.example().unwrap_or("..."))),
                Advice::NeedsSetup,
            ),
        }
    }
}
