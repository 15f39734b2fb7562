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
use super::position::Position;
use super::seat::{Count, Seat};
use super::told::{shown, told_criteria, told_observations, told_records};
use super::vtiger_values as values;
use super::world::World;
use super::write::{Act, Done, Lost, outcome, removal};

/// Rows on a page: few, so that small worlds have several.
const PAGE: usize = 3;

/// VTiger, as one engine sees it.
pub(crate) struct VtigerFace {
    seat: Arc<Seat>,
    count: Count,
}

impl VtigerFace {
    pub(crate) fn new(seat: Arc<Seat>) -> Self {
        Self { seat, count: Count::default() }
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
        self.seat
            .read_call(Side::Vtiger, &self.count, format!("changes of {kind}"), read, |page| {
                told_observations(&page.observations)
            })
            .await
    }
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
        self.seat
            .read_call(Side::Vtiger, &self.count, format!("census of {kind}"), read, |page| {
                told_observations(&page.observations)
            })
            .await
    }
}

#[async_trait]
impl Reader for VtigerFace {
    fn system(&self) -> Side {
        Side::Vtiger
    }

    async fn schema(&self, kind: &Kind) -> Result<KindSchema, PeerError> {
        let read = |world: &World| schema(world, kind).cloned();
        self.seat
            .read_call(Side::Vtiger, &self.count, format!("describe {kind}"), read, |_| {
                "described".to_owned()
            })
            .await
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
        self.seat
            .read_call(
                Side::Vtiger,
                &self.count,
                format!("read {kind} {}", listed(ids)),
                read,
                |found: &Vec<Record>| told_records(found),
            )
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
        self.seat
            .read_call(
                Side::Vtiger,
                &self.count,
                format!("find {kind} {}", told_criteria(criteria)),
                read,
                |found: &Vec<Record>| told_records(found),
            )
            .await
    }
}

fn listed(ids: &[RecordId]) -> String {
    ids.iter().map(RecordId::as_str).collect::<Vec<_>>().join(" ")
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
        outcome(&self.seat, Side::Vtiger, kind, done, |id| self.read_back(kind, id, fields, wanted))
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
        outcome(&self.seat, Side::Vtiger, &target.kind, done, |id| {
            self.read_back(&target.kind, id, changes, wanted)
        })
    }

    async fn delete(&self, target: &RecordRef, expected: Expected<'_>) -> Removal {
        let nothing = Fields::new();
        let act =
            Act { verb: "delete", target: target.id.to_string(), record: Some(target), fields: &nothing };
        removal(
            Side::Vtiger,
            "delete",
            self.write_call("delete", &act, |world| delete(world, target, expected)).await,
        )
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
