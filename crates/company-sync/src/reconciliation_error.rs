//! What can be wrong with a reconciliation before it begins.

use cs_companies::Refusal;

use crate::failure::Outcome;

/// Why a reconciliation, or a look at findings, could not begin.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReconciliationError {
    /// A company nobody knows.
    #[error("there is no company {key:?}; there are: {}", known.join(", "))]
    NoCompany {
        /// What was asked for.
        key: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A definition with mistakes in it, which were printed.
    #[error("{file} is not a definition that can be used")]
    Definition {
        /// Which file.
        file: String,
    },
    /// A broker the settings do not name.
    #[error("the settings do not say what the CRM calls the broker {code:?}")]
    NoBroker {
        /// Its code.
        code: String,
    },
    /// The report, or the file of orders, is refused.
    #[error("{file}: {refusal}")]
    Refused {
        /// Which file.
        file: String,
        /// Under whose name the configuration keeps the password of such reports; `None`: its definition names none.
        password_of: Option<String>,
        /// Why.
        #[source]
        refusal: Refusal,
    },
    /// A finding nobody knows.
    #[error("there is no finding {id}")]
    NoFinding {
        /// What was asked for.
        id: String,
    },
    /// The beginning of several findings' ids.
    #[error("several findings begin with {id}: {}", ids.join(", "))]
    AmbiguousFinding {
        /// What was asked for.
        id: String,
        /// Some of those.
        ids: Vec<String>,
    },
    /// A review that is none of the configured ones.
    #[error("{review:?} is none of the reviews there are: {}", known.join(", "))]
    NoReview {
        /// What was said.
        review: String,
        /// What can be said.
        known: Vec<String>,
    },
    /// A kind of finding that there is not.
    #[error("there is no kind of finding {kind:?}; there are: {known}")]
    NoKind {
        /// What was asked for.
        kind: String,
        /// What there is.
        known: String,
    },
    /// A file that is neither CSV nor XLSX.
    #[error("{file} is neither a .csv nor an .xlsx file")]
    ExportForm {
        /// Which.
        file: String,
    },
    /// A file that cannot be written.
    #[error("cannot write {file}")]
    Export {
        /// Which.
        file: String,
        /// Why not.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A run that wrote nothing to take back.
    #[error("{run} is no run of a reconciliation")]
    NothingToUndo {
        /// What was asked for.
        run: String,
    },
}

/// The ways to say the password of a company's reports.
fn password(key: &str) -> String {
    format!(
        "on the first line of a file that [companies.{key}] in the configuration names (password_file = \"...\"), in the \
         variable COMPANY_SYNC_COMPANIES_{}_PASSWORD, or on the settings' pages; never on the command line",
        key.replace('-', "_").to_uppercase()
    )
}

impl ReconciliationError {
    /// Stable code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NoCompany { .. } => "company.unknown",
            Self::Definition { .. } => "company.invalid",
            Self::NoBroker { .. } => "broker.unknown",
            Self::Refused { refusal, .. } => refusal.code(),
            Self::NoFinding { .. } => "finding.unknown",
            Self::AmbiguousFinding { .. } => "finding.ambiguous",
            Self::NoReview { .. } => "finding.review",
            Self::NoKind { .. } => "finding.kind",
            Self::ExportForm { .. } => "export.form",
            Self::Export { .. } => "export.io",
            Self::NothingToUndo { .. } => "undo.unknown",
        }
    }

    /// What to do.
    pub(crate) fn remedy(&self) -> String {
        match self {
            Self::NoCompany { key, .. } => format!(
                "Name one of those. For another one, copy `company-sync companies show generic --source` to a file and name \
                 it under [companies.{key}] in the configuration (file = \"...\")."
            ),
            Self::Definition { .. } => {
                "Correct what is listed above, then run `company-sync companies validate`.".to_owned()
            }
            Self::NoBroker { code } => format!(
                "Add `{code} = \"...\"` under [reconciliation.brokers] in the configuration: the broker's name as it stands \
                 in the CRM's orders."
            ),
            Self::Refused { refusal: Refusal::PasswordMissing, password_of: Some(key), .. } => {
                format!("Say it: {}. Then load the file again.", password(key))
            }
            Self::Refused { refusal: Refusal::PasswordMissing, .. } => {
                "Name a setting for it in the company's definition (password_setting = \"companies.KEY.password\"), or save the \
                 file without a password."
                    .to_owned()
            }
            Self::Refused { refusal: Refusal::PasswordWrong, password_of: Some(key), .. } => {
                format!("Correct it: {}. Then load the file again.", password(key))
            }
            Self::Refused { refusal, .. } => refusal.remedy().to_owned(),
            Self::NoFinding { .. } => {
                "Name one of those that `company-sync findings list --state all` lists.".to_owned()
            }
            Self::AmbiguousFinding { .. } => "Name more of the id.".to_owned(),
            Self::NoReview { .. } => {
                "Say one of those, or add it to `reviews` under [reconciliation.rules] in the configuration."
                    .to_owned()
            }
            Self::NoKind { .. } => "Name one of those.".to_owned(),
            Self::ExportForm { .. } => "Give the file a name that ends in .csv or .xlsx.".to_owned(),
            Self::Export { .. } => {
                "Check the path and its permissions; a file that is there is not overwritten.".to_owned()
            }
            Self::NothingToUndo { .. } => {
                "Name a run of a company: `company-sync runs` lists them (company/...).".to_owned()
            }
        }
    }

    /// How a command that ends in this has ended. A report that is refused is a failure: nothing was compared.
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::NoCompany { .. }
            | Self::Definition { .. }
            | Self::NoBroker { .. }
            | Self::NoFinding { .. }
            | Self::AmbiguousFinding { .. }
            | Self::NoReview { .. }
            | Self::NoKind { .. }
            | Self::ExportForm { .. }
            | Self::NothingToUndo { .. } => Outcome::Wrong,
            Self::Refused { .. } | Self::Export { .. } => Outcome::Failed,
        }
    }
}
