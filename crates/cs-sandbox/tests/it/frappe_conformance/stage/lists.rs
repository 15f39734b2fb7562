//! What a list needs: the rows that it showed, and decoys that must not turn up.

use cs_sandbox::frappe::Row;
use cs_sandbox::frappe::query::{self, Filter, Wanted};
use serde_json::{Value, json};

use super::super::facts::{self, text};
use super::super::history;
use super::Case;

impl Case<'_> {
    /// Stages a list's rows.
    pub(super) fn for_list(&mut self, doctype: &str) {
        let Some(meta) = self.site.doctype(doctype) else {
            return;
        };
        let Value::Array(rows) = self.payload.clone() else {
            return;
        };
        if meta.is_table {
            self.child_list(doctype, &rows);
            return;
        }
        if !rows.is_empty() {
            self.clear(doctype, &rows);
        }
        let fields = query::read_fields(&self.form.get("fields").cloned().unwrap_or_default());
        if fields.iter().any(|field| matches!(field, Wanted::Aggregate(..))) {
            self.grouped(doctype, &fields, &rows);
            return;
        }
        let filters = self.filters(doctype);
        let start = facts::text(self.form.get("limit_start")).parse::<usize>().unwrap_or(0);
        for number in 0..start {
            let stamp = format!("2000-01-01 00:00:00.{number:06}");
            self.filler(doctype, &format!("!{number:05}"), &stamp, &filters);
        }
        for (number, shown) in rows.iter().enumerate() {
            let shown = named(shown, &fields);
            self.list_row(doctype, number, &shown, &fields, &filters);
        }
        self.decoys(doctype, &rows, &filters);
    }

    fn list_row(&mut self, doctype: &str, number: usize, shown: &Row, fields: &[Wanted], filters: &[Filter]) {
        let name = shown.get("name").map_or_else(|| format!("a{number:04}"), |name| text(Some(name)));
        let known = self.history.before(self.recording, doctype, &name);
        let mut row = known.unwrap_or_else(|| self.least(doctype, &name));
        row.insert("name".to_owned(), name.into());
        // Rows came in the order of the index on `modified` where nothing else was asked for.
        if query::read_order(&text(self.form.get("order_by"))).is_empty() && !shown.contains_key("modified") {
            row.insert("modified".to_owned(), format!("2026-11-21 12:00:00.{number:06}").into());
        }
        let mut children = Vec::new();
        let all = fields.contains(&Wanted::All);
        for (key, value) in shown {
            let column = fields.iter().find_map(|field| match field {
                Wanted::Column(column, name) if name == key => Some(column.clone()),
                _ => None,
            });
            match column.and_then(|column| column.of.map(|of| (of, column.field))) {
                Some((of, field)) => children.push((of, field, value.clone())),
                None if value.is_null() => {
                    row.shift_remove(key);
                }
                None => {
                    row.insert(key.clone(), value.clone());
                }
            }
        }
        if !all {
            satisfy(&mut row, shown, filters, &mut children);
        }
        self.put_joined(doctype, &mut row, children);
        self.link_targets(doctype, &row);
        history::put(&mut self.site, &row);
    }

    /// Values of joined columns: rows of the table they are in, or the document behind the link.
    fn put_joined(&mut self, doctype: &str, row: &mut Row, children: Vec<(String, String, Value)>) {
        let meta = self.site.doctype(doctype).unwrap();
        for (of, field, value) in children {
            if let Some(table) = meta.tables().find(|table| table.fieldname == of || table.options == of) {
                let rows = row.entry(table.fieldname.clone()).or_insert_with(|| json!([]));
                let rows = rows.as_array_mut().unwrap();
                if rows.is_empty() {
                    rows.push(json!({}));
                }
                rows[0].as_object_mut().unwrap().insert(field, value);
            } else if field == "name" {
                row.insert(of, value);
            }
        }
    }

    fn filters(&self, doctype: &str) -> Vec<Filter> {
        let read = |key: &str| query::read_filters(doctype, &self.form.get(key).cloned().unwrap_or_default());
        let mut filters = read("filters").unwrap();
        filters.extend(read("or_filters").unwrap().into_iter().take(1));
        filters
    }

    /// Takes away what the site was installed with and the list did not show. Who asks stays.
    fn clear(&mut self, doctype: &str, rows: &[Value]) {
        let shown: Vec<String> = rows.iter().map(|row| text(row.get("name"))).collect();
        for row in self.site.documents(doctype) {
            let name = text(row.get("name"));
            if !shown.contains(&name) && name != "sync@example.invalid" && name != "Administrator" {
                self.site.unstage(doctype, &name);
            }
        }
    }

    fn grouped(&mut self, doctype: &str, fields: &[Wanted], rows: &[Value]) {
        for row in rows {
            let count = fields.iter().find_map(|field| match field {
                Wanted::Aggregate(function, _, name) if function == "count" => {
                    row.get(name).and_then(Value::as_u64)
                }
                _ => None,
            });
            for number in 0..count.unwrap_or(1) {
                let mut document = self.least(doctype, &format!("grupo {number}"));
                document.insert("modified".to_owned(), "2000-01-01 00:00:00.000000".into());
                for field in fields {
                    match field {
                        Wanted::Column(column, name) => {
                            document.insert(column.field.clone(), row[name.as_str()].clone());
                        }
                        Wanted::Aggregate(function, column, name) if function != "count" && number == 0 => {
                            document.insert(column.field.clone(), row[name.as_str()].clone());
                        }
                        _ => {}
                    }
                }
                history::put(&mut self.site, &document);
            }
        }
    }

    /// Rows of a table, in the order in which they were shown: child rows come by their random names.
    fn child_list(&mut self, doctype: &str, rows: &[Value]) {
        let parent = text(self.form.get("parent"));
        let Some(meta) = self.site.doctype(&parent) else {
            return;
        };
        let table = meta.tables().find(|table| table.options == doctype).unwrap().fieldname.clone();
        for row in self.site.documents(&parent) {
            self.site.unstage(&parent, &text(row.get("name")));
        }
        for (number, row) in rows.iter().enumerate() {
            let mut child = row.as_object().unwrap().clone();
            let name = child.get("parent").map_or_else(|| format!("p{number}"), |name| text(Some(name)));
            child.entry("name").or_insert_with(|| format!("a{number:05}").into());
            child.insert("creation".to_owned(), format!("2026-11-21 00:00:00.{number:06}").into());
            let mut document = self.least(&parent, &name);
            let mut rows = super::needs::as_rows(document.get(&table));
            rows.push(child);
            document.insert(table.clone(), rows.into_iter().map(Value::Object).collect());
            history::put(&mut self.site, &document);
        }
    }

    /// As many documents as were counted, and one that must not be.
    pub(super) fn for_count(&mut self, doctype: &str) {
        let filters = self.filters(doctype);
        for number in 0..self.payload.as_u64().unwrap_or_default() {
            self.filler(doctype, &format!("cuenta {number}"), "2026-11-21 12:00:00.000000", &filters);
        }
        self.decoys(doctype, &[], &filters);
    }

    fn filler(&mut self, doctype: &str, name: &str, modified: &str, filters: &[Filter]) {
        let mut row = self.least(doctype, name);
        row.insert("modified".to_owned(), modified.into());
        satisfy(&mut row, &Row::new(), filters, &mut Vec::new());
        history::put(&mut self.site, &row);
    }

    /// One document that breaks each filter, one of another owner, and one after the last of a limited list.
    fn decoys(&mut self, doctype: &str, rows: &[Value], filters: &[Filter]) {
        for (number, broken) in filters.iter().enumerate().filter(|(_, filter)| filter.column.of.is_none()) {
            let mut row = self.least(doctype, &format!("zz señuelo {number}"));
            satisfy(&mut row, &Row::new(), filters, &mut Vec::new());
            break_filter(&mut row, broken);
            if text(row.get("name")).starts_with("zz") {
                history::put(&mut self.site, &row);
            }
        }
        let asks_nobody = self.recording.request.headers.values().any(|value| value.contains("NOBODY"));
        if asks_nobody {
            let mut row = self.least(doctype, "zz ajeno");
            row.insert("owner".to_owned(), "sync@example.invalid".into());
            history::put(&mut self.site, &row);
        }
        let limit = self.form.get("limit").or_else(|| self.form.get("limit_page_length"));
        let limit = limit.map_or(20, |limit| text(Some(limit)).parse::<usize>().unwrap_or_default());
        let order = text(self.form.get("order_by"));
        let upward = order.is_empty() || order.starts_with("modified asc");
        if limit > 0 && rows.len() == limit && upward {
            let mut row = self.least(doctype, "zzz más");
            satisfy(&mut row, &Row::new(), filters, &mut Vec::new());
            row.insert("modified".to_owned(), "2030-01-01 00:00:00.000000".into());
            history::put(&mut self.site, &row);
        }
    }
}

/// A row of a list, by field; a row that is a list takes the names of the fields that were asked for.
fn named(shown: &Value, fields: &[Wanted]) -> Row {
    match shown {
        Value::Object(row) => row.clone(),
        Value::Array(values) => {
            let names = fields.iter().filter_map(|field| match field {
                Wanted::Column(_, name) => Some(name.clone()),
                _ => None,
            });
            names.zip(values.iter().cloned()).collect()
        }
        _ => Row::new(),
    }
}

/// Gives a row what the filters ask for and the answer does not show.
fn satisfy(row: &mut Row, shown: &Row, filters: &[Filter], children: &mut Vec<(String, String, Value)>) {
    for filter in filters {
        let field = &filter.column.field;
        let plain = text(Some(&filter.value));
        let value: Value = match filter.operator.as_str() {
            "=" | ">=" | "<=" => filter.value.clone(),
            "like" => plain.replace('%', "").into(),
            ">" => format!("{plain}1").into(),
            "in" | "between" => filter.value.get(0).cloned().unwrap_or_default(),
            "is" if plain == "set" => "algo".into(),
            _ => continue,
        };
        match &filter.column.of {
            Some(of) => children.push((of.clone(), field.clone(), value)),
            None if field == "name" || shown.contains_key(field) => {}
            None => {
                row.insert(field.clone(), value);
            }
        }
    }
}

fn break_filter(row: &mut Row, filter: &Filter) {
    let plain = text(Some(&filter.value));
    let is_time = ["creation", "modified"].contains(&filter.column.field.as_str());
    let value: Value = match filter.operator.as_str() {
        _ if filter.column.field == "name" => return,
        ">" | ">=" | "between" if is_time => "1999-01-01 00:00:00.000000".into(),
        "=" if plain.is_empty() => "señuelo".into(),
        "=" | "in" | "like" => "~señuelo~".into(),
        "is" if plain == "set" => Value::Null,
        "is" => "señuelo".into(),
        "!=" => filter.value.clone(),
        _ => {
            // A filter that this does not know how to break makes no decoy.
            row.insert("name".to_owned(), "".into());
            return;
        }
    };
    row.insert(filter.column.field.clone(), value);
}
