//! The site without HTTP: the rules of facts/FRAPPE.md, one by one.

use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use super::install::{self, AgencyOptions};
use super::query::{self, Query};
use super::{Class, Refusal, Row, Site, Txn};

const SYNC: &str = "sync@example.invalid";

/// A site, and a clock that moves a second with every request.
struct Story {
    site: Site,
    now: Timestamp,
}

impl Story {
    fn lab() -> Self {
        Self::of(install::lab().unwrap())
    }

    fn of(site: Site) -> Self {
        Self { site, now: "2026-11-22T02:00:00Z".parse().unwrap() }
    }

    fn ask<T>(&mut self, work: impl FnOnce(&mut Txn<'_>) -> Result<T, Refusal>) -> Result<T, Refusal> {
        self.now += 1.second();
        self.site.transact(SYNC, self.now, work).result
    }

    fn insert(&mut self, doctype: &str, sent: Value) -> Result<Value, Refusal> {
        let sent = row(sent);
        self.ask(|txn| txn.insert(doctype, &sent)).map(Value::Object)
    }

    fn update(&mut self, doctype: &str, name: &str, sent: Value) -> Result<Value, Refusal> {
        let sent = row(sent);
        self.ask(|txn| txn.update(doctype, name, &sent)).map(Value::Object)
    }

    fn stored(&self, doctype: &str, name: &str) -> Value {
        self.site.document(doctype, name).unwrap_or_default()
    }

    fn names(&mut self, doctype: &str, filters: &Value) -> Vec<String> {
        let query = Query { filters: query::read_filters(doctype, filters).unwrap(), ..Query::default() };
        let rows = self.ask(|txn| txn.list(doctype, &query, None)).unwrap();
        rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    }
}

fn row(value: Value) -> Row {
    match value {
        Value::Object(row) => row,
        other => panic!("no object: {other}"),
    }
}

fn order(customer: &str) -> Value {
    json!({"customer": customer, "transaction_date": "2026-11-20", "delivery_date": "2026-11-30",
        "items": [{"item_code": "PLAN-1", "qty": 2, "rate": 150.5}]})
}

/// A lab with a customer and an item.
fn with_order() -> Story {
    let mut story = Story::lab();
    story.insert("Customer", json!({"customer_name": "Ana Prueba", "customer_type": "Individual"})).unwrap();
    story
        .insert("Item", json!({"item_code": "PLAN-1", "item_group": "Services", "stock_uom": "Nos"}))
        .unwrap();
    story.insert("Sales Order", order("Ana Prueba")).unwrap();
    story
}

#[test]
fn an_existing_customer_is_made_a_second_time_with_only_a_note() {
    let mut story = Story::lab();
    story.insert("Customer", json!({"customer_name": "Cliente SA"})).unwrap();
    let sent = row(json!({"customer_name": "CLIENTE sá"}));
    let answered = story.site.transact(SYNC, story.now, |txn| txn.insert("Customer", &sent));
    assert_eq!(answered.result.unwrap()["name"], "CLIENTE sá - 1");
    assert_eq!(answered.messages[0].title, "Note");
    assert_eq!(
        story.insert("Customer", json!({"customer_name": "Cliente SA"})).unwrap()["name"],
        "Cliente SA - 2"
    );
}

#[test]
fn contacts_are_named_by_person_and_party() {
    let mut story = Story::lab();
    story.insert("Customer", json!({"customer_name": "Cliente SA"})).unwrap();
    let ana = json!({"first_name": " Ana ", "last_name": "Prueba"});
    assert_eq!(story.insert("Contact", ana.clone()).unwrap()["name"], "Ana Prueba");
    assert_eq!(story.insert("Contact", ana.clone()).unwrap()["name"], "Ana Prueba-1");
    assert_eq!(story.insert("Contact", ana).unwrap()["name"], "Ana Prueba-2");
    let linked =
        json!({"first_name": "Ana", "links": [{"link_doctype": "Customer", "link_name": "cliente sa"}]});
    let linked = story.insert("Contact", linked).unwrap();
    assert_eq!(linked["name"], "Ana-Cliente SA");
    assert_eq!(linked["links"][0]["link_title"], "Cliente SA");
    let wrong = story.insert("Contact", json!({"first_name": "<b>"})).unwrap_err();
    assert_eq!((wrong.class, wrong.class.status()), (Class::Name, 409));
}

#[test]
fn a_series_gives_its_last_number_again() {
    let mut story = Story::lab();
    let card = |last4: &str| json!({"last4": last4});
    assert_eq!(story.insert("Bank Card Lab", card("1111")).unwrap()["name"], "BC-00001");
    // A failed insert rolls its number back.
    assert_eq!(story.insert("Bank Card Lab", card("")).unwrap_err().class, Class::Mandatory);
    assert_eq!(story.insert("Bank Card Lab", card("2222")).unwrap()["name"], "BC-00002");
    story.ask(|txn| txn.delete("Bank Card Lab", "BC-00002")).unwrap();
    assert_eq!(story.insert("Bank Card Lab", card("3333")).unwrap()["name"], "BC-00002");
    story.ask(|txn| txn.delete("Bank Card Lab", "BC-00001")).unwrap();
    assert_eq!(story.insert("Bank Card Lab", card("4444")).unwrap()["name"], "BC-00003");
}

#[test]
fn a_stamp_that_is_sent_is_compared_byte_for_byte() {
    let mut story = Story::lab();
    let made = story.insert("Contact", json!({"first_name": "Ana"})).unwrap();
    let stamp = made["modified"].as_str().unwrap().to_owned();
    let sent = |modified: &str| json!({"designation": "Jefa", "modified": modified});
    let shorter = story.update("Contact", "Ana", sent(&stamp[..19])).unwrap_err();
    assert_eq!(shorter.class, Class::TimestampMismatch);
    let once = story.update("Contact", "Ana", sent(&stamp)).unwrap();
    assert_ne!(once["modified"], made["modified"]);
    let stale = story.update("Contact", "Ana", sent(&stamp)).unwrap_err();
    assert!(stale.text.contains(once["modified"].as_str().unwrap()), "{}", stale.text);
    // Without a stamp there is no check, and a change of nothing moves it all the same.
    let again = story.update("Contact", "Ana", json!({})).unwrap();
    assert_ne!(again["modified"], once["modified"]);
}

#[test]
fn stamps_move_even_when_the_clock_stands() {
    let mut story = Story::lab();
    let now = story.now;
    let sent = row(json!({"first_name": "Ana"}));
    let first = story.site.transact(SYNC, now, |txn| txn.insert("Contact", &sent)).result.unwrap();
    let second = story.site.transact(SYNC, now, |txn| txn.insert("Contact", &sent)).result.unwrap();
    assert_eq!(first["modified"], "2026-11-21 20:00:00.000000");
    assert_eq!(second["modified"], "2026-11-21 20:00:00.000001");
}

#[test]
fn a_table_that_is_sent_replaces_and_a_name_the_database_lacks_is_lost() {
    let mut story = Story::lab();
    let emails =
        json!([{"email_id": "a@example.invalid"}, {"email_id": "b@example.invalid", "is_primary": 1}]);
    let made = story.insert("Contact", json!({"first_name": "Ana", "email_ids": emails})).unwrap();
    assert_eq!(made["email_id"], "b@example.invalid");
    let kept = made["email_ids"][0]["name"].clone();
    story.update("Contact", "Ana", json!({"designation": "Jefa"})).unwrap();
    assert_eq!(story.stored("Contact", "Ana")["email_ids"].as_array().unwrap().len(), 2, "omitted is kept");
    let rows = json!([{"name": kept, "email_id": "c@example.invalid"}]);
    story.update("Contact", "Ana", json!({"email_ids": rows})).unwrap();
    let stored = story.stored("Contact", "Ana");
    assert_eq!(stored["email_ids"][0]["name"], kept);
    assert_eq!(
        (&stored["email_id"], &stored["email_ids"][0]["is_primary"]),
        (&json!("c@example.invalid"), &json!(1))
    );
    let bogus = json!([{"name": "zzzzzzzzzz", "email_id": "d@example.invalid"}]);
    let echo = story.update("Contact", "Ana", json!({"email_ids": bogus})).unwrap();
    assert_eq!(echo["email_ids"][0]["name"], "zzzzzzzzzz", "the answer shows it");
    assert_eq!(story.stored("Contact", "Ana")["email_ids"], json!([]), "and nothing is there");
    let incomplete = story.update("Contact", "Ana", json!({"email_ids": [{"is_primary": 1}]})).unwrap_err();
    assert_eq!(incomplete.text, "[Contact, Ana]: email_id");
    story.update("Contact", "Ana", json!({"email_ids": null})).unwrap();
    assert_eq!(story.stored("Contact", "Ana")["email_id"], "");
}

#[test]
fn what_is_echoed_is_not_what_is_kept() {
    let mut story = Story::lab();
    let echo = story.insert("Contact", json!({"first_name": 12345, "last_name": 1.5, "nada": "x"})).unwrap();
    assert_eq!((&echo["first_name"], echo.get("nada")), (&json!(12345), None));
    assert_eq!(story.stored("Contact", "12345 1.5")["first_name"], "12345");
}

#[test]
fn a_unique_custom_field_ignores_case_and_trailing_space_and_keeps_empty_as_nothing() {
    let mut story = Story::lab();
    let field = json!({"dt": "Contact", "fieldname": "vtiger_id", "label": "Vtiger ID", "fieldtype": "Data", "unique": 1});
    story.insert("Custom Field", field.clone()).unwrap();
    assert!(story.insert("Custom Field", field).unwrap_err().text.contains("already exists in Contact"));
    story.insert("Contact", json!({"first_name": "Ana", "vtiger_id": "12x100"})).unwrap();
    let twin = story.insert("Contact", json!({"first_name": "Otra", "vtiger_id": "12X100 "})).unwrap_err();
    assert_eq!(twin.class, Class::UniqueValidation);
    assert_eq!(twin.messages[0].text, "Vtiger ID must be unique");
    for name in ["V1", "V2"] {
        story.insert("Contact", json!({"first_name": name, "vtiger_id": ""})).unwrap();
        assert_eq!(story.stored("Contact", name).get("vtiger_id"), None);
    }
    assert_eq!(story.names("Contact", &json!({"vtiger_id": "12x100"})), ["Ana"]);
    story.ask(|txn| txn.delete("Custom Field", "Contact-vtiger_id")).unwrap();
    let gone = story.ask(|txn| {
        txn.list(
            "Contact",
            &Query {
                filters: query::read_filters("Contact", &json!({"vtiger_id": "x"})).unwrap(),
                ..Query::default()
            },
            None,
        )
    });
    assert_eq!(gone.unwrap_err().text, "Field not permitted in query: vtiger_id");
}

#[test]
fn one_request_is_one_transaction() {
    let mut story = Story::lab();
    let documents = [
        json!({"doctype": "Contact", "first_name": "A"}),
        json!({"doctype": "Bank", "bank_name": "Banco"}),
        json!({"doctype": "Contact", "first_name": "B", "gender": "NoExiste"}),
    ];
    let documents: Vec<Row> = documents.into_iter().map(row).collect();
    let failed = story.ask(|txn| txn.insert_many(&documents)).unwrap_err();
    assert_eq!(failed.text, "Could not find Gender: NoExiste");
    assert_eq!((story.stored("Contact", "A"), story.stored("Bank", "Banco")), (Value::Null, Value::Null));
    assert_eq!(story.ask(|txn| txn.insert_many(&documents[..2])).unwrap(), ["A", "Banco"]);
    let many: Vec<Row> = (0..201).map(|_| row(json!({"doctype": "Contact"}))).collect();
    assert!(story.ask(|txn| txn.insert_many(&many)).is_err());
}

#[test]
fn deleting_a_customer_takes_what_is_only_its_own() {
    let mut story = Story::lab();
    story.insert("Customer", json!({"customer_name": "Uno", "email_id": "uno@example.invalid"})).unwrap();
    story.insert("Customer", json!({"customer_name": "Dos"})).unwrap();
    let links = |names: &[&str]| -> Value {
        names.iter().map(|name| json!({"link_doctype": "Customer", "link_name": name})).collect()
    };
    let shared = json!({"first_name": "Ana", "links": links(&["Uno", "Dos"])});
    let shared = story.insert("Contact", shared).unwrap()["name"].as_str().unwrap().to_owned();
    let home = json!({"address_title": "Casa", "address_type": "Shipping", "address_line1": "Calle 1", "city": "C", "country": "Mexico", "links": links(&["Uno"])});
    story.insert("Address", home).unwrap();
    let own = story.stored("Customer", "Uno")["customer_primary_contact"].as_str().unwrap().to_owned();
    assert_eq!(
        story.stored("Contact", &own)["email_id"],
        "uno@example.invalid",
        "the customer made it by itself"
    );
    story.ask(|txn| txn.delete("Customer", "Uno")).unwrap();
    assert_eq!(story.stored("Contact", &own), Value::Null);
    assert_eq!(story.stored("Address", "Casa-Shipping"), Value::Null);
    assert_eq!(story.stored("Contact", &shared)["links"].as_array().unwrap().len(), 1);
    let gone: Vec<Value> = story.site.documents("Deleted Document");
    let names: std::collections::BTreeSet<&str> =
        gone.iter().map(|row| row["deleted_name"].as_str().unwrap()).collect();
    assert_eq!(names, [own.as_str(), "Casa-Shipping", "Uno"].into());
}

#[test]
fn an_address_moves_its_customer_and_a_contact_does_not() {
    let mut story = Story::lab();
    story.insert("Customer", json!({"customer_name": "Uno"})).unwrap();
    let links = json!([{"link_doctype": "Customer", "link_name": "Uno"}]);
    story.insert("Address", json!({"address_title": "Casa", "address_type": "Shipping", "address_line1": "Calle 1", "city": "C", "country": "Mexico", "links": links})).unwrap();
    story.insert("Contact", json!({"first_name": "Ana", "links": links})).unwrap();
    let primary = json!({"customer_primary_address": "Casa-Shipping", "customer_primary_contact": "Ana-Uno"});
    let before = story.update("Customer", "Uno", primary).unwrap()["modified"].clone();
    story.update("Contact", "Ana-Uno", json!({"designation": "Jefa"})).unwrap();
    assert_eq!(story.stored("Customer", "Uno")["modified"], before);
    story.update("Address", "Casa-Shipping", json!({"city": "D"})).unwrap();
    assert_ne!(story.stored("Customer", "Uno")["modified"], before);
}

#[test]
fn a_rename_moves_links_and_leaves_only_a_comment() {
    let mut story = Story::lab();
    story.insert("Customer", json!({"customer_name": "Uno"})).unwrap();
    let contact = json!({"first_name": "Ana", "links": [{"link_doctype": "Customer", "link_name": "Uno"}]});
    let contact = story.insert("Contact", contact).unwrap();
    let customer = story.stored("Customer", "Uno");
    story.ask(|txn| txn.rename("Customer", "Uno", "Primero", false)).unwrap();
    let linked = story.stored("Contact", "Ana-Uno");
    assert_eq!(linked["links"][0]["link_name"], "Primero");
    assert_eq!(linked["modified"], contact["modified"], "what links to it does not move");
    assert_ne!(story.stored("Customer", "Primero")["modified"], customer["modified"], "a customer does");
    story.ask(|txn| txn.rename("Contact", "Ana-Uno", "Ana Nueva", false)).unwrap();
    assert_eq!(story.stored("Contact", "Ana Nueva")["modified"], contact["modified"], "a contact does not");
    assert_eq!(story.site.count("Deleted Document"), 0);
    let comments =
        story.names("Comment", &json!([["content", "like", "renamed from%"], ["comment_type", "=", "Edit"]]));
    assert_eq!(comments.len(), 2);
    story.insert("Contact", json!({"first_name": "Otra"})).unwrap();
    let taken = story.ask(|txn| txn.rename("Contact", "Otra", "Ana Nueva", false)).unwrap_err();
    assert!(taken.text.starts_with("Another Contact with name Ana Nueva exists"));
    story.ask(|txn| txn.rename("Contact", "Otra", "Ana Nueva", true)).unwrap();
    assert_eq!(story.site.count("Deleted Document"), 1, "a merge leaves one");
    let merged = story.names("Comment", &json!([["content", "like", "merged <strong>Otra%"]]));
    assert_eq!(merged.len(), 1);

    // Comments follow the document that they are on, and go with it.
    story.ask(|txn| txn.rename("Contact", "Ana Nueva", "Ana Última", false)).unwrap();
    let on_it = json!([["reference_name", "=", "Ana Última"]]);
    assert_eq!(story.names("Comment", &on_it).len(), 3);
    story.ask(|txn| txn.delete("Contact", "Ana Última")).unwrap();
    assert!(story.names("Comment", &on_it).is_empty());
}

#[test]
fn a_submitted_order_changes_only_where_it_may() {
    let mut story = with_order();
    let name = "SAL-ORD-2026-00001";
    assert_eq!(story.stored("Sales Order", name)["grand_total"], json!(301.0));
    assert_eq!(
        story.update("Sales Order", name, json!({"docstatus": 1})).unwrap()["status"],
        "To Deliver and Bill"
    );
    let forbidden = story.update("Sales Order", name, json!({"transaction_date": "2026-11-19"})).unwrap_err();
    assert_eq!(forbidden.class, Class::UpdateAfterSubmit);
    let echo =
        story.update("Sales Order", name, json!({"po_no": "OC-7", "delivery_date": "2026-12-24"})).unwrap();
    assert_eq!((&echo["po_no"], &echo["delivery_date"]), (&json!("OC-7"), &json!("2026-11-30")));
    let back = story.update("Sales Order", name, json!({"docstatus": 0})).unwrap_err();
    assert_eq!(back.class, Class::DocstatusTransition);
    story.update("Sales Order", name, json!({"docstatus": 2})).unwrap();
    assert_eq!(
        story.update("Sales Order", name, json!({"po_no": "X"})).unwrap_err().text,
        "Cannot edit cancelled document"
    );
    let mut amended = row(order("Ana Prueba"));
    amended.insert("amended_from".to_owned(), name.into());
    let amended = story.insert("Sales Order", Value::Object(amended)).unwrap();
    assert_eq!(amended["name"], format!("{name}-1"));
    let held = story.ask(|txn| txn.delete("Sales Order", name)).unwrap_err();
    assert_eq!(held.class, Class::LinkExists);
}

#[test]
fn what_an_order_uses_cannot_go_and_an_order_without_items_breaks_the_server() {
    let mut story = with_order();
    let held = story.ask(|txn| txn.delete("Item", "PLAN-1")).unwrap_err();
    assert_eq!(held.class, Class::LinkExists);
    let empty = story
        .insert("Sales Order", json!({"customer": "Ana Prueba", "delivery_date": "2026-11-30"}))
        .unwrap_err();
    assert_eq!((empty.class.exc_type(), empty.class.status()), ("TypeError", 500));
    assert_eq!(story.insert("Sales Order", order("Nadie")).unwrap_err().class, Class::DoesNotExist);
}

#[test]
fn a_list_joins_tables_and_multiplies_rows() {
    let mut story = Story::lab();
    let phones = json!([{"phone": "5511112222"}, {"phone": "5533334444"}]);
    story.insert("Contact", json!({"first_name": "Ana", "phone_nos": phones})).unwrap();
    let query = Query {
        fields: query::read_fields(&json!(["name", "phone_nos.phone"])),
        filters: query::read_filters("Contact", &json!({"name": "ana "})).unwrap(),
        ..Query::default()
    };
    let rows = story.ask(|txn| txn.list("Contact", &query, None)).unwrap();
    let shown: Vec<Value> = rows.into_iter().map(Value::Object).collect();
    assert_eq!(
        shown,
        [json!({"name": "Ana", "phone": "5511112222"}), json!({"name": "Ana", "phone": "5533334444"})]
    );
    assert_eq!(story.names("Contact", &json!([["Contact Phone", "phone", "=", "5533334444"]])), ["Ana"]);
}

#[test]
fn an_empty_list_is_no_proof_of_absence() {
    let mut story = Story::lab();
    story.insert("Contact", json!({"first_name": "Ana"})).unwrap();
    let query = Query::default();
    let seen =
        story.site.transact("nobody@example.invalid", story.now, |txn| txn.list("Contact", &query, None));
    assert!(seen.result.unwrap().is_empty(), "the right to one's own documents is enough for an empty list");
    let none =
        story.site.transact("nobody@example.invalid", story.now, |txn| txn.list("Customer", &query, None));
    assert_eq!(none.result.unwrap_err().class, Class::Permission);
    let other = story.site.transact("reader@example.invalid", story.now, |txn| txn.delete("Contact", "Ana"));
    assert_eq!(other.result.unwrap_err().class, Class::Permission);
}

#[test]
fn a_custom_doctype_is_live_at_once() {
    let mut story = Story::lab();
    let permissions = json!([{"role": "System Manager", "read": 1, "write": 1, "create": 1, "delete": 1}]);
    let fields = json!([{"fieldname": "last_four", "fieldtype": "Data", "label": "Last Four", "reqd": 1, "length": 4}]);
    let doctype = json!({"name": "Tarjeta", "module": "Custom", "custom": 1, "autoname": "T-.####", "fields": fields, "permissions": permissions});
    story.insert("DocType", doctype.clone()).unwrap();
    assert_eq!(story.insert("DocType", doctype).unwrap_err().class, Class::DuplicateEntry);
    assert_eq!(story.insert("Tarjeta", json!({"last_four": "4242"})).unwrap()["name"], "T-0001");
    assert_eq!(
        story.insert("Tarjeta", json!({"last_four": "42424"})).unwrap_err().class,
        Class::CharacterLengthExceeded
    );
    assert_eq!(story.insert("No Such", json!({})).unwrap_err().class, Class::Import);
}

#[test]
fn an_agency_has_what_the_default_mapping_needs_unless_it_is_bare() {
    let options = AgencyOptions::default();
    let mut story = Story::of(install::agency(&options).unwrap());
    story.insert("Customer", json!({"customer_name": "Ana Prueba", "custom_vtiger_id": "11x1"})).unwrap();
    let contact = json!({"first_name": "Ana", "gender": "Female", "custom_day_of_birth": "1980-02-29", "is_primary_contact": 1});
    assert_eq!(story.insert("Contact", contact).unwrap()["custom_day_of_birth"], "1980-02-29");
    let card =
        json!({"customer": "Ana Prueba", "last_four": "4242", "expiration": "12/27", "card_subtype": "Visa"});
    assert_eq!(story.insert("Bank Card", card).unwrap()["name"], "BC-00001");
    story.insert("Bank", json!({"bank_name": "Banco Prueba"})).unwrap();
    let account = json!({"account_name": "Ana", "bank": "Banco Prueba", "branch_code": "021", "party_type": "Customer", "party": "Ana Prueba"});
    assert_eq!(story.insert("Bank Account", account).unwrap()["name"], "Ana - Banco Prueba");
    story
        .insert(
            "Item",
            json!({"item_code": "PLAN-1", "item_group": "Services", "stock_uom": "Nos", "is_stock_item": 0}),
        )
        .unwrap();
    let mut policy = row(order("Ana Prueba"));
    policy.extend(row(
        json!({"custom_ffm_app_id": "FFM-1", "custom_sales_date": "2026-11-01", "company": "Agencia Prueba"}),
    ));
    let policy = story.insert("Sales Order", Value::Object(policy)).unwrap();
    assert_eq!((&policy["custom_ffm_app_id"], &policy["currency"]), (&json!("FFM-1"), &json!("USD")));
    let bare = install::agency(&AgencyOptions { prepared: false, ..options }).unwrap();
    assert!(bare.doctype("Bank Card").is_none());
    assert!(bare.doctype("Contact").unwrap().field("custom_vtiger_id").is_none());
}
