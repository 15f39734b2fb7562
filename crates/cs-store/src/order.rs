//! The order in which units are gone through: numbers in record ids compare as numbers.

use cs_domain::{RecordId, RecordRef};

/// Stands between the parts of a key and in no id or kind.
const SEPARATOR: char = '\u{1f}';

/// The character after the separator.
const BEHIND_SEPARATOR: char = '\u{20}';

/// Greater than every key: no id begins with the last character there is.
pub(crate) const END: &str = "\u{10ffff}";

/// A text that names a record and sorts by bytes in the order of the ids: `6x9` before `6x10`.
///
/// VTiger compares ids as numbers too (`id > '12x100'`, facts/VTIGER.md "Query language"), so that a page of units is
/// a range there as well. Each run of digits is preceded by its length; the id itself and the kind follow, so that two
/// records never share a key. Ids with more than 99 digits in a row are still told apart, but sort anyhow.
pub(crate) fn key(record: &RecordRef) -> String {
    let mut key = numbers(&record.id);
    for part in [record.id.as_str(), record.kind.as_str(), record.system.as_str()] {
        key.push(SEPARATOR);
        key.push_str(part);
    }
    key
}

/// A text that is greater than the keys of all records with this id and of those before it, and less than the others.
pub(crate) fn behind(id: &RecordId) -> String {
    let mut key = numbers(id);
    key.push(SEPARATOR);
    key.push_str(id.as_str());
    key.push(BEHIND_SEPARATOR);
    key
}

/// The id with the length of each number in front of the number.
fn numbers(id: &RecordId) -> String {
    let id = id.as_str();
    let mut key = String::with_capacity(2 * id.len() + 24);
    let mut rest = id;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, after) = rest.split_at(digits);
        let number = number.trim_start_matches('0');
        if digits > 0 {
            let width = number.len();
            if width < 10 {
                key.push('0');
            }
            key.push_str(&width.to_string());
            key.push_str(number);
        }
        let words = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (word, after) = after.split_at(words);
        key.push_str(word);
        rest = after;
    }
    key
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn order(id: &str) -> String {
        key(&RecordRef::vtiger("SalesOrder", id))
    }

    proptest! {
        #[test]
        fn ids_sort_by_entity_and_number(a in (0..99_u32, 0..u64::MAX), b in (0..99_u32, 0..u64::MAX)) {
            let text = |(entity, number): (u32, u64)| format!("{entity}x{number}");
            prop_assert_eq!(order(&text(a)).cmp(&order(&text(b))), a.cmp(&b));
        }

        #[test]
        fn different_records_have_different_keys(a in "[0-9x ]{0,6}", b in "[0-9x ]{0,6}", kinds in "[ab]{2}") {
            let (first, second) = kinds.split_at(1);
            let a = RecordRef::vtiger(first, a);
            let b = RecordRef::vtiger(second, b);
            prop_assert_eq!(key(&a) == key(&b), a == b);
        }
    }

    proptest! {
        #[test]
        fn a_bound_lies_behind_its_id_and_before_the_next(a in "[0-9x ]{0,6}", b in "[0-9x ]{0,6}") {
            let bound = behind(&a.as_str().into());
            prop_assert!(order(&a) < bound && bound.as_str() < END);
            if a != b {
                prop_assert_eq!(order(&b) < bound, order(&b) < order(&a));
            }
        }
    }

    #[test]
    fn a_longer_number_comes_later() {
        assert!(order("6x9") < order("6x10"));
        assert!(order("6x10") < order("11x1"));
        assert_ne!(order("6x01"), order("6x1"));
    }
}
