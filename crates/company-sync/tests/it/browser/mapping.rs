//! A mapping made from nothing: VTiger's Leads to Frappe's Lead, on the pages alone, and run.

use serde_json::json;

use super::viewer::{Browser, Viewer};
use crate::service::{MANAGER, Service};
use crate::world::{Wish, World};

/// Clicks from the workspace to the published mapping, six of them ticks of suggestions; and to a run of it.
const MADE: u32 = 17;
const RUN: u32 = 2;

#[test]
fn leads_are_mapped_from_nothing_and_run() {
    let Some(browser) = Browser::start("mapping") else { return };
    let world = Wish::orders(2).start();
    let service = Service::of(&world, "mapping", &[MANAGER]);
    let viewer = browser.viewer();
    service.log_in(&viewer, MANAGER);

    let before = viewer.clicks();

    viewer.press_in("nav", "Mappings");
    viewer.see("h1", "Mappings");
    viewer.picture("mappings");
    viewer.press("New mapping");
    viewer.click("[name=module][value=Leads]");
    viewer.click("[name=doctype][value=Lead]");
    viewer.picture("what-is-mapped");
    viewer.press("Begin");
    viewer.see("h1", "leads");
    viewer.see("table.suggestions", "Last Name");
    viewer.see(".bench-state", "not published yet");
    accept_suggestions(&viewer);

    viewer.press_in(".tabs", "Documents");
    viewer.choose("Email (email_id), key 1", "equal");
    viewer.picture("how-it-is-found");
    viewer.press_in("form[action$='documents/save']", "Save the draft");
    viewer.see("[role=status]", "The draft is saved.");
    viewer.picture("saved");
    viewer.press_in(".bench-state", "Publish");
    viewer.fill("What this version is about", "Leads of the web page");
    viewer.picture("publish");
    viewer.press_in("form[action$='/publish']", "Publish");
    viewer.see("[role=status]", "It is published.");
    viewer.see("table tbody", "Leads of the web page");
    viewer.picture("published");
    let made = viewer.clicks() - before;
    assert_eq!(world.site().documents("Lead").len(), 0, "publishing alone writes nothing");

    is_paired_with_what_is_there(&viewer, &world);
    let before = viewer.clicks();
    viewer.press_in(".bench-state", "To its runs");
    viewer.press("Run now");
    viewer.see_exactly("#history tbody tr:first-child .pill", "Success");
    viewer.picture("run");
    let run = viewer.clicks() - before;
    viewer.press_in("#history tbody", &viewer.read("#history tbody tr:first-child a")[0]);
    viewer.see("dl.facts", "version 1");
    viewer.picture("its-run");
    let leads = world.site().documents("Lead");
    assert_eq!(leads.len(), 24);
    assert!(
        leads.iter().all(|lead| lead["last_name"] != json!(null) && lead["custom_vtiger_id"] != json!(""))
    );
    println!("a mapping made from nothing and published: {made} clicks; run: {run} more");
    assert_eq!((made, run), (MADE, RUN), "whoever changes how many clicks it takes says so here");
}

/// Takes four of what is suggested.
fn accept_suggestions(viewer: &Viewer) {
    // Only what values speak for is ticked from the beginning, and this world has few: a person ticks these.
    let otherwise = "return [...document.querySelectorAll('table.suggestions tbody tr')].filter(row => \
                     ['first_name', 'last_name', 'email_id', 'city'].some(f => row.innerText.includes(f)) \
                     !== row.querySelector('[name=pick]').checked).map(row => row.querySelector('[name=pick]').value)";
    for suggestion in viewer.eval::<Vec<String>>(otherwise, &[]) {
        viewer.click(&format!("table.suggestions [name=pick][value='{suggestion}']"));
    }
    viewer.picture("suggestions");
    viewer.press("Accept the chosen ones");
    viewer.see("[role=status]", "The suggestions are pairs in the draft.");
    viewer.picture("pairs");
    for field in ["first_name", "last_name", "email_id", "city"] {
        viewer.see("ul.pairs", field);
    }
}

/// A lead that somebody typed into Frappe before is found in the background, while its page is open, and accepted: the run
/// makes no second one.
fn is_paired_with_what_is_there(viewer: &Viewer, world: &World) {
    let (name, email) = {
        let system = world.system();
        let lead = system.records().values().find(|record| record.module == "Leads").unwrap();
        let said = |column: &str| lead.values[column].clone().unwrap();
        (said("lastname"), said("email"))
    };
    let typed = world.add_document("Lead", &json!({ "last_name": name, "email_id": email }));
    viewer.press_in(".tabs", "Linking");
    viewer.see("body", "There is nothing here");
    viewer.press("Look for pairs");
    viewer.see("[role=status]", "The search begins in a moment");
    viewer.mark();
    viewer.see("table tbody", &typed);
    assert!(viewer.is_marked(), "what was found came by itself");
    viewer.see("table tbody", "same e-mail (email_id)");
    viewer.picture("pairs-found");
    viewer.click("[name=pick]");
    viewer.press("Accept");
    viewer.see(".tabs", "Accepted (1)");
    viewer.picture("pair-accepted");
}
