//! Alerts as a request to an address of the agency's: a chat's incoming hook, an automation.

use std::time::Duration;

use super::Alert;

/// How long the other side may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sends one alert as JSON.
pub(super) async fn send(url: &str, alert: &Alert) -> Result<(), reqwest::Error> {
    // Whoever is first installs the provider for the process; the answer is the same for all.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().timeout(PATIENCE).build()?;
    client.post(url).json(alert).send().await?.error_for_status()?;
    Ok(())
}
