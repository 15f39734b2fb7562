//! Hundreds of writes whose answers are lost, done as the engine does them: whatever is unknown is looked up by its
//! external id before it is sent again.

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

/// How often a request had to be looked up.
async fn created(client: &FrappeClient, number: usize, wanted: &FieldRequests) -> usize {
    let (id, sent) = contact(number);
    let mut lost = 0;
    loop {
        match client.create(&Kind::new("Contact"), &sent, &key(), wanted).await {
            WriteOutcome::Applied(_) => return lost,
            WriteOutcome::Unknown(_) => lost += 1,
            other => panic!("{other:?}"),
        }
        if by_id(client, &id, wanted).await.is_some() {
            return lost;
        }
    }
}

async fn updated(client: &FrappeClient, number: usize, wanted: &FieldRequests) -> usize {
    let (id, _) = contact(number);
    let change = texts([("designation", &*format!("Jefa {number}"))]);
    let mut lost = 0;
    loop {
        let now = by_id(client, &id, wanted).await.unwrap();
        if now.fields.get("designation") == change.get("designation") {
            return lost;
        }
        match client.update(&now.reference, &change, at(&now.version), wanted).await {
            WriteOutcome::Applied(written) => {
                assert!(written.untouched);
                return lost;
            }
            WriteOutcome::Unknown(_) => lost += 1,
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn five_hundred_creates_and_updates_are_each_done_once_though_answers_are_lost() {
    let faults = ["error_after", "drop_after", "drop_before", "html_after", "error_before"];
    let script: String = ["create", "update"]
        .iter()
        .flat_map(|operation| faults.iter().enumerate().map(move |(at, fault)| (operation, at, fault)))
        .map(|(operation, at, fault)| {
            // Of different rhythms, so that every mixture occurs.
            format!(
                "[[fault]]\noperation = \"{operation}\"\nevery = {}\nkind = \"{fault}\"\n",
                [3, 5, 7, 11, 13][at]
            )
        })
        .collect();
    let stage = Stage::agency_with(&script).await;
    let client = stage.client();
    let wanted = fields(["designation"]);
    let begun = Instant::now();
    let (mut lost_creates, mut lost_updates) = (0, 0);
    for number in 0..MANY {
        lost_creates += created(&client, number, &wanted).await;
    }
    assert_eq!(stage.site().count("Contact"), MANY);
    for number in 0..MANY {
        lost_updates += updated(&client, number, &wanted).await;
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
