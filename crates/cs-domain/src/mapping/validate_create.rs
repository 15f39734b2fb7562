//! Conditions on records, and which documents that appear in Frappe make a new VTiger record.

use crate::mapping::diagnostic::near;
use crate::mapping::file::{ConditionForm, CreateForm, OperandForm, Placed, Selector};
use crate::mapping::place::UnitPart;
use crate::mapping::rules::{creating, parts};
use crate::mapping::validate::Lowering;
use crate::mapping::{
    Condition, CreateInVtiger, DocumentMapping, FieldRule, MatchPart, Operand, Test, UnitMapping,
};
use crate::name::FieldName;
use crate::policy::Direction;
use crate::record::System;

impl Lowering<'_> {
    pub(super) fn create_in_vtiger(&mut self, form: &Placed<CreateForm>) -> CreateInVtiger {
        self.at_unit(UnitPart::Create, &form.document.span);
        let conditions = form.when.iter().enumerate();
        let when = conditions
            .filter_map(|(index, condition)| {
                self.at_unit(UnitPart::CreateCondition(index), &condition.span);
                self.condition(condition, System::Frappe)
            })
            .collect();
        let key = form.key.as_ref().map(|key| {
            self.at_unit(UnitPart::CreateKey, &key.span);
            self.vtiger_name(key)
        });
        CreateInVtiger { document: form.document.as_str().into(), when, key }
    }

    /// `system` is the one whose fields the condition is about.
    pub(super) fn condition(&mut self, form: &Placed<ConditionForm>, system: System) -> Option<Condition> {
        let mut tests = Vec::new();
        for (list, test) in [(&form.r#in, Test::In as fn(Vec<Operand>) -> Test), (&form.not_in, Test::NotIn)]
        {
            let Some(list) = list else { continue };
            if list.is_empty() {
                self.problems.add(&list.span, creating::no_values(form.field.name()));
            }
            let operands = list.iter().map(|operand| self.operand(operand)).collect();
            tests.push(test(operands));
        }
        for (operand, test) in [
            (&form.equals, Test::Equals as fn(Operand) -> Test),
            (&form.at_least, Test::AtLeast),
            (&form.at_most, Test::AtMost),
        ] {
            if let Some(operand) = operand {
                tests.push(test(self.operand(operand)));
            }
        }
        if let Some(present) = &form.present {
            tests.push(if present.value { Test::Present } else { Test::Missing });
        }
        if tests.len() != 1 {
            self.problems.add(&form.span, creating::one_test(&tests.len()));
        }
        let field = match system {
            System::Vtiger => self.vtiger_name(&form.field),
            System::Frappe => self.frappe_name(&form.field),
        };
        Some(Condition { field, test: tests.pop()? })
    }

    fn operand(&mut self, form: &OperandForm) -> Operand {
        match form {
            OperandForm::Literal(scalar) => Operand::Literal(scalar.0.plain()),
            OperandForm::Setting(name) => Operand::Setting(self.setting(&name.setting)),
        }
    }

    fn frappe_name(&mut self, selector: &Placed<Selector>) -> FieldName {
        let name = match &selector.value {
            Selector::Text(name) => name.clone(),
            Selector::Number(number) => {
                self.problems.add(&selector.span, creating::number_of_frappe(number));
                number.to_string()
            }
        };
        if name.trim().is_empty() {
            self.problems.add(&selector.span, parts::empty_frappe_field());
        }
        name.into()
    }

    /// Whether the document that stands for a new record can stand for one.
    pub(super) fn check_create(&mut self, unit: &UnitMapping) {
        let stands = unit.create_in_vtiger.as_ref().map(|create| &create.document);
        for document in &unit.documents {
            self.role = document.role.clone();
            self.check_given_once(document, stands == Some(&document.role));
        }
        let Some(create) = &unit.create_in_vtiger else { return };
        let span = self.span(&self.unit_place(UnitPart::Create));
        let Some(document) = unit.document(&create.document) else {
            let near = near(create.document.as_str(), unit.documents.iter().map(|one| one.role.as_str()));
            self.problems.add(&span, creating::no_role_to_create(&unit.name, &create.document, near));
            return;
        };
        if document.shared || document.keyed {
            let how = if document.shared { "shared" } else { "keyed" };
            self.problems.add(&span, creating::shared_stands_for_none(&document.role, how));
        }
        if !document.fields.iter().any(|rule| rule.direction.reaches_vtiger()) {
            self.problems.add(&span, creating::nothing_travels(&document.role));
        }
        if let Some(key) = &create.key
            && (unit.never_read.contains(key) || unit.vtiger_fields().contains(key))
        {
            let span = self.span(&self.unit_place(UnitPart::CreateKey));
            self.problems.add(&span, creating::creation_key_in_use(key));
        }
    }

    /// A field that is only given to new VTiger records has a purpose where the document makes any, or where documents
    /// are found by it.
    fn check_given_once(&mut self, document: &DocumentMapping, stands: bool) {
        let found_by = |rule: &FieldRule| {
            let mut parts = document.match_keys.iter().flat_map(|key| &key.0);
            parts.any(|part| matches!(part, MatchPart::Field(field) | MatchPart::IfKnown(field) if *field == rule.frappe))
        };
        for rule in &document.fields {
            if rule.on_create && rule.direction == Direction::ToVtiger && !stands && !found_by(rule) {
                let span =
                    self.span(&self.document_place(crate::mapping::DocumentPart::Field(rule.frappe.clone())));
                self.problems.add(&span, creating::never_new(&rule.frappe, &document.role));
            }
        }
    }
}
