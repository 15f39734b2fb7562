//! A setting as a form asks for it.

use crate::office::{Setting, SettingKind, SettingsTab};
use crate::sent::Sent;
use crate::slips::Slips;
use crate::words::{Language, Words};
use crate::work::settings::removal;

/// A setting on its page.
pub(crate) struct Field {
    pub(crate) key: String,
    /// What the page's elements call it.
    pub(crate) id: String,
    pub(crate) label: String,
    pub(crate) help: Option<String>,
    pub(crate) kind: SettingKind,
    /// What it holds, or what was typed; of secrets, what may be shown.
    pub(crate) value: String,
    pub(crate) set: bool,
    pub(crate) fixed_by: Option<String>,
    /// What is wrong with it.
    pub(crate) slip: Option<String>,
    /// The choices with their names.
    pub(crate) choices: Vec<(String, String)>,
    /// The field that takes a secret away.
    pub(crate) removal: String,
}

/// The settings of a tab, with what was typed where a form came back.
pub(crate) fn fields(words: &Words, tab: &SettingsTab, sent: Option<&Sent>, slips: &Slips) -> Vec<Field> {
    tab.settings.iter().map(|setting| field(words, setting, sent, slips)).collect()
}

fn field(words: &Words, setting: &Setting, sent: Option<&Sent>, slips: &Slips) -> Field {
    let name = format!("setting-{}", setting.key.replace(['.', '_'], "-"));
    let own = own(words, setting);
    let (label, help) = own.map_or((None, None), |(label, help)| (Some(label), help));
    let label = label.or_else(|| setting.label.clone()).or_else(|| words.said(&name));
    Field {
        id: name.clone(),
        label: label.unwrap_or_else(|| setting.key.clone()),
        help: help.or_else(|| setting.help.clone()).or_else(|| words.said(&format!("{name}-help"))),
        value: value(setting, sent),
        set: setting.set,
        fixed_by: setting.fixed_by.clone(),
        slip: slips.of(&setting.key).map(str::to_owned),
        choices: choices(words, setting),
        removal: removal(&setting.key),
        key: setting.key.clone(),
        kind: setting.kind.clone(),
    }
}

/// What a setting that a shipped mapping or a company's definition names is called, and what it is for: `Oscar: password`,
/// where its name is known.
fn own(words: &Words, setting: &Setting) -> Option<(String, Option<String>)> {
    let (company, name) = setting.label.as_deref()?.split_once(": ")?;
    // What the shipped mappings ask for; whoever gave it another meaning is not contradicted.
    let shipped = format!("setting-of-mapping-{company}-{}", name.replace('_', "-"));
    let help = Words::in_language(Language::En).said(&format!("{shipped}-help"));
    if help.is_some_and(|help| setting.help.as_ref().is_some_and(|own| own.replace('\'', "’") == help)) {
        let known = words.said(&shipped)?;
        return Some((format!("{company}: {known}"), words.said(&format!("{shipped}-help"))));
    }
    let key = format!("setting-of-company-{}", name.replace('_', "-"));
    let known = words.said(&key).filter(|_| setting.key.starts_with("companies."))?;
    Some((format!("{company}: {known}"), words.said(&format!("{key}-help"))))
}

/// What the form shows. A secret that was typed is not sent back: it is typed again; beside the form stands what may be shown.
fn value(setting: &Setting, sent: Option<&Sent>) -> String {
    let typed = sent.filter(|_| setting.fixed_by.is_none());
    match (&setting.kind, typed) {
        (SettingKind::Secret, _) => setting.value.clone(),
        (SettingKind::Switch, Some(sent)) => sent.field(&setting.key).is_some().to_string(),
        (_, Some(sent)) => sent.field(&setting.key).unwrap_or(&setting.value).to_owned(),
        (_, None) => setting.value.clone(),
    }
}

fn choices(words: &Words, setting: &Setting) -> Vec<(String, String)> {
    let SettingKind::Choice { choices } = &setting.kind else { return Vec::new() };
    let named = choices.iter().map(|choice| {
        let name = words.said(&format!("choice-{}", choice.to_lowercase().replace(['.', '_', ' '], "-")));
        (choice.clone(), name.unwrap_or_else(|| choice.clone()))
    });
    // Where nothing is said, nothing is chosen.
    let none = setting.value.is_empty().then(|| (String::new(), words.say("settings-not-chosen")));
    none.into_iter().chain(named).collect()
}

impl Field {
    /// Rows that its lines need, within reason.
    pub(crate) fn rows(&self) -> usize {
        self.value.lines().count().clamp(3, 12) + 1
    }

    /// What describes the input to who cannot see it.
    pub(crate) fn described_by(&self) -> String {
        let help = self.help.as_ref().map(|_| format!("{}-help", self.id));
        let slip = self.slip.as_ref().map(|_| format!("{}-slip", self.id));
        help.into_iter().chain(slip).collect::<Vec<_>>().join(" ")
    }
}
