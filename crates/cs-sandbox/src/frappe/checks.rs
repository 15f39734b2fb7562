//! What a document must pass before it is written: version, docstatus, links, mandatory fields, constants, uniqueness.

use std::sync::Arc;

use serde_json::Value;

use super::catalogue::DocType;
use super::collate;
use super::draft::{Action, Draft, each_row};
use super::refusal::{Class, Message, Refusal};
use super::site::Txn;
use super::values::{self, Place, Row, integer, text};

impl Txn<'_> {
    /// Links must lead somewhere; they get the true case of the name they mean.
    pub(super) fn check_links(&mut self, draft: &mut Draft) -> Result<(), Refusal> {
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

    pub(super) fn check_unique(&self, meta: &DocType, stored: &Row, name: &str) -> Result<(), Refusal> {
        for field in meta.columns().filter(|field| field.unique == 1) {
            let value = text(stored.get(&field.fieldname));
            if value.is_empty() {
                continue;
            }
            let taken = self.site.store.rows(&meta.name).any(|other| {
                let held = other.get(&field.fieldname).and_then(Value::as_str);
                held.is_some_and(|held| collate::same(held, &value)) && text(other.get("name")) != name
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

    pub(super) fn check_version(&mut self, draft: &Draft, before: &Row) -> Result<(), Refusal> {
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

pub(super) fn next_action(draft: &Draft, before: &Row) -> Result<Action, Refusal> {
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

pub(super) fn check_mandatory(
    meta: &DocType,
    draft: &Draft,
    rows: &[(Arc<DocType>, Row)],
) -> Result<(), Refusal> {
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
pub(super) fn check_constants(draft: &Draft, before: &Row) -> Result<(), Refusal> {
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
pub(super) fn check_submitted(draft: &Draft, before: &Row) -> Result<(), Refusal> {
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
