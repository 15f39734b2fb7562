//! `config export|import|diff`: what an installation goes by as a folder of files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use cs_ports::Clock as _;
use cs_store::MemoryStore;
use serde_json::json;

use super::super::flags;
use crate::cli::Global;
use crate::clock::SystemClock;
use crate::config::{Environment, Layers};
use crate::failure::{CommandError, Outcome};
use crate::folder::{self, Here, Import};
use crate::render::{aside, line};
use crate::wiring::{Home, existing_store, has_store};

/// Writes the folder. Files that say so already are not touched; others in it are left and told of.
pub(super) async fn export(global: &Global, path: &Path) -> Result<Outcome, CommandError> {
    let layers = layers(global)?;
    let here = look(&layers).await?;
    let files = here.written()?;
    let mut written = Vec::new();
    for (name, text) in &files {
        let file = path.join(name);
        if fs::read_to_string(&file).is_ok_and(|there| there == *text) {
            continue;
        }
        let folder = file.parent().unwrap_or(path);
        fs::create_dir_all(folder).map_err(failed("create", folder))?;
        fs::write(&file, text).map_err(failed("write", &file))?;
        written.push(name.clone());
    }
    for name in others(path, &|name| files.contains_key(name))? {
        aside(&format!("{}: nothing here is called so; it was left there", path.join(name).display()));
    }
    if global.json {
        line(
            &json!({ "folder": path, "files": files.keys().collect::<Vec<_>>(), "written": written })
                .to_string(),
        )?;
    } else {
        line(&format!("{}: {} files, {} of them written", path.display(), files.len(), written.len()))?;
    }
    Ok(Outcome::Done)
}

/// Says what the folder says otherwise than what runs, as `mapping diff` does of one mapping.
pub(super) async fn diff(global: &Global, path: &Path) -> Result<Outcome, CommandError> {
    let layers = layers(global)?;
    let here = look(&layers).await?;
    let differences = folder::read(path, &here)?.expect_right(path)?.differences(&here);
    if global.json {
        line(&json!({ "folder": path, "differences": differences }).to_string())?;
    } else {
        for difference in &differences {
            line(&difference.to_string())?;
        }
    }
    Ok(if differences.is_empty() { Outcome::Done } else { Outcome::Partial })
}

/// Makes the installation go by the folder, or says what that would change.
pub(super) async fn import(global: &Global, path: &Path, dry_run: bool) -> Result<Outcome, CommandError> {
    let layers = layers(global)?;
    let now = SystemClock.now();
    let plan = if dry_run {
        let here = look(&layers).await?;
        folder::planned(path, &here, folder::read(path, &here)?, now)?
    } else {
        let home = Home::enter(&layers.data_dir()).await?;
        let here = Here::look(&layers, home.store.as_ref()).await?;
        let plan = folder::planned(path, &here, folder::read(path, &here)?, now)?;
        if !plan.changes.is_empty() {
            folder::import(&home, path, &plan, now).await?;
        }
        home.store.close().await;
        plan
    };
    told(global, &plan, dry_run)?;
    Ok(if plan.left.is_empty() { Outcome::Done } else { Outcome::Partial })
}

fn told(global: &Global, plan: &Import, dry_run: bool) -> Result<(), CommandError> {
    let Import { changes, left, lacking, .. } = plan;
    if global.json {
        let object =
            json!({ "changes": changes, "left": left, "secrets_missing": lacking, "dry_run": dry_run });
        return line(&object.to_string());
    }
    for change in changes {
        line(&change.to_string())?;
    }
    for one in left {
        line(&format!("stays as it is, since {}:\n{}", one.why, one.difference))?;
    }
    if !lacking.is_empty() {
        let keys = lacking.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        line(&format!(
            "Secrets that are missing here: {keys}. Type them on the settings' pages, or give them in variables."
        ))?;
    }
    line(match (changes.is_empty(), dry_run) {
        (true, _) => "Nothing is to be changed.",
        (false, true) => "This was a dry run: nothing was changed.",
        (false, false) => {
            "Imported. A service that runs here takes it within a few seconds; a time zone, when it is started again."
        }
    })
}

fn layers(global: &Global) -> Result<Layers, CommandError> {
    Ok(Layers::read(&flags(global), &Environment::of_process())?)
}

/// What runs here. Where nothing was kept yet, no store is made.
async fn look(layers: &Layers) -> Result<Here<'_>, CommandError> {
    let data_dir = layers.data_dir();
    if !has_store(&data_dir) {
        return Here::look(layers, &MemoryStore::new()).await;
    }
    let store = existing_store(&data_dir).await?;
    let here = Here::look(layers, &store).await;
    store.close().await;
    here
}

/// The definitions in the folder that are not among these.
fn others(path: &Path, is_one: &dyn Fn(&str) -> bool) -> Result<Vec<PathBuf>, CommandError> {
    let mut all = Vec::new();
    for place in folder::PLACES {
        let within = path.join(place);
        let entries = match fs::read_dir(&within) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries.map_err(failed("read", &within))?,
        };
        for entry in entries {
            let name = Path::new(place).join(entry.map_err(failed("read", &within))?.file_name());
            let toml = name.extension().is_some_and(|extension| extension == "toml");
            if toml && !name.to_str().is_some_and(is_one) {
                all.push(name);
            }
        }
    }
    all.sort();
    Ok(all)
}

fn failed<'p>(doing: &'static str, path: &'p Path) -> impl FnOnce(io::Error) -> CommandError + use<'p> {
    move |source| CommandError::File { doing, file: path.display().to_string(), source }
}
