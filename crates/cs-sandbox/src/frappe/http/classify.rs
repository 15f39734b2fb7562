//! What kind of request one is, for scripted faults and for counting.

use axum::http::{HeaderMap, Method};
use serde_json::Value;

use super::asked::{Asked, Route};
use crate::frappe::values::text;

/// The operation (`create`, `update`, `get`, `list`, `delete` or `method`) and the `DocType` of a request. A pure
/// function; never fails: what cannot be read is a `method`.
pub fn classify(
    method: &Method,
    path: &str,
    query: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> (&'static str, Option<String>) {
    let asked = Asked::read(method, path, query, headers, body);
    match &asked.route {
        Route::Kind(doctype) if *method == Method::POST => ("create", Some(doctype.clone())),
        Route::Kind(doctype) => ("list", Some(doctype.clone())),
        Route::Document(doctype, _) => {
            let operation = match method.as_str() {
                "GET" => "get",
                "DELETE" => "delete",
                _ => "update",
            };
            (operation, Some(doctype.clone()))
        }
        Route::DocumentMethod(doctype, ..) => ("update", Some(doctype.clone())),
        Route::DocType(doctype, _) => ("method", Some(doctype.clone())),
        Route::Method(name) => of_method(&asked, name),
        Route::Unknown => ("method", None),
    }
}

fn of_method(asked: &Asked, name: &str) -> (&'static str, Option<String>) {
    let operation = match name.strip_prefix("frappe.client.").unwrap_or(name) {
        "insert" | "insert_many" => "create",
        "save" | "submit" | "cancel" | "set_value" | "rename_doc" | "bulk_update" => "update",
        "delete" => "delete",
        "get" => "get",
        "get_list" | "get_count" | "get_value" => "list",
        _ => "method",
    };
    let plain = asked.text("doctype");
    let target = if plain.is_empty() { in_document(asked) } else { Some(plain) };
    (operation, target)
}

/// The `DocType` inside `doc` or the first of `docs`.
fn in_document(asked: &Asked) -> Option<String> {
    let document = match asked.loose("docs") {
        Value::Array(documents) => documents.into_iter().next()?,
        _ => asked.loose("doc"),
    };
    let doctype = text(document.get("doctype"));
    (!doctype.is_empty()).then_some(doctype)
}

/// Whether an operation changes records. A function that is none of the known writes is taken to read, except the ones
/// that Desk writes with.
pub(super) fn writes(operation: &str) -> bool {
    matches!(operation, "create" | "update" | "delete")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_is_seen_as_one() {
        let ask = |method: Method, path: &str, body: &str| {
            classify(&method, path, "", &HeaderMap::new(), body.as_bytes())
        };
        let contact = || Some("Contact".to_owned());
        assert_eq!(ask(Method::POST, "/api/resource/Contact", "{}"), ("create", contact()));
        assert_eq!(ask(Method::PUT, "/api/resource/Contact/A%20B", "{}"), ("update", contact()));
        assert_eq!(ask(Method::GET, "/api/resource/Contact", ""), ("list", contact()));
        assert_eq!(ask(Method::DELETE, "/api/v2/document/Contact/A", ""), ("delete", contact()));
        let many = "{\"docs\":[{\"doctype\":\"Contact\"}]}";
        assert_eq!(ask(Method::POST, "/api/method/frappe.client.insert_many", many), ("create", contact()));
        assert_eq!(ask(Method::GET, "/api/method/ping", ""), ("method", None));
    }
}
