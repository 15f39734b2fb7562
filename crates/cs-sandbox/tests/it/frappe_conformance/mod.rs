//! Frappe against its recorded answers: a fresh site for every recording, staged as it was before the request; the
//! request over real HTTP; the answer held against the recorded one, value by value.

mod compare;
mod facts;
mod history;
mod scope;
mod stage;
mod wire;

use std::sync::{Arc, OnceLock};

use cs_sandbox::faults::Faults;
use cs_sandbox::frappe::{FrappeFace, install, router};
use cs_sandbox::server::{Clock, serve};

use crate::conformance::http::send;
use crate::conformance::{Recording, Scope, Stand};

/// Frappe's part of the conformance test.
#[derive(Default)]
pub(crate) struct FrappeStand {
    history: OnceLock<history::History>,
}

impl Stand for FrappeStand {
    fn system(&self) -> &'static str {
        "frappe"
    }

    fn owns(&self, recording: &Recording) -> bool {
        let path = &recording.request.path;
        // VTiger's answers come from webservice.php; everything of Frappe's is under /api.
        path.starts_with("/api/")
    }

    fn scope(&self, recording: &Recording) -> Scope {
        scope::of(recording)
    }

    fn play(&self, recording: &Recording, all: &[Recording]) -> Result<(), Vec<String>> {
        let history = self.history.get_or_init(|| history::History::read(all));
        let site = stage::site(recording, history);
        let now = facts::clock(recording);
        let clock: Clock = Arc::new(move || now);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let answer = runtime.block_on(async {
            let router = router(install::shared(site), clock);
            let server = serve(router, Arc::new(FrappeFace), Faults::none(), "127.0.0.1:0".parse().unwrap())
                .await
                .unwrap();
            let addr = server.addr();
            let recording = recording.clone();
            let answer = tokio::task::spawn_blocking(move || wire::send(addr, &recording)).await.unwrap();
            server.shutdown().await.unwrap();
            answer
        });
        let answer = answer.map_err(|error| vec![format!("no answer: {error}")])?;
        let lines = compare::differences(recording, &answer);
        if lines.is_empty() { Ok(()) } else { Err(lines) }
    }
}

#[test]
fn frappe_answers_as_recorded() {
    crate::conformance::run(&FrappeStand::default());
}

/// Not among the recordings (facts/FRAPPE.md, statuses 400 and 413): refused by the servers in front of Frappe, in HTML.
#[test]
fn what_is_too_long_never_reaches_frappe() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let clock: Clock = Arc::new(|| "2026-11-22T02:00:00Z".parse().unwrap());
    let site = install::shared(install::lab().unwrap());
    let (line, body, fits) = runtime.block_on(async {
        let router = router(site, clock);
        let addr = "127.0.0.1:0".parse().unwrap();
        let server = serve(router, Arc::new(FrappeFace), Faults::none(), addr).await.unwrap();
        let addr = server.addr();
        let answers = tokio::task::spawn_blocking(move || {
            // "GET ", the target and " HTTP/1.1" together are the request line.
            let target = |line: usize| {
                format!("/api/method/ping?x={}", "x".repeat(line - "GET /api/method/ping?x= HTTP/1.1".len()))
            };
            let get = |target: &str| send(addr, "GET", target, &[], &[]).unwrap();
            let large = vec![b' '; 25 * 1024 * 1024 + 1];
            let post = send(addr, "POST", "/api/resource/Contact", &[], &large).unwrap();
            (get(&target(4095)), post, get(&target(4094)))
        });
        let answers = answers.await.unwrap();
        server.shutdown().await.unwrap();
        answers
    });
    assert_eq!((line.status, line.text().contains("4095 &gt; 4094")), (400, true), "{}", line.text());
    assert_eq!(body.status, 413);
    assert!(body.headers["content-type"].starts_with("text/html"));
    assert_eq!((fits.status, fits.text()), (200, "{\"message\":\"pong\"}".to_owned()));
}
