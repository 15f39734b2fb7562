//! Tasks and schedules for tests.

use cs_ports::{CatchUp, Schedule, Task, TaskId, Work};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::asking::Asking;

/// A time of the day on which tests take place.
pub(super) fn at(time: &str) -> Timestamp {
    format!("2026-11-22T{time}Z").parse().unwrap()
}

pub(super) fn sync(mapping: &str) -> Work {
    let mapping = mapping.into();
    Work::Sync { mapping, full: false, census: false, approved_deletes: None, dry_run: false }
}

/// A task that somebody asked for in the night.
pub(super) fn task(id: &str, mapping: &str) -> Task {
    let asking =
        Asking { work: sync(mapping), asked_by: "ana".to_owned(), time_limit: 3_600, attempts_allowed: 1 };
    Task { id: TaskId(id.to_owned()), ..asking.task(at("00:00:00"), &TimeZone::UTC, 0) }
}

/// A schedule of a mapping of its name that was looked at last in the night.
pub(super) fn schedule(name: &str, cron: &str) -> Schedule {
    Schedule {
        name: name.to_owned(),
        work: sync(name),
        cron: cron.to_owned(),
        enabled: true,
        catch_up: CatchUp::Once,
        time_limit: 3_600,
        attempts_allowed: 1,
        seen: at("00:00:00"),
    }
}
