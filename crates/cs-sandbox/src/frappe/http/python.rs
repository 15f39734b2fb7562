//! JSON parameters, and what Python says about those that are none.

use serde_json::Value;

use crate::frappe::refusal::{Class, Refusal};

/// Reads a JSON parameter, or refuses it in the words of Python's decoder.
pub(super) fn parse_json(text: &str) -> Result<Value, Refusal> {
    serde_json::from_str(text).map_err(|_| {
        let characters: Vec<char> = text.chars().collect();
        let mut scan = Scan { characters: &characters, at: 0 };
        let (words, at) = scan.value().err().unwrap_or_else(|| {
            scan.blanks();
            ("Extra data", scan.at)
        });
        Refusal::silent(Class::JsonDecode, format!("{words}: {}", position(&characters, at)))
    })
}

fn position(characters: &[char], at: usize) -> String {
    let before = characters.get(..at.min(characters.len())).unwrap_or_default();
    let line = before.iter().filter(|c| **c == '\n').count() + 1;
    let column = before.iter().rev().take_while(|c| **c != '\n').count() + 1;
    format!("line {line} column {column} (char {at})")
}

type Wrong = (&'static str, usize);

struct Scan<'a> {
    characters: &'a [char],
    at: usize,
}

impl Scan<'_> {
    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(|c| " \t\n\r".contains(c)) {
            self.at += 1;
        }
    }

    fn value(&mut self) -> Result<(), Wrong> {
        self.blanks();
        match self.peek() {
            Some('[') => self.list(),
            Some('{') => self.object(),
            Some('"') => self.text(),
            Some(c) if c == '-' || c.is_ascii_digit() => {
                self.at += 1;
                while self.peek().is_some_and(|c| "+-.eE".contains(c) || c.is_ascii_digit()) {
                    self.at += 1;
                }
                Ok(())
            }
            _ => self.word(),
        }
    }

    fn word(&mut self) -> Result<(), Wrong> {
        for word in ["true", "false", "null", "NaN", "Infinity"] {
            let end = self.at + word.len();
            if self.characters.get(self.at..end).is_some_and(|found| found.iter().copied().eq(word.chars())) {
                self.at = end;
                return Ok(());
            }
        }
        Err(("Expecting value", self.at))
    }

    fn text(&mut self) -> Result<(), Wrong> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                None => return Err(("Unterminated string starting at", start)),
                Some('"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some('\\') => self.at += 2,
                Some(c) if c < ' ' => return Err(("Invalid control character at", self.at)),
                Some(_) => self.at += 1,
            }
        }
    }

    fn list(&mut self) -> Result<(), Wrong> {
        self.at += 1;
        self.blanks();
        if self.peek() == Some(']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.value()?;
            self.blanks();
            match self.peek() {
                Some(',') => self.at += 1,
                Some(']') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(("Expecting ',' delimiter", self.at)),
            }
        }
    }

    fn object(&mut self) -> Result<(), Wrong> {
        self.at += 1;
        self.blanks();
        if self.peek() == Some('}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.blanks();
            if self.peek() != Some('"') {
                return Err(("Expecting property name enclosed in double quotes", self.at));
            }
            self.text()?;
            self.blanks();
            if self.peek() != Some(':') {
                return Err(("Expecting ':' delimiter", self.at));
            }
            self.at += 1;
            self.value()?;
            self.blanks();
            match self.peek() {
                Some(',') => self.at += 1,
                Some('}') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(("Expecting ',' delimiter", self.at)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_that_is_no_json_is_refused_as_python_does() {
        let table = [
            ("name", "Expecting value: line 1 column 1 (char 0)"),
            ("[[\"name\"", "Expecting ',' delimiter: line 1 column 9 (char 8)"),
            ("{name: 1}", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
            ("[1] 2", "Extra data: line 1 column 5 (char 4)"),
            ("", "Expecting value: line 1 column 1 (char 0)"),
        ];
        for (text, words) in table {
            assert_eq!(parse_json(text).unwrap_err().text, words);
        }
    }
}
