//! The writes and conflicts that follow from a situation: a value that prints, serialises and compares.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::failure::{Advice, Failure};
use crate::guarded;
use crate::intent::OperationKey;
use crate::link::LinkOrigin;
use crate::name::{FieldName, Kind, Role, Version};
use crate::record::{RecordRef, System};
use crate::run::Verdict;
use crate::shadow::Agreed;
use crate::value::Value;

/// What is to be done for one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The VTiger record.
    pub subject: RecordRef,
    /// Whether nothing of the unit is linked yet.
    pub first: bool,
    /// Why the unit is left out, where it is.
    pub skipped: Option<SkipReason>,
    /// The side whose delete this plan follows, where it follows one; the brake counts such plans.
    pub departure: Option<System>,
    /// What VTiger's record gets, before any document is written.
    pub vtiger: Option<VtigerStep>,
    /// What is to be written or linked in Frappe, in order.
    pub steps: Vec<Step>,
    /// What is agreed on without a write, by role: the shadow the role's steps build on.
    pub agreed: BTreeMap<Role, BTreeMap<FieldName, Agreed>>,
    /// What a person has to decide.
    pub conflicts: Vec<Conflict>,
    /// What cannot be done, and why.
    pub failures: Vec<Failure>,
}

impl Plan {
    /// A plan with nothing in it.
    pub fn empty(subject: RecordRef) -> Self {
        Self {
            subject,
            first: true,
            skipped: None,
            departure: None,
            vtiger: None,
            steps: Vec::new(),
            agreed: BTreeMap::new(),
            conflicts: Vec::new(),
            failures: Vec::new(),
        }
    }

    /// Whether the record goes, or one of its documents because the record is gone: the brake counts such plans.
    pub fn takes_away(&self) -> bool {
        self.departure.is_some() || matches!(self.vtiger, Some(VtigerStep::Delete { .. }))
    }

    /// Whether nothing is to be written.
    pub fn writes_nothing(&self) -> bool {
        self.vtiger.is_none()
            && self.steps.iter().all(|step| matches!(step.act, Act::Link { .. } | Act::Unlink { .. }))
    }

    /// What has become of a unit that was gone through to its end; `first`: nothing of it was linked before.
    pub fn verdict_of(wrote: bool, first: bool) -> Verdict {
        match (wrote, first) {
            (true, true) => Verdict::Created,
            (true, false) => Verdict::Updated,
            (false, _) => Verdict::Unchanged,
        }
    }

    /// What becomes of the unit when every step succeeds.
    pub fn verdict(&self) -> Verdict {
        if !self.failures.is_empty() {
            Verdict::Failed
        } else if !self.conflicts.is_empty() {
            Verdict::Conflicted
        } else if self.skipped.is_some() {
            Verdict::Skipped
        } else {
            Self::verdict_of(!self.steps.is_empty() || self.vtiger.is_some(), self.first)
        }
    }
}

/// Why a unit is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// The mapping's selection does not take it.
    NotSelected,
    /// Neither side shows the record any more, or VTiger does not and nothing is linked to it.
    NotThere,
    /// A document that appeared in Frappe, and that the mapping does not bring to VTiger: it belongs to a record already,
    /// or does not meet the conditions.
    NotNew,
}

/// What VTiger's record gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum VtigerStep {
    /// Changes it.
    Revise {
        /// Which.
        target: RecordRef,
        /// In which state it was when this was decided.
        expected: Version,
        /// The fields it sets.
        changes: Vec<Change>,
    },
    /// Creates it for a document that appeared in Frappe.
    Create {
        /// In which module.
        module: Kind,
        /// What it is found by when the answer is lost.
        key: OperationKey,
        /// The role that the document plays.
        role: Role,
        /// The document.
        document: RecordRef,
        /// The fields it sets.
        changes: Vec<Change>,
    },
    /// Deletes it, since the document that stands for it was deleted, or has another record that was created for it.
    Delete {
        /// Which.
        target: RecordRef,
        /// In which state it must still be.
        expected: Version,
    },
}

/// One step of a plan: one document, one write or link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The document's role.
    pub role: Role,
    /// Its DocType.
    pub doctype: Kind,
    /// What is done.
    #[serde(flatten)]
    pub act: Act,
    /// The fields it sets.
    pub changes: Vec<Change>,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Act {
    /// Creates the document.
    Create {
        /// What the document is found by when the answer is lost.
        key: OperationKey,
    },
    /// Ties a document that is already there.
    Link {
        /// Which.
        target: RecordRef,
        /// In which state.
        version: Version,
        /// How it was found.
        origin: LinkOrigin,
    },
    /// Changes a document that is there.
    Update {
        /// Which.
        target: RecordRef,
        /// In which state it must still be.
        expected: Version,
    },
    /// Completes the document of this role once the documents it refers to are there.
    Finish,
    /// Replaces a submitted document by an amended one.
    Amend {
        /// Which.
        target: RecordRef,
        /// In which state it must still be.
        expected: Version,
    },
    /// Deletes a document, since its VTiger record was deleted.
    Delete {
        /// Which.
        target: RecordRef,
        /// In which state it must still be.
        expected: Version,
    },
    /// Gives up the link, since one side was deleted and the other stays as it is.
    Unlink {
        /// The document, there or not.
        target: RecordRef,
    },
}

/// One field that a step sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The field.
    pub field: FieldName,
    /// What it holds now; absent where the document is not there yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What it is to hold.
    pub after: Planned,
}

/// A value that a step sets; a document that an earlier step creates has no name yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Planned {
    /// This one.
    Value(Value),
    /// The name of the document that plays this role.
    Document(Role),
    /// A whole child table.
    Rows(Vec<PlannedRow>),
}

/// A row that a step sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedRow {
    /// The row's own name, where it is there already.
    pub name: Option<String>,
    /// Its columns.
    pub columns: BTreeMap<FieldName, Planned>,
}

impl Planned {
    /// The value once the documents have names; `None` where one of them has none.
    pub fn resolve(&self, documents: &BTreeMap<Role, RecordRef>) -> Option<Value> {
        match self {
            Self::Value(value) => Some(value.clone()),
            Self::Document(role) => documents.get(role).cloned().map(Value::Reference),
            Self::Rows(rows) => {
                let resolved = rows.iter().map(|row| {
                    let columns =
                        row.columns.iter().map(|(name, cell)| Some((name.clone(), cell.resolve(documents)?)));
                    Some(crate::value::Row {
                        name: row.name.clone(),
                        columns: columns.collect::<Option<_>>()?,
                    })
                });
                resolved.collect::<Option<Vec<_>>>().map(Value::Rows)
            }
        }
    }

    /// The roles whose documents it needs.
    pub fn needs(&self) -> Vec<&Role> {
        match self {
            Self::Value(_) => Vec::new(),
            Self::Document(role) => vec![role],
            Self::Rows(rows) => {
                rows.iter().flat_map(|row| row.columns.values()).flat_map(Self::needs).collect()
            }
        }
    }
}

/// What a person has to decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "conflict", rename_all = "snake_case")]
pub enum Conflict {
    /// Several documents could be the one.
    Ambiguous {
        /// For this role.
        role: Role,
        /// These.
        candidates: Vec<RecordRef>,
    },
    /// The only document that could be the one belongs to another record.
    Taken {
        /// For this role.
        role: Role,
        /// This one.
        candidate: RecordRef,
        /// It belongs to this record.
        by: RecordRef,
    },
    /// Two records share a document and say different things of a field that VTiger owns.
    Shared {
        /// For this role.
        role: Role,
        /// In this document.
        document: RecordRef,
        /// This field.
        field: FieldName,
        /// What this record says.
        vtiger: Value,
        /// Which other record says something else.
        other: RecordRef,
        /// What that record says, and Frappe shows.
        theirs: Value,
    },
    /// One side was deleted, and the other was edited since the two last agreed.
    DeleteEdit {
        /// For this role.
        role: Role,
        /// The document of the pair.
        document: RecordRef,
        /// The side that was deleted.
        deleted: System,
        /// What was edited on the other.
        edited: Vec<FieldName>,
    },
    /// The document is submitted or cancelled, and these fields may not change on it any more.
    Submitted {
        /// For this role.
        role: Role,
        /// This one.
        document: RecordRef,
        /// What an amended document would say differently.
        changes: Vec<Change>,
    },
    /// Both sides changed one field to different values.
    Field {
        /// For this role.
        role: Role,
        /// In this document.
        document: RecordRef,
        /// This field.
        field: FieldName,
        /// What was agreed.
        base: Option<Agreed>,
        /// What VTiger says.
        vtiger: Value,
        /// What Frappe says.
        frappe: Value,
    },
}

impl Conflict {
    /// The role it is about.
    pub fn role(&self) -> &Role {
        match self {
            Self::Ambiguous { role, .. }
            | Self::Taken { role, .. }
            | Self::Shared { role, .. }
            | Self::DeleteEdit { role, .. }
            | Self::Submitted { role, .. }
            | Self::Field { role, .. } => role,
        }
    }

    /// The field it is about, where it is about one.
    pub fn field(&self) -> Option<&FieldName> {
        match self {
            Self::Shared { field, .. } | Self::Field { field, .. } => Some(field),
            Self::Ambiguous { .. }
            | Self::Taken { .. }
            | Self::DeleteEdit { .. }
            | Self::Submitted { .. } => None,
        }
    }

    /// Whether nothing but a decision, or an edit of either side, can end it. The others may end by something else (a
    /// duplicate is merged, a document amended), so that looking again makes sense.
    pub fn waits_for_a_word(&self) -> bool {
        matches!(self, Self::Field { .. } | Self::Shared { .. } | Self::DeleteEdit { .. })
    }

    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Ambiguous { .. } => "conflict.ambiguous",
            Self::Taken { .. } => "conflict.taken",
            Self::Shared { .. } => "conflict.shared",
            Self::DeleteEdit { .. } => "conflict.delete_edit",
            Self::Submitted { .. } => "conflict.submitted",
            Self::Field { .. } => "conflict.field",
        }
    }

    /// The conflict as people read it in a run's log: numbers of accounts and cards show their last digits.
    pub fn failure(&self) -> Failure {
        let (place, cause, remedy) = match &guarded::conflict(self) {
            Self::Ambiguous { role, candidates } => (
                role.to_string(),
                format!("{} documents could be the one: {}", candidates.len(), listed(candidates)),
                "Merge the duplicates in Frappe, or choose one: `company-sync conflicts resolve`.",
            ),
            Self::Taken { role, candidate, by } => (
                role.to_string(),
                format!("{candidate} would fit, but it belongs to {by} already"),
                "See which of the two records is right, and delete the duplicate or choose: `company-sync conflicts resolve`.",
            ),
            Self::DeleteEdit { role, document, deleted, edited } => (
                role.to_string(),
                format!(
                    "deleted in {deleted}, edited in {} since ({document}: {})",
                    deleted.other(),
                    edited.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
                ),
                "Decide which stands: `company-sync conflicts resolve`.",
            ),
            Self::Submitted { role, document, changes } => (
                role.to_string(),
                format!(
                    "{document} is submitted; amending it would change {}",
                    changes.iter().map(|change| change.field.to_string()).collect::<Vec<_>>().join(", ")
                ),
                "Amend the document in Frappe, or allow it in the mapping with `amend = true`.",
            ),
            Self::Shared { role, field, document, vtiger, other, theirs } => (
                format!("{role}.{field}"),
                format!(
                    "{document} belongs to {other} too, and the two do not agree: {:?} here, {:?} there",
                    vtiger.plain(),
                    theirs.plain()
                ),
                "Make the two VTiger records say the same, or decide: `company-sync conflicts resolve`.",
            ),
            Self::Field { role, field, vtiger, frappe, .. } => (
                format!("{role}.{field}"),
                format!(
                    "both sides changed it: VTiger says {:?}, Frappe says {:?}",
                    vtiger.plain(),
                    frappe.plain()
                ),
                "Decide which value stands: `company-sync conflicts resolve`.",
            ),
        };
        Failure {
            code: self.code().to_owned(),
            cause,
            remedy: remedy.to_owned(),
            advice: Advice::NeedsPerson,
            place: Some(place),
        }
    }
}

fn listed(references: &[RecordRef]) -> String {
    references.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
