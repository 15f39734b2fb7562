//! What people look up, in SQLite. Each question is answered from an index that holds all it asks about; only the rows
//! of the page are read.

mod findings;
mod log;
mod records;
mod runs;
mod units;

use std::ops::Range;

use async_trait::async_trait;
use cs_domain::{Balance, ConflictId, MappingName, RecordRef, Run, RunId, StandingConflict};
use cs_ports::{
    ConflictFilter, Counted, FindingGroup, FindingQuery, Insight, JournalEntry, LinkCount, LogEntry,
    LogFilter, RunFilter, StandingFinding, StoreError, Tie, TroubleFilter, TroubledUnit, UnitCounts,
};
use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Sqlite};

use super::{SqliteStore, column, conflicts, number};
use crate::error::database;
use crate::text;

#[async_trait]
impl Insight for SqliteStore {
    async fn runs_before(
        &self,
        filter: &RunFilter,
        before: Option<&RunId>,
        limit: u32,
    ) -> Result<Vec<Run>, StoreError> {
        runs::before(self, filter, before, limit).await
    }

    async fn log_before(
        &self,
        filter: &LogFilter,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<LogEntry>, StoreError> {
        log::page(self, filter, &log::From::End(before), limit).await
    }

    async fn log_after(
        &self,
        filter: &LogFilter,
        after: i64,
        limit: u32,
    ) -> Result<Vec<LogEntry>, StoreError> {
        log::page(self, filter, &log::From::Behind(after), limit).await
    }

    async fn troubles(
        &self,
        filter: &TroubleFilter,
        offset: u64,
        limit: u32,
    ) -> Result<Vec<TroubledUnit>, StoreError> {
        units::troubles(self, filter, offset, limit).await
    }

    async fn count_troubles(&self, filter: &TroubleFilter) -> Result<Vec<Counted>, StoreError> {
        units::count_troubles(self, filter).await
    }

    async fn count_units(&self, mapping: &MappingName) -> Result<UnitCounts, StoreError> {
        units::count(self, mapping).await
    }

    async fn count_links(&self, mapping: &MappingName) -> Result<Vec<LinkCount>, StoreError> {
        units::count_links(self, mapping).await
    }

    async fn count_open_conflicts(&self, mapping: Option<&MappingName>) -> Result<u64, StoreError> {
        units::count_open_conflicts(self, mapping).await
    }

    async fn conflicts_from(
        &self,
        filter: &ConflictFilter,
        offset: u64,
        limit: u32,
    ) -> Result<Vec<StandingConflict>, StoreError> {
        conflicts::from(self, filter, offset, limit).await
    }

    async fn conflicts_after(
        &self,
        filter: &ConflictFilter,
        after: Option<&ConflictId>,
        limit: u32,
    ) -> Result<Vec<StandingConflict>, StoreError> {
        conflicts::after(self, filter, after, limit).await
    }

    async fn count_conflicts(&self, filter: &ConflictFilter) -> Result<u64, StoreError> {
        conflicts::count(self, filter).await
    }

    async fn conflicts_named(&self, ids: &[ConflictId]) -> Result<Vec<StandingConflict>, StoreError> {
        conflicts::of_ids(self, ids).await
    }

    async fn balances(&self, spans: &[Range<Timestamp>]) -> Result<Vec<Balance>, StoreError> {
        runs::balances(self, spans).await
    }

    async fn query_findings(
        &self,
        query: &FindingQuery,
        offset: u64,
        limit: u32,
    ) -> Result<Vec<StandingFinding>, StoreError> {
        findings::page(self, query, offset, limit).await
    }

    async fn count_query(&self, query: &FindingQuery) -> Result<u64, StoreError> {
        findings::count(self, query).await
    }

    async fn count_findings_by(
        &self,
        query: &FindingQuery,
        group: FindingGroup,
    ) -> Result<Vec<Counted>, StoreError> {
        findings::count_by(self, query, group).await
    }

    async fn journal_about(&self, record: &RecordRef, limit: u32) -> Result<Vec<JournalEntry>, StoreError> {
        records::journal_about(self, record, limit).await
    }

    async fn outcomes_of(&self, record: &RecordRef) -> Result<Vec<TroubledUnit>, StoreError> {
        units::outcomes_of(self, record).await
    }

    async fn search_ties(&self, text: &str, limit: u32) -> Result<Vec<Tie>, StoreError> {
        records::search_ties(self, text, limit).await
    }
}

/// Only rows whose column holds this text.
fn holding(query: &mut QueryBuilder<Sqlite>, column: &'static str, wanted: &str) {
    query.push(column).push(" LIKE ").push_bind(text::pattern(wanted)).push(r" ESCAPE '\'");
}

/// So many rows from so far on.
fn page(query: &mut QueryBuilder<Sqlite>, offset: u64, limit: u32) {
    query.push(" LIMIT ").push_bind(i64::from(limit));
    query.push(" OFFSET ").push_bind(i64::try_from(offset).unwrap_or(i64::MAX));
}

/// The rows of a statement.
async fn rows(
    store: &SqliteStore,
    mut query: QueryBuilder<Sqlite>,
    operation: &'static str,
) -> Result<Vec<SqliteRow>, StoreError> {
    query.build().fetch_all(&store.pools.readers).await.map_err(database(operation))
}

/// The groups of a statement that counts.
async fn counted(
    store: &SqliteStore,
    query: QueryBuilder<Sqlite>,
    operation: &'static str,
) -> Result<Vec<Counted>, StoreError> {
    let rows = rows(store, query, operation).await?;
    let counted = |row| Ok(Counted { what: column(row, "what")?, count: number(column(row, "count")?)? });
    rows.iter().map(counted).collect()
}
