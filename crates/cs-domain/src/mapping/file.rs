//! The form of a mapping file: what its tables and keys are called and what stands in them.
//!
//! These types say how a mapping is *written*; [`crate::mapping::Mapping`] says what it *means*. Their documentation
//! is what an editor shows (`json_schema.rs`), so it speaks to whoever writes a mapping.

mod read;
mod walk;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::policy::{Clearing, ConflictPolicy, Direction};
use crate::value::Value;

pub(super) use read::read;

/// The format that this program reads; a file names its own.
pub const FORMAT: u32 = 1;

/// Something read from a file, with where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed<T> {
    /// What was read.
    pub value: T,
    /// Where, in bytes.
    pub span: Range<usize>,
}

impl<T> std::ops::Deref for Placed<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: JsonSchema> JsonSchema for Placed<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// Entries of a table in the order of the file, each with its key.
pub(super) type Entries<T> = Vec<(Placed<String>, T)>;

/// A mapping: what corresponds to what between VTiger and Frappe.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Mapping")]
pub struct MappingForm {
    /// The format this file is written in: 1.
    pub format: Placed<u32>,
    /// The mapping's name: small letters, digits, `-` and `_`.
    pub name: Placed<String>,
    /// What people call it.
    pub title: Placed<String>,
    /// What the installation has to supply, by name.
    #[schemars(with = "Option<BTreeMap<String, SettingForm>>")]
    pub settings: Entries<SettingForm>,
    /// The mapping's units. A unit is one VTiger record and the Frappe documents that hold the same facts.
    pub unit: Vec<UnitForm>,
}

/// A value that the installation supplies: a company's name, a first sales date.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Setting")]
pub struct SettingForm {
    /// What it is for, in a sentence.
    pub help: Placed<String>,
    /// What it is where nothing is configured. Without one, a condition that names the setting does not apply and a
    /// field that takes it is left out.
    pub default: Option<Placed<String>>,
    /// Whether a run is refused without a value.
    pub required: Option<Placed<bool>>,
}

/// One VTiger record and the Frappe documents that hold the same facts.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Unit")]
pub struct UnitForm {
    /// The unit's name within the mapping.
    pub name: Placed<String>,
    /// The VTiger module: `SalesOrder`.
    pub module: Placed<String>,
    /// Fields that are never read, whatever else the mapping says (verification codes).
    #[schemars(with = "Option<Vec<Selector>>")]
    pub never_read: Vec<Placed<Selector>>,
    /// Which records take part; all conditions must hold.
    #[schemars(with = "Option<Vec<ConditionForm>>")]
    pub selection: Vec<Placed<ConditionForm>>,
    /// Its documents.
    pub document: Vec<DocumentForm>,
}

/// A VTiger field: its API name (`accountname`), its number (`2293` or `cf_2293`) or its label (`Owner First Name`).
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(untagged)]
pub enum Selector {
    /// The number of a custom field: 2293 is `cf_2293`.
    Number(u32),
    /// API name, `cf_` number or label.
    Text(String),
}

impl Selector {
    /// The API name as far as it can be told without asking VTiger; a label stays a label until the mapping is bound.
    pub fn name(&self) -> String {
        match self {
            Self::Number(number) => format!("cf_{number}"),
            Self::Text(text) if !text.is_empty() && text.chars().all(|c| c.is_ascii_digit()) => {
                format!("cf_{text}")
            }
            Self::Text(text) => text.clone(),
        }
    }
}

/// A condition on a VTiger record: a field and one test.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Condition")]
pub struct ConditionForm {
    /// The VTiger field.
    pub field: Placed<Selector>,
    /// It is one of these; case does not matter.
    pub r#in: Option<Placed<Vec<OperandForm>>>,
    /// It is none of these; case does not matter.
    pub not_in: Option<Placed<Vec<OperandForm>>>,
    /// It is this, as a date or number where it is one.
    pub equals: Option<Placed<OperandForm>>,
    /// It is this, or later, or more.
    pub at_least: Option<Placed<OperandForm>>,
    /// It is this, or earlier, or less.
    pub at_most: Option<Placed<OperandForm>>,
    /// `true`: it has a value. `false`: it has none.
    pub present: Option<Placed<bool>>,
}

/// What a value is compared with.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(untagged, rename = "Operand")]
pub enum OperandForm {
    /// This value.
    Literal(Scalar),
    /// What the installation supplied.
    Setting(SettingName),
}

/// The name of a setting.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SettingName {
    /// The setting, declared under `[settings]`.
    pub setting: Placed<String>,
}

/// A text, number, yes/no or date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar(pub Value);

impl JsonSchema for Scalar {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Scalar".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": ["string", "number", "boolean"] })
    }
}

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
    /// Who decides where both sides changed one field: `ask` (a person), `vtiger_wins`, `frappe_wins`, `newest_wins`.
    pub conflict: Option<Placed<ConflictPolicy>>,
    /// What a delete on one side means for the other.
    pub deletes: Option<Placed<DeletesForm>>,
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
    pub value: Placed<String>,
}

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
    /// `constant`, `setting`, `document` and with `on_create`, which never go to VTiger.
    pub direction: Option<Placed<Direction>>,
    /// What an empty value means for the other side: `keep` its value, or `clear` it too.
    pub when_empty: Option<Placed<Clearing>>,
    /// Who decides conflicts, where it differs from the document's.
    pub conflict: Option<Placed<ConflictPolicy>>,
    /// Whether it is only given to a new document and never touched again.
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

/// A transform with parameters; exactly one of `date`, `phone`, `map`, `part` and `default`.
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
