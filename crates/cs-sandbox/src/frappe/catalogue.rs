//! What a site knows about its kinds of document: `DocType`s, their fields, names and permissions.
//!
//! The standard ones come from `data/frappe/*.json`, which hold what matters of ERPNext 15's own definitions (from the
//! recorded metas and answers); `crm.json`, the Lead, is written after them without a recording. Custom `DocType`s and custom fields join them while the site runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};

/// One field of a [`DocType`].
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct Field {
    /// The name in the API and of the column.
    pub fieldname: String,
    /// Frappe's type: `Data`, `Link`, `Check`, `Table` and so on.
    pub fieldtype: String,
    /// What people and error messages call it; empty: the name is used.
    pub label: String,
    /// `Link` and `Table`: the other `DocType`; `Select`: its lines; `Data`: `Email`, `Phone` or `URL`;
    /// `Dynamic Link`: the field that names the `DocType`.
    pub options: String,
    /// The default, as Frappe writes it (`Today`, `1`, a text).
    pub default: String,
    /// 1: must have a value.
    pub reqd: u8,
    /// 1: no two documents may have the same value.
    pub unique: u8,
    /// Longest value; 0: the type's own limit.
    pub length: usize,
    /// 1: may change in a submitted document.
    pub allow_on_submit: u8,
    /// 1: may not change after the first save.
    pub set_only_once: u8,
    /// 1: people may not edit it (the API may).
    pub read_only: u8,
}

impl Field {
    /// The label, or the name where there is none.
    pub fn title(&self) -> &str {
        if self.label.is_empty() { &self.fieldname } else { &self.label }
    }

    /// Whether it holds child rows.
    pub fn is_table(&self) -> bool {
        matches!(self.fieldtype.as_str(), "Table" | "Table MultiSelect")
    }

    /// Whether it only shapes the form and has no value.
    pub fn is_layout(&self) -> bool {
        matches!(
            self.fieldtype.as_str(),
            "Section Break" | "Column Break" | "Tab Break" | "HTML" | "Button" | "Heading" | "Fold" | "Image"
        )
    }

    /// Whether it is a column of the table.
    pub fn has_column(&self) -> bool {
        !self.is_table() && !self.is_layout()
    }
}

/// How documents of a kind get their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Naming {
    /// Ten random characters.
    Hash,
    /// The client says it.
    Prompt,
    /// The value of a field.
    Field(String),
    /// A pattern with fields in braces.
    Format(String),
    /// The counter of the document's `naming_series`.
    Series,
    /// A single document, called like its kind.
    Single,
    /// Full name, then the first linked party.
    Contact,
    /// Title and type.
    Address,
    /// The customer's name, made different where it is taken.
    Customer,
    /// `DocType-fieldname`.
    CustomField,
}

impl Naming {
    /// Reads Frappe's `autoname`, or the name of one of the scripted rules.
    pub fn parse(text: &str) -> Self {
        match text {
            "prompt" | "Prompt" => Self::Prompt,
            "series" | "naming_series:" => Self::Series,
            "single" => Self::Single,
            "contact" => Self::Contact,
            "address" => Self::Address,
            "customer" => Self::Customer,
            "custom_field" => Self::CustomField,
            other => {
                if let Some(field) = other.strip_prefix("field:") {
                    Self::Field(field.to_owned())
                } else if let Some(pattern) = other.strip_prefix("format:") {
                    Self::Format(pattern.to_owned())
                } else if other.contains('.') && other.contains('#') {
                    Self::Format(other.to_owned())
                } else {
                    Self::Hash
                }
            }
        }
    }
}

/// A kind of document.
#[derive(Debug, Clone, PartialEq)]
pub struct DocType {
    /// Its name.
    pub name: String,
    /// The module that it belongs to.
    pub module: String,
    /// How its documents are named.
    pub naming: Naming,
    /// Whether its documents are rows of other documents.
    pub is_table: bool,
    /// Whether there is just one document of it.
    pub is_single: bool,
    /// Whether its documents are submitted and cancelled.
    pub is_submittable: bool,
    /// Whether it was made on the site.
    pub custom: bool,
    /// The field that holds a document's title; empty: none.
    pub title_field: String,
    /// Whether links show the title.
    pub show_title: bool,
    /// Its fields, in order, custom ones among them.
    pub fields: Vec<Field>,
    /// Rights by role: letters of `rwcdsxa`, and `o` for "own documents only".
    pub permissions: Vec<(String, String)>,
}

impl DocType {
    /// The field of that name.
    pub fn field(&self, fieldname: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.fieldname == fieldname)
    }

    /// The fields that hold child rows.
    pub fn tables(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.is_table())
    }

    /// The fields that are columns.
    pub fn columns(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.has_column())
    }
}

#[derive(Deserialize)]
struct Definition {
    name: String,
    module: String,
    naming: String,
    #[serde(default)]
    istable: u8,
    #[serde(default)]
    issingle: u8,
    #[serde(default)]
    submittable: u8,
    #[serde(default)]
    title_field: String,
    #[serde(default)]
    show_title: u8,
    #[serde(default)]
    permissions: Map<String, Value>,
    fields: Vec<Field>,
}

/// A file of the catalogue that cannot be read; only possible when the crate was built from a broken one.
#[derive(Debug, thiserror::Error)]
#[error("the Frappe catalogue {file} cannot be read")]
pub struct CatalogueError {
    /// Which file.
    pub file: &'static str,
    /// What the reader said.
    #[source]
    pub source: serde_json::Error,
}

const STANDARD: [(&str, &str); 5] = [
    ("core.json", include_str!("../../data/frappe/core.json")),
    ("crm.json", include_str!("../../data/frappe/crm.json")),
    ("masters.json", include_str!("../../data/frappe/masters.json")),
    ("parties.json", include_str!("../../data/frappe/parties.json")),
    ("selling.json", include_str!("../../data/frappe/selling.json")),
];
const LAB: (&str, &str) = ("lab.json", include_str!("../../data/frappe/lab.json"));
const AGENCY: (&str, &str) = ("agency.json", include_str!("../../data/frappe/agency.json"));
const GROUND: (&str, &str) = ("ground.json", include_str!("../../data/frappe/ground.json"));
const AGENCY_FIELDS: (&str, &str) =
    ("agency_fields.json", include_str!("../../data/frappe/agency_fields.json"));

/// The `DocType`s of every ERPNext 15 site.
pub fn standard() -> Result<Vec<Arc<DocType>>, CatalogueError> {
    let mut all = Vec::new();
    for (file, text) in STANDARD {
        all.extend(read(file, text, false)?);
    }
    Ok(all)
}

/// The custom `DocType`s of the recorded site.
pub fn lab() -> Result<Vec<Arc<DocType>>, CatalogueError> {
    read(LAB.0, LAB.1, true)
}

/// The custom `DocType`s that the default mapping needs (spec/DEFAULT-MAPPING.md).
pub fn agency() -> Result<Vec<Arc<DocType>>, CatalogueError> {
    read(AGENCY.0, AGENCY.1, true)
}

/// The custom fields that the default mapping needs: documents of `Custom Field`.
pub fn agency_fields() -> Result<Vec<Map<String, Value>>, CatalogueError> {
    serde_json::from_str(AGENCY_FIELDS.1).map_err(|source| CatalogueError { file: AGENCY_FIELDS.0, source })
}

/// The documents that every site begins with, by kind: the field that holds the name, and the names.
pub fn ground() -> Result<BTreeMap<String, (String, Vec<String>)>, CatalogueError> {
    serde_json::from_str(GROUND.1).map_err(|source| CatalogueError { file: GROUND.0, source })
}

fn read(file: &'static str, text: &str, custom: bool) -> Result<Vec<Arc<DocType>>, CatalogueError> {
    let definitions: Vec<Definition> =
        serde_json::from_str(text).map_err(|source| CatalogueError { file, source })?;
    Ok(definitions.into_iter().map(|definition| Arc::new(definition.into_doctype(custom))).collect())
}

impl Definition {
    fn into_doctype(self, custom: bool) -> DocType {
        DocType {
            naming: Naming::parse(&self.naming),
            name: self.name,
            module: self.module,
            is_table: self.istable == 1,
            is_single: self.issingle == 1,
            is_submittable: self.submittable == 1,
            custom,
            title_field: self.title_field,
            show_title: self.show_title == 1,
            fields: self.fields,
            permissions: self
                .permissions
                .into_iter()
                .map(|(role, rights)| (role, rights.as_str().unwrap_or_default().to_owned()))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_field_of_the_catalogue_names_a_child_doctype() {
        let mut all = standard().unwrap();
        all.extend(lab().unwrap());
        all.extend(agency().unwrap());
        for doctype in &all {
            for field in doctype.tables() {
                let child = all.iter().find(|other| other.name == field.options);
                assert!(child.is_some_and(|child| child.is_table), "{}.{}", doctype.name, field.fieldname);
            }
        }
        assert!(!agency_fields().unwrap().is_empty());
    }

    #[test]
    fn autoname_is_read() {
        assert_eq!(Naming::parse("field:bank_name"), Naming::Field("bank_name".to_owned()));
        assert_eq!(Naming::parse("BC-.#####"), Naming::Format("BC-.#####".to_owned()));
        assert_eq!(Naming::parse("hash"), Naming::Hash);
    }
}
