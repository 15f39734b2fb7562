//! Links and shadows in SQLite.

use std::collections::BTreeSet;

use cs_domain::{Link, MappingName, RecordRef, Shadow, Version};
use cs_ports::{StoreError, Tie};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use super::{SqliteStore, column, from_json, to_json};
use crate::error::database;
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

/// Ties in the order of their subjects and roles, each once, however often and in whatever order records are named.
async fn listed(
    store: &SqliteStore,
    statement: &'static str,
    mapping: &MappingName,
    records: &[RecordRef],
) -> Result<Vec<Tie>, StoreError> {
    const OPERATION: &str = "read links";
    let wanted: BTreeSet<(&str, &str, &str)> = records
        .iter()
        .map(|record| (record.id.as_str(), record.kind.as_str(), record.system.word()))
        .collect();
    let rows = sqlx::query(statement)
        .bind(mapping.as_str())
        .bind(to_json(OPERATION, &wanted)?)
        .fetch_all(&store.pools.readers)
        .await
        .map_err(database(OPERATION))?;
    let mut ties: Vec<Tie> = rows.iter().map(tie).collect::<Result<_, _>>()?;
    ties.sort_by(|a, b| (&a.link.subject, &a.link.role).cmp(&(&b.link.subject, &b.link.role)));
    Ok(ties)
}

fn tie(row: &SqliteRow) -> Result<Tie, StoreError> {
    let text = |name| column::<String>(row, name);
    let version = |name| Ok(column::<Option<String>>(row, name)?.map(Version::from));
    Ok(Tie {
        link: Link {
            mapping: text("mapping")?.into(),
            unit: text("unit")?.into(),
            subject: RecordRef {
                system: Word::read(column(row, "subject_system")?)?,
                kind: text("subject_kind")?.into(),
                id: text("subject_id")?.into(),
            },
            role: text("role")?.into(),
            document: RecordRef {
                system: Word::read(column(row, "document_system")?)?,
                kind: text("document_kind")?.into(),
                id: text("document_id")?.into(),
            },
            origin: Word::read(column(row, "origin")?)?,
        },
        shadow: Shadow {
            fields: from_json("shadow", column(row, "fields")?)?,
            vtiger: version("vtiger_version")?,
            frappe: version("frappe_version")?,
        },
    })
}

/// Writes link and shadow, over those of the same record and role.
pub(super) async fn put(connection: &mut SqliteConnection, tie: &Tie) -> Result<(), StoreError> {
    const OPERATION: &str = "write a link";
    let Link { mapping, unit, subject, role, document, origin } = &tie.link;
    sqlx::query(sql::PUT_TIE)
        .bind(mapping.as_str())
        .bind(unit.as_str())
        .bind(subject.system.word())
        .bind(subject.kind.as_str())
        .bind(subject.id.as_str())
        .bind(role.as_str())
        .bind(document.system.word())
        .bind(document.kind.as_str())
        .bind(document.id.as_str())
        .bind(origin.word())
        .bind(to_json(OPERATION, &tie.shadow.fields)?)
        .bind(tie.shadow.vtiger.as_ref().map(Version::as_str))
        .bind(tie.shadow.frappe.as_ref().map(Version::as_str))
        .execute(connection)
        .await
        .map(drop)
        .map_err(database(OPERATION))
}
