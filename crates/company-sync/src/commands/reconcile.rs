//! `reconcile`: a company's report against the orders.

use std::path::Path;
use std::sync::Arc;

use cs_companies::Language;
use cs_companies::company::ReadReport;
use cs_companies::reconcile::{Expected, Order, parse_orders, reconcile};
use cs_engine::reconcile::Reconciled;
use serde_json::json;

use super::configuration;
use crate::cli::{Global, Reconcile};
use crate::config::Config;
use crate::failure::{CommandError, Outcome};
use crate::inquiry::{FileOf, Inquiry, Wish, read_file};
use crate::reconciliation_error::ReconciliationError;
use crate::reconciling::ready;
use crate::render::progress::Progress;
use crate::render::reconciliation;
use crate::render::{line, run};

/// Runs `reconcile`.
pub(crate) async fn run(global: &Global, asked: &Reconcile) -> Result<Outcome, CommandError> {
    let config = configuration(global).await?;
    let known = Inquiry::of(&config, &wish(asked))?;
    let name = asked.file.display().to_string();
    let bytes = read_file(&asked.file, &config.reconciliation.limits)?;
    let (report, digest) = known.read(&config, &name, &bytes)?;
    match &asked.orders {
        Some(orders) => against_file(global, &config, &known, &report, orders),
        None => against_crm(global, &config, &known, asked, &report, &digest).await,
    }
}

fn wish(asked: &Reconcile) -> Wish<'_> {
    Wish {
        company: &asked.company,
        broker: &asked.broker,
        as_of: asked.as_of,
        plan_year: asked.plan_year,
        language: asked.language.map(Into::into),
        invented: asked.orders.is_some(),
    }
}

/// Compares with the orders of a file, and changes nothing.
fn against_file(
    global: &Global,
    config: &Config,
    known: &Inquiry,
    report: &ReadReport,
    path: &Path,
) -> Result<Outcome, CommandError> {
    let refused = |refusal| ReconciliationError::Refused {
        file: path.display().to_string(),
        password_of: None,
        refusal,
    };
    let orders: Vec<Order> =
        parse_orders(&read_file(path, &config.reconciliation.limits)?).map_err(refused)?;
    let result = reconcile(report, &orders, &known.company, &known.broker(), &known.period, &known.rules);
    let expected = Expected::from(&result);
    if global.json {
        line(&json!(expected).to_string())?;
    } else {
        line(&reconciliation::compared(&result, report, known.language))?;
        line("This was a dry run against a file of orders: nothing was written.")?;
    }
    Ok(Outcome::Done)
}

/// Compares with the CRM's orders, and, unless it is a dry run, writes what follows.
async fn against_crm(
    global: &Global,
    config: &Config,
    known: &Inquiry,
    asked: &Reconcile,
    report: &ReadReport,
    digest: &str,
) -> Result<Outcome, CommandError> {
    let progress = Arc::new(Progress::new(global.quiet));
    let ready = ready(config, vec![Arc::clone(&progress) as _]).await?;
    let name = asked.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let file = FileOf { report, name: &name, digest };
    let task = known.reconciling(config, &file, asked.approve_drift);
    let done = if asked.dry_run {
        ready.reconciler.dry_run(&task).await?
    } else {
        ready.patiently(async |reconciler| reconciler.run(&task).await).await?
    };
    if global.json {
        show_objects(&done)?;
    } else {
        show(&done, report, known.language, &progress)?;
    }
    Ok(done.run.as_ref().map_or(Outcome::Done, Outcome::of))
}

/// The run, and after it the comparison in the form of the fixtures.
fn show_objects(done: &Reconciled) -> Result<(), CommandError> {
    if let Some(run) = &done.run {
        let mut object = run::for_machines(run);
        if let Some(fields) = object.as_object_mut() {
            fields.insert("findings".to_owned(), json!(done.taken));
            fields.insert("drift".to_owned(), json!(done.drift));
        }
        line(&object.to_string())?;
    }
    match &done.result {
        Some(result) => line(&json!(Expected::from(result)).to_string()),
        None => Ok(()),
    }
}

fn show(
    done: &Reconciled,
    report: &ReadReport,
    language: Language,
    progress: &Progress,
) -> Result<(), CommandError> {
    if let Some(result) = &done.result {
        line(&reconciliation::compared(result, report, language))?;
    }
    line(&reconciliation::drift(&done.drift, language))?;
    let Some(run) = &done.run else {
        return line("This was a dry run: nothing was written, here or in the CRM.");
    };
    line(&run::for_people(run))?;
    let troubles = progress.troubles();
    if !troubles.is_empty() {
        line(&troubles)?;
    }
    if run.failure.is_none() {
        line(&reconciliation::taken(&done.taken))?;
    }
    Ok(())
}
