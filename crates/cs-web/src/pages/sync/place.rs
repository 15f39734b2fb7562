//! One mapping: what it does now, how it stands, when it runs, what it did.

use askama::Template;
use axum::extract::{Path, Query};
use cs_domain::{MappingName, RunStatus};
use cs_engine::scheduler::Calendar;
use cs_ports::{CatchUp, Schedule, Work};
use jiff::Timestamp;

use super::history::{Asked, History};
use super::list::{Standing, about};
use crate::frame::{Frame, Section};
use crate::visit::{Answer, Visit, page};
use crate::words::Language;
use crate::work::{schedules, syncs};

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
    schedules: Vec<Planned>,
    history: History,
}

pub(super) async fn show(
    visit: Visit,
    Path(mapping): Path<MappingName>,
    Query(asked): Query<Asked>,
) -> Answer {
    let about = about(&visit, &mapping).await?;
    let schedules = schedules::of_mapping(&visit, &mapping).await?;
    page(&PlacePage {
        frame: visit.titled(Section::Sync, mapping.to_string()),
        braked: syncs::braked(&visit, &mapping).await?,
        schedules: schedules.into_iter().map(|schedule| Planned::of(&visit, schedule)).collect(),
        history: History::of(&visit, &mapping, asked).await?,
        standing: Standing::of(&visit, about).await?,
        mapping,
    })
}
