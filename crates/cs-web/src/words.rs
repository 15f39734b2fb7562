//! What people read: the catalogue (`messages/`), and numbers, days and times as their language writes them.

use std::borrow::Cow;
use std::collections::HashMap;

use cs_domain::mapping::{Gap, Sentence, shipped};
use cs_domain::{MappingName, RunStatus};
use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{LanguageIdentifier, Loader};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::office::{Connection, MappingAbout};

fluent_templates::static_loader! {
    static CATALOGUE = {
        locales: "./messages",
        fallback_language: "en",
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

/// A language that the pages speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Spanish.
    Es,
}

impl Language {
    /// Both.
    pub const ALL: [Self; 2] = [Self::En, Self::Es];

    /// Its code: `en`, `es`.
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Es => "es",
        }
    }

    /// The key of its own name for itself.
    pub(crate) fn name_key(self) -> &'static str {
        match self {
            Self::En => "language-en",
            Self::Es => "language-es",
        }
    }

    /// The language with this code; English where there is none.
    pub fn of(code: &str) -> Self {
        Self::ALL.into_iter().find(|language| language.code() == code).unwrap_or_default()
    }

    /// The first of a browser's languages (`Accept-Language`) that the pages speak.
    pub(crate) fn asked(header: &str) -> Self {
        let mut asked = header.split(',').filter_map(|part| part.trim().get(..2));
        asked
            .find_map(|code| Self::ALL.into_iter().find(|language| language.code() == code))
            .unwrap_or_default()
    }

    fn identifier(self) -> LanguageIdentifier {
        match self {
            Self::En => fluent_templates::langid!("en"),
            Self::Es => fluent_templates::langid!("es"),
        }
    }
}

/// The catalogue in one language, and times in one zone.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    pub(crate) language: Language,
    zone: TimeZone,
}

impl Words {
    pub(crate) fn new(language: Language, zone: TimeZone) -> Self {
        Self { language, zone }
    }

    /// Where no time is told.
    pub(crate) fn in_language(language: Language) -> Self {
        Self::new(language, TimeZone::UTC)
    }

    /// The language's code.
    pub(crate) fn code(&self) -> &'static str {
        self.language.code()
    }

    /// A message. A test holds that every key that code and templates name is in both languages.
    pub(crate) fn say(&self, key: &str) -> String {
        self.said(key).unwrap_or_else(|| key.to_owned())
    }

    /// A message, where there is one of this key.
    pub(crate) fn said(&self, key: &str) -> Option<String> {
        CATALOGUE.try_lookup(&self.language.identifier(), key)
    }

    /// The settings that a mapping asks for and does not have, as the settings' page calls them.
    pub(crate) fn missing(&self, about: &MappingAbout) -> Vec<String> {
        let called = |name: &String| {
            let key = format!("setting-of-mapping-{}-{}", about.name, name.replace('_', "-"));
            self.said(&key).unwrap_or_else(|| name.clone())
        };
        about.missing.iter().map(called).collect()
    }

    /// What a mapping is for.
    pub(crate) fn about(&self, about: &MappingAbout) -> String {
        self.title(&about.description)
    }

    /// What a run is of: a mapping by its name, a company's report by the company's.
    pub(crate) fn of_run(&self, of: &MappingName) -> String {
        match of.as_str().strip_prefix("company/") {
            Some(company) => self.tell("runs-of-company", &[("company", company.to_owned().into())]),
            None => of.to_string(),
        }
    }

    /// A mapping's title: one that it came with in the reader's language, one that somebody wrote as it was written.
    /// A copy has the title of what it was copied from, until somebody gives it another.
    pub(crate) fn title(&self, title: &str) -> String {
        let mut keys = shipped().iter().map(|(mapping, _)| format!("mapping-about-{mapping}"));
        let came_with = |key: &String| CATALOGUE.try_lookup(&Language::En.identifier(), key);
        let own = keys.find(|key| came_with(key).as_deref() == Some(title)).and_then(|key| self.said(&key));
        own.unwrap_or_else(|| title.to_owned())
    }

    /// A message with parameters. Numbers choose the plural.
    pub(crate) fn tell(&self, key: &str, parameters: &[(&'static str, FluentValue<'static>)]) -> String {
        let parameters: HashMap<Cow<'static, str>, FluentValue<'_>> =
            parameters.iter().map(|(name, value)| (Cow::Borrowed(*name), value.clone())).collect();
        let found = CATALOGUE.try_lookup_with_args(&self.language.identifier(), key, &parameters);
        found.unwrap_or_else(|| key.to_owned())
    }

    /// What is said of a mapping. Its English comes with the sentence; the catalogue has it in the other languages.
    pub(crate) fn sentence(&self, sentence: &Sentence) -> String {
        if self.language == Language::En {
            return sentence.to_string();
        }
        let gaps: HashMap<Cow<'static, str>, FluentValue<'_>> = sentence
            .gaps()
            .map(|(name, gap)| match gap {
                Gap::Text(text) => (Cow::Borrowed(name), text.clone().into()),
                Gap::Sentence(part) => (Cow::Borrowed(name), self.sentence(part).into()),
            })
            .collect();
        let key = format!("mapping-says-{}", sentence.key().replace('_', "-"));
        let found = CATALOGUE.try_lookup_with_args(&self.language.identifier(), &key, &gaps);
        found.unwrap_or_else(|| sentence.to_string())
    }

    /// A message about a number: `{ $count }` chooses the plural, `{ $number }` is the number as it is written.
    pub(crate) fn count(&self, key: &str, count: &u64) -> String {
        self.tell(key, &[("count", FluentValue::from(*count)), ("number", self.number(count).into())])
    }

    /// What a status is called.
    pub(crate) fn status(&self, status: &RunStatus) -> String {
        self.say(&format!("status-{}", status.as_str().to_lowercase().replace(' ', "-")))
    }

    /// What a connection is called.
    pub(crate) fn connection(&self, connection: &Connection) -> String {
        self.say(&format!("connection-{}", connection.as_str()))
    }

    /// `1,234` or `1.234`.
    pub(crate) fn number(&self, number: &u64) -> String {
        let separator = match self.language {
            Language::En => ',',
            Language::Es => '.',
        };
        let digits = number.to_string();
        let mut text = String::with_capacity(digits.len() + digits.len() / 3);
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                text.push(separator);
            }
            text.push(digit);
        }
        text
    }

    /// `22 Nov 2026`, `22 nov 2026`.
    pub(crate) fn day(&self, day: &Date) -> String {
        format!("{} {} {}", day.day(), self.say(&format!("month-{}", day.month())), day.year())
    }

    /// `22 Nov 2026, 14:03`, in the agency's zone.
    pub(crate) fn moment(&self, moment: &Timestamp) -> String {
        let there = moment.to_zoned(self.zone.clone());
        format!("{}, {:02}:{:02}", self.day(&there.date()), there.hour(), there.minute())
    }

    /// The same to the second.
    pub(crate) fn precisely(&self, moment: &Timestamp) -> String {
        let there = moment.to_zoned(self.zone.clone());
        format!(
            "{}, {:02}:{:02}:{:02}",
            self.day(&there.date()),
            there.hour(),
            there.minute(),
            there.second()
        )
    }

    /// How long it took: `4 s`, `3 min 20 s`.
    #[allow(clippy::unused_self, reason = "templates find it beside what else words tell")]
    pub(crate) fn duration(&self, from: &Timestamp, to: &Timestamp) -> String {
        let seconds = to.as_second().saturating_sub(from.as_second()).max(0);
        match seconds {
            0..60 => format!("{seconds} s"),
            60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
            _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_days_are_written_as_the_language_does() {
        let (en, es) = (Words::in_language(Language::En), Words::in_language(Language::Es));
        assert_eq!(
            ["0", "999", "1,000", "1,234,567"],
            [0, 999, 1000, 1_234_567].map(|n| en.number(&n)).each_ref().map(String::as_str)
        );
        assert_eq!(es.number(&12_345), "12.345");
        let moment = "2026-11-22T19:03:09Z".parse().unwrap();
        assert_eq!(en.moment(&moment), "22 Nov 2026, 19:03");
        let bogota = Words::new(Language::Es, TimeZone::get("America/Bogota").unwrap());
        assert_eq!(bogota.precisely(&moment), "22 nov 2026, 14:03:09");
    }

    #[test]
    fn browsers_languages_are_understood() {
        assert_eq!(Language::asked("fr-FR,es-CO;q=0.8,en;q=0.5"), Language::Es);
        assert_eq!(Language::asked("de"), Language::En);
        assert_eq!(Language::asked(""), Language::En);
    }

    #[test]
    fn the_title_a_mapping_came_with_is_told_in_the_reader_s_language_and_another_as_it_is() {
        let es = Words::in_language(Language::Es);
        for (name, text) in cs_domain::mapping::shipped() {
            let mapping = cs_domain::mapping::parse(text).unwrap().mapping;
            assert_ne!(es.title(&mapping.title), mapping.title, "{name}");
        }
        assert_eq!(es.title("Ours"), "Ours");
    }
}
