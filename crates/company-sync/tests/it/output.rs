//! Output for machines and for pipes.

use std::io::Read;
use std::process::Stdio;

use serde_json::Value;

use crate::world::{Ended, Wish, World, assert_balanced, count, program};

/// A world after a run in which one unit failed.
fn after_a_run() -> World {
    let world = Wish::orders(12).start();
    let (_, order) = world.selected().into_iter().find(|(policy, _)| policy.address.is_some()).unwrap();
    world.edit(order, "cf_2739", "");
    world.sync().expect(1);
    world
}

#[test]
fn everything_for_machines_is_json_a_line_each() {
    let world = after_a_run();
    let run = world.run(&["runs", "--json"]).expect(0).objects().remove(0);
    assert_balanced(&run);
    for system in ["vtiger", "frappe"] {
        for what in ["read", "write"] {
            assert!(run["requests"][system][what].is_u64(), "{run}");
        }
    }
    assert!(run["seconds"].as_f64().is_some_and(|seconds| seconds > 0.0), "{run}");
    let id = run["run"].as_str().unwrap();
    let log = world.run(&["log", "--json", "-n", "10000"]).expect(0).objects();
    let of_run = world.run(&["log", "--json", "-n", "10000", "--run", id]).expect(0).objects();
    assert!(log.len() > 100 && log == of_run, "{} and {} entries", log.len(), of_run.len());
    let troubles = world.run(&["log", "--troubles", "--json"]).expect(0).objects();
    assert_eq!(troubles.len(), 1);
    assert_eq!(count(&run, "failed"), 1);
    for arguments in [
        &["check", "--json"][..],
        &["mapping", "show", "--json"],
        &["sync", "--dry-run", "--full", "--json"],
        &["sync", "--json", "--quiet"],
    ] {
        let ended = world.run(arguments);
        assert!(!ended.objects().is_empty(), "{arguments:?}: {ended:?}");
    }
    let schema: Value = serde_json::from_str(&world.run(&["mapping", "schema"]).expect(0).stdout).unwrap();
    assert!(schema["$schema"].is_string() || schema["type"].is_string());
    // What goes wrong is JSON as well.
    let refused = world.run(&["sync", "--mapping", "nope", "--json"]);
    assert_eq!(refused.expect(2).last()["error"]["code"], "mapping.unknown");
}

#[test]
fn people_can_look_back_at_runs_and_troubles() {
    let world = after_a_run();
    let runs = world.run(&["runs"]);
    assert_eq!(runs.expect(0).stdout.lines().count(), 1);
    assert!(runs.stdout.contains("Partial Success") && runs.stdout.contains("failed 1"), "{}", runs.stdout);
    let troubles = world.run(&["log", "--troubles"]).stdout;
    assert!(troubles.contains("frappe.mandatory") && troubles.contains("what to do: "), "{troubles}");
    let log = world.run(&["log", "-n", "10000"]).stdout;
    assert!(log.contains(": created") || log.contains(": create "), "{log}");
    let unknown = world.run(&["log", "--run", "nope"]);
    unknown
        .expect(2)
        .complains("error: there is no run nope [run.unknown]")
        .complains("`company-sync runs` lists");
    let nothing_yet = Wish::orders(1).start();
    nothing_yet.run(&["sync", "--dry-run"]).expect(0);
    assert!(nothing_yet.run(&["runs"]).expect(0).stdout.contains("No run yet"));
    assert_eq!(nothing_yet.run(&["runs", "--json"]).expect(0).last()["runs"], serde_json::json!([]));
    assert_eq!(nothing_yet.run(&["log", "--troubles"]).expect(0).stdout, "Nothing waits for anybody.\n");
}

#[test]
fn a_dry_run_ends_as_the_run_would() {
    let (world, _) = crate::conflicts::disputed(1);
    let dry = world.run(&["sync", "--dry-run", "--full"]);
    assert!(dry.expect(1).stdout.contains("1 need a decision"), "{}", dry.stdout);
    world.run(&["sync", "--full"]).expect(1);
}

#[test]
fn times_are_those_of_the_agency_and_say_so() {
    let world = after_a_run();
    for (zone, clocks) in [("UTC", " UTC  "), ("Asia/Kolkata", " IST  ")] {
        for command in ["runs", "log"] {
            let ended =
                Ended::of(world.command(&[command]).env("COMPANY_SYNC_TIME_ZONE", zone).output().unwrap());
            let first = ended.expect(0).stdout.lines().next().unwrap();
            assert!(first.contains(clocks), "{command} in {zone}: {first}");
        }
    }
}

#[test]
fn the_log_shows_its_end() {
    let world = after_a_run();
    let all = world.run(&["log", "--json", "-n", "10000"]).expect(0).objects();
    let last = world.run(&["log", "--json", "-n", "3"]).expect(0).objects();
    assert_eq!(last, all[all.len() - 3..]);
}

#[test]
fn what_is_wrong_with_mapping_files_is_an_object_a_file() {
    let world = Wish::orders(1).start();
    std::fs::write(world.folder().join("bad.toml"), "format = 1\nname = \"bad\"\nstrange = 1\n").unwrap();
    let good = world.run(&["mapping", "show", "policy", "--source"]).expect(0).stdout.clone();
    std::fs::write(world.folder().join("good.toml"), good).unwrap();
    let files = ["mapping", "validate", "bad.toml", "good.toml", "missing.toml", "--json"];
    let objects = world.run(&files).expect(2).objects();
    let valid: Vec<_> = objects.iter().map(|object| object["valid"].as_bool().unwrap()).collect();
    assert_eq!(valid, [false, true, false]);
    assert!(objects[0]["problems"][0]["line"].is_u64(), "{}", objects[0]);
    assert_eq!(objects[1]["mapping"], "policy");
    assert_eq!(objects[2]["error"]["code"], "mapping.unreadable");
    world.run(&["sync", "--dry-run", "--json"]).expect(0);
    let unknown = world.run(&["log", "--run", "nope", "--json"]);
    assert_eq!(unknown.expect(2).last()["error"]["code"], "run.unknown");
}

#[test]
fn a_pipe_gets_no_control_characters() {
    let world = Wish::orders(12).start();
    for arguments in [
        &["check"][..],
        &["sync"],
        &["sync", "--full"],
        &["runs"],
        &["log"],
        &["sync", "--dry-run", "--full"],
    ] {
        let ended = Ended::of(world.command(arguments).env("TERM", "xterm-256color").output().unwrap());
        ended.expect(0);
        for text in [&ended.stdout, &ended.stderr] {
            let control = text.chars().find(|letter| letter.is_control() && *letter != '\n');
            assert_eq!(control, None, "{arguments:?}: {text:?}");
        }
    }
}

#[test]
fn a_warning_in_a_pipe_has_no_control_characters_either() {
    // A server that answers with pages makes the program warn.
    let world =
        Wish::orders(6).start_with("[[fault]]\nsystem = \"frappe\"\nevery = 4\nkind = \"error_after\"\n");
    let mut command = world.command(&["sync"]);
    let ended = Ended::of(command.env("TERM", "xterm-256color").env("RUST_LOG", "debug").output().unwrap());
    assert!(!ended.expect(0).stderr.is_empty());
    let control = ended.stderr.chars().find(|letter| letter.is_control() && *letter != '\n');
    assert_eq!(control, None, "{:?}", ended.stderr);
}

#[test]
fn progress_in_a_pipe_is_a_line_now_and_then() {
    // Some three hundred writes, four at a time, take longer than the five seconds between two lines.
    let slow = "[[fault]]\nsystem = \"frappe\"\noperation = \"create\"\nevery = 1\nkind = \"delay\"\ndelay_ms = 120\n";
    let world = Wish::orders(40).start_with(slow);
    let ended = world.run(&["sync"]);
    let line = ended.expect(0).stderr.lines().find(|line| line.contains(" units  ")).unwrap_or_default();
    for part in ["/40 units", "/s", "ETA ", "created "] {
        assert!(line.contains(part), "{part:?} is not in {line:?}\n{}", ended.stderr);
    }
    let quiet = world.run(&["sync", "--full", "--quiet"]);
    assert_eq!(quiet.expect(0).stderr, "");
}

/// Reads one line of what the program prints, closes the pipe, and answers how the program took it.
fn read_one_line_of(world: &World, arguments: &[&str]) -> (String, Ended) {
    let mut child = world.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stdout.take().unwrap();
    let mut line = Vec::new();
    let mut letter = [0];
    while pipe.read(&mut letter).unwrap() == 1 && letter[0] != b'\n' {
        line.push(letter[0]);
    }
    drop(pipe);
    (String::from_utf8(line).unwrap(), Ended::of(child.wait_with_output().unwrap()))
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let world = after_a_run();
    for arguments in [
        &["log", "-n", "10000"][..],
        &["log", "-n", "10000", "--json"],
        &["mapping", "show"],
        &["mapping", "schema"],
        &["sync", "--dry-run", "--full", "--json"],
    ] {
        let (line, ended) = read_one_line_of(&world, arguments);
        assert!(!line.is_empty());
        assert!(!ended.stderr.contains("panicked"), "{arguments:?}: {}", ended.stderr);
        assert_eq!(ended.code, Some(0), "{arguments:?}: {}", ended.stderr);
    }
}

#[test]
fn help_and_version_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let help = Ended::of(program(folder.path()).arg("--help").output().unwrap());
    assert!(
        help.expect(0)
            .stdout
            .contains("Exit codes: 0 done, 1 done in part, 2 wrong use or configuration, 3 failed.")
    );
    let version = Ended::of(program(folder.path()).arg("--version").output().unwrap());
    assert!(version.expect(0).stdout.starts_with("company-sync "));
    let wrong = Ended::of(program(folder.path()).args(["sync", "--nonsense"]).output().unwrap());
    wrong.expect(2).complains("unexpected argument '--nonsense'");
}
