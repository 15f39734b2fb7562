//! Drafts and versions of mappings in SQLite.

use async_trait::async_trait;
use cs_domain::MappingName;
use cs_ports::{MappingDraft, MappingStore, MappingVersion, PublishedMapping, RetiredMapping, StoreError};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::{SqliteStore, column, commit, from_json, to_json};
use crate::catalogue::sql;
use crate::error::database;
use crate::stamp;

#[async_trait]
impl MappingStore for SqliteStore {
    async fn mapping_drafts(&self) -> Result<Vec<MappingDraft>, StoreError> {
        let rows = sqlx::query(sql::DRAFTS).fetch_all(&self.pools.readers).await;
        rows.map_err(database("read the drafts of mappings"))?.iter().map(draft).collect()
    }

    async fn mapping_draft(&self, mapping: &MappingName) -> Result<Option<MappingDraft>, StoreError> {
        let row = sqlx::query(sql::DRAFT).bind(mapping.as_str()).fetch_optional(&self.pools.readers).await;
        row.map_err(database("read a mapping's draft"))?.as_ref().map(draft).transpose()
    }

    async fn put_mapping_draft(&self, draft: &MappingDraft) -> Result<Option<i64>, StoreError> {
        const OPERATION: &str = "write down a mapping's draft";
        let rejected = to_json(OPERATION, &draft.rejected)?;
        let mut writing = self.write(OPERATION).await?;
        let statement = match draft.revision {
            0 => sqlx::query(sql::FIRST_DRAFT),
            _ => sqlx::query(sql::NEXT_DRAFT),
        };
        let statement = statement
            .bind(draft.mapping.as_str())
            .bind(&draft.text)
            .bind(rejected)
            .bind(draft.base)
            .bind(&draft.who)
            .bind(stamp::write(draft.at));
        let statement = if draft.revision == 0 { statement } else { statement.bind(draft.revision) };
        let row = statement.fetch_optional(&mut *writing).await.map_err(database(OPERATION))?;
        let revision = row.map(|row| row.try_get(0)).transpose().map_err(database(OPERATION))?;
        commit(writing, OPERATION).await?;
        Ok(revision)
    }

    async fn drop_mapping_draft(&self, mapping: &MappingName, revision: i64) -> Result<bool, StoreError> {
        const OPERATION: &str = "drop a mapping's draft";
        let mut writing = self.write(OPERATION).await?;
        let statement = sqlx::query(sql::DROP_DRAFT).bind(mapping.as_str()).bind(revision);
        let dropped = statement.execute(&mut *writing).await.map_err(database(OPERATION))?;
        commit(writing, OPERATION).await?;
        Ok(dropped.rows_affected() > 0)
    }

    async fn publish_mapping(
        &self,
        published: &PublishedMapping,
        draft: Option<i64>,
    ) -> Result<bool, StoreError> {
        const OPERATION: &str = "publish a mapping";
        let version = &published.version;
        let mut writing = self.write(OPERATION).await?;
        if let Some(revision) = draft {
            let statement = sqlx::query(sql::DROP_DRAFT).bind(version.mapping.as_str()).bind(revision);
            let dropped = statement.execute(&mut *writing).await.map_err(database(OPERATION))?;
            if dropped.rows_affected() == 0 {
                return Ok(false);
            }
        }
        let put = sqlx::query(sql::PUBLISH)
            .bind(version.mapping.as_str())
            .bind(version.number)
            .bind(&published.text)
            .bind(&version.who)
            .bind(stamp::write(version.at))
            .bind(&version.note)
            .execute(&mut *writing)
            .await
            .map_err(database(OPERATION))?;
        // Where it is not taken, the draft stays: the transaction ends undone.
        if put.rows_affected() == 0 {
            return Ok(false);
        }
        commit(writing, OPERATION).await?;
        Ok(true)
    }

    async fn mapping_versions(&self, mapping: &MappingName) -> Result<Vec<MappingVersion>, StoreError> {
        let rows = sqlx::query(sql::VERSIONS).bind(mapping.as_str()).fetch_all(&self.pools.readers).await;
        rows.map_err(database("read a mapping's versions"))?.iter().map(version).collect()
    }

    async fn mapping_version(
        &self,
        mapping: &MappingName,
        number: i64,
    ) -> Result<Option<PublishedMapping>, StoreError> {
        let statement = sqlx::query(sql::VERSION).bind(mapping.as_str()).bind(number);
        let row = statement.fetch_optional(&self.pools.readers).await;
        row.map_err(database("read a mapping's version"))?.as_ref().map(published).transpose()
    }

    async fn latest_mappings(&self) -> Result<Vec<PublishedMapping>, StoreError> {
        let rows = sqlx::query(sql::LATEST).fetch_all(&self.pools.readers).await;
        rows.map_err(database("read the published mappings"))?.iter().map(published).collect()
    }

    async fn retired_mappings(&self) -> Result<Vec<RetiredMapping>, StoreError> {
        let rows = sqlx::query(sql::RETIRED).fetch_all(&self.pools.readers).await;
        rows.map_err(database("read the retired mappings"))?.iter().map(retired).collect()
    }

    async fn note_retired(&self, retired: &RetiredMapping) -> Result<bool, StoreError> {
        const OPERATION: &str = "retire a mapping";
        let mut writing = self.write(OPERATION).await?;
        let statement = sqlx::query(sql::RETIRE).bind(retired.mapping.as_str()).bind(&retired.who);
        let noted = statement.bind(stamp::write(retired.at)).execute(&mut *writing).await;
        let noted = noted.map_err(database(OPERATION))?;
        commit(writing, OPERATION).await?;
        Ok(noted.rows_affected() > 0)
    }

    async fn note_resumed(&self, mapping: &MappingName) -> Result<bool, StoreError> {
        const OPERATION: &str = "resume a mapping";
        let mut writing = self.write(OPERATION).await?;
        let statement = sqlx::query(sql::RESUME).bind(mapping.as_str());
        let noted = statement.execute(&mut *writing).await.map_err(database(OPERATION))?;
        commit(writing, OPERATION).await?;
        Ok(noted.rows_affected() > 0)
    }
}

fn draft(row: &SqliteRow) -> Result<MappingDraft, StoreError> {
    Ok(MappingDraft {
        mapping: column::<String>(row, "mapping")?.into(),
        revision: column(row, "revision")?,
        text: column(row, "text")?,
        rejected: from_json("rejected suggestions", column(row, "rejected")?)?,
        base: column(row, "base")?,
        who: column(row, "who")?,
        at: stamp::read(column(row, "at")?)?,
    })
}

fn version(row: &SqliteRow) -> Result<MappingVersion, StoreError> {
    Ok(MappingVersion {
        mapping: column::<String>(row, "mapping")?.into(),
        number: column(row, "number")?,
        who: column(row, "who")?,
        at: stamp::read(column(row, "at")?)?,
        note: column(row, "note")?,
    })
}

fn retired(row: &SqliteRow) -> Result<RetiredMapping, StoreError> {
    Ok(RetiredMapping {
        mapping: column::<String>(row, "mapping")?.into(),
        who: column(row, "who")?,
        at: stamp::read(column(row, "at")?)?,
    })
}

fn published(row: &SqliteRow) -> Result<PublishedMapping, StoreError> {
    Ok(PublishedMapping { version: version(row)?, text: column(row, "text")? })
}
