//! Cursors and staged units in SQLite.

use std::collections::HashMap;

use cs_domain::{MappingName, RecordRef, RunId, UnitName};
use cs_ports::{Cursor, Due, FeedKey, Lease, Staged, StagedState, StoreError, UnitKey, UnitOutcome};
use jiff::Timestamp;
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use super::{SqliteStore, column, commit, from_json, number, to_json};
use crate::error::database;
use crate::staging::{Known, Sighting, is_trouble, sight};
use crate::word::Word;
use crate::{order, sql, stamp};

/// What names a staged unit in the table: mapping, unit, order key.
type Place = (String, String, String);

fn place(key: &UnitKey) -> Place {
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
    let mut known = known(&mut writing, &places).await?;
    let mut newly_due = 0;
    let mut news = Vec::new();
    for (seen, place) in observations.iter().zip(&places) {
        let version = seen.version.as_str();
        match sight(known.get(place), version) {
            Sighting::Known => continue,
            Sighting::NewlyDue => newly_due += 1,
            Sighting::StillDue => {}
        }
        let (mapping, unit, order_key) = place;
        let RecordRef { system, kind, id } = &seen.key.subject;
        news.push([mapping, unit, order_key, system.word(), kind.as_str(), id.as_str(), version]);
        known.insert(place.clone(), Known { version: version.to_owned(), due_at_once: true });
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

async fn known(
    connection: &mut SqliteConnection,
    places: &[Place],
) -> Result<HashMap<Place, Known>, StoreError> {
    const OPERATION: &str = "read what is staged";
    let rows = sqlx::query(sql::own::KNOWN)
        .bind(to_json(OPERATION, places)?)
        .fetch_all(connection)
        .await
        .map_err(database(OPERATION))?;
    rows.iter()
        .map(|row| {
            let place = (column(row, "mapping")?, column(row, "unit")?, column(row, "order_key")?);
            Ok((place, Known { version: column(row, "version")?, due_at_once: column(row, "due_at_once")? }))
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

pub(super) async fn count_due(
    store: &SqliteStore,
    mapping: &MappingName,
    unit: &UnitName,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let count: i64 = sqlx::query_scalar(sql::COUNT_DUE)
        .bind(mapping.as_str())
        .bind(unit.as_str())
        .bind(stamp::write(now))
        .fetch_one(&store.pools.readers)
        .await
        .map_err(database("count the units that are due"))?;
    number(count)
}

pub(super) async fn due(
    store: &SqliteStore,
    mapping: &MappingName,
    unit: &UnitName,
    now: Timestamp,
    after: Option<&RecordRef>,
    limit: u32,
) -> Result<Vec<Due>, StoreError> {
    let rows = sqlx::query(sql::own::DUE)
        .bind(mapping.as_str())
        .bind(unit.as_str())
        .bind(stamp::write(now))
        .bind(after.map(order::key).unwrap_or_default())
        .bind(i64::from(limit))
        .fetch_all(&store.pools.readers)
        .await
        .map_err(database("read the units that are due"))?;
    rows.iter()
        .map(|row| {
            Ok(Due {
                key: UnitKey { mapping: mapping.clone(), unit: unit.clone(), subject: subject(row)? },
                version: column::<String>(row, "version")?.into(),
                attempts: number(column(row, "attempts")?)?,
            })
        })
        .collect()
}

fn subject(row: &SqliteRow) -> Result<RecordRef, StoreError> {
    Ok(RecordRef {
        system: Word::read(column(row, "system")?)?,
        kind: column::<String>(row, "kind")?.into(),
        id: column::<String>(row, "id")?.into(),
    })
}

pub(super) async fn conclude(
    store: &SqliteStore,
    lease: &Lease,
    run: &RunId,
    outcomes: &[UnitOutcome],
) -> Result<(), StoreError> {
    const OPERATION: &str = "write down what became of units";
    let mut writing = store.write_under(lease, OPERATION).await?;
    let mut last: i64 =
        sqlx::query_scalar(sql::LAST_TROUBLE).fetch_one(&mut *writing).await.map_err(database(OPERATION))?;
    for outcome in outcomes {
        let trouble = is_trouble(outcome).then(|| {
            last += 1;
            last
        });
        put_outcome(&mut writing, run, outcome, trouble).await?;
    }
    commit(writing, OPERATION).await
}

async fn put_outcome(
    connection: &mut SqliteConnection,
    run: &RunId,
    outcome: &UnitOutcome,
    trouble: Option<i64>,
) -> Result<(), StoreError> {
    const OPERATION: &str = "write down what became of a unit";
    let (mapping, unit, order_key) = place(&outcome.key);
    let subject = &outcome.key.subject;
    sqlx::query(sql::CONCLUDE)
        .bind(mapping)
        .bind(unit)
        .bind(order_key)
        .bind(subject.system.word())
        .bind(subject.kind.as_str())
        .bind(subject.id.as_str())
        .bind(outcome.version.as_str())
        .bind(outcome.state.word())
        .bind(outcome.not_before.map(stamp::write))
        .bind(i64::from(outcome.attempts))
        .bind(&run.0)
        .bind(outcome.verdict.word())
        .bind(to_json(OPERATION, &outcome.failures)?)
        .bind(trouble)
        .execute(connection)
        .await
        .map(drop)
        .map_err(database(OPERATION))
}

pub(super) async fn troubled(
    store: &SqliteStore,
    mapping: Option<&MappingName>,
    limit: u32,
) -> Result<Vec<UnitOutcome>, StoreError> {
    let rows = sqlx::query(sql::TROUBLED)
        .bind(mapping.map(MappingName::as_str))
        .bind(i64::from(limit))
        .fetch_all(&store.pools.readers)
        .await
        .map_err(database("read the units in trouble"))?;
    rows.iter().map(outcome).collect()
}

fn outcome(row: &SqliteRow) -> Result<UnitOutcome, StoreError> {
    let not_before: Option<String> = column(row, "not_before")?;
    Ok(UnitOutcome {
        key: UnitKey {
            mapping: column::<String>(row, "mapping")?.into(),
            unit: column::<String>(row, "unit")?.into(),
            subject: subject(row)?,
        },
        version: column::<String>(row, "seen_version")?.into(),
        verdict: Word::read(column(row, "verdict")?)?,
        state: <StagedState as Word>::read(column(row, "state")?)?,
        not_before: not_before.as_deref().map(stamp::read).transpose()?,
        attempts: number(column(row, "attempts")?)?,
        failures: from_json("list of failures", column(row, "failures")?)?,
    })
}
