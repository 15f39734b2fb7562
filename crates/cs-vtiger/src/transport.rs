//! One request over HTTP: paced, bounded, counted, and its answer sorted.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cs_domain::RequestCount;
use cs_ports::Clock;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use reqwest::{Client, Url, header, redirect};
use serde_json::Value as Json;

use crate::answer::{Answer, Effect, Payload, Received, classify, unsure};
use crate::config::VtigerConfig;
use crate::error::VtigerError;

/// The longest request line that is sent: web servers refuse from about 8 KB on (facts/VTIGER.md, "Protocol").
pub(crate) const URL_LIMIT: usize = 7_600;

/// A request of the web service. The verb follows from the operation: on the wrong one its errors mislead.
pub(crate) struct Request {
    pub(crate) operation: &'static str,
    pub(crate) verb: Verb,
    pub(crate) effect: Effect,
    pub(crate) params: Vec<(&'static str, String)>,
}

/// How parameters travel.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    /// In the URL.
    Get,
    /// As a form.
    Post,
}

impl Request {
    /// A question.
    pub(crate) fn get(operation: &'static str, params: Vec<(&'static str, String)>) -> Self {
        Self { operation, verb: Verb::Get, effect: Effect::Read, params }
    }

    /// A login: posted, and changes no record.
    pub(crate) fn login(params: Vec<(&'static str, String)>) -> Self {
        Self { operation: "login", verb: Verb::Post, effect: Effect::Read, params }
    }

    /// `create` of a module's record.
    pub(crate) fn create(module: &str, element: &Json) -> Self {
        Self::write("create", vec![("elementType", module.to_owned()), ("element", element.to_string())])
    }

    /// `revise`, the only way this crate changes a record: `update` corrupts `description` (trap 6).
    pub(crate) fn revise(element: &Json) -> Self {
        Self::write("revise", vec![("element", element.to_string())])
    }

    /// `delete` of a record.
    pub(crate) fn delete(id: &str) -> Self {
        Self::write("delete", vec![("id", id.to_owned())])
    }

    fn write(operation: &'static str, params: Vec<(&'static str, String)>) -> Self {
        Self { operation, verb: Verb::Post, effect: Effect::Write, params }
    }
}

/// The way to the server.
pub(crate) struct Transport {
    http: Client,
    endpoint: Url,
    limiter: Option<DefaultDirectRateLimiter>,
    clock: Arc<dyn Clock>,
    reads: AtomicU64,
    writes: AtomicU64,
}

impl Transport {
    pub(crate) fn new(config: &VtigerConfig, clock: Arc<dyn Clock>) -> Result<Self, VtigerError> {
        choose_crypto();
        let endpoint = endpoint(&config.endpoint)?;
        let builder = Client::builder()
            .connect_timeout(config.connect_timeout)
            .timeout(config.request_timeout)
            .redirect(redirect::Policy::none())
            .pool_max_idle_per_host(config.concurrency.max(1));
        let http = builder.build().map_err(|source| VtigerError::Configuration {
            what: format!("no HTTP client can be made: {}", source.without_url()),
        })?;
        Ok(Self {
            http,
            endpoint,
            limiter: config.requests_per_minute.and_then(quota).map(RateLimiter::direct),
            clock,
            reads: AtomicU64::new(0),
            writes: AtomicU64::new(0),
        })
    }

    pub(crate) fn requests(&self) -> RequestCount {
        RequestCount { read: self.reads.load(Ordering::Relaxed), write: self.writes.load(Ordering::Relaxed) }
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    pub(crate) fn endpoint(&self) -> &Url {
        &self.endpoint
    }

    /// How many bytes of URL a question takes.
    pub(crate) fn url_length(&self, params: &[(&str, &str)]) -> usize {
        let mut url = self.endpoint.clone();
        url.query_pairs_mut().extend_pairs(params);
        url.as_str().len()
    }

    /// Waits for its turn, sends, reads the answer whole, sorts it.
    pub(crate) async fn send(&self, request: &Request) -> Answer {
        self.wait_for_turn().await;
        let counter = match request.effect {
            Effect::Read => &self.reads,
            Effect::Write => &self.writes,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        let answer = match self.exchange(request).await {
            Ok(answer) => answer,
            Err(error) => broken(request.effect, error),
        };
        if let Answer::NotDone(error) | Answer::Unknown(error) = &answer {
            tracing::debug!(operation = request.operation, code = %error.code(), "VTiger gave no result");
        }
        answer
    }

    async fn wait_for_turn(&self) {
        let Some(limiter) = &self.limiter else { return };
        while let Err(not_until) = limiter.check() {
            let pause = not_until.wait_time_from(DefaultClock::default().now());
            self.clock.sleep(pause.max(Duration::from_millis(1))).await;
        }
    }

    async fn exchange(&self, request: &Request) -> Result<Answer, reqwest::Error> {
        let named: Vec<(&str, &str)> = std::iter::once(("operation", request.operation))
            .chain(request.params.iter().map(|(name, value)| (*name, value.as_str())))
            .collect();
        let builder = match request.verb {
            Verb::Get => self.http.get(self.endpoint.clone()).query(&named),
            Verb::Post => self.http.post(self.endpoint.clone()).form(&named),
        };
        let response = builder.header(header::ACCEPT, "application/json").send().await?;
        let status = response.status().as_u16();
        let text = |name| {
            let value = response.headers().get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        let content_type = text(header::CONTENT_TYPE);
        let retry_after = text(header::RETRY_AFTER).trim().parse().ok().map(Duration::from_secs);
        let body = response.bytes().await?;
        Ok(classify(
            request.effect,
            &Received { status, content_type: &content_type, retry_after, body: &body },
        ))
    }
}

/// Scheme, host and port of what was asked.
fn address(error: &reqwest::Error) -> String {
    error.url().map_or_else(|| "its address".to_owned(), |url| url.origin().ascii_serialization())
}

/// Sorts a failure below HTTP. The error's URL holds session and values: it is taken out but for where it leads.
fn broken(effect: Effect, error: reqwest::Error) -> Answer {
    let address = address(&error);
    let source = error.without_url();
    if source.is_connect() || source.is_builder() {
        // No connection, so nothing was sent.
        return Answer::NotDone(VtigerError::Unreachable { address, source });
    }
    let error = if source.is_timeout() {
        VtigerError::TimedOut { address, source }
    } else {
        VtigerError::Broken { address, source }
    };
    unsure(effect, error)
}

/// rustls is built without a provider of its own (facts/CRATES.md): ring it is, unless the program chose before.
fn choose_crypto() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Lost only against another thread that installs the same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}

/// `n` requests in any 60 seconds: a burst of a sixth, and the rest spread over the minute, so that burst and refill
/// together stay within `n`.
fn quota(per_minute: u32) -> Option<Quota> {
    let burst = NonZeroU32::new((per_minute / 6).max(1))?;
    let spread = per_minute.saturating_sub(burst.get()).max(1);
    let quota = Quota::with_period(Duration::from_mins(1) / spread)?;
    (per_minute > 0).then(|| quota.allow_burst(burst))
}

fn endpoint(text: &str) -> Result<Url, VtigerError> {
    let wrong = |what: String| VtigerError::Configuration { what };
    let mut url = Url::parse(text.trim()).map_err(|error| {
        wrong(format!("the address is not a URL ({error}); write https://crm.example.test/"))
    })?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(wrong("the address must begin with https:// or http://".into()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("the address must not hold a user or password".into()));
    }
    url.set_query(None);
    url.set_fragment(None);
    let names_a_script = url.path().rsplit('.').next().is_some_and(|end| end.eq_ignore_ascii_case("php"));
    if !names_a_script {
        let path = format!("{}/webservice.php", url.path().trim_end_matches('/'));
        url.set_path(&path);
    }
    Ok(url)
}

/// Shorthand for whoever wants the result or the reason, of a read.
pub(crate) fn result(answer: Answer) -> Result<Payload, VtigerError> {
    match answer {
        Answer::Done(payload) => Ok(payload),
        Answer::NotDone(error) | Answer::Unknown(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_name_the_installation_or_the_service() {
        for text in [
            "https://crm.example.test",
            "https://crm.example.test/",
            " https://crm.example.test/webservice.php?x=1",
        ] {
            assert_eq!(endpoint(text).unwrap().as_str(), "https://crm.example.test/webservice.php");
        }
        assert_eq!(
            endpoint("http://127.0.0.1:8080/vt/").unwrap().as_str(),
            "http://127.0.0.1:8080/vt/webservice.php"
        );
        for text in ["crm.example.test", "ftp://crm.example.test", "https://u:p@crm.example.test"] {
            assert_eq!(endpoint(text).unwrap_err().code(), "vtiger.configuration", "{text}");
        }
    }

    #[test]
    fn no_minute_sees_more_requests_than_configured() {
        use governor::clock::FakeRelativeClock;
        for allowed in [1_u32, 2, 5, 30, 90, 600] {
            let clock = FakeRelativeClock::default();
            let limiter = RateLimiter::direct_with_clock(quota(allowed).unwrap(), clock.clone());
            let mut passed = 0;
            for _ in 0..59_990 {
                while limiter.check().is_ok() {
                    passed += 1;
                }
                clock.advance(Duration::from_millis(1));
            }
            assert!(passed <= allowed, "{passed} of {allowed}");
            assert!(allowed < 30 || passed * 10 >= allowed * 8, "{passed} of {allowed} is too timid");
        }
        assert!(quota(0).is_none());
    }
}
