//! A mapping against what the two systems say of their own fields: labels become API names, and what cannot work is
//! found before anything is read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::mapping::bind_document::DocumentBinder;
use crate::mapping::diagnostic::nearest;
use crate::mapping::place::{Place, UnitPart};
use crate::mapping::sentence::{Said, Sentence};
use crate::mapping::{Mapping, UnitMapping, misfits, phrases};
use crate::name::{FieldName, Kind, UnitName};
use crate::record::System;
use crate::schema::{FieldSchema, KindSchema};

/// Modules or DocTypes by name, as one system describes them.
pub type Schemas = BTreeMap<Kind, KindSchema>;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The mapping cannot be run here.
    Error,
    /// It can be run, and some records will probably fail.
    Warning,
}

/// One thing in a mapping that does not fit the two systems.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BindProblem {
    /// The stable code, `bind.unknown_field` for instance.
    pub code: String,
    /// What does not fit, in a sentence.
    pub message: String,
    /// What to do.
    pub remedy: String,
    /// Where in the mapping; [`crate::mapping::ParsedMapping::locate`] finds it in the file.
    pub place: Place,
    /// How bad it is.
    pub severity: Severity,
    /// The same in parts, for whoever says it in another language, where it is one of [`crate::mapping::every_rule`].
    #[serde(skip)]
    pub said: Option<Said>,
}

/// A mapping whose every field is named by its API name, and what may go wrong with it all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The mapping.
    pub mapping: Mapping,
    /// Problems that do not keep it from running.
    pub warnings: Vec<BindProblem>,
}

/// Resolves labels and finds everything that does not fit; all problems, warnings included, where there is an error
/// among them. A rows' DocType is looked at where `frappe` holds it.
pub fn bind(mapping: &Mapping, vtiger: &Schemas, frappe: &Schemas) -> Result<Bound, Vec<BindProblem>> {
    let mut binder = Binder { vtiger, frappe, mapping, problems: Vec::new() };
    let mut bound = mapping.clone();
    for unit in &mut bound.units {
        binder.unit(unit);
    }
    let problems = binder.problems;
    if problems.iter().any(|problem| problem.severity == Severity::Error) {
        Err(problems)
    } else {
        Ok(Bound { mapping: bound, warnings: problems })
    }
}

/// A mapping while it is bound.
pub(super) struct Binder<'a> {
    vtiger: &'a Schemas,
    pub(super) frappe: &'a Schemas,
    mapping: &'a Mapping,
    problems: Vec<BindProblem>,
}

impl<'a> Binder<'a> {
    pub(super) fn tell(&mut self, place: Place, said: Said) {
        self.problems.push(BindProblem {
            code: said.code.to_owned(),
            message: said.message.to_string(),
            remedy: said.help.as_ref().map(ToString::to_string).unwrap_or_default(),
            place,
            severity: Severity::Error,
            said: Some(said),
        });
    }

    pub(super) fn warn(&mut self, place: Place, said: Said) {
        self.tell(place, said);
        if let Some(problem) = self.problems.last_mut() {
            problem.severity = Severity::Warning;
        }
    }

    pub(super) fn kind(&mut self, system: System, kind: &Kind, place: Place) -> Option<&'a KindSchema> {
        let schemas: &'a Schemas = match system {
            System::Vtiger => self.vtiger,
            System::Frappe => self.frappe,
        };
        let found = schemas.get(kind);
        if found.is_none() {
            let what = match system {
                System::Vtiger => phrases::module(),
                System::Frappe => phrases::doctype(),
            };
            let near = nearest(kind.as_str(), schemas.keys().map(Kind::as_str));
            let remedy = near.map_or_else(|| phrases::install(&system), phrases::mean_kind);
            self.tell(place, misfits::unknown_kind(&system, what, kind, remedy));
        }
        found
    }

    /// Replaces a name or label by the API name.
    pub(super) fn resolve(
        &mut self,
        system: System,
        schema: &'a KindSchema,
        name: &mut FieldName,
        place: &Place,
    ) -> Option<&'a FieldSchema> {
        if let Some(field) = schema.resolve(name.as_str()) {
            *name = field.name.clone();
            return Some(field);
        }
        let wanted = name.as_str().trim().to_lowercase();
        let labelled: Vec<&str> = schema
            .fields
            .values()
            .filter(|field| field.label.trim().to_lowercase() == wanted)
            .map(|field| field.name.as_str())
            .collect();
        if labelled.is_empty() {
            let remedy = similar(schema, name);
            self.tell(place.clone(), misfits::unknown_field(&schema.kind, &system, &*name, remedy));
        } else {
            let named = labelled.join(", ");
            self.tell(place.clone(), misfits::ambiguous_label(&schema.kind, &system, &*name, named));
        }
        None
    }

    fn unit(&mut self, unit: &mut UnitMapping) {
        let place = |part| Place::Unit { unit: unit.name.clone(), part };
        let schema = self.kind(System::Vtiger, &unit.module, place(UnitPart::Module));
        if let Some(schema) = schema {
            for (index, condition) in unit.selection.iter_mut().enumerate() {
                let place = place(UnitPart::Condition(index));
                self.resolve(System::Vtiger, schema, &mut condition.field, &place);
            }
            let never_read = std::mem::take(&mut unit.never_read);
            for field in never_read {
                let place = place(UnitPart::NeverRead(field.clone()));
                unit.never_read.extend(self.never_read(schema, field, place));
            }
        }
        let unit_name = unit.name.clone();
        let never_read = unit.never_read.clone();
        for document in &mut unit.documents {
            DocumentBinder {
                doctypes: self.doctypes(&unit_name),
                binder: self,
                never_read: &never_read,
                unit: unit_name.as_str(),
                role: document.role.as_str().to_owned(),
                vtiger: schema,
            }
            .document(document);
        }
        self.create(schema, unit);
    }

    /// What is never to be read: every field that the label could mean, for this is the list to be too long rather than
    /// too short.
    fn never_read(&mut self, schema: &KindSchema, field: FieldName, place: Place) -> Vec<FieldName> {
        if schema.fields.contains_key(&field) {
            return vec![field];
        }
        let wanted = field.as_str().trim().to_lowercase();
        let labelled = schema.fields.values().filter(|field| field.label.trim().to_lowercase() == wanted);
        let named: Vec<FieldName> = labelled.map(|field| field.name.clone()).collect();
        if !named.is_empty() {
            return named;
        }
        let near = similar(schema, &field);
        self.warn(place, misfits::never_read_unknown(&schema.kind, &field, near));
        vec![field]
    }

    /// The DocTypes of a unit's roles.
    pub(super) fn doctypes(&self, unit: &UnitName) -> BTreeMap<&'a str, &'a Kind> {
        let documents = self.mapping.unit(unit).into_iter().flat_map(|unit| &unit.documents);
        documents.map(|document| (document.role.as_str(), &document.doctype)).collect()
    }
}

fn similar(schema: &KindSchema, name: &FieldName) -> Sentence {
    let number = name.as_str().strip_prefix("cf_");
    if number.is_some_and(|number| number.bytes().all(|digit| digit.is_ascii_digit())) {
        return phrases::look_number_up();
    }
    let names = schema.fields.values().map(|field| field.name.as_str());
    let labels = schema.fields.values().map(|field| field.label.as_str());
    let found = nearest(name.as_str(), names.chain(labels)).and_then(|near| {
        let is_near = |field: &&FieldSchema| field.name.as_str() == near || field.label == near;
        schema.fields.values().find(is_near)
    });
    match found {
        Some(field) => phrases::mean_field(&field.name, &field.label),
        None => phrases::create_or_correct(&schema.kind),
    }
}
