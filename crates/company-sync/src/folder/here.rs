//! What this installation goes by now: every layer of its configuration, and what its store keeps.

use std::collections::{BTreeMap, BTreeSet};

use cs_engine::scheduler::Wish;
use cs_ports::{MappingStore, Schedule, SettingsStore, TaskStore, Work};
use toml::Table;

use super::{Folder, Scheduled};
use crate::companies::{self, Origin};
use crate::config::{Config, Kept, Lacks, Layers, NO_FIELD, PLACEHOLDER};
use crate::failure::CommandError;
use crate::mappings::Editions;
use crate::office::catalogue::{self, Known};
use crate::office::change::as_pages_write;
use crate::office::{kept, settings};

/// This installation, as it is when somebody looks.
pub(crate) struct Here<'l> {
    pub(super) layers: &'l Layers,
    /// How often settings were changed.
    pub(super) revision: i64,
    pub(super) kept: Kept,
    pub(super) config: Config,
    /// The texts of mappings that run, by name.
    pub(super) mappings: BTreeMap<String, String>,
    /// The mappings that a file of the configuration fixes, with the file.
    pub(super) fixed: BTreeMap<String, String>,
    pub(super) companies: BTreeMap<String, Definition>,
    pub(super) schedules: Vec<Schedule>,
    /// The mappings that are retired.
    pub(super) retired: BTreeSet<String>,
}

/// A company's definition, and where it comes from.
pub(super) struct Definition {
    pub(super) text: String,
    pub(super) file: String,
    pub(super) origin: Origin,
}

impl<'l> Here<'l> {
    /// Looks. A system that is described in part counts as not configured: what is imported may complete it.
    pub(crate) async fn look<S>(layers: &'l Layers, store: &S) -> Result<Self, CommandError>
    where
        S: SettingsStore + MappingStore + TaskStore,
    {
        let (revision, kept) = kept::read(store, layers, &layers.data_dir()).await?;
        let config = layers.resolve(&kept, Lacks::Forgiven)?;
        let editions = Editions::read(&config, store).await?;
        let (mut mappings, mut fixed) = (BTreeMap::new(), BTreeMap::new());
        for name in editions.known() {
            mappings.insert(name.clone(), editions.source(&name)?.text);
            let file = editions.fixed_by(&name).map(|file| (name.clone(), file.display().to_string()));
            fixed.extend(file);
        }
        let companies = companies::all(&config)?.into_iter();
        let companies = companies.map(|(key, companies::Known { text, file, origin, .. })| {
            (key, Definition { text, file, origin })
        });
        let (companies, schedules) = (companies.collect(), store.schedules().await?);
        let retired = store.retired_mappings().await?.into_iter();
        let retired = retired.map(|one| one.mapping.as_str().to_owned()).collect();
        Ok(Self { layers, revision, kept, config, mappings, fixed, companies, schedules, retired })
    }

    /// As a folder says it.
    pub(crate) fn folder(&self) -> Folder {
        let all = self.catalogue();
        let companies = self.companies.iter().map(|(key, known)| (key.clone(), known.text.clone()));
        Folder {
            settings: Some(said(&all, self.layers, &self.kept.document)),
            secrets: self.secrets(&all),
            schedules: Some(self.schedules.iter().filter_map(scheduled).collect()),
            retired: self.retired.clone(),
            companies: companies.collect(),
            mappings: self.mappings.clone(),
        }
    }

    /// The files of a folder that says so, by their paths in it.
    pub(crate) fn written(&self) -> Result<BTreeMap<String, String>, CommandError> {
        let written = super::export::written(&self.folder(), &self.catalogue());
        written.map_err(|error| CommandError::Broken(Box::new(error)))
    }

    /// Every setting there is.
    fn catalogue(&self) -> Vec<Known> {
        catalogue::all(&Editions::of_files(&self.config).with(&self.mappings))
    }

    fn secrets(&self, all: &[Known]) -> BTreeSet<String> {
        let is_set = |key: &str| {
            let plain = crate::config::document::at(&self.kept.document, key).is_some();
            plain || self.kept.secrets.contains_key(key) || self.layers.fixed_by(key).is_some()
        };
        let secrets = all.iter().filter(|known| known.form.is_secret() && is_set(&known.key));
        secrets.map(|known| known.key.clone()).collect()
    }
}

/// What all layers say of each setting that is no secret, as pages write it.
pub(super) fn said(all: &[Known], layers: &Layers, document: &Table) -> BTreeMap<String, String> {
    let text = |known: &Known| {
        let value = layers.value(document, &known.key)?;
        let text = as_pages_write(&known.form, &settings::written(&value, &known.form));
        // An empty name is how files say that the CRM has no such field.
        let empty = known.key.starts_with("reconciliation.fields.").then(|| NO_FIELD.to_owned());
        if text.is_empty() { empty } else { Some(text).filter(|text| text != PLACEHOLDER) }
    };
    let open = all.iter().filter(|known| !known.form.is_secret());
    open.filter_map(|known| Some((known.key.clone(), text(known)?))).collect()
}

/// A schedule of a mapping by its name; there are no others.
pub(super) fn scheduled(schedule: &Schedule) -> Option<(String, Scheduled)> {
    let Work::Sync { mapping, .. } = &schedule.work else { return None };
    let scheduled = Scheduled { mapping: mapping.clone(), wish: Wish::of(schedule) };
    Some((schedule.name.clone(), scheduled))
}
