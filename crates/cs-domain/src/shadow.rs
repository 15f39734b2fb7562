//! What both sides were last seen to agree on.

use serde::{Deserialize, Serialize};

use crate::name::Version;
use crate::record::Fields;

/// The merge base of one link: the values both sides were last seen to hold, with the state each side was in.
///
/// A field's entry moves only when both sides are known to hold the value (DESIGN.md, "What must always hold", 3).
/// Values are in the document's terms: what the mapping's transforms make of the VTiger record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shadow {
    /// Agreed values by Frappe field.
    pub fields: Fields,
    /// The VTiger record's version at that moment.
    pub vtiger: Option<Version>,
    /// The Frappe document's version at that moment.
    pub frappe: Option<Version>,
}
