//! Runs what is to be run: tasks that people ask for at once, schedules at their times.
//!
//! A task is carried out by whoever has its lease. While it runs, its lease is kept and its progress written down; no
//! transaction is open meanwhile. What ends it early (a person, its time limit, the end of the program) reaches it through a
//! [`crate::StopSignal`]. Whose holder died is taken over when the lease is over, or at once where the death is known.

mod asking;
mod attempt;
mod calendar;
mod decide;
mod follower;
mod lifecycle;
mod rounds;
#[cfg(test)]
mod story;
#[cfg(test)]
mod testing;
mod timetable;
mod wish;
mod wording;

pub use asking::{Asking, asked_by_schedule, is_of_schedule, title};
pub use attempt::{Attempt, Ending, Executor};
pub use calendar::{Calendar, CalendarError, CronField};
pub use cs_companies::Language;
pub use lifecycle::{IllegalStep, Next, Step, next};
pub use rounds::{Nudge, Scheduler};
pub use wish::{Wish, WishFault, in_place_of};
