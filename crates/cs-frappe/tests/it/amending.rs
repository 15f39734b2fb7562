//! Submitted documents: what they do not take, and how they are amended.

use cs_domain::{Fields, Record, RecordRef, Value, Version};
use cs_frappe::FrappeClient;
use cs_ports::{Criterion, ErrorKind, FieldRequests, Reader, WriteOutcome, Writer, Written};
use serde_json::json;

use crate::stage::{
    Stage, applied, at, create, fields, order, rejected, texts, unknown, with_customer_and_item,
};

fn wanted() -> FieldRequests {
    fields(["docstatus", "delivery_date", "grand_total", "items", "custom_vtiger_id", "amended_from"])
}

fn day(date: &str) -> Fields {
    Fields::from([("delivery_date".into(), Value::Date(date.parse().unwrap()))])
}

/// An order with an external id, submitted.
async fn submitted(client: &FrappeClient) -> Record {
    with_customer_and_item(client).await;
    let mut order = order();
    order.insert("custom_vtiger_id".into(), Value::text("6x231/order"));
    let draft = create(client, "Sales Order", &order, &wanted()).await;
    let submit = Fields::from([("docstatus".into(), Value::Integer(1))]);
    applied(client.update(&draft.reference, &submit, at(&draft.version), &wanted()).await)
}

fn amended(outcome: WriteOutcome) -> Written {
    match outcome {
        WriteOutcome::Applied(written) => written,
        other => panic!("not amended: {other:?}"),
    }
}

fn get<'a>(record: &'a Record, field: &str) -> &'a Value {
    record.fields.get(field).unwrap()
}

async fn by_key(client: &FrappeClient) -> Vec<Record> {
    let key = Criterion { field: "custom_vtiger_id".into(), any_of: vec![Value::text("6x231/order")] };
    client.find(&"Sales Order".into(), &[key], &wanted()).await.unwrap()
}

#[tokio::test]
async fn a_submitted_order_tells_what_it_did_not_take() {
    let stage = Stage::agency().await;
    let client = stage.client();
    let order = submitted(&client).await;
    assert_eq!(get(&order, "docstatus"), &Value::Integer(1));
    assert_eq!(get(&order, "grand_total"), &Value::Decimal("301".parse().unwrap()));
    let Value::Rows(rows) = get(&order, "items") else {
        panic!("no rows");
    };
    assert_eq!(rows[0].columns.get("rate"), Some(&Value::Decimal("150.5".parse().unwrap())));
    let schema = client.schema(&"Sales Order".into()).await.unwrap();
    assert!(schema.submittable && schema.fields["po_no"].allow_on_submit);
    assert!(!schema.fields["transaction_date"].allow_on_submit);

    let mut version = order.version;
    let cases = [
        ("delivery_date", "2026-12-15", "frappe.not_applied"),
        ("transaction_date", "2026-11-19", "frappe.update_after_submit"),
    ];
    for (field, date, code) in cases {
        let change = texts([(field, date)]);
        let error = rejected(client.update(&order.reference, &change, at(&version), &wanted()).await);
        assert_eq!((&*error.code, error.kind), (code, ErrorKind::Refused));
        version =
            stage.stored("Sales Order", order.reference.id.as_str())["modified"].as_str().unwrap().into();
    }
    let back = Fields::from([("docstatus".into(), Value::Integer(0))]);
    let error = rejected(client.update(&order.reference, &back, at(&version), &wanted()).await);
    assert_eq!(error.code, "frappe.docstatus");
    // An order without items breaks Frappe's own code, which is the data's fault all the same.
    let bare = texts([("customer", "Cliente Prueba"), ("delivery_date", "2026-11-30")]);
    let error = rejected(client.create(&"Sales Order".into(), &bare, &crate::stage::key(), &wanted()).await);
    assert_eq!((&*error.code, error.kind), ("frappe.server_error", ErrorKind::Refused));
}

#[tokio::test]
async fn an_amended_order_takes_over_everything_and_the_external_id() {
    let stage = Stage::agency().await;
    let client = stage.client();
    let first = submitted(&client).await;
    let name = first.reference.id.to_string();
    let written =
        amended(client.amend(&first.reference, &day("2026-12-15"), &first.version, &wanted()).await);
    assert!(written.untouched);
    let second = written.record;
    assert_eq!(second.reference.id.as_str(), format!("{name}-1"));
    assert_eq!(get(&second, "docstatus"), &Value::Integer(1));
    assert_eq!(get(&second, "delivery_date"), &Value::Date("2026-12-15".parse().unwrap()));
    assert_eq!(get(&second, "grand_total"), get(&first, "grand_total"));
    assert_eq!(get(&second, "custom_vtiger_id"), &Value::text("6x231/order"));
    assert_eq!(get(&second, "amended_from"), &Value::Reference(first.reference.clone()));
    let stored = stage.stored("Sales Order", second.reference.id.as_str());
    assert_eq!(stored["custom_ffm_app_id"], json!("FFM-1"));
    assert_eq!(stored["items"][0]["parent"], json!(second.reference.id));
    let old = stage.stored("Sales Order", &name);
    assert_eq!((&old["docstatus"], &old["delivery_date"]), (&json!(2), &json!("2026-11-30")));
    assert_ne!(old["items"][0]["name"], stored["items"][0]["name"]);
    // Whoever looks for the external id finds the one that counts.
    assert_eq!(by_key(&client).await, std::slice::from_ref(&second));

    // The same again on the amended one.
    let third = client.amend(&second.reference, &day("2026-12-20"), &second.version, &wanted()).await;
    let third = amended(third).record;
    assert_eq!(third.reference.id.as_str(), format!("{name}-2"));
    assert_eq!(by_key(&client).await, [third]);
    assert_eq!(stage.site().count("Sales Order"), 3);
}

#[tokio::test]
async fn only_what_is_submitted_and_unmoved_is_amended() {
    let stage = Stage::agency().await;
    let client = stage.client();
    let order = submitted(&client).await;
    let stale = Version::from("2026-01-01 00:00:00.000000");
    let outcome = client.amend(&order.reference, &day("2026-12-15"), &stale, &wanted()).await;
    assert!(matches!(outcome, WriteOutcome::Stale), "{outcome:?}");
    let draft = create(&client, "Sales Order", &crate::stage::order(), &wanted()).await;
    let error = rejected(client.amend(&draft.reference, &day("2026-12-15"), &draft.version, &wanted()).await);
    assert_eq!((&*error.code, error.kind), ("frappe.not_submitted", ErrorKind::Refused));
    let gone = RecordRef::frappe("Sales Order", "SAL-ORD-2026-99999");
    let error = rejected(client.amend(&gone, &day("2026-12-15"), &stale, &wanted()).await);
    assert_eq!(error.code, "frappe.missing");
    // What would be refused is refused before anything is cancelled.
    let unfit = texts([("delivery_date", "mañana")]);
    let error = rejected(client.amend(&order.reference, &unfit, &order.version, &wanted()).await);
    assert_eq!(error.code, "value.wrong_type");
    assert_eq!(stage.stored("Sales Order", order.reference.id.as_str())["docstatus"], json!(1));
}

#[tokio::test]
async fn a_copy_that_is_refused_is_told_and_made_the_next_time() {
    let stage = Stage::agency().await;
    let client = stage.client();
    let order = submitted(&client).await;
    // ERPNext refuses a delivery before the order.
    let refused = client.amend(&order.reference, &day("2026-11-01"), &order.version, &wanted()).await;
    let error = rejected(refused);
    assert_eq!((&*error.code, error.kind), ("frappe.half_amended", ErrorKind::Refused));
    let failure = error.failure();
    assert!(
        failure.cause.contains("is cancelled") && failure.cause.contains("Expected Delivery Date"),
        "{failure:?}"
    );
    assert!(failure.remedy.contains("next run"), "{failure:?}");
    assert_eq!(stage.stored("Sales Order", order.reference.id.as_str())["docstatus"], json!(2));
    assert_eq!(by_key(&client).await, []);

    // Corrected at its source it goes through, though the version has moved: the cancelling was ours.
    let again = client.amend(&order.reference, &day("2026-12-15"), &order.version, &wanted()).await;
    let again = amended(again).record;
    assert_eq!(by_key(&client).await, [again]);
}

#[tokio::test]
async fn wherever_the_answer_is_lost_one_amended_order_comes_of_it() {
    for operation in ["update", "create"] {
        for fault in ["error_before", "error_after", "drop_before", "drop_after", "html_after", "truncated"] {
            // Item, customer and order are created before, and the order is submitted by an update.
            let turn = if operation == "update" { 2 } else { 4 };
            let script =
                format!("[[fault]]\noperation = \"{operation}\"\nnth = {turn}\nkind = \"{fault}\"\n");
            let stage = Stage::agency_with(&script).await;
            let client = stage.client();
            let order = submitted(&client).await;
            let (change, version) = (day("2026-12-15"), &order.version);
            let mut outcome = client.amend(&order.reference, &change, version, &wanted()).await;
            let place = format!("{fault} over {operation}");
            if fault.ends_with("before") {
                let error = match outcome {
                    WriteOutcome::Unknown(error) if fault == "drop_before" => error,
                    WriteOutcome::Rejected(error) if fault == "error_before" => error,
                    other => panic!("{place}: {other:?}"),
                };
                assert_eq!(error.code == "frappe.half_amended", operation == "create", "{place}");
                outcome = client.amend(&order.reference, &change, version, &wanted()).await;
            }
            let first = amended(outcome).record;
            // And once more, as after a crash before the answer was noted.
            let second = amended(client.amend(&order.reference, &change, version, &wanted()).await);
            assert_eq!(second.record, first, "{place}");
            assert!(!second.untouched);
            assert_eq!(stage.site().count("Sales Order"), 2, "{place}");
            assert_eq!(by_key(&client).await, [first], "{place}");
        }
    }
}

#[tokio::test]
async fn an_order_that_a_person_cancelled_or_amended_is_left_alone() {
    let now = "2027-03-01T00:00:00Z".parse().unwrap();
    let stage = Stage::agency().await;
    let client = stage.client();
    let order = submitted(&client).await;
    let name = order.reference.id.as_str();
    let cancel = json!({"docstatus": 2});
    let cancelled = stage
        .site()
        .transact("Administrator", now, |txn| txn.update("Sales Order", name, cancel.as_object().unwrap()));
    let version = cancelled.result.unwrap()["modified"].as_str().unwrap().into();
    let outcome = client.amend(&order.reference, &day("2026-12-15"), &order.version, &wanted()).await;
    assert!(matches!(outcome, WriteOutcome::Stale), "{outcome:?}");
    // Decided on the cancelled order as it is, the copy is made; but Frappe kept the external id, and says so.
    let error = rejected(client.amend(&order.reference, &day("2026-12-15"), &version, &wanted()).await);
    assert_eq!((&*error.code, error.kind), ("frappe.half_amended", ErrorKind::Exists));
    assert_eq!(stage.site().count("Sales Order"), 1);

    // Amended by a person to something else.
    let stage = Stage::agency().await;
    let client = stage.client();
    let order = submitted(&client).await;
    let first = client.amend(&order.reference, &day("2026-12-15"), &order.version, &wanted()).await;
    let first = amended(first).record;
    let error = rejected(client.amend(&order.reference, &day("2026-12-24"), &order.version, &wanted()).await);
    assert_eq!((&*error.code, error.kind), ("frappe.amended_elsewhere", ErrorKind::Refused));
    assert!(error.failure().remedy.contains(first.reference.id.as_str()));
}

#[tokio::test]
async fn a_look_that_fails_leaves_it_open() {
    let script = "[[fault]]\noperation = \"update\"\nnth = 2\nkind = \"drop_after\"\n\
                  [[fault]]\noperation = \"get\"\nnth = 5\nkind = \"error_before\"\n";
    let stage = Stage::agency_with(script).await;
    let client = stage.client();
    let order = submitted(&client).await;
    let error = unknown(client.amend(&order.reference, &day("2026-12-15"), &order.version, &wanted()).await);
    assert_eq!(error.code, "frappe.broken");
    assert_eq!(stage.stored("Sales Order", order.reference.id.as_str())["docstatus"], json!(2));
    let again = client.amend(&order.reference, &day("2026-12-15"), &order.version, &wanted()).await;
    assert_eq!(by_key(&client).await, [amended(again).record]);
}
