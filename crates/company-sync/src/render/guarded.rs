//! Names of documents as they may be shown. ERPNext names a bank account after the number that somebody typed for it, and a
//! number of an account or a card is in no listing (DESIGN.md, "What must always hold", 12): its last four digits tell it
//! from others.

use cs_domain::{Kind, RecordRef, System, Value};
use serde_json::json;

/// Digits that stand for themselves.
const SHOWN: usize = 4;

/// A document as people are shown it.
pub(crate) fn name(document: &RecordRef) -> String {
    if is_guarded(document) {
        format!("{} {}", document.kind, masked(document.id.as_str()))
    } else {
        document.to_string()
    }
}

/// The document under a name that may be shown.
pub(crate) fn shown(document: &RecordRef) -> RecordRef {
    if !is_guarded(document) {
        return document.clone();
    }
    RecordRef { id: masked(document.id.as_str()).into(), ..document.clone() }
}

/// What a field of such a document, or one that mirrors it, holds, as it may be shown.
pub(crate) fn value(doctype: &Kind, value: Value) -> Value {
    match value {
        Value::Text(text) if tells_numbers(doctype) => Value::text(masked(&text)),
        Value::Reference(target) => Value::Reference(shown(&target)),
        value => value,
    }
}

/// The same for machines.
pub(crate) fn object(document: &RecordRef) -> serde_json::Value {
    let mut object = json!(document);
    if let (true, Some(fields)) = (is_guarded(document), object.as_object_mut()) {
        fields.insert("id".to_owned(), json!(masked(document.id.as_str())));
    }
    object
}

/// Whether such documents are named after numbers that nobody is to see.
fn is_guarded(document: &RecordRef) -> bool {
    document.system == System::Frappe && tells_numbers(&document.kind)
}

fn tells_numbers(kind: &Kind) -> bool {
    let kind = kind.as_str().to_lowercase();
    ["account", "bank", "card"].iter().any(|word| kind.contains(word))
}

/// A text without the beginnings of its long numbers; single spaces and hyphens between digits are part of a number.
fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, tail) = rest.split_at(begin);
        let (number, after) = tail.split_at(number_length(tail));
        out.push_str(before);
        let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
        match digits.len().checked_sub(SHOWN).filter(|hidden| *hidden > 0) {
            Some(hidden) => {
                out.push_str("****");
                out.extend(digits.iter().skip(hidden));
            }
            None => out.push_str(number),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The bytes of the number that a text begins with.
fn number_length(text: &str) -> usize {
    let mut end = 0;
    let mut characters = text.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        let joins =
            matches!(c, ' ' | '-') && characters.peek().is_some_and(|(_, next)| next.is_ascii_digit());
        if c.is_ascii_digit() {
            end = at + 1;
        } else if !joins {
            break;
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_shows_its_last_four_digits() {
        for (name, expected) in [
            ("123456789012 - Banco Prueba", "****9012 - Banco Prueba"),
            ("Cuenta 4111 1111 1111 1111", "Cuenta ****1111"),
            ("12-345-6789-Banco", "****6789-Banco"),
            ("Cuenta 1234", "Cuenta 1234"),
            ("Ahorros - Banco Prueba", "Ahorros - Banco Prueba"),
            ("ñ12345ñ", "ñ****2345ñ"),
            ("", ""),
        ] {
            assert_eq!(masked(name), expected);
        }
    }

    #[test]
    fn what_a_bank_account_holds_is_reduced_and_what_a_person_holds_is_not() {
        let number = || Value::text("123456789012");
        assert_eq!(value(&"Bank Account".into(), number()), Value::text("****9012"));
        assert_eq!(value(&"Contact".into(), number()), number());
        let account = Value::Reference(RecordRef::frappe("Bank Account", "123456789012 - Banco"));
        let reduced = Value::Reference(RecordRef::frappe("Bank Account", "****9012 - Banco"));
        assert_eq!(value(&"Customer".into(), account), reduced);
    }

    #[test]
    fn other_documents_keep_their_names() {
        let account = RecordRef::frappe("Bank Account", "123456789012 - Banco");
        assert_eq!(name(&account), "Bank Account ****9012 - Banco");
        assert_eq!(object(&account)["id"], "****9012 - Banco");
        let order = RecordRef::frappe("Sales Order", "SAL-ORD-2026-00001");
        assert_eq!(name(&order), "Sales Order SAL-ORD-2026-00001");
        assert_eq!(object(&order)["id"], "SAL-ORD-2026-00001");
    }
}
