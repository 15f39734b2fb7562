//! What the systems said of their kinds, in memory.

use std::collections::BTreeMap;

use async_trait::async_trait;
use cs_domain::{Kind, KindSchema, MappingName, System};
use cs_ports::{KindsSeen, ReliedOn, SchemaSight, SchemaStore, StoreError};
use jiff::Timestamp;

use super::{MemoryStore, at_most};
use crate::stamp;

#[derive(Debug, Default)]
pub(super) struct Sights {
    /// Oldest first.
    histories: BTreeMap<(&'static str, Kind), Vec<SchemaSight>>,
    kinds: BTreeMap<&'static str, KindsSeen>,
    relied_on: BTreeMap<MappingName, BTreeMap<(&'static str, Kind), ReliedOn>>,
}

#[async_trait]
impl SchemaStore for MemoryStore {
    async fn schema_sights(&self) -> Result<Vec<SchemaSight>, StoreError> {
        Ok(self.lock().sights.histories.values().filter_map(|sights| sights.last().cloned()).collect())
    }

    async fn schema_history(
        &self,
        system: System,
        kind: &Kind,
        limit: u32,
    ) -> Result<Vec<SchemaSight>, StoreError> {
        let state = self.lock();
        let sights = state.sights.histories.get(&(system.as_str(), kind.clone()));
        Ok(sights.into_iter().flatten().rev().take(at_most(limit)).cloned().collect())
    }

    async fn note_schema(
        &self,
        system: System,
        kind: &Kind,
        now: Timestamp,
        schema: Option<&KindSchema>,
    ) -> Result<bool, StoreError> {
        let now = stamp::cut(now);
        let mut state = self.lock();
        let sights = state.sights.histories.entry((system.as_str(), kind.clone())).or_default();
        if let Some(last) = sights.last_mut().filter(|last| last.schema.as_ref() == schema) {
            last.looked = now;
            return Ok(false);
        }
        let schema = schema.cloned();
        sights.push(SchemaSight { system, kind: kind.clone(), since: now, looked: now, schema });
        Ok(true)
    }

    async fn kinds_seen(&self) -> Result<Vec<KindsSeen>, StoreError> {
        Ok(self.lock().sights.kinds.values().cloned().collect())
    }

    async fn note_kinds(&self, seen: &KindsSeen) -> Result<(), StoreError> {
        let seen = KindsSeen { at: stamp::cut(seen.at), ..seen.clone() };
        self.lock().sights.kinds.insert(seen.system.as_str(), seen);
        Ok(())
    }

    async fn relied_on(&self, mapping: &MappingName) -> Result<Vec<ReliedOn>, StoreError> {
        let state = self.lock();
        let relied = state.sights.relied_on.get(mapping);
        Ok(relied.into_iter().flat_map(BTreeMap::values).cloned().collect())
    }

    async fn rely_on(&self, mapping: &MappingName, kinds: &[ReliedOn]) -> Result<(), StoreError> {
        let mut state = self.lock();
        for relied in kinds {
            let key = (relied.system.as_str(), relied.schema.kind.clone());
            let relied = ReliedOn { at: stamp::cut(relied.at), ..relied.clone() };
            state.sights.relied_on.entry(mapping.clone()).or_default().insert(key, relied);
        }
        Ok(())
    }
}
