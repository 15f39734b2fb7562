//! A unit that failed: seen with its cause and what to do, tried again, and gone once it was mended.

use super::desk::{MANAGER, Service};
use super::viewer::Browser;
use crate::world::{Wish, World};

/// The city of an address that has a street and more: without it Frappe takes no Address.
const CITY: &str = "cf_2739";

/// An order that has an address, and its city.
fn addressed(world: &World) -> (String, String) {
    let (_, order) = world.selected().into_iter().find(|(policy, _)| policy.address.is_some()).unwrap();
    (order.to_owned(), world.record(order).text(CITY).to_owned())
}

#[test]
fn a_failed_unit_is_explained_and_tried_again_until_it_succeeds() {
    let Some(browser) = Browser::start("retry") else { return };
    let world = Wish::orders(8).start();
    let (order, city) = addressed(&world);
    world.edit(&order, CITY, "");
    let service = Service::of(&world, "retry", &[MANAGER]);
    let viewer = browser.viewer();
    service.log_in(&viewer, MANAGER);

    viewer.press_in("nav", "VTiger Sync");
    viewer.press("Run now");
    viewer.mark();
    viewer.see("#history .pill", "Partial Success");
    assert!(viewer.is_marked(), "the page says by itself that the run is over");
    viewer.press_in("nav", "Errors");
    let table = "table tbody tr";
    viewer.see(table, &order);
    viewer.see(".causes", "What to do:");
    assert_eq!(viewer.read(table).len(), 1);
    viewer.press_in(table, &viewer.read("table tbody a")[0]);
    viewer.see("main", "Frappe requires a field that is empty.");
    viewer.see("main", "Somebody has to mend something first.");

    // What nobody mended fails again.
    let (unit, last_run) = (service.at(&viewer.path()), viewer.read("dl.facts a.mono"));
    viewer.press_in(".page-actions", "Retry");
    viewer.see("[role=status]", "Due again. A run takes them up now.");
    viewer.until("it fails in another run", |viewer| {
        viewer.open(&unit);
        viewer.read("dl.facts a.mono") != last_run
    });
    viewer.see("main", "Frappe requires a field that is empty.");
    viewer.open(&service.at("/errors"));
    world.edit(&order, CITY, &city);
    viewer.press("Retry all of this cause");
    viewer.see("[role=status]", "Due again. A run takes them up now.");
    viewer.until("nothing failed", |viewer| {
        viewer.open(&service.at("/errors"));
        viewer.see("h1", "Errors");
        viewer.sees(".empty", "Nothing has failed.")
    });
    let made = world.site().documents("Address");
    assert!(made.iter().any(|address| address["city"] == city.as_str()), "{city}");
}
