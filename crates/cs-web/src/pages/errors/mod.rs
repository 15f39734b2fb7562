//! *Errors*: units that failed, by cause and one by one.

mod list;
pub(crate) mod told;
mod unit;

use cs_ports::Right;

use crate::doors::{Doors, Rule};

pub(super) fn doors(doors: Doors) -> Doors {
    let (reads, runs) = (Rule::Needs(Right::Read), Rule::Needs(Right::Run));
    doors
        .get("/errors", reads, list::show)
        .post("/errors/retry", runs, list::retry_all)
        .get("/errors/unit", reads, unit::show)
        .post("/errors/unit/retry", runs, unit::retry)
}
