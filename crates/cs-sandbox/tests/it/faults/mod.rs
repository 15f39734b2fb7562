//! Scripted faults over real HTTP: whether the work was done, and what the client gets to see.

use std::io::ErrorKind;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cs_sandbox::faults::Faults;
use cs_sandbox::server::Server;
use cs_sandbox::vtiger::{self, Draft, Installation, Persona, Setup, System};
use serde_json::Value;

use crate::conformance::http::{Answer, send};

const SESSION: &str = "s1";

struct Stand {
    system: Arc<Mutex<System>>,
    server: Server,
    runtime: tokio::runtime::Runtime,
}

impl Stand {
    /// A server with one contact, `12x10`, and these faults.
    fn new(faults: &str) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let now: jiff::Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let mut system = System::new(Setup::new(Persona::v8_3_0(), Installation::Agency));
        system.put_session(SESSION, 1, now);
        let values = [("lastname", "Muñoz"), ("assigned_user_id", "1")];
        let values = values.map(|(name, value)| (name.to_owned(), Some(value.to_owned()))).into();
        system.put(Draft { module: "Contacts".to_owned(), id: Some(10), values, ..Draft::default() });
        let system = Arc::new(Mutex::new(system));
        let faults = Faults::parse(faults, "faults.toml").unwrap();
        let clock: cs_sandbox::server::Clock = Arc::new(move || now);
        let serving = vtiger::serve(Arc::clone(&system), faults, "127.0.0.1:0".parse().unwrap(), clock);
        let server = runtime.block_on(serving).unwrap();
        Self { system, server, runtime }
    }

    fn post(&self, body: &str) -> std::io::Result<Answer> {
        let headers = [("Content-Type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
        send(self.server.addr(), "POST", "/webservice.php", &headers, body.as_bytes())
    }

    fn revise(&self, mobile: &str) -> std::io::Result<Answer> {
        let element = format!("%7B%22id%22%3A%2212x10%22%2C%22mobile%22%3A%22{mobile}%22%7D");
        self.post(&format!("operation=revise&sessionName={SESSION}&element={element}"))
    }

    fn list_types(&self) -> std::io::Result<Answer> {
        let target = format!("/webservice.php?operation=listtypes&sessionName={SESSION}");
        send(self.server.addr(), "GET", &target, &[], &[])
    }

    fn mobile(&self) -> String {
        self.system.lock().unwrap().records()[&10].text("mobile").to_owned()
    }

    fn stop(self) {
        self.runtime.block_on(self.server.shutdown()).unwrap();
    }
}

fn on_revise(kind: &str) -> Stand {
    Stand::new(&format!(
        "[[fault]]\nsystem = \"vtiger\"\noperation = \"revise\"\nfirst = 1\nkind = \"{kind}\""
    ))
}

fn code(answer: &Answer) -> String {
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    body["error"]["code"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn an_error_before_did_nothing_and_one_after_did_it() {
    for (kind, done) in [("error_before", ""), ("error_after", "777")] {
        let stand = on_revise(kind);
        let answer = stand.revise("777").unwrap();
        assert_eq!((answer.status, answer.body.len()), (500, 0), "{kind}: as empty as PHP's own");
        assert_eq!(stand.mobile(), done, "{kind}");
        assert_eq!(stand.revise("888").unwrap().status, 200, "{kind}: only the first");
        stand.stop();
    }
}

#[test]
fn a_dropped_connection_gives_no_byte_and_may_have_done_the_work() {
    for (kind, done) in [("drop_before", ""), ("drop_after", "777")] {
        let stand = on_revise(kind);
        let error = stand.revise("777").unwrap_err();
        let closed = [ErrorKind::UnexpectedEof, ErrorKind::ConnectionReset];
        assert!(closed.contains(&error.kind()), "{kind}: {error:?}");
        assert_eq!(stand.mobile(), done, "{kind}");
        assert_eq!(stand.revise("888").unwrap().status, 200, "{kind}: the server goes on");
        stand.stop();
    }
}

#[test]
fn html_comes_with_200() {
    for (kind, done) in [("html", ""), ("html_after", "777")] {
        let stand = on_revise(kind);
        let answer = stand.revise("777").unwrap();
        assert_eq!(answer.status, 200, "{kind}");
        assert!(answer.headers["content-type"].starts_with("text/html"), "{kind}");
        assert_eq!(stand.mobile(), done, "{kind}");
        stand.stop();
    }
}

#[test]
fn a_truncated_answer_is_shorter_than_announced() {
    let stand = on_revise("truncated");
    assert_eq!(stand.revise("777").unwrap_err().kind(), ErrorKind::UnexpectedEof);
    assert_eq!(stand.mobile(), "777", "the work was done");
    stand.stop();
}

#[test]
fn an_expired_session_is_forgotten() {
    let stand = on_revise("session_expired");
    assert_eq!(code(&stand.revise("777").unwrap()), "INVALID_SESSIONID");
    assert_eq!(
        code(&stand.revise("777").unwrap()),
        "INVALID_SESSIONID",
        "the fault is over, the session is gone"
    );
    assert_eq!(stand.mobile(), "");
    stand.stop();
}

#[test]
fn a_rate_limit_names_a_time_to_wait() {
    let stand = on_revise("rate_limited");
    let answer = stand.revise("777").unwrap();
    assert_eq!((answer.status, answer.headers["retry-after"].as_str()), (429, "1"));
    assert_eq!(stand.mobile(), "");
    stand.stop();
}

#[test]
fn a_delay_waits_and_then_serves() {
    let stand = Stand::new("[[fault]]\noperation = \"revise\"\nnth = 1\nkind = \"delay\"\ndelay_ms = 150");
    let started = Instant::now();
    assert_eq!(stand.revise("777").unwrap().status, 200);
    assert!(started.elapsed() >= Duration::from_millis(150));
    assert_eq!(stand.mobile(), "777");
    stand.stop();
}

#[test]
fn targets_and_turns_are_kept() {
    let stand = Stand::new("[[fault]]\ntarget = \"Contacts\"\nevery = 2\nkind = \"error_before\"");
    let statuses: Vec<u16> = (0..4).map(|_| stand.revise("1").unwrap().status).collect();
    assert_eq!(statuses, [200, 500, 200, 500]);
    assert_eq!([stand.list_types().unwrap().status, stand.list_types().unwrap().status], [200, 200]);
    stand.stop();
}

#[test]
fn requests_are_counted_as_reads_and_writes() {
    let stand = on_revise("drop_before");
    stand.list_types().unwrap();
    stand.revise("1").unwrap_err();
    stand.revise("2").unwrap();
    let requests = stand.server.requests();
    assert_eq!((requests.read, requests.write), (1, 2), "those that a fault met count as well");
    stand.stop();
}

#[test]
fn the_web_servers_limits_hold() {
    let stand = Stand::new("");
    let long = "x".repeat(9000);
    let target = format!("/webservice.php?operation=query&sessionName={SESSION}&query={long}");
    assert_eq!(send(stand.server.addr(), "GET", &target, &[], &[]).unwrap().status, 414);
    let big = format!("operation=revise&sessionName={SESSION}&element={}", "x".repeat(9 * 1024 * 1024));
    let answer = stand.post(&big).unwrap();
    assert_eq!((answer.status, answer.body.len()), (500, 0), "PHP drops the whole form");
    stand.stop();
}
