//! How far a change feed was read: JSON that a person can read, since it lies in the store for years.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::FrappeError;
use crate::zone::{SiteZone, feed_floor};

/// Position of a feed. A pass reads the renames first, then the deletes, and the documents after them, so that of a name
/// that was given up and given again the last word is that it lives (facts/FRAPPE.md, trap 6).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    /// `None` in what was written before renames were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    renames: Option<Stream>,
    pub(crate) deletes: Stream,
    pub(crate) documents: Stream,
    /// Whether the renames of this pass are read.
    #[serde(default)]
    pub(crate) renames_read: bool,
    /// Whether the deletes of this pass are read.
    #[serde(default)]
    pub(crate) deletes_read: bool,
    /// Whether the first pass is still going on.
    #[serde(default)]
    pub(crate) first: bool,
    /// Renames that were told and that the next pass sees again, comment and stamp. They are told once: by the second
    /// time the old name may be another document's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) told: BTreeMap<String, String>,
}

impl Position {
    /// The beginning of time.
    pub(crate) fn beginning() -> Self {
        Self { renames: Some(Stream::default()), first: true, ..Self::default() }
    }

    pub(crate) fn parse(text: &str) -> Result<Self, FrappeError> {
        serde_json::from_str(text).map_err(|source| FrappeError::Cursor { source })
    }

    pub(crate) fn write(&self) -> Result<String, FrappeError> {
        serde_json::to_string(self).map_err(|source| FrappeError::Cursor { source })
    }

    /// Where the renames stand. Of a feed that did not read them yet, what its documents have seen is past.
    pub(crate) fn renames(&self) -> Stream {
        let past = || Stream { from: self.documents.from.clone(), ..Stream::default() };
        self.renames.clone().unwrap_or_else(past)
    }

    /// Behind a page of renames, with the comments that it told. The next pass sees nothing again that is stamped before
    /// `floor`.
    pub(crate) fn renames_told(
        &mut self,
        page: (Stream, bool),
        told: BTreeMap<String, String>,
        floor: Option<&String>,
    ) {
        let (stream, more) = page;
        self.told.extend(told);
        self.told.retain(|_, stamp| floor.is_none_or(|floor| &*stamp >= floor));
        self.renames = Some(stream);
        self.renames_read = !more;
    }

    /// Behind a page of documents; the next pass begins with the renames again.
    pub(crate) fn documents_told(&mut self, stream: Stream, more: bool) {
        self.documents = stream;
        if !more {
            (self.renames_read, self.deletes_read, self.first) = (false, false, false);
        }
    }
}

/// Position in one list, ordered by (stamp, name).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stream {
    /// The stamp that the pass begins with; from the first row where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<String>,
    /// Within a pass: the last row that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) after: Option<RowKey>,
    /// Within a pass of several pages: the newest stamp there was when it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) horizon: Option<String>,
}

/// What orders a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RowKey {
    pub(crate) stamp: String,
    pub(crate) name: String,
}

impl Stream {
    /// After a full page.
    pub(crate) fn advanced(&self, last: RowKey) -> Self {
        Self { after: Some(last), ..self.clone() }
    }

    /// After the last page: where the next pass begins.
    ///
    /// A row that is committed late bears a stamp at most `overlap` older than the moment of its commit
    /// (facts/FRAPPE.md, trap 1). All stamped `overlap` before the newest row *at the pass's beginning* was therefore
    /// committed when the pass began, and this pass saw it; the rest is read again. Reaching back from the newest row
    /// at the pass's *end* would lose rows of a pass that lasted, or was interrupted for, longer than the overlap.
    pub(crate) fn finished(&self, last: Option<&RowKey>, zone: Option<&SiteZone>, overlap: Duration) -> Self {
        let newest = self.horizon.as_deref().or(last.map(|last| last.stamp.as_str()));
        let from = newest.map(|newest| feed_floor(zone, newest, overlap));
        Self {
            // All before the last beginning was certain already; where the newest row was deleted since, it stays so.
            from: from.max(self.from.clone()),
            after: None,
            horizon: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OVERLAP: Duration = Duration::from_mins(2);

    fn key(stamp: &str) -> RowKey {
        RowKey { stamp: stamp.into(), name: "A".into() }
    }

    fn utc() -> SiteZone {
        SiteZone::named("UTC").unwrap()
    }

    #[test]
    fn a_long_pass_is_read_again_from_where_it_was_certain() {
        let stream = Stream {
            from: Some("2026-01-01 00:00:00.000000".into()),
            after: None,
            horizon: Some("2026-01-02 10:00:00.000000".into()),
        };
        // The last row was stamped three hours after the pass began.
        let next = stream.finished(Some(&key("2026-01-02 13:00:00.000000")), Some(&utc()), OVERLAP);
        assert_eq!(next.from.as_deref(), Some("2026-01-02 09:58:00.000000"));
    }

    #[test]
    fn an_empty_pass_stays_where_it_was() {
        let stream = Stream { from: Some("2026-01-01 00:00:00.000000".into()), ..Stream::default() };
        assert_eq!(stream.finished(None, None, OVERLAP), stream);
    }

    #[test]
    fn a_cursor_is_readable_and_survives() {
        let position = Position {
            documents: Stream::default().advanced(key("2026-01-01 00:00:00.000000")),
            ..Position::default()
        };
        let text = position.write().unwrap();
        assert!(text.contains("2026-01-01 00:00:00.000000"), "{text}");
        assert_eq!(Position::parse(&text).unwrap(), position);
        assert_eq!(Position::parse("{").unwrap_err().code(), "frappe.cursor");
    }

    #[test]
    fn a_cursor_from_before_renames_were_read_does_not_dig_out_old_ones() {
        let old = r#"{"deletes":{},"documents":{"from":"2026-11-01 10:00:00.000000"},"deletes_read":false}"#;
        let position = Position::parse(old).unwrap();
        assert_eq!(position.renames().from.as_deref(), Some("2026-11-01 10:00:00.000000"));
        assert!(!position.first && Position::beginning().first);
        assert_eq!(Position::beginning().renames(), Stream::default());
    }

    #[test]
    fn what_was_told_is_remembered_for_as_long_as_it_is_seen_again() {
        let mut position = Position::beginning();
        let told = |name: &str, stamp: &str| BTreeMap::from([(name.to_owned(), stamp.to_owned())]);
        position.renames_told((Stream::default(), true), told("c1", "2026-01-01 00:00:00.000000"), None);
        assert_eq!((position.told.len(), position.renames_read), (1, false));
        let floor = "2026-01-01 00:00:00.000001".to_owned();
        let last = told("c2", "2026-01-01 00:00:00.000001");
        position.renames_told((Stream::default(), false), last, Some(&floor));
        assert_eq!(position.told.keys().collect::<Vec<_>>(), ["c2"]);
        assert!(position.renames_read);
        position.documents_told(Stream::default(), false);
        assert!(!position.renames_read && !position.first);
    }
}
