//! What an HTTP answer of VTiger means: pure and total, so that every answer ever seen is one of three things.
//!
//! The status says little (facts/VTIGER.md, traps 4 and 5): a 500 may have saved, a 200 may be HTML over a write that
//! was made. For a read all that is not an answer is "not done"; for a write only what VTiger itself refused, or never
//! saw, is.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value as Json;

use crate::error::VtigerError;

/// Whether a request may change records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It changes none; sending it again is harmless.
    Read,
    /// It may.
    Write,
}

/// An HTTP answer as far as it matters.
pub(crate) struct Received<'a> {
    pub(crate) status: u16,
    pub(crate) content_type: &'a str,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: &'a [u8],
}

/// What became of a request.
#[derive(Debug)]
pub(crate) enum Answer {
    /// VTiger did it, and this is its result.
    Done(Payload),
    /// Nothing was changed.
    NotDone(VtigerError),
    /// It may have been done or not.
    Unknown(VtigerError),
}

/// A result as it came. It may hold anything, card data included, so it shows nothing of itself.
pub(crate) struct Payload(pub(crate) Json);

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Payload(..)")
    }
}

#[derive(Deserialize)]
struct Envelope {
    success: bool,
    result: Option<Json>,
    error: Option<WireError>,
}

#[derive(Deserialize)]
struct WireError {
    #[serde(default)]
    code: Json,
    #[serde(default)]
    message: Json,
}

/// Sorts one answer.
pub(crate) fn classify(effect: Effect, received: &Received<'_>) -> Answer {
    if received.status == 429 {
        return Answer::NotDone(VtigerError::RateLimited { retry_after: received.retry_after });
    }
    if let Some(envelope) = envelope(received.body) {
        return opened(effect, received, envelope);
    }
    let status = received.status;
    let bytes = received.body.len();
    match status {
        413 | 414 => Answer::NotDone(VtigerError::TooLarge { status }),
        // Redirects are not followed: a POST would arrive as a GET.
        300..=499 => Answer::NotDone(VtigerError::Http { status }),
        502..=504 => unsure(effect, VtigerError::Gateway { status }),
        500..=599 => unsure(effect, VtigerError::Fault { status, bytes }),
        _ => unsure(effect, unreadable(received)),
    }
}

/// For a read there is nothing to be unsure about: nothing was changed either way.
pub(crate) fn unsure(effect: Effect, error: VtigerError) -> Answer {
    match effect {
        Effect::Read => Answer::NotDone(error),
        Effect::Write => Answer::Unknown(error),
    }
}

fn unreadable(received: &Received<'_>) -> VtigerError {
    let (status, bytes) = (received.status, received.body.len());
    let text = String::from_utf8_lossy(received.body);
    if text.contains("Fatal error") {
        return VtigerError::Fault { status, bytes };
    }
    let what = if bytes == 0 {
        "empty"
    } else if text.contains("restricted file") {
        "VTiger's page about a restricted file (an owner that does not exist)"
    } else if text.contains("\"success\"") {
        "cut off"
    } else if received.content_type.contains("html") || text.trim_start().starts_with('<') {
        "a page of HTML"
    } else {
        "no envelope of VTiger's"
    };
    VtigerError::Garbled { what, status, bytes }
}

fn opened(effect: Effect, received: &Received<'_>, envelope: Envelope) -> Answer {
    if envelope.success {
        return match envelope.result {
            Some(result) => Answer::Done(Payload(result)),
            None => unsure(effect, VtigerError::Shape { what: "a result" }),
        };
    }
    let Some(error) = envelope.error else {
        return unsure(
            effect,
            VtigerError::Refused {
                code: "null".into(),
                message: "VTiger reports a failure and does not say which".into(),
            },
        );
    };
    let code = plain(&error.code);
    let message = blank_digits(&plain(&error.message));
    let upper = code.to_ascii_uppercase();
    if upper.contains("TOO_MANY") || upper.contains("RATE_LIMIT") || upper.contains("LIMIT_EXCEEDED") {
        return Answer::NotDone(VtigerError::RateLimited { retry_after: received.retry_after });
    }
    if refused_before_doing(&code, &message) {
        Answer::NotDone(VtigerError::Refused { code, message })
    } else {
        unsure(effect, VtigerError::Refused { code, message })
    }
}

/// The codes that VTiger throws before it saves. Any other may have been thrown while or after saving.
fn refused_before_doing(code: &str, message: &str) -> bool {
    matches!(
        code,
        "AUTHENTICATION_REQUIRED"
            | "AUTHENTICATION_FAILURE"
            | "INVALID_SESSIONID"
            | "INVALID_AUTH_TOKEN"
            | "INVALID_USER_CREDENTIALS"
            | "ACCESS_DENIED"
            | "INVALID_ID_ATTRIBUTE"
            | "REFERENCE_INVALID"
            | "MANDATORY_FIELDS_MISSING"
            | "QUERY_SYNTAX_ERROR"
            | "UNKOWN_ENTITY"
            | "UNKNOWN_ENTITY"
    ) || (code == "0" && message.contains("uplicate"))
}

fn plain(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Blanks long runs of digits: no message of VTiger's needs one, and a card number is one.
fn blank_digits(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = String::new();
    for c in text.chars().take(300).chain(std::iter::once('\0')) {
        if c.is_ascii_digit() {
            run.push(c);
            continue;
        }
        if run.len() >= 8 {
            out.push('…');
        } else {
            out.push_str(&run);
        }
        run.clear();
        if c != '\0' {
            out.push(c);
        }
    }
    out
}

/// The first JSON object with a `success` in the body; PHP's warnings may stand before it, and after it.
fn envelope(body: &[u8]) -> Option<Envelope> {
    let starts = body.iter().enumerate().filter(|(_, byte)| **byte == b'{').map(|(at, _)| at);
    starts.filter_map(|at| body.get(at..)).filter(|rest| begins_with_key(rest)).take(64).find_map(|rest| {
        let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<Envelope>();
        values.next().and_then(Result::ok)
    })
}

/// `{"success"` or `{"error"`, with any white space.
fn begins_with_key(rest: &[u8]) -> bool {
    let mut bytes = rest.iter().skip(1).skip_while(|byte| byte.is_ascii_whitespace());
    let head: Vec<u8> = bytes.by_ref().take(9).copied().collect();
    head.starts_with(b"\"success\"") || head.starts_with(b"\"error\"") || head.starts_with(b"\"result\"")
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
