//! What people call fields: the labels that the two systems gave when they were last looked at. No system is asked, so a field
//! that nobody has looked at yet goes by its own name.

use std::collections::{BTreeMap, BTreeSet};

use cs_domain::plan::{Conflict, Plan, VtigerStep};
use cs_domain::{Action, FieldName, Kind, KindSchema, StandingConflict, System};
use cs_ports::JournalEntry;

use crate::error::WebError;
use crate::visit::Visit;

/// The labels of some kinds' fields.
#[derive(Default)]
pub(crate) struct Labels(BTreeMap<(System, Kind), KindSchema>);

impl Labels {
    /// Those of these kinds.
    pub(crate) async fn of(
        visit: &Visit,
        kinds: impl IntoIterator<Item = (System, Kind)>,
    ) -> Result<Self, WebError> {
        let mut labels = BTreeMap::new();
        for (system, kind) in kinds.into_iter().collect::<BTreeSet<_>>() {
            let sights = visit.web.desk.schema_history(system, &kind, 1).await?;
            let schema = sights.into_iter().next().and_then(|sight| sight.schema);
            labels.extend(schema.map(|schema| ((system, kind), schema)));
        }
        Ok(Self(labels))
    }

    /// Those that conflicts are told with.
    pub(crate) async fn of_conflicts<'c>(
        visit: &Visit,
        conflicts: impl IntoIterator<Item = &'c StandingConflict>,
    ) -> Result<Self, WebError> {
        let kinds = conflicts.into_iter().filter_map(|standing| kind_of(&standing.met.conflict));
        Self::of(visit, kinds.map(|kind| (System::Frappe, kind.clone()))).await
    }

    /// Those that plans are told with.
    pub(crate) async fn of_plans<'p>(
        visit: &Visit,
        plans: impl IntoIterator<Item = &'p Plan>,
    ) -> Result<Self, WebError> {
        let mut kinds = BTreeSet::new();
        for plan in plans {
            kinds.insert((plan.subject.system, plan.subject.kind.clone()));
            if let Some(VtigerStep::Create { module, .. }) = &plan.vtiger {
                kinds.insert((System::Vtiger, module.clone()));
            }
            let documents = plan.steps.iter().map(|step| &step.doctype);
            let disputed = plan.conflicts.iter().filter_map(kind_of);
            kinds.extend(documents.chain(disputed).map(|kind| (System::Frappe, kind.clone())));
        }
        Self::of(visit, kinds).await
    }

    /// Those that what was written is told with.
    pub(crate) async fn of_writes<'e>(
        visit: &Visit,
        entries: impl IntoIterator<Item = &'e JournalEntry>,
    ) -> Result<Self, WebError> {
        let kinds = entries.into_iter().map(|entry| &entry.intent.action);
        Self::of(visit, kinds.map(|action| (action.system(), kind_written(action).clone()))).await
    }

    /// What a field is called; its own name where nobody knows better.
    pub(crate) fn field(&self, system: System, kind: &Kind, field: &FieldName) -> String {
        let schema = self.0.get(&(system, kind.clone()));
        let known = schema.and_then(|schema| schema.fields.get(field)).map(|field| field.label.trim());
        known.filter(|label| !label.is_empty()).unwrap_or(field.as_str()).to_owned()
    }

    /// What a field of the document is called that a conflict is about.
    pub(crate) fn of_document(&self, conflict: &Conflict, field: &FieldName) -> String {
        kind_of(conflict).map_or_else(|| field.to_string(), |kind| self.field(System::Frappe, kind, field))
    }
}

/// The module or DocType that is written to.
pub(crate) fn kind_written(action: &Action) -> &Kind {
    match action {
        Action::Create { kind, .. } => kind,
        Action::Update { target, .. } | Action::Delete { target, .. } | Action::Amend { target, .. } => {
            &target.kind
        }
    }
}

/// The DocType whose fields a conflict is about.
fn kind_of(conflict: &Conflict) -> Option<&Kind> {
    match conflict {
        Conflict::Field { document, .. }
        | Conflict::Shared { document, .. }
        | Conflict::Submitted { document, .. }
        | Conflict::DeleteEdit { document, .. } => Some(&document.kind),
        Conflict::Ambiguous { .. } | Conflict::Taken { .. } => None,
    }
}
