//! Card numbers and verification codes are in VTiger and nowhere else: not in the store, the log, the output or Frappe.

use std::fmt::Write as _;
use std::path::Path;

use cs_sandbox::agency::Agency;

use crate::picture::{KINDS, duplicates};
use crate::world::{Wish, World};

/// Everything of the cards that must not be found: the secrets as they stand in VTiger, and other ways to write the
/// numbers down.
fn secrets(agency: &Agency) -> Vec<String> {
    let mut secrets = agency.secrets();
    for policy in &agency.policies {
        let Some(card) = &policy.card else { continue };
        let digits = card.number.replace(' ', "");
        // All but the last four are enough.
        secrets.push(digits[..12].to_owned());
        let groups: Vec<&str> = (0..4).map(|group| &digits[group * 4..group * 4 + 4]).collect();
        secrets.push(groups.join("-"));
        secrets.push(groups.join(" "));
        secrets.push(groups.join("%20"));
        secrets.push(groups.join("+"));
    }
    secrets
}

/// The secrets in these bytes.
fn found_in(bytes: &[u8], secrets: &[String]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    secrets.iter().filter(|secret| text.contains(secret.as_str())).cloned().collect()
}

#[track_caller]
fn assert_clean(what: &str, bytes: &[u8], secrets: &[String]) {
    assert!(!bytes.is_empty(), "{what} is empty: there is nothing to find in it");
    assert_eq!(found_in(bytes, secrets), Vec::<String>::new(), "in {what}");
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| (path.display().to_string(), std::fs::read(&path).unwrap())).collect()
}

/// Everything that VTiger keeps.
fn everything_in_vtiger(world: &World) -> String {
    let system = world.system();
    let values = system.records().values().flat_map(|record| record.values.values().flatten().cloned());
    values.collect::<Vec<_>>().join("\n")
}

fn everything_in_frappe(world: &World) -> String {
    let site = world.site();
    let mut all = String::new();
    for kind in KINDS {
        for document in site.documents(kind) {
            writeln!(all, "{document}").unwrap();
        }
    }
    all
}

/// What a run says when it is asked to say everything.
fn assert_talks_clean(world: &World, arguments: &[&str], secrets: &[String]) {
    let ended = world.command(arguments).env("RUST_LOG", "trace").output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
    assert_clean(&format!("the output of {arguments:?}"), &ended.stdout, secrets);
    assert_eq!(found_in(&ended.stderr, secrets), Vec::<String>::new(), "in the log of {arguments:?}");
    if arguments.contains(&"sync") {
        assert!(ended.stderr.len() > 20_000, "RUST_LOG=trace makes it say a lot: {}", ended.stderr.len());
    }
}

#[test]
fn nothing_of_a_card_but_its_last_four_leaves_the_connector() {
    // Lost answers and refused requests make the program say more than it otherwise would.
    let world = Wish::orders(40).start_with("[[fault]]\nevery = 9\nkind = \"error_after\"\n");
    let secrets = secrets(&world.agency);
    let there = found_in(everything_in_vtiger(&world).as_bytes(), &world.agency.secrets());
    assert!(
        there.len() > 40,
        "the secrets are in VTiger, or looking for them proves nothing: {}",
        there.len()
    );
    for arguments in [
        &["sync", "--dry-run", "--json"][..],
        &["sync", "--dry-run"],
        &["check"],
        &["sync"],
        &["sync", "--full", "--json"],
        &["runs"],
        &["runs", "--json"],
        &["log", "-n", "100000"],
        &["log", "-n", "100000", "--json"],
        &["mapping", "show"],
        &["config", "show"],
    ] {
        assert_talks_clean(&world, arguments, &secrets);
    }
    for (name, bytes) in files(&world.data_dir()) {
        if !bytes.is_empty() {
            assert_clean(&name, &bytes, &secrets);
        }
    }
    let frappe = everything_in_frappe(&world);
    assert_clean("Frappe", frappe.as_bytes(), &secrets);
    let cards = world.selected().into_iter().filter_map(|(policy, _)| policy.card.as_ref());
    for card in cards {
        assert!(
            frappe.contains(&format!("\"last_four\":\"{}\"", card.last_four())),
            "the last four are there"
        );
    }
    assert_eq!(duplicates(&world.site()), Vec::<String>::new());
}

#[test]
fn a_store_of_a_run_that_was_cut_off_holds_none_either() {
    let world = Wish::orders(40).start();
    let secrets = secrets(&world.agency);
    let mut run = world.begin_sync();
    while world.requests().1.write < 150 {
        assert!(run.try_wait().unwrap().is_none(), "the run ended too early");
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    run.kill().unwrap();
    run.wait().unwrap();
    let files = files(&world.data_dir());
    assert!(
        files.iter().any(|(name, bytes)| name.ends_with("-wal") && bytes.len() > 10_000),
        "the write-ahead log is still there: {:?}",
        files.iter().map(|(name, bytes)| (name, bytes.len())).collect::<Vec<_>>()
    );
    for (name, bytes) in files.iter().filter(|(_, bytes)| !bytes.is_empty()) {
        assert_clean(name, bytes, &secrets);
    }
}
