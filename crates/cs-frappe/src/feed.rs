//! The change feed: the list of a DocType by (`modified`, `name`) and, before it in each pass, the list of what was
//! deleted.

use std::sync::atomic::Ordering;

use async_trait::async_trait;
use cs_domain::{Kind, RecordRef};
use cs_ports::{ChangeFeed, Cursor, FeedPage, FieldRequests, Observation, PeerError, Sighting};
use serde_json::{Value as Json, json};

use crate::client::FrappeClient;
use crate::cursor::{Position, RowKey, Stream};
use crate::error::FrappeError;
use crate::list::{ListQuery, text};
use crate::refusal::Class;

#[async_trait]
impl ChangeFeed for FrappeClient {
    async fn changes(
        &self,
        kind: &Kind,
        after: Option<&Cursor>,
        _fields: &FieldRequests,
    ) -> Result<FeedPage, PeerError> {
        self.feed_page(kind, after).await.map_err(|error| error.into_peer(format!("list changes of {kind}")))
    }
}

/// A list that a feed reads.
struct Source<'a> {
    kind: &'a Kind,
    /// Whether it is the list of deleted documents.
    deletes: bool,
}

/// A row of it.
struct Seen {
    key: RowKey,
    /// The document, which for a delete is not the row itself.
    document: String,
}

/// A page of it.
struct Page {
    seen: Vec<Seen>,
    /// Where the stream stands behind the page.
    stream: Stream,
    more: bool,
}

impl Source<'_> {
    fn stamp(&self) -> &'static str {
        if self.deletes { "creation" } else { "modified" }
    }

    fn query(&self, stream: &Stream, limit: u32) -> ListQuery {
        let stamp = self.stamp();
        let mut query = ListQuery {
            doctype: if self.deletes { "Deleted Document".into() } else { self.kind.clone() },
            fields: vec!["name".to_owned(), stamp.to_owned()],
            filters: Vec::new(),
            or_filters: Vec::new(),
            order_by: format!("{stamp} asc, name asc"),
            limit,
            parent: None,
        };
        if self.deletes {
            query.fields.push("deleted_name".to_owned());
            query.filters.push(json!(["deleted_doctype", "=", self.kind]));
        }
        match (&stream.after, &stream.from) {
            (Some(RowKey { stamp: last, name }), _) => {
                query.filters.push(json!([stamp, ">=", last]));
                query.or_filters = vec![json!([stamp, ">", last]), json!(["name", ">", name])];
            }
            (None, Some(from)) => query.filters.push(json!([stamp, ">=", from])),
            (None, None) => {}
        }
        query
    }

    fn seen(&self, row: &serde_json::Map<String, Json>) -> Result<Seen, FrappeError> {
        let name = text(row, "name")?;
        Ok(Seen {
            document: if self.deletes { text(row, "deleted_name")? } else { name.clone() },
            key: RowKey { stamp: text(row, self.stamp())?, name },
        })
    }

    fn observation(&self, seen: &Seen) -> Observation {
        Observation {
            reference: RecordRef::frappe(self.kind.clone(), seen.document.as_str()),
            version: seen.key.stamp.as_str().into(),
            content: None,
            sighting: if self.deletes { Sighting::Deleted } else { Sighting::There },
        }
    }
}

impl FrappeClient {
    async fn feed_page(&self, kind: &Kind, after: Option<&Cursor>) -> Result<FeedPage, FrappeError> {
        let mut position = match after {
            Some(cursor) => Position::parse(&cursor.0)?,
            None => Position::default(),
        };
        let mut observations = Vec::new();
        if !position.deletes_read {
            let source = Source { kind, deletes: true };
            if let Some(page) = self.deletes_page(&source, &position.deletes).await? {
                observations.extend(page.seen.iter().map(|seen| source.observation(seen)));
                position.deletes = page.stream;
                position.deletes_read = !page.more;
            } else {
                position.deletes_read = true;
            }
            if !position.deletes_read {
                return finish(observations, &position, true);
            }
        }
        let source = Source { kind, deletes: false };
        let page = self.stream_page(&source, &position.documents).await?;
        observations.extend(page.seen.iter().map(|seen| source.observation(seen)));
        position.documents = page.stream;
        // The next pass begins with the deletes again.
        position.deletes_read = page.more;
        finish(observations, &position, page.more)
    }

    /// `None` where the user may not read deleted documents: the feed goes on without, and `check` says so.
    async fn deletes_page(&self, source: &Source<'_>, stream: &Stream) -> Result<Option<Page>, FrappeError> {
        match self.stream_page(source, stream).await {
            Ok(page) => Ok(Some(page)),
            Err(FrappeError::Refused { class: Class::Permission, .. }) => {
                if !self.told_of_deletes.swap(true, Ordering::Relaxed) {
                    tracing::warn!("the user may not read Deleted Document: deletes in Frappe go unnoticed");
                }
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    async fn stream_page(&self, source: &Source<'_>, stream: &Stream) -> Result<Page, FrappeError> {
        let mut stream = stream.clone();
        let mut page = self.rows(source, &stream).await?;
        if stream.after.is_none() && page.len() >= self.page_rows() {
            // The first of several pages. What was newest before it was read is what the pass can be certain of, so it
            // is asked, and the page read again behind it.
            stream.horizon = self.newest(source).await?;
            page = self.rows(source, &stream).await?;
        }
        let more = page.len() >= self.page_rows();
        let last = page.last().map(|seen| seen.key.clone());
        let stream = match last {
            Some(last) if more => stream.advanced(last),
            last => {
                let last = last.or_else(|| stream.after.clone());
                stream.finished(last.as_ref(), self.zone().await?, self.feed_overlap)
            }
        };
        Ok(Page { seen: page, stream, more })
    }

    fn page_rows(&self) -> usize {
        usize::try_from(self.page_length).unwrap_or(usize::MAX)
    }

    async fn rows(&self, source: &Source<'_>, stream: &Stream) -> Result<Vec<Seen>, FrappeError> {
        let rows = source.query(stream, self.page_length).fetch(&self.transport).await?;
        rows.iter().map(|row| source.seen(row)).collect()
    }

    /// The newest stamp of a list.
    async fn newest(&self, source: &Source<'_>) -> Result<Option<String>, FrappeError> {
        let stamp = source.stamp();
        let query = ListQuery { order_by: format!("{stamp} desc"), ..source.query(&Stream::default(), 1) };
        let rows = query.fetch(&self.transport).await?;
        rows.first().map(|row| text(row, stamp)).transpose()
    }
}

fn finish(observations: Vec<Observation>, position: &Position, more: bool) -> Result<FeedPage, FrappeError> {
    Ok(FeedPage { observations, next: Cursor(position.write()?), more })
}
