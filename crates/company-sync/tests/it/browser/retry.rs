//! A unit that failed: seen with its cause and what to do, tried again, and gone once it was mended.

use super::viewer::{Browser, Viewer};
use crate::service::{MANAGER, Service};
use crate::world::{Wish, World};

/// The city of an address that has a street and more: without it Frappe takes no Address.
const CITY: &str = "cf_2739";

/// How a run ends that left something undone.
const PARTIAL: i32 = 1;

/// How often a unit fails before it waits for a person (`cs_engine::RetryPolicy`).
const TRIES: usize = 12;

/// Two orders that have an address, and its city.
fn addressed(world: &World) -> [(String, String); 2] {
    let addressed = world.selected().into_iter().filter(|(policy, _)| policy.address.is_some());
    let mut named = addressed.map(|(_, order)| (order.to_owned(), world.record(order).text(CITY).to_owned()));
    [named.next().unwrap(), named.next().unwrap()]
}

/// The run that went through the unit of this page last.
fn last_run(viewer: &Viewer, unit: &str) -> Vec<String> {
    viewer.open(unit);
    viewer.read("dl.facts a.mono")
}

#[test]
fn a_failed_unit_is_explained_and_tried_again_until_it_succeeds() {
    let Some(browser) = Browser::start("retry") else { return };
    let world = Wish::orders(12).start();
    let orders = addressed(&world);
    for (order, _) in &orders {
        world.edit(order, CITY, "");
    }
    let service = Service::of(&world, "retry", &[MANAGER]);
    let viewer = browser.viewer();
    service.log_in(&viewer, MANAGER);

    viewer.press_in("nav", "VTiger Sync");
    viewer.press("Run now");
    viewer.see("[role=status]", "It will begin in a moment.");
    viewer.mark();
    viewer.see("#history .pill", "Partial Success");
    assert!(viewer.is_marked(), "the page says by itself that the run is over");
    viewer.press_in("nav", "Errors");
    let table = "table tbody tr";
    for (order, _) in &orders {
        viewer.see(table, order);
    }
    viewer.see(".causes", "What to do:");
    assert_eq!(viewer.read(table).len(), 2);
    let links = "return all('table tbody a').map(a => a.href).filter(href => href.includes('/errors/unit'))";
    let units: Vec<String> = viewer.eval(links, &[]);
    let [one, other] = units.as_slice() else { panic!("two units: {units:?}") };
    viewer.open(one);
    viewer.see("main", "Frappe requires a field that is empty.");
    viewer.see("main", "Somebody has to mend something first.");

    // Until no run takes them up by itself any more: now only Retry does.
    for _ in 1..TRIES {
        world.sync().expect(PARTIAL);
    }
    let (run_of_one, run_of_other) = (last_run(&viewer, one), last_run(&viewer, other));
    viewer.see("dl.facts", "Waits for a person");
    world.sync().expect(0);
    assert_eq!(last_run(&viewer, other), run_of_other, "no run takes up what waits for a person");

    // What nobody mended fails again, and only what was meant is tried.
    viewer.open(one);
    viewer.press_in(".page-actions", "Retry");
    viewer.see("[role=status]", "Due again. A run takes them up now.");
    viewer.until("it fails in another run", |viewer| last_run(viewer, one) != run_of_one);
    viewer.see("main", "Frappe requires a field that is empty.");
    assert_eq!(last_run(&viewer, other), run_of_other, "nobody wanted the other one tried");
    viewer.open(&service.at("/errors"));
    viewer.press("Retry all of this cause");
    viewer.see("[role=status]", "Due again. A run takes them up now.");
    viewer.until("the other one fails in another run", |viewer| last_run(viewer, other) != run_of_other);

    viewer.open(&service.at("/errors"));
    for (order, city) in &orders {
        world.edit(order, CITY, city);
    }
    viewer.press("Retry all of this cause");
    viewer.see("[role=status]", "Due again. A run takes them up now.");
    viewer.until("nothing failed", |viewer| {
        viewer.open(&service.at("/errors"));
        viewer.see("h1", "Errors");
        viewer.sees(".empty", "Nothing has failed.")
    });
    let made = world.site().documents("Address");
    for (_, city) in &orders {
        assert!(made.iter().any(|address| address["city"] == city.as_str()), "{city}");
    }
}
