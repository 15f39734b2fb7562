//! Reading single cells: texts, money, and the first of several columns that has something.

use std::collections::HashSet;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::header::Found;
use super::row::Word;
use crate::report::{Cell, Cells};

/// The first cell with something in it, of the places that a column may have; an empty one where all are.
pub(super) fn first_filled<'a>(found: &Found, cells: Cells<'a>) -> Cell<'a> {
    let mut filled = found.all().iter().map(|column| cells.get(column.index));
    filled.find(|cell| !cell.is_blank()).unwrap_or(Cell::EMPTY)
}

/// An amount of money as people write it: `$1,234.50`, `1234.5`, `(12.00)`.
pub(super) fn money(text: &str) -> Option<Decimal> {
    let text = text.trim();
    let (text, negative) = match text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) => (inner, true),
        None => (text, false),
    };
    let plain: String = text.chars().filter(|c| !matches!(c, '$' | ',' | ' ' | '\u{a0}')).collect();
    if plain.is_empty() {
        return None;
    }
    let amount: Decimal = plain.parse().ok().or_else(|| Decimal::from_scientific(&plain).ok())?;
    Some(if negative { -amount } else { amount })
}

/// Keeps words that many rows share once.
#[derive(Default)]
pub(crate) struct Words(HashSet<Word>);

impl Words {
    pub(crate) fn keep(&mut self, text: &str) -> Word {
        if let Some(known) = self.0.get(text) {
            return Arc::clone(known);
        }
        let word: Word = Arc::from(text);
        // A column of ever new words (free text taken for a status) is not worth remembering.
        if self.0.len() < 10_000 {
            self.0.insert(Arc::clone(&word));
        }
        word
    }
}

/// Whether a text is words and no id: `Page 1 of 1`, where the member id is the first column. `W 7860 5590` is an id.
pub(super) fn is_a_sentence(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let word = |word: &str| word.len() > 1 && word.chars().all(char::is_alphabetic);
    text.split_whitespace().count() > 1 && words.any(word)
}

/// Whether only one cell of the row has something in it.
pub(super) fn is_lonely(cells: Cells<'_>) -> bool {
    cells.iter().filter(|cell| !cell.is_blank()).count() == 1
}

/// The header of the column that gave a cell.
pub(super) fn header_of(found: &Found, cells: Cells<'_>) -> String {
    let filled = found.all().iter().find(|column| !cells.get(column.index).is_blank());
    filled.map(|column| column.header.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_as_people_write_it() {
        for (written, expected) in [
            ("$263.61", Some("263.61")),
            (" $1,234.50 ", Some("1234.50")),
            ("614.00", Some("614.00")),
            ("(12.00)", Some("-12.00")),
            ("-5", Some("-5")),
            ("", None),
            ("$", None),
            ("n/a", None),
            ("1.5E2", Some("150")),
        ] {
            assert_eq!(money(written).map(|amount| amount.to_string()).as_deref(), expected, "{written}");
        }
    }

    #[test]
    fn a_word_is_kept_once() {
        let mut words = Words::default();
        assert!(Arc::ptr_eq(&words.keep("Active"), &words.keep("Active")));
    }
}
