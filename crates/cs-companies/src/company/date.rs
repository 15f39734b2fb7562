//! Dates as reports write them.

use jiff::civil::Date;

use crate::report::{Cell, CellKind, date_of_serial};

/// How a company writes its dates: `MMMM D, YYYY`, `MM/DD/YYYY`.
///
/// `YYYY` is a year in four digits and `YY` one in two (2000 to 2099); `M` or `MM` a month in one or two digits, `MMM`
/// or `MMMM` its English name, short or long; `D` or `DD` a day. A comma may be missing, space may be more or less, and
/// a time of day after the date is passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateForm {
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Year4,
    Year2,
    Month,
    MonthName,
    Day,
    Space,
    Literal(char),
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

impl DateForm {
    /// A form from its text; none where it does not name a year, a month and a day, each once.
    pub fn parse(text: &str) -> Option<Self> {
        let mut pieces = Vec::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let mut run = 1;
            while matches!(c, 'Y' | 'M' | 'D') && chars.next_if_eq(&c).is_some() {
                run += 1;
            }
            pieces.push(match (c, run) {
                ('Y', 4) => Piece::Year4,
                ('Y', 2) => Piece::Year2,
                ('M', 1 | 2) => Piece::Month,
                ('M', 3 | 4) => Piece::MonthName,
                ('D', 1 | 2) => Piece::Day,
                ('Y' | 'M' | 'D', _) => return None,
                (c, _) if c.is_whitespace() => Piece::Space,
                (c, _) => Piece::Literal(c),
            });
        }
        let count = |wanted: &[Piece]| pieces.iter().filter(|piece| wanted.contains(piece)).count();
        let whole = count(&[Piece::Year4, Piece::Year2]) == 1
            && count(&[Piece::Month, Piece::MonthName]) == 1
            && count(&[Piece::Day]) == 1;
        whole.then(|| Self { text: text.to_owned(), pieces })
    }

    /// The form as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The day that a text names in this form.
    pub fn read(&self, text: &str) -> Option<Date> {
        let mut rest = text;
        let (mut year, mut month, mut day) = (0, 0, 0);
        for piece in &self.pieces {
            match piece {
                Piece::Year4 => (year, rest) = digits(rest, 4, 4)?,
                Piece::Year2 => {
                    (year, rest) = digits(rest, 2, 2)?;
                    year += 2000;
                }
                Piece::Month => (month, rest) = digits(rest, 1, 2)?,
                Piece::Day => (day, rest) = digits(rest, 1, 2)?,
                Piece::MonthName => (month, rest) = month_name(rest)?,
                Piece::Space => rest = rest.trim_start(),
                Piece::Literal(',') => rest = rest.strip_prefix(',').unwrap_or(rest),
                Piece::Literal(c) => rest = rest.trim_start().strip_prefix(*c)?.trim_start(),
            }
        }
        if !is_time_of_day(rest) {
            return None;
        }
        Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
    }
}

/// A number of at least and at most so many digits, and what follows it.
fn digits(text: &str, least: usize, most: usize) -> Option<(i16, &str)> {
    let count = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if count < least {
        return None;
    }
    let (number, rest) = text.split_at_checked(count)?;
    Some((number.parse().ok()?, rest))
}

fn letters(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

fn month_name(text: &str) -> Option<(i16, &str)> {
    let (word, rest) = letters(text);
    let word = word.to_ascii_lowercase();
    let month = (1..).zip(MONTHS).find(|(_, name)| {
        *name == word || word.len() == 3 && name.starts_with(&word) || word == "sept" && *name == "september"
    })?;
    Some((month.0, rest.strip_prefix('.').unwrap_or(rest)))
}

/// Nothing, or a time like ` 00:00:00`, `T00:00:00.000Z`, ` 12:00 AM`.
fn is_time_of_day(text: &str) -> bool {
    let text = text.trim();
    if text.is_empty() {
        return true;
    }
    let text = text.strip_prefix(['T', 't']).unwrap_or(text);
    let upper = text.to_ascii_uppercase();
    let clock = upper.trim_end_matches("AM").trim_end_matches("PM").trim_end().trim_end_matches('Z');
    let clock = clock.rsplit_once(['+', '-']).map_or(clock, |(before, _)| before);
    let parts: Vec<&str> = clock.split(':').collect();
    let number =
        |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    (2..=3).contains(&parts.len()) && parts.iter().all(number)
}

/// The day in a cell: none for a blank one.
///
/// # Errors
/// The text, where it is no date in any of the forms.
pub(super) fn read_cell(cell: Cell<'_>, forms: &[DateForm]) -> Result<Option<Date>, String> {
    let text = cell.text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    // A leading apostrophe is how a spreadsheet program marks text.
    let text = text.trim_start_matches(['\'', '’']).trim();
    if text.is_empty() {
        return Ok(None);
    }
    let day = match cell.kind {
        CellKind::Error | CellKind::Bool => None,
        CellKind::Number => serial(text),
        CellKind::Date | CellKind::Text | CellKind::Empty => from_text(text, forms),
    };
    day.map(Some).ok_or_else(|| text.to_owned())
}

fn from_text(text: &str, forms: &[DateForm]) -> Option<Date> {
    let text = text.replace('\u{a0}', " ");
    let text = without_weekday(&text);
    forms.iter().find_map(|form| form.read(text)).or_else(|| iso(text)).or_else(|| serial(text))
}

/// `Tuesday, March 31, 2026`
fn without_weekday(text: &str) -> &str {
    let (word, rest) = letters(text);
    let word = word.to_ascii_lowercase();
    let weekday = WEEKDAYS.iter().any(|day| *day == word || word.len() == 3 && day.starts_with(&word));
    if weekday { rest.trim_start_matches(['.', ',', ' ']) } else { text }
}

/// `2026-01-31`, understood whatever the company's own forms are: it can mean nothing else.
fn iso(text: &str) -> Option<Date> {
    let (year, rest) = digits(text, 4, 4)?;
    let (month, rest) = digits(rest.strip_prefix('-')?, 1, 2)?;
    let (day, rest) = digits(rest.strip_prefix('-')?, 1, 2)?;
    if !is_time_of_day(rest) {
        return None;
    }
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// An Excel serial of a day that a policy can have (1950 to 2100), or of 31 December 9999.
fn serial(text: &str) -> Option<Date> {
    if !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    let value: f64 = text.parse().ok()?;
    let plausible = (18_264.0..73_415.0).contains(&value) || (2_958_465.0..2_958_466.0).contains(&value);
    plausible.then(|| date_of_serial(value, false)).flatten()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn forms() -> Vec<DateForm> {
        ["MMMM D, YYYY", "MM/DD/YYYY"].iter().map(|form| DateForm::parse(form).unwrap()).collect()
    }

    fn text(text: &str) -> Cell<'_> {
        Cell { kind: CellKind::Text, text }
    }

    #[test]
    fn dates_in_the_forms_of_the_spec_and_their_odd_relatives() {
        let day = date(2026, 1, 31);
        for written in [
            "January 31, 2026",
            "january 31, 2026",
            "JANUARY 31 2026",
            "Jan 31, 2026",
            "Jan. 31, 2026",
            "January  31,2026",
            "Saturday, January 31, 2026",
            "01/31/2026",
            "1/31/2026",
            " 01/31/2026 ",
            "01/31/2026 00:00:00",
            "1/31/2026 12:00:00 AM",
            "01 / 31 / 2026",
            "'01/31/2026",
            "2026-01-31",
            "2026-01-31 00:00:00",
            "2026-01-31T00:00:00.000Z",
            "2026-01-31T00:00:00+00:00",
            "46053",
            "46053.0",
            "January\u{a0}31, 2026",
        ] {
            assert_eq!(read_cell(text(written), &forms()), Ok(Some(day)), "{written}");
        }
        for blank in ["", "   ", "\u{a0}"] {
            assert_eq!(read_cell(text(blank), &forms()), Ok(None), "{blank:?}");
        }
    }

    #[test]
    fn what_is_no_date_is_given_back() {
        for wrong in [
            "31/31/2026",
            "02/30/2026",
            "31/01/2026",
            "01-31-2026",
            "1/31/26",
            "January 2026",
            "not a date",
            "2026",
            "20260131",
            "N/A",
            "01/31/2026 x",
            "Januar 31, 2026",
            "0",
            "-46053",
            "1e5",
        ] {
            assert_eq!(read_cell(text(wrong), &forms()), Err(wrong.to_owned()), "{wrong}");
        }
        let fault = Cell { kind: CellKind::Error, text: "#N/A" };
        assert!(read_cell(fault, &forms()).is_err());
    }

    #[test]
    fn numbers_are_serials() {
        let number = |text| Cell { kind: CellKind::Number, text };
        assert_eq!(read_cell(number("46112"), &[]), Ok(Some(date(2026, 3, 31))));
        assert_eq!(read_cell(number("2958465"), &[]), Ok(Some(date(9999, 12, 31))));
        assert!(read_cell(number("12"), &[]).is_err());
    }

    #[test]
    fn forms_name_a_year_a_month_and_a_day() {
        for good in ["MM/DD/YYYY", "D-MMM-YY", "YYYYMMDD", "DD.MM.YYYY"] {
            assert!(DateForm::parse(good).is_some(), "{good}");
        }
        for bad in ["", "MM/YYYY", "YYY-MM-DD", "MM/DD/YYYY YY", "month/day/year"] {
            assert!(DateForm::parse(bad).is_none(), "{bad}");
        }
        let form = DateForm::parse("D-MMM-YY").unwrap();
        assert_eq!(form.read("31-Jan-26"), Some(date(2026, 1, 31)));
        let form = DateForm::parse("YYYYMMDD").unwrap();
        assert_eq!(form.read("20260131"), Some(date(2026, 1, 31)));
        assert_eq!(form.read("202601311"), None);
    }
}
