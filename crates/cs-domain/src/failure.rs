//! What went wrong with one unit, in a form that can be stored, counted and shown.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::record::RecordRef;

/// Whether trying again can help, decided where the error's kind is known and stored with the failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Advice {
    /// It passes by itself: try again with back-off.
    RetryLater,
    /// Somebody has to mend something first; a later run tries again, ever more rarely.
    NeedsPerson,
    /// It cannot succeed here whatever is mended in the data (a right, a missing DocType, the configuration).
    NeedsSetup,
}

/// One failure of one unit: code, cause, remedy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Stable code, `frappe.mandatory` for instance.
    pub code: String,
    /// What happened, in a sentence; never a secret or card data.
    pub cause: String,
    /// What to do, in a sentence.
    pub remedy: String,
    /// Whether and when trying again helps.
    pub advice: Advice,
    /// Where: a document's role, a field, a file's line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "[{}] {}: {}", self.code, place, self.cause),
            None => write!(f, "[{}] {}", self.code, self.cause),
        }
    }
}

/// The failure of a unit that somebody else changes faster than it can be decided.
pub fn keeps_moving(subject: &RecordRef) -> Failure {
    Failure {
        code: "unit.keeps_moving".to_owned(),
        cause: format!("{subject} or one of its documents was changed by someone else during every attempt"),
        remedy: "Nothing to do unless it happens again: the next run tries once more.".to_owned(),
        advice: Advice::RetryLater,
        place: None,
    }
}
