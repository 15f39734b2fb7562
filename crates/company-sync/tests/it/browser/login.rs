//! Who is not let in, and who may only look.

use serde_json::json;

use super::viewer::Browser;
use crate::service::{MANAGER, READER, Service};
use crate::world::Wish;

#[test]
fn a_wrong_password_is_refused_and_whoever_only_looks_changes_nothing() {
    let Some(browser) = Browser::start("login") else { return };
    let world = Wish::orders(3).start();
    let service = Service::of(&world, "login", &[MANAGER, READER]);
    let viewer = browser.viewer();

    viewer.open(&service.at("/conflicts"));
    viewer.see("h1", "Company Sync");
    viewer.fill("E-mail", READER.address);
    viewer.fill("Password", "not the password");
    viewer.press("Log in");
    viewer.see("[role=alert]", "E-mail or password is wrong.");
    assert!(viewer.path().starts_with("/login"), "{}", viewer.path());

    service.log_in(&viewer, READER);
    // What may not be done is not offered...
    let offered = viewer.read("button, a");
    for not_offered in ["New report", "Run a sync", "Settings", "Users"] {
        assert!(!offered.contains(&not_offered.to_owned()), "{not_offered} in {offered:?}");
    }
    viewer.press("VTiger Sync");
    viewer.see("h1", "VTiger Sync");
    assert!(!viewer.sees("button", "Run now"));
    viewer.press("Company Sync Scheduler");
    viewer.see(".tabs", "Findings");
    assert!(!viewer.sees("a, button", "New sync") && !viewer.sees("button", "Start Sync"));
    // ... and refused at the door, to whoever knows the address.
    viewer.open(&service.at("/scheduler/new"));
    viewer.see("code", "web.may_not");
    viewer.open(&service.at("/sync/policy"));
    let sent = "const token = document.querySelector('script[data-csrf]').dataset.csrf;
        const body = new URLSearchParams({ _csrf: token });
        const request = new XMLHttpRequest();
        request.open('POST', arguments[0], false);
        request.send(body);
        return request.status;";
    for door in ["/sync/policy/run", "/scheduler/findings/review", "/conflicts", "/errors/retry"] {
        assert_eq!(viewer.eval::<u16>(sent, &[json!(door)]), 403, "{door}");
    }
    assert_eq!(world.requests().1.write, 0);
}
