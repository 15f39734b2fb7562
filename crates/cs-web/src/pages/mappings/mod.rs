//! Mappings: what corresponds to what, made and changed by people. Changes are a draft; publishing makes them run.

mod bench;
mod fields;
mod history;
mod list;
mod new;
mod publish;
mod text;

use cs_domain::MappingName;
use cs_ports::Right;
use serde::Deserialize;

use crate::doors::{Doors, Rule};

const READS: Rule = Rule::Needs(Right::Read);
const CONFIGURES: Rule = Rule::Needs(Right::Configure);

pub(crate) fn doors(doors: Doors) -> Doors {
    doors
        .get("/mappings", READS, list::show)
        .get("/mappings/new", CONFIGURES, new::show)
        .post("/mappings/new", CONFIGURES, new::begin)
        .post("/mappings/{name}/copy", CONFIGURES, new::copy)
        .get("/mappings/{name}", READS, fields::show)
        .post("/mappings/{name}/pair", CONFIGURES, fields::join)
        .post("/mappings/{name}/unpair", CONFIGURES, fields::unpair)
        .get("/mappings/{name}/text", READS, text::show)
        .post("/mappings/{name}/text", CONFIGURES, text::save)
        .get("/mappings/{name}/history", READS, history::show)
        .get("/mappings/{name}/compare", READS, history::compared)
        .post("/mappings/{name}/rollback", CONFIGURES, history::roll_back)
        .get("/mappings/{name}/publish", CONFIGURES, publish::show)
        .post("/mappings/{name}/publish", CONFIGURES, publish::publish)
        .post("/mappings/{name}/drop", CONFIGURES, publish::drop_draft)
}

/// Where a mapping's page is.
fn place(name: &MappingName, tab: &str) -> String {
    if tab.is_empty() { format!("/mappings/{name}") } else { format!("/mappings/{name}/{tab}") }
}

/// Which document of which unit a page is about; the first one where nothing is said.
#[derive(Clone, Debug, Default, Deserialize)]
struct Where {
    #[serde(default)]
    unit: String,
    #[serde(default)]
    role: String,
}
