//! Sentences about mappings: each with a key and named gaps, so that whoever speaks another language can say the same. Their
//! English stands in [`rules`](super::rules), [`misfits`](super::misfits) and [`phrases`](super::phrases), and nowhere else.

use std::fmt;

/// A sentence, or a part of one, and what stands in its gaps. Its `Display` is English.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    wording: Wording,
    gaps: Vec<(&'static str, Gap)>,
}

/// How a sentence is worded, whatever stands in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wording {
    /// What it is known by: small letters, digits and `_`; each is there once.
    pub key: &'static str,
    /// The English; a gap is its name in braces: `the unit {unit}`.
    pub english: &'static str,
    /// The names of its gaps.
    pub gaps: &'static [&'static str],
}

/// What stands in a gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gap {
    /// A name, a number, words of the file: the same in every language.
    Text(String),
    /// Words that a language says in its own way.
    Sentence(Sentence),
}

impl<T: fmt::Display + ?Sized> From<&T> for Gap {
    fn from(text: &T) -> Self {
        Self::Text(text.to_string())
    }
}

impl From<String> for Gap {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Sentence> for Gap {
    fn from(sentence: Sentence) -> Self {
        Self::Sentence(sentence)
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Sentence(sentence) => sentence.fmt(f),
        }
    }
}

impl Sentence {
    pub(super) fn new(wording: Wording, gaps: Vec<(&'static str, Gap)>) -> Self {
        Self { wording, gaps }
    }

    /// What it is known by.
    pub fn key(&self) -> &'static str {
        self.wording.key
    }

    /// What stands in its gaps, by their names.
    pub fn gaps(&self) -> impl Iterator<Item = (&'static str, &Gap)> {
        self.gaps.iter().map(|(name, gap)| (*name, gap))
    }

    fn gap(&self, name: &str) -> Option<&Gap> {
        self.gaps.iter().find(|(known, _)| *known == name).map(|(_, gap)| gap)
    }
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.wording.english;
        // Braces that name no gap are what a file would have there.
        while let Some((before, after)) = rest.split_once('{') {
            f.write_str(before)?;
            let named = after.split_once('}').and_then(|(name, after)| Some((self.gap(name)?, after)));
            if let Some((gap, after)) = named {
                gap.fmt(f)?;
                rest = after;
            } else {
                f.write_str("{")?;
                rest = after;
            }
        }
        f.write_str(rest)
    }
}

/// What is said of something wrong: its stable code, what is wrong, and what would be right where that is not said already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The stable code: `mapping.cycle`.
    pub code: &'static str,
    /// What is wrong.
    pub message: Sentence,
    /// What would be right.
    pub help: Option<Sentence>,
}

/// A way of being wrong: several may have one code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The stable code.
    pub code: &'static str,
    /// What is wrong.
    pub message: Wording,
    /// What would be right; its English is empty where the message says it.
    pub help: Wording,
}

impl Rule {
    pub(super) fn said(self, gaps: Vec<(&'static str, Gap)>) -> Said {
        let help = (!self.help.english.is_empty()).then(|| Sentence::new(self.help, gaps.clone()));
        Said { code: self.code, message: Sentence::new(self.message, gaps), help }
    }
}

/// Parts of sentences: each becomes a function that takes its gaps, and all of them the constant `ALL`.
macro_rules! phrases {
    ($($name:ident($($gap:ident),*) = $english:literal;)*) => {
        $(pub(in crate::mapping) fn $name($($gap: impl Into<Gap>),*) -> Sentence {
            const WORDING: Wording =
                Wording { key: stringify!($name), english: $english, gaps: &[$(stringify!($gap)),*] };
            Sentence::new(WORDING, vec![$((stringify!($gap), $gap.into())),*])
        })*

        pub(in crate::mapping) const ALL: &[Wording] = &[
            $(Wording { key: stringify!($name), english: $english, gaps: &[$(stringify!($gap)),*] }),*
        ];
    };
}

/// Ways of being wrong, by code: each becomes a function that takes its gaps, and all of them the constant `ALL`.
macro_rules! rules {
    ($($code:literal: $name:ident($($gap:ident),*) = $english:literal, $help:expr;)*) => {
        $(pub(in crate::mapping) fn $name($($gap: impl Into<Gap>),*) -> Said {
            rule!($code, $name, ($($gap),*), $english, $help).said(vec![$((stringify!($gap), $gap.into())),*])
        })*

        pub(in crate::mapping) const ALL: &[Rule] =
            &[$(rule!($code, $name, ($($gap),*), $english, $help)),*];
    };
}

macro_rules! rule {
    ($code:literal, $name:ident, ($($gap:ident),*), $english:literal, $help:expr) => {
        Rule {
            code: $code,
            message: Wording {
                key: stringify!($name),
                english: $english,
                gaps: &[$(stringify!($gap)),*],
            },
            help: Wording {
                key: concat!(stringify!($name), "_help"),
                english: $help,
                gaps: &[$(stringify!($gap)),*],
            },
        }
    };
}

pub(super) use {phrases, rule, rules};

#[cfg(test)]
mod tests {
    use super::*;

    phrases! {
        a_thing(name) = "the thing `{name}`";
        wants(what, key) = "{what} wants {key}: write { {key} = {} } or {other";
    }

    #[test]
    fn gaps_are_filled_and_other_braces_stand() {
        let said = wants(a_thing("x"), &7).to_string();
        assert_eq!(said, "the thing `x` wants 7: write { 7 = {} } or {other");
        assert_eq!(ALL.iter().map(|one| one.key).collect::<Vec<_>>(), ["a_thing", "wants"]);
    }

    #[test]
    fn every_sentence_has_a_key_of_its_own_and_names_its_gaps() {
        let mut keys = std::collections::BTreeSet::new();
        for wording in crate::mapping::wordings() {
            assert!(keys.insert(wording.key), "{} stands twice", wording.key);
            for gap in wording.english.split('{').skip(1).filter_map(|rest| rest.split_once('}')) {
                let named =
                    !gap.0.is_empty() && gap.0.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
                assert!(!named || wording.gaps.contains(&gap.0), "{}: {}", wording.key, gap.0);
            }
        }
        assert!(keys.len() > 200, "{}", keys.len());
        // What stands in a gap is said in one of the two.
        for rule in crate::mapping::every_rule() {
            for gap in rule.message.gaps {
                let named = format!("{{{gap}}}");
                let said = rule.message.english.contains(&named) || rule.help.english.contains(&named);
                assert!(said, "{}: {gap}", rule.message.key);
            }
        }
    }
}
