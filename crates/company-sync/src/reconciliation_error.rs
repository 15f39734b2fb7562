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
        /// Why.
        #[source]
        refusal: Refusal,
    },
}

impl ReconciliationError {
    /// Stable code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NoCompany { .. } => "company.unknown",
            Self::Definition { .. } => "company.invalid",
            Self::NoBroker { .. } => "broker.unknown",
            Self::Refused { refusal, .. } => refusal.code(),
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
            Self::Refused { refusal, .. } => refusal.remedy().to_owned(),
        }
    }

    /// How a command that ends in this has ended. A report that is refused is a failure: nothing was compared.
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::NoCompany { .. } | Self::Definition { .. } | Self::NoBroker { .. } => Outcome::Wrong,
            Self::Refused { .. } => Outcome::Failed,
        }
    }
}
