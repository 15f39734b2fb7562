//! A schedule of a mapping: looked at in words before it is kept.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use cs_domain::MappingName;
use cs_ports::Schedule;
use jiff::Timestamp;
use serde::Deserialize;

use super::list::about;
use super::place::timetable;
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::office::Slip;
use crate::visit::{Answer, Visit, done, page};
use crate::work::schedules::{self, Wish};

/// Patterns that are offered while somebody types.
const EXAMPLES: [&str; 6] =
    ["*/15 * * * *", "0 * * * *", "0 6-20 * * MON-FRI", "0 6 * * *", "30 2 * * SUN", "0 3 1 * *"];

#[derive(Template)]
#[template(path = "sync/schedule.html")]
struct SchedulePage {
    frame: Frame,
    mapping: MappingName,
    wish: Wish,
    /// Whether it is a schedule that is there already.
    there: bool,
    /// The pattern in words and its next times, where it is one.
    timetable: Option<(String, Vec<Timestamp>)>,
    examples: Vec<(&'static str, String)>,
    slips: Vec<Slip>,
}

impl SchedulePage {
    fn of(visit: &Visit, mapping: MappingName, wish: Wish, there: bool, slips: Vec<Slip>) -> Self {
        let title = if there { "sync-schedule-edit" } else { "sync-schedule-new" };
        let examples = EXAMPLES.into_iter();
        Self {
            frame: visit.frame(Section::Sync, title),
            timetable: timetable(visit, &wish.cron).ok(),
            examples: examples.filter_map(|cron| Some((cron, timetable(visit, cron).ok()?.0))).collect(),
            mapping,
            wish,
            there,
            slips,
        }
    }

    fn slip(&self, field: &str) -> Option<&str> {
        self.slips.iter().find(|slip| slip.field == field).map(|slip| slip.message.as_str())
    }
}

#[derive(Deserialize)]
pub(super) struct Named {
    #[serde(default)]
    name: String,
}

pub(super) async fn edit(
    visit: Visit,
    Path(mapping): Path<MappingName>,
    Query(Named { name }): Query<Named>,
) -> Answer {
    about(&visit, &mapping).await?;
    let there = !name.is_empty();
    let wish = if there {
        Wish::of(&schedules::one(&visit, &mapping, &name).await?)
    } else {
        Wish::usual(mapping.to_string())
    };
    page(&SchedulePage::of(&visit, mapping, wish, there, Vec::new()))
}

#[derive(Deserialize)]
pub(super) struct Sent {
    #[serde(default)]
    name: String,
    /// The schedule that is edited; empty: a new one.
    #[serde(default)]
    replaces: String,
    #[serde(default)]
    cron: String,
    full: Option<String>,
    census: Option<String>,
    enabled: Option<String>,
    #[serde(default)]
    catch_up: String,
    #[serde(default)]
    minutes: String,
    #[serde(default)]
    attempts: String,
    /// Only show what it would be.
    look: Option<String>,
}

impl Sent {
    fn wish(&self) -> Wish {
        let name = if self.replaces.is_empty() { &self.name } else { &self.replaces };
        Wish {
            name: name.clone(),
            cron: self.cron.clone(),
            full: self.full.is_some(),
            census: self.census.is_some(),
            enabled: self.enabled.is_some(),
            catch_up: self.catch_up == "once",
            minutes: self.minutes.clone(),
            attempts: self.attempts.clone(),
        }
    }
}

pub(super) async fn save(visit: Visit, Path(mapping): Path<MappingName>, Form(sent): Form<Sent>) -> Answer {
    about(&visit, &mapping).await?;
    let wish = sent.wish();
    let there = !sent.replaces.is_empty();
    if sent.look.is_some() {
        let slips = slips(schedules::checked(&visit, &mapping, &wish))?;
        return page(&SchedulePage::of(&visit, mapping, wish, there, slips));
    }
    let replaced: Option<Schedule> =
        if there { Some(schedules::one(&visit, &mapping, &sent.replaces).await?) } else { None };
    let slips = slips(schedules::save(&visit, &mapping, &wish, replaced.as_ref()).await)?;
    if slips.is_empty() {
        return done(&format!("/sync/{mapping}"), "sync-schedule-saved");
    }
    let shown = page(&SchedulePage::of(&visit, mapping, wish, there, slips))?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, shown).into_response())
}

/// What is wrong with a wish; other errors are not about it.
fn slips(kept: Result<Schedule, WebError>) -> Result<Vec<Slip>, WebError> {
    match kept {
        Ok(_) => Ok(Vec::new()),
        Err(WebError::Invalid { slips }) => Ok(slips),
        Err(error) => Err(error),
    }
}

#[derive(Deserialize)]
pub(super) struct Switch {
    name: String,
    #[serde(default)]
    on: bool,
}

pub(super) async fn switch(
    visit: Visit,
    Path(mapping): Path<MappingName>,
    Form(sent): Form<Switch>,
) -> Answer {
    let schedule = schedules::one(&visit, &mapping, &sent.name).await?;
    schedules::switch(&visit, &schedule, sent.on).await?;
    let notice = if sent.on { "sync-schedule-on" } else { "sync-schedule-off" };
    done(&format!("/sync/{mapping}"), notice)
}

pub(super) async fn remove(
    visit: Visit,
    Path(mapping): Path<MappingName>,
    Form(Named { name }): Form<Named>,
) -> Answer {
    let schedule = schedules::one(&visit, &mapping, &name).await?;
    schedules::remove(&visit, &schedule).await?;
    done(&format!("/sync/{mapping}"), "sync-schedule-removed")
}
