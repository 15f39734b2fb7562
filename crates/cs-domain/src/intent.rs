//! A write that is about to happen, written down before it happens.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::digest::digest;
use crate::name::{Kind, MappingName, Role, UnitName, Version};
use crate::record::{Fields, RecordRef, System};
use crate::run::RunId;

/// What names an intent in the journal: unique for ever, and in the order of recording within a run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IntentId(pub String);

impl fmt::Display for IntentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a create carries so that it can be found on the peer when its answer is lost: the external id that the
/// document holds for as long as it lives, `SalesOrder 6x231/owner` for instance.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OperationKey(pub String);

impl OperationKey {
    /// The key of the document that plays `role` for `subject`. VTiger ids carry their module's prefix, so they are
    /// unique within an installation and short enough for a Data field of 140 characters.
    pub fn of(subject: &RecordRef, role: &Role) -> Self {
        Self(format!("{}/{role}", subject.id))
    }

    /// The key of the document that plays `role` for `subject` as long as its match key has these values.
    pub fn keyed(subject: &RecordRef, role: &Role, key: &str) -> Self {
        Self(format!("{}/{role}/{}", subject.id, digest(key)))
    }
}

/// One write to one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// A record that is not there yet.
    Create {
        /// Where.
        system: System,
        /// Of which kind.
        kind: Kind,
        /// With which fields.
        fields: Fields,
        /// How to find it when the answer is lost.
        key: OperationKey,
    },
    /// Fields of a record that is there.
    Update {
        /// Which record.
        target: RecordRef,
        /// Only the mapped fields that changed.
        changes: Fields,
        /// The version the decision was made on.
        expected: Version,
        /// What those fields held before: the before-image.
        before: Fields,
    },
    /// A record that is to go.
    Delete {
        /// Which record.
        target: RecordRef,
        /// The version the decision was made on.
        expected: Version,
        /// What it held, as far as it was read.
        before: Fields,
    },
    /// A submitted document that is to be replaced by an amended one.
    Amend {
        /// Which document.
        target: RecordRef,
        /// What the new one says differently.
        changes: Fields,
        /// The version the decision was made on.
        expected: Version,
        /// What those fields held before.
        before: Fields,
    },
}

impl Action {
    /// The side that is written.
    pub fn system(&self) -> System {
        match self {
            Self::Create { system, .. } => *system,
            Self::Update { target, .. } | Self::Delete { target, .. } | Self::Amend { target, .. } => {
                target.system
            }
        }
    }

    /// The kind of record that is written.
    pub fn kind(&self) -> &Kind {
        match self {
            Self::Create { kind, .. } => kind,
            Self::Update { target, .. } | Self::Delete { target, .. } | Self::Amend { target, .. } => {
                &target.kind
            }
        }
    }

    /// The verb, for people and logs.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Create { .. } => "create",
            Self::Update { .. } => "update",
            Self::Delete { .. } => "delete",
            Self::Amend { .. } => "amend",
        }
    }

    /// The fields it sets.
    pub fn written(&self) -> Option<&Fields> {
        match self {
            Self::Create { fields, .. } => Some(fields),
            Self::Update { changes, .. } | Self::Amend { changes, .. } => Some(changes),
            Self::Delete { .. } => None,
        }
    }
}

/// A write in the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// Its name in the journal.
    pub id: IntentId,
    /// The run that decided it.
    pub run: RunId,
    /// The mapping it follows from.
    pub mapping: MappingName,
    /// The unit within that mapping.
    pub unit: UnitName,
    /// The VTiger record whose unit it belongs to, or the Frappe document that it is created for.
    pub subject: RecordRef,
    /// The document's role; `None` where the VTiger record itself is written.
    pub role: Option<Role>,
    /// What is to be written.
    #[serde(flatten)]
    pub action: Action,
}

/// How far a write has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntentState {
    /// Recorded; it may or may not have reached the peer.
    Open,
    /// The peer is known to hold it; link and shadow say so too.
    Settled,
    /// The peer is known not to hold it, and it will not be sent again: the unit is decided anew.
    Dropped,
}
