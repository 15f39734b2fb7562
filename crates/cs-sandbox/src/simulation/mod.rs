//! Seeded histories: people edit, create, delete and rename on both sides at any time, requests fail before and after
//! their work, processes die at every durable step, two engines share one store; then all is quiet, and what must always
//! hold (DESIGN.md) is looked at.
//!
//! No sockets and no real time: the two systems are the sandbox's state machines behind the engine's own ports, the clock
//! is virtual, and chance comes from the seed alone. A seed tells the same story every time.

mod crew;
mod digits;
mod faults;
mod frappe_face;
mod frappe_values;
mod ground;
mod judge;
mod ledger;
mod mappings;
mod mending;
mod pairs;
mod people;
mod position;
mod random;
mod scenery;
mod seat;
mod store_face;
mod story;
mod timeline;
mod told;
mod vtiger_face;
mod vtiger_values;
mod world;
mod write;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use cs_ports::Store;

use crate::frappe::catalogue::CatalogueError;
use ground::Ground;
use story::Telling;

pub use ledger::Tally;

/// What is done wrong on purpose, to see that it is found: a lie of a connector that the engine believes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// Writes no longer look whether the record is still what the decision was made on.
    NoComparison,
    /// The feeds leave out every third record for ever.
    LostObservation,
    /// What a write reads back is always said to be the write's own doing.
    FalseUntouched,
    /// Creates are not refused although their key is taken.
    NoUniqueKey,
}

/// What is to be told.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How many seeds.
    pub seeds: u64,
    /// The first of them.
    pub start: u64,
    /// How many stories are told at the same time.
    pub threads: usize,
    /// How many violations are told in full; the others are told without what happened.
    pub told: usize,
    /// What is done wrong on purpose.
    pub sabotage: Option<Sabotage>,
}

/// A seed whose story broke what must always hold.
#[derive(Clone, Debug)]
pub struct Violation {
    /// The seed.
    pub seed: u64,
    /// What was broken.
    pub breaches: Vec<String>,
    /// What happened, line by line.
    pub trace: Vec<String>,
}

impl Violation {
    /// The command that tells the story again.
    pub fn replay(&self) -> String {
        format!("company-sync simulate --seeds 1 --start {}", self.seed)
    }
}

impl std::fmt::Display for Violation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(formatter, "seed {}: {}", self.seed, self.replay())?;
        for breach in &self.breaches {
            writeln!(formatter, "  violated: {breach}")?;
        }
        for line in &self.trace {
            writeln!(formatter, "    {line}")?;
        }
        Ok(())
    }
}

/// What all stories came to.
#[derive(Clone, Debug)]
pub struct Report {
    /// Seeds that were told.
    pub seeds: u64,
    /// Seeds of which something was broken.
    pub violations: u64,
    /// How long it took.
    pub seconds: f64,
    /// What happened in all of them together.
    pub tally: Tally,
}

/// Where a story's store comes from.
pub type MakeStore = dyn Fn() -> Arc<dyn Store> + Send + Sync;

/// Tells the stories of these seeds. `make_store` gives each of them a store of its own, one that never waits; `sink` is
/// told of violations as they are found.
pub fn simulate(
    options: Options,
    make_store: &MakeStore,
    sink: &(dyn Fn(&Violation) + Send + Sync),
) -> Result<Report, CatalogueError> {
    let began = Instant::now();
    let ground = Arc::new(Ground::new()?);
    let (next, violations) = (AtomicU64::new(0), AtomicU64::new(0));
    let tally = Mutex::new(Tally::default());
    let work = || loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        if index >= options.seeds {
            return;
        }
        let seed = options.start + index;
        let outcome =
            story::tell(&ground, make_store(), &Telling { seed, traced: false, sabotage: options.sabotage });
        tally.lock().unwrap_or_else(PoisonError::into_inner).add(&outcome.tally);
        if !outcome.breaches.is_empty() {
            let before = violations.fetch_add(1, Ordering::Relaxed);
            let in_full = usize::try_from(before).is_ok_and(|before| before < options.told);
            // The same story once more, this time with every word.
            let again = in_full.then(|| {
                story::tell(
                    &ground,
                    make_store(),
                    &Telling { seed, traced: true, sabotage: options.sabotage },
                )
            });
            let trace = again.map(|again| again.trace).unwrap_or_default();
            sink(&Violation { seed, breaches: outcome.breaches, trace });
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..options.threads.max(1) {
            scope.spawn(work);
        }
    });
    Ok(Report {
        seeds: options.seeds,
        violations: violations.into_inner(),
        seconds: began.elapsed().as_secs_f64(),
        tally: tally.into_inner().unwrap_or_else(PoisonError::into_inner),
    })
}
