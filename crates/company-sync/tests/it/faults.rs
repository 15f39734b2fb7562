//! What goes wrong on the way must not show in what comes of it: with a fault on every seventh request of each kind,
//! Frappe ends up as it does without.

use serde_json::Value;

use crate::picture::{Picture, assert_same, duplicates, picture};
use crate::world::{Wish, assert_balanced, writes};

/// Enough for somebody with two policies, and for banks and plans that several share.
const ORDERS: usize = 26;

fn undisturbed() -> Picture {
    let world = Wish::orders(ORDERS).start();
    world.sync().expect(0);
    picture(&world.site())
}

/// The pauses that the log of the last run tells of.
fn retries(log: &[Value]) -> usize {
    log.iter().filter(|entry| entry.to_string().contains("\"retrying\"")).count()
}

/// Syncs under these faults, then without; `least` is how many requests must have been tried again.
fn assert_no_trace(faults: &str, least: usize) {
    let mut world = Wish::orders(ORDERS).start_with(faults);
    let run = world.sync();
    let log = world.run(&["log", "--json", "-n", "10000"]).objects();
    run.expect(0);
    assert_eq!(run.last()["status"], "Success");
    assert_balanced(&run.last());
    assert!(retries(&log) >= least, "the faults hit {} requests only", retries(&log));
    assert_eq!(duplicates(&world.site()), Vec::<String>::new());
    assert_same(&picture(&world.site()), &undisturbed());
    world.serve_with("");
    let after = world.run(&["sync", "--full", "--json"]).expect(0).last();
    assert_eq!(writes(&after), 0, "what is remembered is what is there: {after}");
}

/// A fault of one kind on every seventh request of each kind to Frappe, and, since VTiger is asked less often, on every
/// second of each kind there.
fn every_seventh(kind: &str) -> String {
    format!(
        "[[fault]]\nsystem = \"frappe\"\nevery = 7\nkind = \"{kind}\"\n\
         [[fault]]\nsystem = \"vtiger\"\nevery = 2\nkind = \"{kind}\"\n"
    )
}

#[test]
fn an_error_before_the_work() {
    assert_no_trace(&every_seventh("error_before"), 20);
}

#[test]
fn an_error_after_the_work() {
    assert_no_trace(&every_seventh("error_after"), 8);
}

#[test]
fn a_connection_dropped_before_the_work() {
    assert_no_trace(&every_seventh("drop_before"), 8);
}

#[test]
fn a_connection_dropped_after_the_work() {
    assert_no_trace(&every_seventh("drop_after"), 8);
}

#[test]
fn a_page_instead_of_an_answer() {
    assert_no_trace(&every_seventh("html"), 8);
}

#[test]
fn a_page_instead_of_an_answer_after_the_work() {
    assert_no_trace(&every_seventh("html_after"), 8);
}

#[test]
fn an_answer_that_breaks_off() {
    assert_no_trace(&every_seventh("truncated"), 8);
}

#[test]
fn too_many_requests() {
    assert_no_trace(&every_seventh("rate_limited"), 20);
}

#[test]
fn a_session_that_is_forgotten() {
    // Frappe's token has no session. Logging in again is not a pause of a run, so the log need not show any.
    assert_no_trace("[[fault]]\nsystem = \"vtiger\"\nevery = 2\nkind = \"session_expired\"\n", 0);
}

#[test]
fn slow_answers() {
    assert_no_trace("[[fault]]\nevery = 7\nkind = \"delay\"\ndelay_ms = 50\n", 0);
}

#[test]
fn all_of_them_together() {
    let kinds = [
        ("error_before", 7),
        ("error_after", 11),
        ("drop_before", 13),
        ("drop_after", 17),
        ("html", 19),
        ("html_after", 23),
        ("truncated", 29),
        ("rate_limited", 53),
    ];
    let faults = kinds.map(|(kind, every)| format!("[[fault]]\nevery = {every}\nkind = \"{kind}\"\n"));
    assert_no_trace(&faults.concat(), 30);
}
