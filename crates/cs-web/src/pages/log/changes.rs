//! What people changed: who, when, what, and what it was before.

use askama::Template;
use axum::extract::Query;
use cs_ports::{AuditEntry, AuditFilter};
use serde::Deserialize;
use serde_json::Value as Json;

use super::query;
use crate::frame::{Frame, Section};
use crate::visit::{Answer, Visit, page};
use crate::words::Words;

/// Entries of a page.
const ENTRIES: u32 = 50;

/// The longest value that is shown whole, in characters.
const LONGEST: usize = 300;

/// Kinds of things that are changed, as actions begin.
const KINDS: [&str; 12] = [
    "person.",
    "login",
    "token.",
    "settings.",
    "mapping.",
    "setup.",
    "task.",
    "schedule.",
    "conflict.",
    "finding.",
    "file.",
    "unit.",
];

/// What the filters say.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    who: String,
    action: String,
    object: String,
    /// Entries before this one.
    before: String,
}

impl Asked {
    fn filter(&self, words: &Words) -> AuditFilter {
        let said = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let object = said(&self.object).map(|object| kept(words, &object));
        AuditFilter { who: said(&self.who), action: said(&self.action), object }
    }

    fn address(&self, path: &str, before: &str) -> String {
        let said =
            [("who", &*self.who), ("action", &*self.action), ("object", &*self.object), ("before", before)];
        query(path, &said)
    }
}

/// A change as people read it.
struct Change {
    at: String,
    action: String,
    who: String,
    /// What it is about.
    object: String,
    differences: Vec<Difference>,
}

/// What one thing was and is.
#[derive(Debug, PartialEq, Eq)]
struct Difference {
    /// Its name; empty where the change is about one thing only.
    field: String,
    before: Option<String>,
    after: Option<String>,
}

impl Change {
    fn of(words: &Words, entry: &AuditEntry) -> Self {
        let key = format!("action-{}", entry.action.replace(['.', '_'], "-"));
        Self {
            at: words.precisely(&entry.at),
            action: words.said(&key).unwrap_or_else(|| entry.action.clone()),
            who: match entry.who.strip_prefix(COMMAND_LINE) {
                Some(rest) => format!("{}{rest}", words.say("changes-command-line")),
                None => entry.who.clone(),
            },
            object: about(words, &entry.object),
            differences: differences(words, &entry.before, &entry.after),
        }
    }
}

/// How entries name whoever worked in a terminal: `command line (root)`.
const COMMAND_LINE: &str = "command line";

/// What changes are about, as entries begin.
const ABOUT: [&str; 10] =
    ["conflict", "file", "finding", "mapping", "person", "schedule", "settings", "task", "token", "unit"];

/// What kind of thing a change is about, in the reader's language.
fn kind(words: &Words, kind: &str) -> String {
    words.say(&format!("changes-about-{kind}"))
}

/// What a change is about, in the reader's language: `persona ana@example.test`.
fn about(words: &Words, object: &str) -> String {
    match object.split_once(' ') {
        Some((known, rest)) if ABOUT.contains(&known) => format!("{} {rest}", kind(words, known)),
        _ => object.to_owned(),
    }
}

/// The same as entries have it, whichever of the two somebody typed.
fn kept(words: &Words, typed: &str) -> String {
    let Some((first, rest)) = typed.split_once(' ') else { return typed.to_owned() };
    let known = ABOUT.into_iter().find(|known| kind(words, known).eq_ignore_ascii_case(first));
    format!("{} {rest}", known.unwrap_or(first))
}

/// What differs; what stayed the same is not said again.
fn differences(words: &Words, before: &Json, after: &Json) -> Vec<Difference> {
    let of = |json: &Json, key: &str| json.get(key).and_then(|value| part(words, key, value));
    match (before.as_object(), after.as_object()) {
        (None, None) => {
            let (before, after) = (whole(words, before), whole(words, after));
            if before == after {
                return Vec::new();
            }
            vec![Difference { field: String::new(), before, after }]
        }
        (was, is) => {
            let mut fields: Vec<&String> = Vec::new();
            for field in was.into_iter().chain(is).flat_map(|object| object.keys()) {
                if !fields.contains(&field) {
                    fields.push(field);
                }
            }
            let told = fields.into_iter().map(|field| Difference {
                field: called(words, field),
                before: of(before, field),
                after: of(after, field),
            });
            told.filter(|difference| difference.before != difference.after).collect()
        }
    }
}

/// What a part of a change is called, where the catalogue knows it.
fn called(words: &Words, field: &str) -> String {
    words.said(&format!("changes-field-{}", field.replace('_', "-"))).unwrap_or_else(|| field.to_owned())
}

/// What is there; an empty text is nothing, an empty list neither.
fn whole(words: &Words, value: &Json) -> Option<String> {
    let empty = value.as_array().is_some_and(Vec::is_empty) || value.as_str() == Some("");
    let there = !value.is_null() && !empty;
    there.then(|| shown(words, value))
}

/// A part of a change; people's parts are called as everywhere.
fn part(words: &Words, field: &str, value: &Json) -> Option<String> {
    let name = value.as_str().filter(|_| field == "part").map(|part| part.to_lowercase().replace(' ', "-"));
    name.and_then(|name| words.said(&format!("part-{name}"))).or_else(|| whole(words, value))
}

/// A value on a line; a long one is cut.
fn shown(words: &Words, value: &Json) -> String {
    let text = match value {
        Json::String(text) => match text.parse() {
            Ok(moment) => words.moment(&moment),
            Err(_) => text.clone(),
        },
        Json::Bool(yes) => words.say(if *yes { "changes-yes" } else { "changes-no" }),
        Json::Array(list) if list.iter().all(|one| !one.is_object() && !one.is_array()) => {
            list.iter().map(|one| shown(words, one)).collect::<Vec<_>>().join(", ")
        }
        Json::Object(parts) => {
            let told = parts.iter().filter_map(|(field, value)| {
                Some(format!("{}: {}", called(words, field), part(words, field, value)?))
            });
            told.collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    };
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

#[derive(Template)]
#[template(path = "log/changes.html")]
struct ChangesPage {
    frame: Frame,
    path: &'static str,
    asked: Asked,
    /// Who can be chosen.
    people: Vec<String>,
    kinds: Vec<(&'static str, String)>,
    changes: Vec<Change>,
    first: Option<String>,
    older: Option<String>,
}

pub(super) async fn in_log(visit: Visit, Query(asked): Query<Asked>) -> Answer {
    show(&visit, asked, "/log/changes", visit.frame(Section::Log, "nav-log")).await
}

pub(super) async fn in_users(visit: Visit, Query(asked): Query<Asked>) -> Answer {
    show(&visit, asked, "/users/audit", visit.frame(Section::Users, "nav-users")).await
}

async fn show(visit: &Visit, asked: Asked, path: &'static str, frame: Frame) -> Answer {
    let before = asked.before.parse().ok();
    let mut entries = visit.web.desk.audit(&asked.filter(&visit.words), before, ENTRIES + 1).await?;
    let more = entries.len() > ENTRIES as usize;
    entries.truncate(ENTRIES as usize);
    let last = entries.last().filter(|_| more).map(|last| last.sequence.to_string());
    let called = |kind: &str| visit.words.say(&format!("changes-of-{}", kind.trim_end_matches('.')));
    let mut people: Vec<String> =
        visit.web.desk.people().await?.into_iter().map(|person| person.login).collect();
    if !asked.who.is_empty() && !people.contains(&asked.who) {
        people.push(asked.who.clone());
    }
    page(&ChangesPage {
        frame,
        path,
        people,
        kinds: KINDS.into_iter().map(|kind| (kind, called(kind))).collect(),
        changes: entries.iter().map(|entry| Change::of(&visit.words, entry)).collect(),
        first: (!asked.before.is_empty()).then(|| asked.address(path, "")),
        older: last.map(|last| asked.address(path, &last)),
        asked,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::words::Language;

    fn words() -> Words {
        Words::in_language(Language::En)
    }

    #[test]
    fn moments_and_ticks_are_told_as_pages_tell_them() {
        assert_eq!(shown(&words(), &json!("2026-11-22T15:04:05.133Z")), "22 Nov 2026, 15:04");
        assert_eq!(shown(&words(), &json!("2026-11-22")), "2026-11-22", "a day is no moment");
        assert_eq!(shown(&words(), &json!([true, 3, "a"])), "yes, 3, a");
    }

    #[test]
    fn what_a_change_is_about_is_told_and_found_in_the_reader_s_language() {
        let es = Words::in_language(Language::Es);
        assert_eq!(about(&es, "person ana@example.test"), "persona ana@example.test");
        assert_eq!(about(&es, "nothing of the kind"), "nothing of the kind");
        for typed in ["persona ana@example.test", "person ana@example.test"] {
            assert_eq!(kept(&es, typed), "person ana@example.test");
        }
        for known in ABOUT {
            assert_eq!(kept(&es, &about(&es, &format!("{known} 1"))), format!("{known} 1"));
        }
        assert_eq!(part(&es, "part", &json!("Syncer User")).as_deref(), Some("Usuario de sincronización"));
        assert_eq!(
            shown(&words(), &json!({ "choice": "frappe", "full": false })),
            "choice: frappe, every record: no"
        );
    }

    #[test]
    fn what_stayed_the_same_is_not_said_again() {
        let before = json!({ "name": "Ana", "part": "Read Only", "enabled": true });
        let after = json!({ "name": "Ana", "part": "Syncer User", "scopes": ["read", "run"] });
        let told: Vec<(String, Option<String>, Option<String>)> = differences(&words(), &before, &after)
            .into_iter()
            .map(|one| (one.field, one.before, one.after))
            .collect();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            told,
            [
                ("part".to_owned(), some("Read Only"), some("Syncer User")),
                ("enabled".to_owned(), some("yes"), None),
                ("scopes".to_owned(), None, some("read, run")),
            ]
        );
        assert_eq!(differences(&words(), &Json::Null, &json!({ "empty": "" })), []);
        assert_eq!(differences(&words(), &json!("a"), &json!("a")), []);
    }

    #[test]
    fn long_values_are_cut_between_letters() {
        let text = shown(&words(), &Json::String("ñ".repeat(400)));
        assert_eq!(text.chars().count(), LONGEST + 1);
    }
}
