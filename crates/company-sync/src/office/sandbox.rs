//! The sandbox inside the service: started where somebody wants to try first, and again with the service.

use cs_web::office::{OfficeError, SettingsChange};
use toml::Value;

use super::Office;
use super::telling::told;
use crate::cli::Persona;
use crate::config::{Config, SandboxConfig};
use crate::playground::{Playground, Wish};

/// Which agency is invented, and how many Sales Orders it has.
const SEED: u64 = 1;
const ORDERS: usize = 360;

impl Office {
    /// Starts the sandbox and configures it as the two systems. Where it runs already, nothing changes.
    pub(super) async fn start_sandbox(&self) -> Result<SettingsChange, OfficeError> {
        let mut running = self.sandbox.lock().await;
        if running.is_some() {
            return Ok(SettingsChange::default());
        }
        let known = self.config().service.sandbox.clone();
        let wanted =
            known.unwrap_or(SandboxConfig { vtiger_port: 0, frappe_port: 0, seed: SEED, orders: ORDERS });
        let playground = Playground::start(&self.wish(&wanted)).await.map_err(told)?;
        let changes = playground.settings().into_iter().map(|(key, value)| (key, Some(value)));
        let kept = self.change(&changes.collect()).await;
        let change = match kept {
            Ok(change) => change,
            Err(error) => {
                playground.stop().await;
                return Err(error);
            }
        };
        let (vtiger_port, frappe_port) = playground.ports();
        let number = |number: usize| Value::from(i64::try_from(number).unwrap_or(i64::MAX));
        let facts = [
            ("sandbox.vtiger_port", Value::from(i64::from(vtiger_port))),
            ("sandbox.frappe_port", Value::from(i64::from(frappe_port))),
            ("sandbox.seed", Value::from(i64::try_from(wanted.seed).unwrap_or(0))),
            ("sandbox.orders", number(wanted.orders)),
        ];
        self.note(&facts).await?;
        *running = Some(playground);
        Ok(change)
    }

    /// Starts the sandbox again where the configuration still names it. Where its ports are taken by now, both systems are out
    /// of reach, and their health tells.
    pub(super) async fn resume_sandbox(&self) {
        let config = self.config();
        let Some(wanted) = named(&config) else { return };
        match Playground::start(&self.wish(wanted)).await {
            Ok(playground) => *self.sandbox.lock().await = Some(playground),
            Err(error) => tracing::warn!(code = error.code(), "the sandbox does not start: {error}"),
        }
    }

    /// Ends the sandbox, where it runs; what is in it is kept.
    pub(crate) async fn rest(&self) {
        if let Some(playground) = self.sandbox.lock().await.take() {
            playground.stop().await;
        }
    }

    fn wish(&self, wanted: &SandboxConfig) -> Wish<'static> {
        Wish {
            vtiger_port: wanted.vtiger_port,
            frappe_port: wanted.frappe_port,
            persona: Persona::default(),
            seed: wanted.seed,
            orders: wanted.orders,
            faults: None,
            bare: false,
            // The store remembers links to what is in it.
            kept: Some(self.data_dir.join("sandbox.json")),
        }
    }
}

/// The sandbox that the configuration names, where the systems are still it.
fn named(config: &Config) -> Option<&SandboxConfig> {
    let sandbox = config.service.sandbox.as_ref()?;
    let is_it = |url: Option<&str>, port: u16| {
        url.is_some_and(|url| url.trim_end_matches('/').ends_with(&format!(":{port}")))
    };
    let vtiger = is_it(config.vtiger.as_ref().map(|vtiger| vtiger.url.as_str()), sandbox.vtiger_port);
    let frappe = is_it(config.frappe.as_ref().map(|frappe| frappe.url.as_str()), sandbox.frappe_port);
    (vtiger && frappe).then_some(sandbox)
}
