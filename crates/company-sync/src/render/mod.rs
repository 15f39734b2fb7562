//! How things look in a terminal, a pipe, or to a machine.

pub(crate) mod company;
pub(crate) mod conflict;
pub(crate) mod cost;
pub(crate) mod finding;
pub(crate) mod link;
pub(crate) mod plan;
pub(crate) mod progress;
pub(crate) mod reconciliation;
pub(crate) mod run;

use std::io::{self, Write};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::failure::CommandError;

/// Writes a line to standard output. A reader that has gone away (`| head`) is not an error.
pub(crate) fn line(text: &str) -> Result<(), CommandError> {
    match writeln!(io::stdout().lock(), "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(CommandError::Print(error)),
        _ => Ok(()),
    }
}

/// Writes a line to standard error, where what is not a result goes.
pub(crate) fn aside(text: &str) {
    // There is nowhere left to complain to.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// A moment as clocks show it where the agency is, and which clocks those are: `2026-11-22 04:03:12 EST`.
pub(crate) fn moment(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
}

/// A number with thousands set off: 1,234,567.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_says_whose_clock_it_is_by() {
        let at: Timestamp = "2026-11-22T09:03:12Z".parse().unwrap();
        let there = TimeZone::get("America/New_York").unwrap();
        assert_eq!(moment(at, &there), "2026-11-22 04:03:12 EST");
        assert_eq!(moment(at, &TimeZone::UTC), "2026-11-22 09:03:12 UTC");
        assert_eq!(moment(at, &TimeZone::get("America/Bogota").unwrap()), "2026-11-22 04:03:12 -05");
    }

    #[test]
    fn thousands_are_set_off() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
