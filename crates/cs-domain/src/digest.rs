//! Short names for long texts and for what records hold.

use serde::{Deserialize, Serialize};

use crate::name::FieldName;
use crate::record::Record;
use crate::value::Value;

/// Sixteen hexadecimal digits that are the same on every machine and in every version (FNV-1a). Not for secrets: whoever
/// wants two texts with one digest can make them.
pub fn digest(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

/// Bytes in hexadecimal digits, two a byte, as digests are written.
pub fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// What some fields of a record hold, digested: two records with equal contents hold the same in them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Content(pub String);

impl Content {
    /// The content of these fields. Absent and empty are told apart; the order of `fields` does not matter, nor does how a
    /// moment was written.
    pub fn of<'f>(record: &Record, fields: impl IntoIterator<Item = &'f FieldName>) -> Self {
        let mut named: Vec<&FieldName> = fields.into_iter().collect();
        named.sort();
        let mut text = String::new();
        for field in named {
            let (kind, shown) = match record.get(field) {
                Some(value @ Value::Rows(_)) => ("rows", serde_json::to_string(value).unwrap_or_default()),
                Some(value) => (value.type_name(), value.plain()),
                None => ("absent", String::new()),
            };
            text.extend([field.as_str(), "\u{1f}", kind, "\u{1f}", &shown, "\u{1e}"]);
        }
        Self(digest(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Fields, RecordRef};

    #[test]
    fn a_content_tells_absent_from_empty_and_one_field_from_another() {
        let content = |fields: Fields| {
            let record =
                Record { reference: RecordRef::vtiger("Contacts", "12x1"), version: "1".into(), fields };
            Content::of(&record, &["a".into(), "b".into()])
        };
        let text = |text: &str| Value::Text(text.to_owned());
        let one = content(Fields::from([("a".into(), text("x"))]));
        assert_eq!(one, content(Fields::from([("a".into(), text("x")), ("c".into(), text("y"))])));
        assert_ne!(one, content(Fields::from([("b".into(), text("x"))])));
        assert_ne!(one, content(Fields::from([("a".into(), text("x")), ("b".into(), Value::Empty)])));
    }

    #[test]
    fn it_is_the_digest_that_the_standard_names() {
        assert_eq!(digest(""), "cbf29ce484222325");
        assert_eq!(digest("a"), "af63dc4c8601ec8c");
        assert_eq!(digest("foobar"), "85944171f73967e8");
        assert_eq!(hexadecimal(&[0x00, 0x0f, 0xa0, 0xff]), "000fa0ff");
    }
}
