//! The mappings an installation has, and which text of each runs: the file that its configuration names, else the version that
//! was published last, else what came with the program.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use cs_domain::mapping::{
    OwnTransforms, ParsedMapping, Problem, did_you_mean, parse_with, shipped, shipped_text,
};
use cs_domain::{Edition, Mapping, MappingName, Origin};
use cs_engine::{Job, StopSignal};
use cs_ports::{MappingStore, MappingVersion, PublishedMapping, RetiredMapping, StoreError};
use jiff::Timestamp;

use crate::commands::mapping::CatalogueError;
use crate::config::{Config, ConfigError, MappingConfig};
use crate::failure::CommandError;
use crate::render::aside;
use crate::wiring::{existing_store, has_store, unusable};

/// The mapping that runs where nothing else is said.
const DEFAULT: &str = "policy";

/// A text of a mapping.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// What to call it in messages.
    pub(crate) file: String,
    /// The text.
    pub(crate) text: String,
    /// Which text it is.
    pub(crate) edition: Edition,
}

/// Which text of each mapping runs, as things stand: whoever begins something looks anew.
#[derive(Debug)]
pub(crate) struct Editions<'c> {
    config: &'c Config,
    published: BTreeMap<String, PublishedMapping>,
    retired: BTreeMap<String, RetiredMapping>,
}

impl<'c> Editions<'c> {
    /// With what was published in this store.
    pub(crate) async fn read(config: &'c Config, store: &dyn MappingStore) -> Result<Self, StoreError> {
        let latest = store.latest_mappings().await?.into_iter();
        let published = latest.map(|one| (one.version.mapping.as_str().to_owned(), one)).collect();
        let retired = store.retired_mappings().await?.into_iter();
        let retired = retired.map(|one| (one.mapping.as_str().to_owned(), one)).collect();
        Ok(Self { config, published, retired })
    }

    /// With what was published in the configured store, where there is one; none is made.
    pub(crate) async fn at_home(config: &'c Config) -> Result<Self, CommandError> {
        if !has_store(&config.data_dir) {
            return Ok(Self::of_files(config));
        }
        let store = existing_store(&config.data_dir).await?;
        let editions = Self::read(config, &store).await.map_err(unusable(&config.data_dir));
        store.close().await;
        editions
    }

    /// Files alone: where nothing can have been published.
    pub(crate) fn of_files(config: &'c Config) -> Self {
        Self { config, published: BTreeMap::new(), retired: BTreeMap::new() }
    }

    /// As if these texts were published, by name.
    pub(crate) fn with(mut self, texts: &BTreeMap<String, String>) -> Self {
        for (name, text) in texts {
            let version = MappingVersion {
                mapping: MappingName::new(name),
                number: self.published.get(name).map_or(1, |published| published.version.number + 1),
                who: String::new(),
                at: Timestamp::UNIX_EPOCH,
                note: String::new(),
            };
            self.published.insert(name.clone(), PublishedMapping { version, text: text.clone() });
        }
        self
    }

    /// What is configured.
    pub(crate) fn config(&self) -> &'c Config {
        self.config
    }

    /// The names of all mappings there are: shipped ones first, then those of the configuration, then those that were made
    /// here.
    pub(crate) fn known(&self) -> Vec<String> {
        let mut names: Vec<String> = shipped().iter().map(|(name, _)| (*name).to_owned()).collect();
        // A section without a file, for a name that is neither shipped nor made here, is a slip and makes no mapping.
        let own = self.config.mappings.iter().filter(|(_, mapping)| mapping.file.is_some());
        let own: Vec<&String> = own.map(|(name, _)| name).chain(self.published.keys()).collect();
        for name in own {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }

    /// The mappings a command is about: those named; else those the configuration names (`policy` where it names none) and
    /// those that were made here.
    pub(crate) fn wanted(&self, named: &[String]) -> Vec<String> {
        if !named.is_empty() {
            return named.to_vec();
        }
        let mut names: Vec<String> = self.config.mappings.keys().cloned().collect();
        if names.is_empty() {
            names.push(DEFAULT.to_owned());
        }
        let own: Vec<&String> = self.published.keys().filter(|name| !names.contains(name)).collect();
        names.extend(own.into_iter().cloned());
        names
    }

    /// Those of them that run: of what is not named, nothing that is retired.
    pub(crate) fn running(&self, named: &[String]) -> Vec<String> {
        let mut names = self.wanted(named);
        names.retain(|name| !named.is_empty() || self.retired(name).is_none());
        names
    }

    /// That a mapping is retired, where it is.
    pub(crate) fn retired(&self, name: &str) -> Option<&RetiredMapping> {
        self.retired.get(name)
    }

    /// Refuses to begin a run of a retired mapping.
    pub(crate) fn expect_not_retired(&self, name: &str) -> Result<(), CatalogueError> {
        match self.retired(name) {
            Some(retired) => Err(CatalogueError::Retired { retired: retired.clone() }),
            None => Ok(()),
        }
    }

    /// The file that fixes a mapping, where the configuration names one: nothing can be published over it.
    pub(crate) fn fixed_by(&self, name: &str) -> Option<&'c Path> {
        self.config.mappings.get(name)?.file.as_deref()
    }

    /// The text of a mapping that runs.
    pub(crate) fn source(&self, name: &str) -> Result<Source, CommandError> {
        if let Some(file) = self.fixed_by(name) {
            let text = read(file)?;
            let edition = Edition::of(Origin::File, &text);
            return Ok(Source { file: file.display().to_string(), text, edition });
        }
        if let Some(published) = self.published.get(name) {
            let number = published.version.number;
            let edition = Edition::of(Origin::Version(number), &published.text);
            return Ok(Source { file: format!("{name} {number}"), text: published.text.clone(), edition });
        }
        shipped_source(name)
            .ok_or_else(|| CommandError::NoMapping { name: name.to_owned(), known: self.known() })
    }

    /// What is to be run for a mapping.
    pub(crate) fn job(&self, name: &str, full: bool) -> Result<Job, CommandError> {
        let Source { file, text, edition } = self.source(name)?;
        Ok(Job { edition: Some(edition), full, census: full, ..self.prepared(name, &file, &text)? })
    }

    /// What would be run if a mapping said this; it need not be published.
    pub(crate) fn trial(&self, name: &str, text: &str) -> Result<Job, CommandError> {
        self.prepared(name, name, text)
    }

    fn prepared(&self, name: &str, file: &str, text: &str) -> Result<Job, CommandError> {
        let said = self.config.mappings.get(name).cloned().unwrap_or_default();
        let mapping = parsed(&self.config.extensions.transforms, file, text)?.mapping;
        refuse_unknown_settings(self.config, name, &said, &mapping)?;
        Ok(Job {
            mapping,
            edition: None,
            settings: said.settings,
            full: false,
            eager: true,
            census: false,
            approved_deletes: None,
            approved: None,
            zone: self.config.zone.clone(),
            stop: StopSignal::never(),
        })
    }
}

/// The text that came with the program.
pub(crate) fn shipped_source(name: &str) -> Option<Source> {
    let text = shipped_text(name)?;
    let edition = Edition::of(Origin::Shipped, text);
    Some(Source { file: format!("{name}.toml"), text: text.to_owned(), edition })
}

/// Reads a mapping file.
pub(crate) fn read(file: &Path) -> Result<String, CommandError> {
    let failed = |source| CommandError::MappingUnreadable { file: file.display().to_string(), source };
    fs::read_to_string(file).map_err(failed)
}

/// How many mistakes of a file people are shown.
pub(crate) const SHOWN: usize = 20;

/// What is wrong with a mapping file, as compilers write it.
pub(crate) fn told(file: &str, problems: &[Problem]) -> Vec<String> {
    let mut lines: Vec<String> =
        problems.iter().take(SHOWN).map(|problem| problem.render(file).to_string()).collect();
    if problems.len() > SHOWN {
        lines.push(format!("{file}: and {} more", problems.len() - SHOWN));
    }
    lines
}

/// A mapping found to be right; where it is not, what is wrong with it is printed.
pub(crate) fn parsed(own: &OwnTransforms, file: &str, text: &str) -> Result<ParsedMapping, CommandError> {
    parse_with(text, own).map_err(|problems| {
        for line in told(file, &problems) {
            aside(&line);
        }
        CommandError::MappingFile { file: file.to_owned() }
    })
}

/// Refuses settings that the mapping does not declare: a misspelt one would silently not hold.
fn refuse_unknown_settings(
    config: &Config,
    name: &str,
    said: &MappingConfig,
    mapping: &Mapping,
) -> Result<(), ConfigError> {
    let unknown = |setting: &&String| !mapping.settings.contains_key(*setting);
    let Some(setting) = said.settings.keys().find(unknown) else { return Ok(()) };
    let place = said.variables.get(setting).cloned().unwrap_or_else(|| {
        let file = config.source.as_ref().map(|path| format!("{}, ", path.display())).unwrap_or_default();
        format!("{file}[mapping.{name}.settings]")
    });
    let hint = did_you_mean(setting, mapping.settings.keys().map(String::as_str));
    Err(ConfigError::UnknownSetting { mapping: name.to_owned(), setting: setting.clone(), place, hint })
}
