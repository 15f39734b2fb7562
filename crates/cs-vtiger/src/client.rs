//! The client: sessions, retries and what was learned of the server, under one roof.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cs_domain::{FieldSchema, FieldType, Kind, RequestCount};
use cs_ports::{Clock, Entropy, Meter};
use serde_json::{Map, Value as Json};

use crate::answer::{Answer, Effect, Payload};
use crate::config::{DatabaseConfig, VtigerConfig};
use crate::decode::{Referees, id_parts};
use crate::describe::Described;
use crate::error::VtigerError;
use crate::lengths::Lengths;
use crate::query::Columns;
use crate::session::{Borrowed, Identity, Sessions};
use crate::transport::{Request, Transport, URL_LIMIT, result};
use crate::zone::ServerClock;

/// How often a request is sent at most where sending it again is harmless.
const ATTEMPTS: u32 = 4;

/// The longest wait that a server may ask for before the caller is told instead.
const LONGEST_WAIT: Duration = Duration::from_mins(2);

/// VTiger's web service as a [`cs_ports::Peer`].
///
/// Cheap to share behind an `Arc`: calls run side by side, `concurrency` of them at once, each in a session of its
/// own.
pub struct VtigerClient {
    pub(crate) transport: Transport,
    pub(crate) sessions: Sessions,
    pub(crate) server: ServerClock,
    pub(crate) page_size: u32,
    pub(crate) overlap: Duration,
    kinds: tokio::sync::Mutex<BTreeMap<Kind, Arc<Described>>>,
    lengths: Option<Lengths>,
    prefixes: Mutex<BTreeMap<String, Kind>>,
    proven: Mutex<BTreeSet<(Kind, Columns)>>,
    /// Held by a create that nothing but its values and its place in time can tell from others.
    pub(crate) keyless: tokio::sync::Mutex<()>,
}

/// One row of an answer.
pub(crate) type Wire = Map<String, Json>;

impl VtigerClient {
    /// A client that has not spoken to the server yet. `clock` paces, waits and dates; `entropy` spreads back-offs.
    pub fn new(
        config: VtigerConfig,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, VtigerError> {
        if !(1..=100).contains(&config.page_size) {
            return Err(VtigerError::Configuration {
                what: format!("page_size is {}; VTiger gives 1 to 100 rows a page", config.page_size),
            });
        }
        let transport = Transport::new(&config, Arc::clone(&clock))?;
        let sessions = Sessions::new(
            transport.endpoint().as_str(),
            &config.user,
            config.access_key,
            config.concurrency,
            entropy,
        );
        Ok(Self {
            transport,
            sessions,
            server: ServerClock::new(clock, config.server_zone),
            page_size: config.page_size,
            overlap: config.overlap,
            kinds: tokio::sync::Mutex::default(),
            lengths: None,
            prefixes: Mutex::default(),
            proven: Mutex::default(),
            keyless: tokio::sync::Mutex::default(),
        })
    }

    /// Takes the lengths of text columns from VTiger's database, which is connected to when a module is first described. Where
    /// it does not answer, or hides VTiger's tables, nothing is lost but the lengths.
    #[must_use]
    pub fn measured_by(mut self, database: DatabaseConfig) -> Self {
        self.lengths = Some(Lengths::new(database));
        self
    }

    /// Sends a request in a session, as often as is harmless: always when VTiger did not look at it (dead session,
    /// 429), and on a passing trouble where it changes nothing.
    pub(crate) async fn call(&self, request: Request) -> Answer {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let session = match self.sessions.borrow(&self.transport, &self.server).await {
                Ok(session) => session,
                // Logging in has its own patience.
                Err(error) => return Answer::NotDone(error),
            };
            let answer = self.call_once(&request, session).await;
            let Answer::NotDone(error) = &answer else {
                return answer;
            };
            let asked = match error {
                VtigerError::RateLimited { retry_after } => *retry_after,
                _ => None,
            };
            let harmless = match request.effect {
                Effect::Read => error.passes(),
                Effect::Write => error.session_is_dead() || matches!(error, VtigerError::RateLimited { .. }),
            };
            if !harmless || attempt >= ATTEMPTS || asked.is_some_and(|asked| asked > LONGEST_WAIT) {
                return answer;
            }
            if !error.session_is_dead() {
                self.sessions.pause(self.transport.clock(), attempt, asked).await;
            }
        }
    }

    async fn call_once(&self, request: &Request, session: Borrowed<'_>) -> Answer {
        let mut params = request.params.clone();
        params.push(("sessionName", session.name()));
        let answer = self.transport.send(&Request { params, ..*request }).await;
        let alive = match &answer {
            Answer::Done(_) => true,
            // A request that is still running holds its session: the next one in it would wait for it.
            Answer::NotDone(error) | Answer::Unknown(error) => {
                !error.session_is_dead() && error.server_finished()
            }
        };
        if alive {
            session.give_back();
        }
        answer
    }

    /// Asks, and gives the rows.
    pub(crate) async fn rows(&self, query: String) -> Result<Vec<Wire>, VtigerError> {
        let payload = result(self.call(Request::get("query", vec![("query", query)])).await)?;
        let Payload(Json::Array(rows)) = payload else {
            return Err(VtigerError::Shape { what: "a list of records" });
        };
        rows.into_iter()
            .map(|row| match row {
                Json::Object(row) => Ok(row),
                _ => Err(VtigerError::Shape { what: "a record" }),
            })
            .collect()
    }

    /// Whether a question is short enough for a URL, its session included.
    pub(crate) fn fits_url(&self, query: &str) -> bool {
        let session = "0".repeat(32);
        let params = [("operation", "query"), ("query", query), ("sessionName", session.as_str())];
        self.transport.url_length(&params) <= URL_LIMIT
    }

    /// A module's description; asked once.
    pub(crate) async fn described(&self, kind: &Kind) -> Result<Arc<Described>, VtigerError> {
        let mut kinds = self.kinds.lock().await;
        if let Some(described) = kinds.get(kind) {
            return Ok(Arc::clone(described));
        }
        let request = Request::get("describe", vec![("elementType", kind.to_string())]);
        let mut described = Described::read(result(self.call(request).await)?)?;
        if let Some(lengths) = &self.lengths {
            lengths.measure(&mut described).await;
        }
        let described = Arc::new(described);
        self.know_prefix(&described.prefix, kind);
        kinds.insert(kind.clone(), Arc::clone(&described));
        Ok(described)
    }

    /// Who the session's user is; logs in where nobody has yet.
    pub(crate) async fn identity(&self) -> Result<Identity, VtigerError> {
        if self.sessions.identity().is_none() {
            self.sessions.borrow(&self.transport, &self.server).await?.give_back();
        }
        self.sessions.identity().ok_or(VtigerError::Shape { what: "a user" })
    }

    fn know_prefix(&self, prefix: &str, kind: &Kind) {
        let mut prefixes = self.prefixes.lock().unwrap_or_else(PoisonError::into_inner);
        prefixes.insert(prefix.to_owned(), kind.clone());
    }

    /// Makes sure that every id in these rows' reference columns can be given its module: one `describe` for each
    /// module that is met for the first time.
    pub(crate) async fn learn_prefixes(
        &self,
        described: &Described,
        columns: &Columns,
        rows: &[Wire],
    ) -> Result<(), VtigerError> {
        for field in columns.names().filter_map(|name| described.schema.fields.get(name)) {
            let FieldType::Reference { kinds } = &field.field_type else {
                continue;
            };
            if kinds.len() == 1 {
                continue;
            }
            let unknown = |client: &Self| {
                rows.iter().any(|row| {
                    let id = row.get(field.name.as_str()).and_then(Json::as_str).and_then(id_parts);
                    id.is_some_and(|(prefix, _)| client.kind_of(prefix).is_none())
                })
            };
            for kind in kinds {
                if !unknown(self) {
                    break;
                }
                // A module that this user may not describe leaves its ids opaque; the record is not lost over it. A
                // trouble that passes is none of those: the same record would read otherwise a moment later.
                match Box::pin(self.described(kind)).await {
                    Err(error) if error.is_of_the_moment() => return Err(error),
                    Err(error) => {
                        tracing::debug!(%kind, code = %error.code(), "a referenced module cannot be described");
                    }
                    Ok(_) => {}
                }
            }
        }
        Ok(())
    }

    pub(crate) fn kind_of(&self, prefix: &str) -> Option<Kind> {
        let prefixes = self.prefixes.lock().unwrap_or_else(PoisonError::into_inner);
        prefixes.get(prefix).cloned()
    }

    pub(crate) fn is_proven(&self, kind: &Kind, columns: &Columns) -> bool {
        let proven = self.proven.lock().unwrap_or_else(PoisonError::into_inner);
        proven.contains(&(kind.clone(), columns.clone()))
    }

    pub(crate) fn remember_proven(&self, kind: &Kind, columns: Columns) {
        let mut proven = self.proven.lock().unwrap_or_else(PoisonError::into_inner);
        proven.insert((kind.clone(), columns));
    }
}

impl Referees for VtigerClient {
    fn resolve(&self, field: &FieldSchema, raw: &str) -> Option<(Kind, String)> {
        let (prefix, _) = id_parts(raw)?;
        let only = match &field.field_type {
            FieldType::Reference { kinds } => match kinds.as_slice() {
                [only] => Some(only.clone()),
                _ => None,
            },
            _ => None,
        };
        let kind = only.or_else(|| self.kind_of(prefix))?;
        Some((kind, raw.to_owned()))
    }
}

impl Meter for VtigerClient {
    fn requests(&self) -> RequestCount {
        self.transport.requests()
    }
}

impl std::fmt::Debug for VtigerClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VtigerClient")
            .field("endpoint", &self.transport.endpoint().as_str())
            .finish_non_exhaustive()
    }
}
