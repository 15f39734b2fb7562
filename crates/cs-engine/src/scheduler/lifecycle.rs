//! What may happen to a task, and where it stands after it. One function, for every status and everything that happens.

use std::time::Duration;

use cs_domain::{Advice, Balance, RunStatus};
use cs_ports::Task;
use jiff::Timestamp;
use serde_json::Value as Json;

/// Pauses before another attempt: the first after one failed attempt, the last after that many and more.
const BACK_OFF: [Duration; 4] =
    [Duration::from_mins(1), Duration::from_mins(5), Duration::from_mins(15), Duration::from_mins(60)];
/// The pause where somebody else is at the same work.
const BUSY: Duration = Duration::from_secs(15);
/// A process may die so often under a task, beyond the attempts that it is allowed, before the task is taken for the reason.
const DEATHS: u32 = 4;

/// What happens to a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Somebody takes it up.
    Taken,
    /// Everything was done.
    Succeeded,
    /// Some of it failed, or waits for a person.
    PartlySucceeded,
    /// It could not go on.
    Failed {
        /// Whether trying again helps.
        advice: Advice,
    },
    /// Somebody else is at the same work: a command line, another process.
    Busy,
    /// A person wants it to stop.
    CancelAsked,
    /// It has stopped, since a person wanted it.
    Cancelled,
    /// It has stopped, since it took too long.
    TimedOut,
    /// It has stopped, since the program ends.
    Parked,
    /// Whoever carried it out is no more, and somebody else takes it up.
    Orphaned,
}

/// Where a task goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Another attempt begins.
    Begin,
    /// The attempt goes on, and is told to stop.
    Stop,
    /// It waits to be taken up again.
    Again {
        /// Whether the attempt was one: what was only interrupted is not.
        counts: bool,
        /// How long it waits at least, before chance is added.
        pause: Duration,
    },
    /// That was all.
    Over(RunStatus),
}

/// Something that cannot happen to a task where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a task that is {status} cannot be {step:?}")]
pub struct IllegalStep {
    /// Where it stands.
    pub status: RunStatus,
    /// What should have happened.
    pub step: Step,
}

/// Where a task goes that stands here and was begun so often.
pub fn next(status: RunStatus, step: Step, begun: u32, allowed: u32) -> Result<Next, IllegalStep> {
    use RunStatus::{InProgress, Pending};
    Ok(match (status, step) {
        (Pending, Step::Taken) => Next::Begin,
        (Pending, Step::CancelAsked) => Next::Over(RunStatus::Cancelled),
        (InProgress, Step::Succeeded) => Next::Over(RunStatus::Success),
        (InProgress, Step::PartlySucceeded) => Next::Over(RunStatus::PartialSuccess),
        (InProgress, Step::Failed { advice: Advice::RetryLater }) if begun < allowed => {
            Next::Again { counts: true, pause: back_off(begun) }
        }
        (InProgress, Step::Failed { .. }) => Next::Over(RunStatus::Error),
        (InProgress, Step::Busy) => Next::Again { counts: false, pause: BUSY },
        (InProgress, Step::CancelAsked) => Next::Stop,
        (InProgress, Step::Cancelled) => Next::Over(RunStatus::Cancelled),
        (InProgress, Step::TimedOut) => Next::Over(RunStatus::TimedOut),
        (InProgress, Step::Parked) => Next::Again { counts: false, pause: Duration::ZERO },
        (InProgress, Step::Orphaned) if begun < allowed.saturating_add(DEATHS) => Next::Begin,
        (InProgress, Step::Orphaned) => Next::Over(RunStatus::Error),
        (Pending, _) | (InProgress, Step::Taken) => return Err(IllegalStep { status, step }),
        (
            RunStatus::Success
            | RunStatus::PartialSuccess
            | RunStatus::Error
            | RunStatus::TimedOut
            | RunStatus::Cancelled,
            _,
        ) => return Err(IllegalStep { status, step }),
    })
}

/// How long to wait after so many attempts that failed.
fn back_off(failed: u32) -> Duration {
    let place = usize::try_from(failed.saturating_sub(1)).unwrap_or(usize::MAX);
    let [.., longest] = BACK_OFF;
    BACK_OFF.get(place).copied().unwrap_or(longest)
}

/// A pause with up to a quarter of chance, so that several tasks do not come back at once.
fn with_chance(pause: Duration, chance: u64) -> Duration {
    let quarter = u64::try_from(pause.as_millis() / 4).unwrap_or(0);
    pause + Duration::from_millis(if quarter == 0 { 0 } else { chance % quarter })
}

/// The task after this step. What was said of its run stays, until another attempt begins.
pub(super) fn after(task: &Task, step: Step, now: Timestamp, chance: u64) -> Result<Task, IllegalStep> {
    let mut task = task.clone();
    match next(task.status, step, task.attempts, task.attempts_allowed)? {
        Next::Begin => {
            task.status = RunStatus::InProgress;
            task.attempts = task.attempts.saturating_add(1);
            (task.started, task.ended, task.not_before) = (Some(now), None, None);
            (task.run, task.failure, task.outcome) = (None, None, Json::Null);
            task.reached = task.percent();
            (task.expected, task.balance) = (0, Balance::default());
        }
        Next::Stop => {}
        Next::Again { counts, pause } => {
            task.status = RunStatus::Pending;
            task.attempts = task.attempts.saturating_sub(u32::from(!counts));
            task.not_before = (!pause.is_zero()).then(|| now + with_chance(pause, chance));
        }
        Next::Over(status) => {
            task.status = status;
            task.ended = Some(now);
            task.not_before = None;
        }
    }
    Ok(task)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{at, task};
    use super::*;

    const STEPS: [Step; 12] = [
        Step::Taken,
        Step::Succeeded,
        Step::PartlySucceeded,
        Step::Failed { advice: Advice::RetryLater },
        Step::Failed { advice: Advice::NeedsPerson },
        Step::Failed { advice: Advice::NeedsSetup },
        Step::Busy,
        Step::CancelAsked,
        Step::Cancelled,
        Step::TimedOut,
        Step::Parked,
        Step::Orphaned,
    ];

    /// The whole table: what each step comes to for a task that was begun once of two times.
    #[test]
    fn every_step_from_every_status() {
        let over = Next::Over;
        let again = |counts, seconds| Next::Again { counts, pause: Duration::from_secs(seconds) };
        let pending = |step| match step {
            Step::Taken => Some(Next::Begin),
            Step::CancelAsked => Some(over(RunStatus::Cancelled)),
            _ => None,
        };
        let in_progress = [
            None,
            Some(over(RunStatus::Success)),
            Some(over(RunStatus::PartialSuccess)),
            Some(again(true, 60)),
            Some(over(RunStatus::Error)),
            Some(over(RunStatus::Error)),
            Some(again(false, 15)),
            Some(Next::Stop),
            Some(over(RunStatus::Cancelled)),
            Some(over(RunStatus::TimedOut)),
            Some(again(false, 0)),
            Some(Next::Begin),
        ];
        for status in RunStatus::ALL {
            for (step, in_progress) in STEPS.into_iter().zip(in_progress) {
                let expected = match status {
                    RunStatus::Pending => pending(step),
                    RunStatus::InProgress => in_progress,
                    _ => None,
                };
                let expected = expected.ok_or(IllegalStep { status, step });
                assert_eq!(next(status, step, 1, 2), expected, "{status} {step:?}");
            }
        }
    }

    #[test]
    fn attempts_are_used_up() {
        let failed = Step::Failed { advice: Advice::RetryLater };
        let pauses: Vec<_> = (1..=6).map(|begun| next(RunStatus::InProgress, failed, begun, 6)).collect();
        let again = |minutes| Ok(Next::Again { counts: true, pause: Duration::from_mins(minutes) });
        let error = Ok(Next::Over(RunStatus::Error));
        assert_eq!(pauses, [again(1), again(5), again(15), again(60), again(60), error]);
        for (begun, expected) in [(1, Next::Begin), (4, Next::Begin), (5, Next::Over(RunStatus::Error))] {
            assert_eq!(next(RunStatus::InProgress, Step::Orphaned, begun, 1), Ok(expected), "{begun}");
        }
    }

    #[test]
    fn a_retry_waits_a_little_longer_by_chance() {
        let running =
            Task { status: RunStatus::InProgress, attempts: 1, attempts_allowed: 3, ..task("a", "policy") };
        let failed = Step::Failed { advice: Advice::RetryLater };
        for (chance, seconds) in [(0, 60), (14_999, 74), (15_000, 60)] {
            let waiting = after(&running, failed, at("06:00:00"), chance).unwrap();
            assert_eq!((waiting.status, waiting.attempts), (RunStatus::Pending, 1));
            let until = waiting.not_before.unwrap();
            assert_eq!(until.duration_since(at("06:00:00")).as_secs(), seconds, "{chance}");
        }
    }

    #[test]
    fn what_was_only_interrupted_was_no_attempt() {
        let running =
            Task { status: RunStatus::InProgress, attempts: 2, attempts_allowed: 2, ..task("a", "policy") };
        let parked = after(&running, Step::Parked, at("06:00:00"), 7).unwrap();
        assert_eq!((parked.status, parked.attempts, parked.not_before), (RunStatus::Pending, 1, None));
        let again = after(&parked, Step::Taken, at("06:05:00"), 7).unwrap();
        assert_eq!((again.attempts, again.started), (2, Some(at("06:05:00"))));
    }

    /// What viewers see of a task that is interrupted twice: progress stands still, and never moves backwards.
    #[test]
    fn progress_goes_on_from_where_an_attempt_was_interrupted() {
        let working = |task: &Task, done, expected| Task {
            balance: Balance { read: done, unchanged: done, ..Balance::default() },
            expected,
            ..task.clone()
        };
        let begun = after(&task("a", "policy"), Step::Taken, at("06:00:00"), 0).unwrap();
        let parked = after(&working(&begun, 1_000, 5_000), Step::Parked, at("06:01:00"), 0).unwrap();
        let again = after(&parked, Step::Taken, at("06:02:00"), 0).unwrap();
        let half = working(&again, 2_000, 4_000);
        let orphaned = after(&half, Step::Orphaned, at("06:03:00"), 0).unwrap();
        let last = working(&orphaned, 2_000, 2_000);
        let seen = [&begun, &parked, &again, &half, &orphaned, &last].map(Task::percent);
        assert_eq!(seen, [0, 20, 20, 60, 60, 99], "100 is the end's");
        let over = after(&last, Step::Succeeded, at("06:04:00"), 0).unwrap();
        assert_eq!(over.percent(), 100);
    }

    #[test]
    fn an_attempt_begins_with_nothing_of_the_one_before() {
        let mut failed = task("a", "policy");
        failed.failure = Some(crate::stop::Stop::TimedOut.failure());
        failed.expected = 9;
        failed.balance.read = 9;
        failed.not_before = Some(at("06:00:00"));
        let begun = after(&failed, Step::Taken, at("06:01:00"), 0).unwrap();
        assert_eq!((begun.failure, begun.expected, begun.balance), (None, 0, Balance::default()));
        assert_eq!((begun.not_before, begun.attempts), (None, 1));
    }
}
