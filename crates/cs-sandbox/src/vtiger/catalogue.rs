//! Which modules there are and which fields they have.
//!
//! The catalogues are the recorded answers of `describe` together with the columns' SQL types, as data files in
//! `data/vtiger`; Leads are written after them without a recording. Custom fields are an installation's own: the recordings' (`lab`) or the reference agency's.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::reshape::FieldChange;

/// Whose custom fields a sandbox has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Installation {
    /// No custom fields at all, as after the installer.
    Bare,
    /// The server that the fixtures were recorded from: `cf_853` ... `cf_875`.
    Lab,
    /// The reference installation of spec/DEFAULT-MAPPING.md and spec/RECONCILIATION.md: `cf_1463` ... `cf_2817`.
    Agency,
}

/// How a column keeps its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text of at most so many characters; none: as good as unlimited.
    Text(Option<usize>),
    /// A decimal with so many places after the point.
    Decimal(u32),
    /// A whole number.
    Integer,
    /// `0` or `1`.
    Flag,
    /// A date.
    Date,
    /// A date and time, whole seconds in the server's time zone.
    DateTime,
    /// A time of day.
    Time,
    /// The number of another record, or none.
    Reference,
    /// The number of a user or group.
    Owner,
}

/// A field as the web service knows it.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its API name.
    pub name: String,
    /// The column's name, where two fields can share one (trap of `SalesOrder`: `discount_percent`).
    pub column: String,
    /// How values are kept.
    pub kind: Kind,
    /// Whether a create without it is refused.
    pub mandatory: bool,
    /// Whether it belongs to the order's line items.
    pub item: bool,
    /// Whether `describe` keeps quiet about it, though rows show it.
    pub hidden: bool,
    /// For references: the modules that it may point to.
    pub refers_to: Vec<String>,
    /// The default that a create fills in.
    pub default: Option<String>,
    /// The entry of `describe`, as it was recorded.
    pub describe: Value,
}

impl Field {
    /// Whether only the server sets it.
    pub fn is_the_servers(&self) -> bool {
        matches!(
            self.name.as_str(),
            "id" | "createdtime" | "modifiedtime" | "modifiedby" | "source" | "starred"
        ) || self.name.ends_with("_no") && self.describe.get("editable") == Some(&Value::Bool(false))
    }
}

/// A module whose records the sandbox serves.
#[derive(Debug, Clone)]
pub struct Module {
    /// Its name; case matters.
    pub name: String,
    /// The prefix of its ids.
    pub prefix: u64,
    /// The fields whose values make up a record's label.
    pub label_fields: Vec<String>,
    /// The fields in the order of `describe`.
    pub fields: Vec<Field>,
    /// What `describe` says besides the fields.
    pub head: Map<String, Value>,
    by_name: BTreeMap<String, usize>,
}

impl Module {
    /// A field by its exact API name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.by_name.get(name).and_then(|index| self.fields.get(*index))
    }

    /// The fields that a record keeps values for: not `id`, and not the extras that `describe` lists after it.
    pub fn stored(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| self.keeps(field))
    }

    /// Whether a field is a column of its own. `describe` tells the extras of entities (taxes, prices, shipping) by
    /// what it leaves out.
    pub(crate) fn keeps(&self, field: &Field) -> bool {
        let entity = self.head.get("isEntity") == Some(&Value::Bool(true));
        field.name != "id" && (!entity || field.describe.get("isunique").is_some())
    }
}

/// A module as `listtypes` knows it, served or not.
#[derive(Debug, Clone, Deserialize)]
pub struct TypeEntry {
    /// The name.
    pub name: String,
    /// The prefix of its ids.
    pub prefix: u64,
    /// Whether its records are entities (have an owner, can be deleted softly).
    #[serde(rename = "isEntity")]
    pub is_entity: bool,
    /// The label.
    pub label: String,
    /// The label of one of them.
    pub singular: String,
}

/// All modules of an installation.
#[derive(Debug, Clone)]
pub struct Catalogue {
    types: Vec<TypeEntry>,
    modules: BTreeMap<String, Arc<Module>>,
}

const TYPES: &str = include_str!("../../data/vtiger/types.json");
const MODULES: [&str; 8] = [
    include_str!("../../data/vtiger/Accounts.json"),
    include_str!("../../data/vtiger/Contacts.json"),
    include_str!("../../data/vtiger/Leads.json"),
    include_str!("../../data/vtiger/Products.json"),
    include_str!("../../data/vtiger/SalesOrder.json"),
    include_str!("../../data/vtiger/LineItem.json"),
    include_str!("../../data/vtiger/Users.json"),
    include_str!("../../data/vtiger/Currency.json"),
];
const LAB: &str = include_str!("../../data/vtiger/custom.lab.json");
const AGENCY: &str = include_str!("../../data/vtiger/custom.agency.json");

impl Catalogue {
    /// The catalogue of an installation.
    pub fn of(installation: Installation) -> Self {
        let custom = match installation {
            Installation::Bare => "{}",
            Installation::Lab => LAB,
            Installation::Agency => AGENCY,
        };
        let mut modules: BTreeMap<String, Module> = MODULES
            .iter()
            .filter_map(|text| module(text))
            .map(|module| (module.name.clone(), module))
            .collect();
        if let Some(orders) = modules.get_mut("SalesOrder") {
            orders.insert_custom(fields(&serde_json::from_str(custom).unwrap_or_default()));
        }
        let modules = modules.into_iter().map(|(name, module)| (name, Arc::new(module))).collect();
        Self { types: serde_json::from_str(TYPES).unwrap_or_default(), modules }
    }

    /// A served module by its exact name.
    pub fn module(&self, name: &str) -> Option<&Arc<Module>> {
        self.modules.get(name)
    }

    pub(super) fn change_field(&mut self, module: &str, field: &str, change: &FieldChange) -> bool {
        let Some(module) = self.modules.get_mut(module).map(Arc::make_mut) else { return false };
        let Some(at) = module.by_name.get(field).copied() else { return false };
        if *change == FieldChange::Removed {
            module.fields.remove(at);
            module.index();
        } else if let Some(field) = module.fields.get_mut(at) {
            field.change(change);
        }
        true
    }

    pub(super) fn remove_module(&mut self, module: &str) -> bool {
        self.types.retain(|entry| entry.name != module);
        self.modules.remove(module).is_some()
    }

    /// Every module that `listtypes` knows, in its order.
    pub fn types(&self) -> &[TypeEntry] {
        &self.types
    }

    /// The module that a prefix belongs to, served or not.
    pub fn by_prefix(&self, prefix: u64) -> Option<&TypeEntry> {
        self.types.iter().find(|entry| entry.prefix == prefix)
    }

    /// A module by its exact name, served or not.
    pub fn by_name(&self, name: &str) -> Option<&TypeEntry> {
        self.types.iter().find(|entry| entry.name == name)
    }
}

impl Module {
    /// `describe` lists custom fields after the standard ones and before `id`.
    fn insert_custom(&mut self, custom: Vec<Field>) {
        let at = self.fields.iter().position(|field| field.name == "id").unwrap_or(self.fields.len());
        self.fields.splice(at..at, custom);
        self.index();
    }

    fn index(&mut self) {
        self.by_name =
            self.fields.iter().enumerate().map(|(index, field)| (field.name.clone(), index)).collect();
    }
}

fn module(text: &str) -> Option<Module> {
    let mut head: Map<String, Value> = serde_json::from_str(text).ok()?;
    let fields = fields(&head);
    head.shift_remove("fields");
    let label_fields = head.get("labelFields").and_then(Value::as_str).unwrap_or_default();
    let mut module = Module {
        name: head.get("name").and_then(Value::as_str)?.to_owned(),
        prefix: head.get("idPrefix").and_then(Value::as_str)?.parse().ok()?,
        label_fields: label_fields.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        fields,
        head,
        by_name: BTreeMap::new(),
    };
    module.index();
    Some(module)
}

fn fields(of: &Map<String, Value>) -> Vec<Field> {
    let entries = of.get("fields").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    entries.iter().filter_map(field).collect()
}

fn field(entry: &Value) -> Option<Field> {
    let describe = entry.get("describe")?.clone();
    let name = describe.get("name")?.as_str()?.to_owned();
    let type_name = describe.pointer("/type/name").and_then(Value::as_str).unwrap_or_default();
    let refers_to = describe.pointer("/type/refersTo").and_then(Value::as_array);
    Some(Field {
        column: entry.get("column").and_then(Value::as_str).unwrap_or(&name).to_owned(),
        kind: kind(type_name, entry.get("sql")?.as_str()?),
        mandatory: describe.get("mandatory") == Some(&Value::Bool(true)),
        item: entry.get("item") == Some(&Value::Bool(true)),
        hidden: entry.get("hidden") == Some(&Value::Bool(true)),
        refers_to: refers_to
            .map(|names| names.iter().filter_map(Value::as_str).map(str::to_owned).collect())
            .unwrap_or_default(),
        default: describe
            .get("default")
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .map(str::to_owned),
        describe,
        name,
    })
}

fn kind(type_name: &str, sql: &str) -> Kind {
    let (base, size) = sql.split_once('(').unwrap_or((sql, ""));
    let size = size.trim_end_matches(')');
    match (type_name, base) {
        ("reference", _) => Kind::Reference,
        ("owner", _) => Kind::Owner,
        ("boolean", _) => Kind::Flag,
        (_, "date") => Kind::Date,
        (_, "datetime" | "timestamp") => Kind::DateTime,
        (_, "time") => Kind::Time,
        (_, "int") => Kind::Integer,
        (_, "decimal") => {
            Kind::Decimal(size.split_once(',').and_then(|(_, places)| places.parse().ok()).unwrap_or(0))
        }
        (_, "varchar") => Kind::Text(size.parse().ok()),
        _ => Kind::Text(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_installations_load_whole() {
        let lab = Catalogue::of(Installation::Lab);
        assert_eq!(lab.types().len(), 35);
        assert_eq!(lab.module("Contacts").map(|module| module.fields.len()), Some(49));
        assert_eq!(lab.module("SalesOrder").map(|module| module.fields.len()), Some(83));
        assert!(lab.module("contacts").is_none(), "module names keep their case");
        let orders = Catalogue::of(Installation::Agency);
        let orders = orders.module("SalesOrder").unwrap();
        assert!(orders.field("cf_1465").is_some() && orders.field("cf_853").is_none());
        assert_eq!(orders.field("cf_2299").unwrap().kind, Kind::Date);
        assert_eq!(orders.field("cf_2141").unwrap().kind, Kind::Text(Some(255)));
        assert_eq!(orders.field("hdnGrandTotal").unwrap().kind, Kind::Decimal(8));
    }

    #[test]
    fn prefixes_are_the_recorded_ones() {
        let catalogue = Catalogue::of(Installation::Lab);
        for (prefix, name) in
            [(6, "SalesOrder"), (11, "Accounts"), (12, "Contacts"), (14, "Products"), (33, "LineItem")]
        {
            assert_eq!(catalogue.by_prefix(prefix).map(|entry| entry.name.as_str()), Some(name));
        }
        assert!(catalogue.by_prefix(99).is_none());
    }
}
