//! Tasks in SQLite.

use async_trait::async_trait;
use cs_domain::plan::Plan;
use cs_domain::{Balance, Failure, RunId, RunStatus};
use cs_ports::{
    FileId, Lease, Schedule, StoreError, Task, TaskFilter, TaskId, TaskStore, UploadedFile, Work,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::{SqliteStore, column, commit, files, from_json, number, plans, schedules, to_json};
use crate::error::{corrupt, database};
use crate::tasks::{check_lease, sql};
use crate::{stamp, text};

/// What of a task nobody looks up by.
#[derive(Serialize, Deserialize)]
struct Rest {
    asked: Timestamp,
    started: Option<Timestamp>,
    ended: Option<Timestamp>,
    not_before: Option<Timestamp>,
    attempts: u32,
    attempts_allowed: u32,
    time_limit: u32,
    run: Option<RunId>,
    expected: u64,
    balance: Balance,
    #[serde(default)]
    reached: u64,
    failure: Option<Failure>,
    outcome: Json,
}

#[async_trait]
impl TaskStore for SqliteStore {
    async fn add_task(&self, task: &Task) -> Result<bool, StoreError> {
        const OPERATION: &str = "keep a task";
        let mut writing = self.write(OPERATION).await?;
        let added = add(&mut writing, task).await?;
        commit(writing, OPERATION).await?;
        Ok(added)
    }

    async fn put_task(&self, lease: &Lease, task: &Task) -> Result<(), StoreError> {
        const OPERATION: &str = "write down a task";
        check_lease(lease, task)?;
        let mut writing = self.write_under(lease, OPERATION).await?;
        write(&mut writing, sql::PUT_TASK, task).await?;
        commit(writing, OPERATION).await
    }

    async fn cancel_task(&self, id: &TaskId) -> Result<bool, StoreError> {
        const OPERATION: &str = "note that a task is to stop";
        let mut writing = self.write(OPERATION).await?;
        let done = sqlx::query(sql::CANCEL_TASK)
            .bind(&id.0)
            .execute(&mut *writing)
            .await
            .map_err(database(OPERATION))?;
        commit(writing, OPERATION).await?;
        Ok(done.rows_affected() > 0)
    }

    async fn task(&self, id: &TaskId) -> Result<Option<Task>, StoreError> {
        let row = sqlx::query(sql::TASK)
            .bind(&id.0)
            .fetch_optional(&self.pools.readers)
            .await
            .map_err(database("read a task"))?;
        row.as_ref().map(task).transpose()
    }

    async fn open_tasks(&self) -> Result<Vec<Task>, StoreError> {
        let rows = sqlx::query(sql::OPEN_TASKS)
            .fetch_all(&self.pools.readers)
            .await
            .map_err(database("read the open tasks"))?;
        rows.iter().map(task).collect()
    }

    async fn tasks(
        &self,
        filter: &TaskFilter,
        before: Option<&TaskId>,
        limit: u32,
    ) -> Result<Vec<Task>, StoreError> {
        let mut query = QueryBuilder::new("SELECT * FROM task WHERE TRUE");
        narrow(&mut query, filter);
        if let Some(before) = before {
            query.push(" AND id < ").push_bind(before.0.clone());
        }
        query.push(" ORDER BY id DESC LIMIT ").push_bind(i64::from(limit));
        let rows = query.build().fetch_all(&self.pools.readers).await.map_err(database("read tasks"))?;
        rows.iter().map(task).collect()
    }

    async fn count_tasks(&self, filter: &TaskFilter) -> Result<u64, StoreError> {
        let mut query = QueryBuilder::new("SELECT COUNT(*) FROM task WHERE TRUE");
        narrow(&mut query, filter);
        let count = query.build_query_scalar().fetch_one(&self.pools.readers).await;
        number(count.map_err(database("count tasks"))?)
    }

    async fn add_plans(&self, task: &TaskId, plans: &[Plan]) -> Result<(), StoreError> {
        plans::add(self, task, plans).await
    }

    async fn plans(
        &self,
        task: &TaskId,
        only_writing: bool,
        offset: u64,
        limit: u32,
    ) -> Result<Vec<Plan>, StoreError> {
        plans::page(self, task, only_writing, offset, limit).await
    }

    async fn count_plans(&self, task: &TaskId, only_writing: bool) -> Result<u64, StoreError> {
        plans::count(self, task, only_writing).await
    }

    async fn drop_plans(&self, task: &TaskId) -> Result<(), StoreError> {
        plans::drop_all(self, task).await
    }

    async fn schedules(&self) -> Result<Vec<Schedule>, StoreError> {
        schedules::all(self).await
    }

    async fn put_schedule(&self, schedule: &Schedule) -> Result<(), StoreError> {
        schedules::put(self, schedule).await
    }

    async fn remove_schedule(&self, name: &str) -> Result<(), StoreError> {
        schedules::remove(self, name).await
    }

    async fn fire(
        &self,
        schedule: &Schedule,
        to: Timestamp,
        task: Option<&Task>,
    ) -> Result<bool, StoreError> {
        schedules::fire(self, schedule, to, task).await
    }

    async fn put_file(&self, file: &UploadedFile, bytes: &[u8]) -> Result<(), StoreError> {
        files::put(self, file, bytes).await
    }

    async fn file(&self, id: &FileId) -> Result<Option<(UploadedFile, Vec<u8>)>, StoreError> {
        files::one(self, id).await
    }
}

/// Adds a task, unless one of its id is there.
pub(super) async fn add(connection: &mut SqliteConnection, task: &Task) -> Result<bool, StoreError> {
    write(connection, sql::ADD_TASK, task).await
}

/// Answers whether there is a row now that was not there, or another.
async fn write(
    connection: &mut SqliteConnection,
    statement: &'static str,
    task: &Task,
) -> Result<bool, StoreError> {
    const OPERATION: &str = "write down a task";
    let written = sqlx::query(statement)
        .bind(&task.id.0)
        .bind(&task.title)
        .bind(task.work.kind())
        .bind(task.work.lane())
        .bind(&task.asked_by)
        .bind(task.status.as_str())
        .bind(task.cancel)
        .bind(task.ended.map(stamp::write))
        .bind(to_json(OPERATION, &task.work)?)
        .bind(to_json(OPERATION, &rest(task))?)
        .execute(connection)
        .await
        .map_err(database(OPERATION))?;
    Ok(written.rows_affected() > 0)
}

fn rest(task: &Task) -> Rest {
    Rest {
        asked: task.asked,
        started: task.started,
        ended: task.ended,
        not_before: task.not_before,
        attempts: task.attempts,
        attempts_allowed: task.attempts_allowed,
        time_limit: task.time_limit,
        run: task.run.clone(),
        expected: task.expected,
        balance: task.balance,
        reached: task.reached,
        failure: task.failure.clone(),
        outcome: task.outcome.clone(),
    }
}

fn narrow(query: &mut QueryBuilder<Sqlite>, filter: &TaskFilter) {
    if let Some(statuses) = &filter.statuses {
        any_of(query, "status", statuses.iter().map(|status| status.as_str()));
    }
    if let Some(kinds) = &filter.kinds {
        any_of(query, "kind", kinds.iter().copied());
    }
    if let Some(lane) = &filter.lane {
        query.push(" AND lane = ").push_bind(lane.clone());
    }
    if let Some(wanted) = &filter.text {
        let pattern = text::pattern(wanted);
        for (before, column) in [(" AND (", "title"), (" OR ", "asked_by"), (" OR ", "lane")] {
            query.push(before).push(column).push(" LIKE ").push_bind(pattern.clone()).push(r" ESCAPE '\'");
        }
        query.push(")");
    }
}

/// Only rows whose column is one of these; none where there is no word.
pub(super) fn any_of<'w>(
    query: &mut QueryBuilder<Sqlite>,
    column: &'static str,
    words: impl Iterator<Item = &'w str>,
) {
    query.push(" AND ").push(column).push(" IN (");
    let mut list = query.separated(", ");
    for word in words {
        list.push_bind(word.to_owned());
    }
    query.push(")");
}

/// A status that is none.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no status")]
struct NoStatus(String);

fn task(row: &SqliteRow) -> Result<Task, StoreError> {
    let status: String = column(row, "status")?;
    let work: Work = from_json("task", column(row, "work")?)?;
    let rest: Rest = from_json("task", column(row, "body")?)?;
    Ok(Task {
        id: TaskId(column(row, "id")?),
        title: column(row, "title")?,
        work,
        status: RunStatus::parse(&status).ok_or_else(|| corrupt("task", NoStatus(status)))?,
        asked_by: column(row, "asked_by")?,
        asked: rest.asked,
        started: rest.started,
        ended: rest.ended,
        not_before: rest.not_before,
        attempts: rest.attempts,
        attempts_allowed: rest.attempts_allowed,
        time_limit: rest.time_limit,
        cancel: column(row, "cancel")?,
        run: rest.run,
        expected: rest.expected,
        balance: rest.balance,
        reached: rest.reached,
        failure: rest.failure,
        outcome: rest.outcome,
    })
}
