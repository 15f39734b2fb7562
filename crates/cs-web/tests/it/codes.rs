//! Codes of errors: every one that can reach a page is explained in both languages.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Where codes are given to what can reach a page: what stops or fails a run, a task, a test of a connection, a report or a
/// change of settings.
const SOURCES: [&str; 22] = [
    "cs-ports/src/error.rs",
    "cs-domain/src/plan.rs",
    "cs-domain/src/mapping/transform_error.rs",
    "cs-domain/src/wanted.rs",
    "cs-domain/src/schema.rs",
    "cs-domain/src/decide",
    "cs-engine/src",
    "cs-vtiger/src/error.rs",
    "cs-frappe/src/error.rs",
    "cs-frappe/src/refusal.rs",
    "cs-frappe/src/unfit.rs",
    "cs-companies/src/report/refusal.rs",
    "company-sync/src/config/error.rs",
    "company-sync/src/failure.rs",
    "company-sync/src/reconciliation_error.rs",
    "company-sync/src/belonging.rs",
    "company-sync/src/office/probing.rs",
    "company-sync/src/office/preparing.rs",
    "company-sync/src/office/sealing.rs",
    "company-sync/src/office/keeping.rs",
    "company-sync/src/office/lists.rs",
    "company-sync/src/stopped.rs",
];

/// What has the form of a code and is none, and codes that only a command line can meet.
const NEITHER: [&str; 26] = [
    "backup.none",
    "backup.there",
    "config.exists",
    "config.no_store",
    "export.form",
    "export.io",
    "finding.ambiguous",
    "finding.kind",
    "finding.review",
    "finding.unknown",
    "output.io",
    "people.password",
    "preparation.toml",
    "report.json",
    "sandbox.faults",
    "schedule.field",
    "schedule.fields",
    "schedule.never",
    "secret.key",
    "serve.listen",
    "vtiger.url",
    "frappe.url",
    "webservice.php",
    "frappe.client.get_list",
    "company-sync.toml",
    "date.derived",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    entries.flat_map(|entry| files(&entry.unwrap().path())).collect()
}

/// `vtiger.timed_out` and its like.
fn is_code(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let is_word =
        |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    parts.len() == 2 && parts.iter().all(is_word)
}

fn codes() -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    for source in SOURCES {
        for file in files(&root().join(source)) {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            if name.contains("test") || name == "story.rs" {
                continue;
            }
            let text = fs::read_to_string(&file).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            codes.extend(code.split('"').filter(|part| is_code(part)).map(str::to_owned));
        }
    }
    codes.retain(|code| !NEITHER.contains(&code.as_str()));
    codes
}

fn keys(language: &str) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for file in files(&root().join("cs-web/messages").join(language)) {
        for line in fs::read_to_string(&file).unwrap().lines() {
            keys.extend(line.split_once(" =").map(|(key, _)| key.to_owned()));
        }
    }
    keys
}

#[test]
fn every_code_that_can_reach_a_page_is_explained() {
    let codes = codes();
    assert!(codes.len() > 150, "only {} codes were found", codes.len());
    for language in ["en", "es"] {
        let keys = keys(language);
        let said = |code: &String, end: &str| {
            let code = code.replace(['.', '_'], "-");
            ["failure", "trouble"].iter().any(|kind| keys.contains(&format!("{kind}-{code}{end}")))
        };
        let silent: Vec<&String> =
            codes.iter().filter(|code| !said(code, "") || !said(code, "-remedy")).collect();
        assert!(silent.is_empty(), "codes without words in {language}: {silent:#?}");
    }
}
