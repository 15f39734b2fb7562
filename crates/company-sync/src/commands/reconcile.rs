//! `reconcile`: a company's report against the orders.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use cs_companies::company::{Company, ReadOptions, ReadReport, read};
use cs_companies::reconcile::{Broker, Expected, Order, Settings, parse_orders, reconcile};
use cs_companies::{Language, Limits, Period, ReportFile};
use cs_ports::Clock;
use jiff::civil::Date;
use serde_json::json;

use super::configuration;
use crate::cli::{Global, Reconcile};
use crate::clock::SystemClock;
use crate::companies;
use crate::config::Config;
use crate::failure::{CommandError, Outcome};
use crate::reconciliation_error::ReconciliationError;
use crate::render::line;
use crate::render::reconciliation;

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
    let report = read_report(&known, &asked.file)?;
    match &asked.orders {
        Some(orders) => against_file(global, &known, &report, orders),
        None => todo!(),
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

fn read_report(known: &Asked, path: &Path) -> Result<ReadReport, CommandError> {
    let name = path.display().to_string();
    let limits = &known.config.reconciliation.limits;
    let bytes = read_file(path, limits)?;
    let settings = companies::settings(&known.config);
    let options = ReadOptions { period: &known.period, limits, settings: &settings, rules: &[] };
    let password = companies::password(&known.config, &known.company);
    let file = ReportFile { name: &name, bytes: &bytes, password };
    let refused = |refusal| ReconciliationError::Refused { file: name.clone(), refusal };
    Ok(read(&file, &known.company, &options).map_err(refused)?)
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
