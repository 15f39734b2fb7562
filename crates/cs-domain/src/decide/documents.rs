//! The documents of a record that is there: created, linked or brought into agreement, parents first.

use std::collections::{BTreeMap, BTreeSet};

use crate::conflict;
use crate::decide::draft::{Draft, Wish};
use crate::decide::fields::travels_back;
use crate::decide::{Schemas, begun};
use crate::identity::{Choice, choose, operation_key};
use crate::link::LinkOrigin;
use crate::mapping::{DocumentMapping, FieldRule, UnitMapping};
use crate::name::{FieldName, Role};
use crate::plan::{Act, Change, Conflict, Plan, Planned, Step};
use crate::record::{Record, RecordRef};
use crate::shadow::{Agreed, Shadow};
use crate::situation::{Candidate, Counterpart, FoundBy, Situation};
use crate::value::Value;
use crate::wanted::{Wanted, WantedDocument, wanted_document};

/// Where Frappe says whether a document is a draft, submitted or cancelled.
const DOCSTATUS: &str = "docstatus";

/// The plan as far as this draft takes it, and the first thing that Frappe would have VTiger say beyond it.
pub(super) fn decide<'a>(
    unit: &'a UnitMapping,
    schemas: Schemas<'a>,
    situation: &'a Situation,
    draft: &Draft<'a>,
) -> (Plan, Option<Wish<'a>>) {
    let mut decision = Decision {
        unit,
        schemas,
        situation,
        draft,
        plan: begun(situation),
        documents: standing(unit, situation),
        blocked: BTreeSet::new(),
        late: Vec::new(),
        wish: None,
    };
    for mapping in &unit.documents {
        match wanted_document(mapping, schemas.frappe.get(&mapping.doctype), &draft.record, situation) {
            Ok(wanted) => decision.document(mapping, &wanted),
            Err(failures) => {
                decision.plan.failures.extend(failures);
                // A document that is there already goes on serving those that refer to it.
                if !decision.documents.contains_key(&mapping.role) {
                    decision.blocked.insert(&mapping.role);
                }
            }
        }
    }
    decision.finish()
}

/// The documents that are there before anything is done, whatever their place in the order: what points back at a later
/// one can be compared right away.
fn standing<'a>(unit: &'a UnitMapping, situation: &'a Situation) -> BTreeMap<&'a Role, Standing<'a>> {
    let there = unit.documents.iter().filter_map(|mapping| {
        let document = situation.counterparts.get(&mapping.role)?.document(mapping)?;
        Some((&mapping.role, Standing::There(document)))
    });
    there.collect()
}

/// Where a role's document stands while the plan is made.
#[derive(Clone, Copy)]
pub(super) enum Standing<'a> {
    /// It is there.
    There(&'a Record),
    /// An earlier step creates it.
    Planned,
}

/// A field that is written last.
pub(super) struct Late<'a> {
    mapping: &'a DocumentMapping,
    field: &'a FieldName,
    role: Role,
}

/// A plan in the making.
pub(super) struct Decision<'a, 'd> {
    pub(super) unit: &'a UnitMapping,
    pub(super) schemas: Schemas<'a>,
    pub(super) situation: &'a Situation,
    pub(super) draft: &'d Draft<'a>,
    pub(super) plan: Plan,
    pub(super) documents: BTreeMap<&'a Role, Standing<'a>>,
    /// Roles that cannot be written, and those that need them.
    pub(super) blocked: BTreeSet<&'a Role>,
    pub(super) late: Vec<Late<'a>>,
    /// What Frappe would have VTiger say; the first such field is enough, since all are looked at again after it.
    pub(super) wish: Option<Wish<'a>>,
}

impl<'a> Decision<'a, '_> {
    fn document(&mut self, mapping: &'a DocumentMapping, wanted: &WantedDocument) {
        let counterpart = self.situation.counterparts.get(&mapping.role);
        if mapping.parents().any(|parent| self.blocked.contains(parent)) {
            self.blocked.insert(&mapping.role);
            match counterpart.and_then(|known| Some((known, known.tie.as_ref()?))) {
                // What is gone needs no parent to be let go.
                Some((known, (link, _))) if known.is_gone() => self.let_go(mapping, &link.document),
                Some(_) => {}
                None => self.orphan(mapping, wanted),
            }
            return;
        }
        if counterpart.is_some_and(Counterpart::is_given_up) {
            return;
        }
        match counterpart.and_then(|known| known.tie.as_ref().map(|(link, shadow)| (known, link, shadow))) {
            Some((known, link, shadow)) => match &known.linked {
                Some(document) => self.existing(mapping, wanted, document, Some(shadow), None),
                None => self.gone(mapping, wanted, &link.document, shadow),
            },
            None if wanted.exists(mapping) => self.unlinked(mapping, wanted, counterpart),
            None => {}
        }
    }

    /// A document that is wanted and whose parent is given up in this very plan is not made: a person is told now, since
    /// nobody looks at the unit again of itself.
    fn orphan(&mut self, mapping: &DocumentMapping, wanted: &WantedDocument) {
        let gives_up = |role: &&Role| {
            let unlinks = |step: &Step| step.role == **role && matches!(step.act, Act::Unlink { .. });
            self.plan.steps.iter().any(unlinks)
        };
        if let Some(parent) = mapping.parents().find(gives_up)
            && wanted.exists(mapping)
        {
            self.plan.failures.push(parent_given_up(mapping, parent));
        }
    }

    pub(super) fn conflict(&mut self, role: &'a Role, conflict: Conflict) {
        self.plan.conflicts.push(conflict);
        self.blocked.insert(role);
    }

    fn unlinked(
        &mut self,
        mapping: &'a DocumentMapping,
        wanted: &WantedDocument,
        known: Option<&'a Counterpart>,
    ) {
        let candidates = known.map_or(&[][..], |known| known.candidates.as_slice());
        if let Some(choice) = self.decided_document(&mapping.role) {
            let named = |candidate: &&Candidate| matches!(choice, conflict::Choice::Document(name) if *name == candidate.document.reference.id);
            match candidates.iter().find(named) {
                Some(chosen) => {
                    return self.existing(mapping, wanted, &chosen.document, None, Some(LinkOrigin::Chosen));
                }
                None if *choice == conflict::Choice::Separate => return self.create(mapping, wanted),
                None => {}
            }
        }
        let role = mapping.role.clone();
        match choose(mapping, candidates) {
            Choice::None => self.create(mapping, wanted),
            Choice::One(candidate) => {
                let origin = match candidate.found_by {
                    FoundBy::OperationKey | FoundBy::CreatedFor { .. } => LinkOrigin::Created,
                    FoundBy::Person => LinkOrigin::Chosen,
                    FoundBy::MatchKey(_) => LinkOrigin::Adopted,
                };
                let shadow = (candidate.found_by == FoundBy::CreatedFor { untouched: true })
                    .then(|| as_created(mapping, wanted));
                self.existing(mapping, wanted, &candidate.document, shadow.as_ref(), Some(origin));
            }
            Choice::Several(found) => {
                let candidates = found.iter().map(|candidate| candidate.document.reference.clone()).collect();
                self.conflict(&mapping.role, Conflict::Ambiguous { role, candidates });
            }
            // Its creation was given up for lost and done again, and it came after all: nothing is in it that the other
            // record has not.
            Choice::Taken(candidate)
                if candidate.found_by == (FoundBy::CreatedFor { untouched: true })
                    && self.situation.writes_vtiger =>
            {
                if self.situation.refused_by_vtiger {
                    self.blocked.insert(&mapping.role);
                } else {
                    self.delete_twin(mapping);
                }
            }
            Choice::Taken(candidate) => {
                let by = candidate.taken_by.clone().unwrap_or_else(|| self.situation.subject.clone());
                let candidate = candidate.document.reference.clone();
                self.conflict(&mapping.role, Conflict::Taken { role, candidate, by });
            }
        }
    }

    fn decided_document(&self, role: &Role) -> Option<&'a conflict::Choice> {
        self.situation.decided.iter().find_map(|decided| decided.of_document(role))
    }

    pub(super) fn create(&mut self, mapping: &'a DocumentMapping, wanted: &WantedDocument) {
        if let Some(parent) = mapping.parents().find(|parent| self.is_given_up(parent)) {
            self.plan.failures.push(parent_given_up(mapping, parent));
            self.blocked.insert(&mapping.role);
            return;
        }
        let key = operation_key(mapping, &self.situation.subject, wanted);
        let nothing = mapping.fields.iter().filter(|rule| wanted.value(&rule.frappe) == Some(&Value::Empty));
        let nothing = nothing.map(|rule| (rule.frappe.clone(), Agreed::on(Value::Empty)));
        self.plan.agreed.insert(mapping.role.clone(), nothing.collect());
        let mut changes = Vec::new();
        for rule in mapping.fields.iter().filter(|rule| rule.direction.reaches_frappe()) {
            let after = match wanted.fields.get(&rule.frappe) {
                Some(Wanted::Value(value)) if !value.is_empty() => Planned::Value(value.clone()),
                Some(Wanted::Document(role)) => match self.planned_reference(mapping, rule, role) {
                    Some(planned) => planned,
                    None => continue,
                },
                _ => continue,
            };
            changes.push(Change { field: rule.frappe.clone(), before: None, after });
        }
        if let Some(field) = &mapping.external_id {
            let after = Planned::Value(Value::text(key.0.clone()));
            changes.push(Change { field: field.clone(), before: None, after });
        }
        for (table, rows) in self.new_tables(mapping, wanted) {
            changes.push(Change { field: table, before: None, after: Planned::Rows(rows) });
        }
        self.documents.insert(&mapping.role, Standing::Planned);
        self.step(mapping, Act::Create { key }, changes);
    }

    fn is_given_up(&self, role: &Role) -> bool {
        self.situation.counterparts.get(role).is_some_and(Counterpart::is_given_up)
    }

    /// What a reference field gets now; `None` where it gets nothing, or only later.
    fn planned_reference(
        &mut self,
        mapping: &'a DocumentMapping,
        rule: &'a FieldRule,
        role: &Role,
    ) -> Option<Planned> {
        match self.documents.get(role) {
            Some(Standing::There(document)) => {
                Some(Planned::Value(Value::Reference(document.reference.clone())))
            }
            Some(Standing::Planned) if !rule.deferred => Some(Planned::Document(role.clone())),
            _ if rule.deferred => {
                self.late(mapping, rule, role);
                None
            }
            _ => None,
        }
    }

    /// Leaves a reference for the end, when the document it leads to is there.
    pub(super) fn late(&mut self, mapping: &'a DocumentMapping, rule: &'a FieldRule, role: &Role) {
        self.late.push(Late { mapping, field: &rule.frappe, role: role.clone() });
    }

    fn existing(
        &mut self,
        mapping: &'a DocumentMapping,
        wanted: &WantedDocument,
        document: &'a Record,
        shadow: Option<&Shadow>,
        linked_as: Option<LinkOrigin>,
    ) {
        self.documents.insert(&mapping.role, Standing::There(document));
        if let Some(origin) = linked_as {
            let (target, version) = (document.reference.clone(), document.version.clone());
            self.step(mapping, Act::Link { target, version, origin }, Vec::new());
        }
        let known = self.situation.counterparts.get(&mapping.role);
        let origin = known.and_then(|known| known.tie.as_ref()).map(|(link, _)| link.origin);
        let ours = linked_as.or(origin) == Some(LinkOrigin::Created);
        let (mut changes, mut agreed) = self.merged(mapping, wanted, document, (shadow, ours));
        changes.extend(self.missing_rows(mapping, wanted, document));
        if let Some((field, held)) =
            mapping.external_id.as_ref().and_then(|field| document.fields.get_key_value(field))
        {
            agreed.entry(field.clone()).or_insert_with(|| Agreed::on(held.clone()));
        }
        self.plan.agreed.insert(mapping.role.clone(), agreed);
        if !changes.is_empty() {
            self.update(mapping, document, changes);
        }
    }

    /// Changes a document as far as its state allows.
    fn update(&mut self, mapping: &DocumentMapping, document: &Record, changes: Vec<Change>) {
        let (target, expected) = (document.reference.clone(), document.version.clone());
        let schema = self.schemas.frappe.get(&mapping.doctype);
        let on_submit = |change: &Change| {
            schema
                .and_then(|schema| schema.fields.get(&change.field))
                .is_some_and(|field| field.allow_on_submit)
        };
        let status = document.get(&FieldName::from(DOCSTATUS)).map(Value::plain);
        let (now, later): (Vec<Change>, Vec<Change>) = match status.as_deref() {
            Some("1") => changes.into_iter().partition(on_submit),
            Some("2") => (Vec::new(), changes),
            _ => (changes, Vec::new()),
        };
        if later.is_empty() {
            self.step(mapping, Act::Update { target, expected }, now);
        } else if mapping.amend && status.as_deref() == Some("1") {
            let all = now.into_iter().chain(later).collect();
            self.step(mapping, Act::Amend { target, expected }, all);
        } else {
            if !now.is_empty() {
                self.step(mapping, Act::Update { target, expected }, now);
            }
            let (role, document) = (mapping.role.clone(), document.reference.clone());
            self.plan.conflicts.push(Conflict::Submitted { role, document, changes: later });
        }
    }

    pub(super) fn step(&mut self, mapping: &DocumentMapping, act: Act, changes: Vec<Change>) {
        let (role, doctype) = (mapping.role.clone(), mapping.doctype.clone());
        self.plan.steps.push(Step { role, doctype, act, changes });
    }

    /// Adds what is written last: references to documents that only now exist.
    fn finish(mut self) -> (Plan, Option<Wish<'a>>) {
        let mut by_role: Vec<(&DocumentMapping, Vec<Change>)> = Vec::new();
        for late in std::mem::take(&mut self.late) {
            let after = match self.documents.get(&late.role) {
                Some(Standing::Planned) => Planned::Document(late.role),
                Some(Standing::There(document)) => {
                    Planned::Value(Value::Reference(document.reference.clone()))
                }
                None => continue,
            };
            let change = Change { field: late.field.clone(), before: None, after };
            match by_role.iter_mut().find(|(mapping, _)| mapping.role == late.mapping.role) {
                Some((_, changes)) => changes.push(change),
                None => by_role.push((late.mapping, vec![change])),
            }
        }
        for (mapping, changes) in by_role {
            self.step(mapping, Act::Finish, changes);
        }
        (self.plan, self.wish)
    }

    /// What the record says of a reference, once it is known which document is meant. One that an earlier step creates is
    /// named later.
    pub(super) fn referenced(
        &mut self,
        mapping: &'a DocumentMapping,
        rule: &'a FieldRule,
        role: &Role,
    ) -> Option<RecordRef> {
        match self.documents.get(role) {
            Some(Standing::There(document)) => Some(document.reference.clone()),
            Some(Standing::Planned) | None => {
                self.late(mapping, rule, role);
                None
            }
        }
    }
}

/// What a record that was created for a document and not touched since has agreed on with it: what the document said then
/// is what the record says now. What it was not told is agreed on by nobody.
fn as_created(mapping: &DocumentMapping, wanted: &WantedDocument) -> Shadow {
    let told = |rule: &&FieldRule| rule.direction.reaches_vtiger() && travels_back(rule);
    let agreed = mapping.fields.iter().filter(told).filter_map(|rule| {
        let said = wanted.value(&rule.frappe).filter(|said| !said.is_empty())?;
        Some((rule.frappe.clone(), Agreed::on(said.clone())))
    });
    Shadow { fields: agreed.collect(), ..Shadow::default() }
}

fn parent_given_up(mapping: &DocumentMapping, parent: &Role) -> crate::failure::Failure {
    crate::failure::Failure {
        code: "unit.parent_given_up".to_owned(),
        cause: format!("it needs the {parent}, whose link was given up when one side was deleted"),
        remedy: "Link the record to a document again (`company-sync links restore`), or leave it.".to_owned(),
        advice: crate::failure::Advice::NeedsPerson,
        place: Some(mapping.role.to_string()),
    }
}
