//! Opening the file: its permissions, its settings, and what to say where it cannot be opened.

use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use cs_ports::StoreError;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Connection as _};

use crate::error::{OpenError, corrupt, database, failed, is_busy};
use crate::migrate::{Found, holds_store, migrate};

const OPERATION: &str = "open its database";

/// How long a statement waits for another process that writes.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long to wait before opening is tried again.
const PAUSE: Duration = Duration::from_millis(20);

/// How long a call waits for the calls before it. SQLite has one writer; a large transaction of ours (`restage_all`
/// over a million units) must not make the others fail.
const QUEUE: Duration = Duration::from_mins(10);

/// Connections that read; more would only wait for the processor.
const READERS: u32 = 4;

/// The writer and the readers of a store.
pub(super) struct Pools {
    pub(super) writer: SqlitePool,
    pub(super) readers: SqlitePool,
}

/// Opens the file, makes it where it is not there, and brings its schema up to date.
///
/// While one process turns a new file to the write-ahead log, others are told that it is locked at once, without the
/// wait that [`PATIENCE`] gives to every other statement. They begin again.
pub(super) async fn open(path: &Path) -> Result<Pools, StoreError> {
    make_private(path).map_err(|error| failed(OPERATION, error))?;
    let begun = Instant::now();
    loop {
        match attempt(path).await {
            Err(error) if is_busy(&error) && begun.elapsed() < PATIENCE => tokio::time::sleep(PAUSE).await,
            answer => return answer,
        }
    }
}

/// That the file holds a store, without changing it.
pub(super) async fn expect_store(path: &Path) -> Result<(), StoreError> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true).disable_statement_logging();
    let mut connection = options.connect().await.map_err(database(OPERATION))?;
    let holds = holds_store(&mut connection).await;
    let closed = connection.close().await.map_err(database(OPERATION));
    let holds = holds?;
    closed?;
    if holds { Ok(()) } else { Err(failed(OPERATION, OpenError::NoStore { path: path.to_owned() })) }
}

/// That SQLite finds no damage in the file (<https://www.sqlite.org/pragma.html#pragma_quick_check>).
pub(super) async fn expect_sound(readers: &SqlitePool) -> Result<(), StoreError> {
    const OPERATION: &str = "look for damage";
    let options = readers.connect_options().as_ref().clone().disable_statement_logging();
    let mut connection = options.connect().await.map_err(database(OPERATION))?;
    let said = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut connection).await;
    let closed = connection.close().await.map_err(database(OPERATION));
    let said: String = said.map_err(database(OPERATION))?;
    closed?;
    if said == "ok" { Ok(()) } else { Err(corrupt("database file", OpenError::Damaged { said })) }
}

async fn attempt(path: &Path) -> Result<Pools, StoreError> {
    let options = options(path);
    match up_to_date(&options).await? {
        Found::Ours => {
            let writer = connect_writer(&options).await?;
            let readers = pool(READERS).connect_lazy_with(options.pragma("query_only", "ON"));
            Ok(Pools { writer, readers })
        }
        Found::Foreign => {
            let path = path.to_owned();
            Err(failed(OPERATION, OpenError::ForeignDatabase { path }))
        }
    }
}

/// Brings the schema up to date, on a connection that tells nobody how long that took: a new index over a large store takes
/// its time, and a warning with the whole of the statement is nothing that its user could act on.
async fn up_to_date(options: &SqliteConnectOptions) -> Result<Found, StoreError> {
    let quiet = options.clone().disable_statement_logging();
    let mut connection = quiet.connect().await.map_err(database(OPERATION))?;
    let found = migrate(&mut connection).await;
    let closed = connection.close().await.map_err(database(OPERATION));
    let found = found?;
    closed.map(|()| found)
}

/// The one connection that writes.
///
/// A full disk makes SQLite roll a transaction back by itself; sqlx then fails to roll it back once more, takes the
/// connection to be in that transaction for ever, and refuses the next one. So the writer is tested before use (which
/// also waits until a rollback under way is through) and replaced where it is stuck.
async fn connect_writer(options: &SqliteConnectOptions) -> Result<SqlitePool, StoreError> {
    pool(1)
        .test_before_acquire(true)
        .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
        .connect_with(options.clone())
        .await
        .map_err(database(OPERATION))
}

/// One pool of connections that live as long as the store.
fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(QUEUE)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

/// The settings of every connection.
///
/// `synchronous=FULL`: with the write-ahead log, NORMAL does not wait for the disk when a transaction commits, and a
/// power cut takes back the last of them. An intent must be durable *before* the peer is written to (DESIGN.md, "What
/// must always hold", 2): a create whose intent was taken back would not be recovered.
fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .busy_timeout(PATIENCE)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        // Gives the log's space back after a large transaction.
        .pragma("journal_size_limit", "67108864")
        .pragma("cache_size", "-16000")
}

/// Sees to it that the file is there and that nobody but its owner can read it: it holds customers' data. SQLite gives
/// its companions (`-wal`, `-shm`) the permissions of the file itself.
///
/// An existing file is never opened here: closing it would drop the locks that SQLite holds on it for this process.
fn make_private(path: &Path) -> Result<(), OpenError> {
    match create_new(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => tighten(path),
        Err(source) => {
            let folder = match path.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => parent,
                _ => Path::new("."),
            };
            if folder.is_dir() {
                Err(OpenError::NotWritable { path: path.to_owned(), source })
            } else {
                Err(OpenError::NoFolder { folder: folder.to_owned(), source })
            }
        }
    }
}

/// Makes an empty file that only its owner can read and write; fails where there is one.
pub(super) fn create_new(path: &Path) -> io::Result<fs::File> {
    let mut how = fs::OpenOptions::new();
    how.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut how, 0o600);
    how.open(path)
}

/// Takes the rights of others away from a file that is there.
fn tighten(path: &Path) -> Result<(), OpenError> {
    let failure = |source| OpenError::NotWritable { path: path.to_owned(), source };
    let about = fs::metadata(path).map_err(failure)?;
    if !about.is_file() {
        return Err(OpenError::NotAFile { path: path.to_owned() });
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if about.permissions().mode() & 0o077 != 0 {
            fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(failure)?;
        }
    }
    Ok(())
}
