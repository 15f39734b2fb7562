//! Intents: recorded before the write, closed once, never lost.

use cs_domain::{Intent, IntentId, IntentState};
use cs_ports::{Lease, Settlement, Store};

use crate::samples::*;

fn end(id: &str, state: IntentState) -> Settlement {
    Settlement { intent: Some(IntentId(id.to_owned())), state, tie: None }
}

pub(super) async fn tell(store: &dyn Store) {
    let of = mapping("journal");
    let lease = take(store, "journal").await;
    store.record_intents(&lease, &[]).await.unwrap();
    let batch = [
        create(&of, "z-1", 1, "owner"),
        create(&of, "b-2", 1, "spouse"),
        update(&of, "a-3", 2, "owner", "Ana Núñez"),
    ];
    store.record_intents(&lease, &batch).await.unwrap();
    let elsewhere = create(&mapping("journal of others"), "o-1", 1, "owner");
    store.record_intents(&lease, &[elsewhere]).await.unwrap();
    store.record_intents(&lease, &[create(&of, "c-4", 3, "owner")]).await.unwrap();
    // Oldest first, whatever they are called, and exactly as they were recorded.
    let open = store.open_intents(&of).await.unwrap();
    assert_eq!(names(&open), ["z-1", "b-2", "a-3", "c-4"]);
    assert_eq!(open[..3], batch);

    store.settle(&lease, &end("b-2", IntentState::Settled)).await.unwrap();
    store.settle(&lease, &end("c-4", IntentState::Dropped)).await.unwrap();
    a_name_is_used_once(store, &lease).await;
    an_end_is_an_end(store, &lease).await;
    recall(store).await;
}

pub(super) async fn recall(store: &dyn Store) {
    let of = mapping("journal");
    let open = store.open_intents(&of).await.unwrap();
    assert_eq!(open, [create(&of, "z-1", 1, "owner"), update(&of, "a-3", 2, "owner", "Ana Núñez")]);
}

/// A batch with a name that was used, by an intent open or closed or by itself, is refused whole.
async fn a_name_is_used_once(store: &dyn Store, lease: &Lease) {
    let of = mapping("journal");
    let fresh = || create(&of, "d-5", 4, "owner");
    let batches: [[Intent; 2]; 3] = [
        [fresh(), create(&of, "z-1", 4, "home")],
        [fresh(), create(&of, "b-2", 4, "home")],
        [fresh(), fresh()],
    ];
    for batch in batches {
        let error = store.record_intents(lease, &batch).await.unwrap_err();
        assert!(cause(&error).contains("already"), "{}", cause(&error));
        assert_eq!(store.open_intents(&of).await.unwrap().len(), 2);
    }
}

/// Closing twice the same way is harmless; otherwise, or without an intent, it is refused and the link does not move.
async fn an_end_is_an_end(store: &dyn Store, lease: &Lease) {
    let of = mapping("journal");
    store.settle(lease, &end("b-2", IntentState::Settled)).await.unwrap();
    store.settle(lease, &end("c-4", IntentState::Dropped)).await.unwrap();
    let wrong = [
        ("b-2", IntentState::Dropped),
        ("c-4", IntentState::Settled),
        ("b-2", IntentState::Open),
        ("z-1", IntentState::Open),
        ("nobody's", IntentState::Settled),
    ];
    for (id, state) in wrong {
        let settlement = Settlement { tie: Some(tie(&of, 9, "owner", "nobody")), ..end(id, state) };
        let error = store.settle(lease, &settlement).await.unwrap_err();
        assert_eq!(error.code(), "store.database");
        assert!(cause(&error).contains(id), "{}", cause(&error));
        assert_eq!(store.ties_of(&of, &[subject(9)]).await.unwrap(), []);
    }
}

fn cause(error: &dyn std::error::Error) -> String {
    error.source().unwrap().to_string()
}
