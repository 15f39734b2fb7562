//! Cursors, and what a sighting does to a unit.

use cs_domain::{System, Verdict};
use cs_ports::{FeedKey, StagedState, Store, UnitOutcome};

use crate::samples::*;

pub(super) async fn tell(store: &dyn Store) {
    cursors_are_kept_apart(store).await;
    seen_again(store).await;
    failed_and_seen_again(store).await;
    everything_again(store).await;
}

pub(super) async fn recall(store: &dyn Store) {
    assert_eq!(store.cursor(&feed(&mapping("seen"))).await.unwrap(), Some(cursor("moved")));
    assert_eq!(due(store, &mapping("seen"), at(0)).await, [1, 4]);
}

async fn cursors_are_kept_apart(store: &dyn Store) {
    let of = mapping("cursors");
    let lease = take(store, "cursors").await;
    assert_eq!(store.cursor(&feed(&of)).await.unwrap(), None);
    let others = [
        FeedKey { system: System::Frappe, ..feed(&of) },
        FeedKey { kind: "Contacts".into(), ..feed(&of) },
        FeedKey { unit: "person".into(), ..feed(&of) },
        feed(&mapping("cursors of others")),
    ];
    assert_eq!(store.stage(&lease, &feed(&of), &[], &cursor("1")).await.unwrap(), 0);
    for other in &others {
        assert_eq!(store.cursor(other).await.unwrap(), None);
        store.stage(&lease, other, &[], &cursor("elsewhere")).await.unwrap();
    }
    assert_eq!(store.cursor(&feed(&of)).await.unwrap(), Some(cursor("1")));
}

async fn seen_again(store: &dyn Store) {
    let of = mapping("seen");
    let lease = take(store, "seen").await;
    assert_eq!(stage(store, &lease, &of, &[1, 2, 3], "v1").await, 3);
    // The same page again, as feeds overlap: nothing is new.
    assert_eq!(stage(store, &lease, &of, &[1, 2, 3], "v1").await, 0);
    let done = [1, 2, 3].map(|number| outcome(&of, number, "v1", Verdict::Created));
    store.conclude(&lease, &run_id(1), &done).await.unwrap();
    assert_eq!(stage(store, &lease, &of, &[1, 2, 3], "v1").await, 0);
    assert_eq!(due(store, &of, at(0)).await, [] as [u64; 0]);

    // Another version is due, whether it looks later or earlier; twice in a page counts once.
    let seen = [staged(&of, 1, "v2"), staged(&of, 4, "v1"), staged(&of, 1, "v0"), staged(&of, 4, "v1")];
    assert_eq!(store.stage(&lease, &feed(&of), &seen, &cursor("moved")).await.unwrap(), 2);
    assert_eq!(due(store, &of, at(0)).await, [1, 4]);
    let versions: Vec<String> = store
        .due(&of, &unit(), at(0), None, 9)
        .await
        .unwrap()
        .into_iter()
        .map(|due| due.version.to_string())
        .collect();
    assert_eq!(versions, ["v0", "v1"]);
    // A unit that is due already is not newly due because it changed once more.
    let again = [staged(&of, 4, "v2"), staged(&of, 4, "v1")];
    assert_eq!(store.stage(&lease, &feed(&of), &again, &cursor("moved")).await.unwrap(), 0);
}

async fn failed_and_seen_again(store: &dyn Store) {
    let of = mapping("failed");
    let lease = take(store, "failed").await;
    stage(store, &lease, &of, &[1, 2], "v1").await;
    let waits = UnitOutcome {
        state: StagedState::Waiting,
        not_before: Some(at(100)),
        attempts: 3,
        ..outcome(&of, 1, "v1", Verdict::Failed)
    };
    let parked =
        UnitOutcome { state: StagedState::Parked, attempts: 9, ..outcome(&of, 2, "v1", Verdict::Failed) };
    store.conclude(&lease, &run_id(1), &[waits.clone(), parked.clone()]).await.unwrap();
    // The same version changes nothing: neither its pause nor its parking.
    assert_eq!(stage(store, &lease, &of, &[1, 2], "v1").await, 0);
    assert_eq!(due(store, &of, at(99)).await, [] as [u64; 0]);
    assert_eq!(due(store, &of, at(100)).await, [1]);
    // Another version forgives everything.
    assert_eq!(stage(store, &lease, &of, &[1, 2], "v2").await, 2);
    let now_due = store.due(&of, &unit(), at(0), None, 9).await.unwrap();
    let attempts: Vec<u32> = now_due.iter().map(|due| due.attempts).collect();
    assert_eq!(attempts, [0, 0]);
    // What was wrong with the version before stays to be seen until the unit was looked into again.
    let troubled = store.troubled(Some(&of), 9).await.unwrap();
    let forgiven = |outcome: UnitOutcome| UnitOutcome {
        state: StagedState::Waiting,
        not_before: None,
        attempts: 0,
        ..outcome
    };
    assert_eq!(troubled, [forgiven(parked), forgiven(waits)]);
}

async fn everything_again(store: &dyn Store) {
    let of = mapping("again");
    let other = mapping("not again");
    let lease = take(store, "again").await;
    stage(store, &lease, &of, &[1, 2, 3, 4], "v1").await;
    stage(store, &lease, &other, &[1], "v1").await;
    let outcomes = [
        outcome(&of, 1, "v1", Verdict::Updated),
        UnitOutcome { state: StagedState::Parked, ..outcome(&of, 2, "v1", Verdict::Conflicted) },
        UnitOutcome {
            state: StagedState::Waiting,
            not_before: Some(at(500)),
            ..outcome(&of, 3, "v1", Verdict::Failed)
        },
        outcome(&other, 1, "v1", Verdict::Unchanged),
    ];
    store.conclude(&lease, &run_id(1), &outcomes).await.unwrap();
    assert_eq!(due(store, &of, at(0)).await, [4]);
    assert_eq!(store.restage_all(&lease, &of).await.unwrap(), 4);
    assert_eq!(due(store, &of, at(0)).await, [1, 2, 3, 4]);
    assert_eq!(due(store, &other, at(0)).await, [] as [u64; 0]);
    assert_eq!(store.restage_all(&lease, &mapping("unknown")).await.unwrap(), 0);
}
