//! What an installation goes by as a folder of files: written, compared, and taken by another one. Nothing here talks to either
//! system.

use std::fs;
use std::path::{Path, PathBuf};

use cs_ports::{AuditFilter, CatchUp, PeopleStore as _, Schedule, TaskStore as _, Work};
use cs_store::SqliteStore;
use serde_json::Value;
use tempfile::TempDir;

use crate::lab::MAPPING;
use crate::world::{Ended, STORE_FILE, program};

/// An installation that nobody has said anything to.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        self.run_with(arguments, &[])
    }

    fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
        let mut command = program(self.0.path());
        Ended::of(command.args(arguments).envs(variables.iter().copied()).output().unwrap())
    }

    fn store(&self) -> PathBuf {
        self.0.path().join(".local/share/company-sync").join(STORE_FILE)
    }

    /// Looks into its store, or does there what pages do.
    fn in_store<T>(&self, work: impl AsyncFnOnce(&SqliteStore) -> T) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let store = SqliteStore::open(self.store()).await.unwrap();
            let answer = work(&store).await;
            store.close().await;
            answer
        })
    }
}

const CONFIGURATION: &str = r#"
time_zone = "America/Bogota"
language = "es"
[vtiger]
url = "https://crm.example.test"
user = "sync"
access_key = "whispered-key"
concurrency = 2
[frappe]
url = "https://erp.example.test"
api_key = "key"
api_secret = "whispered-secret"
[mapping.policy.settings]
company = "Agencia Prueba"
delivery_date = 2026-12-31
[reconciliation]
companies = "own"
[reconciliation.brokers]
BS = "BROKER SUR"
ADC = "BROKER ALTO"
[reconciliation.fields]
problem = "cf_2811"
payment_type = ""
[reconciliation.rules]
reviews = ["Paid", "Ask again, later"]
[companies.oscar]
name = "Oscar"
password = "whispered-password"
[companies.ambetter]
payable_agent = "AGENCIA PRUEBA"
[notifications]
drift = false
[notifications.email]
host = "mail.example.test"
from = "sync@example.test"
to = ["ana@example.test", "luis@example.test"]
[notifications.webhook]
url = "https://hooks.example.test/whispered-path"
[retention]
days = 90
"#;

fn nightly(seen: &str) -> Schedule {
    Schedule {
        name: "Every night".to_owned(),
        work: Work::Sync {
            mapping: "people".into(),
            full: false,
            census: true,
            approved_deletes: None,
            dry_run: false,
        },
        cron: "0 3 * * *".to_owned(),
        enabled: true,
        catch_up: CatchUp::Skip,
        time_limit: 5400,
        attempts_allowed: 2,
        seen: seen.parse().unwrap(),
    }
}

/// An installation that says something of everything: in its file, in a definition and a mapping of its own, and in its store.
fn whole() -> Place {
    let place = Place::new();
    let folder = place.0.path();
    fs::write(folder.join("company-sync.toml"), CONFIGURATION).unwrap();
    fs::create_dir(folder.join("own")).unwrap();
    let generic = place.run(&["companies", "show", "generic", "--source"]).stdout;
    let own =
        generic.replace("key = \"generic\"", "key = \"norte\"").replacen("name = \"", "name = \"Norte ", 1);
    assert_ne!(own, generic);
    fs::write(folder.join("own/norte.toml"), own).unwrap();
    fs::write(folder.join("people.toml"), MAPPING).unwrap();
    place.run(&["mapping", "import", "people.toml", "--publish", "--note", "first"]).expect(0);
    place.in_store(async |store| store.put_schedule(&nightly("2026-11-22T00:00:00Z")).await.unwrap());
    place
}

/// Every file below a folder, by its path in it.
fn files(folder: &Path) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = entry.file_name().unwrap().to_str().unwrap().to_owned();
        if entry.is_dir() {
            all.extend(files(&entry).into_iter().map(|(inner, text)| (format!("{name}/{inner}"), text)));
        } else {
            all.push((name, fs::read_to_string(&entry).unwrap()));
        }
    }
    all.sort();
    all
}

/// What a whole installation exports, and where.
fn exported(place: &Place) -> PathBuf {
    let out = place.0.path().join("out");
    place.run(&["config", "export", "out"]).expect(0);
    out
}

fn change(folder: &Path, file: &str, from: &str, to: &str) {
    let text = fs::read_to_string(folder.join(file)).unwrap();
    assert!(text.contains(from), "{from:?} is not in {file}:\n{text}");
    fs::write(folder.join(file), text.replacen(from, to, 1)).unwrap();
}

#[test]
fn what_one_installation_exports_another_takes_and_is_the_same() {
    let one = whole();
    let out = exported(&one);
    let first = files(&out);
    one.run(&["config", "diff", "out"]).expect(0);
    let again = one.run(&["config", "export", "out", "--json"]).expect(0).last();
    assert_eq!((again["written"].as_array().unwrap().len(), files(&out)), (0, first.clone()));

    let other = Place::new();
    let named = out.display().to_string();
    let differs = other.run(&["config", "diff", &named]);
    differs.expect(1);
    assert!(
        differs.stdout.contains("+ settings.toml: vtiger.url = https://crm.example.test"),
        "{}",
        differs.stdout
    );
    assert!(!other.store().exists(), "a look makes no store");
    other.run(&["config", "import", &named, "--dry-run"]).expect(0);
    assert!(!other.store().exists(), "nor does a dry run");

    let taken = other.run(&["config", "import", &named]);
    taken.expect(0);
    for told in [
        "+ settings.toml: vtiger.url = https://crm.example.test",
        "+ settings.toml: reconciliation.brokers = ADC = BROKER ALTO, BS = BROKER SUR",
        "+ settings.toml: reconciliation.fields.payment_type = none",
        "+ companies/norte.toml: the whole file = there",
        "+ mappings/people.toml: the whole file = there",
        "+ schedules.toml: Every night: cron = 0 3 * * *",
        "Secrets that are missing here: companies.oscar.password, frappe.api_secret, notifications.webhook.url, vtiger.access_key.",
    ] {
        assert!(taken.stdout.contains(told), "{told:?} is not in\n{}", taken.stdout);
    }
    let same = other.run(&["config", "diff", &named]);
    assert_eq!((same.expect(0).stdout.as_str(), same.stderr.as_str()), ("", ""));
    let nothing = other.run(&["config", "import", &named]);
    assert!(nothing.expect(0).stdout.contains("Nothing is to be changed."), "{}", nothing.stdout);

    // What it would export is the same but for the secrets, which it has not.
    other.run(&["config", "export", "mine"]).expect(0);
    let mine = files(&other.0.path().join("mine"));
    let plain = |files: &[(String, String)]| {
        let without = |text: &str| {
            text.split_once("secrets = [")
                .map(|(head, rest)| format!("{head}{}", rest.split_once(']').unwrap().1))
        };
        files
            .iter()
            .map(|(name, text)| (name.clone(), without(text).unwrap_or_else(|| text.clone())))
            .collect::<Vec<_>>()
    };
    assert_eq!(plain(&mine), plain(&first));
    let company = other.run_with(&["companies", "list"], &SECRETS);
    assert!(company.expect(0).stdout.contains("norte"), "{}", company.stdout);
    let schedules = other.in_store(async |store| store.schedules().await.unwrap());
    assert_eq!(Schedule { seen: schedules[0].seen, ..nightly("2026-11-22T00:00:00Z") }, schedules[0]);
    assert_ne!(schedules[0].seen, nightly("2026-11-22T00:00:00Z").seen, "its times count from now on");
}

/// What somebody gives an installation that imported everything but secrets.
const SECRETS: [(&str, &str); 2] =
    [("COMPANY_SYNC_VTIGER_ACCESS_KEY", "given"), ("COMPANY_SYNC_FRAPPE_API_SECRET", "given")];

#[test]
fn no_secret_is_written_or_taken() {
    let one = whole();
    let out = exported(&one);
    let all = files(&out);
    for (name, text) in &all {
        assert!(!text.contains("whispered"), "{name}:\n{text}");
    }
    let settings = &all.iter().find(|(name, _)| name == "settings.toml").unwrap().1;
    for named in
        ["vtiger.access_key", "frappe.api_secret", "companies.oscar.password", "notifications.webhook.url"]
    {
        assert!(settings.contains(&format!("\"{named}\"")), "{named} is not named in\n{settings}");
    }
    let other = Place::new();
    change(&out, "settings.toml", "[vtiger]\n", "[vtiger]\naccess_key = \"smuggled\"\n");
    let refused = other.run(&["config", "import", &out.display().to_string()]);
    refused.expect(2).complains("vtiger.access_key is a secret, and secrets are not imported");
    assert!(!refused.stderr.contains("smuggled"), "{}", refused.stderr);
}

/// A file, what stands in it, what somebody makes of that, what is told of it, and what would be right.
const FAULTS: [(&str, &str, &str, &str, &str); 15] = [
    (
        "settings.toml",
        "[vtiger]\n",
        "[vtiger]\nurll = \"x\"\n",
        "there is no setting vtiger.urll",
        "did you mean `vtiger.url`?",
    ),
    (
        "settings.toml",
        "https://crm.example.test",
        "crm.example.test",
        "vtiger.url: Write a whole address",
        "",
    ),
    (
        "settings.toml",
        "concurrency = 2",
        "concurrency = 2000",
        "vtiger.concurrency: Write a whole number from 1 to 64.",
        "",
    ),
    ("settings.toml", "user = \"sync\"\n", "", "vtiger.user: It is needed.", ""),
    ("settings.toml", "America/Bogota", "Bogota", "time_zone: There is no such time zone.", ""),
    ("settings.toml", "[vtiger]\n", "[vtiger\n", "settings.toml:", "https://toml.io"),
    ("settings.toml", "secrets = [", "secrets = [1, ", "`secrets` is a list of keys", ""),
    (
        "settings.toml",
        "company = \"Agencia Prueba\"",
        "compny = \"x\"",
        "there is no setting mapping.policy.settings.compny",
        "did you mean `mapping.policy.settings.company`?",
    ),
    ("schedules.toml", "0 3 * * *", "0 25 * * *", "schedule Every night: `25` is no hour", "schedules.toml:"),
    (
        "schedules.toml",
        "mapping = \"people\"",
        "mapping = \"peple\"",
        "there is no mapping peple",
        "did you mean `people`?",
    ),
    (
        "schedules.toml",
        "minutes = 90",
        "minutes = 0",
        "schedule Every night: write a whole number of minutes from 1 to 1440",
        "",
    ),
    (
        "schedules.toml",
        "census = true",
        "cencus = true",
        "unknown field `cencus`",
        "A [[schedule]] says name, mapping and cron",
    ),
    ("companies/norte.toml", "name = ", "nam = ", "companies/norte.toml:", "unknown field `nam`"),
    (
        "mappings/people.toml",
        "module = \"Contacts\"",
        "modul = \"Contacts\"",
        "mappings/people.toml",
        "modul",
    ),
    (
        "mappings/people.toml",
        "name = \"people\"",
        "name = \"persons\"",
        "this defines persons",
        "Call the file mappings/persons.toml.",
    ),
];

#[test]
fn every_fault_is_told_with_its_place_and_nothing_is_taken() {
    let one = whole();
    let other = Place::new();
    for (file, from, to, told, help) in FAULTS {
        let out = exported(&one);
        change(&out, file, from, to);
        let refused = other.run(&["config", "import", &out.display().to_string()]);
        refused.expect(2).complains(told).complains(help).complains("[folder.faulty]");
        let place = refused.stderr.lines().any(|line| line.contains(&format!("{file}:")));
        assert!(place, "no place in\n{}", refused.stderr);
        let nothing = other.run(&["config", "export", "now"]);
        nothing.expect(0);
        let settings = fs::read_to_string(other.0.path().join("now/settings.toml")).unwrap();
        assert!(settings.contains("secrets = []") && !settings.contains("[vtiger]"), "{settings}");
    }
    let nowhere = other.run(&["config", "import", "nowhere"]);
    nowhere.expect(2).complains("[folder.nothing]");
}

#[test]
fn several_faults_are_told_at_once() {
    let one = whole();
    let out = exported(&one);
    change(&out, "settings.toml", "https://crm.example.test", "crm");
    change(&out, "settings.toml", "language = \"es\"", "language = \"fr\"");
    change(&out, "schedules.toml", "0 3 * * *", "0 3 * *");
    change(&out, "mappings/people.toml", "module = \"Contacts\"", "modul = \"Contacts\"");
    let other = Place::new();
    let refused = other.run(&["config", "import", &out.display().to_string()]);
    refused.expect(2).complains("5 faults");
    for told in ["vtiger.url: ", "language: Choose one of: en, es.", "five fields", "`modul`"] {
        refused.complains(told);
    }
}

#[test]
fn a_file_says_the_whole_of_what_it_is_about_and_what_has_none_stays() {
    let one = whole();
    let out = exported(&one);
    let named = out.display().to_string();
    let other = Place::new();
    other.run(&["config", "import", &named]).expect(0);
    // Of what is left out of a file, what was said is taken back; the other files are not about it.
    change(&out, "settings.toml", "days = 90\n", "");
    fs::write(out.join("schedules.toml"), "").unwrap();
    fs::remove_file(out.join("mappings/people.toml")).unwrap();
    fs::remove_dir_all(out.join("companies")).unwrap();
    let looked = other.run(&["config", "import", &named, "--dry-run", "--json"]).expect(0).last();
    let what = |difference: &Value| difference["what"].as_str().unwrap().to_owned();
    let told: Vec<String> = looked["changes"].as_array().unwrap().iter().map(what).collect();
    assert!(
        told.contains(&"retention.days".to_owned()) && told.iter().any(|what| what == "Every night: cron"),
        "{told:?}"
    );
    assert!(told.iter().all(|what| what != "the whole file"), "{told:?}");
    other.run(&["config", "import", &named]).expect(0);
    assert!(other.in_store(async |store| store.schedules().await.unwrap()).is_empty());
    let diff = other.run(&["config", "diff", &named]);
    assert!(
        diff.expect(1).stdout.contains("- mappings/people.toml: the whole file = there"),
        "{}",
        diff.stdout
    );
    assert!(
        !diff.stdout.contains("settings.toml") && !diff.stdout.contains("schedules.toml"),
        "{}",
        diff.stdout
    );
    let list = other.run_with(&["mapping", "list"], &SECRETS);
    assert!(list.expect(0).stdout.contains("people  version 1"), "{}", list.stdout);
    let audit = other.in_store(async |store| store.audit(&AuditFilter::default(), None, 50).await.unwrap());
    let actions: Vec<&str> = audit.iter().rev().map(|entry| entry.action.as_str()).collect();
    let first = ["settings.change", "mapping.publish", "schedule.save", "config.import"];
    assert_eq!(actions, [&first[..], &["settings.change", "schedule.remove", "config.import"]].concat());
    assert!(!format!("{audit:?}").contains("whispered"));
}

#[test]
fn what_a_file_or_a_variable_fixes_stays_and_is_told() {
    let one = whole();
    let out = exported(&one);
    let named = out.display().to_string();
    let other = Place::new();
    let variable = [("COMPANY_SYNC_VTIGER_URL", "https://staging.example.test")];
    let taken = other.run_with(&["config", "import", &named], &variable);
    taken.expect(1);
    let stays = "stays as it is, since COMPANY_SYNC_VTIGER_URL fixes it:\n- settings.toml: vtiger.url = https://staging.example.test\n";
    assert!(taken.stdout.contains(stays), "{}", taken.stdout);
    let again = other.run_with(&["config", "diff", &named], &variable);
    assert_eq!(again.expect(1).stdout.lines().count(), 2, "{}", again.stdout);
    // Without the variable, nothing says where VTiger is: the rest was taken.
    let without = other.run(&["config", "diff", &named]);
    assert_eq!(without.expect(1).stdout, "+ settings.toml: vtiger.url = https://crm.example.test\n");
    fs::write(other.0.path().join("people.toml"), MAPPING.replace("People, both ways", "Others")).unwrap();
    fs::write(other.0.path().join("company-sync.toml"), "[mapping.people]\nfile = \"people.toml\"\n")
        .unwrap();
    let fixed = other.run_with(&["config", "import", &named], &[]);
    assert!(fixed.expect(1).stdout.contains("people.toml fixes it"), "{}", fixed.stdout);
}
