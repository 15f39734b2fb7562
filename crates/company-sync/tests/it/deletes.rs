//! Deletes and renames: what becomes of the other side is the mapping's policy; too many at once wait for a person; and a
//! link that went wrong is put right by command.

use std::time::Duration;

use cs_ports::{Cursor, FeedKey, LeaseAnswer};
use cs_sandbox::vtiger::System;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::picture::text;
use crate::world::{Ended, Wish, World, assert_balanced, count, writes};

/// A mapping of people whose deletes mean this.
fn people(deletes: &str, create_in_vtiger: bool) -> String {
    let create = if create_in_vtiger {
        "[unit.create_in_vtiger]\ndocument = \"person\"\nwhen = [{ field = \"last_name\", present = true }, { field = \"user\", present = false }]\n"
    } else {
        ""
    };
    format!(
        r#"format = 1
name = "people"
title = "People"
deletes = {deletes}

[[unit]]
name = "contact"
module = "Contacts"
{create}
[[unit.document]]
role = "person"
doctype = "Contact"
external_id = "custom_vtiger_id"
match = [["first_name", "last_name", "email_id"]]
[unit.document.fields]
first_name = "firstname"
last_name = "lastname"
designation = "title"
department = "department"
email_id = {{ vtiger = "email", direction = "to_vtiger", on_create = true }}
[[unit.document.row]]
table = "email_ids"
columns = {{ email_id = "email", is_primary = {{ constant = true }} }}
exclusive = ["is_primary"]
"#
    )
}

/// So many people, linked; each one's id in VTiger and name in Frappe.
fn linked(deletes: &str, create_in_vtiger: bool, number: usize) -> (World, Vec<(String, String)>) {
    let world = Wish::orders(number).start();
    std::fs::write(world.folder().join("people.toml"), people(deletes, create_in_vtiger)).unwrap();
    world.configure("[mapping.people]\nfile = \"people.toml\"\n");
    let run = sync(&world, &[]).expect(0).last();
    assert_eq!(count(&run, "created"), number as u64, "{run}");
    let pairs = links(&world);
    assert_eq!(pairs.len(), number);
    let id = |link: &Value, what: &str| link[what]["id"].as_str().unwrap().to_owned();
    let pairs = pairs.iter().map(|link| (id(link, "record"), id(link, "document"))).collect();
    (world, pairs)
}

fn sync(world: &World, flags: &[&str]) -> Ended {
    world.run(&[&["sync", "--mapping", "people", "--json"], flags].concat())
}

fn links(world: &World) -> Vec<Value> {
    world.run(&["links", "list", "--mapping", "people", "--json"]).expect(0).objects()
}

#[track_caller]
fn standing(world: &World, id: &str) -> String {
    let found = world.run(&["links", "list", id, "--mapping", "people", "--json"]).expect(0).objects();
    assert_eq!(found.len(), 1, "{found:?}");
    found[0]["standing"].as_str().unwrap().to_owned()
}

fn delete(world: &World, id: &str) {
    let mut system = world.system();
    let admin = System::users(&system)[&1].clone();
    system.delete(&admin, id, Timestamp::now()).unwrap();
}

fn delete_document(world: &World, name: &str) {
    let deleted = world
        .site()
        .transact("Administrator", Timestamp::now(), |transaction| transaction.delete("Contact", name));
    deleted.result.unwrap_or_else(|refusal| panic!("{name}: {refusal:?}"));
}

/// That nothing is written by the runs that follow.
#[track_caller]
fn assert_silence(world: &World) {
    for flags in [&[][..], &["--census"], &["--full"]] {
        let run = sync(world, flags).expect(0).last();
        assert_balanced(&run);
        assert_eq!(writes(&run), 0, "{flags:?}: {run}");
    }
}

#[test]
fn a_delete_in_vtiger_is_found_by_the_census_and_followed_as_the_mapping_says() {
    let mark = "{ mark = { field = \"department\", value = \"Gone\" } }";
    for (deletes, written, live) in
        [("\"unlink\"", 0, false), ("\"propagate\"", 1, false), (mark, 1, false), ("\"ignore\"", 0, true)]
    {
        let (world, pairs) = linked(deletes, false, 5);
        let (id, name) = &pairs[2];
        delete(&world, id);
        let unseen = sync(&world, &[]).expect(0).last();
        assert_eq!(writes(&unseen), 0, "VTiger's change feed does not tell deletes: {unseen}");
        let run = sync(&world, &["--census"]).expect(0).last();
        assert_balanced(&run);
        assert_eq!(run["requests"]["frappe"]["write"], written, "{deletes}: {run}");
        assert_eq!(run["requests"]["vtiger"]["write"], 0, "{deletes}: {run}");
        let document = world.site().document("Contact", name);
        assert_eq!(document.is_none(), deletes.contains("propagate"), "{deletes}: {document:?}");
        if deletes == mark {
            assert_eq!(text(&document.unwrap(), "department"), "Gone");
        }
        assert_eq!(standing(&world, id), if live { "live" } else { "given_up" }, "{deletes}");
        assert_silence(&world);
        let others = pairs.iter().filter(|(other, _)| other != id);
        for (other, name) in others {
            assert_eq!(standing(&world, other), "live");
            assert!(world.site().document("Contact", name).is_some());
        }
    }
}

/// A census that was broken off behind this record, however long ago.
fn break_off(world: &World, behind: &str) {
    let feed = FeedKey {
        mapping: "people".into(),
        unit: "contact".into(),
        system: cs_domain::System::Vtiger,
        kind: "(census) Contacts".to_owned(),
    };
    let broken_off = Cursor(behind.to_owned());
    world.in_store(async |store| {
        let (name, now) = (cs_engine::lease_name(&"people".into()), Timestamp::now());
        let lease = store.take_lease(&name, "broken off", now, Duration::from_secs(60)).await.unwrap();
        let LeaseAnswer::Granted(lease) = lease else { panic!("nobody runs it") };
        store.stage(&lease, &feed, &[], &broken_off).await.unwrap();
        store.release_lease(&lease).await.unwrap();
    });
}

#[test]
fn a_census_that_goes_on_counts_again_what_was_counted_before_it_was_broken_off() {
    let (world, mut pairs) = linked("\"propagate\"", false, 5);
    pairs.sort_by_key(|(id, _)| id.split_once('x').unwrap().1.parse::<u64>().unwrap());
    break_off(&world, &pairs[2].0);
    delete(&world, &pairs[0].0);
    delete(&world, &pairs[4].0);
    let run = sync(&world, &["--census"]).expect(0).last();
    assert_balanced(&run);
    assert_eq!(run["requests"]["frappe"]["write"], 2, "{run}");
    for (index, (_, name)) in pairs.iter().enumerate() {
        let there = world.site().document("Contact", name).is_some();
        assert_eq!(there, ![0, 4].contains(&index), "{name}");
    }
    assert_silence(&world);
}

#[test]
fn what_was_made_of_a_unit_that_was_never_whole_goes_with_its_record_unless_somebody_touched_it() {
    let home = r#"
[[unit.document]]
role = "home"
doctype = "Address"
exists_when = ["address_line1"]
[unit.document.fields]
address_title = { vtiger = "lastname", direction = "to_frappe" }
address_line1 = "title"
city = "department"
country = { constant = "United States" }
address_type = { constant = "Personal" }
"#;
    let world = Wish::orders(4).start();
    let mapping =
        people("\"unlink\"", false).replace("designation = \"title\"\ndepartment = \"department\"\n", "");
    std::fs::write(world.folder().join("people.toml"), mapping + home).unwrap();
    world.configure("[mapping.people]\nfile = \"people.toml\"\n");
    let contacts: Vec<String> = {
        let system = world.system();
        let contacts = system.records().values().filter(|record| record.module == "Contacts");
        contacts.map(|record| format!("12x{}", record.id)).collect()
    };
    for contact in &contacts {
        world.edit_at(Timestamp::now(), contact, &[("title", "Calle 1"), ("department", "Cali")]);
    }
    let [whole, left, touched] = [&contacts[0], &contacts[1], &contacts[2]];
    for half in [left, touched] {
        // Frappe wants a city in every address.
        world.edit_at(Timestamp::now(), half, &[("department", "")]);
    }
    let run = sync(&world, &[]);
    run.expect(1);
    assert_eq!(count(&run.last(), "failed"), 2, "{}", world.run(&["log", "--troubles"]).stdout);
    let document = |id: &str| {
        let mut found =
            world.run(&["links", "list", id, "--mapping", "people", "--json"]).expect(0).objects();
        found.retain(|link| link["role"] == "person");
        found[0]["document"]["id"].as_str().unwrap().to_owned()
    };
    let [whole_one, left_one, touched_one] = [whole, left, touched].map(|id| document(id));
    world.edit_document("Contact", &touched_one, &json!({ "department": "Ventas" }));

    for id in [whole, left, touched] {
        delete(&world, id);
    }
    let run = sync(&world, &["--census"]).last();
    assert_balanced(&run);
    assert_eq!(run["requests"]["frappe"]["write"], 1, "{run}");
    assert!(world.site().document("Contact", &left_one).is_none(), "nobody knew it");
    for kept in [&whole_one, &touched_one] {
        assert!(
            world.site().document("Contact", kept).is_some(),
            "{kept} is for the policy, which lets it go"
        );
    }
    assert_silence(&world);
}

#[test]
fn a_delete_in_frappe_is_followed_as_the_mapping_says() {
    let mark = "{ mark = { field = \"department\", value = \"Gone\" } }";
    for (deletes, written, live) in
        [("\"unlink\"", 0, false), ("\"propagate\"", 1, false), (mark, 1, false), ("\"ignore\"", 0, true)]
    {
        let (world, pairs) = linked(deletes, true, 5);
        let (id, name) = &pairs[1];
        delete_document(&world, name);
        let run = sync(&world, &[]).expect(0).last();
        assert_balanced(&run);
        assert_eq!(run["requests"]["vtiger"]["write"], written, "{deletes}: {run}");
        assert_eq!(run["requests"]["frappe"]["write"], 0, "{deletes}: {run}");
        assert_eq!(world.record(id).deleted, deletes.contains("propagate"), "{deletes}");
        if deletes == mark {
            assert_eq!(world.record(id).text("department"), "Gone");
        }
        assert_eq!(standing(&world, id), if live { "live" } else { "given_up" }, "{deletes}");
        assert_silence(&world);
        assert!(world.site().document("Contact", name).is_none(), "it is not made anew");
    }
}

#[test]
fn too_many_deletes_at_once_wait_for_approval() {
    let (world, pairs) = linked("\"propagate\"", false, 30);
    for (id, _) in &pairs[..25] {
        delete(&world, id);
    }
    let before = world.site().count("Contact");
    let ended = sync(&world, &["--census"]);
    let run = ended.expect(1).last();
    assert_balanced(&run);
    assert_eq!((&run["status"], writes(&run)), (&json!("Partial Success"), 0), "{run}");
    assert_eq!(count(&run, "failed"), 25, "{run}");
    assert_eq!(world.site().count("Contact"), before, "nothing was deleted");
    assert!(links(&world).iter().all(|link| link["standing"] == "live"), "nothing was unlinked");
    let troubles = world.run(&["log", "--troubles"]).expect(0).stdout.clone();
    let command = "company-sync sync --mapping people --approve-deletes 25";
    for part in ["delete.brake", "25 of 30 linked records", command, "and 22 more"] {
        assert_eq!(troubles.matches(part).count(), 1, "{part:?} is not told once in\n{troubles}");
    }
    // Whoever asked again without approval gets the same answer.
    let again = sync(&world, &[]).expect(1).last();
    assert_eq!((count(&again, "failed"), writes(&again)), (25, 0), "{again}");
    let too_few = sync(&world, &["--approve-deletes", "24"]).expect(1).last();
    assert_eq!(writes(&too_few), 0, "{too_few}");
    let run = sync(&world, &["--approve-deletes", "25"]).expect(0).last();
    assert_balanced(&run);
    assert_eq!(run["requests"]["frappe"]["write"], 25, "{run}");
    assert_eq!(world.site().count("Contact"), before - 25);
    let given_up = links(&world).iter().filter(|link| link["standing"] == "given_up").count();
    assert_eq!(given_up, 25);
    assert_silence(&world);
}

#[test]
fn deletes_can_be_looked_at_in_a_plan_and_approved_with_it() {
    let (world, pairs) = linked("\"propagate\"", false, 30);
    for (id, _) in &pairs[..25] {
        delete(&world, id);
    }
    let before = world.site().count("Contact");
    let dry = world.run(&["sync", "--mapping", "people", "--dry-run", "--census", "--plan", "plan.json"]);
    let shown = &dry.expect(0).stdout;
    assert_eq!(shown.matches("(deleted in VTiger)\n  delete Contact ").count(), 25, "{shown}");
    assert_eq!(world.site().count("Contact"), before, "looking deletes nothing");
    let run = world.run(&["sync", "--apply", "plan.json", "--json"]).expect(0).last();
    assert_balanced(&run);
    assert_eq!(run["requests"]["frappe"]["write"], 25, "{run}");
    assert_eq!(world.site().count("Contact"), before - 25);
    assert_silence(&world);
}

#[test]
fn a_renamed_document_keeps_its_link() {
    let (world, pairs) = linked("\"unlink\"", false, 4);
    let (id, name) = &pairs[0];
    let renamed = world.site().transact("Administrator", Timestamp::now(), |transaction| {
        transaction.rename("Contact", name, "Another name", false)
    });
    renamed.result.unwrap();
    let run = sync(&world, &[]).expect(0).last();
    assert_eq!(writes(&run), 0, "{run}");
    let link = world.run(&["links", "list", "Another name", "--mapping", "people", "--json"]);
    assert_eq!(link.expect(0).last()["record"]["id"], id.as_str());
    world.edit(id, "title", "Directora");
    let run = sync(&world, &[]).expect(0).last();
    assert_eq!(run["requests"]["frappe"]["write"], 1, "{run}");
    assert_eq!(text(&world.document("Contact", "Another name"), "designation"), "Directora");
    assert_silence(&world);
}

#[test]
fn a_link_is_given_up_put_back_and_pointed_elsewhere_by_command() {
    let (world, pairs) = linked("\"unlink\"", false, 4);
    let (id, name) = &pairs[0];
    world.run(&["links", "give-up", id, "person", "--mapping", "people"]).expect(0);
    assert_eq!(standing(&world, id), "given_up");
    world.edit(id, "title", "Directora");
    let run = sync(&world, &[]).expect(0).last();
    assert_eq!(writes(&run), 0, "what was taken apart is left alone: {run}");
    let restored = world.run(&["links", "restore", id, "person", "--mapping", "people"]);
    assert!(restored.expect(0).stdout.contains("live"), "{restored:?}");
    let run = sync(&world, &[]).expect(0).last();
    assert_eq!(run["requests"]["frappe"]["write"], 1, "{run}");
    assert_eq!(text(&world.document("Contact", name), "designation"), "Directora");
    // Another document, made by hand, that says the same.
    let person = world.document("Contact", name);
    let same = json!({"first_name": text(&person, "first_name"), "last_name": text(&person, "last_name"),
        "designation": "Directora", "email_ids": [{"email_id": text(&person, "email_id"), "is_primary": 1}]});
    let other = world.add_document("Contact", &same);
    let moved = ["links", "restore", id, "person", "--document", &other, "--mapping", "people", "--json"];
    assert_eq!(world.run(&moved).expect(0).last()["origin"], "chosen");
    sync(&world, &[]).expect(0);
    world.edit(id, "title", "Gerente");
    sync(&world, &[]).expect(0);
    assert_eq!(text(&world.document("Contact", &other), "designation"), "Gerente");
    assert_eq!(text(&world.document("Contact", name), "designation"), "Directora", "it is no longer the one");
    assert_silence(&world);
}

#[test]
fn a_link_that_makes_no_sense_is_refused() {
    let (world, pairs) = linked("\"propagate\"", true, 4);
    let ((id, _), (_, taken)) = (&pairs[0], &pairs[1]);
    let refused = |arguments: &[&str], code: &str| {
        let ended = world.run(&[&["links"], arguments, &["--mapping", "people"]].concat());
        ended.expect(2).complains(code).complains("what to do: ");
    };
    refused(&["restore", id, "person", "--document", taken], "link.taken");
    refused(&["restore", id, "person", "--document", "Nobody"], "link.missing");
    refused(&["restore", id, "owner"], "link.no_role");
    refused(&["restore", "12x999999", "person"], "link.unknown");
    refused(&["give-up", "12x999999", "person"], "link.unknown");
    // While a run is under way, nobody changes its links.
    let lease = world.in_store(async |store| {
        let term = std::time::Duration::from_secs(60);
        store.take_lease("mapping/people", "another machine", Timestamp::now(), term).await.unwrap()
    });
    let busy = world.run(&["links", "give-up", id, "person", "--mapping", "people"]);
    busy.expect(3).complains("[run.busy]").complains("another machine");
    let cs_ports::LeaseAnswer::Granted(lease) = lease else { panic!("{lease:?}") };
    world.in_store(async |store| store.release_lease(&lease).await.unwrap());
    assert!(links(&world).iter().all(|link| link["standing"] == "live"), "nothing was changed");
    assert_silence(&world);
}
