//! `sync`: run mappings, or show what they would do.

use std::sync::Arc;

use cs_domain::{Balance, Run};
use cs_engine::Job;
use serde_json::json;

use super::configuration;
use crate::cli::{Global, Sync};
use crate::failure::{CommandError, Outcome};
use crate::mappings;
use crate::render::progress::Progress;
use crate::render::{line, plan, run};
use crate::wiring::{Wired, wire};

/// Runs `sync`.
pub(crate) async fn run(global: &Global, sync: &Sync) -> Result<Outcome, CommandError> {
    let config = configuration(global)?;
    let names = mappings::wanted(&config, &sync.mapping);
    let jobs =
        names.iter().map(|name| mappings::job(&config, name, sync.full)).collect::<Result<Vec<_>, _>>()?;
    let progress = Arc::new(Progress::new(global.quiet));
    let wired = wire(&config, vec![Arc::clone(&progress) as _]).await?;
    let mut outcome = Outcome::Done;
    for job in &jobs {
        if sync.dry_run {
            show_plans(global, &wired, job).await?;
        } else {
            let run = wired.run(job).await?;
            outcome = outcome.and(report(global, &run, &progress)?);
        }
    }
    Ok(outcome)
}

/// Shows how a run ended.
pub(crate) fn report(global: &Global, run: &Run, progress: &Progress) -> Result<Outcome, CommandError> {
    if global.json {
        line(&run::for_machines(run).to_string())?;
    } else {
        line(&run::for_people(run))?;
        let troubles = progress.troubles();
        if !troubles.is_empty() {
            line(&troubles)?;
        }
    }
    Ok(Outcome::of(run))
}

async fn show_plans(global: &Global, wired: &Wired, job: &Job) -> Result<(), CommandError> {
    let mut unprinted = None;
    let balance = wired
        .engine
        .dry_run(job, |plan| {
            let text = if global.json { Some(json!(plan).to_string()) } else { plan::for_people(plan) };
            if let Some(Err(error)) = text.map(|text| line(&text)) {
                unprinted = Some(error);
            }
        })
        .await?;
    match unprinted {
        Some(error) => Err(error),
        None => line(&summary(global, job, &balance)),
    }
}

fn summary(global: &Global, job: &Job, balance: &Balance) -> String {
    if global.json {
        json!({ "mapping": job.mapping.name, "dry_run": true, "balance": balance }).to_string()
    } else {
        format!(
            "{}: of {} units, {} would be created, {} updated, {} are in step, {} are left out, {} need a decision, {} \
             would fail. Nothing was written.",
            job.mapping.name,
            balance.read,
            balance.created,
            balance.updated,
            balance.unchanged,
            balance.skipped,
            balance.conflicted,
            balance.failed
        )
    }
}
