//! All that may be seen of a card's number.

use cs_domain::Value;

/// The last four digits; what has fewer shows them all.
pub(crate) fn last_four(text: &str) -> Value {
    let digits: Vec<char> = text.chars().filter(char::is_ascii_digit).collect();
    Value::text(digits.iter().skip(digits.len().saturating_sub(4)).collect::<String>())
}
