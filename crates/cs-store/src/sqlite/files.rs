//! Uploaded files in SQLite.

use cs_ports::{FileId, StoreError, UploadedFile};

use super::{SqliteStore, column, commit, number};
use crate::error::{database, failed};
use crate::stamp;
use crate::tasks::sql;

pub(super) async fn put(store: &SqliteStore, file: &UploadedFile, bytes: &[u8]) -> Result<(), StoreError> {
    const OPERATION: &str = "keep a file";
    let size = i64::try_from(file.size).map_err(|error| failed(OPERATION, error))?;
    let mut writing = store.write(OPERATION).await?;
    sqlx::query(sql::PUT_FILE)
        .bind(&file.id.0)
        .bind(&file.name)
        .bind(size)
        .bind(&file.by)
        .bind(stamp::write(file.at))
        .bind(bytes)
        .execute(&mut *writing)
        .await
        .map_err(database(OPERATION))?;
    commit(writing, OPERATION).await
}

pub(super) async fn one(
    store: &SqliteStore,
    id: &FileId,
) -> Result<Option<(UploadedFile, Vec<u8>)>, StoreError> {
    let row = sqlx::query(sql::FILE)
        .bind(&id.0)
        .fetch_optional(&store.pools.readers)
        .await
        .map_err(database("read a file"))?;
    let Some(row) = row else { return Ok(None) };
    let file = UploadedFile {
        id: id.clone(),
        name: column(&row, "name")?,
        size: number(column(&row, "size")?)?,
        by: column(&row, "by")?,
        at: stamp::read(column(&row, "at")?)?,
    };
    Ok(Some((file, column(&row, "content")?)))
}
