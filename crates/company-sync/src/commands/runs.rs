//! `runs`: the latest runs.

use cs_ports::Store;

use super::data_dir;
use crate::cli::{Global, Runs};
use crate::failure::{CommandError, Outcome};
use crate::render::{line, run};
use crate::wiring::existing_store;

/// Runs `runs`.
pub(crate) async fn run(global: &Global, arguments: &Runs) -> Result<Outcome, CommandError> {
    let store = existing_store(&data_dir(global)?).await?;
    let runs = store.runs(arguments.limit).await?;
    if runs.is_empty() {
        line(if global.json { r#"{"runs":[]}"# } else { "No run yet. Start one with `company-sync sync`." })?;
    }
    for run in &runs {
        line(&if global.json { run::for_machines(run).to_string() } else { run::row(run) })?;
    }
    Ok(Outcome::Done)
}
