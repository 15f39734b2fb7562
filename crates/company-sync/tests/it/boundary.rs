//! No edit is missed, however close it comes to another, to the end of a page or to a change of the clocks.
//!
//! People are edited in both systems through the stand-ins' own state machines, each field on one side only, so that
//! what both sides must hold in the end is known; the engine with its real connectors reads both feeds over HTTP.
//! Edits come in clusters within one second, several of one record among them; others come while the engine pages, right
//! after a page was told; a few bear a stamp of up to 110 seconds before they can be seen, as long requests leave them.
//! Nothing but the feeds can find them: no run goes through everything, and no census is taken.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use cs_ports::Clock;
use cs_sandbox::vtiger::Persona;
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::lab::{Chance, Ground, Lab, LabWish, Person};
use crate::world::personas;

/// A field of both systems and whether VTiger's people edit it, or Frappe's.
const FIELDS: [(&str, &str, bool); 4] = [
    ("title", "designation", true),
    ("birthday", "custom_day_of_birth", true),
    ("department", "department", false),
    ("assistant", "company_name", false),
];

/// What people do meanwhile.
struct Story {
    ground: Arc<Ground>,
    people: Vec<Person>,
    chance: Chance,
    wanted: Mutex<BTreeMap<(usize, usize), String>>,
    /// Whether the engine is disturbed while it reads.
    busy: AtomicBool,
    /// Whether some edits are stamped before they can be seen.
    late: bool,
}

impl Story {
    /// One edit of somebody among the ten from `from`.
    fn edit(&self, from: usize) {
        let at = (from + usize::try_from(self.chance.below(10)).unwrap()) % self.people.len();
        let field = usize::try_from(self.chance.below(4)).unwrap();
        let (vtiger, frappe, in_vtiger) = FIELDS[field];
        let mut wanted = self.wanted.lock().unwrap();
        let number = self.chance.below(20_000);
        let value = if vtiger == "birthday" {
            date(1950, 1, 1).checked_add(i32::try_from(number).unwrap().days()).unwrap().to_string()
        } else {
            format!("{frappe} {number}")
        };
        let late = if self.late && self.chance.percent(5) { self.chance.below(110) } else { 0 };
        let late = SignedDuration::from_secs(i64::try_from(late).unwrap());
        if in_vtiger {
            self.ground.edit(&self.people[at].id, vtiger, &value, late);
        } else {
            self.ground.edit_document(&self.people[at].name, frappe, &value, late);
        }
        wanted.insert((at, field), value);
    }

    /// What happens after the engine was told something.
    fn interrupt(&self) {
        if self.busy.load(Ordering::SeqCst) && self.chance.percent(40) {
            for _ in 0..=self.chance.below(2) {
                self.edit(usize::try_from(self.chance.below(1_000)).unwrap());
            }
        }
    }

    /// The fields that do not hold on both sides what was last written on one.
    fn missed(&self) -> Vec<String> {
        let wanted = self.wanted.lock().unwrap();
        let differing = wanted.iter().filter_map(|((at, field), value)| {
            let (Person { id, name }, (vtiger, frappe, in_vtiger)) = (&self.people[*at], FIELDS[*field]);
            let (held, shown) = (self.ground.held(id, vtiger), self.ground.shown(name, frappe));
            let side = if in_vtiger { "VTiger" } else { "Frappe" };
            (held != *value || shown != *value).then(|| {
                format!("{frappe} of {name} was set to {value} in {side}: VTiger {held:?}, Frappe {shown:?}")
            })
        });
        differing.collect()
    }
}

/// A lab with a story, everybody linked.
struct Stage {
    lab: Lab,
    story: Arc<Story>,
    edits: u64,
    checks: u64,
}

impl Stage {
    fn new(wish: &LabWish, late: bool, seed: u64) -> Self {
        let mut told = None;
        let people = wish.people as u64;
        let lab = Lab::interrupted(wish, |ground, people| {
            let story = Arc::new(Story {
                ground: Arc::clone(ground),
                people: people.to_vec(),
                chance: Chance::of(seed),
                wanted: Mutex::default(),
                busy: AtomicBool::new(false),
                late,
            });
            told = Some(Arc::clone(&story));
            Arc::new(move || story.interrupt())
        });
        let first = lab.run_well();
        assert_eq!(first.balance.created, people, "everybody is linked: {first:#?}");
        assert_eq!((first.requests.vtiger.write, first.requests.frappe.write), (0, 0), "{first:#?}");
        Self { lab, story: told.unwrap(), edits: 0, checks: 0 }
    }

    /// So many edits at this very moment, a run that is disturbed, and a quiet one; then every field must agree.
    #[track_caller]
    fn round(&mut self, cluster: u64, what: &str) {
        let from = usize::try_from(self.story.chance.below(1_000)).unwrap();
        for _ in 0..cluster {
            self.story.edit(from);
        }
        self.story.busy.store(true, Ordering::SeqCst);
        let disturbed = self.lab.run();
        self.story.busy.store(false, Ordering::SeqCst);
        let quiet = self.lab.run_well();
        let missed = self.story.missed();
        assert!(
            missed.is_empty(),
            "{what}, at {}: {missed:#?}\n{disturbed:#?}\n{quiet:#?}",
            self.lab.ground.clock.now()
        );
        self.edits += cluster;
        self.checks += 1;
    }
}

/// Clusters of edits until there are so many, with the servers' clocks five minutes apart.
fn clusters(persona: Persona, edits: u64, ahead: (i64, i64)) {
    let wish = LabWish { ahead, page: 20, ..LabWish::people(persona, 120) };
    let mut stage = Stage::new(&wish, true, edits);
    while stage.edits < edits {
        // Within the same second, the next, within the feeds' overlap, and beyond it.
        let pause = [0, 0, 300, 1_000, 5_000, 60_000, 121_000, 900_000]
            [usize::try_from(stage.story.chance.below(8)).unwrap()];
        stage.lab.ground.clock.pass(SignedDuration::from_millis(pause));
        let cluster = 20 + stage.story.chance.below(60);
        stage.round(cluster, "a cluster");
    }
    let writes = stage.lab.requests();
    println!(
        "VTiger {}, clocks {} s and {} s ahead: {} edits in {} clusters (and some more while pages were read), 0 missed; {} \
         writes to VTiger, {} to Frappe",
        persona.version_text(),
        ahead.0,
        ahead.1,
        stage.edits,
        stage.checks,
        writes.0.write,
        writes.1.write
    );
}

#[test]
fn a_thousand_edits_within_the_same_seconds_and_clocks_five_minutes_apart_miss_nothing() {
    let [new, old] = personas();
    clusters(new, 500, (150, -150));
    clusters(old, 500, (-150, 150));
}

#[test]
#[ignore = "takes minutes; `cargo test --release -p company-sync --test it boundary -- --ignored --nocapture`"]
fn ten_thousand_edits_within_the_same_seconds_and_clocks_five_minutes_apart_miss_nothing() {
    let [new, old] = personas();
    clusters(new, 10_000, (150, -150));
    clusters(old, 10_000, (-150, 150));
}

/// The changes of the clocks of 2026 in New York and in Madrid.
const CHANGES: [&str; 4] =
    ["2026-03-08T07:00:00Z", "2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z", "2026-11-01T06:00:00Z"];

/// Goes through each of them in steps of some minutes, from two hours before to three hours after.
fn changes_of_clocks(persona: Persona, zones: (&'static str, &'static str)) {
    let wish = LabWish {
        zones,
        page: 20,
        begin: "2026-03-01T00:00:00Z".parse().unwrap(),
        ..LabWish::people(persona, 40)
    };
    // No late ones: what a stamp means is told by the zone, and a text that comes twice has no order.
    let mut stage = Stage::new(&wish, false, 3);
    for change in CHANGES {
        let change: Timestamp = change.parse().unwrap();
        stage.lab.ground.clock.set(change - SignedDuration::from_hours(2));
        while stage.lab.ground.clock.now() < change + SignedDuration::from_hours(3) {
            let minutes = 1 + i64::try_from(stage.story.chance.below(29)).unwrap();
            stage.lab.ground.clock.pass(SignedDuration::from_mins(minutes));
            stage.round(4, "the clocks change");
        }
    }
    println!(
        "VTiger {} in {}, Frappe in {}: {} edits around the four changes of the clocks, 0 missed",
        persona.version_text(),
        zones.0,
        zones.1,
        stage.edits
    );
}

#[test]
fn the_changes_of_the_clocks_miss_nothing() {
    let [new, old] = personas();
    changes_of_clocks(new, ("America/New_York", "Europe/Madrid"));
    changes_of_clocks(old, ("Europe/Madrid", "America/New_York"));
}
