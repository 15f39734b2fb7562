//! All mappings: what they connect, how they stand, when they run.

use askama::Template;
use cs_domain::{MappingName, Run, RunStatus};
use cs_engine::scheduler::Calendar;
use cs_ports::{RetiredMapping, RunFilter, Schedule, UnitCounts};
use jiff::Timestamp;

use super::now::{Fell, Going, fell, going};
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::office::{MappingAbout, UnitAbout};
use crate::visit::{Answer, Visit, fragment, page};
use crate::work::{schedules, syncs};

/// A mapping with how it stands.
pub(super) struct Standing {
    pub(super) about: MappingAbout,
    pub(super) counts: UnitCounts,
    pub(super) last: Option<Run>,
    pub(super) next: Option<Timestamp>,
    pub(super) going: Vec<Going>,
    /// What was asked for last, where it could not begin.
    pub(super) fell: Option<Fell>,
    /// Who keeps it from running, and since when.
    pub(super) retired: Option<RetiredMapping>,
}

impl Standing {
    pub(super) async fn of(visit: &Visit, about: MappingAbout) -> Result<Self, WebError> {
        let desk = &visit.web.desk;
        let name = &about.name;
        let runs = RunFilter { mapping: Some(name.clone()), ..RunFilter::default() };
        let schedules = schedules::of_mapping(visit, name).await?;
        let retired = desk.retired_mappings().await?.into_iter().find(|one| one.mapping == *name);
        let next = schedules.iter().filter_map(|schedule| next(visit, schedule)).min();
        Ok(Self {
            counts: syncs::units(visit, name).await?,
            last: desk.runs_before(&runs, None, 1).await?.pop(),
            next: next.filter(|_| retired.is_none()),
            going: going(visit, name).await?,
            fell: fell(visit, name).await?,
            retired,
            about,
        })
    }

    /// Whether it can run.
    pub(super) fn fits(&self) -> bool {
        self.about.problems.is_empty() && self.about.missing.is_empty()
    }

    /// Whether somebody may begin it: it can run, and nobody keeps it from running.
    pub(super) fn begins(&self) -> bool {
        self.fits() && self.retired.is_none()
    }

    /// Units that failed, tried again or not.
    pub(super) fn failed(&self) -> u64 {
        self.counts.retrying + self.counts.parked
    }
}

/// The DocTypes of a unit in their order, with how many documents are of each.
pub(in crate::pages::sync) fn kinds(unit: &UnitAbout) -> Vec<(&str, usize)> {
    let mut kinds: Vec<(&str, usize)> = Vec::new();
    for (_, doctype) in &unit.documents {
        match kinds.iter_mut().find(|(known, _)| known == doctype) {
            Some((_, number)) => *number += 1,
            None => kinds.push((doctype, 1)),
        }
    }
    kinds
}

/// The next time of a schedule that is switched on.
pub(super) fn next(visit: &Visit, schedule: &Schedule) -> Option<Timestamp> {
    let calendar: Calendar = schedule.cron.parse().ok()?;
    calendar.after(visit.web.clock.now(), &visit.web.zone).filter(|_| schedule.enabled)
}

async fn standings(visit: &Visit) -> Result<Vec<Standing>, WebError> {
    let mut standings = Vec::new();
    for about in visit.web.office.mappings().await? {
        standings.push(Standing::of(visit, about).await?);
    }
    Ok(standings)
}

/// One mapping, as the office knows it.
pub(super) async fn about(visit: &Visit, mapping: &MappingName) -> Result<MappingAbout, WebError> {
    let found = visit.web.office.mappings().await?.into_iter().find(|about| about.name == *mapping);
    found.ok_or_else(|| WebError::not_there("mapping", mapping))
}

#[derive(Template)]
#[template(path = "sync/list.html")]
struct ListPage {
    frame: Frame,
    standings: Vec<Standing>,
}

pub(super) async fn show(visit: Visit) -> Answer {
    let standings = standings(&visit).await?;
    page(&ListPage { frame: visit.frame(Section::Sync, "nav-sync"), standings })
}

#[derive(Template)]
#[template(path = "sync/cards.html")]
struct Cards {
    frame: Frame,
    standings: Vec<Standing>,
}

pub(super) async fn rows(visit: Visit) -> Answer {
    let standings = standings(&visit).await?;
    fragment(&Cards { frame: visit.frame(Section::Sync, "nav-sync"), standings })
}
