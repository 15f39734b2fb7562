//! What MariaDB makes of a value in a condition.

/// A value as it stands in the SQL that VTiger builds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Literal {
    /// A quoted text, after MariaDB took its escapes away.
    Text(String),
    /// A whole number without quotes.
    Number(String),
    /// The SQL is broken or names a column that does not exist; VTiger swallows the error.
    Broken,
}

/// Reads a token. VTiger's lexer does not know backslashes, MariaDB does: a text that ends in one swallows its own
/// closing quote and breaks the SQL (facts/VTIGER.md, trap 11).
pub(crate) fn read(token: &str) -> Literal {
    let Some(inner) = token.strip_prefix('\'') else {
        let digits = token.strip_prefix(['-', '+']).unwrap_or(token);
        let number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        return if number { Literal::Number(token.to_owned()) } else { Literal::Broken };
    };
    let mut text = String::new();
    let mut characters = inner.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some('r') => text.push('\r'),
                Some('0') => text.push('\0'),
                // LIKE still needs to see these two.
                Some(sign @ ('%' | '_')) => text.extend(['\\', sign]),
                Some(other) => text.push(other),
                None => return Literal::Broken,
            },
            '\'' if characters.peek() == Some(&'\'') => {
                characters.next();
                text.push('\'');
            }
            '\'' => {
                return if characters.next().is_none() { Literal::Text(text) } else { Literal::Broken };
            }
            other => text.push(other),
        }
    }
    Literal::Broken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_the_databases_not_the_lexers() {
        assert_eq!(read("'O''Niel'"), Literal::Text("O'Niel".to_owned()));
        assert_eq!(read(r"'O\\''x'"), Literal::Text(r"O\'x".to_owned())); // 398
        assert_eq!(read(r"'termina\'"), Literal::Broken); // 399
        assert_eq!(read(r"'C:\dir'"), Literal::Text("C:dir".to_owned())); // 400
        assert_eq!(read("-1"), Literal::Number("-1".to_owned()));
        assert_eq!(read("Foo"), Literal::Broken, "a bare word is a column that does not exist");
    }
}
