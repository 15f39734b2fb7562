//! Checking a site, preparing it, and filling it quickly.

use std::collections::BTreeMap;

use cs_domain::{Fields, Kind};
use cs_frappe::{
    BatchOutcome, CustomDoctype, CustomField, KindState, Sight, SiteProbe, ZoneProbe, ZoneSource,
};
use cs_ports::{ErrorKind, Reader};

use crate::stage::{Stage, applied, create, fields, rejected, texts};

fn state<'a>(probe: &'a SiteProbe, kind: &str) -> &'a KindState {
    let found = probe.kinds.iter().find(|found| found.kind.as_str() == kind);
    &found.unwrap().state
}

fn wanted() -> BTreeMap<Kind, Vec<cs_domain::FieldName>> {
    BTreeMap::from([
        ("Contact".into(), vec!["first_name".into(), "custom_day_of_birth".into(), "links.link_name".into()]),
        ("Sales Order".into(), vec!["customer".into(), "items.nothing".into()]),
        ("Bank Card".into(), vec!["last_four".into()]),
    ])
}

#[tokio::test]
async fn a_probe_names_what_is_missing() {
    let stage = Stage::unprepared().await;
    let probe = stage.client().probe(&wanted()).await.unwrap();
    assert_eq!(probe.user, "sync@example.invalid");
    assert_eq!(probe.versions.get("erpnext").map(String::as_str), Some("15.65.1"));
    assert_eq!(
        probe.time_zone,
        ZoneProbe::Known { name: "America/Mexico_City".into(), source: ZoneSource::SystemSettings }
    );
    assert!(probe.sees_deletes);
    assert_eq!(probe.sees_renames, Sight::OwnAtMost, "nobody has commented on anything");
    let expected = |submittable: bool, missing: &str| KindState::Present {
        readable: true,
        creatable: true,
        writable: true,
        submittable,
        missing_fields: vec![missing.into()],
    };
    assert_eq!(*state(&probe, "Contact"), expected(false, "custom_day_of_birth"));
    assert_eq!(*state(&probe, "Sales Order"), expected(true, "items.nothing"));
    assert_eq!(*state(&probe, "Bank Card"), KindState::Missing);

    let prepared = Stage::agency().await.client().probe(&wanted()).await.unwrap();
    assert!(
        matches!(state(&prepared, "Bank Card"), KindState::Present { missing_fields, .. } if missing_fields.is_empty())
    );
}

#[tokio::test]
async fn a_probe_tells_what_the_user_may_not() {
    let stage = Stage::agency().await;
    stage.site().cached_time_zone = Some("Asia/Kolkata".into());
    let probe = stage.client_of("narrow").probe(&wanted()).await.unwrap();
    // The site's default can lag behind what it stamps by: where it was learnt is told.
    assert_eq!(
        probe.time_zone,
        ZoneProbe::Known { name: "Asia/Kolkata".into(), source: ZoneSource::SiteDefault }
    );
    let wrong = cs_frappe::FrappeConfig::new(stage.server.url(), "API_KEY_SYNC", "WRONG".to_owned());
    let error = cs_frappe::FrappeClient::new(wrong).unwrap().probe(&wanted()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Credentials);

    let now = "2027-02-01T00:00:00Z".parse().unwrap();
    stage.put("Contact", serde_json::json!({"name": "Ana", "first_name": "Ana"}));
    let renamed = stage
        .site()
        .transact("sync@example.invalid", now, |txn| txn.rename("Contact", "Ana", "Ana 2", false));
    renamed.result.unwrap();
    let sees = async |user: &str| {
        let probe = stage.client_of(user).probe(&BTreeMap::new()).await.unwrap();
        (probe.sees_deletes, probe.sees_renames)
    };
    assert_eq!(sees("admin").await, (true, Sight::Others));
    assert_eq!(sees("sync").await, (true, Sight::OwnAtMost), "it made the only one itself");
    assert_eq!(sees("reader").await, (false, Sight::Others));
    assert_eq!(sees("nobody").await, (false, Sight::OwnAtMost));
    stage.bar("Comment");
    assert_eq!(sees("reader").await, (false, Sight::Barred));
}

#[tokio::test]
async fn a_custom_field_is_live_at_once() {
    let stage = Stage::unprepared().await;
    let client = stage.client();
    let kind = Kind::new("Contact");
    assert!(!client.schema(&kind).await.unwrap().fields.contains_key("custom_vtiger_id"));
    let field = CustomField {
        fieldname: "custom_vtiger_id".into(),
        label: "VTiger ID".into(),
        fieldtype: "Data".into(),
        unique: true,
        ..CustomField::default()
    };
    applied(client.create_custom_field(&kind, &field).await);
    assert!(client.schema(&kind).await.unwrap().fields.get("custom_vtiger_id").unwrap().unique);
    let sent = texts([("first_name", "Ana"), ("custom_vtiger_id", "12x1")]);
    create(&client, "Contact", &sent, &fields(["custom_vtiger_id"])).await;
    assert_eq!(rejected(client.create_custom_field(&kind, &field).await).code, "frappe.validation");
    let narrow = stage.client_of("narrow").create_custom_field(&kind, &field).await;
    assert_eq!(rejected(narrow).kind, ErrorKind::Permission);
}

#[tokio::test]
async fn a_doctype_is_live_at_once() {
    let stage = Stage::unprepared().await;
    let client = stage.client();
    let doctype = CustomDoctype {
        name: "Bank Card".into(),
        autoname: "hash".into(),
        fields: vec![CustomField {
            fieldname: "last_four".into(),
            label: "Last Four".into(),
            fieldtype: "Data".into(),
            length: Some(4),
            mandatory: true,
            ..CustomField::default()
        }],
        roles: vec!["System Manager".into()],
    };
    applied(client.create_doctype(&doctype).await);
    let record = create(&client, "Bank Card", &texts([("last_four", "4242")]), &fields(["last_four"])).await;
    assert_eq!(record.fields, texts([("last_four", "4242")]));
    assert_eq!(rejected(client.create_doctype(&doctype).await).code, "frappe.duplicate");
}

#[tokio::test]
async fn many_documents_are_all_inserted_or_none() {
    let stage = Stage::agency().await;
    let client = stage.client();
    let bank = |name: &str| (Kind::new("Bank"), texts([("bank_name", name)]));
    match client.insert_many(&[bank("Uno"), bank("Dos")]).await {
        BatchOutcome::Inserted(names) => assert_eq!(names[1].id.as_str(), "Dos"),
        other => panic!("{other:?}"),
    }
    match client.insert_many(&[bank("Tres"), bank("Dos")]).await {
        BatchOutcome::Rejected(error) => assert_eq!(error.code, "frappe.duplicate"),
        other => panic!("{other:?}"),
    }
    assert_eq!(stage.site().count("Bank"), 2);
    let many: Vec<(Kind, Fields)> = (0..201).map(|n| bank(&n.to_string())).collect();
    match client.insert_many(&many).await {
        BatchOutcome::Rejected(error) => assert_eq!(error.code, "frappe.too_many_documents"),
        other => panic!("{other:?}"),
    }
    let lost =
        Stage::agency_with("[[fault]]\noperation = \"create\"\nfirst = 1\nkind = \"drop_after\"\n").await;
    let outcome = lost.client().insert_many(&[bank("Uno"), bank("Dos")]).await;
    assert!(matches!(outcome, BatchOutcome::Unknown(_)), "{outcome:?}");
    assert_eq!(lost.site().count("Bank"), 2);
}
