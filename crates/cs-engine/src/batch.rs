//! Goes through a batch of units, several at a time. Two units whose plans write the same document never run together:
//! the second waits and is decided anew, so that a bank or a person that both need is created once.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use cs_domain::decide::decide;
use cs_domain::failure::keeps_moving;
use cs_domain::mapping::UnitMapping;
use cs_domain::plan::{Conflict, Plan};
use cs_domain::situation::Situation;
use cs_domain::{ConflictId, Edit, Failure, MetConflict, Record, RecordRef, Role, System, Verdict};
use cs_ports::Due;
use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::apply::{Applied, apply};
use crate::approval::moved;
use crate::claims::claims;
use crate::error::EngineError;
use crate::fresh::Fresh;
use crate::ledger::{End, Ledger};
use crate::requests::last_edit;
use crate::run::RunContext;
use crate::{assess, newcomers, pull};

/// How often a unit is decided anew in one run because a record moved under it.
const DECISIONS: u32 = 4;

/// A unit on its way.
struct Unit {
    due: Due,
    situation: Situation,
    decisions: u32,
    /// Whether nothing of it was linked when it was taken up.
    first: bool,
    /// Whether anything was written or linked so far.
    wrote: bool,
    /// What failed before it was decided anew.
    failures: Vec<Failure>,
}

/// A unit with its plan.
struct Decided {
    unit: Unit,
    plan: Plan,
    claims: BTreeSet<String>,
    /// Why the plan may not be carried out: it is not the one that was approved.
    refused: Option<Failure>,
    /// Whether one of its documents was taken from it since it was read.
    outdated: bool,
}

/// A unit whose plan was carried out as far as it went.
struct Carried {
    subject: RecordRef,
    claims: BTreeSet<String>,
    /// What was written, for the units that come after.
    written: Vec<(Record, Vec<String>)>,
    /// Documents that were taken from other records.
    taken: Vec<RecordRef>,
    /// The unit as it is now, where it has to be decided anew.
    again: Option<Unit>,
}

struct Batch<'b, 'e> {
    context: &'b RunContext<'e>,
    mapping: &'b UnitMapping,
    waiting: VecDeque<Unit>,
    fresh: Fresh,
    /// Documents that units of this batch took from other records, and who has them now.
    taken: BTreeMap<RecordRef, RecordRef>,
    claimed: BTreeSet<String>,
}

/// Goes through these units; returns when each has its verdict (or is held back, where it follows a delete), or with what
/// stops the run, once those under way are done.
///
/// Between units nothing is waited for but units: whatever has to be remembered of one is remembered within it. (One that
/// waits while it holds the store's only writer would otherwise wait for ever, since nobody polls it.)
pub(crate) async fn go_through(
    context: &RunContext<'_>,
    ledger: &Ledger,
    mapping: &UnitMapping,
    due: Vec<Due>,
) -> Result<(), EngineError> {
    let waiting = read(context, ledger, mapping, due).await?;
    let (fresh, taken, claimed) = (Fresh::default(), BTreeMap::new(), BTreeSet::new());
    let mut batch = Batch { context, mapping, waiting, fresh, taken, claimed };
    let workers = context.scope.engine.workers.max(1);
    let mut under_way = FuturesUnordered::new();
    let (mut stopped, mut left) = (None, None);
    loop {
        if let Err(stop) = context.scope.go_on()
            && batch.leave_untouched()
        {
            left = Some(stop);
        }
        while stopped.is_none() && under_way.len() < workers {
            let Some(decided) = batch.begin() else {
                break;
            };
            if decided.unit.decisions == 1 {
                ledger.count_read();
            }
            under_way.push(carry_out(context, ledger, mapping, decided));
        }
        match under_way.next().await {
            Some(Ok(carried)) => batch.end(carried),
            // Those under way are finished, not dropped: a write without its end would have to be recovered.
            Some(Err(error)) => stopped = stopped.or(Some(error)),
            None => break,
        }
    }
    ledger.remember(context).await?;
    stopped.or(left).map_or(Ok(()), Err)
}

/// Carries out one unit's plan and remembers how that ended.
async fn carry_out(
    context: &RunContext<'_>,
    ledger: &Ledger,
    mapping: &UnitMapping,
    decided: Decided,
) -> Result<Carried, EngineError> {
    let Decided { mut unit, plan, claims, refused, outdated } = decided;
    let subject = plan.subject.clone();
    if outdated {
        let again = read_again(context, ledger, mapping, unit).await?;
        return Ok(Carried { subject, claims, written: Vec::new(), taken: Vec::new(), again });
    }
    if let Some(failure) = refused {
        ledger.fail(context, &unit.due, failure).await?;
        return Ok(Carried { subject, claims, written: Vec::new(), taken: Vec::new(), again: None });
    }
    let applied = match apply(context, mapping, &unit.situation, &plan).await {
        Ok(applied) => applied,
        Err(error) => {
            ledger.fail(context, &unit.due, error.failure()).await?;
            return Err(error);
        }
    };
    unit.wrote |= applied.wrote;
    let again = if applied.refused_by_vtiger {
        unit.failures.extend(applied.failures);
        unit.situation.refused_by_vtiger = true;
        Some(unit)
    } else if applied.stale {
        read_again(context, ledger, mapping, unit).await?
    } else {
        let end = unit.end(context, &plan, &applied);
        ledger.conclude(context, &unit.due, end).await?;
        None
    };
    Ok(Carried { subject, claims, written: applied.written, taken: applied.taken, again })
}

/// A record moved under the unit: it is read again to be decided anew, a few times at most.
async fn read_again(
    context: &RunContext<'_>,
    ledger: &Ledger,
    mapping: &UnitMapping,
    unit: Unit,
) -> Result<Option<Unit>, EngineError> {
    let subject = unit.situation.subject.clone();
    let failure = if unit.decisions < DECISIONS {
        match load(context, mapping, std::slice::from_ref(&subject)).await {
            Ok(mut situations) => match situations.pop() {
                Some(situation) => return Ok(Some(Unit { situation, ..unit })),
                None => keeps_moving(&subject),
            },
            Err(error) => {
                ledger.fail(context, &unit.due, error.failure()).await?;
                return if error.stops_run() { Err(error) } else { Ok(None) };
            }
        }
    } else {
        keeps_moving(&subject)
    };
    ledger.fail(context, &unit.due, failure).await?;
    Ok(None)
}

/// The situations of units of one kind: records of VTiger, or documents that appeared in Frappe. What looks new there may be
/// what was renamed a moment ago, and so may what looks deleted: links follow renames before either is believed.
async fn load(
    context: &RunContext<'_>,
    mapping: &UnitMapping,
    subjects: &[RecordRef],
) -> Result<Vec<Situation>, EngineError> {
    if subjects.first().is_some_and(|subject| subject.system == System::Frappe) {
        pull::latest_renames(context).await?;
        return newcomers::load(&context.scope, mapping, subjects).await;
    }
    let situations = assess::load(&context.scope, mapping, subjects).await?;
    if situations.iter().any(Situation::misses_a_document) && pull::latest_renames(context).await? {
        return assess::load(&context.scope, mapping, subjects).await;
    }
    Ok(situations)
}

/// Reads the situations of a batch. Where the batch as a whole cannot be read, each unit is read by itself, so that the
/// one at fault fails alone.
async fn read(
    context: &RunContext<'_>,
    ledger: &Ledger,
    mapping: &UnitMapping,
    due: Vec<Due>,
) -> Result<VecDeque<Unit>, EngineError> {
    let subjects: Vec<RecordRef> = due.iter().map(|due| due.key.subject.clone()).collect();
    match load(context, mapping, &subjects).await {
        Ok(situations) => return Ok(due.into_iter().zip(situations).map(Unit::new).collect()),
        Err(error) if error.stops_run() => return Err(error),
        Err(_) => {}
    }
    let mut units = VecDeque::with_capacity(due.len());
    for due in due {
        let subject = due.key.subject.clone();
        match load(context, mapping, &[subject]).await {
            Ok(situations) => {
                units.extend(situations.into_iter().map(|situation| Unit::new((due.clone(), situation))));
            }
            Err(error) if error.stops_run() => return Err(error),
            Err(error) => {
                ledger.count_read();
                ledger.fail(context, &due, error.failure()).await?;
            }
        }
    }
    Ok(units)
}

impl Unit {
    fn new((due, situation): (Due, Situation)) -> Self {
        let first = situation.counterparts.values().all(|known| known.tie.is_none());
        Self { due, situation, decisions: 0, first, wrote: false, failures: Vec::new() }
    }

    /// What has become of the unit now that its plan was carried out as far as it could be.
    fn end(&self, context: &RunContext<'_>, plan: &Plan, applied: &Applied) -> End {
        let failed = !applied.failures.is_empty() || !self.failures.is_empty();
        let verdict = match plan.verdict() {
            _ if failed => Verdict::Failed,
            Verdict::Created | Verdict::Updated | Verdict::Unchanged => {
                Plan::verdict_of(self.wrote, self.first)
            }
            verdict => verdict,
        };
        let own = self.failures.iter().chain(&plan.failures).chain(&applied.failures).cloned();
        let failures = own.chain(plan.conflicts.iter().map(Conflict::failure)).collect();
        let conflicts = plan.conflicts.iter().map(|conflict| self.met(context, conflict)).collect();
        let state = applied.record.as_ref().map(|record| context.scope.state_of(record));
        End { verdict, failures, conflicts, state }
    }

    fn met(&self, context: &RunContext<'_>, conflict: &Conflict) -> MetConflict {
        let id = ConflictId::of(&context.scope.mapping.name, &self.situation.subject, conflict);
        MetConflict { id, conflict: conflict.clone(), edits: self.edits(conflict.role()) }
    }

    /// The last edit of either side, as far as it is there.
    fn edits(&self, role: &Role) -> BTreeMap<System, Edit> {
        let linked = self.situation.counterparts.get(role).and_then(|known| known.linked.as_ref());
        let document = linked.or(self.situation.newcomer.as_ref());
        let edit = |record: &Record| Edit { by: last_edit(record).1, version: record.version.clone() };
        let sides = [(System::Vtiger, self.situation.record.as_ref()), (System::Frappe, document)];
        sides.into_iter().filter_map(|(system, record)| Some((system, edit(record?)))).collect()
    }
}

impl Batch<'_, '_> {
    /// Decides the next unit. `None` where none waits, or where it would write what another is writing. Units that follow a
    /// delete are put aside until all others are done, and counted, before any of them is.
    fn begin(&mut self) -> Option<Decided> {
        loop {
            let next = self.waiting.front_mut()?;
            let schemas = self.context.scope.schemas_of(self.mapping);
            self.fresh.amend(self.mapping, schemas.frappe, &mut next.situation);
            let plan = decide(self.mapping, schemas, &next.situation);
            if plan.takes_away() && next.decisions == 0 && self.context.departures.puts_aside() {
                let unit = self.waiting.pop_front()?;
                self.context.departures.put_aside(self.mapping, unit.due);
                continue;
            }
            let claims = claims(self.mapping, schemas.frappe, &next.situation, &plan);
            if !claims.is_disjoint(&self.claimed) {
                return None;
            }
            let mut unit = self.waiting.pop_front()?;
            let outdated = self.lost_a_document(&unit.situation);
            unit.decisions += 1;
            self.claimed.extend(claims.iter().cloned());
            let is_fresh = |reference: &RecordRef| self.context.has_written(reference);
            let refused =
                self.context.approved.as_ref().and_then(|approved| moved(approved, &plan, is_fresh));
            return Some(Decided { unit, plan, claims, refused, outdated });
        }
    }

    /// Whether a unit of this batch took a document that this one was read with.
    fn lost_a_document(&self, situation: &Situation) -> bool {
        let ties = situation.counterparts.values().filter_map(|known| known.tie.as_ref());
        let mut takers = ties.filter_map(|(link, _)| self.taken.get(&link.document));
        takers.any(|taker| *taker != situation.subject)
    }

    /// Leaves the units that were not taken up yet as they are: due. Answers whether there were any.
    fn leave_untouched(&mut self) -> bool {
        let waiting = self.waiting.len();
        self.waiting.retain(|unit| unit.decisions > 0);
        self.waiting.len() < waiting
    }

    /// Makes room for the units that wait, and shows them what was written.
    fn end(&mut self, carried: Carried) {
        self.claimed.retain(|claim| !carried.claims.contains(claim));
        for (document, keys) in &carried.written {
            self.context.note_written(&document.reference);
            self.fresh.remember(document, &carried.subject, keys);
        }
        let takers = carried.taken.into_iter().map(|document| (document, carried.subject.clone()));
        self.taken.extend(takers);
        self.waiting.extend(carried.again);
    }
}
