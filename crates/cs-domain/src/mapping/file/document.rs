//! How a document of a unit is written: what it is, how it is found, its rows.

use std::collections::BTreeMap;

use schemars::JsonSchema;

use crate::mapping::file::{ColumnForm, Entries, FieldForm, Placed, Scalar};
use crate::policy::{ConflictPolicy, DriftPolicy};

/// One Frappe document of a unit.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Document")]
pub struct DocumentForm {
    /// The part it plays in the unit: `owner`, `spouse`, `home`.
    pub role: Placed<String>,
    /// Its DocType: `Contact`.
    pub doctype: Placed<String>,
    /// Frappe fields of which at least one must have a value for the document to exist. None named: it always does.
    #[schemars(with = "Option<Vec<String>>")]
    pub exists_when: Vec<Placed<String>>,
    /// Whether several records may share the document (a bank, a plan, a person with two policies).
    pub shared: Option<Placed<bool>>,
    /// Whether the document is what its first match key says (a bank, a plan, a card): a record that names another key
    /// gets another document, and the one it had stays as it is.
    pub keyed: Option<Placed<bool>>,
    /// The Frappe field, unique there, that holds the key of the document's creation.
    pub external_id: Option<Placed<String>>,
    /// How a document that is already there is found: lists of fields that must all be equal, tried in order.
    #[schemars(rename = "match", with = "Option<Vec<Vec<MatchPartForm>>>")]
    pub match_keys: Vec<Placed<Vec<Placed<MatchPartForm>>>>,
    /// What must hold before it is written.
    #[schemars(with = "Option<Vec<CheckForm>>")]
    pub checks: Vec<Placed<CheckForm>>,
    /// Who decides conflicts, where it differs from the unit's.
    pub conflict: Option<Placed<ConflictPolicy>>,
    /// Whose value stands at first contact, where it differs from the unit's.
    pub first_contact: Option<Placed<ConflictPolicy>>,
    /// What a delete on one side means for the other, where it differs from the unit's.
    pub deletes: Option<Placed<DeletesForm>>,
    /// What a run does where a field that the document uses has changed in its system, where it differs from the unit's.
    pub on_drift: Option<Placed<DriftPolicy>>,
    /// Whether a submitted document is amended (cancelled, and copied to a new one) where a field has to change that may
    /// not change on a submitted one; otherwise a person is asked to.
    pub amend: Option<Placed<bool>>,
    /// The rule for each Frappe field.
    #[schemars(with = "Option<BTreeMap<String, FieldForm>>")]
    pub fields: Entries<Placed<FieldForm>>,
    /// Rows that must stand in its child tables.
    #[schemars(with = "Option<Vec<RowForm>>")]
    pub row: Vec<Placed<RowForm>>,
}

/// One part of a match key: a Frappe field of the document, or a tie to another document of the unit.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(untagged, rename = "MatchPart")]
pub enum MatchPartForm {
    /// A Frappe field that has a rule.
    Field(String),
    /// A tie to another document.
    Linked(LinkedForm),
    /// A Frappe field that has a rule, equal where both sides have a value.
    IfKnown(IfKnownForm),
}

/// A Frappe field of the document that must be equal where both sides have a value: it tells namesakes apart.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "IfKnown")]
pub struct IfKnownForm {
    /// The field.
    pub if_known: Placed<String>,
}

/// A tie to the document that plays a role: one points at the other by a field or by a row.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Linked")]
pub struct LinkedForm {
    /// The other document's role.
    pub linked: Placed<String>,
}

/// What must hold before a document is written; one of the two.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Check")]
pub struct CheckForm {
    /// The date in this Frappe field is not after today.
    pub not_in_future: Option<Placed<String>>,
    /// This Frappe field has a value.
    pub required: Option<Placed<String>>,
}

/// What a delete on one side means for the other.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(untagged, rename = "Deletes")]
pub enum DeletesForm {
    /// By a word.
    Word(DeletesWord),
    /// The other side's record gets a value that says so.
    Mark(MarkForm),
}

/// `ignore`: nothing. `unlink`: the tie is given up, both records stay. `propagate`: the other record is deleted too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum DeletesWord {
    /// Nothing; the tie stays.
    Ignore,
    /// The tie is given up; the other side keeps its record.
    Unlink,
    /// The other side's record is deleted too.
    Propagate,
}

/// The other side's record gets a value that says so.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Mark")]
pub struct MarkForm {
    /// Which field gets which value.
    pub mark: MarkTarget,
}

/// A Frappe field and a value.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct MarkTarget {
    /// Which field.
    pub field: Placed<String>,
    /// Which value.
    pub value: Placed<Scalar>,
}

/// A row that must stand in a child table; other rows are left alone.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Row")]
pub struct RowForm {
    /// The table field: `links`, `items`.
    pub table: Placed<String>,
    /// The row's columns.
    #[schemars(with = "BTreeMap<String, ColumnForm>")]
    pub columns: Entries<Placed<ColumnForm>>,
    /// Whether the row is only given to a new document, or restored wherever it is missing.
    pub on_create: Option<Placed<bool>>,
    /// Checkbox columns that only one row of the table may have set (a Contact's primary e-mail): where another row has
    /// one set already, this row goes without.
    #[schemars(with = "Option<Vec<String>>")]
    pub exclusive: Vec<Placed<String>>,
}
