//! Comparing texts as the database does (`utf8mb4_unicode_ci`): without case, accents and trailing spaces.

use std::cmp::Ordering;

/// A text reduced to what the database compares. Two texts are equal to it when their keys are.
pub fn key(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    for character in text.trim_end_matches(' ').chars() {
        match character {
            'a'..='z' | '0'..='9' | ' ' => key.push(character),
            'A'..='Z' => key.push(character.to_ascii_lowercase()),
            // Joiners and zero-width characters have no weight.
            '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{0300}'..='\u{036f}' => {}
            other => other.to_lowercase().for_each(|lower| push_base(lower, &mut key)),
        }
    }
    key
}

fn push_base(character: char, into: &mut String) {
    let base = match character {
        'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' | 'ĉ' | 'ċ' => 'c',
        'ď' => 'd',
        'é' | 'è' | 'ê' | 'ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => 'e',
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => 'g',
        'í' | 'ì' | 'î' | 'ï' | 'ī' | 'ĭ' | 'į' => 'i',
        'ĺ' | 'ľ' | 'ļ' => 'l',
        'ñ' | 'ń' | 'ň' | 'ņ' => 'n',
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' | 'ō' | 'ŏ' | 'ő' => 'o',
        'ŕ' | 'ř' => 'r',
        'ś' | 'š' | 'ş' | 'ŝ' => 's',
        'ť' | 'ţ' => 't',
        'ú' | 'ù' | 'û' | 'ü' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ž' | 'ż' => 'z',
        'ß' => {
            into.push_str("ss");
            return;
        }
        '\u{0300}'..='\u{036f}' => return,
        other => other,
    };
    into.push(base);
}

/// Whether two texts are one to the database.
pub fn same(left: &str, right: &str) -> bool {
    if left.is_ascii() && right.is_ascii() {
        return left.trim_end_matches(' ').eq_ignore_ascii_case(right.trim_end_matches(' '));
    }
    key(left) == key(right)
}

/// The order of `ORDER BY`.
pub fn order(left: &str, right: &str) -> Ordering {
    key(left).cmp(&key(right))
}

/// SQL's `LIKE`: `%` is any text, `_` any character, a backslash takes them literally.
pub fn like(text: &str, pattern: &str) -> bool {
    let mut parts = Vec::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '%' => parts.push(Part::Any),
            '_' => parts.push(Part::One),
            '\\' => parts.extend(characters.next().map(|next| Part::Is(fold(next)))),
            other => parts.push(Part::Is(fold(other))),
        }
    }
    let text: Vec<String> = text.chars().map(fold).collect();
    matches(&text, &parts)
}

enum Part {
    Any,
    One,
    Is(String),
}

fn fold(character: char) -> String {
    if character == ' ' {
        return " ".to_owned();
    }
    key(character.encode_utf8(&mut [0; 4]))
}

/// Greedy with one point of return, so that it never takes more than length times length.
fn matches(text: &[String], parts: &[Part]) -> bool {
    let (mut at, mut part) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        let step = match (parts.get(part), text.get(at)) {
            (None, None) => return true,
            (Some(Part::Any), _) => {
                part += 1;
                retry = Some((at, part));
                continue;
            }
            (Some(Part::One), Some(_)) => true,
            (Some(Part::Is(wanted)), Some(found)) => wanted == found,
            _ => false,
        };
        if step {
            at += 1;
            part += 1;
        } else {
            match retry {
                Some((from, after)) if from < text.len() => {
                    retry = Some((from + 1, after));
                    at = from + 1;
                    part = after;
                }
                _ => return false,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_trailing_spaces_do_not_count() {
        assert!(same("Cliente Prueba SA", "CLIENTE prueba sá "));
        assert!(same("50x1", "50x1 "));
        assert!(!same(" 50x1", "50x1"));
        assert!(!same("a b", "ab"));
    }

    #[test]
    fn like_knows_both_wildcards_and_the_backslash() {
        assert!(like("renamed from <strong>", "renamed from%"));
        assert!(like("Ñandú", "nan_u"));
        assert!(like("100%", "100\\%"));
        assert!(!like("1000", "100\\%"));
        assert!(like("a\nb", "%a\nb%"));
        assert!(!like("IM1", "IM"));
        assert!(like("", "%"));
        assert!(like("abcabd", "%abd"));
    }
}
