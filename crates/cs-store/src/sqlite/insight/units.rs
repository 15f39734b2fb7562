//! Where units stand, and which failed.

use cs_domain::{MappingName, RecordRef, RunId};
use cs_ports::{Counted, LinkCount, StoreError, TroubleFilter, TroubledUnit, UnitCounts};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Sqlite};

use super::super::{SqliteStore, column, conclusions, conflicts, number};
use super::{counted, holding, page};
use crate::error::database;
use crate::insight::{self, sql};
use crate::order;
use crate::word::Word;

pub(super) async fn troubles(
    store: &SqliteStore,
    filter: &TroubleFilter,
    offset: u64,
    limit: u32,
) -> Result<Vec<TroubledUnit>, StoreError> {
    const OPERATION: &str = "read the units that failed";
    let mut query = QueryBuilder::new(
        "SELECT staged.* FROM (SELECT mapping, unit, order_key FROM staged INDEXED BY staged_failed \
         WHERE verdict = 'failed'",
    );
    narrow(&mut query, filter);
    query.push(" ORDER BY order_key, mapping, unit");
    page(&mut query, offset, limit);
    query.push(
        ") AS found CROSS JOIN staged WHERE staged.mapping = found.mapping AND staged.unit = found.unit \
         AND staged.order_key = found.order_key ORDER BY staged.order_key, staged.mapping, staged.unit",
    );
    // One view of both tables.
    let mut reading = store.pools.readers.begin().await.map_err(database(OPERATION))?;
    let rows = query.build().fetch_all(&mut *reading).await.map_err(database(OPERATION))?;
    with_conflicts(&mut reading, &rows).await
}

pub(super) async fn count_troubles(
    store: &SqliteStore,
    filter: &TroubleFilter,
) -> Result<Vec<Counted>, StoreError> {
    let mut query = QueryBuilder::new(
        "SELECT COALESCE(code, '') AS what, COUNT(*) AS count FROM staged INDEXED BY staged_failed \
         WHERE verdict = 'failed'",
    );
    narrow(&mut query, filter);
    query.push(" GROUP BY what ORDER BY count DESC, what");
    counted(store, query, "count the units that failed").await
}

fn narrow(query: &mut QueryBuilder<Sqlite>, filter: &TroubleFilter) {
    if let Some(mapping) = &filter.mapping {
        query.push(" AND mapping = ").push_bind(mapping.as_str().to_owned());
    }
    if let Some(code) = &filter.code {
        query.push(" AND COALESCE(code, '') = ").push_bind(code.clone());
    }
    if let Some(wanted) = &filter.text {
        query.push(" AND (");
        holding(query, "id", wanted);
        query.push(" OR EXISTS (SELECT 1 FROM json_tree(failures) WHERE type = 'text' AND ");
        holding(query, "atom", wanted);
        query.push("))");
    }
}

/// The units of these rows with the conflicts that a person still has to do with.
async fn with_conflicts(
    connection: &mut sqlx::SqliteConnection,
    rows: &[SqliteRow],
) -> Result<Vec<TroubledUnit>, StoreError> {
    let mut units: Vec<TroubledUnit> = rows.iter().map(unit).collect::<Result<_, _>>()?;
    let subjects = units.iter().map(|unit| &unit.outcome.key.subject);
    let conflicts = conflicts::of_subjects(connection, subjects).await?;
    for unit in &mut units {
        unit.outcome.conflicts = conflicts.pending(&unit.outcome.key);
    }
    Ok(units)
}

fn unit(row: &SqliteRow) -> Result<TroubledUnit, StoreError> {
    Ok(TroubledUnit { outcome: conclusions::outcome(row)?, run: RunId(column(row, "run")?) })
}

pub(super) async fn outcomes_of(
    store: &SqliteStore,
    record: &RecordRef,
) -> Result<Vec<TroubledUnit>, StoreError> {
    const OPERATION: &str = "read how a unit ended";
    let mut reading = store.pools.readers.begin().await.map_err(database(OPERATION))?;
    let rows = sqlx::query(sql::OUTCOMES_OF)
        .bind(order::key(record))
        .fetch_all(&mut *reading)
        .await
        .map_err(database(OPERATION))?;
    with_conflicts(&mut reading, &rows).await
}

pub(super) async fn count(store: &SqliteStore, mapping: &MappingName) -> Result<UnitCounts, StoreError> {
    let rows = sqlx::query(sql::COUNT_UNITS)
        .bind(mapping.as_str())
        .fetch_all(&store.pools.readers)
        .await
        .map_err(database("count units"))?;
    let mut counts = UnitCounts::default();
    for row in &rows {
        let state = Word::read(column(row, "state")?)?;
        let verdict: Option<&str> = column(row, "verdict")?;
        let verdict = verdict.map(Word::read).transpose()?;
        let (units, attempts) = (number(column(row, "units")?)?, number(column(row, "attempts")?)?);
        insight::count(&mut counts, units, state, attempts, verdict);
    }
    Ok(counts)
}

pub(super) async fn count_links(
    store: &SqliteStore,
    mapping: &MappingName,
) -> Result<Vec<LinkCount>, StoreError> {
    let rows = sqlx::query(sql::COUNT_LINKS)
        .bind(mapping.as_str())
        .fetch_all(&store.pools.readers)
        .await
        .map_err(database("count links"))?;
    let count = |row: &SqliteRow| {
        Ok(LinkCount {
            unit: column::<String>(row, "unit")?.into(),
            role: column::<String>(row, "role")?.into(),
            links: number(column(row, "links")?)?,
        })
    };
    rows.iter().map(count).collect()
}

pub(super) async fn count_open_conflicts(
    store: &SqliteStore,
    mapping: Option<&MappingName>,
) -> Result<u64, StoreError> {
    let count: i64 = sqlx::query_scalar(sql::COUNT_OPEN_CONFLICTS)
        .bind(mapping.map(MappingName::as_str))
        .fetch_one(&store.pools.readers)
        .await
        .map_err(database("count open conflicts"))?;
    number(count)
}
