//! Looking for text as people type it: anywhere, letters of ASCII in whatever case, and no character means anything
//! but itself.

use serde_json::Value as Json;

/// What is longer is looked for nowhere: SQLite refuses patterns of more than 50,000 bytes, and an escape doubles a
/// character.
const LONGEST: usize = 10_000;

/// A character that stands in no text.
const NOWHERE: &str = "\u{10ffff}";

/// A `LIKE` pattern (with `ESCAPE '\'`) for what holds this text.
pub(crate) fn pattern(text: &str) -> String {
    format!("%{}%", literal(text))
}

/// A `LIKE` pattern for what begins with this text.
pub(crate) fn prefix(text: &str) -> String {
    format!("{}%", literal(text))
}

/// A `LIKE` pattern for this text and no other.
pub(crate) fn literal(text: &str) -> String {
    if text.len() > LONGEST {
        return NOWHERE.to_owned();
    }
    let mut literal = String::with_capacity(text.len() + 2);
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            literal.push('\\');
        }
        literal.push(character);
    }
    literal
}

/// Whether a text holds another, as the patterns say it.
pub(crate) fn holds(text: &str, wanted: &str) -> bool {
    wanted.len() <= LONGEST && text.to_ascii_lowercase().contains(&wanted.to_ascii_lowercase())
}

/// Whether a text begins with another, as the patterns say it.
pub(crate) fn begins(text: &str, wanted: &str) -> bool {
    wanted.len() <= LONGEST && text.to_ascii_lowercase().starts_with(&wanted.to_ascii_lowercase())
}

/// The texts in a value, one a line: what people see of it, without the names of its fields and without counters.
pub(crate) fn words(json: &Json) -> String {
    let mut words: Vec<String> = Vec::new();
    gather(json, &mut words);
    words.join("\n")
}

fn gather(json: &Json, words: &mut Vec<String>) {
    let word = match json {
        Json::Null | Json::Bool(_) | Json::Number(_) => return,
        Json::String(text) => text.clone(),
        Json::Array(items) => return items.iter().for_each(|item| gather(item, words)),
        Json::Object(fields) => return fields.values().for_each(|value| gather(value, words)),
    };
    if words.last() != Some(&word) {
        words.push(word);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_in_a_text_means_anything_but_itself() {
        assert_eq!(pattern(r"50%_\x"), r"%50\%\_\\x%");
        assert_eq!(prefix("6x"), "6x%");
        assert!(holds("Ana NÚñez", "na nÚ") && !holds("Ana", "Ann"));
        assert!(begins("SO12", "so1") && !begins("SO12", "12"));
    }

    #[test]
    fn words_are_what_people_see() {
        let json =
            json!({"name": {"vtiger": "Ana \"x\"", "frappe": "Ana \"x\""}, "rows": [1, null, true, "b"]});
        assert_eq!(words(&json), "Ana \"x\"\nb");
    }
}
