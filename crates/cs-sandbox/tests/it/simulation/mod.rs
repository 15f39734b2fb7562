//! The seeded simulation: it tells the same story twice, something happens in it, and what is done wrong is found.

use std::sync::{Arc, Mutex};

use cs_sandbox::simulation::{Options, Report, Sabotage, Violation, simulate};
use cs_store::MemoryStore;

fn told(seeds: u64, start: u64, in_full: usize, sabotage: Option<Sabotage>) -> (Report, Vec<Violation>) {
    let found = Mutex::new(Vec::new());
    let options = Options { seeds, start, threads: 2, told: in_full, sabotage };
    let sink = |violation: &Violation| found.lock().unwrap().push(violation.clone());
    let report = simulate(options, &|| Arc::new(MemoryStore::new()), &sink).unwrap();
    (report, found.into_inner().unwrap())
}

#[test]
fn a_seed_tells_the_same_story_twice() {
    // Sabotage makes sure that there are stories with a trace to compare.
    let story = || {
        let (_, mut found) = told(24, 0, usize::MAX, Some(Sabotage::LostObservation));
        found.sort_by_key(|violation| violation.seed);
        found.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let first = story();
    assert!(!first.is_empty());
    assert!(first.iter().any(|story| story.lines().count() > 100), "{first:?}");
    assert_eq!(first, story());
}

#[test]
fn something_happens() {
    let (report, _) = told(40, 0, 0, None);
    let tally = report.tally;
    assert_eq!(report.seeds, 40);
    assert!(tally.edits > 400 && tally.carried > 300 && tally.created > 80, "{tally:?}");
    assert!(tally.decided_by_policy > 0 && tally.resolved > 0 && tally.deaths > 10, "{tally:?}");
    assert!(tally.runs > 200, "{tally:?}");
}

/// How many seeds it takes until this is found.
fn found_after(sabotage: Sabotage, words: &str) -> Option<u64> {
    (0..20).find_map(|part| {
        let (_, found) = told(20, part * 20, 0, Some(sabotage));
        let found =
            found.iter().filter(|violation| violation.breaches.iter().any(|breach| breach.contains(words)));
        found.map(|violation| violation.seed).min()
    })
}

#[test]
fn what_is_done_wrong_is_found() {
    for (sabotage, words) in [
        (Sabotage::NoComparison, "a lost edit"),
        (Sabotage::LostObservation, "takes part and has no"),
        (Sabotage::FalseUntouched, "do not agree"),
        (Sabotage::NoUniqueKey, "was created"),
    ] {
        let seed = found_after(sabotage, words);
        println!("{sabotage:?} is found by seed {seed:?}");
        assert!(seed.is_some(), "{sabotage:?} is not found: {words}");
    }
}
