//! Deleting documents.

use cs_domain::{Fields, RecordRef, Value};
use cs_frappe::FrappeClient;
use cs_ports::{ErrorKind, Expected, PeerError, Removal, Writer};

use crate::stage::{Stage, applied, at, create, fields, order, texts, with_customer_and_item};

fn refused(removal: Removal) -> PeerError {
    match removal {
        Removal::Rejected(error) => error,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_document_goes_once_and_only_in_the_expected_state() {
    let stage = Stage::agency().await;
    let client = stage.client();
    let wanted = fields(["designation"]);
    let first = create(&client, "Contact", &texts([("first_name", "Ana")]), &wanted).await;
    let change = texts([("designation", "Jefa")]);
    let second = applied(client.update(&first.reference, &change, at(&first.version), &wanted).await);
    assert!(matches!(
        client.delete(&first.reference, Expected { version: &first.version, before: &Fields::new() }).await,
        Removal::Stale
    ));
    assert_eq!(stage.site().count("Contact"), 1);
    for _ in 0..2 {
        assert!(matches!(
            client
                .delete(&first.reference, Expected { version: &second.version, before: &Fields::new() })
                .await,
            Removal::Gone
        ));
        assert_eq!(stage.site().count("Contact"), 0);
    }
}

#[tokio::test]
async fn what_is_linked_submitted_or_not_allowed_stays_and_says_why() {
    let stage = Stage::agency().await;
    let client = stage.client();
    with_customer_and_item(&client).await;
    let wanted = fields(["docstatus"]);
    let draft = create(&client, "Sales Order", &order(), &wanted).await;
    let customer = RecordRef::frappe("Customer", "Cliente Prueba");
    let version = stage.stored("Customer", "Cliente Prueba")["modified"].as_str().unwrap().into();
    let error =
        refused(client.delete(&customer, Expected { version: &version, before: &Fields::new() }).await);
    assert_eq!((&*error.code, error.kind), ("frappe.link_exists", ErrorKind::Refused));
    assert!(error.failure().remedy.contains("disable"), "{error:?}");

    let submit = Fields::from([("docstatus".into(), Value::Integer(1))]);
    let submitted = applied(client.update(&draft.reference, &submit, at(&draft.version), &wanted).await);
    let error = refused(
        client
            .delete(&draft.reference, Expected { version: &submitted.version, before: &Fields::new() })
            .await,
    );
    assert_eq!((&*error.code, error.kind), ("frappe.submitted", ErrorKind::Refused));
    assert!(error.failure().remedy.contains("Cancel"));

    let error = refused(
        stage
            .client_of("reader")
            .delete(&customer, Expected { version: &version, before: &Fields::new() })
            .await,
    );
    assert_eq!((&*error.code, error.kind), ("frappe.permission", ErrorKind::Permission));
    assert_eq!(stage.site().count("Customer"), 1);
    assert_eq!(stage.site().count("Sales Order"), 1);
}

/// The site with one contact, and what a delete comes to under a fault.
async fn under(fault: &str) -> (Stage, FrappeClient, Removal) {
    let script = format!("[[fault]]\noperation = \"delete\"\nfirst = 1\nkind = \"{fault}\"\n");
    let stage = Stage::agency_with(&script).await;
    let client = stage.client();
    let ana = create(&client, "Contact", &texts([("first_name", "Ana")]), &fields(["name"])).await;
    let removal =
        client.delete(&ana.reference, Expected { version: &ana.version, before: &Fields::new() }).await;
    (stage, client, removal)
}

#[tokio::test]
async fn a_lost_answer_is_followed_by_a_look() {
    for fault in ["error_after", "drop_after", "html_after", "truncated"] {
        let (stage, _, removal) = under(fault).await;
        assert!(matches!(removal, Removal::Gone), "{fault}: {removal:?}");
        assert_eq!(stage.site().count("Contact"), 0);
    }
    // The site answered and did nothing, or somebody on the way broke off and it may still be at work.
    for (fault, over) in [("error_before", true), ("html", true), ("drop_before", false)] {
        let (stage, client, removal) = under(fault).await;
        assert_eq!(matches!(removal, Removal::Rejected(_)), over, "{fault}: {removal:?}");
        assert_eq!(matches!(removal, Removal::Unknown(_)), !over, "{fault}: {removal:?}");
        let version = stage.stored("Contact", "Ana")["modified"].as_str().unwrap().into();
        let again = client
            .delete(
                &RecordRef::frappe("Contact", "Ana"),
                Expected { version: &version, before: &Fields::new() },
            )
            .await;
        assert!(matches!(again, Removal::Gone), "{fault}: {again:?}");
    }
}

#[tokio::test]
async fn a_delete_that_answers_500_although_it_is_done_is_done() {
    let stage = Stage::agency().await;
    let client = stage.client();
    let ana = create(&client, "Contact", &texts([("first_name", "Ana")]), &fields(["name"])).await;
    stage.site().switches.queue_down = true;
    assert!(matches!(
        client.delete(&ana.reference, Expected { version: &ana.version, before: &Fields::new() }).await,
        Removal::Gone
    ));
    assert_eq!(stage.site().count("Contact"), 0);
}
