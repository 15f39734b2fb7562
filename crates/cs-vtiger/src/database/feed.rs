//! What changed, deleted records among it, and what is there. The cursors are those of the web service's feed: a pass
//! that one began the other can go on with.

use async_trait::async_trait;
use cs_domain::{Content, Kind, Record, RecordId};
use cs_ports::{
    Census, CensusPage, ChangeFeed, Cursor, FeedPage, FieldRequests, Observation, PeerError, Sighting,
};

use super::VtigerDatabase;
use super::rows::text;
use super::sql::{census_page, feed_page};
use crate::error::VtigerError;
use crate::watermark::Position;

#[async_trait]
impl ChangeFeed for VtigerDatabase {
    async fn changes(
        &self,
        kind: &Kind,
        after: Option<&Cursor>,
        fields: &FieldRequests,
    ) -> Result<FeedPage, PeerError> {
        let page = self.feed(kind, after, fields).await;
        page.map_err(|error| error.into_peer(format!("changes of {kind}")))
    }
}

#[async_trait]
impl Census for VtigerDatabase {
    async fn census(
        &self,
        kind: &Kind,
        after: Option<&RecordId>,
        fields: &FieldRequests,
    ) -> Result<CensusPage, PeerError> {
        let page = self.count_page(kind, after, fields).await;
        page.map_err(|error| error.into_peer(format!("census of {kind}")))
    }
}

impl VtigerDatabase {
    async fn feed(
        &self,
        kind: &Kind,
        after: Option<&Cursor>,
        wanted: &FieldRequests,
    ) -> Result<FeedPage, VtigerError> {
        let layout = self.layout(kind).await?;
        let mut position = Position::of(after);
        let sql = feed_page(&layout, wanted, &position, self.page_size)?;
        let rows = self.ask("read changes", sql).await?;
        let more = rows.len() >= self.page_size as usize;
        let decoder = self.decoder(layout, wanted)?;
        // Id, version and the fields stand before them.
        let (deleted, horizon) = (wanted.0.len() + 2, wanted.0.len() + 3);
        let mut observations = Vec::with_capacity(rows.len());
        for row in &rows {
            let record = decoder.record(row);
            let id = record.reference.id.as_str();
            position = position.advance(record.version.as_str(), id, Some(&text(row, horizon)));
            observations.push(if text(row, deleted) == "0" {
                there(record, wanted)
            } else {
                Observation { content: None, sighting: Sighting::Deleted, ..there(record, wanted) }
            });
        }
        let next = if more { position } else { position.finish(self.overlap, &self.zone) };
        Ok(FeedPage { observations, next: next.cursor(), more })
    }

    /// MariaDB's errors are told as errors here, so a short page is the end.
    async fn count_page(
        &self,
        kind: &Kind,
        after: Option<&RecordId>,
        wanted: &FieldRequests,
    ) -> Result<CensusPage, VtigerError> {
        let layout = self.layout(kind).await?;
        let sql = census_page(&layout, wanted, after, self.page_size)?;
        let rows = self.ask("read a census", sql).await?;
        let decoder = self.decoder(layout, wanted)?;
        Ok(CensusPage {
            observations: rows.iter().map(|row| there(decoder.record(row), wanted)).collect(),
            more: rows.len() >= self.page_size as usize,
        })
    }
}

fn there(record: Record, wanted: &FieldRequests) -> Observation {
    Observation {
        content: Some(Content::of(&record, wanted.names())),
        reference: record.reference,
        version: record.version,
        sighting: Sighting::There,
    }
}
