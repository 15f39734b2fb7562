//! Settings as pages show them: by tab, with what fixes them.

use std::collections::BTreeMap;

use cs_web::office::{Connection, Setting, SettingKind, SettingsTab};
use secrecy::ExposeSecret as _;
use toml::{Table, Value};

use super::catalogue::{Form, Known, TABS};
use crate::config::{Kept, Layers};

/// Every tab with its settings.
pub(super) fn tabs(all: &[Known], layers: &Layers, kept: &Kept) -> Vec<SettingsTab> {
    let tab = |name: &&str| SettingsTab {
        name: (*name).to_owned(),
        settings: all
            .iter()
            .filter(|known| known.tab == *name)
            .map(|known| shown(known, layers, kept))
            .collect(),
        testable: Connection::parse(name).is_some(),
    };
    TABS.iter().map(tab).collect()
}

fn shown(known: &Known, layers: &Layers, kept: &Kept) -> Setting {
    let fixed_by = fixed_by(known, layers);
    let plain = text(known, layers, &kept.document);
    let is_set = plain.is_some();
    let said = match known.form {
        Form::Secret => None,
        Form::SecretUrl => {
            let sealed = kept.secrets.get(&known.key).map(|secret| secret.expose_secret().to_owned());
            plain.or(sealed).map(|address| host(&address).to_owned())
        }
        _ => plain,
    };
    let (label, help) = known
        .own
        .clone()
        .map_or((None, None), |(label, help)| (Some(label), Some(help).filter(|help| !help.is_empty())));
    Setting {
        key: known.key.clone(),
        kind: kind(&known.form),
        set: is_set || fixed_by.is_some() || kept.secrets.contains_key(&known.key),
        value: said.or_else(|| known.default.clone()).unwrap_or_default(),
        fixed_by,
        label,
        help,
    }
}

/// The host of an address, which is all that may be shown of one that holds a secret.
fn host(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}

/// What fixes a setting. The names that pages give to companies stand beside those of the file, and nothing fixes them all.
pub(crate) fn fixed_by(known: &Known, layers: &Layers) -> Option<String> {
    match known.form {
        Form::Pairs(Some(_)) => None,
        _ => layers.fixed_by(&known.key),
    }
}

/// What all layers say of a setting, as pages write it; `None` where nothing is said.
pub(super) fn text(known: &Known, layers: &Layers, document: &Table) -> Option<String> {
    let value = match known.form {
        // Names that the file gives are not the page's to change.
        Form::Pairs(Some(_)) => crate::config::document::at(document, &known.key).cloned(),
        _ => layers.value(document, &known.key),
    }?;
    Some(written(&value, &known.form)).filter(|text| !text.is_empty())
}

fn kind(form: &Form) -> SettingKind {
    match form {
        Form::Text(_) => SettingKind::Text,
        Form::Number(..) => SettingKind::Number,
        Form::Switch => SettingKind::Switch,
        Form::Choice(choices) => {
            SettingKind::Choice { choices: choices.iter().map(|choice| (*choice).to_owned()).collect() }
        }
        Form::Secret | Form::SecretUrl => SettingKind::Secret,
        Form::List(_) | Form::Pairs(_) => SettingKind::Lines,
    }
}

/// A value of a configuration as pages write it.
pub(crate) fn written(value: &Value, form: &Form) -> String {
    match (value, form) {
        (Value::Table(entries), Form::Pairs(leaf)) => pairs(entries, *leaf),
        (Value::Array(list), _) => list.iter().map(plain).collect::<Vec<_>>().join("\n"),
        (Value::String(list), Form::List(_)) => list.split(',').map(str::trim).collect::<Vec<_>>().join("\n"),
        (value, _) => plain(value),
    }
}

fn pairs(entries: &Table, leaf: Option<&str>) -> String {
    let named: BTreeMap<&String, &Value> = entries
        .iter()
        .filter_map(|(key, value)| match leaf {
            Some(leaf) => Some((key, value.as_table()?.get(leaf)?)),
            None => Some((key, value)),
        })
        .collect();
    named.iter().map(|(key, value)| format!("{key} = {}", plain(value))).collect::<Vec<_>>().join("\n")
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
