//! The office against the sandbox: real connectors, a real store, and stand-ins of both systems over HTTP.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use cs_domain::{MappingName, RecordRef, System, Value};
use cs_ports::{CatchUp, Schedule, SettingsStore as _, Store as _, TaskStore as _, Work};
use cs_store::SqliteStore;
use cs_web::office::{Connection, HintError, HintSent, Office as _, OfficeError, Probe};

use super::Office;
use crate::cli::Persona;
use crate::config::{Environment, Flags};
use crate::mappings::Editions;
use crate::playground::{Playground, Wish};
use crate::wiring::{Home, existing_store};

const POLICIES: usize = 12;

struct Ground {
    folder: tempfile::TempDir,
}

impl Ground {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("company-sync.toml"), "").unwrap();
        Self { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn flags(&self) -> Flags {
        let file = Some(self.path().join("company-sync.toml"));
        Flags { file, data_dir: Some(self.path().to_owned()), ..Flags::default() }
    }

    async fn office(&self, store: &Arc<SqliteStore>, variables: &[(&str, &str)]) -> Result<Office, String> {
        let opened = Office::open(&self.flags(), &Environment::of(variables), Arc::clone(store)).await;
        opened.map_err(|error| error.code())
    }

    async fn store(&self) -> Arc<SqliteStore> {
        Arc::new(crate::wiring::open_store(self.path()).await.unwrap())
    }
}

async fn playground(bare: bool) -> Playground {
    let (vtiger_port, frappe_port, persona, seed) = (0, 0, Persona::default(), 1);
    let wish =
        Wish { vtiger_port, frappe_port, persona, seed, orders: POLICIES, faults: None, bare, kept: None };
    Playground::start(&wish).await.unwrap()
}

fn changes(playground: &Playground) -> BTreeMap<String, Option<String>> {
    playground.settings().into_iter().map(|(key, value)| (key, Some(value))).collect()
}

fn bad(probes: &[Probe]) -> Vec<(&str, &str)> {
    let bad = probes.iter().filter(|probe| !probe.good);
    bad.map(|probe| (probe.what.as_str(), probe.code.as_deref().unwrap_or_default())).collect()
}

#[tokio::test]
async fn a_connection_is_tested_before_it_is_kept() {
    let ground = Ground::new();
    let store = ground.store().await;
    let office = ground.office(&store, &[]).await.unwrap();
    let playground = playground(true).await;
    let typed = changes(&playground);
    let vtiger = office.test(Connection::Vtiger, &typed).await.unwrap();
    assert_eq!(bad(&vtiger), [], "{vtiger:?}");
    assert!(vtiger[0].found.starts_with("VTiger 8.3.0"), "{vtiger:?}");
    assert!(vtiger.iter().any(|probe| probe.what == "module SalesOrder"), "{vtiger:?}");
    let frappe = office.test(Connection::Frappe, &typed).await.unwrap();
    let lacking = bad(&frappe);
    assert!(lacking.contains(&("DocType Bank Card", "frappe.doctype_missing")), "{frappe:?}");
    assert!(lacking.contains(&("DocType Contact", "frappe.fields_missing")), "{frappe:?}");
    assert!(frappe.iter().all(|probe| probe.good || probe.remedy.is_some()), "{frappe:?}");
    assert_eq!(store.settings().await.unwrap().revision, 0, "nothing was kept");
    let mut wrong = typed.clone();
    wrong.insert("vtiger.access_key".into(), Some("not the key".into()));
    wrong.insert("frappe.url".into(), Some("http://127.0.0.1:1".into()));
    assert_eq!(
        bad(&office.test(Connection::Vtiger, &wrong).await.unwrap()),
        [("login", "vtiger.credentials")]
    );
    assert_eq!(
        bad(&office.test(Connection::Frappe, &wrong).await.unwrap()),
        [("login", "frappe.unreachable")]
    );
    let nowhere = [
        ("database.host", "127.0.0.1"),
        ("database.port", "1"),
        ("database.user", "reader"),
        ("database.password", "hush"),
        ("database.name", "vtiger"),
    ];
    let nowhere = nowhere.map(|(key, value)| (key.to_owned(), Some(value.to_owned()))).into();
    let database = office.test(Connection::Database, &nowhere).await.unwrap();
    assert!(!database[0].good && database[0].remedy.is_some(), "{database:?}");
    assert!(!format!("{database:?}").contains("hush"), "{database:?}");
    let half = BTreeMap::from([("vtiger.url".to_owned(), Some("http://127.0.0.1:1".to_owned()))]);
    let error = office.test(Connection::Vtiger, &half).await.unwrap_err();
    assert!(matches!(error, OfficeError::Invalid { ref slips } if slips.len() == 2), "{error:?}");
    playground.stop().await;
}

#[tokio::test]
async fn what_frappe_lacks_is_shown_and_created() {
    let ground = Ground::new();
    let store = ground.store().await;
    let office = ground.office(&store, &[]).await.unwrap();
    let playground = playground(true).await;
    office.change_settings(&changes(&playground)).await.unwrap();
    let policy = MappingName::new("policy");
    let lacking = office.lacking(&policy, None).await.unwrap();
    let names: Vec<&str> = lacking.iter().map(|lacking| lacking.name.as_str()).collect();
    for name in ["Bank Card", "Contact.custom_day_of_birth", "Sales Order.custom_vtiger_id"] {
        assert!(names.contains(&name), "{names:?}");
    }
    let card = lacking.iter().find(|lacking| lacking.name == "Bank Card").unwrap();
    assert_eq!((card.kind.as_str(), &card.definition["custom"]), ("doctype", &serde_json::json!(1)));
    let key = lacking.iter().find(|lacking| lacking.name == "Customer.custom_vtiger_id").unwrap();
    assert_eq!((&key.definition["dt"], &key.definition["unique"]), (&"Customer".into(), &1.into()));
    assert!(lacking.iter().all(|lacking| lacking.definition.is_object()), "{lacking:?}");
    let created = office.create_lacking(&policy, None).await.unwrap();
    assert_eq!((bad(&created).len(), created.len()), (0, lacking.len()), "{created:?}");
    assert_eq!(office.lacking(&policy, None).await.unwrap(), []);
    // A text that is not published yet lacks what it names, and what was created is seen at once.
    let text = cs_domain::mapping::shipped_text("policy").unwrap();
    let draft = text.replace("custom_day_of_birth", "custom_born_on");
    let kind = cs_domain::Kind::new("Contact");
    let has = async |office: &Office| {
        let schema = office.kind_schema(System::Frappe, &kind).await.unwrap().unwrap();
        schema.resolve("custom_born_on").is_some()
    };
    assert!(!has(&office).await);
    let names: Vec<String> = office
        .lacking(&policy, Some(&draft))
        .await
        .unwrap()
        .into_iter()
        .map(|lacking| lacking.name)
        .collect();
    assert_eq!(names, ["Contact.custom_born_on"]);
    assert_eq!(bad(&office.create_lacking(&policy, Some(&draft)).await.unwrap()), []);
    assert!(has(&office).await);
    assert_eq!(bad(&office.test(Connection::Frappe, &BTreeMap::new()).await.unwrap()), []);
    // A mapping that nobody knows is an error, and so is a Frappe that nobody can log in to.
    assert!(office.lacking(&MappingName::new("nothing"), None).await.is_err());
    let other = BTreeMap::from([("frappe.api_secret".to_owned(), Some("not the secret".to_owned()))]);
    office.change_settings(&other).await.unwrap();
    let refused = office.create_lacking(&policy, None).await.unwrap();
    assert_eq!(bad(&refused), [("DocTypes", "frappe.credentials")]);
    playground.stop().await;
}

#[tokio::test]
async fn what_pages_keep_holds_after_a_restart_and_on_the_command_line() {
    let ground = Ground::new();
    let store = ground.store().await;
    let office = ground.office(&store, &[]).await.unwrap();
    assert!(!office.is_set_up().await.unwrap());
    let typed = [
        ("vtiger.url", "https://crm.example.test"),
        ("vtiger.user", "sync"),
        ("vtiger.access_key", "whispered"),
        ("companies.oscar.password", "murmured"),
    ];
    let typed = typed.map(|(key, value)| (key.to_owned(), Some(value.to_owned()))).into();
    let change = office.change_settings(&typed).await.unwrap();
    assert!(!format!("{change:?}").contains("whispered"));
    office.finish_setup().await.unwrap();
    assert!(office.is_set_up().await.unwrap());
    assert!(office.config().vtiger.is_some(), "it holds at once");
    let text = store.settings().await.unwrap().text;
    assert!(text.contains("crm.example.test") && !text.contains("whispered"), "{text}");
    let tabs = office.settings().await.unwrap();
    let key = tabs.iter().flat_map(|tab| &tab.settings).find(|one| one.key == "vtiger.access_key").unwrap();
    assert_eq!((key.set, key.value.as_str()), (true, ""));
    assert!(!format!("{tabs:?}").contains("whispered"));
    let config = super::load(&ground.flags(), &Environment::of(&[])).await.unwrap();
    assert_eq!(config.vtiger.unwrap().user, "sync");
    let over = Environment::of(&[("COMPANY_SYNC_VTIGER_USER", "other")]);
    assert_eq!(super::load(&ground.flags(), &over).await.unwrap().vtiger.unwrap().user, "other");
    let again = ground.office(&store, &[]).await.unwrap();
    assert!(again.is_set_up().await.unwrap());
    assert!(again.config().companies["oscar"].password.is_some());
    let other = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    let wrong = ground.office(&store, &[("COMPANY_SYNC_KEY", other)]).await.err();
    assert_eq!(wrong.as_deref(), Some("secret.wrong_key"));
    store.close().await;
    let same = existing_store(ground.path()).await.unwrap();
    assert_eq!(same.secret_names().await.unwrap(), ["companies.oscar.password", "vtiger.access_key"]);
    same.close().await;
}

/// `config import` and the pages of another process change the store behind a running service.
#[tokio::test]
async fn what_somebody_else_keeps_is_taken_without_a_restart() {
    let ground = Ground::new();
    let store = ground.store().await;
    let office = ground.office(&store, &[]).await.unwrap();
    let other = ground.office(&store, &[]).await.unwrap();
    let set = |days: &str| BTreeMap::from([("retention.days".to_owned(), Some(days.to_owned()))]);
    other.change_settings(&set("30")).await.unwrap();
    assert_eq!(office.config().service.retention_days, None);
    assert_eq!((office.follow().await.unwrap(), other.follow().await.unwrap()), (true, false));
    assert_eq!(office.config().service.retention_days, Some(30));
    assert!(!office.follow().await.unwrap(), "nothing is new any more");
    // Secrets that are forgotten are forgotten by what runs, too.
    let secret = BTreeMap::from([("companies.oscar.password".to_owned(), Some("whispered".to_owned()))]);
    other.change_settings(&secret).await.unwrap();
    assert!(office.follow().await.unwrap());
    assert!(office.config().companies["oscar"].password.is_some());
    assert_eq!(super::kept::forget_secrets(store.as_ref()).await.unwrap(), ["companies.oscar.password"]);
    assert!(office.follow().await.unwrap());
    assert!(office.config().companies.get("oscar").is_none_or(|oscar| oscar.password.is_none()));
    assert_eq!(super::kept::forget_secrets(store.as_ref()).await.unwrap(), Vec::<String>::new());
    // What is kept and cannot be read changes nothing of what runs.
    let revision = store.settings().await.unwrap().revision;
    assert!(store.put_settings(revision, "[service", &[]).await.unwrap());
    assert_eq!(office.follow().await.unwrap_err().code(), "config.kept");
    assert_eq!(office.config().service.retention_days, Some(30));
}

#[tokio::test]
async fn the_sandbox_runs_inside_the_service_and_again_with_it() {
    let ground = Ground::new();
    let store = ground.store().await;
    let office = ground.office(&store, &[]).await.unwrap();
    let change = office.use_sandbox().await.unwrap();
    assert!(change.after["vtiger.url"].starts_with("http://127.0.0.1:"), "{change:?}");
    assert_eq!(office.use_sandbox().await.unwrap().after.len(), 0, "it runs already");
    assert_eq!(bad(&office.test(Connection::Frappe, &BTreeMap::new()).await.unwrap()), []);
    let heard = office.health().await;
    let frappe = heard.iter().find(|health| health.connection == Connection::Frappe).unwrap();
    assert_eq!((frappe.configured, frappe.good), (true, Some(true)), "a test tells");
    let url = office.name_of(System::Frappe);
    office.sandbox.lock().await.take().unwrap().stop().await;
    drop(office);
    let again = ground.office(&store, &[]).await.unwrap();
    assert_eq!(again.name_of(System::Frappe), url);
    assert_eq!(bad(&again.test(Connection::Vtiger, &BTreeMap::new()).await.unwrap()), []);
    again.sandbox.lock().await.take().unwrap().stop().await;
}

#[tokio::test]
async fn both_sides_of_a_unit_are_looked_up_and_card_data_is_not() {
    let ground = Ground::new();
    let home = Home::enter(ground.path()).await.unwrap();
    let office = ground.office(&home.store, &[]).await.unwrap();
    let playground = playground(false).await;
    office.change_settings(&changes(&playground)).await.unwrap();
    let config = office.config();
    let job = Editions::of_files(&config).job("policy", false).unwrap();
    let wired = home.wire(&config, Vec::new()).unwrap();
    wired.run(&job).await.unwrap();
    let policy = MappingName::new("policy");
    let unit = job.mapping.units[0].name.clone();
    let known = home.store.known(&policy, &unit, None, None, 100).await.unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for known in &known {
        let found = office.look_up(&policy, &known.key.subject).await.unwrap();
        let [record, documents @ ..] = found.sights.as_slice() else { panic!("{found:?}") };
        assert!(record.there && record.role.is_none() && record.address.is_some(), "{record:?}");
        for sight in documents {
            seen.insert(sight.role.clone().unwrap().to_string());
            assert!(sight.there, "{sight:?}");
        }
        // Card and account numbers, on both sides: what VTiger's fields and the documents' names and fields hold.
        let own = record.fields.iter().filter(|field| ["cf_1465", "cf_1479"].contains(&field.name.as_str()));
        let theirs = documents.iter().filter(|sight| sight.reference.kind.as_str().starts_with("Bank "));
        let named = theirs.clone().map(|sight| sight.reference.id.to_string());
        let values = own.chain(theirs.flat_map(|sight| &sight.fields)).map(|field| field.value.plain());
        for text in values.chain(named).filter(|text| !text.starts_with("6x") && !text.starts_with("BC-")) {
            let longest = text.split(|c: char| !c.is_ascii_digit()).map(str::len).max();
            assert!(longest <= Some(4), "{text}");
        }
    }
    assert!(["owner", "customer", "bank-card", "order"].iter().all(|role| seen.contains(*role)), "{seen:?}");
    let subjects: Vec<RecordRef> = known.iter().map(|known| known.key.subject.clone()).collect();
    let ties = home.store.ties_of(&policy, &subjects).await.unwrap();
    let owner = ties.iter().find(|tie| tie.link.role.as_str() == "owner").unwrap();
    let found = office.look_up(&policy, &owner.link.document).await.unwrap();
    let born = found.sights[0].fields.iter().find(|field| field.name.as_str() == "cf_2299").unwrap();
    assert_eq!(born.partner.as_deref(), Some("owner.custom_day_of_birth"));
    assert_eq!(born.rule.as_deref(), Some("owner.custom_day_of_birth <-> cf_2299"));
    let sight = found.sights.iter().find(|sight| sight.role == Some(owner.link.role.clone())).unwrap();
    let mirrored = sight.fields.iter().find(|field| field.name.as_str() == "custom_day_of_birth").unwrap();
    assert_eq!((mirrored.partner.as_deref(), &mirrored.value), (Some("cf_2299"), &born.value));
    assert_ne!(born.value, Value::Empty);
    // A document without a link is shown by itself, and what is not there as not there.
    let nobody = RecordRef::frappe("Contact", "Nobody");
    let alone = office.look_up(&policy, &nobody).await.unwrap();
    assert_eq!((alone.sights.len(), alone.sights[0].there), (1, false));
    assert!(office.look_up(&policy, &RecordRef::frappe("Task", "x")).await.is_err());
    playground.stop().await;
}

#[tokio::test]
async fn a_hint_with_the_secret_makes_a_schedule_s_mapping_run_soon() {
    let ground = Ground::new();
    let store = ground.store().await;
    let office = ground.office(&store, &[]).await.unwrap();
    let playground = playground(false).await;
    let hint = |system, query: &str, proof: Option<&str>| {
        let (query, proof) = (query.to_owned(), proof.map(str::to_owned));
        office.hint(HintSent { system, proof, query, body: Vec::new() })
    };
    let closed = hint(System::Vtiger, "token=secret-of-16-letters&id=6x1", None).await;
    assert!(matches!(closed, Err(HintError::Closed { system: System::Vtiger })), "{closed:?}");
    let mut changes = changes(&playground);
    changes.insert("hints.vtiger_secret".into(), Some("secret-of-16-letters".into()));
    let told = office.change_settings(&changes).await.unwrap();
    assert_eq!(told.after["hints.vtiger_secret"], "(set)");
    let wrong = hint(System::Vtiger, "token=another-secret-000&id=6x1", None).await;
    assert!(matches!(wrong, Err(HintError::Unsigned { .. })), "{wrong:?}");
    let other = hint(System::Vtiger, "module=Invoice&id=1", Some("secret-of-16-letters")).await;
    assert!(matches!(other, Err(HintError::Unreadable { .. })), "{other:?}");
    let right = || hint(System::Vtiger, "module=SalesOrder&id=1", Some("secret-of-16-letters"));
    assert_eq!(right().await.unwrap(), 0, "nobody has read it yet");
    assert_eq!(store.open_tasks().await.unwrap(), [], "what no schedule runs waits for somebody");
    let work = Work::Sync {
        mapping: "policy".into(),
        full: true,
        census: true,
        approved_deletes: None,
        dry_run: false,
    };
    let schedule = Schedule {
        name: "nightly".to_owned(),
        work,
        cron: "0 3 * * *".to_owned(),
        enabled: true,
        catch_up: CatchUp::Skip,
        time_limit: 60,
        attempts_allowed: 2,
        seen: jiff::Timestamp::now(),
    };
    store.put_schedule(&schedule).await.unwrap();
    right().await.unwrap();
    right().await.unwrap();
    let open = store.open_tasks().await.unwrap();
    let [task] = open.as_slice() else { panic!("{open:?}") };
    assert_eq!((task.asked_by.as_str(), task.time_limit, task.not_before), ("hint", 60, None));
    assert!(matches!(task.work, Work::Sync { full: false, census: false, .. }), "{task:?}");
    playground.stop().await;
}
