//! Creating and changing documents.

use std::collections::BTreeMap;

use cs_domain::{Fields, Kind, Moment, RecordRef, Row, Value};
use cs_ports::{ErrorKind, Meter, Reader, WriteOutcome, Writer};
use serde_json::json;

use crate::stage::{Stage, applied, at, create, fields, key, rejected, texts};

fn link_to(customer: &str) -> Value {
    Value::Rows(vec![Row {
        name: None,
        columns: BTreeMap::from([
            ("link_doctype".into(), Value::Text("Customer".into())),
            ("link_name".into(), Value::Text(customer.into())),
        ]),
    }])
}

fn emails(addresses: &[(Option<&str>, &str)]) -> Value {
    let rows = addresses.iter().enumerate().map(|(at, (name, address))| Row {
        name: name.map(str::to_owned),
        columns: BTreeMap::from([
            ("email_id".into(), Value::Text((*address).into())),
            ("is_primary".into(), Value::Boolean(at == 0)),
        ]),
    });
    Value::Rows(rows.collect())
}

#[tokio::test]
async fn a_document_is_created_with_its_tables_and_told_as_it_is_stored() {
    let stage = Stage::agency().await;
    let client = stage.client();
    create(&client, "Customer", &texts([("customer_name", "Ñandú 😀 Pérez")]), &fields(["customer_name"]))
        .await;
    let mut sent = texts([
        ("first_name", "Ana"),
        ("last_name", "Prueba & Hija"),
        ("custom_day_of_birth", "1990-02-28"),
        ("custom_vtiger_id", "6x231/owner"),
    ]);
    sent.insert("links".into(), link_to("Ñandú 😀 Pérez"));
    let wanted =
        fields(["first_name", "last_name", "custom_day_of_birth", "designation", "links", "docstatus"]);
    let record = create(&client, "Contact", &sent, &wanted).await;
    let get = |name: &str| record.fields.get(name).cloned().unwrap();
    assert_eq!(get("last_name"), Value::Text("Prueba & Hija".into()));
    assert_eq!(get("custom_day_of_birth"), Value::Date("1990-02-28".parse().unwrap()));
    assert_eq!(get("designation"), Value::Empty);
    assert_eq!(get("docstatus"), Value::Integer(0));
    let Value::Rows(rows) = get("links") else {
        panic!("no rows: {:?}", get("links"));
    };
    assert_eq!(
        rows[0].columns.get("link_name"),
        Some(&Value::Reference(RecordRef::frappe("Customer", "Ñandú 😀 Pérez")))
    );
    let stored = stage.stored("Contact", record.reference.id.as_str());
    assert_eq!(stored["modified"], json!(record.version));
    assert_eq!(stored["links"][0]["name"], json!(rows[0].name));
    assert_eq!(record.fields.len(), wanted.0.len());
}

#[tokio::test]
async fn an_update_is_compare_and_swap() {
    let stage = Stage::agency().await;
    let client = stage.client();
    let wanted = fields(["designation"]);
    let record = create(&client, "Contact", &texts([("first_name", "Ana")]), &wanted).await;
    let change = |text| texts([("designation", text)]);
    let first =
        applied(client.update(&record.reference, &change("Jefa"), at(&record.version), &wanted).await);
    assert_ne!(first.version, record.version);
    assert_eq!(first.fields, change("Jefa"));
    let late = client.update(&record.reference, &change("Otra"), at(&record.version), &wanted).await;
    assert!(matches!(late, WriteOutcome::Stale), "{late:?}");
    assert_eq!(stage.stored("Contact", "Ana")["designation"], json!("Jefa"));

    let cleared = Fields::from([("designation".into(), Value::Empty)]);
    let second = applied(client.update(&record.reference, &cleared, at(&first.version), &wanted).await);
    assert_eq!(second.fields, cleared);

    // Nothing to change is nothing to send: `modified` stays.
    let writes = client.requests().write;
    let same = applied(client.update(&record.reference, &Fields::new(), at(&second.version), &wanted).await);
    assert_eq!((same.version, client.requests().write), (second.version, writes));
    let stale = client.update(&record.reference, &Fields::new(), at(&first.version), &wanted).await;
    assert!(matches!(stale, WriteOutcome::Stale));

    let gone = RecordRef::frappe("Contact", "Nadie");
    let error = rejected(client.update(&gone, &change("x"), at(&first.version), &wanted).await);
    assert_eq!((error.kind, &*error.code), (ErrorKind::Missing, "frappe.missing"));
}

#[tokio::test]
async fn child_rows_are_kept_by_name_added_and_cleared_and_a_made_up_name_is_found_out() {
    let stage = Stage::agency().await;
    let client = stage.client();
    let wanted = fields(["email_ids", "email_id"]);
    let mut sent = texts([("first_name", "Ana")]);
    sent.insert("email_ids".into(), emails(&[(None, "ana@example.invalid")]));
    let record = create(&client, "Contact", &sent, &wanted).await;
    let Some(Value::Rows(rows)) = record.fields.get("email_ids") else {
        panic!("no rows");
    };
    let kept = rows[0].name.as_deref();
    assert_eq!(record.fields.get("email_id"), Some(&Value::Text("ana@example.invalid".into())));

    let two = Fields::from([(
        "email_ids".into(),
        emails(&[(kept, "nueva@example.invalid"), (None, "dos@example.invalid")]),
    )]);
    let updated = applied(client.update(&record.reference, &two, at(&record.version), &wanted).await);
    let Some(Value::Rows(rows)) = updated.fields.get("email_ids") else {
        panic!("no rows");
    };
    assert_eq!((rows.len(), rows[0].name.as_deref()), (2, kept));

    let made_up = Fields::from([("email_ids".into(), emails(&[(Some("zzzzzzzzzz"), "zz@example.invalid")]))]);
    let error = rejected(client.update(&record.reference, &made_up, at(&updated.version), &wanted).await);
    assert_eq!(error.code, "frappe.not_applied");

    let read = client.read(&"Contact".into(), &["Ana".into()], &wanted).await.unwrap();
    let cleared = Fields::from([("email_ids".into(), Value::Empty)]);
    let last = applied(client.update(&record.reference, &cleared, at(&read[0].version), &wanted).await);
    assert_eq!(last.fields.get("email_ids"), Some(&Value::Empty));
}

#[tokio::test]
async fn rows_are_sent_back_as_they_were_read_though_frappe_titles_them_anew() {
    let stage = Stage::agency().await;
    let client = stage.client();
    create(&client, "Customer", &texts([("customer_name", "Beto")]), &fields(["customer_name"])).await;
    let wanted = fields(["links", "designation"]);
    let sent = Fields::from([("first_name".into(), Value::text("Ana")), ("links".into(), link_to("Beto"))]);
    let record = create(&client, "Contact", &sent, &wanted).await;
    // The title moves on behind the row's back; the next save of the contact follows it.
    let mut customer = stage.stored("Customer", "Beto");
    customer["customer_name"] = json!("Beto Prueba SA");
    stage.put("Customer", customer);
    let again = Fields::from([
        ("designation".into(), Value::text("Jefa")),
        ("links".into(), record.fields["links"].clone()),
    ]);
    let updated = applied(client.update(&record.reference, &again, at(&record.version), &wanted).await);
    assert_eq!(updated.fields["designation"], Value::text("Jefa"));
    let stored = stage.stored("Contact", record.reference.id.as_str());
    assert_eq!(stored["links"][0]["link_title"], "Beto Prueba SA");
    assert_eq!(stored["links"].as_array().map(Vec::len), Some(1));
    let Value::Rows(rows) = &record.fields["links"] else {
        panic!("no rows");
    };
    assert_eq!(stored["links"][0]["name"], json!(rows[0].name));
}

#[tokio::test]
async fn a_second_document_with_the_same_key_or_name_is_refused_as_existing() {
    let stage = Stage::agency().await;
    let client = stage.client();
    let wanted = fields(["first_name"]);
    let with_key = |name| texts([("first_name", name), ("custom_vtiger_id", "6x231/owner")]);
    create(&client, "Contact", &with_key("Ana"), &wanted).await;
    let twin = rejected(client.create(&"Contact".into(), &with_key("Otra"), &key(), &wanted).await);
    assert_eq!((twin.kind, &*twin.code), (ErrorKind::Exists, "frappe.unique"));
    assert_eq!(stage.site().documents("Contact").len(), 1);

    let bank = texts([("bank_name", "Banco Prueba")]);
    create(&client, "Bank", &bank, &fields(["bank_name"])).await;
    let twin = rejected(client.create(&"Bank".into(), &bank, &key(), &fields(["bank_name"])).await);
    assert_eq!((twin.kind, &*twin.code), (ErrorKind::Exists, "frappe.duplicate"));
    assert!(twin.remedy.unwrap().contains("Banco Prueba"));

    // Without a key Frappe gives the second one another name and says nothing but a notice.
    let customer = texts([("customer_name", "Cliente Prueba")]);
    create(&client, "Customer", &customer, &fields(["customer_name"])).await;
    let second = create(&client, "Customer", &customer, &fields(["customer_name"])).await;
    assert_eq!(second.reference.id.as_str(), "Cliente Prueba - 1");
}

#[tokio::test]
async fn names_with_every_sign_are_written_and_read() {
    let stage = Stage::agency().await;
    let client = stage.client();
    let wanted = fields(["customer_name", "language"]);
    for name in ["A/B Prueba?x#y%20", "100% & más", "日本語 \"x\"", "a+b;c=d@e"] {
        let record = create(&client, "Customer", &texts([("customer_name", name)]), &wanted).await;
        assert_eq!(record.reference.id.as_str(), name);
        let change = texts([("language", "es")]);
        let updated = applied(client.update(&record.reference, &change, at(&record.version), &wanted).await);
        let read = client.read(&"Customer".into(), &[name.into()], &wanted).await.unwrap();
        assert_eq!(read, [updated], "{name}");
    }
}

#[tokio::test]
async fn refusals_carry_code_cause_and_what_to_do() {
    let stage = Stage::agency().await;
    let client = stage.client();
    let wanted = fields(["name"]);
    let refuse = async |kind: &str, sent: Fields| {
        rejected(client.create(&Kind::new(kind), &sent, &key(), &wanted).await)
    };
    let address = refuse("Address", texts([("address_title", "T"), ("address_type", "Billing")])).await;
    assert_eq!((address.kind, &*address.code), (ErrorKind::Refused, "frappe.mandatory"));
    assert!(address.remedy.as_ref().unwrap().contains("address_line1"), "{address:?}");
    let gender = refuse("Contact", texts([("first_name", "A"), ("gender", "NoExiste")])).await;
    assert_eq!(gender.code, "frappe.link_validation");
    assert!(gender.failure().remedy.contains("NoExiste"));
    assert_eq!(gender.failure().cause, "Frappe create Contact: Could not find Gender: NoExiste");

    // These are not even sent.
    let before = client.requests().write;
    let cases = [
        ("frappe.html_tag", texts([("first_name", "A"), ("designation", "<b>Jefa</b>")])),
        ("frappe.name", texts([("first_name", "A < B")])),
        ("value.too_long", texts([("first_name", &*"x".repeat(141))])),
        ("value.not_a_choice", texts([("first_name", "A"), ("status", "passive")])),
        ("value.wrong_type", texts([("first_name", "A"), ("custom_day_of_birth", "28/02/1990")])),
        ("frappe.field_missing", texts([("first_name", "A"), ("custom_invented", "x")])),
        ("frappe.read_only_field", texts([("first_name", "A"), ("owner", "Administrator")])),
    ];
    for (code, sent) in cases {
        assert_eq!(refuse("Contact", sent).await.code, code);
    }
    let rows = Value::Rows(vec![Row {
        name: None,
        columns: BTreeMap::from([("phone".into(), Value::Text("llamar a Ana".into()))]),
    }]);
    let sent = Fields::from([("first_name".into(), Value::Text("A".into())), ("phone_nos".into(), rows)]);
    assert_eq!(refuse("Contact", sent).await.code, "frappe.phone");
    assert_eq!(client.requests().write, before);
    assert_eq!(refuse("No Such Type", texts([("x", "y")])).await.code, "frappe.doctype_missing");
}

#[tokio::test]
async fn date_times_travel_in_the_sites_zone() {
    let stage = Stage::lab().await;
    let client = stage.client();
    create(&client, "Customer", &texts([("customer_name", "Beto Prueba")]), &fields(["name"])).await;
    let moment =
        Value::DateTime(Moment { utc: "2026-11-20T16:00:00.5Z".parse().unwrap(), raw: String::new() });
    let mut sent = texts([("customer", "Beto Prueba"), ("last4", "4242"), ("amount", "1234.5")]);
    sent.insert("linked_at".into(), moment.clone());
    let wanted = fields(["linked_at", "amount", "score", "active"]);
    let record = create(&client, "Bank Card Lab", &sent, &wanted).await;
    let stored = stage.stored("Bank Card Lab", record.reference.id.as_str());
    assert_eq!(stored["linked_at"], json!("2026-11-20 10:00:00.500000"));
    assert_eq!(record.fields.get("linked_at"), Some(&moment));
    assert_eq!(record.fields.get("amount"), Some(&Value::Decimal("1234.5".parse().unwrap())));

    // A number that is cleared holds 0, and that counts as applied.
    let cleared = Fields::from([("amount".into(), Value::Empty)]);
    let updated = applied(client.update(&record.reference, &cleared, at(&record.version), &wanted).await);
    assert_eq!(updated.fields.get("amount"), Some(&Value::Decimal(0.into())));
}

#[tokio::test]
async fn who_wrote_last_and_when_can_be_read() {
    let stage = Stage::agency().await;
    let client = stage.client();
    let wanted = fields(["modified", "modified_by", "creation", "owner", "docstatus"]);
    let record = create(&client, "Contact", &texts([("first_name", "Ana")]), &wanted).await;
    let by = Value::text("sync@example.invalid");
    assert_eq!((record.fields.get("modified_by"), record.fields.get("owner")), (Some(&by), Some(&by)));
    assert_eq!(record.fields.get("docstatus"), Some(&Value::Integer(0)));
    let Some(Value::DateTime(modified)) = record.fields.get("modified") else {
        panic!("no moment: {record:?}");
    };
    // The site's clocks are six hours behind.
    assert_eq!(modified.raw, record.version.as_str());
    let shown: jiff::civil::DateTime = modified.raw.parse().unwrap();
    assert_eq!(
        shown.to_zoned(jiff::tz::TimeZone::get("America/Mexico_City").unwrap()).unwrap().timestamp(),
        modified.utc
    );
    assert_ne!(shown.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp(), modified.utc);
    let read =
        client.read(&"Contact".into(), std::slice::from_ref(&record.reference.id), &wanted).await.unwrap();
    assert_eq!(read, [record]);
}

#[tokio::test]
async fn it_is_told_whether_a_record_is_what_the_write_left() {
    let stage = Stage::agency().await;
    let client = stage.client();
    let wanted = fields(["designation", "email_ids"]);
    let written =
        match client.create(&"Contact".into(), &texts([("first_name", "Ana")]), &key(), &wanted).await {
            WriteOutcome::Applied(written) => written,
            other => panic!("{other:?}"),
        };
    assert!(written.untouched);
    let mut version = written.record.version;
    let mut change = texts([("designation", "Jefa")]);
    for _ in 0..2 {
        match client.update(&written.record.reference, &change, at(&version), &wanted).await {
            WriteOutcome::Applied(written) => {
                assert!(written.untouched);
                version = written.record.version;
            }
            other => panic!("{other:?}"),
        }
        change = Fields::from([("email_ids".into(), emails(&[(None, "ana@example.test")]))]);
    }
}
