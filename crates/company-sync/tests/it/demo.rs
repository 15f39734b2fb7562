//! `demo`: what somebody sees who has nothing configured.

use crate::world::{Ended, assert_balanced, count, program, writes};

fn demo(arguments: &[&str]) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program(folder.path());
    Ended::of(command.args(["demo", "--json"]).args(arguments).output().unwrap())
}

fn assert_two_good_runs(ended: &Ended, at_least: u64) {
    ended.expect(0);
    let runs = ended.objects();
    assert_eq!(runs.len(), 2, "a line for each run: {}", ended.stdout);
    for run in &runs {
        assert_eq!(run["status"], "Success", "{run}");
        assert_balanced(run);
    }
    assert!(count(&runs[0], "created") >= at_least, "{}", runs[0]);
    assert_eq!(count(&runs[0], "failed") + count(&runs[0], "conflicted"), 0, "{}", runs[0]);
    assert_eq!(count(&runs[1], "unchanged"), count(&runs[0], "created"), "all are compared again");
    assert_eq!(writes(&runs[1]), 0, "the second run writes nothing: {}", runs[1]);
}

#[test]
fn the_first_run_creates_three_hundred_and_the_second_writes_nothing() {
    assert_two_good_runs(&demo(&[]), 300);
}

#[test]
fn an_older_vtiger_does_as_well() {
    assert_two_good_runs(&demo(&["--persona", "8.2.0", "--orders", "60"]), 40);
}

#[test]
fn another_agency_does_as_well() {
    assert_two_good_runs(&demo(&["--seed", "77", "--orders", "40"]), 25);
}

#[test]
fn it_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program(folder.path());
    let ended =
        Ended::of(command.args(["demo", "--orders", "3"]).env("TMPDIR", folder.path()).output().unwrap());
    ended.expect(0);
    assert!(ended.stdout.contains("Nothing was written: both sides agree."), "{}", ended.stdout);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
