//! Links follow documents that are renamed while a run is under way.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cs_domain::mapping::parse;
use cs_domain::{
    Agreed, Fields, IntentState, KindSchema, Link, LinkOrigin, Mapping, OperationKey, RecordId, RequestCount,
    RunId, Shadow, Value, Version,
};
use cs_ports::{
    Census, CensusPage, ChangeFeed, Clock, Criterion, Entropy, ErrorKind, Expected, Lease, LeaseAnswer,
    Meter, PeerError, Reader, Removal, Settlement, Store, TieChange, WriteOutcome, Writer,
};
use cs_store::MemoryStore;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::*;
use crate::report::Reporter;
use crate::retry::RetryPolicy;
use crate::run::{Engine, Job};
use crate::stop::StopSignal;

const MAPPING: &str = r#"
format = 1
name = "people"
title = "People"
[[unit]]
name = "contact"
module = "Contacts"
[[unit.document]]
role = "person"
doctype = "Contact"
external_id = "custom_vtiger_id"
match = [["last_name"]]
[unit.document.fields]
last_name = { vtiger = "lastname" }
"#;

/// A side that tells a feed by pages, and has the documents of these names.
#[derive(Default)]
struct Side {
    pages: Vec<Vec<(&'static str, Sighting)>>,
    there: Vec<&'static str>,
    /// The external id of all of them.
    external_id: &'static str,
}

fn contact(name: &str) -> RecordRef {
    RecordRef::frappe("Contact", name)
}

fn never() -> PeerError {
    PeerError {
        system: System::Frappe,
        operation: "write".to_owned(),
        kind: ErrorKind::Unsupported,
        code: "test.unsupported".into(),
        message: "following renames writes nothing".to_owned(),
        remedy: None,
        retry_after: None,
        source: None,
    }
}

#[async_trait]
impl ChangeFeed for Side {
    async fn changes(
        &self,
        _: &Kind,
        after: Option<&Cursor>,
        _: &FieldRequests,
    ) -> Result<FeedPage, PeerError> {
        let page: usize = after.map_or(0, |cursor| cursor.0.parse().unwrap());
        let seen = self.pages.get(page).into_iter().flatten().map(|(name, sighting)| Observation {
            reference: contact(name),
            version: Version::new("2"),
            content: None,
            sighting: sighting.clone(),
        });
        let next = Cursor((page + 1).to_string());
        Ok(FeedPage { observations: seen.collect(), next, more: page + 1 < self.pages.len() })
    }
}

#[async_trait]
impl Reader for Side {
    fn system(&self) -> System {
        System::Frappe
    }

    async fn schema(&self, _: &Kind) -> Result<KindSchema, PeerError> {
        Err(never())
    }

    async fn read(&self, _: &Kind, ids: &[RecordId], _: &FieldRequests) -> Result<Vec<Record>, PeerError> {
        let there = ids.iter().filter(|id| self.there.contains(&id.as_str()));
        let fields = Fields::from([("custom_vtiger_id".into(), Value::text(self.external_id))]);
        let record = |id: &RecordId| Record {
            reference: contact(id.as_str()),
            version: Version::new("2"),
            fields: fields.clone(),
        };
        Ok(there.map(record).collect())
    }

    async fn find(&self, _: &Kind, _: &[Criterion], _: &FieldRequests) -> Result<Vec<Record>, PeerError> {
        Err(never())
    }
}

#[async_trait]
impl Writer for Side {
    async fn create(&self, _: &Kind, _: &Fields, _: &OperationKey, _: &FieldRequests) -> WriteOutcome {
        WriteOutcome::Rejected(never())
    }

    async fn update(&self, _: &RecordRef, _: &Fields, _: Expected<'_>, _: &FieldRequests) -> WriteOutcome {
        WriteOutcome::Rejected(never())
    }

    async fn delete(&self, _: &RecordRef, _: Expected<'_>) -> Removal {
        Removal::Rejected(never())
    }

    async fn amend(&self, _: &RecordRef, _: &Fields, _: &Version, _: &FieldRequests) -> WriteOutcome {
        WriteOutcome::Rejected(never())
    }
}

#[async_trait]
impl Census for Side {
    async fn census(
        &self,
        _: &Kind,
        _: Option<&RecordId>,
        _: &FieldRequests,
    ) -> Result<CensusPage, PeerError> {
        Err(never())
    }
}

impl Meter for Side {
    fn requests(&self) -> RequestCount {
        RequestCount::default()
    }
}

/// A clock that stands still, and chance that has none.
struct Still;

#[async_trait]
impl Clock for Still {
    fn now(&self) -> Timestamp {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    async fn sleep(&self, _: Duration) {}
}

impl Entropy for Still {
    fn next(&self) -> u64 {
        7
    }
}

fn subject() -> RecordRef {
    RecordRef::vtiger("Contacts", "12x1")
}

fn feed(mapping: &Mapping) -> FeedKey {
    FeedKey {
        mapping: mapping.name.clone(),
        unit: "contact".into(),
        system: System::Frappe,
        kind: "Contact".to_owned(),
    }
}

/// Remembers that the record is linked to the contact "Ana", and how far the feed was read.
async fn remembered(store: &MemoryStore, mapping: &Mapping, lease: &Lease, cursor: Option<&str>) {
    let link = Link {
        mapping: mapping.name.clone(),
        unit: "contact".into(),
        subject: subject(),
        role: "person".into(),
        document: contact("Ana"),
        origin: LinkOrigin::Created,
        standing: LinkStanding::Live,
    };
    let agreed = Agreed::on(Value::text("12x1/person"));
    let shadow = Shadow { fields: [("custom_vtiger_id".into(), agreed)].into(), ..Shadow::default() };
    let ties = vec![TieChange::Set(Tie { link, shadow })];
    let settlement = Settlement { intent: None, state: IntentState::Settled, ties };
    store.settle(lease, &mapping.name, &[settlement]).await.unwrap();
    if let Some(cursor) = cursor {
        store.stage(lease, &feed(mapping), &[], &Cursor(cursor.to_owned())).await.unwrap();
    }
}

fn engine(frappe: Side, store: Arc<MemoryStore>) -> Engine {
    let vtiger = Arc::new(Side::default());
    Engine {
        vtiger: vtiger.clone(),
        frappe: Arc::new(frappe),
        census: vtiger,
        store,
        clock: Arc::new(Still),
        entropy: Arc::new(Still),
        observers: Vec::new(),
        retry: RetryPolicy::default(),
        workers: 1,
        holder: "engine".to_owned(),
    }
}

/// The record is linked to the contact "Ana"; Frappe tells this since. Answers whether a link was taken along, and what the
/// record is linked to then. `cursor`: how far the feed was read before.
async fn followed(frappe: Side, cursor: Option<&str>) -> (bool, String) {
    let store = Arc::new(MemoryStore::new());
    let mapping = parse(MAPPING).unwrap().mapping;
    let lease = store.take_lease("mapping/people", "engine", Still.now(), Duration::from_mins(3)).await;
    let LeaseAnswer::Granted(lease) = lease.unwrap() else { panic!("nobody else wants it") };
    remembered(&store, &mapping, &lease, cursor).await;
    let engine = engine(frappe, store.clone());
    let job = Job {
        mapping: mapping.clone(),
        settings: BTreeMap::new(),
        full: false,
        eager: false,
        census: false,
        approved_deletes: None,
        approved: None,
        zone: TimeZone::UTC,
        edition: None,
        stop: StopSignal::never(),
    };
    let scope = Scope::new(&engine, &job, Reporter::unrecorded(Vec::new()));
    let context = RunContext::new(scope, (lease, Still.now()), RunId::new(Still.now(), 1), None);
    let moved = latest_renames(&context).await.unwrap();
    let stands = store.cursor(&feed(&mapping)).await.unwrap().map(|cursor| cursor.0);
    assert_eq!(stands.as_deref(), cursor, "it stays where it was");
    let ties = store.ties_of(&mapping.name, &[subject()]).await.unwrap();
    (moved, ties[0].link.document.id.to_string())
}

fn renamed(from: &str) -> Sighting {
    Sighting::Renamed { from: RecordId::new(from) }
}

#[tokio::test]
async fn a_link_follows_its_document_through_several_names_and_pages() {
    let pages = vec![
        vec![("Eva", renamed("Ana"))],
        vec![("Dora", renamed("Eva"))],
        vec![("Dora", Sighting::There)],
        vec![("Zoe", renamed("Dora"))],
    ];
    let side = Side { pages, there: vec!["Dora"], external_id: "12x1/person" };
    assert_eq!(
        followed(side, None).await,
        (true, "Dora".to_owned()),
        "renames are told before the documents"
    );
}

#[tokio::test]
async fn it_goes_on_where_the_feed_was_left() {
    let pages = vec![vec![("Eva", renamed("Ana"))], vec![("Dora", renamed("Ana"))]];
    let side = Side { pages, there: vec!["Dora"], external_id: "12x1/person" };
    assert_eq!(followed(side, Some("1")).await, (true, "Dora".to_owned()));
}

#[tokio::test]
async fn a_name_that_another_document_has_by_now_takes_no_link_along() {
    let side = Side {
        pages: vec![vec![("Eva", renamed("Ana"))]],
        there: vec!["Ana", "Eva"],
        external_id: "12x1/person",
    };
    assert_eq!(followed(side, None).await, (false, "Ana".to_owned()));
}

#[tokio::test]
async fn what_is_renamed_and_belongs_to_nobody_moves_nothing() {
    let side =
        Side { pages: vec![vec![("Eva", renamed("Beto"))]], there: vec!["Eva"], external_id: "12x1/person" };
    assert_eq!(followed(side, None).await, (false, "Ana".to_owned()));
}

/// Another document had the name before the linked one was created with it, and was renamed then; the linked one is gone.
#[tokio::test]
async fn what_another_document_was_called_once_takes_no_link_along() {
    let pages = vec![vec![("Ana", Sighting::Deleted), ("Eva", renamed("Ana"))]];
    let side = Side { pages, there: vec!["Eva"], external_id: "" };
    assert_eq!(followed(side, None).await, (false, "Ana".to_owned()));
}
