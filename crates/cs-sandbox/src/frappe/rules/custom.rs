//! Custom Fields and custom `DocType`s: live at once (facts/FRAPPE.md, "Writing").

use std::sync::Arc;

use serde_json::Value;

use crate::frappe::catalogue::{DocType, Field, Naming};
use crate::frappe::draft::{Action, Draft, rows_of};
use crate::frappe::refusal::Refusal;
use crate::frappe::site::Txn;
use crate::frappe::values::{Row, has_value, integer, text};

impl Txn<'_> {
    /// A field is there only once.
    pub(super) fn validate_custom_field(&mut self, draft: &mut Draft) -> Result<(), Refusal> {
        if draft.action != Action::Insert {
            return Ok(());
        }
        let (doctype, field) = (draft.text("dt"), draft.text("fieldname"));
        let Some(meta) = self.site.store.doctype(&doctype) else {
            return Ok(());
        };
        if meta.field(&field).is_some() {
            return Err(Refusal::invalid(format!(
                "A field with the name <strong>{field}</strong> already exists in {doctype}"
            )));
        }
        let after = draft.text("insert_after");
        let position = meta.fields.iter().position(|field| field.fieldname == after);
        draft.set("idx", position.map_or(meta.fields.len(), |at| at + 1));
        Ok(())
    }

    /// The field joins its kind.
    pub(super) fn custom_field_written(&mut self, draft: &Draft) -> Result<(), Refusal> {
        let meta = self.meta(&draft.text("dt"))?;
        self.site.store.put_doctype(with_field(&meta, &draft.row));
        Ok(())
    }

    /// The field leaves its kind.
    pub(super) fn custom_field_trashed(&mut self, row: &Row) {
        if let Some(meta) = self.site.store.doctype(&text(row.get("dt"))) {
            let mut meta = DocType::clone(&meta);
            let gone = text(row.get("fieldname"));
            meta.fields.retain(|field| field.fieldname != gone);
            self.site.store.put_doctype(Arc::new(meta));
        }
    }

    /// The kind begins to exist.
    pub(super) fn doctype_written(&mut self, draft: &Draft) {
        self.site.store.put_doctype(Arc::new(read_doctype(&draft.row)));
    }
}

/// Without a name of its own, the label makes one.
pub(super) fn custom_field_name(draft: &mut Draft) -> Result<(), Refusal> {
    if !has_value(draft.row.get("fieldname")) {
        let label = draft.text("label");
        if label.is_empty() {
            return Err(Refusal::invalid("Label is mandatory"));
        }
        let plain = |c: char| {
            if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }
        };
        let scrubbed: String = label.chars().map(plain).collect();
        draft.set("fieldname", format!("custom_{scrubbed}"));
    }
    Ok(())
}

/// The kind with a custom field in its place.
pub(in crate::frappe) fn with_field(meta: &DocType, row: &Row) -> Arc<DocType> {
    let mut meta = meta.clone();
    let field = read_field(row);
    meta.fields.retain(|other| other.fieldname != field.fieldname);
    let after = text(row.get("insert_after"));
    let place = meta.fields.iter().position(|other| other.fieldname == after);
    let place = place.map_or(meta.fields.len(), |at| at + 1);
    meta.fields.insert(place, field);
    Arc::new(meta)
}

fn read_field(row: &Row) -> Field {
    let flag = |key: &str| u8::from(integer(row.get(key)) != 0);
    let kind = text(row.get("fieldtype"));
    Field {
        fieldname: text(row.get("fieldname")),
        fieldtype: if kind.is_empty() { "Data".to_owned() } else { kind },
        label: text(row.get("label")),
        options: text(row.get("options")),
        default: text(row.get("default")),
        reqd: flag("reqd"),
        unique: flag("unique"),
        length: usize::try_from(integer(row.get("length"))).unwrap_or_default(),
        allow_on_submit: flag("allow_on_submit"),
        set_only_once: flag("set_only_once"),
        read_only: flag("read_only"),
    }
}

fn read_doctype(row: &Row) -> DocType {
    let flag = |key: &str| integer(row.get(key)) != 0;
    let autoname = text(row.get("autoname"));
    DocType {
        name: text(row.get("name")),
        module: text(row.get("module")),
        naming: Naming::parse(&autoname),
        is_table: flag("istable"),
        is_single: flag("issingle"),
        is_submittable: flag("is_submittable"),
        custom: true,
        title_field: text(row.get("title_field")),
        show_title: flag("show_title_field_in_link"),
        fields: rows_of(row, "fields").iter().map(read_field).collect(),
        permissions: rows_of(row, "permissions").iter().map(read_permission).collect(),
    }
}

const LETTERS: [(&str, char); 7] = [
    ("read", 'r'),
    ("write", 'w'),
    ("create", 'c'),
    ("delete", 'd'),
    ("submit", 's'),
    ("cancel", 'x'),
    ("amend", 'a'),
];

fn read_permission(row: &Row) -> (String, String) {
    let given = LETTERS.iter().filter(|(key, _)| integer(row.get(*key)) != 0);
    let mut rights: String = given.map(|(_, letter)| *letter).collect();
    if integer(row.get("if_owner")) != 0 {
        rights.push('o');
    }
    (text(row.get("role")), rights)
}

/// The definition of a kind as a document of `DocType`, as `/api/resource/DocType/X` and the metas give it.
pub(in crate::frappe) fn describe(meta: &DocType) -> Row {
    let fields = meta
        .fields
        .iter()
        .enumerate()
        .map(|(index, field)| Value::Object(describe_field(meta, field, index)));
    let permissions = meta.permissions.iter().enumerate().map(|(index, (role, rights))| {
        let mut row = Row::new();
        row.insert("idx".to_owned(), (index + 1).into());
        row.insert("role".to_owned(), role.clone().into());
        row.insert("permlevel".to_owned(), 0.into());
        for (key, letter) in LETTERS {
            row.insert(key.to_owned(), u8::from(rights.contains(letter)).into());
        }
        row.insert("if_owner".to_owned(), u8::from(rights.contains('o')).into());
        Value::Object(row)
    });
    let mut row = Row::new();
    let facts: [(&str, Value); 11] = [
        ("name", meta.name.clone().into()),
        ("module", meta.module.clone().into()),
        ("custom", u8::from(meta.custom).into()),
        ("istable", u8::from(meta.is_table).into()),
        ("issingle", u8::from(meta.is_single).into()),
        ("is_submittable", u8::from(meta.is_submittable).into()),
        ("title_field", meta.title_field.clone().into()),
        ("show_title_field_in_link", u8::from(meta.show_title).into()),
        ("naming_rule", naming_rule(&meta.naming).into()),
        ("fields", fields.collect()),
        ("permissions", permissions.collect()),
    ];
    for (key, value) in facts {
        row.insert(key.to_owned(), value);
    }
    row
}

fn naming_rule(naming: &Naming) -> &'static str {
    match naming {
        Naming::Hash | Naming::Single => "Random",
        Naming::Prompt => "Set by user",
        Naming::Field(_) => "By fieldname",
        Naming::Format(_) => "Expression",
        Naming::Series => "By \"Naming Series\" field",
        _ => "By script",
    }
}

fn describe_field(meta: &DocType, field: &Field, index: usize) -> Row {
    let texts = [("label", &field.label), ("options", &field.options), ("default", &field.default)];
    let mut row = Row::new();
    row.insert("name".to_owned(), format!("{}-{}", meta.name, field.fieldname).into());
    row.insert("idx".to_owned(), (index + 1).into());
    row.insert("fieldname".to_owned(), field.fieldname.clone().into());
    row.insert("fieldtype".to_owned(), field.fieldtype.clone().into());
    for (key, value) in texts.into_iter().filter(|(_, value)| !value.is_empty()) {
        row.insert(key.to_owned(), value.clone().into());
    }
    for (key, value) in [
        ("reqd", field.reqd),
        ("unique", field.unique),
        ("allow_on_submit", field.allow_on_submit),
        ("set_only_once", field.set_only_once),
        ("read_only", field.read_only),
    ] {
        row.insert(key.to_owned(), value.into());
    }
    row.insert("length".to_owned(), field.length.into());
    row
}
