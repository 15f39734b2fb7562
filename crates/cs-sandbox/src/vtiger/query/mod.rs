//! VTiger's query language, from text to rows.
//!
//! The lexer and the parser make the same mistakes as the original: tokens get their meaning from where the lexer
//! believes it is, there are no parentheses, and only what the lexer cannot read at all is an internal error. The
//! evaluator answers what MariaDB would answer to the SQL that VTiger builds, including nothing for broken SQL.

mod evaluate;
mod lexer;
mod literal;
mod parser;

pub(crate) use evaluate::{Row, Selected, select};
pub(crate) use parser::{Columns, Query, parse};

use super::refusal::Refusal;

/// The module that a query is about, found as VTiger finds it: the first word after the first `from`.
pub(crate) fn module_of(text: &str) -> Result<&str, Refusal> {
    let denied = || Refusal::denied("Permission to perform the operation is denied for query");
    let lower = text.to_ascii_lowercase();
    let mut from = 0;
    while let Some(found) = lower.get(from..).and_then(|rest| rest.find("from")) {
        let after = from + found + "from".len();
        let rest = text.get(after..).unwrap_or_default();
        let name = rest.trim_start();
        let end =
            name.find(|character: char| character.is_whitespace() || character == ';').unwrap_or(name.len());
        if name.len() < rest.len() && end > 0 {
            return name.get(..end).ok_or_else(denied);
        }
        from = after;
    }
    Err(denied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_is_the_word_after_from() {
        assert_eq!(module_of("select id\nFROM  Contacts\nlimit 1;"), Ok("Contacts"));
        assert_eq!(module_of("select * from Contacts;"), Ok("Contacts"));
        assert_eq!(module_of("select a from Accounts, Contacts;"), Ok("Accounts,"));
        assert!(module_of("selec * frm Accounts").is_err());
        assert!(module_of("select * from ;").is_err());
    }
}
