//! Text in the encodings that reports come in: UTF-8, UTF-16 and Windows-1252 (`spec/RECONCILIATION.md`, "Files").
//!
//! No statistical guess: what is not UTF-16 and not valid UTF-8 is Windows-1252, the only other encoding the spec names.
//! A guess over a book with one accented name would be right most days and wrong on some.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::refusal::Refusal;

/// A file's text, without its byte-order mark.
#[derive(Debug)]
pub(super) struct Text<'a> {
    pub(super) content: Cow<'a, str>,
    /// The encoding's name.
    pub(super) encoding: &'static str,
}

pub(super) fn decode(bytes: &[u8]) -> Result<Text<'_>, Refusal> {
    let (encoding, mark) = Encoding::for_bom(bytes).unwrap_or_else(|| (without_mark(bytes), 0));
    let body = bytes.get(mark..).unwrap_or_default();
    let content = match encoding.decode_without_bom_handling_and_without_replacement(body) {
        Some(content) => content,
        // Valid at its start (or marked so), broken later: a replacement character in a name is better than no report.
        None => encoding.decode_without_bom_handling(body).0,
    };
    refuse_binary(&content)?;
    Ok(Text { content, encoding: encoding.name() })
}

fn without_mark(bytes: &[u8]) -> &'static Encoding {
    if let Some(encoding) = utf16_by_zeros(bytes) {
        return encoding;
    }
    match std::str::from_utf8(bytes) {
        Ok(_) => UTF_8,
        Err(_) => WINDOWS_1252,
    }
}

/// Text of western letters in UTF-16 has a zero in every other byte.
fn utf16_by_zeros(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..bytes.len().min(4096))?;
    let pairs = head.len() / 2;
    let zeros = |offset: usize| head.chunks_exact(2).filter(|pair| pair.get(offset) == Some(&0)).count();
    let (even, odd) = (zeros(0), zeros(1));
    if pairs >= 4 && odd * 2 > pairs && even * 10 < pairs {
        Some(UTF_16LE)
    } else if pairs >= 4 && even * 2 > pairs && odd * 10 < pairs {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// Text has no control characters but those of lines and tabs.
fn refuse_binary(content: &str) -> Result<(), Refusal> {
    let head = content.chars().take(8192);
    let (mut all, mut strange) = (0_usize, 0_usize);
    for c in head {
        all += 1;
        let control =
            c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1a}' | '\u{85}');
        strange += usize::from(control || c == char::REPLACEMENT_CHARACTER);
    }
    if strange * 50 > all {
        return Err(Refusal::UnknownFormat { what: "not text (binary data)" });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, little: bool) -> Vec<u8> {
        text.encode_utf16()
            .flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() })
            .collect()
    }

    #[test]
    fn every_encoding_of_the_spec() {
        let text = "Agencia Peña;1234567\r\n";
        let with_mark = |mark: &[u8], body: Vec<u8>| [mark, &body].concat();
        let cases: [(&str, Vec<u8>, &str); 7] = [
            ("plain UTF-8", text.as_bytes().to_vec(), "UTF-8"),
            ("UTF-8 with a mark", with_mark(b"\xEF\xBB\xBF", text.as_bytes().to_vec()), "UTF-8"),
            ("UTF-16 LE", with_mark(b"\xFF\xFE", utf16(text, true)), "UTF-16LE"),
            ("UTF-16 BE", with_mark(b"\xFE\xFF", utf16(text, false)), "UTF-16BE"),
            ("UTF-16 LE without a mark", utf16(text, true), "UTF-16LE"),
            ("UTF-16 BE without a mark", utf16(text, false), "UTF-16BE"),
            ("Windows-1252", WINDOWS_1252.encode(text).0.into_owned(), "windows-1252"),
        ];
        for (name, bytes, encoding) in cases {
            let decoded = decode(&bytes).unwrap();
            assert_eq!((decoded.content.as_ref(), decoded.encoding), (text, encoding), "{name}");
        }
    }

    #[test]
    fn binary_data_is_refused() {
        let bytes: Vec<u8> = (0..=255).cycle().take(5000).collect();
        assert_eq!(decode(&bytes).unwrap_err().code(), "report.unknown_format");
    }
}
