//! When each schedule is due: worked out once, and again where the schedule changes or its times were seen to.

use std::collections::BTreeMap;

use cs_ports::Schedule;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::calendar::{Calendar, CalendarError};

/// When the schedules are due.
#[derive(Debug, Default)]
pub(super) struct Timetable(BTreeMap<String, Entry>);

#[derive(Debug)]
struct Entry {
    cron: String,
    seen: Timestamp,
    /// `None`: it cannot be read.
    calendar: Option<Calendar>,
    /// The first time after `seen`.
    due: Option<Timestamp>,
}

impl Timetable {
    /// Follows the schedules as they are now; answers those that cannot be read, once each.
    pub(super) fn follow<'s>(
        &mut self,
        schedules: &'s [Schedule],
        zone: &TimeZone,
    ) -> Vec<(&'s Schedule, CalendarError)> {
        self.0.retain(|name, _| schedules.iter().any(|schedule| schedule.name == *name));
        let mut unreadable = Vec::new();
        for schedule in schedules {
            let known = self.0.get(&schedule.name).filter(|known| known.cron == schedule.cron);
            if known.is_some_and(|known| known.seen == schedule.seen) {
                continue;
            }
            let calendar = match known.map(|known| known.calendar.clone()) {
                Some(calendar) => calendar,
                None => schedule.cron.parse().map_err(|error| unreadable.push((schedule, error))).ok(),
            };
            let due = calendar.as_ref().and_then(|calendar| calendar.after(schedule.seen, zone));
            let entry = Entry { cron: schedule.cron.clone(), seen: schedule.seen, calendar, due };
            self.0.insert(schedule.name.clone(), entry);
        }
        unreadable
    }

    /// When the schedule is due.
    pub(super) fn due(&self, schedule: &Schedule) -> Option<Timestamp> {
        self.0.get(&schedule.name)?.due
    }

    /// The schedule's first time after this one.
    pub(super) fn after(&self, schedule: &Schedule, time: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        self.0.get(&schedule.name)?.calendar.as_ref()?.after(time, zone)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{at, schedule};
    use super::*;

    #[test]
    fn it_follows_what_changes() {
        let mut timetable = Timetable::default();
        let mut follow = |schedule: &Schedule| {
            let unreadable = timetable.follow(std::slice::from_ref(schedule), &TimeZone::UTC);
            (unreadable.len(), timetable.due(schedule))
        };
        let six = schedule("policy", "0 6 * * *");
        assert_eq!(follow(&six), (0, Some(at("06:00:00"))));
        let seven = Schedule { cron: "0 7 * * *".to_owned(), ..six.clone() };
        assert_eq!(follow(&seven), (0, Some(at("07:00:00"))));
        let seen = Schedule { seen: at("07:00:00"), ..seven.clone() };
        assert_eq!(follow(&seen), (0, Some("2026-11-23T07:00:00Z".parse().unwrap())));
        assert_eq!(follow(&seven), (0, Some(at("07:00:00"))), "somebody turned it back");
        let broken = Schedule { cron: "0 7 *".to_owned(), ..seven };
        assert_eq!(follow(&broken), (1, None));
        assert_eq!(follow(&Schedule { seen: at("08:00:00"), ..broken.clone() }), (0, None), "it was said");
        timetable.follow(&[], &TimeZone::UTC);
        assert_eq!(timetable.due(&broken), None);
        assert_eq!(timetable.follow(&[broken], &TimeZone::UTC).len(), 1, "another of the same name");
    }
}
