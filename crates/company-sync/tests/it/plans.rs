//! Plans that are looked at before they are carried out: a dry run kept in a file, and applied as it is or not at all.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::picture::{duplicates, text};
use crate::world::{Ended, Wish, World, assert_balanced, count, writes};

const SUBSCRIBER: &str = "cf_2803";

fn plan(world: &World) -> Ended {
    let ended = world.run(&["sync", "--dry-run", "--plan", "plan.json", "--json"]);
    ended.expect(0);
    ended
}

fn apply(world: &World) -> Ended {
    world.run(&["sync", "--apply", "plan.json", "--json"])
}

/// The plans in the file.
fn plans(world: &World) -> Vec<Value> {
    let text = std::fs::read_to_string(world.folder().join("plan.json")).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    file["plans"].as_array().unwrap().clone()
}

/// What is written to Frappe by a verb and DocType, as a plan shows it; a document that several records share counts
/// once, by what it will hold.
fn shown(plans: &[Value]) -> BTreeMap<String, usize> {
    let mut written: BTreeMap<String, usize> = BTreeMap::new();
    let mut created: Vec<String> = Vec::new();
    for plan in plans {
        for step in plan["steps"].as_array().unwrap() {
            let (act, doctype) = (step["act"].as_str().unwrap(), step["doctype"].as_str().unwrap());
            if act == "create" {
                let changes = step["changes"].as_array().unwrap();
                let told = changes.iter().filter(|change| change["field"] != "custom_vtiger_id");
                let content = format!("{doctype} {:?}", told.collect::<Vec<_>>());
                if created.contains(&content) {
                    continue;
                }
                created.push(content);
            }
            if ["create", "update"].contains(&act) {
                *written.entry(format!("{act} {doctype}")).or_default() += 1;
            }
        }
    }
    written
}

/// What a run wrote, as its log tells it: `finish` is an update of what the same run created.
fn wrote(world: &World, run: &Value) -> BTreeMap<String, usize> {
    let log = world.run(&["log", "--run", run["run"].as_str().unwrap(), "-n", "100000", "--json"]);
    let mut written: BTreeMap<String, usize> = BTreeMap::new();
    let mut created: Vec<String> = Vec::new();
    for entry in log.expect(0).objects() {
        let event = &entry["event"];
        if event["event"] != "written" {
            continue;
        }
        let (verb, document) = (event["verb"].as_str().unwrap(), &event["document"]);
        if verb == "update" && created.contains(&document.to_string()) {
            continue;
        }
        if verb == "create" {
            created.push(document.to_string());
        }
        *written.entry(format!("{verb} {}", document["kind"].as_str().unwrap())).or_default() += 1;
    }
    written
}

/// That the file holds no card data, and is its owner's alone.
fn assert_nobody_else_can_read_it(world: &World) {
    let path = world.folder().join("plan.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let secrets = world.agency.secrets();
    let found: Vec<_> = secrets.iter().filter(|secret| text.contains(secret.as_str())).collect();
    assert!(!secrets.is_empty() && found.is_empty(), "{found:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn what_was_shown_is_what_is_written_and_nothing_is_refused() {
    // Enough for people with two policies, and for banks and plans that several share.
    let world = Wish::orders(60).start();
    let dry = plan(&world).last();
    assert_eq!(world.requests().1.write, 0);
    assert_nobody_else_can_read_it(&world);
    let shown = shown(&plans(&world));
    let ended = apply(&world);
    let run = ended.expect(0).last();
    assert_balanced(&run);
    assert_eq!(count(&run, "created"), world.selected().len() as u64, "{run}");
    assert_eq!(wrote(&world, &run), shown);
    assert_eq!(duplicates(&world.site()), Vec::<String>::new());
    // What it was said to cost: all writes, and the reads within a tenth.
    assert_eq!(dry["requests"]["frappe"]["write"], run["requests"]["frappe"]["write"], "{dry}\n{run}");
    let reads = |told: &Value| told["requests"]["frappe"]["read"].as_f64().unwrap();
    assert!((reads(&dry) / reads(&run) - 1.0).abs() < 0.1, "{dry}\n{run}");
    assert!(dry["seconds"].as_f64().is_some_and(|seconds| seconds > 1.0), "{dry}");
    let again = world.sync().expect(0).last();
    assert_eq!(writes(&again), 0, "{again}");
    // Applied twice, it finds everything done.
    let twice = apply(&world).expect(0).last();
    assert_eq!(writes(&twice), 0, "{twice}");
}

/// The Sales Order that was made for this order.
fn sales_order(world: &World, order: &str) -> Value {
    let ours = |document: &Value| text(document, "custom_vtiger_id").starts_with(&format!("{order}/"));
    world.site().documents("Sales Order").into_iter().find(ours).unwrap()
}

#[test]
fn what_moved_since_is_refused_and_the_rest_is_done() {
    let world = Wish::orders(14).start();
    world.sync().expect(0);
    let orders: Vec<String> = world.selected().iter().map(|(_, order)| (*order).to_owned()).collect();
    let number = |order: &str| text(&sales_order(&world, order), "custom_subscriber_id").to_owned();
    for (index, order) in orders.iter().take(4).enumerate() {
        world.edit(order, SUBSCRIBER, &format!("NEW{index}"));
    }
    let before: Vec<String> = orders.iter().map(|order| number(order)).collect();
    let dry = plan(&world).last();
    assert_eq!((count(&dry, "updated"), &dry["requests"]["frappe"]["write"]), (4, &json!(4)), "{dry}");
    // Since then: somebody edits one in VTiger, somebody the other in Frappe, and a third record that no plan was about.
    world.edit(&orders[0], SUBSCRIBER, "NEWER");
    let name = text(&sales_order(&world, &orders[1]), "name").to_owned();
    world.edit_document("Sales Order", &name, &json!({"custom_subscriber_id": "FRAPPE"}));
    world.edit(&orders[4], SUBSCRIBER, "NOT PLANNED");
    let ended = apply(&world);
    let run = ended.expect(1).last();
    assert_balanced(&run);
    assert_eq!(run["status"], "Partial Success");
    assert_eq!((count(&run, "updated"), count(&run, "failed")), (2, 2), "{run}");
    assert_eq!(writes(&run), 2, "{run}");
    let after: Vec<String> = orders.iter().map(|order| number(order)).collect();
    assert_eq!(after[..4], [before[0].clone(), "FRAPPE".to_owned(), "NEW2".to_owned(), "NEW3".to_owned()]);
    assert_eq!(after[4], before[4], "what was not in the plan is not done");
    let troubles = world.run(&["log", "--troubles"]).expect(0).stdout.clone();
    assert!(troubles.contains("plan.moved") && troubles.contains("sync --dry-run --plan FILE"), "{troubles}");
    // The next ordinary run takes up what was left.
    let run = world.sync().expect(1).last();
    assert_eq!((count(&run, "updated"), count(&run, "conflicted")), (2, 1), "{run}");
    assert_eq!(number(&orders[4]), "NOT PLANNED");
}

#[test]
fn an_edit_of_something_else_does_not_spoil_a_plan() {
    let world = Wish::orders(8).start();
    world.sync().expect(0);
    let order = world.selected()[0].1.to_owned();
    world.edit(&order, SUBSCRIBER, "NEW");
    plan(&world);
    // Nothing that the mapping knows of.
    let name = text(&sales_order(&world, &order), "name").to_owned();
    world.edit_document("Sales Order", &name, &json!({"po_no": "PO-7"}));
    let run = apply(&world).expect(0).last();
    assert_eq!((count(&run, "updated"), writes(&run)), (1, 1), "{run}");
    assert_eq!(text(&sales_order(&world, &order), "custom_subscriber_id"), "NEW");
}

#[test]
fn a_plan_shows_before_and_after_and_what_it_costs() {
    let world = Wish::orders(8).start();
    world.sync().expect(0);
    let (policy, order) = world.selected()[0];
    world.edit(order, SUBSCRIBER, "NEW");
    let shown = world.run(&["sync", "--dry-run", "--plan", "plan.json"]).expect(0).stdout.clone();
    for part in [
        format!("custom_subscriber_id: {:?} -> \"NEW\"", policy.subscriber_id),
        "Doing it takes about ".to_owned(),
        " and 1 write, up to 4 at a time".to_owned(),
        "The plan is in plan.json (1 units). To do exactly that: company-sync sync --apply plan.json"
            .to_owned(),
    ] {
        assert!(shown.contains(&part), "{part:?} is not in\n{shown}");
    }
    let done = world.run(&["sync", "--apply", "plan.json"]);
    assert!(done.expect(0).stdout.contains("updated 1"), "{done:?}");
}

#[test]
fn a_plan_that_cannot_be_used_is_refused_as_a_whole() {
    let world = Wish::orders(8).start();
    plan(&world);
    let path = world.folder().join("plan.json");
    let whole = std::fs::read_to_string(&path).unwrap();
    let refused = |text: &str, code: &str, place: &str| {
        std::fs::write(&path, text).unwrap();
        let ended = world.run(&["sync", "--apply", "plan.json"]);
        ended.expect(2).complains(&format!("[{code}]")).complains(place).complains("what to do: ");
    };
    let lines: Vec<&str> = whole.lines().collect();
    refused(&lines[..3].join("\n"), "plan.damaged", "plan.json:3:");
    let spoilt = lines[2].trim_end_matches(',').replacen("\"subject\"", "\"subjekt\"", 1);
    refused(&[lines[0], lines[1], &spoilt, "]}"].join("\n"), "plan.damaged", "plan.json:3:");
    // One letter of what one record is to get: nothing of the whole plan is done.
    let number = &world.selected()[0].0.subscriber_id;
    let altered = whole.replacen(number.as_str(), "OTHER-1", 1);
    assert_ne!(altered, whole);
    refused(&altered, "plan.altered", "checksum");
    let shorter: Vec<&str> =
        lines.iter().enumerate().filter(|(at, _)| *at != 1).map(|(_, line)| *line).collect();
    refused(&shorter.join("\n"), "plan.altered", "changed after it was made");
    refused("Dear all,\n", "plan.foreign", "plan.json:1: this is not a plan");
    refused("{\"rows\": []}", "plan.foreign", "plan.json:1: this is not a plan");
    refused(
        &whole.replacen("\"company_sync_plan\":3", "\"company_sync_plan\":9", 1),
        "plan.format",
        "format 9",
    );
    std::fs::write(&path, &whole).unwrap();
    let mut other = world.command(&["sync", "--apply", "plan.json", "--json"]);
    other.env("COMPANY_SYNC_MAPPING_POLICY_DELIVERY_DATE", "2027-01-31");
    let ended = Ended::of(other.output().unwrap());
    assert_eq!(ended.expect(2).last()["error"]["code"], "plan.redefined");
    world.run(&["sync", "--apply", "none.json"]).expect(2).complains("[plan.io]");
    world.run(&["sync", "--apply", "plan.json", "--full"]).expect(2);
    world.run(&["sync", "--plan", "plan.json"]).expect(2).complains("--dry-run");
    let two = ["sync", "--dry-run", "--plan", "two.json", "--mapping", "policy", "--mapping", "crm"];
    world.run(&two).expect(2).complains("[plan.several_mappings]");
    assert_eq!(world.requests().1.write, 0, "nothing was written by any of these");
    assert!(!world.folder().join("plan.json.unfinished").exists());
    apply(&world).expect(0);
}
