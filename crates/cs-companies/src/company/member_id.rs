//! Member ids are text, whatever a spreadsheet program made of them.

use crate::report::{Cell, CellKind};

/// How a company's ids are cleaned beyond what holds for all (`spec/RECONCILIATION.md`, "Member ids are text").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IdRules {
    /// How many digits an id has that was stored as a number: leading zeros are what a number loses first.
    pub number_width: Option<usize>,
}

/// Why an id was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum IdFault {
    /// There is none.
    Missing,
    /// It was read as a number and digits are gone: `7.5123E+9`.
    DigitsLost(String),
    /// It is a date, a truth value or an error.
    NotAnId(String),
}

/// The digits that a spreadsheet program keeps of a number.
const EXACT_DIGITS: usize = 15;

/// The id in a cell.
pub(crate) fn clean_cell(cell: Cell<'_>, rules: IdRules) -> Result<String, IdFault> {
    let text = clean(cell.text);
    if text.is_empty() {
        return Err(IdFault::Missing);
    }
    match cell.kind {
        CellKind::Text | CellKind::Empty => match number_form(&text) {
            None => Ok(text),
            Some(number) => restore(&number, &text, None),
        },
        CellKind::Number => {
            let number = number_form(&text).unwrap_or(Number { whole: text.clone(), ..Number::default() });
            restore(&number, &text, rules.number_width)
        }
        CellKind::Date | CellKind::Bool | CellKind::Error => {
            Err(IdFault::NotAnId(cell.text.trim().to_owned()))
        }
    }
}

/// An id without space anywhere and without leading apostrophes; the CRM's ids go through the same.
pub(crate) fn clean(text: &str) -> String {
    let invisible =
        |c: &char| !(c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}' | '\u{200e}' | '\u{200f}'));
    let kept: String = text.chars().filter(invisible).collect();
    let start = kept.trim_start_matches(['\'', '’', '‘', '`']);
    if start.len() == kept.len() { kept } else { start.to_owned() }
}

/// A text in the form that numbers have and ids have not: a decimal point, an exponent with a sign.
#[derive(Default)]
struct Number {
    whole: String,
    fraction: String,
    exponent: i32,
}

fn number_form(text: &str) -> Option<Number> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => {
            let signed = exponent.starts_with(['+', '-']);
            // `12E4567` is an id; `7E+09` and `7.5E9` are not.
            if !signed && !mantissa.contains('.') {
                return None;
            }
            (mantissa, exponent.parse().ok()?)
        }
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let a_number = !whole.is_empty() && digits(whole) && digits(fraction);
    let marked = text.contains(['.', 'e', 'E']);
    (a_number && marked).then(|| Number { whole: whole.to_owned(), fraction: fraction.to_owned(), exponent })
}

/// The whole number where every digit of it stands in the text.
fn restore(number: &Number, text: &str, width: Option<usize>) -> Result<String, IdFault> {
    let lost = || IdFault::DigitsLost(text.to_owned());
    let exponent = usize::try_from(number.exponent).map_err(|_| lost())?;
    if exponent > number.fraction.len() {
        return Err(lost()); // 7.5123E+9: five digits of ten
    }
    let (shifted, rest) = number.fraction.split_at_checked(exponent).ok_or_else(lost)?;
    if rest.bytes().any(|byte| byte != b'0') {
        return Err(lost()); // 7512345601.5 is no whole number
    }
    let id = format!("{}{shifted}", number.whole);
    if !id.bytes().all(|byte| byte.is_ascii_digit()) || id.trim_start_matches('0').len() > EXACT_DIGITS {
        return Err(lost());
    }
    match width {
        Some(width) if id.len() < width => Ok(format!("{id:0>width$}")),
        _ => Ok(id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean_as(kind: CellKind, text: &str) -> Result<String, IdFault> {
        clean_cell(Cell { kind, text }, IdRules::default())
    }

    #[test]
    fn ids_of_text() {
        for (written, expected) in [
            ("W78605590", "W78605590"),
            (" W78605590 ", "W78605590"),
            ("W 7860 5590", "W78605590"),
            ("'U72620779", "U72620779"),
            ("''U72620779", "U72620779"),
            (" ' U72620779", "U72620779"),
            ("\u{feff}U1\u{a0}2", "U12"),
            ("00076266543", "00076266543"),
            ("7512345601.0", "7512345601"),
            ("7512345601.", "7512345601"),
            ("0075.00", "0075"),
            ("7.512345601E+9", "7512345601"),
            ("7.512345601e+09", "7512345601"),
            ("12E4567", "12E4567"),
            ("U-7.5", "U-7.5"),
            ("O'Brien1", "O'Brien1"),
        ] {
            assert_eq!(clean_as(CellKind::Text, written).as_deref(), Ok(expected), "{written}");
        }
    }

    #[test]
    fn ids_whose_digits_are_gone() {
        for written in ["7.5123E+9", "7E+09", "7.5E9", "7512345601.5", "1.5E-3", "12345678901234567.0"] {
            let fault = clean_as(CellKind::Text, written).unwrap_err();
            assert_eq!(fault, IdFault::DigitsLost(written.to_owned()));
        }
        assert_eq!(clean_as(CellKind::Text, " ' "), Err(IdFault::Missing));
        assert_eq!(clean_as(CellKind::Empty, ""), Err(IdFault::Missing));
    }

    #[test]
    fn ids_of_numbers() {
        for (written, expected) in [
            ("79299825", Some("79299825")),
            ("7512345601.0", Some("7512345601")),
            ("7.512345601E9", Some("7512345601")),
            ("999999999999999", Some("999999999999999")),
            ("1234567890123456", None),
            ("7512345601.5", None),
            ("-5", None),
        ] {
            assert_eq!(clean_as(CellKind::Number, written).ok().as_deref(), expected, "{written}");
        }
        let rules = IdRules { number_width: Some(11) };
        let number = Cell { kind: CellKind::Number, text: "76266543" };
        assert_eq!(clean_cell(number, rules).as_deref(), Ok("00076266543"));
        let text = Cell { kind: CellKind::Text, text: "76266543" };
        assert_eq!(clean_cell(text, rules).as_deref(), Ok("76266543"), "text lost nothing");
        assert!(clean_as(CellKind::Date, "2026-03-31").is_err());
    }
}
