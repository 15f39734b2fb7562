//! A folder as files: the same bytes for the same installation, whenever they are written.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::{COMPANIES, Folder, MAPPINGS, SCHEDULES, SETTINGS, Scheduled};
use crate::office::catalogue::Known;
use crate::office::change::document_of;

const SETTINGS_HEAD: &str = "# What this installation is set to (`company-sync config export`). Secrets are never in this file: `secrets` names those that\n\
    # there are, and `config import` says which of them have to be typed on the settings' pages.\n\n";

const SCHEDULES_HEAD: &str = "# When mappings run by themselves (`company-sync config export`): five fields of cron, in the agency's zone.\n\
    # What is retired does not run, whatever its schedules say.\n\n";

/// Every file of a folder, by its path in it.
pub(super) fn written(folder: &Folder, all: &[Known]) -> Result<BTreeMap<String, String>, toml::ser::Error> {
    let mut files = BTreeMap::new();
    if let Some(settings) = &folder.settings {
        let secrets = folder.secrets.iter().map(|key| Value::from(key.as_str())).collect::<Vec<_>>();
        let mut document = document_of(all, settings);
        document.insert(super::settings_file::SECRETS.to_owned(), Value::from(secrets));
        files.insert(SETTINGS.to_owned(), format!("{SETTINGS_HEAD}{}", toml::to_string_pretty(&document)?));
    }
    if let Some(schedules) = &folder.schedules {
        let all: Vec<Value> = schedules.values().map(|one| Value::from(schedule(one))).collect();
        let retired = folder.retired.iter().map(|name| Value::from(name.as_str())).collect::<Vec<_>>();
        let mut document = Table::from_iter([("retired".to_owned(), Value::from(retired))]);
        if !all.is_empty() {
            document.insert("schedule".to_owned(), Value::from(all));
        }
        let text = toml::to_string_pretty(&document)?;
        files.insert(SCHEDULES.to_owned(), format!("{SCHEDULES_HEAD}{text}"));
    }
    let named = |place: &str, texts: &BTreeMap<String, String>| {
        let files = texts.iter().map(|(name, text)| (format!("{place}/{name}.toml"), text.clone()));
        files.collect::<Vec<_>>()
    };
    files.extend(named(COMPANIES, &folder.companies));
    files.extend(named(MAPPINGS, &folder.mappings));
    Ok(files)
}

fn schedule(one: &Scheduled) -> Table {
    let number = |text: &str| text.parse::<i64>().map_or_else(|_| Value::from(text), Value::from);
    let wish = &one.wish;
    let entries = [
        ("name", Value::from(wish.name.as_str())),
        ("mapping", Value::from(one.mapping.as_str())),
        ("cron", Value::from(wish.cron.as_str())),
        ("full", Value::from(wish.full)),
        ("census", Value::from(wish.census)),
        ("enabled", Value::from(wish.enabled)),
        ("catch_up", Value::from(wish.catch_up)),
        ("minutes", number(&wish.minutes)),
        ("attempts", number(&wish.attempts)),
    ];
    entries.map(|(key, value)| (key.to_owned(), value)).into_iter().collect()
}
