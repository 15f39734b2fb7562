//! When and where a story begins: zones and clocks, and who is there already.

use std::sync::Arc;

use cs_domain::Mapping;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

use crate::agency::Agency;
use crate::frappe::{Row, Site};
use crate::vtiger::System;

use super::frappe_values::text;
use super::ground::Ground;
use super::ledger::Author;
use super::people;
use super::random::Random;
use super::world::World;

/// Zones that servers hang in.
const ZONES: [&str; 6] = [
    "UTC",
    "America/Mexico_City",
    "Europe/Madrid",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
];
/// Minutes before clocks are put back or forward somewhere, and an afternoon on which nothing happens.
const BEGINNINGS: [&str; 7] = [
    "2026-06-10T12:00:00Z",
    "2026-10-25T00:50:00Z",
    "2026-03-29T00:50:00Z",
    "2026-11-01T05:50:00Z",
    "2026-03-08T06:50:00Z",
    "2026-04-04T14:50:00Z",
    "2026-12-31T23:50:00Z",
];

/// When the story begins.
pub(crate) fn begin(random: &mut Random) -> Timestamp {
    let begin = random.pick(&BEGINNINGS).and_then(|text| text.parse().ok());
    begin.unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Both servers, empty, each in a zone of its own.
pub(crate) fn servers(ground: &Arc<Ground>, seed: u64, random: &mut Random) -> Option<(System, Site)> {
    let mut vtiger = ground.vtiger(seed)?;
    let mut site = ground.site();
    let zone = |random: &mut Random| random.pick(&ZONES).copied().unwrap_or("UTC");
    vtiger.setup.time_zone = TimeZone::get(zone(random)).unwrap_or(TimeZone::UTC);
    site.set_setting("time_zone", zone(random));
    Some((vtiger, site))
}

/// Who is there when the story begins.
pub(crate) fn furnish(world: &mut World, mapping: &Mapping, orders: bool) {
    // What happened before has stamps from before.
    let now = world.timeline.now();
    world.site.stage_clock(now.checked_sub(jiff::SignedDuration::from_hours(9)).unwrap_or(now));
    if orders {
        let count = world.random.between(1, 3);
        let agency = Agency::generate(world.random.next(), usize::try_from(count).unwrap_or(1));
        let newest = world.vtiger_now();
        let mut vtiger = world.vtiger.clone();
        agency.fill(&mut vtiger, newest);
        world.vtiger = vtiger;
        world.note(Author::Person);
        return;
    }
    for _ in 0..world.random.between(2, 5) {
        people::create_in_vtiger(world, mapping);
    }
    for _ in 0..world.random.below(3) {
        people::create_in_frappe(world, mapping);
    }
    namesakes(world);
}

/// Documents that look like what VTiger has: some the same, some not quite.
fn namesakes(world: &mut World) {
    let contacts: Vec<(String, String)> = world
        .vtiger
        .records()
        .values()
        .filter(|record| record.module == "Contacts")
        .map(|record| (record.text("firstname").to_owned(), record.text("lastname").to_owned()))
        .collect();
    for (first, last) in contacts {
        if !first.trim().is_empty() && world.random.percent(25) {
            let mut row = Row::new();
            row.insert("first_name".to_owned(), json!(first.trim()));
            row.insert("last_name".to_owned(), json!(last.trim()));
            if world.random.percent(50) {
                let said = people::fresh(world);
                row.insert("department".to_owned(), json!(said));
            }
            people::create_document(world, "Contact", &row);
        }
    }
    debug_assert!(world.site.rows("Contact").all(|row| !text(row, "name").is_empty()));
}
