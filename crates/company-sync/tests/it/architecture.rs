//! A crate imports only what it may: the table of ARCHITECTURE.md ("Crates"), held against `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// What each crate may import of the workspace. The sandbox's HTTP stand-ins are tested by the connectors and the
/// connectors' tests by the sandbox; those are dev-dependencies and not looked at here.
const MAY_IMPORT: [(&str, &[&str]); 11] = [
    ("cs-domain", &[]),
    ("cs-ports", &["cs-domain"]),
    ("cs-vtiger", &["cs-ports", "cs-domain"]),
    ("cs-frappe", &["cs-ports", "cs-domain"]),
    ("cs-companies", &["cs-domain"]),
    ("cs-store", &["cs-ports", "cs-domain"]),
    ("cs-engine", &["cs-ports", "cs-domain", "cs-companies"]),
    ("cs-web", &["cs-engine", "cs-ports", "cs-domain"]),
    ("cs-sandbox", &["cs-ports", "cs-domain", "cs-engine"]),
    (
        "company-sync",
        &[
            "cs-domain",
            "cs-ports",
            "cs-vtiger",
            "cs-frappe",
            "cs-companies",
            "cs-store",
            "cs-engine",
            "cs-web",
            "cs-sandbox",
        ],
    ),
    // What somebody's own program needs of it, and no more.
    ("agency", &["company-sync", "cs-domain", "cs-ports", "cs-companies"]),
];

/// What the pure crates may not import at all, because it would bring the outside in.
const OUTSIDE: [&str; 8] = ["tokio", "reqwest", "sqlx", "axum", "tracing", "rand", "async-trait", "hyper"];

fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--locked", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let of = |package: &serde_json::Value| {
        let all = package["dependencies"].as_array().unwrap().clone();
        let real = all.into_iter().filter(|dependency| dependency["kind"].is_null());
        real.map(|dependency| dependency["name"].as_str().unwrap().to_owned()).collect()
    };
    packages.iter().map(|package| (package["name"].as_str().unwrap().to_owned(), of(package))).collect()
}

#[test]
fn crates_import_only_what_they_may() {
    let dependencies = dependencies();
    let ours: BTreeSet<&str> = dependencies.keys().map(String::as_str).collect();
    for (name, imported) in &dependencies {
        let (_, allowed) = MAY_IMPORT
            .iter()
            .find(|(known, _)| known == name)
            .unwrap_or_else(|| panic!("{name} has no row in the table of what crates may import"));
        let inside = imported.iter().map(String::as_str).filter(|dependency| ours.contains(dependency));
        for dependency in inside {
            assert!(
                allowed.contains(&dependency),
                "{name} may not import {dependency} (ARCHITECTURE.md, \"Crates\")"
            );
        }
    }
}

#[test]
fn the_pure_crates_know_nothing_of_the_outside() {
    let dependencies = dependencies();
    for name in ["cs-domain", "cs-companies"] {
        for dependency in dependencies.get(name).into_iter().flatten() {
            assert!(
                !OUTSIDE.contains(&dependency.as_str()),
                "{name} is pure and may not import {dependency}"
            );
        }
    }
}
