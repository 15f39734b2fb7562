//! What a first sync makes of the agency, held against what the agency is (spec/DEFAULT-MAPPING.md), and what later
//! ones write.

use std::collections::BTreeSet;

use cs_sandbox::agency::{Person, Policy};
use cs_sandbox::frappe::Site;
use serde_json::{Value, json};

use crate::picture::{KINDS, duplicates, picture, shown, text};
use crate::world::{Wish, assert_balanced, count, writes};

/// The only document of a kind that this is true of.
#[track_caller]
fn only(site: &Site, kind: &str, what: &str, test: impl Fn(&Value) -> bool) -> Value {
    let mut found: Vec<Value> = site.documents(kind).into_iter().filter(test).collect();
    assert_eq!(found.len(), 1, "{kind} {what}: {found:#?}");
    found.remove(0)
}

#[track_caller]
fn assert_fields(document: &Value, fields: &[(&str, &str)]) {
    for (field, value) in fields {
        assert_eq!(text(document, field), *value, "{field} of {document:#}");
    }
}

fn contact(site: &Site, person: &Person) -> Value {
    let contact = only(site, "Contact", &format!("{person:?}"), |contact| {
        text(contact, "first_name") == person.first
            && text(contact, "last_name") == person.last
            && text(contact, "custom_day_of_birth") == person.born
    });
    assert_fields(&contact, &[("middle_name", &person.middle)]);
    contact
}

fn links_to_customer(document: &Value, customer: &Value) -> bool {
    let links = document["links"].as_array().unwrap();
    links.iter().any(|link| {
        text(link, "link_doctype") == "Customer" && text(link, "link_name") == text(customer, "name")
    })
}

/// Everything that the table says of one policy; answers the documents' names.
fn assert_policy(site: &Site, policy: &Policy) -> Vec<(&'static str, String)> {
    let mut names = Vec::new();
    let mut note =
        |kind: &'static str, document: &Value| names.push((kind, text(document, "name").to_owned()));
    let owner = contact(site, &policy.owner);
    note("Contact", &owner);
    assert_fields(&owner, &[("gender", &policy.owner.gender)]);
    assert_eq!(owner["is_primary_contact"], 1);
    let customer = only(site, "Customer", &policy.subject, |customer| {
        text(customer, "customer_primary_contact") == text(&owner, "name")
    });
    note("Customer", &customer);
    let full_name = format!("{} {}", policy.owner.first, policy.owner.last);
    assert_fields(&customer, &[("customer_name", &full_name), ("customer_type", "Individual")]);
    assert!(links_to_customer(&owner, &customer), "{owner:#}");
    for (index, person) in policy.spouse.iter().chain(&policy.dependents).enumerate() {
        let relative = contact(site, person);
        note("Contact", &relative);
        assert!(links_to_customer(&relative, &customer), "{relative:#}");
        // The spouse and the first dependent have no field for it.
        if policy.dependents.len() > 1 && index > usize::from(policy.spouse.is_some()) {
            assert_fields(&relative, &[("gender", &person.gender)]);
        }
    }
    match &policy.address {
        Some(home) => {
            let address = site.document("Address", text(&customer, "customer_primary_address")).unwrap();
            note("Address", &address);
            assert_fields(
                &address,
                &[
                    ("address_title", &home.line),
                    ("address_line1", &home.line),
                    ("city", &home.city),
                    ("state", &home.state),
                    ("pincode", &home.zip),
                    ("address_type", "Shipping"),
                    ("country", "United States"),
                ],
            );
            assert!(links_to_customer(&address, &customer), "{address:#}");
        }
        None => assert_fields(&customer, &[("customer_primary_address", "")]),
    }
    payment(site, policy, &customer, &mut note);
    let item = only(site, "Item", &policy.plan.id, |item| text(item, "item_code") == policy.plan.id);
    note("Item", &item);
    assert_fields(&item, &[("item_name", &policy.plan.name)]);
    let order = only(site, "Sales Order", &policy.ffm_app_id, |order| {
        text(order, "custom_ffm_app_id") == policy.ffm_app_id
    });
    note("Sales Order", &order);
    assert_order(&order, policy, &customer, &item);
    names
}

fn payment(site: &Site, policy: &Policy, customer: &Value, note: &mut impl FnMut(&'static str, &Value)) {
    let party = text(customer, "name");
    if let Some(wanted) = &policy.bank {
        let bank = only(site, "Bank", &wanted.name, |bank| text(bank, "bank_name") == wanted.name);
        note("Bank", &bank);
        let account = only(site, "Bank Account", &wanted.account, |account| {
            text(account, "account_name") == wanted.account
        });
        note("Bank Account", &account);
        assert_fields(
            &account,
            &[
                ("branch_code", &wanted.branch),
                ("bank", text(&bank, "name")),
                ("party_type", "Customer"),
                ("party", party),
            ],
        );
    }
    if let Some(wanted) = &policy.card {
        let card = only(site, "Bank Card", &wanted.last_four(), |card| {
            text(card, "customer") == party
                && text(card, "last_four") == wanted.last_four()
                && text(card, "expiration") == wanted.expires
        });
        note("Bank Card", &card);
        assert_fields(&card, &[("card_subtype", &wanted.kind)]);
    }
}

fn assert_order(order: &Value, policy: &Policy, customer: &Value, item: &Value) {
    assert_fields(
        order,
        &[
            ("customer", text(customer, "name")),
            ("company", "Agencia Prueba"),
            ("transaction_date", &policy.effective),
            ("delivery_date", "2026-12-31"),
            ("custom_subscriber_id", &policy.subscriber_id),
            ("custom_plan_hios_id", &policy.plan.id),
            ("custom_plan_name", &policy.plan.name),
            ("custom_sales_person", &policy.sales_person),
            ("custom_sales_date", &policy.sold),
            ("custom_digitizer", &policy.digitizer),
            ("custom_digitizer_date", &policy.digitized),
        ],
    );
    let lines = order["items"].as_array().unwrap();
    assert_eq!(lines.len(), 1, "{order:#}");
    assert_fields(&lines[0], &[("item_code", text(item, "name"))]);
    assert_eq!(lines[0]["qty"], json!(1.0));
}

#[test]
fn every_selected_policy_is_in_frappe_whole_once_and_nothing_else_is() {
    let world = Wish::orders(120).start();
    let before: usize = KINDS.iter().map(|kind| world.site().count(kind)).sum();
    assert_eq!(before, 0, "Frappe begins empty");
    let run = world.sync();
    run.expect(0);
    assert_eq!(count(&run.last(), "created"), world.selected().len() as u64);
    let site = world.site();
    let mut wanted = BTreeSet::new();
    for (policy, _) in world.selected() {
        wanted.extend(assert_policy(&site, policy));
    }
    let there: BTreeSet<(&str, String)> = KINDS
        .iter()
        .flat_map(|kind| {
            site.documents(kind).into_iter().map(|document| (*kind, text(&document, "name").to_owned()))
        })
        .collect();
    let strays: Vec<_> = there.difference(&wanted).collect();
    assert!(strays.is_empty(), "documents that no selected policy asks for: {strays:#?}");
    assert_eq!(duplicates(&site), Vec::<String>::new());
}

#[test]
fn a_dry_run_writes_nothing_and_tells_the_same_counts() {
    let world = Wish::orders(30).start();
    let dry = world.run(&["sync", "--dry-run", "--json"]);
    dry.expect(0);
    assert_eq!(world.requests().1.write, 0);
    assert!(picture(&world.site()).is_empty());
    let run = world.sync();
    run.expect(0);
    assert_eq!(dry.last()["balance"], run.last()["balance"]);
    let again = world.run(&["sync", "--dry-run", "--full", "--json"]);
    assert_eq!(count(&again.expect(0).last(), "unchanged"), world.selected().len() as u64);
}

#[test]
fn a_second_run_that_goes_through_everything_writes_nothing() {
    let world = Wish::orders(40).start();
    world.sync().expect(0);
    let before = picture(&world.site());
    let sent = world.requests();
    let run = world.run(&["sync", "--full", "--json"]).expect(0).last();
    assert_balanced(&run);
    assert_eq!(count(&run, "unchanged"), world.selected().len() as u64);
    assert_eq!(writes(&run), 0);
    assert_eq!(world.requests().1.write, sent.1.write, "what the run counts is what the server saw");
    assert_eq!(picture(&world.site()), before);
}

/// The differences between two states of one document.
fn changed_fields(before: &Value, after: &Value) -> BTreeSet<String> {
    let after = after.as_object().unwrap();
    let changed = after.iter().filter(|(field, value)| before.get(*field) != Some(value));
    changed.map(|(field, _)| field.clone()).collect()
}

#[test]
fn one_field_changed_in_vtiger_is_one_update_of_that_field() {
    let world = Wish::orders(40).start();
    world.sync().expect(0);
    let (policy, order) = world.selected()[3];
    let find = |site: &Site| {
        let ours = |document: &Value| text(document, "custom_ffm_app_id") == policy.ffm_app_id;
        shown(site, &only(site, "Sales Order", order, ours))
    };
    let before = find(&world.site());
    let all_before = all_stamps(&world.site());
    let sent = world.requests();
    world.edit(order, "cf_2803", "9990001112");
    let run = world.sync().expect(0).last();
    assert_balanced(&run);
    assert_eq!((count(&run, "updated"), count(&run, "created")), (1, 0), "{run}");
    assert_eq!(world.requests().1.write - sent.1.write, 1, "one request that writes");
    let after = find(&world.site());
    assert_eq!(text(&after, "custom_subscriber_id"), "9990001112");
    let changed = changed_fields(&before, &after);
    assert_eq!(changed, BTreeSet::from(["custom_subscriber_id".to_owned()]));
    let moved: Vec<_> = all_stamps(&world.site()).difference(&all_before).cloned().collect();
    assert_eq!(moved.len(), 1, "no other document was touched: {moved:?}");
    let quiet = world.sync().expect(0).last();
    assert_eq!(writes(&quiet), 0, "and the next run has nothing to do: {quiet}");
}

fn all_stamps(site: &Site) -> BTreeSet<String> {
    let of = |kind: &&'static str| {
        let kind = *kind;
        let stamp = move |document: Value| {
            format!("{kind} {} {}", text(&document, "name"), text(&document, "modified"))
        };
        site.documents(kind).into_iter().map(stamp).collect::<Vec<_>>()
    };
    KINDS.iter().flat_map(of).collect()
}

#[test]
fn an_order_that_is_selected_later_comes_then() {
    let world = Wish::orders(40).start();
    world.sync().expect(0);
    let left_out = world.agency.policies.iter().find(|policy| policy.status == "Cancelled").unwrap();
    let count_orders = || world.site().count("Sales Order");
    let before = count_orders();
    world.edit(&world.orders[left_out.index], "cf_2141", "Active");
    let run = world.sync().expect(0).last();
    assert_eq!(count(&run, "created"), 1, "{run}");
    assert_eq!(count_orders(), before + 1);
    assert_policy(&world.site(), left_out);
}
