//! Frappe's state machine as the engine's ports.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use cs_domain::{
    Fields, Kind, KindSchema, OperationKey, Record, RecordId, RecordRef, RequestCount, System as Side, Value,
    Version,
};
use cs_ports::{
    ChangeFeed, Criterion, Cursor, ErrorKind, Expected, FeedPage, FieldRequests, Meter, Observation,
    PeerError, Reader, Removal, Sighting, WriteOutcome, Writer, Written,
};
use serde_json::{Value as Json, json};

use crate::frappe::{Class, Refusal, Row, collate};

use super::Sabotage;
use super::faults::{self, Fate};
use super::frappe_values::{self as values, text};
use super::ground::DocSchema;
use super::ledger::Author;
use super::position::Position;
use super::seat::{Count, Seat};
use super::timeline::Happening;
use super::told::{shown, told_criteria, told_observations, told_records};
use super::world::{SYNC_USER, World};
use super::write::{Act, Done, Lost, outcome, removal};

/// Rows on a page: few, so that small worlds have several.
const PAGE: usize = 4;

/// Frappe, as one engine sees it.
pub(crate) struct FrappeFace {
    seat: Arc<Seat>,
    count: Count,
}

/// A write on its way.
type Write = Box<dyn FnOnce(&mut World) -> Done + Send>;

impl FrappeFace {
    pub(crate) fn new(seat: Arc<Seat>) -> Self {
        Self { seat, count: Count::default() }
    }

    /// Carries a write there and back.
    async fn write_call(&self, operation: &str, act: &Act<'_>, write: Write) -> Result<Done, Lost> {
        self.seat.travel().await;
        let fate = self.seat.fate(Side::Frappe, true);
        if let Fate::Before(kind) = fate {
            self.seat.say(|_| format!("{operation} {} -> {}, not done", act.target, kind.code()));
            return Err(Lost::Rejected(faults::error(Side::Frappe, operation.to_owned(), kind)));
        }
        if let Fate::Late(kind, later) = fate {
            self.count.add(true);
            self.postpone(operation, act, write, later);
            self.seat.say(|_| format!("{operation} {} -> {}, done later", act.target, kind.code()));
            self.seat.travel().await;
            return Err(Lost::Unknown(faults::error(Side::Frappe, operation.to_owned(), kind)));
        }
        let done = {
            let mut world = self.seat.world.lock();
            act.meddled_with(&mut world);
            let done = write(&mut world);
            self.count.add(done.reached());
            carried_out(&mut world, &self.seat.holder, operation, act, &done);
            done
        };
        if let Fate::After(kind) = fate {
            self.seat.say(|_| format!("its answer is lost: {}", kind.code()));
            self.seat.travel().await;
            return Err(Lost::Unknown(faults::error(Side::Frappe, operation.to_owned(), kind)));
        }
        self.seat.travel().await;
        act.meddled_with(&mut self.seat.world.lock());
        Ok(done)
    }

    /// The request waits in front of the server, and is done when nobody waits for it any more.
    fn postpone(&self, operation: &str, act: &Act<'_>, write: Write, later: std::time::Duration) {
        let (operation, holder) = (operation.to_owned(), self.seat.holder.clone());
        let (verb, target, fields) = (act.verb, act.target.clone(), act.fields.clone());
        let mut world = self.seat.world.lock();
        let number = world.late.keys().next_back().map_or(0, |last| last + 1);
        let arrive = move |world: &mut World| {
            let done = write(world);
            let act = Act { verb, target, record: None, fields: &fields };
            carried_out(world, &format!("{holder} (late)"), &operation, &act, &done);
        };
        world.late.insert(number, Box::new(arrive));
        world.timeline.put(later, Happening::Late(number));
    }

    /// The document after a write; `answered`: the version that the write's own answer showed.
    fn read_back(
        &self,
        kind: &Kind,
        name: &RecordId,
        wanted: &FieldRequests,
        answered: Option<&Version>,
    ) -> Option<Written> {
        let world = self.seat.world.lock();
        let schema = world.ground.doctypes.get(kind)?;
        let row = world.site.row(kind.as_str(), name.as_str())?;
        let zone = world.site.time_zone();
        let record = values::decoded(&world.ground.doctypes, schema, &zone, row, wanted);
        let untouched = world.sabotage == Some(Sabotage::FalseUntouched)
            || answered.is_some_and(|answered| *answered == record.version);
        Some(Written { record, untouched })
    }

    /// The version a document has now: what the answer of a write that was just done shows.
    fn version(&self, kind: &Kind, name: &RecordId) -> Option<Version> {
        let world = self.seat.world.lock();
        world.site.row(kind.as_str(), name.as_str()).map(|row| Version::new(text(row, "modified")))
    }
}

fn carried_out(world: &mut World, holder: &str, operation: &str, act: &Act<'_>, done: &Done) {
    world.note(Author::Engine { holder, act: &done.act(Side::Frappe, act) });
    world.say(|_| format!("{holder}: {operation} {} {} -> {}", act.target, shown(act.fields), done.word()));
}

fn schema<'w>(world: &'w World, kind: &Kind) -> Result<&'w DocSchema, PeerError> {
    world.ground.doctypes.get(kind).ok_or_else(|| {
        faults::refused(Side::Frappe, format!("GET {kind}"), ErrorKind::Missing, "no such DocType")
    })
}

/// Everything that the feed tells before the documents: what was deleted and what was renamed, oldest first. A document
/// that was merged into another was not deleted: it is called like the other now.
fn departures(world: &World, kind: &Kind, from: Option<&str>) -> Vec<(String, Observation)> {
    let recent = |row: &&Row| from.is_none_or(|from| text(row, "creation").as_str() >= from);
    let seen = |stamp: &str, name: &str, sighting| Observation {
        reference: RecordRef::frappe(kind.clone(), name),
        version: Version::new(stamp),
        content: None,
        sighting,
    };
    let deleted =
        world.site.rows("Deleted Document").filter(|row| text(row, "deleted_doctype") == kind.as_str());
    let mut deleted: Vec<(String, String)> =
        deleted.filter(recent).map(|row| (text(row, "creation"), text(row, "deleted_name"))).collect();
    deleted.sort();
    let comments = world.site.rows("Comment").filter(|row| text(row, "reference_doctype") == kind.as_str());
    let mut all = Vec::new();
    for comment in comments.filter(recent) {
        let stamp = text(comment, "creation");
        let Some(renaming) = renaming(&text(comment, "content")) else { continue };
        if renaming.merged {
            let left = deleted.iter().position(|(at, name)| *name == renaming.old && *at >= stamp);
            left.map(|index| deleted.remove(index));
        }
        let from = RecordId::new(renaming.old);
        all.push((stamp.clone(), seen(&stamp, &renaming.new, Sighting::Renamed { from })));
    }
    all.extend(deleted.into_iter().map(|(stamp, name)| {
        let observation = seen(&stamp, &name, Sighting::Deleted);
        (stamp, observation)
    }));
    all.sort_by(|left, right| left.0.cmp(&right.0));
    all
}

/// What a comment tells of a rename.
struct Renaming {
    old: String,
    new: String,
    merged: bool,
}

/// `renamed from <strong>a</strong> to <strong>b</strong>`, `merged <strong>a</strong> into <strong>b</strong>`.
fn renaming(content: &str) -> Option<Renaming> {
    let (rest, between, merged) = match content.strip_prefix("renamed from <strong>") {
        Some(rest) => (rest, "</strong> to <strong>", false),
        None => (content.strip_prefix("merged <strong>")?, "</strong> into <strong>", true),
    };
    let (old, rest) = rest.split_once(between)?;
    Some(Renaming { old: old.to_owned(), new: rest.strip_suffix("</strong>")?.to_owned(), merged })
}

#[async_trait]
impl ChangeFeed for FrappeFace {
    async fn changes(
        &self,
        kind: &Kind,
        after: Option<&Cursor>,
        _fields: &FieldRequests,
    ) -> Result<FeedPage, PeerError> {
        let position = Position::of(after);
        let read = |world: &World| {
            schema(world, kind)?;
            let mut position = position;
            let mut observations = Vec::new();
            let mut rows: Vec<(String, String)> = world
                .site
                .rows(kind.as_str())
                .map(|row| (text(row, "modified"), text(row, "name")))
                .collect();
            rows.sort();
            if !position.begun {
                let told = departures(world, kind, position.from.as_deref());
                let newest = rows.last().map(|(stamp, _)| stamp.clone());
                position.horizon = newest.max(told.last().map(|(stamp, _)| stamp.clone()));
                position.begun = true;
                observations.extend(told.into_iter().map(|(_, observation)| observation));
            }
            rows.retain(|(stamp, name)| position.awaits(stamp, name));
            let more = rows.len() > PAGE;
            rows.truncate(PAGE);
            observations.extend(rows.iter().map(|(stamp, name)| Observation {
                reference: RecordRef::frappe(kind.clone(), name.as_str()),
                version: Version::new(stamp.as_str()),
                content: None,
                sighting: Sighting::There,
            }));
            let next = match rows.pop().filter(|_| more) {
                Some(last) => Position { after: Some(last), ..position },
                None => position.finished(),
            };
            Ok(FeedPage { observations, next: next.cursor(), more })
        };
        self.seat
            .read_call(Side::Frappe, &self.count, format!("changes of {kind}"), read, |page| {
                told_observations(&page.observations)
            })
            .await
    }
}

#[async_trait]
impl Reader for FrappeFace {
    fn system(&self) -> Side {
        Side::Frappe
    }

    async fn schema(&self, kind: &Kind) -> Result<KindSchema, PeerError> {
        let read = |world: &World| schema(world, kind).map(|schema| schema.kind.clone());
        self.seat
            .read_call(Side::Frappe, &self.count, format!("GET meta of {kind}"), read, |_| {
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
            let zone = world.site.time_zone();
            let names: BTreeSet<String> = ids
                .iter()
                .filter(|id| !id.as_str().is_empty())
                .filter_map(|id| world.site.row(kind.as_str(), id.as_str()))
                .map(|row| text(row, "name"))
                .collect();
            let rows = names.iter().filter_map(|name| world.site.row(kind.as_str(), name));
            let record = |row| values::decoded(&world.ground.doctypes, schema, &zone, row, fields);
            Ok(rows.map(record).collect())
        };
        let names: Vec<&str> = ids.iter().map(RecordId::as_str).collect();
        self.seat
            .read_call(
                Side::Frappe,
                &self.count,
                format!("read {kind} {names:?}"),
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
            let zone = world.site.time_zone();
            let meets = |row: &&Row| criteria.iter().all(|criterion| meets(row, criterion));
            let rows = world.site.rows(kind.as_str()).filter(meets);
            let record = |row| values::decoded(&world.ground.doctypes, schema, &zone, row, fields);
            Ok(rows.map(record).collect())
        };
        self.seat
            .read_call(
                Side::Frappe,
                &self.count,
                format!("find {kind} {}", told_criteria(criteria)),
                read,
                |found: &Vec<Record>| told_records(found),
            )
            .await
    }
}

/// Whether a document, or one of its rows, meets a condition; an empty value matches nothing at all, too.
fn meets(row: &Row, criterion: &Criterion) -> bool {
    let same = |held: &str, wanted: &Value| {
        let wanted = match wanted {
            Value::Boolean(flag) => u8::from(*flag).to_string(),
            other => other.plain(),
        };
        collate::same(held, &wanted)
    };
    let any = |held: &str| criterion.any_of.iter().any(|wanted| same(held, wanted));
    match criterion.field.as_str().split_once('.') {
        None => any(&text(row, criterion.field.as_str())),
        Some((table, column)) => match row.get(table) {
            Some(Json::Array(rows)) => {
                rows.iter().filter_map(Json::as_object).any(|child| any(&text(child, column)))
            }
            _ => false,
        },
    }
}

#[async_trait]
impl Writer for FrappeFace {
    async fn create(
        &self,
        kind: &Kind,
        fields: &Fields,
        key: &OperationKey,
        wanted: &FieldRequests,
    ) -> WriteOutcome {
        let act = Act { verb: "create", target: format!("{kind} for {}", key.0), record: None, fields };
        let (on, sent, for_key) = (kind.clone(), fields.clone(), key.clone());
        let write: Write = Box::new(move |world| create(world, &on, &sent, &for_key));
        let done = self.write_call("POST", &act, write).await;
        let answered = self.answered(&done, kind);
        outcome(&self.seat, Side::Frappe, kind, done, |id| {
            self.read_back(kind, id, wanted, answered.as_ref())
        })
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
        let (on, sent, version) = (target.clone(), changes.clone(), expected.version.clone());
        let write: Write = Box::new(move |world| update(world, &on, &sent, &version));
        let done = self.write_call("PUT", &act, write).await;
        let answered = self.answered(&done, &target.kind);
        outcome(&self.seat, Side::Frappe, &target.kind, done, |id| {
            self.read_back(&target.kind, id, wanted, answered.as_ref())
        })
    }

    async fn delete(&self, target: &RecordRef, expected: Expected<'_>) -> Removal {
        let nothing = Fields::new();
        let act =
            Act { verb: "delete", target: target.id.to_string(), record: Some(target), fields: &nothing };
        let (on, version) = (target.clone(), expected.version.clone());
        let write: Write = Box::new(move |world| delete(world, &on, &version));
        removal(Side::Frappe, "DELETE", self.write_call("DELETE", &act, write).await)
    }

    async fn amend(
        &self,
        target: &RecordRef,
        _changes: &Fields,
        _expected: &Version,
        _wanted: &FieldRequests,
    ) -> WriteOutcome {
        let operation = format!("amend {}", target.kind);
        WriteOutcome::Rejected(faults::error(Side::Frappe, operation, ErrorKind::Unsupported))
    }
}

impl FrappeFace {
    /// The version in the answer of a write. What happens while the answer travels is not in it, so it is taken from the
    /// ledger's note of the write.
    fn answered(&self, done: &Result<Done, Lost>, kind: &Kind) -> Option<Version> {
        match done {
            Ok(Done::Written(id)) => {
                let noted = self.seat.world.lock().ledger.left_by_engine(kind, id);
                noted.map(Version::new)
            }
            Ok(Done::Held(id)) => self.version(kind, id),
            _ => None,
        }
    }
}

impl Meter for FrappeFace {
    fn requests(&self) -> RequestCount {
        self.count.told()
    }
}

fn create(world: &mut World, kind: &Kind, fields: &Fields, key: &OperationKey) -> Done {
    let ground = Arc::clone(&world.ground);
    let Some(schema) = ground.doctypes.get(kind) else {
        return Done::Refused(ErrorKind::Missing, "no such DocType".to_owned());
    };
    let mut row = match values::encoded(&ground.doctypes, schema, fields, true) {
        Ok(row) => row,
        Err(message) => return Done::Refused(ErrorKind::Refused, message),
    };
    if world.sabotage == Some(Sabotage::NoUniqueKey) {
        row.shift_remove("custom_vtiger_id");
    }
    let now = world.frappe_now();
    let answer = world.site.transact(SYNC_USER, now, |txn| txn.insert(kind.as_str(), &row));
    match answer.result {
        Ok(created) => {
            let name = text(&created, "name");
            world.ledger.left(kind, &name, &text(&created, "modified"));
            world.ledger.engine_created_document(kind, key, &name);
            Done::Written(RecordId::new(name))
        }
        Err(refusal) => refused(&refusal),
    }
}

fn update(world: &mut World, target: &RecordRef, changes: &Fields, expected: &Version) -> Done {
    let ground = Arc::clone(&world.ground);
    let Some(schema) = ground.doctypes.get(&target.kind) else {
        return Done::Refused(ErrorKind::Missing, "no such DocType".to_owned());
    };
    let mut row = match values::encoded(&ground.doctypes, schema, changes, false) {
        Ok(row) => row,
        Err(message) => return Done::Refused(ErrorKind::Refused, message),
    };
    let (kind, name) = (target.kind.as_str(), target.id.as_str());
    let Some(image) = world.site.row(kind, name).cloned() else {
        return Done::Gone;
    };
    if changes.is_empty() {
        let same = text(&image, "modified") == expected.as_str();
        return if same { Done::Held(target.id.clone()) } else { Done::Stale };
    }
    if world.sabotage != Some(Sabotage::NoComparison) {
        row.insert("modified".to_owned(), json!(expected.as_str()));
    }
    let now = world.frappe_now();
    let answer = world.site.transact(SYNC_USER, now, |txn| txn.update(kind, name, &row));
    match answer.result {
        Ok(updated) => {
            world.ledger.left(&target.kind, name, &text(&updated, "modified"));
            world.ledger.prove_document_untouched(world.site.row(kind, name), &image, changes);
            Done::Written(target.id.clone())
        }
        Err(refusal) => refused(&refusal),
    }
}

fn delete(world: &mut World, target: &RecordRef, expected: &Version) -> Done {
    let (kind, name) = (target.kind.as_str(), target.id.as_str());
    let Some(row) = world.site.row(kind, name) else {
        return Done::Gone;
    };
    if text(row, "modified") != expected.as_str() {
        return Done::Stale;
    }
    if takes_others_along(world, kind, name) {
        return Done::Refused(ErrorKind::Refused, format!("Frappe would delete others with {name}"));
    }
    let now = world.frappe_now();
    match world.site.transact(SYNC_USER, now, |txn| txn.delete(kind, name)).result {
        Ok(()) => Done::Written(target.id.clone()),
        Err(refusal) => refused(&refusal),
    }
}

/// Whether a Contact or an Address is linked to this document and to nothing else: the connector deletes none that takes
/// those along.
fn takes_others_along(world: &World, kind: &str, name: &str) -> bool {
    const TAKEN_ALONG: [&str; 2] = ["Contact", "Address"];
    let leads_here = |row: &Json| {
        let row = row.as_object();
        row.is_some_and(|row| {
            text(row, "link_doctype") == kind && collate::same(&text(row, "link_name"), name)
        })
    };
    let hangs_on = |document: &Row| match document.get("links").and_then(Json::as_array).map(Vec::as_slice) {
        Some([row]) => leads_here(row),
        _ => false,
    };
    !TAKEN_ALONG.contains(&kind) && TAKEN_ALONG.iter().any(|doctype| world.site.rows(doctype).any(hangs_on))
}

fn refused(refusal: &Refusal) -> Done {
    let kind = match refusal.class {
        Class::TimestampMismatch => return Done::Stale,
        Class::UniqueValidation | Class::DuplicateEntry => ErrorKind::Exists,
        Class::DoesNotExist => ErrorKind::Missing,
        Class::Permission => ErrorKind::Permission,
        Class::QueryTimeout => ErrorKind::Busy,
        _ => ErrorKind::Refused,
    };
    Done::Refused(kind, refusal.text.clone())
}
