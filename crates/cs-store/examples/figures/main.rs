//! How fast the store in a file is on this machine's disk, and how large it grows:
//! `cargo run --release -p cs-store --example figures -- FOLDER [UNITS]`.

#![allow(clippy::print_stdout, reason = "its only purpose is to print")]

use std::collections::BTreeMap;
mod lookups;

use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use cs_domain::plan::Conflict;
use cs_domain::{
    Action, Agreed, Choice, ConflictId, FieldName, Intent, IntentId, IntentState, Link, LinkOrigin,
    LinkStanding, MappingName, MetConflict, OperationKey, RecordRef, Resolution, Role, RunId, Shadow, System,
    UnitName, Value, Verdict,
};
use cs_ports::{
    Book, ConflictFilter, Cursor, FeedKey, FindingId, FindingStore, FindingsOfRun, FoundFinding, Lease,
    LeaseAnswer, LoadedReport, Settlement, Staged, StagedState, Store, StoreError, Tie, TieChange, UnitKey,
    UnitOutcome,
};
use cs_store::{MemoryStore, SqliteStore};
use jiff::Timestamp;

pub(crate) type Failed = Box<dyn Error + Send + Sync>;

const PAGE: u64 = 100;
const SINGLE: u64 = 5_000;

pub(crate) fn mapping() -> MappingName {
    "policy".into()
}

fn unit() -> UnitName {
    "order".into()
}

pub(crate) fn subject(number: u64) -> RecordRef {
    RecordRef::vtiger("SalesOrder", format!("6x{number}"))
}

fn key(number: u64) -> UnitKey {
    UnitKey { mapping: mapping(), unit: unit(), subject: subject(number) }
}

/// Twelve short fields, as a Contact has them.
fn values() -> impl Iterator<Item = (FieldName, Value)> {
    (0..12).map(|field| (format!("field_{field}").into(), Value::Text(format!("Ana Núñez {field}"))))
}

fn run() -> RunId {
    RunId("20261122-060000-0001".to_owned())
}

fn intent(number: u64) -> Intent {
    let role = Role::new("owner");
    Intent {
        id: IntentId(format!("20261122-060000-0001/{number:08}")),
        run: run(),
        mapping: mapping(),
        unit: unit(),
        subject: subject(number),
        action: Action::Create {
            system: System::Frappe,
            kind: "Contact".into(),
            fields: values().collect(),
            key: OperationKey::of(&subject(number), &role),
        },
        role: Some(role),
    }
}

pub(crate) fn tie(number: u64) -> Tie {
    Tie {
        link: Link {
            mapping: mapping(),
            unit: unit(),
            subject: subject(number),
            role: "owner".into(),
            document: RecordRef::frappe("Contact", format!("Ana Núñez-{number}")),
            origin: LinkOrigin::Created,
            standing: LinkStanding::Live,
        },
        shadow: Shadow {
            fields: values().map(|(field, value)| (field, Agreed::on(value))).collect(),
            vtiger: Some("2026-03-01 10:00:00".into()),
            frappe: Some("2026-03-01 10:00:00.000001".into()),
        },
    }
}

fn settled(number: u64, intent: bool) -> Settlement {
    let intent = intent.then(|| self::intent(number).id);
    Settlement { intent, state: IntentState::Settled, ties: vec![TieChange::Set(tie(number))] }
}

pub(crate) fn done(number: u64) -> UnitOutcome {
    UnitOutcome {
        key: key(number),
        revision: 1,
        version: Some("2026-03-01 10:00:00".into()),
        verdict: Verdict::Created,
        state: StagedState::Done,
        not_before: None,
        attempts: 0,
        failures: Vec::new(),
        conflicts: Vec::new(),
    }
}

fn count<T>(items: &[T]) -> u64 {
    items.iter().fold(0, |count, _| count + 1)
}

/// How long threads of this process were on a processor; nothing where the system does not tell (Linux does).
pub(crate) fn on_processor() -> Duration {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let said = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("schedstat")).ok());
    Duration::from_nanos(said.filter_map(|said| said.split(' ').next()?.parse::<u64>().ok()).sum())
}

pub(crate) fn report(what: &str, calls: u64, items: u64, begun: Instant) {
    let seconds = begun.elapsed().as_secs_f64();
    let per_second = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / seconds;
    println!(
        "{what}: {items} in {calls} calls, {seconds:.3} s, {:.0} calls/s, {:.0}/s",
        per_second(calls),
        per_second(items)
    );
}

/// Numbers as a feed shows them: in the order of the last change, which is not the order of the ids.
fn shuffled(units: u64) -> impl Iterator<Item = u64> {
    (0..units).map(move |number| 1 + number.wrapping_mul(7_368_787) % units)
}

async fn stage_all(store: &SqliteStore, lease: &Lease, units: u64) -> Result<(), StoreError> {
    let feed =
        FeedKey { mapping: mapping(), unit: unit(), system: System::Vtiger, kind: "SalesOrder".into() };
    let seen: Vec<Staged> = shuffled(units)
        .map(|number| Staged { key: key(number), version: Some("2026-03-01 10:00:00".into()) })
        .collect();
    for what in ["stage, new", "stage, known"] {
        let begun = Instant::now();
        let pages = seen.chunks(usize::try_from(PAGE).unwrap_or(100));
        for (page, seen) in pages.enumerate() {
            store.stage(lease, &feed, seen, &Cursor(format!("page {page}"))).await?;
        }
        report(what, units.div_ceil(PAGE), units, begun);
    }
    Ok(())
}

/// What a simulation does, without its engine: ten records in a store of their own, from the feed to the conclusion,
/// each with a pass in which nothing is new.
async fn histories(count: u64) -> Result<(), Failed> {
    let feed =
        FeedKey { mapping: mapping(), unit: unit(), system: System::Vtiger, kind: "SalesOrder".into() };
    let seen: Vec<Staged> =
        (0..10).map(|number| Staged { key: key(number), version: Some("1".into()) }).collect();
    let intents: Vec<Intent> = (0..10).map(intent).collect();
    let settled: Vec<Settlement> = (0..10).map(|number| settled(number, true)).collect();
    let outcomes: Vec<UnitOutcome> = (0..10).map(done).collect();
    let subjects: Vec<RecordRef> = (0..10).map(subject).collect();
    let begun = Instant::now();
    for _ in 0..count {
        let store = MemoryStore::new();
        let LeaseAnswer::Granted(lease) =
            store.take_lease("policy", "figures", Timestamp::UNIX_EPOCH, Duration::from_hours(1)).await?
        else {
            return Err("a new store is free".into());
        };
        for _ in 0..2 {
            store.stage(&lease, &feed, &seen, &Cursor("1".to_owned())).await?;
            for due in store.due(&mapping(), &unit(), Timestamp::UNIX_EPOCH, None, 100).await? {
                store.ties_of(&mapping(), &[due.key.subject]).await?;
            }
            store.ties_of(&mapping(), &subjects).await?;
        }
        store.record_intents(&lease, &intents).await?;
        store.settle(&lease, &mapping(), &settled).await?;
        store.conclude(&lease, &run(), &outcomes).await?;
        store.known(&mapping(), &unit(), None, None, 100).await?;
    }
    report("histories in memory, ten records each", count, count * 10, begun);
    let begun = Instant::now();
    for _ in 0..count * 100 {
        std::hint::black_box(MemoryStore::new());
    }
    report("stores in memory, made and dropped", count * 100, count * 100, begun);
    Ok(())
}

async fn read_due(store: &SqliteStore, what: &str) -> Result<(), StoreError> {
    let begun = Instant::now();
    let due = store.count_due(&mapping(), &unit(), Timestamp::now()).await?;
    report(&format!("count_due, {what}"), 1, due, begun);
    let begun = Instant::now();
    let (mut after, mut calls, mut items) = (None, 0, 0);
    loop {
        let page = store.due(&mapping(), &unit(), Timestamp::now(), after.as_ref(), 100).await?;
        calls += 1;
        items += count(&page);
        let Some(last) = page.last() else { break };
        after = Some(last.key.subject.clone());
    }
    report(&format!("due, {what}"), calls, items, begun);
    Ok(())
}

async fn write_singly(store: &SqliteStore, lease: &Lease) -> Result<(), StoreError> {
    let begun = Instant::now();
    for number in 1..=SINGLE {
        store.record_intents(lease, &[intent(number)]).await?;
    }
    report("record_intents, one a call", SINGLE, SINGLE, begun);
    let begun = Instant::now();
    for number in 1..=SINGLE {
        store.settle(lease, &mapping(), &[settled(number, true)]).await?;
    }
    report("settle, with an intent, one a call", SINGLE, SINGLE, begun);
    let begun = Instant::now();
    let intents: Vec<Intent> = (SINGLE + 1..=SINGLE * 5).map(intent).collect();
    for batch in intents.chunks(10) {
        store.record_intents(lease, batch).await?;
    }
    report("record_intents, ten a call", SINGLE * 4 / 10, SINGLE * 4, begun);
    let begun = Instant::now();
    let ends: Vec<Settlement> = (SINGLE + 1..=SINGLE * 3).map(|number| settled(number, true)).collect();
    for batch in ends.chunks(10) {
        store.settle(lease, &mapping(), batch).await?;
    }
    report("settle, with an intent, ten a call", SINGLE * 2 / 10, SINGLE * 2, begun);
    let begun = Instant::now();
    let ends: Vec<Settlement> = (SINGLE * 3 + 1..=SINGLE * 5).map(|number| settled(number, true)).collect();
    for batch in ends.chunks(100) {
        store.settle(lease, &mapping(), batch).await?;
    }
    report("settle, with an intent, a hundred a call", SINGLE * 2 / 100, SINGLE * 2, begun);
    let begun = Instant::now();
    let written = store.journal(&run()).await?;
    report("journal of a run", 1, count(&written), begun);
    Ok(())
}

async fn links(store: &SqliteStore, lease: &Lease, units: u64) -> Result<(), StoreError> {
    let begun = Instant::now();
    let numbers: Vec<u64> = shuffled(units).collect();
    for page in numbers.chunks(100) {
        let batch: Vec<Settlement> = page.iter().map(|number| settled(*number, false)).collect();
        store.settle(lease, &mapping(), &batch).await?;
    }
    report("settle, adopted, a hundred a call", units.div_ceil(100), units, begun);
    let begun = Instant::now();
    let linked = store.count_linked(&mapping()).await?;
    report("count_linked", 1, linked, begun);
    let begun = Instant::now();
    let mut found = 0;
    for page in numbers.chunks(100) {
        let subjects: Vec<RecordRef> = page.iter().map(|number| subject(*number)).collect();
        found += count(&store.ties_of(&mapping(), &subjects).await?);
    }
    report("ties_of, 100 a call", units.div_ceil(100), found, begun);
    let begun = Instant::now();
    let all: Vec<RecordRef> = (1..=1000).map(|number| tie(number).link.document).collect();
    let found = count(&store.ties_to(&mapping(), &all).await?);
    report("ties_to, 1000 a call", 1, found, begun);
    Ok(())
}

async fn read_known(store: &SqliteStore) -> Result<(), StoreError> {
    for page in [100, 1_000, 10_000] {
        let begun = Instant::now();
        let (mut after, mut calls, mut items) = (None, 0, 0);
        loop {
            let known = store.known(&mapping(), &unit(), after.as_ref(), None, page).await?;
            calls += 1;
            items += count(&known);
            let Some(last) = known.last() else { break };
            after = Some(last.key.subject.id.clone());
        }
        report(&format!("known, {page} a call"), calls, items, begun);
    }
    Ok(())
}

fn conflict(number: u64) -> MetConflict {
    let text = |text: &str| Value::Text(text.to_owned());
    let conflict = Conflict::Field {
        role: "owner".into(),
        document: tie(number).link.document,
        field: "field_1".into(),
        base: Some(Agreed::on(text("before"))),
        vtiger: text("Ana"),
        frappe: text("Luis"),
    };
    let id = ConflictId::of(&mapping(), &subject(number), &conflict);
    MetConflict { id, conflict, edits: [].into() }
}

/// A conflict in each unit, over again by the next run; then some that stand and are decided.
async fn conflicts(store: &SqliteStore, lease: &Lease, units: u64) -> Result<(), StoreError> {
    let run = RunId("20261122-060000-0002".to_owned());
    for (what, met) in [("conclude, a conflict each", true), ("conclude, none of them met", false)] {
        let begun = Instant::now();
        let outcomes: Vec<UnitOutcome> = (1..=units)
            .map(|number| UnitOutcome {
                conflicts: Vec::from_iter(met.then(|| conflict(number))),
                ..done(number)
            })
            .collect();
        for batch in outcomes.chunks(100) {
            store.conclude(lease, &run, batch).await?;
        }
        report(what, units.div_ceil(100), units, begun);
    }
    let standing: Vec<UnitOutcome> = (1..=units / 100)
        .map(|number| UnitOutcome { conflicts: vec![conflict(number)], ..done(number) })
        .collect();
    store.conclude(lease, &run, &standing).await?;
    let begun = Instant::now();
    let open = ConflictFilter { states: Some(vec!["open", "resolved"]), ..ConflictFilter::default() };
    let open = store.conflicts(&open, 10_000).await?;
    report("conflicts, one in a hundred open", 1, count(&open), begun);
    let begun = Instant::now();
    let ids: Vec<ConflictId> = open.into_iter().map(|standing| standing.met.id).collect();
    let resolution = Resolution { choice: Choice::Vtiger, by: "figures".to_owned(), at: Timestamp::now() };
    let resolved = store.resolve(&ids, &resolution).await?;
    report("resolve", 1, resolved, begun);
    let begun = Instant::now();
    for number in 1..=1_000 {
        store.hint(&[key(number)]).await?;
    }
    report("hint, one a call", 1_000, 1_000, begun);
    Ok(())
}

async fn conclude_all(store: &SqliteStore, lease: &Lease, units: u64) -> Result<(), StoreError> {
    let run = run();
    let begun = Instant::now();
    let outcomes: Vec<UnitOutcome> = (1..=units - units / 100).map(done).collect();
    for batch in outcomes.chunks(100) {
        store.conclude(lease, &run, batch).await?;
    }
    report("conclude, 100 a call", units / 100, units - units / 100, begun);
    read_due(store, "one in a hundred waits").await?;
    let begun = Instant::now();
    let count = store.restage_all(lease, &mapping()).await?;
    report("restage_all", 1, count, begun);
    Ok(())
}

/// A row of a report that disagrees with its order, with as many columns as a company's report has.
fn found(book: &Book, number: u64) -> FoundFinding {
    let member_id = format!("OSC{number:09}");
    let parameters = [
        ("line", number.to_string()),
        ("order", format!("SO{number}")),
        ("paid_through", "2026-03-31".into()),
    ];
    FoundFinding {
        id: FindingId::of(book, "unpaid", &member_id, ""),
        kind: "unpaid".into(),
        message: "unpaid".into(),
        parameters: parameters
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect::<BTreeMap<_, _>>(),
        salesorder_no: Some(format!("SO{number}")),
        issuer: None,
        place: Some((String::new(), u32::try_from(number).unwrap_or_default())),
        source: (0..16)
            .map(|column| (format!("Column {column}"), format!("value {column} of {number}")))
            .collect(),
        premium: Some("337.00".into()),
        member_id,
    }
}

/// A first report that disagrees about everything, and the same report again.
async fn findings(store: &SqliteStore, number: u64) -> Result<(), Failed> {
    let book = Book { company: "oscar".into(), broker: "BS".into() };
    let hour = Duration::from_hours(1);
    let LeaseAnswer::Granted(lease) =
        store.take_lease("company/oscar", "figures", Timestamp::now(), hour).await?
    else {
        return Err("the folder is in use".into());
    };
    for what in ["take_in: all new", "take_in: all as before"] {
        let report = LoadedReport {
            book: book.clone(),
            run: run(),
            as_of: "2026-03-18".parse()?,
            file: "oscar.csv".into(),
            digest: "x".into(),
            profile: "{}".into(),
            totals: "{}".into(),
            approved: String::new(),
        };
        let found: Vec<FoundFinding> = (0..number).map(|number| found(&book, number)).collect();
        let taken = FindingsOfRun { report, at: Timestamp::now(), found, persisting: Vec::new() };
        let begun = Instant::now();
        store.take_in(&lease, &taken).await?;
        self::report(what, 1, number, begun);
    }
    store.release_lease(&lease).await?;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Failed> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("name a folder")?);
    let units: u64 = arguments.next().map_or(Ok(100_000), |text| text.parse())?;
    histories(5_000).await?;
    let path = folder.join("figures.sqlite3");
    let store = SqliteStore::open(&path).await?;
    let hour = Duration::from_hours(1);
    let LeaseAnswer::Granted(lease) = store.take_lease("policy", "figures", Timestamp::now(), hour).await?
    else {
        return Err("the folder is in use".into());
    };
    findings(&store, units).await?;
    stage_all(&store, &lease, units).await?;
    read_due(&store, "all wait").await?;
    println!("file with {units} units: {} bytes", std::fs::metadata(&path)?.len());
    write_singly(&store, &lease).await?;
    links(&store, &lease, units).await?;
    conclude_all(&store, &lease, units).await?;
    read_known(&store).await?;
    conflicts(&store, &lease, units).await?;
    lookups::fill(&store, &lease, units).await?;
    lookups::ask(&store).await?;
    let begun = Instant::now();
    store.backup_to(folder.join("figures-copy.sqlite3")).await?;
    report("backup_to", 1, units, begun);
    store.close().await;
    println!("file with {units} units and links: {} bytes", std::fs::metadata(&path)?.len());
    Ok(())
}
