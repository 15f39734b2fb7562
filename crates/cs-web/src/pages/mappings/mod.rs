//! Mappings: what corresponds to what, made and changed by people. Changes are a draft; publishing makes them run.

mod bench;
mod documents;
mod doubts;
mod drift;
mod fields;
mod history;
mod lacking;
mod linking;
mod list;
mod new;
mod picture;
mod preview;
mod publish;
mod row;
mod rule;
mod selection;
mod settings;
mod suggestions;
mod text;

pub(crate) use bench::edition;
use cs_domain::MappingName;
use cs_ports::Right;
use serde::Deserialize;

use crate::doors::{Doors, Rule};
use crate::sent::Sent;

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
        .post("/mappings/{name}/suggestions", CONFIGURES, suggestions::answer)
        .get("/mappings/{name}/rule", READS, rule::show)
        .post("/mappings/{name}/rule", CONFIGURES, rule::save)
        .get("/mappings/{name}/row", READS, row::show)
        .post("/mappings/{name}/row", CONFIGURES, row::save)
        .post("/mappings/{name}/row/drop", CONFIGURES, row::drop_one)
        .get("/mappings/{name}/documents", READS, documents::show)
        .post("/mappings/{name}/documents/mapping", CONFIGURES, documents::save_mapping)
        .post("/mappings/{name}/documents/unit", CONFIGURES, documents::save_unit)
        .post("/mappings/{name}/documents/add", CONFIGURES, documents::add)
        .post("/mappings/{name}/documents/save", CONFIGURES, documents::save)
        .post("/mappings/{name}/documents/drop", CONFIGURES, documents::drop_one)
        .post("/mappings/{name}/settings/save", CONFIGURES, settings::save)
        .post("/mappings/{name}/settings/drop", CONFIGURES, settings::drop_one)
        .get("/mappings/{name}/selection", READS, selection::show)
        .post("/mappings/{name}/selection", CONFIGURES, selection::save)
        .get("/mappings/{name}/text", READS, text::show)
        .post("/mappings/{name}/text", CONFIGURES, text::save)
        .get("/mappings/{name}/history", READS, history::show)
        .get("/mappings/{name}/compare", READS, history::compared)
        .post("/mappings/{name}/rollback", CONFIGURES, history::roll_back)
        .post("/mappings/{name}/retire", CONFIGURES, history::retire)
        .post("/mappings/{name}/resume", CONFIGURES, history::resume)
        .get("/mappings/{name}/publish", CONFIGURES, publish::show)
        .post("/mappings/{name}/publish", CONFIGURES, publish::publish)
        .post("/mappings/{name}/drop", CONFIGURES, publish::drop_draft)
        .get("/mappings/{name}/lacking", CONFIGURES, lacking::show)
        .post("/mappings/{name}/lacking", CONFIGURES, lacking::create)
        .get("/mappings/{name}/preview", READS, preview::show)
        .get("/mappings/{name}/linking", READS, linking::show)
        .get("/mappings/{name}/linking/found", READS, linking::found)
        .post("/mappings/{name}/linking/find", CONFIGURES, linking::find)
        .post("/mappings/{name}/linking/stop", CONFIGURES, linking::stop)
        .post("/mappings/{name}/linking/decide", CONFIGURES, linking::decide)
        .get("/mappings/{name}/drift", READS, drift::show)
        .post("/mappings/{name}/drift/look", CONFIGURES, drift::look)
        .post("/mappings/{name}/drift/accept", CONFIGURES, drift::accept)
}

/// Whether two words are the same, however templates hold them.
fn same(one: &str, other: &str) -> bool {
    one == other
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

impl Where {
    fn of(sent: &Sent) -> Self {
        Self { unit: sent.text("unit").to_owned(), role: sent.text("role").to_owned() }
    }

    /// As addresses have it.
    fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("unit", &self.unit).append_pair("role", &self.role);
        query.finish()
    }
}

/// The draft that a form was shown for; what is no number is no draft that there ever was.
fn revision(sent: &Sent) -> i64 {
    sent.text("revision").parse().unwrap_or(-1)
}
