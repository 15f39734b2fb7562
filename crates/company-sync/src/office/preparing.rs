//! What a mapping needs of Frappe that is not there: shown exactly as it would be created, and created.

use std::collections::BTreeMap;

use cs_domain::mapping::{DocumentMapping, UnitMapping};
use cs_domain::{FieldName, FieldSchema, FieldType, Kind, Mapping};
use cs_frappe::{CustomDoctype, CustomField, FrappeClient, KindState};
use cs_ports::{PeerError, Reader, WriteOutcome};
use cs_vtiger::VtigerClient;
use cs_web::office::{Lacking, Probe};
use serde::Deserialize;
use serde_json::Value as Json;

use super::probing::bad;
use crate::commands::check::wanted_of_frappe;

/// What is known of fields and DocTypes that mappings need.
const KNOWN: &str = include_str!("preparation.toml");

#[derive(Default, Deserialize)]
struct Known {
    #[serde(default)]
    doctype: Vec<KnownDoctype>,
    #[serde(default)]
    any: BTreeMap<String, Form>,
    #[serde(default)]
    field: BTreeMap<String, BTreeMap<String, Form>>,
}

#[derive(Deserialize)]
struct KnownDoctype {
    name: String,
    autoname: String,
    roles: Vec<String>,
    fields: Vec<NamedForm>,
}

#[derive(Deserialize)]
struct NamedForm {
    fieldname: String,
    #[serde(flatten)]
    form: Form,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Form {
    label: String,
    fieldtype: String,
    options: Option<String>,
    length: Option<u32>,
    unique: bool,
    read_only: bool,
    no_copy: bool,
    mandatory: bool,
}

impl Form {
    fn named(&self, fieldname: &str) -> CustomField {
        CustomField {
            fieldname: fieldname.to_owned(),
            label: self.label.clone(),
            fieldtype: self.fieldtype.clone(),
            options: self.options.clone(),
            length: self.length,
            unique: self.unique,
            read_only: self.read_only,
            no_copy: self.no_copy,
            mandatory: self.mandatory,
            insert_after: None,
        }
    }
}

fn known() -> Known {
    // The file is part of the program, and a test reads it.
    toml::from_str(KNOWN).unwrap_or_default()
}

/// One thing that is not there.
pub(super) enum Missing {
    /// A field that can be added.
    Field { doctype: Kind, field: CustomField, purpose: String },
    /// A DocType that can be created.
    Doctype { doctype: CustomDoctype, purpose: String },
    /// Something that comes with an app, or that nobody knows the form of.
    Foreign { name: String, purpose: String },
}

/// Everything that a mapping needs of Frappe and that is not there, parents first.
pub(super) async fn missing(
    mapping: &Mapping,
    frappe: &FrappeClient,
    vtiger: Option<&VtigerClient>,
) -> Result<Vec<Missing>, PeerError> {
    let probe = frappe.probe(&wanted_of_frappe(&[mapping])).await?;
    let known = known();
    let mut missing = Vec::new();
    for found in &probe.kinds {
        match &found.state {
            KindState::Missing => missing.push(missing_doctype(&known, mapping, &found.kind)),
            KindState::Present { missing_fields, .. } => {
                for field in missing_fields {
                    missing.push(missing_field(&known, mapping, &found.kind, field, vtiger).await);
                }
            }
            KindState::Failed { .. } => {}
        }
    }
    Ok(missing)
}

fn missing_doctype(known: &Known, mapping: &Mapping, kind: &Kind) -> Missing {
    let roles = places(mapping, kind).map(|(_, document)| document.role.to_string());
    let purpose = format!("{}: {}", mapping.name, roles.collect::<Vec<_>>().join(", "));
    let Some(form) = known.doctype.iter().find(|form| form.name == kind.as_str()) else {
        return Missing::Foreign { name: kind.to_string(), purpose };
    };
    let doctype = CustomDoctype {
        name: form.name.clone(),
        autoname: form.autoname.clone(),
        fields: form.fields.iter().map(|field| field.form.named(&field.fieldname)).collect(),
        roles: form.roles.clone(),
    };
    Missing::Doctype { doctype, purpose }
}

async fn missing_field(
    known: &Known,
    mapping: &Mapping,
    kind: &Kind,
    field: &FieldName,
    vtiger: Option<&VtigerClient>,
) -> Missing {
    let purpose = purpose(mapping, kind, field);
    let named = known.field.get(kind.as_str()).and_then(|fields| fields.get(field.as_str()));
    let form = match named.or_else(|| known.any.get(field.as_str())) {
        Some(form) => Some(form.clone()),
        // What people add to a DocType begins so; anything else comes with an app, or is a slip in the mapping.
        None if field.as_str().starts_with("custom_") && !field.as_str().contains('.') => {
            Some(mirrored(mapping, kind, field, vtiger).await)
        }
        None => None,
    };
    match form {
        Some(form) => Missing::Field { doctype: kind.clone(), field: form.named(field.as_str()), purpose },
        None => Missing::Foreign { name: format!("{kind}.{field}"), purpose },
    }
}

/// The form of a field of one's own: that of the VTiger field that it mirrors.
async fn mirrored(mapping: &Mapping, kind: &Kind, field: &FieldName, vtiger: Option<&VtigerClient>) -> Form {
    let is_key = places(mapping, kind).any(|(_, document)| document.external_id.as_ref() == Some(field));
    let mut form = Form {
        label: label(field.as_str()),
        fieldtype: "Data".to_owned(),
        unique: is_key,
        read_only: is_key,
        no_copy: is_key,
        ..Form::default()
    };
    let rules = places(mapping, kind).filter_map(|(unit, document)| Some((unit, document.rule(field)?)));
    for (unit, rule) in rules {
        let (Some(vtiger), [source]) = (vtiger, rule.source.vtiger_fields()) else { continue };
        let Ok(schema) = vtiger.schema(&unit.module).await else { continue };
        if let Some(source) = schema.resolve(source.as_str()) {
            form.fieldtype = like(source).to_owned();
            break;
        }
    }
    form
}

/// Frappe's type for what a VTiger field holds.
fn like(source: &FieldSchema) -> &'static str {
    match &source.field_type {
        FieldType::Date => "Date",
        FieldType::DateTime => "Datetime",
        FieldType::Boolean => "Check",
        FieldType::Integer => "Int",
        FieldType::Decimal { .. } => "Currency",
        FieldType::Text if source.max_chars.is_none_or(|max| max > 140) => "Small Text",
        _ => "Data",
    }
}

/// `custom_sales_date` as people read it.
fn label(field: &str) -> String {
    let words = field.strip_prefix("custom_").unwrap_or(field).split('_').map(|word| {
        let mut letters = word.chars();
        letters
            .next()
            .map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The documents of a mapping that are of this DocType, with their units.
fn places<'m>(
    mapping: &'m Mapping,
    kind: &'m Kind,
) -> impl Iterator<Item = (&'m UnitMapping, &'m DocumentMapping)> {
    let documents =
        mapping.units.iter().flat_map(|unit| unit.documents.iter().map(move |document| (unit, document)));
    documents.filter(move |(_, document)| document.doctype == *kind)
}

/// What a field is for, in the mapping's words.
fn purpose(mapping: &Mapping, kind: &Kind, field: &FieldName) -> String {
    let mut roles = Vec::new();
    let mut is_key = false;
    for (_, document) in places(mapping, kind) {
        if let Some(rule) = document.rule(field) {
            roles.push(format!("{}.{rule}", document.role));
        }
        is_key |= document.external_id.as_ref() == Some(field);
    }
    if is_key {
        roles.push("the VTiger record that it belongs to".to_owned());
    }
    format!("{}: {}", mapping.name, roles.join("; "))
}

impl Missing {
    /// `Customer.custom_vtiger_id`, or the DocType's name.
    fn name(&self) -> String {
        match self {
            Self::Field { doctype, field, .. } => format!("{doctype}.{}", field.fieldname),
            Self::Doctype { doctype, .. } => doctype.name.clone(),
            Self::Foreign { name, .. } => name.clone(),
        }
    }

    /// As pages show it.
    pub(super) fn shown(&self) -> Lacking {
        let (kind, purpose, definition) = match self {
            Self::Field { doctype, field, purpose } => ("custom_field", purpose, field.definition(doctype)),
            Self::Doctype { doctype, purpose } => ("doctype", purpose, doctype.definition()),
            Self::Foreign { name, purpose } => {
                (if name.contains('.') { "custom_field" } else { "doctype" }, purpose, Json::Null)
            }
        };
        Lacking { kind: kind.to_owned(), name: self.name(), purpose: purpose.clone(), definition }
    }

    /// Creates it.
    pub(super) async fn create(&self, frappe: &FrappeClient) -> Probe {
        let outcome = match self {
            Self::Field { doctype, field, .. } => frappe.create_custom_field(doctype, field).await,
            Self::Doctype { doctype, .. } => frappe.create_doctype(doctype).await,
            Self::Foreign { name, .. } => {
                return Probe {
                    what: name.clone(),
                    good: false,
                    code: Some("frappe.foreign".to_owned()),
                    found: "it comes with an app, or the mapping misspells it".to_owned(),
                    remedy: Some(
                        "Install the app that has it (ERPNext), or correct the mapping's file.".to_owned(),
                    ),
                };
            }
        };
        match outcome {
            WriteOutcome::Applied(_) => {
                Probe { what: self.name(), good: true, code: None, found: "created".to_owned(), remedy: None }
            }
            WriteOutcome::Rejected(error) | WriteOutcome::Unknown(error) => {
                bad(&self.name(), error.failure())
            }
            WriteOutcome::Stale => Probe {
                what: self.name(),
                good: false,
                code: Some("frappe.stale".to_owned()),
                found: "somebody changed it at the same time".to_owned(),
                remedy: Some("Try again.".to_owned()),
            },
        }
    }
}

/// Creates what is missing. What a lost answer leaves open is told by whether it is there afterwards; and what can be seen to
/// be missing only now (a field of a DocType that was created) follows.
pub(super) async fn create_all(
    mapping: &Mapping,
    frappe: impl Fn() -> Result<FrappeClient, cs_domain::Failure>,
    vtiger: Option<&VtigerClient>,
) -> Vec<Probe> {
    let mut probes: Vec<Probe> = Vec::new();
    for _ in 0..2 {
        // A new client: what it was told of a DocType before does not hold any more.
        let found = match frappe() {
            Ok(client) => missing(mapping, &client, vtiger).await.map(|found| (client, found)),
            Err(failure) => {
                probes.push(bad("login", failure));
                return probes;
            }
        };
        let (client, found) = match found {
            Ok(found) => found,
            Err(error) => {
                probes.push(bad("DocTypes", error.failure()));
                return probes;
            }
        };
        let still: Vec<String> = found.iter().map(Missing::name).collect();
        for probe in probes.iter_mut().filter(|probe| !probe.good && !still.contains(&probe.what)) {
            (probe.good, probe.code, probe.remedy) = (true, None, None);
            "it is there".clone_into(&mut probe.found);
        }
        for one in &found {
            if !probes.iter().any(|probe| probe.what == one.name()) {
                probes.push(one.create(&client).await);
            }
        }
    }
    probes
}

#[cfg(test)]
mod tests {
    use super::*;
    use cs_domain::mapping::{parse, shipped};

    #[test]
    fn what_the_shipped_mappings_add_to_frappe_is_known() {
        let known: Known = toml::from_str(KNOWN).unwrap();
        for (name, text) in shipped() {
            let mapping = parse(text).unwrap().mapping;
            for (kind, fields) in wanted_of_frappe(&[&mapping]) {
                let own = known.doctype.iter().find(|form| form.name == kind.as_str());
                for field in fields {
                    let stands = match own {
                        Some(form) => form.fields.iter().any(|known| known.fieldname == field.as_str()),
                        None => {
                            !field.as_str().starts_with("custom_")
                                || known.any.contains_key(field.as_str())
                                || known
                                    .field
                                    .get(kind.as_str())
                                    .is_some_and(|all| all.contains_key(field.as_str()))
                        }
                    };
                    assert!(stands, "{name}: {kind}.{field}");
                }
            }
        }
    }

    #[test]
    fn labels_are_words() {
        assert_eq!(label("custom_sales_date"), "Sales Date");
        assert_eq!(label("custom__x"), " X");
    }
}
