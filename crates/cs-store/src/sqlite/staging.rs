//! Cursors in SQLite, and what makes units due.

use std::collections::HashMap;

use cs_domain::{MappingName, RecordRef, Version};
use cs_ports::{Cursor, FeedKey, Lease, Staged, StoreError, UnitKey};
use sqlx::SqliteConnection;

use super::{SqliteStore, column, commit, to_json};
use crate::error::database;
use crate::staging::{Before, Sighting, sight};
use crate::word::Word;
use crate::{order, sql};

/// What names a staged unit in the table: mapping, unit, order key.
pub(super) type Place = (String, String, String);

pub(super) fn place(key: &UnitKey) -> Place {
    (key.mapping.as_str().to_owned(), key.unit.as_str().to_owned(), order::key(&key.subject))
}

pub(super) async fn cursor(store: &SqliteStore, feed: &FeedKey) -> Result<Option<Cursor>, StoreError> {
    let position: Option<String> = sqlx::query_scalar(sql::CURSOR)
        .bind(feed.mapping.as_str())
        .bind(feed.unit.as_str())
        .bind(feed.system.word())
        .bind(&feed.kind)
        .fetch_optional(&store.pools.readers)
        .await
        .map_err(database("read a cursor"))?;
    Ok(position.map(Cursor))
}

pub(super) async fn stage(
    store: &SqliteStore,
    lease: &Lease,
    feed: &FeedKey,
    observations: &[Staged],
    next: &Cursor,
) -> Result<u64, StoreError> {
    const OPERATION: &str = "stage what a feed showed";
    let mut writing = store.write_under(lease, OPERATION).await?;
    let places: Vec<Place> = observations.iter().map(|seen| place(&seen.key)).collect();
    let mut known = before(&mut writing, &places).await?;
    let mut newly_due = 0;
    let mut news = Vec::new();
    for (seen, place) in observations.iter().zip(&places) {
        let before = known.get(place);
        match sight(before, seen.version.as_ref()) {
            Sighting::Known => continue,
            Sighting::NewlyDue => newly_due += 1,
            Sighting::StillDue => {}
        }
        let (mapping, unit, order_key) = place;
        let RecordRef { system, kind, id } = &seen.key.subject;
        let named = seen.version.as_ref().map(Version::as_str);
        news.push((mapping, unit, order_key, system.word(), kind.as_str(), id.as_str(), named));
        let version = seen.version.clone().or_else(|| before?.version.clone());
        known.insert(place.clone(), Before { version, due_at_once: true });
    }
    sqlx::query(sql::own::STAGE)
        .bind(to_json(OPERATION, &news)?)
        .execute(&mut *writing)
        .await
        .map_err(database(OPERATION))?;
    sqlx::query(sql::PUT_CURSOR)
        .bind(feed.mapping.as_str())
        .bind(feed.unit.as_str())
        .bind(feed.system.word())
        .bind(&feed.kind)
        .bind(&next.0)
        .execute(&mut *writing)
        .await
        .map_err(database(OPERATION))?;
    commit(writing, OPERATION).await?;
    Ok(newly_due)
}

async fn before(
    connection: &mut SqliteConnection,
    places: &[Place],
) -> Result<HashMap<Place, Before>, StoreError> {
    const OPERATION: &str = "read what is staged";
    let rows = sqlx::query(sql::own::BEFORE)
        .bind(to_json(OPERATION, places)?)
        .fetch_all(connection)
        .await
        .map_err(database(OPERATION))?;
    rows.iter()
        .map(|row| {
            let place = (column(row, "mapping")?, column(row, "unit")?, column(row, "order_key")?);
            let version = column::<Option<String>>(row, "version")?.map(Version::from);
            Ok((place, Before { version, due_at_once: column(row, "due_at_once")? }))
        })
        .collect()
}

pub(super) async fn restage_all(
    store: &SqliteStore,
    lease: &Lease,
    mapping: &MappingName,
) -> Result<u64, StoreError> {
    const OPERATION: &str = "make every unit due again";
    let mut writing = store.write_under(lease, OPERATION).await?;
    let done = sqlx::query(sql::RESTAGE_ALL)
        .bind(mapping.as_str())
        .execute(&mut *writing)
        .await
        .map_err(database(OPERATION))?;
    commit(writing, OPERATION).await?;
    Ok(done.rows_affected())
}

pub(super) async fn hint(store: &SqliteStore, keys: &[UnitKey]) -> Result<u64, StoreError> {
    const OPERATION: &str = "make units due";
    let mut writing = store.write(OPERATION).await?;
    let count = make_due(&mut writing, keys).await?;
    commit(writing, OPERATION).await?;
    Ok(count)
}

/// Makes units due that are known, and answers how many.
pub(super) async fn make_due(connection: &mut SqliteConnection, keys: &[UnitKey]) -> Result<u64, StoreError> {
    const OPERATION: &str = "make units due";
    let places: Vec<Place> = keys.iter().map(place).collect();
    let done = sqlx::query(sql::own::MAKE_DUE)
        .bind(to_json(OPERATION, &places)?)
        .execute(connection)
        .await
        .map_err(database(OPERATION))?;
    Ok(done.rows_affected())
}
