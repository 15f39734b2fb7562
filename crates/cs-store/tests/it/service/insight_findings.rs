//! Findings, as people ask for them.

use std::collections::BTreeMap;

use cs_domain::RunId;
use cs_ports::{
    Book, FindingFilter, FindingGroup, FindingId, FindingQuery, FindingSort, FindingState, FindingsOfRun,
    FoundFinding, LoadedReport, Review, StandingFinding,
};

use super::Whole;
use super::insight::counted;
use crate::samples::{at, take};

fn book(company: &str) -> Book {
    Book { company: company.to_owned(), broker: "BS".to_owned() }
}

fn found(company: &str, kind: &str, member: &str, name: &str) -> FoundFinding {
    FoundFinding {
        id: FindingId::of(&book(company), kind, member, ""),
        kind: kind.to_owned(),
        member_id: member.to_owned(),
        message: kind.to_owned(),
        parameters: BTreeMap::from([
            ("name".to_owned(), name.to_owned()),
            ("status".to_owned(), "x".to_owned()),
        ]),
        salesorder_no: (kind == "unpaid").then(|| format!("SO-{member}")),
        issuer: None,
        place: None,
        source: vec![("Hidden".to_owned(), "not searched".to_owned())],
        premium: None,
    }
}

async fn take_in(store: &dyn Whole, company: &str, run: &str, day: &str, found: Vec<FoundFinding>) {
    let lease = take(store, &format!("company/{company}")).await;
    let report = LoadedReport {
        book: book(company),
        run: RunId(run.to_owned()),
        as_of: day.parse().unwrap(),
        file: "f.csv".to_owned(),
        digest: run.to_owned(),
        profile: "{}".to_owned(),
        totals: "{}".to_owned(),
        approved: String::new(),
    };
    store.take_in(&lease, &FindingsOfRun { report, at: at(1), found, persisting: vec![] }).await.unwrap();
    store.release_lease(&lease).await.unwrap();
}

pub(super) async fn put(store: &dyn Whole) {
    let (seven, twelve) =
        (found("oscar", "unpaid", "7", "Ana Núñez"), found("oscar", "gone", "12", "50%_off"));
    take_in(store, "oscar", "r1", "2026-03-04", vec![seven.clone(), twelve]).await;
    // 12 is not shown any more; 7 says something else; 8 is new.
    let seven = FoundFinding { parameters: found("", "", "", "Ana \"Nueva\"").parameters, ..seven };
    take_in(store, "oscar", "r2", "2026-03-05", vec![seven, found("oscar", "unpaid", "8", "Luis")]).await;
    take_in(store, "molina", "r3", "2026-03-05", vec![found("molina", "gone", "3", "Eva")]).await;
    let review = Review {
        review: Some("Resolved".to_owned()),
        description: Some("Called: \\o/".to_owned()),
        by: Some("ana".to_owned()),
    };
    let eva = found("molina", "gone", "3", "").id;
    assert_eq!(store.review(&[eva], &review, at(2)).await.unwrap(), 1);
}

fn members(findings: &[StandingFinding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.found.member_id.as_str()).collect()
}

/// The members that a question finds, two a page, and counted.
async fn answers(store: &dyn Whole, query: &FindingQuery) -> Vec<String> {
    let (mut all, mut offset) = (Vec::new(), 0);
    loop {
        let page = store.query_findings(query, offset, 2).await.unwrap();
        if page.is_empty() {
            break;
        }
        offset += page.len() as u64;
        all.extend(page);
    }
    assert_eq!(store.count_query(query).await.unwrap(), offset);
    members(&all).into_iter().map(str::to_owned).collect()
}

pub(super) async fn recall(store: &dyn Whole) {
    the_order_is_what_was_asked(store).await;
    only_what_was_asked_is_told(store).await;
    groups_are_counted(store).await;
    what_is_counted_is_there(store).await;
}

async fn the_order_is_what_was_asked(store: &dyn Whole) {
    let sorted = |sort, descending| async move {
        answers(store, &FindingQuery { sort, descending, ..FindingQuery::default() }).await
    };
    for (sort, expected) in [
        (FindingSort::Book, ["3", "12", "7", "8"]),
        (FindingSort::Kind, ["3", "12", "7", "8"]),
        (FindingSort::Member, ["12", "3", "7", "8"]),
        (FindingSort::Order, ["3", "12", "7", "8"]),
        (FindingSort::Review, ["12", "7", "8", "3"]),
        (FindingSort::FirstSeen, ["12", "7", "3", "8"]),
        (FindingSort::LastSeen, ["12", "3", "7", "8"]),
    ] {
        assert_eq!(sorted(sort, false).await, expected, "{sort:?}");
        let mut reversed = expected;
        reversed.reverse();
        assert_eq!(sorted(sort, true).await, reversed, "{sort:?}");
    }
}

async fn only_what_was_asked_is_told(store: &dyn Whole) {
    let any = FindingQuery { sort: FindingSort::Member, ..FindingQuery::default() };
    let of = |query: FindingQuery| async move { answers(store, &query).await };
    for (text, expected) in [
        ("nueva", &["7"][..]),
        ("NúñEZ", &[]),
        ("\"Nueva\"", &["7"]),
        ("50%_OFF", &["12"]),
        ("0%f", &[]),
        ("so-", &["7", "8"]),
        ("3", &["3"]),
        ("called: \\", &["3"]),
        ("status", &[]),
        ("x", &["12", "3", "7", "8"]),
        ("not searched", &[]),
        ("hidden", &[]),
    ] {
        let query = FindingQuery { text: Some(text.to_owned()), ..any.clone() };
        assert_eq!(of(query).await, expected, "{text}");
    }
    let endless = FindingQuery { text: Some("%".repeat(60_000)), ..any.clone() };
    assert!(of(endless).await.is_empty());
    let day = |text: &str| Some(text.parse().unwrap());
    assert_eq!(of(FindingQuery { from: day("2026-03-05"), ..any.clone() }).await, ["3", "8"]);
    assert_eq!(of(FindingQuery { to: day("2026-03-04"), ..any.clone() }).await, ["12", "7"]);
    let both = FindingQuery { from: day("2026-03-04"), to: day("2026-03-05"), ..any.clone() };
    assert_eq!(of(both).await, ["12", "3", "7", "8"]);
    let run = |run: &str| Some(RunId(run.to_owned()));
    assert_eq!(of(FindingQuery { run: run("r1"), ..any.clone() }).await, ["12", "7"], "opened");
    assert_eq!(of(FindingQuery { run: run("r2"), ..any.clone() }).await, ["12", "7", "8"], "learned");
    let filter = FindingFilter {
        company: Some("oscar".to_owned()),
        state: Some(FindingState::Open),
        ..FindingFilter::default()
    };
    let query = FindingQuery { filter, text: Some("ana".to_owned()), run: run("r2"), ..any.clone() };
    assert_eq!(of(query).await, ["7"]);
    let review = |review: &str| FindingFilter { review: Some(review.to_owned()), ..FindingFilter::default() };
    assert_eq!(of(FindingQuery { filter: review("Resolved"), ..any.clone() }).await, ["3"]);
    assert_eq!(of(FindingQuery { filter: review(""), ..any.clone() }).await, ["12", "7", "8"]);
    let ids = vec![found("oscar", "unpaid", "8", "").id, found("oscar", "gone", "12", "").id];
    let named = FindingFilter { ids: Some(ids), ..FindingFilter::default() };
    assert_eq!(of(FindingQuery { filter: named, ..any }).await, ["12", "8"]);
}

async fn groups_are_counted(store: &dyn Whole) {
    let any = FindingQuery::default();
    let by = |group| async move { store.count_findings_by(&FindingQuery::default(), group).await.unwrap() };
    assert_eq!(by(FindingGroup::Kind).await, counted(&[("gone", 2), ("unpaid", 2)]));
    assert_eq!(by(FindingGroup::Review).await, counted(&[("", 3), ("Resolved", 1)]));
    assert_eq!(by(FindingGroup::Company).await, counted(&[("oscar", 3), ("molina", 1)]));
    assert_eq!(by(FindingGroup::Day).await, counted(&[("2026-03-04", 2), ("2026-03-05", 2)]));
    let luis = FindingQuery { text: Some("luis".to_owned()), ..any };
    let by = store.count_findings_by(&luis, FindingGroup::Company).await.unwrap();
    assert_eq!(by, counted(&[("oscar", 1)]));
}

/// Counts are kept, not counted: they say what the findings themselves say.
async fn what_is_counted_is_there(store: &dyn Whole) {
    let texts = |texts: &[&str]| -> Vec<Option<String>> {
        std::iter::once(None).chain(texts.iter().map(|text| Some((*text).to_owned()))).collect()
    };
    let mut asked = 0;
    for state in [None, Some(FindingState::Open), Some(FindingState::Closed)] {
        for review in texts(&["", "Resolved"]) {
            for company in texts(&["oscar", "molina"]) {
                for kind in texts(&["unpaid", "gone"]) {
                    let filter = FindingFilter {
                        state,
                        review: review.clone(),
                        company: company.clone(),
                        kind,
                        ..FindingFilter::default()
                    };
                    let there = store.findings(&filter, None, 100).await.unwrap().len() as u64;
                    assert_eq!(store.count_findings(&filter).await.unwrap(), there, "{filter:?}");
                    asked += 1;
                }
            }
        }
    }
    assert_eq!(asked, 81);
}
