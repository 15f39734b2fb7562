//! The journal of intents in SQLite.

use cs_domain::{Intent, IntentId, IntentState, MappingName};
use cs_ports::{Lease, Settlement, StoreError};
use sqlx::SqliteConnection;

use super::{SqliteStore, commit, from_json, ties, to_json};
use crate::error::{JournalError, database, failed};
use crate::word::Word;
use crate::{journal, sql};

pub(super) async fn record(store: &SqliteStore, lease: &Lease, intents: &[Intent]) -> Result<(), StoreError> {
    const OPERATION: &str = "record intents";
    let mut writing = store.write_under(lease, OPERATION).await?;
    for intent in intents {
        let recorded = sqlx::query(sql::PUT_INTENT)
            .bind(&intent.id.0)
            .bind(intent.mapping.as_str())
            .bind(&intent.run.0)
            .bind(to_json(OPERATION, intent)?)
            .execute(&mut *writing)
            .await;
        match recorded {
            Ok(_) => {}
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
                return Err(failed(OPERATION, JournalError::Repeated(intent.id.clone())));
            }
            Err(error) => return Err(database(OPERATION)(error)),
        }
    }
    commit(writing, OPERATION).await
}

pub(super) async fn settle(
    store: &SqliteStore,
    lease: &Lease,
    settlement: &Settlement,
) -> Result<(), StoreError> {
    const OPERATION: &str = "settle a write";
    let mut writing = store.write_under(lease, OPERATION).await?;
    if let Some(id) = &settlement.intent {
        close(&mut writing, id, settlement.state).await?;
    }
    if let Some(tie) = &settlement.tie {
        ties::put(&mut writing, tie).await?;
    }
    commit(writing, OPERATION).await
}

async fn close(connection: &mut SqliteConnection, id: &IntentId, to: IntentState) -> Result<(), StoreError> {
    const OPERATION: &str = "close an intent";
    let from: Option<String> = sqlx::query_scalar(sql::INTENT_STATE)
        .bind(&id.0)
        .fetch_optional(&mut *connection)
        .await
        .map_err(database(OPERATION))?;
    let from = from.as_deref().map(IntentState::read).transpose()?;
    journal::close(id, from, to).map_err(|error| failed(OPERATION, error))?;
    sqlx::query(sql::CLOSE_INTENT)
        .bind(&id.0)
        .bind(to.word())
        .execute(connection)
        .await
        .map(drop)
        .map_err(database(OPERATION))
}

pub(super) async fn open(store: &SqliteStore, mapping: &MappingName) -> Result<Vec<Intent>, StoreError> {
    let bodies: Vec<String> = sqlx::query_scalar(sql::OPEN_INTENTS)
        .bind(mapping.as_str())
        .fetch_all(&store.pools.readers)
        .await
        .map_err(database("read the open intents"))?;
    bodies.iter().map(|body| from_json("intent", body)).collect()
}
