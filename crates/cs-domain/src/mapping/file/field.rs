//! How the rule for a field is written: where its value comes from, and what happens to it on its way.

use std::collections::BTreeMap;

use schemars::JsonSchema;

use crate::mapping::file::{Entries, Placed, Scalar, Selector};
use crate::policy::{Clearing, ConflictPolicy, Direction};

/// The rule for one Frappe field: a VTiger field, or a table that says more.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(untagged, rename = "Field")]
pub enum FieldForm {
    /// A VTiger field; both ways, as it is.
    Short(Placed<Selector>),
    /// More to say. Exactly one of `vtiger`, `constant`, `setting` and `document` says where the value comes from.
    Long(Box<RuleForm>),
}

/// The rule for one Frappe field, in full.
#[derive(Clone, Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Rule")]
pub struct RuleForm {
    /// Where its value comes from.
    #[schemars(flatten)]
    pub source: SourceForm,
    /// What happens to the value on its way to Frappe, in order; undone in reverse on the way back.
    #[schemars(with = "Option<OneOrMany<TransformForm>>")]
    pub transform: Vec<Placed<TransformForm>>,
    /// Which way it travels: `both`, `to_frappe` or `to_vtiger`. Where nothing is said: `both`; but `to_frappe` for
    /// `constant`, `setting` and `document`, which never go to VTiger, and with `unit` and `role` or `on_create`.
    pub direction: Option<Placed<Direction>>,
    /// What an empty value means for the other side: `keep` its value, or `clear` it too.
    pub when_empty: Option<Placed<Clearing>>,
    /// Who decides conflicts of this field, where it differs from the document's.
    pub conflict: Option<Placed<ConflictPolicy>>,
    /// Whether it is only given to what is new and never touched again: to a new document, with `to_vtiger` to a new
    /// VTiger record (`create_in_vtiger`), with `both` to either.
    pub on_create: Option<Placed<bool>>,
    /// With `document`: whether it is written last, when that document is there.
    pub deferred: Option<Placed<bool>>,
}

/// One, or a list.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "says in the JSON Schema what read.rs takes")]
enum OneOrMany<T> {
    /// One.
    One(T),
    /// Several.
    Many(Vec<T>),
}

/// What happens to a value on its way: a word, or a table.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(untagged, rename = "Transform")]
pub enum TransformForm {
    /// By a word.
    Word(TransformWord),
    /// With parameters.
    Table(Box<TransformTable>),
}

/// A transform without parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum TransformWord {
    /// Space at both ends goes.
    Trim,
    /// UPPER CASE.
    Upper,
    /// lower case.
    Lower,
    /// Title Case.
    Title,
    /// Only the last four digits: card numbers.
    LastFour,
}

/// A transform with parameters; exactly one of `date`, `phone`, `map`, `part`, `default` and `own`.
#[derive(Clone, Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TransformTable {
    /// VTiger's text is a date written like this (strftime): `%m/%d/%Y`.
    pub date: Option<Placed<String>>,
    /// A phone number, in E.164 in Frappe; the country of numbers that name none: `US`.
    pub phone: Option<Placed<String>>,
    /// VTiger's words and what Frappe says instead.
    #[schemars(with = "Option<BTreeMap<String, String>>")]
    pub map: Option<Placed<Entries<Placed<String>>>>,
    /// With `map`: what happens to a word without a partner; `refuse` where nothing is said.
    pub otherwise: Option<Placed<OtherwiseForm>>,
    /// One part of the text, counted from 0; the last one takes the rest.
    pub part: Option<Placed<u8>>,
    /// With `part`: how many parts there are.
    pub of: Option<Placed<u8>>,
    /// With `part`: what stands between parts; a space where nothing is said.
    pub separator: Option<Placed<String>>,
    /// What stands in for an empty value.
    pub default: Option<Placed<Scalar>>,
    /// A transform that this program was built with, by its name.
    pub own: Option<Placed<String>>,
    /// With `own`: what it is told.
    #[schemars(with = "Option<BTreeMap<String, String>>")]
    pub with: Option<Placed<Entries<Placed<String>>>>,
}

/// What happens to a word that a value map does not know.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(untagged, rename = "Otherwise")]
pub enum OtherwiseForm {
    /// By a word.
    Word(OtherwiseWord),
    /// This word stands in for it, one way only.
    Use(UseForm),
}

/// `keep`: it goes through as it is. `refuse`: the unit fails, naming the word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum OtherwiseWord {
    /// It goes through as it is.
    Keep,
    /// The unit fails, naming the word.
    Refuse,
}

/// A word that stands in.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Use")]
pub struct UseForm {
    /// The word.
    pub r#use: Placed<String>,
}

/// Where a column's value comes from: a VTiger field, or a table that says more.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(untagged, rename = "Column")]
pub enum ColumnForm {
    /// A VTiger field.
    Short(Placed<Selector>),
    /// Exactly one of `vtiger`, `constant`, `setting` and `document`.
    Long(Box<SourceForm>),
}

/// Where a value comes from.
#[derive(Clone, Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Source")]
pub struct SourceForm {
    /// The VTiger field, or several that are joined (empty ones left out).
    #[schemars(with = "Option<OneOrMany<Selector>>")]
    pub vtiger: Option<Placed<Vec<Placed<Selector>>>>,
    /// What stands between joined fields; a space where nothing is said.
    pub join: Option<Placed<String>>,
    /// With `vtiger` and `role`: the document of the record it points at, in this other unit.
    pub unit: Option<Placed<String>>,
    /// With `vtiger` and `unit`: the document's role there.
    pub role: Option<Placed<String>>,
    /// Always this value.
    pub constant: Option<Placed<Scalar>>,
    /// What the installation supplied.
    pub setting: Option<Placed<String>>,
    /// The name of the document that plays this role in the same unit.
    pub document: Option<Placed<String>>,
}
