//! One HTTP request to the site: authenticated, paced, counted and classified.
//!
//! No cookies are kept: every answer to a token sets `sid=Guest`, and a live session would override the token
//! (facts/FRAPPE.md, trap 12).

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use cs_domain::RequestCount;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Method, Url};
use secrecy::ExposeSecret;
use serde_json::Value as Json;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::answer::{Answer, Effect, PAGE, Payload, Received, classify};
use crate::config::FrappeConfig;
use crate::error::FrappeError;
use crate::refusal::Class;

/// Everything but what RFC 3986 leaves unreserved: names hold `/ ? # %` and spaces.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// How long to wait when a site limits the rate and does not say for how long.
const UNTOLD_PAUSE: Duration = Duration::from_secs(5);

/// How long to wait before a broken read is sent again, times the attempts so far.
const READ_AGAIN: Duration = Duration::from_millis(200);

/// How often a request is sent again over a 401 when the token was good a moment ago.
const REPEATS_OVER_401: u32 = 3;

/// A request about to be sent.
pub(crate) struct Call {
    effect: Effect,
    method: Method,
    path: String,
    query: Vec<(&'static str, String)>,
    body: Option<Json>,
}

impl Call {
    /// A document by name.
    pub(crate) fn document(doctype: &str, name: &str) -> Result<Self, FrappeError> {
        Ok(Self {
            effect: Effect::Read,
            method: Method::GET,
            path: resource(doctype, Some(name))?,
            query: Vec::new(),
            body: None,
        })
    }

    /// A new document.
    pub(crate) fn create(doctype: &str, body: Json) -> Result<Self, FrappeError> {
        Ok(Self {
            effect: Effect::Write,
            method: Method::POST,
            path: resource(doctype, None)?,
            query: Vec::new(),
            body: Some(body),
        })
    }

    /// Fields of a document.
    pub(crate) fn update(doctype: &str, name: &str, body: Json) -> Result<Self, FrappeError> {
        Ok(Self {
            effect: Effect::Write,
            method: Method::PUT,
            path: resource(doctype, Some(name))?,
            query: Vec::new(),
            body: Some(body),
        })
    }

    /// Deletes a document.
    pub(crate) fn delete(doctype: &str, name: &str) -> Result<Self, FrappeError> {
        Ok(Self { effect: Effect::Write, method: Method::DELETE, ..Self::document(doctype, name)? })
    }

    /// A method that only reads.
    pub(crate) fn ask(method: &str, query: Vec<(&'static str, String)>) -> Self {
        Self {
            effect: Effect::Read,
            method: Method::GET,
            path: format!("api/method/{method}"),
            query,
            body: None,
        }
    }

    /// A method that only reads and is asked at length: a request line over 4094 bytes is refused.
    pub(crate) fn ask_at_length(method: &str, body: Json) -> Self {
        Self {
            effect: Effect::Read,
            method: Method::POST,
            path: format!("api/method/{method}"),
            query: Vec::new(),
            body: Some(body),
        }
    }

    /// A method that writes.
    pub(crate) fn command(method: &str, body: Json) -> Self {
        Self { effect: Effect::Write, ..Self::ask_at_length(method, body) }
    }

    /// A DocType with its custom fields and property setters merged in.
    pub(crate) fn meta(doctype: &str) -> Self {
        Self {
            effect: Effect::Read,
            method: Method::GET,
            path: format!("api/v2/doctype/{}/meta", segment(doctype)),
            query: Vec::new(),
            body: None,
        }
    }
}

fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// `.` and `..` are no names to a URL, however they are encoded.
fn resource(doctype: &str, name: Option<&str>) -> Result<String, FrappeError> {
    match name {
        None => Ok(format!("api/resource/{}", segment(doctype))),
        Some("" | "." | "..") => {
            Err(FrappeError::ImpossibleName { name: name.unwrap_or_default().to_owned() })
        }
        Some(name) => Ok(format!("api/resource/{}/{}", segment(doctype), segment(name))),
    }
}

/// The way to one site.
pub(crate) struct Transport {
    http: Client,
    base: String,
    read_attempts: u32,
    permits: Semaphore,
    limiter: Option<DefaultDirectRateLimiter>,
    /// Until when the site wants to be left alone; all workers wait.
    paused_until: Mutex<Option<Instant>>,
    /// Whether this token got an answer already: the address is a Frappe's and the key is right.
    proven: AtomicBool,
    reads: AtomicU64,
    writes: AtomicU64,
}

impl Transport {
    pub(crate) fn new(config: &FrappeConfig) -> Result<Self, FrappeError> {
        // The first connector to be made installs the provider for the process; the answer is the same for all.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let base = base_of(&config.base_url)?;
        let http = Client::builder()
            .default_headers(headers(config)?)
            .redirect(reqwest::redirect::Policy::none())
            .timeout(config.timeout)
            .connect_timeout(config.timeout.min(Duration::from_secs(10)))
            .build()
            .map_err(|error| FrappeError::Configuration {
                what: format!("the HTTP client cannot be built: {error}"),
            })?;
        Ok(Self {
            http,
            base,
            read_attempts: config.read_attempts.max(1),
            permits: Semaphore::new(config.max_concurrency.max(1)),
            limiter: config.requests_per_second.map(limiter),
            paused_until: Mutex::new(None),
            proven: AtomicBool::new(false),
            reads: AtomicU64::new(0),
            writes: AtomicU64::new(0),
        })
    }

    /// Sends a read, again where the connection broke or the answer made no sense: repeating it is harmless.
    pub(crate) async fn read(&self, call: &Call) -> Result<Payload, FrappeError> {
        let mut attempt = 1;
        loop {
            match self.send(call).await.read() {
                Err(error) if attempt < self.read_attempts && error.passes_quickly() => {
                    tracing::debug!(attempt, code = error.code(), "reading again");
                    tokio::time::sleep(READ_AGAIN * attempt).await;
                    attempt += 1;
                }
                outcome => return outcome.map_err(|error| self.judged(error)),
            }
        }
    }

    /// Pages where answers are due are a passing trouble of a site that answered before, and of one that never did a
    /// sign that the address is another program's.
    fn judged(&self, error: FrappeError) -> FrappeError {
        match error {
            FrappeError::Garbled { what: what @ PAGE, status: status @ 200..300, bytes }
                if !self.proven.load(Ordering::Relaxed) =>
            {
                FrappeError::NotFrappe { what, status, bytes }
            }
            other => other,
        }
    }

    /// Sends a request, when its turn has come. A 401 is believed at once only of a token that never worked: a site
    /// that restarts answers it too, and to nobody's harm the request is sent again, for a 401 has done nothing.
    pub(crate) async fn send(&self, call: &Call) -> Answer {
        let mut repeats = 0;
        loop {
            let answer = self.send_once(call).await;
            match &answer {
                Answer::Done(_) => self.proven.store(true, Ordering::Relaxed),
                Answer::NotDone(FrappeError::Refused { class: Class::Credentials, .. })
                    if repeats < REPEATS_OVER_401 && self.proven.load(Ordering::Relaxed) =>
                {
                    repeats += 1;
                    tracing::debug!(repeats, "a 401 for a token that worked: asking again");
                    tokio::time::sleep(READ_AGAIN * repeats).await;
                    continue;
                }
                _ => {}
            }
            return answer;
        }
    }

    async fn send_once(&self, call: &Call) -> Answer {
        // The semaphore is never closed; were it, going on unpaced is better than not at all.
        let _permit = self.permits.acquire().await.ok();
        self.wait_for_pause().await;
        if let Some(limiter) = &self.limiter {
            limiter.until_ready().await;
        }
        let counter = match call.effect {
            Effect::Read => &self.reads,
            Effect::Write => &self.writes,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        let answer = self.exchange(call).await;
        if let Answer::NotDone(FrappeError::Refused { class: Class::RateLimited, retry_after, .. }) = &answer
        {
            self.pause(retry_after.unwrap_or(UNTOLD_PAUSE));
        }
        answer
    }

    async fn exchange(&self, call: &Call) -> Answer {
        let mut request = self.http.request(call.method.clone(), format!("{}/{}", self.base, call.path));
        if !call.query.is_empty() {
            request = request.query(&call.query);
        }
        if let Some(body) = &call.body {
            request = request.json(body);
        }
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return broken(call.effect, error),
        };
        let status = response.status().as_u16();
        let content_type = text_header(response.headers(), CONTENT_TYPE.as_str());
        let retry_after =
            text_header(response.headers(), RETRY_AFTER.as_str()).parse().ok().map(Duration::from_secs);
        match response.bytes().await {
            Ok(body) => classify(
                call.effect,
                &Received { status, content_type: &content_type, retry_after, body: &body },
            ),
            Err(error) => broken(call.effect, error),
        }
    }

    async fn wait_for_pause(&self) {
        loop {
            let until = *self.paused_until.lock().unwrap_or_else(PoisonError::into_inner);
            match until {
                Some(until) if until > Instant::now() => tokio::time::sleep_until(until).await,
                _ => return,
            }
        }
    }

    fn pause(&self, pause: Duration) {
        let until = Instant::now() + pause;
        let mut paused = self.paused_until.lock().unwrap_or_else(PoisonError::into_inner);
        // A shorter pause told later does not end a longer one.
        *paused = Some(paused.map_or(until, |earlier| earlier.max(until)));
        tracing::info!(seconds = pause.as_secs(), "Frappe limits the rate: waiting");
    }

    pub(crate) fn requests(&self) -> RequestCount {
        RequestCount { read: self.reads.load(Ordering::Relaxed), write: self.writes.load(Ordering::Relaxed) }
    }
}

fn limiter(per_second: NonZeroU32) -> DefaultDirectRateLimiter {
    // One at a time rather than a second's worth at once: the site is to be spared, not only counted.
    RateLimiter::direct(Quota::per_second(per_second).allow_burst(NonZeroU32::MIN))
}

/// Scheme, host and port of what was asked.
fn address(error: &reqwest::Error) -> String {
    error.url().map_or_else(|| "its address".to_owned(), |url| url.origin().ascii_serialization())
}

/// A request without an answer. Before a connection stood, nothing can have been done; after, anything.
fn broken(effect: Effect, error: reqwest::Error) -> Answer {
    // The URL holds document names: only where it leads is told.
    let address = address(&error);
    let source = error.without_url();
    if source.is_builder() {
        return Answer::NotDone(FrappeError::Configuration { what: source.to_string() });
    }
    if source.is_connect() {
        return Answer::NotDone(FrappeError::Unreachable { address, source });
    }
    let error = if source.is_timeout() {
        FrappeError::TimedOut { address, source }
    } else {
        FrappeError::Broken { address, source }
    };
    match effect {
        Effect::Read => Answer::NotDone(error),
        Effect::Write => Answer::Unknown(error),
    }
}

fn text_header(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().trim().to_ascii_lowercase()
}

fn base_of(base_url: &str) -> Result<String, FrappeError> {
    let wrong = |what: String| FrappeError::Configuration { what };
    let url = Url::parse(base_url.trim())
        .map_err(|error| wrong(format!("the address {base_url:?} is none: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(wrong(format!("the address {base_url:?} must begin with http:// or https://")));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("the address must not hold a user or a password".to_owned()));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("the address must not hold ? or #".to_owned()));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn headers(config: &FrappeConfig) -> Result<HeaderMap, FrappeError> {
    let wrong = |what: &str| FrappeError::Configuration { what: what.to_owned() };
    let token = format!("token {}:{}", config.api_key, config.api_secret.expose_secret());
    let mut token = HeaderValue::from_str(&token)
        .map_err(|_| wrong("key or secret holds a character that no header can"))?;
    token.set_sensitive(true);
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, token);
    // Anything else turns errors into HTML.
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    if let Some(site) = &config.site {
        let site = HeaderValue::from_str(site).map_err(|_| wrong("the site's name is no host name"))?;
        headers.insert(HOST, site);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_in_a_url() {
        let call = Call::document("Sales Order", "A/B Prueba?x#y%20 ñ").unwrap();
        assert_eq!(call.path, "api/resource/Sales%20Order/A%2FB%20Prueba%3Fx%23y%2520%20%C3%B1");
        let url = Url::parse(&format!("http://127.0.0.1/{}", call.path)).unwrap();
        assert_eq!(url.path(), format!("/{}", call.path));
        assert!(Call::document("Contact", "..").is_err());
    }

    #[test]
    fn addresses_that_cannot_be_used_are_refused() {
        assert_eq!(base_of(" https://erp.example.test/ ").unwrap(), "https://erp.example.test");
        assert_eq!(base_of("http://example.test/erp/").unwrap(), "http://example.test/erp");
        for wrong in ["erp.example.test", "ftp://x", "https://u:p@x", "https://x/?a=1"] {
            assert!(base_of(wrong).is_err(), "{wrong}");
        }
    }
}
