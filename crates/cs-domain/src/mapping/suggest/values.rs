//! What sampled values and lists of choices say about two fields, and which transform leads from one to the other.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::fold::fold;
use crate::mapping::suggest::Reason;
use crate::mapping::{Otherwise, Transform, transform_phone};
use crate::name::FieldName;
use crate::record::Record;
use crate::schema::{FieldSchema, FieldType};
use crate::value::Value;

/// Fewer different values say nothing: two yes-or-no fields always share both.
const FEW: usize = 3;

/// The forms of dates that a text field may hold, the unambiguous ones first.
const DATE_FORMS: [&str; 5] = ["%Y-%m-%d", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y"];

/// What a field holds in the sampled records: values that are there, as text.
pub(super) fn held<'r>(samples: &'r [Record], field: &'r FieldName) -> impl Iterator<Item = String> + 'r {
    let values = samples.iter().filter_map(|record| record.get(field));
    values.filter(|value| !value.is_empty() && !matches!(value, Value::Rows(_))).map(Value::plain)
}

/// Values as they compare: numbers of phones by their last digits, all else without case and accents.
fn compared(text: &str) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let dialled = text.chars().all(|c| c.is_ascii_digit() || " +-().".contains(c));
    if dialled && digits.len() >= 7 {
        return digits.chars().rev().take(9).collect();
    }
    fold(text)
}

/// How many of the different values of the side that has fewer the other side has, too.
pub(super) fn shared_values(vtiger: &[String], frappe: &[String]) -> Option<Reason> {
    let [left, right] = [vtiger, frappe].map(|held| held.iter().map(|text| compared(text)).collect());
    shared(&left, &right).map(|(shared, of)| Reason::SharedValues { shared, of })
}

/// The same of the entries of two lists.
pub(super) fn shared_choices(vtiger: &FieldType, frappe: &FieldType) -> Option<Reason> {
    let folded = |field: &FieldType| -> BTreeSet<String> {
        match field {
            FieldType::Choice { values, .. } => {
                values.iter().map(|value| fold(value)).filter(|value| !value.is_empty()).collect()
            }
            _ => BTreeSet::new(),
        }
    };
    let (left, right) = (folded(vtiger), folded(frappe));
    if left.len().min(right.len()) < 2 {
        return None;
    }
    let (common, of) = (left.intersection(&right).count(), left.len().min(right.len()));
    (common > 0).then(|| Reason::SharedChoices { shared: count(common), of: count(of) })
}

fn shared(left: &BTreeSet<String>, right: &BTreeSet<String>) -> Option<(u32, u32)> {
    let of = left.len().min(right.len());
    if of < FEW {
        return None;
    }
    let common = left.intersection(right).count();
    (common > 0).then(|| (count(common), count(of)))
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The transforms that lead from VTiger's field to Frappe's, where it is clear which.
pub(super) fn transforms(
    (vtiger, held_there): (&FieldSchema, &[String]),
    (frappe, held_here): (&FieldSchema, &[String]),
    region: Option<&str>,
) -> Vec<Transform> {
    match (&vtiger.field_type, &frappe.field_type) {
        (FieldType::Text, FieldType::Date) => {
            date_form(held_there).map(|form| Transform::Date { form: form.to_owned() }).into_iter().collect()
        }
        (FieldType::Choice { values: there, .. }, FieldType::Choice { values: here, closed }) => {
            word_map(there, here, *closed).into_iter().collect()
        }
        (FieldType::Text, FieldType::Text) => match region.filter(|_| is_dialled(held_there, held_here)) {
            Some(region) => vec![Transform::Phone { region: region.to_owned() }],
            None => vec![Transform::Trim],
        },
        _ => Vec::new(),
    }
}

/// The one form in which all of the texts are dates; `None` where several would do, or none.
fn date_form(texts: &[String]) -> Option<&'static str> {
    if texts.is_empty() {
        return None;
    }
    let reads_all =
        |form: &&&str| texts.iter().all(|text| Date::strptime(form.as_bytes(), text.trim()).is_ok());
    let mut fitting = DATE_FORMS.iter().filter(reads_all);
    let first = fitting.next()?;
    fitting.next().is_none().then_some(*first)
}

/// Whether Frappe's numbers are E.164 and VTiger's can be.
fn is_dialled(there: &[String], here: &[String]) -> bool {
    let international = |text: &String| {
        text.strip_prefix('+').is_some_and(|rest| rest.len() > 7 && rest.bytes().all(|b| b.is_ascii_digit()))
    };
    let dialled = |text: &String| transform_phone::e164(text, "US").is_some() || international(text);
    let any = |texts: &[String]| !texts.is_empty();
    any(there) && any(here) && here.iter().all(international) && there.iter().all(dialled)
}

/// VTiger's words against Frappe's; `None` where they are the same words, or fewer than half have a partner.
fn word_map(there: &[String], here: &[String], closed: bool) -> Option<Transform> {
    let words: Vec<&String> = there.iter().filter(|word| !word.trim().is_empty()).collect();
    let pairs: Vec<(String, String)> = words
        .iter()
        .filter_map(|word| Some(((*word).clone(), partner(word, &words, here)?.clone())))
        .collect();
    let same = pairs.len() == words.len() && pairs.iter().all(|(from, to)| from == to);
    if same || pairs.is_empty() || pairs.len() * 2 < words.len() {
        return None;
    }
    let otherwise = if closed { Otherwise::Refuse } else { Otherwise::Keep };
    Some(Transform::Map { pairs, otherwise })
}

/// The entry that means the same word: equal but for case and accents, or the only one that begins with the letter that
/// the word is short for.
fn partner<'h>(word: &str, all: &[&String], here: &'h [String]) -> Option<&'h String> {
    let wanted = fold(word);
    if let Some(same) = here.iter().find(|other| fold(other) == wanted) {
        return Some(same);
    }
    let short = wanted.chars().count() == 1;
    let mut begins = here.iter().filter(|other| short && fold(other).starts_with(&wanted));
    let first = begins.next()?;
    let alone = all.iter().filter(|other| fold(other).starts_with(&wanted)).count() == 1;
    (alone && begins.next().is_none()).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_date_form_is_only_told_where_the_texts_leave_no_doubt() {
        assert_eq!(date_form(&texts(&["11/22/2026", "01/02/2026"])), Some("%m/%d/%Y"));
        assert_eq!(date_form(&texts(&["22/11/2026"])), Some("%d/%m/%Y"));
        assert_eq!(date_form(&texts(&["01/02/2026"])), None, "January or February");
        assert_eq!(date_form(&texts(&["2026-01-02", "soon"])), None);
        assert_eq!(date_form(&[]), None);
    }

    #[test]
    fn words_find_their_partners() {
        let map = |there: &[&str], here: &[&str], closed| word_map(&texts(there), &texts(here), closed);
        let pairs = vec![("M".to_owned(), "Male".to_owned()), ("F".to_owned(), "Female".to_owned())];
        let expected = Transform::Map { pairs, otherwise: Otherwise::Refuse };
        assert_eq!(map(&["", "M", "F"], &["Male", "Female", "Other"], true), Some(expected));
        assert_eq!(map(&["Open"], &["Open", "Closed"], true), None, "the same words need no map");
        assert_eq!(map(&["Red", "Blue", "Green"], &["red"], true), None, "too few have a partner");
        assert_eq!(map(&["M"], &["Male", "Married"], true), None, "M may be either");
    }

    #[test]
    fn few_values_say_nothing() {
        assert_eq!(shared_values(&texts(&["1", "0"]), &texts(&["0", "1"])), None);
        let found = shared_values(&texts(&["Ana", "Eva", "Luis"]), &texts(&["ANA", "luís", "Rosa", "Zoe"]));
        assert_eq!(found, Some(Reason::SharedValues { shared: 2, of: 3 }));
        let phones =
            shared_values(&texts(&["305 555 0101", "3055550102", "x"]), &texts(&["+13055550101", "b", "c"]));
        assert_eq!(phones, Some(Reason::SharedValues { shared: 1, of: 3 }));
    }
}
