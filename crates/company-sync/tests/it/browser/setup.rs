//! The setup wizard: from nobody being known to a first sync, with the sandbox for both systems.

use super::viewer::Browser;
use crate::service::{PASSWORD, Service};

/// A smaller agency than the wizard's own, so that it is synced within seconds.
const AGENCY: &str = "[sandbox]\nvtiger_port = 0\nfrappe_port = 0\norders = 30\n";

#[test]
fn the_wizard_leads_from_nothing_to_a_first_sync() {
    let Some(browser) = Browser::start("setup") else { return };
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("company-sync.toml"), AGENCY).unwrap();
    let service = Service::unknown_to_all(folder.path(), "setup");
    let viewer = browser.viewer();

    viewer.open(&service.at("/"));
    viewer.see("h1", "Welcome to Company Sync");
    viewer.fill("Setup code", "0123456789abcdef");
    viewer.fill("Name", "Ana Prueba");
    viewer.fill("E-mail", "ana@example.test");
    viewer.fill("Password", PASSWORD);
    viewer.press("Go on");
    viewer.see(".slip", "This is not the code that the program printed.");
    viewer.fill("Setup code", service.code());
    viewer.fill("Password", PASSWORD);
    viewer.press("Go on");

    viewer.press("Try it with the sandbox");
    viewer.see("h1", "Check");
    assert_eq!(viewer.read("h2 .pill"), ["As it must be", "As it must be"]);
    viewer.see("main", "Frappe has everything it needs");
    viewer.press("Go on");
    viewer.press("Start a dry run");
    viewer.press("The dry run is ready: see what it would do.");
    viewer.press("Approve and carry out");
    viewer.agree();

    viewer.see("h1", "policy");
    viewer.see_exactly("#history .pill", "Success");
    viewer.press("Workspace");
    viewer.see("main", "The setup is not finished.");
    viewer.press_in(".notice", "Finish the setup");
    viewer.open(&service.at("/setup/run"));
    viewer.see("main table tbody", "Success");
    viewer.press("Finish the setup");
    viewer.see("[role=status]", "The setup is finished.");
    assert!(!viewer.sees("main", "The setup is not finished."));
    let now = viewer.read("[data-src='/workspace/now'] table tbody tr");
    assert!(now.iter().any(|row| row.starts_with("policy Success")), "{now:?}");
    let standing = viewer.read("table.bars tbody tr");
    assert!(
        standing.iter().any(|row| row.starts_with("policy") && !row.starts_with("policy 0")),
        "{standing:?}"
    );
}
