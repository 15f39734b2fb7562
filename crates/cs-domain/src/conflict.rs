//! Conflicts as lasting objects: what a person has to decide, who said what, and what was decided.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::digest::digest;
use crate::guarded;
use crate::name::{FieldName, MappingName, RecordId, Role, UnitName, Version};
use crate::plan::Conflict;
use crate::record::{RecordRef, System};
use crate::run::RunId;
use crate::value::Value;

/// What names a conflict: the same disagreement about the same thing has the same name in every run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConflictId(pub String);

impl ConflictId {
    /// The name of this conflict of this record.
    pub fn of(mapping: &MappingName, subject: &RecordRef, conflict: &Conflict) -> Self {
        let (role, field) = (conflict.role(), conflict.field().map(FieldName::as_str).unwrap_or_default());
        let code = conflict.code();
        Self(digest(&format!("{mapping}\u{1f}{}\u{1f}{role}\u{1f}{code}\u{1f}{field}", subject.id)))
    }
}

impl fmt::Display for ConflictId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who changed a side last, and which state that left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// The user, as the system names them; `None` where it does not say.
    pub by: Option<String>,
    /// The record's version after it; VTiger's and Frappe's versions are times, in the server's own zone.
    pub version: Version,
}

/// A conflict as a run meets it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetConflict {
    /// Its name.
    pub id: ConflictId,
    /// What disagrees.
    pub conflict: Conflict,
    /// The last edit of each side, where the side is there.
    pub edits: BTreeMap<System, Edit>,
}

/// A conflict as it is kept until it is no more, and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingConflict {
    /// What disagrees, as last met.
    #[serde(flatten)]
    pub met: MetConflict,
    /// The mapping.
    pub mapping: MappingName,
    /// The unit within it.
    pub unit: UnitName,
    /// The record whose unit it is.
    pub subject: RecordRef,
    /// The run that met it first.
    pub first_run: RunId,
    /// The run that met it last.
    pub last_run: RunId,
    /// Where it stands.
    pub state: ConflictState,
}

/// Where a conflict stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ConflictState {
    /// It waits for a decision.
    Open,
    /// A person decided; the next run carries it out.
    Resolved(Resolution),
    /// The decision was carried out. It is remembered, and taken again where the very same values disagree again.
    Applied(Resolution),
    /// It went away by itself: the sides agree again, or a policy decides now.
    Closed,
}

impl ConflictState {
    /// The name that machines read.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resolved(_) => "resolved",
            Self::Applied(_) => "applied",
            Self::Closed => "closed",
        }
    }

    /// What was decided, where something was.
    pub fn resolution(&self) -> Option<&Resolution> {
        match self {
            Self::Resolved(resolution) | Self::Applied(resolution) => Some(resolution),
            Self::Open | Self::Closed => None,
        }
    }

    /// The state after a run that went through the unit and did (`met`) or did not meet the conflict, with the values it
    /// was decided on (`same`) or others.
    #[must_use]
    pub fn after_run(self, met: bool, same: bool) -> Self {
        match (self, met) {
            (Self::Open, true) => Self::Open,
            (Self::Open, false) => Self::Closed,
            // What was decided on other values decides nothing.
            (Self::Resolved(resolution), true) if same => Self::Resolved(resolution),
            (Self::Resolved(_), true) => Self::Open,
            (Self::Resolved(resolution), false) => Self::Applied(resolution),
            (Self::Applied(_) | Self::Closed, true) => Self::Open,
            (Self::Applied(resolution), false) => Self::Applied(resolution),
            (Self::Closed, false) => Self::Closed,
        }
    }
}

/// What a person decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// What.
    pub choice: Choice,
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// What stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "choice", content = "value", rename_all = "snake_case")]
pub enum Choice {
    /// What VTiger says.
    Vtiger,
    /// What Frappe says.
    Frappe,
    /// This value, on both sides.
    Value(Value),
    /// The record belongs to this document (of several that could be the one).
    Document(RecordId),
    /// The record gets a document of its own, whatever looks like it.
    Separate,
}

impl StandingConflict {
    /// Whether this choice answers this conflict: a field takes either side's value or another; a choice among documents
    /// takes a document.
    pub fn takes(&self, choice: &Choice) -> bool {
        match &self.met.conflict {
            Conflict::Field { .. } | Conflict::Shared { .. } => {
                matches!(choice, Choice::Vtiger | Choice::Frappe | Choice::Value(_))
            }
            Conflict::DeleteEdit { .. } => matches!(choice, Choice::Vtiger | Choice::Frappe),
            Conflict::Ambiguous { .. } | Conflict::Taken { .. } => {
                matches!(choice, Choice::Document(_) | Choice::Separate)
            }
            Conflict::Submitted { .. } => false,
        }
    }

    /// The documents among which the choice is, each with a name to choose it by; none where the conflict is about a document
    /// that is to become a record. A name is as it may be shown, so that two may look alike: the later is numbered.
    pub fn documents(&self) -> Vec<(String, &RecordRef)> {
        let documents: Vec<&RecordRef> = match &self.met.conflict {
            _ if self.subject.system == System::Frappe => Vec::new(),
            Conflict::Ambiguous { candidates, .. } => candidates.iter().collect(),
            Conflict::Taken { candidate, .. } => vec![candidate],
            _ => Vec::new(),
        };
        let mut named: Vec<(String, &RecordRef)> = Vec::new();
        for document in documents {
            let shown = guarded::shown(document).id.to_string();
            let alike = named.iter().filter(|(_, other)| guarded::shown(other).id.as_str() == shown).count();
            let name = if alike == 0 { shown } else { format!("{shown} ({})", alike + 1) };
            named.push((name, document));
        }
        named
    }

    /// The document that is meant by a name: its own, or the one to choose it by.
    pub fn document_named(&self, name: &str) -> Option<&RecordRef> {
        let documents = self.documents();
        let own = documents.iter().find(|(_, document)| document.id.as_str() == name);
        own.or_else(|| documents.iter().find(|(shown, _)| shown == name)).map(|(_, document)| *document)
    }
}

/// A conflict's decision, as a situation carries it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// What was decided on.
    pub conflict: Conflict,
    /// What stands.
    pub choice: Choice,
}

impl Decided {
    /// The value that was decided for this field of this role's document, provided that both sides still say what they said,
    /// or already what was decided.
    pub fn of_field(&self, role: &Role, field: &FieldName, vtiger: &Value, frappe: &Value) -> Option<&Value> {
        let (r, f, v, p) = match &self.conflict {
            Conflict::Field { role, field, vtiger, frappe, .. } => (role, field, vtiger, frappe),
            Conflict::Shared { role, field, vtiger, theirs, .. } => (role, field, vtiger, theirs),
            _ => return None,
        };
        let decided = match &self.choice {
            Choice::Vtiger => v,
            Choice::Frappe => p,
            Choice::Value(value) => value,
            Choice::Document(_) | Choice::Separate => return None,
        };
        let still = (vtiger == v || vtiger == decided) && (frappe == p || frappe == decided);
        (r == role && f == field && still).then_some(decided)
    }

    /// The side that stands where this role's pair met a delete on `side` and an edit on the other.
    pub fn of_delete(&self, role: &Role, side: System) -> Option<System> {
        let Conflict::DeleteEdit { role: r, deleted, .. } = &self.conflict else { return None };
        match self.choice {
            _ if r != role || *deleted != side => None,
            Choice::Vtiger => Some(System::Vtiger),
            Choice::Frappe => Some(System::Frappe),
            Choice::Value(_) | Choice::Document(_) | Choice::Separate => None,
        }
    }

    /// What was decided where several documents, or another record's, could be this role's.
    pub fn of_document(&self, role: &Role) -> Option<&Choice> {
        match &self.conflict {
            Conflict::Ambiguous { role: r, .. } | Conflict::Taken { role: r, .. } if r == role => {
                Some(&self.choice)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_that_look_alike_are_told_apart_without_their_numbers() {
        let account = |number: &str| RecordRef::frappe("Bank Account", format!("{number} - Banco"));
        let candidates = vec![account("1111119290"), account("2222229290"), account("3333330000")];
        let conflict = Conflict::Ambiguous { role: "account".into(), candidates: candidates.clone() };
        let standing = StandingConflict {
            met: MetConflict { id: ConflictId("1".into()), conflict, edits: BTreeMap::new() },
            mapping: "policy".into(),
            unit: "policy".into(),
            subject: RecordRef::vtiger("SalesOrder", "6x1"),
            first_run: RunId("1".into()),
            last_run: RunId("1".into()),
            state: ConflictState::Open,
        };
        let names: Vec<String> = standing.documents().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["****9290 - Banco", "****9290 - Banco (2)", "****0000 - Banco"]);
        for (name, candidate) in names.iter().zip(&candidates) {
            assert_eq!(standing.document_named(name), Some(candidate));
            assert_eq!(standing.document_named(candidate.id.as_str()), Some(candidate));
        }
        assert_eq!(standing.document_named("****9290"), None);
    }
}
