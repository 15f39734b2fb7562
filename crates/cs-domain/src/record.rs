//! Records and what points at them.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::guarded;
use crate::name::{FieldName, Kind, RecordId, Version};
use crate::value::Value;

/// One of the two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum System {
    /// VTiger CRM.
    Vtiger,
    /// Frappe with ERPNext.
    Frappe,
}

impl System {
    /// The name in machine-readable output and stores.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vtiger => "vtiger",
            Self::Frappe => "frappe",
        }
    }

    /// The side across.
    pub fn other(self) -> Self {
        match self {
            Self::Vtiger => Self::Frappe,
            Self::Frappe => Self::Vtiger,
        }
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Vtiger => "VTiger",
            Self::Frappe => "Frappe",
        })
    }
}

/// What names one record in one system.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RecordRef {
    /// The side it lives on.
    pub system: System,
    /// Its module or DocType.
    pub kind: Kind,
    /// Its id or name there.
    pub id: RecordId,
}

impl RecordRef {
    /// A VTiger record.
    pub fn vtiger(module: impl Into<Kind>, id: impl Into<RecordId>) -> Self {
        Self { system: System::Vtiger, kind: module.into(), id: id.into() }
    }

    /// A Frappe document.
    pub fn frappe(doctype: impl Into<Kind>, name: impl Into<RecordId>) -> Self {
        Self { system: System::Frappe, kind: doctype.into(), id: name.into() }
    }
}

impl fmt::Display for RecordRef {
    /// As it may be shown: a document that is named after the number of an account shows the end of it. What is to be exact
    /// uses the fields.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if guarded::is_guarded(self) {
            return write!(f, "{} {}", self.kind, guarded::masked(self.id.as_str()));
        }
        write!(f, "{} {}", self.kind, self.id)
    }
}

/// Fields by name. A name without an entry is *absent*: it was not read, or is not to be written.
pub type Fields = BTreeMap<FieldName, Value>;

/// A record as one system holds it, as far as it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Which record.
    pub reference: RecordRef,
    /// The state it was read in.
    pub version: Version,
    /// What was read, fields without a rule among them.
    pub fields: Fields,
}

impl Record {
    /// A field's value; `None` where it was not read.
    pub fn get(&self, field: &FieldName) -> Option<&Value> {
        self.fields.get(field)
    }
}
