//! `config init|show|export|import|diff`.

mod files;

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use super::{configuration, data_dir};
use crate::cli::{ConfigCommand, Global};
use crate::config::{Config, ConfigError, TEMPLATE};
use crate::failure::{CommandError, Outcome};
use crate::office;
use crate::render::line;
use crate::wiring::existing_store;

/// Runs `config ...`.
pub(crate) async fn run(global: &Global, command: &ConfigCommand) -> Result<Outcome, CommandError> {
    match command {
        ConfigCommand::Init { print: true, .. } => line(TEMPLATE.trim_end())?,
        ConfigCommand::Init { file, .. } => {
            write_new(file)?;
            line(&format!(
                "Wrote {}. Fill in the two systems and the mapping's settings; then write VTiger's access key into vtiger.key and \
                 Frappe's API secret into frappe.secret beside it, each on the first line of its file (chmod 600), and run \
                 `company-sync check`.",
                file.display()
            ))?;
        }
        ConfigCommand::ForgetSecrets => forget_secrets(global).await?,
        ConfigCommand::Show => line(&shown(&configuration(global).await?))?,
        ConfigCommand::Export { folder } => return files::export(global, folder).await,
        ConfigCommand::Import { folder, dry_run } => return files::import(global, folder, *dry_run).await,
        ConfigCommand::Diff { folder } => return files::diff(global, folder).await,
    }
    Ok(Outcome::Done)
}

/// Removes the secrets that pages keep, whether or not anybody has their key. Nothing else is read: it may need them.
async fn forget_secrets(global: &Global) -> Result<(), CommandError> {
    let store = existing_store(&data_dir(global)?).await?;
    let names = office::kept::forget_secrets(&store).await;
    store.close().await;
    let names = names?;
    line(&match names.as_slice() {
        [] => "There are no secrets in the store.".to_owned(),
        names => format!("Forgotten: {}. Type them again on the settings' pages.", names.join(", ")),
    })
}

/// Writes the template; a file that is there is never overwritten.
fn write_new(path: &Path) -> Result<(), CommandError> {
    let failed = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::AlreadyExists => ConfigError::Exists { path: path.to_owned() }.into(),
        _ => CommandError::File { doing: "write", file: path.display().to_string(), source },
    };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(failed)?;
    file.write_all(TEMPLATE.as_bytes()).map_err(failed)
}

fn shown(config: &Config) -> String {
    let source =
        config.source.as_ref().map_or_else(|| "no file".to_owned(), |path| path.display().to_string());
    let mut lines = vec![
        format!("configuration: {source}"),
        format!("data_dir: {}", config.data_dir.display()),
        format!("time_zone: {}", config.zone.iana_name().unwrap_or("the machine's")),
    ];
    match &config.vtiger {
        Some(vtiger) => lines.push(format!("vtiger: {} as {} (access key set)", vtiger.url, vtiger.user)),
        None => lines.push("vtiger: not configured".to_owned()),
    }
    match &config.frappe {
        Some(frappe) => lines.push(format!("frappe: {} (key and secret set)", frappe.url)),
        None => lines.push("frappe: not configured".to_owned()),
    }
    for (name, mapping) in &config.mappings {
        let file =
            mapping.file.as_ref().map_or_else(|| "shipped".to_owned(), |path| path.display().to_string());
        let settings = mapping.settings.iter().map(|(key, value)| format!("{key} = {value}"));
        lines.push(format!("mapping {name} ({file}): {}", settings.collect::<Vec<_>>().join(", ")));
    }
    lines.join("\n")
}
