//! What a revise leaves alone: everything that it does not name.

use std::collections::BTreeSet;

use cs_domain::{RecordRef, Value};
use cs_ports::{Meter, WriteOutcome};
use cs_sandbox::vtiger::{Draft, Persona, Values};
use serde_json::{Map, Value as Json};

use crate::world::{World, applied, fields, rejected, update, update_from};

const STAMP: &str = "2026-01-02 10:00:00";

/// An order as the agency has them: two items, totals, an owner who is not the product's user.
fn put_order(world: &World, more: &[(&str, &str)]) -> String {
    let account = world.put("Accounts", STAMP, &[("accountname", "Empresa & Cía")]);
    let product = world.put("Products", STAMP, &[("productname", "Plan \"Oro\""), ("unit_price", "100.50")]);
    let number = |id: &str| id.split_once('x').unwrap().1.to_owned();
    let values = [
        ("subject", "Póliza uno"),
        ("account_id", &number(&account)),
        ("assigned_user_id", "5"),
        ("modifiedby", "5"),
        ("createdtime", STAMP),
        ("modifiedtime", STAMP),
        ("hdnTaxType", "group"),
        ("hdnSubTotal", "246.00000000"),
        ("pre_tax_total", "246.00000000"),
        ("hdnGrandTotal", "257.07000000"),
        ("currency_id", "1"),
        ("conversion_rate", "1.000"),
        ("description", "texto &amp; más"),
        ("bill_street", "Calle 1"),
        ("cf_853", "POL-0001"),
        ("cf_861", "1"),
        ("cf_863", "20.50"),
    ];
    let text = |(name, value): &(&str, &str)| ((*name).to_owned(), Some((*value).to_owned()));
    let all: Values = values.iter().chain(more).map(text).collect();
    let item = |quantity: &str, price: &str| {
        [
            ("productid", number(&product).as_str()),
            ("quantity", quantity),
            ("listprice", price),
            ("tax1", "4.500"),
        ]
        .iter()
        .map(text)
        .collect::<Values>()
    };
    let draft = Draft {
        module: "SalesOrder".to_owned(),
        values: all,
        items: vec![item("2.000", "100.50000000"), item("1.000", "45.00000000")],
        savers: BTreeSet::from([1, 5]),
        ..Draft::default()
    };
    world.state().put(draft).unwrap()
}

/// The whole record, as `retrieve` shows it, line items and totals included.
fn retrieved(world: &World, id: &str) -> Map<String, Json> {
    let state = world.state();
    let user = state.users()[&1].clone();
    let Json::Object(whole) = state.retrieve(&user, id).unwrap() else { panic!() };
    whole
}

/// The names of what is different now.
fn changed(before: &Map<String, Json>, after: &Map<String, Json>) -> Vec<String> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names.into_iter().filter(|name| before.get(*name) != after.get(*name)).cloned().collect()
}

#[tokio::test]
async fn an_orders_items_totals_owner_and_unmapped_fields_stay() {
    for persona in [Persona::v8_3_0(), Persona::v8_2_0()] {
        for (recurring, lost) in [
            (
                &[
                    ("enable_recurring", "1"),
                    ("invoicestatus", "AutoCreated"),
                    ("recurring_frequency", "Monthly"),
                ][..],
                vec![],
            ),
            (&[][..], vec![]),
            // VTiger throws the recurrence of an order that does not recur away with every save, whatever is sent
            // (recording 259): this is what a revise cannot help, and all that it cannot.
            (&[("invoicestatus", "AutoCreated")][..], vec!["invoicestatus"]),
        ] {
            let world = World::new(persona, vec![]).await;
            let id = put_order(&world, recurring);
            let before = retrieved(&world, &id);
            assert_eq!(before["LineItems"].as_array().unwrap().len(), 2);
            let changes =
                fields(&[("cf_853", "POL-0002"), ("duedate", "2027-01-31"), ("description", "otro")]);
            let target = RecordRef::vtiger("SalesOrder", id.as_str());
            applied(update(&world.client(), &target, &changes, STAMP, &["cf_853"]).await);
            let after = retrieved(&world, &id);
            let mut expected = vec!["cf_853", "description", "duedate", "modifiedby", "modifiedtime"];
            expected.extend(lost);
            expected.sort_unstable();
            assert_eq!(changed(&before, &after), expected, "{persona:?} {recurring:?}");
            assert_eq!(after["cf_853"], "POL-0002");
        }
    }
}

#[tokio::test]
async fn the_untouched_fields_of_other_modules_stay() {
    for persona in [Persona::v8_3_0(), Persona::v8_2_0()] {
        for (module, name, others) in [
            (
                "Contacts",
                "lastname",
                &[("birthday", "1990-02-28"), ("donotcall", "1"), ("description", "a &amp; b <i>")][..],
            ),
            (
                "Accounts",
                "accountname",
                &[("employees", "12"), ("annual_revenue", "10.50000000"), ("emailoptout", "1")],
            ),
            (
                "Products",
                "productname",
                &[("unit_price", "12.50000000"), ("discontinued", "1"), ("qtyinstock", "3.000")],
            ),
        ] {
            let world = World::new(persona, vec![]).await;
            let mut values = vec![(name, "Prueba"), ("assigned_user_id", "5"), ("modifiedby", "1")];
            values.extend(others);
            let id = world.put(module, STAMP, &values);
            let before = retrieved(&world, &id);
            let target = RecordRef::vtiger(module, id.as_str());
            let seen = fields(&[(name, "Prueba")]);
            let changes = fields(&[(name, "Nueva")]);
            applied(update_from(&world.client(), &target, &changes, STAMP, &seen, &[name]).await);
            let mut expected = vec!["label", name, "modifiedtime"];
            expected.sort_unstable();
            assert_eq!(changed(&before, &retrieved(&world, &id)), expected, "{persona:?} {module}");
        }
    }
}

#[tokio::test]
async fn what_an_order_that_does_not_recur_would_lose_is_refused() {
    let world = World::new(Persona::v8_3_0(), vec![]).await;
    let client = world.client();
    let id = put_order(&world, &[]);
    let target = RecordRef::vtiger("SalesOrder", id.as_str());
    let sent = fields(&[("invoicestatus", "Sent")]);
    let error = rejected(update(&client, &target, &sent, STAMP, &[]).await);
    assert_eq!(error.code, "vtiger.not_recurring");
    assert_eq!(client.requests().write, 0);
    let mut both = sent.clone();
    both.insert("enable_recurring".into(), Value::Boolean(true));
    applied(update(&client, &target, &both, STAMP, &[]).await);
    assert_eq!(world.held(&id, "invoicestatus"), "Sent");
    let version = world.held(&id, "modifiedtime");
    applied(update(&client, &target, &fields(&[("invoicestatus", "Approved")]), &version, &[]).await);
}

#[tokio::test]
async fn a_value_that_vtiger_changes_on_its_way_is_told_as_such() {
    let world = World::new(Persona::v8_3_0(), vec![]).await;
    let client = world.client();
    let id = put_order(&world, &[]);
    let target = RecordRef::vtiger("SalesOrder", id.as_str());
    // cf_853 is a text field of 100 characters, which no describe says; cf_863 keeps two decimals.
    let changes = fields(&[("cf_853", &"x".repeat(120)), ("cf_863", "1.239")]);
    let outcome = update(&client, &target, &changes, STAMP, &["cf_853", "cf_863"]).await;
    let WriteOutcome::Applied(written) = outcome else { panic!("{outcome:?}") };
    assert!(!written.untouched);
    assert_eq!(written.record.fields["cf_853"].plain().len(), 100);
    assert_eq!(written.record.fields["cf_863"].plain(), "1.24");
    let error = rejected(update(&client, &target, &fields(&[("cf_853", &"x".repeat(256))]), "x", &[]).await);
    assert_eq!(error.code, "value.too_long");
    // Cleared numbers and checkboxes are nought and off: that is what was meant.
    let version = world.held(&id, "modifiedtime");
    let cleared = [("cf_863".into(), Value::Empty), ("cf_861".into(), Value::Empty)].into();
    applied(update(&client, &target, &cleared, &version, &[]).await);
    assert_eq!(world.held(&id, "cf_863"), "0.00");
}
