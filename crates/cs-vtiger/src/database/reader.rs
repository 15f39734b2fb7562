//! Records out of the database: by id, by criteria, and as a stream of any length.

use std::sync::Arc;

use async_trait::async_trait;
use cs_domain::{Kind, KindSchema, Record, RecordId, System};
use cs_ports::{Criterion, FieldRequests, PeerError, Reader};
use futures_util::{Stream, StreamExt};

use super::VtigerDatabase;
use super::layout::Layout;
use super::rows::Decoder;
use super::sql::{Clause, condition, ids_condition, select_records};
use crate::error::VtigerError;

/// Values in one statement's list at most; statements stay far below `max_allowed_packet`.
const MOST_VALUES: usize = 1_000;

#[async_trait]
impl Reader for VtigerDatabase {
    fn system(&self) -> System {
        System::Vtiger
    }

    async fn schema(&self, kind: &Kind) -> Result<KindSchema, PeerError> {
        let layout = self.layout(kind).await;
        layout
            .map(|layout| layout.described.schema.clone())
            .map_err(|error| error.into_peer(format!("fields of {kind}")))
    }

    async fn read(
        &self,
        kind: &Kind,
        ids: &[RecordId],
        fields: &FieldRequests,
    ) -> Result<Vec<Record>, PeerError> {
        let records = self.read_ids(kind, ids, fields).await;
        records.map_err(|error| error.into_peer(format!("read {kind}")))
    }

    async fn find(
        &self,
        kind: &Kind,
        criteria: &[Criterion],
        fields: &FieldRequests,
    ) -> Result<Vec<Record>, PeerError> {
        let records = self.find_all(kind, criteria, fields).await;
        records.map_err(|error| error.into_peer(format!("find {kind}")))
    }
}

impl VtigerDatabase {
    /// All records of a module that are not deleted, by id, as the server sends them: memory does not grow with their
    /// number. A stream that is not read holds its connection and the server's snapshot.
    pub async fn stream(
        &self,
        kind: &Kind,
        fields: &FieldRequests,
    ) -> Result<impl Stream<Item = Result<Record, PeerError>> + Send + '_, PeerError> {
        let kind = kind.clone();
        let told = |error: VtigerError| error.into_peer(format!("read {kind}"));
        let layout = self.layout(&kind).await.map_err(told)?;
        let sql = select_records(&layout, fields, &[]).map_err(told)?;
        let decoder = self.decoder(layout, fields).map_err(told)?;
        let operation = format!("read {kind}");
        Ok(self.flow(sql).map(move |row| match row {
            Ok(row) => Ok(decoder.record(&row)),
            Err(source) => Err(broken(source).into_peer(operation.as_str())),
        }))
    }

    pub(super) fn decoder(
        &self,
        layout: Arc<Layout>,
        wanted: &FieldRequests,
    ) -> Result<Decoder, VtigerError> {
        Decoder::new(layout, Arc::clone(&self.references), self.zone.clone(), wanted)
    }

    async fn read_ids(
        &self,
        kind: &Kind,
        ids: &[RecordId],
        wanted: &FieldRequests,
    ) -> Result<Vec<Record>, VtigerError> {
        let layout = self.layout(kind).await?;
        let mut records = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(MOST_VALUES) {
            let by_id = ids_condition(&layout, chunk)?;
            records.extend(self.gather(&layout, wanted, &[by_id]).await?);
        }
        Ok(records)
    }

    async fn find_all(
        &self,
        kind: &Kind,
        criteria: &[Criterion],
        wanted: &FieldRequests,
    ) -> Result<Vec<Record>, VtigerError> {
        let layout = self.layout(kind).await?;
        let conditions: Result<Vec<Clause>, VtigerError> =
            criteria.iter().map(|criterion| condition(&layout, criterion, &self.zone)).collect();
        self.gather(&layout, wanted, &conditions?).await
    }

    async fn gather(
        &self,
        layout: &Arc<Layout>,
        wanted: &FieldRequests,
        conditions: &[Clause],
    ) -> Result<Vec<Record>, VtigerError> {
        let sql = select_records(layout, wanted, conditions)?;
        let decoder = self.decoder(Arc::clone(layout), wanted)?;
        let mut rows = self.flow(sql);
        let mut records = Vec::new();
        while let Some(row) = rows.next().await {
            records.push(decoder.record(&row.map_err(broken)?));
        }
        Ok(records)
    }
}

fn broken(source: sqlx::Error) -> VtigerError {
    VtigerError::Database { operation: "read records", source }
}
