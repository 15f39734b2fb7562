//! The book that proves that no edit is lost.
//!
//! A *cell* is one mapped field of one record. Each state of a cell *knows* edits: those that people had made in it, and
//! those of other cells that had reached it. Somebody who edits a field saw what stood there, so the new state knows all
//! that the old one knew. A write of the engine brings a state of the partner's over: where that state knew the edit that
//! is overwritten, the overwritten value had been seen by whoever said the new one; where it did not, the two were said
//! independently, and overwriting one needs a reason: the field's direction, its policy, or a person's decision about
//! exactly this value. Anything else is a lost edit.

use std::collections::{BTreeMap, BTreeSet};

use cs_domain::{
    Choice, Clearing, ConflictPolicy, FieldName, Fields, Kind, OperationKey, RecordId, RecordRef,
    System as Side,
};

use crate::frappe::{Row, Site, collate};
use crate::vtiger::{self, System};

use super::frappe_values::text;
use super::pairs::{Pair, bare};

/// A field of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cell {
    side: Side,
    /// The VTiger record's number, or the document's number in this book.
    id: u64,
    /// The field's number in this book.
    field: usize,
}

/// What stood in a cell.
#[derive(Clone, Debug)]
struct State {
    text: String,
    /// How often people had edited the cell.
    edit: u32,
    /// The newest edit of each cell that is known here.
    knows: BTreeMap<Cell, u32>,
}

/// Who did what was just done.
#[derive(Clone, Copy)]
pub(crate) enum Author<'a> {
    /// People, or what was there when the story began.
    Person,
    /// An engine.
    Engine {
        /// Which.
        holder: &'a str,
        /// What it meant to do.
        act: &'a EngineAct,
    },
}

/// A write of an engine.
#[derive(Clone, Debug)]
pub(crate) struct EngineAct {
    pub(crate) side: Side,
    pub(crate) verb: &'static str,
    /// The record it wrote; none where nothing was written.
    pub(crate) id: Option<RecordId>,
    pub(crate) target: String,
    pub(crate) fields: BTreeSet<FieldName>,
}

/// A decision that a person took.
#[derive(Clone, Debug)]
pub(crate) struct Decision {
    pub(crate) subject: u64,
    pub(crate) role: String,
    /// The Frappe field; empty where it is about a delete.
    pub(crate) field: String,
    /// What the two sides said then.
    pub(crate) vtiger: String,
    pub(crate) frappe: String,
    pub(crate) choice: Choice,
}

/// A Frappe document, whatever it is called.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) doctype: String,
    pub(crate) name: String,
    pub(crate) gone: bool,
}

/// The book.
#[derive(Default)]
pub(crate) struct Ledger {
    pub(crate) pairs: Vec<Pair>,
    /// Fields that the engine may write, by side and kind.
    allowed: BTreeMap<(Side, String), BTreeSet<String>>,
    fields: Vec<(Side, String, String)>,
    tracked: BTreeMap<(Side, String), Vec<usize>>,
    cells: BTreeMap<Cell, Vec<State>>,
    names: BTreeMap<(String, String), u64>,
    pub(crate) documents: BTreeMap<u64, Document>,
    records_gone: BTreeSet<u64>,
    records_seen: BTreeSet<u64>,
    /// Each record's and role's documents, the latest last.
    ties: BTreeMap<(u64, String), Vec<u64>>,
    pub(crate) decisions: Vec<Decision>,
    creations: BTreeMap<String, Vec<String>>,
    /// The record that the engine created a document for.
    made_for: BTreeMap<u64, u64>,
    left: BTreeMap<(String, String), String>,
    pub(crate) breaches: Vec<String>,
    /// Edits of mapped fields by people; engine writes; decided by policy; brought over knowingly.
    pub(crate) tally: Tally,
}

/// How much happened, so that a simulation in which nothing happens is noticed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Edits of mapped fields by people.
    pub edits: u64,
    /// Cells that engines wrote because the other side's value had seen theirs.
    pub carried: u64,
    /// Cells that engines overwrote because direction or policy says so.
    pub decided_by_policy: u64,
    /// Cells that engines overwrote because a person decided it.
    pub decided_by_person: u64,
    /// Records and documents that engines created.
    pub created: u64,
    /// Records and documents that engines deleted.
    pub deleted: u64,
    /// Conflicts that were resolved.
    pub resolved: u64,
    /// Processes that died.
    pub deaths: u64,
    /// Runs that came to an end.
    pub runs: u64,
}

impl Tally {
    /// Adds another story's.
    pub(crate) fn add(&mut self, other: &Self) {
        self.edits += other.edits;
        self.carried += other.carried;
        self.decided_by_policy += other.decided_by_policy;
        self.decided_by_person += other.decided_by_person;
        self.created += other.created;
        self.deleted += other.deleted;
        self.resolved += other.resolved;
        self.deaths += other.deaths;
        self.runs += other.runs;
    }
}

impl Ledger {
    pub(crate) fn new(pairs: Vec<Pair>, allowed: BTreeMap<(Side, String), BTreeSet<String>>) -> Self {
        let mut ledger = Self { allowed, ..Self::default() };
        // Documents are followed though none of their fields are.
        for kind in ledger.allowed.keys().cloned().collect::<Vec<_>>() {
            ledger.tracked.entry(kind).or_default();
        }
        for pair in &pairs {
            ledger.track(Side::Vtiger, pair.module.as_str(), pair.vtiger.as_str());
            ledger.track(Side::Frappe, pair.doctype.as_str(), pair.frappe.as_str());
        }
        ledger.pairs = pairs;
        ledger
    }

    fn track(&mut self, side: Side, kind: &str, field: &str) {
        if self.field(side, kind, field).is_none() {
            self.fields.push((side, kind.to_owned(), field.to_owned()));
            let index = self.fields.len() - 1;
            self.tracked.entry((side, kind.to_owned())).or_default().push(index);
        }
    }

    fn field(&self, side: Side, kind: &str, field: &str) -> Option<usize> {
        self.fields.iter().position(|(s, k, f)| *s == side && k == kind && f == field)
    }

    /// Looks at both systems; answers what is wrong.
    pub(crate) fn look(&mut self, vtiger: &System, site: &Site, author: &Author<'_>) -> Vec<String> {
        let before = self.breaches.len();
        self.check_allowed(vtiger, author);
        let mut changed = self.look_at_records(vtiger, author);
        changed |= self.look_at_documents(site, author);
        if changed {
            self.join_all();
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
    fn document_of(&mut self, doctype: &str, name: &str) -> u64 {
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
        self.documents
            .insert(id, Document { doctype: doctype.to_owned(), name: name.to_owned(), gone: false });
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
    fn see(
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

    /// The pairs a cell belongs to, each with the partner's cell.
    fn partners(&self, cell: Cell) -> Vec<(usize, u64, Cell)> {
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

    /// Whether the engine may put this into the cell; answers what is known by it.
    fn judge(
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
            seen >= old.edit || self.is_put_back(cell, seen) || self.is_what_it_was_made_with(cell, partner)
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

    /// Whether neither cell ever knew the other: nothing was agreed on yet, and so nothing can have been cleared.
    fn never_agreed(&self, cell: Cell, partner: Cell) -> bool {
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

    fn is_partner_gone(&self, subject: u64, partner: Cell) -> bool {
        match partner.side {
            Side::Vtiger => self.records_gone.contains(&subject),
            Side::Frappe => self.documents.get(&partner.id).is_none_or(|document| document.gone),
        }
    }

    /// A record or document is no more.
    fn went(&mut self, side: Side, id: u64, author: &Author<'_>) {
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
        let is_other = |made: &String| {
            made.parse::<u64>().is_ok_and(|other| other != id && !self.records_gone.contains(&other))
        };
        let twins =
            |(_, made): (&String, &Vec<String>)| made.contains(&id.to_string()) && made.iter().any(is_other);
        let of_vtiger = |(key, _): &(&String, &Vec<String>)| {
            self.pairs.iter().any(|pair| key.starts_with(pair.module.as_str()))
        };
        let said = self.cells.iter().filter(|(cell, _)| cell.side == Side::Vtiger && cell.id == id);
        self.creations.iter().filter(of_vtiger).any(twins)
            && said.flat_map(|(_, states)| states).all(|state| state.edit == 0)
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

    /// Whether what people said since that edit came to nothing: they put back what the other side had seen.
    fn is_put_back(&self, cell: Cell, seen: u32) -> bool {
        let states = self.cells.get(&cell).map(Vec::as_slice).unwrap_or_default();
        let agreed = states.iter().rev().find(|state| state.edit <= seen);
        seen > 0 && agreed.zip(states.last()).is_some_and(|(then, now)| bare(&then.text) == bare(&now.text))
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

    /// Where both sides of a pair say the same, each knows what the other knows.
    fn join_all(&mut self) {
        let ties: Vec<(u64, String, u64)> = self
            .ties
            .iter()
            .filter_map(|((subject, role), documents)| Some((*subject, role.clone(), *documents.last()?)))
            .collect();
        for (subject, role, document) in ties {
            self.join(subject, &role, document);
        }
    }

    fn join(&mut self, subject: u64, role: &str, document: u64) {
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
                for cell in [here, there] {
                    if let Some(state) = self.cells.get_mut(&cell).and_then(|states| states.last_mut()) {
                        merge(&mut state.knows, &all);
                    }
                }
            }
        }
    }

    fn now(&self, cell: Cell) -> Option<&State> {
        self.cells.get(&cell)?.last()
    }

    fn describe(&self, cell: Cell) -> String {
        let (kind, field) = self
            .fields
            .get(cell.field)
            .map(|(_, kind, field)| (kind.as_str(), field.as_str()))
            .unwrap_or_default();
        match cell.side {
            Side::Vtiger => format!("VTiger {kind} {}.{field}", cell.id),
            Side::Frappe => {
                let name = self.documents.get(&cell.id).map(|document| document.name.as_str());
                format!("Frappe {kind} {:?}.{field}", name.unwrap_or_default())
            }
        }
    }

    /// The engine ties a record and a document.
    pub(crate) fn tie(&mut self, subject: &RecordRef, role: &str, document: &RecordRef) {
        let Some(subject) = number(&subject.id) else { return };
        let key = (document.kind.to_string(), collate::key(document.id.as_str()));
        let Some(id) = self.names.get(&key).copied() else { return };
        self.bind(subject, role, id);
    }

    fn bind(&mut self, subject: u64, role: &str, document: u64) {
        let ties = self.ties.entry((subject, role.to_owned())).or_default();
        if ties.last() != Some(&document) {
            ties.retain(|other| *other != document);
            ties.push(document);
        }
        self.join(subject, role, document);
        self.inherit(subject, role, document);
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
            let made_for_another = self.made_for.get(&document).is_some_and(|made_for| *made_for != subject);
            for (own, other) in [(here, there), (there, here)] {
                // It holds what that other record held.
                if own == there && made_for_another {
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

    /// The engine created a VTiger record under this key.
    pub(crate) fn engine_created(&mut self, kind: &Kind, key: &OperationKey, number: u64) {
        self.tally.created += 1;
        self.creations.entry(format!("{kind} {}", key.0)).or_default().push(number.to_string());
        // The key names the document.
        let Some((doctype, name)) = key.0.split_once('/') else { return };
        let pair = self.pairs.iter().find(|pair| pair.module == *kind && pair.doctype.as_str() == doctype);
        let document = self.known_document(&RecordRef::frappe(doctype, name));
        if let (Some(role), Some(document)) = (pair.map(|pair| pair.role.to_string()), document) {
            self.ties.entry((number, role)).or_default().push(document);
        }
    }

    /// The engine created a document under this key, which names the record and the role.
    pub(crate) fn engine_created_document(&mut self, kind: &Kind, key: &OperationKey, name: &str) {
        self.tally.created += 1;
        let id = self.document_of(kind.as_str(), name);
        self.creations.entry(format!("{kind} {}", key.0)).or_default().push(id.to_string());
        let mut parts = key.0.split('/');
        if let (Some(subject), Some(role)) = (parts.next(), parts.next())
            && let Some(subject) = number(&RecordId::new(subject))
        {
            let role = role.to_owned();
            self.made_for.insert(id, subject);
            self.ties.entry((subject, role)).or_default().push(id);
        }
    }

    /// Creations under one key of which more than one is still there.
    pub(crate) fn duplicates(&self) -> Vec<String> {
        let vtiger = |kind: &str| self.pairs.iter().any(|pair| kind.starts_with(pair.module.as_str()));
        let alive = |kind: &str, id: &str| {
            let id: u64 = id.parse().unwrap_or(0);
            match self.documents.get(&id) {
                Some(document) if kind.starts_with(&document.doctype) => !document.gone,
                _ if vtiger(kind) => !self.records_gone.contains(&id),
                _ => false,
            }
        };
        let living = |(key, made): (&String, &Vec<String>)| {
            let made = made.iter().filter(|id| alive(key, id) && !(vtiger(key) && self.is_kept_apart(id)));
            let made: BTreeSet<&String> = made.collect();
            (made.len() > 1).then(|| format!("{key} was created {} times: {made:?}", made.len()))
        };
        self.creations.iter().filter_map(living).collect()
    }

    /// Whether a person was asked about a VTiger record that came twice, and wants to keep both: somebody had touched it.
    fn is_kept_apart(&self, id: &str) -> bool {
        let decided = |decision: &&Decision| {
            decision.field.is_empty()
                && decision.choice == Choice::Separate
                && decision.subject.to_string() == id
        };
        self.decisions.iter().any(|decision| decided(&decision))
    }

    /// The version that a write of the engine left.
    pub(crate) fn left(&mut self, kind: &Kind, name: &str, version: &str) {
        self.left.insert((kind.to_string(), collate::key(name)), version.to_owned());
    }

    /// The same, asked for.
    pub(crate) fn left_by_engine(&self, kind: &Kind, name: &RecordId) -> Option<String> {
        self.left.get(&(kind.to_string(), collate::key(name.as_str()))).cloned()
    }

    /// Nothing of a VTiger record but what was sent has changed, line items and totals included.
    pub(crate) fn prove_untouched(
        &mut self,
        now: Option<&vtiger::Record>,
        before: &vtiger::Record,
        sent: &Fields,
    ) {
        let Some(now) = now else { return };
        let own = ["modifiedtime", "modifiedby", "starred"];
        let strange = now.values.iter().filter(|(name, value)| {
            let (old, value) = (before.values.get(*name).and_then(Option::as_deref), value.as_deref());
            !own.contains(&name.as_str())
                && !sent.contains_key(name.as_str())
                && old.unwrap_or_default() != value.unwrap_or_default()
        });
        let strange: Vec<&String> = strange.map(|(name, _)| name).collect();
        if !strange.is_empty() || now.items != before.items {
            self.breaches.push(format!("a write to {} {} changed {strange:?} besides", now.module, now.id));
        }
    }

    /// Nothing of a document but what was sent, and what Frappe works out of it, has changed.
    pub(crate) fn prove_document_untouched(&mut self, now: Option<&Row>, before: &Row, sent: &Fields) {
        let Some(now) = now else { return };
        let derived = [
            "modified",
            "modified_by",
            "full_name",
            "phone",
            "mobile_no",
            "email_id",
            "image",
            "primary_address",
            "title",
            "customer_name",
            "party_name",
            "status",
            "address_display",
            "contact_display",
            "contact_mobile",
            "contact_email",
            "contact_phone",
        ];
        // Whoever saves an order without an address or a contact gives it its customer's, as ERPNext does: no value of ours.
        let filled_in = |name: &str| {
            ["customer_address", "contact_person"].contains(&name) && text(before, name).is_empty()
        };
        let strange = now.iter().filter(|(name, value)| {
            let same = match (value, before.get(*name)) {
                (serde_json::Value::Array(rows), Some(serde_json::Value::Array(old))) => {
                    rows.len() == old.len()
                }
                (value, old) => old.unwrap_or(&serde_json::Value::Null) == *value,
            };
            let own = derived.contains(&name.as_str()) || filled_in(name.as_str());
            !same && !own && !sent.contains_key(name.as_str())
        });
        let strange: Vec<&String> = strange.map(|(name, _)| name).collect();
        if !strange.is_empty() {
            self.breaches.push(format!("a write to {} changed {strange:?} besides", text(now, "name")));
        }
    }

    /// What the two cells of a pair hold for a record and its document, and whether a person said it last.
    pub(crate) fn last_said(&self, side: Side, id: u64, pair: &Pair) -> Option<(String, bool)> {
        let (kind, field) = match side {
            Side::Vtiger => (&pair.module, &pair.vtiger),
            Side::Frappe => (&pair.doctype, &pair.frappe),
        };
        let field = self.field(side, kind.as_str(), field.as_str())?;
        let states = self.cells.get(&Cell { side, id, field })?;
        let last = states.last()?;
        let before = states.len().checked_sub(2).and_then(|index| states.get(index));
        let by_person =
            before.map_or(last.edit > 0 || last.text.is_empty(), |before| last.edit > before.edit);
        Some((last.text.clone(), by_person))
    }

    /// Whether anybody ever said anything in this cell.
    pub(crate) fn was_said(&self, side: Side, id: u64, pair: &Pair) -> bool {
        let (kind, field) = match side {
            Side::Vtiger => (&pair.module, &pair.vtiger),
            Side::Frappe => (&pair.doctype, &pair.frappe),
        };
        let field = self.field(side, kind.as_str(), field.as_str());
        let states = field.and_then(|field| self.cells.get(&Cell { side, id, field }));
        states.into_iter().flatten().any(|state| state.edit > 0)
    }

    /// The number of the document that a name means, old names included.
    pub(crate) fn known_document(&self, reference: &RecordRef) -> Option<u64> {
        self.names.get(&(reference.kind.to_string(), collate::key(reference.id.as_str()))).copied()
    }

    /// The name of the document that plays a role for a record.
    pub(crate) fn document_tied(&self, subject: u64, role: &str) -> Option<String> {
        let id = self.ties.get(&(subject, role.to_owned()))?.last()?;
        self.documents.get(id).filter(|document| !document.gone).map(|document| document.name.clone())
    }

    /// Whether a VTiger record was deleted.
    pub(crate) fn record_is_gone(&self, number: u64) -> bool {
        self.records_gone.contains(&number)
    }
}

enum Reason {
    Known,
    Policy,
    Person,
}

/// Whether the other side's word stands over this side's, whatever this side said.
fn policy_allows(pair: &Pair, overwritten: Side) -> bool {
    match (pair.policy, overwritten) {
        _ if !pair.speaks(overwritten) => true,
        (ConflictPolicy::VtigerWins, Side::Frappe) | (ConflictPolicy::FrappeWins, Side::Vtiger) => true,
        (ConflictPolicy::NewestWins, _) => true,
        _ => false,
    }
}

fn merge(into: &mut BTreeMap<Cell, u32>, from: &BTreeMap<Cell, u32>) {
    for (cell, edit) in from {
        let known = into.entry(*cell).or_default();
        *known = (*known).max(*edit);
    }
}

/// The number in a VTiger id.
pub(crate) fn number(id: &RecordId) -> Option<u64> {
    id.as_str().split_once('x')?.1.parse().ok()
}
