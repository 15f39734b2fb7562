//! Cursors, and what a sighting does to a unit.

use cs_domain::{System, Verdict};
use cs_ports::{FeedKey, StagedState, Store, UnitKey, UnitOutcome};

use crate::samples::*;

pub(super) async fn tell(store: &dyn Store) {
    cursors_are_kept_apart(store).await;
    seen_again(store).await;
    failed_and_seen_again(store).await;
    everything_again(store).await;
    the_other_side_moved(store).await;
    hints(store).await;
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
    assert_eq!(all_due(store, &of, at(0)).await, [(1, 3, 0), (4, 1, 0)]);
    let last_seen = [(1, "v0"), (2, "v1"), (3, "v1"), (4, "v1")];
    let last_seen = last_seen.map(|(number, version)| (number, Some(version.to_owned())));
    assert_eq!(known(store, &of).await, last_seen);
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
    assert_eq!(all_due(store, &of, at(0)).await, [(1, 2, 0), (2, 2, 0)]);
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
    assert_eq!(all_due(store, &of, at(0)).await, [1, 2, 3, 4].map(|number| (number, 2, 0)));
    assert_eq!(due(store, &other, at(0)).await, [] as [u64; 0]);
    assert_eq!(store.restage_all(&lease, &mapping("unknown")).await.unwrap(), 0);
}

/// A document leads back to its unit: due in whatever state the record is, and the version last seen stays known.
async fn the_other_side_moved(store: &dyn Store) {
    let of = mapping("moved");
    let lease = take(store, "moved").await;
    let frappe = FeedKey { system: System::Frappe, kind: "Contact".into(), ..feed(&of) };
    stage(store, &lease, &of, &[1, 2, 3], "v1").await;
    let outcomes = [
        outcome(&of, 1, "v1", Verdict::Created),
        UnitOutcome { state: StagedState::Parked, attempts: 9, ..outcome(&of, 2, "v1", Verdict::Failed) },
        UnitOutcome {
            state: StagedState::Waiting,
            not_before: Some(at(100)),
            attempts: 2,
            ..outcome(&of, 3, "v1", Verdict::Failed)
        },
    ];
    store.conclude(&lease, &run_id(1), &outcomes).await.unwrap();
    // Units 1 to 3 are known; 4 was never seen.
    let seen = [moved(&of, 1), moved(&of, 2), moved(&of, 3), moved(&of, 4)];
    assert_eq!(store.stage(&lease, &frappe, &seen, &cursor("f1")).await.unwrap(), 4);
    assert_eq!(all_due(store, &of, at(0)).await, [(1, 2, 0), (2, 2, 0), (3, 2, 0), (4, 1, 0)]);
    let v1 = Some("v1".to_owned());
    let versions = [(1, v1.clone()), (2, v1.clone()), (3, v1.clone()), (4, None)];
    assert_eq!(known(store, &of).await, versions);

    // Seen once more: not newly due, and yet another revision. VTiger tells the version that is known: nothing new.
    assert_eq!(store.stage(&lease, &frappe, &[moved(&of, 1)], &cursor("f2")).await.unwrap(), 0);
    assert_eq!(stage(store, &lease, &of, &[1], "v1").await, 0);
    assert_eq!(all_due(store, &of, at(0)).await[0], (1, 3, 0));
    // Within one page: the version stays known behind the sighting without one.
    let seen = [staged(&of, 5, "v1"), moved(&of, 5), staged(&of, 5, "v1")];
    assert_eq!(store.stage(&lease, &feed(&of), &seen, &cursor("v1")).await.unwrap(), 1);
    assert_eq!(all_due(store, &of, at(0)).await[4], (5, 2, 0));
    // The first version of a record that was only seen from the other side is news.
    let done = UnitOutcome { version: None, ..outcome(&of, 4, "", Verdict::Skipped) };
    store.conclude(&lease, &run_id(1), &[done]).await.unwrap();
    assert_eq!(stage(store, &lease, &of, &[4], "v1").await, 1);
    assert_eq!(store.cursor(&frappe).await.unwrap(), Some(cursor("f2")));
}

/// Hints need no lease, make due what is known whatever its state, and pass over what is not.
async fn hints(store: &dyn Store) {
    let of = mapping("hints");
    let lease = take(store, "hints").await;
    stage(store, &lease, &of, &[1, 2, 3], "v1").await;
    let outcomes = [
        outcome(&of, 1, "v1", Verdict::Created),
        UnitOutcome { state: StagedState::Parked, attempts: 9, ..outcome(&of, 2, "v1", Verdict::Failed) },
        outcome(&of, 3, "v1", Verdict::Created),
    ];
    store.conclude(&lease, &run_id(1), &outcomes).await.unwrap();
    store.release_lease(&lease).await.unwrap();
    assert_eq!(store.hint(&[]).await.unwrap(), 0);
    let elsewhere = UnitKey { unit: "person".into(), ..key(&of, 1) };
    let keys =
        [key(&of, 2), key(&of, 1), key(&of, 77), elsewhere, key(&mapping("of nobody"), 1), key(&of, 2)];
    assert_eq!(store.hint(&keys).await.unwrap(), 2);
    assert_eq!(all_due(store, &of, at(0)).await, [(1, 2, 0), (2, 2, 0)]);
    assert_eq!(known(store, &of).await.len(), 3);
}
