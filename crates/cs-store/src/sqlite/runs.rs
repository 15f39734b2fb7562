//! Runs in SQLite.

use cs_domain::{Run, RunId};
use cs_ports::StoreError;

use super::{SqliteStore, commit, from_json, to_json};
use crate::error::database;
use crate::{sql, stamp};

pub(super) async fn put(store: &SqliteStore, run: &Run) -> Result<(), StoreError> {
    const OPERATION: &str = "write down a run";
    let body = to_json(OPERATION, run)?;
    let mut writing = store.write(OPERATION).await?;
    sqlx::query(sql::PUT_RUN)
        .bind(&run.id.0)
        .bind(stamp::write(run.started))
        .bind(body)
        .bind(run.mapping.as_str())
        .bind(run.status.as_str())
        .bind(run.ended.map(stamp::write))
        .execute(&mut *writing)
        .await
        .map_err(database(OPERATION))?;
    commit(writing, OPERATION).await
}

pub(super) async fn one(store: &SqliteStore, id: &RunId) -> Result<Option<Run>, StoreError> {
    let body: Option<String> = sqlx::query_scalar(sql::RUN)
        .bind(&id.0)
        .fetch_optional(&store.pools.readers)
        .await
        .map_err(database("read a run"))?;
    body.map(|body| from_json("run", &body)).transpose()
}

pub(super) async fn latest(store: &SqliteStore, limit: u32) -> Result<Vec<Run>, StoreError> {
    let bodies: Vec<String> = sqlx::query_scalar(sql::RUNS)
        .bind(i64::from(limit))
        .fetch_all(&store.pools.readers)
        .await
        .map_err(database("read the runs"))?;
    bodies.iter().map(|body| from_json("run", body)).collect()
}
