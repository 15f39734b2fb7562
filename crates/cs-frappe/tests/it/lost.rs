//! Hundreds of writes whose answers are lost, done as the engine does them: whatever is unknown is looked up by its
//! external id before it is sent again.

use std::fmt::Write as _;
use std::time::Instant;

use cs_domain::{Fields, Kind, Record, Value};
use cs_frappe::FrappeClient;
use cs_ports::{Criterion, FieldRequests, Reader, WriteOutcome, Writer};
use serde_json::json;

use crate::stage::{Stage, at, fields, key, texts};

const MANY: usize = 500;

fn contact(number: usize) -> (String, Fields) {
    let id = format!("12x{number}/person");
    // All have the same name: without the external id nobody could tell them apart.
    let fields = texts([("first_name", "Ana"), ("designation", "Nueva"), ("custom_vtiger_id", &*id)]);
    (id, fields)
}

async fn by_id(client: &FrappeClient, id: &str, wanted: &FieldRequests) -> Option<Record> {
    let criterion = Criterion { field: "custom_vtiger_id".into(), any_of: vec![Value::text(id)] };
    let mut found = client.find(&"Contact".into(), &[criterion], wanted).await.unwrap();
    assert!(found.len() < 2, "{id} was created twice");
    found.pop()
}

/// The new document, and how often it had to be looked up.
async fn created(client: &FrappeClient, number: usize, wanted: &FieldRequests) -> (Record, usize) {
    let (id, sent) = contact(number);
    let mut lost = 0;
    loop {
        match client.create(&Kind::new("Contact"), &sent, &key(), wanted).await {
            WriteOutcome::Applied(written) => return (written.record, lost),
            WriteOutcome::Unknown(_) => lost += 1,
            other => panic!("{other:?}"),
        }
        if let Some(found) = by_id(client, &id, wanted).await {
            return (found, lost);
        }
    }
}

async fn updated(client: &FrappeClient, mut now: Record, change: &Fields, wanted: &FieldRequests) -> usize {
    let mut lost = 0;
    loop {
        match client.update(&now.reference, change, at(&now.version), wanted).await {
            WriteOutcome::Applied(written) => {
                assert!(written.untouched);
                return lost;
            }
            WriteOutcome::Unknown(_) => lost += 1,
            other => panic!("{other:?}"),
        }
        let ids = std::slice::from_ref(&now.reference.id);
        now = client.read(&now.reference.kind, ids, wanted).await.unwrap().remove(0);
        if now.fields == *change {
            return lost;
        }
    }
}

#[tokio::test]
async fn five_hundred_creates_and_updates_are_each_done_once_though_answers_are_lost() {
    // Of different rhythms, so that every mixture occurs.
    let rhythms =
        [("error_after", 3), ("drop_after", 5), ("drop_before", 7), ("html_after", 11), ("error_before", 13)];
    let mut script = String::new();
    for operation in ["create", "update"] {
        for (fault, every) in rhythms {
            writeln!(script, "[[fault]]\noperation = \"{operation}\"\nevery = {every}\nkind = \"{fault}\"")
                .unwrap();
        }
    }
    let stage = Stage::agency_with(&script).await;
    let client = stage.client();
    let wanted = fields(["designation"]);
    let begun = Instant::now();
    let (mut records, mut lost_creates, mut lost_updates) = (Vec::new(), 0, 0);
    for number in 0..MANY {
        let (record, lost) = created(&client, number, &wanted).await;
        records.push(record);
        lost_creates += lost;
    }
    assert_eq!(stage.site().count("Contact"), MANY);
    for (number, record) in records.into_iter().enumerate() {
        let change = texts([("designation", &*format!("Jefa {number}"))]);
        lost_updates += updated(&client, record, &change, &wanted).await;
    }
    assert_eq!(stage.site().count("Contact"), MANY);
    assert!(lost_creates > MANY / 3 && lost_updates > MANY / 3, "{lost_creates} {lost_updates}");
    for contact in stage.site().documents("Contact") {
        let id = contact["custom_vtiger_id"].as_str().unwrap();
        let number = id.trim_start_matches("12x").trim_end_matches("/person");
        assert_eq!(contact["designation"], json!(format!("Jefa {number}")));
    }
    println!("{lost_creates} creates and {lost_updates} updates looked up, in {:?}", begun.elapsed());
}
