//! A mapping that is retired does not run, whoever asks, until somebody resumes it; its links stay.

use std::time::Duration;

use cs_ports::{LeaseAnswer, Store as _};
use cs_store::SqliteStore;
use jiff::Timestamp;

use crate::world::{STORE_FILE, Wish};

#[test]
fn a_retired_mapping_does_not_run_until_it_is_resumed() {
    let world = Wish::orders(2).start();
    world.sync().expect(0);
    let links = world.run(&["links", "list"]).expect(0).stdout.clone();
    assert!(!links.is_empty());
    let retired = world.run(&["mapping", "retire", "policy"]);
    assert!(
        retired.expect(0).stdout.contains("its schedules stand still. Its links stay."),
        "{}",
        retired.stdout
    );

    let before = world.requests();
    for command in [vec!["sync"], vec!["sync", "--mapping", "policy"], vec!["sync", "--dry-run"]] {
        world.run(&command).expect(2).complains("was retired by command line").complains("mapping resume");
    }
    assert_eq!(world.requests(), before, "nobody was asked for anything");
    assert_eq!(world.run(&["links", "list"]).expect(0).stdout, links);
    let list = world.run(&["mapping", "list"]);
    assert!(
        list.stdout.contains("policy  shipped") && list.stdout.contains("retired by command line"),
        "{}",
        list.stdout
    );
    let list = world.run(&["mapping", "list", "--json"]).objects();
    let policy = list.iter().find(|one| one["mapping"] == "policy").unwrap();
    assert!(policy["retired"]["at"].is_string(), "{policy}");
    world.run(&["mapping", "retire", "policy"]).expect(2).complains("is retired already");
    world.run(&["mapping", "retire", "polcy"]).expect(2).complains("there is no mapping");
    // The others run.
    let others = world.run(&["sync", "--mapping", "crm", "--dry-run"]);
    // Contacts whose Account is created by the same run follow it: nothing of that is a failure.
    assert!(others.expect(0).stdout.contains("0 would fail, 2 follow once"), "{}", others.stdout);

    world.run(&["mapping", "resume", "policy"]).expect(0);
    world.run(&["mapping", "resume", "policy"]).expect(2).complains("is running already");
    world.sync().expect(0);
}

#[test]
fn a_mapping_that_runs_is_not_retired() {
    let world = Wish::orders(1).start();
    world.sync().expect(0);
    let term = Duration::from_secs(600);
    let name = cs_engine::lease_name(&"policy".into());
    let lease =
        world.in_store(async |store| store.take_lease(&name, "a run", Timestamp::now(), term).await.unwrap());
    let LeaseAnswer::Granted(lease) = lease else { panic!("nobody runs it") };
    world.run(&["mapping", "retire", "policy"]).expect(2).complains("mapping policy is running (by a run,");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = SqliteStore::open(world.data_dir().join(STORE_FILE)).await.unwrap();
        store.release_lease(&lease).await.unwrap();
        store.close().await;
    });
    world.run(&["mapping", "retire", "policy"]).expect(0);
}

#[test]
fn what_is_retired_is_written_to_files_and_taken_from_them() {
    let world = Wish::orders(1).start();
    world.run(&["mapping", "retire", "crm"]).expect(0);
    world.run(&["config", "export", "out"]).expect(0);
    let schedules = world.folder().join("out/schedules.toml");
    let text = std::fs::read_to_string(&schedules).unwrap();
    assert!(text.contains("retired = [\"crm\"]"), "{text}");
    std::fs::write(&schedules, text.replace("\"crm\"", "\"policy\"")).unwrap();
    let diff = world.run(&["config", "diff", "out"]);
    assert_eq!(
        diff.expect(1).stdout,
        "- schedules.toml: retired crm = true\n+ schedules.toml: retired policy = true\n"
    );
    world.run(&["config", "import", "out"]).expect(0);
    world.run(&["config", "diff", "out"]).expect(0);
    world.run(&["sync"]).expect(2).complains("[mapping.retired]");
    std::fs::write(&schedules, "retired = [\"polcy\"]\n").unwrap();
    world.run(&["config", "import", "out"]).expect(2).complains("there is no mapping polcy");
}
