//! Walks through the tables of a TOML text, telling every surprise and going on.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::mapping::diagnostic::{Problems, near};
use crate::mapping::file::{Entries, Placed};
use crate::mapping::phrases;
use crate::mapping::rules::form;
use crate::mapping::sentence::Sentence;

/// A value of the file, with the name people know it by.
#[derive(Clone, Copy)]
pub(super) struct At<'n> {
    pub(super) name: &'n str,
    pub(super) node: &'n Spanned<DeValue<'n>>,
}

/// Reads one value, or tells what is wrong with it.
pub(super) type Read<T> = fn(At<'_>, &mut Problems<'_>) -> Option<T>;

impl<'n> At<'n> {
    pub(super) fn span(&self) -> Range<usize> {
        self.node.span()
    }

    pub(super) fn value(&self) -> &'n DeValue<'n> {
        self.node.get_ref()
    }

    pub(super) fn is_table(&self) -> bool {
        self.value().is_table()
    }

    /// Tells that something else was expected here.
    pub(super) fn unexpected<T>(&self, expected: Sentence, problems: &mut Problems<'_>) -> Option<T> {
        problems.add(&self.span(), form::wrong_type(self.name, expected, described(self.value())));
        None
    }

    pub(super) fn placed<T>(self, read: Read<T>, problems: &mut Problems<'_>) -> Option<Placed<T>> {
        read(self, problems).map(|value| Placed { value, span: self.span() })
    }

    /// The elements of an array.
    pub(super) fn elements(self, expected: Sentence, problems: &mut Problems<'_>) -> Option<Vec<At<'n>>> {
        match self.value() {
            DeValue::Array(array) => {
                let name = self.name;
                Some(array.iter().map(|node| At { name, node }).collect())
            }
            _ => self.unexpected(expected, problems),
        }
    }
}

fn described(value: &DeValue<'_>) -> Sentence {
    match value {
        DeValue::String(_) => phrases::a_text(),
        DeValue::Integer(_) => phrases::a_whole_number(),
        DeValue::Float(_) => phrases::a_decimal_number(),
        DeValue::Boolean(_) => phrases::a_flag(),
        DeValue::Datetime(_) => phrases::a_moment(),
        DeValue::Array(_) => phrases::a_list(),
        DeValue::Table(_) => phrases::a_table(),
    }
}

/// A table whose keys are asked for one by one; what nobody asked for is a key that does not exist.
pub(super) struct Table<'n> {
    what: Sentence,
    span: Range<usize>,
    entries: Vec<(&'n Spanned<std::borrow::Cow<'n, str>>, &'n Spanned<DeValue<'n>>)>,
    known: Vec<&'static str>,
}

impl<'n> Table<'n> {
    /// Opens a table; `what` names it in messages: "a unit".
    pub(super) fn open(at: At<'n>, what: Sentence, problems: &mut Problems<'_>) -> Option<Self> {
        match at.value() {
            DeValue::Table(table) => Some(Self::of(table, at.span(), what)),
            _ => at.unexpected(phrases::a_table(), problems),
        }
    }

    pub(super) fn of(table: &'n DeTable<'n>, span: Range<usize>, what: Sentence) -> Self {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        Self { what, span, entries, known: Vec::new() }
    }

    /// Whether the key is there, so that the table is one of those that have it.
    pub(super) fn has(&mut self, key: &'static str) -> bool {
        self.find(key).is_some()
    }

    fn find(&mut self, key: &'static str) -> Option<At<'n>> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        let found = self.entries.iter().find(|(name, _)| name.get_ref() == key);
        found.map(|(_, node)| At { name: key, node })
    }

    pub(super) fn optional<T>(
        &mut self,
        key: &'static str,
        read: Read<T>,
        problems: &mut Problems<'_>,
    ) -> Option<Placed<T>> {
        self.find(key)?.placed(read, problems)
    }

    pub(super) fn required<T>(
        &mut self,
        key: &'static str,
        read: Read<T>,
        problems: &mut Problems<'_>,
    ) -> Option<Placed<T>> {
        if let Some(at) = self.find(key) {
            return at.placed(read, problems);
        }
        problems.add(&self.span, form::missing_key(self.what.clone(), key));
        None
    }

    /// A list; nothing where the key is not there.
    pub(super) fn list<T>(
        &mut self,
        key: &'static str,
        read: Read<T>,
        problems: &mut Problems<'_>,
    ) -> Vec<Placed<T>> {
        let elements = self.find(key).and_then(|at| at.elements(phrases::a_list(), problems));
        let each = elements.into_iter().flatten();
        each.filter_map(|at| at.placed(read, problems)).collect()
    }

    /// A value, or a list of such; nothing where the key is not there.
    pub(super) fn one_or_many<T>(
        &mut self,
        key: &'static str,
        read: Read<T>,
        problems: &mut Problems<'_>,
    ) -> Option<Placed<Vec<Placed<T>>>> {
        let at = self.find(key)?;
        let elements =
            if at.value().is_array() { at.elements(phrases::a_list(), problems)? } else { vec![at] };
        let value = elements.into_iter().filter_map(|at| at.placed(read, problems));
        Some(Placed { value: value.collect(), span: at.span() })
    }

    /// A table with keys of the user's choice; nothing where the key is not there.
    pub(super) fn entries<T>(
        &mut self,
        key: &'static str,
        read: Read<T>,
        problems: &mut Problems<'_>,
    ) -> Option<Placed<Entries<Placed<T>>>> {
        let at = self.find(key)?;
        Some(Placed { value: entries(at, read, problems)?, span: at.span() })
    }

    /// Tells the keys that nobody asked for.
    pub(super) fn close(self, problems: &mut Problems<'_>) {
        for (key, _) in &self.entries {
            let name = key.get_ref().as_ref();
            if !self.known.contains(&name) {
                let near = near(name, self.known.iter().copied());
                problems.add(&key.span(), form::unknown_key(self.what.clone(), name, near));
            }
        }
    }
}

/// The entries of a table with keys of the user's choice, in the order of the file.
pub(super) fn entries<T>(
    at: At<'_>,
    read: Read<T>,
    problems: &mut Problems<'_>,
) -> Option<Entries<Placed<T>>> {
    let DeValue::Table(table) = at.value() else {
        return at.unexpected(phrases::a_table(), problems);
    };
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    let read = entries.into_iter().filter_map(|(key, node)| {
        let name = key.get_ref().as_ref();
        let value = At { name, node }.placed(read, problems)?;
        let key = Placed { value: name.to_owned(), span: key.span() };
        Some((key, value))
    });
    Some(read.collect())
}

pub(super) fn text(at: At<'_>, problems: &mut Problems<'_>) -> Option<String> {
    match at.value() {
        DeValue::String(text) => Some(text.to_string()),
        _ => at.unexpected(phrases::a_quoted_text(), problems),
    }
}

pub(super) fn flag(at: At<'_>, problems: &mut Problems<'_>) -> Option<bool> {
    match at.value() {
        DeValue::Boolean(flag) => Some(*flag),
        _ => at.unexpected(phrases::a_flag(), problems),
    }
}

pub(super) fn number<T: TryFrom<i64>>(at: At<'_>, problems: &mut Problems<'_>) -> Option<T> {
    let number = match at.value() {
        DeValue::Integer(digits) => i64::from_str_radix(digits.as_str(), digits.radix()).ok(),
        _ => None,
    };
    match number.and_then(|number| T::try_from(number).ok()) {
        Some(number) => Some(number),
        None => at.unexpected(phrases::a_count(), problems),
    }
}

/// One of a few words.
pub(super) fn word<T: Copy>(at: At<'_>, words: &[(&str, T)], problems: &mut Problems<'_>) -> Option<T> {
    let DeValue::String(text) = at.value() else {
        let all: Vec<String> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        return at.unexpected(phrases::one_of(all.join(", ")), problems);
    };
    let found = words.iter().find(|(word, _)| *word == text.as_ref());
    if found.is_none() {
        let near = near(text, words.iter().map(|(word, _)| *word));
        problems.add(&at.span(), form::unknown_word(at.name, text, near));
    }
    found.map(|(_, value)| *value)
}
