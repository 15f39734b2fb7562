//! Creating and changing documents: the way of one document through Frappe's checks, in Frappe's order.
//!
//! A [`Draft`] is the document as the server holds it while it works, and as it is echoed to the client; what the
//! database keeps of it is made at the end (`values::to_storage`), which is why an answer and a later read differ.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::catalogue::{DocType, Field};
use super::collate;
use super::permission::Right;
use super::refusal::{Class, Message, Refusal};
use super::site::Txn;
use super::stamp;
use super::values::{self, Place, Row, has_value, integer, text};

/// Marks a child row that a rule added after rows got their names; never leaves this module.
const LATE: &str = "__late";
/// Marks a new child row, also in answers.
const UNSAVED: &str = "__unsaved";

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
        self.before_naming(&mut draft)?;
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
        self.save_over(meta, row, before)
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
        self.save_over(meta, row, before)
    }

    fn save_over(&mut self, meta: Arc<DocType>, row: Row, before: Arc<Row>) -> Result<Row, Refusal> {
        let name = text(before.get("name"));
        self.check_lock(&meta.name, &name)?;
        let mut draft = Draft { meta, row, action: Action::Save, before: Some(Arc::clone(&before)) };
        draft.set("name", name);
        self.check_version(&draft, &before)?;
        draft.action = next_action(&draft, &before)?;
        let now = self.stamp();
        draft.set("modified", now);
        draft.set("modified_by", self.user.clone());
        self.name_rows(&mut draft);
        self.set_defaults(&mut draft);
        self.check_links(&mut draft)?;
        self.validate_rules(&mut draft)?;
        if draft.action != Action::Cancel {
            self.validate(&mut draft)?;
            check_constants(&draft, &before)?;
        }
        if draft.action == Action::UpdateAfterSubmit {
            check_submitted(&draft, &before)?;
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

    fn child_rows(&self, table: &Field, sent: &Value) -> Value {
        let Some(meta) = self.site.store.doctype(&table.options) else {
            return Value::Array(Vec::new());
        };
        let kept = ["name", "creation", "owner"];
        let rows = sent.as_array().into_iter().flatten().filter_map(Value::as_object);
        rows.map(|row| {
            let known = |key: &str| kept.contains(&key) || meta.field(key).is_some_and(Field::has_column);
            let fields = row
                .iter()
                .filter(|(key, value)| known(key) && !(kept.contains(&key.as_str()) && value.is_null()));
            Value::Object(fields.map(|(key, value)| (key.clone(), value.clone())).collect())
        })
        .collect()
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

    /// Links must lead somewhere; they get the true case of the name they mean.
    fn check_links(&mut self, draft: &mut Draft) -> Result<(), Refusal> {
        let mut wrong = Vec::new();
        let meta = Arc::clone(&draft.meta);
        self.check_row_links(&meta, &mut draft.row, "", &mut wrong);
        for table in meta.tables() {
            let Some(child) = self.site.store.doctype(&table.options) else {
                continue;
            };
            let mut number = 0;
            each_row(&mut draft.row, &table.fieldname, |row| {
                number += 1;
                self.check_row_links(&child, row, &format!("Row #{number}: "), &mut wrong);
            });
        }
        if wrong.is_empty() {
            return Ok(());
        }
        Err(Refusal::thrown(Class::LinkValidation, format!("Could not find {}", wrong.join(", "))))
    }

    fn check_row_links(&self, meta: &DocType, row: &mut Row, prefix: &str, wrong: &mut Vec<String>) {
        for field in meta.columns() {
            let target = match field.fieldtype.as_str() {
                "Link" => field.options.clone(),
                "Dynamic Link" => text(row.get(&field.options)),
                _ => continue,
            };
            let name = text(row.get(&field.fieldname));
            // A kind that the catalogue does not hold cannot be looked into; its links are believed.
            if name.is_empty() || self.site.store.doctype(&target).is_none() {
                continue;
            }
            match self.true_name(&target, &name) {
                Some(name) => {
                    row.insert(field.fieldname.clone(), name.into());
                }
                None => wrong.push(format!("{prefix}{}: {name}", field.title())),
            }
        }
    }

    /// The name of the document that a name means.
    pub(super) fn true_name(&self, doctype: &str, name: &str) -> Option<String> {
        if doctype == "DocType" {
            return self.site.store.doctype(name).map(|meta| meta.name.clone());
        }
        self.site.store.get(doctype, name).map(|row| text(row.get("name")))
    }

    /// Gives child rows their place, and new ones a name.
    fn name_rows(&mut self, draft: &mut Draft) {
        let tables: Vec<String> = draft.meta.tables().map(|field| field.fieldname.clone()).collect();
        for table in tables {
            let mut rows = draft.rows(&table);
            for (index, row) in rows.iter_mut().enumerate() {
                self.place_row(draft, &table, index, row);
            }
            draft.row.insert(table, rows.into_iter().map(Value::Object).collect());
        }
    }

    fn place_row(&mut self, draft: &Draft, table: &str, index: usize, row: &mut Row) {
        let late = row.shift_remove(LATE).is_some();
        let modified = if late { self.stamp() } else { draft.text("modified") };
        let creation = if late { modified.clone() } else { draft.text("creation") };
        if !has_value(row.get("name")) {
            row.insert("name".to_owned(), self.site.random_name().into());
            if !late {
                row.insert(UNSAVED.to_owned(), 1.into());
            }
        }
        if late {
            row.insert(LATE.to_owned(), true.into());
        }
        row.entry("owner").or_insert_with(|| self.user.clone().into());
        row.entry("creation").or_insert_with(|| creation.into());
        let fixed: [(&str, Value); 7] = [
            ("modified", modified.into()),
            ("modified_by", self.user.clone().into()),
            ("docstatus", integer(draft.row.get("docstatus")).into()),
            ("idx", (index + 1).into()),
            ("parent", draft.name().into()),
            ("parentfield", table.into()),
            ("parenttype", draft.meta.name.clone().into()),
        ];
        for (field, value) in fixed {
            row.insert(field.to_owned(), value);
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

    fn place_late_rows(&mut self, draft: &mut Draft) {
        let tables: Vec<String> = draft.meta.tables().map(|field| field.fieldname.clone()).collect();
        for table in tables {
            let mut rows = draft.rows(&table);
            if rows.iter().all(|row| has_value(row.get("name"))) {
                continue;
            }
            for (index, row) in rows.iter_mut().enumerate() {
                self.place_row(draft, &table, index, row);
            }
            draft.row.insert(table, rows.into_iter().map(Value::Object).collect());
        }
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

    fn check_unique(&self, meta: &DocType, stored: &Row, name: &str) -> Result<(), Refusal> {
        for field in meta.columns().filter(|field| field.unique == 1) {
            let value = text(stored.get(&field.fieldname));
            if value.is_empty() {
                continue;
            }
            let key = collate::key(&value);
            let taken = self.site.store.rows(&meta.name).any(|other| {
                collate::key(&text(other.get(&field.fieldname))) == key && text(other.get("name")) != name
            });
            if taken {
                let column = &field.fieldname;
                let text = format!(
                    "({}, {}, IntegrityError(1062, \"Duplicate entry '{value}' for key '{column}'\"))",
                    python_text(&meta.name),
                    python_text(name)
                );
                let message = Message::plain(format!("{} must be unique", field.title()));
                return Err(Refusal::silent(Class::UniqueValidation, text).saying(message));
            }
        }
        Ok(())
    }

    fn check_version(&mut self, draft: &Draft, before: &Row) -> Result<(), Refusal> {
        let (held, kept) = (draft.text("modified"), text(before.get("modified")));
        if held == kept {
            return Ok(());
        }
        let now = self.stamp();
        Err(Refusal::thrown(
            Class::TimestampMismatch,
            format!(
                "Error: Document has been modified after you have opened it ({kept}, {now}). Please refresh to get the latest document."
            ),
        ))
    }
}

fn next_action(draft: &Draft, before: &Row) -> Result<Action, Refusal> {
    let (from, to) = (integer(before.get("docstatus")), integer(draft.row.get("docstatus")));
    let word = |status| match status {
        0 => "Draft",
        1 => "Submitted",
        _ => "Cancelled",
    };
    let transition = || {
        let text = format!("Cannot change docstatus from {from} ({}) to {to} ({})", word(from), word(to));
        Err(Refusal::silent(Class::DocstatusTransition, text))
    };
    match (from, to) {
        (0, 0) => Ok(Action::Save),
        (0, 1) if draft.meta.is_submittable => Ok(Action::Submit),
        (1, 1) => Ok(Action::UpdateAfterSubmit),
        (1, 2) => Ok(Action::Cancel),
        (2, _) => Err(Refusal::silent(Class::Validation, "Cannot edit cancelled document")),
        _ => transition(),
    }
}

fn check_mandatory(meta: &DocType, draft: &Draft, rows: &[(Arc<DocType>, Row)]) -> Result<(), Refusal> {
    let name = draft.name();
    let place = Place { doctype: &meta.name, name: &name, row: None };
    let mut missing = values::missing(meta, &draft.row, &place);
    for (child, row) in rows {
        let number = usize::try_from(integer(row.get("idx"))).unwrap_or_default();
        let place = Place { doctype: &meta.name, name: &name, row: Some((&child.name, number)) };
        missing.extend(values::missing(child, row, &place));
    }
    if missing.is_empty() {
        return Ok(());
    }
    let fields: Vec<&str> = missing.iter().map(|(field, _)| *field).collect();
    let text = format!("[{}, {name}]: {}", meta.name, fields.join(", "));
    let refusal = Refusal::silent(Class::Mandatory, text);
    Err(missing.into_iter().fold(refusal, |refusal, (_, message)| refusal.saying(message)))
}

/// `creation`, `owner` and fields that are set only once stay as they were.
fn check_constants(draft: &Draft, before: &Row) -> Result<(), Refusal> {
    let standard = [("creation", "Created On"), ("owner", "Created By")];
    let once = draft.meta.columns().filter(|field| field.set_only_once == 1);
    let once = once.map(|field| (field.fieldname.as_str(), field.title()));
    for (field, label) in standard.into_iter().chain(once) {
        let kept = text(before.get(field));
        if draft.text(field) != kept && !(kept.is_empty() && standard.iter().all(|(name, _)| *name != field))
        {
            return Err(Refusal::thrown(
                Class::CannotChangeConstant,
                format!("Value cannot be changed for <strong>{label}</strong>"),
            ));
        }
    }
    Ok(())
}

/// A submitted document changes only where its definition lets it.
fn check_submitted(draft: &Draft, before: &Row) -> Result<(), Refusal> {
    for field in draft.meta.columns().filter(|field| field.allow_on_submit == 0) {
        let (kept, now) = (before.get(&field.fieldname), draft.row.get(&field.fieldname));
        let (kept, now) = (text(kept), text(now));
        if kept != now {
            return Err(Refusal::thrown(
                Class::UpdateAfterSubmit,
                format!(
                    " Not allowed to change <strong>{}</strong> after submission from <strong>{kept}</strong> to <strong>{now}</strong>",
                    field.title()
                ),
            )
            .titled("Cannot Update After Submit"));
        }
    }
    Ok(())
}

/// The refusal of a name that is taken.
pub(super) fn duplicate(doctype: &str, name: &str) -> Refusal {
    let text = format!(
        "({}, {}, IntegrityError(1062, \"Duplicate entry '{name}' for key 'PRIMARY'\"))",
        python_text(doctype),
        python_text(name)
    );
    let message = Message::plain(format!("{doctype} <strong>{name}</strong> already exists"))
        .titled("Duplicate Name")
        .coloured("red");
    Refusal::silent(Class::DuplicateEntry, text).saying(message)
}

/// A text as Python's `repr` writes it.
fn python_text(text: &str) -> String {
    if text.contains('\'') && !text.contains('"') {
        format!("\"{text}\"")
    } else {
        format!("'{}'", text.replace('\'', "\\'"))
    }
}

fn each_row(row: &mut Row, table: &str, mut act: impl FnMut(&mut Row)) {
    if let Some(Value::Array(rows)) = row.get_mut(table) {
        rows.iter_mut().filter_map(Value::as_object_mut).for_each(&mut act);
    }
}

fn finished(mut draft: Draft) -> Row {
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
