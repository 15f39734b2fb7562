//! A document at work: as the server holds it between a request and the database, and as it is echoed to the client.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::catalogue::DocType;
use super::site::Txn;
use super::values::{self, Row, has_value, text};

/// Marks a child row that a rule added after rows got their names; never leaves the server.
pub(super) const LATE: &str = "__late";
/// Marks a new child row, also in answers.
pub(super) const UNSAVED: &str = "__unsaved";

/// What a save does to a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Insert,
    Save,
    Submit,
    UpdateAfterSubmit,
    Cancel,
}

/// A document at work.
pub(super) struct Draft {
    pub(super) meta: Arc<DocType>,
    pub(super) row: Row,
    pub(super) before: Option<Arc<Row>>,
    pub(super) action: Action,
}

impl Draft {
    /// A field's text.
    pub(super) fn text(&self, field: &str) -> String {
        text(self.row.get(field))
    }

    /// Sets a field.
    pub(super) fn set(&mut self, field: &str, value: impl Into<Value>) {
        self.row.insert(field.to_owned(), value.into());
    }

    /// Sets a field that has no value yet.
    pub(super) fn set_missing(&mut self, field: &str, value: impl Into<Value>) {
        if !has_value(self.row.get(field)) {
            self.set(field, value);
        }
    }

    /// The rows of a table.
    pub(super) fn rows(&self, table: &str) -> Vec<Row> {
        rows_of(&self.row, table)
    }

    /// Replaces the rows of a table by rows that a rule made.
    pub(super) fn set_late_rows(&mut self, table: &str, rows: Vec<Row>) {
        let rows = rows.into_iter().map(|mut row| {
            row.insert(LATE.to_owned(), true.into());
            Value::Object(row)
        });
        self.row.insert(table.to_owned(), rows.collect());
    }

    /// The document's name.
    pub(super) fn name(&self) -> String {
        self.text("name")
    }
}

/// The rows of a table in a document.
pub(super) fn rows_of(row: &Row, table: &str) -> Vec<Row> {
    let rows = row.get(table).and_then(Value::as_array);
    rows.into_iter().flatten().filter_map(Value::as_object).cloned().collect()
}

pub(super) fn each_row(row: &mut Row, table: &str, mut act: impl FnMut(&mut Row)) {
    if let Some(Value::Array(rows)) = row.get_mut(table) {
        rows.iter_mut().filter_map(Value::as_object_mut).for_each(&mut act);
    }
}

pub(super) fn finished(mut draft: Draft) -> Row {
    let tables: Vec<String> = draft.meta.tables().map(|field| field.fieldname.clone()).collect();
    for table in tables {
        each_row(&mut draft.row, &table, |row| {
            row.shift_remove(LATE);
        });
    }
    draft.row
}

/// A document as answers show it: standard columns, fields, tables. Without `nulls`, fields that have no value are
/// left out, as `/api/resource` does.
pub(super) fn shape(txn: &Txn<'_>, meta: &DocType, row: &Row, nulls: bool) -> Map<String, Value> {
    let mut shaped = Map::new();
    let mut push = |field: &str, value: Option<&Value>| match value {
        Some(value) if !value.is_null() => {
            shaped.insert(field.to_owned(), value.clone());
        }
        _ if nulls => {
            shaped.insert(field.to_owned(), Value::Null);
        }
        _ => {}
    };
    for field in values::STANDARD {
        push(field, row.get(field));
    }
    for field in meta.columns() {
        push(&field.fieldname, row.get(&field.fieldname));
    }
    if meta.is_table {
        for field in values::CHILD {
            push(field, row.get(field));
        }
    }
    shaped.insert("doctype".to_owned(), meta.name.clone().into());
    for table in meta.tables() {
        let child = txn.site.store.doctype(&table.options);
        let rows = rows_of(row, &table.fieldname);
        let rows = rows.iter().map(|row| match &child {
            Some(child) => Value::Object(shape(txn, child, row, nulls)),
            None => Value::Object(row.clone()),
        });
        shaped.insert(table.fieldname.clone(), rows.collect());
    }
    if let Some(mark) = row.get(UNSAVED) {
        shaped.insert(UNSAVED.to_owned(), mark.clone());
    }
    if meta.is_single {
        shaped.shift_remove("creation");
        shaped.insert("idx".to_owned(), "0".into());
    }
    shaped
}
