//! What the systems said of their kinds, in SQLite.

use async_trait::async_trait;
use cs_domain::{Kind, KindSchema, MappingName, System};
use cs_ports::{KindsSeen, ReliedOn, SchemaSight, SchemaStore, StoreError};
use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;

use super::{SqliteStore, column, commit, from_json, to_json};
use crate::error::database;
use crate::schemas::sql;
use crate::stamp;
use crate::word::Word;

const READ: &str = "read what was seen of kinds";
const NOTE: &str = "note what was seen of kinds";

#[async_trait]
impl SchemaStore for SqliteStore {
    async fn schema_sights(&self) -> Result<Vec<SchemaSight>, StoreError> {
        let rows = sqlx::query(sql::SIGHTS).fetch_all(&self.pools.readers).await;
        rows.map_err(database(READ))?.iter().map(sight).collect()
    }

    async fn schema_history(
        &self,
        system: System,
        kind: &Kind,
        limit: u32,
    ) -> Result<Vec<SchemaSight>, StoreError> {
        let query = sqlx::query(sql::HISTORY).bind(system.word()).bind(kind.as_str()).bind(limit);
        let rows = query.fetch_all(&self.pools.readers).await;
        rows.map_err(database(READ))?.iter().map(sight).collect()
    }

    async fn note_schema(
        &self,
        system: System,
        kind: &Kind,
        now: Timestamp,
        schema: Option<&KindSchema>,
    ) -> Result<bool, StoreError> {
        let body = schema.map(|schema| to_json(NOTE, schema)).transpose()?;
        let now = stamp::write(now);
        let mut writing = self.write(NOTE).await?;
        let bound = |statement: &'static str| {
            sqlx::query(statement).bind(system.word()).bind(kind.as_str()).bind(&now).bind(&body)
        };
        let again = bound(sql::LOOK_AGAIN).execute(&mut *writing).await.map_err(database(NOTE))?;
        let new = again.rows_affected() == 0;
        if new {
            bound(sql::NOTE).execute(&mut *writing).await.map_err(database(NOTE))?;
        }
        commit(writing, NOTE).await?;
        Ok(new)
    }

    async fn kinds_seen(&self) -> Result<Vec<KindsSeen>, StoreError> {
        let rows = sqlx::query(sql::KINDS).fetch_all(&self.pools.readers).await;
        let seen = |row: &SqliteRow| {
            Ok(KindsSeen {
                system: System::read(&column::<String>(row, "system")?)?,
                at: stamp::read(column(row, "at")?)?,
                kinds: from_json("list of kinds", &column::<String>(row, "body")?)?,
            })
        };
        rows.map_err(database(READ))?.iter().map(seen).collect()
    }

    async fn note_kinds(&self, seen: &KindsSeen) -> Result<(), StoreError> {
        let body = to_json(NOTE, &seen.kinds)?;
        let mut writing = self.write(NOTE).await?;
        sqlx::query(sql::NOTE_KINDS)
            .bind(seen.system.word())
            .bind(stamp::write(seen.at))
            .bind(body)
            .execute(&mut *writing)
            .await
            .map_err(database(NOTE))?;
        commit(writing, NOTE).await
    }

    async fn relied_on(&self, mapping: &MappingName) -> Result<Vec<ReliedOn>, StoreError> {
        let rows = sqlx::query(sql::RELIED_ON).bind(mapping.as_str()).fetch_all(&self.pools.readers).await;
        let relied = |row: &SqliteRow| {
            Ok(ReliedOn {
                system: System::read(&column::<String>(row, "system")?)?,
                at: stamp::read(column(row, "at")?)?,
                schema: from_json("schema", &column::<String>(row, "body")?)?,
            })
        };
        rows.map_err(database(READ))?.iter().map(relied).collect()
    }

    async fn rely_on(&self, mapping: &MappingName, kinds: &[ReliedOn]) -> Result<(), StoreError> {
        if kinds.is_empty() {
            return Ok(());
        }
        let mut writing = self.write(NOTE).await?;
        for relied in kinds {
            sqlx::query(sql::RELY_ON)
                .bind(mapping.as_str())
                .bind(relied.system.word())
                .bind(relied.schema.kind.as_str())
                .bind(stamp::write(relied.at))
                .bind(to_json(NOTE, &relied.schema)?)
                .execute(&mut *writing)
                .await
                .map_err(database(NOTE))?;
        }
        commit(writing, NOTE).await
    }
}

fn sight(row: &SqliteRow) -> Result<SchemaSight, StoreError> {
    let body: Option<String> = column(row, "body")?;
    Ok(SchemaSight {
        system: System::read(&column::<String>(row, "system")?)?,
        kind: column::<String>(row, "kind")?.into(),
        since: stamp::read(column(row, "since")?)?,
        looked: stamp::read(column(row, "looked")?)?,
        schema: body.map(|body| from_json("schema", &body)).transpose()?,
    })
}
