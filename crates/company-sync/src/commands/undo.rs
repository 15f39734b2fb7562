//! `undo`: take back what a reconciliation wrote.

use std::sync::Arc;

use cs_domain::{Balance, RunId};
use serde_json::json;

use super::configuration;
use crate::cli::{Global, Undo};
use crate::failure::{CommandError, Outcome};
use crate::reconciliation_error::ReconciliationError;
use crate::reconciling::ready;
use crate::render::progress::Progress;
use crate::render::{line, run};

/// A run without an intent asked nothing of the CRM; taking it back would only make another run of nothing.
fn tell_of_nothing(global: &Global, run: &str) -> Result<Outcome, CommandError> {
    line(&if global.json {
        json!({ "undone": run, "run": null, "balance": Balance::default(), "left": [] }).to_string()
    } else {
        format!("Run {run} wrote nothing to the CRM: there is nothing to take back.")
    })?;
    Ok(Outcome::Done)
}

/// Runs `undo`.
pub(crate) async fn run(global: &Global, asked: &Undo) -> Result<Outcome, CommandError> {
    let config = configuration(global).await?;
    let progress = Arc::new(Progress::new(global.quiet));
    let ready = ready(&config, vec![Arc::clone(&progress) as _]).await?;
    let id = RunId(asked.run.clone());
    if ready.wrote_nothing(&id).await? {
        return tell_of_nothing(global, &asked.run);
    }
    let undone = ready.patiently(async |reconciler| reconciler.undo(&id).await).await?;
    let undone = undone.ok_or_else(|| ReconciliationError::NothingToUndo { run: asked.run.clone() })?;
    if global.json {
        let mut object = run::for_machines(&undone.run);
        let kept: Vec<_> = undone
            .kept
            .iter()
            .map(|kept| json!({ "record": kept.record, "failure": kept.failure }))
            .collect();
        if let Some(fields) = object.as_object_mut() {
            fields.insert("undone".to_owned(), json!(asked.run));
            fields.insert("left".to_owned(), json!(kept));
        }
        line(&object.to_string())?;
    } else {
        line(&run::for_people(&undone.run))?;
        for kept in &undone.kept {
            line(&run::trouble(&kept.record.to_string(), &kept.failure))?;
        }
        let (back, left) = (undone.run.balance.updated, undone.kept.len());
        line(&format!(
            "{back} orders hold again what they held before run {}; {left} were left as they are.",
            asked.run
        ))?;
    }
    Ok(Outcome::of(&undone.run))
}
