//! A picture of a Frappe site by which two histories can be compared: every document by what it is rather than by what
//! it happens to be called. Names, stamps and random row names are left out; a link shows what it leads to.

use std::collections::BTreeMap;

use cs_sandbox::frappe::Site;
use serde_json::{Map, Value};

/// The kinds of document that the default mapping writes.
pub(crate) const KINDS: [&str; 8] =
    ["Bank", "Item", "Contact", "Customer", "Address", "Bank Account", "Bank Card", "Sales Order"];

/// What differs between two histories that came to the same.
const PASSING: [&str; 10] = [
    "name",
    "owner",
    "creation",
    "modified",
    "modified_by",
    "parent",
    // A copy of the Customer's name.
    "link_title",
    // ERPNext fills these in from what the Customer has at the moment the order is made, which the order of the other
    // policies of that Customer decides. The Customer's own links are compared.
    "customer_address",
    "address_display",
    "contact_person",
];

/// Where each field that holds a document's name leads.
const LEADS_TO: [(&str, &str); 5] = [
    ("customer", "Customer"),
    ("party", "Customer"),
    ("link_name", "Customer"),
    ("customer_primary_contact", "Contact"),
    ("customer_primary_address", "Address"),
];

/// All documents of the mapping's kinds, by what each of them is; several under one key are duplicates.
pub(crate) type Picture = BTreeMap<String, Vec<Value>>;

/// Takes the picture.
pub(crate) fn picture(site: &Site) -> Picture {
    let mut picture = Picture::new();
    for kind in KINDS {
        for document in site.documents(kind) {
            let identity = identity(site, kind, &document);
            picture.entry(identity).or_default().push(shown(site, &document));
        }
    }
    picture
}

/// The documents that stand more than once.
pub(crate) fn duplicates(site: &Site) -> Vec<String> {
    let several = picture(site).into_iter().filter(|(_, documents)| documents.len() > 1);
    several.map(|(identity, documents)| format!("{}x {identity}", documents.len())).collect()
}

/// That two pictures show the same, or what the first differences are.
#[track_caller]
pub(crate) fn assert_same(seen: &Picture, wanted: &Picture) {
    let missing: Vec<_> = wanted.keys().filter(|key| !seen.contains_key(*key)).collect();
    let extra: Vec<_> = seen.keys().filter(|key| !wanted.contains_key(*key)).collect();
    assert!(missing.is_empty() && extra.is_empty(), "missing: {missing:#?}\nnot wanted: {extra:#?}");
    for (identity, documents) in wanted {
        assert_eq!(&seen[identity], documents, "{identity}");
    }
}

/// A text of a document; empty where there is none.
pub(crate) fn text<'a>(document: &'a Value, field: &str) -> &'a str {
    document[field].as_str().unwrap_or_default()
}

/// What a document is, whatever its name.
fn identity(site: &Site, kind: &str, document: &Value) -> String {
    let fields =
        |names: &[&str]| names.iter().map(|name| text(document, name)).collect::<Vec<_>>().join(" | ");
    let of = |field: &str, kind: &str| named(site, kind, text(document, field));
    let facts = match kind {
        "Bank" => fields(&["bank_name"]),
        "Item" => fields(&["item_code"]),
        "Contact" => fields(&["first_name", "last_name", "custom_day_of_birth"]),
        "Customer" => {
            format!("{} of {}", fields(&["customer_name"]), of("customer_primary_contact", "Contact"))
        }
        "Address" => {
            let customer = named(site, "Customer", text(&document["links"][0], "link_name"));
            format!("{} of {customer}", fields(&["address_line1", "pincode"]))
        }
        "Bank Account" => fields(&["account_name", "bank"]),
        "Bank Card" => format!("{} of {}", fields(&["last_four", "expiration"]), of("customer", "Customer")),
        "Sales Order" => fields(&["custom_ffm_app_id"]),
        other => panic!("{other} is not of the mapping"),
    };
    format!("{kind}: {facts}")
}

fn named(site: &Site, kind: &str, name: &str) -> String {
    match site.document(kind, name) {
        Some(document) => identity(site, kind, &document),
        None => format!("no {kind} {name:?}"),
    }
}

/// A document without what differs between two histories that came to the same.
pub(crate) fn shown(site: &Site, document: &Value) -> Value {
    let Value::Object(fields) = document else {
        return document.clone();
    };
    let mut kept = Map::new();
    for (field, value) in fields.iter().filter(|(field, _)| !PASSING.contains(&field.as_str())) {
        let leads_to = LEADS_TO.iter().find(|(link, _)| link == field);
        let value = match (value, leads_to) {
            (Value::String(name), Some((_, kind))) => named(site, kind, name).into(),
            // Which of the records that share a document made it is chance; its role is not.
            (Value::String(key), None) if field == "custom_vtiger_id" => {
                key.split_once('/').map_or("no role", |(_, role)| role).into()
            }
            (Value::Array(rows), _) => rows.iter().map(|row| shown(site, row)).collect(),
            (value, _) => value.clone(),
        };
        kept.insert(field.clone(), value);
    }
    kept.sort_keys();
    Value::Object(kept)
}
