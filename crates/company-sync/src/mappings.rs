//! The mappings an installation has: the shipped ones, and those its configuration gives a file.

use std::fs;
use std::path::Path;

use cs_domain::mapping::{ParsedMapping, parse, shipped};
use cs_engine::Job;

use crate::config::{Config, MappingConfig};
use crate::failure::CommandError;
use crate::render::aside;

/// The mapping that runs where nothing else is said.
const DEFAULT: &str = "policy";

/// The names of all mappings there are.
pub(crate) fn known(config: &Config) -> Vec<String> {
    let mut names: Vec<String> = shipped().iter().map(|(name, _)| (*name).to_owned()).collect();
    names.extend(
        config.mappings.keys().filter(|name| !shipped().iter().any(|(known, _)| known == name)).cloned(),
    );
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
    let failed = |source| CommandError::File { doing: "read", file: file.display().to_string(), source };
    fs::read_to_string(file).map_err(failed)
}

/// A mapping found to be right; where it is not, everything that is wrong with it is printed.
pub(crate) fn parsed(file: &str, text: &str) -> Result<ParsedMapping, CommandError> {
    parse(text).map_err(|problems| {
        for problem in &problems {
            aside(&problem.render(file).to_string());
        }
        CommandError::MappingFile { file: file.to_owned() }
    })
}

/// What is to be run for a mapping.
pub(crate) fn job(config: &Config, name: &str, full: bool) -> Result<Job, CommandError> {
    let (file, text) = source(config, name)?;
    let MappingConfig { settings, .. } = config.mappings.get(name).cloned().unwrap_or_default();
    let mapping = parsed(&file, &text)?.mapping;
    Ok(Job { mapping, settings, full, eager: true, zone: config.zone.clone() })
}
