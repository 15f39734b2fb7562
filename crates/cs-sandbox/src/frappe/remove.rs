//! Deleting and renaming (facts/FRAPPE.md, traps 6, 10 and 11).

use std::sync::Arc;

use serde_json::{Value, json};

use super::catalogue::{DocType, Field, Naming};
use super::collate;
use super::draft::{rows_of, shape};
use super::permission::Right;
use super::refusal::{Class, Message, Refusal};
use super::site::Txn;
use super::values::{Row, integer, text};

/// A place that a document is linked from.
struct Holder {
    doctype: String,
    name: String,
}

impl Txn<'_> {
    /// Deletes a document, if nothing links to it, and keeps a `Deleted Document` of it.
    pub fn delete(&mut self, doctype: &str, name: &str) -> Result<(), Refusal> {
        let meta = self.meta(doctype)?;
        // Unlike a read, Frappe has no words for it.
        let absent = || Refusal::silent(Class::DoesNotExist, "");
        let row = self.site.store.get(doctype, name).cloned().ok_or_else(absent)?;
        self.require(&meta, Right::Delete, &row)?;
        self.check_lock(doctype, &text(row.get("name"))).map_err(|_| {
            Refusal::thrown(
                Class::QueryTimeout,
                "This document can not be deleted right now as it's being modified by another user. Please try again after some time.",
            )
        })?;
        self.remove_unasked(doctype, name)
    }

    /// The same without asking for the right to it.
    pub(super) fn remove_unasked(&mut self, doctype: &str, name: &str) -> Result<(), Refusal> {
        let meta = self.meta(doctype)?;
        let row = self.stored(doctype, name)?;
        let name = text(row.get("name"));
        if integer(row.get("docstatus")) == 1 {
            let anchor = "<a href='https://docs.erpnext.com//docs/user/manual/en/setting-up/articles/delete-submitted-document' target='_blank'>";
            let text = format!(
                "{doctype} {name}: Submitted Record cannot be deleted. You must {anchor} Cancel </a> it first."
            );
            return Err(Refusal::invalid(text));
        }
        self.on_trash(doctype, &row)?;
        if let Some(holder) = self.holder_of(doctype, &name) {
            return Err(linked(doctype, &name, &holder));
        }
        let row = self.stored(doctype, &name)?;
        self.keep_deleted(&meta, &row);
        self.site.store.remove(doctype, &name);
        self.give_number_back(&meta, &row);
        self.remove_comments(doctype, &name);
        Ok(())
    }

    /// What was said of a document goes with it, the traces of its renames too. Frappe leaves this to a worker after the
    /// commit; here it is done at once.
    fn remove_comments(&mut self, doctype: &str, name: &str) {
        let on = |row: &Row| {
            text(row.get("reference_doctype")) == doctype && text(row.get("reference_name")) == name
        };
        let rows = self.site.store.rows("Comment");
        let gone: Vec<String> = rows.filter(|row| on(row)).map(|row| text(row.get("name"))).collect();
        for comment in gone {
            self.site.store.remove("Comment", &comment);
        }
    }

    fn keep_deleted(&mut self, meta: &DocType, row: &Row) {
        let mut whole: Vec<(String, Value)> = shape(self, meta, row, true).into_iter().collect();
        whole.sort_by(|left, right| left.0.cmp(&right.0));
        let whole = Value::Object(whole.into_iter().collect());
        let now = self.stamp();
        let kept = json!({
            "name": self.site.random_name(), "owner": self.user, "creation": now, "modified": now,
            "modified_by": self.user, "docstatus": 0, "idx": 0, "deleted_doctype": meta.name,
            "deleted_name": text(row.get("name")), "restored": 0, "data": python_json(&whole),
        });
        if let Value::Object(kept) = kept {
            self.site.store.put("Deleted Document", kept);
        }
    }

    /// A document that links to this one.
    fn holder_of(&self, doctype: &str, name: &str) -> Option<Holder> {
        let metas: Vec<Arc<DocType>> = self.site.store.doctypes().cloned().collect();
        metas.iter().filter(|meta| !meta.is_table && !forgets_links(&meta.name)).find_map(|meta| {
            let rows = self.site.store.rows(&meta.name);
            let others = rows.filter(|row| meta.name != doctype || text(row.get("name")) != name);
            // Frappe asks for the one that was written last.
            let holder = others
                .filter(|row| self.links_to(meta, row, doctype, name))
                .max_by_key(|row| text(row.get("modified")))?;
            Some(Holder { doctype: meta.name.clone(), name: text(holder.get("name")) })
        })
    }

    fn links_to(&self, meta: &DocType, row: &Row, doctype: &str, name: &str) -> bool {
        let here = meta.columns().any(|field| leads(field, row, doctype, name));
        here || meta.tables().any(|table| {
            let Some(child) = self.site.store.doctype(&table.options) else {
                return false;
            };
            let rows = rows_of(row, &table.fieldname);
            rows.iter().any(|row| child.columns().any(|field| leads(field, row, doctype, name)))
        })
    }

    /// Renames a document; with `merge`, into one that exists. Answers the new name.
    pub fn rename(&mut self, doctype: &str, old: &str, new: &str, merge: bool) -> Result<String, Refusal> {
        let meta = self.meta(doctype)?;
        let row = self.stored(doctype, old)?;
        self.require(&meta, Right::Write, &row)?;
        let (old, new) = (text(row.get("name")), new.trim().to_owned());
        let target = self.site.store.get(doctype, &new).cloned();
        let same_row = collate::same(&old, &new);
        if merge && target.is_none() {
            return Err(Refusal::invalid(format!(
                "{doctype} {new} does not exist, select a new target to merge"
            )));
        }
        if !merge && target.is_some() && !same_row {
            return Err(Refusal::invalid(format!(
                "Another {doctype} with name {new} exists, select another name"
            )));
        }
        if new.contains(['<', '>']) {
            return Err(Refusal::thrown(Class::Name, "Name cannot contain special characters like '<', '>'"));
        }
        if !merge {
            self.move_row(&meta, &row, &new);
        }
        self.move_links(doctype, &old, &new);
        self.note_rename(doctype, &old, &new, merge);
        if merge {
            // The document that was merged away goes last, after the comment.
            self.keep_deleted(&meta, &row);
            self.site.store.remove(doctype, &old);
        }
        Ok(new)
    }

    fn move_row(&mut self, meta: &DocType, row: &Row, new: &str) {
        let mut row = row.clone();
        self.site.store.remove(&meta.name, &text(row.get("name")));
        row.insert("name".to_owned(), new.into());
        if let Naming::Field(field) = &meta.naming {
            row.insert(field.clone(), new.into());
        }
        // Only the Customer is written again by its rename.
        if meta.name == "Customer" {
            let now = self.stamp();
            row.insert("customer_name".to_owned(), new.into());
            row.insert("modified".to_owned(), now.into());
            row.insert("modified_by".to_owned(), self.user.clone().into());
        }
        for table in meta.tables() {
            if let Some(Value::Array(rows)) = row.get_mut(&table.fieldname) {
                for child in rows.iter_mut().filter_map(Value::as_object_mut) {
                    child.insert("parent".to_owned(), new.into());
                }
            }
        }
        self.site.store.put(&meta.name, row);
    }

    /// Links follow, comments on the document among them, without any stamp moving.
    fn move_links(&mut self, doctype: &str, old: &str, new: &str) {
        let metas: Vec<Arc<DocType>> = self.site.store.doctypes().cloned().collect();
        for meta in metas.iter().filter(|meta| !meta.is_table && follows(&meta.name)) {
            let rows = self.site.store.rows(&meta.name);
            let holders: Vec<Row> = rows
                .filter(|row| self.links_to(meta, row, doctype, old))
                .map(|row| Row::clone(row))
                .collect();
            for mut row in holders {
                follow(meta, &mut row, doctype, old, new);
                for table in meta.tables() {
                    let child = self.site.store.doctype(&table.options);
                    if let (Some(child), Some(Value::Array(rows))) = (child, row.get_mut(&table.fieldname)) {
                        rows.iter_mut()
                            .filter_map(Value::as_object_mut)
                            .for_each(|row| follow(&child, row, doctype, old, new));
                    }
                }
                self.site.store.put(&meta.name, row);
            }
        }
    }

    /// The only trace of a rename is a comment; that of a merge is worded differently, which is why the recording
    /// `narrow_comment_renames` does not show the merge that was recorded ten minutes before it (`rename_merge`).
    fn note_rename(&mut self, doctype: &str, old: &str, new: &str, merge: bool) {
        let now = self.stamp();
        let change = format!("from <strong>{old}</strong> to <strong>{new}</strong>");
        let content = if merge {
            format!("merged <strong>{old}</strong> into <strong>{new}</strong>")
        } else {
            format!("renamed {change}")
        };
        let comment = json!({
            "name": self.site.random_name(), "owner": self.user, "creation": now, "modified": now,
            "modified_by": self.user, "docstatus": 0, "idx": 0, "comment_type": "Edit",
            "comment_email": self.user, "comment_by": self.site.full_name(&self.user), "published": 0, "seen": 0,
            "reference_doctype": doctype, "reference_name": new, "content": content,
        });
        if let Value::Object(comment) = comment {
            self.site.store.put("Comment", comment);
        }
        self.messages.push(Message::plain(format!("Document renamed {change}")).coloured("green").as_alert());
    }
}

/// Kinds whose references do not hold a document back.
fn forgets_links(doctype: &str) -> bool {
    ["Comment", "ToDo", "Deleted Document", "Custom Field", "DocType", "Webhook Request Log"]
        .contains(&doctype)
}

/// Kinds whose references follow a rename.
fn follows(doctype: &str) -> bool {
    ["Comment", "ToDo"].contains(&doctype) || !forgets_links(doctype)
}

fn leads(field: &Field, row: &Row, doctype: &str, name: &str) -> bool {
    let target = match field.fieldtype.as_str() {
        "Link" => field.options == doctype,
        "Dynamic Link" => text(row.get(&field.options)) == doctype,
        _ => false,
    };
    target && row.get(&field.fieldname).and_then(Value::as_str) == Some(name)
}

fn follow(meta: &DocType, row: &mut Row, doctype: &str, old: &str, new: &str) {
    let moved: Vec<String> = meta
        .columns()
        .filter(|field| leads(field, row, doctype, old))
        .map(|field| field.fieldname.clone())
        .collect();
    for field in moved {
        row.insert(field, new.into());
    }
}

fn linked(doctype: &str, name: &str, holder: &Holder) -> Refusal {
    let anchor =
        |doctype: &str, name: &str| format!("{doctype} <a href=\"/app/Form/{doctype}/{name}\">{name}</a>");
    let text = format!(
        "Cannot delete or cancel because {} is linked with {} ",
        anchor(doctype, name),
        anchor(&holder.doctype, &holder.name)
    );
    Refusal::thrown(Class::LinkExists, text)
}

/// JSON as Frappe keeps a deleted document: one space of indent.
fn python_json(value: &Value) -> String {
    let mut bytes = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b" ");
    let mut writer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
    match serde::Serialize::serialize(value, &mut writer) {
        Ok(()) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => value.to_string(),
    }
}
