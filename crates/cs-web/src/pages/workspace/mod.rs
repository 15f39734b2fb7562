//! The first page: what needs attention, how things went, and how the connections are.

mod chart;
mod errors;
mod period;
mod synced;

use askama::Template;
use axum::extract::Query;
use cs_domain::RunStatus;
use cs_ports::{FindingFilter, FindingState, Right, RunFilter, TroubleFilter};

use self::chart::{Bars, Days};
use self::period::{Asked, Period};
use self::synced::Standing;
use crate::doors::{Doors, Rule};
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::office::{Health, MappingAbout};
use crate::pages::runs::Row;
use crate::pages::{shown, sync};
use crate::visit::{Answer, Visit, fragment, page};
use crate::work::{drifts, mappings};

/// Runs that are shown.
const RUNS: u32 = 8;

pub(crate) fn doors(doors: Doors) -> Doors {
    let reads = Rule::Needs(Right::Read);
    doors.get("/", reads, show).get("/workspace/now", reads, now)
}

/// What moves by itself.
struct Now {
    conflicts: u64,
    troubles: u64,
    findings: u64,
    /// Mappings of which what was asked for last could not begin, with why.
    fallen: Vec<(String, String)>,
    /// Mappings under which something has changed, with how much.
    drifted: Vec<(String, u64)>,
    runs: Vec<Row>,
}

impl Now {
    async fn of(visit: &Visit, mappings: &[MappingAbout]) -> Result<Self, WebError> {
        let desk = &visit.web.desk;
        let unreviewed = FindingFilter {
            state: Some(FindingState::Open),
            review: Some(String::new()),
            ..FindingFilter::default()
        };
        let troubles = desk.count_troubles(&TroubleFilter::default()).await?;
        let runs = desk.runs_before(&RunFilter::default(), None, RUNS).await?;
        let at = visit.web.clock.now();
        Ok(Self {
            conflicts: desk.count_open_conflicts(None).await?,
            troubles: troubles.iter().map(|cause| cause.count).sum(),
            findings: desk.count_findings(&unreviewed).await?,
            fallen: fallen(visit, mappings).await?,
            drifted: drifted(visit, mappings).await?,
            runs: runs.into_iter().map(|run| Row::of(&visit.words, run, at)).collect(),
        })
    }
}

async fn fallen(visit: &Visit, mappings: &[MappingAbout]) -> Result<Vec<(String, String)>, WebError> {
    let mut fallen = Vec::new();
    for mapping in mappings {
        let fell = sync::fell(visit, &mapping.name).await?;
        fallen.extend(fell.map(|fell| (mapping.name.to_string(), fell.cause)));
    }
    Ok(fallen)
}

/// What has changed under the mappings that run, as far as it was seen.
async fn drifted(visit: &Visit, mappings: &[MappingAbout]) -> Result<Vec<(String, u64)>, WebError> {
    let mut drifted = Vec::new();
    for mapping in mappings {
        let known = drifts::known(visit, &mapping.name).await?.unwrap_or_default();
        if !known.is_empty() {
            drifted.push((mapping.name.to_string(), known.len() as u64));
        }
    }
    Ok(drifted)
}

#[derive(Template)]
#[template(path = "workspace.html")]
struct WorkspacePage {
    frame: Frame,
    now: Now,
    /// Whether the setup is to be finished, for whoever may.
    unfinished: bool,
    period: Period,
    /// How the units of every mapping stand.
    standings: Vec<Standing>,
    synced: Days,
    errors: Days,
    bars: Vec<Bars>,
    health: Vec<Health>,
}

async fn show(visit: Visit, Query(asked): Query<Asked>) -> Answer {
    let period = Period::of(&asked, visit.web.clock.now(), &visit.web.zone);
    let runs = synced::runs(&visit, period).await?;
    let mappings = mappings::that_run(&visit).await?;
    let health = visit.web.office.health().await;
    let told = |health: Health| Health { found: shown::health(&visit.words, &health), ..health };
    page(&WorkspacePage {
        frame: visit.frame(Section::Workspace, "nav-workspace"),
        now: Now::of(&visit, &mappings).await?,
        unfinished: visit.caller.may(Right::Administer) && !visit.web.office.is_set_up().await?,
        period,
        standings: synced::standings(&visit, mappings).await?,
        synced: synced::by_day(&visit, period, &runs),
        errors: errors::by_day(&visit, period, &runs).await?,
        bars: errors::bars(&visit).await?,
        health: health.into_iter().map(told).collect(),
    })
}

#[derive(Template)]
#[template(path = "workspace/now.html")]
struct NowPart {
    frame: Frame,
    now: Now,
}

async fn now(visit: Visit) -> Answer {
    let now = Now::of(&visit, &mappings::that_run(&visit).await?).await?;
    fragment(&NowPart { frame: visit.frame(Section::Workspace, "nav-workspace"), now })
}
