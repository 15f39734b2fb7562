//! Everything about one record, and the search for one.

use cs_domain::RecordRef;
use cs_ports::{JournalEntry, StoreError, Tie};

use super::super::{SqliteStore, journal, ties};
use crate::error::database;
use crate::insight::sql;
use crate::text;
use crate::word::Word;

pub(super) async fn journal_about(
    store: &SqliteStore,
    record: &RecordRef,
    limit: u32,
) -> Result<Vec<JournalEntry>, StoreError> {
    let rows = sqlx::query(sql::JOURNAL_ABOUT)
        .bind(record.id.as_str())
        .bind(record.kind.as_str())
        .bind(record.system.word())
        .bind(i64::from(limit))
        .fetch_all(&store.pools.readers)
        .await
        .map_err(database("read the journal of a record"))?;
    rows.iter().map(journal::entry).collect()
}

pub(super) async fn search_ties(
    store: &SqliteStore,
    wanted: &str,
    limit: u32,
) -> Result<Vec<Tie>, StoreError> {
    let rows = sqlx::query(sql::SEARCH_TIES)
        .bind(text::literal(wanted))
        .bind(text::prefix(wanted))
        .bind(text::pattern(wanted))
        .bind(i64::from(limit))
        .fetch_all(&store.pools.readers)
        .await
        .map_err(database("search records"))?;
    rows.iter().map(ties::tie).collect()
}
