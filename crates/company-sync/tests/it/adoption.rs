//! Documents that people made in Frappe before the first sync are linked, not made a second time; where several could be
//! meant, a person decides.

use cs_sandbox::agency::Policy;
use serde_json::{Value, json};

use crate::picture::{duplicates, text};
use crate::world::{Wish, World, assert_balanced, count, writes};

fn stage(world: &World, kind: &str, document: &Value) {
    world.site().stage(kind, document.as_object().unwrap().clone());
}

/// As somebody types who has no accents at hand.
fn typed(text: &str) -> String {
    let plain = text.chars().map(|letter| match letter {
        'á' | 'Á' => 'A',
        'é' | 'É' | 'ë' => 'E',
        'í' | 'Í' => 'I',
        'ó' | 'Ó' | 'ö' => 'O',
        'ú' | 'Ú' | 'ü' => 'U',
        'ñ' | 'Ñ' => 'N',
        other => other,
    });
    plain.collect::<String>().to_uppercase()
}

/// A policy that has everything, with accents in its owner's name; of one whose owner has no other.
fn whole_policy(world: &World) -> (&Policy, &str) {
    let whole = |policy: &Policy| {
        let name = format!("{} {}", policy.owner.first, policy.owner.last);
        let of_owner = world.agency.selected().filter(|other| other.owner.last == policy.owner.last).count();
        !name.is_ascii()
            && of_owner == 1
            && policy.address.is_some()
            && policy.bank.is_some()
            && policy.card.is_some()
    };
    world.selected().into_iter().find(|(policy, _)| whole(policy)).unwrap()
}

fn stage_contact(world: &World, name: &str, policy: &Policy, links: &Value) {
    let contact = json!({"name": name, "first_name": typed(&policy.owner.first), "last_name": typed(&policy.owner.last),
        "custom_day_of_birth": policy.owner.born, "status": "Passive", "email_ids": [], "phone_nos": [], "links": links});
    stage(world, "Contact", &contact);
}

/// The whole policy as somebody entered it by hand.
fn stage_by_hand(world: &World, policy: &Policy) {
    let (home, bank) = (policy.address.as_ref().unwrap(), policy.bank.as_ref().unwrap());
    let card = policy.card.as_ref().unwrap();
    let to_customer = json!([{"link_doctype": "Customer", "link_name": "By hand"}]);
    stage(
        world,
        "Customer",
        &json!({"name": "By hand", "customer_type": "Individual",
        "customer_name": typed(&format!("{} {}", policy.owner.first, policy.owner.last))}),
    );
    stage_contact(world, "Contact by hand", policy, &to_customer);
    stage(
        world,
        "Address",
        &json!({"name": "Address by hand", "address_title": "HOME", "address_type": "Shipping",
        "address_line1": typed(&home.line), "city": home.city, "state": home.state, "pincode": home.zip,
        "country": "United States", "links": to_customer}),
    );
    stage(world, "Bank", &json!({"name": typed(&bank.name), "bank_name": typed(&bank.name)}));
    stage(
        world,
        "Bank Account",
        &json!({"name": "Account by hand", "account_name": bank.account,
        "bank": typed(&bank.name), "party_type": "Customer", "party": "By hand"}),
    );
    stage(
        world,
        "Bank Card",
        &json!({"name": "BC-09999", "customer": "By hand", "last_four": card.last_four(),
        "expiration": card.expires}),
    );
    stage(
        world,
        "Item",
        &json!({"name": policy.plan.id, "item_code": policy.plan.id, "item_name": "By hand",
        "item_group": "Services", "stock_uom": "Nos"}),
    );
    stage(
        world,
        "Sales Order",
        &json!({"name": "SO by hand", "customer": "By hand", "company": "Agencia Prueba",
        "custom_ffm_app_id": policy.ffm_app_id, "transaction_date": policy.effective, "delivery_date": "2026-12-31",
        "status": "Draft", "currency": "USD", "conversion_rate": 1.0, "naming_series": "SAL-ORD-.YYYY.-",
        "order_type": "Sales", "selling_price_list": "Standard Selling", "price_list_currency": "USD",
        "plc_conversion_rate": 1.0,
        "items": [{"item_code": policy.plan.id, "qty": 1.0, "rate": 0.0, "uom": "Nos", "conversion_factor": 1.0,
            "delivery_date": "2026-12-31"}]}),
    );
}

/// The documents of a kind that were there before the sync.
const BY_HAND: [(&str, &str); 6] = [
    ("Customer", "By hand"),
    ("Contact", "Contact by hand"),
    ("Address", "Address by hand"),
    ("Bank Account", "Account by hand"),
    ("Bank Card", "BC-09999"),
    ("Sales Order", "SO by hand"),
];

#[test]
fn what_people_made_is_linked_and_not_made_again() {
    let world = Wish::orders(20).start();
    let without = Wish::orders(20).start();
    let (policy, order) = whole_policy(&world);
    stage_by_hand(&world, policy);
    let run = world.run(&["sync"]);
    run.expect(0);
    without.sync().expect(0);
    for (kind, name) in BY_HAND {
        assert!(world.site().document(kind, name).is_some(), "{kind} {name} is still there");
        assert_eq!(world.site().count(kind), without.site().count(kind), "no {kind} more than without it");
    }
    for kind in ["Bank", "Item"] {
        assert_eq!(world.site().count(kind), without.site().count(kind), "no {kind} more than without it");
    }
    let log = world.run(&["log", "-n", "10000"]).stdout;
    for (kind, name) in BY_HAND {
        // Numbers in the names of cards and accounts are told by their last four digits.
        let told = if kind == "Bank Card" { "BC-****9999" } else { name };
        assert!(log.contains(&format!("{order}: linked")) && log.contains(told), "{name} was linked:\n{log}");
    }
    assert_eq!(duplicates(&world.site()), Vec::<String>::new());
    let after = world.run(&["sync", "--full", "--json"]).expect(0).last();
    assert_eq!(writes(&after), 0, "{after}");
    // From now on it is kept in step like any other.
    world.edit(order, "cf_2803", "1112223334");
    world.sync().expect(0);
    let document = world.site().document("Sales Order", "SO by hand").unwrap();
    assert_eq!(text(&document, "custom_subscriber_id"), "1112223334");
}

#[test]
fn of_several_that_could_be_meant_a_person_decides() {
    let world = Wish::orders(20).start();
    let (policy, order) = whole_policy(&world);
    stage_contact(&world, "First of two", policy, &json!([]));
    stage_contact(&world, "Second of two", policy, &json!([]));
    let untouched = world.site().documents("Contact");
    let run = world.sync();
    run.expect(1);
    let last = run.last();
    assert_balanced(&last);
    assert_eq!(last["status"], "Partial Success");
    assert_eq!((count(&last, "conflicted"), count(&last, "failed")), (1, 0), "{last}");
    let contacts = world.site().documents("Contact");
    for contact in &untouched {
        assert!(contacts.contains(contact), "nothing was written into {contact:#}");
    }
    let of_owner = contacts.iter().filter(|contact| {
        text(contact, "custom_day_of_birth") == policy.owner.born
            && typed(text(contact, "last_name")) == typed(&policy.owner.last)
    });
    assert_eq!(of_owner.count(), 2, "no third one was made");
    let order_there = |app: &str| {
        let orders = world.site().documents("Sales Order");
        orders.iter().any(|document| text(document, "custom_ffm_app_id") == app)
    };
    assert!(order_there(&policy.ffm_app_id), "the rest of the unit is done");
    for (other, _) in world.selected() {
        assert!(order_there(&other.ffm_app_id), "the other units are done");
    }
    let troubles = world.run(&["log", "--troubles"]).stdout;
    for part in [order, "owner", "First of two", "Second of two", "what to do:"] {
        assert!(troubles.contains(part), "{part:?} is not in\n{troubles}");
    }
    // Somebody says which it is by taking the other away.
    world.site().unstage("Contact", "Second of two");
    world.sync().expect(0);
    let customers = world.site().documents("Customer");
    assert!(customers.iter().any(|customer| text(customer, "customer_primary_contact") == "First of two"));
}
