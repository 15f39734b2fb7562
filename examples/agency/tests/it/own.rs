//! Each of the four in its place: the connector feeds a sync, the transform carries a field both ways, the observer follows
//! it, and the company's report is read by definition and rule.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use cs_sandbox::faults::Faults;
use cs_sandbox::frappe::install::{self, AgencyOptions};
use cs_sandbox::frappe::{FrappeFace, Site, router};
use cs_sandbox::server::{self, Server, system_clock};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

const MAPPING: &str = r#"
format = 1
name = "agents"
title = "The agents of the folder"

[[unit]]
name = "agent"
module = "Agents"
[unit.create_in_vtiger]
document = "agent"
when = [{ field = "designation", equals = "Agent" }]

[[unit.document]]
role = "agent"
doctype = "Contact"
external_id = "custom_vtiger_id"
match = [["first_name", "last_name"]]
[unit.document.fields]
first_name = "first"
last_name = "last"
designation = { constant = "Agent", on_create = true }
department = { vtiger = "npn", transform = { own = "producer_number", with = { digits = "8" } } }
"#;

const AGENTS: &str = r#"{
  "label": "Agents",
  "fields": { "first": "First name", "last": "Last name", "npn": "Producer number" },
  "changes": 2,
  "last": 2,
  "records": {
    "1": { "changed": 1, "values": { "first": "Ana", "last": "Prueba", "npn": "123456" } },
    "2": { "changed": 2, "values": { "first": "Luis", "last": "Ensayo", "npn": "0777000" } }
  }
}"#;

/// A Frappe, a folder in place of VTiger, and a place for the program.
struct Agency {
    folder: TempDir,
    site: Arc<Mutex<Site>>,
    frappe: Server,
    _runtime: Runtime,
}

impl Agency {
    fn new() -> Self {
        let site = install::shared(install::agency(&AgencyOptions::default()).unwrap());
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let face = Arc::new(FrappeFace);
        let served = server::serve(
            router(Arc::clone(&site), system_clock()),
            face,
            Faults::default(),
            ([127, 0, 0, 1], 0).into(),
        );
        let frappe = runtime.block_on(served).unwrap();
        let agency = Self { folder: tempfile::tempdir().unwrap(), site, frappe, _runtime: runtime };
        fs::create_dir(agency.path().join("crm")).unwrap();
        fs::write(agency.path().join("crm/Agents.json"), AGENTS).unwrap();
        fs::write(agency.path().join("agents.toml"), MAPPING).unwrap();
        agency.configure("json-folder");
        agency
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn configure(&self, connector: &str) {
        let crm = self.path().join("crm");
        let text = format!(
            "data_dir = 'data'\ntime_zone = 'UTC'\n\
             [vtiger]\nconnector = '{connector}'\nurl = '{}'\nuser = '-'\naccess_key = '-'\n\
             [frappe]\nurl = '{}'\napi_key = 'API_KEY_SYNC'\napi_secret = 'API_SECRET_SYNC'\n\
             [mapping.agents]\nfile = 'agents.toml'\n",
            crm.display(),
            self.frappe.url()
        );
        fs::write(self.path().join("company-sync.toml"), text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut program = Command::new(env!("CARGO_BIN_EXE_agency"));
        program.current_dir(self.path()).env_clear().env("HOME", self.path());
        program.env("AGENCY_TICKER", self.path().join("ticker.jsonl"));
        program.args(arguments).output().unwrap()
    }

    /// Runs the mapping; the run's end as JSON.
    fn sync(&self) -> Value {
        let output = self.run(&["sync", "--mapping", "agents", "--json"]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_str(text.lines().last().unwrap()).unwrap()
    }

    fn agents(&self) -> Value {
        serde_json::from_str(&fs::read_to_string(self.path().join("crm/Agents.json")).unwrap()).unwrap()
    }

    fn contact(&self, first: &str) -> Value {
        let contacts = self.site.lock().unwrap().documents("Contact");
        contacts.into_iter().find(|contact| contact["first_name"] == first).unwrap()
    }

    fn edit_contact(&self, name: &str, fields: &Value) {
        let mut site = self.site.lock().unwrap();
        let now = jiff::Timestamp::now();
        site.transact("Administrator", now, |txn| txn.update("Contact", name, fields.as_object().unwrap()))
            .result
            .unwrap();
    }
}

#[test]
fn a_folder_stands_in_vtigers_place_and_the_transform_carries_both_ways() {
    let agency = Agency::new();
    let first = agency.sync();
    assert_eq!(first["status"], "Success", "{first:#}");
    assert_eq!(agency.contact("Ana")["department"], "00123456");
    assert_eq!(agency.contact("Luis")["department"], "00777000");
    let ticked = fs::read_to_string(agency.path().join("ticker.jsonl")).unwrap();
    let events: Vec<Value> = ticked.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events.first().unwrap()["event"], "run_started", "{ticked}");
    assert_eq!(events.iter().filter(|event| event["event"] == "written").count(), 2, "{ticked}");

    let before = agency.agents();
    agency.sync();
    assert_eq!(agency.agents(), before, "a second run writes nothing");

    let name = agency.contact("Ana")["name"].as_str().unwrap().to_owned();
    agency.edit_contact(&name, &json!({ "department": "00555444", "last_name": "Nueva" }));
    agency.sync();
    let agents = agency.agents();
    assert_eq!(agents["records"]["1"]["values"], json!({ "first": "Ana", "last": "Nueva", "npn": "555444" }));
    assert_eq!(agents["records"]["2"], before["records"]["2"], "the other one is untouched");
}

#[test]
fn an_edit_that_the_transform_refuses_fails_alone_with_its_reason() {
    let agency = Agency::new();
    agency.sync();
    let name = agency.contact("Ana")["name"].as_str().unwrap().to_owned();
    agency.edit_contact(&name, &json!({ "department": "12-34" }));
    let output = agency.run(&["sync", "--mapping", "agents"]);
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("producer_number: a producer number is made of digits alone"), "{said}");
    assert_eq!(agency.agents()["records"]["1"]["values"]["npn"], "123456");
}

#[test]
fn slips_in_a_mapping_and_in_the_configuration_are_named() {
    let agency = Agency::new();
    for (wrong, expected) in [
        ("own = \"producer_numbr\"", "this program has no transform \"producer_numbr\" of its own"),
        ("own = \"producer_number\", with = { digit = \"8\" }", "`digit` means nothing here"),
    ] {
        let right = "own = \"producer_number\", with = { digits = \"8\" }";
        fs::write(agency.path().join("wrong.toml"), MAPPING.replace(right, wrong)).unwrap();
        let output = agency.run(&["mapping", "validate", "wrong.toml"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(expected), "{said}");
    }
    agency.configure("json-foldr");
    let output = agency.run(&["sync", "--mapping", "agents"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("no connector \"json-foldr\"") && said.contains("json-folder"), "{said}");
}

#[test]
fn a_company_of_ones_own_is_read_by_definition_and_rule() {
    let agency = Agency::new();
    let report = "Subscriber,Name,Paid To,State\n\
                  A100200300,ANA PRUEBA,01/31/2026,ACTIVE\n\
                  A100200301,** OPEN SEAT **,01/31/2026,ACTIVE\n\
                  A100200302,LUIS ENSAYO,01/31/2026,LAPSED\n\
                  A100200303,,01/31/2026,ACTIVE\n";
    fs::write(agency.path().join("acme.csv"), report).unwrap();
    let output = agency.run(&["companies", "try", "acme.csv", "--company", "acme", "--json"]);
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    for found in ["A100200300", "a row without a name"] {
        assert!(said.contains(found), "{found}: {said}");
    }
    let tried: Value = serde_json::from_str(said.lines().next().unwrap()).unwrap();
    // Rows that count, rows left out (an open seat and a lapsed one), rows that cannot be read.
    assert_eq!(tried["counts"], json!([1, 2, 1]), "{said}");
}
