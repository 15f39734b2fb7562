//! What a store must do for the service: tasks, settings, people, and what people look up. Told and recalled like
//! [`crate::story`].

mod insight;
mod insight_findings;
mod people;
mod prune;
mod races;
mod settings;
mod task_samples;
mod tasks;

use cs_ports::{FindingStore, Insight, PeopleStore, SettingsStore, Store, TaskStore};
use cs_store::{MemoryStore, SqliteStore};

/// All that a store does.
pub(crate) trait Whole:
    Store + FindingStore + TaskStore + PeopleStore + SettingsStore + Insight
{
}

impl<T: Store + FindingStore + TaskStore + PeopleStore + SettingsStore + Insight> Whole for T {}

async fn tell(store: &dyn Whole) {
    tasks::tell(store).await;
    settings::tell(store).await;
    people::tell(store).await;
    insight::tell(store).await;
}

async fn recall(store: &dyn Whole) {
    tasks::recall(store).await;
    settings::recall(store).await;
    people::recall(store).await;
    insight::recall(store).await;
}

#[tokio::test]
async fn a_store_in_memory_serves() {
    let store = MemoryStore::new();
    tell(&store).await;
    recall(&store).await;
    prune::tell(&MemoryStore::new()).await;
    let store = MemoryStore::new();
    races::tell(&store, &store).await;
}

#[tokio::test]
async fn a_store_in_a_file_serves_and_remembers_when_it_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.sqlite3");
    let store = SqliteStore::open(&path).await.unwrap();
    tell(&store).await;
    store.close().await;
    let store = SqliteStore::open(&path).await.unwrap();
    recall(&store).await;
    let copy = folder.path().join("copy.sqlite3");
    store.backup_to(&copy).await.unwrap();
    recall(&SqliteStore::open(&copy).await.unwrap()).await;
    prune::tell(&SqliteStore::open(folder.path().join("old.sqlite3")).await.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_processes_on_one_file_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.sqlite3");
    let one = SqliteStore::open(&path).await.unwrap();
    let other = SqliteStore::open(&path).await.unwrap();
    races::tell(&one, &other).await;
}
