//! The state of the site before a recorded request: what the request refers to, what the answer shows to have been there,
//! and decoys that must not turn up. Only what is *before* is staged; the answer is the site's own work.

mod creates;
mod lists;
mod needs;

use cs_sandbox::frappe::{RateLimit, Row, Site, install};
use serde_json::Value;

use crate::conformance::Recording;

use super::facts::{self, text};
use super::history::{self, History};

/// A case under way.
pub(super) struct Case<'a> {
    pub(super) recording: &'a Recording,
    pub(super) history: &'a History,
    pub(super) site: Site,
    pub(super) form: Row,
    pub(super) answer: Value,
    pub(super) payload: Value,
    pub(super) exc_type: String,
    pub(super) words: String,
}

/// The site as it was before the recorded request.
pub(super) fn site(recording: &Recording, history: &History) -> Site {
    let mut case = Case {
        recording,
        history,
        site: install::lab().unwrap(),
        form: facts::form(recording),
        answer: facts::answer(recording),
        payload: facts::payload(recording),
        exc_type: facts::exc_type(recording),
        words: facts::words(recording),
    };
    case.site.hosts = vec!["lab.localhost".to_owned()];
    case.site.add_session("live", "Administrator");
    case.settings();
    case.custom_fields();
    case.documents();
    case.switches();
    case.site
}

impl Case<'_> {
    /// System settings as they were; tracebacks are off where an error comes without its exception.
    fn settings(&mut self) {
        if let Some(settings) = self.history.before(self.recording, "System Settings", "System Settings") {
            history::put(&mut self.site, &settings);
        }
        let is_error = !self.exc_type.is_empty() && ![404, 400].contains(&self.recording.response.status);
        let shown = self.answer.get("exception").or(self.answer.pointer("/errors/0/exception"));
        if is_error && shown.is_none() {
            self.site.set_setting("allow_error_traceback", 0);
        }
    }

    /// Custom fields that were made before, and those that the answer shows.
    fn custom_fields(&mut self) {
        for field in self.history.made_before(self.recording, "Custom Field") {
            install::stage_custom_field(&mut self.site, field);
        }
        if let Value::Object(row) = self.payload.clone() {
            let keys: Vec<String> = row.keys().filter(|key| !key.starts_with('_')).cloned().collect();
            self.unknown_fields(&text(row.get("doctype")), &keys);
        }
        let route = facts::route(self.recording);
        if let (Value::Array(rows), false) = (self.payload.clone(), route.is_method) {
            let keys = rows.first().and_then(Value::as_object).into_iter().flat_map(Row::keys);
            let asked = self.form.get("fields").map_or_else(String::new, Value::to_string);
            // A joined column comes under its own name.
            let own: Vec<String> =
                keys.filter(|key| asked.contains(&format!("\"{key}\""))).cloned().collect();
            self.unknown_fields(&route.first, &own);
            if let Some(Value::Object(filters)) = self.form.get("filters") {
                let keys: Vec<String> = filters.keys().cloned().collect();
                self.unknown_fields(&route.first, &keys);
            }
        }
        self.unique_fields(&route.first);
    }

    /// A refused unique value shows the field by its column, or by its label alone.
    fn unique_fields(&mut self, doctype: &str) {
        let Some(meta) = self.site.doctype(doctype) else {
            return;
        };
        let sent = self.form.keys().filter(|key| meta.field(key).is_none());
        let named = sent.filter(|key| {
            let label = key.replace('_', " ").to_lowercase();
            self.words.to_lowercase().contains(&format!("{label} must be unique"))
        });
        for key in named.cloned().collect::<Vec<_>>() {
            let labelled = self.words.split(" must be unique").next().and_then(|words| words.lines().last());
            let field = serde_json::json!({"dt": doctype, "fieldname": key, "label": labelled, "fieldtype": "Data", "unique": 1});
            install::stage_custom_field(&mut self.site, field.as_object().unwrap().clone());
        }
    }

    /// Fields that an answer shows and the catalogue does not have were made on the site.
    fn unknown_fields(&mut self, doctype: &str, keys: &[String]) {
        let Some(meta) = self.site.doctype(doctype) else {
            return;
        };
        let described = ["DocType", "Custom Field"].contains(&doctype);
        for key in keys.iter().filter(|key| !described && !standard(key) && meta.field(key).is_none()) {
            let field =
                serde_json::json!({"dt": doctype, "fieldname": key, "label": key, "fieldtype": "Data"});
            install::stage_custom_field(&mut self.site, field.as_object().unwrap().clone());
        }
    }

    /// What was wrong with the whole site shows only in the answer.
    fn switches(&mut self) {
        let now = facts::clock(self.recording);
        let status = self.recording.response.status;
        let is_page =
            self.recording.response.header("Content-Type").is_some_and(|kind| kind.contains("html"));
        let route = facts::route(self.recording);
        let accepts_page =
            self.recording.request.headers.get("Accept").is_some_and(|accept| accept.contains("html"));
        let switches = &mut self.site.switches;
        match self.exc_type.as_str() {
            "SessionStopped" => switches.maintenance = true,
            "InReadOnlyMode" => switches.read_only = true,
            "OperationalError" if self.words.contains("(2003,") => switches.database_down = true,
            "QueryTimeoutError" => {
                switches.locked.insert((route.first, route.name));
            }
            "TooManyRequestsError" => {
                let reset = self.recording.response.header("Retry-After").and_then(|text| text.parse().ok());
                let budget =
                    self.recording.response.header("X-RateLimit-Limit").and_then(|text| text.parse().ok());
                let mut limit = RateLimit::new(reset.unwrap_or(20), budget.unwrap_or(300_000), 50_000, now);
                limit.used = limit.budget;
                switches.rate_limit = Some(limit);
            }
            "" if status == 500 && is_page && !accepts_page => {
                // The queue's Redis hurts deletes only; a write without an answer in JSON had no database.
                let deletes = self.recording.request.method == "DELETE";
                switches.queue_down = deletes;
                switches.database_down = !deletes;
            }
            _ => {}
        }
    }
}

/// Columns and marks that are no field of a kind.
pub(super) fn standard(key: &str) -> bool {
    let names = [
        "name",
        "owner",
        "creation",
        "modified",
        "modified_by",
        "docstatus",
        "idx",
        "doctype",
        "parent",
        "parentfield",
        "parenttype",
        "__unsaved",
    ];
    names.contains(&key)
}
