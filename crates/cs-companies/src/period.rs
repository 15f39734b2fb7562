//! The dates that a reconciliation is about.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;

/// The day a reconciliation speaks of, and the bounds that follow from it (`spec/RECONCILIATION.md`, "Inputs" and
/// "Step 2"). Every bound is a plain field: whoever configures other ones sets them after [`Period::new`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Period {
    /// The day the comparison is made for.
    pub as_of: Date,
    /// The last day of `as_of`'s month.
    pub month_end: Date,
    /// The year of the plans; `as_of`'s year unless it was overridden.
    pub plan_year: i16,
    /// 1 January of the plan year: a row takes part whose term date is *after* it.
    pub term_after: Date,
    /// 31 December of the year before: a row takes part whose paid-through date is *on or after* it.
    pub paid_from: Date,
    /// 31 December of the plan year: what a fixed term date counts as (Molina).
    pub plan_year_end: Date,
    /// The last day that a premium can be paid through; a later one is a slip of whoever wrote the report (2126 for 2026),
    /// and dates that were moved forward never come back by themselves.
    pub paid_until: Date,
}

/// How many years beyond the plan year somebody may have paid, unless it is said otherwise.
pub(crate) const YEARS_AHEAD: u8 = 1;

impl Period {
    /// The period of a day, with the day's own year as plan year.
    pub fn new(as_of: Date) -> Self {
        let year = as_of.year();
        Self {
            as_of,
            month_end: as_of.last_of_month(),
            plan_year: year,
            term_after: as_of.first_of_year(),
            paid_from: as_of.first_of_year().yesterday().unwrap_or(as_of.first_of_year()),
            plan_year_end: as_of.last_of_year(),
            paid_until: years_after(as_of, YEARS_AHEAD),
        }
    }

    /// The same day with another plan year; a year that the calendar does not have changes nothing.
    pub fn with_plan_year(self, year: i16) -> Self {
        let Ok(first) = Date::new(year, 1, 1) else {
            return self;
        };
        Self {
            plan_year: year,
            term_after: first,
            paid_from: first.yesterday().unwrap_or(first),
            plan_year_end: first.last_of_year(),
            paid_until: years_after(first, YEARS_AHEAD),
            ..self
        }
    }

    /// The same period where a premium may be paid so many years beyond the plan year.
    pub fn with_years_ahead(self, years: u8) -> Self {
        Self { paid_until: years_after(self.plan_year_end, years), ..self }
    }

    /// The last day of the month `months` before `as_of`'s; 0 is `month_end` itself.
    pub fn month_end_before(&self, months: u8) -> Date {
        let first = self.as_of.first_of_month();
        let earlier = first.checked_sub(i64::from(months).months()).unwrap_or(first);
        earlier.last_of_month()
    }
}

fn years_after(day: Date, years: u8) -> Date {
    day.saturating_add(i64::from(years).years()).last_of_year()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn bounds_follow_from_the_day() {
        let period = Period::new(date(2026, 3, 4));
        assert_eq!(period.month_end, date(2026, 3, 31));
        assert_eq!(period.term_after, date(2026, 1, 1));
        assert_eq!(period.paid_from, date(2025, 12, 31));
        assert_eq!(period.plan_year_end, date(2026, 12, 31));
        let next = period.with_plan_year(2027);
        assert_eq!((next.as_of, next.month_end), (period.as_of, period.month_end));
        assert_eq!((next.term_after, next.paid_from), (date(2027, 1, 1), date(2026, 12, 31)));
        assert_eq!((period.paid_until, next.paid_until), (date(2027, 12, 31), date(2028, 12, 31)));
        assert_eq!(next.with_years_ahead(0).paid_until, date(2027, 12, 31));
    }

    #[test]
    fn months_before_cross_the_year() {
        let period = Period::new(date(2026, 1, 31));
        assert_eq!(period.month_end_before(0), date(2026, 1, 31));
        assert_eq!(period.month_end_before(1), date(2025, 12, 31));
        assert_eq!(period.month_end_before(2), date(2025, 11, 30));
    }
}
