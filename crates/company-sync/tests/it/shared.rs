//! Two policies of one person share the person's documents. What one of them says anew must not be forced on the other,
//! and the two must never take turns writing.

use serde_json::Value;

use crate::picture::{duplicates, text};
use crate::world::{Ended, Wish, World, assert_balanced, count, writes};

const FIRST: &str = "cf_2293";
const LAST: &str = "cf_2297";
const BORN: &str = "cf_2299";
const GENDER: &str = "cf_2303";

/// Two selected orders of one person.
fn pair(world: &World) -> (String, String) {
    let selected = world.selected();
    let twin = selected.iter().enumerate().find_map(|(index, (policy, order))| {
        let rest = selected.get(index + 1..)?;
        let other = rest.iter().find(|(other, _)| {
            (&other.owner.first, &other.owner.last, &other.owner.born)
                == (&policy.owner.first, &policy.owner.last, &policy.owner.born)
        })?;
        Some(((*order).to_owned(), other.1.to_owned()))
    });
    twin.expect("the agency has a person with two policies")
}

/// The Contact that is the main one of the customer on this order.
fn owner_of(world: &World, order: &str) -> Value {
    let site = world.site();
    let find = |doctype: &str, key: &str| {
        site.documents(doctype).into_iter().find(|document| text(document, "name") == key).unwrap()
    };
    let orders = site.documents("Sales Order");
    let order = orders
        .iter()
        .find(|document| text(document, "custom_vtiger_id").starts_with(&format!("{order}/")))
        .unwrap();
    let customer = find("Customer", text(order, "customer"));
    find("Contact", text(&customer, "customer_primary_contact"))
}

fn quiet_after(world: &World) {
    world.sync();
    for _ in 0..2 {
        let ended = world.run(&["sync", "--full", "--json"]);
        let run = ended.last();
        assert_balanced(&run);
        assert_eq!(writes(&run), 0, "{run}");
    }
    assert_eq!(duplicates(&world.site()), Vec::<String>::new());
}

#[test]
fn another_person_on_one_order_leaves_the_other_order_its_own() {
    let world = Wish::orders(60).start();
    world.sync();
    let (one, other) = pair(&world);
    let before = owner_of(&world, &other);
    for (field, value) in [(FIRST, "Zacarías"), (LAST, "Otro"), (BORN, "1970-01-01")] {
        world.edit(&one, field, value);
    }
    quiet_after(&world);
    assert_eq!(text(&owner_of(&world, &one), "last_name"), "Otro");
    assert_eq!(text(&owner_of(&world, &other), "name"), text(&before, "name"));
    assert_eq!(text(&owner_of(&world, &other), "last_name"), text(&before, "last_name"));
}

#[test]
fn a_name_corrected_on_one_of_two_orders_does_not_go_back_and_forth() {
    let world = Wish::orders(60).start();
    world.sync();
    let (one, other) = pair(&world);
    let before = owner_of(&world, &other);
    world.edit(&one, LAST, "Gómez Nueva");
    quiet_after(&world);
    assert_eq!(text(&owner_of(&world, &one), "last_name"), "Gómez Nueva");
    assert_eq!(text(&owner_of(&world, &other), "last_name"), text(&before, "last_name"));
}

#[test]
fn what_one_order_kept_another_from_saying_is_said_when_it_leaves_their_document() {
    let world = Wish::orders(60).start();
    let (one, other) = pair(&world);
    let born = world.selected().iter().find(|(_, order)| *order == other).unwrap().0.owner.gender.clone();
    let gender = if born == "Male" { "Female" } else { "Male" };
    world.edit(&other, GENDER, gender);
    assert_eq!(count(&world.sync().expect(1).last(), "conflicted"), 1);
    let open = || world.run(&["conflicts", "list", "--json"]).expect(0).objects();
    let waiting = open().pop().unwrap();
    assert_eq!(waiting["code"], "conflict.shared", "{waiting}");
    let (waits, leaves) = if waiting["record"]["id"] == *other { (&other, &one) } else { (&one, &other) };
    let shared = owner_of(&world, leaves);
    assert_eq!(text(&owner_of(&world, waits), "name"), text(&shared, "name"));

    for (field, value) in [(FIRST, "Zacarías"), (LAST, "Otro"), (BORN, "1970-01-01")] {
        world.edit(leaves, field, value);
    }
    world.sync();
    world.sync();
    assert_eq!(open(), Vec::<Value>::new(), "nobody had to ask for a run over everything");
    let after = owner_of(&world, waits);
    assert_eq!(text(&after, "name"), text(&shared, "name"));
    assert_ne!(text(&after, "gender"), text(&shared, "gender"), "what it waited to say");
    quiet_after(&world);
}

#[test]
fn a_name_corrected_on_a_person_s_only_order_corrects_the_documents_that_are_there() {
    let world = Wish::orders(20).start();
    world.sync();
    let one = single(&world);
    let before = owner_of(&world, &one);
    world.edit(&one, LAST, "Corregida");
    quiet_after(&world);
    let after = owner_of(&world, &one);
    assert_eq!(text(&after, "name"), text(&before, "name"));
    assert_eq!(text(&after, "last_name"), "Corregida");
}

/// An order of a person who has no other.
fn single(world: &World) -> String {
    let selected = world.selected();
    let alone = selected.iter().find(|(policy, _)| {
        selected.iter().filter(|(other, _)| other.owner.last == policy.owner.last).count() == 1
    });
    alone.unwrap().1.to_owned()
}

#[test]
fn a_last_name_that_is_cleared_shortens_no_customer() {
    let world = Wish::orders(20).start();
    world.sync();
    let one = single(&world);
    world.edit(&one, LAST, "");
    let run = world.sync().last();
    assert_eq!(writes(&run), 0, "{run}");
}

#[test]
fn a_setting_that_changes_looks_at_every_order_again() {
    let world = Wish::orders(20).start();
    let late = world
        .command(&["sync", "--json"])
        .env("COMPANY_SYNC_MAPPING_POLICY_SALES_FROM", "2030-01-01")
        .output();
    let skipped = Ended::of(late.unwrap()).expect(0).last();
    assert_eq!(count(&skipped, "skipped"), 20, "{skipped}");
    let run = world.sync().last();
    assert_eq!(count(&run, "read"), 20, "{run}");
    assert!(count(&run, "created") > 10, "{run}");
}
