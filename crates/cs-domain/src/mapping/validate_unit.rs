//! A unit and its documents, without their fields: names, conditions, match keys, checks.

use crate::mapping::file::{
    CheckForm, DeletesForm, DeletesWord, DocumentForm, MatchPartForm, Placed, UnitForm,
};
use crate::mapping::phrases;
use crate::mapping::place::{DocumentPart, UnitPart};
use crate::mapping::rules::parts;
use crate::mapping::validate::Lowering;
use crate::mapping::{Check, DocumentMapping, MatchKey, MatchPart, UnitMapping};
use crate::name::FieldName;
use crate::policy::{ConflictPolicy, DeletePolicy, DriftPolicy};
use crate::record::System;

/// What holds where a document does not say otherwise.
#[derive(Clone, Copy)]
pub(super) struct Inherited<'f> {
    pub(super) conflict: ConflictPolicy,
    pub(super) first_contact: Option<ConflictPolicy>,
    pub(super) deletes: Option<&'f Placed<DeletesForm>>,
    pub(super) on_drift: Option<DriftPolicy>,
}

impl<'f> Inherited<'f> {
    /// What holds further in: what is said there, else what held.
    pub(super) fn or(
        self,
        conflict: Option<&Placed<ConflictPolicy>>,
        first_contact: Option<&Placed<ConflictPolicy>>,
        deletes: Option<&'f Placed<DeletesForm>>,
    ) -> Self {
        Self {
            conflict: conflict.map_or(self.conflict, |conflict| conflict.value),
            first_contact: first_contact.map(|policy| policy.value).or(self.first_contact),
            deletes: deletes.or(self.deletes),
            ..self
        }
    }

    /// The same of what a changed field means.
    pub(super) fn or_on_drift(self, on_drift: Option<&Placed<DriftPolicy>>) -> Self {
        Self { on_drift: on_drift.map(|policy| policy.value).or(self.on_drift), ..self }
    }
}

impl Lowering<'_> {
    pub(super) fn unit_mapping(&mut self, form: &UnitForm, above: Inherited<'_>) -> UnitMapping {
        self.name_form(&form.name, phrases::name_of_unit());
        self.not_empty(&form.module, phrases::module_of_unit());
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
                self.condition(condition, System::Vtiger)
            })
            .collect();
        let create_in_vtiger = form.create_in_vtiger.as_ref().map(|create| self.create_in_vtiger(create));
        let inherited = above
            .or(form.conflict.as_ref(), form.first_contact.as_ref(), form.deletes.as_ref())
            .or_on_drift(form.on_drift.as_ref());
        if form.document.is_empty() {
            self.problems.add(&form.name.span, parts::no_documents(&form.name.value));
        }
        let roles = form.document.iter().map(|document| &document.role);
        self.unique(roles, |name| parts::role_twice(name));
        let documents = form.document.iter().map(|document| self.document(document, inherited));
        UnitMapping {
            name: form.name.as_str().into(),
            module: form.module.as_str().into(),
            selection,
            never_read,
            documents: documents.collect(),
            match_order: Vec::new(),
            create_in_vtiger,
            on_drift: inherited.on_drift,
        }
    }

    fn document(&mut self, form: &DocumentForm, above: Inherited<'_>) -> DocumentMapping {
        self.role = form.role.as_str().into();
        self.name_form(&form.role, phrases::role_of_document());
        self.not_empty(&form.doctype, phrases::doctype_of_document());
        self.at_document(DocumentPart::Role, &form.role.span);
        self.at_document(DocumentPart::DocType, &form.doctype.span);
        for field in &form.exists_when {
            self.at_document(DocumentPart::ExistsWhen(field.as_str().into()), &field.span);
        }
        if let Some(external_id) = &form.external_id {
            self.not_empty(external_id, phrases::field_of_external_id());
            self.at_document(DocumentPart::ExternalId, &external_id.span);
        }
        if let Some(keyed) = form.keyed.as_ref().filter(|keyed| keyed.value && form.match_keys.is_empty()) {
            self.problems.add(&keyed.span, parts::keyed_without_key());
        }
        if let Some(amend) = &form.amend {
            self.at_document(DocumentPart::Amend, &amend.span);
        }
        let inherited = above
            .or(form.conflict.as_ref(), form.first_contact.as_ref(), form.deletes.as_ref())
            .or_on_drift(form.on_drift.as_ref());
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
            conflict: inherited.conflict,
            first_contact: inherited.first_contact,
            deletes: inherited.deletes.map(|deletes| self.deletes(deletes)).unwrap_or_default(),
            amend: form.amend.as_ref().is_some_and(|amend| amend.value),
            on_drift: inherited.on_drift,
        }
    }

    fn match_key(&mut self, index: usize, form: &Placed<Vec<Placed<MatchPartForm>>>) -> MatchKey {
        if form.is_empty() {
            self.problems.add(&form.span, parts::empty_match_key());
        }
        if !form.is_empty() && form.iter().all(|part| matches!(part.value, MatchPartForm::IfKnown(_))) {
            self.problems.add(&form.span, parts::only_if_known());
        }
        let mut parts = Vec::new();
        for (part, placed) in form.iter().enumerate() {
            self.at_document(DocumentPart::Match(index, part), &placed.span);
            parts.push(match &placed.value {
                MatchPartForm::Field(field) => MatchPart::Field(field.as_str().into()),
                MatchPartForm::Linked(linked) => MatchPart::Linked(linked.linked.as_str().into()),
                MatchPartForm::IfKnown(form) => MatchPart::IfKnown(form.if_known.as_str().into()),
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
                self.problems.add(&form.span, parts::check_of_one());
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
                self.not_empty(&mark.mark.field, phrases::field_of_mark());
                if mark.mark.value.0.is_empty() {
                    self.problems.add(&mark.mark.value.span, parts::mark_of_nothing());
                }
                DeletePolicy::Mark {
                    field: mark.mark.field.as_str().into(),
                    value: mark.mark.value.0.plain(),
                }
            }
        }
    }
}
