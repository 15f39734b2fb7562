//! Runs what is to be run: tasks that people ask for at once, schedules at their times.

mod calendar;
mod wording;

pub use calendar::{Calendar, CalendarError, CronField};
pub use cs_companies::Language;
