//! A service with a store of its own, and browsers and programs that call it.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use cs_ports::{ApiToken, Clock, Part, Person, Right, Session};
use cs_store::MemoryStore;
use cs_web::{Desk, Exposure, Hub, Web};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use tower::ServiceExt as _;

use crate::office::FakeOffice;

/// The cookie that browsers show.
const COOKIE: &str = "company_sync_session";

/// A clock that moves when it is told to.
pub(crate) struct SetClock(Mutex<Timestamp>);

#[async_trait]
impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    async fn sleep(&self, pause: Duration) {
        tokio::time::sleep(pause).await;
    }
}

/// The service and everything behind it.
pub(crate) struct World {
    pub(crate) web: Arc<Web>,
    pub(crate) desk: Arc<dyn Desk>,
    pub(crate) office: Arc<FakeOffice>,
    clock: Arc<SetClock>,
    router: Router,
    /// Sessions and tokens made so far: each has a secret of its own, since one that was ended never lives again.
    made: AtomicU32,
}

impl World {
    /// A service that is set up, with one person of every part; see [`login_of`].
    pub(crate) async fn new() -> Self {
        let world = Self::empty(None);
        for part in Part::ALL {
            world.desk.put_person(&person(part)).await.unwrap();
        }
        world
    }

    /// A service that knows nobody yet.
    pub(crate) fn empty(setup_code: Option<&str>) -> Self {
        let desk: Arc<dyn Desk> = Arc::new(MemoryStore::new());
        let office = Arc::new(FakeOffice::default());
        office.state().desk = Some(Arc::clone(&desk));
        let clock = Arc::new(SetClock(Mutex::new("2026-11-22T15:00:00Z".parse().unwrap())));
        let web = Web::new(
            Arc::clone(&desk),
            office.clone(),
            Arc::new(Hub::new("test".to_owned())),
            clock.clone(),
            TimeZone::UTC,
            Exposure { upload_bytes: 256 * 1024, ..Exposure::default() },
        );
        let web = Arc::new(web.with_setup_code(setup_code.map(str::to_owned)));
        let router = cs_web::router(&web);
        Self { web, desk, office, clock, router, made: AtomicU32::new(0) }
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, span: SignedDuration) {
        let mut now = self.clock.0.lock().unwrap();
        *now = now.checked_add(span).unwrap();
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A browser in which nobody is logged in.
    pub(crate) fn stranger(&self) -> Client {
        Client::new(self.router.clone())
    }

    /// A browser in which somebody of this part is logged in. The session is put into the store: logging in costs half a
    /// second of hashing, and has tests of its own.
    pub(crate) async fn visitor(&self, part: Part) -> Client {
        self.visitor_as(&login_of(part)).await
    }

    /// The same for one person.
    pub(crate) async fn visitor_as(&self, login: &str) -> Client {
        let secret = format!("session-{}-of-{login}", self.made.fetch_add(1, Ordering::Relaxed));
        let session = Session {
            digest: digest(&secret),
            login: login.to_owned(),
            csrf: format!("csrf of {login}"),
            created: self.now(),
            expires: self.now().checked_add(SignedDuration::from_hours(12)).unwrap(),
        };
        self.desk.put_session(&session).await.unwrap();
        let mut client = self.stranger();
        client.cookies.insert(COOKIE.to_owned(), secret);
        client.csrf = Some(session.csrf);
        client
    }

    /// A program with a token that somebody of this part made.
    pub(crate) async fn program(&self, part: Part, scopes: &[Right]) -> Client {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let secret = format!("cs_{number}");
        let token = ApiToken {
            id: format!("token-{number}"),
            login: login_of(part),
            label: "a test".to_owned(),
            digest: digest(&secret),
            scopes: scopes.iter().copied().collect(),
            created: self.now(),
            expires: None,
            used: None,
        };
        self.desk.put_token(&token).await.unwrap();
        let mut client = self.stranger();
        client.token = Some(secret);
        client
    }
}

/// What somebody of this part logs in with.
pub(crate) fn login_of(part: Part) -> String {
    format!("{}@example.test", part.as_str().to_lowercase().replace(' ', "."))
}

fn person(part: Part) -> Person {
    Person {
        login: login_of(part),
        name: format!("Ana {}", part.as_str()),
        part,
        language: "en".to_owned(),
        // No password has this hash.
        password: "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
            .to_owned(),
        enabled: true,
        created: "2026-11-01T09:00:00Z".parse().unwrap(),
        seen: None,
    }
}

/// What the store keeps of a secret.
pub(crate) fn digest(secret: &str) -> String {
    let bytes = Sha256::digest(secret.as_bytes());
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// A browser or a program.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) router: Router,
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) csrf: Option<String>,
    pub(crate) token: Option<String>,
    /// Sent with every request.
    pub(crate) headers: Vec<(&'static str, String)>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
}

impl Client {
    fn new(router: Router) -> Self {
        Self { router, cookies: BTreeMap::new(), csrf: None, token: None, headers: Vec::new() }
    }

    /// Looks at a page.
    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, None, Body::empty()).await
    }

    /// Sends a form, with what our own pages carry.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        if let Some(csrf) = &self.csrf {
            form.append_pair("_csrf", csrf);
        }
        let kind = "application/x-www-form-urlencoded";
        self.send(Method::POST, path, Some(kind), Body::from(form.finish())).await
    }

    /// Sends a form with a file in it (`file`), as the script of our pages does.
    pub(crate) async fn upload(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        name: &str,
        bytes: &[u8],
    ) -> Answer {
        let mut with_header = self.clone();
        with_header.headers.extend(self.csrf.clone().map(|csrf| ("x-csrf-token", csrf)));
        let answer = with_header.upload_plain(path, fields, name, bytes).await;
        self.cookies = with_header.cookies;
        answer
    }

    /// The same as a browser does that runs no script: nothing but the form's own fields.
    pub(crate) async fn upload_plain(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        name: &str,
        bytes: &[u8],
    ) -> Answer {
        const BOUNDARY: &str = "a-line-that-no-report-has";
        let mut body = Vec::new();
        for (field, value) in fields {
            let head = format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{field}\"\r\n\r\n");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(value.as_bytes());
            body.extend_from_slice(b"\r\n");
        }
        let head = format!(
            "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             content-type: application/octet-stream\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        self.send(Method::POST, path, Some(&kind), Body::from(body)).await
    }

    /// Sends JSON, as programs and scripts do.
    pub(crate) async fn json(&mut self, method: Method, path: &str, body: &serde_json::Value) -> Answer {
        let mut with_header = self.clone();
        with_header.headers.extend(self.csrf.clone().map(|csrf| ("x-csrf-token", csrf)));
        let body = Body::from(body.to_string());
        let answer = with_header.send(method, path, Some("application/json"), body).await;
        self.cookies = with_header.cookies;
        answer
    }

    /// Sends anything.
    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        kind: Option<&str>,
        body: Body,
    ) -> Answer {
        let mut request =
            Request::builder().method(method).uri(path).header(header::HOST, "sync.example.test");
        if !self.cookies.is_empty() {
            let cookies: Vec<String> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if let Some(kind) = kind {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        let from = ConnectInfo(SocketAddr::from((Ipv4Addr::LOCALHOST, 40_000)));
        let request = request.extension(from).body(body).unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        self.keep_cookies(&parts.headers);
        // A live stream has no end; that it began is all there is to see here.
        let live = parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
        let bytes = if live { Bytes::new() } else { to_bytes(body, usize::MAX).await.unwrap() };
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    /// As browsers do: what is set is sent from now on, what has no time left is forgotten.
    fn keep_cookies(&mut self, headers: &HeaderMap) {
        for set in headers.get_all(header::SET_COOKIE) {
            let set = set.to_str().unwrap();
            let (name, value) = set.split(';').next().unwrap().split_once('=').unwrap();
            if set.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// Takes the token of forms from a page, as somebody does who has just logged in.
    pub(crate) async fn learn_csrf(&mut self) {
        let page = self.get("/").await.text();
        let after = page.split_once("data-csrf=\"").unwrap().1;
        self.csrf = Some(after.split_once('"').unwrap().0.to_owned());
    }
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.bytes.to_vec()).unwrap()
    }

    /// Where it leads.
    pub(crate) fn location(&self) -> String {
        let location = self.headers.get(header::LOCATION);
        location.map(|location| location.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    /// Expects a page that holds all of these.
    #[track_caller]
    pub(crate) fn shows(&self, texts: &[&str]) {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text());
        for text in texts {
            assert!(self.text().contains(text), "the page does not show {text:?}:\n{}", self.text());
        }
    }

    /// Expects a page that holds none of these.
    #[track_caller]
    pub(crate) fn hides(&self, texts: &[&str]) {
        for text in texts {
            assert!(!self.text().contains(text), "the page shows {text:?}:\n{}", self.text());
        }
    }

    /// Expects to be led on, to this path.
    #[track_caller]
    pub(crate) fn leads_to(&self, path: &str) {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.text());
        assert_eq!(self.location(), path);
    }
}
