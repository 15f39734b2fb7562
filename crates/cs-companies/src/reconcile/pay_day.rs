//! Until when a payment is waited for.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use super::settings::Settings;

/// The day from which an order's payment is no longer waited for: *pay date + 3 business days*; none for a payment day
/// that is no day of a month.
///
/// The pay date is the payment day in `as_of`'s month, that month's last day where it has no such day; for a payment day
/// of 6 or later it is *that date* one month earlier (so the 31st is 28 February seen from March, and 30 March seen from
/// April). Business days are Monday to Friday.
pub fn paid_by(as_of: Date, payment_day: u8, settings: &Settings) -> Option<Date> {
    let day = i8::try_from(payment_day).ok().filter(|day| (1..=31).contains(day))?;
    let this_month = as_of.first_of_month().with().day(day.min(as_of.days_in_month())).build().ok()?;
    let pay_date = if payment_day >= settings.paid_month_before_from_day {
        this_month.checked_sub(1.month()).ok()?
    } else {
        this_month
    };
    after_business_days(pay_date, settings.waiting_business_days)
}

fn after_business_days(from: Date, days: u8) -> Option<Date> {
    let mut day = from;
    let mut left = days;
    while left > 0 {
        day = day.tomorrow().ok()?;
        if !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
            left -= 1;
        }
    }
    Some(day)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn pay_dates_and_three_business_days() {
        let settings = Settings::default();
        for (as_of, payment_day, expected) in [
            // In March 2026 the 1st is a Sunday.
            (date(2026, 3, 4), 1, Some(date(2026, 3, 4))),
            (date(2026, 3, 4), 3, Some(date(2026, 3, 6))),
            (date(2026, 3, 4), 5, Some(date(2026, 3, 10))),
            // From the 6th on the month before.
            (date(2026, 3, 4), 6, Some(date(2026, 2, 11))),
            (date(2026, 3, 4), 20, Some(date(2026, 2, 25))),
            (date(2026, 3, 4), 28, Some(date(2026, 3, 4))),
            // The month before has no such day.
            (date(2026, 3, 4), 30, Some(date(2026, 3, 4))),
            (date(2026, 3, 4), 31, Some(date(2026, 3, 4))),
            // as_of's month has no such day: its last day, then one month earlier.
            (date(2026, 4, 2), 31, Some(date(2026, 4, 2))),
            (date(2026, 2, 2), 31, Some(date(2026, 2, 2))),
            (date(2024, 2, 2), 30, Some(date(2024, 2, 1))),
            // Across the year, and from a Friday and a Saturday.
            (date(2026, 1, 5), 15, Some(date(2025, 12, 18))),
            (date(2026, 5, 1), 1, Some(date(2026, 5, 6))),
            (date(2026, 5, 1), 2, Some(date(2026, 5, 6))),
            (date(2026, 3, 4), 0, None),
            (date(2026, 3, 4), 32, None),
            (date(2026, 3, 4), 255, None),
        ] {
            assert_eq!(paid_by(as_of, payment_day, &settings), expected, "{as_of} {payment_day}");
        }
    }

    #[test]
    fn both_numbers_are_settings() {
        let settings =
            Settings { waiting_business_days: 0, paid_month_before_from_day: 32, ..Settings::default() };
        assert_eq!(paid_by(date(2026, 3, 4), 20, &settings), Some(date(2026, 3, 20)));
    }
}
