//! The log: what happened in runs, as it happens; and what people changed.

mod changes;
mod lines;

use cs_ports::Right;

use crate::doors::{Doors, Rule};

pub(super) fn doors(doors: Doors) -> Doors {
    let manages = Rule::Needs(Right::Administer);
    doors
        .get("/log", Rule::Needs(Right::Read), lines::show)
        .get("/log/rows", Rule::Needs(Right::Read), lines::rows)
        .get("/log/changes", manages, changes::in_log)
        .get("/users/audit", manages, changes::in_users)
}

/// A query from what was asked, without what was left empty.
fn query(path: &str, asked: &[(&str, &str)]) -> String {
    let said = asked.iter().filter(|(_, value)| !value.is_empty());
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(said).finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}
