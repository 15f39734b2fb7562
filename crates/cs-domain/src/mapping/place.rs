//! Where in a mapping something stands, whether or not it came from a file.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::name::{FieldName, Role, UnitName};

/// A place in a mapping. Names are those that the file uses: labels stand for themselves.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "in", rename_all = "snake_case")]
pub enum Place {
    /// A setting.
    Setting {
        /// Which.
        name: String,
    },
    /// A unit.
    Unit {
        /// Which.
        unit: UnitName,
        /// Where in the unit.
        part: UnitPart,
    },
    /// A document.
    Document {
        /// Of which unit.
        unit: UnitName,
        /// Its role.
        role: Role,
        /// Where in the document.
        part: DocumentPart,
    },
}

/// A place in a unit, outside its documents.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitPart {
    /// The unit itself.
    Name,
    /// Its VTiger module.
    Module,
    /// A field it never reads.
    NeverRead(FieldName),
    /// A condition of its selection, counted from 0.
    Condition(usize),
    /// What is created in VTiger: the role named there.
    Create,
    /// A condition on a document that is to be created in VTiger, counted from 0.
    CreateCondition(usize),
    /// The VTiger field that holds the key of a creation.
    CreateKey,
}

/// A place in a document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentPart {
    /// The document itself.
    Role,
    /// Its DocType.
    DocType,
    /// A field of its `exists_when`.
    ExistsWhen(FieldName),
    /// The field of its external id.
    ExternalId,
    /// A part of a match key: which key, which part, both counted from 0.
    Match(usize, usize),
    /// A check, counted from 0.
    Check(usize),
    /// What its deletes mean; where that is inherited, where it was said.
    Deletes,
    /// Whether it is amended.
    Amend,
    /// A Frappe field.
    Field(FieldName),
    /// Where a Frappe field's value comes from.
    Source(FieldName),
    /// A row, counted from 0.
    Row(usize),
    /// A row's column.
    Column(usize, FieldName),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting { name } => write!(f, "setting {name}"),
            Self::Unit { unit, part } => match part {
                UnitPart::Name => write!(f, "unit {unit}"),
                UnitPart::Module => write!(f, "unit {unit}, module"),
                UnitPart::NeverRead(_) => write!(f, "unit {unit}, never_read"),
                UnitPart::Condition(index) => write!(f, "unit {unit}, condition {}", index + 1),
                UnitPart::Create => write!(f, "unit {unit}, create_in_vtiger"),
                UnitPart::CreateCondition(index) => {
                    write!(f, "unit {unit}, create_in_vtiger, condition {}", index + 1)
                }
                UnitPart::CreateKey => write!(f, "unit {unit}, create_in_vtiger, key"),
            },
            Self::Document { unit, role, part } => {
                write!(f, "unit {unit}, document {role}")?;
                match part {
                    DocumentPart::Role => Ok(()),
                    DocumentPart::DocType => f.write_str(", doctype"),
                    DocumentPart::ExistsWhen(_) => f.write_str(", exists_when"),
                    DocumentPart::ExternalId => f.write_str(", external_id"),
                    DocumentPart::Match(key, _) => write!(f, ", match key {}", key + 1),
                    DocumentPart::Check(index) => write!(f, ", check {}", index + 1),
                    DocumentPart::Deletes => f.write_str(", deletes"),
                    DocumentPart::Amend => f.write_str(", amend"),
                    DocumentPart::Field(field) | DocumentPart::Source(field) => write!(f, ", field {field}"),
                    DocumentPart::Row(index) => write!(f, ", row {}", index + 1),
                    DocumentPart::Column(index, column) => write!(f, ", row {}, column {column}", index + 1),
                }
            }
        }
    }
}
