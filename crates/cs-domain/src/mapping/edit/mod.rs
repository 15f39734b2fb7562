//! Changing a mapping's text, one part at a time, so that its comments and its order survive.
//!
//! An edit says what a part is to be; it does not judge whether that is right ([`crate::mapping::parse`] does), so that a draft
//! may be wrong on its way.

pub(super) mod notation;
#[cfg(test)]
mod tests;

use toml_edit::{ArrayOfTables, DocumentMut, InlineTable, Item, Table, TableLike, Value as Toml};

use crate::mapping::{Check, Condition, CreateInVtiger, FieldRule, MatchKey, RowRule, SettingSpec};
use crate::name::{FieldName, Kind, MappingName, Role, UnitName};
use crate::policy::{ConflictPolicy, DeletePolicy, DriftPolicy};

/// Something that is to be otherwise in a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MappingEdit {
    /// It has this name: a copy of another one has.
    Rename {
        /// Its name.
        name: MappingName,
    },
    /// People call it this.
    SetTitle {
        /// What they call it.
        title: String,
    },
    /// The installation has to supply something; `None`: no longer.
    SetSetting {
        /// Its name.
        name: String,
        /// What it is.
        spec: Option<SettingSpec>,
    },
    /// There is one unit more, with its first document.
    AddUnit {
        /// The unit's name.
        unit: UnitName,
        /// Its VTiger module.
        module: Kind,
        /// The document's role.
        role: Role,
        /// Its DocType.
        doctype: Kind,
    },
    /// There is one unit less.
    DropUnit {
        /// Which.
        unit: UnitName,
    },
    /// A unit has one document more.
    AddDocument {
        /// Of which unit.
        unit: UnitName,
        /// The document's role.
        role: Role,
        /// Its DocType.
        doctype: Kind,
    },
    /// A unit has one document less.
    DropDocument {
        /// Of which unit.
        unit: UnitName,
        /// The document's role.
        role: Role,
    },
    /// These records take part.
    SetSelection {
        /// Of which unit.
        unit: UnitName,
        /// What must hold of them.
        conditions: Vec<Condition>,
    },
    /// These fields are never read.
    SetNeverRead {
        /// Of which unit.
        unit: UnitName,
        /// Which.
        fields: Vec<FieldName>,
    },
    /// These documents make new records; `None`: none do.
    SetCreate {
        /// Of which unit.
        unit: UnitName,
        /// Which do.
        create: Option<CreateInVtiger>,
    },
    /// A document is this.
    SetTraits {
        /// Of which unit.
        unit: UnitName,
        /// The document's role.
        role: Role,
        /// What it is.
        traits: DocumentTraits,
    },
    /// A document that is already there is found like this.
    SetMatch {
        /// Of which unit.
        unit: UnitName,
        /// The document's role.
        role: Role,
        /// The keys, in their order.
        keys: Vec<MatchKey>,
    },
    /// These policies are said here; what is not said is inherited.
    SetPolicies {
        /// Where.
        level: Level,
        /// Which.
        said: PoliciesSaid,
    },
    /// A field has this rule, new or in place of the one it has.
    SetField {
        /// Of which unit.
        unit: UnitName,
        /// The document's role.
        role: Role,
        /// The rule.
        rule: FieldRule,
    },
    /// A field has no rule.
    DropField {
        /// Of which unit.
        unit: UnitName,
        /// The document's role.
        role: Role,
        /// The Frappe field.
        field: FieldName,
    },
    /// A row must stand in a child table, new or in place of one.
    SetRow {
        /// Of which unit.
        unit: UnitName,
        /// The document's role.
        role: Role,
        /// Which one, and of how many; `None`: a new one, behind the others.
        at: Option<RowAt>,
        /// The row.
        row: RowRule,
    },
    /// A row need not stand there any more.
    DropRow {
        /// Of which unit.
        unit: UnitName,
        /// The document's role.
        role: Role,
        /// Which one.
        at: RowAt,
    },
    /// This must hold before a document is written.
    SetChecks {
        /// Of which unit.
        unit: UnitName,
        /// The document's role.
        role: Role,
        /// What, in its order.
        checks: Vec<Check>,
    },
}

/// Which row of a document: rows have no names. Where the text has another number of them than whoever changes one knows
/// of, one of them is none, and the numbers do not mean the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowAt {
    /// Which, counted from 0.
    pub index: usize,
    /// How many there are.
    pub of: usize,
}

/// What a document is, apart from its fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentTraits {
    /// The field that holds the key of its creation.
    pub external_id: Option<FieldName>,
    /// Fields of which one must have a value for it to exist.
    pub exists_when: Vec<FieldName>,
    /// Whether several records may share it.
    pub shared: bool,
    /// Whether it is what its first match key says.
    pub keyed: bool,
    /// Whether it is amended where it may not change.
    pub amend: bool,
}

/// Where a policy is said.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For the whole mapping.
    Mapping,
    /// For a unit.
    Unit(UnitName),
    /// For a document.
    Document(UnitName, Role),
}

/// The policies that are said in one place; what is `None` is inherited from further out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PoliciesSaid {
    /// Who decides conflicts.
    pub conflict: Option<ConflictPolicy>,
    /// Whose value stands at first contact.
    pub first_contact: Option<ConflictPolicy>,
    /// What deletes mean.
    pub deletes: Option<DeletePolicy>,
    /// What a changed field means.
    pub on_drift: Option<DriftPolicy>,
}

/// Why a text cannot be changed part by part.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// It is no TOML.
    #[error("the text is not TOML: {message}")]
    Syntax {
        /// What the reader of TOML says.
        message: String,
    },
    /// What is to change is not there.
    #[error("there is no {what}")]
    NotThere {
        /// What: `unit lead`.
        what: String,
    },
    /// It is there already.
    #[error("there is already a {what}")]
    There {
        /// What.
        what: String,
    },
    /// It is there, and not written as a mapping has it.
    #[error("`{key}` is not written as a mapping has it")]
    Form {
        /// Which key.
        key: String,
    },
}

impl EditError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Syntax { .. } => "edit.syntax",
            Self::NotThere { .. } => "edit.not_there",
            Self::There { .. } => "edit.there",
            Self::Form { .. } => "edit.form",
        }
    }

    /// What to do.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Syntax { .. } | Self::Form { .. } => "Correct the text itself, then go on here.",
            Self::NotThere { .. } => "Somebody may have taken it out: look at the mapping as it is now.",
            Self::There { .. } => "Give it another name.",
        }
    }
}

/// The text of a mapping that has a name and nothing else yet.
pub fn new_text(name: &MappingName, title: &str) -> String {
    let mut document = DocumentMut::new();
    document.insert("format", toml_edit::value(i64::from(crate::mapping::file::FORMAT)));
    document.insert("name", toml_edit::value(name.as_str()));
    document.insert("title", toml_edit::value(title));
    document.to_string()
}

/// The text with these edits, in their order; all of them or none.
pub fn edited(text: &str, edits: &[MappingEdit]) -> Result<String, EditError> {
    let parsed: Result<DocumentMut, _> = text.parse();
    let mut document = parsed.map_err(|error| EditError::Syntax { message: error.message().to_owned() })?;
    for edit in edits {
        apply(&mut document, edit)?;
    }
    Ok(document.to_string())
}

fn apply(document: &mut DocumentMut, edit: &MappingEdit) -> Result<(), EditError> {
    match edit {
        MappingEdit::Rename { name } => put(document.as_table_mut(), "name", Some(name.as_str().into())),
        MappingEdit::SetTitle { title } => put(document.as_table_mut(), "title", Some(title.as_str().into())),
        MappingEdit::SetSetting { name, spec } => set_setting(document, name, spec.as_ref())?,
        MappingEdit::AddUnit { unit, module, role, doctype } => {
            add_unit(document, unit, module)?;
            add_document(document, unit, role, doctype)?;
        }
        MappingEdit::DropUnit { unit } => take_out(units(document)?, "name", unit.as_str(), "unit")?,
        MappingEdit::AddDocument { unit, role, doctype } => add_document(document, unit, role, doctype)?,
        MappingEdit::DropDocument { unit, role } => {
            let unit = unit_table(document, unit)?;
            take_out(array(unit, "document")?, "role", role.as_str(), "document")?;
        }
        MappingEdit::SetSelection { unit, conditions } => {
            let value = (!conditions.is_empty()).then(|| notation::conditions(conditions));
            put(unit_table(document, unit)?, "selection", value);
        }
        MappingEdit::SetNeverRead { unit, fields } => {
            let value = (!fields.is_empty()).then(|| notation::names(fields));
            put(unit_table(document, unit)?, "never_read", value);
        }
        MappingEdit::SetCreate { unit, create } => {
            put_table(unit_table(document, unit)?, "create_in_vtiger", create.as_ref().map(notation::create));
        }
        MappingEdit::SetTraits { unit, role, traits } => {
            set_traits(document_table(document, unit, role)?, traits);
        }
        MappingEdit::SetMatch { unit, role, keys } => {
            let value = (!keys.is_empty()).then(|| notation::match_keys(keys));
            put(document_table(document, unit, role)?, "match", value);
        }
        MappingEdit::SetPolicies { level, said } => set_policies(level_table(document, level)?, said),
        MappingEdit::SetField { unit, role, rule } => {
            let fields = fields(document_table(document, unit, role)?)?;
            put_like(fields, rule.frappe.as_str(), notation::rule(rule));
        }
        MappingEdit::DropField { unit, role, field } => {
            let fields = fields(document_table(document, unit, role)?)?;
            if fields.remove(field.as_str()).is_none() {
                return Err(EditError::NotThere { what: format!("rule for {field}") });
            }
        }
        MappingEdit::SetRow { unit, role, at, row } => {
            put_row(array(document_table(document, unit, role)?, "row")?, *at, row)?;
        }
        MappingEdit::DropRow { unit, role, at } => {
            let rows = array(document_table(document, unit, role)?, "row")?;
            nth(rows, *at)?;
            rows.remove(at.index);
        }
        MappingEdit::SetChecks { unit, role, checks } => {
            let value = (!checks.is_empty()).then(|| notation::checks(checks));
            put(document_table(document, unit, role)?, "checks", value);
        }
    }
    Ok(())
}

/// Puts a row where another stands, or behind all.
fn put_row(rows: &mut ArrayOfTables, at: Option<RowAt>, row: &RowRule) -> Result<(), EditError> {
    match at {
        Some(at) => set_row(nth(rows, at)?, row),
        None => rows.push(new_row(row)),
    }
    Ok(())
}

/// Sets a key, keeping what stands around its value; `None` takes it out.
fn put(table: &mut Table, key: &str, value: Option<Toml>) {
    match value {
        Some(value) => put_like(table, key, value),
        None => drop(table.remove(key)),
    }
}

fn put_like(table: &mut dyn TableLike, key: &str, mut value: Toml) {
    // A comment that follows the value on its line belongs to the value's decoration.
    match table.get_mut(key) {
        Some(Item::Value(there)) => {
            *value.decor_mut() = there.decor().clone();
            *there = value;
        }
        Some(there) => *there = Item::Value(value),
        None => drop(table.insert(key, Item::Value(value))),
    }
}

/// Sets a table of its own, `[unit.create_in_vtiger]`, key by key.
fn put_table(table: &mut Table, key: &str, entries: Option<InlineTable>) {
    let Some(entries) = entries else {
        table.remove(key);
        return;
    };
    let there = table.entry(key).or_insert_with(|| Item::Table(Table::new()));
    if !there.is_table_like() {
        *there = Item::Table(Table::new());
    }
    let Some(there) = there.as_table_like_mut() else { return };
    let gone: Vec<String> =
        there.iter().map(|(key, _)| key.to_owned()).filter(|key| !entries.contains_key(key)).collect();
    for key in gone {
        there.remove(&key);
    }
    for (key, value) in entries {
        put_like(there, &key, value);
    }
}

fn units(document: &mut DocumentMut) -> Result<&mut ArrayOfTables, EditError> {
    array(document.as_table_mut(), "unit")
}

fn array<'t>(table: &'t mut Table, key: &str) -> Result<&'t mut ArrayOfTables, EditError> {
    let there = table.entry(key).or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    there.as_array_of_tables_mut().ok_or_else(|| EditError::Form { key: key.to_owned() })
}

fn is_called(table: &Table, key: &str, name: &str) -> bool {
    table.get(key).and_then(Item::as_str) == Some(name)
}

fn named<'t>(
    tables: &'t mut ArrayOfTables,
    key: &str,
    name: &str,
    what: &str,
) -> Result<&'t mut Table, EditError> {
    let found = tables.iter_mut().find(|table| is_called(table, key, name));
    found.ok_or_else(|| EditError::NotThere { what: format!("{what} {name}") })
}

fn take_out(tables: &mut ArrayOfTables, key: &str, name: &str, what: &str) -> Result<(), EditError> {
    let place = tables.iter().position(|table| is_called(table, key, name));
    let place = place.ok_or_else(|| EditError::NotThere { what: format!("{what} {name}") })?;
    tables.remove(place);
    Ok(())
}

fn unit_table<'d>(document: &'d mut DocumentMut, unit: &UnitName) -> Result<&'d mut Table, EditError> {
    named(units(document)?, "name", unit.as_str(), "unit")
}

fn document_table<'d>(
    document: &'d mut DocumentMut,
    unit: &UnitName,
    role: &Role,
) -> Result<&'d mut Table, EditError> {
    named(array(unit_table(document, unit)?, "document")?, "role", role.as_str(), "document")
}

fn level_table<'d>(document: &'d mut DocumentMut, level: &Level) -> Result<&'d mut Table, EditError> {
    match level {
        Level::Mapping => Ok(document.as_table_mut()),
        Level::Unit(unit) => unit_table(document, unit),
        Level::Document(unit, role) => document_table(document, unit, role),
    }
}

fn fields(document: &mut Table) -> Result<&mut dyn TableLike, EditError> {
    let fields = document.entry("fields").or_insert_with(|| Item::Table(Table::new()));
    fields.as_table_like_mut().ok_or_else(|| EditError::Form { key: "fields".to_owned() })
}

fn add_unit(document: &mut DocumentMut, unit: &UnitName, module: &Kind) -> Result<(), EditError> {
    let units = units(document)?;
    if units.iter().any(|table| is_called(table, "name", unit.as_str())) {
        return Err(EditError::There { what: format!("unit {unit}") });
    }
    let mut table = Table::new();
    table.decor_mut().set_prefix("\n");
    table.insert("name", toml_edit::value(unit.as_str()));
    table.insert("module", toml_edit::value(module.as_str()));
    units.push(table);
    Ok(())
}

fn add_document(
    document: &mut DocumentMut,
    unit: &UnitName,
    role: &Role,
    doctype: &Kind,
) -> Result<(), EditError> {
    let documents = array(unit_table(document, unit)?, "document")?;
    if documents.iter().any(|table| is_called(table, "role", role.as_str())) {
        return Err(EditError::There { what: format!("document {role}") });
    }
    let mut table = Table::new();
    table.decor_mut().set_prefix("\n");
    table.insert("role", toml_edit::value(role.as_str()));
    table.insert("doctype", toml_edit::value(doctype.as_str()));
    table.insert("fields", Item::Table(Table::new()));
    documents.push(table);
    Ok(())
}

fn set_setting(document: &mut DocumentMut, name: &str, spec: Option<&SettingSpec>) -> Result<(), EditError> {
    let mut all = Table::new();
    all.set_implicit(true);
    let settings = document.entry("settings").or_insert_with(|| Item::Table(all));
    let settings = settings.as_table_mut().ok_or_else(|| EditError::Form { key: "settings".to_owned() })?;
    put_table(settings, name, spec.map(notation::setting));
    if settings.is_empty() {
        document.remove("settings");
    }
    Ok(())
}

fn set_traits(table: &mut Table, traits: &DocumentTraits) {
    put(table, "external_id", traits.external_id.as_ref().map(|field| field.as_str().into()));
    let exists = (!traits.exists_when.is_empty()).then(|| notation::names(&traits.exists_when));
    put(table, "exists_when", exists);
    for (key, flag) in [("shared", traits.shared), ("keyed", traits.keyed), ("amend", traits.amend)] {
        put(table, key, flag.then(|| Toml::from(true)));
    }
}

fn nth(rows: &mut ArrayOfTables, at: RowAt) -> Result<&mut Table, EditError> {
    if rows.len() != at.of {
        return Err(EditError::Form { key: "row".to_owned() });
    }
    rows.get_mut(at.index).ok_or_else(|| EditError::NotThere { what: format!("row {}", at.index + 1) })
}

fn new_row(row: &RowRule) -> Table {
    let mut table = Table::new();
    set_row(&mut table, row);
    table
}

/// What is said otherwise is written anew; a table whose columns stand under a heading of their own keeps it.
fn set_row(table: &mut Table, row: &RowRule) {
    put(table, "table", Some(row.table.as_str().into()));
    let columns = notation::columns(row);
    match table.get("columns") {
        Some(Item::Table(_)) => put_table(table, "columns", Some(columns)),
        _ => put(table, "columns", Some(Toml::InlineTable(columns))),
    }
    put(table, "exclusive", (!row.exclusive.is_empty()).then(|| notation::names(&row.exclusive)));
    put(table, "on_create", row.on_create.then(|| Toml::from(true)));
}

fn set_policies(table: &mut Table, said: &PoliciesSaid) {
    put(table, "conflict", said.conflict.map(|policy| notation::conflict(policy).into()));
    put(table, "first_contact", said.first_contact.map(|policy| notation::conflict(policy).into()));
    put(table, "deletes", said.deletes.as_ref().map(notation::deletes));
    put(table, "on_drift", said.on_drift.map(|policy| policy.as_str().into()));
}
