//! What is to happen where the two sides, or a side and a rule, do not agree.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::name::FieldName;

/// Which way a field's values travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Edits on either side reach the other.
    #[default]
    Both,
    /// VTiger owns the field: what Frappe holds is brought back to it.
    ToFrappe,
    /// Frappe owns the field.
    ToVtiger,
}

impl Direction {
    /// Whether Frappe is ever written.
    pub fn reaches_frappe(self) -> bool {
        matches!(self, Self::Both | Self::ToFrappe)
    }

    /// Whether VTiger is ever written.
    pub fn reaches_vtiger(self) -> bool {
        matches!(self, Self::Both | Self::ToVtiger)
    }
}

/// What an empty value on one side means for the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Clearing {
    /// Nothing: empty is "not known here", and the other side keeps its value.
    #[default]
    Keep,
    /// Clearing a field clears it on the other side too.
    Clear,
}

/// Who decides where both sides changed one field to different values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConflictPolicy {
    /// A person.
    #[default]
    Ask,
    /// VTiger's value stands.
    VtigerWins,
    /// Frappe's value stands.
    FrappeWins,
    /// The side that was changed last, where both sides' versions can be compared; else a person.
    NewestWins,
}

/// What a run does where a field that the mapping uses is no longer what it was. Where a mapping says nothing, it depends on
/// what has changed ([`crate::mapping::drift`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DriftPolicy {
    /// It goes on as if nothing had happened, as far as that can be done.
    GoOn,
    /// It goes on without the field's rule; what was agreed on the field stays as it was.
    SkipField,
    /// It does not begin.
    Stop,
}

impl DriftPolicy {
    /// The word that mapping files have for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GoOn => "go_on",
            Self::SkipField => "skip_field",
            Self::Stop => "stop",
        }
    }
}

/// What a delete on one side means for the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeletePolicy {
    /// Nothing; the link stays.
    Ignore,
    /// The link is given up; the other side keeps its record.
    #[default]
    Unlink,
    /// The other side's record is deleted too.
    Propagate,
    /// The other side's record gets a value that says so.
    Mark {
        /// Which field.
        field: FieldName,
        /// Which value.
        value: String,
    },
}
