//! *Conflicts*: what only a person can decide, side by side.

mod editors;
mod list;
mod one;
mod sides;
pub(crate) mod told;

use cs_ports::Right;

use crate::doors::{Doors, Rule};

pub(super) fn doors(doors: Doors) -> Doors {
    let (reads, reviews) = (Rule::Needs(Right::Read), Rule::Needs(Right::Review));
    doors
        .get("/conflicts", reads, list::show)
        .post("/conflicts", reviews, list::decide)
        .get("/conflicts/{id}", reads, one::show)
        .post("/conflicts/{id}", reviews, one::decide)
}
