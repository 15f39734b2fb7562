//! `check`: are both systems there, and is there everything the mappings need?

mod directions;
mod memory;

use std::collections::BTreeMap;

use cs_domain::mapping::{BindProblem, Place, Severity};
use cs_domain::{FieldName, Kind, Mapping};
use cs_engine::{Engine, Job, missing_settings};
use cs_frappe::{KindState, Sight, SiteProbe, ZoneProbe};
use cs_ports::PeerError;
use cs_vtiger::{ServerProbe, WantedFields};
use serde_json::json;

use self::directions::{Direction, can_create, directions};
use self::memory::Memory;
use super::configuration;
use crate::cli::{Check, Global};
use crate::config::ConfigError;
use crate::failure::{CommandError, Outcome};
use crate::mappings::Editions;
use crate::render::line;
use crate::render::run::trouble;
use crate::wiring::look;

/// Runs `check`.
pub(crate) async fn run(global: &Global, check: &Check) -> Result<Outcome, CommandError> {
    let config = configuration(global).await?;
    let editions = Editions::at_home(&config).await?;
    let names = editions.running(&check.mapping);
    let jobs = names.iter().map(|name| editions.job(name, false)).collect::<Result<Vec<_>, _>>()?;
    let found: Vec<&Mapping> = jobs.iter().map(|job| &job.mapping).collect();
    let looking = look(&config)?;
    let own = || config.vtiger.as_ref().and_then(|section| section.connector.clone()).unwrap_or_default();
    let vtiger = looking.vtiger.as_ref().ok_or_else(|| ConfigError::OwnConnector { connector: own() })?;
    let vtiger = vtiger.probe(&wanted_of_vtiger(&found)).await;
    let frappe = looking.frappe.probe(&wanted_of_frappe(&found)).await;
    let reached = vtiger.is_ok() && frappe.is_ok();
    let mut findings = Vec::new();
    for job in &jobs {
        let mut finding = Finding::of(job, reached.then_some(&looking.engine)).await;
        if let Ok(probe) = &vtiger {
            finding.directions = directions(&job.mapping, probe);
        }
        findings.push(finding);
    }
    let memory = Memory::of(&config, &looking).await;
    let report = Report { vtiger, frappe, findings, memory };
    if global.json {
        line(&report.for_machines().to_string())?;
    } else {
        line(&report.for_people().join("\n"))?;
    }
    Ok(report.outcome())
}

struct Report {
    vtiger: Result<ServerProbe, PeerError>,
    frappe: Result<SiteProbe, PeerError>,
    findings: Vec<Finding>,
    memory: Memory,
}

/// What was found about one mapping.
struct Finding {
    mapping: String,
    problems: Vec<BindProblem>,
    /// Whether both systems' fields were held against the mapping.
    examined: Examined,
    /// What goes from Frappe to VTiger, unit by unit.
    directions: Vec<Direction>,
}

enum Examined {
    Yes,
    /// Nobody could be asked.
    No,
    /// A system stopped answering.
    Broken(PeerError),
}

impl Finding {
    async fn of(job: &Job, engine: Option<&Engine>) -> Self {
        let mut problems = missing_settings(&job.mapping, &job.settings);
        let examined = match engine {
            None => Examined::No,
            Some(engine) => match engine.examine(&job.mapping, &job.settings).await {
                Ok(found) => {
                    problems.extend(found);
                    Examined::Yes
                }
                Err(error) => Examined::Broken(error),
            },
        };
        Self { mapping: job.mapping.name.to_string(), problems, examined, directions: Vec::new() }
    }

    fn errors(&self) -> impl Iterator<Item = &BindProblem> {
        self.problems.iter().filter(|problem| problem.severity == Severity::Error)
    }

    /// What the verdict says of it, where something is missing.
    fn lacks(&self) -> Option<String> {
        let mut settings = Vec::new();
        let mut others = 0;
        for problem in self.errors() {
            match &problem.place {
                Place::Setting { name } => settings.push(name.as_str()),
                Place::Unit { .. } | Place::Document { .. } => others += 1,
            }
        }
        let mut parts = Vec::new();
        if !settings.is_empty() {
            parts.push(format!("settings ({})", settings.join(", ")));
        }
        if others > 0 {
            parts.push("fields or DocTypes".to_owned());
        }
        parts.extend(self.directions.iter().filter_map(Direction::lacks));
        (!parts.is_empty()).then(|| format!("mapping {}: {}", self.mapping, parts.join(", ")))
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("Mapping {}", self.mapping)];
        match &self.examined {
            Examined::Yes if self.problems.is_empty() => lines.push("  fits".to_owned()),
            Examined::Yes => {}
            Examined::No => lines.push("  not held against the two systems".to_owned()),
            Examined::Broken(error) => lines.push(trouble("not looked at to the end", &error.failure())),
        }
        for problem in &self.problems {
            let mark = if problem.severity == Severity::Error { "missing" } else { "note" };
            let said = format!(
                "  {mark}: {} [{}]\n      what to do: {}",
                problem.message, problem.code, problem.remedy
            );
            // Several roles of one DocType lack the same.
            if !lines.contains(&said) {
                lines.push(said);
            }
        }
        lines.extend(self.directions.iter().flat_map(Direction::lines));
        lines
    }

    fn for_machines(&self) -> serde_json::Value {
        let directions: Vec<_> = self.directions.iter().map(Direction::for_machines).collect();
        let mut object =
            json!({ "mapping": self.mapping, "problems": self.problems, "directions": directions });
        if let (Examined::Broken(error), Some(fields)) = (&self.examined, object.as_object_mut()) {
            fields.insert("failure".to_owned(), json!(error.failure()));
        }
        object
    }
}

/// The fields that mappings read of VTiger.
pub(crate) fn wanted_of_vtiger(mappings: &[&Mapping]) -> Vec<WantedFields> {
    let units = mappings.iter().flat_map(|mapping| &mapping.units);
    units
        .map(|unit| WantedFields {
            kind: unit.module.clone(),
            read: unit.vtiger_fields().into_iter().map(ToString::to_string).collect(),
            write: Vec::new(),
        })
        .collect()
}

/// The fields that mappings know of Frappe, by DocType.
pub(crate) fn wanted_of_frappe(mappings: &[&Mapping]) -> BTreeMap<Kind, Vec<FieldName>> {
    let mut wanted: BTreeMap<Kind, Vec<FieldName>> = BTreeMap::new();
    for document in mappings.iter().flat_map(|mapping| &mapping.units).flat_map(|unit| &unit.documents) {
        let fields = wanted.entry(document.doctype.clone()).or_default();
        let rules = document.fields.iter().map(|rule| &rule.frappe);
        for field in rules.chain(&document.external_id).chain(document.rows.iter().map(|row| &row.table)) {
            if !fields.contains(field) {
                fields.push(field.clone());
            }
        }
    }
    wanted
}

impl Report {
    fn outcome(&self) -> Outcome {
        if self.is_cut_short() {
            Outcome::Failed
        } else if self.lacks().is_empty() {
            Outcome::Done
        } else {
            Outcome::Wrong.and(self.memory.outcome())
        }
    }

    /// Whether a system did not answer to the end.
    fn is_cut_short(&self) -> bool {
        let broken = |finding: &Finding| matches!(finding.examined, Examined::Broken(_));
        self.vtiger.is_err() || self.frappe.is_err() || self.findings.iter().any(broken)
    }

    /// What is missing, in a few words each.
    fn lacks(&self) -> Vec<String> {
        let mut lacks = Vec::new();
        if let Ok(probe) = &self.vtiger {
            let unseen: Vec<&str> =
                probe.kinds.iter().filter(|kind| !usable(kind)).map(|kind| kind.kind.as_str()).collect();
            if !unseen.is_empty() {
                lacks.push(format!("rights in VTiger (to read {})", unseen.join(", ")));
            }
        }
        if let Ok(probe) = &self.frappe {
            let kinds = probe.kinds.iter().filter_map(|kind| match lacking_rights(&kind.state)?.as_slice() {
                [] => None,
                rights => Some(format!("{} {}", rights.join(" and "), kind.kind)),
            });
            let kinds: Vec<String> = kinds.collect();
            if !kinds.is_empty() {
                lacks.push(format!("rights in Frappe (to {})", kinds.join("; ")));
            }
        }
        lacks.extend(self.findings.iter().filter_map(Finding::lacks));
        lacks.extend(self.memory.lacks());
        lacks
    }

    fn for_people(&self) -> Vec<String> {
        let mut lines = Vec::new();
        match &self.vtiger {
            Ok(probe) => lines.extend(vtiger_lines(probe)),
            Err(error) => lines.push(format!("VTiger\n{}", trouble("not reached", &error.failure()))),
        }
        match &self.frappe {
            Ok(probe) => lines.extend(frappe_lines(probe)),
            Err(error) => lines.push(format!("Frappe\n{}", trouble("not reached", &error.failure()))),
        }
        lines.extend(self.findings.iter().flat_map(Finding::lines));
        lines.extend(self.memory.lines());
        lines.push(self.verdict());
        lines
    }

    fn verdict(&self) -> String {
        let lacks = self.lacks().join("; ");
        match self.outcome() {
            Outcome::Done => "Everything is there: `company-sync sync` can run.".to_owned(),
            Outcome::Failed if lacks.is_empty() => {
                "A system cannot be reached; nothing more can be said.".to_owned()
            }
            Outcome::Failed if self.is_cut_short() => {
                format!("A system cannot be reached. Missing as far as can be said: {lacks}.")
            }
            Outcome::Failed | Outcome::Partial | Outcome::Wrong => {
                format!("Something is missing: mend what is listed, then check again. Missing: {lacks}.")
            }
        }
    }

    fn for_machines(&self) -> serde_json::Value {
        let failure = |error: &PeerError| json!({ "failure": error.failure() });
        json!({
            "vtiger": self.vtiger.as_ref().map_or_else(failure, |probe| json!(probe)),
            "frappe": self.frappe.as_ref().map_or_else(failure, |probe| json!(probe)),
            "mappings": self.findings.iter().map(Finding::for_machines).collect::<Vec<_>>(),
            "store": self.memory.for_machines(),
            "missing": self.lacks(),
            "ready": self.outcome() == Outcome::Done,
        })
    }
}

/// Whether a module of VTiger can be read. Whether it can be written is told by mapping and unit: one that cannot still
/// reaches Frappe.
fn usable(kind: &cs_vtiger::KindProbe) -> bool {
    kind.visible && kind.problem.is_none()
}

/// The rights on a DocType that a sync needs and the user does not have; none where there is no such DocType, which the
/// mapping's own finding tells.
pub(crate) fn lacking_rights(state: &KindState) -> Option<Vec<&'static str>> {
    match state {
        KindState::Missing => None,
        KindState::Failed { .. } => Some(vec!["read"]),
        KindState::Present { readable, creatable, writable, .. } => {
            let rights = [(readable, "read"), (creatable, "create"), (writable, "change")];
            Some(rights.iter().filter(|(has, _)| !**has).map(|(_, right)| *right).collect())
        }
    }
}

fn vtiger_lines(probe: &ServerProbe) -> Vec<String> {
    let role = if probe.admin { "administrator" } else { "not an administrator" };
    let mut lines = vec![
        format!("VTiger {}", probe.version),
        format!("  user {} ({role}), {} modules visible", probe.user_id, probe.modules.len()),
    ];
    if probe.zone_contradicted {
        lines.push(
            "  note: its stamps show another time zone than configured; set vtiger.time_zone to config.inc.php's $default_timezone"
                .to_owned(),
        );
    }
    for kind in &probe.kinds {
        lines.push(match &kind.problem {
            Some(problem) => format!("  {}: {problem}", kind.kind),
            None if !kind.visible => format!("  {}: NOT VISIBLE to this user", kind.kind),
            None => format!(
                "  {}: readable{}{}",
                kind.kind,
                if can_create(probe, kind) { ", creatable" } else { "" },
                if kind.updatable { ", changeable" } else { "" }
            ),
        });
        lines.extend(unmeasured(&kind.unmeasured));
    }
    lines
}

/// That texts may be cut: of custom fields only VTiger's database tells how long they are.
fn unmeasured(fields: &[String]) -> Option<String> {
    if fields.is_empty() {
        return None;
    }
    Some(format!(
        "    note: how long these custom fields are is not known, since VTiger tells it nobody but its database; a text that is \
         longer than its column is cut there: {}",
        fields.join(", ")
    ))
}

fn frappe_lines(probe: &SiteProbe) -> Vec<String> {
    let versions: Vec<String> =
        probe.versions.iter().map(|(app, version)| format!("{app} {version}")).collect();
    let mut lines = vec![format!("Frappe {}", versions.join(", ")), format!("  user {}", probe.user)];
    lines.push(match &probe.time_zone {
        ZoneProbe::Known { name, .. } => format!("  time zone {name}"),
        ZoneProbe::Unknown { .. } => {
            "  time zone unknown: set frappe.time_zone, or let the user read System Settings".to_owned()
        }
    });
    if !probe.sees_deletes {
        lines.push(
            "  note: the user may not read Deleted Document, so deletes in Frappe go unnoticed".to_owned(),
        );
    }
    lines.extend(renames(probe.sees_renames).map(str::to_owned));
    for kind in &probe.kinds {
        lines.push(format!("  {}: {}", kind.kind, state(&kind.state)));
    }
    lines
}

/// What follows for renames, where it is not certain that they are seen (facts/FRAPPE.md, trap 11).
fn renames(sight: Sight) -> Option<&'static str> {
    match sight {
        Sight::Others => None,
        Sight::OwnAtMost => Some(
            "  note: the user sees no comment of others; unless there is none, renames look like deletes: a role that may \
             read Comment settles it",
        ),
        Sight::Barred => {
            Some("  note: the user may not read Comment, so a renamed document looks like a deleted one")
        }
    }
}

fn state(state: &KindState) -> String {
    match state {
        KindState::Missing => "MISSING: there is no such DocType".to_owned(),
        KindState::Failed { code, cause } => format!("{cause} [{code}]"),
        KindState::Present { missing_fields, .. } => {
            let lacking = lacking_rights(state).unwrap_or_default();
            let mut said = if lacking.is_empty() {
                "readable, creatable, changeable".to_owned()
            } else {
                format!("the user may not {}", lacking.join(" nor "))
            };
            if !missing_fields.is_empty() {
                let fields: Vec<String> = missing_fields.iter().map(ToString::to_string).collect();
                said.push_str("; MISSING fields: ");
                said.push_str(&fields.join(", "));
            }
            said
        }
    }
}

#[cfg(test)]
mod tests {
    use cs_domain::System;
    use cs_ports::ErrorKind;

    use super::*;

    fn report(visible: bool, examined: Examined, problems: Vec<BindProblem>) -> Report {
        let orders = cs_vtiger::KindProbe {
            kind: "SalesOrder".into(),
            visible,
            problem: None,
            creatable: true,
            updatable: true,
            missing: Vec::new(),
            not_writable: Vec::new(),
            unmeasured: Vec::new(),
            newest: None,
        };
        let vtiger = ServerProbe {
            version: "8.3.0".into(),
            user_id: "19x1".into(),
            admin: false,
            user_time_zone: "UTC".into(),
            clock_ahead_seconds: 0,
            zone_contradicted: false,
            modules: Vec::new(),
            kinds: vec![orders],
        };
        let frappe = SiteProbe {
            user: "sync@example.test".into(),
            versions: BTreeMap::new(),
            time_zone: ZoneProbe::Unknown { name: None },
            sees_deletes: true,
            sees_renames: Sight::Others,
            kinds: Vec::new(),
        };
        let findings = vec![Finding { mapping: "policy".into(), problems, examined, directions: Vec::new() }];
        Report { vtiger: Ok(vtiger), frappe: Ok(frappe), findings, memory: Memory::Fits }
    }

    #[test]
    fn a_module_that_cannot_be_seen_is_missing() {
        assert_eq!(report(true, Examined::Yes, Vec::new()).outcome(), Outcome::Done);
        let blind = report(false, Examined::Yes, Vec::new());
        assert_eq!(blind.outcome(), Outcome::Wrong);
        assert!(
            blind.verdict().ends_with("Missing: rights in VTiger (to read SalesOrder)."),
            "{}",
            blind.verdict()
        );
        assert_eq!(blind.for_machines()["ready"], false);
    }

    #[test]
    fn fields_of_unknown_length_are_noted_and_lack_nothing() {
        let mut found = report(true, Examined::Yes, Vec::new());
        assert!(!found.for_people().join("\n").contains("how long"), "{:?}", found.for_people());
        if let Ok(probe) = &mut found.vtiger {
            probe.kinds[0].unmeasured = vec!["cf_853".into(), "cf_855".into()];
        }
        let text = found.for_people().join("\n");
        assert!(text.contains("is not known") && text.contains("cf_853, cf_855"), "{text}");
        assert_eq!(found.outcome(), Outcome::Done);
        assert_eq!(found.for_machines()["vtiger"]["kinds"][0]["unmeasured"][1], "cf_855");
    }

    #[test]
    fn what_was_found_is_told_though_a_later_step_failed() {
        let error = PeerError {
            system: System::Frappe,
            operation: "schema".into(),
            kind: ErrorKind::Unavailable,
            code: "frappe.unreachable".into(),
            message: "no connection to the Frappe server".into(),
            remedy: None,
            retry_after: None,
            source: None,
        };
        let problem = BindProblem {
            code: "mapping.setting_missing".into(),
            message: "mapping policy needs the setting company".into(),
            remedy: "Say it.".into(),
            place: Place::Setting { name: "company".into() },
            severity: Severity::Error,
            said: None,
        };
        let broken = report(true, Examined::Broken(error), vec![problem]);
        assert_eq!(broken.outcome(), Outcome::Failed);
        let text = broken.for_people().join("\n");
        for part in [
            "VTiger 8.3.0",
            "user sync@example.test",
            "not looked at to the end",
            "needs the setting company",
        ] {
            assert!(text.contains(part), "{part:?} is not in\n{text}");
        }
        assert!(broken.for_machines()["mappings"][0]["failure"].is_object());
    }
}
