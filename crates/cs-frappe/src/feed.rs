//! The change feed: in each pass first what was renamed, then what was deleted, then the list of the `DocType` by
//! (`modified`, `name`).
//!
//! Renames and deletes are lists of their own (`Comment`, `Deleted Document`) with positions of their own, because neither
//! moves the document's `modified` (facts/FRAPPE.md, trap 11). Documents tell no [`cs_domain::Content`]: `modified` has
//! microseconds and moves with every save.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use cs_domain::{Kind, RecordRef, Version};
use cs_ports::{ChangeFeed, Cursor, FeedPage, FieldRequests, Observation, PeerError, Sighting};
use serde_json::json;

use crate::client::FrappeClient;
use crate::cursor::Position;
use crate::error::FrappeError;
use crate::list::{ListQuery, VALUES_AT_ONCE, text};
use crate::refusal::Class;
use crate::renames::{Manner, Rename, survivors};
use crate::source::{Seen, Source, merged_away, rename_of};
use crate::zone::feed_floor;

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

impl FrappeClient {
    async fn feed_page(&self, kind: &Kind, after: Option<&Cursor>) -> Result<FeedPage, FrappeError> {
        let mut position = match after {
            Some(cursor) => Position::parse(&cursor.0)?,
            None => Position::beginning(),
        };
        let mut observations = Vec::new();
        if !position.renames_read {
            observations.extend(self.renames(kind, &mut position).await?);
            if !position.renames_read {
                return finish(observations, &position, true);
            }
        }
        if !position.deletes_read {
            observations.extend(self.deletes(kind, &mut position).await?);
            if !position.deletes_read {
                return finish(observations, &position, true);
            }
        }
        let page = self.page(&Source::documents(kind), &position.documents).await?;
        observations.extend(
            page.seen.iter().map(|seen| {
                observation(kind, &seen.document, seen.key.stamp.as_str().into(), Sighting::There)
            }),
        );
        position.documents_told(page.stream, page.more);
        finish(observations, &position, page.more)
    }

    /// A page of renames. A document is told under the name that it bears now, whatever it was called in between.
    async fn renames(&self, kind: &Kind, position: &mut Position) -> Result<Vec<Observation>, FrappeError> {
        let page = self.page(&Source::renames(kind), &position.renames()).await;
        let Some(page) = self.if_permitted(page, &Trace::Comment)? else {
            position.renames_read = true;
            return Ok(Vec::new());
        };
        let mut renames: Vec<Rename> = page.seen.iter().filter_map(rename_of).collect();
        if renames.iter().all(|rename| position.told.contains_key(&rename.comment)) {
            // The overlap holds the latest ones until there are later ones: nothing is asked about them again.
            renames.clear();
        }
        let names = renames.iter().flat_map(|rename| [&rename.from, &rename.to, &rename.on]);
        let alive = self.alive(kind, names.map(String::as_str)).await?;
        let mut observations = Vec::new();
        let mut told = BTreeMap::new();
        for (rename, name) in renames.iter().zip(survivors(&renames, &alive)) {
            if position.told.contains_key(&rename.comment) {
                continue;
            }
            told.insert(rename.comment.clone(), rename.stamp.clone());
            // From the beginning of time, it cannot be said of whom a name speaks that was given again since.
            let again = position.first && alive.contains_key(&rename.from);
            if rename.from != name && !again {
                let version = alive.get(name).cloned().unwrap_or_else(|| rename.stamp.as_str().into());
                let from = rename.from.as_str().into();
                observations.push(observation(kind, name, version, Sighting::Renamed { from }));
            }
        }
        let floor = match &page.stream.horizon {
            Some(horizon) if page.more => Some(feed_floor(self.zone().await?, horizon, self.feed_overlap)),
            _ => page.stream.from.clone(),
        };
        position.renames_told((page.stream, page.more), told, floor.as_ref());
        Ok(observations)
    }

    /// A page of deletes, without those whose name another document bears now, and without those that are a merge's last
    /// act: these are told as renames.
    async fn deletes(&self, kind: &Kind, position: &mut Position) -> Result<Vec<Observation>, FrappeError> {
        let page = self.page(&Source::deletes(kind), &position.deletes).await;
        let Some(page) = self.if_permitted(page, &Trace::DeletedDocument)? else {
            position.deletes_read = true;
            return Ok(Vec::new());
        };
        let alive = self.alive(kind, page.seen.iter().map(|seen| seen.document.as_str())).await?;
        let gone: Vec<&Seen> = page.seen.iter().filter(|seen| !alive.contains_key(&seen.document)).collect();
        let merged = self.merged(kind, &gone).await?;
        let observations = gone
            .iter()
            .filter(|seen| !merged.contains(&seen.key.name))
            .map(|seen| observation(kind, &seen.document, seen.key.stamp.as_str().into(), Sighting::Deleted));
        let observations = observations.collect();
        position.deletes_read = !page.more;
        position.deletes = page.stream;
        Ok(observations)
    }

    /// Those of these deletes, oldest first, that are a merge's last act: names of `Deleted Document`s.
    async fn merged(&self, kind: &Kind, gone: &[&Seen]) -> Result<BTreeSet<String>, FrappeError> {
        let (Some(first), Some(last)) = (gone.first(), gone.last()) else {
            return Ok(BTreeSet::new());
        };
        // Comment and delete are of one request.
        let from = feed_floor(self.zone().await?, &first.key.stamp, self.feed_overlap);
        let comments = self.between(&Source::renames(kind), &from, &last.key.stamp).await;
        let Some(comments) = self.if_permitted(comments, &Trace::Comment)? else {
            return Ok(BTreeSet::new());
        };
        let names: BTreeSet<&str> = gone.iter().map(|seen| seen.document.as_str()).collect();
        let renames = comments.iter().filter_map(rename_of);
        let merges: Vec<Rename> = renames
            .filter(|rename| rename.manner != Manner::Renamed && names.contains(rename.from.as_str()))
            .collect();
        if merges.is_empty() {
            return Ok(BTreeSet::new());
        }
        // The delete that belongs to a merge may lie before this page.
        let deletes = self.between(&Source::deletes(kind), &from, &last.key.stamp).await?;
        Ok(merged_away(&deletes, &merges))
    }

    /// The versions of those of the names that documents bear now, by name.
    async fn alive<'a>(
        &self,
        kind: &Kind,
        names: impl Iterator<Item = &'a str>,
    ) -> Result<BTreeMap<String, Version>, FrappeError> {
        let names: BTreeSet<&str> = names.filter(|name| !name.is_empty()).collect();
        let names: Vec<&str> = names.into_iter().collect();
        let mut alive = BTreeMap::new();
        for chunk in names.chunks(VALUES_AT_ONCE) {
            let query = ListQuery {
                doctype: kind.clone(),
                fields: vec!["name".to_owned(), "modified".to_owned()],
                filters: vec![json!(["name", "in", chunk])],
                or_filters: Vec::new(),
                order_by: "name asc".to_owned(),
                limit: 0,
                parent: None,
            };
            for row in query.fetch(&self.transport).await? {
                alive.insert(text(&row, "name")?, text(&row, "modified")?.into());
            }
        }
        Ok(alive)
    }

    /// `None` where the user may not read the list: the feed goes on without, and `check` says so too.
    fn if_permitted<T>(&self, read: Result<T, FrappeError>, trace: &Trace) -> Result<Option<T>, FrappeError> {
        match read {
            Ok(read) => Ok(Some(read)),
            Err(FrappeError::Refused { class: Class::Permission, .. }) => {
                match trace {
                    Trace::Comment if !self.told_of_renames.swap(true, Ordering::Relaxed) => tracing::warn!(
                        "the user may not read Comment: renames in Frappe go unnoticed, and merges look like deletes"
                    ),
                    Trace::DeletedDocument if !self.told_of_deletes.swap(true, Ordering::Relaxed) => {
                        tracing::warn!(
                            "the user may not read Deleted Document: deletes in Frappe go unnoticed"
                        );
                    }
                    _ => {}
                }
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// Where Frappe keeps what a document's own list does not tell.
enum Trace {
    Comment,
    DeletedDocument,
}

fn observation(kind: &Kind, name: &str, version: Version, sighting: Sighting) -> Observation {
    Observation { reference: RecordRef::frappe(kind.clone(), name), version, content: None, sighting }
}

fn finish(observations: Vec<Observation>, position: &Position, more: bool) -> Result<FeedPage, FrappeError> {
    Ok(FeedPage { observations, next: Cursor(position.write()?), more })
}
