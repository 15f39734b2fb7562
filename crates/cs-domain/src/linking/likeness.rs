//! How much a document is like what a record asks for.

use std::collections::BTreeSet;

use crate::fold::fold;
use crate::guarded;
use crate::linking::LinkReason;
use crate::mapping::{DocumentMapping, MatchKey, MatchPart};
use crate::name::FieldName;
use crate::record::Record;
use crate::value::Value;
use crate::wanted::WantedDocument;

/// What a whole match key is worth.
const KEY: i64 = 95;
/// What equal names are worth; names that are alike, their share of it.
const NAME: i64 = 60;
/// Names less alike than this, of a hundred, are other names.
const ALIKE: i64 = 45;
const EMAIL: i64 = 45;
const PHONE: i64 = 35;
const DATE: i64 = 25;
/// What another equal text is worth: a city says little.
const TEXT: i64 = 5;
/// Against a pair.
const OTHER_DATE: i64 = 35;
const OTHER_EMAIL: i64 = 10;

/// What a value is, for comparing.
enum Nature {
    Email(String),
    /// Its last nine digits: with and without a country's code.
    Phone(String),
    Date(String),
    Text(String),
}

fn nature(value: &Value) -> Option<Nature> {
    let text = match value {
        Value::Date(date) => return Some(Nature::Date(date.to_string())),
        Value::Text(text) | Value::Choice(text) => fold(text),
        _ => return None,
    };
    if text.is_empty() {
        return None;
    }
    if text.contains('@') && !text.contains(' ') {
        return Some(Nature::Email(text));
    }
    let digits: Vec<char> = text.chars().filter(char::is_ascii_digit).collect();
    let dialled = text.chars().all(|c| c.is_ascii_digit() || " +-().".contains(c));
    if dialled && digits.len() >= 7 {
        let last = digits.len().saturating_sub(9);
        return Some(Nature::Phone(digits.iter().skip(last).collect()));
    }
    Some(Nature::Text(text))
}

/// Whether the field is part of what the document is called: it is in a match key, or says so.
fn names(mapping: &DocumentMapping, field: &FieldName) -> bool {
    let in_key =
        mapping.match_keys.iter().flat_map(|key| &key.0).any(
            |part| matches!(part, MatchPart::Field(named) | MatchPart::IfKnown(named) if named == field),
        );
    in_key || field.as_str().contains("name") || field.as_str().contains("title")
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// What a document can be found by: its e-mail addresses, its numbers, the words of its names.
pub(super) fn blocks<'v>(
    mapping: &DocumentMapping,
    value: impl Fn(&FieldName) -> Option<&'v Value>,
) -> BTreeSet<String> {
    let mut blocks = BTreeSet::new();
    for rule in &mapping.fields {
        match value(&rule.frappe).and_then(nature) {
            Some(Nature::Email(text)) => drop(blocks.insert(format!("email {text}"))),
            Some(Nature::Phone(digits)) => drop(blocks.insert(format!("phone {digits}"))),
            Some(Nature::Text(text)) if names(mapping, &rule.frappe) => {
                let long = words(&text).filter(|word| word.chars().count() >= 3);
                blocks.extend(long.map(|word| format!("word {word}")));
            }
            _ => {}
        }
    }
    blocks
}

/// What somebody or something is called, for people: the texts of what names it. Of long numbers only the ends are told.
pub(super) fn called<'v>(
    mapping: &DocumentMapping,
    value: impl Fn(&FieldName) -> Option<&'v Value>,
) -> String {
    let named = mapping.fields.iter().filter(|rule| names(mapping, &rule.frappe));
    let texts = named.filter_map(|rule| match value(&rule.frappe)? {
        Value::Text(text) | Value::Choice(text) => Some(text.trim()).filter(|text| !text.is_empty()),
        _ => None,
    });
    guarded::masked(&texts.collect::<Vec<_>>().join(" "))
}

/// How much speaks for the pair, 0 to 100, and what.
pub(super) fn likeness(
    mapping: &DocumentMapping,
    wanted: &WantedDocument,
    document: &Record,
) -> (u32, Vec<LinkReason>) {
    let mut reasons = Vec::new();
    let key = mapping.match_keys.iter().position(|key| is_met(key, wanted, document));
    reasons.extend(key.map(|number| LinkReason::MatchKey { number }));
    let mut score = key.map_or(0, |_| KEY);
    let (mut called, mut shown): (Vec<String>, Vec<String>) = Default::default();
    for rule in &mapping.fields {
        let pair = wanted.value(&rule.frappe).zip(document.get(&rule.frappe));
        let Some((there, here)) = pair.and_then(|(there, here)| Some((nature(there)?, nature(here)?))) else {
            continue;
        };
        let field = rule.frappe.to_string();
        match (there, here) {
            (Nature::Email(there), Nature::Email(here)) if there == here => {
                score += EMAIL;
                reasons.push(LinkReason::SameEmail { field });
            }
            (Nature::Phone(there), Nature::Phone(here)) if there == here => {
                score += PHONE;
                reasons.push(LinkReason::SamePhone { field });
            }
            (Nature::Date(there), Nature::Date(here)) if there == here => {
                score += DATE;
                reasons.push(LinkReason::SameDate { field });
            }
            (Nature::Email(_), Nature::Email(_)) => {
                score -= OTHER_EMAIL;
                reasons.push(LinkReason::Different { field });
            }
            (Nature::Date(_), Nature::Date(_)) => {
                score -= OTHER_DATE;
                reasons.push(LinkReason::Different { field });
            }
            (Nature::Text(there), Nature::Text(here)) if names(mapping, &rule.frappe) => {
                called.push(there);
                shown.push(here);
            }
            (Nature::Text(there), Nature::Text(here)) if there == here => {
                score += TEXT;
                reasons.push(LinkReason::SameText { field });
            }
            _ => {}
        }
    }
    let percent = alike(&called.join(" "), &shown.join(" "));
    if percent >= ALIKE {
        score += NAME * percent / 100;
        let percent = u32::try_from(percent).unwrap_or(0);
        reasons.push(LinkReason::LikeName { percent });
    }
    (u32::try_from(score.clamp(0, 100)).unwrap_or(0), reasons)
}

/// Whether every field of the key has a value on both sides, the same one. Keys that lead to other documents of the unit are
/// not looked at: those are not linked yet either.
fn is_met(key: &MatchKey, wanted: &WantedDocument, document: &Record) -> bool {
    key.0.iter().all(|part| match part {
        MatchPart::Field(field) => {
            let pair = wanted.value(field).zip(document.get(field));
            pair.is_some_and(|(there, here)| {
                !there.is_empty() && !here.is_empty() && fold(&there.plain()) == fold(&here.plain())
            })
        }
        MatchPart::IfKnown(field) => {
            let pair = wanted.value(field).zip(document.get(field));
            pair.is_none_or(|(there, here)| {
                there.is_empty() || here.is_empty() || fold(&there.plain()) == fold(&here.plain())
            })
        }
        MatchPart::Linked(_) => false,
    })
}

/// How alike two names are, of a hundred: words in common, whatever their order, and words that begin alike count half.
fn alike(left: &str, right: &str) -> i64 {
    let (left, right): (BTreeSet<&str>, BTreeSet<&str>) = (words(left).collect(), words(right).collect());
    let most = left.len().max(right.len());
    if left.is_empty() || right.is_empty() {
        return 0;
    }
    let common = left.intersection(&right).count();
    let begins = |word: &&&str| {
        let near = |other: &&&str| {
            let shorter = word.chars().count().min(other.chars().count());
            shorter >= 3 && (word.starts_with(**other) || other.starts_with(**word))
        };
        !right.contains(**word) && right.difference(&left).any(|other| near(&other))
    };
    let half = left.iter().filter(begins).count();
    let points = i64::try_from(common * 100 + half * 50).unwrap_or(0);
    points / i64::try_from(most).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_alike_by_their_words() {
        assert_eq!(alike("ana munoz", "munoz ana"), 100);
        assert_eq!(alike("ana munoz", "ana"), 50);
        assert_eq!(alike("ana munoz", "anabel munoz"), 75);
        assert_eq!(alike("ana", ""), 0);
    }
}
