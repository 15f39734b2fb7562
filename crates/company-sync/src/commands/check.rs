//! `check`: are both systems there, and is there everything the mappings need?

use std::collections::BTreeMap;

use cs_domain::mapping::{BindProblem, Severity};
use cs_domain::{FieldName, Kind, Mapping};
use cs_frappe::{KindState, SiteProbe, ZoneProbe};
use cs_ports::PeerError;
use cs_vtiger::{ServerProbe, WantedFields};
use serde_json::json;

use super::configuration;
use crate::cli::{Check, Global};
use crate::failure::{CommandError, Outcome};
use crate::mappings;
use crate::render::line;
use crate::render::run::trouble;
use crate::wiring::wire;

/// Runs `check`.
pub(crate) async fn run(global: &Global, check: &Check) -> Result<Outcome, CommandError> {
    let config = configuration(global)?;
    let names = mappings::wanted(&config, &check.mapping);
    let jobs = names.iter().map(|name| mappings::job(&config, name, false)).collect::<Result<Vec<_>, _>>()?;
    let found: Vec<&Mapping> = jobs.iter().map(|job| &job.mapping).collect();
    let wired = wire(&config, Vec::new()).await?;
    let vtiger = wired.vtiger.probe(&wanted_of_vtiger(&found)).await;
    let frappe = wired.frappe.probe(&wanted_of_frappe(&found)).await;
    let mut findings = Vec::new();
    if vtiger.is_ok() && frappe.is_ok() {
        for mapping in &found {
            findings.push((mapping.name.to_string(), wired.engine.examine(mapping).await?));
        }
    }
    let report = Report { vtiger, frappe, findings };
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
    findings: Vec<(String, Vec<BindProblem>)>,
}

fn wanted_of_vtiger(mappings: &[&Mapping]) -> Vec<WantedFields> {
    let units = mappings.iter().flat_map(|mapping| &mapping.units);
    units
        .map(|unit| WantedFields {
            kind: unit.module.clone(),
            read: unit.vtiger_fields().into_iter().map(ToString::to_string).collect(),
            write: Vec::new(),
        })
        .collect()
}

fn wanted_of_frappe(mappings: &[&Mapping]) -> BTreeMap<Kind, Vec<FieldName>> {
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
        if self.vtiger.is_err() || self.frappe.is_err() {
            return Outcome::Failed;
        }
        let wrong = |problem: &BindProblem| problem.severity == Severity::Error;
        if self.findings.iter().flat_map(|(_, problems)| problems).any(wrong) {
            Outcome::Wrong
        } else {
            Outcome::Done
        }
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
        for (mapping, problems) in &self.findings {
            lines.push(format!("Mapping {mapping}"));
            if problems.is_empty() {
                lines.push("  fits".to_owned());
            }
            for problem in problems {
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
        }
        let verdict = match self.outcome() {
            Outcome::Done => "Everything is there: `company-sync sync` can run.",
            Outcome::Failed => "A system cannot be reached; nothing more can be said.",
            Outcome::Partial | Outcome::Wrong => {
                "Something is missing: mend what is listed, then check again."
            }
        };
        lines.push(verdict.to_owned());
        lines
    }

    fn for_machines(&self) -> serde_json::Value {
        let failure = |error: &PeerError| json!({ "failure": error.failure() });
        json!({
            "vtiger": self.vtiger.as_ref().map_or_else(failure, |probe| json!(probe)),
            "frappe": self.frappe.as_ref().map_or_else(failure, |probe| json!(probe)),
            "mappings": self.findings.iter().map(|(name, problems)| json!({ "mapping": name, "problems": problems })).collect::<Vec<_>>(),
            "ready": self.outcome() == Outcome::Done,
        })
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
            None => format!(
                "  {}: readable{}{}",
                kind.kind,
                if kind.creatable { ", creatable" } else { "" },
                if kind.updatable { ", changeable" } else { "" }
            ),
        });
    }
    lines
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
    for kind in &probe.kinds {
        lines.push(format!("  {}: {}", kind.kind, state(&kind.state)));
    }
    lines
}

fn state(state: &KindState) -> String {
    match state {
        KindState::Missing => "MISSING: there is no such DocType".to_owned(),
        KindState::Failed { code, cause } => format!("{cause} [{code}]"),
        KindState::Present { readable, creatable, writable, missing_fields, .. } => {
            let rights = [(readable, "read"), (creatable, "create"), (writable, "change")];
            let lacking: Vec<&str> =
                rights.iter().filter(|(has, _)| !**has).map(|(_, right)| *right).collect();
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
