//! What one part of a mapping says of another: roles, units, fields with rules, who is written before whom.

use std::collections::BTreeMap;

use crate::mapping::diagnostic::near;
use crate::mapping::order::parents_first;
use crate::mapping::phrases;
use crate::mapping::place::{DocumentPart, Place, UnitPart};
use crate::mapping::rules::{field, reference};
use crate::mapping::sentence::Said;
use crate::mapping::validate::Lowering;
use crate::mapping::{
    Check, DocumentMapping, FieldRule, Mapping, MatchPart, RowRule, Source, Transform, UnitMapping,
};
use crate::name::{FieldName, Role, UnitName};

impl Lowering<'_> {
    pub(super) fn check_references(&mut self, mapping: &Mapping) {
        for unit in &mapping.units {
            self.unit = unit.name.clone();
            for document in &unit.documents {
                self.role = document.role.clone();
                self.check_sources(mapping, unit, document);
                self.check_match_parts(unit, document);
                self.check_fields_named(document);
            }
            self.check_never_read(unit);
            self.check_guarded(unit);
            self.check_writers(unit);
            self.check_create(unit);
        }
    }

    fn check_sources(&mut self, mapping: &Mapping, unit: &UnitMapping, document: &DocumentMapping) {
        let fields = document.fields.iter().map(|rule| {
            let place = self.document_place(DocumentPart::Source(rule.frappe.clone()));
            (place, &rule.source)
        });
        let columns = row_sources(document).map(|(index, column, source)| {
            let place = self.document_place(DocumentPart::Column(index, column.clone()));
            (place, source)
        });
        let sources: Vec<_> = fields.chain(columns).collect();
        for (place, source) in sources {
            match source {
                Source::Document(role) => self.check_role(unit, role, &place),
                Source::Linked { unit, role, .. } => self.check_linked(mapping, unit, role, &place),
                _ => {}
            }
        }
    }

    fn check_role(&mut self, unit: &UnitMapping, role: &Role, place: &Place) {
        let span = self.span(place);
        if *role == self.role {
            self.problems.add(&span, reference::refers_to_itself(role));
        } else if unit.document(role).is_none() {
            let near = near(role.as_str(), unit.documents.iter().map(|document| document.role.as_str()));
            self.problems.add(&span, reference::no_role(&unit.name, role, near));
        }
    }

    fn check_linked(&mut self, mapping: &Mapping, unit: &UnitName, role: &Role, place: &Place) {
        let span = self.span(place);
        let Some(other) = mapping.unit(unit) else {
            // An unfinished pair of `unit` and `role` was told already.
            if !unit.as_str().is_empty() {
                let near = near(unit.as_str(), mapping.units.iter().map(|unit| unit.name.as_str()));
                self.problems.add(&span, reference::no_unit(unit, near));
            }
            return;
        };
        if other.document(role).is_none() {
            let near = near(role.as_str(), other.documents.iter().map(|document| document.role.as_str()));
            self.problems.add(&span, reference::no_role(unit, role, near));
        }
    }

    fn check_match_parts(&mut self, unit: &UnitMapping, document: &DocumentMapping) {
        for (key, parts) in document.match_keys.iter().enumerate() {
            for (at, part) in parts.0.iter().enumerate() {
                let place = self.document_place(DocumentPart::Match(key, at));
                match part {
                    MatchPart::Field(field) | MatchPart::IfKnown(field) => {
                        self.check_match_field(document, field, &place);
                    }
                    MatchPart::Linked(role) => {
                        self.check_role(unit, role, &place);
                        let other = unit.document(role).filter(|other| other.role != document.role);
                        if other.is_some_and(|other| !refers(document, other) && !refers(other, document)) {
                            let span = self.span(&place);
                            self.problems.add(&span, reference::not_tied(&document.role, role));
                        }
                    }
                }
            }
        }
    }

    fn check_match_field(&mut self, document: &DocumentMapping, field: &FieldName, place: &Place) {
        let span = self.span(place);
        match document.rule(field) {
            None => {
                let near = near(field.as_str(), ruled(document));
                self.problems.add(&span, reference::match_without_rule(field, near));
            }
            // What is given to new VTiger records only is found by all the same: nobody's edit changes it.
            Some(rule) if !rule.direction.reaches_frappe() && !rule.on_create => {
                self.problems.add(&span, reference::match_never_to_frappe(field));
            }
            Some(_) => {}
        }
    }

    fn check_fields_named(&mut self, document: &DocumentMapping) {
        let near = |field: &FieldName| near(field.as_str(), ruled(document));
        for field in document.exists_when.iter().filter(|field| document.rule(field).is_none()) {
            let span = self.span(&self.document_place(DocumentPart::ExistsWhen(field.clone())));
            self.problems.add(&span, reference::exists_without_rule(field, near(field)));
        }
        for (index, check) in document.checks.iter().enumerate() {
            let (Check::NotInFuture(field) | Check::Required(field)) = check;
            if document.rule(field).is_none() {
                let span = self.span(&self.document_place(DocumentPart::Check(index)));
                self.problems.add(&span, reference::check_without_rule(field, near(field)));
            }
        }
        if let Some(field) = &document.external_id
            && document.rule(field).is_some()
        {
            let span = self.span(&self.document_place(DocumentPart::Field(field.clone())));
            let other = self.span(&self.document_place(DocumentPart::ExternalId));
            let other = (&other, "the external id");
            self.problems.add_related(&span, other, reference::external_id_with_rule(field));
        }
    }

    /// Every use of a VTiger field in the unit.
    fn uses<'m>(&self, unit: &'m UnitMapping) -> Vec<Use<'m>> {
        let mut uses = Vec::new();
        for (index, condition) in unit.selection.iter().enumerate() {
            uses.push(Use {
                field: &condition.field,
                place: self.unit_place(UnitPart::Condition(index)),
                rule: None,
            });
        }
        for document in &unit.documents {
            let place = |part| Place::Document { unit: unit.name.clone(), role: document.role.clone(), part };
            for rule in &document.fields {
                uses.extend(rule.source.vtiger_fields().iter().map(|field| Use {
                    field,
                    place: place(DocumentPart::Source(rule.frappe.clone())),
                    rule: Some(rule),
                }));
            }
            for (index, column, source) in row_sources(document) {
                uses.extend(source.vtiger_fields().iter().map(|field| Use {
                    field,
                    place: place(DocumentPart::Column(index, column.clone())),
                    rule: None,
                }));
            }
        }
        uses
    }

    fn check_never_read(&mut self, unit: &UnitMapping) {
        for used in self.uses(unit) {
            if unit.never_read.contains(used.field) {
                let span = self.span(&used.place);
                let other = self.span(&self.unit_place(UnitPart::NeverRead(used.field.clone())));
                let other = (&other, "never read");
                self.problems.add_related(&span, other, reference::never_read_used(used.field));
            }
        }
    }

    fn check_guarded(&mut self, unit: &UnitMapping) {
        let guarded = unit.guarded_fields();
        for used in self.uses(unit) {
            let reduced = used.rule.is_some_and(FieldRule::guards_card_data);
            if guarded.contains(used.field) && !reduced {
                let span = self.span(&used.place);
                let remedy = match used.rule {
                    Some(_) => phrases::add_last_four(),
                    None => phrases::use_another_field(),
                };
                self.problems.add(&span, reference::unguarded(used.field, remedy));
            }
        }
    }

    /// Two rules that write one VTiger field would overwrite each other for ever; parts of one text do not.
    fn check_writers(&mut self, unit: &UnitMapping) {
        let mut writers: BTreeMap<&FieldName, Vec<(&FieldRule, Place)>> = BTreeMap::new();
        for used in self.uses(unit) {
            let Some(rule) = used.rule.filter(|rule| rule.direction.reaches_vtiger()) else {
                continue;
            };
            let before = writers.entry(used.field).or_default();
            let other = before.iter().find(|(other, _)| !different_parts(other, rule));
            if let Some((_, other)) = other {
                let (span, other) = (self.span(&used.place), self.span(other));
                let other = (&other, "the other one");
                self.problems.add_related(&span, other, field::two_writers(used.field));
            }
            before.push((rule, used.place));
        }
    }

    /// Puts units and documents parents first and decides who is looked for before whom, or tells the circle.
    pub(super) fn put_in_order(&mut self, mapping: &mut Mapping) {
        let names: Vec<UnitName> = mapping.units.iter().map(|unit| unit.name.clone()).collect();
        let position = |name: &UnitName| names.iter().position(|other| other == name);
        let order = parents_first(names.len(), |at| {
            let sources = mapping.units.get(at).into_iter().flat_map(|unit| &unit.documents);
            let linked = sources.flat_map(DocumentMapping::sources).filter_map(|source| match source {
                Source::Linked { unit, .. } => position(unit),
                _ => None,
            });
            linked.collect()
        });
        match order {
            Ok(order) => mapping.units = picked(&mapping.units, &order),
            Err(circle) => {
                let circle = spelled(&circle, &names);
                let first = mapping.units.first().map(|unit| unit.name.clone());
                self.unit = first.unwrap_or_else(|| UnitName::new(""));
                let span = self.span(&self.unit_place(UnitPart::Name));
                self.problems.add(&span, reference::unit_cycle(circle));
            }
        }
        for unit in &mut mapping.units {
            self.unit = unit.name.clone();
            self.put_documents_in_order(unit);
        }
    }

    fn put_documents_in_order(&mut self, unit: &mut UnitMapping) {
        let roles: Vec<Role> = unit.documents.iter().map(|document| document.role.clone()).collect();
        let position = |role: &Role| roles.iter().position(|other| other == role);
        let own = |at: usize, role: &&Role| roles.get(at) != Some(*role);
        let order = parents_first(roles.len(), |at| {
            let document = unit.documents.get(at).into_iter();
            let parents = document.flat_map(DocumentMapping::parents);
            parents.filter(|role| own(at, role)).filter_map(position).collect()
        });
        match order {
            Ok(order) => unit.documents = picked(&unit.documents, &order),
            Err(circle) => {
                let said = reference::document_cycle(spelled(&circle, &roles));
                self.circle(&circle, &roles, said);
            }
        }
        let roles: Vec<Role> = unit.documents.iter().map(|document| document.role.clone()).collect();
        let position = |role: &Role| roles.iter().position(|other| other == role);
        let order = parents_first(roles.len(), |at| {
            let keys = unit.documents.get(at).into_iter().flat_map(|document| &document.match_keys);
            let linked = keys.flat_map(|key| &key.0).filter_map(|part| match part {
                MatchPart::Linked(role) if roles.get(at) != Some(role) => position(role),
                _ => None,
            });
            linked.collect()
        });
        match order {
            Ok(order) => unit.match_order = picked(&roles, &order),
            Err(circle) => {
                let said = reference::match_cycle(spelled(&circle, &roles));
                self.circle(&circle, &roles, said);
            }
        }
    }

    fn circle(&mut self, circle: &[usize], roles: &[Role], said: Said) {
        let first = circle.first().and_then(|at| roles.get(*at));
        self.role = first.cloned().unwrap_or_else(|| Role::new(""));
        let span = self.span(&self.document_place(DocumentPart::Role));
        self.problems.add(&span, said);
    }
}

/// One use of a VTiger field.
struct Use<'m> {
    field: &'m FieldName,
    place: Place,
    /// The field rule it stands in, where it stands in one.
    rule: Option<&'m FieldRule>,
}

fn row_sources(document: &DocumentMapping) -> impl Iterator<Item = (usize, &FieldName, &Source)> {
    let columns = |(index, row)| {
        let row: &RowRule = row;
        row.columns.iter().map(move |(column, source)| (index, column, source))
    };
    document.rows.iter().enumerate().flat_map(columns)
}

fn ruled(document: &DocumentMapping) -> impl Iterator<Item = &str> + Clone {
    document.fields.iter().map(|rule| rule.frappe.as_str())
}

fn refers(document: &DocumentMapping, other: &DocumentMapping) -> bool {
    let names = |source: &Source| matches!(source, Source::Document(role) if *role == other.role);
    document.sources().any(names)
}

fn different_parts(left: &FieldRule, right: &FieldRule) -> bool {
    let part = |rule: &FieldRule| match rule.transforms.as_slice() {
        [Transform::Part { separator, index, of }] => Some((separator.clone(), *of, *index)),
        _ => None,
    };
    match (part(left), part(right)) {
        (Some((separator, of, index)), Some((other_separator, other_of, other_index))) => {
            separator == other_separator && of == other_of && index != other_index
        }
        _ => false,
    }
}

fn picked<T: Clone>(all: &[T], order: &[usize]) -> Vec<T> {
    order.iter().filter_map(|at| all.get(*at)).cloned().collect()
}

fn spelled<N: std::fmt::Display>(circle: &[usize], names: &[N]) -> String {
    let names = circle.iter().filter_map(|at| names.get(*at));
    names.map(ToString::to_string).collect::<Vec<_>>().join(" -> ")
}
