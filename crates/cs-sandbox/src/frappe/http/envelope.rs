//! The two envelopes of Frappe's API (facts/FRAPPE.md, "Envelopes and status codes").

use serde_json::{Map, Value, json};

use crate::frappe::refusal::{Class, Message, Refusal};
use crate::frappe::site::{Answered, Site};

/// Which API was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    V1,
    V2,
}

/// An answer before it is bytes.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Map<String, Value>,
}

/// The envelope of what a request came to. `key` is `data` or `message`; nothing to say leaves it out.
pub(super) fn wrap(
    site: &mut Site,
    version: Version,
    key: &str,
    status: u16,
    answered: Answered<Value>,
) -> Reply {
    let Answered { result, messages } = answered;
    let value = match result {
        Ok(value) => value,
        Err(refusal) => return refuse(site, version, messages, &refusal),
    };
    let mut body = Map::new();
    match value {
        // Some methods fill the answer's top level themselves.
        Value::Object(mut whole) if whole.contains_key("docs") => body.append(&mut whole),
        Value::Null => {}
        value => {
            let key = if version == Version::V2 { "data" } else { key };
            body.insert(key.to_owned(), value);
        }
    }
    let written: Vec<Map<String, Value>> = messages.iter().map(|message| write(site, message)).collect();
    add_messages(&mut body, version, written);
    Reply { status, body }
}

/// The envelope of a refusal.
pub(super) fn refuse(site: &mut Site, version: Version, before: Vec<Message>, refusal: &Refusal) -> Reply {
    let status = refusal.class.status();
    // A 404 and a wrong CSRF token never carry their exception.
    let shows = site.shows_tracebacks() && !matches!(refusal.class, Class::DoesNotExist | Class::CsrfToken);
    let messages: Vec<Message> = before.into_iter().chain(refusal.messages.iter().cloned()).collect();
    let body = match version {
        Version::V1 => refuse_v1(site, refusal, &messages, shows),
        Version::V2 => refuse_v2(site, refusal, &messages, shows),
    };
    Reply { status, body }
}

fn refuse_v1(site: &mut Site, refusal: &Refusal, messages: &[Message], shows: bool) -> Map<String, Value> {
    let mut body = Map::new();
    let exception = refusal.exception();
    if shows {
        body.insert("exception".to_owned(), exception.clone().into());
    }
    body.insert("exc_type".to_owned(), refusal.class.exc_type().into());
    if shows && refusal.from_erpnext {
        body.insert("_exc_source".to_owned(), "erpnext (app)".into());
    }
    if shows {
        let trace = json!([format!("Traceback (most recent call last):\n{}", exception.trim_end())]);
        body.insert("exc".to_owned(), trace.to_string().into());
    }
    let written = messages.iter().map(|message| write(site, message)).collect();
    add_messages(&mut body, Version::V1, written);
    if let Some(text) = &refusal.error_message {
        body.insert("_error_message".to_owned(), text.clone().into());
    }
    body
}

fn refuse_v2(site: &mut Site, refusal: &Refusal, messages: &[Message], shows: bool) -> Map<String, Value> {
    let mut error = Map::new();
    error.insert("type".to_owned(), refusal.class.exc_type().into());
    if shows {
        let trace = format!("Traceback (most recent call last):\n{}", refusal.exception());
        error.insert("exception".to_owned(), trace.into());
    }
    // The message of the exception goes into the error, the others stand beside it.
    let own = messages.iter().rposition(|message| message.raised).or(if messages.is_empty() {
        None
    } else {
        Some(0)
    });
    let mut others = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        let mut written = write(site, message);
        written.shift_remove("raise_exception");
        written.shift_remove("__frappe_exc_id");
        if Some(index) == own {
            error.append(&mut written);
        } else {
            others.push(written);
        }
    }
    let mut body = Map::new();
    body.insert("errors".to_owned(), json!([error]));
    add_messages(&mut body, Version::V2, others);
    body
}

fn add_messages(body: &mut Map<String, Value>, version: Version, written: Vec<Map<String, Value>>) {
    if written.is_empty() {
        return;
    }
    match version {
        Version::V1 => {
            let lines: Vec<String> =
                written.into_iter().map(|message| Value::Object(message).to_string()).collect();
            body.insert("_server_messages".to_owned(), json!(lines).to_string().into());
        }
        Version::V2 => {
            body.insert("messages".to_owned(), written.into_iter().map(Value::Object).collect());
        }
    }
}

fn write(site: &mut Site, message: &Message) -> Map<String, Value> {
    let mut written = Map::new();
    written.insert("message".to_owned(), message.text.clone().into());
    written.insert("title".to_owned(), message.title.clone().into());
    if let Some(indicator) = message.indicator {
        written.insert("indicator".to_owned(), indicator.into());
    }
    if message.raised {
        written.insert("raise_exception".to_owned(), 1.into());
        written.insert("__frappe_exc_id".to_owned(), site.random_id().into());
    }
    if message.alert {
        written.insert("alert".to_owned(), 1.into());
    }
    written
}
