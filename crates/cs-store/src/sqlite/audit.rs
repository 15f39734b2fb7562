//! The audit log in SQLite, as it is asked for.

use cs_ports::{AuditEntry, AuditFilter, StoreError};
use sqlx::QueryBuilder;
use sqlx::sqlite::SqliteRow;

use super::{SqliteStore, column, from_json};
use crate::error::database;
use crate::stamp;

pub(super) async fn page(
    store: &SqliteStore,
    filter: &AuditFilter,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<AuditEntry>, StoreError> {
    let mut query = QueryBuilder::new("SELECT * FROM audit WHERE TRUE");
    if let Some(who) = &filter.who {
        query.push(" AND who = ").push_bind(who.clone());
    }
    if let Some(action) = &filter.action {
        query.push(" AND substr(action, 1, length(").push_bind(action.clone());
        query.push(")) = ").push_bind(action.clone());
    }
    if let Some(object) = &filter.object {
        query.push(" AND object = ").push_bind(object.clone());
    }
    if let Some(before) = before {
        query.push(" AND sequence < ").push_bind(before);
    }
    query.push(" ORDER BY sequence DESC LIMIT ").push_bind(i64::from(limit));
    let rows = query.build().fetch_all(&store.pools.readers).await;
    rows.map_err(database("read the audit log"))?.iter().map(entry).collect()
}

fn entry(row: &SqliteRow) -> Result<AuditEntry, StoreError> {
    Ok(AuditEntry {
        sequence: column(row, "sequence")?,
        at: stamp::read(column(row, "at")?)?,
        who: column(row, "who")?,
        action: column(row, "action")?,
        object: column(row, "object")?,
        before: from_json("audit entry", column(row, "before")?)?,
        after: from_json("audit entry", column(row, "after")?)?,
    })
}
