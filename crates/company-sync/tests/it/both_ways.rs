//! Edits on both sides: of different fields both survive, of one field a person or a policy decides; and what reaches
//! VTiger leaves everything else of its record alone. On every VTiger that must be served.

use cs_domain::{Choice, ConflictId, Resolution, StandingConflict, Value as Held};
use cs_ports::{ConflictFilter, Store};
use cs_sandbox::vtiger::{Persona, Record};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::picture::{duplicates, text};
use crate::world::{Ended, Wish, World, assert_balanced, count, personas, writes};

/// Enough for a few policies of people who have no other.
const FEW: usize = 8;
/// Enough for one of them that has everything.
const ENOUGH: usize = 20;

const SUBSCRIBER: &str = "cf_2803";
const SALES_PERSON: &str = "cf_2183";

/// A world that was synced once.
fn synced(persona: Persona, orders: usize) -> World {
    let world = Wish::orders(orders).on(persona).start();
    world.sync().expect(0);
    world
}

/// The documents of a policy.
struct Documents {
    order: Value,
    customer: Value,
    owner: Value,
    home: Value,
    account: Option<Value>,
    card: Option<Value>,
}

impl Documents {
    /// Those of this order, as they are now.
    fn of(world: &World, order: &str) -> Self {
        let all = |kind: &str| world.site().documents(kind);
        let key = format!("{order}/");
        let made_for = |document: &Value| text(document, "custom_vtiger_id").starts_with(&key);
        let order = all("Sales Order").into_iter().find(made_for).unwrap();
        let customer = world.document("Customer", text(&order, "customer"));
        let name = text(&customer, "name").to_owned();
        Self {
            owner: world.document("Contact", text(&customer, "customer_primary_contact")),
            home: world.document("Address", text(&customer, "customer_primary_address")),
            account: all("Bank Account").into_iter().find(|account| text(account, "party") == name),
            card: all("Bank Card").into_iter().find(|card| text(card, "customer") == name),
            customer,
            order,
        }
    }
}

/// The orders of people who have no other, with an address.
fn simple_orders(world: &World) -> Vec<String> {
    let selected = world.selected();
    let alone = |last: &str| selected.iter().filter(|(other, _)| other.owner.last == last).count() == 1;
    let simple = selected.iter().filter(|(policy, _)| policy.address.is_some() && alone(&policy.owner.last));
    simple.map(|(_, order)| (*order).to_owned()).collect()
}

/// One of them that has bank and card, too.
fn whole_order(world: &World) -> String {
    let simple = simple_orders(world);
    let has_all = |id: &String| {
        let (policy, _) = world.selected().into_iter().find(|(_, order)| order == id).unwrap();
        policy.bank.is_some() && policy.card.is_some()
    };
    simple.into_iter().find(has_all).expect("the agency has a policy with everything")
}

/// That a record holds these values, and that nothing else of it is as it was not before: no unmapped field, owner, total
/// or line item. Only the stamp of the change has moved.
#[track_caller]
fn assert_only(before: &Record, after: &Record, changes: &[(&str, &str)]) {
    for (field, value) in changes {
        assert_eq!(after.text(field), *value, "{field}");
    }
    let mut wanted = before.clone();
    for field in changes.iter().map(|(field, _)| *field).chain(["modifiedtime"]) {
        wanted.values.insert(field.to_owned(), after.values[field].clone());
    }
    assert_eq!(after.values, wanted.values);
    assert_eq!(after.items, before.items, "line items");
    assert_eq!((&after.label, after.deleted), (&before.label, before.deleted));
}

/// That both systems are left alone by the runs that follow, whether these look at what moved or at everything.
#[track_caller]
fn assert_silence(world: &World, arguments: &[&str]) {
    let before = world.requests();
    for more in [&[][..], &["--full"], &[]] {
        let run = world.run(&[arguments, more].concat()).expect(0).last();
        assert_balanced(&run);
        assert_eq!(writes(&run), 0, "{run}");
    }
    let after = world.requests();
    assert_eq!((before.0.write, before.1.write), (after.0.write, after.1.write), "as the servers saw it");
    assert_eq!(duplicates(&world.site()), Vec::<String>::new());
}

const SYNC: [&str; 2] = ["sync", "--json"];

#[test]
fn different_fields_edited_on_both_sides_both_survive() {
    for persona in personas() {
        let world = synced(persona, ENOUGH);
        let order = whole_order(&world);
        let before = world.record(&order);
        let documents = Documents::of(&world, &order);
        world.edit(&order, SUBSCRIBER, "5550001112");
        world.edit(&order, "cf_2739", "Ciudad Nueva");
        world.edit_document(
            "Sales Order",
            text(&documents.order, "name"),
            &json!({"custom_sales_person": "Rosa Luz"}),
        );
        world.edit_document("Address", text(&documents.home, "name"), &json!({"pincode": "33999"}));
        let run = world.sync().expect(0).last();
        assert_balanced(&run);
        assert_eq!((count(&run, "updated"), count(&run, "conflicted")), (1, 0), "{run}");
        assert_eq!(run["requests"]["vtiger"]["write"], 1, "both fields of Frappe in one request: {run}");
        assert_eq!(run["requests"]["frappe"]["write"], 2, "a request a document: {run}");
        let changes = [
            (SUBSCRIBER, "5550001112"),
            ("cf_2739", "Ciudad Nueva"),
            (SALES_PERSON, "Rosa Luz"),
            ("cf_2743", "33999"),
        ];
        assert_only(&before, &world.record(&order), &changes);
        let after = Documents::of(&world, &order);
        assert_eq!(text(&after.order, "custom_subscriber_id"), "5550001112");
        assert_eq!(text(&after.order, "custom_sales_person"), "Rosa Luz");
        assert_eq!((text(&after.home, "city"), text(&after.home, "pincode")), ("Ciudad Nueva", "33999"));
        assert_silence(&world, &SYNC);
    }
}

#[test]
fn every_kind_of_field_edited_in_frappe_reaches_vtiger_and_touches_nothing_else() {
    for persona in personas() {
        let world = synced(persona, ENOUGH);
        let order = whole_order(&world);
        let before = world.record(&order);
        assert_eq!(before.items.len(), 1, "there is a line item to lose");
        assert!(!before.text("hdnGrandTotal").is_empty() && !before.text("assigned_user_id").is_empty());
        let Documents { order: sales, owner, home, account, card, customer } = Documents::of(&world, &order);
        let (account, card) = (account.unwrap(), card.unwrap());
        let edits = [
            (
                "Sales Order",
                &sales,
                json!({"custom_subscriber_id": "Nº 7 \\ 'x' & <ñ>", "custom_digitizer_date": "2026-02-28"}),
            ),
            (
                "Contact",
                &owner,
                json!({"last_name": "O'Hara Núñez", "custom_day_of_birth": "1980-02-29", "gender": "Other"}),
            ),
            ("Address", &home, json!({"address_line1": "1 Calle \"Ancha\"", "state": "TX"})),
            ("Bank Account", &account, json!({"branch_code": "000000001"})),
            ("Bank Card", &card, json!({"expiration": "12/31", "card_subtype": "Debit"})),
        ];
        for (kind, document, fields) in &edits {
            world.edit_document(kind, text(document, "name"), fields);
        }
        let run = world.sync().expect(0).last();
        assert_balanced(&run);
        assert_eq!(count(&run, "updated"), 1, "{run}");
        assert_eq!(run["requests"]["vtiger"]["write"], 1, "all of it in one request: {run}");
        let mut changes = vec![
            (SUBSCRIBER, "Nº 7 \\ 'x' & <ñ>"),
            ("cf_2255", "2026-02-28"),
            ("cf_2297", "O'Hara Núñez"),
            ("cf_2299", "1980-02-29"),
            ("cf_2303", "Other"),
            ("cf_2737", "1 Calle \"Ancha\""),
            ("cf_2765", "TX"),
            ("cf_1475", "000000001"),
            ("cf_1473", "12/31"),
            ("cf_2157", "Debit"),
        ];
        changes.retain(|(field, value)| before.text(field) != *value);
        assert_only(&before, &world.record(&order), &changes);
        let after = world.document("Customer", text(&customer, "name"));
        let first = before.text("cf_2293");
        assert_eq!(text(&after, "customer_name"), format!("{first} O'Hara Núñez"), "what repeats it follows");
        let title = world.document("Address", text(&home, "name"));
        assert_eq!(text(&title, "address_title"), "1 Calle \"Ancha\"");
        assert_silence(&world, &SYNC);
    }
}

#[test]
fn an_order_that_vtiger_dies_over_while_saving_it_gets_the_edit_once() {
    for persona in personas() {
        let world = synced(persona, FEW);
        let order = simple_orders(&world).remove(0);
        // facts/VTIGER.md, trap 4: `revise` on such an order saves and then answers 500.
        world.put_over(&order, |record| {
            record.values.insert("hdnTaxType".to_owned(), Some("individual".to_owned()));
            record.items.clear();
        });
        let before = world.record(&order);
        let sales = Documents::of(&world, &order).order;
        world.edit_document("Sales Order", text(&sales, "name"), &json!({"custom_sales_person": "Rosa Luz"}));
        let run = world.sync().expect(0).last();
        assert_balanced(&run);
        assert_eq!(run["requests"]["vtiger"]["write"], 1, "it is read, not sent again: {run}");
        assert_only(&before, &world.record(&order), &[(SALES_PERSON, "Rosa Luz")]);
        assert_silence(&world, &SYNC);
    }
}

fn conflicts(world: &World, state: &'static str) -> Vec<StandingConflict> {
    let filter = ConflictFilter { states: Some(vec![state]), ..ConflictFilter::default() };
    world.in_store(async |store: &dyn Store| store.conflicts(&filter, 1_000).await.unwrap())
}

fn resolve(world: &World, id: &ConflictId, choice: Choice) {
    let resolution = Resolution { choice, by: "somebody".to_owned(), at: Timestamp::now() };
    let resolved = world.in_store(async |store: &dyn Store| {
        store.resolve(std::slice::from_ref(id), &resolution).await.unwrap()
    });
    assert_eq!(resolved, 1);
}

/// The subscriber's id as both sides hold it.
fn subscriber(world: &World, order: &str) -> (String, String) {
    let sales = Documents::of(world, order).order;
    (world.record(order).text(SUBSCRIBER).to_owned(), text(&sales, "custom_subscriber_id").to_owned())
}

fn both(value: &str) -> (String, String) {
    (value.to_owned(), value.to_owned())
}

/// Edits the subscriber's id on both sides at these moments.
fn edit_both(world: &World, order: &str, vtiger: (Timestamp, &str), frappe: (Timestamp, &str)) {
    world.edit_at(vtiger.0, order, &[(SUBSCRIBER, vtiger.1)]);
    let name = Documents::of(world, order).order;
    let fields = json!({"custom_subscriber_id": frappe.1});
    world.edit_document_at(frappe.0, "Sales Order", text(&name, "name"), &fields);
}

#[test]
fn the_same_field_edited_on_both_sides_is_a_conflict_that_a_person_decides() {
    for persona in personas() {
        let world = synced(persona, FEW);
        let orders: Vec<String> = simple_orders(&world).into_iter().take(3).collect();
        let now = Timestamp::now();
        for order in &orders {
            edit_both(&world, order, (now, "vtiger says"), (now, "frappe says"));
            // What else was edited goes its way.
            world.edit(order, SALES_PERSON, "Rosa Luz");
        }
        let before: Vec<Record> = orders.iter().map(|order| world.record(order)).collect();
        let run = world.sync().expect(1).last();
        assert_balanced(&run);
        assert_eq!((&run["status"], count(&run, "conflicted")), (&json!("Partial Success"), 3), "{run}");
        let disagreement = ("vtiger says".to_owned(), "frappe says".to_owned());
        let open = conflicts(&world, "open");
        assert_eq!(open.len(), 3, "one for each field: {open:#?}");
        for (order, before) in orders.iter().zip(&before) {
            assert_eq!(subscriber(&world, order), disagreement, "both values are kept where they are");
            assert_eq!(&world.record(order).values, &before.values, "VTiger is not written");
            assert_eq!(text(&Documents::of(&world, order).order, "custom_sales_person"), "Rosa Luz");
        }
        // Nobody decides: nothing happens, and it stays one conflict.
        let waiting = world.sync().last();
        assert_eq!(writes(&waiting), 0, "{waiting}");
        assert_eq!(conflicts(&world, "open").len(), 3);
        let told = world.run(&["log", "--troubles"]).stdout;
        for part in ["vtiger says", "frappe says", "what to do:", orders[0].as_str()] {
            assert!(told.contains(part), "{part:?} is not in\n{told}");
        }
        decide_each_way(&world, &orders);
    }
}

/// Decides for VTiger, for Frappe and for a value of its own, and sees that it is done and remembered.
fn decide_each_way(world: &World, orders: &[String]) {
    let typed = Choice::Value(Held::Text("somebody typed".to_owned()));
    let decisions =
        [(Choice::Vtiger, "vtiger says"), (Choice::Frappe, "frappe says"), (typed, "somebody typed")];
    for (order, (choice, _)) in orders.iter().zip(&decisions) {
        let open = conflicts(world, "open");
        let of_order = open.iter().find(|open| open.subject.id.as_str() == order).unwrap();
        resolve(world, &of_order.met.id, choice.clone());
    }
    let before: Vec<Record> = orders.iter().map(|order| world.record(order)).collect();
    let run = world.sync().expect(0).last();
    assert_balanced(&run);
    assert_eq!((count(&run, "read"), count(&run, "updated")), (3, 3), "{run}");
    assert_eq!(
        (&run["requests"]["vtiger"]["write"], &run["requests"]["frappe"]["write"]),
        (&json!(2), &json!(2)),
        "{run}"
    );
    for ((order, before), (_, stands)) in orders.iter().zip(&before).zip(&decisions) {
        assert_eq!(subscriber(world, order), both(stands));
        if before.text(SUBSCRIBER) == *stands {
            assert_eq!(world.record(order).values, before.values, "VTiger held it already");
        } else {
            assert_only(before, &world.record(order), &[(SUBSCRIBER, stands)]);
        }
    }
    assert_eq!((conflicts(world, "applied").len(), conflicts(world, "open").len()), (3, 0));
    assert_silence(world, &SYNC);
    assert_eq!(conflicts(world, "applied").len(), 3, "what was decided is remembered");
    assert_eq!(world.run(&["log", "--troubles"]).stdout.trim(), "Nothing waits for anybody.");
}

/// A world whose policies follow the shipped mapping with another word for who decides.
fn deciding(persona: Persona, policy: &str) -> World {
    let world = Wish::orders(FEW).on(persona).start();
    let shipped = cs_domain::mapping::shipped_text("policy").unwrap();
    let own = shipped.replace("\nconflict = \"ask\"\n", &format!("\nconflict = \"{policy}\"\n"));
    assert_ne!(&own, shipped, "the shipped mapping says who decides");
    std::fs::write(world.folder().join("own.toml"), own).unwrap();
    world.configure("[mapping.policy]\nfile = \"own.toml\"\n");
    world.sync().expect(0);
    world
}

/// That an edit of both sides at these moments (seconds from now) ends in this value on both.
#[track_caller]
fn assert_decided(world: &World, order: &str, (vtiger, frappe): (i64, i64), stands: &str) {
    let at = |seconds: i64| Timestamp::now() + SignedDuration::from_secs(seconds);
    edit_both(world, order, (at(vtiger), "vtiger says"), (at(frappe), "frappe says"));
    let run = world.sync().expect(0).last();
    assert_eq!((count(&run, "updated"), writes(&run)), (1, 1), "{run}");
    assert_eq!(subscriber(world, order), both(stands));
}

#[test]
fn a_policy_decides_where_the_mapping_names_one() {
    for persona in personas() {
        for (policy, stands) in [("vtiger_wins", "vtiger says"), ("frappe_wins", "frappe says")] {
            let world = deciding(persona, policy);
            let order = simple_orders(&world).remove(0);
            assert_decided(&world, &order, (20, 40), stands);
            assert_silence(&world, &SYNC);
            assert!(conflicts(&world, "open").is_empty());
        }
    }
}

#[test]
fn the_newest_edit_wins_where_the_mapping_says_so_and_a_tie_is_asked_about() {
    for persona in personas() {
        let world = deciding(persona, "newest_wins");
        let orders = simple_orders(&world);
        assert_decided(&world, &orders[0], (20, 40), "frappe says");
        assert_decided(&world, &orders[1], (90, 60), "vtiger says");
        assert_silence(&world, &SYNC);
        // VTiger tells whole seconds: within one, nobody was last.
        let second = Timestamp::from_second(Timestamp::now().as_second() + 120).unwrap();
        let within = second + SignedDuration::from_millis(700);
        edit_both(&world, &orders[2], (second, "vtiger says"), (within, "frappe says"));
        let run = world.sync().expect(1).last();
        assert_eq!((count(&run, "conflicted"), writes(&run)), (1, 0), "{run}");
        assert_eq!(conflicts(&world, "open").len(), 1);
    }
}

/// The VTiger records of a module that are there.
fn records(world: &World, module: &str) -> Vec<Record> {
    let system = world.system();
    system.records().values().filter(|record| record.module == module && !record.deleted).cloned().collect()
}

fn crm(world: &World) -> Ended {
    world.run(&["sync", "--mapping", "crm", "--json"])
}

#[test]
fn what_is_new_in_frappe_is_made_in_vtiger_once_and_kept_in_step() {
    for persona in personas() {
        let world = Wish::orders(3).on(persona).start();
        crm(&world).expect(0);
        let before = ["Accounts", "Contacts", "Products"].map(|module| records(&world, module).len());
        let customer = world.add_document(
            "Customer",
            &json!({"customer_name": "Talleres Ñandú & Hijos", "customer_type": "Company", "website": "nandu.example.test"}),
        );
        let contact = world.add_document(
            "Contact",
            &json!({"first_name": "Inés", "last_name": "de la O", "designation": "Jefa", "status": "Passive",
                "email_ids": [{"email_id": "ines@example.test", "is_primary": 1}],
                "links": [{"link_doctype": "Customer", "link_name": customer}]}),
        );
        let item = world.add_document(
            "Item",
            &json!({"item_code": "NUEVO-1", "item_name": "Plan Nuevo", "item_group": "Products", "stock_uom": "Nos"}),
        );
        let run = crm(&world).expect(0).last();
        assert_balanced(&run);
        assert_eq!((count(&run, "created"), count(&run, "failed")), (3, 0), "{run}");
        let after = ["Accounts", "Contacts", "Products"].map(|module| records(&world, module).len());
        assert_eq!(after, before.map(|count| count + 1), "one of each");
        let silence = [&SYNC[..], &["--mapping", "crm"]].concat();
        assert_silence(&world, &silence);
        let find = |module: &str, field: &str, value: &str| {
            let mut found = records(&world, module);
            found.retain(|record| record.text(field) == value);
            assert_eq!(found.len(), 1, "{module} with {field} {value}: {found:#?}");
            let prefix = world.system().catalogue().module(module).unwrap().prefix;
            format!("{prefix}x{}", found[0].id)
        };
        let account = find("Accounts", "accountname", "Talleres Ñandú & Hijos");
        assert_eq!(world.record(&account).text("website"), "nandu.example.test");
        let person = find("Contacts", "lastname", "de la O");
        assert_eq!(world.record(&person).text("email"), "ines@example.test");
        let product = find("Products", "productname", "Plan Nuevo");
        edit_what_was_made(&world, [&account, &person, &product], [&customer, &contact, &item]);
        assert_silence(&world, &silence);
    }
}

/// Edits what was made in Frappe and in VTiger, in either system, and sees that each edit reaches the other.
fn edit_what_was_made(
    world: &World,
    [account, person, product]: [&str; 3],
    [customer, contact, item]: [&str; 3],
) {
    let now = Timestamp::now();
    world.edit_at(now, account, &[("website", "otra.example.test")]);
    world.edit_at(now, person, &[("title", "Directora")]);
    world.edit_at(now, product, &[("productname", "Plan Renombrado")]);
    let run = crm(world).expect(0).last();
    assert_eq!((count(&run, "updated"), run["requests"]["frappe"]["write"].as_u64()), (3, Some(3)), "{run}");
    assert_eq!(run["requests"]["vtiger"]["write"], 0, "{run}");
    assert_eq!(text(&world.document("Customer", customer), "website"), "otra.example.test");
    assert_eq!(text(&world.document("Contact", contact), "designation"), "Directora");
    assert_eq!(text(&world.document("Item", item), "item_name"), "Plan Renombrado");
    let before = [account, person, product].map(|id| world.record(id));
    world.edit_document("Customer", customer, &json!({"website": "tercera.example.test"}));
    world.edit_document("Contact", contact, &json!({"department": "Dirección"}));
    world.edit_document("Item", item, &json!({"disabled": 1}));
    let run = crm(world).expect(0).last();
    assert_eq!((count(&run, "updated"), run["requests"]["vtiger"]["write"].as_u64()), (3, Some(3)), "{run}");
    assert_eq!(run["requests"]["frappe"]["write"], 0, "{run}");
    assert_only(&before[0], &world.record(account), &[("website", "tercera.example.test")]);
    assert_only(&before[1], &world.record(person), &[("department", "Dirección")]);
    assert_only(&before[2], &world.record(product), &[("discontinued", "0")]);
}
