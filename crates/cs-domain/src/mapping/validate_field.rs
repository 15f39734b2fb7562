//! The rule for one field, and whether what it says goes together.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::mapping::diagnostic::near;
use crate::mapping::file::{ColumnForm, FieldForm, Placed, RowForm, RuleForm, Selector, SourceForm};
use crate::mapping::phrases;
use crate::mapping::place::DocumentPart;
use crate::mapping::rules::{field, parts};
use crate::mapping::validate::Lowering;
use crate::mapping::{FieldRule, RowRule, Source, Transform};
use crate::name::FieldName;
use crate::policy::{Clearing, Direction};
use crate::value::Value;

impl Lowering<'_> {
    /// A VTiger field as far as it can be named without asking VTiger.
    pub(super) fn vtiger_name(&mut self, selector: &Placed<Selector>) -> FieldName {
        let name = selector.name();
        if name.trim().is_empty() {
            self.problems.add(&selector.span, parts::empty_vtiger_field());
        }
        name.into()
    }

    pub(super) fn field_rule(&mut self, name: &Placed<String>, form: &Placed<FieldForm>) -> FieldRule {
        self.not_empty(name, phrases::name_of_frappe_field());
        let frappe: FieldName = name.as_str().into();
        self.at_document(DocumentPart::Field(frappe.clone()), &name.span);
        let form = match &form.value {
            FieldForm::Short(selector) => &short_rule(selector),
            FieldForm::Long(rule) => {
                self.at_document(
                    DocumentPart::Source(frappe.clone()),
                    &source_span(&rule.source, &form.span),
                );
                rule
            }
        };
        self.at_document(DocumentPart::Source(frappe.clone()), &source_span(&form.source, &name.span));
        let source = self.source(&form.source, &name.span);
        let on_create = form.on_create.as_ref().is_some_and(|flag| flag.value);
        let rule = FieldRule {
            frappe,
            direction: self.direction(form, &source, on_create),
            transforms: form.transform.iter().map(|transform| self.transform(transform)).collect(),
            source,
            clearing: form.when_empty.as_ref().map(|clearing| clearing.value).unwrap_or_default(),
            conflict: form.conflict.as_ref().map(|conflict| conflict.value),
            on_create,
            deferred: form.deferred.as_ref().is_some_and(|flag| flag.value),
        };
        self.check_flags(form, &rule);
        self.check_way_back(form, &rule, &name.span);
        rule
    }

    pub(super) fn row_rule(&mut self, index: usize, form: &Placed<RowForm>) -> RowRule {
        self.not_empty(&form.table, phrases::table_of_row());
        self.at_document(DocumentPart::Row(index), &form.table.span);
        let mut columns = BTreeMap::new();
        for (name, column) in &form.columns {
            let column_name: FieldName = name.as_str().into();
            let source = match &column.value {
                ColumnForm::Short(selector) => &short_rule(selector).source,
                ColumnForm::Long(source) => source,
            };
            let span = source_span(source, &column.span);
            self.at_document(DocumentPart::Column(index, column_name.clone()), &span);
            columns.insert(column_name, self.source(source, &name.span));
        }
        if columns.is_empty() {
            self.problems.add(&form.span, field::row_without_columns(&form.table.value));
        }
        RowRule {
            table: form.table.as_str().into(),
            on_create: form.on_create.as_ref().is_some_and(|flag| flag.value),
            exclusive: form.exclusive.iter().map(|name| self.exclusive_column(name, &columns)).collect(),
            columns,
        }
    }

    fn exclusive_column(
        &mut self,
        name: &Placed<String>,
        columns: &BTreeMap<FieldName, Source>,
    ) -> FieldName {
        match columns.get(name.as_str()) {
            None => {
                let near = near(name, columns.keys().map(FieldName::as_str));
                self.problems.add(&name.span, field::exclusive_unknown(&name.value, near));
            }
            Some(Source::Constant(Value::Boolean(true))) => {}
            Some(_) => {
                self.problems.add(&name.span, field::exclusive_unticked(&name.value));
            }
        }
        name.as_str().into()
    }

    fn source(&mut self, form: &SourceForm, span: &Range<usize>) -> Source {
        let mut sources = Vec::new();
        if let Some(fields) = &form.vtiger {
            sources.push(self.vtiger_source(form, fields));
        }
        if let Some(constant) = &form.constant {
            if constant.value.0 == Value::Empty {
                self.problems.add(&constant.span, field::empty_constant());
            }
            sources.push(Source::Constant(constant.value.0.clone()));
        }
        if let Some(setting) = &form.setting {
            sources.push(Source::Setting(self.setting(setting)));
        }
        if let Some(role) = &form.document {
            sources.push(Source::Document(role.as_str().into()));
        }
        if sources.len() != 1 {
            self.problems.add(span, field::one_source(&sources.len()));
        }
        if form.vtiger.is_none() {
            for key in [&form.join, &form.unit, &form.role].into_iter().flatten() {
                self.problems.add(&key.span, field::of_no_vtiger());
            }
        }
        sources.pop().unwrap_or(Source::Constant(Value::Empty))
    }

    fn vtiger_source(&mut self, form: &SourceForm, fields: &Placed<Vec<Placed<Selector>>>) -> Source {
        let names: Vec<FieldName> = fields.iter().map(|field| self.vtiger_name(field)).collect();
        if names.is_empty() {
            self.problems.add(&fields.span, field::no_vtiger_field());
        }
        for (at, name) in names.iter().enumerate() {
            if names.iter().take(at).any(|before| before == name) {
                self.problems.add(&fields.span, field::joined_twice(name));
            }
        }
        if let (Some(join), true) = (&form.join, names.len() < 2) {
            self.problems.add(&join.span, field::join_of_one());
        }
        let (unit, role) = match (&form.unit, &form.role) {
            (None, None) => {
                let join = form.join.as_ref().map_or(" ", |join| join.as_str()).to_owned();
                return Source::Fields { names, join };
            }
            (Some(unit), Some(role)) => (unit.as_str(), role.as_str()),
            (Some(found), None) | (None, Some(found)) => {
                self.problems.add(&found.span, field::linked_by_half());
                ("", "")
            }
        };
        if names.len() > 1 {
            self.problems.add(&fields.span, field::linked_by_several());
        }
        Source::Linked {
            field: names.into_iter().next().unwrap_or_else(|| FieldName::new("")),
            unit: unit.into(),
            role: role.into(),
        }
    }

    fn direction(&mut self, form: &RuleForm, source: &Source, on_create: bool) -> Direction {
        let only_to_frappe = match source {
            Source::Fields { .. } | Source::Linked { .. } => None,
            Source::Constant(_) => Some(phrases::a_constant()),
            Source::Setting(_) => Some(phrases::a_setting()),
            Source::Document(_) => Some(phrases::name_of_document()),
        };
        match (&form.direction, only_to_frappe) {
            (Some(said), Some(what)) if said.reaches_vtiger() => {
                self.problems.add(&said.span, field::one_way(what));
                Direction::ToFrappe
            }
            (_, Some(_)) => Direction::ToFrappe,
            (None, None) if on_create || matches!(source, Source::Linked { .. }) => Direction::ToFrappe,
            (said, None) => said.as_ref().map(|said| said.value).unwrap_or_default(),
        }
    }

    fn check_flags(&mut self, form: &RuleForm, rule: &FieldRule) {
        let is_document = matches!(rule.source, Source::Document(_));
        if let Some(deferred) = form.deferred.as_ref().filter(|flag| flag.value) {
            if !is_document {
                self.problems.add(&deferred.span, field::deferred_without_document());
            } else if rule.on_create {
                self.problems.add(&deferred.span, field::deferred_and_on_create());
            }
        }
        if matches!(rule.source, Source::Fields { .. }) {
            return;
        }
        if let Some(transform) = form.transform.first() {
            self.problems.add(&transform.span, field::transform_of_no_field());
        }
        if let (Some(when_empty), false) = (&form.when_empty, matches!(rule.source, Source::Linked { .. })) {
            self.problems.add(&when_empty.span, field::when_empty_of_none());
        }
    }

    /// What goes to VTiger must come back the same.
    fn check_way_back(&mut self, form: &RuleForm, rule: &FieldRule, span: &Range<usize>) {
        if rule.direction == Direction::ToFrappe {
            return;
        }
        if let Source::Fields { names, join } = &rule.source
            && names.len() > 1
            && join.is_empty()
        {
            let span = form.source.join.as_ref().map_or(span, |join| &join.span);
            self.problems.add(span, field::join_without_way_back());
        }
        for (placed, transform) in form.transform.iter().zip(&rule.transforms) {
            self.check_transform_back(&placed.span, transform, rule);
        }
    }

    fn check_transform_back(&mut self, span: &Range<usize>, transform: &Transform, rule: &FieldRule) {
        match transform {
            Transform::LastFour => {
                self.problems.add(span, field::last_four_without_way_back());
            }
            Transform::Map { pairs, otherwise } => self.check_map_back(span, pairs, otherwise),
            Transform::Own(own) if !own.transform.goes_back(&own.with) => {
                self.problems.add(span, field::own_without_way_back(own.transform.name()));
            }
            Transform::Default(_) if rule.direction == Direction::ToVtiger => {
                self.problems.add(span, field::default_never_used());
            }
            Transform::Default(_) if rule.clearing == Clearing::Clear => {
                self.problems.add(span, field::default_and_clear());
            }
            _ => {}
        }
    }
}

fn short_rule(selector: &Placed<Selector>) -> RuleForm {
    let vtiger = Placed { value: vec![selector.clone()], span: selector.span.clone() };
    RuleForm { source: SourceForm { vtiger: Some(vtiger), ..SourceForm::default() }, ..RuleForm::default() }
}

/// Where a source stands: at what it names, else at its table.
fn source_span(form: &SourceForm, table: &Range<usize>) -> Range<usize> {
    let vtiger = form.vtiger.as_ref().map(|vtiger| &vtiger.span);
    let named = [&form.setting, &form.document].into_iter().flatten().map(|name| &name.span);
    let constant = form.constant.as_ref().map(|constant| &constant.span);
    vtiger.into_iter().chain(named).chain(constant).next().unwrap_or(table).clone()
}
