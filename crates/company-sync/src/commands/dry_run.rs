//! `sync --dry-run`: shows what a run would write, what it would cost, and keeps it in a file where that is wanted.

use std::path::Path;

use cs_domain::cost::{Cost, Estimate};
use cs_domain::guarded::Numbers;
use cs_domain::plan::Plan;
use cs_domain::{Balance, Failure};
use cs_engine::{Engine, Job};
use jiff::Timestamp;
use serde_json::json;

use crate::cli::Global;
use crate::failure::{CommandError, Outcome};
use crate::office::Seal;
use crate::plan_file::PlanWriter;
use crate::render::{cost, grouped, line, plan};

/// Shows the plans of a mapping. Ends as the run would: done in part where units would fail or wait for a decision.
pub(super) async fn show(
    global: &Global,
    engine: &Engine,
    job: &Job,
    file: Option<(&Path, Seal)>,
) -> Result<Outcome, CommandError> {
    let (file, seal) = file.unzip();
    let begin = |(path, seal)| PlanWriter::begin(path, job, seal, Timestamp::now());
    let mut writer = file.zip(seal).map(begin).transpose()?;
    let numbers = Numbers::of([&job.mapping]);
    let mut estimate = Estimate::default();
    let (mut unprinted, mut following) = (None, 0_u64);
    let before = engine.requests();
    let balance = engine
        .dry_run(job, |plan| {
            estimate.add(plan);
            following += u64::from(only_follows(plan));
            let shown = numbers.plan(plan);
            let text = if global.json { Some(json!(shown).to_string()) } else { plan::for_people(&shown) };
            let printed = text.map_or(Ok(()), |text| line(&text));
            let kept = writer.as_mut().map_or(Ok(()), |writer| writer.add(plan));
            if let Err(error) = printed.and(kept) {
                unprinted.get_or_insert(error);
            }
        })
        .await?;
    if let Some(error) = unprinted {
        return Err(error);
    }
    // Whoever carries it out reads all this again before writing.
    let cost = Cost::of_reading(engine.requests().since(before)).and(estimate.cost());
    let kept = writer.map(PlanWriter::finish).transpose()?;
    line(&if global.json {
        for_machines(job, &balance, following, &cost, engine.workers)
    } else {
        for_people(job, &balance, following, &cost, engine.workers)
    })?;
    match (file, kept) {
        (Some(file), Some(kept)) if !global.json => line(&format!(
            "The plan is in {} ({} units). To do exactly that: company-sync sync --apply {}",
            file.display(),
            grouped(kept),
            file.display()
        ))?,
        _ => {}
    }
    let troubled = (balance.failed + balance.conflicted).saturating_sub(following);
    Ok(if troubled > 0 { Outcome::Partial } else { Outcome::Done })
}

/// Whether a unit fails here for nothing but that what it refers to is not there yet, which the run itself would see to first.
fn only_follows(plan: &Plan) -> bool {
    let follows = |failure: &Failure| failure.code == "unit.parent_not_linked";
    plan.conflicts.is_empty() && !plan.failures.is_empty() && plan.failures.iter().all(follows)
}

fn for_machines(job: &Job, balance: &Balance, following: u64, cost: &Cost, workers: usize) -> String {
    json!({
        "mapping": job.mapping.name,
        "dry_run": true,
        "balance": balance,
        "following": following,
        "requests": cost.requests,
        "seconds": (cost.seconds(workers) * 10.0).round() / 10.0,
    })
    .to_string()
}

fn for_people(job: &Job, balance: &Balance, following: u64, cost: &Cost, workers: usize) -> String {
    let follow = match following {
        0 => String::new(),
        some => format!(", {some} follow once what they refer to is there"),
    };
    format!(
        "{}: of {} units, {} would be created, {} updated, {} are in step, {} are left out, {} need a decision, {} \
         would fail{follow}. Nothing was written.\n{}",
        job.mapping.name,
        balance.read,
        balance.created,
        balance.updated,
        balance.unchanged,
        balance.skipped,
        balance.conflicted,
        balance.failed.saturating_sub(following),
        cost::for_people(cost, workers)
    )
}
