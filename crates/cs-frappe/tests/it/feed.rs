//! The change feed.

use std::collections::BTreeMap;

use cs_frappe::FrappeClient;
use cs_ports::{ChangeFeed, Cursor, ErrorKind, FieldRequests, Observation, Sighting};
use serde_json::json;

use crate::stage::{Stage, create, fields, texts};

/// One pass: everything seen, the cursor behind it, and the pages it took.
async fn pass(client: &FrappeClient, from: Option<Cursor>) -> (Vec<Observation>, Cursor, usize) {
    let kind = "Contact".into();
    let (mut seen, mut cursor, mut pages) = (Vec::new(), from, 0);
    loop {
        let page = client.changes(&kind, cursor.as_ref(), &FieldRequests::default()).await.unwrap();
        seen.extend(page.observations);
        pages += 1;
        assert!(pages < 100, "the feed does not end");
        if !page.more {
            return (seen, page.next, pages);
        }
        cursor = Some(page.next);
    }
}

fn names(seen: &[Observation]) -> Vec<&str> {
    seen.iter().map(|seen| seen.reference.id.as_str()).collect()
}

fn paged(stage: &Stage, user: &str, page_length: u32) -> FrappeClient {
    let mut config = stage.config(user);
    config.page_length = page_length;
    FrappeClient::new(config).unwrap()
}

/// A contact with this stamp.
fn contact(stage: &Stage, name: &str, modified: &str) {
    stage.put(
        "Contact",
        json!({"name": name, "first_name": name, "creation": modified, "modified": modified}),
    );
}

#[tokio::test]
async fn documents_with_the_same_stamp_are_all_seen_once() {
    let stage = Stage::agency().await;
    for n in 0..25 {
        contact(&stage, &format!("P {n:02}"), "2026-11-01 10:00:00.000001");
    }
    contact(&stage, "Último", "2026-11-01 10:00:00.000002");
    for length in [1, 4, 5, 500] {
        let (seen, _, pages) = pass(&paged(&stage, "sync", length), None).await;
        let mut expected: Vec<String> = (0..25).map(|n| format!("P {n:02}")).collect();
        expected.push("Último".into());
        assert_eq!(names(&seen), expected, "pages of {length}");
        assert!(length > 26 || pages >= 26 / length as usize);
        assert_eq!(seen[0].version.as_str(), "2026-11-01 10:00:00.000001");
    }
}

#[tokio::test]
async fn a_commit_that_lands_late_is_not_missed_and_older_ones_are_not_read_again() {
    let stage = Stage::agency().await;
    let client = paged(&stage, "sync", 3);
    contact(&stage, "Vieja", "2026-11-01 09:00:00.000000");
    contact(&stage, "Nueva", "2026-11-01 10:00:00.000000");
    let (_, cursor, _) = pass(&client, None).await;
    // A request that began at 09:58:30 commits only now.
    contact(&stage, "Tardía", "2026-11-01 09:58:30.000000");
    let (seen, cursor, _) = pass(&client, Some(cursor)).await;
    assert_eq!(names(&seen), ["Tardía", "Nueva"]);
    contact(&stage, "Siguiente", "2026-11-01 10:30:00.000000");
    let (seen, cursor, _) = pass(&client, Some(cursor)).await;
    assert_eq!(names(&seen), ["Tardía", "Nueva", "Siguiente"]);
    let (seen, ..) = pass(&client, Some(cursor)).await;
    assert_eq!(names(&seen), ["Siguiente"]);
}

#[tokio::test]
async fn a_pass_that_was_interrupted_for_hours_still_finds_what_landed_behind_it() {
    let stage = Stage::agency().await;
    let client = paged(&stage, "sync", 2);
    for n in 0..4 {
        contact(&stage, &format!("P {n}"), &format!("2026-11-01 10:00:0{n}.000000"));
    }
    let first = client.changes(&"Contact".into(), None, &FieldRequests::default()).await.unwrap();
    assert!(first.more && names(&first.observations) == ["P 0", "P 1"]);
    // It lands behind the page that was read; then the program is stopped, and the site works on for three hours.
    contact(&stage, "Tardía", "2026-11-01 09:59:00.000000");
    contact(&stage, "Mucho después", "2026-11-01 13:00:00.000000");
    let (rest, cursor, _) = pass(&client, Some(first.next)).await;
    assert_eq!(names(&rest), ["P 2", "P 3", "Mucho después"]);
    let (seen, ..) = pass(&client, Some(cursor)).await;
    assert!(names(&seen).contains(&"Tardía"), "{:?}", names(&seen));
}

#[tokio::test]
async fn deletes_are_seen_and_a_name_that_is_given_again_lives() {
    let stage = Stage::agency().await;
    let client = paged(&stage, "sync", 3);
    for name in ["Ana", "Beto", "Carla", "Dora", "Eva"] {
        create(&client, "Contact", &texts([("first_name", name)]), &fields(["first_name"])).await;
    }
    let (_, cursor, _) = pass(&client, None).await;
    let delete = |name: &str| {
        let now = "2027-02-01T00:00:00Z".parse().unwrap();
        let answered = stage.site().transact("sync@example.invalid", now, |txn| txn.delete("Contact", name));
        answered.result.unwrap();
    };
    for name in ["Ana", "Beto", "Carla", "Dora"] {
        delete(name);
    }
    create(&client, "Contact", &texts([("first_name", "Beto")]), &fields(["first_name"])).await;
    let (seen, cursor, _) = pass(&client, Some(cursor)).await;
    let last: BTreeMap<&str, bool> =
        seen.iter().map(|seen| (seen.reference.id.as_str(), seen.sighting == Sighting::Deleted)).collect();
    assert_eq!(
        last,
        BTreeMap::from([("Ana", true), ("Beto", false), ("Carla", true), ("Dora", true), ("Eva", false)])
    );
    let deleted = |seen: &[Observation]| -> Vec<String> {
        let deleted = seen.iter().filter(|seen| seen.sighting == Sighting::Deleted);
        deleted.map(|seen| seen.reference.id.to_string()).collect()
    };
    assert_eq!(deleted(&seen), ["Ana", "Carla", "Dora"], "a name that lives was never told as deleted");
    let (again, ..) = pass(&client, Some(cursor)).await;
    assert_eq!(deleted(&again), ["Ana", "Carla", "Dora"], "the overlap tells them again");
}

#[tokio::test]
async fn without_the_right_to_see_deletes_the_rest_of_the_feed_goes_on() {
    let stage = Stage::agency().await;
    contact(&stage, "Ana", "2026-11-01 10:00:00.000000");
    let (seen, cursor, _) = pass(&paged(&stage, "reader", 3), None).await;
    assert_eq!(names(&seen), ["Ana"]);
    let (seen, ..) = pass(&paged(&stage, "reader", 3), Some(cursor)).await;
    assert_eq!(names(&seen), ["Ana"]);
}

#[tokio::test]
async fn an_empty_feed_ends_and_a_broken_cursor_is_told() {
    let stage = Stage::agency().await;
    let client = stage.client();
    let (seen, cursor, pages) = pass(&client, None).await;
    assert_eq!((seen.len(), pages), (0, 1));
    contact(&stage, "Ana", "2026-11-01 10:00:00.000000");
    assert_eq!(names(&pass(&client, Some(cursor)).await.0), ["Ana"]);
    let broken = Cursor("2026-11-01".into());
    let error =
        client.changes(&"Contact".into(), Some(&broken), &FieldRequests::default()).await.unwrap_err();
    assert_eq!((error.kind, &*error.code), (ErrorKind::Refused, "frappe.cursor"));
}
