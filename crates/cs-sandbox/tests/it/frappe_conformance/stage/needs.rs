//! Documents that single requests need.

use cs_sandbox::frappe::Row;
use serde_json::Value;

use super::super::facts::{self, text};
use super::super::history;
use super::{Case, standard};

impl Case<'_> {
    /// Stages what the request needs.
    pub(super) fn documents(&mut self) {
        let route = facts::route(self.recording);
        let method = self.recording.request.method.clone();
        if route.is_method {
            self.for_method(&route.first);
        } else if !route.name.is_empty() && !route.name.contains('/') && route.name != "count" {
            self.for_document(&method, &route.first, &route.name);
        } else if method == "POST" {
            let sent = self.form.clone();
            self.for_create(&route.first, &sent);
        } else if route.name == "count" {
            self.for_count(&route.first);
        } else {
            self.for_list(&route.first);
        }
    }

    fn for_method(&mut self, function: &str) {
        let doctype = text(self.form.get("doctype"));
        let name = text(self.form.get("name"));
        match function.rsplit('.').next().unwrap_or_default() {
            "get_list" => self.for_list(&doctype),
            "get_count" => self.for_count(&doctype),
            "get" | "set_value" | "delete" | "cancel" => {
                let sent = match self.form.get("fieldname") {
                    Some(Value::Object(fields)) => fields.clone(),
                    _ => Row::new(),
                };
                self.existing(&doctype, &name, &sent);
            }
            "get_value" => self.for_value(&doctype),
            "save" | "submit" => self.for_save(),
            "insert" => {
                let document = as_row(self.form.get("doc"));
                self.for_create(&text(document.get("doctype")), &document);
            }
            "insert_many" => {
                for document in as_rows(self.form.get("docs")) {
                    self.link_targets(&text(document.get("doctype")), &document);
                }
            }
            "bulk_update" => {
                for document in as_rows(self.form.get("docs")) {
                    let (doctype, name) = (text(document.get("doctype")), text(document.get("docname")));
                    self.existing(&doctype, &name, &Row::new());
                }
            }
            "rename_doc" => self.for_rename(&doctype),
            "has_permission" => self.existing(&doctype, &text(self.form.get("docname")), &Row::new()),
            "add_comment" => {
                let (doctype, name) =
                    (text(self.form.get("reference_doctype")), text(self.form.get("reference_name")));
                self.existing(&doctype, &name, &Row::new());
            }
            "add_tag" => self.existing(&text(self.form.get("dt")), &text(self.form.get("dn")), &Row::new()),
            "add" => self.existing(&doctype, &name, &Row::new()),
            "get_time_zone" => {
                // Answered from a cache that may be older than the setting.
                self.site.cached_time_zone =
                    self.payload.get("time_zone").and_then(Value::as_str).map(str::to_owned);
            }
            "get_versions" => {
                for (app, facts) in as_row(Some(&self.payload)) {
                    self.site.apps.entry(app).or_insert(facts);
                }
            }
            _ => {}
        }
    }

    fn for_value(&mut self, doctype: &str) {
        for (field, value) in as_row(Some(&self.payload)) {
            if doctype == "System Settings" {
                self.site.set_setting(&field, value);
            } else if field == "name" {
                self.existing(doctype, &text(Some(&value)), &Row::new());
            }
        }
    }

    fn for_save(&mut self) {
        let document = as_row(self.form.get("doc"));
        let (doctype, name) = (text(document.get("doctype")), text(document.get("name")));
        if name.is_empty() {
            self.for_create(&doctype, &document);
        } else {
            self.existing(&doctype, &name, &document);
        }
    }

    fn for_rename(&mut self, doctype: &str) {
        let (old, new) = (text(self.form.get("old_name")), text(self.form.get("new_name")));
        self.existing(doctype, &old, &Row::new());
        if self.words.contains("exists, select another") || self.form.contains_key("merge") {
            self.existing(doctype, &new, &Row::new());
        }
    }

    fn for_document(&mut self, method: &str, doctype: &str, name: &str) {
        if ["DocType", "System Settings"].contains(&doctype) && method != "DELETE" {
            return;
        }
        let sent = match method {
            "PUT" | "PATCH" => self.form.clone(),
            _ => Row::new(),
        };
        if method == "GET"
            && let Value::Object(row) = self.payload.clone()
        {
            history::put(&mut self.site, &row);
            return;
        }
        self.existing(doctype, name, &sent);
        if self.exc_type == "LinkExistsError" {
            self.holders(doctype, name);
        }
    }

    /// The document that a request is about, as it was before: known from elsewhere, or worked out of the answer, or the
    /// least that its kind allows. Not, where the answer says that there is none.
    fn existing(&mut self, doctype: &str, name: &str, sent: &Row) {
        let wordless = self.exc_type == "DoesNotExistError" && self.words.trim().is_empty();
        let missing = self.words.contains(&format!("{doctype} {name} not found"));
        let missing = missing || wordless || self.error_became_a_page();
        if name.is_empty() || missing || self.site.doctype(doctype).is_none() {
            return;
        }
        let known = self.history.before(self.recording, doctype, name);
        let mut row = match (self.payload.clone(), known) {
            (Value::Object(after), known) if text(after.get("name")).eq_ignore_ascii_case(name) => {
                before_from(&after, known, sent)
            }
            (_, Some(known)) => known,
            _ => self.alike(doctype, name),
        };
        row.insert("doctype".to_owned(), doctype.into());
        self.put_version(&mut row, sent);
        self.put_docstatus(&mut row, sent);
        self.taken_value(doctype, name);
        if doctype == "Sales Order" {
            self.order_parties(&row);
        }
        self.link_targets(doctype, &row);
        self.link_targets(doctype, sent);
        history::put(&mut self.site, &row);
    }

    /// A document that no answer shows: an order is like any other order, the rest is the least there can be.
    fn alike(&self, doctype: &str, name: &str) -> Row {
        let orders = self.history.all_before(self.recording, doctype, |_| doctype == "Sales Order");
        match orders.into_iter().next() {
            Some(mut row) => {
                row.insert("name".to_owned(), name.into());
                row
            }
            None => self.least(doctype, name),
        }
    }

    /// Asked for a page, Frappe fails over its own error: the document was not there.
    fn error_became_a_page(&self) -> bool {
        let accepts = self.recording.request.headers.get("Accept");
        self.answer.is_string() && accepts.is_some_and(|accept| accept.contains("html"))
    }

    /// The stamp that the server compared with is in a mismatch's text.
    fn put_version(&mut self, row: &mut Row, sent: &Row) {
        if let Some((_, rest)) = self.words.split_once("after you have opened it (") {
            let stamp = rest.split(',').next().unwrap_or_default();
            row.insert("modified".to_owned(), stamp.into());
        } else if let Some(stamp) = sent.get("modified") {
            row.insert("modified".to_owned(), stamp.clone());
        } else if self.payload.get("modified") == row.get("modified") {
            let creation = row.get("creation").cloned().unwrap_or_default();
            row.insert("modified".to_owned(), creation);
        }
    }

    fn put_docstatus(&mut self, row: &mut Row, sent: &Row) {
        let run = text(self.form.get("run_method"));
        let submits = run == "submit" || facts::route(self.recording).first.ends_with("client.submit");
        let before = match sent.get("docstatus").and_then(Value::as_i64) {
            _ if submits => Some(0),
            _ if self.words.contains("Cannot edit cancelled") => Some(2),
            _ if self.words.contains("from 1 (Submitted)") => Some(1),
            _ if self.exc_type == "UpdateAfterSubmitError" => Some(1),
            Some(1) if self.payload.is_object() => Some(0),
            Some(2) if self.payload.is_object() => Some(1),
            _ => None,
        };
        if let Some(before) = before {
            row.insert("docstatus".to_owned(), before.into());
        }
    }

    /// Someone else has the unique value that the answer complains of.
    pub(super) fn taken_value(&mut self, doctype: &str, name: &str) {
        let Some((_, rest)) = self.words.split_once("Duplicate entry '") else {
            return;
        };
        let Some((value, rest)) = rest.split_once("' for key '") else {
            return;
        };
        let key = rest.split('\'').next().unwrap_or_default().to_owned();
        if key == "PRIMARY" {
            let holder = self.least(doctype, value);
            history::put(&mut self.site, &holder);
            return;
        }
        let mut holder = self.least(doctype, &format!("{name} Titular"));
        holder.insert(key, value.trim_end().into());
        history::put(&mut self.site, &holder);
    }

    /// Documents that the answer names as holding this one.
    fn holders(&mut self, doctype: &str, name: &str) {
        for kind in ["Contact", "Address", "Sales Order"] {
            for row in self.history.all_before(self.recording, kind, |row| {
                links_to(row, name) || text(row.get("customer")) == name
            }) {
                self.link_targets(kind, &row);
                history::put(&mut self.site, &row);
            }
        }
        let Some((_, rest)) = self.words.split_once(" is linked with ") else {
            return;
        };
        let kind = rest.split(" <a").next().unwrap_or_default().to_owned();
        let holder = rest
            .split("\">")
            .nth(1)
            .and_then(|rest| rest.split("</a>").next())
            .unwrap_or_default()
            .to_owned();
        // Only the holder that the answer names, where the document itself is what is held.
        if self.words.contains(&format!("{doctype} <a href=\"/app/Form/{doctype}/{name}\""))
            && self.site.doctype(&kind).is_some()
        {
            let known = self.history.before(self.recording, &kind, &holder);
            let mut row = known.unwrap_or_else(|| self.least(&kind, &holder));
            let meta = self.site.doctype(&kind).unwrap();
            if let Some(field) =
                meta.columns().find(|field| field.fieldtype == "Link" && field.options == doctype)
            {
                row.entry(field.fieldname.clone()).or_insert_with(|| name.into());
            }
            history::put(&mut self.site, &row);
        }
    }

    /// What a document links to is there, unless the answer says that it could not be found.
    pub(super) fn link_targets(&mut self, doctype: &str, row: &Row) {
        let Some(meta) = self.site.doctype(doctype) else {
            return;
        };
        for field in &meta.fields {
            if field.is_table() {
                for child in as_rows(row.get(&field.fieldname)) {
                    self.link_targets(&field.options, &child);
                }
            }
            let target = match field.fieldtype.as_str() {
                "Link" => field.options.clone(),
                "Dynamic Link" => text(row.get(&field.options)),
                _ => continue,
            };
            let name = text(row.get(&field.fieldname));
            let lost = self.words.contains(&format!("{}: {name}", field.title()))
                && self.words.contains("Could not find");
            let lost = lost || self.words.contains(&format!("{target} {name} not found"));
            let there = self.site.document(&target, &name).is_some() || target == "DocType";
            if name.is_empty() || lost || there || self.site.doctype(&target).is_none() {
                continue;
            }
            let known = self.history.before(self.recording, &target, &name);
            let mut row = known.unwrap_or_else(|| self.least(&target, &name));
            self.follow_contact(&target, &mut row);
            // A stub first: documents may link to each other.
            history::put(&mut self.site, &row);
            self.link_targets(&target, &row);
        }
    }

    /// A Customer's answer shows the addresses that its contact has.
    fn follow_contact(&mut self, target: &str, row: &mut Row) {
        if target == "Contact" && text(self.payload.get("doctype")) == "Customer" {
            for field in ["email_id", "mobile_no"] {
                if let Some(value) = self.payload.get(field) {
                    row.insert(field.to_owned(), value.clone());
                }
            }
        }
    }

    /// The least document of a kind: every mandatory field has something in it.
    pub(super) fn least(&self, doctype: &str, name: &str) -> Row {
        if let Some(Value::Object(row)) = self.site.document(doctype, name) {
            return with_doctype(row, doctype);
        }
        let mut row = Row::new();
        row.insert("name".to_owned(), name.into());
        let meta = self.site.doctype(doctype).unwrap();
        for field in meta.columns() {
            let value = match field.fieldtype.as_str() {
                "Select" => {
                    field.options.split('\n').find(|option| !option.is_empty()).unwrap_or_default().into()
                }
                "Data" if field.reqd == 1 && field.options == "Email" => "algo@example.invalid".into(),
                "Data" if field.reqd == 1 => name.into(),
                "Link" if field.reqd == 1 => self.some(&field.options),
                "Date" if field.reqd == 1 => "2026-11-20".into(),
                _ => continue,
            };
            row.insert(field.fieldname.clone(), value);
        }
        if doctype == "Contact" {
            row.insert("first_name".to_owned(), name.into());
        }
        if doctype == "Item" {
            self.item_facts(name, &mut row);
        }
        with_doctype(row, doctype)
    }

    fn some(&self, doctype: &str) -> Value {
        let first = self.site.documents(doctype).into_iter().next();
        first.and_then(|row| row.get("name").cloned()).unwrap_or_default()
    }
}

fn with_doctype(mut row: Row, doctype: &str) -> Row {
    row.insert("doctype".to_owned(), doctype.into());
    row
}

/// The document before a write: what the answer shows, except for what was sent.
fn before_from(after: &Row, known: Option<Row>, sent: &Row) -> Row {
    let known = known.unwrap_or_default();
    let mut before = after.clone();
    // What was sent and is not what the answer shows was not applied: it was so before.
    let applied = |field: &String| {
        after.get(field).is_none_or(|shown| text(Some(shown)) == text(sent.get(field)) || shown.is_array())
    };
    for field in sent.keys().filter(|field| !standard(field) && applied(field)) {
        match known.get(field) {
            Some(value) => before.insert(field.clone(), value.clone()),
            // Rows that were sent with their names and are not new in the answer were there.
            None if after.get(field).is_some_and(Value::is_array) => {
                let rows = as_rows(after.get(field)).into_iter().filter(|row| !row.contains_key("__unsaved"));
                before.insert(field.clone(), rows.map(Value::Object).collect())
            }
            None => before.shift_remove(field),
        };
    }
    let constants = ["creation", "owner"];
    for field in constants.iter().filter_map(|field| known.get(*field).map(|value| (*field, value))) {
        before.insert(field.0.to_owned(), field.1.clone());
    }
    before
}

pub(super) fn links_to(row: &Row, customer: &str) -> bool {
    as_rows(row.get("links")).iter().any(|link| text(link.get("link_name")) == customer)
}

pub(super) fn as_row(value: Option<&Value>) -> Row {
    value.and_then(Value::as_object).cloned().unwrap_or_default()
}

pub(super) fn as_rows(value: Option<&Value>) -> Vec<Row> {
    let rows = value.and_then(Value::as_array).into_iter().flatten();
    rows.filter_map(Value::as_object).cloned().collect()
}
