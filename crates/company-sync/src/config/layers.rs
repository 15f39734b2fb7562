//! The layers of a configuration, the lowest first: what people set on pages, the file, the environment, flags.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use toml::{Table, Value};

use super::document::{at, laid_over, put};
use super::environment::PREFIX;
use super::file::ConfigFile;
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
        Ok(Self { file, source, environment: environment.clone(), data_dir })
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
        Config::resolve(file, self.source.clone(), lacks)
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

    /// What all layers say of a key, secrets apart. Of a list that has a variable for each entry, variables are left out.
    pub(crate) fn value(&self, kept: &Table, key: &str) -> Option<Value> {
        let named = self.environment.names_for(key).and_then(|name| {
            let name = name.strip_prefix(PREFIX)?;
            self.variable(name).filter(|_| !name.ends_with("_FILE")).map(Value::from)
        });
        match (at(kept, key), at(&self.file, key)) {
            (Some(Value::Table(under)), Some(Value::Table(over))) => {
                Some(Value::Table(laid_over(under.clone(), over)))
            }
            (under, over) => named.or_else(|| over.or(under).cloned()),
        }
    }

    fn beside(&self) -> PathBuf {
        self.source.as_deref().and_then(Path::parent).map(Path::to_path_buf).unwrap_or_default()
    }
}
