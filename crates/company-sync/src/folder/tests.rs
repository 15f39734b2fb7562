//! What only an installation with sealed secrets shows; the rest is in `tests/it/files.rs`.

use std::fs;

use cs_store::MemoryStore;
use jiff::Timestamp;
use tempfile::TempDir;
use toml::Value;

use super::{Here, planned, read};
use crate::config::document::put;
use crate::config::{Environment, Flags, Layers};

/// An installation whose VTiger was typed on pages.
async fn typed(layers: &Layers) -> Here<'_> {
    let mut here = Here::look(layers, &MemoryStore::new()).await.unwrap();
    put(&mut here.kept.document, "vtiger.url", Value::from("https://crm.example.test"));
    put(&mut here.kept.document, "vtiger.user", Value::from("sync"));
    here.kept.secrets.insert("vtiger.access_key".to_owned(), "whispered".into());
    here
}

fn ground() -> (TempDir, Layers) {
    let folder = tempfile::tempdir().unwrap();
    let (file, data_dir) = (folder.path().join("none.toml"), folder.path().join("data"));
    fs::write(&file, "").unwrap();
    let flags = Flags { file: Some(file), data_dir: Some(data_dir), ..Flags::default() };
    let layers = Layers::read(&flags, &Environment::of(&[])).unwrap();
    (folder, layers)
}

#[tokio::test]
async fn a_secret_that_is_kept_is_not_sent_to_another_address() {
    let (folder, layers) = ground();
    let here = typed(&layers).await;
    let settings = |url: &str| format!("[vtiger]\nurl = '{url}'\nuser = 'other'\n");
    let plan = |url: &str| {
        fs::write(folder.path().join("settings.toml"), settings(url)).unwrap();
        planned(folder.path(), &here, read(folder.path(), &here).unwrap(), Timestamp::UNIX_EPOCH)
    };
    let moved = plan("https://elsewhere.example.test").err().unwrap();
    assert_eq!(moved.code(), "folder.faulty");
    let same = plan("https://crm.example.test").unwrap();
    let told: Vec<String> = same.changes.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["- settings.toml: vtiger.user = sync\n+ settings.toml: vtiger.user = other"]);
    assert!(same.lacking.is_empty(), "{:?}", same.lacking);
}

#[tokio::test]
async fn what_is_said_of_a_mapping_that_no_longer_asks_for_it_goes_with_its_text() {
    let (folder, layers) = ground();
    let mut here = typed(&layers).await;
    let asks = "format = 1\nname = 'people'\ntitle = 'People'\n[settings.since]\nhelp = 'From when'\n[[unit]]\n\
                name = 'person'\nmodule = 'Contacts'\n[[unit.document]]\nrole = 'person'\ndoctype = 'Contact'\n\
                external_id = 'custom_vtiger_id'\nmatch = [['first_name']]\n[unit.document.fields]\nfirst_name = 'firstname'\n\
                department = { setting = 'since' }\n";
    cs_domain::mapping::parse(asks).unwrap();
    here.mappings.insert("people".to_owned(), asks.to_owned());
    put(&mut here.kept.document, "mapping.people.settings.since", Value::from("2026-01-01"));
    let settings = here.written().unwrap().remove("settings.toml").unwrap();
    assert!(settings.contains("since = \"2026-01-01\""), "{settings}");
    fs::create_dir(folder.path().join("mappings")).unwrap();
    let without = asks.replace("[settings.since]\nhelp = 'From when'\n", "");
    let without = without.replace("department = { setting = 'since' }\n", "");
    fs::write(folder.path().join("mappings/people.toml"), without).unwrap();
    let settings = settings.lines().filter(|line| !line.contains("people") && !line.contains("since"));
    fs::write(folder.path().join("settings.toml"), settings.collect::<Vec<_>>().join("\n")).unwrap();
    let plan = planned(folder.path(), &here, read(folder.path(), &here).unwrap(), Timestamp::UNIX_EPOCH);
    let (document, _) = plan.unwrap().into_settings().unwrap();
    assert!(!document.contains_key("mapping"), "{document}");
    assert!(document.contains_key("vtiger"));
}
