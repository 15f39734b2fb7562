//! The lasting tie between a VTiger record and a Frappe document.

use serde::{Deserialize, Serialize};

use crate::name::{MappingName, Role, UnitName};
use crate::record::RecordRef;

/// The tie between a record, a role and the document that plays it. A record has at most one document a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The mapping it belongs to.
    pub mapping: MappingName,
    /// The unit within that mapping.
    pub unit: UnitName,
    /// The VTiger record.
    pub subject: RecordRef,
    /// The part the document plays.
    pub role: Role,
    /// The Frappe document.
    pub document: RecordRef,
    /// How the two came together.
    pub origin: LinkOrigin,
    /// Whether it still holds.
    #[serde(default)]
    pub standing: LinkStanding,
}

/// Whether a link still holds. One that was given up is kept, so that what a person took apart is not put together again
/// by the next run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkStanding {
    /// The two are kept in agreement.
    #[default]
    Live,
    /// One side was deleted and the mapping's policy says that the other stays as it is.
    GivenUp,
}

/// How a record and a document came together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkOrigin {
    /// The document was created for the record.
    Created,
    /// The document was there before and was found by its match keys.
    Adopted,
    /// A person said so.
    Chosen,
}
