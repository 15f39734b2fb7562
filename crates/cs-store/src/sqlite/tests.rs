//! What only the inside can see: settings, plans, and a disk that is full at a chosen moment.

use std::task::Poll;

use cs_domain::IntentState;
use sqlx::AssertSqlSafe;

use super::*;
use crate::insight::sql as lookup;
use crate::sql;

async fn store() -> (tempfile::TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("state.sqlite3")).await.unwrap();
    (folder, store)
}

#[tokio::test]
async fn commits_wait_for_the_disk() {
    let (_folder, store) = store().await;
    for pool in [&store.pools.writer, &store.pools.readers] {
        let setting = async |name: &str| -> String {
            let row = sqlx::query(AssertSqlSafe(format!("PRAGMA {name}"))).fetch_one(pool).await.unwrap();
            row.try_get_unchecked(0).unwrap()
        };
        assert_eq!(setting("journal_mode").await, "wal");
        assert_eq!(setting("synchronous").await, "2");
        assert_eq!(setting("foreign_keys").await, "1");
    }
}

#[tokio::test]
async fn readers_cannot_write() {
    let (_folder, store) = store().await;
    let refused = sqlx::query("DELETE FROM log").execute(&store.pools.readers).await;
    assert!(refused.unwrap_err().to_string().contains("readonly"));
}

async fn lease(store: &SqliteStore) -> Lease {
    let now = "2026-11-22T06:00:00Z".parse().unwrap();
    match store.take_lease("l", "h", now, Duration::from_mins(1)).await.unwrap() {
        LeaseAnswer::Granted(lease) => lease,
        LeaseAnswer::Held { .. } => panic!("the lease is free"),
    }
}

/// The steps of SQLite's plan for a statement.
async fn plan(store: &SqliteStore, statement: &str) -> Vec<String> {
    let explain = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}")));
    let rows = explain.fetch_all(&store.pools.readers).await.unwrap();
    rows.iter().map(|row| row.try_get("detail").unwrap()).collect()
}

/// At a million links and units nothing that is asked all the time may walk a whole table or sort one.
#[tokio::test]
async fn questions_are_answered_from_indexes() {
    let (_folder, store) = store().await;
    let expected = [
        (sql::COUNT_DUE, "SEARCH staged USING COVERING INDEX staged_waiting"),
        (sql::own::DUE, "SEARCH staged USING INDEX staged_waiting (mapping=? AND unit=? AND order_key>?)"),
        (sql::LAST_TROUBLE, "SEARCH staged USING COVERING INDEX staged_troubled"),
        (sql::TROUBLED, "USING INDEX staged_troubled"),
        (sql::own::BEFORE, "SEARCH staged USING PRIMARY KEY (mapping=? AND unit=? AND order_key=?)"),
        (sql::own::MAKE_DUE, "SEARCH staged USING PRIMARY KEY (mapping=? AND unit=? AND order_key=?)"),
        (
            sql::own::KNOWN,
            "SEARCH staged USING PRIMARY KEY (mapping=? AND unit=? AND order_key>? AND order_key<?)",
        ),
        (sql::own::TIES_OF, "(mapping=? AND subject_id=? AND subject_kind=? AND subject_system=?)"),
        (sql::own::TIES_TO, "(mapping=? AND document_id=? AND document_kind=? AND document_system=?)"),
        (sql::OPEN_INTENTS, "SEARCH intent USING INDEX intent_open (mapping=?)"),
        (
            sql::own::FORGET_TIES,
            "SEARCH tie USING COVERING INDEX sqlite_autoindex_tie_1 \
             (mapping=? AND subject_id=? AND subject_kind=? AND subject_system=? AND role=?)",
        ),
        (sql::COUNT_LINKED, "SEARCH linked USING PRIMARY KEY (mapping=?)"),
        (
            sql::own::LINKED_AMONG,
            "SEARCH tie EXISTS USING INDEX sqlite_autoindex_tie_1 \
             (mapping=? AND subject_id=? AND subject_kind=? AND subject_system=?)",
        ),
        (sql::own::INTENT_STATES, "SEARCH intent USING INDEX sqlite_autoindex_intent_1 (id=?)"),
        (sql::own::CLOSE_INTENTS, "SEARCH intent USING COVERING INDEX sqlite_autoindex_intent_1 (id=?)"),
        (sql::JOURNAL, "SEARCH intent USING INDEX intent_by_run (run=?)"),
        (sql::LAST_MEETING, "SEARCH conflict USING COVERING INDEX conflict_by_meeting"),
        (sql::CONFLICTS, "SCAN conflict USING INDEX conflict_by_meeting"),
        (sql::own::CONFLICTS_OF_SUBJECTS, "SEARCH conflict USING INDEX conflict_by_subject (subject_id=?"),
        (sql::own::CONFLICTS_NAMED, "SEARCH conflict USING INDEX sqlite_autoindex_conflict_1 (id=?)"),
        (sql::own::RESOLVE, "SEARCH conflict USING INDEX sqlite_autoindex_conflict_1 (id=?)"),
        (sql::LOG, "SEARCH log USING INTEGER PRIMARY KEY (rowid>?)"),
        (sql::LOG_OF_RUN, "SEARCH log USING INDEX log_by_run (run=? AND rowid>?)"),
        (sql::RUNS, "SCAN run USING INDEX run_by_start"),
        (lookup::COUNT_UNITS, "SEARCH staged USING COVERING INDEX staged_standing (mapping=?)"),
        (
            "SELECT COUNT(*) FROM staged INDEXED BY staged_failed WHERE verdict = 'failed' AND code = $1",
            "USING COVERING INDEX staged_failed",
        ),
        (lookup::COUNT_OPEN_CONFLICTS, "SEARCH conflict USING COVERING INDEX conflict_by_state (state=?)"),
    ];
    // It sorts the few rows that it found.
    let steps = plan(&store, lookup::OUTCOMES_OF).await;
    for step in ["(mapping>?)", "(mapping=? AND unit>?)", "(mapping=? AND unit=? AND order_key=?)"] {
        assert!(steps.iter().any(|line| line.contains(step)), "{steps:#?}");
    }
    for (statement, step) in expected {
        let plan = plan(&store, statement).await;
        assert!(plan.iter().any(|line| line.contains(step)), "{statement}\n{plan:#?}");
        assert!(!plan.iter().any(|line| line.contains("TEMP B-TREE")), "{statement}\n{plan:#?}");
    }
}

/// Open conflicts are few and sorted when asked for; that they are found must not take a walk past all that are over.
#[tokio::test]
async fn open_conflicts_are_found_among_many_that_are_over() {
    let (_folder, store) = store().await;
    let plan = plan(&store, sql::own::CONFLICTS_IN).await;
    let step = "SEARCH conflict USING INDEX conflict_by_state (state=?)";
    assert!(plan.iter().any(|line| line.contains(step)), "{plan:#?}");
}

fn intent(number: usize) -> Intent {
    serde_json::from_value(serde_json::json!({
        "id": format!("i-{number}"), "run": "20261122-060000-0001", "mapping": "policy", "unit": "order",
        "subject": {"system": "vtiger", "kind": "SalesOrder", "id": "6x1"}, "role": "owner",
        "action": "create", "system": "frappe", "kind": "Contact", "key": "6x1/owner",
        "fields": {"first_name": {"type": "text", "value": "Ana".repeat(500)}},
    }))
    .unwrap()
}

/// A disk that fills up loses nothing that was recorded, and the store goes on once there is room.
#[tokio::test]
async fn a_full_disk_is_told_and_survived() {
    let (_folder, store) = store().await;
    let lease = lease(&store).await;
    let limit = async |pages: &str| {
        let pragma = AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
        sqlx::query(pragma).execute(&store.pools.writer).await.unwrap();
    };
    limit("60").await;
    let mut recorded = 0;
    let error = loop {
        let batch = [intent(recorded), intent(recorded + 1)];
        match store.record_intents(&lease, &batch).await {
            Ok(()) => recorded += 2,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, StoreError::DiskFull { .. }), "{error:?}");
    assert_eq!(store.open_intents(&"policy".into()).await.unwrap().len(), recorded);
    assert!(recorded > 0);
    limit("1000000").await;
    store.record_intents(&lease, &[intent(recorded)]).await.unwrap();
    let end = Settlement { intent: Some(intent(0).id), state: IntentState::Settled, ties: Vec::new() };
    store.settle(&lease, &"policy".into(), &[end]).await.unwrap();
    assert_eq!(store.open_intents(&"policy".into()).await.unwrap().len(), recorded);
}

/// A call that is dropped, wherever it was just then waiting, is done whole or not at all, and the writer goes on.
#[tokio::test]
async fn a_call_that_is_dropped_is_not_half_done() {
    let (_folder, store) = store().await;
    let lease = lease(&store).await;
    let (mut recorded, mut dropped) = (0, 0);
    for waits in 0..60 {
        let batch: Vec<Intent> = (0..20).map(|number| intent(waits * 20 + number)).collect();
        let mut call = store.record_intents(&lease, &batch);
        let mut waited = 0;
        let finished = std::future::poll_fn(|context| match call.as_mut().poll(context) {
            Poll::Pending if waited == waits => Poll::Ready(false),
            Poll::Pending => {
                waited += 1;
                Poll::Pending
            }
            Poll::Ready(_) => Poll::Ready(true),
        });
        let finished = finished.await;
        drop(call);
        // Goes through the writer, so that whatever was begun has come to its end.
        store.append_log(&RunId("r".to_owned()), Timestamp::UNIX_EPOCH, &[]).await.unwrap();
        let now = store.open_intents(&"policy".into()).await.unwrap().len();
        assert!(
            now == recorded + 20 || (!finished && now == recorded),
            "{recorded}, {now} after {waits} waits"
        );
        dropped += usize::from(now == recorded);
        recorded = now;
    }
    assert!(dropped > 0 && recorded > 0, "{dropped} dropped, {recorded} recorded");
}
