//! A unit and its documents, without their fields: names, conditions, match keys, checks.

use crate::mapping::file::{
    CheckForm, ConditionForm, DeletesForm, DeletesWord, DocumentForm, MatchPartForm, OperandForm, Placed,
    UnitForm,
};
use crate::mapping::place::{DocumentPart, UnitPart};
use crate::mapping::validate::Lowering;
use crate::mapping::{Check, Condition, DocumentMapping, MatchKey, MatchPart, Operand, Test, UnitMapping};
use crate::name::FieldName;
use crate::policy::DeletePolicy;

impl Lowering<'_> {
    pub(super) fn unit_mapping(&mut self, form: &UnitForm) -> UnitMapping {
        self.name_form(&form.name, "a unit's name");
        self.not_empty(&form.module, "the unit's module");
        self.unit = form.name.as_str().into();
        self.at_unit(UnitPart::Name, &form.name.span);
        self.at_unit(UnitPart::Module, &form.module.span);
        let mut never_read = std::collections::BTreeSet::new();
        for field in &form.never_read {
            let name = FieldName::from(field.name());
            self.at_unit(UnitPart::NeverRead(name.clone()), &field.span);
            never_read.insert(name);
        }
        let conditions = form.selection.iter().enumerate();
        let selection = conditions
            .filter_map(|(index, condition)| {
                self.at_unit(UnitPart::Condition(index), &condition.span);
                self.condition(condition)
            })
            .collect();
        if form.document.is_empty() {
            let message = format!("the unit `{}` has no documents", form.name.value);
            self.problems.add("unit.no_documents", &form.name.span, message, "add a [[unit.document]]");
        }
        let roles = form.document.iter().map(|document| &document.role);
        self.unique(roles, "document with the role", "role.duplicate");
        let documents = form.document.iter().map(|document| self.document(document));
        UnitMapping {
            name: form.name.as_str().into(),
            module: form.module.as_str().into(),
            selection,
            never_read,
            documents: documents.collect(),
            match_order: Vec::new(),
            create_in_vtiger: None,
        }
    }

    fn condition(&mut self, form: &Placed<ConditionForm>) -> Option<Condition> {
        let mut tests = Vec::new();
        for (list, test) in [(&form.r#in, Test::In as fn(Vec<Operand>) -> Test), (&form.not_in, Test::NotIn)]
        {
            let Some(list) = list else { continue };
            if list.is_empty() {
                let message = format!("the list of values for {} is empty", form.field.name());
                let help = "name the values, or take the condition out";
                self.problems.add("condition.empty_list", &list.span, message, help);
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
            let message = format!("a condition has exactly one test, and this one has {}", tests.len());
            let help = "the tests are `in`, `not_in`, `equals`, `at_least`, `at_most` and `present`";
            self.problems.add("condition.one_test", &form.span, message, help);
        }
        Some(Condition { field: self.vtiger_name(&form.field), test: tests.pop()? })
    }

    fn operand(&mut self, form: &OperandForm) -> Operand {
        match form {
            OperandForm::Literal(scalar) => Operand::Literal(scalar.0.plain()),
            OperandForm::Setting(name) => Operand::Setting(self.setting(&name.setting)),
        }
    }

    fn document(&mut self, form: &DocumentForm) -> DocumentMapping {
        self.role = form.role.as_str().into();
        self.name_form(&form.role, "a document's role");
        self.not_empty(&form.doctype, "the document's DocType");
        self.at_document(DocumentPart::Role, &form.role.span);
        self.at_document(DocumentPart::DocType, &form.doctype.span);
        for field in &form.exists_when {
            self.at_document(DocumentPart::ExistsWhen(field.as_str().into()), &field.span);
        }
        if let Some(external_id) = &form.external_id {
            self.not_empty(external_id, "the field of the external id");
            self.at_document(DocumentPart::ExternalId, &external_id.span);
        }
        if let Some(keyed) = form.keyed.as_ref().filter(|keyed| keyed.value && form.match_keys.is_empty()) {
            let help = "name the fields that say what the document is: match = [[\"bank_name\"]]";
            self.problems.add("keyed.no_match", &keyed.span, "keyed, but without a match key", help);
        }
        let keys = form.match_keys.iter().enumerate();
        let match_keys = keys.map(|(index, key)| self.match_key(index, key)).collect();
        let checks = form.checks.iter().enumerate();
        let checks = checks.filter_map(|(index, check)| self.check(index, check)).collect();
        DocumentMapping {
            role: form.role.as_str().into(),
            doctype: form.doctype.as_str().into(),
            exists_when: form.exists_when.iter().map(|field| field.as_str().into()).collect(),
            shared: form.shared.as_ref().is_some_and(|shared| shared.value),
            keyed: form.keyed.as_ref().is_some_and(|keyed| keyed.value),
            external_id: form.external_id.as_ref().map(|field| field.as_str().into()),
            match_keys,
            fields: form.fields.iter().map(|(name, rule)| self.field_rule(name, rule)).collect(),
            rows: form.row.iter().enumerate().map(|(index, row)| self.row_rule(index, row)).collect(),
            checks,
            conflict: form.conflict.as_ref().map(|conflict| conflict.value).unwrap_or_default(),
            deletes: form.deletes.as_ref().map(|deletes| self.deletes(deletes)).unwrap_or_default(),
            amend: false,
        }
    }

    fn match_key(&mut self, index: usize, form: &Placed<Vec<Placed<MatchPartForm>>>) -> MatchKey {
        if form.is_empty() {
            let help = "name the fields that must be equal: match = [[\"first_name\", \"last_name\"]]";
            self.problems.add("match.empty", &form.span, "a match key names no field", help);
        }
        let mut parts = Vec::new();
        for (part, placed) in form.iter().enumerate() {
            self.at_document(DocumentPart::Match(index, part), &placed.span);
            parts.push(match &placed.value {
                MatchPartForm::Field(field) => MatchPart::Field(field.as_str().into()),
                MatchPartForm::Linked(linked) => MatchPart::Linked(linked.linked.as_str().into()),
            });
        }
        MatchKey(parts)
    }

    fn check(&mut self, index: usize, form: &Placed<CheckForm>) -> Option<Check> {
        self.at_document(DocumentPart::Check(index), &form.span);
        match (&form.not_in_future, &form.required) {
            (Some(field), None) => Some(Check::NotInFuture(field.as_str().into())),
            (None, Some(field)) => Some(Check::Required(field.as_str().into())),
            _ => {
                let help = "write { not_in_future = \"...\" } or { required = \"...\" }";
                self.problems.add("check.one", &form.span, "a check says exactly one thing", help);
                None
            }
        }
    }

    fn deletes(&mut self, form: &Placed<DeletesForm>) -> DeletePolicy {
        self.at_document(DocumentPart::Deletes, &form.span);
        match &form.value {
            DeletesForm::Word(DeletesWord::Ignore) => DeletePolicy::Ignore,
            DeletesForm::Word(DeletesWord::Unlink) => DeletePolicy::Unlink,
            DeletesForm::Word(DeletesWord::Propagate) => DeletePolicy::Propagate,
            DeletesForm::Mark(mark) => {
                self.not_empty(&mark.mark.field, "the field of a mark");
                DeletePolicy::Mark {
                    field: mark.mark.field.as_str().into(),
                    value: mark.mark.value.value.clone(),
                }
            }
        }
    }
}
