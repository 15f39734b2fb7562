//! Looking at both systems after everything that was done: what is there, what is gone, what a cell holds anew.

use std::collections::{BTreeMap, BTreeSet};

use cs_domain::{RecordId, System as Side};

use super::{Author, Cell, Document, Ledger, State, merge, number};
use crate::frappe::{Site, collate};
use crate::simulation::frappe_values::text;
use crate::simulation::pairs::bare;
use crate::vtiger::System;

impl Ledger {
    /// Looks at both systems; answers what is wrong.
    pub(crate) fn look(&mut self, vtiger: &System, site: &Site, author: &Author<'_>) -> Vec<String> {
        let before = self.breaches.len();
        self.check_allowed(vtiger, author);
        let mut changed = self.look_at_records(vtiger, author);
        changed |= self.look_at_documents(site, author);
        if changed {
            self.join_all(matches!(author, Author::Person));
        }
        self.breaches.get(before..).unwrap_or_default().to_vec()
    }

    /// Fields without a rule are never written.
    fn check_allowed(&mut self, vtiger: &System, author: &Author<'_>) {
        let Author::Engine { act, holder } = author else { return };
        let Some(id) = &act.id else { return };
        let kind = match act.side {
            Side::Vtiger => number(id).and_then(|number| Some(vtiger.records().get(&number)?.module.clone())),
            Side::Frappe => None,
        };
        let Some(kind) = kind else { return };
        let allowed = self.allowed.get(&(act.side, kind.clone())).cloned().unwrap_or_default();
        for field in act.fields.iter().filter(|field| !allowed.contains(field.as_str())) {
            self.breaches.push(format!("{holder} wrote {kind}.{field}, which the mapping does not name"));
        }
    }

    fn look_at_records(&mut self, vtiger: &System, author: &Author<'_>) -> bool {
        let mut changed = false;
        for record in vtiger.records().values() {
            let Some(fields) = self.tracked.get(&(Side::Vtiger, record.module.clone())).cloned() else {
                continue;
            };
            if record.deleted {
                if self.records_seen.contains(&record.id) && self.records_gone.insert(record.id) {
                    changed = true;
                    self.went(Side::Vtiger, record.id, author);
                }
                continue;
            }
            self.records_seen.insert(record.id);
            for field in fields {
                let name = self.fields.get(field).map(|(_, _, name)| name.clone()).unwrap_or_default();
                let cell = Cell { side: Side::Vtiger, id: record.id, field };
                let hit = |id: &RecordId| number(id) == Some(record.id);
                changed |= self.see(cell, record.text(&name), &name, author, &hit);
            }
        }
        changed
    }

    fn look_at_documents(&mut self, site: &Site, author: &Author<'_>) -> bool {
        let mut changed = false;
        let kinds: Vec<(String, Vec<usize>)> = self
            .tracked
            .iter()
            .filter(|((side, _), _)| *side == Side::Frappe)
            .map(|((_, kind), fields)| (kind.clone(), fields.clone()))
            .collect();
        let mut there = BTreeSet::new();
        for (kind, fields) in kinds {
            for row in site.rows(&kind) {
                let id = self.document_of(&kind, &text(row, "name"));
                there.insert(id);
                for field in &fields {
                    let name = self.fields.get(*field).map(|(_, _, name)| name.clone()).unwrap_or_default();
                    let cell = Cell { side: Side::Frappe, id, field: *field };
                    let own = text(row, "name");
                    let hit = |written: &RecordId| collate::same(written.as_str(), &own);
                    changed |= self.see(cell, &text(row, &name), &name, author, &hit);
                }
            }
        }
        let went: Vec<u64> = self
            .documents
            .iter()
            .filter(|(id, document)| !document.gone && !there.contains(id))
            .map(|(id, _)| *id)
            .collect();
        for id in went {
            changed = true;
            if let Some(document) = self.documents.get_mut(&id) {
                document.gone = true;
            }
            self.went(Side::Frappe, id, author);
        }
        changed
    }

    /// The number of the document of that name.
    pub(super) fn document_of(&mut self, doctype: &str, name: &str) -> u64 {
        let key = (doctype.to_owned(), collate::key(name));
        let known = self.names.get(&key).copied();
        let still = |id: &u64| {
            let document = self.documents.get(id);
            document.is_some_and(|document| !document.gone && collate::same(&document.name, name))
        };
        if let Some(id) = known.filter(still) {
            return id;
        }
        let id = self.documents.keys().next_back().map_or(1, |last| last + 1);
        self.names.insert(key, id);
        self.documents.insert(id, Document { name: name.to_owned(), gone: false });
        id
    }

    /// A document is called something else from now on. To be told before [`Ledger::look`].
    pub(crate) fn renamed(&mut self, doctype: &str, old: &str, new: &str) {
        let key = (doctype.to_owned(), collate::key(old));
        let Some(id) = self.names.get(&key).copied() else { return };
        if let Some(document) = self.documents.get_mut(&id) {
            new.clone_into(&mut document.name);
        }
        // The old name stays known: the engine may still speak of it.
        self.names.insert((doctype.to_owned(), collate::key(new)), id);
    }

    /// Notes what a cell holds; answers whether that is news.
    pub(super) fn see(
        &mut self,
        cell: Cell,
        text: &str,
        field: &str,
        author: &Author<'_>,
        hit: &dyn Fn(&RecordId) -> bool,
    ) -> bool {
        let old = self.cells.get(&cell).and_then(|states| states.last());
        if old.is_some_and(|old| old.text == text) {
            return false;
        }
        let old = old.cloned();
        let fresh = old.is_none();
        let old = old.unwrap_or(State { text: String::new(), edit: 0, knows: BTreeMap::new() });
        let mut new = State { text: text.to_owned(), ..old.clone() };
        match author {
            Author::Person => {
                // Space more or less at the ends, or for nothing, is no edit.
                if bare(&old.text) != bare(text) || (fresh && !text.is_empty()) {
                    new.edit += 1;
                    new.knows.insert(cell, new.edit);
                    self.tally.edits += 1;
                }
            }
            Author::Engine { holder, act } => {
                let meant = act.side == cell.side
                    && act.id.as_ref().is_some_and(hit)
                    && (act.fields.iter().any(|name| name.as_str() == field));
                if meant {
                    let came = self.judge(cell, &old, text, holder, fresh);
                    merge(&mut new.knows, &came);
                }
            }
        }
        self.cells.entry(cell).or_default().push(new);
        true
    }
}
