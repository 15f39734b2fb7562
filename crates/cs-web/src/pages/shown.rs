//! Values, documents and failures as people are shown them.
//!
//! ERPNext names a bank account after the number that somebody typed for it, and a number of an account or a card is on no
//! page (DESIGN.md, "What must always hold", 12): its last four digits tell it from others.

use cs_domain::plan::Planned;
use cs_domain::{Failure, Kind, RecordRef, Row, System, Value};

use crate::words::{Language, Words};

/// Digits that stand for themselves.
const DIGITS: usize = 4;

/// A value; one that is empty is said to be.
pub(crate) fn value(words: &Words, value: &Value) -> String {
    match value {
        Value::Empty => words.say("value-empty"),
        Value::Boolean(true) => words.say("value-yes"),
        Value::Boolean(false) => words.say("value-no"),
        Value::Date(date) => words.day(date),
        Value::DateTime(moment) => words.precisely(&moment.utc),
        Value::Reference(record) if is_guarded(record) => masked(record.id.as_str()),
        Value::Rows(rows) if rows.is_empty() => words.say("value-empty"),
        Value::Rows(rows) => rows.iter().map(|one| row(words, one)).collect::<Vec<_>>().join(" · "),
        other => other.plain(),
    }
}

/// A value of a record's field: in documents about accounts and cards, numbers show their last four digits.
pub(crate) fn value_of(words: &Words, system: System, kind: &Kind, held: &Value) -> String {
    guarded(system, kind, value(words, held))
}

/// The same of a value that a plan sets.
pub(crate) fn planned_of(words: &Words, system: System, kind: &Kind, after: &Planned) -> String {
    guarded(system, kind, planned(words, after))
}

fn guarded(system: System, kind: &Kind, text: String) -> String {
    if is_guarded_kind(system, kind) { masked(&text) } else { text }
}

fn row(words: &Words, row: &Row) -> String {
    let cells = row.columns.iter().filter(|(_, cell)| !cell.is_empty());
    cells.map(|(name, cell)| format!("{name}: {}", value(words, cell))).collect::<Vec<_>>().join(", ")
}

/// A value that a plan sets.
pub(crate) fn planned(words: &Words, after: &Planned) -> String {
    match after {
        Planned::Value(after) => value(words, after),
        Planned::Document(role) => words.tell("value-document", &[("role", role.to_string().into())]),
        Planned::Rows(rows) => {
            let shown = rows.iter().map(|row| {
                let cells =
                    row.columns.iter().map(|(name, cell)| format!("{name}: {}", planned(words, cell)));
                cells.collect::<Vec<_>>().join(", ")
            });
            shown.collect::<Vec<_>>().join(" · ")
        }
    }
}

/// A record or document: its kind and its name.
pub(crate) fn record(record: &RecordRef) -> String {
    if is_guarded(record) {
        format!("{} {}", record.kind, masked(record.id.as_str()))
    } else {
        record.to_string()
    }
}

/// What to do about a failure, in the reader's language where the catalogue knows its code.
pub(crate) fn remedy(words: &Words, failure: &Failure) -> String {
    let general = || words.said(&trouble(failure)).filter(|_| words.language != Language::En);
    words.said(&key(failure, "-remedy")).or_else(general).unwrap_or_else(|| failure.remedy.clone())
}

/// What to do about a unit's failure in general: it says less than the program's own words, but in the reader's language.
fn trouble(failure: &Failure) -> String {
    format!("trouble-{}-remedy", failure.code.replace(['.', '_'], "-"))
}

/// What happened: where the catalogue knows the code, in the reader's language; else in the program's own words, which say
/// more.
pub(crate) fn cause(words: &Words, failure: &Failure) -> String {
    words.said(&key(failure, "")).unwrap_or_else(|| failure.cause.clone())
}

fn key(failure: &Failure, end: &str) -> String {
    format!("failure-{}{end}", failure.code.replace(['.', '_'], "-"))
}

/// Whether such documents are named after numbers that nobody is to see.
pub(crate) fn is_guarded(record: &RecordRef) -> bool {
    is_guarded_kind(record.system, &record.kind)
}

fn is_guarded_kind(system: System, kind: &Kind) -> bool {
    let kind = kind.as_str().to_lowercase();
    system == System::Frappe && ["account", "bank", "card"].iter().any(|word| kind.contains(word))
}

/// A text without the beginnings of its long numbers; single spaces and hyphens between digits are part of a number.
pub(crate) fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut number = String::new();
    for (place, character) in text.char_indices() {
        let joins = matches!(character, ' ' | '-')
            && !number.is_empty()
            && text.get(place + 1..).is_some_and(|rest| rest.starts_with(|next: char| next.is_ascii_digit()));
        if character.is_ascii_digit() || joins {
            number.push(character);
        } else {
            out.push_str(&ending(&std::mem::take(&mut number)));
            out.push(character);
        }
    }
    out.push_str(&ending(&number));
    out
}

/// The end of a number that is longer than what may be shown of it.
fn ending(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    match digits.len().checked_sub(DIGITS) {
        None | Some(0) => number.to_owned(),
        Some(hidden) => format!("****{}", digits.into_iter().skip(hidden).collect::<String>()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_number_of_an_account_shows_its_last_four_digits() {
        for (name, expected) in [
            ("123456789012 - Banco Prueba", "****9012 - Banco Prueba"),
            ("Cuenta 4111 1111 1111 1111", "Cuenta ****1111"),
            ("12-345-6789-Banco", "****6789-Banco"),
            ("Cuenta 1234", "Cuenta 1234"),
            ("ñ12345ñ", "ñ****2345ñ"),
            ("", ""),
        ] {
            let account = RecordRef::frappe("Bank Account", name);
            assert_eq!(record(&account), format!("Bank Account {expected}"));
            let words = Words::in_language(Language::En);
            assert_eq!(value(&words, &Value::Reference(account)), expected);
        }
        let (words, number) = (Words::in_language(Language::En), Value::text("3196609290"));
        let told = |kind: &str| value_of(&words, System::Frappe, &kind.into(), &number);
        assert_eq!((told("Bank Account").as_str(), told("Sales Order").as_str()), ("****9290", "3196609290"));
        assert_eq!(
            record(&RecordRef::frappe("Sales Order", "SAL-ORD-2026-00001")),
            "Sales Order SAL-ORD-2026-00001"
        );
    }

    #[test]
    fn values_are_told_in_the_reader_s_language() {
        let (en, es) = (Words::in_language(Language::En), Words::in_language(Language::Es));
        assert_eq!(value(&en, &Value::Empty), "(empty)");
        assert_eq!(value(&es, &Value::Boolean(true)), "sí");
        assert_eq!(value(&es, &Value::Date("2026-01-31".parse().unwrap())), "31 ene 2026");
        let columns = BTreeMap::from([("qty".into(), Value::Integer(1)), ("note".into(), Value::Empty)]);
        assert_eq!(value(&en, &Value::Rows(vec![Row { name: None, columns }])), "qty: 1");
    }
}
