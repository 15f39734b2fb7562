//! Making an installation go by a folder: worked out whole, then done.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cs_domain::MappingName;
use cs_engine::scheduler::in_place_of;
use cs_ports::{AuditEntry, PeopleStore as _, RetiredMapping, Schedule, SettingsStore as _, TaskStore as _};
use cs_store::SqliteStore;
use cs_web::office::SettingsChange;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value as Json, json};
use toml::Table;

use super::here::{said, scheduled};
use super::reading::Read;
use super::{COMPANIES, Difference, Folder, FolderError, Here, MAPPINGS, SETTINGS, differences};
use crate::commands::mapping::{CatalogueError, publish_text, who};
use crate::companies::Origin;
use crate::config::document::take;
use crate::failure::CommandError;
use crate::office::change::{AskedBy, Changes, worked_out};
use crate::office::settings::fixed_by;
use crate::wiring::Home;

/// What importing a folder comes to.
pub(crate) struct Import {
    /// What will be otherwise.
    pub(crate) changes: Vec<Difference>,
    /// What the folder says and cannot be so here.
    pub(crate) left: Vec<Left>,
    /// The secrets that are still to be typed.
    pub(crate) lacking: BTreeSet<String>,
    revision: i64,
    settings: Option<(Table, SettingsChange)>,
    mappings: Vec<(MappingName, String)>,
    schedules: Vec<Change>,
    retire: BTreeSet<String>,
    resume: BTreeSet<String>,
}

#[cfg(test)]
impl Import {
    /// What settings come to, where they change.
    pub(super) fn into_settings(self) -> Option<(Table, SettingsChange)> {
        self.settings
    }
}

/// Something that stays as it is, though the folder says otherwise.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Left {
    #[serde(flatten)]
    pub(crate) difference: Difference,
    /// Why.
    pub(crate) why: String,
}

/// What becomes of a schedule.
struct Change {
    before: Option<Schedule>,
    after: Option<Schedule>,
}

/// Why things stay, by file and what in it.
type Stays = BTreeMap<(String, String), String>;

/// Works out what importing a folder comes to; where anything in it cannot be, every fault is printed and nothing is to be
/// done.
pub(crate) fn planned(
    path: &Path,
    here: &Here<'_>,
    read: Read,
    now: Timestamp,
) -> Result<Import, CommandError> {
    let Read { folder, mut kept, all, settings, mut faults } = read;
    let running = here.folder();
    let mut stays = fixed_files(here, &folder);
    let mut changes = Changes::new();
    for (key, value) in changed_settings(&running, &folder) {
        match all.iter().find(|known| known.key == key) {
            // Its mapping or company no longer asks for it.
            None => take(&mut kept.document, &key),
            Some(known) => match fixed_by(known, here.layers) {
                Some(place) => drop(stays.insert((SETTINGS.to_owned(), key), format!("{place} fixes it"))),
                None => drop(changes.insert(key, value)),
            },
        }
    }
    let changed = worked_out(&all, here.layers, &kept, &changes, AskedBy::File);
    let changed = match changed {
        Ok(changed) => Some(changed),
        Err(slips) => {
            for slip in slips {
                let Some((text, file)) = &settings else { continue };
                faults.add(
                    text,
                    file.place_of(&slip.field),
                    &format!("{}: {}", slip.field, slip.message),
                    "",
                );
            }
            None
        }
    };
    let Some(changed) = changed.filter(|_| faults.0.is_empty()) else { return Err(faults.refused(path)) };
    let comes_to = said(&all, here.layers, &changed.kept.document);
    let wanted = folder.settings.iter().flatten();
    for (key, _) in
        wanted.filter(|(key, value)| changes.contains_key(*key) && comes_to.get(*key) != Some(*value))
    {
        let why = "another layer of the configuration says more of it".to_owned();
        stays.insert((SETTINGS.to_owned(), key.clone()), why);
    }
    let own = &here.config.extensions.transforms;
    let (changes, left) = parted(differences(own, &running, &folder, false), &stays);
    let lacking = folder.secrets.difference(&running.secrets).cloned().chain(changed.lacking).collect();
    let told = with_definitions(changed.told, &changes);
    let settings = (changed.kept.document != here.kept.document).then_some((changed.kept.document, told));
    let differs = |(name, text): &(&String, &String)| {
        here.mappings.get(*name) != Some(*text) && !here.fixed.contains_key(*name)
    };
    let mappings = folder.mappings.iter().filter(differs);
    let mappings = mappings.map(|(name, text)| (MappingName::new(name), text.clone())).collect();
    let schedules = changed_schedules(here, &folder, now);
    let said = folder.schedules.is_some();
    let between = |of: &BTreeSet<String>, other: &BTreeSet<String>| {
        if said { of.difference(other).cloned().collect() } else { BTreeSet::new() }
    };
    let retire = between(&folder.retired, &here.retired);
    let resume = between(&here.retired, &folder.retired);
    let revision = here.revision;
    Ok(Import { changes, left, lacking, revision, settings, mappings, schedules, retire, resume })
}

/// The settings that a folder says otherwise than what runs; `None`: it says nothing of them.
fn changed_settings(running: &Folder, folder: &Folder) -> Changes {
    let (Some(before), Some(after)) = (&running.settings, &folder.settings) else { return Changes::new() };
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differ = keys.into_iter().filter(|key| before.get(*key) != after.get(*key));
    differ.map(|key| (key.clone(), after.get(key).cloned())).collect()
}

/// The mappings and companies of the folder that a file of the configuration fixes.
fn fixed_files(here: &Here<'_>, folder: &Folder) -> Stays {
    let mut stays = Stays::new();
    for name in folder.mappings.keys() {
        if let Some(file) = here.fixed.get(name) {
            stays.insert((format!("{MAPPINGS}/{name}.toml"), String::new()), format!("{file} fixes it"));
        }
    }
    for key in folder.companies.keys() {
        if let Some(known) = here.companies.get(key).filter(|known| known.origin == Origin::File) {
            let why = format!("{} fixes it", known.file);
            stays.insert((format!("{COMPANIES}/{key}.toml"), String::new()), why);
        }
    }
    stays
}

/// What changes, and what stays.
fn parted(all: Vec<Difference>, stays: &Stays) -> (Vec<Difference>, Vec<Left>) {
    let (mut changes, mut left) = (Vec::new(), Vec::new());
    for difference in all {
        let whole = stays.get(&(difference.file.clone(), String::new()));
        match whole.or_else(|| stays.get(&(difference.file.clone(), difference.what.clone()))) {
            Some(why) => left.push(Left { difference, why: why.clone() }),
            None => changes.push(difference),
        }
    }
    (changes, left)
}

/// What changes of settings, with the companies whose definitions do.
fn with_definitions(mut told: SettingsChange, changes: &[Difference]) -> SettingsChange {
    for change in changes {
        if let Some(key) = change.file.strip_prefix(COMPANIES).and_then(|rest| rest.strip_prefix('/')) {
            let key = format!("companies.{}.definition", key.trim_end_matches(".toml"));
            told.after.insert(key, "(imported)".to_owned());
        }
    }
    told
}

fn changed_schedules(here: &Here<'_>, folder: &Folder, now: Timestamp) -> Vec<Change> {
    let Some(wanted) = &folder.schedules else { return Vec::new() };
    let mut all = Vec::new();
    for before in &here.schedules {
        if scheduled(before).is_some_and(|(name, _)| !wanted.contains_key(&name)) {
            all.push(Change { before: Some(before.clone()), after: None });
        }
    }
    for (name, one) in wanted {
        let before = here.schedules.iter().find(|schedule| schedule.name == *name);
        if before.and_then(scheduled).is_some_and(|(_, before)| before == *one) {
            continue;
        }
        // It was found right when the file was read.
        let Ok(after) = one.wish.granted(&one.mapping, now) else { continue };
        let after = before.map_or_else(|| after.clone(), |before| in_place_of(before, after.clone()));
        all.push(Change { before: before.cloned(), after: Some(after) });
    }
    all
}

/// Does it: what is retired and what runs again, since a run that is under way refuses that; then settings with companies in one
/// transaction, then every mapping, then every schedule. Whoever is quicker with one of them stops it there, and what was done
/// is told.
pub(crate) async fn import(
    home: &Home,
    path: &Path,
    plan: &Import,
    now: Timestamp,
) -> Result<(), CommandError> {
    let store = home.store.as_ref();
    let mut done = retired_and_resumed(home, plan, now).await?;
    let moved = |what: String, done: &[String]| {
        let done = if done.is_empty() {
            "nothing was changed".to_owned()
        } else {
            format!("done before that: {}", done.join(", "))
        };
        FolderError::Moved { what, done }
    };
    if let Some((document, told)) = &plan.settings {
        let text = toml::to_string_pretty(document).map_err(|error| CommandError::Broken(Box::new(error)))?;
        if !store.put_settings(plan.revision, &text, &[]).await? {
            return Err(moved("the settings".to_owned(), &done).into());
        }
        note(store, now, ("settings.change", "settings import"), json!(told.before), json!(told.after))
            .await?;
        done.push("settings".to_owned());
    }
    for (name, text) in &plan.mappings {
        let from = format!("Imported from {}", path.display());
        publish_text(store, name, text.clone(), &from, None, "mapping.publish").await?;
        done.push(format!("mapping {name}"));
    }
    for Change { before, after } in &plan.schedules {
        let name =
            after.as_ref().or(before.as_ref()).map(|schedule| schedule.name.clone()).unwrap_or_default();
        let action = if let Some(schedule) = after {
            store.put_schedule(schedule).await?;
            "schedule.save"
        } else {
            store.remove_schedule(&name).await?;
            "schedule.remove"
        };
        let object = format!("schedule {name}");
        note(store, now, (action, &object), json!(before), json!(after)).await?;
        done.push(object);
    }
    let object = format!("folder {}", path.display());
    note(store, now, ("config.import", &object), Json::Null, json!(done)).await
}

async fn retired_and_resumed(
    home: &Home,
    plan: &Import,
    now: Timestamp,
) -> Result<Vec<String>, CommandError> {
    let store = home.store.as_ref();
    let mut done = Vec::new();
    for name in &plan.retire {
        let retired = RetiredMapping { mapping: MappingName::new(name), who: who(), at: now };
        cs_engine::retire(store, &retired, home.holder.name()).await.map_err(CatalogueError::from)?;
        done.push(("mapping.retire", name));
    }
    for name in &plan.resume {
        cs_engine::resume(store, &MappingName::new(name)).await.map_err(CatalogueError::from)?;
        done.push(("mapping.resume", name));
    }
    for (action, name) in &done {
        note(store, now, (action, &format!("mapping {name}")), Json::Null, Json::Null).await?;
    }
    Ok(done.iter().map(|(action, name)| format!("{action} {name}")).collect())
}

async fn note(
    store: &SqliteStore,
    at: Timestamp,
    (action, object): (&str, &str),
    before: Json,
    after: Json,
) -> Result<(), CommandError> {
    let (action, object) = (action.to_owned(), object.to_owned());
    let entry = AuditEntry { sequence: 0, at, who: who(), action, object, before, after };
    Ok(store.record(&entry).await?)
}
