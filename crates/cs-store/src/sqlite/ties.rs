//! Links and shadows in SQLite.

use std::collections::BTreeMap;

use cs_domain::{Link, MappingName, RecordRef, Role, Shadow, Version};
use cs_ports::{StoreError, Tie, TieChange};
use serde::Serialize;
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use super::{SqliteStore, column, from_json, named, number, record, to_json};
use crate::error::database;
use crate::insight::words_of_shadow;
use crate::sql;
use crate::word::Word;

pub(super) async fn of(
    store: &SqliteStore,
    mapping: &MappingName,
    subjects: &[RecordRef],
) -> Result<Vec<Tie>, StoreError> {
    listed(store, sql::own::TIES_OF, mapping, subjects).await
}

pub(super) async fn to(
    store: &SqliteStore,
    mapping: &MappingName,
    documents: &[RecordRef],
) -> Result<Vec<Tie>, StoreError> {
    listed(store, sql::own::TIES_TO, mapping, documents).await
}

pub(super) async fn linked_by(
    store: &SqliteStore,
    mapping: &MappingName,
    documents: &[RecordRef],
) -> Result<Vec<Link>, StoreError> {
    let ties = listed(store, sql::own::LINKED_BY, mapping, documents).await?;
    Ok(ties.into_iter().map(|tie| tie.link).collect())
}

/// Ties in the order of their subjects and roles, each once, however often and in whatever order records are named.
async fn listed(
    store: &SqliteStore,
    statement: &'static str,
    mapping: &MappingName,
    records: &[RecordRef],
) -> Result<Vec<Tie>, StoreError> {
    const OPERATION: &str = "read links";
    let rows = sqlx::query(statement)
        .bind(mapping.as_str())
        .bind(to_json(OPERATION, &named(records))?)
        .fetch_all(&store.pools.readers)
        .await
        .map_err(database(OPERATION))?;
    let mut ties: Vec<Tie> = rows.iter().map(tie).collect::<Result<_, _>>()?;
    ties.sort_by(|a, b| (&a.link.subject, &a.link.role).cmp(&(&b.link.subject, &b.link.role)));
    Ok(ties)
}

pub(super) fn tie(row: &SqliteRow) -> Result<Tie, StoreError> {
    let text = |name| column::<String>(row, name);
    let version = |name| Ok(column::<Option<String>>(row, name)?.map(Version::from));
    Ok(Tie {
        link: Link {
            mapping: text("mapping")?.into(),
            unit: text("unit")?.into(),
            subject: record(row, ["subject_system", "subject_kind", "subject_id"])?,
            role: text("role")?.into(),
            document: record(row, ["document_system", "document_kind", "document_id"])?,
            origin: Word::read(column(row, "origin")?)?,
            standing: Word::read(column(row, "standing")?)?,
        },
        shadow: Shadow {
            fields: from_json("shadow", column(row, "fields")?)?,
            vtiger: version("vtiger_version")?,
            frappe: version("frappe_version")?,
        },
    })
}

/// A tie as the statement takes it.
#[derive(Serialize)]
struct Row<'t>(
    &'t str,
    &'static str,
    &'t str,
    &'t str,
    &'t str,
    &'static str,
    &'t str,
    &'t str,
    &'static str,
    &'static str,
    String,
    Option<&'t str>,
    Option<&'t str>,
    String,
);

/// Moves links and shadows. Of several changes to one record and role the last counts.
pub(super) async fn change(
    connection: &mut SqliteConnection,
    mapping: &MappingName,
    changes: impl IntoIterator<Item = &TieChange>,
) -> Result<(), StoreError> {
    const OPERATION: &str = "write links";
    let mut last: BTreeMap<(&RecordRef, &Role), Option<&Tie>> = BTreeMap::new();
    for change in changes {
        match change {
            TieChange::Set(tie) => last.insert((&tie.link.subject, &tie.link.role), Some(tie)),
            TieChange::Forget { subject, role } => last.insert((subject, role), None),
        };
    }
    if last.is_empty() {
        return Ok(());
    }
    let subjects = to_json(OPERATION, &named(last.keys().map(|(subject, _)| *subject)))?;
    let before = linked_among(connection, mapping, &subjects).await?;
    put(connection, mapping, last).await?;
    let after = linked_among(connection, mapping, &subjects).await?;
    if before != after {
        sqlx::query(sql::MOVE_LINKED)
            .bind(mapping.as_str())
            .bind(after - before)
            .execute(connection)
            .await
            .map_err(database(OPERATION))?;
    }
    Ok(())
}

/// How many of these records have a live tie.
async fn linked_among(
    connection: &mut SqliteConnection,
    mapping: &MappingName,
    subjects: &str,
) -> Result<i64, StoreError> {
    sqlx::query_scalar(sql::own::LINKED_AMONG)
        .bind(mapping.as_str())
        .bind(subjects)
        .fetch_one(connection)
        .await
        .map_err(database("count the records with links"))
}

async fn put(
    connection: &mut SqliteConnection,
    mapping: &MappingName,
    last: BTreeMap<(&RecordRef, &Role), Option<&Tie>>,
) -> Result<(), StoreError> {
    const OPERATION: &str = "write links";
    let (mut set, mut forgotten) = (Vec::new(), Vec::new());
    for ((subject, role), tie) in last {
        match tie {
            Some(tie) => set.push(row(tie)?),
            None => forgotten.push((
                subject.id.as_str(),
                subject.kind.as_str(),
                subject.system.word(),
                role.as_str(),
            )),
        }
    }
    if !set.is_empty() {
        let set = to_json(OPERATION, &set)?;
        run(connection, sql::own::PUT_TIES, mapping, &set).await?;
        run(connection, sql::own::PUT_TIE_TEXTS, mapping, &set).await?;
    }
    if !forgotten.is_empty() {
        let forgotten = to_json(OPERATION, &forgotten)?;
        run(connection, sql::own::FORGET_TIES, mapping, &forgotten).await?;
        run(connection, sql::own::FORGET_TIE_TEXTS, mapping, &forgotten).await?;
    }
    Ok(())
}

async fn run(
    connection: &mut SqliteConnection,
    statement: &'static str,
    mapping: &MappingName,
    list: &str,
) -> Result<(), StoreError> {
    sqlx::query(statement)
        .bind(mapping.as_str())
        .bind(list)
        .execute(connection)
        .await
        .map(drop)
        .map_err(database("write links"))
}

fn row(tie: &Tie) -> Result<Row<'_>, StoreError> {
    let Link { mapping: _, unit, subject, role, document, origin, standing } = &tie.link;
    Ok(Row(
        unit.as_str(),
        subject.system.word(),
        subject.kind.as_str(),
        subject.id.as_str(),
        role.as_str(),
        document.system.word(),
        document.kind.as_str(),
        document.id.as_str(),
        origin.word(),
        standing.word(),
        to_json("write links", &tie.shadow.fields)?,
        tie.shadow.vtiger.as_ref().map(Version::as_str),
        tie.shadow.frappe.as_ref().map(Version::as_str),
        words_of_shadow(&tie.shadow),
    ))
}

pub(super) async fn count_linked(store: &SqliteStore, mapping: &MappingName) -> Result<u64, StoreError> {
    let count: Option<i64> = sqlx::query_scalar(sql::COUNT_LINKED)
        .bind(mapping.as_str())
        .fetch_optional(&store.pools.readers)
        .await
        .map_err(database("count the records with links"))?;
    number(count.unwrap_or(0))
}
