//! What all stories of one execution begin with, made once: servers without records, and how they describe themselves.

use std::collections::BTreeMap;

use cs_domain::{FieldName, FieldSchema, FieldType, Kind, KindSchema};

use crate::frappe::Site;
use crate::frappe::catalogue::{CatalogueError, DocType, Field};
use crate::frappe::install::{self, AgencyOptions};
use crate::vtiger::{self, Installation, Module, Persona, Setup, System};

/// The modules that stories play in.
const MODULES: [&str; 3] = ["Accounts", "Contacts", "SalesOrder"];
/// The `DocType`s that stories play in, and the tables that they have.
const DOCTYPES: [&str; 8] =
    ["Address", "Bank", "Bank Account", "Bank Card", "Contact", "Customer", "Item", "Sales Order"];
/// Currency, Float and Percent are decimal(21,9).
const SCALE: u32 = 9;

/// What all stories share.
pub(crate) struct Ground {
    personas: Vec<System>,
    site: Site,
    /// VTiger's modules.
    pub(crate) modules: BTreeMap<Kind, KindSchema>,
    /// Frappe's `DocType`s, child tables among them.
    pub(crate) doctypes: BTreeMap<Kind, DocSchema>,
}

/// A `DocType` as a connector knows it.
pub(crate) struct DocSchema {
    pub(crate) kind: KindSchema,
    /// Its fields as the site keeps them.
    pub(crate) fields: BTreeMap<String, Field>,
}

impl Ground {
    pub(crate) fn new() -> Result<Self, CatalogueError> {
        let personas = ["8.3.0", "8.2.0"].iter().filter_map(|name| name.parse::<Persona>().ok());
        let personas: Vec<System> =
            personas.map(|persona| System::new(Setup::new(persona, Installation::Agency))).collect();
        let site = install::agency(&AgencyOptions::default())?;
        let modules = personas.iter().take(1).flat_map(|system| {
            MODULES.iter().filter_map(|name| Some(module_schema(system.catalogue().module(name)?)))
        });
        let modules = modules.map(|schema| (schema.kind.clone(), schema)).collect();
        let mut doctypes = BTreeMap::new();
        for name in DOCTYPES {
            let Some(doctype) = site.doctype(name) else { continue };
            for table in doctype.tables() {
                if let Some(child) = site.doctype(&table.options) {
                    doctypes.insert(Kind::from(child.name.as_str()), doc_schema(&child));
                }
            }
            doctypes.insert(Kind::from(name), doc_schema(&doctype));
        }
        Ok(Self { personas, site, modules, doctypes })
    }

    /// A VTiger server without records; the numbers go round the personas.
    pub(crate) fn vtiger(&self, persona: u64) -> Option<System> {
        let count = self.personas.len() as u64;
        let index = usize::try_from(persona.checked_rem(count)?).ok()?;
        self.personas.get(index).cloned()
    }

    /// A Frappe site without customers.
    pub(crate) fn site(&self) -> Site {
        self.site.clone()
    }
}

fn module_schema(module: &Module) -> KindSchema {
    let said = module.fields.iter().filter(|field| !field.hidden && !field.item);
    let fields = said.map(|field| (FieldName::from(field.name.as_str()), vtiger_field(field))).collect();
    KindSchema {
        kind: Kind::from(module.name.as_str()),
        label: module.name.clone(),
        creatable: true,
        updatable: true,
        submittable: false,
        fields,
    }
}

fn vtiger_field(field: &vtiger::Field) -> FieldSchema {
    let flag = |name: &str| field.describe.get(name).and_then(serde_json::Value::as_bool) == Some(true);
    let field_type = vtiger_type(field);
    let texts = matches!(field_type, FieldType::Text | FieldType::Choice { .. });
    let max_chars = match field.kind {
        vtiger::Kind::Text(Some(length)) if texts => u32::try_from(length).ok(),
        _ => None,
    };
    FieldSchema {
        name: field.name.as_str().into(),
        label: field.describe.get("label").and_then(|label| label.as_str()).unwrap_or_default().to_owned(),
        mandatory: field.mandatory,
        writable: flag("editable") && !field.is_the_servers() && field.name != "id",
        max_chars,
        field_type,
        bmp_only: true,
        unique: flag("isunique"),
        allow_on_submit: false,
    }
}

fn vtiger_type(field: &vtiger::Field) -> FieldType {
    let choices = || {
        let values = field.describe.pointer("/type/picklistValues").and_then(serde_json::Value::as_array);
        let values = values.into_iter().flatten().filter_map(|choice| choice.get("value")?.as_str());
        values.map(str::to_owned).collect()
    };
    match field.describe.pointer("/type/name").and_then(serde_json::Value::as_str).unwrap_or_default() {
        "integer" => FieldType::Integer,
        "double" | "currency" => match field.kind {
            vtiger::Kind::Decimal(places) => FieldType::Decimal { scale: Some(places) },
            _ => FieldType::Decimal { scale: None },
        },
        "boolean" => FieldType::Boolean,
        "date" => FieldType::Date,
        "datetime" => FieldType::DateTime,
        "picklist" => FieldType::Choice { values: choices(), closed: false },
        "reference" => FieldType::Reference {
            kinds: field.refers_to.iter().map(|name| Kind::from(name.as_str())).collect(),
        },
        "owner" => FieldType::Reference { kinds: vec!["Users".into(), "Groups".into()] },
        other @ ("image" | "file" | "password") => FieldType::Other { name: other.to_owned() },
        _ => FieldType::Text,
    }
}

fn doc_schema(doctype: &DocType) -> DocSchema {
    let named = |name: &str, field_type, writable| FieldSchema {
        name: name.into(),
        label: name.to_owned(),
        field_type,
        mandatory: false,
        writable,
        max_chars: None,
        bmp_only: false,
        unique: false,
        allow_on_submit: false,
    };
    let standard = [
        named("name", FieldType::Text, false),
        named("owner", FieldType::Text, false),
        named("modified_by", FieldType::Text, false),
        named("docstatus", FieldType::Integer, doctype.is_submittable),
    ];
    let own = doctype.fields.iter().filter_map(frappe_field);
    let fields = standard.into_iter().chain(own).map(|field| (field.name.clone(), field)).collect();
    DocSchema {
        kind: KindSchema {
            kind: doctype.name.as_str().into(),
            label: doctype.name.clone(),
            creatable: !doctype.is_table,
            updatable: !doctype.is_table,
            submittable: doctype.is_submittable,
            fields,
        },
        fields: doctype.fields.iter().map(|field| (field.fieldname.clone(), field.clone())).collect(),
    }
}

fn frappe_field(field: &Field) -> Option<FieldSchema> {
    let field_type = frappe_type(field)?;
    let long =
        matches!(field.fieldtype.as_str(), "Small Text" | "Text" | "Long Text" | "Text Editor" | "Code");
    let texts = matches!(field_type, FieldType::Text | FieldType::Choice { .. });
    let max_chars = match field.length {
        0 if long => None,
        0 => Some(140),
        length => u32::try_from(length).ok(),
    };
    Some(FieldSchema {
        name: field.fieldname.as_str().into(),
        label: field.title().to_owned(),
        mandatory: field.reqd == 1 && field.default.is_empty(),
        writable: field.read_only == 0 || field.fieldname.starts_with("custom_"),
        max_chars: max_chars.filter(|_| texts),
        field_type,
        bmp_only: false,
        unique: field.unique == 1,
        allow_on_submit: field.allow_on_submit == 1,
    })
}

fn frappe_type(field: &Field) -> Option<FieldType> {
    let kind = || Kind::from(field.options.trim());
    Some(match field.fieldtype.as_str() {
        "Data" | "Small Text" | "Text" | "Long Text" | "Text Editor" | "HTML Editor" | "Code" | "Phone"
        | "Autocomplete" | "Read Only" | "Attach" | "Attach Image" => FieldType::Text,
        "Select" => {
            let values: Vec<String> = field
                .options
                .lines()
                .map(str::trim)
                .filter(|line| !line.is_empty())
                .map(str::to_owned)
                .collect();
            FieldType::Choice { closed: !values.is_empty(), values }
        }
        "Link" => FieldType::Reference { kinds: vec![kind()] },
        "Dynamic Link" => FieldType::Reference { kinds: Vec::new() },
        "Table" | "Table MultiSelect" => FieldType::Rows { kind: kind() },
        "Date" => FieldType::Date,
        "Datetime" => FieldType::DateTime,
        "Check" => FieldType::Boolean,
        "Int" | "Long Int" => FieldType::Integer,
        "Float" | "Currency" | "Percent" => FieldType::Decimal { scale: Some(SCALE) },
        "Password" => return None,
        _ if field.is_layout() => return None,
        other => FieldType::Other { name: other.to_owned() },
    })
}
