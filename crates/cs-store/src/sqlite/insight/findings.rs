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
    statement.push(walk(query, query.sort));
    narrow(&mut statement, query)?;
    order(&mut statement, query);
    page_of(&mut statement, offset, limit);
    statement.push(")");
    order(&mut statement, query);
    let rows = rows(store, statement, "read findings").await?;
    rows.iter().map(findings::standing).collect()
}

pub(super) async fn count(store: &SqliteStore, query: &FindingQuery) -> Result<u64, StoreError> {
    let mut statement = QueryBuilder::new("SELECT ");
    counting(&mut statement, query, FindingSort::Book);
    narrow(&mut statement, query)?;
    let count = statement.build_query_scalar().fetch_one(&store.pools.readers).await;
    number(count.map_err(database("count findings"))?)
}

pub(super) async fn count_by(
    store: &SqliteStore,
    query: &FindingQuery,
    group: FindingGroup,
) -> Result<Vec<Counted>, StoreError> {
    let (column, along) = match group {
        FindingGroup::Kind => ("kind", FindingSort::Book),
        FindingGroup::Review => ("review", FindingSort::Book),
        FindingGroup::Company => ("company", FindingSort::Book),
        FindingGroup::Day => ("first_seen", FindingSort::FirstSeen),
    };
    let mut statement = QueryBuilder::new("SELECT ");
    statement.push(column).push(" AS what, ");
    counting(&mut statement, query, along);
    narrow(&mut statement, query)?;
    statement.push(" GROUP BY what HAVING count > 0 ORDER BY ");
    statement.push(if group == FindingGroup::Day { "what" } else { "count DESC, what" });
    counted(store, statement, "count findings").await
}

/// How many, from the counts that are kept where those tell enough, else along an index.
fn counting(statement: &mut QueryBuilder<Sqlite>, query: &FindingQuery, along: FindingSort) {
    let FindingQuery { filter, text, from, to, run, .. } = query;
    let named = filter.ids.is_some() || filter.begins.is_some();
    let alike = !named && filter.member_id.is_none() && text.is_none() && run.is_none();
    if alike && from.is_none() && to.is_none() && along == FindingSort::Book {
        statement.push("COALESCE(SUM(findings), 0) AS count FROM finding_count");
    } else {
        statement.push("COUNT(*) AS count FROM finding").push(walk(query, along));
    }
}

/// The index to walk along: all conditions are met within it, and where it is in the order of the list, the walk ends with the
/// page. It is named, because the planner takes any index that begins with what is equal, and then reads each row.
fn walk(query: &FindingQuery, sort: FindingSort) -> &'static str {
    let by_day = query.text.is_none() && query.run.is_none();
    match sort {
        // A few that are named are found by their ids.
        _ if query.filter.ids.is_some() || query.filter.begins.is_some() => "",
        FindingSort::FirstSeen if by_day => " INDEXED BY finding_by_first_seen",
        FindingSort::LastSeen if by_day => " INDEXED BY finding_by_last_seen",
        _ => " INDEXED BY finding_in_order",
    }
}

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
        statement.push(" AND (");
        holding(statement, "words", wanted);
        statement.push(" OR ");
        holding(statement, "description", wanted);
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
