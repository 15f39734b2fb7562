//! A mapping against what the two systems say of their own fields: labels become API names, and what cannot work is
//! found before anything is read.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::mapping::diagnostic::nearest;
use crate::mapping::place::{DocumentPart, Place, UnitPart};
use crate::mapping::{
    Check, DocumentMapping, FieldRule, Mapping, MatchPart, RowRule, Source, Transform, UnitMapping,
};
use crate::name::{FieldName, Kind};
use crate::policy::DeletePolicy;
use crate::record::System;
use crate::schema::{FieldSchema, FieldType, KindSchema};

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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

struct Binder<'a> {
    vtiger: &'a Schemas,
    frappe: &'a Schemas,
    mapping: &'a Mapping,
    problems: Vec<BindProblem>,
}

impl<'a> Binder<'a> {
    fn tell(&mut self, code: &str, place: Place, message: String, remedy: impl Into<String>) {
        self.problems.push(BindProblem {
            code: code.to_owned(),
            message,
            remedy: remedy.into(),
            place,
            severity: Severity::Error,
        });
    }

    fn warn(&mut self, code: &str, place: Place, message: String, remedy: impl Into<String>) {
        self.tell(code, place, message, remedy);
        if let Some(problem) = self.problems.last_mut() {
            problem.severity = Severity::Warning;
        }
    }

    fn kind(&mut self, system: System, kind: &Kind, place: Place) -> Option<&'a KindSchema> {
        let schemas: &'a Schemas = match system {
            System::Vtiger => self.vtiger,
            System::Frappe => self.frappe,
        };
        let found = schemas.get(kind);
        if found.is_none() {
            let what = match system {
                System::Vtiger => "module",
                System::Frappe => "DocType",
            };
            let near = nearest(kind.as_str(), schemas.keys().map(Kind::as_str));
            let remedy = near.map_or_else(
                || format!("Install or activate it in {system}, and give the product's user the right to read it."),
                |near| format!("Did you mean `{near}`?"),
            );
            let message = format!("{system} has no {what} `{kind}` that the product's user can see");
            self.tell("bind.unknown_kind", place, message, remedy);
        }
        found
    }

    /// Replaces a name or label by the API name.
    fn resolve(
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
            let message = format!("{} of {system} has no field `{name}`", schema.kind);
            self.tell("bind.unknown_field", place.clone(), message, similar(schema, name));
        } else {
            let message = format!("{} of {system} has several fields labelled `{name}`", schema.kind);
            let remedy = format!("Name the one you mean: {}.", labelled.join(", "));
            self.tell("bind.ambiguous_label", place.clone(), message, remedy);
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
        let message = format!("{} of VTiger has no field `{field}`, which is never to be read", schema.kind);
        let near = similar(schema, &field);
        self.warn(
            "bind.never_read_unknown",
            place,
            message,
            format!("Make sure that it is not called otherwise. {near}"),
        );
        vec![field]
    }

    /// The DocTypes of a unit's roles.
    fn doctypes(&self, unit: &crate::name::UnitName) -> BTreeMap<&'a str, &'a Kind> {
        let documents = self.mapping.unit(unit).into_iter().flat_map(|unit| &unit.documents);
        documents.map(|document| (document.role.as_str(), &document.doctype)).collect()
    }
}

fn similar(schema: &KindSchema, name: &FieldName) -> String {
    let number = name.as_str().strip_prefix("cf_");
    if number.is_some_and(|number| number.bytes().all(|digit| digit.is_ascii_digit())) {
        return "Look the number up in VTiger, or name the field by its label.".to_owned();
    }
    let names = schema.fields.values().map(|field| field.name.as_str());
    let labels = schema.fields.values().map(|field| field.label.as_str());
    let found = nearest(name.as_str(), names.chain(labels)).and_then(|near| {
        let is_near = |field: &&FieldSchema| field.name.as_str() == near || field.label == near;
        schema.fields.values().find(is_near)
    });
    match found {
        Some(field) => format!("Did you mean {} ({})?", field.name, field.label),
        None => format!("Create the field on {}, or correct the name in the mapping.", schema.kind),
    }
}

struct DocumentBinder<'b, 'a> {
    binder: &'b mut Binder<'a>,
    doctypes: BTreeMap<&'a str, &'a Kind>,
    never_read: &'b BTreeSet<FieldName>,
    unit: &'b str,
    role: String,
    vtiger: Option<&'a KindSchema>,
}

impl<'a> DocumentBinder<'_, 'a> {
    fn place(&self, part: DocumentPart) -> Place {
        Place::Document { unit: self.unit.into(), role: self.role.as_str().into(), part }
    }

    fn document(&mut self, document: &mut DocumentMapping) {
        let place = self.place(DocumentPart::DocType);
        let schema = self.binder.kind(System::Frappe, &document.doctype, place);
        let external_id = document.external_id.clone();
        let written: Vec<FieldName> = document.fields.iter().map(|rule| rule.frappe.clone()).collect();
        for rule in &mut document.fields {
            self.rule(schema, rule);
        }
        for (index, row) in document.rows.iter_mut().enumerate() {
            self.row(schema, index, row);
        }
        let Some(schema) = schema else { return };
        self.named(schema, document);
        self.external_id(schema, document.external_id.as_mut());
        self.twice(document, &written);
        self.mandatory(schema, document, external_id.as_ref());
    }

    fn rule(&mut self, schema: Option<&'a KindSchema>, rule: &mut FieldRule) {
        let place = self.place(DocumentPart::Field(rule.frappe.clone()));
        let source_place = self.place(DocumentPart::Source(rule.frappe.clone()));
        let from = self.source(&mut rule.source, &source_place);
        let Some(schema) = schema else { return };
        let field = self.binder.resolve(System::Frappe, schema, &mut rule.frappe, &place);
        let Some(field) = field else { return };
        if !field.writable && rule.direction.reaches_frappe() {
            let message = format!("{} of {} cannot be written", field.name, schema.kind);
            let remedy = "Map another field, or write direction = \"to_vtiger\".";
            self.binder.tell("bind.not_writable", place.clone(), message, remedy);
        }
        self.reference(field, &rule.source, &place);
        self.types(field, rule, &from, &place);
    }

    /// Resolves a source's VTiger fields and says what they hold.
    fn source(&mut self, source: &mut Source, place: &Place) -> Vec<&'a FieldSchema> {
        let names = match source {
            Source::Fields { names, .. } => names.as_mut_slice(),
            Source::Linked { field, .. } => std::slice::from_mut(field),
            Source::Constant(_) | Source::Setting(_) | Source::Document(_) => return Vec::new(),
        };
        let Some(schema) = self.vtiger else {
            return Vec::new();
        };
        let mut fields = Vec::new();
        for name in names {
            let field = self.binder.resolve(System::Vtiger, schema, name, place);
            if self.never_read.contains(name) {
                let message = format!("{name} is never read, and this reads it");
                let remedy = "Take one of the two out of the mapping.";
                self.binder.tell("bind.never_read", place.clone(), message, remedy);
            }
            fields.extend(field);
        }
        if let (Source::Linked { field, .. }, [found]) = (&*source, fields.as_slice())
            && !matches!(found.field_type, FieldType::Reference { .. })
        {
            let message = format!("{field} of VTiger does not point at another record");
            let remedy = "Name a reference field, or take `unit` and `role` out.";
            self.binder.tell("bind.not_a_reference", place.clone(), message, remedy);
        }
        fields
    }

    /// The DocType that a source's document has.
    fn target(&self, source: &Source) -> Option<&'a Kind> {
        match source {
            Source::Document(role) => self.doctypes.get(role.as_str()).copied(),
            Source::Linked { unit, role, .. } => self.binder.doctypes(unit).get(role.as_str()).copied(),
            _ => None,
        }
    }

    fn reference(&mut self, field: &FieldSchema, source: &Source, place: &Place) {
        let Some(target) = self.target(source) else { return };
        let expected = match &field.field_type {
            FieldType::Reference { kinds } if kinds.is_empty() || kinds.contains(target) => return,
            FieldType::Reference { kinds } => kinds.iter().map(Kind::as_str).collect::<Vec<_>>().join(" or "),
            // A text field takes a document's name as well as any text.
            FieldType::Text => return,
            other => format!("a {}", described(other)),
        };
        let message =
            format!("{} holds {expected}, and the document it is to name is a {target}", field.name);
        let remedy = "Name a document of the right DocType, or another field.";
        self.binder.tell("bind.wrong_reference", place.clone(), message, remedy);
    }

    fn types(&mut self, field: &FieldSchema, rule: &FieldRule, from: &[&FieldSchema], place: &Place) {
        if matches!(field.field_type, FieldType::Rows { .. }) {
            let message = format!("{} is a table and takes rows", field.name);
            let remedy = "Write a [[unit.document.row]] for it.";
            self.binder.tell("bind.is_a_table", place.clone(), message, remedy);
            return;
        }
        if !matches!(rule.source, Source::Fields { .. }) {
            return;
        }
        let [from] = from else { return };
        // What a transform makes of a value is text or a date; a default or trim leaves the type.
        let reshaped = rule
            .transforms
            .iter()
            .any(|transform| !matches!(transform, Transform::Trim | Transform::Default(_)));
        if !reshaped && !converts(&from.field_type, &field.field_type) {
            let message = format!(
                "{} of VTiger is a {}, and {} of Frappe is a {}",
                from.name,
                described(&from.field_type),
                field.name,
                described(&field.field_type)
            );
            let remedy = "Map fields of one kind, or add a transform.";
            self.binder.tell("bind.types", place.clone(), message, remedy);
        }
        if rule.direction.reaches_vtiger() && !from.writable {
            let message = format!("{} of VTiger cannot be written", from.name);
            let remedy = "Write direction = \"to_frappe\".";
            self.binder.tell("bind.not_writable", place.clone(), message, remedy);
        }
    }

    fn row(&mut self, schema: Option<&'a KindSchema>, index: usize, row: &mut RowRule) {
        let place = self.place(DocumentPart::Row(index));
        let table =
            schema.and_then(|schema| self.binder.resolve(System::Frappe, schema, &mut row.table, &place));
        let rows = match table.map(|field| (&field.name, &field.field_type)) {
            Some((_, FieldType::Rows { kind })) => self.binder.frappe.get(kind),
            Some((name, other)) => {
                let message = format!("{name} is a {} and no table", described(other));
                let remedy = "Name a table field.";
                self.binder.tell("bind.not_a_table", place, message, remedy);
                None
            }
            None => None,
        };
        for (mut column, mut source) in std::mem::take(&mut row.columns) {
            let place = self.place(DocumentPart::Column(index, column.clone()));
            self.source(&mut source, &place);
            if let Some(rows) = rows {
                let field = self.binder.resolve(System::Frappe, rows, &mut column, &place);
                if let Some(field) = field {
                    self.reference(field, &source, &place);
                }
            }
            row.columns.insert(column, source);
        }
    }

    /// Resolves the fields that keys, checks and conditions name; rules were resolved before.
    fn named(&mut self, schema: &'a KindSchema, document: &mut DocumentMapping) {
        for field in &mut document.exists_when {
            *field = known(schema, field);
        }
        for part in document.match_keys.iter_mut().flat_map(|key| &mut key.0) {
            if let MatchPart::Field(field) = part {
                *field = known(schema, field);
            }
        }
        for check in &mut document.checks {
            match check {
                Check::NotInFuture(field) | Check::Required(field) => *field = known(schema, field),
            }
        }
        if let DeletePolicy::Mark { field, .. } = &mut document.deletes {
            let place = self.place(DocumentPart::Deletes);
            self.binder.resolve(System::Frappe, schema, field, &place);
        }
    }

    fn external_id(&mut self, schema: &'a KindSchema, field: Option<&mut FieldName>) {
        let Some(name) = field else { return };
        let place = self.place(DocumentPart::ExternalId);
        let Some(found) = schema.resolve(name.as_str()) else {
            let message = format!("{} has no field `{name}` for the external id", schema.kind);
            let remedy = format!(
                "Create a Custom Field `{name}` on {}: type Data, with \"Unique\" ticked.",
                schema.kind
            );
            self.binder.tell("bind.external_id_missing", place, message, remedy);
            return;
        };
        *name = found.name.clone();
        if !found.unique {
            let message = format!("{} of {} is not unique", found.name, schema.kind);
            let remedy =
                "Tick \"Unique\" on the field: without it a lost answer can leave a second document.";
            self.binder.tell("bind.external_id_not_unique", place, message, remedy);
        }
    }

    /// `written` holds the names that the rules had before labels were resolved.
    fn twice(&mut self, document: &DocumentMapping, written: &[FieldName]) {
        for (at, (rule, written)) in document.fields.iter().zip(written).enumerate() {
            let before = document.fields.iter().take(at).any(|other| other.frappe == rule.frappe);
            if before || document.external_id.as_ref() == Some(&rule.frappe) {
                let place = self.place(DocumentPart::Field(written.clone()));
                let message = format!("{} is filled twice, once by its label", rule.frappe);
                self.binder.tell("bind.field_twice", place, message, "Keep one of the two.");
            }
        }
    }

    fn mandatory(
        &mut self,
        schema: &KindSchema,
        document: &DocumentMapping,
        external_id: Option<&FieldName>,
    ) {
        let has = |field: &FieldName| {
            document.rule(field).is_some()
                || document.rows.iter().any(|row| row.table == *field)
                || external_id == Some(field)
        };
        for field in schema.fields.values() {
            if field.mandatory && field.writable && !has(&field.name) {
                let place = self.place(DocumentPart::Role);
                let message =
                    format!("{} needs {} ({}), and no rule fills it", schema.kind, field.name, field.label);
                let remedy = "Add a rule or a constant for it, or make sure that Frappe has a default.";
                self.binder.warn("bind.mandatory_unmapped", place, message, remedy);
            }
        }
    }
}

fn known(schema: &KindSchema, field: &FieldName) -> FieldName {
    schema.resolve(field.as_str()).map_or_else(|| field.clone(), |found| found.name.clone())
}

/// Whether some value of the one type can stand in the other as it is. Text may hold anything, so it passes; a value
/// that does not fit is told when it comes.
fn converts(from: &FieldType, to: &FieldType) -> bool {
    use FieldType::{Boolean, Choice, Date, DateTime, Decimal, Integer, Other, Reference, Rows, Text};
    match (from, to) {
        (_, Rows { .. }) | (Rows { .. }, _) => false,
        (Text | Choice { .. } | Other { .. }, DateTime) => false,
        (Text | Choice { .. } | Other { .. }, _) | (_, Text | Choice { .. } | Other { .. }) => true,
        (Integer, Integer | Decimal { .. } | Boolean)
        | (Decimal { .. }, Decimal { .. } | Integer)
        | (Boolean, Boolean | Integer)
        | (Date, Date)
        | (DateTime, DateTime)
        | (Reference { .. }, Reference { .. }) => true,
        _ => false,
    }
}

fn described(field_type: &FieldType) -> &'static str {
    match field_type {
        FieldType::Text => "text",
        FieldType::Integer => "whole number",
        FieldType::Decimal { .. } => "decimal number",
        FieldType::Boolean => "checkbox",
        FieldType::Date => "date",
        FieldType::DateTime => "point in time",
        FieldType::Choice { .. } => "choice",
        FieldType::Reference { .. } => "reference",
        FieldType::Rows { .. } => "table",
        FieldType::Other { .. } => "field of a type the product does not know",
    }
}
