//! The engine: reads what changed, decides with `cs-domain`, writes through the journal, and tells what it does.
//!
//! It knows the order in which things must happen and nothing about how they are done: no HTTP, no SQL, no terminal.
//! Time, chance, the two systems and the store come in through `cs-ports`, so that a seed replays a run exactly.

mod apply;
mod approval;
mod assess;
mod batch;
mod candidates;
mod census;
mod claims;
mod definition;
mod departures;
mod drift;
mod dry_run;
mod error;
mod fresh;
mod handover;
mod journal;
mod ledger;
mod linking;
mod newcomers;
mod preview;
mod pull;
pub mod reconcile;
mod recover;
mod report;
mod requests;
mod retirement;
mod retry;
mod run;
pub mod scheduler;
mod scope;
mod sending;
mod setup;
mod stop;
mod tenure;

pub use error::EngineError;
pub use handover::{SoFar, lease_name};
pub use linking::Gathered;
pub use preview::{Preview, Previewed};
pub use retirement::{RetireError, resume, retire};
pub use retry::RetryPolicy;
pub use run::{Engine, Job};
pub use setup::{SetupProblem, missing_settings};
pub use stop::{Stop, StopSignal, Stopper};
