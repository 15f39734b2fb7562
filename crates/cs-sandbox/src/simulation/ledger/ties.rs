//! Which record and which document belong together, and what each knows of the other for that.

use cs_domain::{RecordRef, System as Side};

use super::{Cell, Ledger, State, merge, number};
use crate::frappe::collate;
use crate::simulation::pairs::Pair;

impl Ledger {
    /// The engine ties a record and a document.
    pub(crate) fn tie(&mut self, subject: &RecordRef, role: &str, document: &RecordRef) {
        let Some(subject) = number(&subject.id) else { return };
        let key = (document.kind.to_string(), collate::key(document.id.as_str()));
        let Some(id) = self.names.get(&key).copied() else { return };
        self.bind(subject, role, id);
    }

    pub(super) fn bind(&mut self, subject: u64, role: &str, document: u64) {
        let ties = self.ties.entry((subject, role.to_owned())).or_default();
        if ties.last() != Some(&document) {
            ties.retain(|other| *other != document);
            ties.push(document);
        }
        self.join(subject, role, document, false);
        self.inherit(subject, role, document);
    }

    /// Where both sides of a pair say the same, each knows what the other knows. What people came to say by themselves is
    /// known to no engine before it has remembered it.
    pub(super) fn join_all(&mut self, by_people: bool) {
        let ties: Vec<(u64, String, u64)> = self
            .ties
            .iter()
            .filter_map(|((subject, role), documents)| Some((*subject, role.clone(), *documents.last()?)))
            .collect();
        for (subject, role, document) in ties {
            self.join(subject, &role, document, by_people);
        }
    }

    fn join(&mut self, subject: u64, role: &str, document: u64, by_people: bool) {
        let pairs: Vec<Pair> = self.pairs.iter().filter(|pair| pair.role.as_str() == role).cloned().collect();
        for pair in pairs {
            let vtiger = self.field(Side::Vtiger, pair.module.as_str(), pair.vtiger.as_str());
            let frappe = self.field(Side::Frappe, pair.doctype.as_str(), pair.frappe.as_str());
            let (Some(vtiger), Some(frappe)) = (vtiger, frappe) else { continue };
            let here = Cell { side: Side::Vtiger, id: subject, field: vtiger };
            let there = Cell { side: Side::Frappe, id: document, field: frappe };
            let (Some(left), Some(right)) = (self.now(here), self.now(there)) else { continue };
            if pair.same(&left.text, &right.text) {
                let mut all = left.knows.clone();
                merge(&mut all, &right.knows);
                if by_people {
                    self.met_by_themselves(here, there);
                }
                for cell in [here, there] {
                    if let Some(state) = self.cells.get_mut(&cell).and_then(|states| states.last_mut()) {
                        merge(&mut state.knows, &all);
                    }
                }
            }
        }
    }

    fn met_by_themselves(&mut self, here: Cell, there: Cell) {
        for (cell, knower) in [(here, there), (there, here)] {
            let (Some(said), Some(state)) = (self.now(cell), self.now(knower)) else { continue };
            let known = state.knows.get(&cell).copied().unwrap_or(0);
            if known < said.edit {
                self.unremembered.entry((cell, knower)).or_insert(known);
            }
        }
    }

    /// An engine has remembered what it saw of a record and its documents.
    pub(crate) fn remembered(&mut self, subject: &RecordRef) {
        let Some(id) = number(&subject.id) else { return };
        let of_it = |cell: &Cell| cell.side == Side::Vtiger && cell.id == id;
        self.unremembered.retain(|(cell, knower), _| !of_it(cell) && !of_it(knower));
    }

    /// A new record or document holds what the partner held when it was decided on; by now that may have moved on.
    fn inherit(&mut self, subject: u64, role: &str, document: u64) {
        let pairs: Vec<Pair> = self.pairs.iter().filter(|pair| pair.role.as_str() == role).cloned().collect();
        for pair in pairs {
            let vtiger = self.field(Side::Vtiger, pair.module.as_str(), pair.vtiger.as_str());
            let frappe = self.field(Side::Frappe, pair.doctype.as_str(), pair.frappe.as_str());
            let (Some(vtiger), Some(frappe)) = (vtiger, frappe) else { continue };
            let here = Cell { side: Side::Vtiger, id: subject, field: vtiger };
            let there = Cell { side: Side::Frappe, id: document, field: frappe };
            for (own, other) in [(here, there), (there, here)] {
                // What was not made from the other by an engine holds what its own people said, or another's.
                let made = match own.side {
                    Side::Vtiger => self.made_from.get(&subject) == Some(&document),
                    Side::Frappe => self.made_for.get(&document) == Some(&subject),
                };
                if !made {
                    continue;
                }
                let Some(first) = self.cells.get(&own).and_then(|states| states.first()).cloned() else {
                    continue;
                };
                if first.edit > 0 {
                    continue;
                }
                let same = |state: &&State| match own.side {
                    Side::Vtiger => pair.same(&first.text, &state.text),
                    Side::Frappe => pair.same(&state.text, &first.text),
                };
                let source = self.cells.get(&other).and_then(|states| states.iter().rev().find(same));
                let Some(knows) = source.map(|state| state.knows.clone()) else { continue };
                for state in self.cells.get_mut(&own).into_iter().flatten() {
                    merge(&mut state.knows, &knows);
                }
            }
        }
    }
}
