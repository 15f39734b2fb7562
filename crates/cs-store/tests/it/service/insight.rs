//! What people look up.

use cs_domain::{
    Balance, Choice, ConflictId, Event, Intent, IntentState, Run, RunStatus, StandingConflict, Verdict,
};
use cs_ports::{
    ConflictFilter, Counted, LogFilter, RunFilter, StagedState, TieChange, TroubleFilter, TroubledUnit,
    UnitCounts, UnitOutcome,
};

use super::{Whole, insight_findings};
use crate::samples::*;

pub(super) async fn tell(store: &dyn Whole) {
    put_runs(store).await;
    put_conflicts(store).await;
    put_log(store).await;
    put_units(store).await;
    put_records(store).await;
    insight_findings::put(store).await;
    recall(store).await;
}

pub(super) async fn recall(store: &dyn Whole) {
    runs_are_paged(store).await;
    what_runs_account_for_is_added_up(store).await;
    conflicts_are_paged(store).await;
    the_log_is_searched(store).await;
    troubles_are_listed(store).await;
    units_are_counted(store).await;
    a_record_is_told_about(store).await;
    ties_are_searched(store).await;
    insight_findings::recall(store).await;
}

const STATUSES: [RunStatus; 5] = [
    RunStatus::Success,
    RunStatus::Error,
    RunStatus::Success,
    RunStatus::PartialSuccess,
    RunStatus::InProgress,
];

const NO_RUN: [u16; 0] = [];
const NO_LINE: [usize; 0] = [];
const NOBODY: [u64; 0] = [];

/// Two begin at the same moment.
fn told_run(salt: u16) -> Run {
    let of = if salt.is_multiple_of(2) { "policy" } else { "company/oscar" };
    let started = at(i64::from(salt.min(4)) * 10);
    Run { mapping: mapping(of), ..run(run_id(salt), started, STATUSES[usize::from(salt) - 1]) }
}

async fn put_runs(store: &dyn Whole) {
    for salt in [3, 1, 5, 2, 4] {
        store.put_run(&Run { status: RunStatus::Pending, ..told_run(salt) }).await.unwrap();
        store.put_run(&told_run(salt)).await.unwrap();
    }
}

async fn runs_are_paged(store: &dyn Whole) {
    let found = |filter: RunFilter| async move {
        let mut salts: Vec<u16> = Vec::new();
        loop {
            let before = salts.last().map(|salt| run_id(*salt));
            let page = store.runs_before(&filter, before.as_ref(), 2).await.unwrap();
            let Some(last) = page.last() else { return salts };
            assert_eq!(*last, told_run(u16::from_str_radix(&last.id.0[16..], 16).unwrap()));
            salts.extend(page.iter().map(|run| u16::from_str_radix(&run.id.0[16..], 16).unwrap()));
        }
    };
    let any = RunFilter::default();
    assert_eq!(found(any.clone()).await, [5, 4, 3, 2, 1]);
    assert_eq!(found(RunFilter { mapping: Some(mapping("policy")), ..any.clone() }).await, [4, 2]);
    let statuses = Some(vec![RunStatus::Success, RunStatus::InProgress]);
    assert_eq!(found(RunFilter { statuses, ..any.clone() }).await, [5, 3, 1]);
    assert_eq!(found(RunFilter { statuses: Some(vec![]), ..any.clone() }).await, NO_RUN);
    let during = RunFilter { from: Some(at(20)), to: Some(at(40)), ..any.clone() };
    assert_eq!(found(during).await, [3, 2]);
    assert_eq!(store.runs_before(&any, Some(&run_id(99)), 9).await.unwrap(), []);
}

async fn what_runs_account_for_is_added_up(store: &dyn Whole) {
    let sum = |salts: &[u16]| {
        let mut sum = Balance::default();
        for balance in salts.iter().map(|salt| told_run(*salt).balance) {
            sum.read += balance.read;
            sum.created += balance.created;
            sum.updated += balance.updated;
            sum.unchanged += balance.unchanged;
            sum.skipped += balance.skipped;
            sum.conflicted += balance.conflicted;
            sum.failed += balance.failed;
        }
        sum
    };
    assert!(sum(&[1]).read > 0);
    // A moment that ends one span begins the next, and a span may hold nothing.
    let spans = [at(10)..at(20), at(20)..at(40), at(400)..at(500), at(40)..at(41)];
    let expected = [sum(&[1]), sum(&[2, 3]), Balance::default(), sum(&[4, 5])];
    assert_eq!(store.balances(&spans).await.unwrap(), expected);
    assert_eq!(store.balances(&[]).await.unwrap(), []);
}

async fn put_conflicts(store: &dyn Whole) {
    let of = mapping("paged");
    let lease = take(store, "paged").await;
    for number in 901..=905 {
        let met = vec![met(&of, number, "phone", "1", "2")];
        let conflicted = outcome(&of, number, "v1", Verdict::Conflicted);
        let outcome = UnitOutcome { state: StagedState::Parked, conflicts: met, ..conflicted };
        store.conclude(&lease, &run_id(1), &[outcome]).await.unwrap();
    }
    // None is left open: what waits is counted elsewhere.
    let decided = [901, 903, 904, 905].map(|number| met(&of, number, "phone", "1", "2").id);
    store.resolve(&decided, &decision(Choice::Vtiger, 1)).await.unwrap();
    let gone = outcome(&of, 902, "v1", Verdict::Updated);
    store.conclude(&lease, &run_id(2), &[gone]).await.unwrap();
}

async fn conflicts_are_paged(store: &dyn Whole) {
    let of = mapping("paged");
    let any = ConflictFilter { mapping: Some(of.clone()), ..ConflictFilter::default() };
    let decided = ConflictFilter { states: Some(vec!["resolved"]), ..any.clone() };
    let numbers = |found: Vec<StandingConflict>| -> Vec<u64> {
        found.iter().map(|standing| number(&standing.subject)).collect()
    };
    assert_eq!(numbers(store.conflicts_from(&any, 0, 3).await.unwrap()), [905, 904, 903]);
    assert_eq!(numbers(store.conflicts_from(&any, 3, 3).await.unwrap()), [902, 901]);
    assert_eq!(numbers(store.conflicts_from(&decided, 2, 9).await.unwrap()), [903, 901]);
    let counts = (store.count_conflicts(&any).await.unwrap(), store.count_conflicts(&decided).await.unwrap());
    assert_eq!(counts, (5, 4));
    let all = store.conflicts(&any, 9).await.unwrap();
    let mut by_id: Vec<StandingConflict> = all.clone();
    by_id.sort_by(|one, other| one.met.id.cmp(&other.met.id));
    let first = store.conflicts_after(&any, None, 2).await.unwrap();
    assert_eq!(first, by_id[..2]);
    assert_eq!(store.conflicts_after(&any, Some(&first[1].met.id), 9).await.unwrap(), by_id[2..]);
    let rest = store.conflicts_after(&decided, Some(&first[1].met.id), 9).await.unwrap();
    assert!(rest.iter().all(|one| by_id[2..].contains(one) && one.state.name() == "resolved"));
    let named = [all[0].met.id.clone(), ConflictId("nobody".into()), all[3].met.id.clone()];
    let mut expected = vec![all[0].clone(), all[3].clone()];
    expected.sort_by(|one, other| one.met.id.cmp(&other.met.id));
    assert_eq!(store.conflicts_named(&named).await.unwrap(), expected);
}

fn done(number: u64, verdict: Verdict, code: Option<&str>) -> Event {
    Event::UnitDone {
        subject: subject(number),
        verdict,
        failures: code.map(failure).into_iter().collect(),
        balance: cs_domain::Balance::default(),
    }
}

fn adopted(number: u64, name: &str) -> Event {
    Event::Adopted { subject: subject(number), role: "owner".into(), document: document(name) }
}

async fn put_log(store: &dyn Whole) {
    let first = [pulled(7), done(1, Verdict::Created, None), adopted(2, "Ana \"Núñez\" 100%")];
    let second = [done(3, Verdict::Failed, Some("frappe.mandatory")), pulled(8), adopted(2, "Luis")];
    store.append_log(&run_id(1), at(1), &first).await.unwrap();
    store.append_log(&run_id(2), at(2), &second).await.unwrap();
    store.append_log(&run_id(1), at(3), &[done(12, Verdict::Unchanged, None)]).await.unwrap();
}

async fn the_log_is_searched(store: &dyn Whole) {
    let all = store.log(None, 0, 99).await.unwrap();
    assert_eq!(all.len(), 7);
    let found = |run: Option<u16>, kinds: Option<Vec<&str>>, text: Option<&str>| {
        let filter = LogFilter {
            run: run.map(run_id),
            kinds: kinds.map(|kinds| kinds.into_iter().map(str::to_owned).collect()),
            text: text.map(str::to_owned),
        };
        let place = |sequence| all.iter().position(|entry| entry.sequence == sequence).unwrap();
        async move {
            // Two pages one way, line by line the other way; both find the same.
            let newest = store.log_before(&filter, None, 2).await.unwrap();
            let before = newest.last().map(|entry| entry.sequence);
            let older = store.log_before(&filter, before.or(Some(0)), 9).await.unwrap();
            let mut ascending = Vec::new();
            let mut after = 0;
            while let [entry] = &store.log_after(&filter, after, 1).await.unwrap()[..] {
                after = entry.sequence;
                ascending.push(entry.clone());
            }
            let mut descending = [newest, older].concat();
            descending.reverse();
            assert_eq!(ascending, descending);
            ascending.iter().map(|entry| place(entry.sequence)).collect::<Vec<_>>()
        }
    };
    assert_eq!(found(None, None, None).await, [0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(found(Some(1), None, None).await, [0, 1, 2, 6]);
    assert_eq!(found(Some(9), None, None).await, NO_LINE);
    assert_eq!(found(None, Some(vec!["unit_done"]), None).await, [1, 3, 6]);
    assert_eq!(found(None, Some(vec!["pulled", "adopted"]), None).await, [0, 2, 4, 5]);
    assert_eq!(found(None, Some(vec![]), None).await, NO_LINE);
    assert_eq!(found(Some(2), Some(vec!["pulled", "adopted"]), None).await, [4, 5]);
    assert_eq!(found(None, None, Some("6x2")).await, [2, 5]);
    assert_eq!(found(None, None, Some("6X1")).await, [1, 6]);
    assert_eq!(found(Some(1), Some(vec!["adopted"]), Some("6x2")).await, [2]);
    // What it is called in JSON is not what it says.
    assert_eq!(found(None, None, Some("failed")).await, [3]);
    assert_eq!(found(None, None, Some("subject")).await, NO_LINE);
    assert_eq!(found(None, None, Some("\"NÚÑEZ\" 100%")).await, NO_LINE);
    assert_eq!(found(None, None, Some("\"NúñeZ\" 100%")).await, [2]);
    assert_eq!(found(None, None, Some("ana%100")).await, NO_LINE);
    assert_eq!(found(None, None, Some("\"José's\"")).await, [3]);
}

/// Ends of units as the engine leaves them.
fn ends() -> Vec<(&'static str, UnitOutcome)> {
    use StagedState::{Done, Parked, Waiting};

    let of = mapping("looked up");
    let end = |number, verdict, state, attempts, codes: &[&str]| UnitOutcome {
        state,
        attempts,
        failures: codes.iter().map(|code| failure(code)).collect(),
        ..outcome(&of, number, "v1", verdict)
    };
    let mut conflicted = end(5, Verdict::Conflicted, Parked, 1, &["conflict.field"]);
    conflicted.conflicts = vec![met(&of, 5, "phone", "a", "b")];
    let mut failed_too = end(10, Verdict::Failed, Waiting, 2, &["vtiger.refused", "frappe.mandatory"]);
    failed_too.conflicts = vec![met(&of, 10, "phone", "a", "b")];
    vec![
        ("in step", end(1, Verdict::Created, Done, 0, &[])),
        ("in step", end(2, Verdict::Unchanged, Done, 0, &[])),
        ("skipped", end(3, Verdict::Skipped, Done, 0, &[])),
        ("parked", end(4, Verdict::Failed, Parked, 12, &["frappe.mandatory"])),
        ("conflicted", conflicted),
        ("retrying", end(9, Verdict::Failed, Waiting, 1, &["frappe.mandatory"])),
        ("retrying", failed_too),
        // Seen again since.
        ("waiting", end(11, Verdict::Failed, Waiting, 1, &[])),
        ("waiting", end(12, Verdict::Conflicted, Parked, 1, &[])),
    ]
}

async fn put_units(store: &dyn Whole) {
    let of = mapping("looked up");
    let lease = take(store, "looked up").await;
    let numbers: Vec<u64> = (1..=13).collect();
    stage(store, &lease, &of, &numbers, "v1").await;
    let ends: Vec<UnitOutcome> = ends().into_iter().map(|(_, end)| end).collect();
    store.conclude(&lease, &run_id(1), &ends[..4]).await.unwrap();
    store.conclude(&lease, &run_id(2), &ends[4..]).await.unwrap();
    stage(store, &lease, &of, &[11, 12], "v2").await;
    // Another mapping with a unit of the same record.
    let other = mapping("another");
    let lease = take(store, "another").await;
    let failed = UnitOutcome { state: StagedState::Waiting, ..outcome(&other, 9, "v1", Verdict::Failed) };
    store.conclude(&lease, &run_id(3), &[failed]).await.unwrap();
}

fn summary(units: &[TroubledUnit]) -> Vec<(&str, u64)> {
    let name = |unit: &TroubledUnit| number(&unit.outcome.key.subject);
    units.iter().map(|unit| (unit.outcome.key.mapping.as_str(), name(unit))).collect()
}

async fn troubles_are_listed(store: &dyn Whole) {
    let any = TroubleFilter::default();
    let all = store.troubles(&any, 0, 99).await.unwrap();
    let every = [("looked up", 4), ("another", 9), ("looked up", 9), ("looked up", 10), ("looked up", 11)];
    assert_eq!(summary(&all), every);
    let pages = [store.troubles(&any, 0, 2).await, store.troubles(&any, 2, 2).await];
    let pages: Vec<TroubledUnit> = pages.into_iter().flat_map(Result::unwrap).collect();
    assert_eq!(pages, all[..4]);
    assert_eq!(store.troubles(&any, 5, 2).await.unwrap(), []);

    let ends = ends();
    assert_eq!(all[0], TroubledUnit { outcome: ends[3].1.clone(), run: run_id(1) });
    assert_eq!(all[3], TroubledUnit { outcome: ends[6].1.clone(), run: run_id(2) });
    // How it ended, and where it stands now.
    let again = UnitOutcome { attempts: 0, not_before: None, ..ends[7].1.clone() };
    assert_eq!(all[4].outcome, again);

    let found = |filter: TroubleFilter| async move {
        let units = store.troubles(&filter, 0, 99).await.unwrap();
        let counts = store.count_troubles(&filter).await.unwrap();
        assert_eq!(counts.iter().map(|counted| counted.count).sum::<u64>(), units.len() as u64);
        summary(&units).into_iter().map(|(_, number)| number).collect::<Vec<_>>()
    };
    let of = Some(mapping("looked up"));
    assert_eq!(found(TroubleFilter { mapping: of.clone(), ..any.clone() }).await, [4, 9, 10, 11]);
    let code = |code: &str| Some(code.to_owned());
    assert_eq!(found(TroubleFilter { code: code("frappe.mandatory"), ..any.clone() }).await, [4, 9, 9]);
    assert_eq!(found(TroubleFilter { code: code(""), ..any.clone() }).await, [11]);
    for (text, expected) in [
        ("6X1", &[10, 11][..]),
        ("refused", &[10]),
        ("city in vtiger", &[4, 9, 9, 10]),
        ("\"José's\"", &[4, 9, 9, 10]),
        ("remedy", &[]),
        ("c_ty", &[]),
    ] {
        assert_eq!(found(TroubleFilter { text: code(text), ..any.clone() }).await, expected, "{text}");
    }
    let counts = store.count_troubles(&any).await.unwrap();
    assert_eq!(counts, counted(&[("frappe.mandatory", 3), ("", 1), ("vtiger.refused", 1)]));
}

pub(super) fn counted(groups: &[(&str, u64)]) -> Vec<Counted> {
    groups.iter().map(|(what, count)| Counted { what: (*what).to_owned(), count: *count }).collect()
}

async fn units_are_counted(store: &dyn Whole) {
    let of = mapping("looked up");
    let of_kind = |kind: &str| ends().iter().filter(|(told, _)| *told == kind).count() as u64;
    let expected = UnitCounts {
        in_step: of_kind("in step"),
        // Those that no run went through yet.
        waiting: of_kind("waiting") + 4,
        retrying: of_kind("retrying"),
        parked: of_kind("parked"),
        conflicted: of_kind("conflicted"),
        skipped: of_kind("skipped"),
    };
    assert_eq!(store.count_units(&of).await.unwrap(), expected);
    assert_eq!(store.count_units(&mapping("unknown")).await.unwrap(), UnitCounts::default());
    assert_eq!(store.count_open_conflicts(Some(&of)).await.unwrap(), 2);
    assert_eq!(store.count_open_conflicts(None).await.unwrap(), 2);
    assert_eq!(store.count_open_conflicts(Some(&mapping("another"))).await.unwrap(), 0);
}

async fn put_records(store: &dyn Whole) {
    let of = mapping("looked up");
    let lease = granted(store.take_lease("looked up", "worker", at(1), TERM).await.unwrap());
    let own = Intent { run: run_id(2), ..create(&of, "i1", 1, "owner") };
    let shared = Intent { run: run_id(2), ..update(&of, "i2", 2, "agent", "Shared") };
    let same_name = update(&of, "i3", 3, "agent", "6x1");
    let latest = update(&of, "i4", 1, "agent", "Shared");
    store.record_intents(&lease, &[own, shared, same_name, latest]).await.unwrap();
    let ties =
        [tie(&of, 1, "owner", "Ana 6x2"), tie(&of, 2, "owner", "6x1b"), tie(&of, 21, "owner", "Luis%")];
    let mut plain = tie(&of, 3, "owner", "Eva");
    plain.shadow.fields.clear();
    let ties = ties.into_iter().chain([plain]).map(TieChange::Set).collect();
    store
        .settle(&lease, &of, &[end_of(cs_domain::IntentId("i1".into()), IntentState::Settled, ties)])
        .await
        .unwrap();
    // A link that was there for a while, and one that changed its document and its shadow.
    let brief = tie(&of, 4, "owner", "Brief");
    let mut changed = tie(&of, 3, "owner", "Eva");
    changed.shadow.fields =
        [("city".into(), cs_domain::Agreed::on(cs_domain::Value::Text("Lugo".into())))].into();
    store.settle(&lease, &of, &[agreement(brief.clone()), agreement(changed)]).await.unwrap();
    let forget = TieChange::Forget { subject: brief.link.subject, role: brief.link.role };
    let forgotten = cs_ports::Settlement { ties: vec![forget], ..agreement(tie(&of, 4, "owner", "Brief")) };
    store.settle(&lease, &of, &[forgotten]).await.unwrap();
}

async fn a_record_is_told_about(store: &dyn Whole) {
    use IntentState::{Open, Settled};

    let about = |record: cs_domain::RecordRef, limit| async move {
        let entries = store.journal_about(&record, limit).await.unwrap();
        entries.into_iter().map(|entry| (entry.intent.id.0, entry.state)).collect::<Vec<_>>()
    };
    let said = |id: &str, state| (id.to_owned(), state);
    assert_eq!(about(subject(1), 9).await, [said("i4", Open), said("i1", Settled)]);
    assert_eq!(about(subject(1), 1).await, [said("i4", Open)]);
    assert_eq!(about(document("Shared"), 9).await, [said("i4", Open), said("i2", Open)]);
    assert_eq!(about(document("6x1"), 9).await, [said("i3", Open)]);
    assert_eq!(about(document("Nobody"), 9).await, []);

    let of = store.outcomes_of(&subject(9)).await.unwrap();
    assert_eq!(summary(&of), [("another", 9), ("looked up", 9)]);
    let fine = store.outcomes_of(&subject(1)).await.unwrap();
    assert_eq!(fine, [TroubledUnit { outcome: ends()[0].1.clone(), run: run_id(1) }]);
    let asked = store.outcomes_of(&subject(5)).await.unwrap();
    assert_eq!(asked, [TroubledUnit { outcome: ends()[4].1.clone(), run: run_id(2) }]);
    assert_eq!(store.outcomes_of(&subject(13)).await.unwrap(), [], "no run went through it");
    assert_eq!(store.outcomes_of(&document("Shared")).await.unwrap(), []);
}

async fn ties_are_searched(store: &dyn Whole) {
    let found = |text: &'static str, limit| async move {
        let ties = store.search_ties(text, limit).await.unwrap();
        ties.iter().map(|tie| number(&tie.link.subject)).collect::<Vec<_>>()
    };
    assert_eq!(found("6x2", 9).await, [2, 21]);
    assert_eq!(found("6X1", 9).await, [1, 2], "the very id, then those that begin with it");
    assert_eq!(found("6x", 2).await, [1, 2]);
    assert_eq!(found("ana", 9).await, [1, 2, 21], "Ana is in the shadows, too");
    assert_eq!(found("luis%", 9).await, [21]);
    assert_eq!(found("lu%s", 9).await, NOBODY);
    assert_eq!(found("drop table", 9).await, [1, 2, 21]);
    assert_eq!(found("1234567890123456.10", 9).await, [1, 2, 21]);
    assert_eq!(found("9223372036854775807", 9).await, [1, 2, 21]);
    assert_eq!(found("& more", 9).await, [1, 2, 21]);
    assert_eq!(found("&lt;B", 9).await, [1, 2, 21]);
    assert_eq!(found("vtiger", 9).await, NOBODY, "what it is called in JSON is not what it says");
    assert_eq!(found("brief", 9).await, NOBODY);
    assert_eq!(found("LUGO", 9).await, [3]);
    let counts = store.count_links(&mapping("looked up")).await.unwrap();
    assert!(counts.iter().any(|count| count.role.as_str() == "owner" && count.links >= 3), "{counts:?}");
    assert_eq!(store.count_links(&mapping("unknown")).await.unwrap(), []);
    let whole = store.search_ties("6x21", 9).await.unwrap();
    assert_eq!(whole, [tie(&mapping("looked up"), 21, "owner", "Luis%")]);
}
