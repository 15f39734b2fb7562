//! Messages in English and Spanish from the same parameters.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

/// A language that messages are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    En,
    /// Spanish.
    Es,
}

type Catalogue = BTreeMap<String, String>;

fn catalogue(language: Language) -> &'static Catalogue {
    static EN: OnceLock<Catalogue> = OnceLock::new();
    static ES: OnceLock<Catalogue> = OnceLock::new();
    let (cell, text) = match language {
        Language::En => (&EN, include_str!("../messages/en.toml")),
        Language::Es => (&ES, include_str!("../messages/es.toml")),
    };
    // The files are part of the program and a test reads both: an unreadable one would be seen there.
    cell.get_or_init(|| toml::from_str(text).unwrap_or_default())
}

/// The message `key` with every `{name}` replaced by its parameter. A key that the catalogue lacks gives the key
/// itself, so that nothing is ever shown empty.
pub(crate) fn message(language: Language, key: &str, parameters: &[(&str, String)]) -> String {
    let Some(pattern) = catalogue(language).get(key) else {
        return key.to_owned();
    };
    let mut out = String::with_capacity(pattern.len() + 32);
    let mut rest = pattern.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        let value = parameters.iter().find(|(known, _)| *known == name);
        out.push_str(value.map_or("?", |(_, value)| value.as_str()));
        rest = tail;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(pattern: &str) -> Vec<&str> {
        let mut names: Vec<&str> =
            pattern.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn both_languages_say_the_same_things_with_the_same_parameters() {
        let (en, es) = (catalogue(Language::En), catalogue(Language::Es));
        assert!(en.len() > 10);
        assert_eq!(en.keys().collect::<Vec<_>>(), es.keys().collect::<Vec<_>>());
        for (key, pattern) in en {
            assert_eq!(names(pattern), names(&es[key]), "{key}");
            assert_ne!(pattern, &es[key], "{key}");
        }
    }

    #[test]
    fn parameters_are_put_in() {
        let text = message(
            Language::En,
            "date.derived",
            &[("date", "2026-03-31".into()), ("status", "Active".into())],
        );
        assert!(text.contains("2026-03-31") && text.contains("Active"), "{text}");
        assert_eq!(message(Language::Es, "no.such.key", &[]), "no.such.key");
    }
}
