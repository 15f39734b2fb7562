//! What has changed between two moments, and what a run does about it.

use std::collections::{BTreeMap, BTreeSet};

use crate::mapping::bind_document::{converts, described};
use crate::mapping::drift::uses::{Use, of_unit, rows_of};
use crate::mapping::drift::{Drift, DriftChange, Seen, named_as_before};
use crate::mapping::{
    DocumentMapping, DocumentPart, Mapping, Place, RowRule, Source, Transform, UnitMapping, UnitPart,
};
use crate::name::{FieldName, Kind};
use crate::policy::DriftPolicy;
use crate::record::System;
use crate::schema::{FieldSchema, FieldType, KindSchema};

/// The mandatory field that nobody maps: the connector gives a new record the product's user for an owner.
const OWNER: &str = "assigned_user_id";

/// Everything that the mapping uses, was there before and is not the same now. A kind that was not looked at before has
/// not changed.
pub fn compare(mapping: &Mapping, before: &Seen, now: &Seen) -> Vec<Drift> {
    let named = named_as_before(mapping, before);
    let units = mapping.units.iter().zip(&named.units);
    units.flat_map(|(written, unit)| Comparison { unit, before, now }.of_unit(written)).collect()
}

struct Comparison<'a> {
    unit: &'a UnitMapping,
    before: &'a Seen,
    now: &'a Seen,
}

/// A field that the unit uses, with every place where it does.
struct Used<'a> {
    uses: Vec<Use<'a>>,
    /// A label by which the mapping calls it.
    label: Option<FieldName>,
}

impl<'a> Comparison<'a> {
    fn of_unit(&self, written: &UnitMapping) -> Vec<Drift> {
        let mut drifts = self.vanished_kinds();
        let mut fields: BTreeMap<(System, &Kind, &FieldName), Used<'a>> = BTreeMap::new();
        let written = of_unit(written, &self.before.frappe);
        for (written, used) in written.into_iter().zip(of_unit(self.unit, &self.before.frappe)) {
            let key = (used.system, used.kind, used.field);
            let entry = fields.entry(key).or_insert_with(|| Used { uses: Vec::new(), label: None });
            let called = written.called.or(Some(written.field).filter(|field| *field != used.field));
            if let Some(called) = called {
                entry.label = Some(called.clone());
            }
            entry.uses.push(used);
        }
        for ((system, kind, field), used) in &fields {
            let (Some(then), Some(here)) =
                (self.before.of(*system).get(*kind), self.now.of(*system).get(*kind))
            else {
                continue;
            };
            let Some(was) = then.fields.get(*field) else { continue };
            let changes = changes(was, here.fields.get(*field), here, used);
            drifts
                .extend(changes.into_iter().map(|change| self.drift(*system, kind, was, change, &used.uses)));
        }
        drifts.extend(self.newly_mandatory_in_frappe());
        drifts.extend(self.newly_mandatory_in_tables());
        drifts.extend(self.newly_mandatory_in_vtiger());
        drifts
    }

    fn vanished_kinds(&self) -> Vec<Drift> {
        let unit = self.unit;
        let module =
            (System::Vtiger, &unit.module, Place::Unit { unit: unit.name.clone(), part: UnitPart::Module });
        let doctypes = unit
            .documents
            .iter()
            .map(|document| (System::Frappe, &document.doctype, self.place(document, DocumentPart::DocType)));
        let tables = self.tables().filter_map(|(document, index, row)| {
            let rows = rows_of(&self.before.frappe, &document.doctype, &row.table)?;
            // Where the table itself is gone, that is what is told.
            let there = self.now.frappe.get(&document.doctype)?.fields.get(&row.table)?;
            let same = there.field_type == FieldType::Rows { kind: rows.kind.clone() };
            same.then(|| (System::Frappe, &rows.kind, self.place(document, DocumentPart::Row(index))))
        });
        let mut drifts: Vec<Drift> = Vec::new();
        for (system, kind, place) in std::iter::once(module).chain(doctypes).chain(tables) {
            let Some(then) = self.before.of(system).get(kind) else { continue };
            if self.now.of(system).contains_key(kind) {
                continue;
            }
            match drifts.iter_mut().find(|drift| drift.system == system && drift.kind == *kind) {
                Some(drift) => drift.places.push(place),
                None => drifts.push(Drift {
                    system,
                    kind: kind.clone(),
                    field: None,
                    label: then.label.clone(),
                    change: DriftChange::KindVanished,
                    unit: unit.name.clone(),
                    places: vec![place],
                    // There is nothing to go on with.
                    verdict: DriftPolicy::Stop,
                }),
            }
        }
        drifts
    }

    fn drift(
        &self,
        system: System,
        kind: &Kind,
        was: &FieldSchema,
        change: DriftChange,
        uses: &[Use<'_>],
    ) -> Drift {
        let verdicts = uses.iter().map(|used| match used.policy {
            Some(policy) => policy,
            None => where_nothing_is_said(&change),
        });
        let wanted = verdicts.max().unwrap_or(DriftPolicy::Stop);
        let verdict = self.feasible(wanted, &change, uses);
        Drift {
            system,
            kind: kind.clone(),
            field: Some(was.name.clone()),
            label: was.label.clone(),
            change,
            unit: self.unit.name.clone(),
            places: uses.iter().map(|used| used.place.clone()).collect(),
            verdict,
        }
    }

    /// What can be done of what is wanted: what is not there cannot be gone on with, and what a document hangs on cannot be
    /// left out.
    fn feasible(&self, wanted: DriftPolicy, change: &DriftChange, uses: &[Use<'_>]) -> DriftPolicy {
        if matches!(change, DriftChange::Relabelled { .. }) {
            return DriftPolicy::GoOn;
        }
        let harmless = match change {
            DriftChange::KindVanished | DriftChange::FieldVanished | DriftChange::NotWritable => false,
            DriftChange::TypeChanged { .. } => uses.iter().all(|used| self.still_converts(used)),
            DriftChange::ChoiceLost { .. }
            | DriftChange::Shortened { .. }
            | DriftChange::BecameMandatory
            | DriftChange::Relabelled { .. } => true,
        };
        let can_skip = uses.iter().all(|used| used.rule.is_some() && !self.is_vital(used));
        match wanted {
            DriftPolicy::Stop => DriftPolicy::Stop,
            DriftPolicy::GoOn if harmless => DriftPolicy::GoOn,
            _ if can_skip => DriftPolicy::SkipField,
            DriftPolicy::SkipField if is_mild(change) => DriftPolicy::GoOn,
            _ => DriftPolicy::Stop,
        }
    }

    /// Whether a key, a check or a condition names the field itself, or the field that its rule fills.
    fn is_vital(&self, used: &Use<'_>) -> bool {
        let Some(rule) = used.rule else { return true };
        let Place::Document { role, .. } = &used.place else { return true };
        let Some(document) = self.unit.document(role) else { return true };
        let names = |other: &Use<'_>| match other.system {
            System::Frappe => {
                let in_document =
                    matches!(&other.place, Place::Document { role: other, .. } if other == role);
                let in_creation =
                    self.unit.create_in_vtiger.as_ref().is_some_and(|create| create.document == *role)
                        && matches!(other.place, Place::Unit { .. });
                (in_document || in_creation) && other.kind == &document.doctype && *other.field == rule.frappe
            }
            System::Vtiger => used.system == System::Vtiger && other.field == used.field,
        };
        of_unit(self.unit, &self.before.frappe).iter().any(|other| other.vital && names(other))
    }

    /// Whether values of the rule's one side can still stand in the other.
    fn still_converts(&self, used: &Use<'_>) -> bool {
        let Some(rule) = used.rule else { return true };
        let Place::Document { role, .. } = &used.place else { return true };
        let Some(document) = self.unit.document(role) else { return true };
        let field = |system, kind: &Kind, name: &FieldName| {
            self.now.of(system).get(kind).and_then(|schema: &KindSchema| schema.fields.get(name))
        };
        let Some(here) = field(System::Frappe, &document.doctype, &rule.frappe) else { return false };
        match &rule.source {
            Source::Fields { names, .. } => {
                let plain =
                    |transform: &Transform| matches!(transform, Transform::Trim | Transform::Default(_));
                let reshaped = !rule.transforms.iter().all(plain) || names.len() > 1;
                names.iter().all(|name| {
                    let there = field(System::Vtiger, &self.unit.module, name);
                    let fits =
                        |there: &FieldSchema| reshaped || converts(&there.field_type, &here.field_type);
                    there.is_some_and(fits)
                }) && !matches!(here.field_type, FieldType::Rows { .. })
            }
            Source::Document(_) | Source::Linked { .. } => {
                matches!(here.field_type, FieldType::Reference { .. } | FieldType::Text)
            }
            Source::Constant(value) => here.fit(value.clone()).is_ok(),
            Source::Setting(_) => !matches!(here.field_type, FieldType::Rows { .. }),
        }
    }

    fn place(&self, document: &DocumentMapping, part: DocumentPart) -> Place {
        Place::Document { unit: self.unit.name.clone(), role: document.role.clone(), part }
    }

    /// Fields that new documents are refused without, and did not need before.
    fn newly_mandatory_in_frappe(&self) -> Vec<Drift> {
        let each = self.unit.documents.iter().flat_map(|document| {
            let (then, now) =
                (self.before.frappe.get(&document.doctype), self.now.frappe.get(&document.doctype));
            let filled = |field: &FieldName| {
                let rule = document.rule(field).is_some_and(|rule| rule.direction.reaches_frappe());
                rule || document.external_id.as_ref() == Some(field)
                    || document.rows.iter().any(|row| row.table == *field)
            };
            newly_mandatory(then, now).into_iter().filter(move |field| !filled(&field.name)).map(|field| {
                let wanted = document.on_drift.unwrap_or(DriftPolicy::GoOn);
                // There is no rule to leave out.
                let verdict = if wanted == DriftPolicy::Stop { wanted } else { DriftPolicy::GoOn };
                let place = self.place(document, DocumentPart::Role);
                self.mandatory(System::Frappe, &document.doctype, field, place, verdict)
            })
        });
        each.collect()
    }

    /// The rows that rules fill, with their documents.
    fn tables(&self) -> impl Iterator<Item = (&'a DocumentMapping, usize, &'a RowRule)> + use<'a> {
        let documents = self.unit.documents.iter();
        documents
            .flat_map(|document| document.rows.iter().enumerate().map(move |(at, row)| (document, at, row)))
    }

    /// Columns that new rows are refused without, and did not need before.
    fn newly_mandatory_in_tables(&self) -> Vec<Drift> {
        let each = self.tables().flat_map(|(document, index, row)| {
            let then = rows_of(&self.before.frappe, &document.doctype, &row.table);
            let now = then.and_then(|then| self.now.frappe.get(&then.kind));
            let new = newly_mandatory(then, now).into_iter();
            new.filter(|field| !row.columns.contains_key(&field.name)).map(move |field| {
                let wanted = document.on_drift.unwrap_or(DriftPolicy::GoOn);
                let verdict = if wanted == DriftPolicy::Stop { wanted } else { DriftPolicy::GoOn };
                let place = self.place(document, DocumentPart::Row(index));
                let kind = now.map_or(&document.doctype, |now| &now.kind);
                self.mandatory(System::Frappe, kind, field, place, verdict)
            })
        });
        each.collect()
    }

    /// The same of VTiger's, where the unit makes records there.
    fn newly_mandatory_in_vtiger(&self) -> Vec<Drift> {
        let Some(create) = &self.unit.create_in_vtiger else { return Vec::new() };
        let document = self.unit.document(&create.document);
        let rules = document.into_iter().flat_map(|document| &document.fields);
        let filled: BTreeSet<&FieldName> = rules
            .filter(|rule| rule.direction.reaches_vtiger())
            .flat_map(|rule| rule.source.vtiger_fields())
            .chain(&create.key)
            .collect();
        let module = &self.unit.module;
        let new = newly_mandatory(self.before.vtiger.get(module), self.now.vtiger.get(module));
        new.into_iter()
            .filter(|field| field.name.as_str() != OWNER && !filled.contains(&field.name))
            .map(|field| {
                let wanted = self.unit.on_drift.unwrap_or(DriftPolicy::Stop);
                let verdict = if wanted == DriftPolicy::Stop { wanted } else { DriftPolicy::SkipField };
                let place = Place::Unit { unit: self.unit.name.clone(), part: UnitPart::Create };
                self.mandatory(System::Vtiger, module, field, place, verdict)
            })
            .collect()
    }

    fn mandatory(
        &self,
        system: System,
        kind: &Kind,
        field: &FieldSchema,
        place: Place,
        verdict: DriftPolicy,
    ) -> Drift {
        Drift {
            system,
            kind: kind.clone(),
            field: Some(field.name.clone()),
            label: field.label.clone(),
            change: DriftChange::BecameMandatory,
            unit: self.unit.name.clone(),
            places: vec![place],
            verdict,
        }
    }
}

/// What a run does where the mapping says nothing: it stops before what it would otherwise get wrong, and goes on where
/// single records at most will fail, each for itself.
fn where_nothing_is_said(change: &DriftChange) -> DriftPolicy {
    if is_mild(change) { DriftPolicy::GoOn } else { DriftPolicy::Stop }
}

fn is_mild(change: &DriftChange) -> bool {
    match change {
        DriftChange::KindVanished
        | DriftChange::FieldVanished
        | DriftChange::TypeChanged { .. }
        | DriftChange::NotWritable => false,
        DriftChange::ChoiceLost { used, .. } => used.is_empty(),
        DriftChange::Relabelled { .. } | DriftChange::BecameMandatory | DriftChange::Shortened { .. } => true,
    }
}

fn newly_mandatory<'n>(then: Option<&KindSchema>, now: Option<&'n KindSchema>) -> Vec<&'n FieldSchema> {
    let (Some(then), Some(now)) = (then, now) else { return Vec::new() };
    let was = |field: &FieldSchema| then.fields.get(&field.name).is_some_and(|was| was.mandatory);
    now.fields.values().filter(|field| field.mandatory && field.writable && !was(field)).collect()
}

fn changes(
    was: &FieldSchema,
    is: Option<&FieldSchema>,
    kind: &KindSchema,
    used: &Used<'_>,
) -> Vec<DriftChange> {
    let Some(is) = is else { return vec![DriftChange::FieldVanished] };
    let mut changes = Vec::new();
    let meant = |label: &FieldName| kind.resolve(label.as_str()).is_some_and(|found| found.name == was.name);
    if used.label.as_ref().is_some_and(|label| !meant(label)) {
        changes.push(DriftChange::Relabelled { to: is.label.clone() });
    }
    if !same_type(&was.field_type, &is.field_type) {
        let (from, to) = (described(&was.field_type).to_string(), described(&is.field_type).to_string());
        changes.push(DriftChange::TypeChanged { from, to });
    }
    changes.extend(lost(&was.field_type, &is.field_type, &used.uses));
    if was.writable && !is.writable && used.uses.iter().any(|used| used.writes) {
        changes.push(DriftChange::NotWritable);
    }
    if let (Some(from), Some(to)) = (was.max_chars, is.max_chars)
        && to < from
        && used.uses.iter().any(|used| used.writes)
    {
        changes.push(DriftChange::Shortened { from, to });
    }
    changes
}

fn same_type(was: &FieldType, is: &FieldType) -> bool {
    match (was, is) {
        (FieldType::Reference { kinds: was }, FieldType::Reference { kinds: is }) => {
            is.is_empty() || was.iter().all(|kind| is.contains(kind))
        }
        (FieldType::Rows { kind: was }, FieldType::Rows { kind: is }) => was == is,
        (FieldType::Decimal { .. }, FieldType::Decimal { .. })
        | (FieldType::Choice { .. }, FieldType::Choice { .. }) => true,
        (was, is) => was == is,
    }
}

fn lost(was: &FieldType, is: &FieldType, uses: &[Use<'_>]) -> Option<DriftChange> {
    let (FieldType::Choice { values: was, .. }, FieldType::Choice { values: is, .. }) = (was, is) else {
        return None;
    };
    let lost: Vec<String> = was.iter().filter(|entry| !is.contains(entry)).cloned().collect();
    let named = |entry: &&String| uses.iter().any(|used| used.words.contains(&entry.as_str()));
    let used = lost.iter().filter(named).cloned().collect();
    (!lost.is_empty()).then_some(DriftChange::ChoiceLost { lost, used })
}
