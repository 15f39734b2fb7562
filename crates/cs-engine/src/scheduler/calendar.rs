//! When a schedule runs: five fields of cron in the agency's zone.
//!
//! Where clocks change, a time runs once and is not lost. With every hour in the pattern it is real time that counts: an
//! hour that comes twice is two hours, one that is left out is none. With named hours it is what the clock on the wall shows:
//! a time that it shows twice runs the first time, one that it leaps over runs right after the leap.

use std::str::FromStr;

use croner::Cron;
use croner::errors::CronError;
use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp, Zoned};

/// A day from which every pattern that has a time at all has one: what is searched from it for validation.
const SOME_DAY: DateTime = jiff::civil::date(2000, 1, 1).at(0, 0, 0, 0);
const HOURS_OF_A_DAY: usize = 24;
/// The shortest time there is.
const INSTANT: SignedDuration = SignedDuration::from_nanos(1);

/// A field of a pattern, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CronField {
    /// 0-59.
    Minute,
    /// 0-23.
    Hour,
    /// 1-31, or `L` for the last.
    Day,
    /// 1-12, or JAN-DEC.
    Month,
    /// 0-7 with Sunday as 0 and 7, or SUN-SAT.
    Weekday,
}

impl CronField {
    const ALL: [Self; 5] = [Self::Minute, Self::Hour, Self::Day, Self::Month, Self::Weekday];

    /// What it may hold.
    pub fn holds(self) -> &'static str {
        match self {
            Self::Minute => "0-59",
            Self::Hour => "0-23",
            Self::Day => "1-31, or L for the last day of the month",
            Self::Month => "1-12, or JAN-DEC",
            Self::Weekday => "0-7 (0 and 7 are Sunday), or SUN-SAT",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day of the month",
            Self::Month => "month",
            Self::Weekday => "day of the week",
        }
    }
}

/// Why a pattern is none.
#[derive(Debug, thiserror::Error)]
pub enum CalendarError {
    /// It has more or fewer than five fields.
    #[error(
        "a schedule has five fields (minute, hour, day of the month, month, day of the week), and this one has {found}"
    )]
    Fields {
        /// How many it has.
        found: usize,
    },
    /// A field cannot be read.
    #[error("`{text}` is no {}: it may hold {}, with `*`, `,`, `-` and `/`", field.name(), field.holds())]
    Field {
        /// Which.
        field: CronField,
        /// What it holds.
        text: String,
        /// What the parser says, where it was asked.
        #[source]
        source: Option<CronError>,
    },
    /// It names a day that no year has.
    #[error("no such day ever comes: look at the day and the month")]
    Never,
}

impl CalendarError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Fields { .. } => "schedule.fields",
            Self::Field { .. } => "schedule.field",
            Self::Never => "schedule.never",
        }
    }
}

/// When a schedule runs.
#[derive(Clone, Debug)]
pub struct Calendar {
    cron: Cron,
}

impl FromStr for Calendar {
    type Err = CalendarError;

    fn from_str(text: &str) -> Result<Self, CalendarError> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        if fields.len() != CronField::ALL.len() {
            return Err(CalendarError::Fields { found: fields.len() });
        }
        let named = || CronField::ALL.into_iter().zip(&fields);
        if let Some((field, text)) = named().find(|(field, text)| !field.may_hold(text)) {
            return Err(field.wrong(text, None));
        }
        let cron = parser().parse(text).map_err(|_| at_fault(&fields))?;
        // `5L`, the last Friday, is an invention of some crons.
        if cron.pattern.days_of_week.has_modifiers() {
            return Err(CronField::Weekday.wrong(fields.last().copied().unwrap_or_default(), None));
        }
        cron.find_next_occurrence(&SOME_DAY, true).map_err(|_| CalendarError::Never)?;
        Ok(Self { cron })
    }
}

fn parser() -> CronParser {
    CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build()
}

impl CronField {
    /// Whether every letter of it is one of what five fields of cron have always held.
    fn may_hold(self, text: &str) -> bool {
        let letters = matches!(self, Self::Month | Self::Weekday);
        text.chars().all(|c| {
            c.is_ascii_digit()
                || "*,-/".contains(c)
                || (letters && c.is_ascii_alphabetic())
                || (self == Self::Day && c.eq_ignore_ascii_case(&'L'))
        })
    }

    fn wrong(self, text: &str, source: Option<CronError>) -> CalendarError {
        CalendarError::Field { field: self, text: text.to_owned(), source }
    }
}

/// Which field keeps a pattern from being read: the first that cannot be read by itself.
fn at_fault(fields: &[&str]) -> CalendarError {
    for (place, (field, text)) in CronField::ALL.into_iter().zip(fields).enumerate() {
        let alone: Vec<&str> = (0..fields.len()).map(|at| if at == place { text } else { "*" }).collect();
        if let Err(source) = parser().parse(&alone.join(" ")) {
            return field.wrong(text, Some(source));
        }
    }
    CalendarError::Never
}

impl Calendar {
    /// The first time after this one; none before the end of time.
    pub fn after(&self, time: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        if self.hours().len() == HOURS_OF_A_DAY {
            let found: Zoned = self.cron.find_next_occurrence(&time.to_zoned(zone.clone()), false).ok()?;
            return Some(found.timestamp());
        }
        let mut wall = zone.to_datetime(time);
        loop {
            wall = self.cron.find_next_occurrence(&wall, false).ok()?;
            let found = resolved(wall, zone)?;
            // The clock shows some times twice: what is behind us has run.
            if found > time {
                return Some(found);
            }
        }
    }

    /// The next times after this one.
    pub fn next(&self, after: Timestamp, zone: &TimeZone, number: usize) -> Vec<Timestamp> {
        std::iter::successors(self.after(after, zone), |last| self.after(*last, zone)).take(number).collect()
    }

    pub(super) fn minutes(&self) -> Vec<u16> {
        self.cron.pattern.minutes.values()
    }

    pub(super) fn hours(&self) -> Vec<u16> {
        self.cron.pattern.hours.values()
    }

    /// The days of the month, and whether the last is among them. `None`: any.
    pub(super) fn days(&self) -> Option<(Vec<u16>, bool)> {
        let days = &self.cron.pattern.days;
        (!self.cron.pattern.is_dom_wildcard()).then(|| (days.values(), days.has_modifiers()))
    }

    pub(super) fn months(&self) -> Vec<u16> {
        self.cron.pattern.months.values()
    }

    /// The days of the week, with Sunday as 0. `None`: any.
    pub(super) fn weekdays(&self) -> Option<Vec<u16>> {
        let pattern = &self.cron.pattern;
        let mut days: Vec<u16> = pattern.days_of_week.values().into_iter().map(|day| day % 7).collect();
        days.sort_unstable();
        days.dedup();
        (!pattern.is_dow_wildcard()).then_some(days)
    }
}

/// The moment at which the clock on the wall shows this: the first, where it shows it twice, and the one right after the
/// leap, where it never does.
fn resolved(wall: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(wall);
    match ambiguous.offset() {
        // The offset from before the leap leads to the moment of the leap or one behind it: no other change is between.
        AmbiguousOffset::Gap { before, .. } => {
            let behind = before.to_timestamp(wall).ok()?.checked_add(INSTANT).ok()?;
            zone.preceding(behind).next().map(|change| change.timestamp())
        }
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => ambiguous.earlier().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// New York's rules; in 2026 clocks leap on 8 March at 2:00 and go back on 1 November at 2:00.
    fn new_york() -> TimeZone {
        TimeZone::posix("EST5EDT,M3.2.0,M11.1.0").unwrap()
    }

    fn calendar(text: &str) -> Calendar {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    /// What the clock shows at every time of a day.
    fn times_of(text: &str, day: &str) -> Vec<String> {
        let zone = new_york();
        let midnight = format!("{day} 00:00").parse::<DateTime>().unwrap().to_zoned(zone.clone()).unwrap();
        let end = midnight.tomorrow().unwrap().timestamp();
        let mut at = midnight.timestamp() - std::time::Duration::from_secs(1);
        let mut times = Vec::new();
        let calendar = calendar(text);
        while let Some(next) = calendar.after(at, &zone).filter(|next| *next < end) {
            assert!(next > at, "{text}: time goes on");
            times.push(next.to_zoned(zone.clone()).strftime("%H:%M %Z").to_string());
            at = next;
        }
        times
    }

    #[test]
    fn a_wrong_pattern_is_told_by_its_field() {
        let error =
            |text: &str| text.parse::<Calendar>().err().map(|error| (error.code(), error.to_string()));
        assert_eq!(error("0 6 * *").unwrap().0, "schedule.fields");
        assert_eq!(error("@daily").unwrap().0, "schedule.fields");
        assert_eq!(error("0 0 6 * * *").unwrap().0, "schedule.fields");
        for (text, words) in [
            ("60 6 * * *", "`60` is no minute"),
            ("0 24 * * *", "`24` is no hour"),
            ("0 6 32 * *", "`32` is no day of the month"),
            ("0 6 15W * *", "`15W` is no day of the month"),
            ("0 6 ? * *", "`?` is no day of the month"),
            ("0 6 * 13 *", "`13` is no month"),
            ("0 6 * JANUARY *", "`JANUARY` is no month"),
            ("0 6 * * 8", "`8` is no day of the week"),
            ("0 6 * * 5L", "`5L` is no day of the week"),
            ("0 6 * * MON#1", "`MON#1` is no day of the week"),
            ("0 6 * * +MON", "`+MON` is no day of the week"),
            ("*/0 6 * * *", "`*/0` is no minute"),
            ("5-1 6 * * *", "`5-1` is no minute"),
            ("x 6 * * *", "`x` is no minute"),
        ] {
            let (code, said) = error(text).unwrap_or_else(|| panic!("{text} is taken"));
            assert_eq!(code, "schedule.field", "{text}");
            assert!(said.starts_with(words), "{text}: {said}");
        }
        assert_eq!(error("0 6 30 2 *").unwrap().0, "schedule.never");
        for good in ["*/15 * * * *", "0 6 * * MON-FRI", "5,35 8-17 1,15,L JAN,jul *", "0 6 29 2 *"] {
            calendar(good);
        }
    }

    #[test]
    fn a_named_time_runs_once_a_day_whatever_the_clocks_do() {
        for (text, leap, back) in [
            ("30 2 * * *", vec!["03:00 EDT"], vec!["02:30 EST"]),
            ("30 1 * * *", vec!["01:30 EST"], vec!["01:30 EDT"]),
            ("0 2 * * *", vec!["03:00 EDT"], vec!["02:00 EST"]),
            ("0 2,14 * * *", vec!["03:00 EDT", "14:00 EDT"], vec!["02:00 EST", "14:00 EST"]),
            (
                "*/30 1-3 * * *",
                vec!["01:00 EST", "01:30 EST", "03:00 EDT", "03:30 EDT"],
                vec!["01:00 EDT", "01:30 EDT", "02:00 EST", "02:30 EST", "03:00 EST", "03:30 EST"],
            ),
        ] {
            assert_eq!(times_of(text, "2026-03-08"), leap, "{text}");
            assert_eq!(times_of(text, "2026-11-01"), back, "{text}");
        }
    }

    #[test]
    fn every_hour_is_every_real_hour() {
        assert_eq!(times_of("0 * * * *", "2026-03-08").len(), 23);
        assert_eq!(times_of("0 * * * *", "2026-06-01").len(), 24);
        let back = times_of("0 * * * *", "2026-11-01");
        assert_eq!(back.len(), 25);
        assert_eq!(&back[..4], ["00:00 EDT", "01:00 EDT", "01:00 EST", "02:00 EST"]);
        assert_eq!(times_of("*/15 * * * *", "2026-11-01").len(), 100);
    }

    /// Whatever the moment that is asked at, the answer is the same time: none is jumped over, none comes twice.
    #[test]
    fn the_next_time_is_the_same_from_every_moment_before_it() {
        let zone = new_york();
        for text in ["30 1 * * *", "30 2 * * *", "*/20 1-2 * * *", "0 * * * *", "15 2 8 3 *"] {
            let calendar = calendar(text);
            for day in ["2026-03-07 22:00", "2026-10-31 22:00"] {
                let begin = day.parse::<DateTime>().unwrap().to_zoned(zone.clone()).unwrap().timestamp();
                let times = calendar.next(begin, &zone, 40);
                for minute in 0..12 * 60 {
                    let at = begin + std::time::Duration::from_secs(minute * 60 + 30);
                    let first = times.iter().find(|time| **time > at);
                    assert_eq!(calendar.after(at, &zone).as_ref(), first, "{text} after {at}");
                }
            }
        }
    }

    #[test]
    fn a_moment_that_is_a_time_itself_is_not_its_own_next() {
        let zone = new_york();
        let at: Timestamp = "2026-06-01T10:00:00Z".parse().unwrap();
        let calendar = calendar("0 6 * * *");
        assert_eq!(calendar.after(at - std::time::Duration::from_millis(1), &zone), Some(at));
        let tomorrow: Timestamp = "2026-06-02T10:00:00Z".parse().unwrap();
        assert_eq!(calendar.after(at, &zone), Some(tomorrow));
        assert_eq!(calendar.after(at + std::time::Duration::from_millis(400), &zone), Some(tomorrow));
    }
}
