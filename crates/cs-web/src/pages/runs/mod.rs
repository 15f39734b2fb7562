//! Runs: all of them, and each with its balance, its log as it comes, and what it wrote.

mod list;
mod one;
pub(crate) mod told;
mod writes;

use cs_ports::Right;
pub(crate) use list::Row;
pub(crate) use writes::{Field, Write};

use crate::doors::{Doors, Rule};

pub(super) fn doors(doors: Doors) -> Doors {
    let reads = Rule::Needs(Right::Read);
    doors
        .get("/runs", reads, list::show)
        .get("/runs/{id}", reads, one::show)
        .get("/runs/{id}/state", reads, one::state)
        .get("/runs/{id}/log", reads, one::more)
        .get("/runs/{id}/writes", reads, writes::show)
        .post("/runs/{id}/deletes", Rule::Needs(Right::Run), one::follow_deletes)
}
