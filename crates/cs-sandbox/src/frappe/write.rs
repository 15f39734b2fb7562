//! Creating and changing documents: the way of one document through Frappe's checks, in Frappe's order.
//!
//! A [`Draft`] is the document as the server holds it while it works, and as it is echoed to the client; what the
//! database keeps of it is made at the end (`values::to_storage`), which is why an answer and a later read differ.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::catalogue::{DocType, Field};
use super::checks::{check_constants, check_mandatory, check_submitted, duplicate, next_action};
use super::collate;
use super::draft::{Action, Draft, LATE, UNSAVED, each_row, finished, rows_of};
use super::permission::Right;
use super::refusal::Refusal;
use super::rules;
use super::site::Txn;
use super::stamp;
use super::values::{self, Place, Row, integer, text};

impl Txn<'_> {
    /// Makes a document and answers it as Frappe echoes it.
    pub fn insert(&mut self, doctype: &str, sent: &Row) -> Result<Row, Refusal> {
        let meta = self.meta(doctype)?;
        self.require(&meta, Right::Create, &Row::new())?;
        let mut row = Row::new();
        self.merge(&meta, &mut row, sent);
        for field in meta.tables() {
            row.entry(field.fieldname.clone()).or_insert_with(|| Value::Array(Vec::new()));
        }
        row.insert("docstatus".to_owned(), integer(sent.get("docstatus")).into());
        row.insert("idx".to_owned(), 0.into());
        let now = self.stamp();
        for (field, value) in
            [("creation", &now), ("modified", &now), ("owner", &self.user), ("modified_by", &self.user)]
        {
            row.insert(field.to_owned(), value.clone().into());
        }
        let mut draft = Draft { meta, row, before: None, action: Action::Insert };
        self.set_defaults(&mut draft);
        self.before_links(&mut draft)?;
        self.check_links(&mut draft)?;
        if matches!(draft.meta.naming, super::catalogue::Naming::Prompt) {
            draft.row.insert("name".to_owned(), sent.get("name").cloned().unwrap_or_default());
        }
        rules::before_naming(&mut draft)?;
        let name = self.new_name(&Arc::clone(&draft.meta), &draft.row)?;
        draft.set("name", name);
        self.name_rows(&mut draft);
        self.validate_rules(&mut draft)?;
        self.validate(&mut draft)?;
        self.write(&mut draft)?;
        self.after_write(&mut draft)?;
        Ok(finished(draft))
    }

    /// Makes many documents, all or none; at most 200. Answers their names.
    pub fn insert_many(&mut self, documents: &[Row]) -> Result<Vec<Value>, Refusal> {
        if documents.len() > 200 {
            return Err(Refusal::invalid("Only 200 inserts allowed in one request"));
        }
        let mut names = Vec::new();
        for document in documents {
            let row = self.insert(&text(document.get("doctype")), document)?;
            names.push(row.get("name").cloned().unwrap_or_default());
        }
        Ok(names)
    }

    /// Changes the fields that were sent; tables that were sent are replaced.
    pub fn update(&mut self, doctype: &str, name: &str, sent: &Row) -> Result<Row, Refusal> {
        let meta = self.meta(doctype)?;
        let before = self.stored(doctype, name)?;
        // A name among the fields is the document that is saved (recorded: put_name_change_ignored).
        let named = text(sent.get("name"));
        let before = if named.is_empty() || collate::same(&named, name) {
            before
        } else {
            self.stored(doctype, &named)?
        };
        let mut row = Row::clone(&before);
        self.merge(&meta, &mut row, sent);
        for field in ["modified", "creation", "docstatus", "owner"] {
            if let Some(value) = sent.get(field) {
                row.insert(field.to_owned(), value.clone());
            }
        }
        self.require(&meta, Right::Write, &before)?;
        self.save_over(meta, row, &before)
    }

    /// Saves a whole document: what is not in it is emptied, and it must carry the `modified` it was read with.
    pub fn save(&mut self, document: &Row) -> Result<Row, Refusal> {
        let doctype = text(document.get("doctype"));
        let name = text(document.get("name"));
        if name.is_empty() {
            return self.insert(&doctype, document);
        }
        let meta = self.meta(&doctype)?;
        let before = self.stored(&doctype, &name)?;
        self.require(&meta, Right::Write, &before)?;
        let mut row = Row::new();
        self.merge(&meta, &mut row, document);
        for field in meta.tables() {
            row.entry(field.fieldname.clone()).or_insert_with(|| Value::Array(Vec::new()));
        }
        for field in ["name", "owner", "creation", "idx"] {
            let value = document.get(field).or_else(|| before.get(field));
            row.insert(field.to_owned(), value.cloned().unwrap_or_default());
        }
        row.insert("docstatus".to_owned(), integer(document.get("docstatus")).into());
        row.insert("modified".to_owned(), document.get("modified").cloned().unwrap_or_default());
        self.save_over(meta, row, &before)
    }

    fn save_over(&mut self, meta: Arc<DocType>, row: Row, before: &Arc<Row>) -> Result<Row, Refusal> {
        let name = text(before.get("name"));
        self.check_lock(&meta.name, &name)?;
        let mut draft = Draft { meta, row, action: Action::Save, before: Some(Arc::clone(before)) };
        draft.set("name", name);
        self.check_version(&draft, before)?;
        draft.action = next_action(&draft, before)?;
        let now = self.stamp();
        draft.set("modified", now);
        draft.set("modified_by", self.user.clone());
        self.name_rows(&mut draft);
        self.set_defaults(&mut draft);
        self.check_links(&mut draft)?;
        self.validate_rules(&mut draft)?;
        if draft.action != Action::Cancel {
            self.validate(&mut draft)?;
            check_constants(&draft, before)?;
        }
        if draft.action == Action::UpdateAfterSubmit {
            check_submitted(&draft, before)?;
        }
        self.write(&mut draft)?;
        self.after_write(&mut draft)?;
        Ok(finished(draft))
    }

    /// Takes over what was sent and is a field; everything else is dropped in silence.
    fn merge(&self, meta: &DocType, row: &mut Row, sent: &Row) {
        for field in &meta.fields {
            let Some(value) = sent.get(&field.fieldname) else {
                continue;
            };
            if field.is_table() {
                row.insert(field.fieldname.clone(), self.child_rows(field, value));
            } else if field.has_column() {
                row.insert(field.fieldname.clone(), value.clone());
            }
        }
    }

    fn set_defaults(&mut self, draft: &mut Draft) {
        let zone = self.site.time_zone();
        let defaults = values::Defaults {
            links: &self.site.defaults,
            today: stamp::day(self.now, &zone),
            time: stamp::time_of_day(self.now, &zone),
            user: self.user.clone(),
        };
        // Defaults for texts and links belong to new documents; numbers and flags are never null.
        if draft.action == Action::Insert {
            values::set_defaults(&draft.meta, &mut draft.row, &defaults);
        }
        let tables: Vec<Field> = draft.meta.tables().cloned().collect();
        for table in tables {
            let Some(meta) = self.site.store.doctype(&table.options) else {
                continue;
            };
            each_row(&mut draft.row, &table.fieldname, |row| {
                if draft.action == Action::Insert || row.contains_key(UNSAVED) {
                    values::set_defaults(&meta, row, &defaults);
                }
            });
        }
    }

    /// Frappe's `_validate`, the document first and then its rows.
    fn validate(&mut self, draft: &mut Draft) -> Result<(), Refusal> {
        self.place_late_rows(draft);
        let meta = Arc::clone(&draft.meta);
        values::coerce(&meta, &mut draft.row)?;
        let name = draft.name();
        let mut rows = Vec::new();
        for table in meta.tables() {
            let Some(child) = self.site.store.doctype(&table.options) else {
                continue;
            };
            let mut result = Ok(());
            each_row(&mut draft.row, &table.fieldname, |row| {
                if result.is_ok() {
                    result = values::coerce(&child, row);
                }
            });
            result?;
            rows.extend(draft.rows(&table.fieldname).into_iter().map(|row| (Arc::clone(&child), row)));
        }
        check_mandatory(&meta, draft, &rows)?;
        let place = Place { doctype: &meta.name, name: &name, row: None };
        values::validate(&meta, &draft.row, &place)?;
        for (child, row) in &rows {
            let number = usize::try_from(integer(row.get("idx"))).unwrap_or_default();
            let place = Place { doctype: &meta.name, name: &name, row: Some((&child.name, number)) };
            values::validate(child, row, &place)?;
        }
        self.clean(draft);
        Ok(())
    }

    fn clean(&self, draft: &mut Draft) {
        let meta = Arc::clone(&draft.meta);
        values::clean(&meta, &mut draft.row);
        for table in meta.tables() {
            if let Some(child) = self.site.store.doctype(&table.options) {
                each_row(&mut draft.row, &table.fieldname, |row| values::clean(&child, row));
            }
        }
        for field in meta.columns().filter(|field| field.fieldtype == "Password") {
            let hidden = "*".repeat(draft.text(&field.fieldname).chars().count());
            if !hidden.is_empty() {
                draft.set(&field.fieldname, hidden);
            }
        }
    }

    /// The database's part: names and unique values, then the row with its child rows.
    fn write(&mut self, draft: &mut Draft) -> Result<(), Refusal> {
        let meta = Arc::clone(&draft.meta);
        let name = draft.name();
        let mut stored = values::to_storage(&meta, &draft.row, &self.site.database)?;
        if draft.action == Action::Insert && self.site.store.get(&meta.name, &name).is_some() {
            return Err(duplicate(&meta.name, &name));
        }
        self.check_unique(&meta, &stored, &name)?;
        for table in meta.tables() {
            let known: BTreeSet<String> = match &draft.before {
                Some(before) => {
                    rows_of(before, &table.fieldname).iter().map(|row| text(row.get("name"))).collect()
                }
                None => BTreeSet::new(),
            };
            let mut rows = Vec::new();
            for row in draft.rows(&table.fieldname) {
                // A name that the database does not have: its UPDATE finds no row (facts/FRAPPE.md, trap 4).
                let lasts = draft.before.is_none()
                    || row.contains_key(UNSAVED)
                    || row.contains_key(LATE)
                    || known.contains(&text(row.get("name")));
                if let (true, Some(child)) = (lasts, self.site.store.doctype(&table.options)) {
                    rows.push(Value::Object(values::to_storage(&child, &row, &self.site.database)?));
                }
            }
            stored.insert(table.fieldname.clone(), Value::Array(rows));
        }
        // An empty unique value is kept as nothing, and echoed so.
        for field in meta.columns().filter(|field| field.unique == 1 && field.has_column()) {
            if !stored.contains_key(&field.fieldname) {
                draft.row.shift_remove(&field.fieldname);
            }
        }
        self.site.store.put(&meta.name, stored);
        Ok(())
    }
}
