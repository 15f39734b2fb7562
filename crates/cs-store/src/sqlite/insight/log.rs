//! The log, as it is asked for.

use cs_ports::{LogEntry, LogFilter, StoreError};
use sqlx::{QueryBuilder, Sqlite};

use super::super::tasks::any_of;
use super::super::{SqliteStore, logbook};
use super::{holding, rows};

/// Where a page begins, and which way it goes.
pub(super) enum From {
    /// Newest first, before this line or from the end.
    End(Option<i64>),
    /// Oldest first, after this line.
    Behind(i64),
}

impl From {
    fn order(&self) -> &'static str {
        match self {
            Self::End(_) => " ORDER BY sequence DESC",
            Self::Behind(_) => " ORDER BY sequence",
        }
    }
}

pub(super) async fn page(
    store: &SqliteStore,
    filter: &LogFilter,
    from: &From,
    limit: u32,
) -> Result<Vec<LogEntry>, StoreError> {
    let mut query = QueryBuilder::new(
        "SELECT sequence, at, run, event FROM log WHERE sequence IN (SELECT sequence FROM log",
    );
    narrow(&mut query, filter);
    match from {
        From::End(Some(before)) => query.push(" AND sequence < ").push_bind(*before),
        From::End(None) => &mut query,
        From::Behind(after) => query.push(" AND sequence > ").push_bind(*after),
    };
    query.push(from.order()).push(" LIMIT ").push_bind(i64::from(limit));
    query.push(")").push(from.order());
    let rows = rows(store, query, "read the log").await?;
    rows.iter().map(logbook::entry).collect()
}

/// A run's lines stand close together, so that where they are searched, too, only that stretch is walked.
fn narrow(query: &mut QueryBuilder<Sqlite>, filter: &LogFilter) {
    let searched = filter.kinds.is_some() || filter.text.is_some();
    query.push(if searched { " INDEXED BY log_sought WHERE TRUE" } else { " WHERE TRUE" });
    if let Some(run) = &filter.run {
        query.push(" AND run = ").push_bind(run.0.clone());
        for (edge, find) in [(" AND sequence >= ", "MIN"), (" AND sequence <= ", "MAX")] {
            if searched {
                query.push(edge).push("(SELECT ").push(find).push("(sequence) FROM log WHERE run = ");
                query.push_bind(run.0.clone()).push(")");
            }
        }
    }
    if let Some(kinds) = &filter.kinds {
        any_of(query, "kind", kinds.iter().map(String::as_str));
    }
    if let Some(wanted) = &filter.text {
        query.push(" AND ");
        holding(query, "words", wanted);
    }
}
