//! What changed, by (modifiedtime, id).
//!
//! Deletes are not seen: VTiger hides deleted records from queries (facts/VTIGER.md, "Query language"), and changes
//! that do not move `modifiedtime` are not either (trap 12). The database's feed sees both deletes and more.
//!
//! An empty page never claims anything here: it ends the pass and moves no watermark, so an error that VTiger
//! swallowed costs a delay and no change.

use async_trait::async_trait;
use cs_domain::{Content, Kind, Record};
use cs_ports::{ChangeFeed, Cursor, FeedPage, FieldRequests, Observation, PeerError, Sighting};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::client::VtigerClient;
use crate::error::VtigerError;
use crate::query::{Columns, feed_page};
use crate::watermark::Position;
use crate::zone::server_text;

/// What a record that was read on the way tells of itself.
pub(crate) fn seen(record: Record, wanted: &FieldRequests) -> Observation {
    Observation {
        content: Some(Content::of(&record, wanted.names())),
        reference: record.reference,
        version: record.version,
        sighting: Sighting::There,
    }
}

#[async_trait]
impl ChangeFeed for VtigerClient {
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

impl VtigerClient {
    async fn feed(
        &self,
        kind: &Kind,
        after: Option<&Cursor>,
        wanted: &FieldRequests,
    ) -> Result<FeedPage, VtigerError> {
        let described = self.described(kind).await?;
        if !described.has_version() {
            return Err(VtigerError::NoSuchField { kind: kind.clone(), field: "modifiedtime".into() });
        }
        let mut position = Position::of(after);
        let columns = Columns::wanted(&described, wanted)?;
        let rows = self.rows(feed_page(&described, &columns, &position, self.page_size)?).await?;
        let records = self.records(&described, &columns, &rows, wanted).await?;
        let more = rows.len() >= self.page_size as usize;
        let horizon = self.horizon();
        let mut observations = Vec::with_capacity(rows.len());
        for record in records {
            let id = record.reference.id.as_str();
            position = position.advance(record.version.as_str(), id, horizon.as_deref());
            observations.push(seen(record, wanted));
        }
        let next = if more { position } else { position.finish(self.overlap, &self.server.zone()) };
        Ok(FeedPage { observations, next: next.cursor(), more })
    }

    /// The latest stamp that can be true anywhere on earth by the server's own clock; none before it told its time.
    fn horizon(&self) -> Option<String> {
        let ahead = self.server.ahead()?;
        let ours: Timestamp = self.transport.clock().now();
        let latest = ours.checked_add(SignedDuration::from_secs(ahead)).ok()?;
        let latest = latest.checked_add(SignedDuration::from_hours(15)).ok()?;
        Some(server_text(latest, &TimeZone::UTC))
    }
}
