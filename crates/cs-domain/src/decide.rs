//! From a situation to a plan. Nothing here looks anything up.

use std::collections::{BTreeMap, BTreeSet};

use crate::identity::{Choice, choose, operation_key};
use crate::link::LinkOrigin;
use crate::mapping::{DocumentMapping, FieldRule, RowRule, Source, UnitMapping};
use crate::merge::{FieldOutcome, FieldSituation, merge};
use crate::name::{FieldName, Kind, Role};
use crate::plan::{Act, Change, Conflict, Plan, Planned, PlannedRow, SkipReason, Step};
use crate::policy::ConflictPolicy;
use crate::record::{Record, RecordRef};
use crate::schema::KindSchema;
use crate::shadow::{Agreed, Shadow};
use crate::situation::{Candidate, Counterpart, FoundBy, Situation};
use crate::value::{Row, Value};
use crate::wanted::{Wanted, WantedDocument, wanted_document};

/// What follows for one unit. `schemas` are Frappe's, by DocType.
pub fn decide(unit: &UnitMapping, schemas: &BTreeMap<Kind, KindSchema>, situation: &Situation) -> Plan {
    let mut plan = Plan::empty(situation.subject.clone());
    plan.first = situation.counterparts.values().all(|known| known.tie.is_none());
    let Some(record) = &situation.record else {
        plan.skipped = Some(SkipReason::NotThere);
        return plan;
    };
    if !unit.selection.iter().all(|condition| condition.holds(record, &situation.settings)) {
        plan.skipped = Some(SkipReason::NotSelected);
        return plan;
    }
    let mut decision = Decision {
        situation,
        plan,
        documents: standing(unit, situation),
        blocked: BTreeSet::new(),
        late: Vec::new(),
    };
    for mapping in &unit.documents {
        match wanted_document(mapping, schemas.get(&mapping.doctype), record, situation) {
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
enum Standing<'a> {
    /// It is there.
    There(&'a Record),
    /// An earlier step creates it.
    Planned,
}

/// A field that is written last.
struct Late<'a> {
    mapping: &'a DocumentMapping,
    field: &'a FieldName,
    role: Role,
}

struct Decision<'a> {
    situation: &'a Situation,
    plan: Plan,
    documents: BTreeMap<&'a Role, Standing<'a>>,
    /// Roles that cannot be written, and those that need them.
    blocked: BTreeSet<&'a Role>,
    late: Vec<Late<'a>>,
}

impl<'a> Decision<'a> {
    fn document(&mut self, mapping: &'a DocumentMapping, wanted: &WantedDocument) {
        if mapping.parents().any(|parent| self.blocked.contains(parent)) {
            self.blocked.insert(&mapping.role);
            return;
        }
        let counterpart = self.situation.counterparts.get(&mapping.role);
        match counterpart.and_then(|known| known.tie.as_ref().map(|(link, shadow)| (known, link, shadow))) {
            Some((known, link, shadow)) => match &known.linked {
                Some(document) => self.existing(mapping, wanted, document, Some(shadow), None),
                None => self.conflict(
                    &mapping.role,
                    Conflict::DeleteEdit {
                        role: mapping.role.clone(),
                        document: link.document.clone(),
                        deleted: crate::record::System::Frappe,
                        edited: Vec::new(),
                    },
                ),
            },
            None if wanted.exists(mapping) => self.unlinked(mapping, wanted, counterpart),
            None => {}
        }
    }

    fn conflict(&mut self, role: &'a Role, conflict: Conflict) {
        self.plan.conflicts.push(conflict);
        self.blocked.insert(role);
    }

    fn unlinked(
        &mut self,
        mapping: &'a DocumentMapping,
        wanted: &WantedDocument,
        known: Option<&'a Counterpart>,
    ) {
        let role = mapping.role.clone();
        match known.map_or(Choice::None, |known| choose(mapping, &known.candidates)) {
            Choice::None => self.create(mapping, wanted),
            Choice::One(candidate) => {
                self.existing(mapping, wanted, &candidate.document, None, Some(candidate));
            }
            Choice::Several(found) => {
                let candidates = found.iter().map(|candidate| candidate.document.reference.clone()).collect();
                self.conflict(&mapping.role, Conflict::Ambiguous { role, candidates });
            }
            Choice::Taken(candidate) => {
                let by = candidate.taken_by.clone().unwrap_or_else(|| self.situation.subject.clone());
                let candidate = candidate.document.reference.clone();
                self.conflict(&mapping.role, Conflict::Taken { role, candidate, by });
            }
        }
    }

    fn create(&mut self, mapping: &'a DocumentMapping, wanted: &WantedDocument) {
        let key = operation_key(mapping, &self.situation.subject, wanted);
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
                self.late.push(Late { mapping, field: &rule.frappe, role: role.clone() });
                None
            }
            _ => None,
        }
    }

    fn new_tables(
        &self,
        mapping: &DocumentMapping,
        wanted: &WantedDocument,
    ) -> BTreeMap<FieldName, Vec<PlannedRow>> {
        let mut tables: BTreeMap<FieldName, Vec<PlannedRow>> = BTreeMap::new();
        for (rule, row) in mapping.rows.iter().zip(&wanted.rows) {
            if let Some(columns) = row.as_ref().and_then(|row| self.planned_columns(row)) {
                tables.entry(rule.table.clone()).or_default().push(PlannedRow { name: None, columns });
            }
        }
        tables
    }

    /// The row's cells, or `None` where a document that it names does not exist: then there is no row.
    fn planned_columns(&self, row: &BTreeMap<FieldName, Wanted>) -> Option<BTreeMap<FieldName, Planned>> {
        let cells = row.iter().map(|(column, wanted)| {
            let cell = match wanted {
                Wanted::Value(value) => Planned::Value(value.clone()),
                Wanted::Document(role) => match self.documents.get(role)? {
                    Standing::There(document) => Planned::Value(Value::Reference(document.reference.clone())),
                    Standing::Planned => Planned::Document(role.clone()),
                },
            };
            Some((column.clone(), cell))
        });
        cells.collect()
    }

    fn existing(
        &mut self,
        mapping: &'a DocumentMapping,
        wanted: &WantedDocument,
        document: &'a Record,
        shadow: Option<&Shadow>,
        candidate: Option<&Candidate>,
    ) {
        if let Some(candidate) = candidate {
            let ours = candidate.found_by == FoundBy::OperationKey;
            let origin = if ours { LinkOrigin::Created } else { LinkOrigin::Adopted };
            let (target, version) = (document.reference.clone(), document.version.clone());
            self.step(mapping, Act::Link { target, version, origin }, Vec::new());
        }
        let mut changes = Vec::new();
        let mut agreed = BTreeMap::new();
        for rule in mapping.fields.iter().filter(|rule| !rule.on_create) {
            if shadow.is_some() && wanted.partial.contains(&rule.frappe) {
                keep(rule, shadow, &mut agreed);
                continue;
            }
            let Some(wanted) = self.wanted_of(mapping, rule, wanted) else {
                continue;
            };
            let outcome = merge(&self.field_situation(mapping, rule, &wanted, document, shadow));
            self.field(mapping, rule, &wanted, document, shadow, outcome, (&mut changes, &mut agreed));
        }
        changes.extend(self.missing_rows(mapping, wanted, document));
        self.plan.agreed.insert(mapping.role.clone(), agreed);
        if !changes.is_empty() {
            let (target, expected) = (document.reference.clone(), document.version.clone());
            self.step(mapping, Act::Update { target, expected }, changes);
        }
    }

    /// What VTiger says of a field. A document that an earlier step creates is named later.
    fn wanted_of(
        &mut self,
        mapping: &'a DocumentMapping,
        rule: &'a FieldRule,
        wanted: &WantedDocument,
    ) -> Option<Value> {
        match wanted.fields.get(&rule.frappe)? {
            Wanted::Value(value) => Some(value.clone()),
            Wanted::Document(role) => match self.documents.get(role) {
                Some(Standing::There(document)) => Some(Value::Reference(document.reference.clone())),
                Some(Standing::Planned) | None => {
                    self.late.push(Late { mapping, field: &rule.frappe, role: role.clone() });
                    None
                }
            },
        }
    }

    fn field_situation<'f>(
        &self,
        mapping: &DocumentMapping,
        rule: &FieldRule,
        vtiger: &'f Value,
        document: &'f Record,
        shadow: Option<&'f Shadow>,
    ) -> FieldSituation<'f> {
        let base = shadow.and_then(|shadow| shadow.fields.get(&rule.frappe));
        let mut conflict = rule.conflict.unwrap_or(mapping.conflict);
        if base.is_none() && !self.situation.writes_vtiger {
            conflict = ConflictPolicy::VtigerWins;
        }
        FieldSituation {
            base,
            vtiger: Some(vtiger),
            frappe: document.get(&rule.frappe),
            direction: rule.direction,
            clearing: rule.clearing,
            conflict,
            newest: None,
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one field's whole situation, used in one place")]
    fn field(
        &mut self,
        mapping: &DocumentMapping,
        rule: &FieldRule,
        vtiger: &Value,
        document: &Record,
        shadow: Option<&Shadow>,
        outcome: FieldOutcome,
        (changes, agreed): (&mut Vec<Change>, &mut BTreeMap<FieldName, Agreed>),
    ) {
        let base = shadow.and_then(|shadow| shadow.fields.get(&rule.frappe)).cloned();
        match outcome {
            FieldOutcome::Agreed(value) => drop(agreed.insert(rule.frappe.clone(), value)),
            FieldOutcome::Leave | FieldOutcome::ToVtiger(_) => keep(rule, shadow, agreed),
            FieldOutcome::ToFrappe(_) if self.is_anothers(mapping, rule, vtiger, document, base.as_ref()) => {
                keep(rule, shadow, agreed);
            }
            FieldOutcome::ToFrappe(value) => {
                keep(rule, shadow, agreed);
                let before = document.get(&rule.frappe).cloned();
                changes.push(Change { field: rule.frappe.clone(), before, after: Planned::Value(value) });
            }
            FieldOutcome::Conflict => {
                keep(rule, shadow, agreed);
                self.plan.conflicts.push(Conflict::Field {
                    role: mapping.role.clone(),
                    document: document.reference.clone(),
                    field: rule.frappe.clone(),
                    base,
                    vtiger: vtiger.clone(),
                    frappe: document.get(&rule.frappe).cloned().unwrap_or(Value::Empty),
                });
            }
        }
    }

    /// Whether Frappe shows what another record wrote that shares the document, so that writing this record's value would
    /// only start a quarrel. Pointers (a customer's main address) stay with whoever set them; of anything else a person
    /// is told.
    fn is_anothers(
        &mut self,
        mapping: &DocumentMapping,
        rule: &FieldRule,
        vtiger: &Value,
        document: &Record,
        base: Option<&Agreed>,
    ) -> bool {
        let Some(shown) = document.get(&rule.frappe).filter(|shown| !shown.is_empty()) else { return false };
        let said_by = |(_, shadow): &&(RecordRef, Shadow)| {
            let theirs = shadow.fields.get(&rule.frappe);
            theirs.is_some_and(|theirs| theirs.frappe == *shown && theirs.vtiger != *vtiger)
        };
        let others = self.situation.counterparts.get(&mapping.role).map_or(&[][..], |known| &known.others);
        let Some((other, _)) = others.iter().find(said_by) else { return false };
        if matches!(rule.source, Source::Document(_)) {
            return true;
        }
        // What this record says anew is an edit, and goes through.
        if base.is_none_or(|base| base.vtiger != *vtiger) {
            return false;
        }
        self.plan.conflicts.push(Conflict::Shared {
            role: mapping.role.clone(),
            document: document.reference.clone(),
            field: rule.frappe.clone(),
            vtiger: vtiger.clone(),
            other: other.clone(),
            theirs: shown.clone(),
        });
        true
    }

    /// Tables that lack a row which must stand there: the rows that are there, by name, and the missing ones
    /// (the list sent replaces the table, facts/FRAPPE.md "Writing").
    fn missing_rows(
        &self,
        mapping: &DocumentMapping,
        wanted: &WantedDocument,
        document: &Record,
    ) -> Vec<Change> {
        let mut additions: BTreeMap<&FieldName, Vec<PlannedRow>> = BTreeMap::new();
        for (rule, row) in mapping.rows.iter().zip(&wanted.rows).filter(|(rule, _)| !rule.on_create) {
            let Some(columns) = row.as_ref().and_then(|row| self.planned_columns(row)) else {
                continue;
            };
            if !has_row(document, rule, &columns) {
                additions.entry(&rule.table).or_default().push(PlannedRow { name: None, columns });
            }
        }
        let changes = additions.into_iter().map(|(table, added)| {
            let before = document.get(table).cloned();
            let mut rows: Vec<PlannedRow> = rows_of(document, table).iter().map(kept_row).collect();
            rows.extend(added);
            Change { field: table.clone(), before, after: Planned::Rows(rows) }
        });
        changes.collect()
    }

    fn step(&mut self, mapping: &DocumentMapping, act: Act, changes: Vec<Change>) {
        let (role, doctype) = (mapping.role.clone(), mapping.doctype.clone());
        self.plan.steps.push(Step { role, doctype, act, changes });
    }

    /// Adds what is written last: references to documents that only now exist.
    fn finish(mut self) -> Plan {
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
        self.plan
    }
}

/// What was agreed stays agreed.
fn keep(rule: &FieldRule, shadow: Option<&Shadow>, agreed: &mut BTreeMap<FieldName, Agreed>) {
    if let Some(base) = shadow.and_then(|shadow| shadow.fields.get(&rule.frappe)) {
        agreed.insert(rule.frappe.clone(), base.clone());
    }
}

fn rows_of<'r>(document: &'r Record, table: &FieldName) -> &'r [Row] {
    match document.get(table) {
        Some(Value::Rows(rows)) => rows,
        _ => &[],
    }
}

fn kept_row(row: &Row) -> PlannedRow {
    let columns = row.columns.iter().map(|(name, value)| (name.clone(), Planned::Value(value.clone())));
    PlannedRow { name: row.name.clone(), columns: columns.collect() }
}

fn has_row(document: &Record, rule: &RowRule, columns: &BTreeMap<FieldName, Planned>) -> bool {
    rows_of(document, &rule.table).iter().any(|row| {
        columns.iter().all(|(name, cell)| match cell {
            Planned::Value(wanted) => {
                row.columns.get(name).is_some_and(|found| found.plain() == wanted.plain())
            }
            Planned::Document(_) | Planned::Rows(_) => false,
        })
    })
}

#[cfg(test)]
mod tests;
