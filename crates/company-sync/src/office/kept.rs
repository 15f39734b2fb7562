//! What people set on pages, as the store keeps it: a document of the shape of `company-sync.toml`, and sealed secrets.

use std::collections::BTreeMap;
use std::path::Path;

use cs_ports::{KeptSettings, SealedSecret, SettingsStore, StoreError};
use toml::Table;

use super::sealing::Seal;
use crate::config::{Config, ConfigError, Environment, Flags, Kept, Lacks, Layers};
use crate::failure::CommandError;
use crate::wiring::{existing_store, has_store, unusable};

/// The configuration that a command line leads to, with what people set on pages where there is a store.
pub(crate) async fn load(flags: &Flags, environment: &Environment) -> Result<Config, CommandError> {
    let layers = Layers::read(flags, environment)?;
    let data_dir = layers.data_dir();
    let kept = if has_store(&data_dir) {
        let store = existing_store(&data_dir).await?;
        let read = read(&store, &layers, &data_dir).await;
        store.close().await;
        // What goes wrong here is the store's, and the store is a file.
        let read = read.map_err(|error| match error {
            CommandError::Store(source) => unusable(&data_dir)(source),
            other => other,
        });
        read?.1
    } else {
        Kept::default()
    };
    Ok(layers.resolve(&kept, Lacks::Refused)?)
}

/// What the store keeps apart from secrets, and how often it was changed.
pub(crate) async fn document(store: &dyn SettingsStore) -> Result<(i64, Table), CommandError> {
    let KeptSettings { revision, text } = store.settings().await?;
    let read = toml::from_str(&text);
    let read = read.map_err(|source| ConfigError::Kept { message: source.message().to_owned() })?;
    Ok((revision, read))
}

/// Removes all secrets, whether or not anybody has their key, as one change of the settings, which a service that runs takes.
/// Answers their names.
pub(crate) async fn forget_secrets(store: &dyn SettingsStore) -> Result<Vec<String>, StoreError> {
    loop {
        let kept = store.settings().await?;
        let names = store.secret_names().await?;
        let none: Vec<SealedSecret> = names.iter().map(|name| (name.clone(), None)).collect();
        // Where somebody changes settings in between, it is done again on what they left.
        if names.is_empty() || store.put_settings(kept.revision, &kept.text, &none).await? {
            return Ok(names);
        }
    }
}

/// What the store keeps, and how often it was changed. The key of secrets is asked for where there are some.
pub(crate) async fn read(
    store: &dyn SettingsStore,
    layers: &Layers,
    data_dir: &Path,
) -> Result<(i64, Kept), CommandError> {
    let (revision, document) = document(store).await?;
    let names = store.secret_names().await?;
    let mut secrets = BTreeMap::new();
    if !names.is_empty() {
        let seal = Seal::new(layers, data_dir)?;
        for name in names {
            let Some(sealed) = store.secret(&name).await? else { continue };
            let opened = seal.open(&name, &sealed)?;
            secrets.insert(name, opened);
        }
    }
    Ok((revision, Kept { document, secrets }))
}
