//! Sends a recorded request as it was sent: its own Host, no header that the recording does not have.

use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use crate::conformance::Recording;

use super::facts;

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Answer {
    /// All values of a header.
    pub(super) fn header(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).collect()
    }
}

/// Sends it; blocking.
pub(super) fn send(addr: SocketAddr, recording: &Recording) -> io::Result<Answer> {
    let request = &recording.request;
    let has = |name: &str| request.headers.keys().any(|key| key.eq_ignore_ascii_case(name));
    let mut target = encode(&request.path, "/%");
    let query = pairs(request.query.as_ref());
    if !query.is_empty() {
        target = format!("{target}?{query}");
    }
    let body = match request.body.as_ref().or(request.form.as_ref()) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(value) if has("content-type") && request.form.is_none() => value.to_string(),
        // Without a content type the recorder sent a form.
        Some(value) => pairs(Some(value)),
    };
    let mut head = format!("{} {target} HTTP/1.1\r\nConnection: close\r\n", request.method);
    for (name, value) in &request.headers {
        if !["connection", "content-length"].contains(&name.to_ascii_lowercase().as_str()) {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
    }
    if let Some(cookie) = facts::cookie(recording) {
        write!(head, "Cookie: {cookie}\r\n").unwrap();
    }
    if !has("host") {
        head.push_str("Host: lab.localhost\r\n");
    }
    write!(head, "Content-Length: {}\r\n\r\n", body.len()).unwrap();
    let mut stream = TcpStream::connect(addr)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    stream.write_all(head.as_bytes())?;
    // A server that refuses the head may close before it read the body; its answer still counts.
    let _ = stream.write_all(body.as_bytes());
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    parse(&bytes).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

fn parse(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect();
    Some(Answer { status, headers, body: String::from_utf8_lossy(&bytes[end + 4..]).into_owned() })
}

fn pairs(fields: Option<&Value>) -> String {
    let Some(Value::Object(fields)) = fields else {
        return match fields {
            Some(Value::String(text)) => text.clone(),
            _ => String::new(),
        };
    };
    let pairs = fields.iter().map(|(key, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        format!("{}={}", encode(key, ""), encode(&value, ""))
    });
    pairs.collect::<Vec<_>>().join("&")
}

fn encode(text: &str, keep: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        let plain =
            byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || keep.as_bytes().contains(&byte);
        if plain {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").unwrap();
        }
    }
    encoded
}
