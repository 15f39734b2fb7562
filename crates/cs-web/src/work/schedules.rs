//! Schedules: kept, switched on and off, removed.

use cs_domain::MappingName;
use cs_engine::scheduler::{Calendar, CalendarError, CronField};
use cs_ports::{CatchUp, Schedule, Work};
use serde_json::{Value as Json, json};

use crate::error::WebError;
use crate::office::Slip;
use crate::visit::Visit;
use crate::words::Words;

/// Characters that a schedule's name may have.
const NAME_LENGTH: usize = 60;
/// Minutes that an attempt may take, at most: a day.
const LONGEST: u32 = 24 * 60;
/// How often a task may be begun.
const MOST_ATTEMPTS: u32 = 10;
const MINUTE: u32 = 60;

/// A schedule as somebody wants it, before it is looked into.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) name: String,
    pub(crate) cron: String,
    pub(crate) full: bool,
    pub(crate) census: bool,
    pub(crate) enabled: bool,
    /// Whether a missed time is made up for.
    pub(crate) catch_up: bool,
    /// Minutes that an attempt may take.
    pub(crate) minutes: String,
    pub(crate) attempts: String,
}

impl Wish {
    /// The wish that would make this schedule.
    pub(crate) fn of(schedule: &Schedule) -> Self {
        let (full, census) = match schedule.work {
            Work::Sync { full, census, .. } => (full, census),
            _ => (false, false),
        };
        Self {
            name: schedule.name.clone(),
            cron: schedule.cron.clone(),
            full,
            census,
            enabled: schedule.enabled,
            catch_up: schedule.catch_up == CatchUp::Once,
            minutes: schedule.time_limit.div_ceil(MINUTE).to_string(),
            attempts: schedule.attempts_allowed.to_string(),
        }
    }

    /// What most people want.
    pub(crate) fn usual(name: String) -> Self {
        Self {
            name,
            cron: "*/15 * * * *".to_owned(),
            enabled: true,
            catch_up: true,
            minutes: "120".to_owned(),
            attempts: "3".to_owned(),
            ..Self::default()
        }
    }
}

/// Why a pattern is none, in the reader's language.
pub(crate) fn told(words: &Words, error: &CalendarError) -> String {
    match error {
        CalendarError::Fields { found } => {
            words.tell("sync-cron-fields", &[("found", found.to_string().into())])
        }
        CalendarError::Field { field, text, .. } => {
            let field = match field {
                CronField::Minute => "minute",
                CronField::Hour => "hour",
                CronField::Day => "day",
                CronField::Month => "month",
                CronField::Weekday => "weekday",
            };
            let what = words.say(&format!("sync-cron-{field}"));
            let holds = words.say(&format!("sync-cron-{field}-holds"));
            let parameters = [("text", text.clone().into()), ("what", what.into()), ("holds", holds.into())];
            words.tell("sync-cron-field", &parameters)
        }
        CalendarError::Never => words.say("sync-cron-never"),
    }
}

/// The schedules of a mapping, by name.
pub(crate) async fn of_mapping(visit: &Visit, mapping: &MappingName) -> Result<Vec<Schedule>, WebError> {
    let all = visit.web.desk.schedules().await?;
    Ok(all.into_iter().filter(|schedule| is_of(schedule, mapping)).collect())
}

fn is_of(schedule: &Schedule, mapping: &MappingName) -> bool {
    matches!(&schedule.work, Work::Sync { mapping: of, .. } if of == mapping)
}

/// One schedule of a mapping.
pub(crate) async fn one(visit: &Visit, mapping: &MappingName, name: &str) -> Result<Schedule, WebError> {
    let found = of_mapping(visit, mapping).await?.into_iter().find(|schedule| schedule.name == name);
    found.ok_or_else(|| WebError::not_there("schedule", name))
}

/// Keeps a schedule: a new one, or (`replaced`) in place of the one that is there.
pub(crate) async fn save(
    visit: &Visit,
    mapping: &MappingName,
    wish: &Wish,
    replaced: Option<&Schedule>,
) -> Result<Schedule, WebError> {
    let mut schedule = checked(visit, mapping, wish)?;
    if replaced.is_none() {
        expect_free(visit, &schedule.name).await?;
    }
    if let Some(before) = replaced {
        schedule.name.clone_from(&before.name);
        // Its times count from now on only where they are others, or where none were counted.
        if before.cron == schedule.cron && before.enabled {
            schedule.seen = before.seen;
        }
    }
    visit.web.desk.put_schedule(&schedule).await?;
    let before = replaced.map_or(Json::Null, |schedule| json!(schedule));
    visit.record("schedule.save", object(&schedule.name), before, &schedule).await?;
    visit.web.office.nudge();
    Ok(schedule)
}

/// Switches a schedule on or off. What was missed while it was off is not made up for.
pub(crate) async fn switch(visit: &Visit, before: &Schedule, enabled: bool) -> Result<(), WebError> {
    let mut after = Schedule { enabled, ..before.clone() };
    if enabled && !before.enabled {
        after.seen = visit.web.clock.now();
    }
    visit.web.desk.put_schedule(&after).await?;
    let said = |schedule: &Schedule| json!({ "enabled": schedule.enabled });
    visit.record("schedule.switch", object(&before.name), said(before), said(&after)).await?;
    visit.web.office.nudge();
    Ok(())
}

/// Removes a schedule.
pub(crate) async fn remove(visit: &Visit, schedule: &Schedule) -> Result<(), WebError> {
    visit.web.desk.remove_schedule(&schedule.name).await?;
    visit.record("schedule.remove", object(&schedule.name), schedule, Json::Null).await?;
    visit.web.office.nudge();
    Ok(())
}

fn object(name: &str) -> String {
    format!("schedule {name}")
}

async fn expect_free(visit: &Visit, name: &str) -> Result<(), WebError> {
    let taken = visit.web.desk.schedules().await?.iter().any(|schedule| schedule.name == name);
    if taken { Err(WebError::invalid("name", visit.words.say("sync-schedule-taken"))) } else { Ok(()) }
}

/// The schedule, where every field of the wish can be taken.
pub(crate) fn checked(visit: &Visit, mapping: &MappingName, wish: &Wish) -> Result<Schedule, WebError> {
    let words = &visit.words;
    let mut slips = Vec::new();
    let mut slip = |field: &str, message: String| slips.push(Slip { field: field.to_owned(), message });
    let name = wish.name.trim();
    if name.is_empty() || name.chars().count() > NAME_LENGTH || name.chars().any(char::is_control) {
        slip("name", words.say("sync-schedule-name-wrong"));
    }
    if let Err(error) = wish.cron.trim().parse::<Calendar>() {
        slip("cron", told(words, &error));
    }
    let minutes = within(&wish.minutes, LONGEST);
    if minutes.is_none() {
        slip("minutes", words.say("sync-schedule-minutes-wrong"));
    }
    let attempts = within(&wish.attempts, MOST_ATTEMPTS);
    if attempts.is_none() {
        slip("attempts", words.say("sync-schedule-attempts-wrong"));
    }
    let (Some(minutes), Some(attempts), true) = (minutes, attempts, slips.is_empty()) else {
        return Err(WebError::Invalid { slips });
    };
    Ok(Schedule {
        name: name.to_owned(),
        work: Work::Sync {
            mapping: mapping.clone(),
            full: wish.full,
            census: wish.census,
            approved_deletes: None,
            dry_run: false,
        },
        cron: wish.cron.split_whitespace().collect::<Vec<_>>().join(" "),
        enabled: wish.enabled,
        catch_up: if wish.catch_up { CatchUp::Once } else { CatchUp::Skip },
        time_limit: minutes * MINUTE,
        attempts_allowed: attempts,
        seen: visit.web.clock.now(),
    })
}

/// A whole number from 1 on.
fn within(text: &str, most: u32) -> Option<u32> {
    text.trim().parse().ok().filter(|number| (1..=most).contains(number))
}
