//! `simulate`: random histories of both systems, with faults and crashes, and whether anything was lost.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cs_sandbox::simulation::{Options, Report, Sabotage, Violation, simulate};
use cs_store::MemoryStore;
use serde_json::json;

use crate::cli::{Global, SabotageName, Simulate};
use crate::failure::{CommandError, Outcome};
use crate::render::{aside, grouped, line};

/// Histories told at the same time.
const THREADS: usize = 2;
/// Violations that are told in full.
const TOLD: usize = 3;
/// How often somebody who waits is told how far it is.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Runs `simulate`.
pub(crate) fn run(global: &Global, arguments: &Simulate) -> Result<Outcome, CommandError> {
    let options = Options {
        seeds: arguments.seeds,
        start: arguments.start,
        threads: THREADS,
        told: TOLD,
        sabotage: arguments.sabotage.map(sabotage),
    };
    let progress = Progress::new(global.quiet, arguments.seeds);
    let make_store = move || {
        progress.one_more();
        Arc::new(MemoryStore::new()) as _
    };
    let tell = |violation: &Violation| aside(&told(violation, arguments.sabotage));
    let report =
        simulate(options, &make_store, &tell).map_err(|source| CommandError::Sandbox(Box::new(source)))?;
    line(&if global.json { for_machines(&report) } else { for_people(&report) })?;
    Ok(if report.violations == 0 { Outcome::Done } else { Outcome::Partial })
}

fn sabotage(name: SabotageName) -> Sabotage {
    match name {
        SabotageName::NoComparison => Sabotage::NoComparison,
        SabotageName::LostObservation => Sabotage::LostObservation,
        SabotageName::FalseUntouched => Sabotage::FalseUntouched,
        SabotageName::NoUniqueKey => Sabotage::NoUniqueKey,
    }
}

/// The violation with the command that tells its story again, what was done wrong on purpose included.
fn told(violation: &Violation, sabotage: Option<SabotageName>) -> String {
    let text = violation.to_string();
    let replay = violation.replay();
    match sabotage {
        Some(name) => text.replacen(&replay, &format!("{replay} --sabotage {}", name.as_str()), 1),
        None => text,
    }
}

/// How far it is, a line now and then. Each history begins with a store of its own, and that is what is counted.
struct Progress {
    quiet: bool,
    seeds: u64,
    begun: AtomicU64,
    last_line: Mutex<Instant>,
}

impl Progress {
    fn new(quiet: bool, seeds: u64) -> Self {
        Self { quiet, seeds, begun: AtomicU64::new(0), last_line: Mutex::new(Instant::now()) }
    }

    fn one_more(&self) {
        let begun = self.begun.fetch_add(1, Ordering::Relaxed) + 1;
        let mut last_line = self.last_line.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.quiet && last_line.elapsed() >= LINE_EVERY {
            *last_line = Instant::now();
            // A story that is told once more, with every word, is no further one.
            aside(&format!("{}/{} histories", grouped(begun.min(self.seeds)), grouped(self.seeds)));
        }
    }
}

fn for_machines(report: &Report) -> String {
    let seconds = (report.seconds * 1000.0).round() / 1000.0;
    json!({ "seeds": report.seeds, "violations": report.violations, "seconds": seconds }).to_string()
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
