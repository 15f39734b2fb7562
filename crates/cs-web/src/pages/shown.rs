//! Values, documents and failures as people are shown them.
//! What may be shown of accounts and cards is [`cs_domain::guarded`]'s to say.

use cs_domain::guarded;
use cs_domain::plan::Planned;
use cs_domain::{Failure, Kind, RecordRef, Row, System, Value};

use super::{causes, reworded};
use crate::office::{Health, Probe};
use crate::words::{Language, Words};

/// A value; one that is empty is said to be.
pub(crate) fn value(words: &Words, value: &Value) -> String {
    match value {
        Value::Empty => words.say("value-empty"),
        Value::Boolean(true) => words.say("value-yes"),
        Value::Boolean(false) => words.say("value-no"),
        Value::Date(date) => words.day(date),
        Value::DateTime(moment) => words.precisely(&moment.utc),
        Value::Reference(record) => guarded::shown(record).id.to_string(),
        Value::Rows(rows) if rows.is_empty() => words.say("value-empty"),
        Value::Rows(rows) => rows.iter().map(|one| row(words, one)).collect::<Vec<_>>().join(" · "),
        other => other.plain(),
    }
}

/// A value of a record's field: in documents about accounts and cards, numbers show their last four digits.
pub(crate) fn value_of(words: &Words, system: System, kind: &Kind, held: &Value) -> String {
    value(words, &guarded::manner(system, kind)(held))
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
    record.to_string()
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

/// What happened: where the catalogue knows it, in the reader's language; else in the program's own words, which say more. To
/// who reads another language those are told in it; where they are a system's own words, the code's meaning is told with them
/// behind it.
pub(crate) fn cause(words: &Words, failure: &Failure) -> String {
    let own = || match meaning(words, &failure.code).filter(|_| words.language != Language::En) {
        Some(meaning) => detailed(words, &meaning, &failure.cause),
        None => said(words, &failure.cause).0,
    };
    words.said(&key(failure, "")).unwrap_or_else(own)
}

/// What was said at the time, in the reader's language where it is known, and whether it is in English all the same.
pub(crate) fn said(words: &Words, cause: &str) -> (String, bool) {
    match causes::told(words, cause) {
        Some(told) => (told, false),
        None if words.language == Language::En => (cause.to_owned(), false),
        None => (causes::quoted(words, cause), true),
    }
}

/// What a code means, whatever it is about.
fn meaning(words: &Words, code: &str) -> Option<String> {
    words.said(&format!("trouble-{}", code.replace(['.', '_'], "-")))
}

/// What was said at the time; where only those who said it know what it is, what it means with the words behind it.
fn detailed(words: &Words, meaning: &str, said: &str) -> String {
    causes::told(words, said).unwrap_or_else(|| format!("{meaning} {}", causes::quoted(words, said)))
}

/// What a test of a connection found, in the reader's language as far as the catalogue goes.
pub(crate) fn probe(words: &Words, probe: Probe) -> Probe {
    if words.language == Language::En {
        return probe;
    }
    let code = probe.code.as_deref();
    let found = match code.and_then(|code| meaning(words, code)) {
        Some(meaning) => detailed(words, &meaning, &probe.found),
        None => phrases(words, &probe.found),
    };
    let general = code.and_then(|code| meaning(words, &format!("{code}-remedy")));
    let remedy = probe.remedy.as_ref().map(|remedy| general.unwrap_or_else(|| phrase(words, remedy)));
    Probe { what: phrase(words, &probe.what), found, remedy, ..probe }
}

/// What a connection answered when it was asked last, in the reader's language: a version, or why not with the code behind it.
pub(crate) fn health(words: &Words, health: &Health) -> String {
    let found = &health.found;
    if words.language == Language::En {
        return found.clone();
    }
    let failed = found.rsplit_once(" [").and_then(|(cause, code)| Some((cause, code.strip_suffix(']')?)));
    match failed.filter(|_| health.good == Some(false)) {
        Some((cause, code)) => match meaning(words, code) {
            Some(meaning) => format!("{} [{code}]", detailed(words, &meaning, cause)),
            None => found.clone(),
        },
        None => phrases(words, found),
    }
}

fn phrases(words: &Words, found: &str) -> String {
    found.split(", ").map(|part| phrase(words, part)).collect::<Vec<_>>().join(", ")
}

/// A phrase of a test in the reader's language; what is a name or a number stays.
fn phrase(words: &Words, text: &str) -> String {
    if let Some(said) = reworded::sentence(words, text) {
        return said;
    }
    for (begin, key) in [("module ", "probe-module"), ("user ", "probe-user")] {
        if let Some(name) = text.strip_prefix(begin) {
            return words.tell(key, &[("name", name.to_owned().into())]);
        }
    }
    let plain: String = text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let key = format!("probe-{}", plain.to_lowercase().trim_matches('-'));
    words.said(&key).unwrap_or_else(|| text.to_owned())
}

fn key(failure: &Failure, end: &str) -> String {
    format!("failure-{}{end}", failure.code.replace(['.', '_'], "-"))
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
        let failure = Failure {
            code: "frappe.timed_out".to_owned(),
            cause: "no answer within 60 s".to_owned(),
            remedy: "Wait.".to_owned(),
            advice: cs_domain::Advice::RetryLater,
            place: None,
        };
        assert_eq!(cause(&en, &failure), "no answer within 60 s");
        assert_eq!(cause(&es, &failure), "No hubo respuesta en 60 s");
        let found = |found: &str, code: Option<&str>| {
            let code = code.map(str::to_owned);
            let (what, remedy) = ("module SalesOrder".to_owned(), code.as_ref().map(|_| "Do.".to_owned()));
            probe(&es, Probe { what, good: false, code, found: found.to_owned(), remedy })
        };
        let told = found("VTiger 8.3.0, user 19x1, administrator", None);
        assert_eq!(
            (told.what.as_str(), told.found.as_str()),
            ("módulo SalesOrder", "VTiger 8.3.0, usuario 19x1, administrador")
        );
        let told = found("fields: x", Some("vtiger.fields_missing"));
        assert_eq!(told.found, "A VTiger le faltan campos que el mapeo nombra. «fields: x»");
        assert_eq!(told.remedy.as_deref(), Some("Cree los campos en VTiger o cambie el mapeo."));
        let heard = |good: bool, found: &str| {
            let (connection, configured) = (crate::office::Connection::Vtiger, true);
            health(
                &es,
                &Health { connection, configured, good: Some(good), found: found.to_owned(), at: None },
            )
        };
        assert_eq!(heard(true, "VTiger 8.3.0, user 19x1"), "VTiger 8.3.0, usuario 19x1");
        assert_eq!(heard(true, "the view orders is empty"), "la vista orders está vacía");
        assert_eq!(
            heard(false, "no answer within 10 seconds [frappe.timed_out]"),
            "No hubo respuesta en 10 segundos [frappe.timed_out]"
        );
        assert_eq!(heard(false, "what nobody knows [x.y]"), "what nobody knows [x.y]");
        let columns = BTreeMap::from([("qty".into(), Value::Integer(1)), ("note".into(), Value::Empty)]);
        assert_eq!(value(&en, &Value::Rows(vec![Row { name: None, columns }])), "qty: 1");
    }
}
