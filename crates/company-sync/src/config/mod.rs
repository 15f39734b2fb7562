//! Configuration: what people set on pages, then a file, then the environment, then flags; each may overrule the one before.

pub(crate) mod document;
mod environment;
mod error;
mod file;
mod layers;
mod reconciliation;
mod service;
mod template;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cs_domain::Settings;
use jiff::tz::TimeZone;
use secrecy::SecretString;

pub(crate) use environment::Environment;
pub(crate) use error::ConfigError;
pub(crate) use file::position;
pub(crate) use layers::{Kept, Lacks, Layers};
pub(crate) use reconciliation::{
    CompanyConfig, NO_FIELD, ReconciliationConfig, ViewConfig, reference_fields,
};
pub(crate) use service::{
    DatabaseConnection, Email, EmailSecurity, MOST_ATTEMPTS, MOST_MINUTES, Notifications, SandboxConfig,
    ServiceConfig, TASK_LIMITS,
};
pub(crate) use template::TEMPLATE;

use crate::extensions::Extensions;
use file::ConfigFile;

/// The name of the configuration file where none is given.
pub(crate) const FILE_NAME: &str = "company-sync.toml";

/// What the flags of a command line say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    /// `--config`.
    pub(crate) file: Option<PathBuf>,
    /// `--data-dir`.
    pub(crate) data_dir: Option<PathBuf>,
    /// What the program was built with.
    pub(crate) extensions: Arc<Extensions>,
}

/// Everything an installation says about itself.
#[derive(Debug)]
pub(crate) struct Config {
    /// Where the store lives.
    pub(crate) data_dir: PathBuf,
    /// Where the agency is.
    pub(crate) zone: TimeZone,
    /// How to reach VTiger, where that was said.
    pub(crate) vtiger: Option<Vtiger>,
    /// How to reach Frappe, where that was said.
    pub(crate) frappe: Option<Frappe>,
    /// What is said of mappings, by name.
    pub(crate) mappings: BTreeMap<String, MappingConfig>,
    /// What is said of reconciliation.
    pub(crate) reconciliation: ReconciliationConfig,
    /// What is said of companies, by key.
    pub(crate) companies: BTreeMap<String, CompanyConfig>,
    /// What the service is to be like.
    pub(crate) service: ServiceConfig,
    /// The file this came from, where there was one.
    pub(crate) source: Option<PathBuf>,
    /// What the program was built with.
    pub(crate) extensions: Arc<Extensions>,
}

/// How to reach VTiger.
#[derive(Debug)]
pub(crate) struct Vtiger {
    /// The connector of this program's own that is to be used in place of VTiger's.
    pub(crate) connector: Option<String>,
    pub(crate) url: String,
    pub(crate) user: String,
    pub(crate) access_key: SecretString,
    pub(crate) requests_per_minute: Option<u32>,
    pub(crate) concurrency: Option<usize>,
    pub(crate) time_zone: Option<TimeZone>,
}

/// How to reach Frappe.
#[derive(Debug)]
pub(crate) struct Frappe {
    pub(crate) url: String,
    pub(crate) api_key: String,
    pub(crate) api_secret: SecretString,
    pub(crate) site: Option<String>,
    pub(crate) time_zone: Option<String>,
    pub(crate) requests_per_second: Option<NonZeroU32>,
    pub(crate) concurrency: Option<usize>,
}

/// What is said of one mapping.
#[derive(Clone, Debug, Default)]
pub(crate) struct MappingConfig {
    /// A file of one's own in place of the shipped one.
    pub(crate) file: Option<PathBuf>,
    /// The values the mapping asks for.
    pub(crate) settings: Settings,
    /// The environment variables that said a setting, by setting; the file said the others.
    pub(crate) variables: BTreeMap<String, String>,
}

/// What stands in the template where a value has to be filled in; it says nothing.
pub(crate) const PLACEHOLDER: &str = "...";

impl Config {
    /// Reads the file, then the environment, then the flags; without what people set on pages.
    #[cfg(test)]
    pub(crate) fn load(flags: &Flags, environment: &Environment) -> Result<Self, ConfigError> {
        Layers::read(flags, environment)?.resolve(&Kept::default(), Lacks::Refused)
    }

    fn resolve(
        file: ConfigFile,
        source: Option<PathBuf>,
        extensions: Arc<Extensions>,
        lacks: Lacks,
    ) -> Result<Self, ConfigError> {
        let beside = source.as_deref().and_then(Path::parent).map(Path::to_path_buf).unwrap_or_default();
        let zone = match &file.time_zone {
            Some(name) => zone("time_zone", name)?,
            None => TimeZone::try_system().unwrap_or(TimeZone::UTC),
        };
        let mappings = file.mapping.into_iter().map(|(name, section)| {
            let settings = section.settings.into_iter().map(|(key, value)| (key, plain(&value)));
            let mapping = MappingConfig {
                file: section.file.map(|path| beside.join(path)),
                settings: settings.filter(|(_, value)| value != PLACEHOLDER).collect(),
                variables: section.variables,
            };
            (name, mapping)
        });
        let companies = file.companies.into_iter();
        let companies = companies.map(|(key, section)| Ok((key, section.resolve(&beside)?)));
        let database = lacks.forgive(file.database.map(|section| section.resolve(&beside)).transpose())?;
        let service = ServiceConfig {
            language: file.language.unwrap_or(cs_companies::Language::En),
            public_url: file.public_url,
            notifications: file.notifications.resolve(&beside, lacks)?,
            retention_days: file.retention.days(),
            hints: file.hints.resolve(&beside)?,
            tasks: file.tasks.limits(),
            set_up: file.setup.is_finished(),
            sandbox: file.sandbox,
            database,
        };
        Ok(Self {
            reconciliation: file.reconciliation.resolve(&beside, &service, lacks)?,
            companies: companies.collect::<Result<_, ConfigError>>()?,
            data_dir: file.data_dir.map_or_else(default_data_dir, |path| beside.join(path)),
            zone,
            vtiger: lacks.forgive(file.vtiger.map(|section| section.resolve(&beside)).transpose())?,
            frappe: lacks.forgive(file.frappe.map(|section| section.resolve(&beside)).transpose())?,
            mappings: mappings.collect(),
            service,
            source,
            extensions,
        })
    }
}

impl Config {
    /// The address of VTiger's database: the one that is named, else the one that keeps a view for reconciliations.
    pub(crate) fn database(&self) -> Option<SecretString> {
        let named = self.service.database.as_ref().map(DatabaseConnection::url);
        named.or_else(|| self.reconciliation.view.as_ref().map(|view| view.url.clone()))
    }
}

/// `time_zone = "America/Bogota"` as a zone.
fn zone(key: &'static str, name: &str) -> Result<TimeZone, ConfigError> {
    TimeZone::get(name).map_err(|source| ConfigError::Zone { key, name: name.to_owned(), source })
}

/// A setting's value as text, whatever TOML type it was written in: `2026-01-01` needs no quotes.
fn plain(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn default_data_dir() -> PathBuf {
    let home = std::env::var_os("XDG_DATA_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share")));
    home.unwrap_or_default().join("company-sync")
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn load(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        std::fs::write(&path, text).unwrap();
        let flags = Flags { file: Some(path), ..Flags::default() };
        Config::load(&flags, &Environment::of(variables))
    }

    const BOTH: &str = r#"
        data_dir = "data"
        time_zone = "America/Bogota"
        [vtiger]
        url = "https://crm.example.test"
        user = "sync"
        access_key = "from-file"
        [mapping.policy.settings]
        sales_from = 2026-01-01
    "#;

    #[test]
    fn the_environment_overrules_the_file_and_flags_overrule_both() {
        let variables = [
            ("COMPANY_SYNC_VTIGER_ACCESS_KEY", "from-environment"),
            ("COMPANY_SYNC_MAPPING_POLICY_ITEM_GROUP", "Planes"),
        ];
        let config = load(BOTH, &variables).unwrap();
        let vtiger = config.vtiger.unwrap();
        assert_eq!(vtiger.access_key.expose_secret(), "from-environment");
        assert_eq!(vtiger.user, "sync");
        assert!(config.data_dir.ends_with("data") && config.data_dir.is_absolute());
        assert_eq!(config.mappings["policy"].settings["sales_from"], "2026-01-01");
        assert_eq!(config.mappings["policy"].settings["item_group"], "Planes");
        assert_eq!(config.zone, TimeZone::get("America/Bogota").unwrap());
    }

    #[test]
    fn secrets_are_in_no_debug_output() {
        let config = load(BOTH, &[]).unwrap();
        assert!(!format!("{config:?}").contains("from-file"));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let misspelt = load("[vtiger]\nurll = \"x\"", &[]).unwrap_err().to_string();
        assert!(misspelt.contains("company-sync.toml:2:1") && misspelt.contains("urll"), "{misspelt}");
        let missing = load("[vtiger]\nurl = \"x\"\nuser = \"u\"", &[]).unwrap_err().to_string();
        assert!(missing.contains("vtiger.access_key"), "{missing}");
        let zone = load("time_zone = \"Bogota\"", &[]).unwrap_err().to_string();
        assert!(zone.contains("Bogota"), "{zone}");
        let number =
            load("", &[("COMPANY_SYNC_VTIGER_REQUESTS_PER_MINUTE", "many")]).unwrap_err().to_string();
        assert!(number.contains("COMPANY_SYNC_VTIGER_REQUESTS_PER_MINUTE"), "{number}");
    }

    #[test]
    fn a_variable_that_nobody_reads_is_refused_with_the_nearest_there_is() {
        for (variable, near) in [
            ("COMPANY_SYNC_VTIGER_ULR", "did you mean `VTIGER_URL`?"),
            ("COMPANY_SYNC_MAPPING_POLCY_COMPANY", "did you mean `MAPPING_POLICY_COMPANY`?"),
        ] {
            let error = load(BOTH, &[(variable, "x")]).unwrap_err();
            assert_eq!(error.code(), "config.unknown_variable");
            assert!(error.to_string().contains(variable), "{error}");
            assert!(error.remedy().contains(near), "{}", error.remedy());
        }
    }

    #[test]
    fn a_variable_finds_a_mapping_whose_name_has_more_than_one_word() {
        let text = "[mapping.crm-west]\nfile = \"west.toml\"\n";
        let config = load(text, &[("COMPANY_SYNC_MAPPING_CRM_WEST_ITEM_GROUP", "Planes")]).unwrap();
        assert_eq!(config.mappings["crm-west"].settings["item_group"], "Planes");
        assert!(!config.mappings.contains_key("crm"));
    }

    #[test]
    fn an_address_with_a_password_is_refused_and_not_repeated() {
        for url in ["https://sync:hush@crm.example.test/x", "hush@crm.example.test", "https://hush@h:1/?q=1"]
        {
            let error = load(BOTH, &[("COMPANY_SYNC_VTIGER_URL", url)]).unwrap_err();
            assert_eq!(error.code(), "config.credentials_in_url");
            assert!(!format!("{error} {error:?} {}", error.remedy()).contains("hush"), "{error}");
        }
        load(BOTH, &[("COMPANY_SYNC_VTIGER_URL", "https://crm.example.test/a@b")]).unwrap();
    }

    #[test]
    fn a_secret_that_is_empty_is_none() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("key"), " \n").unwrap();
        let file = folder.path().join("key").display().to_string();
        let text = "[vtiger]\nurl = \"x\"\nuser = \"u\"\n";
        let error = load(text, &[("COMPANY_SYNC_VTIGER_ACCESS_KEY_FILE", &file)]).unwrap_err();
        assert_eq!((error.code(), error.to_string().contains(&file)), ("config.empty_secret", true));
        let error = load(&format!("{text}access_key = \"\""), &[]).unwrap_err();
        assert_eq!(error.code(), "config.missing");
    }

    #[test]
    fn a_placeholder_says_nothing() {
        let config = load("[mapping.policy.settings]\ncompany = \"...\"\nrate = 1", &[]).unwrap();
        assert_eq!(config.mappings["policy"].settings.keys().collect::<Vec<_>>(), ["rate"]);
    }

    #[test]
    fn a_secret_may_stand_in_a_file_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("key"), "whispered\n").unwrap();
        let path = folder.path().join(FILE_NAME);
        std::fs::write(&path, "[vtiger]\nurl = \"x\"\nuser = \"u\"\naccess_key_file = \"key\"").unwrap();
        let flags = Flags { file: Some(path), ..Flags::default() };
        let config = Config::load(&flags, &Environment::of(&[])).unwrap();
        assert_eq!(config.vtiger.unwrap().access_key.expose_secret(), "whispered");
    }
}
