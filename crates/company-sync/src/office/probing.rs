//! Testing a connection: one thing after the other that must be right, each with what was found and what to do.

use std::time::Duration;

use cs_domain::{Failure, Mapping, System};
use cs_frappe::{FrappeClient, KindState, SiteProbe, ZoneProbe};
use cs_ports::PeerError;
use cs_vtiger::{DatabaseConfig, KindProbe, ServerProbe, VtigerClient, VtigerDatabase};
use cs_web::office::{Connection, Probe};

use super::telling::{cause, failure};
use crate::clock::{SystemClock, SystemEntropy};
use crate::commands::check::{lacking_rights, wanted_of_frappe, wanted_of_vtiger};
use crate::config::{Config, ConfigError};
use crate::failure::CommandError;
use crate::mappings::Editions;
use crate::view::ViewOrders;
use crate::wiring::{frappe_config, vtiger_config};

/// How long a system may take to answer a test.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// Tests a connection as it is configured.
pub(super) async fn test(connection: Connection, editions: &Editions<'_>) -> Vec<Probe> {
    let config = editions.config();
    let jobs = editions.running(&[]);
    let jobs = jobs.iter().filter_map(|name| editions.job(name, false).ok());
    let mappings: Vec<Mapping> = jobs.map(|job| job.mapping).collect();
    let wanted: Vec<&Mapping> = mappings.iter().collect();
    match connection {
        Connection::Vtiger => test_vtiger(config, &wanted).await,
        Connection::Frappe => test_frappe(config, &wanted).await,
        Connection::Database => vec![of("connection", ask_database(config).await)],
    }
}

/// Asks a system who is there, and nothing more: its version, or what stands against it.
pub(super) async fn ask(connection: Connection, config: &Config) -> Result<String, Failure> {
    match connection {
        Connection::Vtiger => {
            let client = vtiger(config)?;
            patiently(System::Vtiger, "login", client.probe(&[])).await.map(|probe| version(&probe))
        }
        Connection::Frappe => {
            let client = frappe(config)?;
            let nothing = wanted_of_frappe(&[]);
            patiently(System::Frappe, "login", client.probe(&nothing)).await.map(|probe| versions(&probe))
        }
        Connection::Database => ask_database(config).await,
    }
}

async fn test_vtiger(config: &Config, wanted: &[&Mapping]) -> Vec<Probe> {
    let client = match vtiger(config) {
        Ok(client) => client,
        Err(failure) => return vec![bad("login", failure)],
    };
    let probe = match patiently(System::Vtiger, "login", client.probe(&[])).await {
        Ok(probe) => probe,
        Err(failure) => return vec![bad("login", failure)],
    };
    let mut probes = vec![good("login", version(&probe))];
    if probe.zone_contradicted {
        probes.push(Probe {
            what: "time zone".into(),
            good: false,
            code: Some("vtiger.time_zone".into()),
            found: "its stamps show another time zone than configured".into(),
            remedy: Some("Set VTiger's time zone to $default_timezone of its config.inc.php.".into()),
        });
    }
    match patiently(System::Vtiger, "modules", client.probe(&wanted_of_vtiger(wanted))).await {
        Ok(probe) => probes.extend(probe.kinds.iter().map(module)),
        Err(failure) => probes.push(bad("modules", failure)),
    }
    probes
}

/// A client that waits no longer than a test may take.
pub(super) fn vtiger(config: &Config) -> Result<VtigerClient, Failure> {
    let section = config.vtiger.as_ref().ok_or_else(|| not_configured(Connection::Vtiger))?;
    if let Some(connector) = section.connector.clone() {
        return Err(failure(&ConfigError::OwnConnector { connector }.into()));
    }
    let mut config = vtiger_config(section);
    (config.connect_timeout, config.request_timeout) = (PATIENCE, PATIENCE);
    let client =
        VtigerClient::new(config, std::sync::Arc::new(SystemClock), std::sync::Arc::new(SystemEntropy));
    client.map_err(|source| connector(System::Vtiger, Box::new(source)))
}

fn version(probe: &ServerProbe) -> String {
    let role = if probe.admin { ", administrator" } else { "" };
    format!("VTiger {}, user {}{role}", probe.version, probe.user_id)
}

fn module(kind: &KindProbe) -> Probe {
    let what = format!("module {}", kind.kind);
    let wrong = |code: &str, found: String, remedy: &str| Probe {
        what: what.clone(),
        good: false,
        code: Some(code.to_owned()),
        found,
        remedy: Some(remedy.to_owned()),
    };
    if !kind.visible {
        let remedy = "Give the user's profile the right to view it; on VTiger 8.3 a user who is no administrator also needs \
                      \u{201c}View all\u{201d}.";
        return wrong("vtiger.module_hidden", "not visible to this user".to_owned(), remedy);
    }
    if let Some(problem) = &kind.problem {
        return wrong(
            "vtiger.module",
            problem.clone(),
            "Look into VTiger's log for why it cannot describe it.",
        );
    }
    if !kind.missing.is_empty() {
        let found = format!("fields that are not there: {}", kind.missing.join(", "));
        let remedy = "Correct the mapping's file, or show the fields to the user in VTiger.";
        return wrong("vtiger.fields_missing", found, remedy);
    }
    let rights = [(true, "readable"), (kind.creatable, "creatable"), (kind.updatable, "changeable")];
    let rights = rights.iter().filter(|(has, _)| *has).map(|(_, right)| *right);
    good(&what, rights.collect::<Vec<_>>().join(", "))
}

async fn test_frappe(config: &Config, wanted: &[&Mapping]) -> Vec<Probe> {
    let client = match frappe(config) {
        Ok(client) => client,
        Err(failure) => return vec![bad("login", failure)],
    };
    let probe = match patiently(System::Frappe, "login", client.probe(&wanted_of_frappe(&[]))).await {
        Ok(probe) => probe,
        Err(failure) => return vec![bad("login", failure)],
    };
    let mut probes = vec![good("login", versions(&probe)), zone(&probe.time_zone)];
    if !probe.sees_deletes {
        let mut deletes = good("deletes", "deletes in Frappe go unnoticed".to_owned());
        deletes.remedy = Some("Give the user a role that may read Deleted Document.".to_owned());
        probes.push(deletes);
    }
    match patiently(System::Frappe, "DocTypes", client.probe(&wanted_of_frappe(wanted))).await {
        Ok(probe) => probes.extend(probe.kinds.iter().map(|kind| doctype(kind.kind.as_str(), &kind.state))),
        Err(failure) => probes.push(bad("DocTypes", failure)),
    }
    probes
}

/// A client that waits no longer than a test may take.
pub(super) fn frappe(config: &Config) -> Result<FrappeClient, Failure> {
    let section = config.frappe.as_ref().ok_or_else(|| not_configured(Connection::Frappe))?;
    let mut config = frappe_config(section);
    (config.timeout, config.read_attempts) = (PATIENCE, 1);
    FrappeClient::new(config).map_err(|source| connector(System::Frappe, Box::new(source)))
}

fn versions(probe: &SiteProbe) -> String {
    let versions = probe.versions.iter().map(|(app, version)| format!("{app} {version}"));
    format!("{}, user {}", versions.collect::<Vec<_>>().join(", "), probe.user)
}

fn zone(probe: &ZoneProbe) -> Probe {
    match probe {
        ZoneProbe::Known { name, .. } => good("time zone", name.clone()),
        ZoneProbe::Unknown { .. } => Probe {
            what: "time zone".into(),
            good: false,
            code: Some("frappe.time_zone".into()),
            found: "the site does not tell its time zone".into(),
            remedy: Some("Set Frappe's time zone here, or let the user read System Settings.".into()),
        },
    }
}

fn doctype(kind: &str, state: &KindState) -> Probe {
    let what = format!("DocType {kind}");
    let wrong = |code: &str, found: String, remedy: &str| Probe {
        what: what.clone(),
        good: false,
        code: Some(code.to_owned()),
        found,
        remedy: Some(remedy.to_owned()),
    };
    let lacking = lacking_rights(state).unwrap_or_default();
    match state {
        KindState::Missing => wrong(
            "frappe.doctype_missing",
            "it is not there".to_owned(),
            "Let it be created, or install the app that has it.",
        ),
        KindState::Failed { code, cause } => {
            wrong(code, cause.clone(), "Give the user a role that may read it.")
        }
        KindState::Present { .. } if !lacking.is_empty() => wrong(
            "frappe.rights",
            format!("the user may not {}", lacking.join(" nor ")),
            "Give the user a role that has these rights.",
        ),
        KindState::Present { missing_fields, .. } if !missing_fields.is_empty() => {
            let fields: Vec<String> = missing_fields.iter().map(ToString::to_string).collect();
            let found = format!("fields that are not there: {}", fields.join(", "));
            wrong("frappe.fields_missing", found, "Let them be created, or correct the mapping's file.")
        }
        KindState::Present { .. } => good(&what, "readable, creatable, changeable".to_owned()),
    }
}

/// Connects to VTiger's database; where a view is named, its first row is read.
async fn ask_database(config: &Config) -> Result<String, Failure> {
    let url = config.database().ok_or_else(|| not_configured(Connection::Database))?;
    if let Some(view) = &config.reconciliation.view {
        let looking = ViewOrders::new(view).look(PATIENCE);
        let rows = patiently(System::Vtiger, "the view", looking).await?;
        let rows = if rows { "has rows" } else { "is empty" };
        return Ok(format!("the view {} {rows}", view.name));
    }
    let server = config.service.database.as_ref().map_or("its server", |database| database.kind.name());
    let mut config = DatabaseConfig::new(url);
    (config.connect_timeout, config.connections) = (PATIENCE, 1);
    let connecting = async {
        let database = VtigerDatabase::connect(config).await?;
        let refuses = database.refuses_writes().await;
        database.close().await;
        refuses
    };
    let read_only = patiently(System::Vtiger, "the database", connecting).await?;
    let guard = if read_only { ", read only" } else { "" };
    Ok(format!("VTiger's database on {server}{guard}"))
}

/// Waits for an answer, but not for ever.
async fn patiently<T>(
    system: System,
    what: &str,
    answer: impl Future<Output = Result<T, PeerError>>,
) -> Result<T, Failure> {
    match tokio::time::timeout(PATIENCE, answer).await {
        Ok(answer) => answer.map_err(|error| Failure { cause: cause(&error), ..error.failure() }),
        Err(_) => Err(Failure {
            code: format!("{}.timed_out", system.as_str()),
            cause: format!("{what}: no answer within {} seconds", PATIENCE.as_secs()),
            remedy: "Check the address, and that no firewall stands between this machine and the server."
                .into(),
            advice: cs_domain::Advice::RetryLater,
            place: None,
        }),
    }
}

fn connector(system: System, source: Box<dyn std::error::Error + Send + Sync>) -> Failure {
    super::telling::failure(&CommandError::Connector { system, source })
}

fn not_configured(connection: Connection) -> Failure {
    Failure {
        code: "config.no_system".into(),
        cause: format!("nothing is said about {}", connection.as_str()),
        remedy: "Fill in the fields.".into(),
        advice: cs_domain::Advice::NeedsSetup,
        place: None,
    }
}

fn good(what: &str, found: String) -> Probe {
    Probe { what: what.to_owned(), good: true, code: None, found, remedy: None }
}

/// What failed, as a probe.
pub(super) fn bad(what: &str, failure: Failure) -> Probe {
    Probe {
        what: what.to_owned(),
        good: false,
        code: Some(failure.code),
        found: failure.cause,
        remedy: Some(failure.remedy),
    }
}

fn of(what: &str, found: Result<String, Failure>) -> Probe {
    match found {
        Ok(found) => good(what, found),
        Err(failure) => bad(what, failure),
    }
}
