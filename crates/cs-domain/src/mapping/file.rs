//! The form of a mapping file: what its tables and keys are called and what stands in them.
//!
//! These types say how a mapping is *written*; [`crate::mapping::Mapping`] says what it *means*. Their documentation
//! is what an editor shows (`json_schema.rs`), so it speaks to whoever writes a mapping.

mod document;
mod field;
mod read;
mod walk;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::policy::{ConflictPolicy, DriftPolicy};
use crate::value::Value;

pub use document::{
    CheckForm, DeletesForm, DeletesWord, DocumentForm, IfKnownForm, LinkedForm, MarkForm, MarkTarget,
    MatchPartForm, RowForm,
};
pub use field::{
    ColumnForm, FieldForm, OtherwiseForm, OtherwiseWord, RuleForm, SourceForm, TransformForm, TransformTable,
    TransformWord, UseForm,
};
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
    /// Who decides where both sides changed one field: `ask` (a person; where nothing is said), `vtiger_wins`,
    /// `frappe_wins`, `newest_wins`. Units, documents and fields may say otherwise.
    pub conflict: Option<Placed<ConflictPolicy>>,
    /// Whose value stands where a document that was already there differs from its record before anything was agreed on,
    /// in the words of `conflict`; where nothing is said, `conflict` decides. Units and documents may say otherwise.
    pub first_contact: Option<Placed<ConflictPolicy>>,
    /// What a delete on one side means for the other; `unlink` where nothing is said. Units and documents may say
    /// otherwise.
    pub deletes: Option<Placed<DeletesForm>>,
    /// What a run does where a field that the mapping uses has changed in its system: `stop`, `skip_field` (go on without its
    /// rule) or `go_on`. Where nothing is said, it depends on what has changed. Units and documents may say otherwise.
    pub on_drift: Option<Placed<DriftPolicy>>,
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
    /// Which documents, new in Frappe, make a new VTiger record; none do where nothing is said.
    pub create_in_vtiger: Option<Placed<CreateForm>>,
    /// Who decides conflicts, where it differs from the mapping's.
    pub conflict: Option<Placed<ConflictPolicy>>,
    /// Whose value stands at first contact, where it differs from the mapping's.
    pub first_contact: Option<Placed<ConflictPolicy>>,
    /// What a delete on one side means for the other, where it differs from the mapping's.
    pub deletes: Option<Placed<DeletesForm>>,
    /// What a run does where a field that the unit uses has changed in its system, where it differs from the mapping's.
    pub on_drift: Option<Placed<DriftPolicy>>,
    /// Its documents.
    pub document: Vec<DocumentForm>,
}

/// Which documents, new in Frappe, make a new VTiger record.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "CreateInVtiger")]
pub struct CreateForm {
    /// The role of the document that stands for the record.
    pub document: Placed<String>,
    /// What must hold of the document; the fields are Frappe's. All conditions must hold.
    #[schemars(with = "Option<Vec<ConditionForm>>")]
    pub when: Vec<Placed<ConditionForm>>,
    /// A VTiger field, used for nothing else, that holds the key of the creation: a create whose answer was lost is found
    /// by it. Without one it is found by all the values that were sent.
    pub key: Option<Placed<Selector>>,
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

/// A condition on a record: a field and one test.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Condition")]
pub struct ConditionForm {
    /// The field: VTiger's in `selection`, Frappe's in `when`.
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
