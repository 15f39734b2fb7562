//! What a mapping did: its latest dry runs, and its runs page by page.

use askama::Template;
use axum::extract::{Path, Query};
use cs_domain::{MappingName, RunId, RunStatus};
use cs_ports::{RunFilter, Task, TaskFilter};
use serde::Deserialize;

use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::pages::runs::Row;
use crate::visit::{Answer, Visit, fragment};

/// Runs a page.
const PAGE: u32 = 25;
/// Tasks among which dry runs are looked for, and how many of them are shown.
const LOOKED_AT: u32 = 60;
const DRY_RUNS: usize = 5;

/// Which page of it.
#[derive(Deserialize)]
pub(super) struct Asked {
    /// Runs before this one; empty: the latest.
    #[serde(default)]
    before: String,
}

/// A page of a mapping's runs, and its latest dry runs.
pub(super) struct History {
    mapping: MappingName,
    pub(super) dry_runs: Vec<Task>,
    pub(super) rows: Vec<Row>,
    /// The last run of this page, where there are older ones.
    pub(super) older: Option<RunId>,
    before: Option<RunId>,
}

impl History {
    pub(super) async fn of(visit: &Visit, mapping: &MappingName, asked: Asked) -> Result<Self, WebError> {
        let before = Some(RunId(asked.before)).filter(|id| !id.0.is_empty());
        let filter = RunFilter { mapping: Some(mapping.clone()), ..RunFilter::default() };
        let mut runs = visit.web.desk.runs_before(&filter, before.as_ref(), PAGE + 1).await?;
        let more = runs.len() > PAGE as usize;
        runs.truncate(PAGE as usize);
        let now = visit.web.clock.now();
        Ok(Self {
            dry_runs: dry_runs(visit, mapping).await?,
            older: runs.last().filter(|_| more).map(|run| run.id.clone()),
            rows: runs.into_iter().map(|run| Row::of(&visit.words, run, now)).collect(),
            mapping: mapping.clone(),
            before,
        })
    }

    /// Whether this is not the first page.
    pub(super) fn paged(&self) -> bool {
        self.before.is_some()
    }

    /// Where the same page is to be had anew.
    pub(super) fn address(&self) -> String {
        let path = format!("/sync/{}/history", self.mapping);
        self.before.as_ref().map_or(path.clone(), |before| format!("{path}?before={before}"))
    }
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

#[derive(Template)]
#[template(path = "sync/history.html")]
struct HistoryPart {
    frame: Frame,
    mapping: MappingName,
    history: History,
}

pub(super) async fn show(
    visit: Visit,
    Path(mapping): Path<MappingName>,
    Query(asked): Query<Asked>,
) -> Answer {
    let history = History::of(&visit, &mapping, asked).await?;
    fragment(&HistoryPart { frame: visit.frame(Section::Sync, "nav-sync"), mapping, history })
}
