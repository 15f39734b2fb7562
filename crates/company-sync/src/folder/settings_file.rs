//! `settings.toml`: every key with its place, what it says as pages write it, and what is wrong with it.

use std::collections::{BTreeMap, BTreeSet};

use cs_domain::mapping::did_you_mean;
use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

use super::reading::{Faults, Text};
use crate::office::catalogue::{Form, Known};
use crate::office::change::as_pages_write;
use crate::office::settings;

/// The key that names the secrets there are.
pub(super) const SECRETS: &str = "secrets";

/// What a file of settings says.
#[derive(Debug, Default)]
pub(super) struct SettingsFile {
    /// What it says, by key, as pages write it.
    pub(super) said: BTreeMap<String, String>,
    /// The secrets that it names.
    pub(super) secrets: BTreeSet<String>,
    /// Where each key stands.
    pub(super) places: BTreeMap<String, usize>,
}

impl SettingsFile {
    /// Where a setting stands, or the first thing below it.
    pub(super) fn place_of(&self, key: &str) -> Option<usize> {
        let section = key.rsplit_once('.').map_or(key, |(section, _)| section);
        let within = |place: &str, section: &str| {
            place.strip_prefix(section).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let first = |section: &str| self.places.iter().find(|(place, _)| within(place, section));
        first(key).or_else(|| first(section)).map(|(_, offset)| *offset)
    }
}

/// A table as its leaves, by their keys (`vtiger.url`); lists are leaves.
pub(super) fn leaves(table: &Table) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    for (key, value) in table {
        match value {
            Value::Table(inner) => {
                let below = leaves(inner).into_iter();
                all.extend(below.map(|(rest, value)| (format!("{key}.{rest}"), value)));
            }
            leaf => drop(all.insert(key.clone(), leaf.clone())),
        }
    }
    all
}

fn places(table: &DeTable<'_>) -> BTreeMap<String, usize> {
    let mut all = BTreeMap::new();
    for (key, value) in table {
        match value.get_ref() {
            DeValue::Table(inner) => {
                let below = places(inner).into_iter();
                all.extend(below.map(|(rest, offset)| (format!("{}.{rest}", key.get_ref()), offset)));
            }
            _ => drop(all.insert(key.get_ref().to_string(), key.span().start)),
        }
    }
    all
}

/// Reads the file against the settings there are.
pub(super) fn read(text: &Text, all: &[Known], faults: &mut Faults) -> SettingsFile {
    let parsed =
        DeTable::parse(&text.text).and_then(|spans| Ok((spans, toml::from_str::<Table>(&text.text)?)));
    let (spans, document) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            faults.add(
                text,
                error.span().map(|span| span.start),
                error.message(),
                "https://toml.io says how it is written.",
            );
            return SettingsFile::default();
        }
    };
    let mut file = SettingsFile { places: places(spans.get_ref()), ..SettingsFile::default() };
    let mut entries: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (key, value) in leaves(&document) {
        let at = file.places.get(&key).copied();
        if key == SECRETS {
            match names(&value) {
                Some(names) => file.secrets = names,
                None => faults.add(
                    text,
                    at,
                    "`secrets` is a list of keys",
                    "Write secrets = [\"vtiger.access_key\"].",
                ),
            }
            continue;
        }
        match all.iter().find_map(|known| Some((known, about(known, &key)?))) {
            Some((known, _)) if known.form.is_secret() => faults.add(
                text,
                at,
                &format!("{key} is a secret, and secrets are not imported"),
                "Take it out, and type it on the settings' pages or give it in a variable.",
            ),
            Some((known, About::Whole)) => {
                let written = settings::written(&value, &known.form);
                file.said.insert(key, as_pages_write(&known.form, &written));
            }
            Some((known, About::Entry(entry))) => {
                let name = settings::written(&value, &Form::Secret);
                entries.entry(known.key.as_str()).or_default().push(format!("{entry} = {name}"));
            }
            None => {
                let hint = did_you_mean(&key, near(all, &key).iter().map(String::as_str));
                faults.add(text, at, &format!("there is no setting {key}"), &hint);
            }
        }
    }
    let lines = |lines: Vec<String>| as_pages_write(&Form::Pairs(None), &lines.join("\n"));
    file.said.extend(entries.into_iter().map(|(key, entries)| (key.to_owned(), lines(entries))));
    file.said.retain(|_, said| !said.trim().is_empty());
    file
}

/// What a key is to a setting.
enum About {
    /// The setting.
    Whole,
    /// The name of one of its entries.
    Entry(String),
}

fn about(known: &Known, key: &str) -> Option<About> {
    let Form::Pairs(leaf) = &known.form else { return (known.key == key).then_some(About::Whole) };
    let entry = key.strip_prefix(known.key.as_str())?.strip_prefix('.')?;
    let entry = match leaf {
        Some(leaf) => entry.strip_suffix(leaf)?.strip_suffix('.')?,
        None => entry,
    };
    (!entry.contains('.')).then(|| About::Entry(entry.to_owned()))
}

/// The settings of the same section, else all: what may have been meant.
fn near(all: &[Known], key: &str) -> Vec<String> {
    let section = key.rsplit_once('.').map_or("", |(section, _)| section);
    let of = |section: &str| -> Vec<String> {
        let open = all.iter().filter(|known| !known.form.is_secret() && known.key.starts_with(section));
        open.map(|known| known.key.clone()).collect()
    };
    let beside = of(section);
    if beside.is_empty() { of("") } else { beside }
}

fn names(value: &Value) -> Option<BTreeSet<String>> {
    let list = value.as_array()?;
    list.iter().map(|name| name.as_str().map(str::to_owned)).collect()
}
