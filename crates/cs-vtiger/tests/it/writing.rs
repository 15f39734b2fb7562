//! Creating and changing records.

use cs_domain::{Fields, Kind, Record, RecordRef, Value};
use cs_ports::{ErrorKind, Meter, WriteOutcome, Writer};
use cs_sandbox::faults::{FaultKind, Turn};
use cs_sandbox::vtiger::Persona;
use cs_vtiger::VtigerClient;

use crate::world::{World, applied, fault, fields, key, rejected, update, update_from, wanted};

pub(crate) async fn create_contact(client: &VtigerClient, lastname: &str, source: &str) -> Record {
    let values = fields(&[("lastname", lastname), ("department", source)]);
    let kind = Kind::from("Contacts");
    applied(client.create(&kind, &values, &key(source), &wanted(&["lastname", "birthday"])).await)
}

#[tokio::test]
async fn a_record_is_created_changed_and_read_back() {
    for persona in [Persona::v8_3_0(), Persona::v8_2_0()] {
        let world = World::new(persona, vec![]).await;
        let client = world.client();
        let made = create_contact(&client, "Muñoz & Ávila", "k").await;
        assert_eq!(made.fields["lastname"], Value::Text("Muñoz & Ávila".into()));
        assert_eq!(made.fields["birthday"], Value::Empty);
        assert_eq!(world.held(made.reference.id.as_str(), "assigned_user_id"), "1", "the user's own");

        let changes = fields(&[("lastname", "Muñoz"), ("birthday", "1990-02-28")]);
        let outcome =
            update(&client, &made.reference, &changes, made.version.as_str(), &["lastname", "birthday"])
                .await;
        let changed = applied(outcome);
        assert_eq!(changed.fields["birthday"], Value::Date("1990-02-28".parse().unwrap()));
        assert_eq!(world.held(made.reference.id.as_str(), "lastname"), "Muñoz");

        let cleared = [("birthday".into(), Value::Empty)].into();
        let outcome =
            update(&client, &made.reference, &cleared, changed.version.as_str(), &["birthday"]).await;
        assert_eq!(applied(outcome).fields["birthday"], Value::Empty);

        let writes = client.requests().write;
        let same = fields(&[("lastname", "Muñoz")]);
        let version = world.held(made.reference.id.as_str(), "modifiedtime");
        applied(update(&client, &made.reference, &same, &version, &[]).await);
        assert_eq!(client.requests().write, writes, "what is there already is not written");
    }
}

#[tokio::test]
async fn nothing_is_written_over_somebody_elses_change() {
    let world = World::new(Persona::v8_3_0(), vec![]).await;
    let client = world.client();
    let id = world.put("Contacts", "2026-01-01 10:00:00", &[("lastname", "Prueba")]);
    let target = RecordRef::vtiger("Contacts", id.as_str());
    let changes = fields(&[("lastname", "Otra")]);
    let outcome = update(&client, &target, &changes, "2026-01-01 09:59:59", &[]).await;
    assert!(matches!(outcome, WriteOutcome::Stale), "{outcome:?}");
    assert_eq!(client.requests().write, 0);

    // Only the version moved: what is to be written over is what was seen.
    let before = fields(&[("lastname", "Prueba")]);
    let moved = update_from(&client, &target, &changes, "2026-01-01 09:59:59", &before, &["lastname"]).await;
    assert_eq!(applied(moved).fields["lastname"], Value::text("Otra"));
    // One field holds something else, though the version did not move within its second.
    let version = world.held(&id, "modifiedtime");
    let changes = fields(&[("lastname", "Tercera"), ("firstname", "Ana")]);
    let before = fields(&[("lastname", "Prueba"), ("firstname", "")]);
    let outcome = update_from(&client, &target, &changes, &version, &before, &[]).await;
    assert!(matches!(outcome, WriteOutcome::Stale), "{outcome:?}");
    assert_eq!(world.held(&id, "firstname"), "");
    // Of a field whose value is not known, the version alone vouches.
    let partly = fields(&[("lastname", "Otra")]);
    let outcome = update_from(&client, &target, &changes, "2026-01-01 10:00:00", &partly, &[]).await;
    assert!(matches!(outcome, WriteOutcome::Stale), "{outcome:?}");
    applied(update_from(&client, &target, &changes, &version, &partly, &[]).await);
    // Said again after a crash, it is already there.
    let writes = client.requests().write;
    applied(update_from(&client, &target, &changes, "x", &before, &[]).await);
    assert_eq!(client.requests().write, writes);

    let gone = RecordRef::vtiger("Contacts", "12x999999");
    let error = rejected(update(&client, &gone, &changes, "x", &[]).await);
    assert_eq!((error.code.as_ref(), error.kind), ("vtiger.gone", ErrorKind::Missing));
}

#[tokio::test]
async fn what_would_not_survive_is_refused_before_it_is_sent() {
    let world = World::new(Persona::v8_3_0(), vec![]).await;
    let client = world.client();
    let kind = Kind::from("Contacts");
    for (name, value, code) in [
        ("lastname", "x".repeat(81), "value.too_long"),
        ("lastname", "😀".into(), "value.unstorable_character"),
        ("lastname", "Ana &amp; Luis".into(), "value.html_entity"),
        ("birthday", "31/01/2026".into(), "value.wrong_type"),
        ("modifiedtime", "2026-01-01 00:00:00".into(), "vtiger.read_only_field"),
        ("nope", "x".into(), "vtiger.no_such_field"),
    ] {
        let outcome = client.create(&kind, &fields(&[(name, &value)]), &key("k"), &wanted(&[])).await;
        assert_eq!(rejected(outcome).code, code);
    }
    let error =
        rejected(client.create(&kind, &fields(&[("firstname", "Ana")]), &key("k"), &wanted(&[])).await);
    assert_eq!(error.code, "vtiger.mandatory");
    assert!(error.message.contains("lastname"), "{error}");
    assert_eq!((client.requests().write, world.count("Contacts")), (1, 0));
    let order = world.put("SalesOrder", "2026-01-01 10:00:00", &[("subject", "Orden")]);
    let target = RecordRef::vtiger("SalesOrder", order.as_str());
    let items = fields(&[("LineItems", "[]")]);
    let error = rejected(update(&client, &target, &items, "2026-01-01 10:00:00", &[]).await);
    assert_eq!(error.code, "vtiger.no_such_field");
    assert_eq!(client.requests().write, 1);
}

#[tokio::test]
async fn a_duplicate_is_told_as_one() {
    let world = World::new(Persona::v8_2_0(), vec![]).await;
    let client = world.client();
    world.put("Accounts", "2026-01-01 10:00:00", &[("accountname", "Empresa")]);
    let outcome = client
        .create(&"Accounts".into(), &fields(&[("accountname", "Empresa")]), &key("k"), &wanted(&[]))
        .await;
    let error = rejected(outcome);
    assert_eq!((error.code.as_ref(), error.kind), ("vtiger.duplicate", ErrorKind::Exists));
}

#[tokio::test]
async fn a_server_that_cannot_create_orders_says_so() {
    for (persona, can) in [(Persona::v8_3_0(), false), (Persona::v8_2_0(), true)] {
        let world = World::new(persona, vec![]).await;
        let client = world.client();
        let account = world.put("Accounts", "2026-01-01 10:00:00", &[("accountname", "Empresa")]);
        let product = world.put("Products", "2026-01-01 10:00:00", &[("productname", "Plan")]);
        let order = fields(&[
            ("subject", "Orden"),
            ("sostatus", "Created"),
            ("account_id", &account),
            ("invoicestatus", "AutoCreated"),
            ("bill_street", "Calle 1"),
            ("ship_street", "Calle 2"),
            ("hdnTaxType", "group"),
            ("productid", &product),
            ("listprice", "10"),
        ]);
        let kind = Kind::from("SalesOrder");
        let outcome = client.create(&kind, &order, &key("k"), &wanted(&["subject", "hdnGrandTotal"])).await;
        if can {
            assert_eq!(applied(outcome).fields["subject"], Value::Text("Orden".into()));
            continue;
        }
        let error = rejected(outcome);
        assert_eq!(
            (error.code.as_ref(), error.kind),
            ("vtiger.unsupported", ErrorKind::Unsupported),
            "{error}"
        );
        assert!(error.message.contains("VTiger 8.3.0") && error.message.contains("SalesOrder"), "{error}");
        let incomplete = fields(&[("subject", "Orden")]);
        let error = rejected(client.create(&kind, &incomplete, &key("k"), &wanted(&[])).await);
        assert_eq!(error.code, "vtiger.mandatory", "{error}");
        assert_eq!(world.count("SalesOrder"), 0);
    }
}

/// A new order with one item, `more` overriding.
fn new_order(world: &World, more: &[(&str, &str)]) -> Fields {
    let account = world.put("Accounts", "2026-01-01 10:00:00", &[("accountname", "Empresa")]);
    let product = world.put("Products", "2026-01-01 10:00:00", &[("productname", "Plan")]);
    let mut order = fields(&[
        ("subject", "Orden"),
        ("sostatus", "Created"),
        ("account_id", &account),
        ("invoicestatus", "AutoCreated"),
        ("bill_street", "Calle 1"),
        ("ship_street", "Calle 2"),
        ("productid", &product),
        ("listprice", "10"),
    ]);
    order.extend(fields(more));
    order
}

#[tokio::test]
async fn an_order_is_created_whole_or_not_at_all() {
    let kind = Kind::from("SalesOrder");
    let names = wanted(&["subject", "hdnTaxType", "hdnGrandTotal"]);
    for (fault_kind, key_field) in [
        (None, "cf_853"),
        (Some(FaultKind::ErrorAfter), "cf_853"),
        (Some(FaultKind::DropAfter), "subject"),
        (Some(FaultKind::HtmlAfter), "nowhere"),
    ] {
        let faults = fault_kind.map(|kind| fault("create", Turn::Nth(1), kind));
        let world = World::new(Persona::v8_2_0(), faults.into_iter().collect()).await;
        let order = match key_field {
            "nowhere" => new_order(&world, &[]),
            field => new_order(&world, &[(field, "D-0001/order")]),
        };
        let made = applied(world.client().create(&kind, &order, &key("D-0001/order"), &names).await);
        assert_eq!(made.fields["hdnTaxType"].plain(), "group", "what nobody gave");
        assert_eq!(made.fields["hdnGrandTotal"].plain(), "10");
        assert_eq!(world.count("SalesOrder"), 1, "{fault_kind:?}");
    }
    let world = World::new(Persona::v8_2_0(), vec![]).await;
    let client = world.client();
    let by_half = new_order(&world, &[("hdnTaxType", "individual")]);
    let error = rejected(client.create(&kind, &by_half, &key("k"), &names).await);
    assert_eq!(error.code, "vtiger.tax_type");
    assert_eq!((client.requests().write, world.count("SalesOrder")), (0, 0));
}

#[tokio::test]
async fn half_an_order_is_not_taken_for_one() {
    // Individual tax: it can be queried, never retrieved. No tax type: it is retrieved without items.
    for taxes in ["individual", ""] {
        let lost = fault("create", Turn::Nth(1), FaultKind::ErrorBefore);
        let world = World::new(Persona::v8_2_0(), vec![lost]).await;
        let values = [("subject", "D-0001/order"), ("hdnTaxType", taxes)];
        let half = world.put("SalesOrder", "2026-01-01 10:00:00", &values);
        let order = new_order(&world, &[("subject", "D-0001/order")]);
        let outcome =
            world.client().create(&"SalesOrder".into(), &order, &key("D-0001/order"), &wanted(&[])).await;
        let WriteOutcome::Unknown(error) = outcome else { panic!("{outcome:?}") };
        assert_eq!(error.code, "vtiger.half_saved");
        assert!(error.message.contains(&half), "{error}");
    }
}

#[tokio::test]
async fn an_order_that_answers_500_and_is_saved_counts_as_saved() {
    let world = World::new(Persona::v8_3_0(), vec![]).await;
    let client = world.client();
    let values = [("subject", "Orden"), ("hdnTaxType", "individual")];
    let id = world.put("SalesOrder", "2026-01-01 10:00:00", &values);
    let target = RecordRef::vtiger("SalesOrder", id.as_str());
    let changes = fields(&[("subject", "Renombrada")]);
    let outcome = update(&client, &target, &changes, "2026-01-01 10:00:00", &["subject"]).await;
    assert_eq!(applied(outcome).fields["subject"], Value::Text("Renombrada".into()));
}

#[tokio::test]
async fn an_owner_that_does_not_exist_does_not_hide_the_write() {
    let world = World::new(Persona::v8_3_0(), vec![]).await;
    let client = world.client();
    let values = fields(&[("lastname", "Prueba"), ("department", "k/owner"), ("assigned_user_id", "19x999")]);
    let outcome =
        client.create(&"Contacts".into(), &values, &key("k/owner"), &wanted(&["assigned_user_id"])).await;
    let WriteOutcome::Applied(written) = outcome else { panic!("{outcome:?}") };
    assert!(!written.untouched, "the owner reads back otherwise");
    let record = written.record;
    assert_eq!(record.fields["assigned_user_id"], Value::Opaque("999".into()));
    assert_eq!(world.count("Contacts"), 1);
    let changes = fields(&[("department", "otro")]);
    let outcome =
        update(&client, &record.reference, &changes, record.version.as_str(), &["department"]).await;
    assert_eq!(applied(outcome).fields["department"], Value::Text("otro".into()));
}
