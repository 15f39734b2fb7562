//! How MariaDB compares text here: `utf8_general_ci`, where neither case nor accents nor trailing spaces count.

use std::cmp::Ordering;

/// The letters that a letter with marks is compared as. Everything else stands for itself.
const BASES: [(char, &str); 24] = [
    ('A', "ÀÁÂÃÄÅĀĂĄ"),
    ('C', "ÇĆĈĊČ"),
    ('D', "Ď"),
    ('E', "ÈÉÊËĒĔĖĘĚ"),
    ('G', "ĜĞĠĢ"),
    ('H', "Ĥ"),
    ('I', "ÌÍÎÏĨĪĬĮİ"),
    ('J', "Ĵ"),
    ('K', "Ķ"),
    ('L', "ĹĻĽ"),
    ('N', "ÑŃŅŇ"),
    ('O', "ÒÓÔÕÖŌŎŐ"),
    ('R', "ŔŖŘ"),
    ('S', "ŚŜŞŠß"),
    ('T', "ŢŤ"),
    ('U', "ÙÚÛÜŨŪŬŮŰŲ"),
    ('W', "Ŵ"),
    ('Y', "ÝŶŸ"),
    ('Z', "ŹŻŽ"),
    ('Æ', "Æ"),
    ('Ø', "Ø"),
    ('Đ', "Đ"),
    ('Ð', "Ð"),
    ('Þ', "Þ"),
];

fn fold_char(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_uppercase();
    }
    let mut upper = character.to_uppercase();
    // A letter whose capital is two letters (ß) is compared as it stands in the table.
    let upper = match (upper.next(), upper.next()) {
        (Some(one), None) => one,
        _ => character,
    };
    BASES.iter().find(|(_, marked)| marked.contains(upper)).map_or(upper, |(base, _)| *base)
}

fn fold(text: &str) -> Vec<char> {
    text.chars().map(fold_char).collect()
}

/// Compares two texts as the database orders them.
pub(crate) fn compare(left: &str, right: &str) -> Ordering {
    fold(left.trim_end_matches(' ')).cmp(&fold(right.trim_end_matches(' ')))
}

/// `LIKE`: `%` is any text, `_` one character, a backslash takes the meaning off the next one.
pub(crate) fn like(text: &str, pattern: &str) -> bool {
    matches(&fold(text), &tokens(pattern))
}

enum Token {
    Any,
    One,
    Is(char),
}

fn tokens(pattern: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        tokens.push(match character {
            '%' => Token::Any,
            '_' => Token::One,
            '\\' => Token::Is(fold_char(characters.next().unwrap_or('\\'))),
            other => Token::Is(fold_char(other)),
        });
    }
    tokens
}

/// Goes back to the last `%` only, so the effort is bounded by the product of the lengths.
fn matches(text: &[char], pattern: &[Token]) -> bool {
    let (mut at, mut token) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        match (pattern.get(token), text.get(at)) {
            (None, None) => return true,
            (Some(Token::Any), _) => {
                retry = Some((token + 1, at));
                token += 1;
            }
            (Some(Token::One), Some(_)) => {
                token += 1;
                at += 1;
            }
            (Some(Token::Is(wanted)), Some(found)) if wanted == found => {
                token += 1;
                at += 1;
            }
            _ => match retry {
                Some((after, from)) if from < text.len() => {
                    retry = Some((after, from + 1));
                    token = after;
                    at = from + 1;
                }
                _ => return false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_trailing_spaces_do_not_count() {
        assert_eq!(compare("Muñoz  ", "MUNOZ"), Ordering::Equal);
        assert_eq!(compare("ávila", "Avila"), Ordering::Equal);
        assert_ne!(compare(" Avila", "Avila"), Ordering::Equal, "leading spaces count");
        assert_eq!(compare("a", "B"), Ordering::Less);
    }

    #[test]
    fn like_knows_its_three_signs() {
        assert!(like("Empresa Prueba 0100", "empresa prueba 01%"));
        assert!(like("Prueba O'Niel ñandú 漢字", "%nandu%"));
        assert!(like("abc", "a_c") && !like("abbc", "a_c"));
        assert!(like("100%", "100\\%") && !like("1000", "100\\%"));
        assert!(like("", "%") && !like("a", ""));
        assert!(like("mississippi", "%iss%ppi") && !like("mississippi", "%iss%ppx"));
    }
}
