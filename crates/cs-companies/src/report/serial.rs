//! Excel's serial dates.

use jiff::ToSpan;
use jiff::civil::{Date, date};

/// The day of a serial number; the time of day is dropped.
///
/// Excel counts from 1900 and believes that 29 February 1900 existed, so numbers below 60 are one day off the rest.
/// Workbooks from old Macs count from 1904.
pub(crate) fn date_of_serial(serial: f64, from_1904: bool) -> Option<Date> {
    if !(0.0..2_958_466.0).contains(&serial) {
        return None;
    }
    // A time of 23:59:59.9999 is written for midnight by programs that compute with floats.
    #[allow(clippy::cast_possible_truncation, reason = "the range was checked above")]
    let days = (serial + 1e-7).floor() as i64;
    let epoch = match (from_1904, days) {
        (true, _) => date(1904, 1, 1),
        (false, ..60) => date(1899, 12, 31),
        (false, _) => date(1899, 12, 30),
    };
    epoch.checked_add(days.days()).ok()
}

/// Whether a number format of a workbook shows a date.
pub(super) fn shows_date(id: u32, code: Option<&str>) -> bool {
    match code {
        Some(code) => is_date_code(code),
        None => matches!(id, 14..=22 | 27..=36 | 45..=47 | 50..=58),
    }
}

/// Whether a format code has a day, month or year in it, outside quotes, escapes and colours.
fn is_date_code(code: &str) -> bool {
    let mut chars = code.chars();
    let mut letters = false;
    while let Some(c) = chars.next() {
        match c {
            '"' => while chars.next().is_some_and(|c| c != '"') {},
            '\\' | '_' | '*' => {
                chars.next();
            }
            '[' => while chars.next().is_some_and(|c| c != ']') {},
            'd' | 'D' | 'y' | 'Y' | 'm' | 'M' => letters = true,
            // "General", and sections of numbers
            'G' | 'g' | '#' | '0' | '?' => return letters,
            ';' => break,
            _ => {}
        }
    }
    letters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_are_days() {
        for (serial, from_1904, expected) in [
            (46023.0, false, Some(date(2026, 1, 1))),
            (46112.0, false, Some(date(2026, 3, 31))),
            (46112.75, false, Some(date(2026, 3, 31))),
            (46_111.999_999_99, false, Some(date(2026, 3, 31))),
            (44561.0, true, Some(date(2026, 1, 1))),
            (1.0, false, Some(date(1900, 1, 1))),
            (59.0, false, Some(date(1900, 2, 28))),
            (61.0, false, Some(date(1900, 3, 1))),
            (2_958_465.0, false, Some(date(9999, 12, 31))),
            (2_958_466.0, false, None),
            (-1.0, false, None),
            (f64::NAN, false, None),
        ] {
            assert_eq!(date_of_serial(serial, from_1904), expected, "{serial} {from_1904}");
        }
    }

    #[test]
    fn formats_that_show_dates() {
        for (id, code, expected) in [
            (14, None, true),
            (0, None, false),
            (2, None, false),
            (164, Some("yyyy-mm-dd h:mm:ss"), true),
            (164, Some("mm/dd/yyyy;@"), true),
            (164, Some("[$-409]mmmm\\ d\\,\\ yyyy;@"), true),
            (164, Some("General"), false),
            (164, Some("yyyy-mm-dd h:mm:ss.000"), true),
            (164, Some("\"day\" 0"), false),
            (164, Some("#,##0.00 [Red]"), false),
            (164, Some("[Magenta]0"), false),
        ] {
            assert_eq!(shows_date(id, code), expected, "{id} {code:?}");
        }
    }
}
