//! Drafts and versions of mappings in memory.

use std::collections::BTreeMap;

use async_trait::async_trait;
use cs_domain::MappingName;
use cs_ports::{MappingDraft, MappingStore, MappingVersion, PublishedMapping, RetiredMapping, StoreError};

use super::MemoryStore;
use crate::stamp;

#[derive(Debug, Default)]
pub(super) struct Catalogue {
    drafts: BTreeMap<MappingName, Drafts>,
    /// Ascending by number.
    versions: BTreeMap<MappingName, Vec<PublishedMapping>>,
    retired: BTreeMap<MappingName, RetiredMapping>,
}

/// A mapping's drafts so far.
#[derive(Debug, Default)]
struct Drafts {
    revision: i64,
    current: Option<MappingDraft>,
}

impl Catalogue {
    fn is_current(&self, mapping: &MappingName, revision: i64) -> bool {
        let drafts = self.drafts.get(mapping);
        drafts.is_some_and(|drafts| drafts.current.is_some() && drafts.revision == revision)
    }

    fn drop_draft(&mut self, mapping: &MappingName) {
        if let Some(drafts) = self.drafts.get_mut(mapping) {
            drafts.revision += 1;
            drafts.current = None;
        }
    }

    fn next_number(&self, mapping: &MappingName) -> i64 {
        let last = self.versions.get(mapping).and_then(|versions| versions.last());
        last.map_or(0, |published| published.version.number) + 1
    }
}

#[async_trait]
impl MappingStore for MemoryStore {
    async fn mapping_drafts(&self) -> Result<Vec<MappingDraft>, StoreError> {
        Ok(self.lock().catalogue.drafts.values().filter_map(|drafts| drafts.current.clone()).collect())
    }

    async fn mapping_draft(&self, mapping: &MappingName) -> Result<Option<MappingDraft>, StoreError> {
        Ok(self.lock().catalogue.drafts.get(mapping).and_then(|drafts| drafts.current.clone()))
    }

    async fn put_mapping_draft(&self, draft: &MappingDraft) -> Result<Option<i64>, StoreError> {
        let mut state = self.lock();
        let drafts = state.catalogue.drafts.entry(draft.mapping.clone()).or_default();
        let seen = drafts.current.as_ref().map_or(0, |_| drafts.revision);
        if draft.revision != seen {
            return Ok(None);
        }
        drafts.revision += 1;
        let (revision, at) = (drafts.revision, stamp::cut(draft.at));
        drafts.current = Some(MappingDraft { revision, at, ..draft.clone() });
        Ok(Some(revision))
    }

    async fn drop_mapping_draft(&self, mapping: &MappingName, revision: i64) -> Result<bool, StoreError> {
        let catalogue = &mut self.lock().catalogue;
        let current = catalogue.is_current(mapping, revision);
        if current {
            catalogue.drop_draft(mapping);
        }
        Ok(current)
    }

    async fn publish_mapping(
        &self,
        published: &PublishedMapping,
        draft: Option<i64>,
    ) -> Result<bool, StoreError> {
        let catalogue = &mut self.lock().catalogue;
        let mapping = &published.version.mapping;
        let current = draft.is_none_or(|revision| catalogue.is_current(mapping, revision));
        if !current || published.version.number != catalogue.next_number(mapping) {
            return Ok(false);
        }
        if draft.is_some() {
            catalogue.drop_draft(mapping);
        }
        let mut published = published.clone();
        published.version.at = stamp::cut(published.version.at);
        catalogue.versions.entry(mapping.clone()).or_default().push(published);
        Ok(true)
    }

    async fn mapping_versions(&self, mapping: &MappingName) -> Result<Vec<MappingVersion>, StoreError> {
        let state = self.lock();
        let versions = state.catalogue.versions.get(mapping).into_iter().flatten().rev();
        Ok(versions.map(|published| published.version.clone()).collect())
    }

    async fn mapping_version(
        &self,
        mapping: &MappingName,
        number: i64,
    ) -> Result<Option<PublishedMapping>, StoreError> {
        let state = self.lock();
        let mut versions = state.catalogue.versions.get(mapping).into_iter().flatten();
        Ok(versions.find(|published| published.version.number == number).cloned())
    }

    async fn latest_mappings(&self) -> Result<Vec<PublishedMapping>, StoreError> {
        let state = self.lock();
        Ok(state.catalogue.versions.values().filter_map(|versions| versions.last().cloned()).collect())
    }

    async fn retired_mappings(&self) -> Result<Vec<RetiredMapping>, StoreError> {
        Ok(self.lock().catalogue.retired.values().cloned().collect())
    }

    async fn note_retired(&self, retired: &RetiredMapping) -> Result<bool, StoreError> {
        let known = &mut self.lock().catalogue.retired;
        let news = !known.contains_key(&retired.mapping);
        if news {
            let at = stamp::cut(retired.at);
            known.insert(retired.mapping.clone(), RetiredMapping { at, ..retired.clone() });
        }
        Ok(news)
    }

    async fn note_resumed(&self, mapping: &MappingName) -> Result<bool, StoreError> {
        Ok(self.lock().catalogue.retired.remove(mapping).is_some())
    }
}
