//! Staged units in SQLite as they are asked for: those that are due, and all that are known.

use cs_domain::{MappingName, RecordId, RecordRef, UnitName, Version};
use cs_ports::{Due, Known, StoreError, UnitKey};
use jiff::Timestamp;

use super::{SqliteStore, column, number, record};
use crate::error::database;
use crate::{order, sql, stamp};

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
                key: UnitKey {
                    mapping: mapping.clone(),
                    unit: unit.clone(),
                    subject: record(row, ["system", "kind", "id"])?,
                },
                revision: number(column(row, "revision")?)?,
                attempts: number(column(row, "attempts")?)?,
            })
        })
        .collect()
}

pub(super) async fn known(
    store: &SqliteStore,
    mapping: &MappingName,
    unit: &UnitName,
    after: Option<&RecordId>,
    through: Option<&RecordId>,
    limit: u32,
) -> Result<Vec<Known>, StoreError> {
    let rows = sqlx::query(sql::own::KNOWN)
        .bind(mapping.as_str())
        .bind(unit.as_str())
        .bind(after.map(order::behind).unwrap_or_default())
        .bind(through.map_or_else(|| order::END.to_owned(), order::behind))
        .bind(i64::from(limit))
        .fetch_all(&store.pools.readers)
        .await
        .map_err(database("read the units that are known"))?;
    rows.iter()
        .map(|row| {
            let subject = RecordRef::vtiger(column::<String>(row, "kind")?, column::<String>(row, "id")?);
            Ok(Known {
                key: UnitKey { mapping: mapping.clone(), unit: unit.clone(), subject },
                version: column::<Option<String>>(row, "version")?.map(Version::from),
            })
        })
        .collect()
}
