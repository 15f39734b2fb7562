//! kill -9, again and again: the run after it finishes what was begun, and nothing is there twice.

use std::time::{Duration, Instant};

use cs_sandbox::frappe::Site;
use serde_json::Value;

use crate::picture::{KINDS, assert_same, duplicates, picture, text};
use crate::world::{Ended, Wish, World, assert_balanced, writes};

const ORDERS: usize = 40;
const KILLS: usize = 20;

/// Chance that is the same each time (an xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// Kills a run when Frappe has got so many requests of it, a little later than that; answers whether it was still going
/// on. Its last request may be under way: whether Frappe does it is left to chance as well.
fn kill_after(world: &World, requests: u64, later: Duration) -> bool {
    let got = || world.requests().1.read + world.requests().1.write;
    let goal = got() + requests;
    let mut run = world.begin_sync();
    let patience = Instant::now() + Duration::from_mins(2);
    while got() < goal && run.try_wait().unwrap().is_none() {
        assert!(Instant::now() < patience, "the run stands still");
        std::thread::sleep(Duration::from_micros(200));
    }
    std::thread::sleep(later);
    // `kill` is SIGKILL.
    run.kill().unwrap();
    let ended = Ended::of(run.wait_with_output().unwrap());
    assert!(ended.code.is_none() || ended.code == Some(0), "it neither died nor ended well: {ended:?}");
    ended.code.is_none()
}

/// Documents that were made for one record and role, more than once.
pub(crate) fn made_twice(site: &Site) -> Vec<String> {
    let keys = |kind: &&str| {
        let documents = site.documents(kind);
        documents
            .iter()
            .map(|document| format!("{kind} {}", text(document, "custom_vtiger_id")))
            .collect::<Vec<_>>()
    };
    let mut keys: Vec<String> = KINDS.iter().flat_map(keys).collect();
    keys.sort();
    keys.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0].clone()).collect()
}

pub(crate) fn assert_finished(world: &World, orders: usize) -> Value {
    let run = world.sync();
    run.expect(0);
    assert_balanced(&run.last());
    let undisturbed = Wish::orders(orders).start();
    undisturbed.sync().expect(0);
    assert_eq!(duplicates(&world.site()), Vec::<String>::new());
    assert_same(&picture(&world.site()), &picture(&undisturbed.site()));
    let after = world.run(&["sync", "--full", "--json"]).expect(0).last();
    assert_eq!(writes(&after), 0, "what is remembered is what is there: {after}");
    run.last()
}

#[test]
fn killed_at_twenty_moments_one_after_the_other() {
    let world = Wish::orders(ORDERS).start();
    let mut chance = Chance(0x5EED_0002);
    let mut killed = 0;
    for _ in 0..KILLS {
        // Setting out costs some 60 reads; then a unit is some ten requests. So most die in the middle of a unit, some
        // before they wrote anything.
        let requests = 1 + chance.below(110);
        killed += usize::from(kill_after(&world, requests, Duration::from_micros(chance.below(4_000))));
        assert_eq!(made_twice(&world.site()), Vec::<String>::new());
    }
    assert_eq!(killed, KILLS, "each of them was cut off");
    let last = assert_finished(&world, ORDERS);
    assert!(writes(&last) > 0, "the last run had something left to do: {last}");
}

#[test]
fn what_a_killed_run_had_done_is_told() {
    let world = Wish::orders(ORDERS).start();
    // Enough that some units are done and logged, not so much that any batch is.
    assert!(kill_after(&world, 500, Duration::ZERO));
    let written = world.requests().1.write;
    let told = |world: &World| world.run(&["runs", "--json"]).expect(0).objects().pop().unwrap();
    let before = told(&world);
    let of = |run: &Value, what: &str| run["journal"][what].as_u64().unwrap();
    assert!(of(&before, "written") > 100, "{before}");
    // Four write at a time; each may have been under way.
    assert!(written - of(&before, "written") <= of(&before, "unanswered") + 4, "{written}: {before}");
    assert!(before["balance"]["created"].as_u64().unwrap() > 0, "{before}");
    let shown = world.run(&["runs"]);
    assert!(shown.expect(0).stdout.contains("not at its end: its journal holds "), "{}", shown.stdout);
    world.sync().expect(0);
    let after = told(&world);
    assert_eq!((&after["run"], &after["status"]), (&before["run"], &"Error".into()), "{after}");
    assert!(of(&after, "written") >= of(&before, "written") && of(&after, "unanswered") == 0, "{after}");
    assert_eq!(after["balance"], before["balance"]);
    let shown = world.run(&["runs"]);
    assert!(shown.expect(0).stdout.contains("cut short: its journal holds "), "{}", shown.stdout);
    assert!(world.run(&["runs", "-n", "1", "--json"]).expect(0).last()["journal"].is_null());
}

#[test]
fn killed_again_and_again_while_answers_are_lost() {
    let faults = "[[fault]]\nsystem = \"frappe\"\nevery = 5\nkind = \"drop_after\"\n";
    let mut world = Wish::orders(24).start_with(faults);
    let mut chance = Chance(0x5EED_0003);
    for _ in 0..6 {
        kill_after(&world, 1 + chance.below(160), Duration::from_micros(chance.below(4_000)));
        assert_eq!(made_twice(&world.site()), Vec::<String>::new());
    }
    world.serve_with("");
    assert_finished(&world, 24);
}
