//! Settings and secrets in SQLite, and the removal of what is over.

use async_trait::async_trait;
use cs_ports::{KeptSettings, Pruned, SealedSecret, SettingsStore, StoreError};
use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::{SqliteStore, column, commit};
use crate::error::database;
use crate::settings::{answers_over, sql};
use crate::stamp;
use crate::tasks::sql::DROP_PLANS;

#[async_trait]
impl SettingsStore for SqliteStore {
    async fn settings(&self) -> Result<KeptSettings, StoreError> {
        let row = sqlx::query(sql::SETTINGS)
            .fetch_optional(&self.pools.readers)
            .await
            .map_err(database("read the settings"))?;
        let Some(row) = row else { return Ok(KeptSettings::default()) };
        Ok(KeptSettings { revision: column(&row, "revision")?, text: column(&row, "text")? })
    }

    async fn put_settings(
        &self,
        revision: i64,
        text: &str,
        secrets: &[SealedSecret],
    ) -> Result<bool, StoreError> {
        const OPERATION: &str = "write down the settings";
        let mut writing = self.write(OPERATION).await?;
        let statement = match revision {
            0 => sqlx::query(sql::FIRST_SETTINGS).bind(text),
            _ => sqlx::query(sql::NEXT_SETTINGS).bind(revision).bind(text),
        };
        let put = statement.execute(&mut *writing).await.map_err(database(OPERATION))?;
        if put.rows_affected() == 0 {
            return Ok(false);
        }
        for (name, sealed) in secrets {
            put_secret(&mut writing, name, sealed.as_deref()).await?;
        }
        commit(writing, OPERATION).await?;
        Ok(true)
    }

    async fn secret(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        sqlx::query_scalar(sql::SECRET)
            .bind(name)
            .fetch_optional(&self.pools.readers)
            .await
            .map_err(database("read a secret"))
    }

    async fn secret_names(&self) -> Result<Vec<String>, StoreError> {
        sqlx::query_scalar(sql::SECRET_NAMES)
            .fetch_all(&self.pools.readers)
            .await
            .map_err(database("read the names of secrets"))
    }

    async fn put_secret(&self, name: &str, sealed: Option<&[u8]>) -> Result<(), StoreError> {
        const OPERATION: &str = "write down a secret";
        let mut writing = self.write(OPERATION).await?;
        put_secret(&mut writing, name, sealed).await?;
        commit(writing, OPERATION).await
    }

    async fn prune(&self, before: Timestamp, now: Timestamp) -> Result<Pruned, StoreError> {
        const OPERATION: &str = "remove what is over";
        let mut writing = self.write(OPERATION).await?;
        let before = stamp::write(before);
        let pruned = Pruned {
            log: remove(&mut writing, sql::PRUNE_LOG, &before).await?,
            tasks: remove_tasks(&mut writing, &before).await?,
            files: remove(&mut writing, sql::PRUNE_FILES, &before).await?,
            journal: remove(&mut writing, sql::PRUNE_JOURNAL, &before).await?,
            expired: remove(&mut writing, sql::PRUNE_SESSIONS, &stamp::write(now)).await?
                + remove(&mut writing, sql::PRUNE_ANSWERS, &stamp::write(answers_over(now))).await?,
        };
        commit(writing, OPERATION).await?;
        Ok(pruned)
    }
}

/// Keeps a secret, or removes it.
async fn put_secret(
    connection: &mut SqliteConnection,
    name: &str,
    sealed: Option<&[u8]>,
) -> Result<(), StoreError> {
    let statement = match sealed {
        Some(sealed) => sqlx::query(sql::PUT_SECRET).bind(name).bind(sealed),
        None => sqlx::query(sql::REMOVE_SECRET).bind(name),
    };
    statement.execute(connection).await.map(drop).map_err(database("write down a secret"))
}

/// Runs a statement that removes by one time or name, and answers how much that was.
async fn remove(
    connection: &mut SqliteConnection,
    statement: &'static str,
    what: &str,
) -> Result<u64, StoreError> {
    let removed = sqlx::query(statement).bind(what).execute(connection).await;
    Ok(removed.map_err(database("remove what is over"))?.rows_affected())
}

/// Removes tasks with their plans.
async fn remove_tasks(connection: &mut SqliteConnection, before: &str) -> Result<u64, StoreError> {
    let gone: Vec<String> = sqlx::query_scalar(sql::PRUNE_TASKS)
        .bind(before)
        .fetch_all(&mut *connection)
        .await
        .map_err(database("remove what is over"))?;
    for task in &gone {
        remove(connection, DROP_PLANS, task).await?;
    }
    Ok(gone.len() as u64)
}
