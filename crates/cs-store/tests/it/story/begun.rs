//! What runs made of units that they did not finish.

use cs_domain::{IntentState, MappingName, Verdict};
use cs_ports::{Store, UnitOutcome};

use crate::samples::*;

const NAME: &str = "begun";

pub(super) async fn tell(store: &dyn Store) {
    let of = mapping(NAME);
    let lease = take(store, NAME).await;
    stage(store, &lease, &of, &[1, 2, 3], "v1").await;
    let intents = [
        create(&of, "begun-1", 1, "owner"),
        create(&of, "begun-2", 1, "spouse"),
        update(&of, "begun-3", 1, "home", "Ana"),
        create(&of, "begun-4", 2, "owner"),
        create(&of, "begun-5", 3, "owner"),
    ];
    store.record_intents(&lease, &intents).await.unwrap();
    let end = |intent: usize, state| end_of(intents[intent].id.clone(), state, Vec::new());
    let ends = [
        end(0, IntentState::Settled),
        end(1, IntentState::Dropped),
        end(2, IntentState::Settled),
        end(3, IntentState::Settled),
    ];
    store.settle(&lease, &of, &ends).await.unwrap();
    let outcomes = [outcome(&of, 1, "v1", Verdict::Failed), outcome(&of, 2, "v1", Verdict::Failed)];
    store.conclude(&lease, &run_id(1), &outcomes).await.unwrap();
    assert_eq!(begun(store, &of, 2).await, ["owner"]);
    // Whole once is whole: what fails later takes nothing back.
    for verdict in [Verdict::Created, Verdict::Failed] {
        let later = UnitOutcome { revision: 1, ..outcome(&of, 2, "v1", verdict) };
        store.conclude(&lease, &run_id(2), &[later]).await.unwrap();
    }
    recall(store).await;
}

pub(super) async fn recall(store: &dyn Store) {
    let of = mapping(NAME);
    assert_eq!(begun(store, &of, 1).await, ["owner"], "neither what was dropped nor what was there before");
    assert_eq!(begun(store, &of, 2).await, Vec::<String>::new(), "it was whole");
    assert_eq!(begun(store, &of, 3).await, Vec::<String>::new(), "nobody knows whether it was written");
    assert_eq!(begun(store, &of, 4).await, Vec::<String>::new(), "it is not known");
    assert_eq!(begun(store, &mapping("another"), 1).await, Vec::<String>::new());
}

async fn begun(store: &dyn Store, of: &MappingName, number: u64) -> Vec<String> {
    let roles = store.begun_for(&key(of, number)).await.unwrap();
    roles.into_iter().map(|role| role.to_string()).collect()
}
