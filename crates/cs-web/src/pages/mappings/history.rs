//! A mapping's versions: who published which, what they changed, and back to an old one.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query};
use cs_domain::MappingName;
use cs_domain::mapping::compare::Difference;
use cs_domain::mapping::shipped_text;
use cs_ports::MappingVersion;
use serde::Deserialize;

use super::bench::Bench;
use super::place;
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::visit::{Answer, Visit, done, page};
use crate::work::mappings;

#[derive(Template)]
#[template(path = "mappings/history.html")]
struct HistoryPage<'b> {
    frame: Frame,
    bench: &'b Bench,
    versions: Vec<MappingVersion>,
    /// Whether the program brings a text of its own.
    shipped: bool,
}

pub(super) async fn show(visit: Visit, Path(name): Path<MappingName>) -> Answer {
    let bench = Bench::of(&visit, &name, "history").await?;
    let versions = visit.web.desk.mapping_versions(&name).await?;
    let shipped = is_shipped(&name);
    let frame = visit.titled(Section::Mappings, name.to_string());
    page(&HistoryPage { frame, bench: &bench, versions, shipped })
}

fn is_shipped(name: &MappingName) -> bool {
    shipped_text(name.as_str()).is_some()
}

/// Which texts are compared: a number, `draft`, `running`, or `shipped`.
#[derive(Deserialize)]
pub(super) struct Sides {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
}

#[derive(Template)]
#[template(path = "mappings/compare.html")]
struct ComparePage<'b> {
    frame: Frame,
    bench: &'b Bench,
    from: String,
    to: String,
    /// What can be compared: value and name.
    choices: Vec<(String, String)>,
    /// `None`: one of the two is no mapping.
    differences: Option<Vec<Difference>>,
}

pub(super) async fn compared(
    visit: Visit,
    Path(name): Path<MappingName>,
    Query(sides): Query<Sides>,
) -> Answer {
    let bench = Bench::of(&visit, &name, "history").await?;
    let choices = choices(&visit, &bench).await?;
    let usual = |said: &str, place: usize| {
        let first = choices.get(place).or(choices.last());
        if said.is_empty() {
            first.map(|(value, _)| value.clone()).unwrap_or_default()
        } else {
            said.to_owned()
        }
    };
    let (from, to) = (usual(&sides.from, 1), usual(&sides.to, 0));
    let before = side(&visit, &bench, &from).await?;
    let after = side(&visit, &bench, &to).await?;
    let differences = mappings::difference(&visit, &before, &after);
    let frame = visit.titled(Section::Mappings, name.to_string());
    page(&ComparePage { frame, bench: &bench, from, to, choices, differences })
}

/// What can be compared, the newest first.
async fn choices(visit: &Visit, bench: &Bench) -> Result<Vec<(String, String)>, WebError> {
    let words = &visit.words;
    let mut all = Vec::new();
    if bench.standing.draft.is_some() {
        all.push(("draft".to_owned(), words.say("mapping-draft")));
    }
    if bench.standing.running.is_some() && bench.standing.number().is_none() {
        all.push(("running".to_owned(), bench.runs(words)));
    }
    for version in visit.web.desk.mapping_versions(bench.name()).await? {
        let number = version.number.to_string();
        all.push((number.clone(), words.tell("mapping-version", &[("number", number.into())])));
    }
    if is_shipped(bench.name()) && bench.standing.number().is_some() {
        all.push(("shipped".to_owned(), words.say("mapping-shipped")));
    }
    Ok(all)
}

async fn side(visit: &Visit, bench: &Bench, which: &str) -> Result<String, WebError> {
    match which {
        "draft" => Ok(bench.standing.text().to_owned()),
        "running" => {
            Ok(bench.standing.running.as_ref().map(|running| running.text.clone()).unwrap_or_default())
        }
        "shipped" => mappings::text_of(visit, bench.name(), None).await,
        number => {
            let number = number.parse().map_err(|_| WebError::not_there("version", number))?;
            mappings::text_of(visit, bench.name(), Some(number)).await
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Back {
    /// A number, or `shipped`.
    to: String,
    #[serde(default)]
    note: String,
}

pub(super) async fn retire(visit: Visit, Path(name): Path<MappingName>) -> Answer {
    mappings::retire(&visit, &name).await?;
    done(&place(&name, "history"), "mapping-retired")
}

pub(super) async fn resume(visit: Visit, Path(name): Path<MappingName>) -> Answer {
    mappings::resume(&visit, &name).await?;
    done(&place(&name, "history"), "mapping-resumed")
}

pub(super) async fn roll_back(visit: Visit, Path(name): Path<MappingName>, Form(back): Form<Back>) -> Answer {
    let to = match back.to.as_str() {
        "shipped" => None,
        number => Some(number.parse().map_err(|_| WebError::not_there("version", number))?),
    };
    let note = if back.note.trim().is_empty() {
        let what = to.map_or_else(
            || visit.words.say("mapping-shipped"),
            |number: i64| visit.words.tell("mapping-version", &[("number", number.to_string().into())]),
        );
        visit.words.tell("mapping-back-to", &[("what", what.into())])
    } else {
        back.note
    };
    mappings::roll_back(&visit, &name, to, &note).await?;
    done(&place(&name, "history"), "mapping-rolled-back")
}
