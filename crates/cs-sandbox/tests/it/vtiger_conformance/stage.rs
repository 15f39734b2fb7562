//! The state of the server just before a recorded request, as far as the recordings show it.
//!
//! Staging gives records, users, sessions and challenges; it never gives answers. What an answer implies about the
//! state before it is used (an order that could not be retrieved had the tax that PHP 8 cannot read), what the answer
//! says is left to the sandbox.

mod queries;
mod records;
mod users;

use cs_sandbox::vtiger::{Installation, Persona, Setup, System};
use jiff::Timestamp;
use serde_json::Value;

use super::request::Asked;
use super::world::{self, Archive, World};
use crate::conformance::Recording;

/// One way in which the answer can have come about.
pub(super) struct Attempt {
    /// What tells it from the others.
    pub(super) what: &'static str,
    /// The state before the request.
    pub(super) system: System,
    /// The login key that fits the staged challenge, where the recorded one cannot.
    pub(super) access_key: Option<String>,
}

/// A recording's stage.
pub(super) struct Staged {
    pub(super) now: Timestamp,
    pub(super) attempts: Vec<Attempt>,
}

/// What staging works with.
pub(super) struct Context<'a> {
    pub(super) recording: &'a Recording,
    pub(super) asked: &'a Asked,
    pub(super) archive: &'a Archive,
    pub(super) world: &'a World,
    pub(super) now: Timestamp,
    pub(super) turn: (Timestamp, usize),
    /// The number of the user whose session it was.
    pub(super) asker: u64,
    /// The recorded answer's `result`.
    pub(super) result: Option<Value>,
    /// The recorded answer's error code, and its message.
    pub(super) error: Option<(Value, String)>,
}

impl Context<'_> {
    pub(super) fn has_code(&self, wanted: &str) -> bool {
        self.error.as_ref().is_some_and(|(code, _)| code.as_str() == Some(wanted))
    }

    pub(super) fn says(&self, message: &str) -> bool {
        self.error.as_ref().is_some_and(|(_, text)| text == message)
    }
}

/// Whether a server had its PHP 8 faults mended.
pub(super) fn is_mended(server: &str) -> bool {
    server.contains("patch") || server.contains("mended")
}

fn persona(recording: &Recording) -> Persona {
    let described = format!("{} {}", recording.server, recording.name);
    let old = described.contains("8.2.0") || described.contains("v820");
    Persona {
        mended: is_mended(&recording.server),
        warnings: recording.response.body.starts_with("<br />"),
        ..if old { Persona::v8_2_0() } else { Persona::v8_3_0() }
    }
}

pub(super) fn stage(recording: &Recording, asked: &Asked, archive: &Archive) -> Staged {
    let answer = world::json_of(&recording.response.body);
    let error = answer.as_ref().and_then(|answer| answer.get("error")).map(|error| {
        let message = error.get("message").and_then(Value::as_str).unwrap_or_default().to_owned();
        (error.get("code").cloned().unwrap_or_default(), message)
    });
    let mut context = Context {
        recording,
        asked,
        archive,
        world: archive.world(recording),
        now: world::time_of(recording),
        asker: 1,
        turn: archive.turn(recording),
        result: answer.and_then(|answer| answer.get("result").cloned()),
        error,
    };
    // Custom fields are the installation's: they are there when the answer shows them.
    let described = asked.operation == "describe" && context.result.is_some();
    let custom = recording.response.body.contains("\"name\":\"cf_");
    let installation = if described && !custom { Installation::Bare } else { Installation::Lab };
    let mut system = System::new(Setup::new(persona(recording), installation));
    context.asker = users::stage(&context, &mut system);
    match asked.operation.as_str() {
        "query" => queries::stage(&context, &mut system),
        "retrieve" | "create" | "revise" | "update" | "delete" => records::stage(&context, &mut system),
        _ => {}
    }
    Staged { now: context.now, attempts: users::attempts(&context, system) }
}
