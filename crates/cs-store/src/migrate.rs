//! The steps that bring a store to the schema this program knows; forward only.

use cs_ports::StoreError;
use sqlx::{Connection, Row, SqliteConnection};

use crate::error::database;

/// The steps for SQLite; a step's version is its place, counted from one. What was released is never edited.
const STEPS: &[&str] = &[
    include_str!("../migrations/sqlite/0001_first.sql"),
    include_str!("../migrations/sqlite/0002_both_directions.sql"),
    include_str!("../migrations/sqlite/0003_findings.sql"),
    include_str!("../migrations/sqlite/0004_systems.sql"),
    include_str!("../migrations/sqlite/0005_service.sql"),
    include_str!("../migrations/sqlite/0006_insight.sql"),
    include_str!("../migrations/sqlite/0007_failure_code.sql"),
    include_str!("../migrations/sqlite/0009_mappings.sql"),
    include_str!("../migrations/sqlite/0010_schemas_and_proposals.sql"),
    include_str!("../migrations/sqlite/0012_retired_mappings.sql"),
    include_str!("../migrations/sqlite/0013_counted_findings.sql"),
    include_str!("../migrations/sqlite/0014_whole_units.sql"),
];

const OPERATION: &str = "bring its schema up to date";

/// What a file turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Ours, now at the schema this program knows.
    Ours,
    /// A database with tables of somebody else.
    Foreign,
}

/// Takes every step that is missing. Each step is a transaction that first takes the write lock and then looks which
/// step is next, so that of two processes that open a store at once one waits and finds the work done.
pub(crate) async fn migrate(connection: &mut SqliteConnection) -> Result<Found, StoreError> {
    loop {
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(database(OPERATION))?;
        let Some(version) = version(&mut transaction).await? else {
            return Ok(Found::Foreign);
        };
        let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
        if version > known {
            return Err(StoreError::TooNew { found: version, known });
        }
        let next = usize::try_from(version).ok().and_then(|version| STEPS.get(version));
        let Some(step) = next else { return Ok(Found::Ours) };
        sqlx::raw_sql(*step).execute(&mut *transaction).await.map_err(database(OPERATION))?;
        sqlx::query("INSERT INTO schema_version (version) VALUES ($1)")
            .bind(version + 1)
            .execute(&mut *transaction)
            .await
            .map_err(database(OPERATION))?;
        transaction.commit().await.map_err(database(OPERATION))?;
    }
}

/// Whether there is a store of ours in the database.
pub(crate) async fn holds_store(connection: &mut SqliteConnection) -> Result<bool, StoreError> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'schema_version')")
        .fetch_one(connection)
        .await
        .map_err(database(OPERATION))
}

/// The schema's version: 0 for an empty database (which gets its version table here), `None` for somebody else's.
async fn version(connection: &mut SqliteConnection) -> Result<Option<i64>, StoreError> {
    let tables = sqlx::query("SELECT COUNT(*), COALESCE(SUM(name = 'schema_version'), 0) FROM sqlite_schema")
        .fetch_one(&mut *connection)
        .await
        .map_err(database(OPERATION))?;
    let all: i64 = tables.try_get(0).map_err(database(OPERATION))?;
    let ours: i64 = tables.try_get(1).map_err(database(OPERATION))?;
    if ours == 0 && all > 0 {
        return Ok(None);
    }
    if ours == 0 {
        sqlx::query("CREATE TABLE schema_version (version INTEGER NOT NULL PRIMARY KEY) STRICT")
            .execute(&mut *connection)
            .await
            .map_err(database(OPERATION))?;
    }
    sqlx::query_scalar("SELECT COALESCE(MAX(version), 0) FROM schema_version")
        .fetch_one(&mut *connection)
        .await
        .map(Some)
        .map_err(database(OPERATION))
}
