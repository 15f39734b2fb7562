//! Runs, as they are asked for.

use cs_domain::{Run, RunId, RunStatus};
use cs_ports::{RunFilter, StoreError};
use sqlx::QueryBuilder;

use super::super::tasks::any_of;
use super::super::{SqliteStore, column, from_json};
use super::rows;
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
