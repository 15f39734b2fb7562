//! Texts of a binary workbook: one byte or two a character, and cut where a record is full.

use encoding_rs::WINDOWS_1252;

use super::compound::{u16_at, u32_at};

/// The data of a record and of those that continue it.
pub(super) struct Segments<'a> {
    parts: Vec<&'a [u8]>,
    part: usize,
    at: usize,
}

impl<'a> Segments<'a> {
    pub(super) fn new(parts: Vec<&'a [u8]>) -> Self {
        Self { parts, part: 0, at: 0 }
    }

    fn rest(&mut self) -> &'a [u8] {
        while let Some(part) = self.parts.get(self.part) {
            match part.get(self.at..) {
                Some(rest) if !rest.is_empty() => return rest,
                _ => {
                    self.part += 1;
                    self.at = 0;
                }
            }
        }
        &[]
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.rest().first()?;
        self.at += 1;
        Some(byte)
    }

    fn number(&mut self, bytes: u32) -> Option<u32> {
        let mut value = 0;
        for place in 0..bytes {
            value |= u32::from(self.byte()?) << (8 * place);
        }
        Some(value)
    }

    fn skip(&mut self, mut bytes: usize) {
        while bytes > 0 {
            let taken = self.rest().len().min(bytes);
            if taken == 0 {
                return;
            }
            self.at += taken;
            bytes -= taken;
        }
    }

    /// The next text of the shared ones (MS-XLS, `XLUnicodeRichExtendedString`).
    pub(super) fn text(&mut self) -> Option<String> {
        let length = self.number(2)?;
        let flags = self.byte()?;
        let runs = if flags & 8 == 0 { 0 } else { self.number(2)? };
        let extra = if flags & 4 == 0 { 0 } else { self.number(4)? };
        let text = self.characters(length as usize, flags & 1 == 1)?;
        self.skip(runs as usize * 4);
        self.skip(extra as usize);
        Some(text)
    }

    /// So many characters. Where a record ends midway the next begins by saying anew how wide they are.
    fn characters(&mut self, mut left: usize, mut wide: bool) -> Option<String> {
        let mut text = String::new();
        while left > 0 {
            let part = self.part;
            let rest = self.rest();
            if rest.is_empty() {
                return None;
            }
            let rest = if self.part == part {
                rest
            } else {
                wide = self.byte()? & 1 == 1;
                self.rest()
            };
            let width = if wide { 2 } else { 1 };
            let count = (rest.len() / width).min(left);
            if count == 0 {
                return None;
            }
            push_characters(&mut text, rest.get(..count * width)?, wide);
            self.at += count * width;
            left -= count;
        }
        Some(text)
    }
}

fn push_characters(text: &mut String, bytes: &[u8], wide: bool) {
    if wide {
        let units = bytes.chunks_exact(2).filter_map(|two| two.try_into().ok().map(u16::from_le_bytes));
        text.extend(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
    } else {
        // "Compressed" characters are the low bytes of UTF-16, which is Latin-1.
        text.extend(bytes.iter().map(|byte| char::from(*byte)));
    }
}

/// A text within one record: its length in two bytes, then (from 1997 on) how wide its characters are.
pub(super) fn plain(data: &[u8], unicode: bool) -> Option<String> {
    let length = usize::from(u16_at(data, 0)?);
    if !unicode {
        let bytes = data.get(2..)?;
        return Some(WINDOWS_1252.decode(bytes.get(..length.min(bytes.len()))?).0.into_owned());
    }
    let flags = *data.get(2)?;
    let mut at = 3;
    at += if flags & 8 == 0 { 0 } else { 2 };
    at += if flags & 4 == 0 { 0 } else { 4 };
    characters_at(data, at, length, flags & 1 == 1)
}

/// The name of a sheet: its length in one byte.
pub(super) fn short(data: &[u8], unicode: bool) -> Option<String> {
    let length = usize::from(*data.first()?);
    if !unicode {
        let bytes = data.get(1..)?;
        return Some(WINDOWS_1252.decode(bytes.get(..length.min(bytes.len()))?).0.into_owned());
    }
    characters_at(data, 2, length, data.get(1)? & 1 == 1)
}

fn characters_at(data: &[u8], at: usize, length: usize, wide: bool) -> Option<String> {
    let bytes = data.get(at..)?;
    let width = if wide { 2 } else { 1 };
    let mut text = String::new();
    push_characters(&mut text, bytes.get(..(length * width).min(bytes.len()))?, wide);
    Some(text)
}

/// The number of an `RK` value: 30 bits of a float or of an integer, perhaps in hundredths.
pub(super) fn rk(raw: u32) -> f64 {
    let value = if raw & 2 == 0 {
        f64::from_bits(u64::from(raw & !3) << 32)
    } else {
        f64::from(raw.cast_signed() >> 2)
    };
    if raw & 1 == 0 { value } else { value / 100.0 }
}

/// The number at a place.
pub(super) fn float_at(data: &[u8], at: usize) -> Option<f64> {
    let low = u64::from(u32_at(data, at)?);
    let high = u64::from(u32_at(data, at.checked_add(4)?)?);
    Some(f64::from_bits((high << 32) | low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cut_by_a_record_goes_on_in_its_own_width() {
        // "Peña" with two narrow characters, then a new record of wide ones.
        let first = [4, 0, 0, b'P', b'e'];
        let second = [1, 0xF1, 0, b'a', 0];
        let mut segments = Segments::new(vec![&first, &second]);
        assert_eq!(segments.text().as_deref(), Some("Peña"));
        assert_eq!(segments.text(), None);
    }

    #[test]
    fn rk_values() {
        for (raw, expected) in [
            ((79_299_825_u32 << 2) | 2, 79_299_825.0),
            ((12_345 << 2) | 3, 123.45),
            (0x3FF0_0000, 1.0),
            (0xFFFF_FFFE, -1.0),
        ] {
            assert!((rk(raw) - expected).abs() < 1e-9, "{raw:x}");
        }
    }
}
