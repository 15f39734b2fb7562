//! The journal of intents in SQLite.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use cs_domain::{Intent, IntentId, IntentState, MappingName, Role, RunId};
use cs_ports::{JournalEntry, Lease, Settlement, StoreError, UnitKey};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use super::{SqliteStore, column, commit, from_json, ties, to_json};
use crate::error::{JournalError, database, refused};
use crate::word::Word;
use crate::{journal, order, sql};

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
                return Err(refused(OPERATION)(JournalError::Repeated(intent.id.clone())));
            }
            Err(error) => return Err(database(OPERATION)(error)),
        }
    }
    commit(writing, OPERATION).await
}

pub(super) async fn settle(
    store: &SqliteStore,
    lease: &Lease,
    mapping: &MappingName,
    settlements: &[Settlement],
) -> Result<(), StoreError> {
    const OPERATION: &str = "settle writes";
    journal::check_ties(mapping, settlements).map_err(refused(OPERATION))?;
    let mut writing = store.write_under(lease, OPERATION).await?;
    let ids: BTreeSet<&IntentId> =
        settlements.iter().filter_map(|settlement| settlement.intent.as_ref()).collect();
    let states = states(&mut writing, mapping, &ids).await?;
    let closed = journal::close(settlements, |id| states.get(id).copied()).map_err(refused(OPERATION))?;
    close(&mut writing, &closed).await?;
    let changes = settlements.iter().flat_map(|settlement| &settlement.ties);
    ties::change(&mut writing, mapping, changes).await?;
    commit(writing, OPERATION).await
}

/// How far these intents of the mapping have come.
async fn states(
    connection: &mut SqliteConnection,
    mapping: &MappingName,
    ids: &BTreeSet<&IntentId>,
) -> Result<HashMap<IntentId, IntentState>, StoreError> {
    const OPERATION: &str = "read intents";
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sqlx::query(sql::own::INTENT_STATES)
        .bind(mapping.as_str())
        .bind(to_json(OPERATION, ids)?)
        .fetch_all(connection)
        .await
        .map_err(database(OPERATION))?;
    rows.iter().map(|row| Ok((IntentId(column(row, "id")?), Word::read(column(row, "state")?)?))).collect()
}

async fn close(
    connection: &mut SqliteConnection,
    closed: &BTreeMap<&IntentId, IntentState>,
) -> Result<(), StoreError> {
    const OPERATION: &str = "close intents";
    for to in [IntentState::Settled, IntentState::Dropped] {
        let ids: Vec<&IntentId> =
            closed.iter().filter(|(_, state)| **state == to).map(|(id, _)| *id).collect();
        if ids.is_empty() {
            continue;
        }
        sqlx::query(sql::own::CLOSE_INTENTS)
            .bind(to.word())
            .bind(to_json(OPERATION, &ids)?)
            .execute(&mut *connection)
            .await
            .map_err(database(OPERATION))?;
    }
    Ok(())
}

pub(super) async fn begun_for(store: &SqliteStore, unit: &UnitKey) -> Result<BTreeSet<Role>, StoreError> {
    let bodies: Vec<String> = sqlx::query_scalar(sql::BEGUN)
        .bind(unit.mapping.as_str())
        .bind(unit.unit.as_str())
        .bind(order::key(&unit.subject))
        .bind(unit.subject.id.as_str())
        .fetch_all(&store.pools.readers)
        .await
        .map_err(database("read what was created for a unit"))?;
    let intents =
        bodies.iter().map(|body| from_json::<Intent>("intent", body)).collect::<Result<Vec<_>, _>>()?;
    Ok(intents.iter().filter_map(|intent| journal::created_role(intent, unit)).collect())
}

pub(super) async fn of_run(store: &SqliteStore, run: &RunId) -> Result<Vec<JournalEntry>, StoreError> {
    let rows = sqlx::query(sql::JOURNAL)
        .bind(&run.0)
        .fetch_all(&store.pools.readers)
        .await
        .map_err(database("read the journal of a run"))?;
    rows.iter().map(entry).collect()
}

pub(super) fn entry(row: &SqliteRow) -> Result<JournalEntry, StoreError> {
    let intent = from_json("intent", column(row, "body")?)?;
    Ok(JournalEntry { intent, state: Word::read(column(row, "state")?)? })
}

pub(super) async fn open(store: &SqliteStore, mapping: &MappingName) -> Result<Vec<Intent>, StoreError> {
    let bodies: Vec<String> = sqlx::query_scalar(sql::OPEN_INTENTS)
        .bind(mapping.as_str())
        .fetch_all(&store.pools.readers)
        .await
        .map_err(database("read the open intents"))?;
    bodies.iter().map(|body| from_json("intent", body)).collect()
}
