//! How to reach a site.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use secrecy::SecretString;

/// Everything the connector needs to know about one Frappe site and how hard it may be worked.
#[derive(Clone)]
pub struct FrappeConfig {
    /// Where the site answers, `https://erp.example.test`; a path below it is kept.
    pub base_url: String,
    /// The API key of the user the product acts as.
    pub api_key: String,
    /// The secret that goes with it.
    pub api_secret: SecretString,
    /// The site's name for the `Host` header, where several sites share an address and the URL does not name it.
    pub site: Option<String>,
    /// The site's time zone (`America/Mexico_City`), for users that may not read it; otherwise the site is asked.
    pub time_zone: Option<String>,
    /// How long one request may take. Frappe's own limit is 120 s.
    pub timeout: Duration,
    /// How many requests a second are sent at most; `None` for as many as the concurrency allows.
    pub requests_per_second: Option<NonZeroU32>,
    /// How many requests are under way at the same time; at least one.
    pub max_concurrency: usize,
    /// Rows asked for at a time; at least one.
    pub page_length: u32,
    /// How far each pass of the change feed reaches back behind the last one (facts/FRAPPE.md, trap 1: a long request
    /// commits rows whose stamp is older than rows that were already seen).
    pub feed_overlap: Duration,
    /// How often a read is sent when the connection breaks or the answer makes no sense; one for no second try.
    /// Writes are never repeated here: whether to is the engine's decision.
    pub read_attempts: u32,
}

impl FrappeConfig {
    /// A site with the settings that suit most.
    pub fn new(
        base_url: impl Into<String>,
        api_key: impl Into<String>,
        api_secret: impl Into<SecretString>,
    ) -> Self {
        Self {
            base_url: base_url.into(),
            api_key: api_key.into(),
            api_secret: api_secret.into(),
            site: None,
            time_zone: None,
            timeout: Duration::from_secs(130),
            requests_per_second: None,
            max_concurrency: 4,
            page_length: 500,
            feed_overlap: Duration::from_mins(2),
            read_attempts: 3,
        }
    }
}

impl fmt::Debug for FrappeConfig {
    /// Without key and secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrappeConfig")
            .field("base_url", &self.base_url)
            .field("site", &self.site)
            .field("timeout", &self.timeout)
            .field("max_concurrency", &self.max_concurrency)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_key_nor_secret_is_shown() {
        let config = FrappeConfig::new("http://127.0.0.1:1", "KEY123", "SECRET456".to_owned());
        let shown = format!("{config:?}");
        assert!(!shown.contains("KEY123") && !shown.contains("SECRET456"), "{shown}");
    }
}
