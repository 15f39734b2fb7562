//! Settings and secrets in memory, and the removal of what is over.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use cs_domain::RunId;
use cs_ports::{KeptSettings, Pruned, SealedSecret, SettingsStore, StoreError};
use jiff::Timestamp;

use super::MemoryStore;
use crate::settings::answers_over;
use crate::stamp;

#[derive(Debug, Default)]
pub(super) struct Settings {
    kept: KeptSettings,
    secrets: BTreeMap<String, Vec<u8>>,
}

impl Settings {
    fn put(&mut self, name: &str, sealed: Option<&[u8]>) {
        match sealed {
            Some(sealed) => self.secrets.insert(name.to_owned(), sealed.to_vec()),
            None => self.secrets.remove(name),
        };
    }
}

#[async_trait]
impl SettingsStore for MemoryStore {
    async fn settings(&self) -> Result<KeptSettings, StoreError> {
        Ok(self.lock().settings.kept.clone())
    }

    async fn put_settings(
        &self,
        revision: i64,
        text: &str,
        secrets: &[SealedSecret],
    ) -> Result<bool, StoreError> {
        let settings = &mut self.lock().settings;
        let same = settings.kept.revision == revision;
        if same {
            settings.kept = KeptSettings { revision: revision + 1, text: text.to_owned() };
            for (name, sealed) in secrets {
                settings.put(name, sealed.as_deref());
            }
        }
        Ok(same)
    }

    async fn secret(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.lock().settings.secrets.get(name).cloned())
    }

    async fn secret_names(&self) -> Result<Vec<String>, StoreError> {
        Ok(self.lock().settings.secrets.keys().cloned().collect())
    }

    async fn put_secret(&self, name: &str, sealed: Option<&[u8]>) -> Result<(), StoreError> {
        self.lock().settings.put(name, sealed);
        Ok(())
    }

    async fn prune(&self, before: Timestamp, now: Timestamp) -> Result<Pruned, StoreError> {
        let mut state = self.lock();
        let before = stamp::cut(before);
        let over: BTreeSet<RunId> = state.runs.ended_before(before).cloned().collect();
        Ok(Pruned {
            log: state.log.prune(before),
            tasks: state.tasks.prune_tasks(before),
            files: state.tasks.prune_files(before),
            journal: state.journal.prune(&over),
            expired: state.people.prune(stamp::cut(now), stamp::cut(answers_over(now))),
        })
    }
}
