//! A copy of the store while it is in use.

use std::io;
use std::path::{Path, PathBuf};

use cs_ports::StoreError;
use sqlx::{ConnectOptions as _, Connection as _, SqlitePool};

use super::open::create_new;
use crate::error::{OpenError, database, failed};

const OPERATION: &str = "make a backup";

/// Copies the database into `path`; leaves nothing there where it fails.
pub(super) async fn copy(readers: &SqlitePool, path: &Path) -> Result<(), StoreError> {
    create_new(path).map_err(|source| {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::AlreadyExists => failed(OPERATION, OpenError::Exists { path }),
            _ => failed(OPERATION, OpenError::NotWritable { path, source }),
        }
    })?;
    let unfinished = Unfinished(Some(path.to_owned()));
    vacuum_into(readers, path).await?;
    make_durable(path).await.map_err(|error| failed(OPERATION, error))?;
    unfinished.finish();
    Ok(())
}

async fn vacuum_into(readers: &SqlitePool, path: &Path) -> Result<(), StoreError> {
    // SQLite takes names as UTF-8 only.
    let name = path.to_str().ok_or_else(|| {
        failed(OPERATION, io::Error::new(io::ErrorKind::InvalidFilename, "the file's name is not UTF-8"))
    })?;
    // One of its own, which may write and tells nobody how long it takes: as long as the store is large.
    let options = readers.connect_options().as_ref().clone();
    let options = options.pragma("query_only", "OFF").disable_statement_logging();
    let mut connection = options.connect().await.map_err(database(OPERATION))?;
    let copied = sqlx::query("VACUUM INTO $1").bind(name).execute(&mut connection).await;
    connection.close().await.map_err(database(OPERATION))?;
    copied.map(drop).map_err(database(OPERATION))
}

/// `VACUUM INTO` does not wait for the disk (<https://www.sqlite.org/lang_vacuum.html>).
async fn make_durable(path: &Path) -> io::Result<()> {
    tokio::fs::File::open(path).await?.sync_all().await?;
    match path.parent() {
        Some(folder) if cfg!(unix) && !folder.as_os_str().is_empty() => {
            tokio::fs::File::open(folder).await?.sync_all().await
        }
        _ => Ok(()),
    }
}

/// A copy that is removed again unless it was finished, also where the caller went away in the middle.
struct Unfinished(Option<PathBuf>);

impl Unfinished {
    fn finish(mut self) {
        self.0 = None;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // Nothing better can be done about a copy that cannot be removed; the error that led here is told.
            drop(std::fs::remove_file(path));
        }
    }
}
