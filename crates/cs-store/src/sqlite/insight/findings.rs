//! Findings, as they are asked for.

use cs_ports::{Counted, FindingGroup, FindingQuery, FindingSort, StandingFinding, StoreError};
use sqlx::{QueryBuilder, Sqlite};

use super::super::{SqliteStore, findings, number};
use super::{counted, holding, page as page_of, rows};
use crate::error::database;

pub(super) async fn page(
    store: &SqliteStore,
    query: &FindingQuery,
    offset: u64,
    limit: u32,
) -> Result<Vec<StandingFinding>, StoreError> {
    let mut statement = QueryBuilder::new("SELECT * FROM finding WHERE rowid IN (SELECT rowid FROM finding");
    narrow(&mut statement, query)?;
    order(&mut statement, query);
    page_of(&mut statement, offset, limit);
    statement.push(")");
    order(&mut statement, query);
    let rows = rows(store, statement, "read findings").await?;
    rows.iter().map(findings::standing).collect()
}

pub(super) async fn count(store: &SqliteStore, query: &FindingQuery) -> Result<u64, StoreError> {
    let mut statement = QueryBuilder::new("SELECT COUNT(*) FROM finding");
    narrow(&mut statement, query)?;
    let count = statement.build_query_scalar().fetch_one(&store.pools.readers).await;
    number(count.map_err(database("count findings"))?)
}

pub(super) async fn count_by(
    store: &SqliteStore,
    query: &FindingQuery,
    group: FindingGroup,
) -> Result<Vec<Counted>, StoreError> {
    let column = match group {
        FindingGroup::Kind => "kind",
        FindingGroup::Review => "review",
        FindingGroup::Company => "company",
        FindingGroup::Day => "first_seen",
    };
    let mut statement = QueryBuilder::new("SELECT ");
    statement.push(column).push(" AS what, COUNT(*) AS count FROM finding");
    narrow(&mut statement, query)?;
    statement.push(" GROUP BY what ORDER BY ");
    statement.push(if group == FindingGroup::Day { "what" } else { "count DESC, what" });
    counted(store, statement, "count findings").await
}

/// All conditions are met within one walk along the index that holds all that findings are narrowed by. The plus keeps
/// the planner from reading each row that holds the text, where there are many.
fn narrow(statement: &mut QueryBuilder<Sqlite>, query: &FindingQuery) -> Result<(), StoreError> {
    statement.push(" WHERE TRUE");
    findings::narrow(statement, &query.filter)?;
    if let Some(from) = query.from {
        statement.push(" AND first_seen >= ").push_bind(from.to_string());
    }
    if let Some(to) = query.to {
        statement.push(" AND first_seen <= ").push_bind(to.to_string());
    }
    if let Some(run) = &query.run {
        statement.push(" AND (first_run = ").push_bind(run.0.clone());
        statement.push(" OR last_run = ").push_bind(run.0.clone()).push(")");
    }
    if let Some(wanted) = &query.text {
        statement.push(" AND +rowid IN (SELECT rowid FROM finding INDEXED BY finding_sought WHERE ");
        holding(statement, "sought", wanted);
        statement.push(")");
    }
    Ok(())
}

/// A total order, so that pages neither skip nor repeat.
fn order(statement: &mut QueryBuilder<Sqlite>, query: &FindingQuery) {
    let first = match query.sort {
        FindingSort::Book => None,
        FindingSort::Kind => Some("kind"),
        FindingSort::Member => Some("member_id"),
        FindingSort::Order => Some("salesorder_no"),
        FindingSort::Review => Some("review"),
        FindingSort::FirstSeen => Some("first_seen"),
        FindingSort::LastSeen => Some("last_seen"),
    };
    let book = ["company", "broker", "kind", "member_id", "id"];
    let direction = if query.descending { " DESC" } else { "" };
    let mut separator = " ORDER BY ";
    for column in first.into_iter().chain(book) {
        statement.push(separator).push(column).push(direction);
        separator = ", ";
    }
}
