//! Why a value could not travel, told so that somebody can mend it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::failure::{Advice, Failure};
use crate::name::FieldName;

/// What stands where a value must not be shown.
const HIDDEN: &str = "(not shown)";

/// A value that a rule could not carry across.
///
/// Values are quoted so that people find them, except where the rule reduces card numbers: there nothing is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransformError {
    /// The Frappe field of the rule; `None` while a single transform is looked at by itself.
    pub field: Option<FieldName>,
    /// What went wrong.
    pub fault: TransformFault,
}

/// What can go wrong with one value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum TransformFault {
    /// Text that is no date of the expected form.
    #[error("{text:?} is not a date written as {form}")]
    NotADate {
        /// What was read.
        text: String,
        /// The form of the mapping.
        form: String,
    },
    /// A word that the value map does not know and must not let through.
    #[error("the value map has no partner for {word:?}; it knows {}", known.join(", "))]
    UnknownWord {
        /// The word.
        word: String,
        /// The words it knows on that side.
        known: Vec<String>,
    },
    /// A transform that goes one way only.
    #[error("{transform} has no way back to VTiger")]
    NoWayBack {
        /// In the words of the mapping files.
        transform: String,
    },
    /// VTiger's value would come back as something else.
    #[error("{wanted:?} would come back from VTiger as {returned:?}")]
    NotReversible {
        /// What Frappe holds.
        wanted: String,
        /// What the mapping would make of what was written.
        returned: String,
    },
    /// A joined text that can be taken apart in several ways.
    #[error("{text:?} can be split into {sources} VTiger fields in more than one way")]
    AmbiguousSplit {
        /// What Frappe holds.
        text: String,
        /// How many fields it is joined from.
        sources: usize,
    },
    /// A value that a transform of this installation's own does not take.
    #[error("{transform}: {cause}")]
    Own {
        /// In the words of the mapping files.
        transform: String,
        /// Its reason.
        cause: String,
    },
    /// A value that cannot go where it was to go.
    #[error("a value of the type {type_name} cannot go through {transform}")]
    Unsupported {
        /// In the words of the mapping files.
        transform: String,
        /// What the value is.
        type_name: String,
    },
}

impl TransformError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self.fault {
            TransformFault::NotADate { .. } => "transform.not_a_date",
            TransformFault::UnknownWord { .. } => "transform.unknown_word",
            TransformFault::NoWayBack { .. } => "transform.no_way_back",
            TransformFault::NotReversible { .. } => "transform.not_reversible",
            TransformFault::AmbiguousSplit { .. } => "transform.ambiguous_split",
            TransformFault::Own { .. } => "transform.own",
            TransformFault::Unsupported { .. } => "transform.unsupported",
        }
    }

    /// What a person can do about it.
    pub fn remedy(&self) -> &'static str {
        match self.fault {
            TransformFault::NotADate { .. } => {
                "Correct the date at its source, or give the field the form its dates are written in."
            }
            TransformFault::UnknownWord { .. } => {
                "Add the word to the field's value map, or say with `otherwise` what is to become of it."
            }
            TransformFault::NoWayBack { .. } => {
                "Give the field `direction = \"to_frappe\"` in the mapping, or undo the edit in Frappe."
            }
            TransformFault::NotReversible { .. } => {
                "Write the value in Frappe the way the mapping writes it, or make the edit in VTiger."
            }
            TransformFault::AmbiguousSplit { .. } => {
                "Make the edit in VTiger, where the parts have fields of their own."
            }
            TransformFault::Own { .. } => {
                "Correct the value at its source, or change what the mapping tells the transform."
            }
            TransformFault::Unsupported { .. } => "Take the transform from the field in the mapping.",
        }
    }

    /// The same as a unit's failure; data and mapping are both a person's to mend.
    pub fn failure(&self) -> Failure {
        Failure {
            code: self.code().to_owned(),
            cause: self.fault.to_string(),
            remedy: self.remedy().to_owned(),
            advice: Advice::NeedsPerson,
            place: self.field.as_ref().map(ToString::to_string),
        }
    }

    /// The same error of the rule for `field`.
    pub(crate) fn of(mut self, field: &FieldName) -> Self {
        self.field = Some(field.clone());
        self
    }

    /// The same error without any value in it, for rules that see card numbers.
    pub(crate) fn without_values(mut self) -> Self {
        match &mut self.fault {
            TransformFault::NotADate { text, .. } | TransformFault::AmbiguousSplit { text, .. } => {
                HIDDEN.clone_into(text);
            }
            TransformFault::UnknownWord { word, .. } => HIDDEN.clone_into(word),
            TransformFault::NotReversible { wanted, returned } => {
                HIDDEN.clone_into(wanted);
                HIDDEN.clone_into(returned);
            }
            TransformFault::Own { cause, .. } => HIDDEN.clone_into(cause),
            TransformFault::NoWayBack { .. } | TransformFault::Unsupported { .. } => {}
        }
        self
    }
}

impl From<TransformFault> for TransformError {
    fn from(fault: TransformFault) -> Self {
        Self { field: None, fault }
    }
}

impl fmt::Display for TransformError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(f, "field {field}: {}", self.fault),
            None => self.fault.fmt(f),
        }
    }
}

impl std::error::Error for TransformError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.fault)
    }
}
