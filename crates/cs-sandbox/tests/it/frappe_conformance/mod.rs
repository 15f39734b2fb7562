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
