//! `sync`: run mappings, show what they would do, or carry out a plan that was looked at.

use std::path::Path;
use std::sync::Arc;

use cs_domain::{Run, RunStatus};
use cs_engine::Job;

use super::{configuration, dry_run, sealed_by};
use crate::cli::{Global, Sync};
use crate::failure::{CommandError, Outcome};
use crate::mappings::Editions;
use crate::plan_file::{PlanFile, PlanFileError, deletes_in};
use crate::render::progress::Progress;
use crate::render::{line, run};
use crate::wiring::wire;

/// Runs `sync`.
pub(crate) async fn run(global: &Global, sync: &Sync) -> Result<Outcome, CommandError> {
    let config = configuration(global).await?;
    let editions = Editions::at_home(&config).await?;
    let jobs = match &sync.apply {
        Some(file) => vec![approved(global, &editions, file)?],
        None => jobs(&editions, sync)?,
    };
    let progress = Arc::new(Progress::new(global.quiet));
    let wired = wire(&config, vec![Arc::clone(&progress) as _]).await?;
    let pair = wired.pair(&config);
    match jobs.first().and_then(|job| job.mapping.units.first()) {
        // Looking changes nothing.
        Some(unit) if !sync.dry_run => pair.expect_and_note(&unit.module).await?,
        _ => pair.expect_known().await?,
    }
    let mut outcome = Outcome::Done;
    for job in &jobs {
        if sync.dry_run {
            let file = sync.plan.as_deref().map(|file| Ok::<_, CommandError>((file, sealed_by(global)?)));
            outcome = outcome.and(dry_run::show(global, &wired.engine, job, file.transpose()?).await?);
        } else {
            let run = wired.run(job).await?;
            outcome = outcome.and(report(global, &run, &progress)?);
            if matches!(run.status, RunStatus::Success | RunStatus::PartialSuccess) {
                pair.note_zones().await?;
            }
        }
    }
    Ok(outcome)
}

/// What is to be run, as the flags say.
fn jobs(editions: &Editions<'_>, sync: &Sync) -> Result<Vec<Job>, CommandError> {
    let names = editions.running(&sync.mapping);
    // Where nothing is left to run, that is told of what would have been.
    for name in if names.is_empty() { editions.wanted(&[]) } else { names.clone() } {
        editions.expect_not_retired(&name)?;
    }
    if sync.plan.is_some() && names.len() > 1 {
        return Err(PlanFileError::Several { names }.into());
    }
    let job = |name: &String| {
        let job = editions.job(name, sync.full)?;
        Ok(Job { census: job.census || sync.census, approved_deletes: sync.approve_deletes, ..job })
    };
    names.iter().map(job).collect()
}

/// What a plan says, and nothing else. Whoever approved the plan approved the deletes in it.
fn approved(global: &Global, editions: &Editions<'_>, file: &Path) -> Result<Job, CommandError> {
    let plan = PlanFile::read(file)?;
    editions.expect_not_retired(plan.mapping.as_str())?;
    let job = editions.job(plan.mapping.as_str(), false)?;
    plan.expect_definition(&job, file)?;
    let plans = plan.plans(file, || sealed_by(global))?;
    Ok(Job { approved_deletes: Some(deletes_in(&plans)), approved: Some(plans), ..job })
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
