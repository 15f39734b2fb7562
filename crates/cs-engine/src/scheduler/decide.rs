//! What the scheduler does next, decided from what there is. No I/O, no clock.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cs_domain::{MappingName, RunStatus};
use cs_ports::{CatchUp, Schedule, Task, TaskId, Work};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::asking::asked_by_schedule;
use super::timetable::Timetable;
use crate::stop::Stop;

/// A time that passed longer ago than this was missed: nobody was there.
const LATE: Duration = Duration::from_mins(1);

/// What there is.
pub(super) struct Scene<'s, 'h> {
    pub(super) schedules: &'s [Schedule],
    /// The mappings that do not run.
    pub(super) retired: &'h BTreeSet<MappingName>,
    /// When they are due.
    pub(super) timetable: &'h Timetable,
    /// Tasks that are not over, oldest first.
    pub(super) open: &'s [Task],
    pub(super) now: Timestamp,
    pub(super) zone: &'h TimeZone,
    /// What is carried out here.
    pub(super) here: &'h BTreeSet<TaskId>,
    /// Whose lease somebody else was seen to have.
    pub(super) elsewhere: &'h BTreeMap<TaskId, Elsewhere>,
    /// How many tasks are carried out at a time.
    pub(super) lanes: usize,
}

/// A task whose lease somebody else was seen to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Elsewhere {
    /// Who.
    pub(super) holder: String,
    /// Until when, unless it is renewed.
    pub(super) until: Timestamp,
    /// Where the task stood then. What has moved since is asked about anew.
    pub(super) status: RunStatus,
    /// How often it was begun then.
    pub(super) attempts: u32,
}

impl Elsewhere {
    fn holds(&self, task: &Task, now: Timestamp) -> bool {
        now < self.until && self.status == task.status && self.attempts == task.attempts
    }
}

/// Why a schedule's time passes without a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Skipped {
    /// The task of the time before is not over.
    StillOpen(TaskId),
    /// Nobody was there, and the schedule does not catch up.
    Missed,
    /// Its mapping is retired.
    Retired,
}

/// What is to be done.
#[derive(Debug)]
pub(super) enum Action<'s> {
    /// Adds the task of a schedule, whose times are seen to up to now.
    Fire(&'s Schedule),
    /// Adds none; its times are seen to all the same.
    Skip(&'s Schedule, Skipped),
    /// Tells a task that is carried out here to stop.
    Stop(&'s Task, Stop),
    /// Ends a task that was not begun.
    Withdraw(&'s Task),
    /// Takes a task up whose holder is no more.
    TakeOver(&'s Task),
    /// Begins a task.
    Begin(&'s Task),
}

/// What is to be done now.
pub(super) fn decide<'s>(scene: &Scene<'s, '_>) -> Vec<Action<'s>> {
    let mut actions: Vec<Action<'s>> = Vec::new();
    actions.extend(scene.open.iter().filter_map(|task| ends(scene, task)));
    actions.extend(scene.schedules.iter().filter_map(|schedule| due(scene, schedule)));
    actions.extend(takes(scene));
    actions
}

/// Whether a task has to end.
fn ends<'s>(scene: &Scene<'_, '_>, task: &'s Task) -> Option<Action<'s>> {
    match task.status {
        RunStatus::Pending => task.cancel.then_some(Action::Withdraw(task)),
        RunStatus::InProgress if scene.here.contains(&task.id) => {
            let limit = Duration::from_secs(task.time_limit.into());
            let begun = task.started.filter(|_| task.time_limit > 0);
            if task.cancel {
                Some(Action::Stop(task, Stop::Cancelled))
            } else if begun.is_some_and(|begun| begun.saturating_add(limit).is_ok_and(|end| end <= scene.now))
            {
                Some(Action::Stop(task, Stop::TimedOut))
            } else {
                None
            }
        }
        _ => None,
    }
}

/// What becomes of a schedule now.
fn due<'s>(scene: &Scene<'_, '_>, schedule: &'s Schedule) -> Option<Action<'s>> {
    if !schedule.enabled {
        return None;
    }
    let due = scene.timetable.due(schedule).is_some_and(|time| time <= scene.now);
    if !due {
        return None;
    }
    if let Work::Sync { mapping, .. } = &schedule.work
        && scene.retired.contains(mapping)
    {
        return Some(Action::Skip(schedule, Skipped::Retired));
    }
    let asker = asked_by_schedule(&schedule.name);
    if let Some(open) = scene.open.iter().find(|task| task.asked_by == asker) {
        return Some(Action::Skip(schedule, Skipped::StillOpen(open.id.clone())));
    }
    match schedule.catch_up {
        CatchUp::Skip if was_missed(scene, schedule) => Some(Action::Skip(schedule, Skipped::Missed)),
        CatchUp::Once | CatchUp::Skip => Some(Action::Fire(schedule)),
    }
}

/// Whether all of the schedule's times that passed are long past.
fn was_missed(scene: &Scene<'_, '_>, schedule: &Schedule) -> bool {
    let Ok(lately) = scene.now.checked_sub(LATE) else { return false };
    let since = lately.max(schedule.seen);
    scene.timetable.after(schedule, since, scene.zone).is_none_or(|time| scene.now < time)
}

/// The tasks that are taken up: what lost its holder first, then what waits, the oldest first, one a lane.
fn takes<'s>(scene: &Scene<'s, '_>) -> Vec<Action<'s>> {
    let held = |task: &Task| scene.elsewhere.get(&task.id).is_some_and(|other| other.holds(task, scene.now));
    let in_progress = || scene.open.iter().filter(|task| task.status == RunStatus::InProgress);
    let mut free = scene.lanes.saturating_sub(scene.here.len());
    let mut actions = Vec::new();
    for task in in_progress().filter(|task| !scene.here.contains(&task.id) && !held(task)).take(free) {
        actions.push(Action::TakeOver(task));
    }
    free -= actions.len();
    let pending = || scene.open.iter().filter(|task| task.status == RunStatus::Pending);
    let mut busy: BTreeSet<String> = in_progress().map(|task| task.work.lane()).collect();
    busy.extend(pending().filter(|task| held(task)).map(|task| task.work.lane()));
    for task in pending() {
        if free == 0 {
            break;
        }
        let waits = task.cancel || task.not_before.is_some_and(|time| scene.now < time);
        if !waits && busy.insert(task.work.lane()) {
            actions.push(Action::Begin(task));
            free -= 1;
        }
    }
    actions
}

#[cfg(test)]
mod tests {
    use super::super::testing::{at, schedule, task};
    use super::*;

    /// What is decided, in a word each.
    fn decided(
        now: &str,
        schedules: &[Schedule],
        open: &[Task],
        here: &[&str],
        elsewhere: &[(&str, Elsewhere)],
    ) -> Vec<String> {
        let mut timetable = Timetable::default();
        timetable.follow(schedules, &TimeZone::UTC);
        let scene = Scene {
            schedules,
            retired: &BTreeSet::from(["asleep".into()]),
            timetable: &timetable,
            open,
            now: at(now),
            zone: &TimeZone::UTC,
            here: &here.iter().map(|id| TaskId((*id).to_owned())).collect(),
            elsewhere: &elsewhere
                .iter()
                .map(|(id, other)| (TaskId((*id).to_owned()), other.clone()))
                .collect(),
            lanes: 2,
        };
        let word = |action: &Action<'_>| match action {
            Action::Fire(schedule) => format!("fire {}", schedule.name),
            Action::Skip(schedule, Skipped::StillOpen(open)) => format!("skip {}: {open}", schedule.name),
            Action::Skip(schedule, Skipped::Missed) => format!("skip {}: missed", schedule.name),
            Action::Skip(schedule, Skipped::Retired) => format!("skip {}: retired", schedule.name),
            Action::Stop(task, stop) => format!("stop {}: {stop:?}", task.id),
            Action::Withdraw(task) => format!("withdraw {}", task.id),
            Action::TakeOver(task) => format!("take over {}", task.id),
            Action::Begin(task) => format!("begin {}", task.id),
        };
        decide(&scene).iter().map(word).collect()
    }

    fn running(id: &str, mapping: &str, started: &str) -> Task {
        let task = task(id, mapping);
        Task {
            status: RunStatus::InProgress,
            attempts: 1,
            started: Some(at(started)),
            time_limit: 600,
            ..task
        }
    }

    fn elsewhere(task: &Task, until: &str) -> Elsewhere {
        let (status, attempts) = (task.status, task.attempts);
        Elsewhere { holder: "other".to_owned(), until: at(until), status, attempts }
    }

    #[test]
    fn schedules_fire_at_their_times() {
        // Every day at 6:00; seen until the evening before, unless it says something else.
        let once = schedule("once", "0 6 * * *");
        let skip = Schedule { catch_up: CatchUp::Skip, ..schedule("skip", "0 6 * * *") };
        let off = Schedule { enabled: false, ..schedule("off", "0 6 * * *") };
        let broken = schedule("broken", "0 6 * *");
        let seen = Schedule { seen: at("06:00:00"), ..schedule("seen", "0 6 * * *") };
        let all = [once, skip, off, broken, seen];
        for (now, expected) in [
            ("05:59:59", vec![]),
            ("06:00:00", vec!["fire once", "fire skip"]),
            ("06:00:59", vec!["fire once", "fire skip"]),
            ("06:01:01", vec!["fire once", "skip skip: missed"]),
            ("18:00:00", vec!["fire once", "skip skip: missed"]),
        ] {
            assert_eq!(decided(now, &all, &[], &[], &[]), expected, "{now}");
        }
    }

    #[test]
    fn the_schedule_of_a_retired_mapping_stands_still() {
        let all = [schedule("asleep", "0 6 * * *"), schedule("awake", "0 6 * * *")];
        assert_eq!(decided("05:59:59", &all, &[], &[], &[]), [""; 0]);
        assert_eq!(decided("06:00:00", &all, &[], &[], &[]), ["skip asleep: retired", "fire awake"]);
    }

    #[test]
    fn a_schedule_whose_task_is_open_adds_no_second() {
        let every_minute = schedule("often", "* * * * *");
        let mut open = task("a", "policy");
        open.asked_by = asked_by_schedule("often");
        open.not_before = Some(at("07:00:00"));
        assert_eq!(
            decided("06:00:00", std::slice::from_ref(&every_minute), &[open], &[], &[]),
            ["skip often: a"]
        );
        let other = Task { not_before: Some(at("07:00:00")), ..task("a", "policy") };
        assert_eq!(decided("06:00:00", &[every_minute], &[other], &[], &[]), ["fire often"]);
    }

    #[test]
    fn tasks_begin_oldest_first_one_a_lane() {
        let open = [task("a", "policy"), task("b", "policy"), task("c", "people"), task("d", "plans")];
        assert_eq!(decided("06:00:00", &[], &open, &[], &[]), ["begin a", "begin c"]);
        let waiting = Task { not_before: Some(at("06:00:01")), ..task("a", "policy") };
        let open = [waiting, task("b", "policy")];
        assert_eq!(decided("06:00:00", &[], &open, &[], &[]), ["begin b"], "nobody waits for one that waits");
        assert_eq!(decided("06:00:01", &[], &open, &[], &[]), ["begin a"]);
    }

    #[test]
    fn a_lane_that_is_busy_anywhere_is_busy() {
        let here = running("a", "policy", "05:59:00");
        let open = [here.clone(), task("b", "policy"), task("c", "people"), task("d", "plans")];
        assert_eq!(decided("06:00:00", &[], &open, &["a"], &[]), ["begin c"], "two at a time");
        let other = ("a", elsewhere(&here, "06:02:00"));
        assert_eq!(decided("06:00:00", &[], &open, &[], &[other]), ["begin c", "begin d"], "b waits for a");
        let pending = task("b", "policy");
        let other = ("b", elsewhere(&pending, "06:02:00"));
        let open = [pending, task("e", "policy")];
        assert_eq!(decided("06:00:00", &[], &open, &[], &[other]), [""; 0], "somebody takes b just now");
    }

    #[test]
    fn what_lost_its_holder_is_taken_over() {
        let task = running("a", "policy", "05:00:00");
        let other = elsewhere(&task, "06:00:00");
        let open = [task.clone()];
        assert_eq!(decided("05:59:59", &[], &open, &[], &[("a", other.clone())]), [""; 0]);
        assert_eq!(decided("06:00:00", &[], &open, &[], &[("a", other.clone())]), ["take over a"]);
        assert_eq!(decided("05:10:00", &[], &open, &[], &[]), ["take over a"], "nobody was asked yet");
        let moved = [Task { attempts: 2, ..task }];
        assert_eq!(decided("05:59:59", &[], &moved, &[], &[("a", other)]), ["take over a"], "it has moved");
    }

    #[test]
    fn tasks_end_where_people_or_time_say_so() {
        let cancelled = Task { cancel: true, ..running("a", "policy", "05:59:00") };
        let long = running("b", "people", "05:50:00");
        let endless = Task { time_limit: 0, ..running("c", "plans", "01:00:00") };
        let unwanted = Task { cancel: true, ..task("d", "fees") };
        let open = [cancelled, long, endless, unwanted];
        let here = ["a", "b", "c"];
        assert_eq!(
            decided("06:00:00", &[], &open, &here, &[]),
            ["stop a: Cancelled", "stop b: TimedOut", "withdraw d",]
        );
        assert_eq!(decided("05:59:59", &[], &open, &here, &[]), ["stop a: Cancelled", "withdraw d"]);
    }
}
