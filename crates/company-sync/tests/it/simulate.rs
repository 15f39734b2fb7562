//! The simulation from the command line; what it finds is its own tests' business.

use crate::world::{Ended, program};

#[test]
fn it_ends_with_its_figures_and_every_violation_with_the_way_to_see_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| Ended::of(program(folder.path()).args(arguments).output().unwrap());
    let ended = run(&["simulate", "--seeds", "4", "--start", "11", "--json"]);
    let report = ended.last();
    assert_eq!(report["seeds"], 4, "{report}");
    assert!(report["seconds"].as_f64().is_some_and(|seconds| seconds > 0.0), "{report}");
    let violations = report["violations"].as_u64().unwrap();
    ended.expect(i32::from(violations > 0));
    assert_eq!(ended.stderr.matches("company-sync simulate --seeds 1 --start 1").count() as u64, violations);
    let one = run(&["simulate", "--seeds", "1", "--start", "11"]);
    assert!(one.stdout.starts_with("1 histories in "), "{one:?}");
}
