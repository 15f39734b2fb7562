//! Plays recorded requests of the real systems against the sandbox and compares the answers.
//!
//! This module knows folders, recordings and the tally. What a recording needs to be *staged* (the state of the system
//! before the request) and how its answer is compared is a [`Stand`]'s business, one for each system. An answer is
//! always computed by the sandbox from the staged state; nothing is ever replayed.

pub(crate) mod http;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

/// One recorded request and its answer.
#[derive(Debug, Clone)]
pub(crate) struct Recording {
    /// The recording's own name.
    pub(crate) name: String,
    /// The file it was read from.
    pub(crate) file: PathBuf,
    /// Which version and persona answered, in the recording's words; empty where it does not say.
    pub(crate) server: String,
    /// What was asked.
    pub(crate) request: RecordedRequest,
    /// What was answered.
    pub(crate) response: RecordedResponse,
}

/// The recorded request.
#[derive(Debug, Clone)]
pub(crate) struct RecordedRequest {
    /// GET, POST, PUT, DELETE.
    pub(crate) method: String,
    /// The path, still percent-encoded, without the query.
    pub(crate) path: String,
    /// Headers as they were sent.
    pub(crate) headers: BTreeMap<String, String>,
    /// The URL's parameters: an object, a list of pairs, or a text, as the recording has it.
    pub(crate) query: Option<Value>,
    /// The fields of an urlencoded body.
    pub(crate) form: Option<Value>,
    /// A body of another kind (JSON or text).
    pub(crate) body: Option<Value>,
}

/// The recorded answer.
#[derive(Debug, Clone)]
pub(crate) struct RecordedResponse {
    /// The status.
    pub(crate) status: u16,
    /// Headers; names as they were received.
    pub(crate) headers: BTreeMap<String, String>,
    /// The body as text.
    pub(crate) body: String,
}

impl RecordedResponse {
    /// A header's value, whatever the case of its name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Whether the product uses what was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The sandbox must answer alike.
    In,
    /// It need not.
    Out {
        /// The rule by which it is left out, as a short name.
        rule: &'static str,
        /// Why the rule is right.
        reason: &'static str,
    },
}

/// One system's part of the conformance test.
pub(crate) trait Stand {
    /// `vtiger` or `frappe`; also the name of the folder with its recordings.
    fn system(&self) -> &'static str;
    /// Whether this recording is of this system; decided by the request.
    fn owns(&self, recording: &Recording) -> bool;
    /// Whether the product uses the recorded operation; decided by a rule on the operation, never by the file's name.
    fn scope(&self, recording: &Recording) -> Scope;
    /// Stages a fresh system, plays the request over HTTP and compares. `all` are this system's recordings, in the
    /// order of their names, for what they show about a record's state. Errors are lines for a person.
    fn play(&self, recording: &Recording, all: &[Recording]) -> Result<(), Vec<String>>;
}

/// Runs one system's recordings, prints the figures and fails with every difference.
pub(crate) fn run(stand: &dyn Stand) {
    let folders = folders();
    let mut recordings = Vec::new();
    for folder in &folders {
        for place in [folder.clone(), folder.join(stand.system())] {
            read_folder(&place, &mut recordings);
        }
    }
    recordings.retain(|recording| stand.owns(recording));
    if recordings.is_empty() {
        println!("skipped: no recordings of {} in {folders:?}", stand.system());
        return;
    }
    report(stand, &recordings);
}

fn report(stand: &dyn Stand, recordings: &[Recording]) {
    let mut out: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    let (mut played, mut failures) = (0_usize, Vec::new());
    for recording in recordings {
        match stand.scope(recording) {
            Scope::Out { rule, reason } => out.entry((rule, reason)).or_default().push(&recording.name),
            Scope::In => {
                played += 1;
                if let Err(lines) = stand.play(recording, recordings) {
                    failures.push(format!(
                        "{} [{}]\n    {}",
                        recording.file.display(),
                        recording.server,
                        lines.join("\n    ")
                    ));
                }
            }
        }
    }
    let left_out: usize = out.values().map(Vec::len).sum();
    println!(
        "{}: in scope {played} / pass {} / fail {} / out of scope {left_out}",
        stand.system(),
        played - failures.len(),
        failures.len(),
    );
    for ((rule, reason), names) in &out {
        println!("  out of scope, {rule} ({}): {reason}", names.len());
        println!("    {}", names.join(", "));
    }
    assert!(failures.is_empty(), "{} recordings differ:\n{}", failures.len(), failures.join("\n"));
}

/// The folders to read: `CS_RECORDINGS` (separated by colons) together with the shared fixtures, where they are.
fn folders() -> Vec<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut folders = vec![workspace.join("../shared/fixtures")];
    if let Ok(named) = std::env::var("CS_RECORDINGS") {
        let relative = named.split(':').filter(|part| !part.is_empty()).map(|part| workspace.join(part));
        folders.extend(relative);
    }
    folders
}

fn read_folder(folder: &Path, into: &mut Vec<Recording>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    into.extend(files.iter().filter_map(|file| read_recording(file)));
}

/// A file that is not of a recording's form (`webhook_deliveries.json` has a layout of its own) gives none.
fn read_recording(file: &Path) -> Option<Recording> {
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let value: Value =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let (request, response) = (value.get("request")?.as_object()?, value.get("response")?.as_object()?);
    let text_of =
        |map: &Map<String, Value>, key: &str| map.get(key).and_then(Value::as_str).map(str::to_owned);
    Some(Recording {
        name: value.get("name").and_then(Value::as_str).map_or_else(
            || file.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            str::to_owned,
        ),
        file: file.to_owned(),
        server: value.get("server").and_then(Value::as_str).unwrap_or_default().to_owned(),
        request: RecordedRequest {
            method: text_of(request, "method")?,
            path: text_of(request, "path")?,
            headers: headers(request),
            query: request.get("query").cloned(),
            form: request.get("form").cloned(),
            body: request.get("body").or_else(|| request.get("raw_body")).cloned(),
        },
        response: RecordedResponse {
            status: u16::try_from(response.get("status")?.as_u64()?).ok()?,
            headers: headers(response),
            body: match response.get("body") {
                Some(Value::String(text)) => text.clone(),
                Some(Value::Null) | None => String::new(),
                Some(other) => other.to_string(),
            },
        },
    })
}

fn headers(of: &Map<String, Value>) -> BTreeMap<String, String> {
    let Some(headers) = of.get("headers").and_then(Value::as_object) else {
        return BTreeMap::new();
    };
    headers
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        .collect()
}
