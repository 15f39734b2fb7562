//! Schedules in SQLite.

use cs_ports::{Schedule, StoreError, Task};
use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;

use super::{SqliteStore, column, commit, from_json, number, tasks, to_json};
use crate::error::database;
use crate::stamp;
use crate::tasks::sql;
use crate::word::Word;

pub(super) async fn all(store: &SqliteStore) -> Result<Vec<Schedule>, StoreError> {
    let rows = sqlx::query(sql::SCHEDULES)
        .fetch_all(&store.pools.readers)
        .await
        .map_err(database("read the schedules"))?;
    rows.iter().map(schedule).collect()
}

pub(super) async fn put(store: &SqliteStore, schedule: &Schedule) -> Result<(), StoreError> {
    const OPERATION: &str = "write down a schedule";
    let mut writing = store.write(OPERATION).await?;
    sqlx::query(sql::PUT_SCHEDULE)
        .bind(&schedule.name)
        .bind(to_json(OPERATION, &schedule.work)?)
        .bind(&schedule.cron)
        .bind(schedule.enabled)
        .bind(schedule.catch_up.word())
        .bind(i64::from(schedule.time_limit))
        .bind(i64::from(schedule.attempts_allowed))
        .bind(stamp::write(schedule.seen))
        .execute(&mut *writing)
        .await
        .map_err(database(OPERATION))?;
    commit(writing, OPERATION).await
}

pub(super) async fn remove(store: &SqliteStore, name: &str) -> Result<(), StoreError> {
    const OPERATION: &str = "remove a schedule";
    let mut writing = store.write(OPERATION).await?;
    sqlx::query(sql::REMOVE_SCHEDULE).bind(name).execute(&mut *writing).await.map_err(database(OPERATION))?;
    commit(writing, OPERATION).await
}

/// A task whose id is taken leaves the schedule where it is: its time is not over before there is a task for it.
pub(super) async fn fire(
    store: &SqliteStore,
    schedule: &Schedule,
    to: Timestamp,
    task: Option<&Task>,
) -> Result<bool, StoreError> {
    const OPERATION: &str = "move a schedule";
    let mut writing = store.write(OPERATION).await?;
    let moved = sqlx::query(sql::FIRE)
        .bind(&schedule.name)
        .bind(stamp::write(schedule.seen))
        .bind(stamp::write(to))
        .execute(&mut *writing)
        .await
        .map_err(database(OPERATION))?;
    if moved.rows_affected() == 0 {
        return Ok(false);
    }
    if let Some(task) = task
        && !tasks::add(&mut writing, task).await?
    {
        return Ok(false);
    }
    commit(writing, OPERATION).await?;
    Ok(true)
}

fn schedule(row: &SqliteRow) -> Result<Schedule, StoreError> {
    Ok(Schedule {
        name: column(row, "name")?,
        work: from_json("schedule", column(row, "work")?)?,
        cron: column(row, "cron")?,
        enabled: column(row, "enabled")?,
        catch_up: Word::read(column(row, "catch_up")?)?,
        time_limit: number(column(row, "time_limit")?)?,
        attempts_allowed: number(column(row, "attempts_allowed")?)?,
        seen: stamp::read(column(row, "seen")?)?,
    })
}
