//! Takes back what a run wrote to the CRM.

use std::collections::BTreeMap;

use cs_domain::{
    Action, Advice, Event, Failure, Fields, IntentState, MappingName, Record, RecordRef, Run, RunId, Verdict,
};
use cs_ports::{FieldRequests, JournalEntry};

use super::ledger::Voyage;
use super::run::Reconciler;
use super::send::{Change, Scribe, holds};
use crate::error::EngineError;
use crate::sending::Sent;

/// An order that was left as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Which.
    pub record: RecordRef,
    /// Why.
    pub failure: Failure,
}

/// What came of taking a run back.
#[derive(Clone, Debug)]
pub struct Undone {
    /// The run that took it back; it can be taken back itself.
    pub run: Run,
    /// Orders that were left as they are.
    pub kept: Vec<Kept>,
}

impl Reconciler {
    /// Writes back what each of the run's changes found, the last one first, where the order still holds what the run
    /// wrote. `None` where there is no such run, or it is none of a reconciliation.
    pub async fn undo(&self, id: &RunId) -> Result<Option<Undone>, EngineError> {
        let Some(undone) = self.store.run(id).await? else { return Ok(None) };
        if !undone.mapping.as_str().starts_with("company/") {
            return Ok(None);
        }
        let mapping: MappingName = undone.mapping.clone();
        let (run, lease) = self.begin(&mapping).await?;
        let reporter = self.reporter(&run.id);
        let before = self.vtiger.requests();
        let voyage = Voyage::new(self.store.as_ref(), self.clock.as_ref(), &reporter, lease, run);
        reporter.tell(Event::RunStarted { run: voyage.run().id, mapping: mapping.clone() });
        let mut kept = Vec::new();
        let outcome = self.take_back(&undone, &voyage, &mapping, &mut kept).await;
        let run = self.end(&voyage, before, outcome, None).await?;
        Ok(Some(Undone { run, kept }))
    }

    async fn take_back(
        &self,
        undone: &Run,
        voyage: &Voyage<'_>,
        mapping: &MappingName,
        kept: &mut Vec<Kept>,
    ) -> Result<(), EngineError> {
        let scribe = self.scribe(voyage, mapping);
        scribe.recover().await?;
        let later = self.written_later(undone, &voyage.run().id).await?;
        let mut journal = self.store.journal(&undone.id).await?;
        journal.retain(|entry| entry.state == IntentState::Settled);
        voyage.reporter.tell(Event::Expecting { units: journal.len() as u64 });
        for entry in journal.iter().rev() {
            self.stop.go_on()?;
            let Some((record, end)) = restore(&scribe, entry, &later).await? else { continue };
            let (verdict, failures) = match end {
                End::Restored => (Verdict::Updated, Vec::new()),
                End::AsBefore => (Verdict::Unchanged, Vec::new()),
                End::Left(failure) => {
                    kept.push(Kept { record: record.clone(), failure: failure.clone() });
                    (Verdict::Conflicted, vec![failure])
                }
            };
            voyage.conclude(&record, verdict, failures).await?;
        }
        Ok(())
    }
}

impl Reconciler {
    /// The orders that runs after this one wrote, each with the last run that did.
    async fn written_later(
        &self,
        undone: &Run,
        own: &RunId,
    ) -> Result<BTreeMap<RecordRef, RunId>, EngineError> {
        let mut later = BTreeMap::new();
        let runs = self.store.runs(LATEST).await?.into_iter();
        let after = |run: &Run| {
            run.mapping.as_str().starts_with("company/")
                && run.started > undone.started
                && ![&undone.id, own].contains(&&run.id)
        };
        for run in runs.filter(after) {
            for entry in self.store.journal(&run.id).await? {
                if let (IntentState::Settled, Action::Update { target, .. }) =
                    (entry.state, entry.intent.action)
                {
                    // The latest run comes first.
                    later.entry(target).or_insert_with(|| run.id.clone());
                }
            }
        }
        Ok(later)
    }
}

/// So many of the latest runs are looked through for one that wrote an order after the run that is taken back.
const LATEST: u32 = 200;

/// What became of one order.
enum End {
    Restored,
    /// It holds what it held before the run.
    AsBefore,
    Left(Failure),
}

async fn restore(
    scribe: &Scribe<'_>,
    entry: &JournalEntry,
    later: &BTreeMap<RecordRef, RunId>,
) -> Result<Option<(RecordRef, End)>, EngineError> {
    let Action::Update { target, changes, before, .. } = &entry.intent.action else { return Ok(None) };
    let image: Fields = before
        .iter()
        .filter(|(field, _)| changes.contains_key(*field))
        .map(|(field, value)| (field.clone(), value.clone()))
        .collect();
    let wanted = FieldRequests::plain(changes.keys().cloned());
    let Some(record) = scribe.read(target, &wanted).await? else {
        return Ok(Some((target.clone(), End::Left(left("it is not there any more, or hidden")))));
    };
    let end = if holds(&record, &image) {
        End::AsBefore
    } else if holds(&record, changes) {
        let broker = entry.intent.unit.as_str();
        let change = Change {
            record: &record,
            changes: image,
            before: held(&record, changes),
            broker,
            wanted: &wanted,
        };
        write_back(scribe, change).await?
    } else {
        End::Left(later.get(target).map_or_else(|| left("somebody has edited it since"), written_since))
    };
    if matches!(end, End::Restored) {
        let verb = "update".to_owned();
        scribe.voyage.reporter.tell(Event::Recorded { subject: target.clone(), verb });
    }
    Ok(Some((target.clone(), end)))
}

/// What the record holds in the fields that were written.
fn held(record: &Record, changes: &Fields) -> Fields {
    changes.keys().filter_map(|field| Some((field.clone(), record.get(field)?.clone()))).collect()
}

async fn write_back(scribe: &Scribe<'_>, change: Change<'_>) -> Result<End, EngineError> {
    Ok(match scribe.write(change).await? {
        Sent::Held(_) => End::Restored,
        Sent::Gone | Sent::Moved => End::Left(left("somebody edited it at that moment")),
        Sent::Refused(error) if error.kind.stops_run() => return Err(error.into()),
        Sent::Refused(error) => End::Left(error.failure()),
    })
}

fn written_since(run: &RunId) -> Failure {
    Failure {
        remedy: format!(
            "Take that run back first (`company-sync undo {run}`), then this one; unless somebody has edited the order besides."
        ),
        ..left(&format!("run {run} has written it since"))
    }
}

fn left(why: &str) -> Failure {
    Failure {
        code: "undo.left".to_owned(),
        cause: format!("left as it is: {why}"),
        remedy: "Look at the order in the CRM; nothing was changed in it.".to_owned(),
        advice: Advice::NeedsPerson,
        place: None,
    }
}
