//! `mapping ...`: files found right or wrong, shown in words, and (`catalogue`) kept, published, compared.

mod catalogue;

use std::path::{Path, PathBuf};

use cs_domain::mapping::{ParsedMapping, Problem, json_schema, parse_with};
use serde_json::json;

use super::configuration;
use crate::cli::{Global, MappingCommand};
use crate::failure::{CommandError, Outcome};
use crate::mappings::{self, Editions};
use crate::render::{aside, line};
use catalogue::Target;
pub(crate) use catalogue::{CatalogueError, publish_text, who};

/// Runs `mapping ...`.
pub(crate) async fn run(global: &Global, command: &MappingCommand) -> Result<Outcome, CommandError> {
    match command {
        MappingCommand::Validate { files } => validate(global, files),
        MappingCommand::Schema => {
            line(&format!("{:#}", json_schema()))?;
            Ok(Outcome::Done)
        }
        MappingCommand::Show { mapping, source } => show(global, mapping, *source).await,
        MappingCommand::List => catalogue::list(global).await,
        MappingCommand::Export { mapping, version, draft, to, force } => {
            let to = to.as_deref().map(|file| Target { file, replace: *force });
            catalogue::export(global, mapping, *version, *draft, to).await
        }
        MappingCommand::Import { file, publish: _, note } => {
            catalogue::import(global, file, note.as_deref()).await
        }
        MappingCommand::Diff { file, against } => catalogue::diff(global, file, against.as_deref()).await,
        MappingCommand::Publish { mapping, note } => catalogue::publish(global, mapping, note).await,
        MappingCommand::Versions { mapping } => catalogue::versions(global, mapping).await,
        MappingCommand::Retire { mapping } => catalogue::retire(global, mapping).await,
        MappingCommand::Resume { mapping } => catalogue::resume(global, mapping).await,
        MappingCommand::Rollback { mapping, to, shipped: _, note } => {
            catalogue::roll_back(global, mapping, *to, note.as_deref()).await
        }
    }
}

fn validate(global: &Global, files: &[PathBuf]) -> Result<Outcome, CommandError> {
    let mut outcome = Outcome::Done;
    for file in files {
        let name = file.display().to_string();
        let found = mappings::read(file).map(|text| parse_with(&text, &global.extensions.transforms));
        if !matches!(found, Ok(Ok(_))) {
            outcome = Outcome::Wrong;
        }
        if global.json {
            line(&validated_object(&name, found).to_string())?;
        } else {
            tell_validated(&name, found)?;
        }
    }
    Ok(outcome)
}

/// What reading and parsing a mapping file came to.
type Validated = Result<Result<ParsedMapping, Vec<Problem>>, CommandError>;

fn tell_validated(name: &str, found: Validated) -> Result<(), CommandError> {
    match found {
        Ok(Ok(parsed)) => {
            let documents: usize = parsed.mapping.units.iter().map(|unit| unit.documents.len()).sum();
            line(&format!(
                "{name}: right: mapping {}, {} units, {documents} documents",
                parsed.mapping.name,
                parsed.mapping.units.len()
            ))?;
        }
        Ok(Err(problems)) => mappings::told(name, &problems).iter().for_each(|line| aside(line)),
        Err(error) => aside(&error.for_people()),
    }
    Ok(())
}

fn validated_object(name: &str, found: Validated) -> serde_json::Value {
    match found {
        Ok(Ok(parsed)) => {
            json!({ "file": name, "valid": true, "mapping": parsed.mapping.name, "problems": [] })
        }
        Ok(Err(problems)) => json!({ "file": name, "valid": false, "problems": problems }),
        Err(error) => {
            let mut object = json!({ "file": name, "valid": false, "problems": [] });
            if let (Some(fields), Some(error)) = (object.as_object_mut(), error.for_machines().get("error")) {
                fields.insert("error".to_owned(), error.clone());
            }
            object
        }
    }
}

async fn show(global: &Global, mapping: &str, source: bool) -> Result<Outcome, CommandError> {
    let path = Path::new(mapping);
    let is_file = path.extension().is_some() || path.components().count() > 1;
    let (file, text) = if is_file {
        (mapping.to_owned(), mappings::read(path)?)
    } else {
        let config = configuration(global).await?;
        let source = Editions::at_home(&config).await?.source(mapping)?;
        (source.file, source.text)
    };
    let parsed = mappings::parsed(&global.extensions.transforms, &file, &text)?;
    if source {
        line(text.trim_end())?;
    } else if global.json {
        line(&json!(parsed.mapping).to_string())?;
    } else {
        line(&parsed.mapping.to_string())?;
    }
    Ok(Outcome::Done)
}
