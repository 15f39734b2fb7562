//! Intents: recorded before the write, closed once, never lost.

use cs_domain::{Intent, IntentId, IntentState};
use cs_ports::{Lease, Settlement, Store, TieChange};

use crate::samples::*;

fn end(id: &str, state: IntentState) -> Settlement {
    end_of(IntentId(id.to_owned()), state, Vec::new())
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

    let ends = [end("b-2", IntentState::Settled), end("c-4", IntentState::Dropped)];
    store.settle(&lease, &of, &ends).await.unwrap();
    store.settle(&lease, &of, &[]).await.unwrap();
    a_name_is_used_once(store, &lease).await;
    an_end_is_an_end(store, &lease).await;
    the_journal_of_a_run(store).await;
    recall(store).await;
}

async fn the_journal_of_a_run(store: &dyn Store) {
    let of = mapping("journal of a run");
    let lease = take(store, "journal of a run").await;
    let own = |id, number| Intent { run: run_id(77), ..create(&of, id, number, "owner") };
    store.record_intents(&lease, &[own("run-2", 1), own("run-1", 2)]).await.unwrap();
    store.record_intents(&lease, &[create(&of, "another's", 3, "owner"), own("run-3", 4)]).await.unwrap();
    let ends = [end("run-3", IntentState::Dropped), end("run-2", IntentState::Settled)];
    store.settle(&lease, &of, &ends).await.unwrap();
}

pub(super) async fn recall(store: &dyn Store) {
    let of = mapping("journal");
    let open = store.open_intents(&of).await.unwrap();
    assert_eq!(open, [create(&of, "z-1", 1, "owner"), update(&of, "a-3", 2, "owner", "Ana Núñez")]);
    // A run's writes, whatever became of them, in the order of recording.
    let journal = store.journal(&run_id(77)).await.unwrap();
    let told: Vec<_> = journal.iter().map(|entry| (entry.intent.id.0.as_str(), entry.state)).collect();
    assert_eq!(
        told,
        [("run-2", IntentState::Settled), ("run-1", IntentState::Open), ("run-3", IntentState::Dropped)]
    );
    let of = mapping("journal of a run");
    assert_eq!(journal[0].intent, Intent { run: run_id(77), ..create(&of, "run-2", 1, "owner") });
    assert_eq!(store.journal(&run_id(78)).await.unwrap(), []);
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
        assert_eq!(error.code(), "store.journal");
        assert!(cause(&error).contains("already"), "{}", cause(&error));
        assert_eq!(store.open_intents(&of).await.unwrap().len(), 2);
    }
}

/// What is closed stays closed, what was never recorded cannot be closed; the whole batch is refused, and no link moves.
async fn an_end_is_an_end(store: &dyn Store, lease: &Lease) {
    let of = mapping("journal");
    let wrong = [
        ("b-2", IntentState::Settled),
        ("c-4", IntentState::Dropped),
        ("b-2", IntentState::Dropped),
        ("c-4", IntentState::Settled),
        ("b-2", IntentState::Open),
        ("z-1", IntentState::Open),
        ("nobody's", IntentState::Settled),
    ];
    for (id, state) in wrong {
        // Whatever stands before and behind it.
        let batch = [
            end("a-3", IntentState::Settled),
            agreement(tie(&of, 9, "owner", "nobody")),
            Settlement { ties: vec![TieChange::Set(tie(&of, 9, "spouse", "nobody"))], ..end(id, state) },
            agreement(tie(&of, 9, "home", "nobody")),
        ];
        refused(store, lease, &batch, id).await;
    }
    // Twice in a batch is once too often; an intent of another mapping is none of this one.
    refused(store, lease, &[end("z-1", IntentState::Settled), end("z-1", IntentState::Settled)], "z-1").await;
    refused(store, lease, &[end("o-1", IntentState::Settled)], "o-1").await;
    let foreign = agreement(tie(&mapping("journal of others"), 9, "owner", "nobody"));
    refused(store, lease, &[end("z-1", IntentState::Settled), foreign], "journal of others").await;
}

async fn refused(store: &dyn Store, lease: &Lease, batch: &[Settlement], name: &str) {
    let of = mapping("journal");
    let error = store.settle(lease, &of, batch).await.unwrap_err();
    assert_eq!(error.code(), "store.journal");
    assert!(cause(&error).contains(name), "{}", cause(&error));
    assert_eq!(store.ties_of(&of, &[subject(9)]).await.unwrap(), []);
    assert_eq!(names(&store.open_intents(&of).await.unwrap()), ["z-1", "a-3"]);
}

fn cause(error: &dyn std::error::Error) -> String {
    error.source().unwrap().to_string()
}
