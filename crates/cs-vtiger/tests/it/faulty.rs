//! Each way to fail, on each kind of request: what the client makes of it.

use cs_domain::{Kind, RecordRef};
use cs_ports::{ChangeFeed, Meter, Reader, WriteOutcome, Writer};
use cs_sandbox::faults::{FaultKind, Turn};
use cs_sandbox::vtiger::Persona;

use crate::world::{World, fault, fields, key, wanted};

const ALL: [FaultKind; 9] = [
    FaultKind::ErrorBefore,
    FaultKind::ErrorAfter,
    FaultKind::DropBefore,
    FaultKind::DropAfter,
    FaultKind::Html,
    FaultKind::HtmlAfter,
    FaultKind::SessionExpired,
    FaultKind::RateLimited,
    FaultKind::Truncated,
];

fn told(outcome: &WriteOutcome) -> &'static str {
    match outcome {
        WriteOutcome::Applied(_) => "applied",
        WriteOutcome::Stale => "stale",
        WriteOutcome::Rejected(_) => "rejected",
        WriteOutcome::Unknown(_) => "unknown",
    }
}

/// What a write comes to whose first try meets the fault. "Unknown" is left only where the connection broke before the
/// work was done: the server might still be at it.
fn expected(kind: FaultKind) -> (&'static str, bool) {
    match kind {
        FaultKind::ErrorBefore | FaultKind::Html => ("rejected", false),
        FaultKind::DropBefore => ("unknown", false),
        _ => ("applied", true),
    }
}

#[tokio::test]
async fn a_create_is_never_doubted_wrongly_nor_made_twice() {
    for kind in ALL {
        let world = World::new(Persona::v8_3_0(), vec![fault("create", Turn::Nth(1), kind)]).await;
        world.put("Contacts", "2026-01-01 10:00:00", &[("lastname", "Otra")]);
        let client = world.client();
        let values = fields(&[("lastname", "Prueba"), ("department", "6x1/owner")]);
        let outcome =
            client.create(&"Contacts".into(), &values, &key("6x1/owner"), &wanted(&["lastname"])).await;
        let (name, done) = expected(kind);
        assert_eq!(told(&outcome), name, "{kind:?}: {outcome:?}");
        assert_eq!(world.count("Contacts"), 1 + usize::from(done), "{kind:?}");
        if let WriteOutcome::Applied(record) = outcome {
            assert_eq!(record.fields["lastname"].plain(), "Prueba", "{kind:?}");
        }
    }
}

#[tokio::test]
async fn without_a_key_to_look_for_a_lost_create_stays_unknown() {
    for kind in [FaultKind::ErrorAfter, FaultKind::DropAfter, FaultKind::HtmlAfter, FaultKind::Truncated] {
        let world = World::new(Persona::v8_3_0(), vec![fault("create", Turn::Nth(1), kind)]).await;
        let client = world.client();
        let values = fields(&[("lastname", "Prueba")]);
        let outcome = client.create(&"Contacts".into(), &values, &key("6x1/owner"), &wanted(&[])).await;
        assert_eq!(told(&outcome), "unknown", "{kind:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_revise_is_judged_by_what_the_record_holds() {
    for kind in ALL {
        let world = World::new(Persona::v8_3_0(), vec![fault("revise", Turn::Nth(1), kind)]).await;
        let id = world.put("Contacts", "2026-01-01 10:00:00", &[("lastname", "Prueba")]);
        let client = world.client();
        let target = RecordRef::vtiger("Contacts", id.as_str());
        let changes = fields(&[("lastname", "Nueva")]);
        let outcome =
            client.update(&target, &changes, &"2026-01-01 10:00:00".into(), &wanted(&["lastname"])).await;
        let (name, done) = expected(kind);
        assert_eq!(told(&outcome), name, "{kind:?}: {outcome:?}");
        assert_eq!(world.held(&id, "lastname"), if done { "Nueva" } else { "Prueba" }, "{kind:?}");
    }
}

#[tokio::test]
async fn reads_get_over_every_single_fault() {
    let each = ["getchallenge", "login", "describe", "query"]
        .into_iter()
        .flat_map(|operation| ALL.map(|kind| read_with(operation, kind)));
    futures_util::future::join_all(each).await;
}

async fn read_with(operation: &str, kind: FaultKind) {
    let world = World::new(Persona::v8_3_0(), vec![fault(operation, Turn::Nth(1), kind)]).await;
    let id = world.put("Contacts", "2026-01-01 10:00:00", &[("lastname", "Prueba")]);
    let client = world.client();
    let contacts = Kind::from("Contacts");
    let read = client.read(&contacts, &[id.as_str().into()], &wanted(&["lastname"])).await;
    assert_eq!(read.unwrap_or_else(|error| panic!("{kind:?} {operation}: {error}")).len(), 1);
    assert_eq!(client.changes(&contacts, None).await.unwrap().observations.len(), 1);
}

#[tokio::test]
async fn a_server_that_always_fails_is_given_up_and_told() {
    for (kind, code) in [
        (FaultKind::ErrorBefore, "vtiger.fault"),
        (FaultKind::DropBefore, "vtiger.connection_broke"),
        (FaultKind::Html, "vtiger.garbled"),
    ] {
        let world = World::new(Persona::v8_3_0(), vec![fault("query", Turn::Every(1), kind)]).await;
        let client = world.client();
        let error = client.changes(&"Contacts".into(), None).await.unwrap_err();
        assert_eq!(error.code, code);
        assert!(client.requests().read < 20);
    }
}
