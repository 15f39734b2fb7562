//! One document of a mapping against its DocType: its fields, rows, keys and external id.

use std::collections::{BTreeMap, BTreeSet};

use crate::mapping::bind::Binder;
use crate::mapping::place::{DocumentPart, Place};
use crate::mapping::sentence::{Gap, Sentence};
use crate::mapping::{
    Check, DocumentMapping, FieldRule, MatchPart, RowRule, Source, Transform, misfits, phrases,
};
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
            self.binder.tell(place.clone(), misfits::frappe_not_writable(&field.name, &schema.kind));
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
                self.binder.tell(place.clone(), misfits::reads_never_read(&*name));
            }
            fields.extend(field);
        }
        if let (Source::Linked { field, .. }, [found]) = (&*source, fields.as_slice())
            && !matches!(found.field_type, FieldType::Reference { .. })
        {
            self.binder.tell(place.clone(), misfits::not_a_reference(field));
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
            FieldType::Reference { kinds } => {
                let either = |one, other: &Kind| Gap::from(phrases::either(one, other));
                let mut kinds = kinds.iter();
                let first = kinds.next().map_or(Gap::from(""), Gap::from);
                kinds.fold(first, either)
            }
            // A text field takes a document's name as well as any text.
            FieldType::Text => return,
            other => phrases::of_type(described(other)).into(),
        };
        let misfit = misfits::wrong_reference(&field.name, expected, target);
        self.binder.tell(place.clone(), misfit);
    }

    fn types(&mut self, field: &FieldSchema, rule: &FieldRule, from: &[&FieldSchema], place: &Place) {
        if matches!(field.field_type, FieldType::Rows { .. }) {
            self.binder.tell(place.clone(), misfits::is_a_table(&field.name));
            return;
        }
        if rule.direction.reaches_vtiger() {
            for from in from.iter().filter(|from| !from.writable) {
                self.binder.tell(place.clone(), misfits::vtiger_not_writable(&from.name));
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
            let (ours, theirs) = (described(&from.field_type), described(&field.field_type));
            self.binder.tell(place.clone(), misfits::types(&from.name, ours, &field.name, theirs));
        }
    }

    fn row(&mut self, schema: Option<&'a KindSchema>, index: usize, row: &mut RowRule) {
        let place = self.place(DocumentPart::Row(index));
        let table =
            schema.and_then(|schema| self.binder.resolve(System::Frappe, schema, &mut row.table, &place));
        let rows = match table.map(|field| (&field.name, &field.field_type)) {
            Some((_, FieldType::Rows { kind })) => self.binder.frappe.get(kind),
            Some((name, other)) => {
                self.binder.tell(place, misfits::not_a_table(name, described(other)));
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
            self.binder.tell(place, misfits::not_a_checkbox(&field.name, described(&field.field_type)));
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
            self.binder.tell(place, misfits::external_id_missing(&schema.kind, &*name));
            return;
        };
        *name = found.name.clone();
        if !found.unique {
            self.binder.tell(place, misfits::external_id_not_unique(&found.name, &schema.kind));
        }
    }

    /// `written` holds the names that the rules had before labels were resolved.
    fn twice(&mut self, document: &DocumentMapping, written: &[FieldName]) {
        for (at, (rule, written)) in document.fields.iter().zip(written).enumerate() {
            let before = document.fields.iter().take(at).any(|other| other.frappe == rule.frappe);
            if before || document.external_id.as_ref() == Some(&rule.frappe) {
                let place = self.place(DocumentPart::Field(written.clone()));
                self.binder.tell(place, misfits::field_twice(&rule.frappe));
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
            self.binder.warn(place, misfits::mandatory_unmapped(&schema.kind, names.join(", ")));
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

pub(super) fn described(field_type: &FieldType) -> Sentence {
    match field_type {
        FieldType::Text => phrases::type_text(),
        FieldType::Integer => phrases::type_integer(),
        FieldType::Decimal { .. } => phrases::type_decimal(),
        FieldType::Boolean => phrases::type_boolean(),
        FieldType::Date => phrases::type_date(),
        FieldType::DateTime => phrases::type_moment(),
        FieldType::Choice { .. } => phrases::type_choice(),
        FieldType::Reference { .. } => phrases::type_reference(),
        FieldType::Rows { .. } => phrases::type_rows(),
        FieldType::Other { .. } => phrases::type_other(),
    }
}
