//! Keeping what people set on pages: in the store, sealed where it is secret, and from then on what is configured.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use cs_ports::{SealedSecret, SettingsStore};
use cs_web::office::{OfficeError, SettingsChange};
use secrecy::SecretString;
use toml::Value;

use super::change::{AskedBy, Changed, Changes, worked_out};
use super::sealing::Seal;
use super::telling::{refused, told};
use super::{Current, Office, catalogue, kept};
use crate::config::document::put;
use crate::config::{Config, Kept, Lacks};
use crate::failure::CommandError;
use crate::mappings::Editions;

impl Office {
    /// Changes settings, all of them or none.
    pub(super) async fn change(&self, changes: &Changes) -> Result<SettingsChange, OfficeError> {
        let _alone = self.changing.lock().await;
        let (revision, kept) = self.kept().await?;
        // Settings follow from the configuration: what a mapping's file asks for, what companies there are.
        let config = self.layers.resolve(&kept, Lacks::Forgiven).map_err(told)?;
        let Changed { kept: after, secrets, config, told, .. } =
            worked_out(&self.catalogue(&config).await?, &self.layers, &kept, changes, AskedBy::Page)
                .map_err(|slips| OfficeError::Invalid { slips })?;
        if !told.after.is_empty() {
            self.keep(revision, after, secrets, config).await?;
        }
        Ok(told)
    }

    /// What would be configured with these changes. Nothing is kept.
    pub(super) async fn with(&self, changes: &Changes) -> Result<Config, OfficeError> {
        let Current { config, kept, .. } = self.current();
        let changed =
            worked_out(&self.catalogue(&config).await?, &self.layers, &kept, changes, AskedBy::Page);
        Ok(changed.map_err(|slips| OfficeError::Invalid { slips })?.config)
    }

    /// Notes something in the settings that pages do not ask for.
    pub(super) async fn note(&self, facts: &[(&str, Value)]) -> Result<(), OfficeError> {
        let _alone = self.changing.lock().await;
        let (revision, mut kept) = self.kept().await?;
        for (key, value) in facts {
            put(&mut kept.document, key, value.clone());
        }
        let config = self.layers.resolve(&kept, Lacks::Forgiven).map_err(told)?;
        self.keep(revision, kept, BTreeMap::new(), config).await
    }

    /// Every setting there is.
    async fn catalogue(&self, config: &Config) -> Result<Vec<catalogue::Known>, OfficeError> {
        Ok(catalogue::all(&Editions::read(config, self.store.as_ref()).await?))
    }

    async fn kept(&self) -> Result<(i64, Kept), OfficeError> {
        kept::read(self.store.as_ref(), &self.layers, &self.data_dir).await.map_err(told)
    }

    async fn keep(
        &self,
        revision: i64,
        kept: Kept,
        secrets: BTreeMap<String, Option<SecretString>>,
        config: Config,
    ) -> Result<(), OfficeError> {
        // Whatever can fail by itself comes first, so that nothing is kept in part.
        let sealed = self.sealed(&secrets)?;
        let text = toml::to_string_pretty(&kept.document).map_err(|_| unwritable())?;
        if !self.store.put_settings(revision, &text, &sealed).await? {
            return Err(refused(
                "settings.changed",
                "somebody else changed settings at the same time",
                "Look at them again, then change what is left to change.",
            ));
        }
        self.take(Current { config: Arc::new(config), kept: Arc::new(kept), revision: revision + 1 });
        Ok(())
    }

    /// Takes what somebody else kept since: `config import`, another process on the same store. Answers whether there was any.
    pub(crate) async fn follow(&self) -> Result<bool, CommandError> {
        if self.store.settings().await?.revision == self.current().revision {
            return Ok(false);
        }
        let _alone = self.changing.lock().await;
        let (revision, kept) = kept::read(self.store.as_ref(), &self.layers, &self.data_dir).await?;
        if revision == self.current().revision {
            return Ok(false);
        }
        let config = self.layers.resolve(&kept, Lacks::Forgiven)?;
        self.take(Current { config: Arc::new(config), kept: Arc::new(kept), revision });
        Ok(true)
    }

    /// From now on this is what is configured.
    fn take(&self, new: Current) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = new;
        self.pulse.forget();
    }

    fn sealed(
        &self,
        secrets: &BTreeMap<String, Option<SecretString>>,
    ) -> Result<Vec<SealedSecret>, OfficeError> {
        if secrets.is_empty() {
            return Ok(Vec::new());
        }
        let seal = Seal::new(&self.layers, &self.data_dir).map_err(told)?;
        let sealed = |(name, secret): (&String, &Option<SecretString>)| {
            let sealed = secret.as_ref().map(|secret| seal.seal(name, secret)).transpose()?;
            Ok((name.clone(), sealed))
        };
        secrets.iter().map(sealed).collect::<Result<_, _>>().map_err(|error: super::SealError| told(error))
    }
}

fn unwritable() -> OfficeError {
    refused(
        "settings.unwritable",
        "the settings cannot be written down",
        "This is a defect of the program: please report it.",
    )
}
