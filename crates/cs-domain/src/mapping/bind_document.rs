//! One document of a mapping against its DocType: its fields, rows, keys and external id.

use std::collections::{BTreeMap, BTreeSet};

use crate::mapping::bind::Binder;
use crate::mapping::place::{DocumentPart, Place};
use crate::mapping::{Check, DocumentMapping, FieldRule, MatchPart, RowRule, Source, Transform};
use crate::name::{FieldName, Kind};
use crate::record::System;
use crate::schema::{FieldSchema, FieldType, KindSchema};

/// One document while it is bound.
pub(super) struct DocumentBinder<'b, 'a> {
    pub(super) binder: &'b mut Binder<'a>,
    /// The DocTypes of the unit's roles.
    pub(super) doctypes: BTreeMap<&'a str, &'a Kind>,
    pub(super) never_read: &'b BTreeSet<FieldName>,
    pub(super) unit: &'b str,
    pub(super) role: String,
    /// The unit's module; `None` where VTiger has none of the name.
    pub(super) vtiger: Option<&'a KindSchema>,
}

impl<'a> DocumentBinder<'_, 'a> {
    pub(super) fn place(&self, part: DocumentPart) -> Place {
        Place::Document { unit: self.unit.into(), role: self.role.as_str().into(), part }
    }

    pub(super) fn document(&mut self, document: &mut DocumentMapping) {
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
        Self::named(schema, document);
        self.policies(schema, document);
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
        if rule.direction.reaches_vtiger() {
            for from in from.iter().filter(|from| !from.writable) {
                let message = format!("{} of VTiger cannot be written", from.name);
                let remedy = "Write direction = \"to_frappe\".";
                self.binder.tell("bind.not_writable", place.clone(), message, remedy);
            }
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
                let exclusive = row.exclusive.iter_mut().find(|exclusive| **exclusive == column);
                let field = self.binder.resolve(System::Frappe, rows, &mut column, &place);
                if let Some(field) = field {
                    self.reference(field, &source, &place);
                    if let Some(exclusive) = exclusive {
                        self.exclusive(field, exclusive, place);
                    }
                }
            }
            row.columns.insert(column, source);
        }
    }

    fn exclusive(&mut self, field: &FieldSchema, name: &mut FieldName, place: Place) {
        *name = field.name.clone();
        if field.field_type != FieldType::Boolean {
            let message =
                format!("{} is exclusive, and it is a {}", field.name, described(&field.field_type));
            self.binder.tell("bind.not_a_checkbox", place, message, "Only checkboxes can be exclusive.");
        }
    }

    /// Resolves the fields that keys, checks and conditions name; rules were resolved before.
    fn named(schema: &KindSchema, document: &mut DocumentMapping) {
        for field in &mut document.exists_when {
            *field = known(schema, field);
        }
        for part in document.match_keys.iter_mut().flat_map(|key| &mut key.0) {
            if let MatchPart::Field(field) | MatchPart::IfKnown(field) = part {
                *field = known(schema, field);
            }
        }
        for check in &mut document.checks {
            match check {
                Check::NotInFuture(field) | Check::Required(field) => *field = known(schema, field),
            }
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
        let unfilled =
            schema.fields.values().filter(|field| field.mandatory && field.writable && !has(&field.name));
        let names: Vec<&str> = unfilled.map(|field| field.name.as_str()).collect();
        if !names.is_empty() {
            let place = self.place(DocumentPart::Role);
            let message = format!("{} needs {}, and no rule fills that", schema.kind, names.join(", "));
            let remedy = "Nothing, where Frappe has a default (ERPNext has for an order's currency, rates and series); \
                          else add a rule or a constant.";
            self.binder.warn("bind.mandatory_unmapped", place, message, remedy);
        }
    }
}

fn known(schema: &KindSchema, field: &FieldName) -> FieldName {
    schema.resolve(field.as_str()).map_or_else(|| field.clone(), |found| found.name.clone())
}

/// Whether some value of the one type can stand in the other as it is. Text may hold anything, so it passes; a value
/// that does not fit is told when it comes.
pub(super) fn converts(from: &FieldType, to: &FieldType) -> bool {
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

pub(super) fn described(field_type: &FieldType) -> &'static str {
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
