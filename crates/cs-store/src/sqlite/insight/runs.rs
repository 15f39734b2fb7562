//! Runs, as they are asked for.

use std::ops::Range;

use cs_domain::{Balance, Run, RunId, RunStatus};
use cs_ports::{RunFilter, StoreError};
use jiff::Timestamp;
use sqlx::QueryBuilder;
use sqlx::sqlite::SqliteRow;

use super::super::tasks::any_of;
use super::super::{SqliteStore, column, from_json, number, to_json};
use super::rows;
use crate::error::database;
use crate::insight::sql;
use crate::stamp;

pub(super) async fn before(
    store: &SqliteStore,
    filter: &RunFilter,
    before: Option<&RunId>,
    limit: u32,
) -> Result<Vec<Run>, StoreError> {
    let mut query = QueryBuilder::new(
        "SELECT body FROM run WHERE rowid IN (SELECT rowid FROM run INDEXED BY run_by_start WHERE TRUE",
    );
    if let Some(mapping) = &filter.mapping {
        query.push(" AND mapping = ").push_bind(mapping.as_str().to_owned());
    }
    if let Some(statuses) = &filter.statuses {
        any_of(&mut query, "status", statuses.iter().copied().map(RunStatus::as_str));
    }
    if let Some(from) = filter.from {
        query.push(" AND started >= ").push_bind(stamp::write(from));
    }
    if let Some(to) = filter.to {
        query.push(" AND started < ").push_bind(stamp::write(to));
    }
    if let Some(before) = before {
        query.push(" AND (started, id) < (SELECT started, id FROM run WHERE id = ");
        query.push_bind(before.0.clone()).push(")");
    }
    query.push(" ORDER BY started DESC, id DESC LIMIT ").push_bind(i64::from(limit));
    query.push(") ORDER BY started DESC, id DESC");
    let rows = rows(store, query, "read the runs").await?;
    rows.iter().map(|row| from_json("run", column(row, "body")?)).collect()
}

/// What the runs that began in each span account for together.
pub(super) async fn balances(
    store: &SqliteStore,
    spans: &[Range<Timestamp>],
) -> Result<Vec<Balance>, StoreError> {
    const OPERATION: &str = "add up what runs account for";
    let written: Vec<(String, String)> =
        spans.iter().map(|span| (stamp::write(span.start), stamp::write(span.end))).collect();
    let rows = sqlx::query(sql::BALANCES)
        .bind(to_json(OPERATION, &written)?)
        .fetch_all(&store.pools.readers)
        .await
        .map_err(database(OPERATION))?;
    let mut balances = vec![Balance::default(); spans.len()];
    for row in &rows {
        let place = usize::try_from(column::<i64>(row, "span")?).unwrap_or(usize::MAX);
        if let Some(balance) = balances.get_mut(place) {
            *balance = sum(row)?;
        }
    }
    Ok(balances)
}

fn sum(row: &SqliteRow) -> Result<Balance, StoreError> {
    let part = |name| number(column(row, name)?);
    Ok(Balance {
        read: part("read")?,
        created: part("created")?,
        updated: part("updated")?,
        unchanged: part("unchanged")?,
        skipped: part("skipped")?,
        conflicted: part("conflicted")?,
        failed: part("failed")?,
    })
}
