//! Moments as a site writes them: naive, in its own time zone, with microseconds (facts/FRAPPE.md, "Reading").

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The zone of that name; UTC where there is no such zone, as Frappe does.
pub(super) fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

/// `2026-11-21 19:40:59.250873`.
pub(super) fn stamp(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S.%6f").to_string()
}

/// `2026-11-21`.
pub(super) fn day(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d").to_string()
}

/// `19:40:59.250873`.
pub(super) fn time_of_day(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%H:%M:%S.%6f").to_string()
}

/// What is in a `Date` or `Datetime` that a client sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Moment {
    /// MariaDB takes it and keeps this text.
    Stored(String),
    /// A zero date: taken and kept.
    Zero(String),
    /// MariaDB refuses it (1292).
    Refused,
}

/// Reads a `Date`: `YYYY-MM-DD`, a time after it is cut off.
pub(super) fn read_date(text: &str) -> Moment {
    match read_datetime(text) {
        Moment::Stored(full) => Moment::Stored(full.get(..10).unwrap_or(&full).to_owned()),
        Moment::Zero(full) => Moment::Zero(full.get(..10).unwrap_or(&full).to_owned()),
        Moment::Refused => Moment::Refused,
    }
}

/// Reads a `Datetime`: `YYYY-MM-DD[ HH:MM[:SS[.ffffff]]]`. ISO with `T` or an offset is refused.
pub(super) fn read_datetime(text: &str) -> Moment {
    let (date, time) = text.split_once(' ').unwrap_or((text, ""));
    if date == "0000-00-00" {
        return Moment::Zero("0000-00-00 00:00:00".to_owned());
    }
    let parts: Vec<&str> = date.split('-').collect();
    let [year, month, day] = parts.as_slice() else {
        return Moment::Refused;
    };
    if year.len() != 4 {
        return Moment::Refused;
    }
    let (Ok(year), Ok(month), Ok(day)) = (year.parse(), month.parse(), day.parse()) else {
        return Moment::Refused;
    };
    let Ok(date) = jiff::civil::Date::new(year, month, day) else {
        return Moment::Refused;
    };
    match read_time(time) {
        Some(time) => Moment::Stored(format!("{date} {time}")),
        None => Moment::Refused,
    }
}

/// A time of day in full, with its fraction only where it has one; nothing is midnight.
fn read_time(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some("00:00:00".to_owned());
    }
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = clock.split(':').map(str::parse::<u8>);
    let hour = parts.next()?.ok()?;
    let minute = parts.next().unwrap_or(Ok(0)).ok()?;
    let second = parts.next().unwrap_or(Ok(0)).ok()?;
    let fits = hour < 24 && minute < 60 && second < 60 && parts.next().is_none();
    let digits = fraction.len() <= 6 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let fraction = format!("{fraction:0<6}");
    let tail = if fraction == "000000" { String::new() } else { format!(".{fraction}") };
    (fits && digits).then(|| format!("{hour:02}:{minute:02}:{second:02}{tail}"))
}

/// A `Time` as the database gives it back: a span, so hours have no leading zero.
pub(super) fn stored_time(text: &str) -> Option<String> {
    let full = read_time(text)?;
    let trimmed = full.strip_prefix('0').unwrap_or(&full);
    Some(trimmed.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_local_to_the_site() {
        let at: Timestamp = "2026-11-22T01:40:59.432807Z".parse().unwrap();
        assert_eq!(stamp(at, &zone("America/Mexico_City")), "2026-11-21 19:40:59.432807");
        assert_eq!(stamp(at, &zone("No/Where")), "2026-11-22 01:40:59.432807");
    }

    #[test]
    fn only_the_database_s_own_forms_of_a_date_are_taken() {
        assert_eq!(read_date("2027-12-31"), Moment::Stored("2027-12-31".to_owned()));
        assert_eq!(read_date("0000-00-00"), Moment::Zero("0000-00-00".to_owned()));
        for wrong in ["31/12/2027", "2027-02-30", "05-11-2026", "no-fecha"] {
            assert_eq!(read_date(wrong), Moment::Refused, "{wrong}");
        }
        for wrong in ["2026-11-20T10:00:00", "2026-11-20T10:00:00Z", "2026-11-20 25:00:00"] {
            assert_eq!(read_datetime(wrong), Moment::Refused, "{wrong}");
        }
        let micro = "2026-11-20 10:00:00.123456";
        assert_eq!(read_datetime(micro), Moment::Stored(micro.to_owned()));
        assert_eq!(stored_time("09:05:00").as_deref(), Some("9:05:00"));
        assert_eq!(stored_time("9:5").as_deref(), Some("9:05:00"));
    }
}
