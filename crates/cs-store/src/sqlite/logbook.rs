//! The log in SQLite.

use cs_domain::{Event, RunId};
use cs_ports::{LogEntry, StoreError};
use jiff::Timestamp;
use serde_json::Value as Json;
use sqlx::sqlite::SqliteRow;

use super::{SqliteStore, column, commit, from_json};
use crate::error::{database, failed};
use crate::{sql, stamp, text};

pub(super) async fn append(
    store: &SqliteStore,
    run: &RunId,
    at: Timestamp,
    events: &[Event],
) -> Result<(), StoreError> {
    const OPERATION: &str = "add to the log";
    let at = stamp::write(at);
    let mut writing = store.write(OPERATION).await?;
    for event in events {
        let event = serde_json::to_value(event).map_err(|error| failed(OPERATION, error))?;
        let kind = event.get("event").and_then(Json::as_str).unwrap_or_default();
        sqlx::query(sql::APPEND_LOG)
            .bind(&at)
            .bind(&run.0)
            .bind(event.to_string())
            .bind(kind)
            .bind(text::words(&event))
            .execute(&mut *writing)
            .await
            .map_err(database(OPERATION))?;
    }
    commit(writing, OPERATION).await
}

pub(super) async fn read(
    store: &SqliteStore,
    run: Option<&RunId>,
    after: i64,
    limit: u32,
) -> Result<Vec<LogEntry>, StoreError> {
    let statement = match run {
        Some(run) => sqlx::query(sql::LOG_OF_RUN).bind(after).bind(i64::from(limit)).bind(&run.0),
        None => sqlx::query(sql::LOG).bind(after).bind(i64::from(limit)),
    };
    let rows = statement.fetch_all(&store.pools.readers).await.map_err(database("read the log"))?;
    rows.iter().map(entry).collect()
}

pub(super) async fn latest(
    store: &SqliteStore,
    run: Option<&RunId>,
    limit: u32,
) -> Result<Vec<LogEntry>, StoreError> {
    let statement = match run {
        Some(run) => sqlx::query(sql::LATEST_LOG_OF_RUN).bind(i64::from(limit)).bind(&run.0),
        None => sqlx::query(sql::LATEST_LOG).bind(i64::from(limit)),
    };
    let rows = statement.fetch_all(&store.pools.readers).await.map_err(database("read the log"))?;
    rows.iter().rev().map(entry).collect()
}

pub(super) fn entry(row: &SqliteRow) -> Result<LogEntry, StoreError> {
    Ok(LogEntry {
        sequence: column(row, "sequence")?,
        at: stamp::read(column(row, "at")?)?,
        run: RunId(column(row, "run")?),
        event: from_json("event", column(row, "event")?)?,
    })
}
