//! One document that Frappe refuses: its unit says so and what to do, everything else is done, and the next run finishes
//! what was missing once it is mended.

use std::collections::BTreeSet;

use crate::picture::{Picture, assert_same, picture};
use crate::world::{Wish, World, assert_balanced, count, writes};

const ORDERS: usize = 20;

/// An order that has an address.
fn victim(world: &World) -> (String, String) {
    let (policy, order) = world.selected().into_iter().find(|(policy, _)| policy.address.is_some()).unwrap();
    (order.to_owned(), policy.address.as_ref().unwrap().city.clone())
}

/// What is in a picture and not in another.
fn missing<'p>(seen: &Picture, wanted: &'p Picture) -> BTreeSet<&'p str> {
    wanted.keys().filter(|key| !seen.contains_key(*key)).map(String::as_str).collect()
}

#[test]
fn a_refused_address_is_reported_and_finished_when_it_is_mended() {
    let whole = Wish::orders(ORDERS).start();
    whole.sync().expect(0);
    let wanted = picture(&whole.site());

    let world = Wish::orders(ORDERS).start();
    let (order, city) = victim(&world);
    // Frappe wants a city in every address.
    world.edit(&order, "cf_2739", "");
    let run = world.sync();
    run.expect(1);
    let last = run.last();
    assert_balanced(&last);
    assert_eq!(last["status"], "Partial Success");
    assert_eq!(count(&last, "failed"), 1, "{last}");
    assert_eq!(count(&last, "created"), world.selected().len() as u64 - 1, "{last}");

    let seen = picture(&world.site());
    let lacking = missing(&seen, &wanted);
    assert_eq!(lacking.len(), 1, "all but the one address is there: {lacking:#?}");
    assert!(lacking.iter().all(|identity| identity.starts_with("Address: ")), "{lacking:#?}");

    let reported = world.run(&["log", "--troubles", "--json"]).objects();
    assert_eq!(reported.len(), 1, "{reported:#?}");
    let failure = &reported[0]["failures"][0];
    assert!(reported[0]["record"].to_string().contains(&order), "{reported:#?}");
    assert_eq!(failure["place"], "home", "{failure:#}");
    for part in ["code", "cause", "remedy"] {
        assert!(failure[part].as_str().is_some_and(|text| !text.is_empty()), "no {part} in {failure:#}");
    }
    assert_eq!(failure["code"], "frappe.mandatory");
    assert!(failure["cause"].as_str().unwrap().contains("City"), "{failure:#}");
    assert!(failure["remedy"].as_str().unwrap().contains("city"), "{failure:#}");

    // Nothing changed: it fails again, and nothing is written twice.
    let again = world.sync();
    again.expect(1);
    assert_same(&picture(&world.site()), &seen);

    world.edit(&order, "cf_2739", &city);
    let before = world.requests().1.write;
    let mended = world.sync().expect(0).last();
    assert_balanced(&mended);
    assert_eq!(mended["status"], "Success");
    assert_same(&picture(&world.site()), &wanted);
    assert_eq!(
        world.requests().1.write - before,
        2,
        "the address, and the customer that points back at it: {mended}"
    );
    assert_eq!(world.run(&["log", "--troubles"]).stdout.trim(), "Nothing waits for anybody.");
    assert_eq!(writes(&world.run(&["sync", "--full", "--json"]).expect(0).last()), 0);
}

#[test]
fn people_read_what_was_refused_why_and_what_to_do() {
    let world = Wish::orders(ORDERS).start();
    let (order, _) = victim(&world);
    world.edit(&order, "cf_2739", "");
    let run = world.run(&["sync"]);
    run.expect(1);
    for part in ["Partial Success", "failed 1", &order, "home", "city", "what to do:"] {
        assert!(run.stdout.contains(part), "{part:?} is not in\n{}", run.stdout);
    }
}
