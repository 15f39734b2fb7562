//! A request taken apart: route, parameters and who asks.

use axum::http::{HeaderMap, Method, header};
use serde_json::Value;

use super::envelope::Version;
use super::python::parse_json;
use crate::frappe::query::{self, Query};
use crate::frappe::refusal::Refusal;
use crate::frappe::values::{Row, integer, text};

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Route {
    /// All documents of a kind.
    Kind(String),
    /// One document.
    Document(String, String),
    /// A whitelisted function.
    Method(String),
    /// A method of a document (v2).
    DocumentMethod(String, String, String),
    /// `/api/v2/doctype/X/meta` or `count`.
    DocType(String, String),
    /// Nowhere.
    Unknown,
}

/// A request.
pub(super) struct Asked {
    pub(super) version: Version,
    pub(super) method: Method,
    pub(super) route: Route,
    /// Parameters of the URL and the body together; the body wins.
    pub(super) form: Row,
}

impl Asked {
    /// Reads path, query and body.
    pub(super) fn read(method: &Method, path: &str, query: &str, headers: &HeaderMap, body: &[u8]) -> Self {
        let (version, route) = read_route(method, path);
        let mut form = read_pairs(query);
        form.extend(read_body(headers, body));
        Self { version, method: method.clone(), route, form }
    }

    /// A parameter's text.
    pub(super) fn text(&self, key: &str) -> String {
        text(self.form.get(key))
    }

    /// A parameter that is JSON, or is it already.
    pub(super) fn json(&self, key: &str) -> Result<Value, Refusal> {
        match self.form.get(key) {
            Some(Value::String(text)) if text.is_empty() => Ok(Value::Null),
            Some(Value::String(text)) => parse_json(text),
            Some(value) => Ok(value.clone()),
            None => Ok(Value::Null),
        }
    }

    /// A parameter that may be JSON or a plain text.
    pub(super) fn loose(&self, key: &str) -> Value {
        match self.form.get(key) {
            Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_else(|_| text.clone().into()),
            Some(value) => value.clone(),
            None => Value::Null,
        }
    }

    /// A document in a parameter.
    pub(super) fn document(&self, key: &str) -> Result<Row, Refusal> {
        match self.json(key)? {
            Value::Object(row) => Ok(row),
            _ => Ok(Row::new()),
        }
    }

    /// The fields of a document: the parameters, or what is in `data`.
    pub(super) fn fields(&self) -> Result<Row, Refusal> {
        match self.form.get("data") {
            Some(Value::String(text)) => match parse_json(text)? {
                Value::Object(row) => Ok(row),
                _ => Ok(Row::new()),
            },
            _ => Ok(self.form.clone()),
        }
    }

    /// The list that the parameters ask for. The resource API wants JSON; functions take plain texts, too.
    pub(super) fn query(&self, doctype: &str, strict: bool) -> Result<Query, Refusal> {
        let fields = if strict { self.json("fields")? } else { self.loose("fields") };
        let limit = ["limit_page_length", "limit"]
            .iter()
            .find_map(|key| self.form.get(*key))
            .map_or(20, |limit| integer(Some(limit)));
        let group = self.text("group_by");
        Ok(Query {
            fields: query::read_fields(&fields),
            filters: query::read_filters(doctype, &self.json("filters")?)?,
            or_filters: query::read_filters(doctype, &self.json("or_filters")?)?,
            order: query::read_order(&self.text("order_by")),
            group: (!group.is_empty()).then(|| query::column(&group)),
            start: usize::try_from(integer(self.form.get("limit_start"))).unwrap_or_default(),
            limit: if limit == 0 { None } else { usize::try_from(limit).ok() },
        })
    }
}

fn read_route(method: &Method, path: &str) -> (Version, Route) {
    let path = decode(path, false);
    let Some(path) = path.strip_prefix("/api/") else {
        return (Version::V1, Route::Unknown);
    };
    let (version, path) = match path.strip_prefix("v2/") {
        Some(path) => (Version::V2, path),
        None => (Version::V1, path.strip_prefix("v1/").unwrap_or(path)),
    };
    let (area, rest) = path.split_once('/').unwrap_or((path, ""));
    let (first, tail) = rest.split_once('/').unwrap_or((rest, ""));
    let route = match (version, area) {
        (_, "method") if !rest.is_empty() => Route::Method(rest.to_owned()),
        (Version::V1, "resource") | (Version::V2, "document") if !first.is_empty() => {
            document_route(version, method, first, tail)
        }
        (Version::V2, "doctype") => Route::DocType(first.to_owned(), tail.trim_end_matches('/').to_owned()),
        _ => Route::Unknown,
    };
    (version, route)
}

fn document_route(version: Version, method: &Method, doctype: &str, name: &str) -> Route {
    let doctype = doctype.to_owned();
    if name.is_empty() {
        return Route::Kind(doctype);
    }
    if version == Version::V2 {
        let name = name.strip_suffix('/').unwrap_or(name);
        if let Some((name, call)) = name.rsplit_once("/method/") {
            return Route::DocumentMethod(doctype, name.to_owned(), call.to_owned());
        }
        // v2 has no POST to a document.
        if *method == Method::POST {
            return Route::Unknown;
        }
        return Route::Document(doctype, name.to_owned());
    }
    Route::Document(doctype, name.to_owned())
}

/// Decodes `%41`, and in forms `+` as well.
pub(super) fn decode(text: &str, is_form: bool) -> String {
    let plus = if is_form { text.replace('+', " ") } else { text.to_owned() };
    percent_encoding::percent_decode_str(&plus).decode_utf8_lossy().into_owned()
}

fn read_pairs(text: &str) -> Row {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key, true), decode(value, true).into())
        })
        .collect()
}

/// JSON is read whatever the content type says; otherwise the body is a form.
fn read_body(headers: &HeaderMap, body: &[u8]) -> Row {
    let text = String::from_utf8_lossy(body);
    if let Ok(Value::Object(row)) = serde_json::from_str(&text) {
        return row;
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_json = kind.is_some_and(|kind| kind.starts_with("application/json"));
    if is_json { Row::new() } else { read_pairs(&text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(method: &Method, path: &str) -> Route {
        read_route(method, path).1
    }

    #[test]
    fn names_may_hold_anything() {
        let name = "A/B Prueba?x#y%20".to_owned();
        let path = "/api/resource/Customer/A%2FB%20Prueba%3Fx%23y%2520";
        assert_eq!(route(&Method::GET, path), Route::Document("Customer".into(), name));
        assert_eq!(route(&Method::GET, "/api/resource/Contact/"), Route::Kind("Contact".into()));
        assert_eq!(
            route(&Method::GET, "/api/resource/Contact/Ana%20Prueba-1%20"),
            Route::Document("Contact".into(), "Ana Prueba-1 ".into())
        );
        assert_eq!(route(&Method::GET, "/api/nada"), Route::Unknown);
        assert_eq!(route(&Method::POST, "/api/v2/document/Contact/bulk_delete"), Route::Unknown);
        assert_eq!(
            route(&Method::GET, "/api/v2/doctype/Contact/meta"),
            Route::DocType("Contact".into(), "meta".into())
        );
    }

    #[test]
    fn a_body_is_json_whatever_its_content_type_says() {
        let read = |body: &str| read_body(&HeaderMap::new(), body.as_bytes());
        assert_eq!(read("{\"a\":1}")["a"], 1);
        assert_eq!(read("a=1+2&b=%C3%B1")["b"], "ñ");
        assert_eq!(read("a=1+2")["a"], "1 2");
    }
}
