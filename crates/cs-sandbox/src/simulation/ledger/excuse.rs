//! Whether an engine may put a value over another: it knew it, the policy says so, or a person did.

use std::collections::BTreeMap;

use cs_domain::{Choice, Clearing, ConflictPolicy, System as Side};

use super::{Cell, Decision, Ledger, State};
use crate::simulation::pairs::{Pair, bare};

impl Ledger {
    /// Whether the engine may put this into the cell; answers what is known by it.
    pub(super) fn judge(
        &mut self,
        cell: Cell,
        old: &State,
        new: &str,
        holder: &str,
        fresh: bool,
    ) -> BTreeMap<Cell, u32> {
        let mut wrong = Vec::new();
        let mut partners = self.partners(cell);
        // What is about to be linked counts like what is linked.
        let candidates = self.candidates(cell);
        partners.extend(
            candidates.into_iter().filter(|candidate| !partners.contains(candidate)).collect::<Vec<_>>(),
        );
        for (index, subject, partner) in &partners {
            let Some(pair) = self.pairs.get(*index).cloned() else { continue };
            match self.excuse(&pair, *subject, cell, *partner, old, new) {
                Ok((reason, knows)) => {
                    match reason {
                        Reason::Known => self.tally.carried += 1,
                        Reason::Policy => self.tally.decided_by_policy += 1,
                        Reason::Person => self.tally.decided_by_person += 1,
                    }
                    return knows;
                }
                Err(why) => wrong.push(why),
            }
        }
        if let Some(why) = wrong.into_iter().next() {
            let what = self.describe(cell);
            self.breaches.push(format!("{holder} put {new:?} over {:?} into {what}: {why}", old.text));
        } else if !fresh && partners.is_empty() {
            let what = self.describe(cell);
            self.breaches.push(format!(
                "{holder} put {new:?} over {:?} into {what}, which is tied to nothing",
                old.text
            ));
        }
        BTreeMap::new()
    }

    fn excuse(
        &self,
        pair: &Pair,
        subject: u64,
        cell: Cell,
        partner: Cell,
        old: &State,
        new: &str,
    ) -> Result<(Reason, BTreeMap<Cell, u32>), String> {
        if pair.mark.as_deref() == Some(new) && self.is_partner_gone(subject, partner) {
            return Ok((Reason::Policy, BTreeMap::new()));
        }
        if !pair.speaks(cell.side.other()) {
            return Err(format!("the field travels {:?}", pair.direction));
        }
        let same = |here: &str, there: &str| match cell.side {
            Side::Vtiger => pair.same(here, there),
            Side::Frappe => pair.same(there, here),
        };
        let states = self.cells.get(&partner).map(Vec::as_slice).unwrap_or_default();
        let sources: Vec<&State> = states.iter().rev().filter(|state| same(new, &state.text)).collect();
        if let Some(knows) =
            self.decided(pair, subject, (cell, old), new, sources.first().or(states.last().as_ref()))
        {
            return Ok((Reason::Person, knows));
        }
        if bare(new).is_empty() && pair.clearing == Clearing::Keep && !bare(&old.text).is_empty() {
            return Err("an empty value says nothing here".to_owned());
        }
        // Whoever puts back what the other side had seen leaves nothing that it has not seen.
        let knows_it = |state: &&&State| {
            let seen = state.knows.get(&cell).copied().unwrap_or(0);
            seen >= old.edit
                || self.is_put_back(cell, seen)
                || self.is_unremembered(cell, partner)
                || self.is_what_it_was_made_with(cell, partner)
                || self.is_partners_own(cell, partner, state)
        };
        let knowing = sources.iter().find(knows_it);
        if let Some(source) = knowing {
            return Ok((Reason::Known, source.knows.clone()));
        }
        // Nothing but space was never more than a slip.
        let says_nothing =
            bare(&old.text).is_empty() && (pair.clearing == Clearing::Keep || !old.text.is_empty());
        let source = sources.first().map(|state| state.knows.clone());
        let spelling = same(&old.text, &states.last().map(|state| state.text.clone()).unwrap_or_default());
        if let Some(knows) = source.clone()
            && (says_nothing || old.edit == 0 || spelling || bare(&old.text) == bare(new))
        {
            return Ok((Reason::Known, knows));
        }
        if let Some(knows) = source.clone()
            && (policy_allows(pair, cell.side) || self.first_contact_allows(pair, cell, partner, old))
        {
            return Ok((Reason::Policy, knows));
        }
        Err(match sources.first() {
            Some(_) => format!(
                "a lost edit: a person had said {:?} there, whoever said the other did not know it, the policy is {:?}, and nobody decided it",
                old.text, pair.policy
            ),
            None => format!(
                "nobody ever said it ({} holds {:?})",
                self.describe(partner),
                states.last().map(|s| &s.text)
            ),
        })
    }

    /// The pairs a cell belongs to, each with the partner's cell.
    pub(super) fn partners(&self, cell: Cell) -> Vec<(usize, u64, Cell)> {
        let Some((_, kind, field)) = self.fields.get(cell.field) else { return Vec::new() };
        let mut found = Vec::new();
        for (index, pair) in self.pairs.iter().enumerate() {
            let (own_kind, own_field) = match cell.side {
                Side::Vtiger => (&pair.module, &pair.vtiger),
                Side::Frappe => (&pair.doctype, &pair.frappe),
            };
            if own_kind.as_str() != kind || own_field.as_str() != field {
                continue;
            }
            for ((subject, role), documents) in &self.ties {
                if role != pair.role.as_str() {
                    continue;
                }
                let partner = match cell.side {
                    Side::Vtiger if *subject == cell.id => documents
                        .last()
                        .zip(self.field(Side::Frappe, pair.doctype.as_str(), pair.frappe.as_str()))
                        .map(|(id, field)| Cell { side: Side::Frappe, id: *id, field }),
                    Side::Frappe if documents.contains(&cell.id) => self
                        .field(Side::Vtiger, pair.module.as_str(), pair.vtiger.as_str())
                        .map(|field| Cell { side: Side::Vtiger, id: *subject, field }),
                    _ => None,
                };
                if let Some(partner) = partner {
                    found.push((index, *subject, partner));
                }
            }
        }
        found
    }

    /// Before anything is tied: cells that might become partners.
    fn candidates(&self, cell: Cell) -> Vec<(usize, u64, Cell)> {
        let Some((_, kind, field)) = self.fields.get(cell.field) else { return Vec::new() };
        let mut found = Vec::new();
        for (index, pair) in self.pairs.iter().enumerate() {
            let own = match cell.side {
                Side::Vtiger => (pair.module.as_str(), pair.vtiger.as_str()),
                Side::Frappe => (pair.doctype.as_str(), pair.frappe.as_str()),
            };
            if own != (kind.as_str(), field.as_str()) {
                continue;
            }
            let other = match cell.side {
                Side::Vtiger => self.field(Side::Frappe, pair.doctype.as_str(), pair.frappe.as_str()),
                Side::Frappe => self.field(Side::Vtiger, pair.module.as_str(), pair.vtiger.as_str()),
            };
            let Some(other) = other else { continue };
            let cells = self.cells.keys().filter(|key| key.side == cell.side.other() && key.field == other);
            found.extend(cells.map(|partner| {
                let subject = if cell.side == Side::Vtiger { cell.id } else { partner.id };
                (index, subject, *partner)
            }));
        }
        found
    }

    /// Whether what people said since that edit came to nothing: they put back what the other side had seen.
    pub(super) fn is_put_back(&self, cell: Cell, seen: u32) -> bool {
        let states = self.cells.get(&cell).map(Vec::as_slice).unwrap_or_default();
        let agreed = states.iter().rev().find(|state| state.edit <= seen);
        seen > 0 && agreed.zip(states.last()).is_some_and(|(then, now)| bare(&then.text) == bare(&now.text))
    }

    /// Whether people agreed for a while, before an engine remembered it, and then put back what was agreed on before: nobody
    /// who was not there then can know it.
    fn is_unremembered(&self, cell: Cell, partner: Cell) -> bool {
        self.unremembered.get(&(cell, partner)).is_some_and(|seen| self.is_put_back(cell, *seen))
    }

    /// Whether a cell says again what stood in it before any person said anything in it, and the partner had said that: it came
    /// from there.
    fn is_what_it_was_made_with(&self, cell: Cell, partner: Cell) -> bool {
        let states = self.cells.get(&cell).map(Vec::as_slice).unwrap_or_default();
        let made = states.iter().rev().find(|state| state.edit == 0);
        let stands = made.zip(states.last()).is_some_and(|(then, now)| bare(&then.text) == bare(&now.text));
        let said = self.cells.get(&partner).map(Vec::as_slice).unwrap_or_default();
        stands && said.iter().any(|state| made.is_some_and(|made| bare(&made.text) == bare(&state.text)))
    }

    /// Whether an engine had brought what stands in the cell from the partner, and whoever says the new value had seen what it
    /// brought: what a person had said before that was overwritten then, and judged then.
    fn is_partners_own(&self, cell: Cell, partner: Cell, source: &State) -> bool {
        let states = self.cells.get(&cell).map(Vec::as_slice).unwrap_or_default();
        let [.., before, last] = states else { return false };
        let brought = before.edit == last.edit && bare(&before.text) != bare(&last.text);
        let theirs = last.knows.get(&partner).copied().unwrap_or(0);
        brought && theirs > 0 && source.knows.get(&partner).is_some_and(|known| *known >= theirs)
    }

    /// Whether neither cell ever knew the other: nothing was agreed on yet, and so nothing can have been cleared.
    pub(super) fn never_agreed(&self, cell: Cell, partner: Cell) -> bool {
        let knows = |one: Cell, other: Cell| {
            self.cells
                .get(&one)
                .is_some_and(|states| states.iter().any(|state| state.knows.contains_key(&other)))
        };
        !knows(cell, partner) && !knows(partner, cell)
    }

    /// The same of a pair's cells in a record and a document.
    pub(crate) fn pair_never_agreed(&self, subject: u64, document: u64, pair: &Pair) -> bool {
        let here = self.field(Side::Vtiger, pair.module.as_str(), pair.vtiger.as_str());
        let there = self.field(Side::Frappe, pair.doctype.as_str(), pair.frappe.as_str());
        here.zip(there).is_some_and(|(here, there)| {
            self.never_agreed(
                Cell { side: Side::Vtiger, id: subject, field: here },
                Cell { side: Side::Frappe, id: document, field: there },
            )
        })
    }

    /// Whether the two never agreed on anything yet, and this side says nothing, or either said the same once, or the policy
    /// for that lets the other side's word stand.
    fn first_contact_allows(&self, pair: &Pair, cell: Cell, partner: Cell, old: &State) -> bool {
        if !self.never_agreed(cell, partner) {
            return false;
        }
        // Only what was agreed on can be cleared: who said something and took it back before that said nothing.
        if bare(&old.text).is_empty() {
            return true;
        }
        let said_the_same = |state: &State| match cell.side {
            Side::Vtiger => pair.same(&old.text, &state.text),
            Side::Frappe => pair.same(&state.text, &old.text),
        };
        // What is equal is adopted; one of the two moved on before the other was linked to it.
        if self.cells.get(&partner).is_some_and(|states| states.iter().any(said_the_same)) {
            return true;
        }
        let winner = match pair.first_contact {
            Some(ConflictPolicy::VtigerWins) => Side::Vtiger,
            Some(ConflictPolicy::FrappeWins) => Side::Frappe,
            _ => return false,
        };
        winner != cell.side
    }

    /// What is known by a person's decision that this value goes over that one, where there is such a decision.
    fn decided(
        &self,
        pair: &Pair,
        subject: u64,
        (cell, old): (Cell, &State),
        new: &str,
        source: Option<&&State>,
    ) -> Option<BTreeMap<Cell, u32>> {
        let about = |decision: &&Decision| {
            let (said, other) = match cell.side {
                Side::Vtiger => (&decision.vtiger, &decision.frappe),
                Side::Frappe => (&decision.frappe, &decision.vtiger),
            };
            let stands = match (&decision.choice, cell.side) {
                (Choice::Vtiger, Side::Frappe) => pair.same(other, new),
                (Choice::Frappe, Side::Vtiger) => pair.same(new, other),
                (Choice::Value(value), _) => bare(&value.plain()) == bare(new),
                _ => false,
            };
            decision.subject == subject
                && decision.role == pair.role.as_str()
                && decision.field == pair.frappe.as_str()
                && bare(said) == bare(&old.text)
                && stands
        };
        self.decisions.iter().find(about).map(|_| source.map(|state| state.knows.clone()).unwrap_or_default())
    }

    pub(super) fn is_partner_gone(&self, subject: u64, partner: Cell) -> bool {
        match partner.side {
            Side::Vtiger => self.records_gone.contains(&subject),
            Side::Frappe => self.documents.get(&partner.id).is_none_or(|document| document.gone),
        }
    }
}

enum Reason {
    Known,
    Policy,
    Person,
}

/// Whether the other side's word stands over this side's, whatever this side said.
pub(super) fn policy_allows(pair: &Pair, overwritten: Side) -> bool {
    match (pair.policy, overwritten) {
        _ if !pair.speaks(overwritten) => true,
        (ConflictPolicy::VtigerWins, Side::Frappe) | (ConflictPolicy::FrappeWins, Side::Vtiger) => true,
        (ConflictPolicy::NewestWins, _) => true,
        _ => false,
    }
}
