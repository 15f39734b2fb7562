//! The lists that a feed reads, and one page of one of them.

use std::collections::BTreeSet;

use cs_domain::Kind;
use serde_json::{Value as Json, json};

use crate::client::FrappeClient;
use crate::cursor::{RowKey, Stream};
use crate::decode::Wire;
use crate::error::FrappeError;
use crate::list::{ListQuery, text};
use crate::renames::{self, Rename};

/// A list that a feed reads.
pub(crate) struct Source {
    /// Whose list it is.
    doctype: Kind,
    /// The column that orders it.
    stamp: &'static str,
    /// The column that names the document.
    document: &'static str,
    /// Further columns.
    also: &'static [&'static str],
    filters: Vec<Json>,
}

/// A row of it.
pub(crate) struct Seen {
    pub(crate) key: RowKey,
    /// The document, which for deletes and renames is not the row itself.
    pub(crate) document: String,
    /// A comment's text.
    content: Option<String>,
}

/// A page of it.
pub(crate) struct Page {
    pub(crate) seen: Vec<Seen>,
    /// Where the stream stands behind the page.
    pub(crate) stream: Stream,
    pub(crate) more: bool,
}

impl Source {
    /// The documents themselves.
    pub(crate) fn documents(kind: &Kind) -> Self {
        Self { doctype: kind.clone(), stamp: "modified", document: "name", also: &[], filters: Vec::new() }
    }

    /// What was deleted.
    pub(crate) fn deletes(kind: &Kind) -> Self {
        Self {
            doctype: "Deleted Document".into(),
            stamp: "creation",
            document: "deleted_name",
            also: &[],
            filters: vec![json!(["deleted_doctype", "=", kind])],
        }
    }

    /// The comments that tell of renames, and few others. Their words are not asked for: they are whoever's language.
    pub(crate) fn renames(kind: &Kind) -> Self {
        Self {
            doctype: "Comment".into(),
            stamp: "creation",
            document: "reference_name",
            also: &["content"],
            filters: vec![json!(["reference_doctype", "=", kind]), json!(["comment_type", "=", "Edit"])],
        }
    }

    fn query(&self, stream: &Stream, limit: u32) -> ListQuery {
        let stamp = self.stamp;
        let mut fields = vec!["name".to_owned(), stamp.to_owned()];
        fields.extend((self.document != "name").then(|| self.document.to_owned()));
        fields.extend(self.also.iter().map(|&column| column.to_owned()));
        let mut query = ListQuery {
            doctype: self.doctype.clone(),
            fields,
            filters: self.filters.clone(),
            or_filters: Vec::new(),
            order_by: format!("{stamp} asc, name asc"),
            limit,
            parent: None,
        };
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

    fn seen(&self, row: &Wire) -> Result<Seen, FrappeError> {
        Ok(Seen {
            // A comment that hangs on nothing any more tells nothing.
            document: match row.get(self.document) {
                Some(Json::Null) => String::new(),
                _ => text(row, self.document)?,
            },
            key: RowKey { stamp: text(row, self.stamp)?, name: text(row, "name")? },
            content: row.get("content").and_then(Json::as_str).map(str::to_owned),
        })
    }
}

/// The rename that a comment tells.
pub(crate) fn rename_of(seen: &Seen) -> Option<Rename> {
    let (from, to, manner) = renames::read(seen.content.as_deref()?)?;
    Some(Rename {
        comment: seen.key.name.clone(),
        stamp: seen.key.stamp.clone(),
        from,
        to,
        on: seen.document.clone(),
        manner,
    })
}

/// Which of these deletes, oldest first, are the last act of one of these merges: names of `Deleted Document`s. A merge
/// writes its comment, then deletes; it explains the first delete of the name that comes behind it and no other.
pub(crate) fn merged_away(deletes: &[Seen], merges: &[Rename]) -> BTreeSet<String> {
    let act = |merge: &Rename| {
        deletes.iter().find(|seen| seen.document == merge.from && seen.key.stamp >= merge.stamp)
    };
    merges.iter().filter_map(act).map(|seen| seen.key.name.clone()).collect()
}

impl FrappeClient {
    /// The page behind a position.
    pub(crate) async fn page(&self, source: &Source, stream: &Stream) -> Result<Page, FrappeError> {
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

    /// All rows stamped from `from` to `to`, both included.
    pub(crate) async fn between(
        &self,
        source: &Source,
        from: &str,
        to: &str,
    ) -> Result<Vec<Seen>, FrappeError> {
        let stream = Stream { from: Some(from.to_owned()), ..Stream::default() };
        let mut query = source.query(&stream, 0);
        query.filters.push(json!([source.stamp, "<=", to]));
        query.fetch(&self.transport).await?.iter().map(|row| source.seen(row)).collect()
    }

    fn page_rows(&self) -> usize {
        usize::try_from(self.page_length).unwrap_or(usize::MAX)
    }

    async fn rows(&self, source: &Source, stream: &Stream) -> Result<Vec<Seen>, FrappeError> {
        let rows = source.query(stream, self.page_length).fetch(&self.transport).await?;
        rows.iter().map(|row| source.seen(row)).collect()
    }

    /// The newest stamp of a list.
    async fn newest(&self, source: &Source) -> Result<Option<String>, FrappeError> {
        let order_by = format!("{} desc", source.stamp);
        let query = ListQuery { order_by, ..source.query(&Stream::default(), 1) };
        let rows = query.fetch(&self.transport).await?;
        rows.first().map(|row| text(row, source.stamp)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::renames::Manner;

    fn at(second: u32) -> String {
        format!("2026-11-21 19:00:{second:02}.000000")
    }

    #[test]
    fn a_merge_explains_one_delete() {
        let deletes =
            [("d1", "a", 1), ("d2", "b", 5), ("d3", "a", 5), ("d4", "a", 9)].map(|(name, of, second)| Seen {
                key: RowKey { stamp: at(second), name: name.into() },
                document: of.into(),
                content: None,
            });
        let merge = |from: &str, second| Rename {
            comment: "c".into(),
            stamp: at(second),
            from: from.into(),
            to: "z".into(),
            on: "z".into(),
            manner: Manner::Merged,
        };
        assert_eq!(merged_away(&deletes, &[merge("a", 4)]), BTreeSet::from(["d3".to_owned()]));
        assert_eq!(merged_away(&deletes, &[merge("a", 10), merge("c", 1)]), BTreeSet::new());
    }
}
