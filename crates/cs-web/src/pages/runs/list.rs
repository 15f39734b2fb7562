//! All runs.

use askama::Template;
use axum::extract::Query;
use cs_domain::{MappingName, Run, RunId, RunStatus};
use cs_ports::RunFilter;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;

use crate::frame::{Frame, Section};
use crate::visit::{Answer, Visit, page};
use crate::words::Words;

const PAGE: u32 = 50;

/// What the filters say; what cannot be read does not narrow.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    mapping: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    /// Runs before this one.
    #[serde(default)]
    before: String,
}

#[derive(Template)]
#[template(path = "runs/list.html")]
struct ListPage {
    frame: Frame,
    asked: Asked,
    /// What can be chosen.
    mappings: Vec<MappingName>,
    rows: Vec<Row>,
    /// The address of the next page.
    older: Option<String>,
}

/// A run in a list.
pub(crate) struct Row {
    pub(crate) run: Run,
    pub(crate) duration: String,
    pub(crate) written: u64,
}

impl Row {
    pub(crate) fn of(words: &Words, run: Run, now: Timestamp) -> Self {
        let duration = words.duration(&run.started, &run.ended.unwrap_or(now));
        Self { duration, written: run.balance.created + run.balance.updated, run }
    }
}

pub(super) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Answer {
    let desk = &visit.web.desk;
    let before = Some(RunId(asked.before.clone())).filter(|id| !id.0.is_empty());
    let mut runs = desk.runs_before(&filter(&visit, &asked), before.as_ref(), PAGE + 1).await?;
    let more = runs.len() > PAGE as usize;
    runs.truncate(PAGE as usize);
    let older = runs.last().filter(|_| more).map(|last| older(&asked, &last.id));
    let now = visit.web.clock.now();
    page(&ListPage {
        frame: visit.frame(Section::Sync, "runs-title"),
        mappings: mappings(&visit).await?,
        rows: runs.into_iter().map(|run| Row::of(&visit.words, run, now)).collect(),
        older,
        asked,
    })
}

/// Mappings, and companies as their runs name them.
async fn mappings(visit: &Visit) -> Result<Vec<MappingName>, crate::error::WebError> {
    let office = &visit.web.office;
    let mappings = office.mappings().await?.into_iter().map(|about| about.name);
    let companies = office.companies().await?;
    let companies =
        companies.into_iter().map(|about| MappingName::from(format!("company/{}", about.key).as_str()));
    Ok(mappings.chain(companies).collect())
}

fn filter(visit: &Visit, asked: &Asked) -> RunFilter {
    let midnight = |date: Date| date.to_zoned(visit.web.zone.clone()).ok().map(|there| there.timestamp());
    let day = |text: &str| text.parse::<Date>().ok();
    RunFilter {
        mapping: Some(asked.mapping.as_str()).filter(|name| !name.is_empty()).map(MappingName::from),
        statuses: RunStatus::parse(&asked.status).map(|status| vec![status]),
        from: day(&asked.from).and_then(midnight),
        to: day(&asked.to).and_then(|date| date.tomorrow().ok()).and_then(midnight),
    }
}

fn older(asked: &Asked, last: &RunId) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let said = [
        ("mapping", &asked.mapping),
        ("status", &asked.status),
        ("from", &asked.from),
        ("to", &asked.to),
        ("before", &last.0),
    ];
    query.extend_pairs(said.into_iter().filter(|(_, value)| !value.is_empty()));
    format!("/runs?{}", query.finish())
}
