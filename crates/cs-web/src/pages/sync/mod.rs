//! *VTiger Sync*: the mappings, running them, what a run would do, and when they run by themselves.

mod dry_run;
mod history;
mod list;
mod now;
mod place;
pub(crate) mod planned;
mod schedule;
mod start;

pub(super) use now::fell;

use cs_ports::Right;

use crate::doors::{Doors, Rule};

pub(super) fn doors(doors: Doors) -> Doors {
    let (reads, runs) = (Rule::Needs(Right::Read), Rule::Needs(Right::Run));
    let configures = Rule::Needs(Right::Configure);
    doors
        .get("/sync", reads, list::show)
        .get("/sync/rows", reads, list::rows)
        .get("/sync/{mapping}", reads, place::show)
        .get("/sync/{mapping}/now", reads, now::show)
        .get("/sync/{mapping}/history", reads, history::show)
        .post("/sync/{mapping}/run", runs, start::run)
        .post("/sync/{mapping}/dry-run", runs, start::dry_run)
        .post("/sync/{mapping}/deletes", runs, start::follow_deletes)
        .post("/sync/{mapping}/tasks/{task}/cancel", runs, start::cancel)
        .get("/sync/{mapping}/plans/{task}", reads, dry_run::show)
        .get("/sync/{mapping}/plans/{task}/now", reads, dry_run::now)
        .post("/sync/{mapping}/plans/{task}/apply", runs, start::apply)
        .get("/sync/{mapping}/schedules/edit", configures, schedule::edit)
        .post("/sync/{mapping}/schedules/edit", configures, schedule::save)
        .post("/sync/{mapping}/schedules/switch", configures, schedule::switch)
        .post("/sync/{mapping}/schedules/remove", configures, schedule::remove)
}
