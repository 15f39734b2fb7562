//! What a service does again and again besides its tasks: removing what is older than the agency wants to keep and what has
//! expired, looking at the systems' fields, taking what others keep in its store.

use std::sync::Arc;
use std::time::Duration;

use cs_ports::{Clock as _, SettingsStore as _};
use jiff::{SignedDuration, Timestamp};

use crate::clock::SystemClock;
use crate::office::Office;
use crate::wiring::Home;

/// How often it is done.
const PAUSE: Duration = Duration::from_secs(3600);

/// How often both systems are asked whether their fields are what they were: besides, every run asks.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// How soon what others keep in the store is taken.
const FOLLOWS: Duration = Duration::from_secs(5);

/// Takes settings that were changed behind the service: by `config import`, or by another process on the same store.
pub(crate) async fn follow_settings(office: Arc<Office>) {
    let mut well = true;
    loop {
        SystemClock.sleep(FOLLOWS).await;
        match office.follow().await {
            Ok(changed) => {
                if changed {
                    tracing::info!("settings were changed elsewhere, and are taken");
                }
                well = true;
            }
            // Told once: what is kept stays as it is until somebody changes it.
            Err(error) if well => {
                tracing::warn!(code = error.code(), %error, "settings that were changed elsewhere cannot be taken");
                well = false;
            }
            Err(_) => {}
        }
    }
}

/// Looks every day whether something has changed under the mappings that run, so that pages tell before a run does.
pub(crate) async fn watch_fields(office: Arc<Office>) {
    loop {
        SystemClock.sleep(DAY).await;
        office.look_at_fields().await;
    }
}

/// Tidies again and again.
pub(crate) async fn tidy(home: Arc<Home>, office: Arc<Office>) {
    loop {
        let now = SystemClock.now();
        match home.store.prune(oldest_kept(now, office.config().service.retention_days), now).await {
            Ok(pruned) => tracing::info!(?pruned, "old things were removed"),
            Err(error) => tracing::warn!(%error, "old things could not be removed"),
        }
        SystemClock.sleep(PAUSE).await;
    }
}

/// What is over since before this moment goes; nothing does where nothing is said.
fn oldest_kept(now: Timestamp, days: Option<u32>) -> Timestamp {
    let kept = days.map(|days| SignedDuration::from_hours(i64::from(days) * 24));
    kept.and_then(|kept| now.checked_sub(kept).ok()).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_goes_where_nothing_is_said() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        assert_eq!(oldest_kept(now, None), Timestamp::MIN);
        assert_eq!(oldest_kept(now, Some(30)).to_string(), "2026-10-23T12:00:00Z");
    }
}
