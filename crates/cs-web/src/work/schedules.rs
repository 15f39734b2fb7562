//! Schedules: kept, switched on and off, removed.

use cs_domain::MappingName;
pub(crate) use cs_engine::scheduler::Wish;
use cs_engine::scheduler::{CalendarError, CronField, WishFault, in_place_of};
use cs_ports::{Schedule, Work};
use serde_json::{Value as Json, json};

use crate::error::WebError;
use crate::office::Slip;
use crate::visit::Visit;
use crate::words::Words;

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
        schedule = in_place_of(before, schedule);
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
    let slip = |fault: &WishFault| Slip {
        field: fault.field().to_owned(),
        message: match fault {
            WishFault::Name => words.say("sync-schedule-name-wrong"),
            WishFault::Cron(error) => told(words, error),
            WishFault::Minutes => words.say("sync-schedule-minutes-wrong"),
            WishFault::Attempts => words.say("sync-schedule-attempts-wrong"),
        },
    };
    let granted = wish.granted(mapping, visit.web.clock.now());
    granted.map_err(|faults| WebError::Invalid { slips: faults.iter().map(slip).collect() })
}
