//! The plans of dry runs in SQLite.

use cs_domain::plan::Plan;
use cs_ports::{StoreError, TaskId};

use super::{SqliteStore, commit, from_json, number, to_json};
use crate::error::database;
use crate::tasks::{shows_something, sql};

pub(super) async fn add(store: &SqliteStore, task: &TaskId, plans: &[Plan]) -> Result<(), StoreError> {
    const OPERATION: &str = "keep the plans of a dry run";
    let mut writing = store.write(OPERATION).await?;
    for plan in plans {
        sqlx::query(sql::ADD_PLAN)
            .bind(&task.0)
            .bind(shows_something(plan))
            .bind(to_json(OPERATION, plan)?)
            .execute(&mut *writing)
            .await
            .map_err(database(OPERATION))?;
    }
    commit(writing, OPERATION).await
}

pub(super) async fn page(
    store: &SqliteStore,
    task: &TaskId,
    only_writing: bool,
    offset: u64,
    limit: u32,
) -> Result<Vec<Plan>, StoreError> {
    let statement = if only_writing { sql::WRITING_PLANS } else { sql::PLANS };
    let bodies: Vec<String> = sqlx::query_scalar(statement)
        .bind(&task.0)
        .bind(i64::try_from(offset).unwrap_or(i64::MAX))
        .bind(i64::from(limit))
        .fetch_all(&store.pools.readers)
        .await
        .map_err(database("read the plans of a dry run"))?;
    bodies.iter().map(|body| from_json("plan", body)).collect()
}

pub(super) async fn count(store: &SqliteStore, task: &TaskId, only_writing: bool) -> Result<u64, StoreError> {
    let statement = if only_writing { sql::COUNT_WRITING_PLANS } else { sql::COUNT_PLANS };
    let count: i64 = sqlx::query_scalar(statement)
        .bind(&task.0)
        .fetch_one(&store.pools.readers)
        .await
        .map_err(database("count the plans of a dry run"))?;
    number(count)
}

pub(super) async fn drop_all(store: &SqliteStore, task: &TaskId) -> Result<(), StoreError> {
    const OPERATION: &str = "forget the plans of a dry run";
    let mut writing = store.write(OPERATION).await?;
    sqlx::query(sql::DROP_PLANS).bind(&task.0).execute(&mut *writing).await.map_err(database(OPERATION))?;
    commit(writing, OPERATION).await
}
