//! How a task comes to be.

use cs_domain::{Balance, RunId, RunStatus};
use cs_ports::{Schedule, Task, TaskId, Work};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value as Json;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asking {
    /// What is to be done.
    pub work: Work,
    /// Who asks: a login, or [`asked_by_schedule`].
    pub asked_by: String,
    /// Seconds that an attempt may take; 0: as long as it takes.
    pub time_limit: u32,
    /// How often it may be begun, before an error is its end.
    pub attempts_allowed: u32,
}

impl Asking {
    /// What a schedule asks for.
    pub fn of_schedule(schedule: &Schedule) -> Self {
        Self {
            work: schedule.work.clone(),
            asked_by: asked_by_schedule(&schedule.name),
            time_limit: schedule.time_limit,
            attempts_allowed: schedule.attempts_allowed,
        }
    }

    /// The task: not begun yet, named after the moment and some chance.
    pub fn task(self, now: Timestamp, zone: &TimeZone, chance: u64) -> Task {
        #[expect(clippy::cast_possible_truncation, reason = "any sixteen bits of chance will do")]
        let id = TaskId(RunId::new(now, chance as u16).0);
        Task {
            id,
            title: title(&self.work, now, zone),
            work: self.work,
            status: RunStatus::Pending,
            asked_by: self.asked_by,
            asked: now,
            started: None,
            ended: None,
            not_before: None,
            attempts: 0,
            attempts_allowed: self.attempts_allowed,
            time_limit: self.time_limit,
            cancel: false,
            run: None,
            expected: 0,
            balance: Balance::default(),
            reached: 0,
            failure: None,
            outcome: Json::Null,
        }
    }
}

/// What begins the name of a schedule where it asks for something. No login does: those are e-mail addresses.
const SCHEDULE: &str = "schedule ";

/// Who asked for the tasks of a schedule.
pub fn asked_by_schedule(name: &str) -> String {
    format!("{SCHEDULE}{name}")
}

/// Whether it was a schedule that asked, and nobody who waits for what comes of it.
pub fn is_of_schedule(asked_by: &str) -> bool {
    asked_by.starts_with(SCHEDULE)
}

/// What people call the work: `oscar/BS Sync on 2026-11-22`. The day is the one a report is compared for, else today where
/// the agency is.
pub fn title(work: &Work, now: Timestamp, zone: &TimeZone) -> String {
    let today = zone.to_datetime(now).date();
    let verb = if work.is_dry_run() { "Dry Run" } else { "Sync" };
    match work {
        Work::Sync { mapping, .. } => format!("{mapping} {verb} on {today}"),
        Work::Apply { mapping, .. } => format!("{mapping} Apply on {today}"),
        Work::Reconcile { company, broker, as_of, .. } => {
            format!("{company}/{broker} {verb} on {}", as_of.unwrap_or(today))
        }
        Work::Undo { run } => format!("Undo of {run} on {today}"),
        Work::Pair { mapping, unit, role } => format!("{mapping} Linking of {unit}/{role} on {today}"),
    }
}

#[cfg(test)]
mod tests {
    use cs_ports::FileId;

    use super::super::testing::{at, sync};
    use super::*;

    #[test]
    fn tasks_are_called_after_what_they_do_and_the_agencys_day() {
        let zone = TimeZone::fixed(jiff::tz::offset(-5));
        let name = |work: &Work| title(work, at("03:00:00"), &zone);
        let reconcile = |as_of: Option<&str>, dry_run| Work::Reconcile {
            company: "oscar".to_owned(),
            broker: "BS".to_owned(),
            file: FileId("00".to_owned()),
            file_name: "oscar.csv".to_owned(),
            as_of: as_of.map(|day| day.parse().unwrap()),
            plan_year: None,
            approve_drift: false,
            dry_run,
        };
        assert_eq!(name(&sync("policy")), "policy Sync on 2026-11-21");
        assert_eq!(name(&reconcile(None, false)), "oscar/BS Sync on 2026-11-21");
        assert_eq!(name(&reconcile(Some("2026-10-31"), true)), "oscar/BS Dry Run on 2026-10-31");
        let pair = Work::Pair { mapping: "crm".into(), unit: "contact".into(), role: "person".into() };
        assert_eq!(name(&pair), "crm Linking of contact/person on 2026-11-21");
        let asking =
            Asking { work: sync("policy"), asked_by: "ana".to_owned(), time_limit: 60, attempts_allowed: 1 };
        let task = asking.task(at("03:00:00"), &zone, 0xabcd_3f9a);
        assert_eq!((task.id.to_string().as_str(), task.status), ("20261122-030000-3f9a", RunStatus::Pending));
    }
}
