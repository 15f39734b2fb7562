//! The rule for one field, and whether what it says goes together.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::mapping::diagnostic::did_you_mean;
use crate::mapping::file::{ColumnForm, FieldForm, Placed, RowForm, RuleForm, Selector, SourceForm};
use crate::mapping::place::DocumentPart;
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
            let help = "write its API name, its cf number or its label";
            self.problems.add("name.empty", &selector.span, "the name of a VTiger field is empty", help);
        }
        name.into()
    }

    pub(super) fn field_rule(&mut self, name: &Placed<String>, form: &Placed<FieldForm>) -> FieldRule {
        self.not_empty(name, "the name of a Frappe field");
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
        self.not_empty(&form.table, "the table of a row");
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
            let message = format!("a row of the table `{}` has no columns", form.table.value);
            self.problems.add("row.empty", &form.span, message, "say what stands in it: columns = { ... }");
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
                let message = format!("`exclusive` names `{}`, and the row has no such column", name.value);
                let help = did_you_mean(name, columns.keys().map(FieldName::as_str));
                self.problems.add("row.exclusive_unknown", &name.span, message, help);
            }
            Some(Source::Constant(Value::Boolean(true))) => {}
            Some(_) => {
                let message = format!("`{}` is exclusive, and the row does not tick it", name.value);
                let help = format!("only a checkbox is exclusive: {} = {{ constant = true }}", name.value);
                self.problems.add("row.exclusive_unticked", &name.span, message, help);
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
                let help = "take the field out: what has no rule is left alone";
                self.problems.add("constant.empty", &constant.span, "a constant holds nothing", help);
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
            let message = format!("a value comes from exactly one place, and this one has {}", sources.len());
            let help = "write one of `vtiger`, `constant`, `setting` and `document`";
            self.problems.add("field.one_source", span, message, help);
        }
        if form.vtiger.is_none() {
            for key in [&form.join, &form.unit, &form.role].into_iter().flatten() {
                let message = "`join`, `unit` and `role` belong to `vtiger`, and there is none";
                self.problems.add("field.stray_key", &key.span, message, "take it out");
            }
        }
        sources.pop().unwrap_or(Source::Constant(Value::Empty))
    }

    fn vtiger_source(&mut self, form: &SourceForm, fields: &Placed<Vec<Placed<Selector>>>) -> Source {
        let names: Vec<FieldName> = fields.iter().map(|field| self.vtiger_name(field)).collect();
        if names.is_empty() {
            let help = "name at least one";
            self.problems.add(
                "field.no_vtiger_field",
                &fields.span,
                "the list of VTiger fields is empty",
                help,
            );
        }
        for (at, name) in names.iter().enumerate() {
            if names.iter().take(at).any(|before| before == name) {
                let message = format!("{name} is joined with itself");
                self.problems.add("field.joined_twice", &fields.span, message, "name each field once");
            }
        }
        if let (Some(join), true) = (&form.join, names.len() < 2) {
            let message = "`join` says what stands between fields, and there is only one";
            self.problems.add("field.stray_key", &join.span, message, "take it out");
        }
        let (unit, role) = match (&form.unit, &form.role) {
            (None, None) => {
                let join = form.join.as_ref().map_or(" ", |join| join.as_str()).to_owned();
                return Source::Fields { names, join };
            }
            (Some(unit), Some(role)) => (unit.as_str(), role.as_str()),
            (Some(found), None) | (None, Some(found)) => {
                let message = "`unit` and `role` belong together: they name a document of another unit";
                let help = "write both: { vtiger = \"account_id\", unit = \"account\", role = \"customer\" }";
                self.problems.add("linked.incomplete", &found.span, message, help);
                ("", "")
            }
        };
        if names.len() > 1 {
            let message = "a reference to another unit stands in one VTiger field, and this names several";
            self.problems.add(
                "linked.several_fields",
                &fields.span,
                message,
                "name the reference field alone",
            );
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
            Source::Constant(_) => Some("a constant"),
            Source::Setting(_) => Some("a setting"),
            Source::Document(_) => Some("the name of a document"),
        };
        match (&form.direction, only_to_frappe) {
            (Some(said), Some(what)) if said.reaches_vtiger() => {
                let message = format!("{what} never travels to VTiger");
                let help = "take `direction` out, or write direction = \"to_frappe\"";
                self.problems.add("direction.one_way", &said.span, message, help);
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
                let message = "only a reference to a document of the unit can be deferred";
                let help = "take `deferred` out, or write { document = \"...\", deferred = true }";
                self.problems.add("deferred.without_document", &deferred.span, message, help);
            } else if rule.on_create {
                let message = "a field is either given to new documents only or written last, not both";
                let help = "take out `on_create` or `deferred`";
                self.problems.add("deferred.on_create", &deferred.span, message, help);
            }
        }
        if matches!(rule.source, Source::Fields { .. }) {
            return;
        }
        if let Some(transform) = form.transform.first() {
            let message =
                "transforms work on the values of VTiger fields, and this value comes from elsewhere";
            let help = "take `transform` out";
            self.problems.add("transform.without_vtiger", &transform.span, message, help);
        }
        if let (Some(when_empty), false) = (&form.when_empty, matches!(rule.source, Source::Linked { .. })) {
            let message = "`when_empty` is about an empty VTiger field, and this value comes from elsewhere";
            self.problems.add("field.stray_key", &when_empty.span, message, "take it out");
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
            let message = "fields that are joined with nothing between cannot be told apart again";
            let help = "write join = \" \", or direction = \"to_frappe\"";
            let span = form.source.join.as_ref().map_or(span, |join| &join.span);
            self.problems.add("join.no_way_back", span, message, help);
        }
        for (placed, transform) in form.transform.iter().zip(&rule.transforms) {
            self.check_transform_back(&placed.span, transform, rule);
        }
    }

    fn check_transform_back(&mut self, span: &Range<usize>, transform: &Transform, rule: &FieldRule) {
        match transform {
            Transform::LastFour => {
                let message = "the last four digits of a number have no way back to VTiger";
                let help = "write direction = \"to_frappe\"";
                self.problems.add("last_four.no_way_back", span, message, help);
            }
            Transform::Map { pairs, otherwise } => self.check_map_back(span, pairs, otherwise),
            Transform::Own(own) if !own.transform.goes_back(&own.with) => {
                let message = format!("`{}` has no way back to VTiger", own.transform.name());
                self.problems.add("own.no_way_back", span, message, "write direction = \"to_frappe\"");
            }
            Transform::Default(_) if rule.direction == Direction::ToVtiger => {
                let message = "a default stands in on the way to Frappe, and this field never goes there";
                let help = "take the default out, or change the direction";
                self.problems.add("default.one_way", span, message, help);
            }
            Transform::Default(_) if rule.clearing == Clearing::Clear => {
                let message = "a field with a default never comes to Frappe empty, so it cannot be cleared";
                let help = "write when_empty = \"keep\", or take the default out";
                self.problems.add("default.clears", span, message, help);
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
