//! What has changed in the two systems since a mapping last ran, as far as the mapping uses it, and what a run does about
//! each such change.

mod compare;
mod uses;

#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::mapping::{Mapping, Place, Schemas};
use crate::name::{FieldName, Kind, UnitName};
use crate::policy::DriftPolicy;
use crate::record::System;

pub use compare::compare;

/// What both systems said of their kinds at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// VTiger's modules.
    pub vtiger: Schemas,
    /// Frappe's DocTypes.
    pub frappe: Schemas,
}

impl Seen {
    /// What one of the two said.
    pub fn of(&self, system: System) -> &Schemas {
        match system {
            System::Vtiger => &self.vtiger,
            System::Frappe => &self.frappe,
        }
    }
}

/// Something that a mapping uses and that is no longer what it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// In which system.
    pub system: System,
    /// In which module or DocType.
    pub kind: Kind,
    /// Which field, by its API name; `None`: the kind as a whole.
    pub field: Option<FieldName>,
    /// What people called it when the mapping last ran.
    pub label: String,
    /// What has changed.
    #[serde(flatten)]
    pub change: DriftChange,
    /// The unit that uses it.
    pub unit: UnitName,
    /// Where in the unit.
    pub places: Vec<Place>,
    /// What a run does about it: the strictest that any of the places says.
    pub verdict: DriftPolicy,
}

/// What has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "drift", rename_all = "snake_case")]
pub enum DriftChange {
    /// The module or DocType is not there any more, or hidden from the product's user.
    KindVanished,
    /// The field is not there any more, or hidden.
    FieldVanished,
    /// The mapping names the field by a label that it no longer has.
    Relabelled {
        /// The label that it has now.
        to: String,
    },
    /// It holds something else.
    TypeChanged {
        /// What it held.
        from: String,
        /// What it holds.
        to: String,
    },
    /// Its list has lost entries.
    ChoiceLost {
        /// Which.
        lost: Vec<String>,
        /// Those of them that the mapping names.
        used: Vec<String>,
    },
    /// A record without it is refused, and no rule fills it.
    BecameMandatory,
    /// The product may not write it any more, and a rule does.
    NotWritable,
    /// It takes less text than it did.
    Shortened {
        /// Characters that it took.
        from: u32,
        /// Characters that it takes.
        to: u32,
    },
}

impl DriftChange {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::KindVanished => "drift.kind_vanished",
            Self::FieldVanished => "drift.field_vanished",
            Self::Relabelled { .. } => "drift.relabelled",
            Self::TypeChanged { .. } => "drift.type_changed",
            Self::ChoiceLost { .. } => "drift.choice_lost",
            Self::BecameMandatory => "drift.became_mandatory",
            Self::NotWritable => "drift.not_writable",
            Self::Shortened { .. } => "drift.shortened",
        }
    }
}

impl Drift {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.change.code()
    }

    /// What a person can do.
    pub fn remedy(&self) -> String {
        let (kind, system) = (&self.kind, self.system);
        match &self.change {
            DriftChange::KindVanished => {
                format!("Activate {kind} in {system} again and let the product's user see it, or take the unit out of the mapping.")
            }
            DriftChange::FieldVanished => {
                "Bring the field back, or name another one in the mapping, or take its rule out.".to_owned()
            }
            DriftChange::Relabelled { to } => {
                format!("Write the field's API name, or its new label `{to}`, in the mapping.")
            }
            DriftChange::TypeChanged { .. } => {
                "Look whether its values still mean the same, give the rule a transform where it needs one, and publish the mapping."
                    .to_owned()
            }
            DriftChange::ChoiceLost { used, .. } if used.is_empty() => {
                "Look whether records still hold the entry; where it must go on, add it to the list again.".to_owned()
            }
            DriftChange::ChoiceLost { .. } => {
                "Add the entry to the list again, or name another one in the mapping.".to_owned()
            }
            DriftChange::BecameMandatory => {
                format!("Add a rule that fills the field (on_create = true gives it to new records only), or make it optional in {system}.")
            }
            DriftChange::NotWritable => {
                "Give the product's user the right to write it, or let the rule go the other way only.".to_owned()
            }
            DriftChange::Shortened { .. } => {
                "Make the field longer again, or shorten at their source the texts that no longer fit.".to_owned()
            }
        }
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, system, label) = (&self.kind, self.system, &self.label);
        let Some(field) = &self.field else {
            return write!(f, "{system} shows no {kind} any more");
        };
        let name = if label.is_empty() || *label == field.as_str() {
            format!("{field} of {system}'s {kind}")
        } else {
            format!("{field} ({label}) of {system}'s {kind}")
        };
        match &self.change {
            DriftChange::KindVanished => write!(f, "{system} shows no {kind} any more"),
            DriftChange::FieldVanished => write!(f, "{name} is not there any more"),
            DriftChange::Relabelled { to } => write!(f, "{name} is labelled `{to}` now"),
            DriftChange::TypeChanged { from, to } => write!(f, "{name} was a {from} and is a {to}"),
            DriftChange::ChoiceLost { lost, .. } => {
                write!(f, "{name} has lost {}", quoted(lost))
            }
            DriftChange::BecameMandatory => write!(f, "{name} became mandatory, and no rule fills it"),
            DriftChange::NotWritable => write!(f, "{name} cannot be written any more"),
            DriftChange::Shortened { from, to } => {
                write!(f, "{name} takes {to} characters and took {from}")
            }
        }
    }
}

fn quoted(words: &[String]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// The mapping with every label replaced by the API name that it meant when the mapping last ran, so that a label that was
/// changed since does no harm. What was never to be read stays so under every name that it had.
pub fn named_as_before(mapping: &Mapping, before: &Seen) -> Mapping {
    let mut named = mapping.clone();
    let name = |system: System, kind: &Kind, field: &FieldName| {
        let found = before.of(system).get(kind).and_then(|schema| schema.resolve(field.as_str()));
        found.map_or_else(|| field.clone(), |found| found.name.clone())
    };
    for unit in &mut named.units {
        uses::rename(unit, &before.frappe, &name);
        let Some(module) = before.vtiger.get(&unit.module) else { continue };
        let labels: Vec<String> =
            unit.never_read.iter().map(|field| field.as_str().trim().to_lowercase()).collect();
        let meant =
            module.fields.values().filter(|field| labels.contains(&field.label.trim().to_lowercase()));
        unit.never_read.extend(meant.map(|field| field.name.clone()));
    }
    named
}

/// The mapping as a run goes by it: without the rules of fields that are skipped. `mapping` goes by API names
/// ([`named_as_before`]).
pub fn without(mapping: &Mapping, drifts: &[Drift]) -> Mapping {
    let mut left = mapping.clone();
    for unit in &mut left.units {
        let skipped: Vec<&Drift> = drifts
            .iter()
            .filter(|drift| drift.unit == unit.name && drift.verdict == DriftPolicy::SkipField)
            .collect();
        let gone = |system: System, kind: &Kind, field: &FieldName| {
            skipped.iter().any(|drift| {
                drift.system == system && drift.kind == *kind && drift.field.as_ref() == Some(field)
            })
        };
        let module = unit.module.clone();
        for document in &mut unit.documents {
            let doctype = document.doctype.clone();
            document.fields.retain(|rule| {
                let there = |field: &FieldName| gone(System::Vtiger, &module, field);
                !gone(System::Frappe, &doctype, &rule.frappe)
                    && !rule.source.vtiger_fields().iter().any(there)
            });
        }
        // A record that VTiger would refuse is not made.
        let refused =
            |drift: &&Drift| drift.system == System::Vtiger && drift.change == DriftChange::BecameMandatory;
        if skipped.iter().any(refused) {
            unit.create_in_vtiger = None;
        }
    }
    left
}
