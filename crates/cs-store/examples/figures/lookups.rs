//! What people look up, and what writing costs that makes it quick.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use cs_domain::{Advice, Balance, Event, Failure, MappingName, Run, RunId, RunStatus, UnitName, Verdict};
use cs_ports::{
    Book, FindingFilter, FindingGroup, FindingId, FindingQuery, FindingSort, FindingState, FindingStore,
    FindingsOfRun, FoundFinding, Insight, Lease, LeaseAnswer, LoadedReport, LogFilter, Review, RunFilter,
    StagedState, Store, StoreError, TroubleFilter, UnitOutcome,
};
use cs_store::SqliteStore;
use jiff::Timestamp;

use crate::{Failed, done, mapping, on_processor, report, subject, tie};

const RUNS: u64 = 2_000;
const KINDS: [&str; 6] = ["unpaid", "not_in_crm", "paid_through_behind", "wrong_broker", "duplicate", "gone"];
const COMPANIES: [&str; 4] = ["oscar", "ambetter", "molina", "aetna"];
const PAGE: u32 = 50;

fn pick<T: Copy, const N: usize>(of: &[T; N], number: u64) -> Option<T> {
    usize::try_from(number).ok().and_then(|number| of.get(number % N).copied())
}

fn run_id(number: u64) -> RunId {
    RunId(format!("20261122-{number:06}-0001"))
}

/// Fills the store, and says what that cost.
pub(crate) async fn fill(store: &SqliteStore, lease: &Lease, units: u64) -> Result<(), Failed> {
    put_runs(store).await?;
    put_log(store, units * 2).await?;
    put_failures(store, lease, units).await?;
    put_findings(store, units).await
}

async fn put_runs(store: &SqliteStore) -> Result<(), StoreError> {
    let begun = Instant::now();
    for number in 0..RUNS {
        let mapping = MappingName::from(if number % 7 == 0 { "company/oscar" } else { "policy" });
        let status = if number % 500 == 0 { RunStatus::TimedOut } else { RunStatus::Success };
        let started = Timestamp::UNIX_EPOCH + Duration::from_secs(number * 900);
        let (balance, requests) = (Balance::default(), cs_domain::Requests::default());
        let ended = Some(started);
        let run = Run {
            id: run_id(number),
            mapping,
            edition: None,
            status,
            started,
            ended,
            balance,
            requests,
            failure: None,
        };
        store.put_run(&run).await?;
    }
    report("put_run, one a call", RUNS, RUNS, begun);
    Ok(())
}

fn failure(code: &str) -> Failure {
    Failure {
        code: code.to_owned(),
        cause: "Frappe create Address: the city is missing".to_owned(),
        remedy: "Enter the city in VTiger.".to_owned(),
        advice: Advice::NeedsPerson,
        place: Some("home".to_owned()),
    }
}

fn event(number: u64) -> Event {
    let role = "owner".into();
    match number % 100 {
        99 => Event::Retrying { failure: failure("frappe.busy"), pause_ms: 200 },
        98 => Event::Pulled { unit: UnitName::from("order"), seen: number },
        rest if rest % 2 == 0 => Event::Written {
            subject: subject(number),
            role,
            document: tie(number).link.document,
            verb: "update".to_owned(),
        },
        _ => Event::UnitDone {
            subject: subject(number),
            verdict: Verdict::Updated,
            failures: Vec::new(),
            balance: Balance { read: number, updated: number, ..Balance::default() },
        },
    }
}

async fn put_log(store: &SqliteStore, lines: u64) -> Result<(), StoreError> {
    let begun = Instant::now();
    for first in (0..lines).step_by(100) {
        let events: Vec<Event> = (first..first + 100).map(event).collect();
        store.append_log(&run_id(first / (lines / 10)), Timestamp::UNIX_EPOCH, &events).await?;
    }
    report("append_log, 100 a call", lines / 100, lines, begun);
    Ok(())
}

async fn put_failures(store: &SqliteStore, lease: &Lease, units: u64) -> Result<(), StoreError> {
    let codes = ["frappe.mandatory", "vtiger.refused", "frappe.permission"];
    let failed: Vec<UnitOutcome> = (1..=units / 20)
        .map(|number| UnitOutcome {
            verdict: Verdict::Failed,
            state: StagedState::Parked,
            attempts: 12,
            failures: pick(&codes, number).map(failure).into_iter().collect(),
            revision: u64::MAX >> 1,
            ..done(number * 20)
        })
        .collect();
    let begun = Instant::now();
    for batch in failed.chunks(100) {
        store.conclude(lease, &run_id(1), batch).await?;
    }
    report("conclude, failed, 100 a call", units / 2_000, units / 20, begun);
    Ok(())
}

fn found(book: &Book, number: u64) -> FoundFinding {
    let kind = pick(&KINDS, number).unwrap_or_default();
    let member = format!("M{:09}", number.wrapping_mul(7_368_787) % 1_000_000_000);
    let cells = (0..15).map(|cell| (format!("Column {cell}"), format!("Muestra {}", number * cell)));
    FoundFinding {
        id: FindingId::of(book, kind, &member, ""),
        kind: kind.to_owned(),
        member_id: member,
        message: kind.to_owned(),
        parameters: BTreeMap::from([
            ("name".to_owned(), format!("Ana Muestra {number}")),
            ("paid_through".to_owned(), "2026-01-31".to_owned()),
            ("order".to_owned(), format!("SO{number}")),
        ]),
        salesorder_no: Some(format!("SO{number}")),
        issuer: None,
        place: Some(("Sheet1".to_owned(), 7)),
        source: cells.collect(),
        premium: Some("337.00".to_owned()),
    }
}

/// Loads a report for each company, a second one that shows nine in ten of the same, and reviews some.
async fn put_findings(store: &SqliteStore, findings: u64) -> Result<(), Failed> {
    let each = findings / 4;
    for company in COMPANIES {
        let book = Book { company: company.to_owned(), broker: "BS".to_owned() };
        let hour = Duration::from_hours(1);
        let name = format!("company/{company}");
        let LeaseAnswer::Granted(lease) = store.take_lease(&name, "figures", Timestamp::now(), hour).await?
        else {
            return Err("the folder is in use".into());
        };
        for (day, shown) in [("2026-03-04", each), ("2026-03-05", each - each / 10)] {
            let report_of = LoadedReport {
                book: book.clone(),
                run: RunId(format!("{day}-{company}")),
                as_of: day.parse()?,
                file: "f.csv".to_owned(),
                digest: day.to_owned(),
                profile: "{}".to_owned(),
                totals: "{}".to_owned(),
                approved: String::new(),
            };
            let found = (0..shown).map(|number| found(&book, number)).collect();
            let taken = FindingsOfRun { report: report_of, at: Timestamp::now(), found, persisting: vec![] };
            let begun = Instant::now();
            store.take_in(&lease, &taken).await?;
            report(&format!("take_in, {company}, {day}"), 1, shown, begun);
        }
        let ids: Vec<FindingId> = (0..each / 10).map(|number| found(&book, number * 3).id).collect();
        let begun = Instant::now();
        let review = Review {
            review: Some("Resolved".to_owned()),
            description: Some("Called".to_owned()),
            by: Some("ana".to_owned()),
        };
        let reviewed = store.review(&ids, &review, Timestamp::now()).await?;
        report("review", 1, reviewed, begun);
    }
    Ok(())
}

/// The median of nine times, and of what the processor had to do with it: on a machine that does other things, too, only
/// that says something.
macro_rules! ask {
    ($what:expr, $asked:expr) => {{
        let (mut times, mut busy, mut answer) = (Vec::new(), Vec::new(), 0);
        for _ in 0..9 {
            let (begun, before) = (Instant::now(), on_processor());
            let answered = $asked.await?;
            busy.push(on_processor().saturating_sub(before));
            times.push(begun.elapsed());
            answer = Answer::size(&answered);
        }
        println!("ask {}: {:.1} ms, processor {:.1} ms ({answer})", $what, median(times), median(busy));
    }};
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times.get(times.len() / 2).map_or(0.0, Duration::as_secs_f64) * 1_000.0
}

/// How much was answered.
trait Answer {
    fn size(&self) -> u64;
}

impl<T> Answer for Vec<T> {
    fn size(&self) -> u64 {
        self.len() as u64
    }
}

impl Answer for u64 {
    fn size(&self) -> u64 {
        *self
    }
}

impl Answer for cs_ports::UnitCounts {
    fn size(&self) -> u64 {
        self.in_step
    }
}

pub(crate) async fn ask(store: &SqliteStore) -> Result<(), StoreError> {
    ask_about_findings(store).await?;
    ask_about_runs(store).await?;
    ask_about_units(store).await?;
    for text in ["6x77777", "Ana Núñez-777", "núñez", "arzt", "nobody has this"] {
        ask!(format!("search_ties, {text}"), store.search_ties(text, PAGE));
    }
    Ok(())
}

async fn ask_about_findings(store: &SqliteStore) -> Result<(), StoreError> {
    let open = FindingFilter { state: Some(FindingState::Open), ..FindingFilter::default() };
    let of_one = FindingFilter { company: Some("molina".into()), kind: Some("gone".into()), ..open.clone() };
    let reviewed = FindingFilter { review: Some("Resolved".into()), ..FindingFilter::default() };
    let any = FindingQuery::default();
    let queries = [
        ("any", any.clone()),
        ("open", FindingQuery { filter: open.clone(), ..any.clone() }),
        ("open of one company and kind", FindingQuery { filter: of_one, ..any.clone() }),
        ("reviewed", FindingQuery { filter: reviewed, ..any.clone() }),
        ("of a run", FindingQuery { run: Some(RunId("2026-03-05-oscar".to_owned())), ..any.clone() }),
        ("a rare text", FindingQuery { text: Some("muestra 77".into()), ..any.clone() }),
        ("a text that all have", FindingQuery { text: Some("muestra".into()), ..any.clone() }),
        ("no such text, open", FindingQuery { filter: open, text: Some("xyzzy".into()), ..any.clone() }),
    ];
    for (what, query) in queries {
        ask!(format!("findings, {what}, first page"), store.query_findings(&query, 0, PAGE));
        ask!(format!("findings, {what}, count"), store.count_query(&query));
        for group in [FindingGroup::Kind, FindingGroup::Review, FindingGroup::Company, FindingGroup::Day] {
            ask!(format!("findings, {what}, by {group:?}"), store.count_findings_by(&query, group));
        }
    }
    for sort in [FindingSort::Kind, FindingSort::Member, FindingSort::Order, FindingSort::LastSeen] {
        let query = FindingQuery { sort, descending: true, ..any.clone() };
        ask!(format!("findings by {sort:?}, first page"), store.query_findings(&query, 0, PAGE));
        ask!(format!("findings by {sort:?}, in the middle"), store.query_findings(&query, 50_000, PAGE));
    }
    Ok(())
}

async fn ask_about_runs(store: &SqliteStore) -> Result<(), StoreError> {
    let any = RunFilter::default();
    ask!("runs, first page", store.runs_before(&any, None, PAGE));
    let rare = RunFilter { statuses: Some(vec![RunStatus::TimedOut]), ..any };
    ask!("runs, a rare status", store.runs_before(&rare, None, PAGE));
    let log = LogFilter::default();
    let kinds = |kind: &str| Some(vec![kind.to_owned()]);
    let filters = [
        ("any", log.clone()),
        ("of a run", LogFilter { run: Some(run_id(3)), ..log.clone() }),
        ("a rare kind", LogFilter { kinds: kinds("retrying"), ..log.clone() }),
        ("no such kind", LogFilter { kinds: kinds("given_up"), ..log.clone() }),
        (
            "no such kind of a run",
            LogFilter { run: Some(run_id(3)), kinds: kinds("given_up"), ..log.clone() },
        ),
        ("a text", LogFilter { text: Some("6x7777".into()), ..log.clone() }),
        ("no such text", LogFilter { text: Some("nobody".into()), ..log }),
    ];
    for (what, filter) in filters {
        ask!(format!("log_before, {what}"), store.log_before(&filter, None, PAGE));
        ask!(format!("log_after, {what}"), store.log_after(&filter, 0, PAGE));
    }
    Ok(())
}

async fn ask_about_units(store: &SqliteStore) -> Result<(), StoreError> {
    let any = TroubleFilter::default();
    let filters = [
        ("any", any.clone()),
        ("a code", TroubleFilter { code: Some("vtiger.refused".into()), ..any.clone() }),
        ("a text", TroubleFilter { text: Some("city".into()), ..any.clone() }),
        ("no such text", TroubleFilter { text: Some("nobody".into()), ..any }),
    ];
    for (what, filter) in filters {
        ask!(format!("troubles, {what}, first page"), store.troubles(&filter, 0, PAGE));
        ask!(format!("troubles, {what}, counted"), store.count_troubles(&filter));
    }
    ask!("count_units", store.count_units(&mapping()));
    ask!("count_open_conflicts", store.count_open_conflicts(Some(&mapping())));
    ask!("journal_about", store.journal_about(&subject(77), PAGE));
    ask!("outcomes_of", store.outcomes_of(&subject(80)));
    Ok(())
}
