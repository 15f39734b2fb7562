//! Leases and fencing.

use std::time::Duration;

use cs_domain::{IntentState, Verdict};
use cs_ports::{Lease, LeaseAnswer, Store, TieChange};

use crate::samples::*;

pub(super) async fn tell(store: &dyn Store) {
    one_holder_at_a_time(store).await;
    a_lease_given_back_is_free_and_useless(store).await;
    every_write_is_fenced(store).await;
}

pub(super) async fn recall(store: &dyn Store) {
    let held = store.take_lease("remembered", "other", at(1), TERM).await.unwrap();
    assert_eq!(held, LeaseAnswer::Held { holder: "worker".into(), until: at(60) });
}

async fn one_holder_at_a_time(store: &dyn Store) {
    let first = granted(store.take_lease("story", "a", at(0), TERM).await.unwrap());
    assert_eq!((first.name.as_str(), first.holder.as_str()), ("story", "a"));
    let held = LeaseAnswer::Held { holder: "a".into(), until: at(60) };
    assert_eq!(store.take_lease("story", "b", at(59), TERM).await.unwrap(), held);

    store.renew_lease(&first, at(50), TERM).await.unwrap();
    let held = LeaseAnswer::Held { holder: "a".into(), until: at(110) };
    assert_eq!(store.take_lease("story", "b", at(109), TERM).await.unwrap(), held);

    // Expired, but nobody took it: it can still be renewed.
    store.renew_lease(&first, at(200), TERM).await.unwrap();
    // The same holder takes it again, as a new process would; the earlier token is worth nothing now.
    let again = granted(store.take_lease("story", "a", at(201), TERM).await.unwrap());
    assert!(again.token > first.token);
    assert!(is_lost(&store.renew_lease(&first, at(202), TERM).await));

    // At the very moment of its end it is free.
    let next = granted(store.take_lease("story", "b", at(261), TERM).await.unwrap());
    assert!(next.token > again.token);
    assert!(is_lost(&store.renew_lease(&again, at(262), TERM).await));
    store.release_lease(&again).await.unwrap();
    store.renew_lease(&next, at(263), TERM).await.unwrap();

    // Leases on other things have nothing to do with it, and a term may be as long as it likes.
    granted(store.take_lease("story 2", "c", at(0), Duration::MAX).await.unwrap());
    let never = Lease { name: "never taken".into(), holder: "a".into(), token: 1 };
    assert!(is_lost(&store.renew_lease(&never, at(0), TERM).await));
    store.release_lease(&never).await.unwrap();
    take(store, "remembered").await;
}

async fn a_lease_given_back_is_free_and_useless(store: &dyn Store) {
    let of = mapping("given back");
    let lease = take(store, "given back").await;
    store.release_lease(&lease).await.unwrap();
    store.release_lease(&lease).await.unwrap();
    assert!(is_lost(&store.restage_all(&lease, &of).await));
    let next = granted(store.take_lease("given back", "other", at(1), TERM).await.unwrap());
    assert!(next.token > lease.token);
}

async fn every_write_is_fenced(store: &dyn Store) {
    let of = mapping("fenced");
    let old = take(store, "fenced").await;
    assert_eq!(stage(store, &old, &of, &[1], "v1").await, 1);
    store.record_intents(&old, &[create(&of, "fenced-1", 1, "owner")]).await.unwrap();
    let new = granted(store.take_lease("fenced", "successor", at(60), TERM).await.unwrap());

    let seen = [staged(&of, 2, "v1")];
    assert!(is_lost(&store.stage(&old, &feed(&of), &seen, &cursor("late")).await));
    assert!(is_lost(&store.restage_all(&old, &of).await));
    let outcomes = [outcome(&of, 1, "v1", Verdict::Created)];
    assert!(is_lost(&store.conclude(&old, &run_id(1), &outcomes).await));
    assert!(is_lost(&store.record_intents(&old, &[create(&of, "fenced-2", 2, "owner")]).await));
    let settled = vec![TieChange::Set(tie(&of, 1, "owner", "Ana"))];
    let settlement = [end_of(create(&of, "fenced-1", 1, "owner").id, IntentState::Settled, settled)];
    assert!(is_lost(&store.settle(&old, &of, &settlement).await));
    assert!(is_lost(&store.settle(&old, &of, &[]).await));

    // And none of it happened.
    assert_eq!(store.cursor(&feed(&of)).await.unwrap(), Some(cursor("v1")));
    assert_eq!(due(store, &of, at(0)).await, [1]);
    assert_eq!(names(&store.open_intents(&of).await.unwrap()), ["fenced-1"]);
    assert_eq!(store.ties_of(&of, &[subject(1)]).await.unwrap(), []);
    assert_eq!(store.troubled(Some(&of), 9).await.unwrap(), []);
    store.settle(&new, &of, &settlement).await.unwrap();
}
