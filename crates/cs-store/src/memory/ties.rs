//! Links and shadows in memory.

use std::collections::{BTreeMap, BTreeSet};

use cs_domain::{Link, LinkStanding, MappingName, RecordRef, Role, UnitName};
use cs_ports::{LinkCount, Tie, TieChange};

#[derive(Debug, Default)]
pub(super) struct Ties {
    by_mapping: BTreeMap<MappingName, TiesOfMapping>,
}

#[derive(Debug, Default)]
struct TiesOfMapping {
    by_subject: BTreeMap<RecordRef, BTreeMap<Role, Tie>>,
    by_document: BTreeMap<RecordRef, BTreeSet<(RecordRef, Role)>>,
    /// Records with a live link.
    linked: u64,
}

impl Ties {
    pub(super) fn change(&mut self, mapping: &MappingName, change: &TieChange) {
        let ties = self.by_mapping.entry(mapping.clone()).or_default();
        match change {
            TieChange::Set(tie) => ties.set(tie),
            TieChange::Forget { subject, role } => ties.forget(subject, role),
        }
    }

    /// Each once, in the order of subjects and roles.
    pub(super) fn of(&self, mapping: &MappingName, subjects: &[RecordRef]) -> Vec<Tie> {
        let Some(ties) = self.by_mapping.get(mapping) else { return Vec::new() };
        let subjects: BTreeSet<&RecordRef> = subjects.iter().collect();
        let found = subjects.into_iter().filter_map(|subject| ties.by_subject.get(subject));
        found.flat_map(BTreeMap::values).cloned().collect()
    }

    /// Each once, in the order of subjects and roles.
    pub(super) fn to(&self, mapping: &MappingName, documents: &[RecordRef]) -> Vec<Tie> {
        let Some(ties) = self.by_mapping.get(mapping) else { return Vec::new() };
        let places: BTreeSet<&(RecordRef, Role)> =
            documents.iter().filter_map(|document| ties.by_document.get(document)).flatten().collect();
        let found = places.into_iter().filter_map(|(subject, role)| ties.by_subject.get(subject)?.get(role));
        found.cloned().collect()
    }

    /// Two live links to each document at most.
    pub(super) fn linked_by(&self, mapping: &MappingName, documents: &[RecordRef]) -> Vec<Link> {
        let Some(ties) = self.by_mapping.get(mapping) else { return Vec::new() };
        let documents: BTreeSet<&RecordRef> = documents.iter().collect();
        let mut links = Vec::new();
        for places in documents.into_iter().filter_map(|document| ties.by_document.get(document)) {
            let tie = |(subject, role): &(RecordRef, Role)| ties.by_subject.get(subject)?.get(role);
            let live = places.iter().filter_map(tie).map(|tie| &tie.link);
            links.extend(live.filter(|link| link.standing == LinkStanding::Live).take(2).cloned());
        }
        links
    }

    /// Those of all mappings, in no order.
    pub(super) fn all(&self) -> impl Iterator<Item = &Tie> {
        self.by_mapping.values().flat_map(|ties| ties.by_subject.values()).flat_map(BTreeMap::values)
    }

    /// Links that hold, by unit and role.
    pub(super) fn count_by_role(&self, mapping: &MappingName) -> Vec<LinkCount> {
        let mut counts: BTreeMap<(UnitName, Role), u64> = BTreeMap::new();
        let ties = self.by_mapping.get(mapping).into_iter();
        for tie in ties.flat_map(|ties| ties.by_subject.values()).flat_map(BTreeMap::values) {
            if tie.link.standing == LinkStanding::Live {
                *counts.entry((tie.link.unit.clone(), tie.link.role.clone())).or_default() += 1;
            }
        }
        counts.into_iter().map(|((unit, role), links)| LinkCount { unit, role, links }).collect()
    }

    pub(super) fn count_linked(&self, mapping: &MappingName) -> u64 {
        self.by_mapping.get(mapping).map_or(0, |ties| ties.linked)
    }
}

impl TiesOfMapping {
    fn set(&mut self, tie: &Tie) {
        let (subject, role) = (&tie.link.subject, &tie.link.role);
        self.forget(subject, role);
        let was = self.is_linked(subject);
        let place = (subject.clone(), role.clone());
        self.by_document.entry(tie.link.document.clone()).or_default().insert(place);
        self.by_subject.entry(subject.clone()).or_default().insert(role.clone(), tie.clone());
        self.linked += u64::from(!was && tie.link.standing == LinkStanding::Live);
    }

    fn forget(&mut self, subject: &RecordRef, role: &Role) {
        let was = self.is_linked(subject);
        let Some(roles) = self.by_subject.get_mut(subject) else { return };
        let Some(tie) = roles.remove(role) else { return };
        if roles.is_empty() {
            self.by_subject.remove(subject);
        }
        let document = &tie.link.document;
        if let Some(places) = self.by_document.get_mut(document) {
            places.remove(&(tie.link.subject, tie.link.role));
            if places.is_empty() {
                self.by_document.remove(document);
            }
        }
        self.linked -= u64::from(was && !self.is_linked(subject));
    }

    fn is_linked(&self, subject: &RecordRef) -> bool {
        let roles = self.by_subject.get(subject);
        roles.is_some_and(|roles| roles.values().any(|tie| tie.link.standing == LinkStanding::Live))
    }
}
