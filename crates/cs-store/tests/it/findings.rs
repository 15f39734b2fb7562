//! What a store must do with reports and findings, told to every store.

use std::collections::BTreeMap;

use cs_domain::RunId;
use cs_ports::{
    Book, FindingChange, FindingFilter, FindingId, FindingState, FindingStore, FindingsOfRun, FindingsTaken,
    FoundFinding, LeaseAnswer, LoadedReport, Review, StandingFinding, Store, StoreError,
};
use cs_store::{MemoryStore, SqliteStore};

use crate::samples::{TERM, at};

fn book() -> Book {
    Book { company: "oscar".into(), broker: "BS".into() }
}

fn found(kind: &str, member: &str, line: u32) -> FoundFinding {
    FoundFinding {
        id: FindingId::of(&book(), kind, member, ""),
        kind: kind.into(),
        member_id: member.into(),
        message: kind.into(),
        parameters: BTreeMap::from([("member_id".into(), member.into()), ("line".into(), line.to_string())]),
        salesorder_no: (kind != "not_in_crm").then(|| format!("SO{member}")),
        issuer: None,
        place: Some(("Hoja 'ñ'".into(), line)),
        source: vec![("Member ID".into(), member.into()), ("Nombre".into(), "Ana \"Muestra\", [x]".into())],
        premium: Some("337.00".into()),
    }
}

fn report(run: &str, day: &str, digest: &str) -> LoadedReport {
    LoadedReport {
        book: book(),
        run: RunId(run.into()),
        as_of: day.parse().unwrap(),
        file: format!("{digest}.csv"),
        digest: digest.into(),
        profile: "{\"rows\":2}".into(),
        totals: "{}".into(),
        approved: String::new(),
    }
}

fn of_run(report: LoadedReport, found: Vec<FoundFinding>) -> FindingsOfRun {
    FindingsOfRun { report, at: at(1), found, persisting: Vec::new() }
}

async fn all(store: &dyn FindingStore) -> Vec<StandingFinding> {
    store.findings(&FindingFilter::default(), None, 100).await.unwrap()
}

/// Ana says something of a finding, and of one that is not there.
async fn review(store: &dyn FindingStore, id: &FindingId) {
    let said = Review {
        review: Some("Portal Error".into()),
        description: Some("Llamé".into()),
        by: Some("ana".to_owned()),
    };
    let unknown = FindingId("nobody".into());
    assert_eq!(store.review(&[id.clone(), unknown], &said, at(2)).await.unwrap(), 1);
}

async fn tell<S: Store + FindingStore>(store: &S) {
    let LeaseAnswer::Granted(lease) = store.take_lease("company/oscar", "a", at(0), TERM).await.unwrap()
    else {
        panic!("it is free")
    };
    let (one, two) = (found("unpaid", "7", 3), found("not_in_crm", "12", 4));
    let first = of_run(report("r1", "2026-03-04", "x"), vec![one.clone(), two.clone()]);
    let taken = store.take_in(&lease, &first).await.unwrap();
    assert_eq!(taken, FindingsTaken { opened: 2, ..FindingsTaken::default() });
    review(store, &one.id).await;
    let before = all(store).await;
    assert_eq!(before.len(), 2);
    assert_eq!(before[0].found, two, "in the order of kinds");
    assert_eq!((before[1].review.as_str(), before[1].description.as_str()), ("Portal Error", "Llamé"));

    // The same report once more changes nothing.
    let again = of_run(report("r2", "2026-03-04", "x"), vec![two.clone(), one.clone()]);
    assert_eq!(
        store.take_in(&lease, &again).await.unwrap(),
        FindingsTaken { kept: 2, ..FindingsTaken::default() }
    );
    assert_eq!(all(store).await, before);
    assert_eq!(store.reports(&book(), 9).await.unwrap(), [report("r1", "2026-03-04", "x")]);

    // A later one shows one of them elsewhere, and the other still holds.
    let moved = found("not_in_crm", "12", 40);
    let mut later = of_run(report("r3", "2026-03-18", "y"), vec![moved.clone()]);
    later.persisting = vec![one.id.clone()];
    assert_eq!(
        store.take_in(&lease, &later).await.unwrap(),
        FindingsTaken { kept: 2, ..FindingsTaken::default() }
    );
    let now = all(store).await;
    assert_eq!((&now[0].found, &now[0].last_run.0[..], now[0].first_run.0.as_str()), (&moved, "r3", "r1"));
    assert_eq!(
        (now[0].first_seen.to_string(), now[0].last_seen.to_string()),
        ("2026-03-04".into(), "2026-03-18".into())
    );
    assert_eq!(now[1], before[1]);

    // One that shows neither closes both; one that shows the first again opens it, review and all.
    let nothing = of_run(report("r4", "2026-03-20", "z"), Vec::new());
    assert_eq!(store.take_in(&lease, &nothing).await.unwrap().closed, 2);
    assert!(store.open_findings(&book()).await.unwrap().is_empty());
    let back = of_run(report("r5", "2026-03-22", "w"), vec![one.clone()]);
    assert_eq!(
        store.take_in(&lease, &back).await.unwrap(),
        FindingsTaken { reopened: 1, ..FindingsTaken::default() }
    );

    // What moved while it was written is corrected.
    let new = found("unpaid", "9", 5);
    store
        .correct(&lease, &back.report, at(3), std::slice::from_ref(&new), std::slice::from_ref(&one.id))
        .await
        .unwrap();
    assert_eq!(store.open_findings(&book()).await.unwrap(), std::slice::from_ref(&new.id));

    // Another book is another matter, and an old lease is worth nothing.
    let other = Book { broker: "ADC".into(), ..book() };
    assert!(store.open_findings(&other).await.unwrap().is_empty());
    assert!(store.reports(&other, 9).await.unwrap().is_empty());
    assert_ne!(FindingId::of(&other, "unpaid", "7", ""), one.id);
    store.release_lease(&lease).await.unwrap();
    store.take_lease("company/oscar", "b", at(4), TERM).await.unwrap();
    let late = store.take_in(&lease, &nothing).await;
    assert!(matches!(late, Err(StoreError::LeaseLost { .. })), "{late:?}");
}

async fn recall(store: &dyn FindingStore) {
    let id = found("unpaid", "7", 3).id;
    let history = store.finding_history(&id).await.unwrap();
    let what: Vec<&FindingChange> = history.iter().map(|event| &event.what).collect();
    assert_eq!(
        what,
        [
            &FindingChange::Reviewed {
                review: "Portal Error".into(),
                description: "Llamé".into(),
                by: Some("ana".to_owned())
            },
            &FindingChange::Closed,
            &FindingChange::Reopened,
            &FindingChange::Closed,
        ]
    );
    let days: Vec<String> =
        store.reports(&book(), 3).await.unwrap().iter().map(|report| report.as_of.to_string()).collect();
    assert_eq!(days, ["2026-03-18", "2026-03-20", "2026-03-22"], "the last three, the latest last");
    let filter = |filter: FindingFilter| async move {
        let count = store.count_findings(&filter).await.unwrap();
        let found = store.findings(&filter, None, 100).await.unwrap();
        assert_eq!(found.len() as u64, count);
        found.into_iter().map(|finding| finding.found.member_id).collect::<Vec<_>>()
    };
    let all = FindingFilter::default();
    assert_eq!(filter(FindingFilter { kind: Some("unpaid".into()), ..all.clone() }).await, ["7", "9"]);
    assert_eq!(filter(FindingFilter { state: Some(FindingState::Open), ..all.clone() }).await, ["9"]);
    assert_eq!(filter(FindingFilter { review: Some(String::new()), ..all.clone() }).await, ["12", "9"]);
    let begins = |text: &str| FindingFilter { begins: Some(text.to_owned()), ..FindingFilter::default() };
    assert_eq!(filter(begins(&id.0)).await, ["7"]);
    assert_eq!(filter(begins("%")).await, Vec::<String>::new());
    assert_eq!(filter(begins("")).await.len() as u64, store.count_findings(&all).await.unwrap());
    assert_eq!(filter(FindingFilter { ids: Some(vec![id]), ..all.clone() }).await, ["7"]);
    assert_eq!(
        filter(FindingFilter { broker: Some("ADC".into()), ..all.clone() }).await,
        Vec::<String>::new()
    );
    // Page by page they are the same.
    let mut paged = Vec::new();
    while let Some(next) = store.findings(&all, paged.last(), 1).await.unwrap().pop() {
        paged.push(next);
    }
    assert_eq!(paged, store.findings(&all, None, 100).await.unwrap());
    assert_eq!(paged.len(), 3);
}

#[tokio::test]
async fn a_store_in_memory_keeps_findings() {
    let store = MemoryStore::new();
    tell(&store).await;
    recall(&store).await;
}

#[tokio::test]
async fn a_store_in_a_file_keeps_findings_also_when_it_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.sqlite3");
    let store = SqliteStore::open(&path).await.unwrap();
    tell(&store).await;
    store.close().await;
    recall(&SqliteStore::open(&path).await.unwrap()).await;
}
