//! Sessions: one per worker, made by challenge and login, one login at a time for each user.
//!
//! VTiger keeps a single challenge per user, so a second `getchallenge` kills the first (facts/VTIGER.md,
//! "Protocol": of four workers logging in at once 601 tries of 746 failed). And it serialises requests that share a
//! session, so each request under way has one of its own.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use cs_domain::digest::hexadecimal;
use cs_ports::{Clock, Entropy};
use md5::{Digest, Md5};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::answer::Payload;
use crate::error::VtigerError;
use crate::transport::{Request, Transport, result};
use crate::zone::ServerClock;

/// How often a login is tried with a fresh challenge before the key is called wrong: another process that logs in as
/// the same user looks just like a wrong key.
const LOGIN_ATTEMPTS: u32 = 5;

/// What a login tells.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Identity {
    pub(crate) user_id: String,
    #[serde(rename = "vtigerVersion")]
    pub(crate) version: String,
    #[serde(default, rename = "is_admin")]
    is_admin: String,
    #[serde(default, rename = "time_zone")]
    pub(crate) user_time_zone: String,
}

impl Identity {
    pub(crate) fn admin(&self) -> bool {
        self.is_admin == "on"
    }
}

#[derive(Deserialize)]
struct Login {
    #[serde(rename = "sessionName")]
    session: String,
    #[serde(flatten)]
    identity: Identity,
}

#[derive(Deserialize)]
struct Challenge {
    token: String,
    #[serde(rename = "serverTime")]
    server_time: i64,
}

/// The sessions of one user. A session is either idle (its name lies here) or borrowed (its name travels with
/// [`Borrowed`]); one that VTiger has forgotten is dropped and the next borrower logs in.
pub(crate) struct Sessions {
    user: String,
    access_key: SecretString,
    idle: Mutex<Vec<SecretString>>,
    permits: Semaphore,
    gate: Arc<tokio::sync::Mutex<()>>,
    identity: Mutex<Option<Identity>>,
    entropy: Arc<dyn Entropy>,
}

/// A session for the time of one request. Dropped without [`Borrowed::give_back`] it is forgotten.
pub(crate) struct Borrowed<'a> {
    name: SecretString,
    home: &'a Sessions,
    _permit: SemaphorePermit<'a>,
}

impl Borrowed<'_> {
    pub(crate) fn name(&self) -> String {
        self.name.expose_secret().to_owned()
    }

    /// It is alive: somebody else may use it.
    pub(crate) fn give_back(self) {
        self.home.lock().push(self.name);
    }
}

/// One gate for each user of each server, for the whole process.
fn gate_of(endpoint: &str, user: &str) -> Arc<tokio::sync::Mutex<()>> {
    type Gates = HashMap<(String, String), Arc<tokio::sync::Mutex<()>>>;
    static GATES: LazyLock<Mutex<Gates>> = LazyLock::new(Mutex::default);
    let mut gates = GATES.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(gates.entry((endpoint.to_owned(), user.to_owned())).or_default())
}

impl Sessions {
    pub(crate) fn new(
        endpoint: &str,
        user: &str,
        access_key: SecretString,
        concurrency: usize,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self {
            user: user.to_owned(),
            access_key,
            idle: Mutex::default(),
            permits: Semaphore::new(concurrency.max(1)),
            gate: gate_of(endpoint, user),
            identity: Mutex::default(),
            entropy,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<SecretString>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the last login told.
    pub(crate) fn identity(&self) -> Option<Identity> {
        self.identity.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A session that nobody else uses; logs in where none is idle. Waits while `concurrency` are in use.
    pub(crate) async fn borrow(
        &self,
        transport: &Transport,
        server: &ServerClock,
    ) -> Result<Borrowed<'_>, VtigerError> {
        let permit =
            self.permits.acquire().await.map_err(|_closed| VtigerError::Shape { what: "a free session" })?;
        let idle = self.lock().pop();
        let name = match idle {
            Some(name) => name,
            None => self.login(transport, server).await?,
        };
        Ok(Borrowed { name, home: self, _permit: permit })
    }

    /// Challenge and login, with a fresh challenge as often as another process may have taken ours away.
    async fn login(&self, transport: &Transport, server: &ServerClock) -> Result<SecretString, VtigerError> {
        let _alone = self.gate.lock().await;
        let mut attempts = 0;
        loop {
            attempts += 1;
            match self.attempt(transport, server).await {
                Err(VtigerError::Refused { code, .. }) if is_superseded(&code) => {
                    if attempts >= LOGIN_ATTEMPTS {
                        return Err(VtigerError::Credentials { attempts });
                    }
                    self.pause(transport.clock(), attempts, None).await;
                }
                Err(error) if error.passes() && attempts < LOGIN_ATTEMPTS => {
                    let asked = match &error {
                        VtigerError::RateLimited { retry_after } => *retry_after,
                        _ => None,
                    };
                    self.pause(transport.clock(), attempts, asked).await;
                }
                other => return other,
            }
        }
    }

    async fn attempt(
        &self,
        transport: &Transport,
        server: &ServerClock,
    ) -> Result<SecretString, VtigerError> {
        let question = Request::get("getchallenge", vec![("username", self.user.clone())]);
        let challenge: Challenge = match result(transport.send(&question).await) {
            Ok(payload) => read(payload, "a challenge")?,
            Err(VtigerError::Refused { code, .. }) if code == "ACCESS_DENIED" => {
                return Err(VtigerError::UnknownUser);
            }
            Err(error) => return Err(error),
        };
        server.set(challenge.server_time);
        let key = self.access_key.expose_secret();
        let digest = Md5::digest(format!("{}{key}", challenge.token).as_bytes());
        let proof = hexadecimal(&digest);
        let request = Request::login(vec![("username", self.user.clone()), ("accessKey", proof)]);
        let login: Login = read(result(transport.send(&request).await)?, "a session")?;
        *self.identity.lock().unwrap_or_else(PoisonError::into_inner) = Some(login.identity);
        Ok(SecretString::from(login.session))
    }

    /// Back-off with jitter; what the server asks for counts more.
    pub(crate) async fn pause(&self, clock: &Arc<dyn Clock>, attempt: u32, asked: Option<Duration>) {
        let base = 100_u64 << attempt.min(6);
        let jitter = self.entropy.next() % base.max(1);
        let own = Duration::from_millis(base / 2 + jitter);
        clock.sleep(asked.map_or(own, |asked| asked.max(own))).await;
    }
}

/// What VTiger says when the challenge is not the user's latest any more, and also when the key is wrong.
fn is_superseded(code: &str) -> bool {
    code == "INVALID_USER_CREDENTIALS" || code == "INVALID_AUTH_TOKEN"
}

fn read<T: for<'de> Deserialize<'de>>(payload: Payload, what: &'static str) -> Result<T, VtigerError> {
    // The parser's own message may quote the payload (a session's name): it is left behind on purpose.
    serde_json::from_value(payload.0).map_err(|_quotes| VtigerError::Shape { what })
}
