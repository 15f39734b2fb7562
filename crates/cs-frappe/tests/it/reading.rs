//! Reading and searching.

use cs_domain::{RecordId, RecordRef, Value};
use cs_frappe::{FrappeClient, FrappeConfig};
use cs_ports::{Criterion, Discovery, ErrorKind, FieldRequest, FieldRequests, Guard, Meter, Reader};
use serde_json::json;

use crate::stage::{Stage, create, fields, texts};

fn names(records: &[cs_domain::Record]) -> Vec<&str> {
    records.iter().map(|record| record.reference.id.as_str()).collect()
}

fn one_of(field: &str, values: impl IntoIterator<Item = Value>) -> Criterion {
    Criterion { field: field.into(), any_of: values.into_iter().collect() }
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

#[tokio::test]
async fn wrong_credentials_are_told_as_such() {
    let stage = Stage::agency().await;
    for (key, secret) in [("API_KEY_SYNC", "WRONG-SECRET"), ("NOBODYS-KEY", "API_SECRET_SYNC")] {
        let client =
            FrappeClient::new(FrappeConfig::new(stage.server.url(), key, secret.to_owned())).unwrap();
        let error = client.schema(&"Contact".into()).await.unwrap_err();
        assert_eq!((error.kind, &*error.code), (ErrorKind::Credentials, "frappe.credentials"));
        let shown = format!("{error:?} {error} {client:?}");
        assert!(!shown.contains(secret) && !shown.contains(key), "{shown}");
    }
}

#[tokio::test]
async fn any_number_of_names_is_read_with_their_rows() {
    let stage = Stage::agency().await;
    for n in 0..1100 {
        let links = json!([{"link_doctype": "Customer", "link_name": format!("C {n}")}]);
        let name = format!("P {n:04}");
        stage.put("Contact", json!({"name": name, "first_name": name, "links": links}));
    }
    let client = stage.client();
    let kind = "Contact".into();
    client.schema(&kind).await.unwrap();
    client.schema(&"Dynamic Link".into()).await.unwrap();
    let mut ids: Vec<RecordId> = (0..1100).map(|n| format!("P {n:04}").into()).collect();
    ids.extend(["Nadie".into(), "".into()]);
    let before = client.requests();
    let records = client.read(&kind, &ids, &fields(["first_name", "links", "designation"])).await.unwrap();
    assert_eq!(records.len(), 1100);
    for record in &records {
        let number: u32 = record.reference.id.as_str()[2..].parse().unwrap();
        let Some(Value::Rows(rows)) = record.fields.get("links") else {
            panic!("no rows in {record:?}");
        };
        let customer = RecordRef::frappe("Customer", format!("C {number}"));
        assert_eq!(rows[0].columns.get("link_name"), Some(&Value::Reference(customer)));
        assert_eq!(record.fields.get("designation"), Some(&Value::Empty));
    }
    // Three pages, each with a list of rows: not a request per document.
    let requests = client.requests();
    assert_eq!((requests.read - before.read, requests.write), (6, 0));
    assert_eq!(stage.server.requests().read, requests.read);
}

#[tokio::test]
async fn the_true_name_is_told_whatever_the_case() {
    let stage = Stage::agency().await;
    stage.put("Contact", json!({"name": "José Prueba", "first_name": "José"}));
    let client = stage.client();
    let found =
        client.read(&"Contact".into(), &["JOSE PRUEBA".into()], &fields(["first_name"])).await.unwrap();
    assert_eq!(names(&found), ["José Prueba"]);
}

#[tokio::test]
async fn searches_take_many_values_tables_and_nothing() {
    let stage = Stage::agency().await;
    for n in 0..40 {
        let name = format!("P {n:02}");
        let customer = if n % 2 == 0 { "Par" } else { "Impar" };
        let rows = json!([{"link_doctype": "Customer", "link_name": customer},
                          {"link_doctype": "Supplier", "link_name": customer}]);
        let mut document = json!({"name": name, "first_name": name, "links": rows});
        if n < 5 {
            document["designation"] = json!("Jefa");
        }
        stage.put("Contact", document);
    }
    let mut config = stage.config("sync");
    config.page_length = 7;
    let client = FrappeClient::new(config).unwrap();
    let kind = "Contact".into();
    let wanted = fields(["first_name"]);
    let find = async |criteria: &[Criterion]| client.find(&kind, criteria, &wanted).await.unwrap();

    let linked =
        find(&[one_of("links.link_doctype", [text("Customer")]), one_of("links.link_name", [text("Par")])])
            .await;
    assert_eq!(linked.len(), 20);
    assert!(names(&linked).is_sorted());
    // Six hundred values: two requests, no document twice.
    let many = (0..600).map(|n| text(&format!("P {n:02}")));
    assert_eq!(find(&[one_of("first_name", many)]).await.len(), 40);
    let both =
        [one_of("designation", [text("jefa")]), one_of("links.link_name", [text("Par"), text("Impar")])];
    assert_eq!(names(&find(&both).await), ["P 00", "P 01", "P 02", "P 03", "P 04"]);
    assert_eq!(find(&[one_of("designation", [Value::Empty])]).await.len(), 35);
    assert_eq!(find(&[one_of("designation", [])]).await.len(), 0);

    let unknown = client.find(&kind, &[one_of("invented", [text("x")])], &wanted).await.unwrap_err();
    assert_eq!((unknown.kind, &*unknown.code), (ErrorKind::Missing, "frappe.field_missing"));
}

#[tokio::test]
async fn guarded_fields_leave_four_digits() {
    let stage = Stage::agency().await;
    stage.put("Contact", json!({"name": "A", "first_name": "A", "designation": "4111 1111 1111 1234"}));
    let client = stage.client();
    let wanted = FieldRequests(vec![FieldRequest { name: "designation".into(), guard: Guard::LastFour }]);
    let read = client.read(&"Contact".into(), &["A".into()], &wanted).await.unwrap();
    assert_eq!(read[0].fields.get("designation"), Some(&text("1234")));
    assert!(!format!("{read:?}").contains("4111"));
}

#[tokio::test]
async fn schemas_are_asked_once_and_hold_custom_fields() {
    let stage = Stage::agency().await;
    let client = stage.client();
    let kind = "Sales Order".into();
    let schema = client.schema(&kind).await.unwrap();
    let asked = client.requests().read;
    assert_eq!(client.schema(&kind).await.unwrap(), schema);
    assert_eq!(client.requests().read, asked);
    assert!(schema.submittable && schema.creatable && schema.updatable);
    assert!(schema.fields.get("custom_vtiger_id").unwrap().unique);
    assert_eq!(schema.resolve("FFM App ID").unwrap().name.as_str(), "custom_ffm_app_id");
    let missing = client.schema(&"No Such Type".into()).await.unwrap_err();
    assert_eq!((missing.kind, &*missing.code), (ErrorKind::Missing, "frappe.doctype_missing"));
}

#[tokio::test]
async fn what_was_written_is_found_by_its_key() {
    let stage = Stage::agency().await;
    let client = stage.client();
    let wanted = fields(["first_name", "custom_vtiger_id"]);
    let sent = texts([("first_name", "Ana"), ("custom_vtiger_id", "6x231/owner")]);
    let record = create(&client, "Contact", &sent, &wanted).await;
    let criteria = [one_of("custom_vtiger_id", [text("6x231/owner"), text("6x999/owner")])];
    assert_eq!(client.find(&"Contact".into(), &criteria, &wanted).await.unwrap(), [record]);
}

#[tokio::test]
async fn doctypes_are_listed_counted_and_sampled() {
    let stage = Stage::agency().await;
    let client = stage.client();
    let kinds = client.kinds().await.unwrap();
    let named = |name: &str| kinds.iter().find(|about| about.kind.as_str() == name);
    assert!(!named("Customer").unwrap().custom && named("Bank Card").unwrap().custom);
    for left_out in ["Contact Email", "System Settings", "Custom Field", "DocField"] {
        assert!(named(left_out).is_none(), "{left_out} is no kind to map");
    }
    let kind = "Contact".into();
    for (n, name) in ["Ana", "Eva", "Eva", "Luis"].iter().enumerate() {
        let row = json!({"name": format!("{name}-{n}"), "first_name": name, "creation": format!("2026-01-0{}", n + 1)});
        stage.put("Contact", row);
    }
    assert_eq!(client.count(&kind, &[]).await.unwrap(), Some(4));
    assert_eq!(client.count(&kind, &[one_of("first_name", [text("Eva")])]).await.unwrap(), Some(2));
    assert_eq!(client.count(&kind, &[one_of("first_name", [])]).await.unwrap(), Some(0));
    let newest = client.newest(&kind, &fields(["first_name"]), 3).await.unwrap();
    let ids: Vec<&str> = newest.iter().map(|record| record.reference.id.as_str()).collect();
    assert_eq!(ids, ["Luis-3", "Eva-2", "Eva-1"]);
    assert_eq!(newest[0].fields.get("first_name"), Some(&text("Luis")));
}
