//! One module a command: takes what was typed, makes one call, renders what comes back.

pub(crate) mod backup;
pub(crate) mod check;
pub(crate) mod companies;
pub(crate) mod config;
pub(crate) mod conflicts;
pub(crate) mod demo;
mod dry_run;
pub(crate) mod findings;
pub(crate) mod links;
pub(crate) mod log;
pub(crate) mod mapping;
pub(crate) mod reconcile;
pub(crate) mod runs;
pub(crate) mod sandbox;
pub(crate) mod serve;
pub(crate) mod simulate;
pub(crate) mod sync;
pub(crate) mod systems;
pub(crate) mod undo;
pub(crate) mod users;

use std::path::PathBuf;
use std::sync::Arc;

use cs_store::SqliteStore;
use jiff::tz::TimeZone;

use crate::cli::Global;
use crate::config::{Config, Environment, Flags, Kept, Lacks, Layers};
use crate::failure::CommandError;
use crate::office::{self, Seal};

/// What this command line says of the configuration.
fn flags(global: &Global) -> Flags {
    Flags {
        file: global.config.clone(),
        data_dir: global.data_dir.clone(),
        extensions: Arc::clone(&global.extensions),
    }
}

/// Where the store is that this command line leads to. The store itself is not read: it may be what is to be mended.
fn data_dir(global: &Global) -> Result<PathBuf, CommandError> {
    let layers = Layers::read(&flags(global), &Environment::of_process())?;
    // A misspelt variable is refused here, too: it may have been meant to say where.
    Ok(layers.resolve(&Kept::default(), Lacks::Forgiven)?.data_dir)
}

/// Where the agency is: its clocks are those that people read. Secrets are not opened for that, whose key may be lost.
async fn zone(global: &Global, store: &SqliteStore) -> Result<TimeZone, CommandError> {
    let layers = Layers::read(&flags(global), &Environment::of_process())?;
    let kept = Kept { document: office::kept::document(store).await?.1, ..Kept::default() };
    Ok(layers.resolve(&kept, Lacks::Forgiven)?.zone)
}

/// The key of this installation's secrets.
fn sealed_by(global: &Global) -> Result<Seal, CommandError> {
    let layers = Layers::read(&flags(global), &Environment::of_process())?;
    Ok(Seal::new(&layers, &layers.data_dir())?)
}

/// The configuration that this command line leads to; what people set on pages is its lowest layer.
async fn configuration(global: &Global) -> Result<Config, CommandError> {
    office::load(&flags(global), &Environment::of_process()).await
}
