//! `runs`: the latest runs.

use cs_domain::Run;
use cs_engine::SoFar;
use cs_ports::Store;

use super::{data_dir, zone};
use crate::cli::{Global, Runs};
use crate::failure::{CommandError, Outcome};
use crate::render::{line, run};
use crate::wiring::existing_store;

/// Runs `runs`.
pub(crate) async fn run(global: &Global, arguments: &Runs) -> Result<Outcome, CommandError> {
    let store = existing_store(&data_dir(global)?).await?;
    let zone = zone(global, &store).await?;
    let runs = store.runs(arguments.limit).await?;
    if runs.is_empty() {
        line(if global.json { r#"{"runs":[]}"# } else { "No run yet. Start one with `company-sync sync`." })?;
    }
    for run in runs {
        let so_far = SoFar::of(&store, &run).await?;
        let run = Run { balance: so_far.map_or(run.balance, |so_far| so_far.balance), ..run };
        line(&if global.json {
            run::told_so_far(&run, so_far).to_string()
        } else {
            run::row(&run, so_far, &zone)
        })?;
    }
    Ok(Outcome::Done)
}
