//! The days that the charts are about.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde::Deserialize;

/// Days that are shown where nobody says which, and the most that are.
const USUAL: i64 = 30;
const MOST: i64 = 366;

/// What the filter says; what cannot be read does not narrow.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    from: String,
    to: String,
}

/// From a day to a day, both of them included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) from: Date,
    pub(super) to: Date,
}

impl Period {
    /// The days that are asked for; the last thirty where none are.
    pub(super) fn of(asked: &Asked, now: Timestamp, zone: &TimeZone) -> Self {
        let today = now.to_zoned(zone.clone()).date();
        let day = |text: &str| text.trim().parse::<Date>().ok();
        let to = day(&asked.to).unwrap_or(today);
        let before = |days: i64| to.checked_sub((days - 1).days()).unwrap_or(to);
        let from = day(&asked.from).unwrap_or_else(|| before(USUAL));
        let (from, to) = if from <= to { (from, to) } else { (to, from) };
        let longest = to.checked_sub((MOST - 1).days()).unwrap_or(to);
        Self { from: from.max(longest), to }
    }

    /// Every day of it with nothing counted yet, `series` numbers a day.
    pub(super) fn days(self, series: usize) -> BTreeMap<Date, Vec<u64>> {
        let mut days = BTreeMap::new();
        let mut day = self.from;
        while day <= self.to {
            days.insert(day, vec![0; series]);
            match day.tomorrow() {
                Ok(next) => day = next,
                Err(_) => break,
            }
        }
        days
    }

    /// Its days, each from midnight to midnight where the agency is.
    pub(super) fn spans(self, zone: &TimeZone) -> Vec<(Date, Range<Timestamp>)> {
        let midnight = |day: Date| day.to_zoned(zone.clone()).ok().map(|there| there.timestamp());
        let span = |day: Date| Some((day, midnight(day)?..day.tomorrow().ok().and_then(midnight)?));
        self.days(0).into_keys().filter_map(span).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(from: &str, to: &str) -> Period {
        let asked = Asked { from: from.to_owned(), to: to.to_owned() };
        Period::of(&asked, "2026-11-22T03:00:00Z".parse().unwrap(), &TimeZone::get("America/Bogota").unwrap())
    }

    #[test]
    fn a_period_is_what_is_asked_for_within_bounds() {
        let days = |period: Period| (period.from.to_string(), period.to.to_string());
        let told = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        assert_eq!(days(of("", "")), told("2026-10-23", "2026-11-21"), "thirty days, by the agency's clock");
        assert_eq!(of("", "").days(2).len(), 30);
        assert_eq!(days(of("2026-11-01", "2026-11-03")), told("2026-11-01", "2026-11-03"));
        assert_eq!(days(of("2026-11-03", "2026-11-01")), told("2026-11-01", "2026-11-03"));
        assert_eq!(of("1990-01-01", "2026-11-03").days(1).len(), 366);
        assert_eq!(days(of("soon", "never")), days(of("", "")));
        assert_eq!(days(of("", "0001-01-01")), told("0000-12-03", "0001-01-01"));
        assert_eq!(days(of("9999-12-31", "9999-12-31")), told("9999-12-31", "9999-12-31"));
        assert!(of("9999-12-31", "9999-12-31").spans(&TimeZone::UTC).is_empty(), "time ends before it does");
        let zone = TimeZone::get("America/New_York").unwrap();
        let [(_, before), (day, long)] = &of("2026-10-31", "2026-11-01").spans(&zone)[..] else { panic!() };
        assert_eq!(day.to_string(), "2026-11-01");
        assert_eq!(before.end, long.start);
        assert_eq!(long.end.duration_since(long.start).as_hours(), 25, "the clocks go back");
    }
}
