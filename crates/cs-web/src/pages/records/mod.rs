//! *Records*: any record, as both sides have it now, with all that is remembered of it.

pub(crate) mod address;
pub(crate) mod compare;
mod history;
mod one;
mod search;
mod unit;
mod why;

use cs_ports::Right;

use crate::doors::{Doors, Rule};

pub(super) fn doors(doors: Doors) -> Doors {
    let reads = Rule::Needs(Right::Read);
    doors.get("/records", reads, search::show).get("/records/{system}/{kind}/{id}", reads, one::show).get(
        "/records/{system}/{kind}/{id}/why",
        reads,
        why::show,
    )
}
