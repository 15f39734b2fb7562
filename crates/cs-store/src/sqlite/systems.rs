//! Which systems the store belongs to.

use std::collections::BTreeMap;

use cs_domain::System;
use cs_ports::{StoreError, SystemIdentity};

use super::{SqliteStore, column, commit, from_json, to_json};
use crate::error::database;
use crate::sql;
use crate::word::Word;

pub(super) async fn known(store: &SqliteStore) -> Result<BTreeMap<System, SystemIdentity>, StoreError> {
    let rows = sqlx::query(sql::SYSTEMS)
        .fetch_all(&store.pools.readers)
        .await
        .map_err(database("read which systems it belongs to"))?;
    rows.iter()
        .map(|row| {
            let name: String = column(row, "name")?;
            let body: String = column(row, "body")?;
            Ok((System::read(&name)?, from_json("system", &body)?))
        })
        .collect()
}

pub(super) async fn put(
    store: &SqliteStore,
    system: System,
    identity: &SystemIdentity,
) -> Result<(), StoreError> {
    const OPERATION: &str = "note which system it belongs to";
    let body = to_json(OPERATION, identity)?;
    let mut writing = store.write(OPERATION).await?;
    sqlx::query(sql::PUT_SYSTEM)
        .bind(system.word())
        .bind(body)
        .execute(&mut *writing)
        .await
        .map_err(database(OPERATION))?;
    commit(writing, OPERATION).await
}
