//! The catalogue: the same in both languages, holding everything that is said, and nothing besides.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Keys that are put together when they are said: what they begin with, and where that is.
const DYNAMIC: [(&str, &str); 40] = [
    ("action-", "src/pages/log/changes.rs"),
    ("changes-about-", "src/pages/log/changes.rs"),
    ("changes-field-", "src/pages/log/changes.rs"),
    ("changes-of-", "src/pages/log/changes.rs"),
    ("choice-", "src/pages/settings/field.rs"),
    ("conflict-kind-", "src/pages/conflicts/told.rs"),
    ("conflicts-none-", "src/pages/conflicts/list.rs"),
    ("conflicts-tab-", "templates/conflicts/list.html"),
    ("connection-", "src/words.rs"),
    ("drift-", "src/pages/scheduler/drift.rs"),
    ("error-", "src/error.rs"),
    ("failure-", "src/pages/shown.rs"),
    ("field-type-", "src/pages/drifts.rs"),
    ("finding-export-", "src/pages/scheduler/export.rs"),
    ("finding-state-", "src/pages/scheduler/listing.rs"),
    ("linking-show-", "src/pages/mappings/linking.rs"),
    ("log-kind-", "src/pages/runs/told.rs"),
    ("mapping-about-", "src/words.rs"),
    ("mapping-check-", "templates/mappings/documents.html"),
    ("mapping-deletes-", "templates/mappings/policy_fields.html"),
    ("mapping-drift-", "templates/mappings/policy_fields.html"),
    ("mapping-holds-", "src/pages/mappings/fields.rs"),
    ("mapping-policy-", "templates/mappings/policies.html"),
    ("mapping-remark-", "src/pages/mappings/fields.rs"),
    ("mapping-step-", "templates/mappings/rule.html"),
    ("mapping-test-", "templates/mappings/conditions.html"),
    ("month-", "src/words.rs"),
    ("not-there-", "src/error.rs"),
    ("part-", "src/pages/users/mod.rs"),
    ("plan-show-", "src/pages/sync/dry_run.rs"),
    ("probe-", "src/pages/shown.rs"),
    ("right-", "src/error.rs"),
    ("scheduler-row-", "src/pages/scheduler/task.rs"),
    ("setting-", "src/pages/settings/field.rs"),
    ("settings-tab-", "src/pages/settings/tab.rs"),
    ("status-", "src/words.rs"),
    ("sync-cron-", "src/work/schedules.rs"),
    ("trouble-", "src/pages/errors/told.rs"),
    ("verb-", "src/pages/runs/told.rs"),
    ("write-", "src/pages/runs/writes.rs"),
];

/// Ways of saying something whose key stands there, with how many arguments come before it.
const SAYING: [(&str, usize); 9] = [
    (".say(", 0),
    (".said(", 0),
    (".tell(", 0),
    (".count(", 0),
    (".frame(", 1),
    ("done(", 1),
    ("say(", 0),
    ("tell(", 0),
    ("count(", 0),
];

/// What the keys of what is said of mappings begin with.
const OF_MAPPINGS: &str = "mapping-says-";

/// What the keys of what the program says of errors begin with: its English is the program's own, and a test beside the
/// table of them (`src/pages/causes.rs`) holds the two together.
const OF_CAUSES: &str = "cause-";

/// A message: its variables.
type Catalogue = BTreeMap<String, BTreeSet<String>>;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The messages of a language by key; a key that stands twice is told.
fn catalogue(language: &str) -> Catalogue {
    let mut all = Catalogue::new();
    for file in files(&root().join("messages").join(language), "ftl") {
        let text = fs::read_to_string(&file).unwrap();
        let mut key = None;
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
            if !line.starts_with([' ', '}']) {
                let (name, _) = line.split_once(" =").unwrap_or_else(|| panic!("{}: {line}", file.display()));
                assert!(!all.contains_key(name), "{name} stands twice, once in {}", file.display());
                all.insert(name.to_owned(), BTreeSet::new());
                key = Some(name.to_owned());
            }
            let variables = all.get_mut(key.as_ref().unwrap()).unwrap();
            for part in line.split('$').skip(1) {
                let name = part.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').next();
                variables.insert(name.unwrap().to_owned());
            }
        }
    }
    all
}

/// Everything that stands between quotes in code and templates, tests aside.
fn literals(text: &str) -> impl Iterator<Item = &str> {
    text.split('"').filter(|part| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    })
}

/// The code without its unit tests.
fn source(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    text.split("#[cfg(test)]").next().unwrap_or_default().to_owned()
}

fn sources() -> Vec<(PathBuf, String)> {
    let code = files(&root().join("src"), "rs");
    let templates = files(&root().join("templates"), "html");
    code.into_iter().chain(templates).map(|file| (file.clone(), source(&file))).collect()
}

/// The keys that are said literally: `say("key")`, `frame(Section::Log, "key")`.
fn said(text: &str) -> BTreeSet<&str> {
    let mut keys = BTreeSet::new();
    for (call, before) in SAYING {
        for (place, _) in text.match_indices(call) {
            let mut rest = text.get(place + call.len()..).unwrap_or_default();
            for _ in 0..before {
                // Arguments before the key hold no quotes and no commas, or the call is not looked into.
                rest = rest.split_once(',').map_or("", |(_, rest)| rest);
            }
            let Some(literal) = rest.trim_start().strip_prefix('"') else { continue };
            let key = literal.split('"').next().unwrap_or_default();
            let is_key = key.contains('-') && !key.starts_with('/') && literals(key).next().is_some();
            keys.extend(is_key.then_some(key));
        }
    }
    keys
}

#[test]
fn both_languages_say_the_same_things_about_the_same_things() {
    let (en, es) = (catalogue("en"), catalogue("es"));
    let names = |one: &Catalogue| one.keys().cloned().collect::<BTreeSet<_>>();
    let only: Vec<String> = names(&en)
        .symmetric_difference(&names(&es))
        .filter(|key| !key.starts_with(OF_MAPPINGS) && !key.starts_with(OF_CAUSES))
        .cloned()
        .collect();
    assert!(only.is_empty(), "in one language only: {only:?}");
    for (key, variables) in &en {
        assert_eq!(Some(variables), es.get(key), "the variables of {key}");
    }
}

/// What is said of mappings: its English stands with the rules of mappings, and is no second time in the catalogue.
#[test]
fn everything_that_is_said_of_mappings_is_said_in_spanish() {
    let said = |language: &str| -> Catalogue {
        catalogue(language).into_iter().filter(|(key, _)| key.starts_with(OF_MAPPINGS)).collect()
    };
    let (en, mut es) = (said("en"), said("es"));
    assert!(en.is_empty(), "{en:?}");
    let mut told = 0;
    for wording in cs_domain::mapping::wordings() {
        let key = format!("{OF_MAPPINGS}{}", wording.key.replace('_', "-"));
        let variables = es.remove(&key).unwrap_or_else(|| panic!("{key} is not said: {}", wording.english));
        let named = |gap: &&&str| wording.english.contains(&format!("{{{gap}}}"));
        let gaps: BTreeSet<String> = wording.gaps.iter().filter(named).map(|gap| (*gap).to_owned()).collect();
        assert_eq!(variables, gaps, "the variables of {key}");
        told += 1;
    }
    assert!(told > 200, "{told}");
    assert!(es.is_empty(), "said of mappings by nobody: {:?}", es.keys());
}

#[test]
fn everything_that_is_said_is_in_the_catalogue() {
    // What only other languages say is said where the language is another.
    let only_in_spanish = |key: &&str| key.starts_with(OF_CAUSES);
    let en = catalogue("en");
    let es = catalogue("es");
    let mut missing = BTreeSet::new();
    let mut found = 0;
    for (file, text) in sources() {
        let name = file.strip_prefix(root()).unwrap().display().to_string();
        let keys = said(&text);
        found += keys.len();
        missing.extend(
            keys.into_iter()
                .filter(|key| !(en.contains_key(*key) || only_in_spanish(key) && es.contains_key(*key)))
                .map(|key| format!("{name}: {key}")),
        );
    }
    assert!(found > 300, "only {found} keys were found in code and templates");
    assert!(missing.is_empty(), "said and not in the catalogue:\n{}", Vec::from_iter(missing).join("\n"));
}

#[test]
fn nothing_is_in_the_catalogue_that_nobody_says() {
    let sources = sources();
    let literal: BTreeSet<&str> = sources.iter().flat_map(|(_, text)| literals(text)).collect();
    let unused: Vec<String> = catalogue("en")
        .into_keys()
        .filter(|key| !literal.contains(key.as_str()))
        .filter(|key| !DYNAMIC.iter().any(|(start, _)| key.starts_with(start)))
        .collect();
    assert!(unused.is_empty(), "in the catalogue and never said:\n{}", unused.join("\n"));
    for (start, file) in DYNAMIC {
        let text = source(&root().join(file));
        assert!(text.contains(&format!("\"{start}")), "{file} says nothing that begins with {start}");
    }
}

#[test]
fn every_change_has_a_name() {
    let en = catalogue("en");
    let sources = sources();
    let code = sources.iter().flat_map(|(_, text)| text.split("record(").skip(1));
    let literal = code.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next());
    let named: BTreeSet<&str> = literal.filter(|action| action.contains('.')).collect();
    assert!(named.len() > 15, "{named:?}");
    for action in named {
        let key = format!("action-{}", action.replace(['.', '_'], "-"));
        assert!(en.contains_key(&key), "{action} is noted and has no name: {key}");
    }
}
