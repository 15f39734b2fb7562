//! Whether an engine may delete a record or a document.

use cs_domain::{Clearing, System as Side};

use crate::frappe::collate;

use super::excuse::policy_allows;
use super::{Author, Cell, Ledger};
use crate::simulation::pairs::bare;

impl Ledger {
    /// A record or document is no more.
    pub(super) fn went(&mut self, side: Side, id: u64, author: &Author<'_>) {
        let Author::Engine { holder, act } = author else { return };
        let meant = act.side == side && act.verb == "delete";
        if !meant {
            return;
        }
        self.tally.deleted += 1;
        let name = match side {
            Side::Vtiger => String::new(),
            Side::Frappe => self.documents.get(&id).map(|document| document.name.clone()).unwrap_or_default(),
        };
        let hit = side == Side::Vtiger || act.id.as_ref().is_some_and(|id| collate::same(id.as_str(), &name));
        let ties: Vec<(u64, String, u64)> = self
            .ties
            .iter()
            .filter_map(|((subject, role), documents)| {
                documents.last().map(|document| (*subject, role.clone(), *document))
            })
            .filter(|(subject, _, document)| match side {
                Side::Vtiger => *subject == id,
                Side::Frappe => *document == id,
            })
            .collect();
        let partner_gone = |(subject, _, document): &(u64, String, u64)| match side {
            Side::Vtiger => self.documents.get(document).is_none_or(|document| document.gone),
            Side::Frappe => self.records_gone.contains(subject),
        };
        if !ties.iter().any(partner_gone) {
            if side == Side::Vtiger && self.is_untouched_twin(id) {
                return;
            }
            let what = &act.target;
            if hit {
                self.breaches.push(format!("{holder} deleted {what}, and nothing it is tied to was deleted"));
            } else if !ties.is_empty() {
                self.breaches
                    .push(format!("{holder} deleted {what}, and {name:?} went with it, whose record lives"));
            }
            return;
        }
        self.unseen_edits(side, id, holder);
    }

    /// Whether the engine itself created this record, and another one besides for the same document, and nobody ever said
    /// anything in this one: a create that was given up for lost, and came after all.
    fn is_untouched_twin(&self, id: u64) -> bool {
        let is_other = |other: &u64| *other != id && !self.records_gone.contains(other);
        let twins = |((side, _), made): (&(Side, String), &Vec<u64>)| {
            *side == Side::Vtiger && made.contains(&id) && made.iter().any(is_other)
        };
        let said = self.cells.iter().filter(|(cell, _)| cell.side == Side::Vtiger && cell.id == id);
        self.creations.iter().any(twins) && said.flat_map(|(_, states)| states).all(|state| state.edit == 0)
    }

    /// What people said in a record that the engine deletes must have reached the other side, or have been decided on.
    fn unseen_edits(&mut self, side: Side, id: u64, holder: &str) {
        let cells: Vec<Cell> =
            self.cells.keys().filter(|cell| cell.side == side && cell.id == id).copied().collect();
        for cell in cells {
            let Some(state) = self.cells.get(&cell).and_then(|states| states.last()).cloned() else {
                continue;
            };
            for (index, subject, partner) in self.partners(cell) {
                let Some(pair) = self.pairs.get(index) else { continue };
                // What was taken back before it was ever agreed on says nothing, as what never says anything.
                let silent = bare(&state.text).is_empty()
                    && (pair.clearing == Clearing::Keep || self.never_agreed(cell, partner));
                if state.edit == 0 || silent || !pair.speaks(side) || policy_allows(pair, side) {
                    continue;
                }
                let last = self.cells.get(&partner).and_then(|states| states.last());
                let seen = last.and_then(|last| last.knows.get(&cell)).copied().unwrap_or(0);
                let known = seen >= state.edit || self.is_put_back(cell, seen);
                let decided = self.decisions.iter().any(|decision| {
                    // With a VTiger record go all its documents, whichever of them was decided about.
                    decision.subject == subject
                        && (side == Side::Vtiger || decision.role == pair.role.as_str())
                        && decision.field.is_empty()
                });
                if !known && !decided {
                    let what = self.describe(cell);
                    self.breaches.push(format!(
                        "{holder} deleted {what} with {:?} in it, which a person had said and nobody decided on",
                        state.text
                    ));
                }
            }
        }
    }
}
