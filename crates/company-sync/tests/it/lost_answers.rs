//! A response that is lost after the work was done, a thousand times: every write is carried out and its answer never
//! comes, in four ways; there is exactly one record each, with the right value, and nothing was sent a second time.
//!
//! Creates and updates, in both systems, through the real connectors over HTTP; the engine keeps its store in memory and
//! waits by a clock of its own (see `lab`). Each of the writes is one that is lost, so that the servers' own counts of
//! writes say how many were.

use std::collections::BTreeMap;

use cs_sandbox::vtiger::{Persona, Write};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::lab::{Ground, Lab, LabWish};
use crate::world::personas;

/// How an answer is lost.
const WAYS: [&str; 4] = ["drop_after", "error_after", "html_after", "truncated"];

/// Every write loses its answer in this way.
fn faults(way: &str) -> String {
    let operations = [("vtiger", "create"), ("vtiger", "revise"), ("frappe", "create"), ("frappe", "update")];
    let fault = |(system, operation)| {
        format!(
            "[[fault]]\nsystem = \"{system}\"\noperation = \"{operation}\"\nevery = 1\nkind = \"{way}\"\n"
        )
    };
    operations.map(fault).concat()
}

/// Somebody new in VTiger.
fn add_record(ground: &Ground, last: &str) {
    let element =
        json!({"firstname": "Nueva", "lastname": last, "title": "first", "assigned_user_id": "19x1"});
    let now = ground.vtiger_now();
    let mut system = ground.system();
    let admin = system.users()[&1].clone();
    system.create(&admin, "Contacts", element.as_object().unwrap(), now).unwrap();
}

/// Somebody new in Frappe.
fn add_document(ground: &Ground, last: &str) {
    let person =
        json!({"first_name": "Nuevo", "last_name": last, "designation": "first", "status": "Passive"});
    let now = ground.frappe_now();
    let made = ground
        .site()
        .transact("Administrator", now, |txn| txn.insert("Contact", person.as_object().unwrap()));
    made.result.unwrap();
}

/// What VTiger says of everybody in the story, by last name; a name that is there twice fails.
fn in_vtiger(ground: &Ground) -> BTreeMap<String, String> {
    let system = ground.system();
    let mut people = BTreeMap::new();
    for record in system.records().values().filter(|record| record.module == "Contacts") {
        let before = people.insert(record.text("lastname").to_owned(), record.text("title").to_owned());
        assert_eq!(before, None, "{} is in VTiger twice", record.text("lastname"));
    }
    people
}

/// The same of Frappe.
fn in_frappe(ground: &Ground) -> BTreeMap<String, String> {
    let site = ground.site();
    let mut people = BTreeMap::new();
    let text = |row: &serde_json::Map<String, Value>, field: &str| {
        row.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    for row in site.rows("Contact") {
        let before = people.insert(text(row, "last_name"), text(row, "designation"));
        assert_eq!(before, None, "{} is in Frappe twice", text(row, "last_name"));
    }
    people
}

/// Changes the title of everybody whose last name begins like this, in VTiger.
fn edit_records(ground: &Ground, start: &str) {
    let now = ground.vtiger_now();
    let mut system = ground.system();
    let admin = system.users()[&1].clone();
    let prefix = system.catalogue().module("Contacts").unwrap().prefix;
    let found = system.records().values().filter(|record| record.text("lastname").starts_with(start));
    let ids: Vec<String> = found.map(|record| format!("{prefix}x{}", record.id)).collect();
    for id in ids {
        let element = json!({"id": id, "title": "second"});
        system.write(&admin, Write::Revise, element.as_object().unwrap(), now).unwrap();
    }
}

/// The same in Frappe.
fn edit_documents(ground: &Ground, start: &str) {
    let now = ground.frappe_now();
    let mut site = ground.site();
    let begins = |row: &&serde_json::Map<String, Value>| {
        row.get("last_name").and_then(Value::as_str).is_some_and(|name| name.starts_with(start))
    };
    let names: Vec<String> =
        site.rows("Contact").filter(begins).map(|row| row["name"].as_str().unwrap().to_owned()).collect();
    for name in names {
        let fields = json!({"designation": "second"});
        let saved = site
            .transact("Administrator", now, |txn| txn.update("Contact", &name, fields.as_object().unwrap()));
        saved.result.unwrap();
    }
}

/// That both systems hold the same people, each once, with these titles.
#[track_caller]
fn assert_same_people(lab: &Lab, wanted: &BTreeMap<String, String>) {
    assert_eq!(&in_vtiger(&lab.ground), wanted, "VTiger");
    assert_eq!(&in_frappe(&lab.ground), wanted, "Frappe");
}

/// Loses the answers to so many creates and as many updates in either system; answers how many were lost.
fn lose(persona: Persona, way: &str, each: usize) -> u64 {
    let lab = Lab::new(&LabWish { faults: faults(way), ..LabWish::people(persona, 0) });
    let mut lost = 0;
    // Those that VTiger gets first are made in Frappe, and the other way round; each is changed on the other side then.
    let names = |start: &str| (0..each).map(|number| format!("{start} {number:04}")).collect::<Vec<_>>();
    let (first, second) = (names("Uno"), names("Dos"));
    for (first, second) in first.iter().zip(&second) {
        add_record(&lab.ground, first);
        add_document(&lab.ground, second);
    }
    let mut wanted: BTreeMap<String, String> =
        first.iter().chain(&second).map(|name| (name.clone(), "first".to_owned())).collect();
    lost += run_and_count(&lab, each);
    assert_same_people(&lab, &wanted);
    edit_documents(&lab.ground, "Uno");
    edit_records(&lab.ground, "Dos");
    for title in wanted.values_mut() {
        "second".clone_into(title);
    }
    lost += run_and_count(&lab, each);
    assert_same_people(&lab, &wanted);
    let open = lab.runtime.block_on(lab.store.open_intents(&"people".into())).unwrap();
    assert!(open.is_empty(), "every write is known to be done: {open:#?}");
    lost
}

/// Runs once; so many writes to each system reached it, each of them once, and the run after it sends none.
fn run_and_count(lab: &Lab, each: usize) -> u64 {
    let each = each as u64;
    lab.ground.clock.pass(SignedDuration::from_secs(10));
    let before = lab.requests();
    let run = lab.run_well();
    let after = lab.requests();
    let sent = (after.0.write - before.0.write, after.1.write - before.1.write);
    assert_eq!(sent, (each, each), "each write reached its server once: {run:#?}");
    lab.ground.clock.pass(SignedDuration::from_secs(10));
    let quiet = lab.run_well();
    assert_eq!((quiet.requests.vtiger.write, quiet.requests.frappe.write), (0, 0), "{quiet:#?}");
    sent.0 + sent.1
}

#[test]
fn a_thousand_answers_lost_after_the_work_leave_one_record_each_with_the_right_value() {
    let mut lost = 0;
    for persona in personas() {
        for way in WAYS {
            lost += lose(persona, way, 32);
        }
    }
    assert!(lost >= 1_000, "{lost}");
    println!("{lost} answers lost after the work was done; each record is there once, with the right value");
}
