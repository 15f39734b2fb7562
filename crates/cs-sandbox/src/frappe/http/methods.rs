//! The whitelisted functions under `/api/method`.

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::asked::Asked;
use crate::frappe::draft::rows_of;
use crate::frappe::permission::Right;
use crate::frappe::query;
use crate::frappe::refusal::{Class, Message, Refusal};
use crate::frappe::rules::describe;
use crate::frappe::site::Txn;
use crate::frappe::values::{Row, integer, text};

type Answer = Result<Value, Refusal>;

/// Functions that a guest may call.
const FOR_GUESTS: [&str; 2] = ["ping", "frappe.client.get_time_zone"];
/// Functions that are there and must not be called from outside, with their true names.
const PRIVATE: [(&str, &str); 4] = [
    ("frappe.utils.now", "frappe.utils.data.now"),
    ("frappe.utils.today", "frappe.utils.data.today"),
    ("frappe.get_all", "frappe.get_all"),
    ("frappe.db.sql", "frappe.db.sql"),
];
/// Functions that only POST and PUT reach.
const WRITING: [&str; 12] = [
    "insert",
    "insert_many",
    "save",
    "rename_doc",
    "submit",
    "cancel",
    "delete",
    "bulk_update",
    "set_value",
    "add_comment",
    "add_tag",
    "add",
];

/// Calls a function.
pub(super) fn call(txn: &mut Txn<'_>, name: &str, asked: &Asked) -> Answer {
    if txn.user() == "Guest" && !FOR_GUESTS.contains(&name) {
        return Err(not_whitelisted(name));
    }
    let writing =
        name.starts_with("frappe.client.") && WRITING.contains(&name.rsplit('.').next().unwrap_or_default());
    if writing && !matches!(asked.method, Method::POST | Method::PUT | Method::DELETE) {
        return Err(Refusal::thrown(Class::Permission, "Not permitted"));
    }
    match name.strip_prefix("frappe.client.") {
        Some(
            "insert" | "insert_many" | "save" | "submit" | "cancel" | "delete" | "set_value" | "bulk_update"
            | "rename_doc",
        ) => write(txn, name, asked),
        Some(
            "get" | "get_list" | "get_count" | "get_value" | "get_single_value" | "has_permission"
            | "get_time_zone",
        ) => read(txn, name, asked),
        _ => other(txn, name, asked),
    }
}

fn other(txn: &mut Txn<'_>, name: &str, asked: &Asked) -> Answer {
    match name {
        "ping" => Ok("pong".into()),
        "frappe.auth.get_logged_user" => Ok(txn.user().into()),
        "frappe.utils.change_log.get_versions" => {
            Ok(Value::Object(txn.site.apps.clone().into_iter().collect()))
        }
        "frappe.desk.reportview.get_count" => count(txn, asked),
        "frappe.desk.form.load.getdoctype" => {
            let meta = txn.meta(&asked.text("doctype"))?;
            Ok(json!({"docs": [describe(&meta)]}))
        }
        "frappe.desk.form.utils.add_comment" => comment(txn, asked),
        "frappe.desk.doctype.tag.tag.add_tag" => {
            txn.get(&asked.text("dt"), &asked.text("dn"))?;
            Ok(asked.text("tag").into())
        }
        "frappe.desk.form.assign_to.add" => assign(txn, asked),
        _ => Err(unknown(name)),
    }
}

fn read(txn: &mut Txn<'_>, name: &str, asked: &Asked) -> Answer {
    let doctype = asked.text("doctype");
    match name.rsplit('.').next().unwrap_or_default() {
        "get" => {
            let row = match asked.text("name") {
                name if name.is_empty() => first(txn, &doctype, asked)?,
                name => txn.get(&doctype, &name)?,
            };
            Ok(txn.shaped(&doctype, &row, true))
        }
        "get_list" => {
            let query = asked.query(&doctype, false)?;
            let rows = txn.list(&doctype, &query, asked.form.get("parent").and_then(Value::as_str))?;
            Ok(rows.into_iter().map(Value::Object).collect())
        }
        "get_count" => count(txn, asked),
        "get_value" => value(txn, asked),
        "get_single_value" => {
            may_read(txn, &doctype)?;
            let row = txn.stored(&doctype, &doctype)?;
            Ok(row.get(&asked.text("field")).cloned().unwrap_or_default())
        }
        "has_permission" => {
            let meta = txn.meta(&doctype)?;
            // Without a document's name the question is about the DocType.
            let row = match asked.text("docname").as_str() {
                "" => Row::new(),
                name => (*txn.stored(&doctype, name)?).clone(),
            };
            let right = Right::parse(&asked.text("perm_type"));
            Ok(json!({"has_permission": txn.may(&meta, right, &row)}))
        }
        _ => {
            let setting = txn.site.setting("time_zone");
            let zone = txn.site.cached_time_zone.clone().unwrap_or(setting);
            Ok(json!({"time_zone": zone}))
        }
    }
}

fn may_read(txn: &Txn<'_>, doctype: &str) -> Result<(), Refusal> {
    let meta = txn.meta(doctype)?;
    if txn.may(&meta, Right::Read, &Row::new()) {
        return Ok(());
    }
    Err(Refusal::thrown(Class::Permission, format!("No permission for {doctype}")))
}

fn first(txn: &mut Txn<'_>, doctype: &str, asked: &Asked) -> Result<Row, Refusal> {
    let mut query = query::Query {
        filters: query::read_filters(doctype, &asked.loose("filters"))?,
        ..query::Query::default()
    };
    query.limit = Some(1);
    let found = txn.list(doctype, &query, None)?;
    match found.first() {
        Some(row) => txn.get(doctype, &text(row.get("name"))),
        None => Err(Refusal::not_found(doctype, "None")),
    }
}

fn count(txn: &mut Txn<'_>, asked: &Asked) -> Answer {
    let doctype = asked.text("doctype");
    let filters = query::read_filters(&doctype, &asked.json("filters")?)?;
    txn.count(&doctype, filters).map(Value::from)
}

/// One document's values, or nothing at all; those of a single document are texts.
fn value(txn: &mut Txn<'_>, asked: &Asked) -> Answer {
    let doctype = asked.text("doctype");
    may_read_some(txn, &doctype)?;
    let fields = match asked.loose("fieldname") {
        Value::Array(fields) => fields.iter().map(|field| text(Some(field))).collect(),
        one => vec![text(Some(&one))],
    };
    if txn.meta(&doctype)?.is_single {
        let row = txn.stored(&doctype, &doctype)?;
        let known = fields.iter().filter(|field| row.contains_key(*field));
        let mut values: Vec<(String, Value)> =
            known.map(|field| (field.clone(), text(row.get(field)).into())).collect();
        values.sort_by(|left, right| left.0.cmp(&right.0));
        return Ok(Value::Object(values.into_iter().collect()));
    }
    let query = query::Query {
        fields: query::read_fields(&json!(fields)),
        filters: query::read_filters(&doctype, &asked.loose("filters"))?,
        limit: Some(1),
        ..query::Query::default()
    };
    let rows = txn.list(&doctype, &query, asked.form.get("parent").and_then(Value::as_str))?;
    Ok(Value::Object(rows.into_iter().next().unwrap_or_default()))
}

fn may_read_some(txn: &mut Txn<'_>, doctype: &str) -> Result<(), Refusal> {
    if txn.meta(doctype)?.is_single { may_read(txn, doctype) } else { Ok(()) }
}

fn write(txn: &mut Txn<'_>, name: &str, asked: &Asked) -> Answer {
    let doctype = asked.text("doctype");
    match name.rsplit('.').next().unwrap_or_default() {
        "insert" => {
            let document = asked.document("doc")?;
            let row = txn.insert(&text(document.get("doctype")), &document)?;
            Ok(txn.shaped(&text(document.get("doctype")), &row, true))
        }
        "insert_many" => {
            let documents = asked.json("docs")?;
            let documents = json!({"docs": documents});
            let rows = documents.as_object().map(|row| rows_of(row, "docs"));
            txn.insert_many(&rows.unwrap_or_default()).map(Value::Array)
        }
        "save" => save(txn, asked, None),
        "submit" => save(txn, asked, Some(1)),
        "cancel" => {
            let row = txn.update(&doctype, &asked.text("name"), &status(2))?;
            Ok(txn.shaped(&doctype, &row, true))
        }
        "delete" => txn.delete(&doctype, &asked.text("name")).map(|()| Value::Null),
        "set_value" => set_value(txn, &doctype, asked),
        "rename_doc" => {
            let merge =
                integer(asked.form.get("merge")) != 0 || asked.form.get("merge") == Some(&Value::Bool(true));
            let (old, new) = (asked.text("old_name"), asked.text("new_name"));
            txn.rename(&doctype, &old, &new, merge).map(Value::from)
        }
        _ => bulk_update(txn, asked),
    }
}

pub(super) fn status(docstatus: u8) -> Row {
    Row::from_iter([("docstatus".to_owned(), docstatus.into())])
}

fn save(txn: &mut Txn<'_>, asked: &Asked, docstatus: Option<u8>) -> Answer {
    let mut document = asked.document("doc")?;
    if let Some(docstatus) = docstatus {
        document.extend(status(docstatus));
    }
    let row = txn.save(&document)?;
    Ok(txn.shaped(&text(document.get("doctype")), &row, true))
}

fn set_value(txn: &mut Txn<'_>, doctype: &str, asked: &Asked) -> Answer {
    const STANDARD: [&str; 10] = [
        "name",
        "parent",
        "creation",
        "modified",
        "modified_by",
        "owner",
        "parentfield",
        "parenttype",
        "idx",
        "docstatus",
    ];
    let fields = match asked.loose("fieldname") {
        Value::Object(fields) => fields,
        one => Map::from_iter([(text(Some(&one)), asked.form.get("value").cloned().unwrap_or_default())]),
    };
    if fields.keys().any(|field| STANDARD.contains(&field.as_str())) {
        return Err(Refusal::invalid("Cannot edit standard fields"));
    }
    let row = txn.update(doctype, &asked.text("name"), &fields)?;
    Ok(txn.shaped(doctype, &row, true))
}

/// Each document by itself; those that fail are listed, and the answer is 200 all the same.
fn bulk_update(txn: &mut Txn<'_>, asked: &Asked) -> Answer {
    let documents = json!({"docs": asked.json("docs")?});
    let documents = documents.as_object().map(|row| rows_of(row, "docs")).unwrap_or_default();
    let mut failed = Vec::new();
    for document in documents {
        let mut fields = document.clone();
        fields.shift_remove("doctype");
        fields.shift_remove("docname");
        let savepoint = txn.site.store.savepoint();
        let done = txn.update(&text(document.get("doctype")), &text(document.get("docname")), &fields);
        if let Err(refusal) = done {
            txn.site.store.rollback(savepoint);
            let exc = match refusal.class {
                Class::DoesNotExist => format!("frappe.exceptions.DoesNotExistError: {}", refusal.text),
                _ => refusal.exception(),
            };
            failed.push(json!({"doc": document, "exc": exc}));
            txn.messages.extend(refusal.messages);
        }
    }
    Ok(json!({"failed_docs": failed}))
}

fn comment(txn: &mut Txn<'_>, asked: &Asked) -> Answer {
    let mut comment = Row::new();
    for field in ["reference_doctype", "reference_name", "content", "comment_email", "comment_by"] {
        comment.insert(field.to_owned(), asked.text(field).into());
    }
    comment.insert("comment_type".to_owned(), "Comment".into());
    let row = txn.insert("Comment", &comment)?;
    Ok(txn.shaped("Comment", &row, false))
}

fn assign(txn: &mut Txn<'_>, asked: &Asked) -> Answer {
    let (doctype, name) = (asked.text("doctype"), asked.text("name"));
    txn.get(&doctype, &name)?;
    let Value::Array(users) = asked.loose("assign_to") else {
        return Ok(Value::Array(Vec::new()));
    };
    let mut given = Vec::new();
    for user in users {
        let todo = json!({"allocated_to": user, "reference_type": doctype, "reference_name": name,
            "description": format!("Assignment for {doctype} {name}"), "assigned_by": txn.user()});
        let todo = txn.insert("ToDo", todo.as_object().unwrap_or(&Row::new()))?;
        given.push(json!({"owner": user, "name": todo.get("name")}));
    }
    Ok(Value::Array(given))
}

fn not_whitelisted(name: &str) -> Refusal {
    let text = format!(
        "<details><summary>You are not permitted to access this resource.</summary>Function <strong>{name}</strong> is not whitelisted.</details>"
    );
    Refusal::thrown(Class::Permission, text).titled("Method Not Allowed")
}

fn unknown(name: &str) -> Refusal {
    if let Some((_, full)) = PRIVATE.iter().find(|(short, _)| *short == name) {
        return not_whitelisted(full);
    }
    let app = name.split('.').next().unwrap_or_default();
    let why = if ["frappe", "erpnext"].contains(&app) {
        let (module, function) = name.rsplit_once('.').unwrap_or((name, ""));
        format!("module '{module}' has no attribute '{function}'")
    } else {
        format!("App {app} is not installed")
    };
    let text = format!("Failed to get method for command {name} with {why}");
    let refusal = Refusal::silent(Class::Validation, text.clone()).saying(Message::thrown(why));
    refusal.saying(Message::thrown(text))
}
