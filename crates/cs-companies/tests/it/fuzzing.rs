//! A few seconds of `examples/fuzz.rs`; the long runs are for whoever changes a reader.

use std::path::PathBuf;
use std::process::Command;

/// The example beside this test, where cargo built it: `cargo test` does, `cargo test --test it` does not.
fn fuzzer() -> Option<PathBuf> {
    let here = std::env::current_exe().unwrap();
    let path = here.parent()?.parent()?.join("examples/fuzz");
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not built (cargo test -p cs-companies --example fuzz)", path.display());
    None
}

#[test]
fn broken_files_are_refused_without_a_panic_and_within_bounds() {
    let Some(fuzzer) = fuzzer() else { return };
    for kind in ["csv", "xlsx"] {
        let run =
            Command::new(&fuzzer).args(["--kind", kind, "--seconds", "5", "--seed", "99"]).output().unwrap();
        let said = String::from_utf8_lossy(&run.stdout);
        assert!(run.status.success(), "{said}\n{}", String::from_utf8_lossy(&run.stderr));
        // How long the last file took is the machine's business: a protected workbook hashes its password 100,000 times.
        assert!(said.contains("no panic came out"), "{said}");
    }
}
