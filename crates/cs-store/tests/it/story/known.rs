//! The units that were staged once, as a census asks for them.

use cs_domain::{RecordId, RecordRef, Verdict};
use cs_ports::{Staged, Store, UnitKey};

use crate::samples::*;

pub(super) async fn tell(store: &dyn Store) {
    let of = mapping("known");
    let lease = take(store, "known").await;
    assert_eq!(known(store, &of).await, []);
    stage(store, &lease, &of, &[1000, 9, 10, 100, 99, 1, 11], "v1").await;
    let done = [9, 10].map(|number| outcome(&of, number, "v1", Verdict::Created));
    store.conclude(&lease, &run_id(1), &done).await.unwrap();
    // Records of other units, other modules' numbers, documents that wait for a record: none of them is asked for, but
    // the second.
    let others = [
        UnitKey { unit: "person".into(), ..key(&of, 12) },
        UnitKey { subject: RecordRef::vtiger("Contacts", "12x5"), ..key(&of, 0) },
        UnitKey { subject: RecordRef::frappe("Contact", "6x50"), ..key(&of, 0) },
        key(&mapping("known to others"), 13),
    ];
    let seen = others.map(|key| Staged { key, version: None });
    store.stage(&lease, &feed(&of), &seen, &cursor("v1")).await.unwrap();

    let all = ["6x1", "6x9", "6x10", "6x11", "6x99", "6x100", "6x1000", "12x5"];
    assert_eq!(ids(store, None, None, 99).await, all);
    assert_eq!(ids(store, Some("6x9"), Some("6x100"), 99).await, all[2..6]);
    // The bounds need not be known, and a bound takes in no id that only begins like it.
    assert_eq!(ids(store, Some("6x2"), Some("6x12"), 99).await, all[1..4]);
    assert_eq!(ids(store, Some("6x1"), Some("6x10"), 99).await, all[1..3]);
    assert_eq!(ids(store, None, Some("6x10"), 2).await, all[..2]);
    assert_eq!(ids(store, Some("12x5"), None, 9).await, [] as [&str; 0]);
    assert_eq!(ids(store, Some("6x100"), Some("6x9"), 9).await, [] as [&str; 0]);
    assert_eq!(ids(store, Some("6x9"), Some("6x9"), 9).await, [] as [&str; 0]);
    assert_eq!(ids(store, None, None, 0).await, [] as [&str; 0]);

    // Page by page they are the same.
    let (mut paged, mut after) = (Vec::new(), None);
    loop {
        let page = ids(store, after.as_deref(), None, 3).await;
        let Some(last) = page.last() else { break };
        after = Some(last.clone());
        paged.extend(page);
    }
    assert_eq!(paged, all);

    let person = store.known(&of, &"person".into(), None, None, 9).await.unwrap();
    assert_eq!(person.len(), 1);
    assert_eq!(
        (&person[0].key, &person[0].version),
        (&UnitKey { unit: "person".into(), ..key(&of, 12) }, &None)
    );
}

async fn ids(store: &dyn Store, after: Option<&str>, through: Option<&str>, limit: u32) -> Vec<String> {
    let of = mapping("known");
    let (after, through) = (after.map(RecordId::from), through.map(RecordId::from));
    let known = store.known(&of, &unit(), after.as_ref(), through.as_ref(), limit).await.unwrap();
    known.iter().map(|known| known.key.subject.id.to_string()).collect()
}
