//! The units that are due: their order, their pages, their pauses.

use cs_domain::{RecordRef, Verdict};
use cs_ports::{StagedState, Store, UnitOutcome};

use crate::samples::*;

pub(super) async fn tell(store: &dyn Store) {
    pages_follow_the_numbers(store).await;
    a_pause_ends_at_its_time(store).await;
}

/// Pages are in the order of the ids' numbers; what is concluded or staged between two pages neither repeats a unit
/// nor leaves one out.
async fn pages_follow_the_numbers(store: &dyn Store) {
    let of = mapping("pages");
    let lease = take(store, "pages").await;
    stage(store, &lease, &of, &[1000, 9, 10, 100, 99, 1, 11], "v1").await;
    assert_eq!(due(store, &of, at(0)).await, [1, 9, 10, 11, 99, 100, 1000]);

    let mut seen = Vec::new();
    let mut after: Option<RecordRef> = None;
    loop {
        let page = store.due(&of, &unit(), at(0), after.as_ref(), 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.key.subject.clone());
        for due in &page {
            assert_eq!((&due.key.mapping, &due.key.unit, due.attempts), (&of, &unit(), 0));
            let number = number(&due.key.subject);
            seen.push(number);
            let done = outcome(&of, number, "v1", Verdict::Updated);
            store.conclude(&lease, &run_id(1), &[done]).await.unwrap();
        }
        if seen.len() == 2 {
            // One behind the page that was read, one before it.
            stage(store, &lease, &of, &[2, 50], "v1").await;
        }
    }
    assert_eq!(seen, [1, 9, 10, 11, 50, 99, 100, 1000]);
    assert_eq!(due(store, &of, at(0)).await, [2]);
    assert_eq!(store.due(&of, &unit(), at(0), None, 0).await.unwrap(), []);
    assert_eq!(store.count_due(&of, &"person".into(), at(0)).await.unwrap(), 0);
}

async fn a_pause_ends_at_its_time(store: &dyn Store) {
    let of = mapping("pause");
    let lease = take(store, "pause").await;
    stage(store, &lease, &of, &[1, 2], "v1").await;
    let failed = |number, until| UnitOutcome {
        state: StagedState::Waiting,
        not_before: Some(at(until)),
        attempts: 2,
        ..outcome(&of, number, "v1", Verdict::Failed)
    };
    store.conclude(&lease, &run_id(1), &[failed(1, 10), failed(2, 20)]).await.unwrap();
    assert_eq!(due(store, &of, at(9)).await, [] as [u64; 0]);
    assert_eq!(due(store, &of, at(10)).await, [1]);
    assert_eq!(due(store, &of, at(1_000_000)).await, [1, 2]);
    let attempts: Vec<u32> =
        store.due(&of, &unit(), at(20), None, 9).await.unwrap().iter().map(|due| due.attempts).collect();
    assert_eq!(attempts, [2, 2]);
}
