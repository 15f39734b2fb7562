//! Sending JSON to an address of the agency's.

use std::time::Duration;

use serde_json::Value;

/// How long the other side may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sends it; any answer but a good one is an error.
pub(crate) async fn post(url: &str, message: &Value) -> Result<(), reqwest::Error> {
    // Whoever is first installs the provider for the process; the answer is the same for all.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().timeout(PATIENCE).build()?;
    client.post(url).json(message).send().await?.error_for_status()?;
    Ok(())
}
