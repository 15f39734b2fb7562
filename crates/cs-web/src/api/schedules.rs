//! Schedules: when which mapping is run.

use axum::Json;
use axum::http::StatusCode;
use cs_domain::MappingName;
use cs_ports::{CatchUp, Right, Schedule, Work};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::Given;
use super::asked::{Named, Said};
use super::paging::Page;
use crate::doors::{Doors, Rule};
use crate::error::WebError;
use crate::visit::Visit;
use crate::work::schedules::{self, Wish};

pub(super) fn doors(doors: Doors) -> Doors {
    let (reads, configures) = (Rule::Needs(Right::Read), Rule::Needs(Right::Configure));
    doors
        .api(reads, routes!(list))
        .api(configures, routes!(add))
        .api(configures, routes!(replace))
        .api(configures, routes!(remove))
}

/// A schedule.
#[derive(Debug, Serialize, ToSchema)]
struct ScheduleShown {
    name: String,
    mapping: String,
    /// Five fields of cron, in the agency's zone.
    cron: String,
    /// Every record, changed or not.
    full: bool,
    /// Counts what is there besides.
    census: bool,
    enabled: bool,
    /// Whether a missed time is made up for.
    catch_up: bool,
    /// Minutes that an attempt may take.
    minutes: u32,
    /// How often a task is begun before an error is its end.
    attempts: u32,
}

impl ScheduleShown {
    fn of(schedule: Schedule) -> Self {
        let (full, census) = match schedule.work {
            Work::Sync { full, census, .. } => (full, census),
            _ => (false, false),
        };
        Self {
            mapping: schedule.work.lane(),
            name: schedule.name,
            cron: schedule.cron,
            full,
            census,
            enabled: schedule.enabled,
            catch_up: schedule.catch_up == CatchUp::Once,
            minutes: schedule.time_limit.div_ceil(60),
            attempts: schedule.attempts_allowed,
        }
    }
}

/// When a mapping is to be run.
#[derive(Debug, Deserialize, ToSchema)]
struct Times {
    mapping: String,
    /// Five fields of cron, in the agency's zone.
    cron: String,
    #[serde(default)]
    full: bool,
    #[serde(default)]
    census: bool,
    #[serde(default = "yes")]
    enabled: bool,
    #[serde(default = "yes")]
    catch_up: bool,
    /// Minutes that an attempt may take; 120 where it is not said.
    #[schema(minimum = 1, maximum = 1440)]
    minutes: Option<u32>,
    /// How often a task is begun; 3 where it is not said.
    #[schema(minimum = 1, maximum = 10)]
    attempts: Option<u32>,
}

fn yes() -> bool {
    true
}

/// A schedule as it is to be.
#[derive(Debug, Deserialize, ToSchema)]
struct NewSchedule {
    #[schema(min_length = 1, max_length = 60)]
    name: String,
    #[serde(flatten)]
    times: Times,
}

impl Times {
    fn wish(&self, name: String) -> Wish {
        let usual = Wish::usual(name);
        Wish {
            cron: self.cron.clone(),
            full: self.full,
            census: self.census,
            enabled: self.enabled,
            catch_up: self.catch_up,
            minutes: self.minutes.map_or(usual.minutes, |minutes| minutes.to_string()),
            attempts: self.attempts.map_or(usual.attempts, |attempts| attempts.to_string()),
            name: usual.name,
        }
    }
}

async fn mapping_of(visit: &Visit, times: &Times) -> Result<MappingName, WebError> {
    let mappings = visit.web.office.mappings().await?;
    let found = mappings.into_iter().find(|about| about.name.as_str() == times.mapping);
    found.map(|about| about.name).ok_or_else(|| WebError::not_there("mapping", &times.mapping))
}

async fn found(visit: &Visit, name: &str) -> Result<Schedule, WebError> {
    let all = visit.web.desk.schedules().await?;
    let found = all.into_iter().find(|schedule| schedule.name == name);
    found.ok_or_else(|| WebError::not_there("schedule", name))
}

/// Schedules by name
#[utoipa::path(get, path = "/api/v1/schedules", operation_id = "list_schedules", tag = "schedules",
    responses((status = 200, description = "All of them", body = Page<ScheduleShown>)))]
async fn list(visit: Visit) -> Given<Page<ScheduleShown>> {
    let all = visit.web.desk.schedules().await?;
    Ok(Json(Page::whole(all.into_iter().map(ScheduleShown::of))))
}

/// Adds a schedule
#[utoipa::path(post, path = "/api/v1/schedules", operation_id = "add_schedule", tag = "schedules",
    request_body = NewSchedule,
    responses((status = 201, description = "The schedule", body = ScheduleShown)))]
async fn add(
    visit: Visit,
    Said(said): Said<NewSchedule>,
) -> Result<(StatusCode, Json<ScheduleShown>), WebError> {
    let mapping = mapping_of(&visit, &said.times).await?;
    let kept = schedules::save(&visit, &mapping, &said.times.wish(said.name), None).await?;
    Ok((StatusCode::CREATED, Json(ScheduleShown::of(kept))))
}

/// Replaces a schedule
#[utoipa::path(put, path = "/api/v1/schedules/{name}", operation_id = "replace_schedule", tag = "schedules",
    params(("name" = String, Path, description = "The schedule")), request_body = Times,
    responses((status = 200, description = "The schedule", body = ScheduleShown)))]
async fn replace(visit: Visit, Named(name): Named, Said(times): Said<Times>) -> Given<ScheduleShown> {
    let before = found(&visit, &name).await?;
    let mapping = mapping_of(&visit, &times).await?;
    let kept = schedules::save(&visit, &mapping, &times.wish(name), Some(&before)).await?;
    Ok(Json(ScheduleShown::of(kept)))
}

/// Removes a schedule
#[utoipa::path(delete, path = "/api/v1/schedules/{name}", operation_id = "remove_schedule", tag = "schedules",
    params(("name" = String, Path, description = "The schedule")),
    responses((status = 204, description = "It is no more")))]
async fn remove(visit: Visit, Named(name): Named) -> Result<StatusCode, WebError> {
    let schedule = found(&visit, &name).await?;
    schedules::remove(&visit, &schedule).await?;
    Ok(StatusCode::NO_CONTENT)
}
