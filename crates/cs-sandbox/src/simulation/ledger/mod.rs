//! The book that proves that no edit is lost.
//!
//! A *cell* is one mapped field of one record. Each state of a cell *knows* edits: those that people had made in it, and
//! those of other cells that had reached it. Somebody who edits a field saw what stood there, so the new state knows all
//! that the old one knew. A write of the engine brings a state of the partner's over: where that state knew the edit that
//! is overwritten, the overwritten value had been seen by whoever said the new one; where it did not, the two were said
//! independently, and overwriting one needs a reason: the field's direction, its policy, or a person's decision about
//! exactly this value. Anything else is a lost edit.

mod creation;
mod departure;
mod excuse;
mod look;
mod ties;
mod untouched;

use std::collections::{BTreeMap, BTreeSet};

use cs_domain::{Choice, FieldName, Kind, RecordId, RecordRef, System as Side};

use crate::frappe::collate;

use super::pairs::Pair;

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
    /// What was created where under one key.
    creations: BTreeMap<(Side, String), Vec<u64>>,
    /// The record that the engine created a document for.
    made_for: BTreeMap<u64, u64>,
    /// The document that the engine created a record for.
    made_from: BTreeMap<u64, u64>,
    /// Agreements that people came to by themselves and no engine has remembered yet: the newest edit of the first cell
    /// that the second knew before.
    unremembered: BTreeMap<(Cell, Cell), u32>,
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

    /// The version that a write of the engine left.
    pub(crate) fn left(&mut self, kind: &Kind, name: &str, version: &str) {
        self.left.insert((kind.to_string(), collate::key(name)), version.to_owned());
    }

    /// The same, asked for.
    pub(crate) fn left_by_engine(&self, kind: &Kind, name: &RecordId) -> Option<String> {
        self.left.get(&(kind.to_string(), collate::key(name.as_str()))).cloned()
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

    /// The document that last played a role for a record, whatever bears its name by now.
    pub(crate) fn last_tied(&self, subject: u64, role: &str) -> Option<u64> {
        self.ties.get(&(subject, role.to_owned()))?.last().copied()
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

/// Everything that either knows.
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
