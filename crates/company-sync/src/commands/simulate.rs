//! `simulate`: random histories of both systems, with faults and crashes, and whether anything was lost.

use std::sync::Arc;

use cs_sandbox::simulation::{Options, Report, Violation, simulate};
use cs_store::MemoryStore;
use serde_json::json;

use crate::cli::{Global, Simulate};
use crate::failure::{CommandError, Outcome};
use crate::render::{aside, grouped, line};

/// Histories told at the same time.
const THREADS: usize = 2;
/// Violations that are told in full.
const TOLD: usize = 3;

/// Runs `simulate`.
pub(crate) fn run(global: &Global, arguments: &Simulate) -> Result<Outcome, CommandError> {
    let options = Options { seeds: arguments.seeds, start: arguments.start, threads: THREADS, told: TOLD };
    let tell = |violation: &Violation| aside(&violation.to_string());
    let report = simulate(options, &|| Arc::new(MemoryStore::new()), &tell)
        .map_err(|source| CommandError::Sandbox(Box::new(source)))?;
    line(&if global.json { for_machines(&report) } else { for_people(&report) })?;
    Ok(if report.violations == 0 { Outcome::Done } else { Outcome::Partial })
}

fn for_machines(report: &Report) -> String {
    json!({ "seeds": report.seeds, "violations": report.violations, "seconds": rounded(report.seconds) })
        .to_string()
}

fn for_people(report: &Report) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = report.seeds as f64 / report.seconds.max(0.001);
    format!(
        "{} histories in {:.1} s ({rate:.0} a second): {}",
        grouped(report.seeds),
        report.seconds,
        match report.violations {
            0 => "nothing was lost, nothing was there twice, and all was quiet in the end".to_owned(),
            violations => format!("{} broke what must always hold", grouped(violations)),
        }
    )
}

fn rounded(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}
