//! A mapping made from nothing: VTiger's Leads to Frappe's Lead, on the pages alone, and run.

use serde_json::json;

use super::desk::{MANAGER, Service};
use super::viewer::Browser;
use crate::world::Wish;

#[test]
fn leads_are_mapped_from_nothing_and_run() {
    let Some(browser) = Browser::start("mapping") else { return };
    let world = Wish::orders(2).start();
    let service = Service::of(&world, "mapping", &[MANAGER]);
    let viewer = browser.viewer();
    service.log_in(&viewer, MANAGER);

    viewer.press_in("nav", "Mappings");
    viewer.press("New mapping");
    viewer.eval::<()>("document.querySelector('[name=module][value=Leads]').click()", &[]);
    viewer.eval::<()>("document.querySelector('[name=doctype][value=Lead]').click()", &[]);
    viewer.press("Begin");
    viewer.see("h1", "leads");
    viewer.see("table.suggestions", "Last Name");
    viewer.see(".bench-state", "not published yet");
    // Only what values speak for is ticked from the beginning, and this world has few: a person ticks these.
    let tick = "for (const row of document.querySelectorAll('table.suggestions tbody tr')) { \
                const box = row.querySelector('[name=pick]'); \
                const wanted = ['first_name', 'last_name', 'email_id', 'city'].some(f => row.innerText.includes(f)); \
                if (box.checked !== wanted) box.click(); }";
    viewer.eval::<()>(tick, &[]);
    viewer.press("Accept the chosen ones");
    viewer.see("[role=status]", "The suggestions are pairs in the draft.");
    for field in ["first_name", "last_name", "email_id", "city"] {
        viewer.see("ul.pairs", field);
    }

    viewer.press_in(".tabs", "Documents");
    viewer.choose("Email (email_id), key 1", "equal");
    viewer.press_in("form[action$='documents/save']", "Save the draft");
    viewer.see("[role=status]", "The draft is saved.");
    viewer.press_in(".bench-state", "Publish");
    viewer.fill("What this version is about", "Leads of the web page");
    viewer.press_in("form[action$='/publish']", "Publish");
    viewer.see("[role=status]", "It is published.");
    viewer.see("table tbody", "Leads of the web page");
    assert_eq!(world.site().documents("Lead").len(), 0, "publishing alone writes nothing");

    viewer.open(&service.at("/sync/leads"));
    viewer.press("Run now");
    viewer.see_exactly("#history tbody tr:first-child .pill", "Success");
    viewer.press_in("#history tbody", &viewer.read("#history tbody tr:first-child a")[0]);
    viewer.see("dl.facts", "version 1");
    let leads = world.site().documents("Lead");
    assert_eq!(leads.len(), 24);
    assert!(
        leads.iter().all(|lead| lead["last_name"] != json!(null) && lead["custom_vtiger_id"] != json!(""))
    );
}
