//! One mapping: what it does now, how it stands, when it runs, what it did.

use askama::Template;
use axum::extract::{Path, Query};
use cs_domain::{MappingName, RunId, RunStatus};
use cs_engine::scheduler::Calendar;
use cs_ports::{CatchUp, RunFilter, Schedule, Task, TaskFilter, Work};
use jiff::Timestamp;
use serde::Deserialize;

use super::list::{Standing, about};
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::pages::runs::Row;
use crate::visit::{Answer, Visit, page};
use crate::words::Language;
use crate::work::{schedules, syncs};

const PAGE: u32 = 25;
/// Tasks among which dry runs are looked for, and how many of them are shown.
const LOOKED_AT: u32 = 60;
const DRY_RUNS: usize = 5;
/// Times of a schedule that are told.
const TIMES: usize = 3;

/// A schedule as people read it.
pub(super) struct Planned {
    pub(super) schedule: Schedule,
    /// Its pattern in words, or why it is none.
    pub(super) words: String,
    pub(super) next: Vec<Timestamp>,
}

impl Planned {
    fn of(visit: &Visit, schedule: Schedule) -> Self {
        let (words, next) = timetable(visit, &schedule.cron).unwrap_or_else(|message| (message, Vec::new()));
        let next = if schedule.enabled { next } else { Vec::new() };
        Self { schedule, words, next }
    }

    /// Whether it is of that kind.
    fn runs(&self, wanted: &str) -> bool {
        match self.schedule.work {
            Work::Sync { full, census, .. } => (wanted == "full" && full) || (wanted == "census" && census),
            _ => false,
        }
    }

    fn makes_up(&self) -> bool {
        self.schedule.catch_up == CatchUp::Once
    }
}

/// A pattern in words, and its next times; or why it is none.
pub(super) fn timetable(visit: &Visit, cron: &str) -> Result<(String, Vec<Timestamp>), String> {
    let calendar: Calendar = cron.trim().parse().map_err(|error| schedules::told(&visit.words, &error))?;
    let language = match visit.words.language {
        Language::En => cs_engine::scheduler::Language::En,
        Language::Es => cs_engine::scheduler::Language::Es,
    };
    let next = calendar.next(visit.web.clock.now(), &visit.web.zone, TIMES);
    Ok((calendar.words(language), next))
}

#[derive(Template)]
#[template(path = "sync/place.html")]
struct PlacePage {
    frame: Frame,
    mapping: MappingName,
    standing: Standing,
    braked: u64,
    dry_runs: Vec<Task>,
    schedules: Vec<Planned>,
    rows: Vec<Row>,
    /// The last run of this page, where there are older ones.
    older: Option<RunId>,
    /// Whether this is not the first page of the history.
    paged: bool,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    /// Runs before this one.
    #[serde(default)]
    before: String,
}

pub(super) async fn show(
    visit: Visit,
    Path(mapping): Path<MappingName>,
    Query(asked): Query<Asked>,
) -> Answer {
    let about = about(&visit, &mapping).await?;
    let standing = Standing::of(&visit, about).await?;
    let before = Some(RunId(asked.before)).filter(|id| !id.0.is_empty());
    let filter = RunFilter { mapping: Some(mapping.clone()), ..RunFilter::default() };
    let mut runs = visit.web.desk.runs_before(&filter, before.as_ref(), PAGE + 1).await?;
    let more = runs.len() > PAGE as usize;
    runs.truncate(PAGE as usize);
    let now = visit.web.clock.now();
    let schedules = schedules::of_mapping(&visit, &mapping).await?;
    page(&PlacePage {
        frame: visit.titled(Section::Sync, mapping.to_string()),
        braked: syncs::braked(&visit, &mapping).await?,
        dry_runs: dry_runs(&visit, &mapping).await?,
        schedules: schedules.into_iter().map(|schedule| Planned::of(&visit, schedule)).collect(),
        older: runs.last().filter(|_| more).map(|run| run.id.clone()),
        rows: runs.into_iter().map(|run| Row::of(&visit.words, run, now)).collect(),
        paged: before.is_some(),
        standing,
        mapping,
    })
}

/// The latest dry runs that are over.
async fn dry_runs(visit: &Visit, mapping: &MappingName) -> Result<Vec<Task>, WebError> {
    let filter =
        TaskFilter { kinds: Some(vec!["sync"]), lane: Some(mapping.to_string()), ..TaskFilter::default() };
    let tasks = visit.web.desk.tasks(&filter, None, LOOKED_AT).await?;
    Ok(tasks
        .into_iter()
        .filter(|task| task.work.is_dry_run() && task.status.is_final())
        .take(DRY_RUNS)
        .collect())
}
