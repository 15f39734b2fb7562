//! The story, told to every store.

use cs_ports::Store;
use cs_store::{MemoryStore, SqliteStore};

use crate::story;

#[tokio::test]
async fn a_store_in_memory_conforms() {
    let store = MemoryStore::new();
    story::tell(&store).await;
    story::recall(&store).await;
}

#[tokio::test]
async fn a_store_in_a_file_conforms_and_remembers_when_it_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.sqlite3");
    let store = SqliteStore::open(&path).await.unwrap();
    story::tell(&store).await;
    store.close().await;
    let store = SqliteStore::open(&path).await.unwrap();
    story::recall(&store).await;
}

#[tokio::test]
async fn a_backup_remembers_the_same_story() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("state.sqlite3")).await.unwrap();
    story::tell(&store).await;
    let copy = folder.path().join("copy.sqlite3");
    store.backup_to(&copy).await.unwrap();
    let restored = SqliteStore::open(&copy).await.unwrap();
    story::recall(&restored).await;
    story::recall(&store).await;
}

#[tokio::test]
async fn two_stores_on_one_file_see_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.sqlite3");
    let one = SqliteStore::open(&path).await.unwrap();
    let other = SqliteStore::open(&path).await.unwrap();
    story::tell(&one).await;
    story::recall(&other).await;
    let one: &dyn Store = &one;
    assert_eq!(one.runs(9).await.unwrap(), other.runs(9).await.unwrap());
}
