//! Links with their shadows.

use std::collections::BTreeMap;

use cs_domain::{Intent, IntentState, Link, LinkOrigin, LinkStanding, MappingName, RecordRef, Shadow};
use cs_ports::{Lease, Settlement, Store, Tie, TieChange};

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
    store.settle(&lease, &of, &[agreement(spouse.clone())]).await.unwrap();

    // Updated: the shadow moves, and there is still one document for the role.
    let mut moved = owner;
    moved.shadow =
        Shadow { fields: BTreeMap::new(), vtiger: None, frappe: Some("2026-03-01 10:00:00.000002".into()) };
    write(store, &lease, update(&of, "ties-2", 1, "owner", "Ana Núñez"), &moved).await;
    assert_eq!(store.ties_of(&of, &[subject(1)]).await.unwrap(), [moved, spouse.clone()]);

    // A role goes over to another document: the link to the one before is gone.
    spouse.link.document = document("Luis N.");
    spouse.link.origin = LinkOrigin::Chosen;
    store.settle(&lease, &of, &[agreement(spouse.clone())]).await.unwrap();
    assert_eq!(store.ties_to(&of, &[document("Luis Núñez")]).await.unwrap(), []);
    many_at_once(store).await;
    one_write_to_vtiger_moves_every_document(store).await;
    given_up_and_taken_over(store).await;
    two_of_many(store).await;
    recall(store).await;
}

/// A write from its intent to its end.
async fn write(store: &dyn Store, lease: &Lease, intent: Intent, tie: &Tie) {
    store.record_intents(lease, std::slice::from_ref(&intent)).await.unwrap();
    assert_eq!(store.open_intents(&intent.mapping).await.unwrap(), std::slice::from_ref(&intent));
    let settlement = Settlement { intent: Some(intent.id), ..agreement(tie.clone()) };
    store.settle(lease, &intent.mapping, &[settlement]).await.unwrap();
    assert_eq!(store.open_intents(&intent.mapping).await.unwrap(), []);
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

    let of = mapping("given up");
    assert_eq!(
        told(store, &of).await,
        ["1 owner: GivenUp", "1 spouse: GivenUp", "2 owner: GivenUp", "2 spouse: Live", "4 owner: Live"]
    );
    assert_eq!(store.count_linked(&of).await.unwrap(), 2);
}

/// The ties of a mapping in words.
async fn told(store: &dyn Store, of: &MappingName) -> Vec<String> {
    let ties = store.ties_of(of, &(0..10).map(subject).collect::<Vec<_>>()).await.unwrap();
    let told = ties.iter().map(|tie| {
        let Link { subject, role, standing, .. } = &tie.link;
        format!("{} {role}: {standing:?}", number(subject))
    });
    told.collect()
}

/// A write to VTiger concerns every document of its unit; all of a batch's changes take, the last of each place.
async fn one_write_to_vtiger_moves_every_document(store: &dyn Store) {
    let of = mapping("vtiger written");
    let lease = take(store, "vtiger written").await;
    let roles = ["home", "owner", "spouse"];
    let ties: Vec<Tie> = roles.map(|role| tie(&of, 1, role, role)).into();
    store.settle(&lease, &of, &ties.iter().cloned().map(agreement).collect::<Vec<_>>()).await.unwrap();
    let intent = update(&of, "vtiger-1", 1, "owner", "Ana Núñez");
    store.record_intents(&lease, std::slice::from_ref(&intent)).await.unwrap();
    let later = |tie: &Tie, version: &str| {
        let shadow = Shadow { vtiger: Some(version.into()), ..tie.shadow.clone() };
        Tie { shadow, ..tie.clone() }
    };
    let all = ties.iter().map(|tie| TieChange::Set(later(tie, "later"))).collect();
    let last = agreement(later(&ties[2], "last"));
    let batch = [end_of(intent.id, IntentState::Settled, all), last];
    store.settle(&lease, &of, &batch).await.unwrap();
    let versions = store.ties_of(&of, &[subject(1)]).await.unwrap();
    let versions: Vec<&str> =
        versions.iter().map(|tie| tie.shadow.vtiger.as_ref().unwrap().as_str()).collect();
    assert_eq!(versions, ["later", "later", "last"]);
    assert_eq!(store.count_linked(&of).await.unwrap(), 1);
}

/// Of a document that many share, two links are told; one that was given up is none.
async fn two_of_many(store: &dyn Store) {
    let of = mapping("shared");
    let lease = take(store, "shared").await;
    let mut given_up = tie(&of, 1, "spouse", "alone");
    given_up.link.standing = LinkStanding::GivenUp;
    let many = (1..6).map(|number| agreement(tie(&of, number, "bank", "bank")));
    let all: Vec<Settlement> = many.chain([agreement(given_up)]).collect();
    store.settle(&lease, &of, &all).await.unwrap();
    let linked =
        store.linked_by(&of, &[document("bank"), document("alone"), document("none")]).await.unwrap();
    let linked: Vec<&str> = linked.iter().map(|link| link.document.id.as_str()).collect();
    assert_eq!(linked, ["bank", "bank"]);
}

/// Ties that were given up stay to be found; one that another record took over is gone.
async fn given_up_and_taken_over(store: &dyn Store) {
    let of = mapping("given up");
    let lease = take(store, "given up").await;
    assert_eq!(store.count_linked(&of).await.unwrap(), 0);
    let all = [(1, "owner"), (1, "spouse"), (2, "owner"), (2, "spouse"), (3, "owner")];
    let tie_of = |(number, role): (u64, &str)| tie(&of, number, role, &format!("{role} {number}"));
    let batch: Vec<Settlement> = all.map(tie_of).map(agreement).into();
    store.settle(&lease, &of, &batch).await.unwrap();
    assert_eq!(store.count_linked(&of).await.unwrap(), 3);

    let give_up = |place| {
        let mut tie = tie_of(place);
        tie.link.standing = LinkStanding::GivenUp;
        agreement(tie)
    };
    store.settle(&lease, &of, &[give_up((1, "owner")), give_up((2, "owner"))]).await.unwrap();
    assert_eq!(store.count_linked(&of).await.unwrap(), 3);
    store.settle(&lease, &of, &[give_up((1, "spouse"))]).await.unwrap();
    assert_eq!(store.count_linked(&of).await.unwrap(), 2);
    let found = store.ties_to(&of, &[document("spouse 1"), document("owner 3")]).await.unwrap();
    assert_eq!(
        found.iter().map(|tie| tie.link.standing).collect::<Vec<_>>(),
        [LinkStanding::GivenUp, LinkStanding::Live]
    );

    // Records 3 and 4 were merged: 4 takes the document over. Forgetting what is not there is no error.
    let forget = |number, role: &str| TieChange::Forget { subject: subject(number), role: role.into() };
    let mut taken = tie(&of, 4, "owner", "owner 3");
    taken.link.origin = LinkOrigin::Chosen;
    let over = Settlement {
        ties: vec![
            forget(3, "owner"),
            TieChange::Set(taken.clone()),
            forget(3, "spouse"),
            forget(8, "owner"),
        ],
        ..agreement(taken.clone())
    };
    store.settle(&lease, &of, &[over]).await.unwrap();
    assert_eq!(store.ties_to(&of, &[document("owner 3")]).await.unwrap(), [taken]);
    // Within a batch the last change of a place counts.
    let there_and_gone = Settlement {
        ties: vec![TieChange::Set(tie(&of, 5, "owner", "nobody")), forget(5, "owner")],
        ..agreement(tie(&of, 4, "owner", "owner 3"))
    };
    let gone_and_there = Settlement {
        ties: vec![forget(2, "spouse"), TieChange::Set(tie(&of, 2, "spouse", "spouse 2"))],
        ..there_and_gone.clone()
    };
    store.settle(&lease, &of, &[there_and_gone, gone_and_there]).await.unwrap();
    assert_eq!(store.count_linked(&of).await.unwrap(), 2);
}

/// Hundreds of records in one call, some of them twice, some without a link, in any order.
async fn many_at_once(store: &dyn Store) {
    let of = mapping("many ties");
    let lease = take(store, "many ties").await;
    // Many orders, one document: the item of their product.
    let item = |number| tie(&of, number, "item", if number % 3 == 0 { "shared" } else { "apart" });
    let batch: Vec<Settlement> = (0..300).map(|number| agreement(item(number))).collect();
    store.settle(&lease, &of, &batch).await.unwrap();
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
