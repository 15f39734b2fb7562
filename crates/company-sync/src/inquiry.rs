//! What a reconciliation is about, made ready from the configuration: whose report, of which days, by which rules.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use cs_companies::company::{Company, ReadOptions, ReadReport, read};
use cs_companies::reconcile::{Broker, Settings};
use cs_companies::{Language, Limits, Period, ReportFile};
use cs_domain::digest::hexadecimal;
use cs_engine::reconcile::Reconciling;
use cs_ports::Clock as _;
use jiff::civil::Date;
use sha2::{Digest as _, Sha256};

use crate::clock::SystemClock;
use crate::companies;
use crate::config::Config;
use crate::failure::CommandError;
use crate::reconciliation_error::ReconciliationError;

/// What somebody asks for.
pub(crate) struct Wish<'w> {
    pub(crate) company: &'w str,
    pub(crate) broker: &'w str,
    pub(crate) as_of: Option<Date>,
    pub(crate) plan_year: Option<i16>,
    pub(crate) language: Option<Language>,
    /// Whether the orders come from a file: then the brokers of the reference will do where none are configured.
    pub(crate) invented: bool,
}

/// Everything that is known before the CRM is asked.
pub(crate) struct Inquiry {
    pub(crate) company: Company,
    broker: (String, String),
    pub(crate) period: Period,
    pub(crate) rules: Settings,
    pub(crate) language: Language,
}

/// A report that was read.
pub(crate) struct FileOf<'f> {
    pub(crate) report: &'f ReadReport,
    pub(crate) name: &'f str,
    pub(crate) digest: &'f str,
}

impl Inquiry {
    /// What the configuration makes of a wish.
    pub(crate) fn of(config: &Config, wish: &Wish<'_>) -> Result<Self, CommandError> {
        let company = companies::find(config, wish.company)?.company;
        let period = period(config, wish.as_of, wish.plan_year);
        let mut rules = config.reconciliation.rules.clone();
        if wish.invented && rules.brokers.is_empty() {
            rules.brokers.clone_from(&config.reconciliation.reference_brokers);
        }
        let found =
            rules.broker(wish.broker).map(|broker| (broker.code.to_owned(), broker.crm_name.to_owned()));
        let broker = found.ok_or_else(|| ReconciliationError::NoBroker { code: wish.broker.to_owned() })?;
        let language = wish.language.unwrap_or(config.reconciliation.language);
        Ok(Self { company, broker, period, rules, language })
    }

    /// The broker.
    pub(crate) fn broker(&self) -> Broker<'_> {
        Broker { code: &self.broker.0, crm_name: &self.broker.1 }
    }

    /// Reads the report; answers it with a digest of its bytes.
    pub(crate) fn read(
        &self,
        config: &Config,
        name: &str,
        bytes: &[u8],
    ) -> Result<(ReadReport, String), CommandError> {
        let limits = &config.reconciliation.limits;
        let settings = companies::settings(config);
        let rules = config.extensions.rules();
        let options = ReadOptions { period: &self.period, limits, settings: &settings, rules: &rules };
        let password = companies::password(config, &self.company);
        let file = ReportFile { name, bytes, password };
        let refused = |refusal| {
            let password_of = companies::password_key(&self.company);
            ReconciliationError::Refused { file: name.to_owned(), password_of, refusal }
        };
        let report = read(&file, &self.company, &options).map_err(refused)?;
        Ok((report, digest(bytes)))
    }

    /// What the engine is asked to do.
    pub(crate) fn reconciling<'t>(
        &'t self,
        config: &'t Config,
        file: &FileOf<'t>,
        approve_drift: bool,
    ) -> Reconciling<'t> {
        Reconciling {
            report: file.report,
            file: file.name,
            digest: file.digest,
            company: &self.company,
            broker: self.broker(),
            period: &self.period,
            rules: &self.rules,
            drift: &config.reconciliation.drift,
            approve_drift,
            language: self.language,
        }
    }
}

/// The period of a day (today where none is said) and a plan year (the configuration's, else the day's own).
pub(crate) fn period(config: &Config, as_of: Option<Date>, plan_year: Option<i16>) -> Period {
    let period = Period::new(as_of.unwrap_or_else(|| today(config)));
    let period = match plan_year.or(config.reconciliation.plan_year) {
        Some(year) => period.with_plan_year(year),
        None => period,
    };
    period.with_years_ahead(config.reconciliation.rules.paid_years_ahead)
}

/// Today, where the agency is.
fn today(config: &Config) -> Date {
    SystemClock.now().to_zoned(config.zone.clone()).date()
}

/// A file's bytes; of one that is larger than any report may be, only so much as shows that.
pub(crate) fn read_file(path: &Path, limits: &Limits) -> Result<Vec<u8>, CommandError> {
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

fn digest(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}
