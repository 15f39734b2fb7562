//! How a value that a client sends is kept in a column: text is cut, numbers are read as far as they make sense,
//! nothing is ever refused (facts/VTIGER.md, Values).

use serde_json::Value;

use super::catalogue::Kind;
use super::dates::{Kept, keep};
use super::entities;

/// A JSON value as PHP makes a text of it; a list gives its first element. None: null.
pub(crate) fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(true) => Some("1".to_owned()),
        Value::Bool(false) => Some(String::new()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        Value::Array(list) => list.first().and_then(as_text),
        Value::Object(map) => map.values().next().and_then(as_text),
    }
}

/// What PHP throws on: `INTERNAL_SERVER_ERROR`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Thrown;

/// What a column of this kind keeps of a text; none is NULL. References and owners are not read here.
pub(crate) fn stored(kind: Kind, text: &str, date_format: &str) -> Result<Option<String>, Thrown> {
    Ok(match kind {
        Kind::Text(size) => Some(cut(&three_bytes(&entities::decode(text)), size)),
        Kind::Decimal(places) => Some(decimal(text, places)),
        Kind::Integer => Some(decimal(text, 0)),
        Kind::Flag => Some(if is_on(text) { "1" } else { "0" }.to_owned()),
        Kind::Date if text.is_empty() => None,
        Kind::Date => match keep(text, date_format) {
            Kept::Date(date) => Some(date),
            Kept::Nothing => None,
            Kept::Unreadable => return Err(Thrown),
        },
        Kind::Time => time(text),
        Kind::DateTime => (!text.is_empty()).then(|| text.to_owned()),
        Kind::Reference | Kind::Owner => (!text.is_empty()).then(|| text.to_owned()),
    })
}

/// What a column of this kind holds when a create does not mention it.
pub(crate) fn blank(kind: Kind) -> Option<String> {
    match kind {
        Kind::Text(_) => Some(String::new()),
        Kind::Decimal(places) => Some(decimal("0", places)),
        Kind::Integer | Kind::Flag => Some("0".to_owned()),
        Kind::Date | Kind::DateTime | Kind::Time | Kind::Reference | Kind::Owner => None,
    }
}

/// The tables are utf8mb3: a character of four bytes becomes four question marks.
fn three_bytes(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for character in text.chars() {
        if character.len_utf8() > 3 { kept.push_str("????") } else { kept.push(character) }
    }
    kept
}

/// Overlong text is cut in silence, counted in characters.
pub(crate) fn cut(text: &str, size: Option<usize>) -> String {
    match size {
        Some(size) => text.chars().take(size).collect(),
        None => text.to_owned(),
    }
}

/// The only values that set a checkbox.
fn is_on(text: &str) -> bool {
    text == "on" || number_prefix(text).is_some_and(|(digits, scale)| digits == 10_i128.pow(scale))
}

/// The number at the start of a text, as (digits, places): MariaDB reads `1,234.56` as 1.
pub(crate) fn number_prefix(text: &str) -> Option<(i128, u32)> {
    let text = text.trim_start();
    let (negative, rest) = match text.as_bytes().first() {
        Some(b'-') => (true, text.get(1..).unwrap_or_default()),
        Some(b'+') => (false, text.get(1..).unwrap_or_default()),
        _ => (false, text),
    };
    let (mut digits, mut places, mut point, mut any) = (0_i128, 0_u32, false, false);
    for byte in rest.bytes().take(30) {
        match byte {
            b'0'..=b'9' => {
                any = true;
                digits = digits * 10 + i128::from(byte - b'0');
                places += u32::from(point);
            }
            b'.' if !point => point = true,
            _ => break,
        }
    }
    any.then_some((if negative { -digits } else { digits }, places))
}

/// A number with exactly so many places, rounded half away from zero.
pub(crate) fn decimal(text: &str, places: u32) -> String {
    let (digits, scale) = number_prefix(text).unwrap_or((0, 0));
    fixed(digits, scale, places)
}

/// `digits` / 10^`scale` with exactly so many places, rounded half away from zero.
pub(crate) fn fixed(digits: i128, scale: u32, places: u32) -> String {
    let scaled = if places >= scale {
        digits * 10_i128.pow(places - scale)
    } else {
        let divisor = 10_i128.pow(scale - places);
        let half = if digits < 0 { -divisor / 2 } else { divisor / 2 };
        (digits + half) / divisor
    };
    let unit = 10_i128.pow(places);
    let sign = if scaled < 0 { "-" } else { "" };
    let (whole, rest) = (scaled.abs() / unit, scaled.abs() % unit);
    if places == 0 {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{rest:0width$}", width = places as usize)
    }
}

fn time(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split(':').collect();
    let number = |index: usize| parts.get(index).and_then(|part| part.trim().parse::<u8>().ok());
    match (number(0), number(1)) {
        (Some(hour), Some(minute)) => {
            Some(format!("{hour:02}:{minute:02}:{:02}", number(2).unwrap_or_default()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kept(kind: Kind, text: &str) -> Option<String> {
        stored(kind, text, "yyyy-mm-dd").unwrap()
    }

    #[test]
    fn numbers_are_read_as_far_as_they_go() {
        assert_eq!(kept(Kind::Decimal(2), "1,234.56"), Some("1.00".to_owned()));
        assert_eq!(kept(Kind::Decimal(2), "1234,56"), Some("1234.00".to_owned())); // 265
        assert_eq!(kept(Kind::Decimal(2), "1234.5"), Some("1234.50".to_owned())); // 266
        assert_eq!(kept(Kind::Decimal(2), "2.005"), Some("2.01".to_owned()));
        assert_eq!(kept(Kind::Decimal(3), "-0.0005"), Some("-0.001".to_owned()));
        assert_eq!(kept(Kind::Decimal(2), "mucho"), Some("0.00".to_owned()));
        assert_eq!(kept(Kind::Integer, "3.7"), Some("4".to_owned()));
    }

    #[test]
    fn text_is_cut_and_loses_emoji() {
        assert_eq!(kept(Kind::Text(Some(80)), &"L".repeat(300)).map(|text| text.len()), Some(80));
        assert_eq!(kept(Kind::Text(None), "Emoji 😀 fin"), Some("Emoji ???? fin".to_owned()));
        assert_eq!(kept(Kind::Text(None), "a &amp; b"), Some("a & b".to_owned()), "sent entities are lost");
        assert_eq!(kept(Kind::Text(Some(3)), "ñandú"), Some("ñan".to_owned()), "characters, not bytes");
    }

    #[test]
    fn a_checkbox_knows_one_and_on() {
        for (text, expected) in [("1", "1"), ("on", "1"), ("0", "0"), ("", "0"), ("yes", "0"), ("1.0", "1")] {
            assert_eq!(kept(Kind::Flag, text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn json_values_become_text_as_in_php() {
        use serde_json::json;
        assert_eq!(as_text(&json!(12345)).as_deref(), Some("12345"));
        assert_eq!(as_text(&json!(["a", "b"])).as_deref(), Some("a")); // 081
        assert_eq!(as_text(&json!(true)).as_deref(), Some("1"));
        assert_eq!(as_text(&json!(null)), None);
    }

    proptest! {
        #[test]
        fn a_decimal_always_has_its_places(text in "\\PC{0,40}", places in 0_u32..9) {
            let number = decimal(&text, places);
            let after = number.split_once('.').map_or(0, |(_, rest)| rest.len());
            prop_assert_eq!(after, places as usize);
        }

        #[test]
        fn keeping_twice_changes_nothing(digits in -1_000_000_i64..1_000_000, places in 0_u32..9) {
            let once = decimal(&format!("{}.{:02}", digits / 100, digits.abs() % 100), places);
            prop_assert_eq!(decimal(&once, places), once);
        }
    }
}
