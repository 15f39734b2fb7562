//! `mapping validate|schema|show`.

use std::path::{Path, PathBuf};

use cs_domain::mapping::json_schema;

use super::configuration;
use crate::cli::{Global, MappingCommand};
use crate::failure::{CommandError, Outcome};
use crate::mappings;
use crate::render::{aside, line};

/// Runs `mapping ...`.
pub(crate) fn run(global: &Global, command: &MappingCommand) -> Result<Outcome, CommandError> {
    match command {
        MappingCommand::Validate { files } => validate(files),
        MappingCommand::Schema => {
            line(&format!("{:#}", json_schema()))?;
            Ok(Outcome::Done)
        }
        MappingCommand::Show { mapping, source } => show(global, mapping, *source),
    }
}

fn validate(files: &[PathBuf]) -> Result<Outcome, CommandError> {
    let mut outcome = Outcome::Done;
    for file in files {
        let name = file.display().to_string();
        match mappings::parsed(&name, &mappings::read(file)?) {
            Ok(parsed) => {
                let documents: usize = parsed.mapping.units.iter().map(|unit| unit.documents.len()).sum();
                line(&format!(
                    "{name}: right: mapping {}, {} units, {documents} documents",
                    parsed.mapping.name,
                    parsed.mapping.units.len()
                ))?;
            }
            Err(error) => {
                aside(&format!("{name}: {error}"));
                outcome = Outcome::Wrong;
            }
        }
    }
    Ok(outcome)
}

fn show(global: &Global, mapping: &str, source: bool) -> Result<Outcome, CommandError> {
    let path = Path::new(mapping);
    let is_file = path.extension().is_some() || path.components().count() > 1;
    let (file, text) = if is_file {
        (mapping.to_owned(), mappings::read(path)?)
    } else {
        mappings::source(&configuration(global)?, mapping)?
    };
    let parsed = mappings::parsed(&file, &text)?;
    if source {
        line(text.trim_end())?;
    } else if global.json {
        line(&serde_json::json!(parsed.mapping).to_string())?;
    } else {
        line(&parsed.mapping.to_string())?;
    }
    Ok(Outcome::Done)
}
