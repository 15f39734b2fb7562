//! The store as one engine sees it: every call takes a moment, and before and after each of them the process may die.
//! What is remembered of ties is told to the book.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cs_domain::{
    ConflictId, DecidedPair, Event, Intent, Kind, KindSchema, LinkStanding, MappingName, RecordId, RecordRef,
    Resolution, Role, Run, RunId, System, UnitName,
};
use cs_ports::{
    ConflictFilter, Cursor, Due, FeedKey, JournalEntry, KindsSeen, Known, Lease, LeaseAnswer, LogEntry,
    ReliedOn, SchemaSight, SchemaStore, Settlement, Staged, Store, StoreError, Tie, TieChange, UnitKey,
    UnitOutcome,
};
use jiff::Timestamp;

use super::seat::Seat;

/// The store, as one engine sees it.
pub(crate) struct StoreFace {
    seat: Arc<Seat>,
    store: Arc<dyn Store>,
}

impl StoreFace {
    pub(crate) fn new(seat: Arc<Seat>, store: Arc<dyn Store>) -> Self {
        Self { seat, store }
    }

    /// Before a call.
    async fn before(&self) {
        self.seat.step().await;
    }

    /// After a call that changed something.
    async fn after<T>(
        &self,
        what: impl FnOnce() -> String,
        result: Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match &result {
            Ok(_) => self.seat.say(|_| format!("store: {}", what())),
            Err(error) => self.seat.say(|_| format!("store: {} -> {error}", what())),
        }
        self.seat.step().await;
        result
    }

    fn note(&self, settlements: &[Settlement]) {
        let mut world = self.seat.world.lock();
        for change in settlements.iter().flat_map(|settlement| &settlement.ties) {
            if let TieChange::Set(tie) = change
                && tie.link.standing == LinkStanding::Live
            {
                world.ledger.remembered(&tie.link.subject);
                world.ledger.tie(&tie.link.subject, tie.link.role.as_str(), &tie.link.document);
            }
        }
    }
}

fn settled(settlements: &[Settlement]) -> String {
    let one = |settlement: &Settlement| {
        let ties = settlement.ties.iter().map(|change| match change {
            TieChange::Set(Tie { link, shadow }) => {
                let agreed = shadow.fields.iter().map(|(name, agreed)| {
                    format!("{name}={:?}/{:?}", agreed.vtiger.plain(), agreed.frappe.plain())
                });
                let agreed = agreed.collect::<Vec<_>>().join(", ");
                format!(
                    "{}/{}={} ({:?}) [{agreed}]",
                    link.subject.id, link.role, link.document.id, link.standing
                )
            }
            TieChange::Forget { subject, role } => format!("{}/{role} forgotten", subject.id),
        });
        let intent = settlement.intent.as_ref().map_or("-".to_owned(), ToString::to_string);
        format!("{intent} {:?} {}", settlement.state, ties.collect::<Vec<_>>().join("; "))
    };
    settlements.iter().map(one).collect::<Vec<_>>().join(" | ")
}

fn concluded(outcomes: &[UnitOutcome]) -> String {
    let one = |outcome: &UnitOutcome| {
        let failures: Vec<String> = outcome.failures.iter().map(ToString::to_string).collect();
        let conflicts: Vec<&str> = outcome.conflicts.iter().map(|met| met.conflict.code()).collect();
        format!(
            "{} r{} {:?} {:?} {failures:?} {conflicts:?}",
            outcome.key.subject.id, outcome.revision, outcome.verdict, outcome.state
        )
    };
    outcomes.iter().map(one).collect::<Vec<_>>().join(" | ")
}

fn recorded(intents: &[Intent]) -> String {
    let one = |intent: &Intent| {
        let role = intent.role.as_ref().map(ToString::to_string).unwrap_or_default();
        format!("{} {} {}/{role}", intent.id, intent.action.verb(), intent.subject.id)
    };
    intents.iter().map(one).collect::<Vec<_>>().join(" | ")
}

/// What is seen of kinds never changes in a simulation; looking at it takes no time.
#[async_trait]
impl SchemaStore for StoreFace {
    async fn schema_sights(&self) -> Result<Vec<SchemaSight>, StoreError> {
        self.store.schema_sights().await
    }

    async fn schema_history(
        &self,
        system: System,
        kind: &Kind,
        limit: u32,
    ) -> Result<Vec<SchemaSight>, StoreError> {
        self.store.schema_history(system, kind, limit).await
    }

    async fn note_schema(
        &self,
        system: System,
        kind: &Kind,
        now: Timestamp,
        schema: Option<&KindSchema>,
    ) -> Result<bool, StoreError> {
        self.store.note_schema(system, kind, now, schema).await
    }

    async fn kinds_seen(&self) -> Result<Vec<KindsSeen>, StoreError> {
        self.store.kinds_seen().await
    }

    async fn note_kinds(&self, seen: &KindsSeen) -> Result<(), StoreError> {
        self.store.note_kinds(seen).await
    }

    async fn relied_on(&self, mapping: &MappingName) -> Result<Vec<ReliedOn>, StoreError> {
        self.store.relied_on(mapping).await
    }

    async fn rely_on(&self, mapping: &MappingName, kinds: &[ReliedOn]) -> Result<(), StoreError> {
        self.store.rely_on(mapping, kinds).await
    }
}

#[async_trait]
impl Store for StoreFace {
    async fn take_lease(
        &self,
        name: &str,
        holder: &str,
        now: Timestamp,
        term: Duration,
    ) -> Result<LeaseAnswer, StoreError> {
        self.before().await;
        let result = self.store.take_lease(name, holder, now, term).await;
        self.after(|| "take lease".to_owned(), result).await
    }

    async fn renew_lease(&self, lease: &Lease, now: Timestamp, term: Duration) -> Result<(), StoreError> {
        self.before().await;
        let result = self.store.renew_lease(lease, now, term).await;
        self.after(|| "renew lease".to_owned(), result).await
    }

    async fn release_lease(&self, lease: &Lease) -> Result<(), StoreError> {
        self.before().await;
        let result = self.store.release_lease(lease).await;
        self.after(|| "release lease".to_owned(), result).await
    }

    async fn put_run(&self, run: &Run) -> Result<(), StoreError> {
        self.before().await;
        let result = self.store.put_run(run).await;
        self.after(|| format!("run {} {}", run.id, run.status), result).await
    }

    async fn run(&self, id: &RunId) -> Result<Option<Run>, StoreError> {
        self.before().await;
        self.store.run(id).await
    }

    async fn runs(&self, limit: u32) -> Result<Vec<Run>, StoreError> {
        self.before().await;
        self.store.runs(limit).await
    }

    async fn cursor(&self, feed: &FeedKey) -> Result<Option<Cursor>, StoreError> {
        self.before().await;
        self.store.cursor(feed).await
    }

    async fn stage(
        &self,
        lease: &Lease,
        feed: &FeedKey,
        observations: &[Staged],
        next: &Cursor,
    ) -> Result<u64, StoreError> {
        self.before().await;
        let result = self.store.stage(lease, feed, observations, next).await;
        let staged = || {
            let ids: Vec<&str> = observations.iter().map(|seen| seen.key.subject.id.as_str()).collect();
            format!("stage {} {} {ids:?}", feed.system, feed.kind)
        };
        self.after(staged, result).await
    }

    async fn restage_all(&self, lease: &Lease, mapping: &MappingName) -> Result<u64, StoreError> {
        self.before().await;
        let result = self.store.restage_all(lease, mapping).await;
        self.after(|| "restage all".to_owned(), result).await
    }

    async fn count_due(
        &self,
        mapping: &MappingName,
        unit: &UnitName,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.before().await;
        self.store.count_due(mapping, unit, now).await
    }

    async fn due(
        &self,
        mapping: &MappingName,
        unit: &UnitName,
        now: Timestamp,
        after: Option<&RecordRef>,
        limit: u32,
    ) -> Result<Vec<Due>, StoreError> {
        self.before().await;
        self.store.due(mapping, unit, now, after, limit).await
    }

    async fn known(
        &self,
        mapping: &MappingName,
        unit: &UnitName,
        after: Option<&RecordId>,
        through: Option<&RecordId>,
        limit: u32,
    ) -> Result<Vec<Known>, StoreError> {
        self.before().await;
        self.store.known(mapping, unit, after, through, limit).await
    }

    async fn conclude(&self, lease: &Lease, run: &RunId, outcomes: &[UnitOutcome]) -> Result<(), StoreError> {
        self.before().await;
        let result = self.store.conclude(lease, run, outcomes).await;
        if result.is_ok() {
            let mut world = self.seat.world.lock();
            for outcome in outcomes {
                world.ledger.remembered(&outcome.key.subject);
            }
        }
        self.after(|| format!("conclude {}", concluded(outcomes)), result).await
    }

    async fn troubled(
        &self,
        mapping: Option<&MappingName>,
        limit: u32,
    ) -> Result<Vec<UnitOutcome>, StoreError> {
        self.before().await;
        self.store.troubled(mapping, limit).await
    }

    async fn ties_of(&self, mapping: &MappingName, subjects: &[RecordRef]) -> Result<Vec<Tie>, StoreError> {
        self.before().await;
        self.store.ties_of(mapping, subjects).await
    }

    async fn ties_to(&self, mapping: &MappingName, documents: &[RecordRef]) -> Result<Vec<Tie>, StoreError> {
        self.before().await;
        self.store.ties_to(mapping, documents).await
    }

    async fn begun_for(&self, unit: &UnitKey) -> Result<BTreeSet<Role>, StoreError> {
        self.before().await;
        self.store.begun_for(unit).await
    }

    async fn linked_by(
        &self,
        mapping: &MappingName,
        documents: &[RecordRef],
    ) -> Result<Vec<cs_domain::Link>, StoreError> {
        self.before().await;
        self.store.linked_by(mapping, documents).await
    }

    async fn count_linked(&self, mapping: &MappingName) -> Result<u64, StoreError> {
        self.before().await;
        self.store.count_linked(mapping).await
    }

    async fn decided_pairs(
        &self,
        mapping: &MappingName,
        subjects: &[RecordRef],
    ) -> Result<Vec<DecidedPair>, StoreError> {
        self.store.decided_pairs(mapping, subjects).await
    }

    async fn record_intents(&self, lease: &Lease, intents: &[Intent]) -> Result<(), StoreError> {
        self.before().await;
        let result = self.store.record_intents(lease, intents).await;
        self.after(|| format!("intend {}", recorded(intents)), result).await
    }

    async fn settle(
        &self,
        lease: &Lease,
        mapping: &MappingName,
        settlements: &[Settlement],
    ) -> Result<(), StoreError> {
        self.before().await;
        let result = self.store.settle(lease, mapping, settlements).await;
        if result.is_ok() {
            self.note(settlements);
        }
        self.after(|| format!("settle {}", settled(settlements)), result).await
    }

    async fn open_intents(&self, mapping: &MappingName) -> Result<Vec<Intent>, StoreError> {
        self.before().await;
        self.store.open_intents(mapping).await
    }

    async fn journal(&self, run: &RunId) -> Result<Vec<JournalEntry>, StoreError> {
        self.before().await;
        self.store.journal(run).await
    }

    async fn conflicts(
        &self,
        filter: &ConflictFilter,
        limit: u32,
    ) -> Result<Vec<cs_domain::StandingConflict>, StoreError> {
        self.before().await;
        self.store.conflicts(filter, limit).await
    }

    async fn resolve(&self, ids: &[ConflictId], resolution: &Resolution) -> Result<u64, StoreError> {
        self.before().await;
        let result = self.store.resolve(ids, resolution).await;
        self.after(|| "resolve".to_owned(), result).await
    }

    async fn hint(&self, keys: &[UnitKey]) -> Result<u64, StoreError> {
        self.before().await;
        let result = self.store.hint(keys).await;
        self.after(|| "hint".to_owned(), result).await
    }

    async fn append_log(&self, run: &RunId, at: Timestamp, events: &[Event]) -> Result<(), StoreError> {
        self.before().await;
        self.store.append_log(run, at, events).await
    }

    async fn log(&self, run: Option<&RunId>, after: i64, limit: u32) -> Result<Vec<LogEntry>, StoreError> {
        self.before().await;
        self.store.log(run, after, limit).await
    }

    async fn latest_log(&self, run: Option<&RunId>, limit: u32) -> Result<Vec<LogEntry>, StoreError> {
        self.before().await;
        self.store.latest_log(run, limit).await
    }
}
