//! What is wrong with a mapping file, and where.

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

/// One thing that is wrong with a mapping file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The stable code, `mapping.cycle` for instance.
    pub code: String,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What would be right; may be empty where the message says it.
    pub help: String,
    /// Where, in bytes of the file's text.
    pub span: Range<usize>,
    /// The line of the place, counted from 1.
    pub line: usize,
    /// The column of the place in characters, counted from 1.
    pub column: usize,
    /// Other places that belong to it, with what stands there.
    pub related: Vec<(Range<usize>, String)>,
}

impl Problem {
    /// The problem as compilers write it, on one line or two: `policy.toml:12:5: ... [code]`.
    pub fn render<'a>(&'a self, file: &'a str) -> impl fmt::Display + 'a {
        Rendered { problem: self, file }
    }
}

struct Rendered<'a> {
    problem: &'a Problem,
    file: &'a str,
}

impl fmt::Display for Rendered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problem = self.problem;
        let (line, column) = (problem.line, problem.column);
        write!(f, "{}:{line}:{column}: {} [{}]", self.file, problem.message, problem.code)?;
        if problem.help.is_empty() { Ok(()) } else { write!(f, "\n  help: {}", problem.help) }
    }
}

/// Collects problems while a file is read, so that people see all of them at once.
#[derive(Debug)]
pub(super) struct Problems<'a> {
    text: &'a str,
    found: Vec<Problem>,
}

impl<'a> Problems<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, found: Vec::new() }
    }

    /// Notes a problem; `related` can be added to what is returned.
    pub(super) fn add(
        &mut self,
        code: &str,
        span: &Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.found.push(at(self.text, code, span, message.into(), help.into()));
    }

    /// Notes a problem that two places have a part in.
    pub(super) fn add_related(
        &mut self,
        code: &str,
        span: &Range<usize>,
        (other, label): (&Range<usize>, &str),
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let mut problem = at(self.text, code, span, message.into(), help.into());
        problem.related.push((other.clone(), label.to_owned()));
        self.found.push(problem);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// All of them, in the order of the file.
    pub(super) fn sorted(mut self) -> Vec<Problem> {
        self.found.sort_by_key(|problem| problem.span.start);
        self.found
    }
}

/// A problem at a place of a text.
pub(super) fn at(text: &str, code: &str, span: &Range<usize>, message: String, help: String) -> Problem {
    let before = text.get(..span.start.min(text.len())).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    Problem {
        code: code.to_owned(),
        message,
        help,
        span: span.clone(),
        line: before.matches('\n').count() + 1,
        column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
        related: Vec::new(),
    }
}

/// "Did you mean ...": the known word nearest to what was written, where one is near enough to be a slip.
pub(super) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let folded = crate::fold::fold(word);
    let allowed = (folded.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| (distance(&folded, &crate::fold::fold(candidate)), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Help for a word that is not known: the nearest, else all.
pub fn did_you_mean<'k>(word: &str, known: impl IntoIterator<Item = &'k str> + Clone) -> String {
    if let Some(near) = nearest(word, known.clone()) {
        return format!("did you mean `{near}`?");
    }
    let all: Vec<&str> = known.into_iter().collect();
    if all.is_empty() { "there are none".to_owned() } else { format!("known here: {}", all.join(", ")) }
}

/// Edits (of one character, or two swapped neighbours) that lead from one word to the other.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    let mut last: Option<char> = None;
    for (i, l) in left.chars().enumerate() {
        let mut next = Vec::with_capacity(row.len());
        next.push(i + 1);
        for (j, r) in right.iter().enumerate() {
            let cell = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX - 1);
            let substituted = cell(&row, j) + usize::from(l != *r);
            let mut least = substituted.min(cell(&row, j + 1) + 1).min(cell(&next, j) + 1);
            let swapped = j > 0 && last == Some(*r) && right.get(j - 1) == Some(&l);
            if swapped {
                least = least.min(cell(&before, j - 1) + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
        last = Some(l);
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_slips() {
        for (left, right, expected) in [
            ("role", "role", 0),
            ("rloe", "role", 1),
            ("rol", "role", 1),
            ("", "role", 4),
            ("doctipe", "doctype", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(left, right), expected, "{left} {right}");
        }
    }

    #[test]
    fn only_a_slip_is_taken_for_one() {
        assert_eq!(nearest("Doctipe", ["role", "doctype"]), Some("doctype"));
        assert_eq!(nearest("zebra", ["role", "doctype"]), None);
        assert_eq!(did_you_mean("zebra", ["role", "doctype"]), "known here: role, doctype");
    }

    #[test]
    fn places_are_counted_in_lines_and_characters() {
        let text = "a = 1\nñandú = oops\n";
        let start = text.find("oops").unwrap();
        let problem = at(text, "c", &(start..start + 4), "m".into(), "h".into());
        assert_eq!((problem.line, problem.column), (2, 9));
        assert_eq!(problem.render("f.toml").to_string(), "f.toml:2:9: m [c]\n  help: h");
    }
}
