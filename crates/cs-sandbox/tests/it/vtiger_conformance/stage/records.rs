//! The records that a retrieve or a write meets.

use std::collections::BTreeSet;

use cs_sandbox::vtiger::{Draft, System, Values};
use serde_json::{Map, Value};

use super::super::request::{lab, module_of};
use super::super::world::columns;
use super::Context;

pub(super) fn stage(context: &Context<'_>, system: &mut System) {
    let result = context.result.as_ref().and_then(Value::as_object);
    if let Some(shown) = result {
        around(context, system, shown);
        counters(system, shown);
    }
    if let Some(element) = &context.asked.element {
        sent_references(context, system, element);
    }
    if context.asked.operation == "create" {
        duplicate(context, system);
        return;
    }
    if let Some(id) = context.asked.id.as_deref().filter(|id| id.contains('x')) {
        itself(context, system, id);
    }
}

/// The record that the request is about.
fn itself(context: &Context<'_>, system: &mut System, id: &str) {
    let missing = context.says("Permission to perform the operation is denied")
        || context.says("Permission to perform the operation is denied for id");
    if context.has_code("INVALID_ID_ATTRIBUTE") {
        // The number is another module's.
        let other = context.world.namesake(id).unwrap_or_else(|| {
            let prefix = if id.starts_with("12x") { "11" } else { "12" };
            format!("{prefix}x{}", id.split_once('x').map_or("", |(_, number)| number))
        });
        put(context, system, &other, Map::new(), false);
        return;
    }
    if missing {
        // Deleted, if it was ever seen; else it never was.
        if context.world.is_deleted(id, context.turn) {
            put(context, system, id, context.world.fields(id, context.turn), true);
        }
        return;
    }
    if module_of(id).as_deref() == Some("LineItem") {
        line_item(context, system);
        return;
    }
    put(context, system, id, before(context, id), false);
}

/// The fields of a record before the request: as answered, but what the request sends as it was seen before.
fn before(context: &Context<'_>, id: &str) -> Map<String, Value> {
    let mut fields = context.world.fields(id, context.turn);
    let answered =
        context.result.as_ref().and_then(Value::as_object).filter(|shown| shown.contains_key("id"));
    if let Some(answered) = answered {
        for (name, value) in answered {
            let sent = context.asked.element.as_ref().is_some_and(|element| element.contains_key(name));
            if !sent {
                fields.insert(name.clone(), value.clone());
            }
        }
    }
    for (name, sent) in context.asked.element.iter().flatten().filter(|(name, _)| *name != "id") {
        // An empty list of items changes none.
        if let (true, Some(items)) =
            (sent.as_array().is_some_and(Vec::is_empty), answered.and_then(|all| all.get(name)))
        {
            fields.insert(name.clone(), items.clone());
            continue;
        }
        match context.world.field(id, name, context.turn) {
            Some(value) => fields.insert(name.clone(), value.clone()),
            None => fields.shift_remove(name),
        };
    }
    let refused = context.says("Permission to read given object is denied");
    if refused {
        fields.insert("assigned_user_id".to_owned(), Value::from("19x1"));
    }
    implied(context, &mut fields);
    fields
}

/// What an answer without a result implies about the state before it.
fn implied(context: &Context<'_>, fields: &mut Map<String, Value>) {
    let order = context.asked.target.as_deref() == Some("SalesOrder");
    let items = |name: &str| {
        context.asked.element.as_ref().and_then(|element| element.get(name)?.as_array()).cloned()
    };
    let fatal = context.recording.response.status == 500;
    if order && fatal && items("LineItems").is_none_or(|items| items.is_empty()) {
        // facts/VTIGER.md, trap 4: the kind of tax that PHP 8 cannot read.
        fields.insert("hdnTaxType".to_owned(), Value::from("individual"));
    }
    if context.recording.response.body.starts_with("Sorry!") {
        // Trap 5: an owner who does not exist.
        fields.insert("assigned_user_id".to_owned(), Value::from("999"));
    }
    // A write moves the time, so before it the time was another one.
    if context.asked.operation != "retrieve" {
        fields.insert("modifiedtime".to_owned(), Value::from("2026-11-01 00:00:00"));
    }
}

/// Records that the answer points to: accounts, contacts, products of line items.
fn around(context: &Context<'_>, system: &mut System, shown: &Map<String, Value>) {
    let own = shown.get("id").and_then(Value::as_str);
    let ids = shown.values().filter_map(Value::as_str).filter(|id| Some(*id) != own);
    for id in ids {
        pointed_to(context, system, id);
    }
    let details = shown.get("LineItems_FinalDetails");
    let items = shown.get("LineItems").and_then(Value::as_array).into_iter().flatten();
    for (index, item) in items.enumerate() {
        let Some(id) = item.get("productid").and_then(Value::as_str) else { continue };
        let n = index + 1;
        let detail = |name: &str| details.and_then(|all| all.pointer(&format!("/{n}/{name}{n}")));
        let name = item.get("product_name").and_then(Value::as_str).unwrap_or_default();
        let name = html_escape::decode_html_entities(name).into_owned();
        let mut fields = context.world.fields(id, context.turn);
        fields.insert("productname".to_owned(), Value::from(name));
        for (field, shown) in
            [("unit_price", "unitPrice"), ("qtyinstock", "qtyInStock"), ("product_no", "hdnProductcode")]
        {
            if let Some(value) = detail(shown) {
                fields.insert(field.to_owned(), value.clone());
            }
        }
        put(context, system, id, fields, false);
    }
}

/// A record that is pointed to exists; nothing more is needed of it.
fn pointed_to(context: &Context<'_>, system: &mut System, id: &str) {
    let is_id = id.split_once('x').is_some_and(|(prefix, number)| {
        [prefix, number].iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
    });
    let module = is_id.then(|| module_of(id)).flatten();
    if module.is_some_and(|module| ["Accounts", "Contacts", "Products"].contains(&module.as_str())) {
        put(context, system, id, context.world.fields(id, context.turn), false);
    }
}

/// What a request points to exists if the answer shows it, or if it was seen.
fn sent_references(context: &Context<'_>, system: &mut System, element: &Map<String, Value>) {
    let shown_null = |name: &String| {
        context
            .result
            .as_ref()
            .and_then(|shown| shown.get(name))
            .is_some_and(|value| value.is_null() || value == "")
    };
    for (name, value) in element.iter().filter(|(name, _)| *name != "id" && !shown_null(name)) {
        let _ = name;
        if let Some(id) = value.as_str().filter(|id| !context.world.fields(id, context.turn).is_empty()) {
            pointed_to(context, system, id);
        }
    }
    let items = element.get("LineItems").and_then(Value::as_array).into_iter().flatten();
    for id in items.filter_map(|item| item.get("productid")?.as_str()) {
        if !system.records().contains_key(&number(id)) {
            pointed_to(context, system, id);
        }
    }
}

/// `Duplicate(s) detected!` implies that there is one.
fn duplicate(context: &Context<'_>, system: &mut System) {
    let doubled = context.error.as_ref().is_some_and(|(code, _)| code.as_u64() == Some(0));
    let (Some(element), Some(module), true) = (&context.asked.element, &context.asked.target, doubled) else {
        return;
    };
    let values = columns(module, element);
    system.put(Draft { module: module.clone(), id: Some(2), values, ..Draft::default() });
}

/// An order that has the line item which is asked for.
fn line_item(context: &Context<'_>, system: &mut System) {
    let Some(shown) = context.result.as_ref().and_then(Value::as_object) else { return };
    let Some(order) = shown.get("parent_id").and_then(Value::as_str) else { return };
    let mut fields = Map::new();
    fields.insert("LineItems".to_owned(), Value::Array(vec![Value::Object(shown.clone())]));
    put(context, system, order, fields, false);
}

/// Ids and numbers go on where the recorded server was.
fn counters(system: &mut System, shown: &Map<String, Value>) {
    let id = shown.get("id").and_then(Value::as_str).map_or(2, number);
    let item =
        shown.get("LineItems").and_then(|items| items.get(0)?.get("id")?.as_str().map(number)).unwrap_or(1);
    system.count_from(id, item);
    for name in ["contact_no", "account_no", "product_no", "salesorder_no"] {
        let Some(text) = shown.get(name).and_then(Value::as_str) else { continue };
        let digits = text.find(|sign: char| sign.is_ascii_digit()).unwrap_or(text.len());
        let (prefix, last) = text.split_at(digits);
        if let Ok(last) = last.parse::<u64>() {
            system.number_after(prefix, last.saturating_sub(1));
        }
    }
}

fn number(id: &str) -> u64 {
    id.split_once('x').and_then(|(_, number)| number.parse().ok()).unwrap_or(0)
}

/// Puts a record with these fields into the state.
pub(super) fn put(
    context: &Context<'_>,
    system: &mut System,
    id: &str,
    mut fields: Map<String, Value>,
    deleted: bool,
) {
    let Some(module) = module_of(id) else { return };
    let mandatory: &[&str] = match module.as_str() {
        "Contacts" => &["lastname"],
        "Accounts" => &["accountname"],
        "Products" => &["productname"],
        "SalesOrder" => &["subject", "bill_street", "ship_street"],
        _ => &[],
    };
    for name in mandatory {
        fields.entry(*name).or_insert_with(|| Value::from("Staged"));
    }
    fields.entry("assigned_user_id").or_insert_with(|| Value::from("19x1"));
    let items = fields.get("LineItems").and_then(Value::as_array).cloned().unwrap_or_default();
    let items = items.iter().filter_map(Value::as_object).map(item_columns).collect();
    let label = fields
        .get("label")
        .and_then(Value::as_str)
        .map(|label| html_escape::decode_html_entities(label).into_owned());
    // Only who saved a record sees a value in `starred`.
    let mut values = columns(&module, &fields);
    let unseen = fields.get("starred").is_some_and(|starred| starred == "" || starred.is_null());
    let savers =
        if fields.contains_key("starred") && !unseen { [context.asker].into() } else { BTreeSet::new() };
    if unseen {
        values.insert("starred".to_owned(), None);
    }
    let changes_label = context.asked.operation != "retrieve";
    let label = if changes_label && context.asked.id.as_deref() == Some(id) {
        label.filter(|_| !sends_label(context, &module))
    } else {
        label
    };
    system.put(Draft { module, id: Some(number(id)), values, label, items, deleted, savers });
}

/// Whether the request sends a field that makes up the label: then the answered label is not the one before.
fn sends_label(context: &Context<'_>, module: &str) -> bool {
    let fields = lab().module(module).map(|module| module.label_fields.clone()).unwrap_or_default();
    context.asked.element.as_ref().is_some_and(|element| fields.iter().any(|name| element.contains_key(name)))
}

/// A line item as answered, as columns.
pub(super) fn item_columns(item: &Map<String, Value>) -> Values {
    let mut values = columns("LineItem", item);
    let id = item.get("id").and_then(Value::as_str).map(number);
    values.extend(id.map(|id| ("id".to_owned(), Some(id.to_string()))));
    values.remove("parent_id");
    values
}
