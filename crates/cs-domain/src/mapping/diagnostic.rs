//! What is wrong with a mapping file, and where.

use std::fmt;
use std::ops::Range;

use serde::Serialize;

use crate::mapping::phrases;
use crate::mapping::rules::parts;
use crate::mapping::sentence::{Said, Sentence};
use crate::name::MappingName;

/// One thing that is wrong with a mapping file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
    /// The same in parts, for whoever says it in another language.
    #[serde(skip)]
    pub said: Option<Said>,
}

impl Problem {
    /// The text of one mapping stands where that of another belongs.
    pub fn of_another(said: &MappingName, name: &MappingName) -> Self {
        let near = near(said.as_str(), [name.as_str()]);
        at("", &(0..0), parts::other_name(said, name, near))
    }

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

    /// Notes a problem.
    pub(super) fn add(&mut self, span: &Range<usize>, said: Said) {
        self.found.push(at(self.text, span, said));
    }

    /// Notes a problem that two places have a part in.
    pub(super) fn add_related(
        &mut self,
        span: &Range<usize>,
        (other, label): (&Range<usize>, &str),
        said: Said,
    ) {
        let mut problem = at(self.text, span, said);
        problem.related.push((other.clone(), label.to_owned()));
        self.found.push(problem);
    }

    /// All of them, in the order of the file.
    pub(super) fn sorted(mut self) -> Vec<Problem> {
        self.found.sort_by_key(|problem| problem.span.start);
        self.found
    }
}

/// Rules about what one key says by itself: a key that is misspelt elsewhere is never why they are broken.
const BY_THEMSELVES: [&str; 19] = [
    "condition.empty_list",
    "condition.number",
    "constant.empty",
    "default.empty",
    "field.joined_twice",
    "map.empty",
    "map.empty_word",
    "map.not_one_to_one",
    "map.word_twice",
    "match.only_if_known",
    "name.form",
    "part.index",
    "part.of",
    "part.separator",
    "role.duplicate",
    "transform.date_form",
    "transform.own_unknown",
    "transform.region",
    "unit.duplicate",
];

/// What is wrong with tables and keys, and of what they say that which does not follow from it; in the order of the file.
pub(super) fn together(form: Vec<Problem>, meaning: Vec<Problem>) -> Vec<Problem> {
    if form.is_empty() {
        return meaning;
    }
    let apart = |problem: &Problem| form.iter().all(|other| other.line != problem.line);
    let own = |problem: &Problem| BY_THEMSELVES.contains(&problem.code.as_str()) && apart(problem);
    let own: Vec<Problem> = meaning.into_iter().filter(own).collect();
    let mut all: Vec<Problem> = form.into_iter().chain(own).collect();
    all.sort_by_key(|problem| problem.span.start);
    all
}

/// A problem at a place of a text.
pub(super) fn at(text: &str, span: &Range<usize>, said: Said) -> Problem {
    let help = said.help.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut problem = placed(text, span, said.code.to_owned(), said.message.to_string(), help);
    problem.said = Some(said);
    problem
}

/// The same, of what was said elsewhere.
pub(super) fn placed(
    text: &str,
    span: &Range<usize>,
    code: String,
    message: String,
    help: String,
) -> Problem {
    let before = text.get(..span.start.min(text.len())).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    Problem {
        code,
        message,
        help,
        span: span.clone(),
        line: before.matches('\n').count() + 1,
        column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
        related: Vec::new(),
        said: None,
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
    near(word, known).to_string()
}

/// The same, for a sentence to take in.
pub(super) fn near<'k>(word: &str, known: impl IntoIterator<Item = &'k str> + Clone) -> Sentence {
    if let Some(near) = nearest(word, known.clone()) {
        return phrases::did_you_mean(near);
    }
    let all: Vec<&str> = known.into_iter().collect();
    if all.is_empty() { phrases::none_known() } else { phrases::known_here(all.join(", ")) }
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
        let problem = placed(text, &(start..start + 4), "c".into(), "m".into(), "h".into());
        assert_eq!((problem.line, problem.column), (2, 9));
        assert_eq!(problem.render("f.toml").to_string(), "f.toml:2:9: m [c]\n  help: h");
    }
}
