//! Lists: always POST `frappe.client.get_list`, since a filter can be long, and always with an order, since the
//! DocType's own differs (facts/FRAPPE.md, "Reading").

use cs_domain::Kind;
use serde_json::{Map, Value as Json, json};

use crate::decode::Wire;
use crate::error::FrappeError;
use crate::transport::{Call, Transport};

/// Values in one filter; 2000 were seen to work.
pub(crate) const VALUES_AT_ONCE: usize = 500;

/// A list to ask for.
pub(crate) struct ListQuery {
    pub(crate) doctype: Kind,
    pub(crate) fields: Vec<String>,
    /// Joined with *and*.
    pub(crate) filters: Vec<Json>,
    /// Joined with *or*, and the whole with *and* to the filters.
    pub(crate) or_filters: Vec<Json>,
    pub(crate) order_by: String,
    /// Rows at most; 0 for all.
    pub(crate) limit: u32,
    /// For a child DocType: the DocType it belongs to; without it 403 (`fixtures/frappe/list_child_direct_noparent.json`).
    pub(crate) parent: Option<Kind>,
}

impl ListQuery {
    fn body(&self) -> Json {
        let mut body = Map::new();
        body.insert("doctype".into(), json!(self.doctype));
        body.insert("fields".into(), json!(self.fields));
        if !self.filters.is_empty() {
            body.insert("filters".into(), Json::Array(self.filters.clone()));
        }
        if !self.or_filters.is_empty() {
            body.insert("or_filters".into(), Json::Array(self.or_filters.clone()));
        }
        body.insert("order_by".into(), json!(self.order_by));
        body.insert("limit_page_length".into(), json!(self.limit));
        if let Some(parent) = &self.parent {
            body.insert("parent".into(), json!(parent));
        }
        Json::Object(body)
    }

    /// Asks for it.
    pub(crate) async fn fetch(&self, transport: &Transport) -> Result<Vec<Wire>, FrappeError> {
        let call = Call::ask_at_length("frappe.client.get_list", self.body());
        let Json::Array(rows) = transport.read(&call).await?.value else {
            return Err(FrappeError::Shape { what: "a list" });
        };
        rows.into_iter()
            .map(|row| match row {
                Json::Object(row) => Ok(row),
                _ => Err(FrappeError::Shape { what: "a row" }),
            })
            .collect()
    }
}

/// A text column of a row; DocTypes that count their documents have numbers for names.
pub(crate) fn text(row: &Wire, column: &'static str) -> Result<String, FrappeError> {
    match row.get(column) {
        Some(Json::String(text)) => Ok(text.clone()),
        Some(Json::Number(number)) => Ok(number.to_string()),
        _ => Err(FrappeError::Shape { what: column }),
    }
}
