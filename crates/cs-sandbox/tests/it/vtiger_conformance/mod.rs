//! VTiger against its recorded answers.

mod compare;
mod request;
mod stage;
mod where_clause;
mod world;

use std::sync::{Arc, Mutex, OnceLock};

use cs_sandbox::faults::Faults;
use cs_sandbox::vtiger;

use crate::conformance::{self, Recording, Scope, Stand, http};
use request::Asked;
use stage::{Attempt, Staged};
use world::Archive;

struct Vtiger {
    runtime: tokio::runtime::Runtime,
    archive: OnceLock<Archive>,
}

#[test]
fn vtiger_answers_as_recorded() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    conformance::run(&Vtiger { runtime, archive: OnceLock::new() });
}

/// The modules that the sandbox serves. Others exist, but are nobody's business here.
const SERVED: [&str; 7] = ["Accounts", "Contacts", "Products", "SalesOrder", "LineItem", "Users", "Currency"];

impl Stand for Vtiger {
    fn system(&self) -> &'static str {
        "vtiger"
    }

    fn owns(&self, recording: &Recording) -> bool {
        recording.request.path.ends_with("webservice.php")
    }

    fn scope(&self, recording: &Recording) -> Scope {
        let out = |rule, reason| Scope::Out { rule, reason };
        if recording.request.form.as_ref().is_some_and(serde_json::Value::is_string) {
            return out("body not recorded", "the form is described in words, so there is nothing to send");
        }
        let asked = Asked::read(recording);
        let patched = stage::is_mended(&recording.server);
        match asked.operation.as_str() {
            "sync" | "retrieve_inventory" if patched => out(
                "sync on a mended server",
                "nothing may be built on it (facts/VTIGER.md, trap 1); on stock servers, where it dies, it is in scope",
            ),
            "relatedtypes" | "retrieve_related" | "query_related" => {
                out("related records", "the product reads related records with query and retrieve only")
            }
            "create" | "revise" | "update" | "delete" if asked.target.as_deref() == Some("LineItem") => {
                out("line items by themselves", "the product never writes line items")
            }
            _ => match &asked.target {
                Some(name) if Asked::is_known_module(name) && !SERVED.contains(&name.as_str()) => {
                    out("other modules", "the sandbox serves the modules that the product's mappings name")
                }
                _ => Scope::In,
            },
        }
    }

    fn play(&self, recording: &Recording, all: &[Recording]) -> Result<(), Vec<String>> {
        let asked = Asked::read(recording);
        let staged = stage::stage(recording, &asked, self.archive.get_or_init(|| Archive::read(all)));
        let mut differences = Vec::new();
        for attempt in &staged.attempts {
            differences.extend(self.attempt(recording, &asked, &staged, attempt));
        }
        if differences.is_empty() { Ok(()) } else { Err(differences) }
    }
}

impl Vtiger {
    /// Plays one way in which the recorded answer can have come about.
    fn attempt(
        &self,
        recording: &Recording,
        asked: &Asked,
        staged: &Staged,
        attempt: &Attempt,
    ) -> Vec<String> {
        let now = staged.now;
        let system = Arc::new(Mutex::new(attempt.system.clone()));
        let addr = "127.0.0.1:0".parse().unwrap();
        let clock: cs_sandbox::server::Clock = Arc::new(move || now);
        let server = self.runtime.block_on(vtiger::serve(system, Faults::none(), addr, clock)).unwrap();
        let (target, body) = asked.encode(recording, attempt.access_key.as_deref());
        let headers: Vec<(String, String)> = recording.request.headers.clone().into_iter().collect();
        let answer = http::send(server.addr(), &recording.request.method, &target, &headers, &body);
        let differences = match answer {
            Ok(answer) => compare::compare(recording, asked, &answer),
            Err(error) => vec![format!("no answer: {error}")],
        };
        self.runtime.block_on(server.shutdown()).unwrap();
        differences.into_iter().map(|line| format!("{}{line}", attempt.what)).collect()
    }
}
