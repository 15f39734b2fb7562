//! `backup` and `restore`: the whole of what is remembered, in one file.
//!
//! Secrets are in it as they are in the store: sealed. Their key (`secret.key`, or wherever it is configured) is kept
//! elsewhere on purpose, and has to be backed up by itself.

use std::fs;
use std::path::{Path, PathBuf};

use cs_store::SqliteStore;

use super::data_dir;
use crate::cli::{Backup, Global, Restore};
use crate::failure::{CommandError, Outcome};
use crate::holder::Holder;
use crate::render::line;
use crate::wiring::{existing_store, store_file};

/// Runs `backup`. The service may go on meanwhile.
pub(crate) async fn back_up(global: &Global, backup: &Backup) -> Result<Outcome, CommandError> {
    if backup.file.exists() {
        return Err(CommandError::BackupThere { file: backup.file.display().to_string() });
    }
    let store = existing_store(&data_dir(global)?).await?;
    store.backup_to(&backup.file).await?;
    store.close().await;
    line(&format!("Everything that is remembered is in {}.", backup.file.display()))?;
    line(
        "Secrets in it are sealed; keep their key elsewhere (secret.key in the data folder, unless configured).",
    )?;
    Ok(Outcome::Done)
}

/// Runs `restore`. Nobody may use the store meanwhile; what is there now is put aside, not overwritten.
pub(crate) async fn restore(global: &Global, restore: &Restore) -> Result<Outcome, CommandError> {
    let data_dir = data_dir(global)?;
    let failed = |doing, path: &Path| {
        let file = path.display().to_string();
        move |source| CommandError::File { doing, file, source }
    };
    fs::create_dir_all(&data_dir).map_err(failed("create", &data_dir))?;
    if let Some(holder) = Holder::somebody(&data_dir).map_err(failed("read", &data_dir))? {
        return Err(CommandError::InUse { holder });
    }
    let place = store_file(&data_dir);
    let fresh = place.with_extension("restoring");
    fs::copy(&restore.file, &fresh).map_err(failed("read", &restore.file))?;
    // What cannot be opened replaces nothing.
    match SqliteStore::open_existing(&fresh).await {
        Ok(store) => store.close().await,
        Err(source) => {
            // What is left of the attempt is in nobody's way.
            let _ = fs::remove_file(&fresh);
            return Err(CommandError::NoBackup { file: restore.file.display().to_string(), source });
        }
    }
    let aside = free_beside(&place);
    if place.exists() {
        // Folds the write-ahead log into the file, so that it is whole by itself. Where it can no longer be opened, which may
        // be why somebody restores, the log goes along: nothing of it may be taken for the restored store's.
        if let Ok(store) = existing_store(&data_dir).await {
            store.close().await;
        }
        for companion in ["", "-wal", "-shm"] {
            let (from, to) = (beside(&place, companion), beside(&aside, companion));
            if from.exists() {
                fs::rename(&from, &to).map_err(failed("put aside", &from))?;
            }
        }
        line(&format!("What was remembered until now is in {}.", aside.display()))?;
    }
    fs::rename(&fresh, &place).map_err(failed("write", &place))?;
    line(&format!("{} is restored. Run `company-sync check`, then a sync with --census.", place.display()))?;
    Ok(Outcome::Done)
}

/// The file of a database's own beside it.
fn beside(place: &Path, companion: &str) -> PathBuf {
    let mut name = place.as_os_str().to_owned();
    name.push(companion);
    name.into()
}

/// Where a file can be put aside: an earlier one that was put aside stays.
fn free_beside(place: &Path) -> PathBuf {
    let mut number = 1_u32;
    loop {
        let aside = place.with_extension(format!("before-restore-{number}.sqlite3"));
        if !aside.exists() {
            return aside;
        }
        number += 1;
    }
}
