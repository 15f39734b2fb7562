//! Renames, merges and names that are given again, in the change feed.

use cs_frappe::FrappeClient;
use cs_ports::{ChangeFeed, Cursor, FieldRequests, Meter, Observation, Sighting};
use cs_sandbox::frappe::Txn;
use serde_json::json;

use crate::stage::{Stage, create, fields, texts};

/// What a pass told of names that were given up: `from -> to`, `- gone`, in order.
async fn pass(client: &FrappeClient, from: Option<Cursor>) -> (Vec<String>, Cursor) {
    let (seen, cursor) = pass_whole(client, from).await;
    let told = seen.iter().filter_map(|seen| match &seen.sighting {
        Sighting::There => None,
        Sighting::Deleted => Some(format!("- {}", seen.reference.id)),
        Sighting::Renamed { from } => Some(format!("{from} -> {}", seen.reference.id)),
    });
    (told.collect(), cursor)
}

async fn pass_whole(client: &FrappeClient, mut cursor: Option<Cursor>) -> (Vec<Observation>, Cursor) {
    let (kind, mut seen) = ("Contact".into(), Vec::new());
    loop {
        let page =
            client.changes(&kind, cursor.as_ref(), &FieldRequests::plain(["first_name"])).await.unwrap();
        assert!(page.observations.iter().all(|seen| seen.content.is_none()));
        seen.extend(page.observations);
        if !page.more {
            return (seen, page.next);
        }
        cursor = Some(page.next);
    }
}

fn paged(stage: &Stage, user: &str, page_length: u32) -> FrappeClient {
    let mut config = stage.config(user);
    config.page_length = page_length;
    FrappeClient::new(config).unwrap()
}

/// Something that is done at the site, at a second of 2027-02-01.
fn act<T: std::fmt::Debug>(
    stage: &Stage,
    second: u8,
    act: impl FnOnce(&mut Txn<'_>) -> Result<T, cs_sandbox::frappe::Refusal>,
) {
    let now = format!("2027-02-01T00:00:{second:02}Z").parse().unwrap();
    stage.site().transact("sync@example.invalid", now, act).result.unwrap();
}

fn rename(stage: &Stage, second: u8, old: &str, new: &str) {
    act(stage, second, |txn| txn.rename("Contact", old, new, false));
}

fn merge(stage: &Stage, second: u8, old: &str, new: &str) {
    act(stage, second, |txn| txn.rename("Contact", old, new, true));
}

fn delete(stage: &Stage, second: u8, name: &str) {
    act(stage, second, |txn| txn.delete("Contact", name));
}

fn make(stage: &Stage, second: u8, name: &str) {
    act(stage, second, |txn| txn.insert("Contact", json!({"first_name": name}).as_object().unwrap()));
}

/// A site with contacts of these names, whose feed was read.
async fn known(names: &[&str], page_length: u32) -> (Stage, FrappeClient, Cursor) {
    let stage = Stage::agency().await;
    let client = paged(&stage, "sync", page_length);
    for name in names {
        create(&client, "Contact", &texts([("first_name", name)]), &fields(["first_name"])).await;
    }
    let (told, cursor) = pass(&client, None).await;
    assert_eq!(told, [""; 0]);
    (stage, client, cursor)
}

#[tokio::test]
async fn a_rename_is_told_once_under_the_version_that_did_not_move() {
    let (stage, client, cursor) = known(&["Ana", "Beto"], 500).await;
    let before = stage.stored("Contact", "Ana")["modified"].clone();
    rename(&stage, 1, "Ana", "Ana & \"Cía\"");
    let (seen, cursor) = pass_whole(&client, Some(cursor)).await;
    let renamed: Vec<&Observation> = seen.iter().filter(|seen| seen.sighting != Sighting::There).collect();
    assert_eq!(renamed[0].reference.id.as_str(), "Ana & \"Cía\"");
    assert_eq!(renamed[0].sighting, Sighting::Renamed { from: "Ana".into() });
    assert_eq!((json!(renamed[0].version), renamed.len()), (before, 1));
    let before = client.requests().read;
    assert_eq!(pass(&client, Some(cursor)).await.0, [""; 0], "the overlap does not tell it again");
    assert_eq!(client.requests().read - before, 3, "one list each of renames, deletes and documents");
}

#[tokio::test]
async fn a_chain_ends_at_the_last_name_on_whatever_page_it_lies() {
    for page_length in [1, 2, 500] {
        let (stage, client, cursor) = known(&["Ana", "Beto"], page_length).await;
        rename(&stage, 1, "Ana", "Ana 2");
        rename(&stage, 2, "Beto", "Beto 2");
        rename(&stage, 3, "Ana 2", "Ana 3");
        rename(&stage, 4, "Ana 3", "Ana 4");
        let (told, cursor) = pass(&client, Some(cursor)).await;
        let expected = ["Ana -> Ana 4", "Beto -> Beto 2", "Ana 2 -> Ana 4", "Ana 3 -> Ana 4"];
        assert_eq!(told, expected, "pages of {page_length}");

        // The next link of the chain in the next pass; and back to a name that it had.
        rename(&stage, 5, "Ana 4", "Ana 2");
        let (told, cursor) = pass(&client, Some(cursor)).await;
        assert_eq!(told, ["Ana 4 -> Ana 2"]);
        assert_eq!(pass(&client, Some(cursor)).await.0, [""; 0]);
    }
}

#[tokio::test]
async fn a_merge_is_a_rename_and_no_delete() {
    for page_length in [1, 500] {
        let (stage, client, cursor) = known(&["Ana", "Beto", "Carla", "Dora"], page_length).await;
        merge(&stage, 1, "Ana", "Beto");
        merge(&stage, 2, "Beto", "Carla");
        delete(&stage, 3, "Dora");
        let (told, cursor) = pass(&client, Some(cursor)).await;
        assert_eq!(told, ["Ana -> Carla", "Beto -> Carla", "- Dora"], "pages of {page_length}");
        // The name is given again and deleted in earnest.
        make(&stage, 4, "Ana");
        delete(&stage, 5, "Ana");
        let (told, _) = pass(&client, Some(cursor)).await;
        assert_eq!(told, ["- Dora", "- Ana"]);
    }
}

#[tokio::test]
async fn a_merge_behind_the_renames_that_were_read_is_not_told_as_a_delete() {
    let (stage, client, cursor) = known(&["Ana", "Beto", "Carla", "Dora"], 2).await;
    rename(&stage, 1, "Carla", "Carla 2");
    rename(&stage, 2, "Dora", "Dora 2");
    // The first page of this pass holds renames only.
    let kind = "Contact".into();
    let page = client.changes(&kind, Some(&cursor), &FieldRequests::default()).await.unwrap();
    assert!(page.more && page.observations.len() == 2);
    let page = client.changes(&kind, Some(&page.next), &FieldRequests::default()).await.unwrap();
    assert!(page.more);
    merge(&stage, 3, "Ana", "Beto");
    let (told, cursor) = pass(&client, Some(page.next)).await;
    assert_eq!(told, [""; 0]);
    assert_eq!(pass(&client, Some(cursor)).await.0, ["Ana -> Beto"]);
}

#[tokio::test]
async fn a_name_that_is_given_again_belongs_to_the_new_document() {
    let (stage, client, cursor) = known(&["Ana", "Beto"], 500).await;
    rename(&stage, 1, "Ana", "Ana Vieja");
    make(&stage, 2, "Ana");
    let (told, cursor) = pass(&client, Some(cursor)).await;
    assert_eq!(told, ["Ana -> Ana Vieja"]);
    // Told again it would be said of the new Ana.
    assert_eq!(pass(&client, Some(cursor)).await.0, [""; 0]);
    // From the beginning of time, only what cannot be misunderstood is told.
    rename(&stage, 3, "Beto", "Beto 2");
    assert_eq!(pass(&client, None).await.0, ["Beto -> Beto 2"]);
}

#[tokio::test]
async fn a_rename_before_a_delete_leads_to_the_name_that_was_deleted() {
    let (stage, client, cursor) = known(&["Ana"], 500).await;
    rename(&stage, 1, "Ana", "Ana 2");
    let (_, cursor) = pass(&client, Some(cursor)).await;
    delete(&stage, 2, "Ana 2");
    assert_eq!(pass(&client, Some(cursor)).await.0, ["- Ana 2"]);
}

#[tokio::test]
async fn other_comments_are_passed_over() {
    let (stage, client, cursor) = known(&["Ana"], 2).await;
    for (number, content) in ["editado", "de <strong>Ana</strong>", "<b>x</b>"].iter().enumerate() {
        stage.put(
            "Comment",
            json!({"name": format!("c{number}"), "creation": "2027-02-01 00:00:00.000000", "comment_type": "Edit",
                   "modified": "2027-02-01 00:00:00.000000", "reference_doctype": "Contact", "reference_name": "Ana",
                   "content": content}),
        );
    }
    rename(&stage, 1, "Ana", "Ana 2");
    assert_eq!(pass(&client, Some(cursor)).await.0, ["Ana -> Ana 2"]);
}

#[tokio::test]
async fn without_the_right_to_see_renames_the_rest_of_the_feed_goes_on() {
    let (stage, client, cursor) = known(&["Ana", "Beto", "Carla"], 2).await;
    stage.bar("Comment");
    rename(&stage, 1, "Ana", "Ana 2");
    delete(&stage, 2, "Beto");
    let (told, cursor) = pass(&client, Some(cursor)).await;
    assert_eq!(told, ["- Beto"]);
    assert_eq!(pass(&client, Some(cursor)).await.0, ["- Beto"]);
}
