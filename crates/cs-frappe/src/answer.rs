//! What an HTTP answer of Frappe means: pure and total, so that every answer ever seen is one of three things.
//!
//! The exception's type decides, not the status and not the words (facts/FRAPPE.md, "Envelopes and status codes"): an
//! exception told in JSON was caught inside the transaction and rolled back, while HTML comes from outside of it, from
//! after the commit too (trap 2).

use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value as Json};

use crate::error::FrappeError;
use crate::plain_text::clean;
use crate::refusal::Class;
use crate::subject::Subject;

/// Whether a request may change documents.
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
    /// Frappe did it, and this is its result.
    Done(Payload),
    /// Nothing was changed.
    NotDone(FrappeError),
    /// It may have been done or not.
    Unknown(FrappeError),
}

impl Answer {
    /// For reads, where both kinds of failure come to the same.
    pub(crate) fn read(self) -> Result<Payload, FrappeError> {
        match self {
            Self::Done(payload) => Ok(payload),
            Self::NotDone(error) | Self::Unknown(error) => Err(error),
        }
    }
}

/// A result as it came, freed of its envelope. It may hold anything, so it shows nothing of itself.
pub(crate) struct Payload {
    pub(crate) value: Json,
    pub(crate) notices: Vec<Notice>,
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payload").field("notices", &self.notices.len()).finish_non_exhaustive()
    }
}

/// What Frappe has to say beside a success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A document of this name existed, so the new one got another (facts/FRAPPE.md, trap 3): it may be a duplicate.
    NameTaken {
        /// The name it would have had.
        wanted: String,
        /// The name it has.
        given: String,
    },
    /// Anything else, in Frappe's words.
    Told(String),
}

impl Notice {
    /// `Changed customer name to 'X - 1' as 'X' already exists.`
    fn of(message: &str) -> Self {
        let renamed = message
            .split_once(" name to '")
            .and_then(|(_, rest)| rest.split_once("' as '"))
            .and_then(|(given, rest)| rest.split_once("' already exists").map(|(wanted, _)| (wanted, given)));
        match renamed {
            Some((wanted, given)) => Self::NameTaken { wanted: wanted.to_owned(), given: given.to_owned() },
            None => Self::Told(message.to_owned()),
        }
    }
}

/// What Frappe means where it says `AuthenticationError` and no more.
const NOT_ACCEPTED: &str = "Frappe does not accept the API key and secret";

/// What an answer looks like that was made for a browser.
pub(crate) const PAGE: &str = "HTML or text";

/// Says what became of a request, whatever came back.
pub(crate) fn classify(effect: Effect, received: &Received<'_>) -> Answer {
    match serde_json::from_slice::<Json>(received.body) {
        Ok(Json::Object(body)) if received.content_type.contains("json") => told(effect, received, body),
        Ok(_) => untold(effect, received, "JSON without an envelope"),
        Err(_) if received.body.is_empty() => untold(effect, received, "empty"),
        Err(_) if received.content_type.contains("json") => untold(effect, received, "JSON that breaks off"),
        Err(_) => untold(effect, received, PAGE),
    }
}

/// An answer in Frappe's own form.
fn told(effect: Effect, received: &Received<'_>, mut body: Map<String, Json>) -> Answer {
    if let Some(exception) = Exception::of(&body) {
        return exception.answer(effect, received);
    }
    if !(200..300).contains(&received.status) {
        return untold(effect, received, "JSON without an exception");
    }
    if is_foreign(&body) {
        return Answer::NotDone(not_frappe("JSON", received));
    }
    let notices = server_messages(&body).iter().map(|text| Notice::of(text)).collect();
    let value = body.remove("data").or_else(|| body.remove("message")).unwrap_or(Json::Null);
    Answer::Done(Payload { value, notices })
}

/// VTiger's envelope: its web service answers below its own address too (`webservice.php/api/...`).
fn is_foreign(body: &Map<String, Json>) -> bool {
    body.get("success").is_some_and(Json::is_boolean)
        && (body.contains_key("result") || body.contains_key("error"))
        && !body.contains_key("data")
        && !body.contains_key("message")
}

fn not_frappe(what: &'static str, received: &Received<'_>) -> FrappeError {
    FrappeError::NotFrappe { what, status: received.status, bytes: received.body.len() }
}

/// Whether a 404 without an envelope is Frappe's own: `<p>otro.localhost does not exist</p>`
/// (`fixtures/frappe/site_unknown_host.json`).
fn misses_site(body: &[u8]) -> bool {
    String::from_utf8_lossy(body).contains(" does not exist")
}

/// An answer that Frappe's request handling did not make: a proxy, the web server, or an error behind the commit.
fn untold(effect: Effect, received: &Received<'_>, what: &'static str) -> Answer {
    let refusal = |class: Class| {
        Answer::NotDone(FrappeError::Refused {
            message: match class {
                Class::Credentials => NOT_ACCEPTED.to_owned(),
                _ => format!("the web server answers HTTP {}", received.status),
            },
            class,
            subject: Subject::default(),
            retry_after: received.retry_after,
        })
    };
    let garbled = || FrappeError::Garbled { what, status: received.status, bytes: received.body.len() };
    match (received.status, effect) {
        (300..400, _) => Answer::NotDone(FrappeError::Redirected { status: received.status }),
        (401, _) => refusal(Class::Credentials),
        (403, _) => refusal(Class::Permission),
        (404, _) if misses_site(received.body) => refusal(Class::UnknownSite),
        (404, _) => Answer::NotDone(not_frappe(what, received)),
        (413 | 414, _) => refusal(Class::TooLarge),
        (429, _) => refusal(Class::RateLimited),
        // 408 and 499 speak of a request that was cut off midway, not of one that was refused.
        (408 | 499, Effect::Write) => Answer::Unknown(garbled()),
        (400..500, _) | (_, Effect::Read) => Answer::NotDone(garbled()),
        (_, Effect::Write) => Answer::Unknown(garbled()),
    }
}

/// An exception as either version of the API tells it.
struct Exception {
    exc_type: String,
    /// With tracebacks on: the exception's own text, API names in it.
    text: String,
    messages: Vec<String>,
}

impl Exception {
    fn of(body: &Map<String, Json>) -> Option<Self> {
        if let Some(exc_type) = text_at(body, "exc_type") {
            let mut messages = server_messages(body);
            messages.extend(text_at(body, "_error_message").map(clean));
            return Some(Self {
                exc_type: exc_type.to_owned(),
                text: text_at(body, "exception").unwrap_or_default().to_owned(),
                messages,
            });
        }
        let errors = body.get("errors")?.as_array()?;
        let first = errors.first()?.as_object()?;
        Some(Self {
            exc_type: text_at(first, "type")?.to_owned(),
            text: text_at(first, "exception").unwrap_or_default().to_owned(),
            messages: errors
                .iter()
                .filter_map(|error| text_at(error.as_object()?, "message"))
                .map(clean)
                .collect(),
        })
    }

    fn answer(&self, effect: Effect, received: &Received<'_>) -> Answer {
        let class = Class::of(&self.exc_type, &self.text, effect);
        let message = match class {
            Class::Credentials if self.messages.is_empty() => NOT_ACCEPTED.to_owned(),
            _ => self.message(),
        };
        let error = FrappeError::Refused {
            class,
            subject: Subject::of(class, &self.text, self.messages.first().unwrap_or(&message)),
            message,
            retry_after: received.retry_after,
        };
        // A status below 400 contradicts the exception; a 5xx of an unknown exception may have been stored (trap 2).
        let certain = match received.status {
            400..500 => true,
            500.. => class.rolls_back(),
            _ => false,
        };
        match effect {
            Effect::Write if !certain => Answer::Unknown(error),
            _ => Answer::NotDone(error),
        }
    }

    /// What a user would have read or, where there is nothing to read, what the exception says of itself.
    fn message(&self) -> String {
        if !self.messages.is_empty() {
            return self.messages.join(" ");
        }
        let own = self.text.lines().last().unwrap_or_default();
        let own = own.split_once(": ").map_or("", |(_, text)| text);
        if own.is_empty() { self.exc_type.clone() } else { clean(own) }
    }
}

fn text_at<'a>(body: &'a Map<String, Json>, key: &str) -> Option<&'a str> {
    body.get(key).and_then(Json::as_str)
}

/// `_server_messages`: a JSON text of a list of JSON texts. Version 2 calls them `messages` and nests nothing.
fn server_messages(body: &Map<String, Json>) -> Vec<String> {
    let nested = text_at(body, "_server_messages")
        .and_then(|text| serde_json::from_str::<Vec<String>>(text).ok())
        .unwrap_or_default();
    let nested =
        nested.iter().map(|text| serde_json::from_str(text).unwrap_or_else(|_| Json::String(text.clone())));
    let flat = body.get("messages").and_then(Json::as_array).cloned().unwrap_or_default();
    nested
        .chain(flat)
        .filter_map(|message| match message {
            Json::String(text) => Some(clean(&text)),
            Json::Object(told) => text_at(&told, "message").map(clean),
            _ => None,
        })
        .filter(|text| !text.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(effect: Effect, status: u16, content_type: &str, body: &str) -> Answer {
        classify(effect, &Received { status, content_type, retry_after: None, body: body.as_bytes() })
    }

    const JSON: &str = "application/json";

    #[test]
    fn html_over_a_write_is_unknown_and_over_a_read_is_not_done() {
        for status in [200, 500, 502, 504] {
            let write = answer(Effect::Write, status, "text/html", "<html>");
            assert!(matches!(write, Answer::Unknown(FrappeError::Garbled { .. })), "{status}");
            let read = answer(Effect::Read, status, "text/html", "<html>");
            assert!(matches!(read, Answer::NotDone(_)), "{status}");
        }
        assert!(matches!(answer(Effect::Write, 413, "text/html", "<html>"), Answer::NotDone(_)));
    }

    #[test]
    fn who_answers_and_is_no_frappe_is_told_apart_from_a_frappe_without_the_site() {
        let nginx = "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body><center>nginx</center></body></html>";
        let vtiger = r#"{"success":false,"error":{"code":"ACCESS_DENIED","message":"No session"}}"#;
        for (status, content_type, body) in
            [(404, "text/html", nginx), (404, "text/html", ""), (200, JSON, vtiger)]
        {
            for effect in [Effect::Read, Effect::Write] {
                let Answer::NotDone(error) = answer(effect, status, content_type, body) else {
                    panic!("{body} was taken for Frappe's");
                };
                assert_eq!(error.code(), "frappe.not_frappe", "{body}");
                assert_eq!(error.kind().advice(), cs_domain::Advice::NeedsSetup);
                assert!(error.remedy().unwrap().contains("frappe.url"));
            }
        }
        let site = "<h1>Not Found</h1>\n<p>otro.localhost does not exist</p>";
        let Answer::NotDone(error) = answer(Effect::Read, 404, "text/html", site) else {
            panic!("nothing was done");
        };
        assert_eq!(error.code(), "frappe.unknown_site");
    }

    #[test]
    fn a_login_that_fails_is_told_in_words() {
        let bare =
            r#"{"exception":"frappe.exceptions.AuthenticationError","exc_type":"AuthenticationError"}"#;
        for (content_type, body) in [(JSON, bare), ("text/html", "<h1>401</h1>")] {
            let Answer::NotDone(error) = answer(Effect::Read, 401, content_type, body) else {
                panic!("nothing was done");
            };
            assert_eq!(error.code(), "frappe.credentials");
            assert_eq!(error.to_string(), "Frappe does not accept the API key and secret");
        }
    }

    #[test]
    fn a_body_that_breaks_off_is_unknown() {
        let cut = answer(Effect::Write, 200, JSON, "{\"data\":{\"name\":\"A");
        assert!(matches!(cut, Answer::Unknown(_)));
    }

    #[test]
    fn a_known_exception_was_rolled_back_and_an_unknown_one_on_a_500_may_not() {
        let known = answer(Effect::Write, 500, JSON, r#"{"exc_type":"QueryDeadlockError"}"#);
        assert!(matches!(known, Answer::NotDone(_)));
        let unknown = answer(Effect::Write, 500, JSON, r#"{"exc_type":"ConnectionError"}"#);
        assert!(matches!(unknown, Answer::Unknown(_)));
        let refused = answer(Effect::Write, 417, JSON, r#"{"exc_type":"AppSpecificError"}"#);
        assert!(matches!(refused, Answer::NotDone(_)));
    }

    #[test]
    fn a_rename_is_a_typed_notice() {
        let body = r#"{"data":{"name":"X - 1"},"_server_messages":"[\"{\\\"message\\\": \\\"Changed customer name to 'X - 1' as 'X' already exists.\\\"}\"]"}"#;
        let Answer::Done(payload) = answer(Effect::Write, 200, JSON, body) else {
            panic!("a success with a message is a success");
        };
        assert_eq!(payload.notices, [Notice::NameTaken { wanted: "X".into(), given: "X - 1".into() }]);
    }

    proptest::proptest! {
        #[test]
        fn whatever_comes_back_has_a_meaning(status in 100_u16..600, json: bool, body: Vec<u8>) {
            let content_type = if json { JSON } else { "text/html" };
            let received = Received { status, content_type, retry_after: None, body: &body };
            let write = classify(Effect::Write, &received);
            // Only an object in JSON can be a success.
            let object = serde_json::from_slice::<Map<String, Json>>(&body).is_ok();
            assert!(object || !matches!(write, Answer::Done(_)));
            let read = classify(Effect::Read, &received);
            assert!(!matches!(read, Answer::Unknown(_)));
        }
    }
}
