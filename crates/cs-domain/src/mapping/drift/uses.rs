//! Every field that a mapping names, with what hangs on it.

use crate::mapping::{
    Check, Condition, DocumentMapping, FieldRule, MatchPart, Operand, Otherwise, Schemas, Source, Test,
    Transform, UnitMapping,
};
use crate::mapping::{DocumentPart, Place, UnitPart};
use crate::name::{FieldName, Kind};
use crate::policy::{DeletePolicy, DriftPolicy};
use crate::record::System;
use crate::schema::{FieldType, KindSchema};
use crate::value::Value;

/// A field in one place of a mapping.
#[derive(Clone, Debug)]
pub(super) struct Use<'m> {
    pub(super) system: System,
    pub(super) kind: &'m Kind,
    pub(super) field: &'m FieldName,
    /// The label by which the mapping calls a column, where it does.
    pub(super) called: Option<&'m FieldName>,
    pub(super) place: Place,
    /// Whether the unit or document cannot be without it: a condition, a key, a check. A rule can be left out.
    pub(super) vital: bool,
    /// Whether a run writes it.
    pub(super) writes: bool,
    /// The entries of its list that the mapping names.
    pub(super) words: Vec<&'m str>,
    pub(super) policy: Option<DriftPolicy>,
    /// The rule that it is part of.
    pub(super) rule: Option<&'m FieldRule>,
}

/// Every use of a unit, in an order that does not hang on how fields are called. What the tables of its documents hold is in
/// `here`, Frappe's DocTypes; columns of a table that is not there are not looked at.
pub(super) fn of_unit<'m>(unit: &'m UnitMapping, here: &'m Schemas) -> Vec<Use<'m>> {
    let mut uses = of_conditions(unit);
    for document in &unit.documents {
        let own = Own { unit, document, here };
        uses.extend(document.fields.iter().flat_map(|rule| own.rule(rule)));
        uses.extend(own.rows());
        uses.extend(own.keys());
        uses.extend(own.conditions());
    }
    uses
}

fn of_conditions(unit: &UnitMapping) -> Vec<Use<'_>> {
    let place = |part| Place::Unit { unit: unit.name.clone(), part };
    let vital = |system, kind, field, place, words| Use {
        system,
        kind,
        field,
        called: None,
        place,
        vital: true,
        writes: false,
        words,
        policy: unit.on_drift,
        rule: None,
    };
    let selection = unit.selection.iter().enumerate().map(|(index, condition)| {
        let place = place(UnitPart::Condition(index));
        vital(System::Vtiger, &unit.module, &condition.field, place, operands(condition))
    });
    let mut uses: Vec<Use<'_>> = selection.collect();
    let Some(create) = &unit.create_in_vtiger else { return uses };
    if let Some(document) = unit.document(&create.document) {
        uses.extend(create.when.iter().enumerate().map(|(index, condition)| {
            let place = place(UnitPart::CreateCondition(index));
            vital(System::Frappe, &document.doctype, &condition.field, place, operands(condition))
        }));
    }
    let key = create.key.iter();
    uses.extend(key.map(|key| Use {
        writes: true,
        ..vital(System::Vtiger, &unit.module, key, place(UnitPart::CreateKey), Vec::new())
    }));
    uses
}

fn operands(condition: &Condition) -> Vec<&str> {
    fn literal(operand: &Operand) -> Option<&str> {
        match operand {
            Operand::Literal(text) => Some(text),
            Operand::Setting(_) => None,
        }
    }
    match &condition.test {
        Test::In(operands) | Test::NotIn(operands) => operands.iter().filter_map(literal).collect(),
        Test::Equals(operand) => literal(operand).into_iter().collect(),
        Test::AtLeast(_) | Test::AtMost(_) | Test::Present | Test::Missing => Vec::new(),
    }
}

/// A document's own uses.
#[derive(Clone, Copy)]
struct Own<'m> {
    unit: &'m UnitMapping,
    document: &'m DocumentMapping,
    here: &'m Schemas,
}

/// What a table's rows are, as Frappe describes them.
pub(super) fn rows_of<'s>(here: &'s Schemas, doctype: &Kind, table: &FieldName) -> Option<&'s KindSchema> {
    match &here.get(doctype)?.resolve(table.as_str())?.field_type {
        FieldType::Rows { kind } => here.get(kind),
        _ => None,
    }
}

impl<'m> Own<'m> {
    fn place(self, part: DocumentPart) -> Place {
        Place::Document { unit: self.unit.name.clone(), role: self.document.role.clone(), part }
    }

    fn one(self, system: System, field: &'m FieldName, part: DocumentPart) -> Use<'m> {
        let kind = match system {
            System::Vtiger => &self.unit.module,
            System::Frappe => &self.document.doctype,
        };
        Use {
            system,
            kind,
            field,
            called: None,
            place: self.place(part),
            vital: true,
            writes: false,
            words: Vec::new(),
            policy: self.document.on_drift,
            rule: None,
        }
    }

    fn rule(self, rule: &'m FieldRule) -> Vec<Use<'m>> {
        let (there, here) = words(rule);
        let frappe = Use {
            vital: false,
            writes: rule.direction.reaches_frappe(),
            words: here,
            rule: Some(rule),
            ..self.one(System::Frappe, &rule.frappe, DocumentPart::Field(rule.frappe.clone()))
        };
        let sources = rule.source.vtiger_fields().iter().map(|field| Use {
            vital: false,
            writes: rule.direction.reaches_vtiger(),
            words: there.clone(),
            rule: Some(rule),
            ..self.one(System::Vtiger, field, DocumentPart::Source(rule.frappe.clone()))
        });
        std::iter::once(frappe).chain(sources).collect()
    }

    /// Tables, their columns, and the VTiger fields that fill them.
    fn rows(self) -> Vec<Use<'m>> {
        let each = self.document.rows.iter().enumerate().flat_map(move |(index, row)| {
            let table =
                Use { writes: true, ..self.one(System::Frappe, &row.table, DocumentPart::Row(index)) };
            let rows = rows_of(self.here, &self.document.doctype, &row.table);
            let mut columns: Vec<_> =
                row.columns.iter().map(|(column, source)| (rows, column, source)).collect();
            // By what they are, whatever they are called.
            columns.sort_by_key(|(rows, column, _)| named(*rows, column));
            let columns = columns.into_iter().flat_map(move |(rows, column, source)| {
                let part = DocumentPart::Column(index, column.clone());
                let there = source.vtiger_fields().iter();
                let there: Vec<Use<'m>> =
                    there.map(|field| self.one(System::Vtiger, field, part.clone())).collect();
                rows.map(|rows| self.column(rows, column, source, part)).into_iter().chain(there)
            });
            std::iter::once(table).chain(columns)
        });
        each.collect()
    }

    /// A column of a table: without it, its rows are no rows.
    fn column(
        self,
        rows: &'m KindSchema,
        column: &'m FieldName,
        source: &'m Source,
        part: DocumentPart,
    ) -> Use<'m> {
        let field = named(Some(rows), column);
        let words = match source {
            Source::Constant(Value::Text(text) | Value::Choice(text)) => vec![text.as_str()],
            _ => Vec::new(),
        };
        Use {
            kind: &rows.kind,
            called: Some(column).filter(|column| *column != field),
            writes: true,
            words,
            ..self.one(System::Frappe, field, part)
        }
    }

    fn keys(self) -> Vec<Use<'m>> {
        let parts = self.document.match_keys.iter().enumerate().flat_map(move |(number, key)| {
            key.0.iter().enumerate().filter_map(move |(at, part)| match part {
                MatchPart::Field(field) | MatchPart::IfKnown(field) => {
                    Some(self.one(System::Frappe, field, DocumentPart::Match(number, at)))
                }
                MatchPart::Linked(_) => None,
            })
        });
        let external = self.document.external_id.iter().map(move |field| Use {
            writes: true,
            ..self.one(System::Frappe, field, DocumentPart::ExternalId)
        });
        parts.chain(external).collect()
    }

    fn conditions(self) -> Vec<Use<'m>> {
        let exists = self
            .document
            .exists_when
            .iter()
            .map(move |field| self.one(System::Frappe, field, DocumentPart::ExistsWhen(field.clone())));
        let checks = self.document.checks.iter().enumerate().map(move |(index, check)| match check {
            Check::NotInFuture(field) | Check::Required(field) => {
                self.one(System::Frappe, field, DocumentPart::Check(index))
            }
        });
        let mark = match &self.document.deletes {
            DeletePolicy::Mark { field, value } => Some(Use {
                writes: true,
                words: vec![value.as_str()],
                ..self.one(System::Frappe, field, DocumentPart::Deletes)
            }),
            _ => None,
        };
        exists.chain(checks).chain(mark).collect()
    }
}

/// The words that a rule names of VTiger's list and of Frappe's.
fn words(rule: &FieldRule) -> (Vec<&str>, Vec<&str>) {
    let (mut there, mut here) = (Vec::new(), Vec::new());
    if let Source::Constant(Value::Text(text) | Value::Choice(text)) = &rule.source {
        here.push(text.as_str());
    }
    for transform in &rule.transforms {
        match transform {
            Transform::Map { pairs, otherwise } => {
                there.extend(pairs.iter().map(|(from, _)| from.as_str()));
                here.extend(pairs.iter().map(|(_, to)| to.as_str()));
                if let Otherwise::Use(word) = otherwise {
                    here.push(word);
                }
            }
            Transform::Default(Value::Text(text) | Value::Choice(text)) => here.push(text.as_str()),
            _ => {}
        }
    }
    (there, here)
}

/// What a column is called in its DocType, where that is known.
fn named<'m>(rows: Option<&'m KindSchema>, column: &'m FieldName) -> &'m FieldName {
    rows.and_then(|rows| rows.resolve(column.as_str())).map_or(column, |found| &found.name)
}

/// Calls every field of a unit by what `name` says it is called, in the places that [`of_unit`] lists.
pub(super) fn rename(
    unit: &mut UnitMapping,
    tables: &Schemas,
    name: &dyn Fn(System, &Kind, &FieldName) -> FieldName,
) {
    let module = unit.module.clone();
    let there = |field: &mut FieldName| *field = name(System::Vtiger, &module, field);
    unit.selection.iter_mut().for_each(|condition| there(&mut condition.field));
    for document in &mut unit.documents {
        let doctype = document.doctype.clone();
        let here = |field: &mut FieldName| *field = name(System::Frappe, &doctype, field);
        for rule in &mut document.fields {
            here(&mut rule.frappe);
            sources(&mut rule.source).iter_mut().for_each(there);
        }
        for row in &mut document.rows {
            let rows = rows_of(tables, &doctype, &row.table);
            here(&mut row.table);
            row.columns.values_mut().flat_map(sources).for_each(there);
            row.exclusive.iter_mut().for_each(|column| *column = named(rows, column).clone());
            let columns = std::mem::take(&mut row.columns).into_iter();
            row.columns = columns.map(|(column, source)| (named(rows, &column).clone(), source)).collect();
        }
        for part in document.match_keys.iter_mut().flat_map(|key| &mut key.0) {
            if let MatchPart::Field(field) | MatchPart::IfKnown(field) = part {
                here(field);
            }
        }
        document.external_id.iter_mut().for_each(here);
        document.exists_when.iter_mut().for_each(here);
        for check in &mut document.checks {
            let (Check::NotInFuture(field) | Check::Required(field)) = check;
            here(field);
        }
        if let DeletePolicy::Mark { field, .. } = &mut document.deletes {
            here(field);
        }
    }
    let Some(create) = &mut unit.create_in_vtiger else { return };
    create.key.iter_mut().for_each(there);
    let document = unit.documents.iter().find(|document| document.role == create.document);
    if let Some(doctype) = document.map(|document| &document.doctype) {
        for condition in &mut create.when {
            condition.field = name(System::Frappe, doctype, &condition.field);
        }
    }
}

fn sources(source: &mut Source) -> &mut [FieldName] {
    match source {
        Source::Fields { names, .. } => names,
        Source::Linked { field, .. } => std::slice::from_mut(field),
        Source::Constant(_) | Source::Setting(_) | Source::Document(_) => &mut [],
    }
}
