//! What a store must do for the service: tasks, settings, people, and what people look up. Told and recalled like
//! [`crate::story`].

mod catalogue;
mod insight;
mod insight_findings;
mod linking;
mod people;
mod prune;
mod questions;
mod races;
mod schemas;
mod settings;
mod task_samples;
mod tasks;

use cs_ports::{
    FindingStore, Insight, LinkingStore, MappingStore, PeopleStore, SettingsStore, Store, TaskStore,
};
use cs_store::{MemoryStore, SqliteStore};

use crate::opening::tamper;
use crate::samples::{at, run_id};

/// All that a store does.
pub(crate) trait Whole:
    Store + FindingStore + TaskStore + PeopleStore + SettingsStore + MappingStore + LinkingStore + Insight
{
}

impl<
    T: Store + FindingStore + TaskStore + PeopleStore + SettingsStore + MappingStore + LinkingStore + Insight,
> Whole for T
{
}

async fn tell(store: &dyn Whole) {
    tasks::tell(store).await;
    settings::tell(store).await;
    catalogue::tell(store).await;
    schemas::tell(store).await;
    linking::tell(store).await;
    people::tell(store).await;
    insight::tell(store).await;
}

async fn recall(store: &dyn Whole) {
    tasks::recall(store).await;
    settings::recall(store).await;
    catalogue::recall(store).await;
    schemas::recall(store).await;
    linking::recall(store).await;
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

/// Takes the schema back to what it was before anything was looked up.
const BEFORE: &str = "DROP INDEX log_sought; ALTER TABLE log DROP COLUMN kind; ALTER TABLE log DROP COLUMN words;
    DROP INDEX staged_standing; DROP INDEX staged_failed; ALTER TABLE staged DROP COLUMN code;
    ALTER TABLE staged DROP COLUMN whole;
    DROP INDEX conflict_by_state; CREATE INDEX conflict_by_state ON conflict (state, met);
    DROP INDEX intent_by_subject; ALTER TABLE intent DROP COLUMN subject_id;
    DROP INDEX intent_by_target; ALTER TABLE intent DROP COLUMN target_id;
    DROP TABLE tie_text;
    DROP TRIGGER finding_counted; DROP TRIGGER finding_counted_anew; DROP TRIGGER finding_not_counted;
    DROP TABLE finding_count; DROP INDEX finding_by_first_seen; DROP INDEX finding_by_last_seen;
    DROP INDEX finding_in_order; ALTER TABLE finding DROP COLUMN words;
    CREATE INDEX finding_in_order ON finding (company, broker, kind, member_id, id, state);
    DROP INDEX run_by_start; CREATE INDEX run_by_start ON run (started, id);
    ALTER TABLE run DROP COLUMN mapping; ALTER TABLE run DROP COLUMN status; ALTER TABLE run DROP COLUMN ended;
    DROP TABLE mapping_draft; DROP TABLE mapping_version; DROP TABLE mapping_retired;
    DROP TABLE schema_sight; DROP TABLE kinds_seen; DROP TABLE relied_on; DROP TABLE proposal;
    DROP TABLE task; DROP TABLE plan; DROP TABLE schedule; DROP TABLE file; DROP TABLE settings; DROP TABLE secret;
    DROP TABLE person; DROP TABLE session; DROP TABLE api_token; DROP TABLE audit; DROP TABLE given_answer;
    DELETE FROM schema_version WHERE version > 4;";

#[tokio::test]
async fn what_was_written_before_is_found_like_what_is_written_now() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.sqlite3");
    let store = SqliteStore::open(&path).await.unwrap();
    insight::tell(&store).await;
    store.close().await;
    tamper(&path, BEFORE).await;
    let store = SqliteStore::open(&path).await.unwrap();
    insight::recall(&store).await;
    // Runs are known by when they ended.
    assert_eq!(store.journal(&run_id(2)).await.unwrap().len(), 2);
    assert_eq!(store.prune(at(1_000), at(0)).await.unwrap().journal, 1);
    assert_eq!(store.journal(&run_id(2)).await.unwrap().len(), 1, "the open one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_processes_on_one_file_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.sqlite3");
    let one = SqliteStore::open(&path).await.unwrap();
    let other = SqliteStore::open(&path).await.unwrap();
    races::tell(&one, &other).await;
}
