//! A conflict: seen with both values, decided, carried out by the next run.

use super::viewer::Browser;
use crate::conflicts::{disputed, said};
use crate::service::{MANAGER, Service};

#[test]
fn a_conflict_is_decided_and_carried_out() {
    let Some(browser) = Browser::start("conflict") else { return };
    let (world, orders) = disputed(1);
    assert_eq!(said(&world, &orders[0]), ("V0".to_owned(), "F0".to_owned()));
    let service = Service::of(&world, "conflict", &[MANAGER]);
    let viewer = browser.viewer();
    service.log_in(&viewer, MANAGER);

    viewer.see(".tile.warn", "1");
    viewer.press_in("nav", "Conflicts");
    viewer.see("[aria-current=page]", "To decide (1)");
    let row = viewer.read("table tbody tr").remove(0);
    assert!(row.contains("V0") && row.contains("F0"), "{row}");
    viewer.press_in("table tbody", &viewer.read("table tbody a")[0]);
    viewer.see(".side-value", "V0");
    viewer.see(".side-value", "F0");
    viewer.see(".side-value.base", "Agreed before");
    // Nothing chosen is nothing decided.
    viewer.press("Save decisions");
    viewer.see("[role=alert]", "Choose what stands for at least one of them.");
    viewer.tick("Frappe’s value");
    viewer.press("Save decisions");
    viewer.see("[role=status]", "Noted. The next run carries it out.");
    viewer.see("[aria-current=page]", "To decide (0)");
    assert_eq!(said(&world, &orders[0]).0, "V0", "a decision alone writes nothing");

    viewer.press("Decided");
    viewer.press("Run it now");
    viewer.press("Run now");
    viewer.see("h1", "policy");
    viewer.see_exactly("#history tbody tr:first-child .pill", "Success");
    assert_eq!(said(&world, &orders[0]), ("F0".to_owned(), "F0".to_owned()));
    viewer.press_in("nav", "Conflicts");
    viewer.press("Carried out");
    viewer.see("table tbody", "Frappe is right");
}
