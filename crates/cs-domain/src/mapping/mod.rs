//! What corresponds to what: a mapping, its units, their documents, the rule for each field.
//!
//! These are the types a mapping has once it was found to be right.

mod bind;
mod bind_create;
mod bind_document;
mod bind_policy;
pub mod compare;
mod condition;
mod describe;
mod diagnostic;
pub mod drift;
pub mod edit;
pub mod file;
mod json_schema;
pub mod lone;
mod misfits;
mod order;
pub mod own;
mod phrases;
mod place;
mod rules;
mod sentence;
mod shipped;
mod sketch;
pub mod suggest;
mod supplied;
mod transform;
mod transform_error;
mod transform_phone;
mod transform_rule;
mod validate;
mod validate_create;
mod validate_field;
mod validate_references;
mod validate_transform;
mod validate_unit;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::name::{FieldName, Kind, MappingName, Role, UnitName};
use crate::policy::{Clearing, ConflictPolicy, DeletePolicy, Direction, DriftPolicy};
use crate::value::Value;

pub use bind::{BindProblem, Bound, Schemas, Severity, bind};
pub use diagnostic::{Problem, did_you_mean};
pub use json_schema::json_schema;
pub use own::{Own, OwnTransform, OwnTransforms};
pub use place::{DocumentPart, Place, UnitPart};
pub use sentence::{Gap, Rule, Said, Sentence, Wording};
pub use shipped::{shipped, shipped_text};
pub use sketch::{Sketch, sketch, sketch_with};
pub use supplied::{SettingMisfit, setting_misfits};
pub use transform_error::{TransformError, TransformFault};
pub use validate::{ParsedMapping, can_name, parse, parse_with};

/// Every way in which a mapping can be wrong by itself or not fit the two systems.
pub fn every_rule() -> impl Iterator<Item = &'static Rule> {
    rules::all().chain(misfits::ALL)
}

/// Everything that is said of mappings: rules, what would be right, and what those are put together from. Whoever speaks
/// another language has each of them by its key.
pub fn wordings() -> impl Iterator<Item = &'static Wording> {
    let said = every_rule().flat_map(|rule| [&rule.message, &rule.help]);
    said.filter(|wording| !wording.english.is_empty()).chain(phrases::ALL)
}

/// What corresponds to what between the two systems, as far as one administrator cares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mapping {
    /// Its name: `policy`.
    pub name: MappingName,
    /// What people call it.
    pub title: String,
    /// What the installation has to supply.
    pub settings: BTreeMap<String, SettingSpec>,
    /// Its units, parents first: a unit whose documents refer to another unit's comes after that one.
    pub units: Vec<UnitMapping>,
}

impl Mapping {
    /// The unit with this name.
    pub fn unit(&self, name: &UnitName) -> Option<&UnitMapping> {
        self.units.iter().find(|unit| unit.name == *name)
    }
}

/// A value that a mapping needs and an installation supplies: a company's name, a first sales date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingSpec {
    /// What it is for, in a sentence.
    pub help: String,
    /// What it is where nothing is configured. Without a default and without a value, a condition that names the
    /// setting does not apply and a field that takes it is left out.
    pub default: Option<String>,
    /// Whether a run is refused without a value.
    pub required: bool,
}

/// What the installation supplied, by name; defaults already filled in.
pub type Settings = BTreeMap<String, String>;

/// One VTiger record and the Frappe documents that hold the same facts; read, merged and written together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnitMapping {
    /// Its name within the mapping.
    pub name: UnitName,
    /// The VTiger module.
    pub module: Kind,
    /// Which records take part; all conditions must hold.
    pub selection: Vec<Condition>,
    /// Fields that are never read, whatever else the mapping says (verification codes).
    pub never_read: BTreeSet<FieldName>,
    /// Its documents, parents first (references that are `deferred` do not count).
    pub documents: Vec<DocumentMapping>,
    /// The order in which documents that are already there are looked for: a role whose match key names another role
    /// comes after it.
    pub match_order: Vec<Role>,
    /// Which documents, new in Frappe, make a new VTiger record; none do where this is `None`.
    pub create_in_vtiger: Option<CreateInVtiger>,
    /// What a run does where something that the unit itself names is no longer what it was; `None`: it depends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_drift: Option<DriftPolicy>,
}

/// What makes a new VTiger record out of a document that appeared in Frappe. Its document stands for the record as a
/// whole: where its delete policy propagates, deleting it in Frappe deletes the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateInVtiger {
    /// The role that the new document plays.
    pub document: Role,
    /// What must hold of it; the fields are Frappe's. A document that carries an external id is never new.
    pub when: Vec<Condition>,
    /// A VTiger field of its own that holds the key of the creation, so that a create whose answer was lost is found by it.
    /// Without one it is found by all the values that were sent.
    pub key: Option<FieldName>,
}

impl UnitMapping {
    /// The document that plays this role.
    pub fn document(&self, role: &Role) -> Option<&DocumentMapping> {
        self.documents.iter().find(|document| document.role == *role)
    }

    /// Every VTiger field that this unit reads, selection included.
    pub fn vtiger_fields(&self) -> BTreeSet<&FieldName> {
        let selected = self.selection.iter().map(|condition| &condition.field);
        let rules = self.documents.iter().flat_map(DocumentMapping::sources).flat_map(Source::vtiger_fields);
        selected.chain(rules).collect()
    }

    /// VTiger fields that hold card numbers: a rule reduces them to four digits, and so must whoever reads them, as
    /// they are decoded (spec/DEFAULT-MAPPING.md, "Card data").
    pub fn guarded_fields(&self) -> BTreeSet<&FieldName> {
        let rules = self.documents.iter().flat_map(|document| &document.fields);
        rules.filter(|rule| rule.guards_card_data()).flat_map(|rule| rule.source.vtiger_fields()).collect()
    }
}

/// One Frappe document of a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DocumentMapping {
    /// Its role in the unit.
    pub role: Role,
    /// Its DocType.
    pub doctype: Kind,
    /// Frappe fields of which at least one must have a value for the document to exist; none named: it always does.
    pub exists_when: Vec<FieldName>,
    /// Whether several records may share the document (a bank, a plan, a person with two policies).
    pub shared: bool,
    /// Whether the document is what its first match key says (a bank, a plan, a card): a record that names another key
    /// gets another document, and the one it had stays as it is. Otherwise a changed value changes the document.
    pub keyed: bool,
    /// The document's field that holds the key of its creation, unique in Frappe: a create whose answer was lost is
    /// found by it (facts/FRAPPE.md, trap 3).
    pub external_id: Option<FieldName>,
    /// How a document that is already there is found, tried in order.
    pub match_keys: Vec<MatchKey>,
    /// The rule for each field.
    pub fields: Vec<FieldRule>,
    /// The rows that must stand in its child tables.
    pub rows: Vec<RowRule>,
    /// What must hold before it is written.
    pub checks: Vec<Check>,
    /// Who decides conflicts, where the field does not say.
    pub conflict: ConflictPolicy,
    /// Whose value stands where a document that was already there differs before anything was agreed on, where the field
    /// does not say; `None`: as with other conflicts.
    pub first_contact: Option<ConflictPolicy>,
    /// What deletes mean.
    pub deletes: DeletePolicy,
    /// Whether a submitted document is amended where a field has to change that may not; otherwise a person does it.
    pub amend: bool,
    /// What a run does where a field that the document names is no longer what it was; `None`: it depends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_drift: Option<DriftPolicy>,
}

impl DocumentMapping {
    /// The rule for this field.
    pub fn rule(&self, field: &FieldName) -> Option<&FieldRule> {
        self.fields.iter().find(|rule| rule.frappe == *field)
    }

    /// Every source of its fields and rows.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        let columns = self.rows.iter().flat_map(|row| row.columns.values());
        self.fields.iter().map(|rule| &rule.source).chain(columns)
    }

    /// Roles that must be written before this document.
    pub fn parents(&self) -> impl Iterator<Item = &Role> {
        let fields = self.fields.iter().filter(|rule| !rule.deferred).map(|rule| &rule.source);
        let columns = self.rows.iter().flat_map(|row| row.columns.values());
        fields.chain(columns).filter_map(|source| match source {
            Source::Document(role) => Some(role),
            _ => None,
        })
    }
}

/// Fields that together name a document: all must have a value (but those that count only if known) and be equal (case and
/// accents ignored, as both systems do).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatchKey(pub Vec<MatchPart>);

/// One part of a match key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchPart {
    /// The document's own field, as the mapping would write it.
    Field(FieldName),
    /// A tie to the document that plays this role: one points at the other by a field or by a row.
    Linked(Role),
    /// The document's own field, equal where both sides have a value: tells namesakes apart and finds nothing by itself.
    IfKnown(FieldName),
}

/// The rule for one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldRule {
    /// The Frappe field.
    pub frappe: FieldName,
    /// Where its value comes from.
    pub source: Source,
    /// What happens to each source value on its way, in order; undone in reverse order on the way back.
    pub transforms: Vec<Transform>,
    /// Which way it travels.
    pub direction: Direction,
    /// What empty means.
    pub clearing: Clearing,
    /// Who decides conflicts, where it differs from the document's.
    pub conflict: Option<ConflictPolicy>,
    /// Whether it is only given to a new document and never touched again.
    pub on_create: bool,
    /// Whether it is written last, when the document it refers to is there (Customer -> primary contact).
    pub deferred: bool,
}

/// Where a Frappe field's value comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// One or several VTiger fields; several are joined, empty ones left out.
    Fields {
        /// API names.
        names: Vec<FieldName>,
        /// What stands between.
        join: String,
    },
    /// Always the same.
    Constant(Value),
    /// From the installation's settings.
    Setting(String),
    /// The name of the document that plays this role in the same unit.
    Document(Role),
    /// The document that belongs to the record a VTiger reference field points at, in another unit of the mapping.
    Linked {
        /// The reference field.
        field: FieldName,
        /// The other unit.
        unit: UnitName,
        /// The document's role there.
        role: Role,
    },
}

impl Source {
    /// The VTiger fields it reads.
    pub fn vtiger_fields(&self) -> &[FieldName] {
        match self {
            Self::Fields { names, .. } => names,
            Self::Linked { field, .. } => std::slice::from_ref(field),
            Self::Constant(_) | Self::Setting(_) | Self::Document(_) => &[],
        }
    }
}

/// A row that must stand in a child table; other rows are left alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowRule {
    /// The table field: `links`, `items`.
    pub table: FieldName,
    /// The row's columns.
    pub columns: BTreeMap<FieldName, Source>,
    /// Whether the row is only given to a new document (an order's item line) or restored wherever it is missing (a
    /// contact's link to its customer).
    pub on_create: bool,
    /// Checkbox columns that only one row of the table may have set (a contact's primary e-mail): where another row has one
    /// set, this one goes without (facts/FRAPPE.md "Writing": two primaries are refused).
    pub exclusive: Vec<FieldName>,
}

/// What happens to a value on its way from VTiger to Frappe, and back. Each has an inverse, or says that it has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Transform {
    /// Space at both ends goes.
    Trim,
    /// UPPER CASE.
    Upper,
    /// lower case.
    Lower,
    /// Title Case.
    Title,
    /// A text in VTiger that is a date in Frappe.
    Date {
        /// How VTiger's text is written, in strftime's words: `%m/%d/%Y`.
        form: String,
    },
    /// A phone number, in E.164 in Frappe.
    Phone {
        /// The country of numbers without a country code: `US`.
        region: String,
    },
    /// VTiger's words against Frappe's.
    Map {
        /// VTiger's word and Frappe's.
        pairs: Vec<(String, String)>,
        /// What happens to a word without a partner.
        otherwise: Otherwise,
    },
    /// Only the last four digits; what stands before them never leaves the connector.
    LastFour,
    /// One part of a text.
    Part {
        /// What stands between parts.
        separator: String,
        /// Which part, counted from 0; the last one named takes the rest.
        index: u8,
        /// How many parts there are.
        of: u8,
    },
    /// What stands in for an empty value.
    Default(Value),
    /// One that this program was built with ([`own`]).
    Own(Own),
}

/// What happens to a word that a value map does not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Otherwise {
    /// It goes through as it is.
    Keep,
    /// The unit fails, naming the word.
    Refuse,
    /// This word stands in for it, one way only.
    Use(String),
}

/// A condition on a VTiger record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// The VTiger field.
    pub field: FieldName,
    /// What must hold.
    pub test: Test,
}

/// What must hold of a field's value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// It is one of these, case ignored.
    In(Vec<Operand>),
    /// It is none of these, case ignored.
    NotIn(Vec<Operand>),
    /// It is this, as a date or number where it is one.
    Equals(Operand),
    /// It is this or later or more.
    AtLeast(Operand),
    /// It is this or earlier or less.
    AtMost(Operand),
    /// It has a value.
    Present,
    /// It has none.
    Missing,
}

/// What a value is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operand {
    /// This text.
    Literal(String),
    /// What the installation supplied.
    Setting(String),
}

/// What must hold before a document is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// The date in this Frappe field is not after today.
    NotInFuture(FieldName),
    /// This Frappe field has a value.
    Required(FieldName),
}
