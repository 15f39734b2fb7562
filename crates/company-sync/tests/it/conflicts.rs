//! Conflicts, from the terminal: listed with both values, decided one by one or many at once, applied by the next run.

use serde_json::{Value, json};

use crate::picture::text;
use crate::world::{Ended, Wish, World, assert_balanced, count, writes};

const SUBSCRIBER: &str = "cf_2803";
const DIGITIZED: &str = "cf_2255";

/// The Sales Order that was made for this order.
fn sales_order(world: &World, order: &str) -> Value {
    let ours = |document: &Value| text(document, "custom_vtiger_id").starts_with(&format!("{order}/"));
    world.site().documents("Sales Order").into_iter().find(ours).unwrap()
}

/// Lets both sides say something else of one order.
fn disagree(world: &World, order: &str, field: (&str, &str), vtiger: &str, frappe: &str) {
    let name = text(&sales_order(world, order), "name").to_owned();
    world.edit(order, field.0, vtiger);
    world.edit_document("Sales Order", &name, &json!({ field.1: frappe }));
}

/// A world with this many orders in conflict about the subscriber's number.
pub(crate) fn disputed(number: usize) -> (World, Vec<String>) {
    let world = Wish::orders(10).start();
    world.sync().expect(0);
    let orders: Vec<String> =
        world.selected().iter().take(number).map(|(_, order)| (*order).to_owned()).collect();
    for (index, order) in orders.iter().enumerate() {
        let (vtiger, frappe) = (format!("V{index}"), format!("F{index}"));
        disagree(&world, order, (SUBSCRIBER, "custom_subscriber_id"), &vtiger, &frappe);
    }
    let run = world.sync().expect(1).last();
    assert_balanced(&run);
    assert_eq!((count(&run, "conflicted"), writes(&run)), (number as u64, 0), "{run}");
    (world, orders)
}

fn list(world: &World, flags: &[&str]) -> Vec<Value> {
    world.run(&[&["conflicts", "list", "--json"], flags].concat()).expect(0).objects()
}

fn conflict_of(world: &World, order: &str) -> Value {
    let found = list(world, &["--all"]).into_iter().find(|conflict| conflict["record"]["id"] == order);
    found.unwrap_or_else(|| panic!("none of {order}"))
}

fn id_of(world: &World, order: &str) -> String {
    conflict_of(world, order)["id"].as_str().unwrap().to_owned()
}

fn resolve(world: &World, arguments: &[&str]) -> Ended {
    world.run(&[&["conflicts", "resolve"], arguments].concat())
}

pub(crate) fn said(world: &World, order: &str) -> (String, String) {
    let frappe = text(&sales_order(world, order), "custom_subscriber_id").to_owned();
    (world.record(order).text(SUBSCRIBER).to_owned(), frappe)
}

#[test]
fn a_conflict_is_listed_with_all_there_is_to_know_and_the_command_that_decides_it() {
    let (world, orders) = disputed(1);
    let listed = world.run(&["conflicts", "list"]).expect(0).stdout.clone();
    let conflict = conflict_of(&world, &orders[0]);
    let id = &conflict["id"].as_str().unwrap()[..8];
    for part in [
        format!("{id}  SalesOrder {}, order: custom_subscriber_id", orders[0]),
        "VTiger    \"V0\"   (last edited by ".to_owned(),
        "Frappe    \"F0\"   (last edited by Administrator, ".to_owned(),
        " UTC)".to_owned(),
        "before    \"".to_owned(),
        "since     run ".to_owned(),
        format!("company-sync conflicts resolve {id} --vtiger"),
        format!("company-sync conflicts resolve {id} --frappe"),
        format!("company-sync conflicts resolve {id} --value "),
        "1 to be decided".to_owned(),
    ] {
        assert!(listed.contains(&part), "{part:?} is not in\n{listed}");
    }
    let shown = world.run(&["conflicts", "show", &id[..5]]).expect(0).stdout.clone();
    assert!(listed.contains(&shown), "{shown}");
    assert_eq!(conflict["state"], "open");
    assert_eq!(conflict["vtiger"], json!({"type": "text", "value": "V0"}));
    assert_eq!(conflict["frappe"], json!({"type": "text", "value": "F0"}));
    assert_eq!(conflict["field"], "custom_subscriber_id");
    assert_eq!(conflict["edits"]["frappe"]["by"], "Administrator");
    // Administrator edited just now, by whatever clock the site has.
    let at: jiff::Timestamp = conflict["edits"]["frappe"]["at"].as_str().unwrap().parse().unwrap();
    assert!(jiff::Timestamp::now().duration_since(at).as_secs().abs() < 120, "{conflict}");
    // The run's own list of troubles names the way here, too.
    let troubles = world.run(&["log", "--troubles"]).expect(0).stdout.clone();
    assert!(troubles.contains("company-sync conflicts resolve"), "{troubles}");
}

#[test]
fn a_typed_value_that_no_run_could_write_is_refused_at_once() {
    let (mut world, orders) = disputed(2);
    let ids: Vec<String> = orders.iter().map(|order| id_of(&world, order)).collect();
    for (value, code) in
        [("Ana 😀".to_owned(), "value.unstorable_character"), ("x".repeat(141), "value.too_long")]
    {
        let refused = resolve(&world, &[&ids[0], &ids[1], "--value", &value]);
        refused.expect(2).complains(&format!("[{code}]")).complains("choose --vtiger or --frappe");
        let many = resolve(&world, &["--all-open", "--value", &value]);
        many.expect(1).complains("left as it is");
    }
    assert_eq!(list(&world, &["--state", "open"]).len(), 2, "nothing was decided");
    // Where nothing answers, a typed value waits, and the choice of a side does not.
    world.stop();
    resolve(&world, &[&ids[0], "--value", "VF"]).expect(3).complains("what to do: ");
    resolve(&world, &[&ids[0], "--vtiger"]).expect(0);
    assert_eq!(list(&world, &["--state", "open"]).len(), 1);
}

#[test]
fn each_way_to_decide_is_applied_by_the_next_run_and_remembered() {
    let (world, orders) = disputed(3);
    let ids: Vec<String> = orders.iter().map(|order| id_of(&world, order)).collect();
    let decided = resolve(&world, &[&ids[0], "--vtiger", "--by", "Rosa"]);
    assert!(decided.expect(0).stdout.contains("The next run carries it out"), "{decided:?}");
    resolve(&world, &[&ids[1], "--frappe"]).expect(0);
    resolve(&world, &[&ids[2], "--value", "VF2"]).expect(0);
    let waiting = world.run(&["conflicts", "list"]).expect(0).stdout.clone();
    assert!(waiting.contains("3 decided, carried out by the next run"), "{waiting}");
    assert!(waiting.contains("VTiger is right, by Rosa at "), "{waiting}");
    let run = world.sync().expect(0).last();
    assert_balanced(&run);
    assert_eq!((count(&run, "updated"), writes(&run)), (3, 4), "the typed value goes to both sides: {run}");
    let pair = |value: &str| (value.to_owned(), value.to_owned());
    let wanted = ["V0", "F1", "VF2"].map(pair);
    let found: Vec<(String, String)> = orders.iter().map(|order| said(&world, order)).collect();
    assert_eq!(found, wanted);
    assert_eq!(list(&world, &[]).len(), 0);
    assert_eq!(world.run(&["conflicts", "list"]).expect(0).stdout, "Nothing is to be decided.\n");
    let applied = list(&world, &["--state", "applied"]);
    assert_eq!(applied.len(), 3);
    assert!(applied.iter().any(|conflict| conflict["resolution"]["by"] == "Rosa"), "{applied:?}");
    resolve(&world, &[&ids[0], "--frappe"]).expect(2).complains("conflict.over");
    let quiet = world.run(&["sync", "--full", "--json"]).expect(0).last();
    assert_eq!(writes(&quiet), 0, "{quiet}");
}

#[test]
fn many_are_decided_at_once() {
    let (world, orders) = disputed(4);
    disagree(&world, &orders[3], (DIGITIZED, "custom_digitizer_date"), "2026-02-01", "2026-02-02");
    world.sync().expect(1);
    assert_eq!(list(&world, &[]).len(), 5);
    let nothing = resolve(&world, &["--all-open", "--field", "nonsense", "--vtiger", "--json"]);
    assert_eq!(nothing.expect(0).last()["resolved"], 0);
    let ended = resolve(
        &world,
        &["--all-open", "--mapping", "policy", "--field", "custom_subscriber_id", "--frappe", "--json"],
    );
    assert_eq!(ended.expect(0).last()["resolved"], 4);
    let rest = list(&world, &["--state", "open"]);
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0]["field"], "custom_digitizer_date");
    // What nobody decided yet keeps its unit waiting, and the others are done.
    let run = world.sync().expect(1).last();
    assert_eq!((count(&run, "updated"), count(&run, "conflicted")), (3, 1), "{run}");
    resolve(&world, &["--all-open", "--vtiger"]).expect(0);
    world.sync().expect(0);
    for (index, order) in orders.iter().enumerate() {
        let value = format!("F{index}");
        assert_eq!(said(&world, order), (value.clone(), value));
    }
    assert_eq!(text(&sales_order(&world, &orders[3]), "custom_digitizer_date"), "2026-02-01");
}

#[test]
fn what_does_not_answer_a_conflict_is_refused_with_what_would() {
    let (world, orders) = disputed(1);
    disagree(&world, &orders[0], (DIGITIZED, "custom_digitizer_date"), "2026-02-01", "2026-02-02");
    world.sync().expect(1);
    let conflicts = list(&world, &[]);
    let id = |field: &str| {
        let found = conflicts.iter().find(|conflict| conflict["field"] == field).unwrap();
        found["id"].as_str().unwrap().to_owned()
    };
    let (number, day) = (id("custom_subscriber_id"), id("custom_digitizer_date"));
    resolve(&world, &[&number, "--separate"])
        .expect(2)
        .complains("conflict.no_answer")
        .complains("Choose one of --vtiger, --frappe, --value");
    resolve(&world, &[&day, "--value", "1.2.2026"])
        .expect(2)
        .complains("conflict.value")
        .complains("Write it like 2026-01-31");
    // One that does not fit keeps all of them back.
    resolve(&world, &[&number, &day, "--value", "X7"]).expect(2);
    resolve(&world, &["ffffffffffffffff", "--vtiger"]).expect(2).complains("conflict.unknown");
    resolve(&world, &["", "--vtiger"]).expect(2).complains("conflict.unknown");
    resolve(&world, &[&number]).expect(2).complains("--vtiger");
    resolve(&world, &[&number, "--vtiger", "--frappe"]).expect(2);
    assert!(list(&world, &[]).iter().all(|conflict| conflict["state"] == "open"), "nothing was decided");
    let error = world.run(&["conflicts", "resolve", &number, "--separate", "--json"]);
    assert_eq!(error.expect(2).last()["error"]["code"], "conflict.no_answer");
    resolve(&world, &[&day, "--value", "2026-02-03"]).expect(0);
    resolve(&world, &[&number, "--value", "X7"]).expect(0);
    world.sync().expect(0);
    assert_eq!(world.record(&orders[0]).text(DIGITIZED), "2026-02-03");
    assert_eq!(said(&world, &orders[0]), ("X7".to_owned(), "X7".to_owned()));
}

#[test]
fn an_edit_after_the_decision_opens_the_conflict_again() {
    let (world, orders) = disputed(1);
    resolve(&world, &[&id_of(&world, &orders[0]), "--vtiger"]).expect(0);
    world.edit(&orders[0], SUBSCRIBER, "V9");
    let run = world.sync().expect(1).last();
    assert_eq!((count(&run, "conflicted"), writes(&run)), (1, 0), "{run}");
    let conflict = conflict_of(&world, &orders[0]);
    assert_eq!((&conflict["state"], &conflict["vtiger"]["value"]), (&json!("open"), &json!("V9")));
}

/// Two documents that could be the owner of a policy, both made before the first sync.
fn two_of_a_name() -> (World, String) {
    let world = Wish::orders(10).start();
    let (policy, order) = world.selected().into_iter().next().unwrap();
    let owner = json!({"first_name": policy.owner.first, "last_name": policy.owner.last,
        "custom_day_of_birth": policy.owner.born, "status": "Passive", "email_ids": [], "phone_nos": [], "links": []});
    for name in ["First of two", "Second of two"] {
        let mut document = owner.clone();
        document["name"] = name.into();
        world.site().stage("Contact", document.as_object().unwrap().clone());
    }
    let order = order.to_owned();
    (world, order)
}

#[test]
fn which_of_two_documents_it_is_is_a_decision_too() {
    let (world, order) = two_of_a_name();
    world.sync().expect(1);
    let conflict = conflict_of(&world, &order);
    assert_eq!((&conflict["code"], &conflict["role"]), (&json!("conflict.ambiguous"), &json!("owner")));
    let listed = world.run(&["conflicts", "list"]).expect(0).stdout.clone();
    for part in ["--document \"First of two\"", "--document \"Second of two\"", "--separate"] {
        assert!(listed.contains(part), "{part} is not in\n{listed}");
    }
    let ids: Vec<String> = list(&world, &["--state", "open"])
        .iter()
        .filter(|conflict| conflict["code"] == "conflict.ambiguous" && conflict["role"] == "owner")
        .map(|conflict| conflict["id"].as_str().unwrap().to_owned())
        .collect();
    for id in &ids {
        resolve(&world, &[id, "--document", "Nobody"]).expect(2).complains("conflict.no_answer");
        resolve(&world, &[id, "--document", "Second of two"]).expect(0);
    }
    world.sync().expect(0);
    let customer = text(&sales_order(&world, &order), "customer").to_owned();
    assert_eq!(text(&world.document("Customer", &customer), "customer_primary_contact"), "Second of two");
    let link = world.run(&["links", "list", "Second of two", "--json"]).expect(0).objects();
    assert!(link.iter().any(|link| link["origin"] == "chosen"), "{link:?}");
}
