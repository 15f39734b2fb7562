//! `companies list|show|validate|try`.

use std::path::{Path, PathBuf};

use cs_companies::Limits;
use cs_companies::ReportFile;
use cs_companies::company::{Company, ReadOptions, Trial, try_report};
use jiff::civil::Date;
use serde_json::json;

use super::configuration;
use crate::cli::{CompaniesCommand, Global};
use crate::companies::{self, Known, Origin};
use crate::config::Config;
use crate::failure::{CommandError, Outcome};
use crate::inquiry;
use crate::reconciliation_error::ReconciliationError;
use crate::render::company;
use crate::render::line;

/// Runs `companies ...`.
pub(crate) async fn run(global: &Global, command: &CompaniesCommand) -> Result<Outcome, CommandError> {
    match command {
        CompaniesCommand::List => list(global, &configuration(global).await?),
        CompaniesCommand::Show { company, source } => {
            show(global, &configuration(global).await?, company, *source)
        }
        CompaniesCommand::Validate { files } => validate(global, files),
        CompaniesCommand::Try { file, company, as_of, rows } => {
            let config = configuration(global).await?;
            let known = companies::find(&config, company)?;
            let trial = trial(&config, &known, file, *as_of, *rows)?;
            line(&if global.json {
                json!(trial).to_string()
            } else {
                company::tried(&known.company, &trial, config.reconciliation.language)
            })?;
            // As a reconciliation of this report would end.
            let [_, _, unreadable] = trial.counts;
            Ok(if unreadable > 0 { Outcome::Partial } else { Outcome::Done })
        }
    }
}

fn list(global: &Global, config: &Config) -> Result<Outcome, CommandError> {
    for known in companies::all(config)?.values() {
        let Known { company, file, origin, .. } = known;
        let shipped = *origin == Origin::Shipped;
        let password = companies::password(config, company).is_some();
        line(&if global.json {
            json!({ "key": company.key, "name": company.name, "file": file, "shipped": shipped, "password_set": password })
                .to_string()
        } else {
            let from = if shipped { "shipped" } else { file.as_str() };
            let password = if password { ", password set" } else { "" };
            format!("{:<16} {:<20} {from}{password}", company.key, company.name)
        })?;
    }
    Ok(Outcome::Done)
}

fn show(global: &Global, config: &Config, key: &str, source: bool) -> Result<Outcome, CommandError> {
    let known = companies::find(config, key)?;
    if source {
        line(known.text.trim_end())?;
    } else if global.json {
        line(&company::object(&known.company).to_string())?;
    } else {
        line(&company::in_words(&known.company, &known.file))?;
    }
    Ok(Outcome::Done)
}

fn validate(global: &Global, files: &[PathBuf]) -> Result<Outcome, CommandError> {
    let mut outcome = Outcome::Done;
    for path in files {
        let name = path.display().to_string();
        let found = Company::from_toml(&name, &companies::read(path)?);
        let problems = found.as_ref().err().cloned().unwrap_or_default();
        if !problems.is_empty() {
            outcome = Outcome::Wrong;
        }
        match found {
            _ if global.json => {
                line(
                    &json!({ "file": name, "valid": problems.is_empty(), "problems": problems }).to_string(),
                )?;
            }
            Ok(company) => line(&format!("{name}: right: {} ({})", company.name, company.key))?,
            Err(problems) => companies::tell(&problems),
        }
    }
    Ok(outcome)
}

fn trial(
    config: &Config,
    known: &Known,
    path: &Path,
    as_of: Option<Date>,
    rows: usize,
) -> Result<Trial, CommandError> {
    let name = path.display().to_string();
    let bytes = inquiry::read_file(path, &config.reconciliation.limits)?;
    let period = inquiry::period(config, as_of, None);
    let limits: &Limits = &config.reconciliation.limits;
    let (settings, rules) = (companies::settings(config), config.extensions.rules());
    let options = ReadOptions { period: &period, limits, settings: &settings, rules: &rules };
    let password = companies::password(config, &known.company);
    let file = ReportFile { name: &name, bytes: &bytes, password };
    let refused = |refusal| {
        let password_of = companies::password_key(&known.company);
        ReconciliationError::Refused { file: name.clone(), password_of, refusal }
    };
    Ok(try_report(&file, &known.company, &options, rows).map_err(refused)?)
}
