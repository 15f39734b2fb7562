//! The mappings an installation has: the shipped ones, and those its configuration gives a file.

use std::fs;
use std::path::Path;

use cs_domain::Mapping;
use cs_domain::mapping::{ParsedMapping, Problem, did_you_mean, parse, shipped};
use cs_engine::{Job, StopSignal};

use crate::config::{Config, ConfigError, MappingConfig};
use crate::failure::CommandError;
use crate::render::aside;

/// The mapping that runs where nothing else is said.
const DEFAULT: &str = "policy";

/// The names of all mappings there are.
pub(crate) fn known(config: &Config) -> Vec<String> {
    let mut names: Vec<String> = shipped().iter().map(|(name, _)| (*name).to_owned()).collect();
    // A section without a file, for a name that is not shipped, is a slip and makes no mapping.
    let own = config.mappings.iter().filter(|(_, mapping)| mapping.file.is_some()).map(|(name, _)| name);
    names.extend(own.filter(|name| !shipped().iter().any(|(known, _)| known == name)).cloned());
    names
}

/// The mappings a command is about: those named; else those the configuration names; else `policy`.
pub(crate) fn wanted(config: &Config, named: &[String]) -> Vec<String> {
    match (named, config.mappings.is_empty()) {
        ([], true) => vec![DEFAULT.to_owned()],
        ([], false) => config.mappings.keys().cloned().collect(),
        (named, _) => named.to_vec(),
    }
}

/// A mapping's text, and what to call it in messages.
pub(crate) fn source(config: &Config, name: &str) -> Result<(String, String), CommandError> {
    if let Some(file) = config.mappings.get(name).and_then(|mapping| mapping.file.as_ref()) {
        return Ok((file.display().to_string(), read(file)?));
    }
    match shipped().iter().find(|(known, _)| *known == name) {
        Some((_, text)) => Ok((format!("{name}.toml"), (*text).to_owned())),
        None => Err(CommandError::NoMapping { name: name.to_owned(), known: known(config) }),
    }
}

/// Reads a mapping file.
pub(crate) fn read(file: &Path) -> Result<String, CommandError> {
    let failed = |source| CommandError::MappingUnreadable { file: file.display().to_string(), source };
    fs::read_to_string(file).map_err(failed)
}

/// How many mistakes of a file people are shown.
const SHOWN: usize = 20;

/// What is wrong with a mapping file, as compilers write it.
pub(crate) fn told(file: &str, problems: &[Problem]) -> Vec<String> {
    let mut lines: Vec<String> =
        problems.iter().take(SHOWN).map(|problem| problem.render(file).to_string()).collect();
    if problems.len() > SHOWN {
        lines.push(format!("{file}: and {} more", problems.len() - SHOWN));
    }
    lines
}

/// A mapping found to be right; where it is not, what is wrong with it is printed.
pub(crate) fn parsed(file: &str, text: &str) -> Result<ParsedMapping, CommandError> {
    parse(text).map_err(|problems| {
        for line in told(file, &problems) {
            aside(&line);
        }
        CommandError::MappingFile { file: file.to_owned() }
    })
}

/// Refuses settings that the mapping does not declare: a misspelt one would silently not hold.
fn refuse_unknown_settings(
    config: &Config,
    name: &str,
    said: &MappingConfig,
    mapping: &Mapping,
) -> Result<(), ConfigError> {
    let unknown = |setting: &&String| !mapping.settings.contains_key(*setting);
    let Some(setting) = said.settings.keys().find(unknown) else { return Ok(()) };
    let place = said.variables.get(setting).cloned().unwrap_or_else(|| {
        let file = config.source.as_ref().map(|path| format!("{}, ", path.display())).unwrap_or_default();
        format!("{file}[mapping.{name}.settings]")
    });
    let hint = did_you_mean(setting, mapping.settings.keys().map(String::as_str));
    Err(ConfigError::UnknownSetting { mapping: name.to_owned(), setting: setting.clone(), place, hint })
}

/// What is to be run for a mapping.
pub(crate) fn job(config: &Config, name: &str, full: bool) -> Result<Job, CommandError> {
    let (file, text) = source(config, name)?;
    let said = config.mappings.get(name).cloned().unwrap_or_default();
    let mapping = parsed(&file, &text)?.mapping;
    refuse_unknown_settings(config, name, &said, &mapping)?;
    Ok(Job {
        mapping,
        settings: said.settings,
        full,
        eager: true,
        census: full,
        approved_deletes: None,
        approved: None,
        zone: config.zone.clone(),
        stop: StopSignal::never(),
    })
}
