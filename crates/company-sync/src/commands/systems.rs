//! `systems`: which VTiger and which Frappe the store belongs to, and accepting that one of them has moved.

use cs_domain::System;
use serde_json::json;

use super::configuration;
use crate::belonging::configured;
use crate::cli::{Global, SystemsCommand};
use crate::config::Config;
use crate::failure::{CommandError, Outcome};
use crate::render::line;
use crate::wiring::{existing_store, wire};

/// Runs `systems ...`.
pub(crate) async fn run(global: &Global, command: &SystemsCommand) -> Result<Outcome, CommandError> {
    let config = configuration(global).await?;
    // Nothing is made where there is nothing: a store that was never used belongs to nobody.
    existing_store(&config.data_dir).await?.close().await;
    if matches!(command, SystemsCommand::Accept) {
        wire(&config, Vec::new()).await?.pair(&config).accept().await?;
    }
    show(global, &config).await
}

async fn show(global: &Global, config: &Config) -> Result<Outcome, CommandError> {
    let store = existing_store(&config.data_dir).await?;
    let known = store.systems().await?;
    let configured = configured(config);
    for system in [System::Vtiger, System::Frappe] {
        let (known, configured) = (known.get(&system), configured.get(&system));
        let address = known.map(|known| known.address.as_str());
        let zone = known.and_then(|known| known.time_zone.as_deref());
        line(&if global.json {
            json!({ "system": system, "address": address, "configured": configured, "time_zone": zone })
                .to_string()
        } else {
            let belongs = address.unwrap_or("not used with one yet");
            let zone = zone.map_or_else(String::new, |zone| format!(", times in {zone}"));
            let other = configured.filter(|configured| address.is_some_and(|known| known != *configured));
            let other = other.map_or_else(String::new, |other| format!("; configured is {other}"));
            format!("{:<8}{belongs}{zone}{other}", system.to_string())
        })?;
    }
    Ok(Outcome::Done)
}
