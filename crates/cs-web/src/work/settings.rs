//! Settings: which of those that were sent are changes, kept with a note of who changed what.

use std::collections::BTreeMap;

use crate::error::WebError;
use crate::office::{Connection, OfficeError, Probe, Setting, SettingKind, SettingsChange, SettingsTab};
use crate::pages::{reworded, shown};
use crate::sent::Sent;
use crate::visit::Visit;

/// What is to be changed; `None` takes back what a page said.
pub(crate) type Changes = BTreeMap<String, Option<String>>;

/// The field that takes a secret away which is kept.
pub(crate) fn removal(key: &str) -> String {
    format!("remove:{key}")
}

/// One tab.
pub(crate) async fn tab(visit: &Visit, name: &str) -> Result<SettingsTab, WebError> {
    let tabs = visit.web.office.settings().await?;
    tabs.into_iter().find(|tab| tab.name == name).ok_or_else(|| WebError::not_there("settings tab", name))
}

/// What a form changes: fields that say what is so already change nothing, and what a file fixes cannot be changed.
pub(crate) fn changes(tab: &SettingsTab, sent: &Sent) -> Changes {
    let open = tab.settings.iter().filter(|setting| setting.fixed_by.is_none());
    open.filter_map(|setting| Some((setting.key.clone(), change(setting, sent)?))).collect()
}

#[allow(
    clippy::option_option,
    reason = "no change, or a change to nothing: Office::change_settings takes it so"
)]
fn change(setting: &Setting, sent: &Sent) -> Option<Option<String>> {
    let key = &setting.key;
    match setting.kind {
        SettingKind::Secret if !sent.text(key).is_empty() => Some(Some(sent.text(key).to_owned())),
        SettingKind::Secret => sent.field(&removal(key)).filter(|_| setting.set).map(|_| None),
        SettingKind::Switch => {
            // Browsers do not send what is not ticked; the form says that it was on the page.
            sent.field(&format!("shown:{key}"))?;
            let ticked = sent.field(key).is_some();
            (ticked != (setting.value == "true")).then(|| Some(ticked.to_string()))
        }
        SettingKind::Lines => differing(setting, &lines(sent.field(key)?)),
        SettingKind::Text | SettingKind::Number | SettingKind::Choice { .. } => {
            sent.field(key)?;
            differing(setting, sent.text(key))
        }
    }
}

#[allow(clippy::option_option, reason = "as in `change`")]
fn differing(setting: &Setting, typed: &str) -> Option<Option<String>> {
    let kept = lines(&setting.value);
    (typed != kept).then(|| Some(typed.to_owned()).filter(|typed| !typed.is_empty()))
}

/// Lines without blanks around them, and without empty ones.
fn lines(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Changes settings and notes who did; answers whether there was anything to change.
pub(crate) async fn save(visit: &Visit, object: &str, changes: &Changes) -> Result<bool, WebError> {
    if changes.is_empty() {
        return Ok(false);
    }
    let SettingsChange { before, after } = match visit.web.office.change_settings(changes).await {
        Err(OfficeError::Invalid { slips }) => {
            return Err(WebError::Invalid { slips: reworded::slips(&visit.words, slips) });
        }
        change => change?,
    };
    visit.record("settings.change", format!("settings {object}"), before, after).await?;
    Ok(true)
}

/// Tests a connection with what is typed. What stands in the way of the test is a finding of it.
pub(crate) async fn test(visit: &Visit, connection: Connection, changes: &Changes) -> Vec<Probe> {
    match visit.web.office.test(connection, changes).await {
        Ok(probes) => probes.into_iter().map(|probe| shown::probe(&visit.words, probe)).collect(),
        Err(OfficeError::Invalid { slips }) => reworded::slips(&visit.words, slips)
            .into_iter()
            .map(|slip| Probe {
                what: slip.field,
                good: false,
                code: Some("web.invalid".to_owned()),
                found: slip.message,
                remedy: None,
            })
            .collect(),
        Err(error) => {
            let failure = error.failure();
            let probe = Probe {
                what: connection.as_str().to_owned(),
                good: false,
                code: Some(failure.code),
                found: failure.cause,
                remedy: Some(failure.remedy),
            };
            vec![shown::probe(&visit.words, probe)]
        }
    }
}
