//! What became of units.

use cs_domain::Verdict;
use cs_ports::{StagedState, Store, UnitOutcome};

use crate::samples::*;

pub(super) async fn tell(store: &dyn Store) {
    a_newer_version_stays_due(store).await;
    trouble_is_shown_latest_first(store).await;
    a_unit_that_was_never_staged(store).await;
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
    let due = store.due(&of, &unit(), at(0), None, 9).await.unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!((number(&due[0].key.subject), due[0].version.as_str(), due[0].attempts), (1, "v2", 0));
    let shown = UnitOutcome { state: StagedState::Waiting, attempts: 0, ..late };
    assert_eq!(store.troubled(Some(&of), 9).await.unwrap(), [shown]);
    store.conclude(&lease, &run_id(2), &[outcome(&of, 1, "v2", Verdict::Updated)]).await.unwrap();
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
