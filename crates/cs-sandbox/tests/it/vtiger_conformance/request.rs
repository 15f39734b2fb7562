//! A recorded request as the test understands it, and its way onto the wire.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use cs_sandbox::vtiger::{Catalogue, Installation};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use crate::conformance::Recording;

/// What a request asks for.
pub(super) struct Asked {
    pub(super) operation: String,
    pub(super) session: Option<String>,
    /// The module that it is about.
    pub(super) target: Option<String>,
    /// The fields of `element`, where they are sent and can be read.
    pub(super) element: Option<Map<String, Value>>,
    /// The id that it is about.
    pub(super) id: Option<String>,
    /// The text of a query.
    pub(super) query: Option<String>,
    pub(super) get: BTreeMap<String, String>,
    pub(super) post: BTreeMap<String, String>,
}

impl Asked {
    pub(super) fn read(recording: &Recording) -> Self {
        let get = params(recording.request.query.as_ref());
        let post = params(recording.request.form.as_ref());
        let both = |name: &str| post.get(name).or_else(|| get.get(name)).cloned();
        let operation = both("operation").unwrap_or_default().to_lowercase();
        let element: Option<Map<String, Value>> =
            post.get("element").and_then(|text| serde_json::from_str(text).ok());
        let id = match operation.as_str() {
            "retrieve" => get.get("id").cloned(),
            "delete" => post.get("id").cloned(),
            _ => element.as_ref().and_then(|element| element.get("id")?.as_str().map(str::to_owned)),
        };
        let query = get.get("query").filter(|_| operation == "query").cloned();
        let of_id = id.as_deref().and_then(module_of);
        let of_query = query.as_deref().and_then(from_of);
        let target = both("elementType").or(of_query).or(of_id);
        Self { operation, session: both("sessionName"), target, element, id, query, get, post }
    }

    pub(super) fn is_known_module(name: &str) -> bool {
        lab().by_name(name).is_some()
    }

    /// Path with query, and body. `access_key` replaces the recorded login key, which belongs to another challenge.
    pub(super) fn encode(&self, recording: &Recording, access_key: Option<&str>) -> (String, Vec<u8>) {
        let mut post = self.post.clone();
        if let (Some(key), Some(sent)) = (access_key, post.get_mut("accessKey")) {
            key.clone_into(sent);
        }
        let mut target = recording.request.path.clone();
        if !self.get.is_empty() {
            target = format!("{target}?{}", urlencoded(&self.get));
        }
        let body = match &recording.request.body {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => urlencoded(&post),
        };
        (target, body.into_bytes())
    }
}

/// The catalogue that recordings are read with.
pub(super) fn lab() -> &'static Catalogue {
    static LAB: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::of(Installation::Lab));
    &LAB
}

/// The module of an id's prefix.
pub(super) fn module_of(id: &str) -> Option<String> {
    let prefix = id.split('x').next()?.parse().ok()?;
    lab().by_prefix(prefix).map(|entry| entry.name.clone())
}

fn from_of(query: &str) -> Option<String> {
    let lower = query.to_lowercase();
    let rest = query.get(lower.find("from")? + 4..)?.trim_start();
    let name: String = rest.chars().take_while(|sign| !sign.is_whitespace() && *sign != ';').collect();
    (!name.is_empty()).then_some(name)
}

fn params(value: Option<&Value>) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match value {
        Some(Value::Object(map)) => map.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
        Some(Value::Array(pairs)) => {
            pairs.iter().filter_map(|pair| Some((text(pair.get(0)?), text(pair.get(1)?)))).collect()
        }
        Some(Value::String(query)) => query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| {
                let decode = |part: &str| {
                    percent_encoding::percent_decode_str(&part.replace('+', " "))
                        .decode_utf8_lossy()
                        .into_owned()
                };
                (decode(name), decode(value))
            })
            .collect(),
        _ => BTreeMap::new(),
    }
}

fn urlencoded(params: &BTreeMap<String, String>) -> String {
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pairs = params.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}
