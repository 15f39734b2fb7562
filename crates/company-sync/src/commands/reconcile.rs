//! `reconcile`: a company's report against the orders.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use cs_companies::company::{Company, ReadOptions, ReadReport, read};
use cs_companies::reconcile::{Broker, Expected, Order, Settings, parse_orders, reconcile};
use cs_companies::{Language, Limits, Period, ReportFile};
use cs_engine::reconcile::{Reconciled, Reconciling};
use cs_ports::Clock;
use jiff::civil::Date;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::configuration;
use crate::cli::{Global, Reconcile};
use crate::clock::SystemClock;
use crate::companies;
use crate::config::Config;
use crate::failure::{CommandError, Outcome};
use crate::reconciliation_error::ReconciliationError;
use crate::reconciling::ready;
use crate::render::progress::Progress;
use crate::render::reconciliation;
use crate::render::{line, run};

/// Everything that is known before the CRM is asked.
struct Asked {
    config: Config,
    company: Company,
    broker: (String, String),
    period: Period,
    rules: Settings,
    language: Language,
}

/// Runs `reconcile`.
pub(crate) async fn run(global: &Global, asked: &Reconcile) -> Result<Outcome, CommandError> {
    let known = understand(configuration(global)?, asked)?;
    let (report, digest) = read_report(&known, &asked.file)?;
    match &asked.orders {
        Some(orders) => against_file(global, &known, &report, orders),
        None => against_crm(global, &known, asked, &report, &digest).await,
    }
}

fn understand(config: Config, asked: &Reconcile) -> Result<Asked, CommandError> {
    let company = companies::find(&config, &asked.company)?.company;
    let period = Period::new(asked.as_of.unwrap_or_else(|| today(&config)));
    let period = match asked.plan_year.or(config.reconciliation.plan_year) {
        Some(year) => period.with_plan_year(year),
        None => period,
    };
    let mut rules = config.reconciliation.rules.clone();
    if asked.orders.is_some() && rules.brokers.is_empty() {
        rules.brokers.clone_from(&config.reconciliation.reference_brokers);
    }
    let found =
        rules.broker(&asked.broker).map(|broker| (broker.code.to_owned(), broker.crm_name.to_owned()));
    let broker = found.ok_or_else(|| ReconciliationError::NoBroker { code: asked.broker.clone() })?;
    let language = asked.language.map_or(config.reconciliation.language, Into::into);
    Ok(Asked { config, company, broker, period, rules, language })
}

/// Today, where the agency is.
pub(super) fn today(config: &Config) -> Date {
    SystemClock.now().to_zoned(config.zone.clone()).date()
}

/// A file's bytes; of one that is larger than any report may be, only so much as shows that.
pub(super) fn read_file(path: &Path, limits: &Limits) -> Result<Vec<u8>, CommandError> {
    let failed = |source| CommandError::File { doing: "read", file: path.display().to_string(), source };
    let file = File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    if let Ok(about) = file.metadata() {
        let size = about.len().min(limits.file_bytes.saturating_add(1));
        bytes.reserve_exact(usize::try_from(size).unwrap_or(0));
    }
    file.take(limits.file_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// A report, and a digest of its bytes.
fn read_report(known: &Asked, path: &Path) -> Result<(ReadReport, String), CommandError> {
    let name = path.display().to_string();
    let limits = &known.config.reconciliation.limits;
    let bytes = read_file(path, limits)?;
    let settings = companies::settings(&known.config);
    let options = ReadOptions { period: &known.period, limits, settings: &settings, rules: &[] };
    let password = companies::password(&known.config, &known.company);
    let file = ReportFile { name: &name, bytes: &bytes, password };
    let refused = |refusal| ReconciliationError::Refused { file: name.clone(), refusal };
    let report = read(&file, &known.company, &options).map_err(refused)?;
    let mut digest = String::with_capacity(64);
    for byte in Sha256::digest(&bytes) {
        // Writing to a string cannot fail.
        let _ = write!(digest, "{byte:02x}");
    }
    Ok((report, digest))
}

/// Compares with the orders of a file, and changes nothing.
fn against_file(
    global: &Global,
    known: &Asked,
    report: &ReadReport,
    path: &Path,
) -> Result<Outcome, CommandError> {
    let refused = |refusal| ReconciliationError::Refused { file: path.display().to_string(), refusal };
    let orders: Vec<Order> =
        parse_orders(&read_file(path, &known.config.reconciliation.limits)?).map_err(refused)?;
    let broker = Broker { code: &known.broker.0, crm_name: &known.broker.1 };
    let result = reconcile(report, &orders, &known.company, &broker, &known.period, &known.rules);
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
    known: &Asked,
    asked: &Reconcile,
    report: &ReadReport,
    digest: &str,
) -> Result<Outcome, CommandError> {
    let progress = Arc::new(Progress::new(global.quiet));
    let ready = ready(&known.config, vec![Arc::clone(&progress) as _]).await?;
    let name = asked.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let task = Reconciling {
        report,
        file: &name,
        digest,
        company: &known.company,
        broker: Broker { code: &known.broker.0, crm_name: &known.broker.1 },
        period: &known.period,
        rules: &known.rules,
        drift: &known.config.reconciliation.drift,
        approve_drift: asked.approve_drift,
        language: known.language,
    };
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
