//! Alerts as a request to an address of the agency's: a chat's incoming hook, an automation.

use std::time::Duration;

use cs_web::Notice;
use serde_json::{Value, json};

/// How long the other side may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sends one notice as JSON.
pub(super) async fn send(url: &str, notice: &Notice) -> Result<(), reqwest::Error> {
    // Whoever is first installs the provider for the process; the answer is the same for all.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().timeout(PATIENCE).build()?;
    client.post(url).json(&body(notice)).send().await?.error_for_status()?;
    Ok(())
}

/// What a program reads: codes, and the program's own words in English.
fn body(notice: &Notice) -> Value {
    let (failure, drift) = (notice.failure.as_ref(), notice.drifts.first());
    let changed = notice.drifts.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    json!({
        "occasion": notice.occasion,
        "task": notice.task,
        "title": notice.title,
        "status": notice.status,
        "code": failure.map(|failure| failure.code.clone()).or_else(|| Some(drift?.code().to_owned())),
        "cause": failure.map(|failure| failure.cause.clone()).or_else(|| drift.map(|_| changed)),
        "remedy": failure.map(|failure| failure.remedy.clone()).or_else(|| Some(drift?.remedy())),
        "page": notice.page,
    })
}
