//! What goes wrong on the way must not show in what comes of it: with a fault on every seventh request of each kind,
//! Frappe ends up as it does without.

use crate::picture::{Picture, assert_same, duplicates, picture};
use crate::world::{Wish, World, assert_balanced, writes};

/// Enough for somebody with two policies, and for banks and plans that several share.
const ORDERS: usize = 26;

/// A world that was synced without any fault, and how many requests that took of each system.
fn undisturbed(orders: usize) -> (Picture, Asked) {
    let world = Wish::orders(orders).start();
    world.sync().expect(0);
    (picture(&world.site()), asked(&world))
}

/// Requests to VTiger and to Frappe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Asked {
    vtiger: u64,
    frappe: u64,
}

fn asked(world: &World) -> Asked {
    let (vtiger, frappe) = world.requests();
    Asked { vtiger: vtiger.read + vtiger.write, frappe: frappe.read + frappe.write }
}

/// Syncs under these faults, then without. Answers the requests that took and those that it takes without faults, by
/// which a test can tell that the faults were there.
fn assert_no_trace(orders: usize, faults: &str) -> (Asked, Asked) {
    let mut world = Wish::orders(orders).start_with(faults);
    let run = world.sync();
    run.expect(0);
    assert_eq!(run.last()["status"], "Success");
    assert_balanced(&run.last());
    let under_faults = asked(&world);
    assert_eq!(duplicates(&world.site()), Vec::<String>::new());
    let (wanted, without) = undisturbed(orders);
    assert_same(&picture(&world.site()), &wanted);
    world.serve_with("");
    let after = world.run(&["sync", "--full", "--json"]).expect(0).last();
    assert_eq!(writes(&after), 0, "what is remembered is what is there: {after}");
    (under_faults, without)
}

/// That with a fault of this kind on every seventh request of each kind to Frappe nothing else comes out; and, since
/// VTiger is asked less often, on every second of each kind there.
fn assert_no_trace_of(orders: usize, kind: &str) {
    let faults = format!(
        "[[fault]]\nsystem = \"frappe\"\nevery = 7\nkind = \"{kind}\"\n\
         [[fault]]\nsystem = \"vtiger\"\nevery = 2\nkind = \"{kind}\"\n"
    );
    let (under_faults, without) = assert_no_trace(orders, &faults);
    // Each request that is hit costs at least one more.
    let more = under_faults.frappe.saturating_sub(without.frappe);
    assert!(more >= without.frappe / 9, "Frappe was asked {under_faults:?} instead of {without:?}");
    assert!(under_faults.vtiger > without.vtiger, "VTiger was asked {under_faults:?} instead of {without:?}");
}

#[test]
fn an_error_before_the_work() {
    assert_no_trace_of(ORDERS, "error_before");
}

#[test]
fn an_error_after_the_work() {
    assert_no_trace_of(ORDERS, "error_after");
}

#[test]
fn a_connection_dropped_before_the_work() {
    assert_no_trace_of(ORDERS, "drop_before");
}

#[test]
fn a_connection_dropped_after_the_work() {
    assert_no_trace_of(ORDERS, "drop_after");
}

#[test]
fn a_page_instead_of_an_answer() {
    assert_no_trace_of(ORDERS, "html");
}

#[test]
fn a_page_instead_of_an_answer_after_the_work() {
    assert_no_trace_of(ORDERS, "html_after");
}

#[test]
fn an_answer_that_breaks_off() {
    assert_no_trace_of(ORDERS, "truncated");
}

#[test]
fn too_many_requests() {
    // Each costs the second that the answer asks for.
    assert_no_trace_of(5, "rate_limited");
}

#[test]
fn a_session_that_is_forgotten() {
    // Frappe's token has no session.
    let (under_faults, without) =
        assert_no_trace(ORDERS, "[[fault]]\nsystem = \"vtiger\"\nevery = 2\nkind = \"session_expired\"\n");
    assert!(under_faults.vtiger > without.vtiger, "{under_faults:?} instead of {without:?}");
}

#[test]
fn slow_answers() {
    let (under_faults, without) =
        assert_no_trace(ORDERS, "[[fault]]\nevery = 7\nkind = \"delay\"\ndelay_ms = 50\n");
    assert_eq!(under_faults.vtiger, without.vtiger, "a slow answer is waited for, not asked for again");
    // Which of several units that share a document comes first is a matter of time, and with it whether the others read it
    // once more: one read a worker at most.
    assert!(under_faults.frappe.abs_diff(without.frappe) <= 4, "{under_faults:?} instead of {without:?}");
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
    let (under_faults, without) = assert_no_trace(8, &faults.concat());
    assert!(
        under_faults.frappe > without.frappe + without.frappe / 4,
        "{under_faults:?} instead of {without:?}"
    );
}
