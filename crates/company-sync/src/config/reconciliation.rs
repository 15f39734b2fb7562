//! What the configuration says of reconciliation: `[reconciliation]` and `[companies.KEY]`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cs_companies::drift::DriftSettings;
use cs_companies::reconcile::Settings;
use cs_companies::{Language, Limits};
use cs_domain::FieldName;
use cs_engine::reconcile::OrderFields;
use secrecy::SecretString;
use serde::Deserialize;

use super::environment::spelt;
use super::file::{ConfigFile, said, secret};
use super::{ConfigError, DatabaseConnection, Environment, Lacks, ServiceConfig};

/// What the reference installation calls things.
const REFERENCE: &str = include_str!("reference.toml");

/// `[reconciliation]` as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReconciliationSection {
    pub(super) language: Option<Language>,
    pub(super) companies: Option<PathBuf>,
    pub(super) plan_year: Option<i16>,
    #[serde(default)]
    pub(super) brokers: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) fields: FieldsSection,
    #[serde(default)]
    pub(super) rules: Settings,
    #[serde(default)]
    pub(super) drift: DriftSettings,
    #[serde(default)]
    pub(super) limits: Limits,
    pub(super) watched: Option<Vec<String>>,
    pub(super) view: Option<ViewSection>,
}

/// `[reconciliation.fields]` as it is written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FieldsSection {
    module: Option<String>,
    number: Option<String>,
    member_id: Option<String>,
    company: Option<String>,
    broker: Option<String>,
    status: Option<String>,
    effective_date: Option<String>,
    termination_date: Option<String>,
    paid_through: Option<String>,
    problem: Option<String>,
    payment_type: Option<String>,
    payment_day: Option<String>,
    broker_note: Option<String>,
}

/// The variables of `[reconciliation]` that have one name.
const VARIABLES: [&str; 19] = [
    "RECONCILIATION_LANGUAGE",
    "RECONCILIATION_COMPANIES",
    "RECONCILIATION_PLAN_YEAR",
    "RECONCILIATION_VIEW_URL",
    "RECONCILIATION_VIEW_URL_FILE",
    "RECONCILIATION_VIEW_NAME",
    "RECONCILIATION_FIELDS_MODULE",
    "RECONCILIATION_FIELDS_NUMBER",
    "RECONCILIATION_FIELDS_MEMBER_ID",
    "RECONCILIATION_FIELDS_COMPANY",
    "RECONCILIATION_FIELDS_BROKER",
    "RECONCILIATION_FIELDS_STATUS",
    "RECONCILIATION_FIELDS_EFFECTIVE_DATE",
    "RECONCILIATION_FIELDS_TERMINATION_DATE",
    "RECONCILIATION_FIELDS_PAID_THROUGH",
    "RECONCILIATION_FIELDS_PROBLEM",
    "RECONCILIATION_FIELDS_PAYMENT_TYPE",
    "RECONCILIATION_FIELDS_PAYMENT_DAY",
    "RECONCILIATION_FIELDS_BROKER_NOTE",
];

/// What says that the CRM has no such field, where an empty text cannot be said.
pub(crate) const NO_FIELD: &str = "none";

/// What the variables begin with that name a broker (`..._BS`) or a company's setting (`..._AETNA_PASSWORD`).
const BROKERS: &str = "RECONCILIATION_BROKERS_";
const COMPANIES: &str = "COMPANIES_";

/// `[reconciliation.view]` as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ViewSection {
    url: Option<SecretString>,
    url_file: Option<PathBuf>,
    name: Option<String>,
    #[serde(default)]
    columns: BTreeMap<String, String>,
}

/// `[companies.KEY]` as it is written: a definition of one's own, in a file or (in what the store keeps) as its text, and
/// settings that the definition names.
#[derive(Debug, Default, Deserialize)]
pub(super) struct CompanySection {
    file: Option<PathBuf>,
    definition: Option<String>,
    password: Option<SecretString>,
    password_file: Option<PathBuf>,
    #[serde(flatten)]
    settings: BTreeMap<String, toml::Value>,
}

#[derive(Default, Deserialize)]
struct Reference {
    watched: Vec<String>,
    fields: FieldsSection,
    brokers: BTreeMap<String, String>,
}

/// What an installation says of its reconciliations.
#[derive(Debug)]
pub(crate) struct ReconciliationConfig {
    /// The language of messages.
    pub(crate) language: Language,
    /// A folder with definitions of companies.
    pub(crate) companies: Option<PathBuf>,
    /// The year of the plans, where it is not the day's.
    pub(crate) plan_year: Option<i16>,
    /// Vocabularies, and what the CRM calls the brokers.
    pub(crate) rules: Settings,
    /// What the reference installation calls its brokers.
    pub(crate) reference_brokers: BTreeMap<String, String>,
    /// When a report is held.
    pub(crate) drift: DriftSettings,
    /// What is accepted as a report.
    pub(crate) limits: Limits,
    /// Fields that must be the same after a write as before.
    pub(crate) watched: Vec<FieldName>,
    /// Where orders come from, where it is not the web service.
    pub(crate) view: Option<ViewConfig>,
    fields: FieldsSection,
}

/// A view in VTiger's database that shows the orders.
#[derive(Debug)]
pub(crate) struct ViewConfig {
    /// `mysql://user:password@host:port/database`.
    pub(crate) url: SecretString,
    /// The view.
    pub(crate) name: String,
    /// Its columns, by what they hold, where they are called otherwise.
    pub(crate) columns: BTreeMap<String, String>,
}

/// What is said of one company.
#[derive(Debug, Default)]
pub(crate) struct CompanyConfig {
    /// A definition of one's own.
    pub(crate) file: Option<PathBuf>,
    /// A definition that was imported, as its text.
    pub(crate) definition: Option<String>,
    /// The password of its protected workbooks.
    pub(crate) password: Option<SecretString>,
    /// Its other settings.
    pub(crate) settings: BTreeMap<String, String>,
}

/// What the reference installation calls its fields, by the keys of settings; several fields are lines.
pub(crate) fn reference_fields() -> Vec<(String, String)> {
    // The file is part of the program, and a test reads it.
    let reference: toml::Table = toml::from_str(REFERENCE).unwrap_or_default();
    let fields = reference.get("fields").and_then(toml::Value::as_table).into_iter().flatten();
    let fields = fields.map(|(name, value)| (format!("reconciliation.fields.{name}"), super::plain(value)));
    let watched = reference.get("watched").and_then(toml::Value::as_array);
    let watched = watched.map(|list| list.iter().map(super::plain).collect::<Vec<_>>().join("\n"));
    fields.chain(watched.map(|lines| ("reconciliation.watched".to_owned(), lines))).collect()
}

/// The variables there are, but for those of brokers and companies.
pub(super) fn variables() -> impl Iterator<Item = &'static str> {
    VARIABLES.into_iter()
}

/// Whether a variable (without its prefix) is about reconciliation.
pub(super) fn is_variable(name: &str) -> bool {
    VARIABLES.contains(&name) || name.starts_with(BROKERS) || name.starts_with(COMPANIES)
}

/// Puts what the environment says in place of what the file says.
pub(super) fn overrule(file: &mut ConfigFile, environment: &Environment) -> Result<(), ConfigError> {
    let section = &mut file.reconciliation;
    for (name, value) in environment.all() {
        if let Some(broker) = name.strip_prefix(BROKERS) {
            section.brokers.insert(broker.to_owned(), value.to_owned());
        } else if let Some(field) = name.strip_prefix("RECONCILIATION_FIELDS_") {
            if let Some(field) = section.fields.of(field) {
                *field = Some(value.to_owned());
            }
        } else if let Some(rest) = name.strip_prefix(COMPANIES) {
            let (key, setting) = company_and_setting(rest, file.companies.keys());
            file.companies.entry(key).or_default().set(&setting, value);
        }
    }
    let language = environment.parsed::<Spoken>("RECONCILIATION_LANGUAGE", "language (en, es)")?;
    section.language = language.map(|Spoken(language)| language).or(section.language);
    section.companies = environment.path("RECONCILIATION_COMPANIES").or_else(|| section.companies.take());
    section.plan_year = environment.parsed("RECONCILIATION_PLAN_YEAR", "year")?.or(section.plan_year);
    if environment.all().any(|(name, _)| name.starts_with("RECONCILIATION_VIEW_")) {
        let view = section.view.get_or_insert_default();
        let text = |wanted: &str| environment.all().find(|(name, _)| *name == wanted).map(|(_, value)| value);
        view.url = text("RECONCILIATION_VIEW_URL").map(Into::into).or_else(|| view.url.take());
        view.url_file = environment.path("RECONCILIATION_VIEW_URL_FILE").or_else(|| view.url_file.take());
        view.name = text("RECONCILIATION_VIEW_NAME").map(str::to_owned).or_else(|| view.name.take());
    }
    Ok(())
}

/// A language by its code.
struct Spoken(Language);

impl std::str::FromStr for Spoken {
    type Err = ();

    fn from_str(code: &str) -> Result<Self, ()> {
        match code {
            "en" => Ok(Self(Language::En)),
            "es" => Ok(Self(Language::Es)),
            _ => Err(()),
        }
    }
}

/// `BLUE_SHIELD_PASSWORD` is the setting `password` of `blue-shield` where such a company is known; else of `blue`.
fn company_and_setting<'k>(rest: &str, known: impl Iterator<Item = &'k String>) -> (String, String) {
    let shipped = cs_companies::company::shipped().iter().map(|company| &company.key);
    let mut keys: Vec<&String> = known.chain(shipped).collect();
    keys.sort_by_key(|key| std::cmp::Reverse(key.len()));
    let fitting = keys.into_iter().find_map(|key| {
        let setting = rest.strip_prefix(&spelt(key))?.strip_prefix('_')?;
        Some((key.clone(), setting.to_lowercase()))
    });
    fitting.unwrap_or_else(|| {
        let (key, setting) = rest.split_once('_').unwrap_or((rest, ""));
        (key.to_lowercase(), setting.to_lowercase())
    })
}

impl CompanySection {
    fn set(&mut self, setting: &str, value: &str) {
        match setting {
            "file" => self.file = Some(value.into()),
            "password" => self.password = Some(value.into()),
            "password_file" => self.password_file = Some(value.into()),
            _ => drop(self.settings.insert(setting.to_owned(), toml::Value::String(value.to_owned()))),
        }
    }
}

impl ReconciliationSection {
    /// Speaks the service's language and reads a view in its database, where it does not say otherwise.
    pub(super) fn resolve(
        mut self,
        beside: &Path,
        service: &ServiceConfig,
        lacks: Lacks,
    ) -> Result<ReconciliationConfig, ConfigError> {
        let view = self.view.take().map(|view| view.resolve(beside, service.database.as_ref())).transpose();
        self.language = self.language.or(Some(service.language));
        Ok(ReconciliationConfig { view: lacks.forgive(view)?, ..self.without_view(beside) })
    }

    fn without_view(self, beside: &Path) -> ReconciliationConfig {
        // The file is part of the program, and a test reads it.
        let reference: Reference = toml::from_str(REFERENCE).unwrap_or_default();
        ReconciliationConfig {
            language: self.language.unwrap_or(Language::En),
            companies: self.companies.map(|folder| beside.join(folder)),
            plan_year: self.plan_year,
            rules: Settings { brokers: self.brokers, ..self.rules },
            reference_brokers: reference.brokers,
            drift: self.drift,
            limits: self.limits,
            watched: self.watched.unwrap_or(reference.watched).into_iter().map(FieldName::new).collect(),
            view: None,
            fields: self.fields.or(reference.fields),
        }
    }
}

impl Default for ReconciliationConfig {
    fn default() -> Self {
        ReconciliationSection::default().without_view(Path::new(""))
    }
}

impl FieldsSection {
    /// A field by what variables call it.
    fn of(&mut self, name: &str) -> Option<&mut Option<String>> {
        Some(match name {
            "MODULE" => &mut self.module,
            "NUMBER" => &mut self.number,
            "MEMBER_ID" => &mut self.member_id,
            "COMPANY" => &mut self.company,
            "BROKER" => &mut self.broker,
            "STATUS" => &mut self.status,
            "EFFECTIVE_DATE" => &mut self.effective_date,
            "TERMINATION_DATE" => &mut self.termination_date,
            "PAID_THROUGH" => &mut self.paid_through,
            "PROBLEM" => &mut self.problem,
            "PAYMENT_TYPE" => &mut self.payment_type,
            "PAYMENT_DAY" => &mut self.payment_day,
            "BROKER_NOTE" => &mut self.broker_note,
            _ => return None,
        })
    }

    fn or(self, other: Self) -> Self {
        Self {
            module: self.module.or(other.module),
            number: self.number.or(other.number),
            member_id: self.member_id.or(other.member_id),
            company: self.company.or(other.company),
            broker: self.broker.or(other.broker),
            status: self.status.or(other.status),
            effective_date: self.effective_date.or(other.effective_date),
            termination_date: self.termination_date.or(other.termination_date),
            paid_through: self.paid_through.or(other.paid_through),
            problem: self.problem.or(other.problem),
            payment_type: self.payment_type.or(other.payment_type),
            payment_day: self.payment_day.or(other.payment_day),
            broker_note: self.broker_note.or(other.broker_note),
        }
    }
}

impl ReconciliationConfig {
    /// The fields of the CRM's orders. Four of them nobody can guess: each has to be named, or said not to be there with
    /// an empty text, since without them paid orders would be listed that somebody has already dealt with.
    pub(crate) fn order_fields(&self) -> Result<OrderFields, ConfigError> {
        let named = |field: &Option<String>, key| said(field.clone(), key);
        let optional = |field: &Option<String>, key| {
            named(field, key).map(|name| (!name.is_empty() && name != NO_FIELD).then(|| name.into()))
        };
        let fields = &self.fields;
        Ok(OrderFields {
            module: named(&fields.module, "reconciliation.fields.module")?.into(),
            number: named(&fields.number, "reconciliation.fields.number")?.into(),
            member_id: named(&fields.member_id, "reconciliation.fields.member_id")?.into(),
            company: named(&fields.company, "reconciliation.fields.company")?.into(),
            broker: named(&fields.broker, "reconciliation.fields.broker")?.into(),
            status: named(&fields.status, "reconciliation.fields.status")?.into(),
            effective_date: named(&fields.effective_date, "reconciliation.fields.effective_date")?.into(),
            termination_date: named(&fields.termination_date, "reconciliation.fields.termination_date")?
                .into(),
            paid_through: named(&fields.paid_through, "reconciliation.fields.paid_through")?.into(),
            problem: optional(&fields.problem, "reconciliation.fields.problem")?,
            payment_type: optional(&fields.payment_type, "reconciliation.fields.payment_type")?,
            payment_day: optional(&fields.payment_day, "reconciliation.fields.payment_day")?,
            broker_note: optional(&fields.broker_note, "reconciliation.fields.broker_note")?,
        })
    }
}

impl ViewSection {
    fn resolve(
        self,
        beside: &Path,
        database: Option<&DatabaseConnection>,
    ) -> Result<ViewConfig, ConfigError> {
        let url = secret(self.url, self.url_file, beside)?;
        let url = url.or_else(|| database.map(DatabaseConnection::url));
        Ok(ViewConfig {
            url: said(url, "reconciliation.view.url")?,
            name: said(self.name, "reconciliation.view.name")?,
            columns: self.columns,
        })
    }
}

impl CompanySection {
    pub(super) fn resolve(self, beside: &Path) -> Result<CompanyConfig, ConfigError> {
        Ok(CompanyConfig {
            file: self.file.map(|file| beside.join(file)),
            definition: self.definition,
            password: secret(self.password, self.password_file, beside)?,
            settings: self.settings.iter().map(|(name, value)| (name.clone(), super::plain(value))).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(section: ReconciliationSection) -> ReconciliationConfig {
        section.resolve(Path::new(""), &ServiceConfig::default(), Lacks::Refused).unwrap()
    }

    #[test]
    fn the_reference_installation_reads() {
        let reference: Reference = toml::from_str(REFERENCE).unwrap();
        assert_eq!(reference.fields.paid_through.as_deref(), Some("cf_2261"));
        assert_eq!(reference.brokers.len(), 2);
    }

    #[test]
    fn fields_that_nobody_can_guess_have_to_be_named() {
        let section: ReconciliationSection =
            toml::from_str("[fields]\nproblem = \"cf_1\"\nmember_id = \"cf_2\"").unwrap();
        let config = resolved(section);
        let error = config.order_fields().unwrap_err();
        assert!(error.to_string().contains("reconciliation.fields.payment_type"), "{error}");
        let text =
            "[fields]\nproblem = \"cf_1\"\npayment_type = \"cf_2\"\npayment_day = \"\"\nbroker_note = \"\"";
        let section: ReconciliationSection = toml::from_str(text).unwrap();
        let fields = resolved(section).order_fields().unwrap();
        assert_eq!(fields.problem, Some("cf_1".into()));
        assert_eq!((fields.payment_day, fields.member_id), (None, "cf_2119".into()));
    }
}
