//! VTiger's state machine as the engine's ports.

use async_trait::async_trait;
use cs_domain::{
    Content, FieldName, Fields, Kind, KindSchema, OperationKey, Record, RecordId, RecordRef, RequestCount,
    System as Side, Version,
};
use cs_ports::{
    Census, CensusPage, ChangeFeed, Criterion, Cursor, ErrorKind, Expected, FeedPage, FieldRequests, Meter,
    Observation, PeerError, Reader, Removal, Sighting, WriteOutcome, Writer, Written,
};
use serde_json::{Map, Value as Json};
use std::sync::Arc;

use crate::frappe::collate;
use crate::vtiger::{self, Code, Refusal, Write};

use super::Sabotage;
use super::faults::{self, Fate};
use super::ledger::Author;
use super::people;
use super::position::Position;
use super::seat::{Count, Seat};
use super::vtiger_values as values;
use super::world::World;

/// Rows on a page: few, so that small worlds have several.
const PAGE: usize = 3;

/// VTiger, as one engine sees it.
pub(crate) struct VtigerFace {
    seat: Arc<Seat>,
    count: Count,
}

/// How a write is spoken of in the trace and the ledger.
pub(crate) struct Act<'a> {
    pub(crate) verb: &'static str,
    pub(crate) target: String,
    /// The record, where there is one already.
    pub(crate) record: Option<&'a RecordRef>,
    pub(crate) fields: &'a Fields,
}

impl Act<'_> {
    /// Somebody may edit the record at this very moment.
    pub(crate) fn meddled_with(&self, world: &mut World) {
        if let Some(record) = self.record {
            people::meddle(world, record, self.fields);
        }
    }
}

impl VtigerFace {
    pub(crate) fn new(seat: Arc<Seat>) -> Self {
        Self { seat, count: Count::default() }
    }

    async fn read_call<T>(
        &self,
        operation: String,
        read: impl FnOnce(&World) -> Result<T, PeerError> + Send,
        told: impl FnOnce(&T) -> String + Send,
    ) -> Result<T, PeerError>
    where
        T: Send,
    {
        self.seat.travel().await;
        self.count.add(false);
        if let Fate::Before(kind) = self.seat.fate(Side::Vtiger, false) {
            self.seat.say(|_| format!("{operation} -> {}", kind.code()));
            return Err(faults::error(Side::Vtiger, operation, kind));
        }
        let result = {
            let mut world = self.seat.world.lock();
            let result = read(&world);
            let holder = &self.seat.holder;
            world.say(|_| match &result {
                Ok(found) => format!("{holder}: {operation} -> {}", told(found)),
                Err(error) => format!("{holder}: {operation} -> {error}"),
            });
            result
        };
        self.seat.travel().await;
        result
    }

    /// Carries a write there and back.
    async fn write_call(
        &self,
        operation: &str,
        act: &Act<'_>,
        write: impl FnOnce(&mut World) -> Done + Send,
    ) -> Result<Done, Lost> {
        self.seat.travel().await;
        let fate = self.seat.fate(Side::Vtiger, true);
        if let Fate::Before(kind) = fate {
            self.seat.say(|_| format!("{operation} {} -> {}, not done", act.target, kind.code()));
            return Err(Lost::Rejected(faults::error(Side::Vtiger, operation.to_owned(), kind)));
        }
        let done = {
            let mut world = self.seat.world.lock();
            act.meddled_with(&mut world);
            let done = write(&mut world);
            self.count.add(done.reached());
            world.note(Author::Engine { holder: &self.seat.holder, act: &done.act(Side::Vtiger, act) });
            let holder = &self.seat.holder;
            world.say(|_| {
                format!("{holder}: {operation} {} {} -> {}", act.target, shown(act.fields), done.word())
            });
            done
        };
        if let Fate::After(kind) | Fate::Late(kind, _) = fate {
            self.seat.say(|_| format!("its answer is lost: {}", kind.code()));
            self.seat.travel().await;
            return Err(Lost::Unknown(faults::error(Side::Vtiger, operation.to_owned(), kind)));
        }
        self.seat.travel().await;
        act.meddled_with(&mut self.seat.world.lock());
        Ok(done)
    }

    /// The record after a write.
    fn read_back(
        &self,
        kind: &Kind,
        id: &RecordId,
        sent: &Fields,
        wanted: &FieldRequests,
    ) -> Option<Written> {
        let world = self.seat.world.lock();
        let schema = world.ground.modules.get(kind)?;
        let record = live(&world, kind, id)?;
        Some(Written {
            record: values::decoded(&world.vtiger, schema, record, wanted),
            untouched: world.sabotage == Some(Sabotage::FalseUntouched)
                || values::holds(&world.vtiger, schema, record, sent),
        })
    }
}

/// What a server did with a write.
pub(crate) enum Done {
    /// It is written.
    Written(RecordId),
    /// Nothing was: it moved.
    Stale,
    /// Nothing had to be.
    Held(RecordId),
    /// It is gone already.
    Gone,
    /// It was refused.
    Refused(ErrorKind, String),
    /// It died or printed a page after its work.
    Died,
}

impl Done {
    /// Whether a writing request was sent at all.
    pub(crate) fn reached(&self) -> bool {
        matches!(self, Self::Written(_) | Self::Died)
    }

    pub(crate) fn word(&self) -> String {
        match self {
            Self::Written(id) => format!("done ({id})"),
            Self::Stale => "stale".to_owned(),
            Self::Held(_) => "holds it already".to_owned(),
            Self::Gone => "gone".to_owned(),
            Self::Refused(kind, message) => format!("refused ({}): {message}", kind.code()),
            Self::Died => "500".to_owned(),
        }
    }

    /// What the ledger needs to know.
    pub(crate) fn act(&self, side: Side, act: &Act<'_>) -> super::ledger::EngineAct {
        let id = match self {
            Self::Written(id) | Self::Held(id) => Some(id.clone()),
            _ => None,
        };
        super::ledger::EngineAct {
            side,
            verb: act.verb,
            id,
            target: act.target.clone(),
            fields: act.fields.keys().cloned().collect(),
        }
    }
}

/// Why a write did not end in an answer.
pub(crate) enum Lost {
    Rejected(PeerError),
    Unknown(PeerError),
}

impl From<Lost> for WriteOutcome {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::Rejected(error) => Self::Rejected(error),
            Lost::Unknown(error) => Self::Unknown(error),
        }
    }
}

impl From<Lost> for Removal {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::Rejected(error) => Self::Rejected(error),
            Lost::Unknown(error) => Self::Unknown(error),
        }
    }
}

/// Fields and values in a line.
pub(crate) fn shown(fields: &Fields) -> String {
    let shown: Vec<String> =
        fields.iter().map(|(name, value)| format!("{name}={:?}", value.plain())).collect();
    format!("{{{}}}", shown.join(", "))
}

fn live<'w>(world: &'w World, kind: &Kind, id: &RecordId) -> Option<&'w vtiger::Record> {
    let number = values::number(&world.vtiger, kind, id)?;
    world.vtiger.records().get(&number).filter(|record| !record.deleted && record.module == kind.as_str())
}

/// The records of a module, by number.
fn all<'w>(world: &'w World, kind: &'w Kind) -> impl Iterator<Item = &'w vtiger::Record> {
    let records = world.vtiger.records().values();
    records.filter(move |record| !record.deleted && record.module == kind.as_str())
}

fn schema<'w>(world: &'w World, kind: &Kind) -> Result<&'w KindSchema, PeerError> {
    world.ground.modules.get(kind).ok_or_else(|| {
        faults::refused(Side::Vtiger, format!("describe {kind}"), ErrorKind::Missing, "no such module")
    })
}

fn observation(
    world: &World,
    schema: &KindSchema,
    record: &vtiger::Record,
    fields: &FieldRequests,
) -> Observation {
    let decoded = values::decoded(&world.vtiger, schema, record, fields);
    Observation {
        content: Some(Content::of(&decoded, fields.names())),
        reference: decoded.reference,
        version: decoded.version,
        sighting: Sighting::There,
    }
}

#[async_trait]
impl ChangeFeed for VtigerFace {
    async fn changes(
        &self,
        kind: &Kind,
        after: Option<&Cursor>,
        fields: &FieldRequests,
    ) -> Result<FeedPage, PeerError> {
        let position = Position::of(after);
        let read = |world: &World| {
            let schema = schema(world, kind)?;
            let blind = world.sabotage == Some(Sabotage::LostObservation);
            let seen = |record: &&vtiger::Record| !(blind && record.id.is_multiple_of(3));
            let mut rows: Vec<&vtiger::Record> = all(world, kind).filter(seen).collect();
            let key = |record: &vtiger::Record| {
                (record.text("modifiedtime").to_owned(), format!("{:012}", record.id))
            };
            rows.sort_by_key(|record| key(record));
            let mut position = position;
            if position.horizon.is_none() {
                position.horizon = rows.last().map(|record| record.text("modifiedtime").to_owned());
            }
            rows.retain(|record| {
                let (stamp, id) = key(record);
                position.awaits(&stamp, &id)
            });
            let more = rows.len() > PAGE;
            rows.truncate(PAGE);
            let observations = rows.iter().map(|record| observation(world, schema, record, fields)).collect();
            let next = match rows.last().filter(|_| more) {
                Some(last) => Position { after: Some(key(last)), ..position },
                None => position.finished(),
            };
            Ok(FeedPage { observations, next: next.cursor(), more })
        };
        self.read_call(format!("changes of {kind}"), read, |page| told_observations(&page.observations)).await
    }
}

/// Observations in a line.
pub(crate) fn told_observations(observations: &[Observation]) -> String {
    let shown = observations.iter().map(|seen| match &seen.sighting {
        Sighting::There => format!("{} @{}", seen.reference.id, seen.version),
        Sighting::Deleted => format!("{} deleted", seen.reference.id),
        Sighting::Renamed { from } => format!("{} was {from}", seen.reference.id),
    });
    format!("[{}]", shown.collect::<Vec<_>>().join(", "))
}

#[async_trait]
impl Census for VtigerFace {
    async fn census(
        &self,
        kind: &Kind,
        after: Option<&RecordId>,
        fields: &FieldRequests,
    ) -> Result<CensusPage, PeerError> {
        let read = |world: &World| {
            let schema = schema(world, kind)?;
            let after = after.and_then(|id| values::number(&world.vtiger, kind, id)).unwrap_or(0);
            let mut rows: Vec<&vtiger::Record> =
                all(world, kind).filter(|record| record.id > after).collect();
            let blind = world.sabotage == Some(Sabotage::LostObservation);
            rows.retain(|record| !(blind && record.id.is_multiple_of(3)));
            let more = rows.len() > PAGE;
            rows.truncate(PAGE);
            let observations = rows.iter().map(|record| observation(world, schema, record, fields)).collect();
            Ok(CensusPage { observations, more })
        };
        self.read_call(format!("census of {kind}"), read, |page| told_observations(&page.observations)).await
    }
}

#[async_trait]
impl Reader for VtigerFace {
    fn system(&self) -> Side {
        Side::Vtiger
    }

    async fn schema(&self, kind: &Kind) -> Result<KindSchema, PeerError> {
        let read = |world: &World| schema(world, kind).cloned();
        self.read_call(format!("describe {kind}"), read, |_| "described".to_owned()).await
    }

    async fn read(
        &self,
        kind: &Kind,
        ids: &[RecordId],
        fields: &FieldRequests,
    ) -> Result<Vec<Record>, PeerError> {
        let read = |world: &World| {
            let schema = schema(world, kind)?;
            let found = all(world, kind).filter(|record| ids.contains(&values::id(&world.vtiger, record)));
            Ok(found.map(|record| values::decoded(&world.vtiger, schema, record, fields)).collect())
        };
        self.read_call(format!("read {kind} {}", listed(ids)), read, |found: &Vec<Record>| {
            told_records(found)
        })
        .await
    }

    async fn find(
        &self,
        kind: &Kind,
        criteria: &[Criterion],
        fields: &FieldRequests,
    ) -> Result<Vec<Record>, PeerError> {
        let read = |world: &World| {
            let schema = schema(world, kind)?;
            let meets = |record: &&vtiger::Record| {
                criteria.iter().all(|criterion| {
                    let held = values::shown(&world.vtiger, record, &criterion.field).unwrap_or_default();
                    let same = |wanted: &cs_domain::Value| {
                        let wanted = wanted.plain();
                        !wanted.is_empty() && collate::same(&held, &wanted)
                    };
                    criterion.any_of.iter().any(same)
                })
            };
            let found = all(world, kind).filter(meets);
            Ok(found.map(|record| values::decoded(&world.vtiger, schema, record, fields)).collect())
        };
        self.read_call(format!("find {kind} {}", told_criteria(criteria)), read, |found: &Vec<Record>| {
            told_records(found)
        })
        .await
    }
}

fn listed(ids: &[RecordId]) -> String {
    ids.iter().map(RecordId::as_str).collect::<Vec<_>>().join(" ")
}

/// Records in a line.
pub(crate) fn told_records(records: &[Record]) -> String {
    let one =
        |record: &Record| format!("{} @{} {}", record.reference.id, record.version, shown(&record.fields));
    format!("[{}]", records.iter().map(one).collect::<Vec<_>>().join("; "))
}

/// Criteria in a line.
pub(crate) fn told_criteria(criteria: &[Criterion]) -> String {
    let one = |criterion: &Criterion| {
        let values: Vec<String> = criterion.any_of.iter().map(cs_domain::Value::plain).collect();
        format!("{} in {values:?}", criterion.field)
    };
    criteria.iter().map(one).collect::<Vec<_>>().join(" and ")
}

#[async_trait]
impl Writer for VtigerFace {
    async fn create(
        &self,
        kind: &Kind,
        fields: &Fields,
        key: &OperationKey,
        wanted: &FieldRequests,
    ) -> WriteOutcome {
        let act = Act { verb: "create", target: format!("{kind} for {}", key.0), record: None, fields };
        let done = self.write_call("create", &act, |world| create(world, kind, fields, key)).await;
        self.outcome(done, kind, fields, wanted)
    }

    async fn update(
        &self,
        target: &RecordRef,
        changes: &Fields,
        expected: Expected<'_>,
        wanted: &FieldRequests,
    ) -> WriteOutcome {
        let act =
            Act { verb: "update", target: target.id.to_string(), record: Some(target), fields: changes };
        let done =
            self.write_call("revise", &act, |world| revise(world, target, changes, expected.before)).await;
        self.outcome(done, &target.kind, changes, wanted)
    }

    async fn delete(&self, target: &RecordRef, expected: Expected<'_>) -> Removal {
        let nothing = Fields::new();
        let act =
            Act { verb: "delete", target: target.id.to_string(), record: Some(target), fields: &nothing };
        match self.write_call("delete", &act, |world| delete(world, target, expected)).await {
            Ok(Done::Written(_) | Done::Gone | Done::Held(_)) => Removal::Gone,
            Ok(Done::Stale) => Removal::Stale,
            Ok(Done::Refused(kind, message)) => {
                Removal::Rejected(faults::refused(Side::Vtiger, "delete".to_owned(), kind, message))
            }
            Ok(Done::Died) => {
                Removal::Unknown(faults::error(Side::Vtiger, "delete".to_owned(), ErrorKind::Garbled))
            }
            Err(lost) => lost.into(),
        }
    }

    async fn amend(
        &self,
        target: &RecordRef,
        _changes: &Fields,
        _expected: &Version,
        _wanted: &FieldRequests,
    ) -> WriteOutcome {
        let operation = format!("amend {}", target.kind);
        WriteOutcome::Rejected(faults::error(Side::Vtiger, operation, ErrorKind::Unsupported))
    }
}

impl VtigerFace {
    fn outcome(
        &self,
        done: Result<Done, Lost>,
        kind: &Kind,
        sent: &Fields,
        wanted: &FieldRequests,
    ) -> WriteOutcome {
        let operation = format!("write {kind}");
        match done {
            Ok(Done::Written(id) | Done::Held(id)) => match self.read_back(kind, &id, sent, wanted) {
                Some(written) => {
                    self.seat.say(|_| {
                        let record = std::slice::from_ref(&written.record);
                        format!("reads back {} untouched={}", told_records(record), written.untouched)
                    });
                    WriteOutcome::Applied(written)
                }
                None => WriteOutcome::Unknown(faults::error(Side::Vtiger, operation, ErrorKind::Missing)),
            },
            Ok(Done::Stale) => WriteOutcome::Stale,
            Ok(Done::Gone) => {
                WriteOutcome::Rejected(faults::error(Side::Vtiger, operation, ErrorKind::Missing))
            }
            Ok(Done::Refused(kind, message)) => {
                WriteOutcome::Rejected(faults::refused(Side::Vtiger, operation, kind, message))
            }
            Ok(Done::Died) => {
                WriteOutcome::Unknown(faults::error(Side::Vtiger, operation, ErrorKind::Garbled))
            }
            Err(lost) => lost.into(),
        }
    }
}

impl Meter for VtigerFace {
    fn requests(&self) -> RequestCount {
        self.count.told()
    }
}

fn create(world: &mut World, kind: &Kind, fields: &Fields, key: &OperationKey) -> Done {
    let ground = Arc::clone(&world.ground);
    let Some(schema) = ground.modules.get(kind) else {
        return Done::Refused(ErrorKind::Missing, "no such module".to_owned());
    };
    let mut element = match values::encoded(schema, fields) {
        Ok(element) => element,
        Err(message) => return Done::Refused(ErrorKind::Refused, message),
    };
    element.entry("assigned_user_id").or_insert_with(|| Json::from("19x1"));
    let (Some(user), now) = (world.admin(), world.vtiger_now()) else {
        return Done::Refused(ErrorKind::Credentials, "no user".to_owned());
    };
    match world.vtiger.create(&user, kind.as_str(), &element, now) {
        Ok(answer) => {
            let id = RecordId::new(answer.get("id").and_then(Json::as_str).unwrap_or_default());
            if let Some(number) = values::number(&world.vtiger, kind, &id) {
                world.ledger.engine_created(kind, key, number);
            }
            Done::Written(id)
        }
        Err(refusal) => refused(&refusal),
    }
}

fn revise(world: &mut World, target: &RecordRef, changes: &Fields, before: &Fields) -> Done {
    let ground = Arc::clone(&world.ground);
    let Some(schema) = ground.modules.get(&target.kind) else {
        return Done::Refused(ErrorKind::Missing, "no such module".to_owned());
    };
    let mut element: Map<String, Json> = match values::encoded(schema, changes) {
        Ok(element) => element,
        Err(message) => return Done::Refused(ErrorKind::Refused, message),
    };
    let Some(record) = live(world, &target.kind, &target.id) else {
        return Done::Gone;
    };
    let still = |(name, value): (&FieldName, &cs_domain::Value)| {
        let field = schema.fields.get(name);
        let held = field.and_then(|field| values::value(&world.vtiger, field, record, cs_ports::Guard::None));
        held.is_none_or(|held| held == *value || held.plain() == value.plain())
    };
    let compares = world.sabotage != Some(Sabotage::NoComparison);
    if compares && !before.iter().all(still) {
        return Done::Stale;
    }
    if values::holds(&world.vtiger, schema, record, changes) {
        // A revise that changes nothing would still move modifiedtime.
        return Done::Held(target.id.clone());
    }
    let number = record.id;
    let image = record.clone();
    element.insert("id".to_owned(), Json::from(target.id.as_str()));
    let (Some(user), now) = (world.admin(), world.vtiger_now()) else {
        return Done::Refused(ErrorKind::Credentials, "no user".to_owned());
    };
    let answer = world.vtiger.write(&user, Write::Revise, &element, now);
    world.ledger.prove_untouched(world.vtiger.records().get(&number), &image, changes);
    match answer {
        Ok(_) => Done::Written(target.id.clone()),
        Err(refusal) => refused(&refusal),
    }
}

fn delete(world: &mut World, target: &RecordRef, expected: Expected<'_>) -> Done {
    let ground = Arc::clone(&world.ground);
    let Some(record) = live(world, &target.kind, &target.id) else {
        return Done::Gone;
    };
    // Whole seconds do not tell everything, so what it held is looked at, too.
    let still = |(name, value): (&FieldName, &cs_domain::Value)| {
        let field = ground.modules.get(&target.kind).and_then(|schema| schema.fields.get(name));
        let held = field.and_then(|field| values::value(&world.vtiger, field, record, cs_ports::Guard::None));
        held.is_none_or(|held| held == *value || held.plain() == value.plain())
    };
    let compares = world.sabotage != Some(Sabotage::NoComparison);
    if compares
        && (record.text("modifiedtime") != expected.version.as_str() || !expected.before.iter().all(still))
    {
        return Done::Stale;
    }
    let (Some(user), now) = (world.admin(), world.vtiger_now()) else {
        return Done::Refused(ErrorKind::Credentials, "no user".to_owned());
    };
    match world.vtiger.delete(&user, target.id.as_str(), now) {
        Ok(_) => Done::Written(target.id.clone()),
        Err(refusal) => refused(&refusal),
    }
}

fn refused(refusal: &Refusal) -> Done {
    match refusal {
        Refusal::Error { code, message } => {
            let kind = match code {
                Code::Zero => ErrorKind::Exists,
                Code::AccessDenied => ErrorKind::Missing,
                Code::InvalidId => ErrorKind::Unsupported,
                _ => ErrorKind::Refused,
            };
            Done::Refused(kind, message.clone())
        }
        Refusal::Fatal | Refusal::Page(_) => Done::Died,
    }
}
