//! The layers of a configuration, the lowest first: what people set on pages, the file, the environment, flags.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use toml::{Table, Value};

use super::document::{at, laid_over, put};
use super::file::ConfigFile;
use crate::extensions::Extensions;

use super::{Config, ConfigError, Environment, FILE_NAME, Flags, default_data_dir, service};

/// What people set on pages: the lowest layer.
#[derive(Clone, Default)]
pub(crate) struct Kept {
    /// The document, without secrets.
    pub(crate) document: Table,
    /// The secrets, by key (`vtiger.access_key`).
    pub(crate) secrets: BTreeMap<String, SecretString>,
}

/// Whether a system that is described in part is an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lacks {
    /// It is: a command could not do its work.
    Refused,
    /// It counts as not configured: a page is there to complete it.
    Forgiven,
}

impl Lacks {
    /// What is described in part, as nothing, where that is forgiven.
    pub(super) fn forgive<T>(
        self,
        described: Result<Option<T>, ConfigError>,
    ) -> Result<Option<T>, ConfigError> {
        match described {
            Err(ConfigError::Missing { .. }) if self == Self::Forgiven => Ok(None),
            described => described,
        }
    }
}

/// The layers above what people set on pages. They do not change while the program runs.
pub(crate) struct Layers {
    file: Table,
    source: Option<PathBuf>,
    environment: Environment,
    data_dir: Option<PathBuf>,
    extensions: Arc<Extensions>,
}

impl Layers {
    /// Reads the file (the one named; else `company-sync.toml` here, if there is one).
    pub(crate) fn read(flags: &Flags, environment: &Environment) -> Result<Self, ConfigError> {
        let source = flags.file.clone().or_else(|| environment.path("CONFIG")).or_else(|| {
            let here = PathBuf::from(FILE_NAME);
            here.exists().then_some(here)
        });
        let file = match &source {
            Some(path) => ConfigFile::read(path)?.1,
            None => Table::new(),
        };
        let data_dir = flags
            .data_dir
            .as_ref()
            .map(|data_dir| std::path::absolute(data_dir).unwrap_or_else(|_| data_dir.clone()));
        let (environment, extensions) = (environment.clone(), Arc::clone(&flags.extensions));
        Ok(Self { file, source, environment, data_dir, extensions })
    }

    /// Where the store is. What people set on pages is in it, and so does not say where.
    pub(crate) fn data_dir(&self) -> PathBuf {
        let said = self.file.get("data_dir").and_then(Value::as_str).map(|path| self.beside().join(path));
        let named = self.environment.path("DATA_DIR").map(|path| std::path::absolute(&path).unwrap_or(path));
        self.data_dir.clone().or(named).or(said).unwrap_or_else(default_data_dir)
    }

    /// What the environment says under a name without prefix.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.environment.all().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// What all layers come to.
    pub(crate) fn resolve(&self, kept: &Kept, lacks: Lacks) -> Result<Config, ConfigError> {
        let mut whole = laid_over(kept.document.clone(), &self.file);
        for (key, secret) in &kept.secrets {
            if self.fixed_by(key).is_none() {
                put(&mut whole, key, Value::from(secret.expose_secret()));
            }
        }
        service::overrule(&mut whole, &self.environment)?;
        // Each layer was found right by itself; what does not fit is the store's document, which may be another version's.
        let mut file: ConfigFile = whole
            .try_into()
            .map_err(|source: toml::de::Error| ConfigError::Kept { message: source.message().to_owned() })?;
        self.environment.overrule(&mut file)?;
        file.data_dir = Some(self.data_dir());
        Config::resolve(file, self.source.clone(), Arc::clone(&self.extensions), lacks)
    }

    /// The file or the variable that says a key, so that what pages set does not hold. A secret may stand in a file of its
    /// own (`vtiger.access_key_file`), a list of names under each of them (`reconciliation.brokers`).
    pub(crate) fn fixed_by(&self, key: &str) -> Option<String> {
        if let Some(variable) = self.environment.names_for(key) {
            return Some(variable);
        }
        let said = at(&self.file, key).is_some() || at(&self.file, &format!("{key}_file")).is_some();
        let source = self.source.as_ref().filter(|_| said)?;
        Some(source.display().to_string())
    }

    /// What all layers say of a key, secrets apart.
    pub(crate) fn value(&self, kept: &Table, key: &str) -> Option<Value> {
        let said = [at(kept, key).cloned(), at(&self.file, key).cloned(), self.environment.said(key)];
        said.into_iter().flatten().reduce(|under, over| match (under, over) {
            (Value::Table(under), Value::Table(over)) => Value::Table(laid_over(under, &over)),
            (_, over) => over,
        })
    }

    fn beside(&self) -> PathBuf {
        self.source.as_deref().and_then(Path::parent).map(Path::to_path_buf).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layers(folder: &Path, file: &str, variables: &[(&str, &str)]) -> Layers {
        let path = folder.join(FILE_NAME);
        std::fs::write(&path, file).unwrap();
        let flags = Flags { file: Some(path), data_dir: Some(folder.join("flags")), ..Flags::default() };
        Layers::read(&flags, &Environment::of(variables)).unwrap()
    }

    fn kept(document: &str, secrets: &[(&str, &str)]) -> Kept {
        let secrets = secrets.iter().map(|(key, secret)| ((*key).to_owned(), (*secret).into()));
        Kept { document: toml::from_str(document).unwrap(), secrets: secrets.collect() }
    }

    #[test]
    fn pages_lie_under_the_file_and_that_under_the_environment_and_that_under_flags() {
        let folder = tempfile::tempdir().unwrap();
        let file = "data_dir = 'file'\n[vtiger]\nurl = 'https://file.example.test'\n[mapping.policy.settings]\nrate = 1";
        let variables = [
            ("COMPANY_SYNC_VTIGER_USER", "environment"),
            ("COMPANY_SYNC_DATA_DIR", "/environment"),
            ("COMPANY_SYNC_RETENTION_DAYS", "90"),
        ];
        let layers = layers(folder.path(), file, &variables);
        let document = "language = 'es'\n[vtiger]\nurl = 'https://pages.example.test'\nuser = 'pages'\nconcurrency = 2\n\
                        [mapping.policy.settings]\nrate = '2'\ncompany = 'Agencia Prueba'\n[retention]\ndays = 30";
        let kept = kept(document, &[("vtiger.access_key", "sealed")]);
        let config = layers.resolve(&kept, Lacks::Refused).unwrap();
        let vtiger = config.vtiger.unwrap();
        assert_eq!((vtiger.url.as_str(), vtiger.user.as_str()), ("https://file.example.test", "environment"));
        assert_eq!((vtiger.concurrency, vtiger.access_key.expose_secret()), (Some(2), "sealed"));
        let settings = &config.mappings["policy"].settings;
        assert_eq!((settings["rate"].as_str(), settings["company"].as_str()), ("1", "Agencia Prueba"));
        assert_eq!(
            (config.service.language, config.service.retention_days),
            (cs_companies::Language::Es, Some(90))
        );
        assert_eq!(config.reconciliation.language, cs_companies::Language::Es, "it speaks as the pages do");
        assert_eq!(
            (config.data_dir, layers.data_dir()),
            (folder.path().join("flags"), folder.path().join("flags"))
        );
        assert_eq!(layers.fixed_by("vtiger.user").as_deref(), Some("COMPANY_SYNC_VTIGER_USER"));
        assert!(layers.fixed_by("vtiger.url").unwrap().ends_with(FILE_NAME));
        assert_eq!(layers.fixed_by("vtiger.concurrency"), None);
    }

    #[test]
    fn a_secret_that_a_file_holds_is_not_the_pages() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("key"), "of the file").unwrap();
        let file = "[vtiger]\nurl = 'https://crm.example.test'\nuser = 'u'\naccess_key_file = 'key'";
        let layers = layers(folder.path(), file, &[]);
        let config = layers.resolve(&kept("", &[("vtiger.access_key", "sealed")]), Lacks::Refused).unwrap();
        assert_eq!(config.vtiger.unwrap().access_key.expose_secret(), "of the file");
    }

    #[test]
    fn what_is_described_in_part_counts_as_nothing_where_that_is_forgiven() {
        let folder = tempfile::tempdir().unwrap();
        let layers = layers(folder.path(), "[vtiger]\nurl = 'https://crm.example.test'", &[]);
        let kept = kept("[frappe]\nurl = 'https://erp.example.test'\n[notifications.email]\nhost = 'h'", &[]);
        assert_eq!(layers.resolve(&kept, Lacks::Refused).unwrap_err().code(), "config.missing");
        let config = layers.resolve(&kept, Lacks::Forgiven).unwrap();
        assert!(config.vtiger.is_none() && config.frappe.is_none());
        assert!(config.service.notifications.email.is_none());
    }

    #[test]
    fn settings_of_another_version_are_refused_without_a_secret_in_the_words() {
        let folder = tempfile::tempdir().unwrap();
        let layers = layers(folder.path(), "", &[]);
        let error = layers.resolve(&kept("[vtiger]\nof_tomorrow = 1", &[]), Lacks::Forgiven).unwrap_err();
        assert_eq!(error.code(), "config.kept");
        let wrong = kept("[vtiger]\nurl = 1", &[("vtiger.access_key", "whispered")]);
        let error = layers.resolve(&wrong, Lacks::Forgiven).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("whispered"), "{error}");
    }
}
