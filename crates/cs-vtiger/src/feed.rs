//! What changed, by (modifiedtime, id), and what it held.
//!
//! Deletes are not seen: VTiger hides deleted records from queries (facts/VTIGER.md, "Query language"), and changes
//! that do not move `modifiedtime` are not either (trap 12). The census finds both; the database's feed sees deletes at
//! once.
//!
//! An empty page ends the pass and moves no watermark. It is believed only where VTiger was seen to answer with these
//! columns (trap 11): a feed that is silent over a swallowed error would miss every change until somebody wonders.

use async_trait::async_trait;
use cs_domain::{Content, Kind, Record};
use cs_ports::{ChangeFeed, Cursor, FeedPage, FieldRequests, Observation, PeerError, Sighting};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::client::{VtigerClient, Wire};
use crate::describe::Described;
use crate::error::VtigerError;
use crate::query::{Columns, feed_page};
use crate::watermark::Position;
use crate::zone::server_text;

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
        let question = |columns: &Columns| feed_page(&described, columns, &position, self.page_size);
        let whole = Columns::wanted(&described, wanted)?;
        let (columns, wanted) = self.fitting(&described, whole, wanted, &question)?;
        let rows = self.feed_rows(&described, &columns, question(&columns)?).await?;
        let observations = self.observations(&described, &columns, &rows, wanted).await?;
        let more = observations.len() >= self.page_size as usize;
        let horizon = self.horizon();
        for seen in &observations {
            let id = seen.reference.id.as_str();
            position = position.advance(seen.version.as_str(), id, horizon.as_deref());
        }
        let next = if more { position } else { position.finish(self.overlap, &self.server.zone()) };
        Ok(FeedPage { observations, next: next.cursor(), more })
    }

    /// The columns of a page and the fields that its contents are made of: none where they make the question longer than
    /// web servers take (some 400 columns), which still tells what there is.
    pub(crate) fn fitting<'w>(
        &self,
        described: &Described,
        whole: Columns,
        wanted: &'w FieldRequests,
        question: &dyn Fn(&Columns) -> Result<String, VtigerError>,
    ) -> Result<(Columns, Option<&'w FieldRequests>), VtigerError> {
        if self.fits_url(&question(&whole)?) {
            return Ok((whole, Some(wanted)));
        }
        Ok((Columns::of(described, [])?, None))
    }

    /// What the rows of a page tell. They are decoded and guarded as [`cs_ports::Reader::read`] does, by the same code, so
    /// that a record's content is the same whichever way it was read.
    pub(crate) async fn observations(
        &self,
        described: &Described,
        columns: &Columns,
        rows: &[Wire],
        wanted: Option<&FieldRequests>,
    ) -> Result<Vec<Observation>, VtigerError> {
        let nothing = FieldRequests::default();
        let records = self.records(described, columns, rows, wanted.unwrap_or(&nothing)).await?;
        let seen = |record: Record| Observation {
            content: wanted.map(|wanted| Content::of(&record, wanted.names())),
            reference: record.reference,
            version: record.version,
            sighting: Sighting::There,
        };
        Ok(records.into_iter().map(seen).collect())
    }

    async fn feed_rows(
        &self,
        described: &Described,
        columns: &Columns,
        query: String,
    ) -> Result<Vec<Wire>, VtigerError> {
        let rows = self.rows(query).await?;
        if rows.is_empty() {
            self.prove(described, columns).await?;
        } else if !self.is_proven(described.kind(), columns) {
            self.remember_proven(described.kind(), columns.clone());
        }
        Ok(rows)
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
