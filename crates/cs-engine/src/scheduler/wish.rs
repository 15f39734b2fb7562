//! A schedule as somebody wants it, and what it must be like: one rule for pages, API and files.

use cs_domain::MappingName;
use cs_ports::{CatchUp, Schedule, Work};
use jiff::Timestamp;

use super::calendar::{Calendar, CalendarError};

/// Characters that a schedule's name may have.
const NAME_LENGTH: usize = 60;
/// Minutes that an attempt may take, at most: a day.
const LONGEST: u32 = 24 * 60;
/// How often a task may be begun.
const MOST_ATTEMPTS: u32 = 10;
const MINUTE: u32 = 60;

/// A schedule of a mapping as somebody wants it, before it is looked into.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// Its name.
    pub name: String,
    /// When: five fields of cron, in the agency's zone.
    pub cron: String,
    /// Whether every record is gone through.
    pub full: bool,
    /// Whether what is there is counted besides.
    pub census: bool,
    /// Whether it runs.
    pub enabled: bool,
    /// Whether a missed time is made up for.
    pub catch_up: bool,
    /// Minutes that an attempt may take.
    pub minutes: String,
    /// How often a task is begun before an error is its end.
    pub attempts: String,
}

/// Why a wish cannot be granted.
#[derive(Debug, thiserror::Error)]
pub enum WishFault {
    /// Its name is none.
    #[error("a name has 1 to {NAME_LENGTH} characters")]
    Name,
    /// Its pattern is none.
    #[error(transparent)]
    Cron(#[from] CalendarError),
    /// Its minutes are none.
    #[error("write a whole number of minutes from 1 to {LONGEST}")]
    Minutes,
    /// Its attempts are none.
    #[error("write a whole number of attempts from 1 to {MOST_ATTEMPTS}")]
    Attempts,
}

impl WishFault {
    /// The field of the wish that it is about.
    pub fn field(&self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Cron(_) => "cron",
            Self::Minutes => "minutes",
            Self::Attempts => "attempts",
        }
    }
}

impl Wish {
    /// The wish that would make this schedule.
    pub fn of(schedule: &Schedule) -> Self {
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
    pub fn usual(name: String) -> Self {
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

    /// The schedule of a mapping, whose times count from `now` on, or every field that cannot be so.
    pub fn granted(&self, mapping: &MappingName, now: Timestamp) -> Result<Schedule, Vec<WishFault>> {
        let mut faults = Vec::new();
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > NAME_LENGTH || name.chars().any(char::is_control) {
            faults.push(WishFault::Name);
        }
        if let Err(error) = self.cron.trim().parse::<Calendar>() {
            faults.push(WishFault::Cron(error));
        }
        let minutes = within(&self.minutes, LONGEST);
        if minutes.is_none() {
            faults.push(WishFault::Minutes);
        }
        let attempts = within(&self.attempts, MOST_ATTEMPTS);
        if attempts.is_none() {
            faults.push(WishFault::Attempts);
        }
        let (Some(minutes), Some(attempts), true) = (minutes, attempts, faults.is_empty()) else {
            return Err(faults);
        };
        Ok(Schedule {
            name: name.to_owned(),
            work: Work::Sync {
                mapping: mapping.clone(),
                full: self.full,
                census: self.census,
                approved_deletes: None,
                dry_run: false,
            },
            cron: self.cron.split_whitespace().collect::<Vec<_>>().join(" "),
            enabled: self.enabled,
            catch_up: if self.catch_up { CatchUp::Once } else { CatchUp::Skip },
            time_limit: minutes * MINUTE,
            attempts_allowed: attempts,
            seen: now,
        })
    }
}

/// A schedule as it stands in place of another: under its name, and with its times counted on where they are the same ones.
pub fn in_place_of(before: &Schedule, schedule: Schedule) -> Schedule {
    // Its times count from now on only where they are others, or where none were counted.
    let seen = if before.cron == schedule.cron && before.enabled { before.seen } else { schedule.seen };
    Schedule { name: before.name.clone(), seen, ..schedule }
}

/// A whole number from 1 on.
fn within(text: &str, most: u32) -> Option<u32> {
    text.trim().parse().ok().filter(|number| (1..=most).contains(number))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{at, schedule};
    use super::*;

    #[test]
    fn a_wish_is_granted_whole_or_every_fault_is_named() {
        let now = at("03:00:00");
        let granted = Wish::usual("Quarterly".to_owned()).granted(&"policy".into(), now).unwrap();
        assert_eq!((granted.time_limit, granted.attempts_allowed, granted.seen), (7200, 3, now));
        assert_eq!(Wish::of(&granted), Wish::usual("Quarterly".to_owned()), "there and back");
        let wrong = Wish {
            name: " ".to_owned(),
            cron: "0 25 * * *".to_owned(),
            minutes: "0".to_owned(),
            attempts: "many".to_owned(),
            ..Wish::default()
        };
        let faults = wrong.granted(&"policy".into(), now).unwrap_err();
        assert_eq!(
            faults.iter().map(WishFault::field).collect::<Vec<_>>(),
            ["name", "cron", "minutes", "attempts"]
        );
    }

    #[test]
    fn times_that_stay_the_same_are_counted_on() {
        let before = schedule("policy", "0 6 * * *");
        let now = at("09:00:00");
        let same = Schedule { seen: now, name: "other".to_owned(), ..before.clone() };
        assert_eq!(in_place_of(&before, same.clone()), before);
        let later = Schedule { cron: "0 7 * * *".to_owned(), ..same.clone() };
        assert_eq!(in_place_of(&before, later).seen, now);
        let off = Schedule { enabled: false, ..before };
        assert_eq!(in_place_of(&off, same).seen, now, "nobody counted them");
    }
}
