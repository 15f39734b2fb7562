//! The program's side of the pages: what is configured and how to change it, the two systems themselves, and what companies'
//! definitions know. It fulfils [`cs_web::office::Office`]; each concern has a file of its own.

mod addresses;
pub(crate) mod catalogue;
pub(crate) mod change;
mod deciding;
mod hints;
mod keeping;
pub(crate) mod kept;
mod lists;
mod looking;
mod preparing;
mod probing;
mod pulse;
mod sandbox;
mod sealing;
pub(crate) mod settings;
mod telling;
#[cfg(test)]
mod tests;
mod trying;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use cs_domain::guarded::{self, Numbers};
use cs_domain::mapping::OwnTransforms;
use cs_domain::mapping::drift::Drift;
use cs_domain::{
    Failure, FieldName, Kind, KindSchema, Mapping, MappingName, Record, RecordRef, StandingConflict, System,
    Value,
};
use cs_engine::Preview;
use cs_engine::scheduler::Nudge;
use cs_ports::{FoundFinding, KindAbout};
use cs_store::SqliteStore;
use cs_web::Language;
use cs_web::office::{
    BrokerAbout, CompanyAbout, Connection, Health, HintError, HintSent, Lacking, Lookup, MappingAbout,
    OfficeError, Probe, ReportAbout, RunningMapping, SampleWish, SettingsChange, SettingsTab, TaskLimits,
};

pub(crate) use hints::HINTED;
pub(crate) use kept::load;
pub(crate) use sealing::{Seal, SealError};
pub(crate) use telling::failure;

use crate::belonging;
use crate::config::{Config, Environment, Flags, Kept, Lacks, Layers};
use crate::failure::CommandError;
use crate::mappings::{Editions, Source};
use crate::playground::Playground;
use pulse::Pulse;
use telling::{refused, told};

/// What only the whole program can do for its pages.
pub(crate) struct Office {
    layers: Layers,
    store: Arc<SqliteStore>,
    data_dir: PathBuf,
    current: RwLock<Current>,
    nudge: Nudge,
    /// Held by whoever changes settings: one change is built on the other.
    changing: tokio::sync::Mutex<()>,
    pulse: Arc<Pulse>,
    desk: tokio::sync::Mutex<Option<Arc<looking::Desk>>>,
    sandbox: tokio::sync::Mutex<Option<Playground>>,
    hints: hints::Hints,
}

/// What is configured now.
#[derive(Clone)]
struct Current {
    config: Arc<Config>,
    kept: Arc<Kept>,
    /// How often what is kept was changed by then.
    revision: i64,
}

impl Office {
    /// Where the store of a service with these layers is.
    pub(crate) fn data_dir(flags: &Flags, environment: &Environment) -> Result<PathBuf, CommandError> {
        Ok(Layers::read(flags, environment)?.data_dir())
    }

    /// Puts the layers together. A system that is configured in part counts as not configured: pages complete it. The sandbox
    /// that somebody began with runs again.
    pub(crate) async fn open(
        flags: &Flags,
        environment: &Environment,
        store: Arc<SqliteStore>,
    ) -> Result<Self, CommandError> {
        let layers = Layers::read(flags, environment)?;
        let data_dir = layers.data_dir();
        let (revision, kept) = kept::read(store.as_ref(), &layers, &data_dir).await?;
        let config = Arc::new(layers.resolve(&kept, Lacks::Forgiven)?);
        let current = RwLock::new(Current { config, kept: Arc::new(kept), revision });
        let office = Self {
            layers,
            store,
            data_dir,
            current,
            nudge: Nudge::default(),
            changing: tokio::sync::Mutex::default(),
            pulse: Arc::default(),
            desk: tokio::sync::Mutex::default(),
            sandbox: tokio::sync::Mutex::default(),
            hints: hints::Hints::default(),
        };
        Box::pin(office.resume_sandbox()).await;
        Ok(office)
    }

    /// What is configured now. Whoever begins something asks anew: settings change while the service runs.
    pub(crate) fn config(&self) -> Arc<Config> {
        self.current().config
    }

    /// Is told of every task that is added.
    pub(crate) fn nudged(&self) -> Nudge {
        self.nudge.clone()
    }

    /// A mapping of this name, and what is configured.
    async fn whole(&self, name: &MappingName) -> Result<(Mapping, Arc<Config>), OfficeError> {
        let config = self.config();
        let editions = Editions::read(&config, self.store.as_ref()).await?;
        let job = editions.job(name.as_str(), false).map_err(told)?;
        Ok((job.mapping, config))
    }

    /// The same, as a text of it has it that need not be published.
    async fn worded(
        &self,
        name: &MappingName,
        text: Option<&str>,
    ) -> Result<(Mapping, Arc<Config>), OfficeError> {
        let Some(text) = text else { return self.whole(name).await };
        let config = self.config();
        let editions = Editions::read(&config, self.store.as_ref()).await?;
        let job = editions.trial(name.as_str(), text).map_err(told)?;
        Ok((job.mapping, config))
    }

    fn current(&self) -> Current {
        // What is behind the lock is replaced whole: nobody leaves it half done.
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn stopped(failure: Failure) -> OfficeError {
    OfficeError::Failed { failure, source: None }
}

#[async_trait]
impl cs_web::office::Office for Office {
    async fn is_set_up(&self) -> Result<bool, OfficeError> {
        let config = self.config();
        let elsewhere = ["vtiger.url", "frappe.url"].iter().all(|key| self.layers.fixed_by(key).is_some());
        // Who wrote a file has set up what there is to set up.
        Ok(config.service.set_up || elsewhere)
    }

    async fn finish_setup(&self) -> Result<(), OfficeError> {
        self.note(&[("setup.finished", toml::Value::from(true))]).await
    }

    fn own_transforms(&self) -> OwnTransforms {
        self.config().extensions.transforms.clone()
    }

    async fn running_mapping(&self, mapping: &MappingName) -> Result<Option<RunningMapping>, OfficeError> {
        let config = self.config();
        let editions = Editions::read(&config, self.store.as_ref()).await?;
        let fixed_by = editions.fixed_by(mapping.as_str()).map(|file| file.display().to_string());
        match editions.source(mapping.as_str()) {
            Ok(Source { text, edition, .. }) => Ok(Some(RunningMapping { text, edition, fixed_by })),
            Err(CommandError::NoMapping { .. }) => Ok(None),
            Err(error) => Err(told(error)),
        }
    }

    async fn kind_schema(&self, system: System, kind: &Kind) -> Result<Option<Arc<KindSchema>>, OfficeError> {
        Box::pin(self.described(system, kind)).await
    }

    async fn kinds(&self, system: System) -> Result<Arc<Vec<KindAbout>>, OfficeError> {
        Box::pin(self.listed(system)).await
    }

    async fn newest(
        &self,
        system: System,
        kind: &Kind,
        fields: &[FieldName],
        most: u32,
    ) -> Result<Arc<Vec<Record>>, OfficeError> {
        Box::pin(self.sampled(system, kind, fields, most)).await
    }

    async fn look_for_drift(&self, mapping: &MappingName) -> Result<Vec<Drift>, OfficeError> {
        Box::pin(self.changed(mapping)).await
    }

    async fn accept_drift(&self, mapping: &MappingName) -> Result<(), OfficeError> {
        Box::pin(self.accepted(mapping)).await
    }

    async fn preview(&self, wish: &SampleWish) -> Result<Preview, OfficeError> {
        Box::pin(self.tried(wish)).await
    }

    async fn mappings(&self) -> Result<Vec<MappingAbout>, OfficeError> {
        let config = self.config();
        Ok(lists::all_mappings(&Editions::read(&config, self.store.as_ref()).await?))
    }

    async fn companies(&self) -> Result<Vec<CompanyAbout>, OfficeError> {
        lists::all_companies(&self.config())
    }

    async fn brokers(&self) -> Result<Vec<BrokerAbout>, OfficeError> {
        Ok(lists::all_brokers(&self.config()))
    }

    async fn reviews(&self) -> Result<Vec<String>, OfficeError> {
        Ok(self.config().reconciliation.rules.reviews.clone())
    }

    fn finding_text(&self, finding: &FoundFinding, language: Language) -> String {
        lists::finding_text(finding, language)
    }

    fn finding_kind(&self, kind: &str, language: Language) -> String {
        lists::finding_kind(kind, language)
    }

    async fn inspect_report(
        &self,
        company: &str,
        name: &str,
        bytes: &[u8],
    ) -> Result<ReportAbout, OfficeError> {
        let (config, company, name) = (self.config(), company.to_owned(), name.to_owned());
        let bytes = bytes.to_vec();
        let looked = tokio::task::spawn_blocking(move || lists::inspect(&config, &company, &name, &bytes));
        match looked.await {
            Ok(looked) => looked.map_err(told),
            Err(_) => Err(refused(
                "report.unreadable",
                "the report could not be read to its end",
                "Save it as CSV and try again.",
            )),
        }
    }

    async fn settings(&self) -> Result<Vec<SettingsTab>, OfficeError> {
        let Current { config, kept, .. } = self.current();
        let editions = Editions::read(&config, self.store.as_ref()).await?;
        Ok(settings::tabs(&catalogue::all(&editions), &self.layers, &kept))
    }

    async fn change_settings(
        &self,
        changes: &BTreeMap<String, Option<String>>,
    ) -> Result<SettingsChange, OfficeError> {
        self.change(changes).await
    }

    async fn test(
        &self,
        connection: Connection,
        changes: &BTreeMap<String, Option<String>>,
    ) -> Result<Vec<Probe>, OfficeError> {
        let config = self.with(changes).await?;
        let editions = Editions::read(&config, self.store.as_ref()).await?;
        let probes = Box::pin(probing::test(connection, &editions)).await;
        if changes.is_empty() {
            self.pulse.note(connection, &probes);
        }
        Ok(probes)
    }

    async fn health(&self) -> Vec<Health> {
        self.pulse.health(&self.config())
    }

    async fn lacking(&self, mapping: &MappingName, text: Option<&str>) -> Result<Vec<Lacking>, OfficeError> {
        let (mapping, config) = self.worded(mapping, text).await?;
        let frappe = probing::frappe(&config).map_err(stopped)?;
        let vtiger = probing::vtiger(&config).ok();
        let missing = Box::pin(preparing::missing(&mapping, &frappe, vtiger.as_ref())).await;
        let missing = missing.map_err(|error| told(CommandError::from(error)))?;
        Ok(missing.iter().map(preparing::Missing::shown).collect())
    }

    async fn create_lacking(
        &self,
        mapping: &MappingName,
        text: Option<&str>,
    ) -> Result<Vec<Probe>, OfficeError> {
        let (mapping, config) = self.worded(mapping, text).await?;
        let vtiger = probing::vtiger(&config).ok();
        let make = || probing::frappe(&config);
        let created = Box::pin(preparing::create_all(&mapping, make, vtiger.as_ref())).await;
        // What Frappe said of its fields before holds no more.
        self.desk.lock().await.take();
        Ok(created)
    }

    async fn use_sandbox(&self) -> Result<SettingsChange, OfficeError> {
        Box::pin(self.start_sandbox()).await
    }

    async fn look_up(&self, mapping: &MappingName, record: &RecordRef) -> Result<Lookup, OfficeError> {
        Box::pin(self.sides(mapping, record)).await
    }

    fn address_of(&self, record: &RecordRef) -> Option<String> {
        // An address has the document's name in it, and some are named after numbers that nobody is to see.
        addresses::of(record, &self.config()).filter(|_| !guarded::is_guarded(record))
    }

    async fn typed_value(&self, conflict: &StandingConflict, text: &str) -> Result<Value, OfficeError> {
        Box::pin(self.weighed(conflict, text)).await
    }

    async fn numbers(&self, mapping: &MappingName) -> Numbers {
        let config = self.config();
        let editions = Editions::read(&config, self.store.as_ref()).await;
        // Where the store does not tell, nobody knows, and everything is reduced.
        editions.map_or_else(|_| Numbers::unknown(), |editions| lists::numbers(&editions, mapping))
    }

    fn name_of(&self, system: System) -> String {
        belonging::configured(&self.config()).remove(&system).unwrap_or_else(|| system.to_string())
    }

    fn nudge(&self) {
        self.nudge.nudge();
    }

    async fn hint(&self, sent: HintSent) -> Result<u64, HintError> {
        Box::pin(self.hinted(sent)).await
    }

    fn task_limits(&self) -> TaskLimits {
        self.config().service.tasks
    }
}
