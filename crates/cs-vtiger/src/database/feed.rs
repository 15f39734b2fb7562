//! What changed, deleted records among it. The cursors are those of the web service's feed: a pass that one began the
//! other can go on with.

use async_trait::async_trait;
use cs_domain::{Kind, RecordRef, Version};
use cs_ports::{ChangeFeed, Cursor, FeedPage, FieldRequests, Observation, PeerError, Sighting};

use super::VtigerDatabase;
use super::rows::text;
use super::sql::feed_page;
use crate::error::VtigerError;
use crate::watermark::Position;

#[async_trait]
impl ChangeFeed for VtigerDatabase {
    async fn changes(
        &self,
        kind: &Kind,
        after: Option<&Cursor>,
        _fields: &FieldRequests,
    ) -> Result<FeedPage, PeerError> {
        let page = self.feed(kind, after).await;
        page.map_err(|error| error.into_peer(format!("changes of {kind}")))
    }
}

impl VtigerDatabase {
    async fn feed(&self, kind: &Kind, after: Option<&Cursor>) -> Result<FeedPage, VtigerError> {
        let layout = self.layout(kind).await?;
        let mut position = Position::of(after);
        let sql = feed_page(&layout, &position, self.page_size)?;
        let rows = self.ask("read changes", sql).await?;
        let more = rows.len() >= self.page_size as usize;
        let mut observations = Vec::with_capacity(rows.len());
        for row in &rows {
            let id = format!("{}x{}", layout.described.prefix, text(row, 0));
            let version = text(row, 1);
            position = position.advance(&version, &id, Some(&text(row, 3)));
            observations.push(Observation {
                reference: RecordRef::vtiger(kind.clone(), id),
                version: Version::new(version),
                content: None,
                sighting: if text(row, 2) == "0" { Sighting::There } else { Sighting::Deleted },
            });
        }
        let next = if more { position } else { position.finish(self.overlap, &self.zone) };
        Ok(FeedPage { observations, next: next.cursor(), more })
    }
}
