//! What two folders say differently, part by part.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use cs_domain::mapping::compare::compare;
use cs_domain::mapping::{OwnTransforms, parse_with};
use serde::Serialize;
use toml::Table;

use super::settings_file::leaves;
use super::{COMPANIES, Folder, MAPPINGS, SCHEDULES, SETTINGS, Scheduled};

/// One thing that is said otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Difference {
    /// In which file of the folder.
    pub(crate) file: String,
    /// What.
    pub(crate) what: String,
    /// What is; `None`: nothing.
    pub(crate) before: Option<String>,
    /// What the folder says.
    pub(crate) after: Option<String>,
}

impl fmt::Display for Difference {
    /// `- settings.toml: time_zone = UTC`, `+ ...`; one line or two.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = |text: &str| text.lines().collect::<Vec<_>>().join(", ");
        if let Some(before) = &self.before {
            write!(f, "- {}: {} = {}", self.file, self.what, said(before))?;
        }
        if self.before.is_some() && self.after.is_some() {
            f.write_str("\n")?;
        }
        match &self.after {
            Some(after) => write!(f, "+ {}: {} = {}", self.file, self.what, said(after)),
            None => Ok(()),
        }
    }
}

/// A file that is on one side only.
pub(super) const WHOLE: &str = "the whole file";
/// What is different in two files that mean the same.
const WRITTEN: &str = "comments, order or spacing";

/// Everything that `after` says otherwise than `before`. What `after` has no file for is told where `whole` folders are
/// compared; else it is not about it.
pub(crate) fn differences(
    own: &OwnTransforms,
    before: &Folder,
    after: &Folder,
    whole: bool,
) -> Vec<Difference> {
    let mut all = Vec::new();
    if let (Some(before), Some(after)) = (&before.settings, &after.settings) {
        all.extend(of_lines(SETTINGS, before, after));
    }
    if let (Some(was), Some(is)) = (&before.schedules, &after.schedules) {
        all.extend(of_lines(SCHEDULES, &timetable(was, &before.retired), &timetable(is, &after.retired)));
    }
    let inside = |text: &str| {
        let table = text.parse::<Table>().unwrap_or_default();
        leaves(&table).into_iter().map(|(key, value)| (key, value.to_string())).collect()
    };
    all.extend(of_files(COMPANIES, (&before.companies, &after.companies), whole, |file, before, after| {
        of_lines(file, &inside(before), &inside(after))
    }));
    all.extend(of_files(MAPPINGS, (&before.mappings, &after.mappings), whole, |file, before, after| {
        let parsed = |text| parse_with(text, own).map(|parsed| parsed.mapping);
        let (Ok(before), Ok(after)) = (parsed(before), parsed(after)) else {
            return vec![written_otherwise(file, "all of it")];
        };
        let told = compare(&before, &after).into_iter().map(|one| Difference {
            file: file.to_owned(),
            what: one.spot.to_string(),
            before: one.before,
            after: one.after,
        });
        told.collect()
    }));
    all
}

fn of_lines(
    file: &str,
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
) -> Vec<Difference> {
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differ = keys.into_iter().filter(|key| before.get(*key) != after.get(*key));
    let told = differ.map(|key| Difference {
        file: file.to_owned(),
        what: key.clone(),
        before: before.get(key).cloned(),
        after: after.get(key).cloned(),
    });
    told.collect()
}

fn of_files(
    place: &str,
    (before, after): (&BTreeMap<String, String>, &BTreeMap<String, String>),
    whole: bool,
    inside: impl Fn(&str, &str, &str) -> Vec<Difference>,
) -> Vec<Difference> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let mut all = Vec::new();
    for name in names {
        let file = format!("{place}/{name}.toml");
        let there = || Some("there".to_owned());
        let entire = |before, after| Difference { file: file.clone(), what: WHOLE.to_owned(), before, after };
        match (before.get(name), after.get(name)) {
            (Some(before), Some(after)) if before != after => {
                let mut told = inside(&file, before, after);
                if told.is_empty() {
                    told.push(written_otherwise(&file, WRITTEN));
                }
                all.extend(told);
            }
            (Some(_), None) if whole => all.push(entire(there(), None)),
            (None, Some(_)) => all.push(entire(None, there())),
            _ => {}
        }
    }
    all
}

/// Something that is not told word by word.
fn written_otherwise(file: &str, what: &str) -> Difference {
    let said = |what: &str| Some(what.to_owned());
    let (before, after) = (said("as it is here"), said("as in the folder"));
    Difference { file: file.to_owned(), what: what.to_owned(), before, after }
}

/// Schedules as lines, by their names and what is said of them, and what is retired.
fn timetable(
    schedules: &BTreeMap<String, Scheduled>,
    retired: &BTreeSet<String>,
) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> =
        retired.iter().map(|name| (format!("retired {name}"), "true".to_owned())).collect();
    for (name, Scheduled { mapping, wish }) in schedules {
        let parts = [
            ("mapping", mapping.to_string()),
            ("cron", wish.cron.clone()),
            ("full", wish.full.to_string()),
            ("census", wish.census.to_string()),
            ("enabled", wish.enabled.to_string()),
            ("catch_up", wish.catch_up.to_string()),
            ("minutes", wish.minutes.clone()),
            ("attempts", wish.attempts.clone()),
        ];
        all.extend(parts.map(|(part, said)| (format!("{name}: {part}"), said)));
    }
    all
}
