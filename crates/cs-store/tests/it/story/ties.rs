//! Links with their shadows.

use std::collections::BTreeMap;

use cs_domain::{Intent, IntentState, LinkOrigin, RecordRef, Shadow};
use cs_ports::{Lease, Settlement, Store, Tie};

use crate::samples::*;

pub(super) async fn tell(store: &dyn Store) {
    let of = mapping("ties");
    let lease = take(store, "ties").await;
    assert_eq!(store.ties_of(&of, &[subject(1)]).await.unwrap(), []);

    // Created: the intent closes with link and shadow.
    let owner = tie(&of, 1, "owner", "Ana Núñez");
    write(store, &lease, create(&of, "ties-1", 1, "owner"), &owner).await;
    assert_eq!(store.open_intents(&of).await.unwrap(), []);
    assert_eq!(store.ties_of(&of, &[subject(1)]).await.unwrap(), std::slice::from_ref(&owner));

    // Adopted: nothing was written.
    let mut spouse = tie(&of, 1, "spouse", "Luis Núñez");
    spouse.link.origin = LinkOrigin::Adopted;
    store.settle(&lease, &agreement(&spouse)).await.unwrap();

    // Updated: the shadow moves, and there is still one document for the role.
    let mut moved = owner;
    moved.shadow =
        Shadow { fields: BTreeMap::new(), vtiger: None, frappe: Some("2026-03-01 10:00:00.000002".into()) };
    write(store, &lease, update(&of, "ties-2", 1, "owner", "Ana Núñez"), &moved).await;
    assert_eq!(store.ties_of(&of, &[subject(1)]).await.unwrap(), [moved, spouse.clone()]);

    // A role goes over to another document: the link to the one before is gone.
    spouse.link.document = document("Luis N.");
    spouse.link.origin = LinkOrigin::Chosen;
    store.settle(&lease, &agreement(&spouse)).await.unwrap();
    assert_eq!(store.ties_to(&of, &[document("Luis Núñez")]).await.unwrap(), []);
    many_at_once(store).await;
    recall(store).await;
}

/// What is agreed without a write.
fn agreement(tie: &Tie) -> Settlement {
    Settlement { intent: None, state: IntentState::Settled, tie: Some(tie.clone()) }
}

/// A write from its intent to its end.
async fn write(store: &dyn Store, lease: &Lease, intent: Intent, tie: &Tie) {
    store.record_intents(lease, std::slice::from_ref(&intent)).await.unwrap();
    assert_eq!(store.open_intents(&intent.mapping).await.unwrap(), std::slice::from_ref(&intent));
    let settlement = Settlement { intent: Some(intent.id), ..agreement(tie) };
    store.settle(lease, &settlement).await.unwrap();
}

pub(super) async fn recall(store: &dyn Store) {
    let of = mapping("ties");
    let ties = store.ties_of(&of, &[subject(1)]).await.unwrap();
    let documents: Vec<&str> = ties.iter().map(|tie| tie.link.document.id.as_str()).collect();
    assert_eq!(documents, ["Ana Núñez", "Luis N."]);
    assert_eq!(ties[0].shadow.frappe, Some("2026-03-01 10:00:00.000002".into()));
    assert_eq!((ties[1].link.origin, &ties[1].shadow.fields), (LinkOrigin::Chosen, &agreed()));
    assert_eq!(store.ties_to(&of, &[document("Luis N.")]).await.unwrap(), ties[1..]);
    assert_eq!(store.ties_of(&mapping("ties of others"), &[subject(1)]).await.unwrap(), []);
}

/// Hundreds of records in one call, some of them twice, some without a link, in any order.
async fn many_at_once(store: &dyn Store) {
    let of = mapping("many ties");
    let lease = take(store, "many ties").await;
    for number in 0..300 {
        // Many orders, one document: the item of their product.
        let tie = tie(&of, number, "item", if number % 3 == 0 { "shared" } else { "apart" });
        let settlement = Settlement { intent: None, state: IntentState::Settled, tie: Some(tie) };
        store.settle(&lease, &settlement).await.unwrap();
    }
    let wanted: Vec<RecordRef> = (0..600).rev().chain(0..600).map(subject).collect();
    let ties = store.ties_of(&of, &wanted).await.unwrap();
    assert_eq!(ties.len(), 300);
    assert!(ties.windows(2).all(|pair| pair[0].link.subject < pair[1].link.subject));

    let shared =
        store.ties_to(&of, &[document("shared"), document("shared"), document("none")]).await.unwrap();
    assert_eq!(shared.len(), 100);
    assert!(shared.iter().all(|tie| number(&tie.link.subject).is_multiple_of(3)));
    let same_id_elsewhere = [RecordRef::frappe("Customer", "shared"), RecordRef::vtiger("Contact", "shared")];
    assert_eq!(store.ties_to(&of, &same_id_elsewhere).await.unwrap(), []);
    assert_eq!(store.ties_of(&of, &[RecordRef::vtiger("Contacts", "6x1")]).await.unwrap(), []);
    assert_eq!(store.ties_of(&of, &[]).await.unwrap(), []);
}
