//! A folder's files, read and held against what they may say. Every fault is told with file, line and what would be right.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use cs_companies::company::Company;
use cs_domain::MappingName;
use cs_domain::mapping::{did_you_mean, parse_with};
use cs_engine::scheduler::Wish;
use jiff::Timestamp;
use serde::Deserialize;
use toml::Spanned;

use super::settings_file::{self, SettingsFile};
use super::{
    COMPANIES, Difference, Folder, FolderError, Here, MAPPINGS, SCHEDULES, SETTINGS, Scheduled, differences,
};
use crate::companies::Origin;
use crate::config::document::{put, take};
use crate::config::{Kept, Lacks, position};
use crate::failure::CommandError;
use crate::mappings::Editions;
use crate::office::catalogue::{self, Known};
use crate::render::aside;

/// A file of the folder.
pub(super) struct Text {
    /// Its path in the folder.
    pub(super) file: String,
    pub(super) text: String,
}

/// What is wrong, as people read it.
#[derive(Debug, Default)]
pub(super) struct Faults(pub(super) Vec<String>);

impl Faults {
    /// Notes a fault; `offset` is where in the text it is, where that is known.
    pub(super) fn add(&mut self, text: &Text, offset: Option<usize>, message: &str, remedy: &str) {
        let (line, column) = position(&text.text, offset.unwrap_or(0));
        let remedy = if remedy.is_empty() { String::new() } else { format!("\n  help: {remedy}") };
        self.0.push(format!("{}:{line}:{column}: {message}{remedy}", text.file));
    }
}

impl Faults {
    /// Tells all of them.
    pub(super) fn refused(self, path: &Path) -> CommandError {
        self.0.iter().for_each(|fault| aside(fault));
        FolderError::Faulty { path: path.to_owned(), faults: self.0.len() }.into()
    }
}

/// A folder that was read, with what it is held against.
pub(crate) struct Read {
    pub(super) folder: Folder,
    /// What is configured with the folder's companies, and the settings that there are with its mappings.
    pub(super) kept: Kept,
    pub(super) all: Vec<Known>,
    /// The file of settings, to place what is wrong with one.
    pub(super) settings: Option<(Text, SettingsFile)>,
    pub(super) faults: Faults,
}

impl Read {
    /// Refuses a folder whose files are not right.
    pub(crate) fn expect_right(self, path: &Path) -> Result<Self, CommandError> {
        if self.faults.0.is_empty() { Ok(self) } else { Err(self.faults.refused(path)) }
    }

    /// Everything that it says otherwise than what runs here, and what it has no file for.
    pub(crate) fn differences(&self, here: &Here<'_>) -> Vec<Difference> {
        differences(&here.config.extensions.transforms, &here.folder(), &self.folder, true)
    }
}

/// Reads a folder against an installation. What is wrong with it is noted and not yet refused: settings are judged when it is
/// known what would change.
pub(crate) fn read(path: &Path, here: &Here<'_>) -> Result<Read, CommandError> {
    let (settings, schedules) = (one(path, SETTINGS)?, one(path, SCHEDULES)?);
    let (companies, mappings) = (several(path, COMPANIES)?, several(path, MAPPINGS)?);
    if settings.is_none() && schedules.is_none() && companies.is_none() && mappings.is_none() {
        return Err(FolderError::Nothing { path: path.to_owned() }.into());
    }
    let mut faults = Faults::default();
    let (companies, mappings) = (companies.unwrap_or_default(), mappings.unwrap_or_default());
    // A mapping with a fault is no reason to say that its schedules have none.
    let stem = |text: &Text| Some(Path::new(&text.file).file_stem()?.to_str()?.to_owned());
    let mut named: Vec<String> = mappings.iter().filter_map(stem).collect();
    let mut folder = Folder {
        companies: definitions(companies, &mut faults),
        mappings: texts(here, mappings, &mut faults),
        ..Folder::default()
    };
    let mut kept = here.kept.clone();
    for (key, text) in &folder.companies {
        define(&mut kept, here, key, text);
    }
    let config = here.layers.resolve(&kept, Lacks::Forgiven)?;
    let would_run = folder.mappings.iter().filter(|(name, _)| !here.fixed.contains_key(*name));
    let would_run = would_run.map(|(name, text)| (name.clone(), text.clone())).collect();
    let editions = Editions::of_files(&config).with(&here.mappings).with(&would_run);
    let all = catalogue::all(&editions);
    let settings = settings.map(|text| {
        let file = settings_file::read(&text, &all, &mut faults);
        folder.settings = Some(file.said.clone());
        folder.secrets.clone_from(&file.secrets);
        (text, file)
    });
    named.extend(editions.known());
    if let Some(text) = schedules {
        let (all, retired) = timetable(&text, &named, &mut faults);
        (folder.schedules, folder.retired) = (Some(all), retired);
    }
    Ok(Read { folder, kept, all, settings, faults })
}

/// Puts a company's definition where the store keeps it, unless it is what came with the program, or a file fixes it.
fn define(kept: &mut Kept, here: &Here<'_>, key: &str, text: &str) {
    let place = format!("companies.{key}.definition");
    let known = here.companies.get(key);
    if known.is_some_and(|known| known.text == text || known.origin == Origin::File) {
        return;
    }
    let shipped = cs_companies::company::shipped_files();
    let extended = here.config.extensions.companies.iter().map(|(_, own)| own.as_str());
    let came_with = shipped.iter().map(|(_, text)| *text).chain(extended).any(|came| came == text);
    if came_with {
        take(&mut kept.document, &place);
    } else {
        put(&mut kept.document, &place, text.into());
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> CommandError {
    move |source| CommandError::File { doing: "read", file: path.display().to_string(), source }
}

fn one(folder: &Path, name: &str) -> Result<Option<Text>, CommandError> {
    let path = folder.join(name);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(Text { file: name.to_owned(), text })),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(&path)(error)),
    }
}

/// The files of a folder in the folder, by name; `None`: there is no such folder.
fn several(folder: &Path, name: &str) -> Result<Option<Vec<Text>>, CommandError> {
    let within = folder.join(name);
    let entries = match fs::read_dir(&within) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        entries => entries.map_err(failed(&within))?,
    };
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed(&within))?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    let text = |path: PathBuf| {
        let file = path.file_name().map(|file| file.to_string_lossy().into_owned()).unwrap_or_default();
        let text = fs::read_to_string(&path).map_err(failed(&path))?;
        Ok(Text { file: format!("{name}/{file}"), text })
    };
    paths.into_iter().map(text).collect::<Result<_, _>>().map(Some)
}

fn definitions(files: Vec<Text>, faults: &mut Faults) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for file in files {
        match Company::from_toml(&file.file, &file.text) {
            Ok(company) => {
                if expect_called(&file, &company.key, COMPANIES, faults) {
                    all.insert(company.key, file.text);
                }
            }
            Err(problems) => faults.0.extend(problems.iter().map(ToString::to_string)),
        }
    }
    all
}

fn texts(here: &Here<'_>, files: Vec<Text>, faults: &mut Faults) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for file in files {
        match parse_with(&file.text, &here.config.extensions.transforms) {
            Ok(parsed) => {
                let name = parsed.mapping.name.as_str().to_owned();
                if expect_called(&file, &name, MAPPINGS, faults) {
                    all.insert(name, file.text);
                }
            }
            Err(problems) => faults.0.extend(crate::mappings::told(&file.file, &problems)),
        }
    }
    all
}

/// A file is called after what it defines, so that no two can define the same.
fn expect_called(file: &Text, name: &str, place: &str, faults: &mut Faults) -> bool {
    let called = format!("{place}/{name}.toml");
    let right = file.file == called;
    if !right {
        faults.add(file, None, &format!("this defines {name}"), &format!("Call the file {called}."));
    }
    right
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TimetableForm {
    #[serde(default)]
    retired: Vec<Spanned<String>>,
    #[serde(default)]
    schedule: Vec<Spanned<ScheduleForm>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScheduleForm {
    name: Spanned<String>,
    mapping: Spanned<String>,
    cron: Spanned<String>,
    #[serde(default)]
    full: bool,
    #[serde(default)]
    census: bool,
    #[serde(default = "yes")]
    enabled: bool,
    #[serde(default = "yes")]
    catch_up: bool,
    minutes: Option<Spanned<i64>>,
    attempts: Option<Spanned<i64>>,
}

fn yes() -> bool {
    true
}

fn timetable(
    text: &Text,
    mappings: &[String],
    faults: &mut Faults,
) -> (BTreeMap<String, Scheduled>, BTreeSet<String>) {
    let form: TimetableForm = match toml::from_str(&text.text) {
        Ok(form) => form,
        Err(error) => {
            let keys = "A [[schedule]] says name, mapping and cron, and may say full, census, enabled, catch_up, minutes and attempts.";
            faults.add(text, error.span().map(|span| span.start), error.message(), keys);
            return Default::default();
        }
    };
    for name in &form.retired {
        expect_mapping(text, name, mappings, faults);
    }
    let retired = form.retired.iter().map(|name| name.get_ref().clone()).collect();
    let mut all = BTreeMap::new();
    let mut names = BTreeSet::new();
    for schedule in form.schedule.iter().map(Spanned::get_ref) {
        if !names.insert(schedule.name.get_ref().trim()) {
            let message = format!("there are two schedules {}", schedule.name.get_ref());
            faults.add(text, Some(schedule.name.span().start), &message, "Give one of them another name.");
        }
        if let Some((name, scheduled)) = judged(text, schedule, mappings, faults) {
            all.insert(name, scheduled);
        }
    }
    (all, retired)
}

/// Whether there is such a mapping; where there is none, that is a fault.
fn expect_mapping(text: &Text, name: &Spanned<String>, mappings: &[String], faults: &mut Faults) -> bool {
    let known = mappings.contains(name.get_ref());
    if !known {
        let hint = did_you_mean(name.get_ref(), mappings.iter().map(String::as_str));
        faults.add(text, Some(name.span().start), &format!("there is no mapping {}", name.get_ref()), &hint);
    }
    known
}

fn judged(
    text: &Text,
    form: &ScheduleForm,
    mappings: &[String],
    faults: &mut Faults,
) -> Option<(String, Scheduled)> {
    let known = expect_mapping(text, &form.mapping, mappings, faults);
    let usual = Wish::usual(form.name.get_ref().clone());
    let number = |said: &Option<Spanned<i64>>, usual: String| {
        said.as_ref().map_or(usual, |number| number.get_ref().to_string())
    };
    let wish = Wish {
        cron: form.cron.get_ref().clone(),
        full: form.full,
        census: form.census,
        enabled: form.enabled,
        catch_up: form.catch_up,
        minutes: number(&form.minutes, usual.minutes.clone()),
        attempts: number(&form.attempts, usual.attempts.clone()),
        ..usual
    };
    let mapping = MappingName::new(form.mapping.get_ref());
    match wish.granted(&mapping, Timestamp::UNIX_EPOCH) {
        // As it would be kept, so that it can be compared with what is.
        Ok(schedule) => super::here::scheduled(&schedule).filter(|_| known),
        Err(wrong) => {
            for fault in wrong {
                let place = |said: &Option<Spanned<i64>>| said.as_ref().map(|number| number.span().start);
                let at = match fault.field() {
                    "cron" => Some(form.cron.span().start),
                    "minutes" => place(&form.minutes),
                    "attempts" => place(&form.attempts),
                    _ => Some(form.name.span().start),
                };
                faults.add(text, at, &format!("schedule {}: {fault}", form.name.get_ref()), "");
            }
            None
        }
    }
}
