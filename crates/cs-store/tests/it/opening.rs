//! Files that are not there, not ours, damaged, too new, or opened by several at once.

use std::error::Error;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use cs_domain::{RecordId, RunStatus, System, Verdict};
use cs_ports::{Births, ConflictFilter, StagedState, Store, StoreError, SystemIdentity, UnitOutcome};
use cs_store::{OpenError, SqliteStore};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection};

use crate::samples::*;

async fn refusal(path: &Path) -> StoreError {
    match SqliteStore::open(path).await {
        Ok(_) => panic!("{} was opened", path.display()),
        Err(error) => error,
    }
}

fn cause(error: &StoreError) -> &OpenError {
    error.source().and_then(<dyn Error>::downcast_ref).unwrap()
}

/// Statements run behind the store's back.
pub(crate) async fn tamper(path: &Path, statement: &str) {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn which_systems_it_belongs_to_is_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.sqlite3");
    let store = SqliteStore::open(&path).await.unwrap();
    assert!(store.systems().await.unwrap().is_empty());
    let frappe = SystemIdentity { address: "https://erp.example.test".into(), ..SystemIdentity::default() };
    let created = [(RecordId::new("6x1"), "2026-01-01 10:00:00".to_owned())].into();
    let vtiger = SystemIdentity {
        address: "https://crm.example.test".into(),
        births: Some(Births { kind: "SalesOrder".into(), created }),
        time_zone: Some("America/Bogota".into()),
    };
    store.put_system(System::Vtiger, &frappe).await.unwrap();
    store.put_system(System::Vtiger, &vtiger).await.unwrap();
    store.put_system(System::Frappe, &frappe).await.unwrap();
    store.close().await;
    let store = SqliteStore::open(&path).await.unwrap();
    let known = store.systems().await.unwrap();
    assert_eq!(known, [(System::Vtiger, vtiger), (System::Frappe, frappe)].into());
}

#[tokio::test]
async fn a_file_that_cannot_be_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("no such folder").join("state.sqlite3");
    let error = refusal(&missing).await;
    assert_eq!(error.code(), "store.database");
    assert!(
        matches!(cause(&error), OpenError::NoFolder { folder, .. } if Some(folder.as_path()) == missing.parent())
    );

    assert!(matches!(cause(&refusal(folder.path()).await), OpenError::NotAFile { .. }));

    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(matches!(cause(&refusal(&file.join("state.sqlite3")).await), OpenError::NoFolder { .. }));

    // A folder in which nobody can make a file, not even root, under whom tests may run.
    let error = refusal(Path::new("/proc/self/state.sqlite3")).await;
    assert!(matches!(cause(&error), OpenError::NotWritable { .. }), "{error:?}");
}

#[tokio::test]
async fn what_is_no_store_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in [("short", "hello"), ("long", &"not a database ".repeat(1000))] {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        let error = refusal(&path).await;
        assert!(matches!(error, StoreError::Corrupt { what: "database file", .. }), "{error:?}");
        assert_eq!(fs::read_to_string(&path).unwrap(), *content);
    }
    let foreign = folder.path().join("foreign");
    tamper(&foreign, "CREATE TABLE contact (name TEXT)").await;
    assert!(matches!(cause(&refusal(&foreign).await), OpenError::ForeignDatabase { .. }));
    tamper(&foreign, "INSERT INTO contact VALUES ('still there and alone')").await;

    // An empty file is what is left when a program is killed between making and filling it.
    let empty = folder.path().join("empty");
    fs::write(&empty, "").unwrap();
    SqliteStore::open(&empty).await.unwrap();
}

#[tokio::test]
async fn a_store_of_a_newer_program_is_refused_and_unharmed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.sqlite3");
    SqliteStore::open(&path).await.unwrap().close().await;
    tamper(&path, "INSERT INTO schema_version VALUES (1000)").await;
    let error = refusal(&path).await;
    assert!(matches!(error, StoreError::TooNew { found: 1000, known } if known < 1000), "{error:?}");
    tamper(&path, "DELETE FROM schema_version WHERE version = 1000").await;
    SqliteStore::open(&path).await.unwrap();
}

/// The first schema with what its program left in it: a unit that is done, one that failed and waits, one that is due,
/// a link, an intent.
const FIRST: &str = concat!(
    "CREATE TABLE schema_version (version INTEGER NOT NULL PRIMARY KEY) STRICT;",
    include_str!("../../migrations/sqlite/0001_first.sql"),
    r#"INSERT INTO schema_version VALUES (1);
    INSERT INTO staged VALUES
        ('old', 'order', concat_ws(char(31), '016x019', '6x9', 'SalesOrder', 'vtiger'), 'vtiger', 'SalesOrder',
         '6x9', 'v1', 'done', NULL, 0, '20261122-060000-0001', 'v1', 'created', '[]', NULL),
        ('old', 'order', concat_ws(char(31), '016x0210', '6x10', 'SalesOrder', 'vtiger'), 'vtiger', 'SalesOrder',
         '6x10', 'v2', 'waiting', '2026-11-22T06:01:40.250000Z', 3, '20261122-060000-0001', 'v1', 'failed', '[]', 1),
        ('old', 'order', concat_ws(char(31), '016x0211', '6x11', 'SalesOrder', 'vtiger'), 'vtiger', 'SalesOrder',
         '6x11', 'v1', 'waiting', NULL, 0, NULL, NULL, NULL, NULL, NULL);
    INSERT INTO tie VALUES ('old', 'order', 'vtiger', 'SalesOrder', '6x9', 'owner', 'frappe', 'Contact', 'Ana Núñez',
        'created', '{}', '2026-03-01 10:00:00', NULL);
    INSERT INTO intent (id, mapping, run, state, body) VALUES ('old-1', 'old', '20261122-060000-0001', 'open', '{
        "id": "old-1", "run": "20261122-060000-0001", "mapping": "old", "unit": "order",
        "subject": {"system": "vtiger", "kind": "SalesOrder", "id": "6x9"}, "role": "owner",
        "action": "create", "system": "frappe", "kind": "Contact", "key": "6x9/owner", "fields": {}}');"#
);

#[tokio::test]
async fn a_store_of_the_first_schema_is_brought_up_to_date_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.sqlite3");
    tamper(&path, FIRST).await;
    let store = SqliteStore::open(&path).await.unwrap();
    let of = mapping("old");
    let versions = [(9, "v1"), (10, "v2"), (11, "v1")];
    assert_eq!(
        known(&store, &of).await,
        versions.map(|(number, version)| (number, Some(version.to_owned())))
    );
    assert_eq!(all_due(&store, &of, at(0)).await, [(11, 1, 0)]);
    assert_eq!(all_due(&store, &of, at(100)).await, [(10, 1, 3), (11, 1, 0)]);
    let failed = UnitOutcome {
        state: StagedState::Waiting,
        not_before: Some(at(100)),
        attempts: 3,
        failures: Vec::new(),
        ..outcome(&of, 10, "v1", Verdict::Failed)
    };
    assert_eq!(store.troubled(None, 9).await.unwrap(), [failed]);
    let mut tie = tie(&of, 9, "owner", "Ana Núñez");
    tie.shadow.fields.clear();
    assert_eq!(store.ties_of(&of, &[subject(9)]).await.unwrap(), [tie]);
    assert_eq!(store.count_linked(&of).await.unwrap(), 1);
    assert_eq!(names(&store.open_intents(&of).await.unwrap()), ["old-1"]);
    assert_eq!(store.journal(&run_id(1)).await.unwrap().len(), 1);

    // Seen again it is known, as it was to the program before; and the whole story can be told to it.
    let lease = take(&store, "old").await;
    assert_eq!(stage(&store, &lease, &of, &[9, 11], "v1").await, 0);
    crate::story::tell(&store).await;
    store.close().await;
    crate::story::recall(&SqliteStore::open(&path).await.unwrap()).await;
}

#[tokio::test]
async fn only_the_owner_can_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.sqlite3");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let store = SqliteStore::open(&path).await.unwrap();
    store.put_run(&run(run_id(1), at(0), RunStatus::Success)).await.unwrap();
    for entry in fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);

    let copy = folder.path().join("copy");
    store.backup_to(&copy).await.unwrap();
    assert_eq!(mode(&copy), 0o600);
    store.close().await;

    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    SqliteStore::open(&path).await.unwrap();
    assert_eq!(mode(&path), 0o600);
}

#[tokio::test]
async fn a_backup_never_writes_over_a_file_and_leaves_no_half() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("state.sqlite3")).await.unwrap();
    let there = folder.path().join("there");
    fs::write(&there, "precious").unwrap();
    let error = store.backup_to(&there).await.unwrap_err();
    assert!(matches!(cause(&error), OpenError::Exists { .. }));
    assert_eq!(fs::read_to_string(&there).unwrap(), "precious");
    let error = store.backup_to(folder.path().join("no folder/copy")).await.unwrap_err();
    assert!(matches!(cause(&error), OpenError::NotWritable { .. }));
    // The readers still cannot write after one of them made a backup.
    store.backup_to(folder.path().join("copy")).await.unwrap();
    assert_eq!(store.runs(1).await.unwrap(), []);
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_told_by_its_kind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.sqlite3");
    let store = SqliteStore::open(&path).await.unwrap();
    crate::story::tell(&store).await;
    let what = |error: StoreError| match error {
        StoreError::Corrupt { what, source } => {
            assert!(!source.to_string().is_empty());
            what
        }
        other => panic!("{other:?}"),
    };
    tamper(&path, "UPDATE run SET body = '{\"id\": 1'").await;
    assert_eq!(what(store.runs(9).await.unwrap_err()), "run");
    assert_eq!(what(store.run(&run_id(1)).await.unwrap_err()), "run");
    tamper(&path, "UPDATE intent SET body = '{}'").await;
    assert_eq!(what(store.open_intents(&mapping("journal")).await.unwrap_err()), "intent");
    tamper(&path, "UPDATE tie SET fields = '[1]'").await;
    assert_eq!(what(store.ties_of(&mapping("ties"), &[subject(1)]).await.unwrap_err()), "shadow");
    tamper(&path, "UPDATE conflict SET resolution = '{}' WHERE state = 'resolved'").await;
    let all = ConflictFilter::default();
    assert_eq!(what(store.conflicts(&all, 999).await.unwrap_err()), "decision");
    tamper(&path, "UPDATE conflict SET body = '{}'").await;
    assert_eq!(what(store.conflicts(&all, 999).await.unwrap_err()), "conflict");
    tamper(&path, "UPDATE log SET at = 'yesterday'").await;
    assert_eq!(what(store.log(None, 0, 9).await.unwrap_err()), "time");
    tamper(&path, "UPDATE staged SET verdict = 'splendid' WHERE trouble IS NOT NULL").await;
    assert_eq!(what(store.troubled(None, 9).await.unwrap_err()), "verdict");
    tamper(&path, "UPDATE staged SET attempts = -1, state = 'waiting', not_before = NULL").await;
    let error = store.due(&mapping("pages"), &unit(), at(0), None, 9).await.unwrap_err();
    assert_eq!(what(error), "counter");
}

#[tokio::test]
async fn damaged_pages_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.sqlite3");
    let store = SqliteStore::open(&path).await.unwrap();
    crate::story::tell(&store).await;
    store.close().await;
    let mut bytes = fs::read(&path).unwrap();
    bytes[8192..].fill(0x55);
    fs::write(&path, bytes).unwrap();
    let damaged = async {
        let store = SqliteStore::open(&path).await?;
        store.runs(9).await?;
        store.log(None, 0, 9).await
    };
    let error = damaged.await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
}

#[tokio::test]
async fn damage_that_nobody_has_read_yet_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.sqlite3");
    let store = SqliteStore::open(&path).await.unwrap();
    crate::story::tell(&store).await;
    store.expect_sound().await.unwrap();
    store.close().await;
    // A page at the end of the file, which opening the store and looking at its settings do not touch.
    let mut bytes = fs::read(&path).unwrap();
    let end = bytes.len();
    bytes[end - 4096..].fill(0x55);
    fs::write(&path, bytes).unwrap();
    let store = SqliteStore::open(&path).await.unwrap();
    let error = store.expect_sound().await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    assert!(matches!(cause(&error), OpenError::Damaged { .. }), "{error:?}");
}

/// This test again, in a process of its own, told what to do by an environment variable.
fn again(test: &str, variable: &str, path: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env(variable, path);
    command
}

/// Several processes that open a store which is not there yet all find it made, once.
#[tokio::test]
async fn many_processes_may_open_it_at_once() {
    const PATH: &str = "CS_STORE_TEST_OPEN";
    if let Some(path) = std::env::var_os(PATH) {
        let store = SqliteStore::open(path).await.unwrap();
        store.append_log(&run_id(1), at(0), &[pulled(1)]).await.unwrap();
        return;
    }
    for _ in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.sqlite3");
        let children: Vec<_> = (0..8)
            .map(|_| {
                again("opening::many_processes_may_open_it_at_once", PATH, &path)
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped())
                    .spawn()
                    .unwrap()
            })
            .collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        let store = SqliteStore::open(&path).await.unwrap();
        assert_eq!(store.log(None, 0, 99).await.unwrap().len(), 8);
    }
}

/// How a process ends that filled its disk and found everything as it should be.
const WAS_FULL: i32 = 23;

/// A disk that is really full: a file system of a megabyte in a mount namespace that ends with the process.
#[tokio::test]
async fn a_full_disk_is_told() {
    const PATH: &str = "CS_STORE_TEST_FULL";
    if let Some(path) = std::env::var_os(PATH) {
        return fill(Path::new(&path)).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let mount = "mount -t tmpfs -o size=1m tmpfs \"$1\" || exit 77; shift; exec \"$@\"";
    let child = again("opening::a_full_disk_is_told", PATH, &disk);
    let output = Command::new("unshare")
        .args(["--mount", "--map-root-user", "sh", "-c", mount, "sh"])
        .arg(&disk)
        .arg(child.get_program())
        .args(child.get_args())
        .env(PATH, &disk)
        .output();
    match output {
        Ok(output) if output.status.code() == Some(WAS_FULL) => {}
        Ok(output) if output.status.code() == Some(101) => {
            panic!("{}", String::from_utf8_lossy(&output.stdout))
        }
        other => println!("skipped: a file system of its own cannot be mounted here ({other:?})"),
    }
}

async fn fill(disk: &Path) {
    let path = disk.join("state.sqlite3");
    let store = SqliteStore::open(&path).await.unwrap();
    let mut kept = 0;
    let error = loop {
        match store.append_log(&run_id(1), at(0), &vec![pulled(1); 20]).await {
            Ok(()) => kept += 20,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, StoreError::DiskFull { .. }), "{error:?}");
    assert_eq!(store.log(None, 0, u32::MAX).await.unwrap().len(), kept);
    drop(store);
    // Opening it again on the full disk either works or says the same.
    match SqliteStore::open(&path).await {
        Ok(store) => assert_eq!(store.log(None, 0, u32::MAX).await.unwrap().len(), kept),
        Err(error) => assert!(matches!(error, StoreError::DiskFull { .. }), "{error:?}"),
    }
    // And so does making one.
    match SqliteStore::open(disk.join("another.sqlite3")).await {
        Ok(_) => panic!("there was room for another"),
        Err(error) => assert!(matches!(error, StoreError::DiskFull { .. }), "{error:?}"),
    }
    std::process::exit(WAS_FULL);
}
