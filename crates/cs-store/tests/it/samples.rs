//! Invented records, links, intents and runs.

use std::collections::BTreeMap;
use std::time::Duration;

use cs_domain::plan::Conflict;
use cs_domain::{
    Action, Advice, Agreed, Balance, Choice, ConflictId, Edit, Event, Failure, FieldName, Fields, Intent,
    IntentId, IntentState, Link, LinkOrigin, LinkStanding, MappingName, MetConflict, Moment, OperationKey,
    RecordRef, RequestCount, Requests, Resolution, Role, Row, Run, RunId, RunStatus, Shadow, System,
    UnitName, Value, Verdict,
};
use cs_ports::{
    Cursor, Due, FeedKey, Lease, LeaseAnswer, Settlement, Staged, StagedState, Store, StoreError, Tie,
    TieChange, UnitKey, UnitOutcome,
};
use jiff::{SignedDuration, Timestamp};

pub(crate) const TERM: Duration = Duration::from_mins(1);

/// So many seconds after the beginning of the tests' time.
pub(crate) fn at(seconds: i64) -> Timestamp {
    let zero: Timestamp = "2026-11-22T06:00:00.25Z".parse().unwrap();
    zero + SignedDuration::from_secs(seconds)
}

pub(crate) fn mapping(name: &str) -> MappingName {
    name.into()
}

pub(crate) fn unit() -> UnitName {
    "order".into()
}

pub(crate) fn subject(number: u64) -> RecordRef {
    RecordRef::vtiger("SalesOrder", format!("6x{number}"))
}

pub(crate) fn document(name: &str) -> RecordRef {
    RecordRef::frappe("Contact", name)
}

pub(crate) fn key(of: &MappingName, number: u64) -> UnitKey {
    UnitKey { mapping: of.clone(), unit: unit(), subject: subject(number) }
}

pub(crate) fn staged(of: &MappingName, number: u64, version: &str) -> Staged {
    Staged { key: key(of, number), version: Some(version.into()) }
}

/// A sighting of the other side.
pub(crate) fn moved(of: &MappingName, number: u64) -> Staged {
    Staged { key: key(of, number), version: None }
}

pub(crate) fn feed(of: &MappingName) -> FeedKey {
    FeedKey { mapping: of.clone(), unit: unit(), system: System::Vtiger, kind: "SalesOrder".into() }
}

pub(crate) fn cursor(text: &str) -> Cursor {
    Cursor(text.to_owned())
}

/// Stages units, all with one version.
pub(crate) async fn stage(
    store: &dyn Store,
    lease: &Lease,
    of: &MappingName,
    numbers: &[u64],
    version: &str,
) -> u64 {
    let seen: Vec<Staged> = numbers.iter().map(|number| staged(of, *number, version)).collect();
    store.stage(lease, &feed(of), &seen, &cursor(version)).await.unwrap()
}

/// The numbers of the units that are due, all pages in one.
pub(crate) async fn due(store: &dyn Store, of: &MappingName, now: Timestamp) -> Vec<u64> {
    let due = store.due(of, &unit(), now, None, 1000).await.unwrap();
    assert_eq!(store.count_due(of, &unit(), now).await.unwrap(), due.len() as u64);
    due.iter().map(|due| number(&due.key.subject)).collect()
}

/// The units that are due, with revision and attempts.
pub(crate) async fn all_due(store: &dyn Store, of: &MappingName, now: Timestamp) -> Vec<(u64, u64, u32)> {
    let due = store.due(of, &unit(), now, None, 1000).await.unwrap();
    due.iter().map(|Due { key, revision, attempts }| (number(&key.subject), *revision, *attempts)).collect()
}

/// The numbers and versions of the units that are known.
pub(crate) async fn known(store: &dyn Store, of: &MappingName) -> Vec<(u64, Option<String>)> {
    let known = store.known(of, &unit(), None, None, 1000).await.unwrap();
    let version = |version: &cs_domain::Version| version.to_string();
    known.iter().map(|known| (number(&known.key.subject), known.version.as_ref().map(version))).collect()
}

/// The number in a subject's id.
pub(crate) fn number(subject: &RecordRef) -> u64 {
    subject.id.as_str().strip_prefix("6x").unwrap().parse().unwrap()
}

pub(crate) fn failure(code: &str) -> Failure {
    Failure {
        code: code.to_owned(),
        cause: "Frappe create Address: the city is missing — \"José's\" address".to_owned(),
        remedy: "Enter the city in VTiger.".to_owned(),
        advice: Advice::NeedsPerson,
        place: Some("home".to_owned()),
    }
}

/// What was concluded about a unit that was staged once.
pub(crate) fn outcome(of: &MappingName, number: u64, version: &str, verdict: Verdict) -> UnitOutcome {
    let failed = verdict == Verdict::Failed;
    UnitOutcome {
        key: key(of, number),
        revision: 1,
        version: Some(version.into()),
        verdict,
        state: StagedState::Done,
        not_before: None,
        attempts: u32::from(failed),
        failures: if failed { vec![failure("frappe.mandatory")] } else { Vec::new() },
        conflicts: Vec::new(),
    }
}

/// A conflict about a field of the owner, with the last edit of each side.
pub(crate) fn met(of: &MappingName, number: u64, field: &str, vtiger: &str, frappe: &str) -> MetConflict {
    let text = |text: &str| Value::Text(text.to_owned());
    let conflict = Conflict::Field {
        role: "owner".into(),
        document: document("Ana Núñez"),
        field: field.into(),
        base: Some(Agreed::on(text("before"))),
        vtiger: text(vtiger),
        frappe: text(frappe),
    };
    let edit = |by: Option<&str>, version: &str| Edit { by: by.map(str::to_owned), version: version.into() };
    MetConflict {
        id: ConflictId::of(of, &subject(number), &conflict),
        conflict,
        edits: [
            (System::Vtiger, edit(None, "2026-03-01 10:00:00")),
            (System::Frappe, edit(Some("ana@example.test"), "2026-03-01 10:00:00.000001")),
        ]
        .into(),
    }
}

/// A person's decision.
pub(crate) fn decision(choice: Choice, seconds: i64) -> Resolution {
    Resolution { choice, by: "ana@example.test".to_owned(), at: at(seconds) }
}

pub(crate) fn run_id(salt: u16) -> RunId {
    RunId::new(at(0), salt)
}

pub(crate) fn run(id: RunId, started: Timestamp, status: RunStatus) -> Run {
    Run {
        id,
        mapping: mapping("policy"),
        edition: None,
        status,
        started,
        ended: status.is_final().then(|| started + SignedDuration::from_secs(9)),
        balance: Balance { read: 3, created: 2, failed: 1, ..Balance::default() },
        requests: Requests { vtiger: RequestCount { read: 7, write: 0 }, ..Requests::default() },
        failure: (status == RunStatus::Error).then(|| failure("vtiger.unreachable")),
    }
}

/// One field of every kind of value.
pub(crate) fn fields() -> Fields {
    let row =
        Row { name: Some("a1b2".to_owned()), columns: [("qty".into(), Value::Integer(i64::MAX))].into() };
    [
        ("empty".into(), Value::Empty),
        ("text".into(), Value::Text("Núñez\u{1f600} \"x\" \\ \n'; DROP TABLE tie; --".to_owned())),
        ("integer".into(), Value::Integer(-3)),
        ("decimal".into(), Value::Decimal("1234567890123456.10".parse().unwrap())),
        ("boolean".into(), Value::Boolean(true)),
        ("date".into(), Value::Date("2026-02-28".parse().unwrap())),
        ("moment".into(), Value::DateTime(Moment { utc: at(1), raw: "2026-11-22 00:00:01".to_owned() })),
        ("choice".into(), Value::Choice("Active".to_owned())),
        ("reference".into(), Value::Reference(document("Ana Núñez"))),
        ("rows".into(), Value::Rows(vec![row, Row::default()])),
        ("opaque".into(), Value::Opaque("{}".to_owned())),
    ]
    .into()
}

/// A shadow's fields: the two sides agree on all but one, which Frappe shows escaped.
pub(crate) fn agreed() -> BTreeMap<FieldName, Agreed> {
    let mut agreed: BTreeMap<FieldName, Agreed> =
        fields().into_iter().map(|(field, value)| (field, Agreed::on(value))).collect();
    agreed.insert(
        "note".into(),
        Agreed {
            vtiger: Value::Text("<b> & more".to_owned()),
            frappe: Value::Text("&lt;b&gt; &amp; more".to_owned()),
        },
    );
    agreed
}

pub(crate) fn tie(of: &MappingName, number: u64, role: &str, name: &str) -> Tie {
    Tie {
        link: Link {
            mapping: of.clone(),
            unit: unit(),
            subject: subject(number),
            role: role.into(),
            document: document(name),
            origin: LinkOrigin::Created,
            standing: LinkStanding::Live,
        },
        shadow: Shadow { fields: agreed(), vtiger: Some("2026-03-01 10:00:00".into()), frappe: None },
    }
}

pub(crate) fn create(of: &MappingName, id: &str, number: u64, role: &str) -> Intent {
    let role: Role = role.into();
    Intent {
        id: IntentId(id.to_owned()),
        run: run_id(1),
        mapping: of.clone(),
        unit: unit(),
        subject: subject(number),
        action: Action::Create {
            system: System::Frappe,
            kind: "Contact".into(),
            fields: fields(),
            key: OperationKey::of(&subject(number), &role),
        },
        role: Some(role),
    }
}

pub(crate) fn update(of: &MappingName, id: &str, number: u64, role: &str, name: &str) -> Intent {
    Intent {
        action: Action::Update {
            target: document(name),
            changes: fields(),
            expected: "2026-03-01 10:00:00.000001".into(),
            before: [("first_name".into(), Value::Empty)].into(),
        },
        ..create(of, id, number, role)
    }
}

/// What is agreed without a write.
pub(crate) fn agreement(tie: Tie) -> Settlement {
    Settlement { intent: None, state: IntentState::Settled, ties: vec![TieChange::Set(tie)] }
}

/// The end of a write with what is agreed from then on.
pub(crate) fn end_of(intent: IntentId, state: IntentState, ties: Vec<TieChange>) -> Settlement {
    Settlement { intent: Some(intent), state, ties }
}

/// The intents' names.
pub(crate) fn names(intents: &[Intent]) -> Vec<&str> {
    intents.iter().map(|intent| intent.id.0.as_str()).collect()
}

pub(crate) fn pulled(seen: u64) -> Event {
    Event::Pulled { unit: unit(), seen }
}

/// Takes a lease that must be free.
pub(crate) async fn take(store: &dyn Store, name: &str) -> Lease {
    granted(store.take_lease(name, "worker", at(0), TERM).await.unwrap())
}

pub(crate) fn granted(answer: LeaseAnswer) -> Lease {
    match answer {
        LeaseAnswer::Granted(lease) => lease,
        LeaseAnswer::Held { holder, until } => panic!("held by {holder} until {until}"),
    }
}

pub(crate) fn is_lost<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::LeaseLost { .. }))
}
