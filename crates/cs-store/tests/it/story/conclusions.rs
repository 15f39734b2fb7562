//! What became of units.

use cs_domain::Verdict;
use cs_ports::{StagedState, Store, UnitOutcome};

use crate::samples::*;

pub(super) async fn tell(store: &dyn Store) {
    a_newer_version_stays_due(store).await;
    trouble_is_shown_latest_first(store).await;
    a_unit_that_was_never_staged(store).await;
    what_a_write_left_is_known(store).await;
}

/// The state that the product's own write left is concluded; where the feed tells it, the unit is not due.
async fn what_a_write_left_is_known(store: &dyn Store) {
    let of = mapping("echo");
    let lease = take(store, "echo").await;
    stage(store, &lease, &of, &[1, 2, 3], "v1").await;
    // 2 was staged again while it was written; of 3 nothing is known but what was seen.
    stage(store, &lease, &of, &[2], "v2").await;
    let outcomes = [
        outcome(&of, 1, "ours", Verdict::Updated),
        outcome(&of, 2, "ours", Verdict::Updated),
        UnitOutcome { version: None, ..outcome(&of, 3, "", Verdict::Skipped) },
    ];
    store.conclude(&lease, &run_id(1), &outcomes).await.unwrap();
    let versions = [(1, "ours"), (2, "v2"), (3, "v1")];
    assert_eq!(known(store, &of).await, versions.map(|(number, version)| (number, Some(version.to_owned()))));
    assert_eq!(stage(store, &lease, &of, &[1], "ours").await, 0);
    assert_eq!(stage(store, &lease, &of, &[3], "v1").await, 0);
    assert_eq!(all_due(store, &of, at(0)).await, [(2, 2, 0)]);
}

/// A unit changed while it was looked into: the verdict is written down, and the unit is looked into again.
async fn a_newer_version_stays_due(store: &dyn Store) {
    let of = mapping("newer");
    let lease = take(store, "newer").await;
    stage(store, &lease, &of, &[1, 2], "v1").await;
    stage(store, &lease, &of, &[1], "v2").await;
    let late =
        UnitOutcome { state: StagedState::Parked, attempts: 7, ..outcome(&of, 1, "v1", Verdict::Failed) };
    let outcomes = [late.clone(), outcome(&of, 2, "v1", Verdict::Updated)];
    store.conclude(&lease, &run_id(1), &outcomes).await.unwrap();
    assert_eq!(all_due(store, &of, at(0)).await, [(1, 2, 0)]);
    assert_eq!(known(store, &of).await[0], (1, Some("v2".to_owned())));
    let shown = UnitOutcome { state: StagedState::Waiting, attempts: 0, ..late };
    assert_eq!(store.troubled(Some(&of), 9).await.unwrap(), [shown]);
    let timely = UnitOutcome { revision: 2, ..outcome(&of, 1, "v2", Verdict::Updated) };
    store.conclude(&lease, &run_id(2), &[timely]).await.unwrap();
    assert_eq!(store.troubled(Some(&of), 9).await.unwrap(), []);
    assert_eq!(store.count_due(&of, &unit(), at(0)).await.unwrap(), 0);
}

async fn trouble_is_shown_latest_first(store: &dyn Store) {
    let of = mapping("trouble");
    let lease = take(store, "trouble").await;
    stage(store, &lease, &of, &[1, 2, 3, 4], "v1").await;
    let outcomes = [
        outcome(&of, 1, "v1", Verdict::Failed),
        outcome(&of, 2, "v1", Verdict::Skipped),
        UnitOutcome { not_before: Some(at(7)), ..outcome(&of, 3, "v1", Verdict::Conflicted) },
        UnitOutcome { state: StagedState::Parked, ..outcome(&of, 4, "v1", Verdict::Skipped) },
    ];
    store.conclude(&lease, &run_id(1), &outcomes).await.unwrap();
    let [first, _, third, fourth] = outcomes;
    assert_eq!(store.troubled(Some(&of), 9).await.unwrap(), [fourth.clone(), third.clone(), first.clone()]);
    assert_eq!(store.troubled(Some(&of), 1).await.unwrap(), [fourth]);

    // The oldest fails once more and is the latest; the others are mended.
    store.conclude(&lease, &run_id(2), std::slice::from_ref(&first)).await.unwrap();
    assert_eq!(store.troubled(Some(&of), 9).await.unwrap()[0], first);
    let mended = [3, 4].map(|number| outcome(&of, number, "v1", Verdict::Updated));
    store.conclude(&lease, &run_id(3), &mended).await.unwrap();
    let worse = outcome(&of, 2, "v1", Verdict::Failed);
    store.conclude(&lease, &run_id(3), &[worse]).await.unwrap();
    recall(store).await;
}

pub(super) async fn recall(store: &dyn Store) {
    let of = mapping("trouble");
    let expected = [outcome(&of, 2, "v1", Verdict::Failed), outcome(&of, 1, "v1", Verdict::Failed)];
    assert_eq!(store.troubled(Some(&of), 9).await.unwrap(), expected);
    let everywhere = store.troubled(None, 1000).await.unwrap();
    let here: Vec<&UnitOutcome> = everywhere.iter().filter(|outcome| outcome.key.mapping == of).collect();
    assert_eq!(here, expected.iter().collect::<Vec<_>>());
    assert!(everywhere.len() > here.len());
}

/// One record synced by name, before any feed showed it.
async fn a_unit_that_was_never_staged(store: &dyn Store) {
    let of = mapping("unstaged");
    let lease = take(store, "unstaged").await;
    let failed = UnitOutcome {
        state: StagedState::Waiting,
        not_before: Some(at(5)),
        ..outcome(&of, 1, "v1", Verdict::Failed)
    };
    store.conclude(&lease, &run_id(1), std::slice::from_ref(&failed)).await.unwrap();
    assert_eq!(store.troubled(Some(&of), 9).await.unwrap(), [failed]);
    assert_eq!(due(store, &of, at(5)).await, [1]);
    assert_eq!(stage(store, &lease, &of, &[1], "v1").await, 0);
}
