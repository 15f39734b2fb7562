//! Settings, tab by tab, as the office has them: what it asks for is what is shown.

mod field;
mod tab;

use cs_ports::Right;
pub(crate) use field::{Field, fields};

use crate::doors::{Doors, Rule};

pub(super) fn doors(doors: Doors) -> Doors {
    let configures = Rule::Needs(Right::Configure);
    doors
        .get("/settings", configures, tab::first)
        .get("/settings/{tab}", configures, tab::show)
        .post("/settings/{tab}", configures, tab::save)
        .post("/settings/{tab}/test", configures, tab::test)
}
