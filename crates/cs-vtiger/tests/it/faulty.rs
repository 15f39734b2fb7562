//! Each way to fail, on each kind of request: what the client makes of it.

use cs_domain::{Kind, RecordRef};
use cs_ports::{ChangeFeed, Meter, Reader, WriteOutcome, Writer};
use cs_sandbox::faults::{FaultKind, Turn};
use cs_sandbox::vtiger::Persona;

use crate::world::{World, delay, fault, fields, key, update, wanted};

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
        if let WriteOutcome::Applied(written) = outcome {
            assert!(written.untouched, "{kind:?}");
            assert_eq!(written.record.fields["lastname"].plain(), "Prueba", "{kind:?}");
        }
    }
}

#[tokio::test]
async fn without_a_key_a_lost_create_is_told_by_its_values_and_its_place_in_time() {
    for kind in ALL {
        let world = World::new(Persona::v8_3_0(), vec![fault("create", Turn::Nth(1), kind)]).await;
        // The same person was there before.
        world.put("Contacts", "2026-01-01 10:00:00", &[("lastname", "Prueba"), ("firstname", "Ana")]);
        let client = world.client();
        let values = fields(&[("lastname", "Prueba"), ("firstname", "Ana")]);
        let outcome =
            client.create(&"Contacts".into(), &values, &key("6x1/owner"), &wanted(&["lastname"])).await;
        let (name, done) = expected(kind);
        assert_eq!(told(&outcome), name, "{kind:?}: {outcome:?}");
        assert_eq!(world.count("Contacts"), 1 + usize::from(done), "{kind:?}");
        if let WriteOutcome::Applied(written) = outcome {
            let newest = world.state().records().keys().max().copied().unwrap();
            assert_eq!(
                written.record.reference.id.to_string(),
                format!("12x{newest}"),
                "{kind:?}: not the old one"
            );
        }
    }
}

#[tokio::test]
async fn a_lost_create_that_may_be_one_of_several_stays_unknown() {
    for (others, wrote, name) in [
        // Somebody created the same person a moment later.
        (&["Prueba"][..], FaultKind::ErrorAfter, "unknown"),
        // What was made meanwhile is another, and ours may be it, changed by a workflow.
        (&["Otra"][..], FaultKind::ErrorBefore, "unknown"),
        (&["Otra"][..], FaultKind::ErrorAfter, "applied"),
        (&[][..], FaultKind::ErrorBefore, "rejected"),
    ] {
        let faults = vec![
            fault("create", Turn::Nth(1), wrote),
            delay("query", Turn::Nth(2), std::time::Duration::from_millis(150)),
        ];
        let world = World::new(Persona::v8_3_0(), faults).await;
        // With a record in the module, its highest id is one question and the look for the new one the second.
        world.put("Contacts", "2026-01-01 10:00:00", &[("lastname", "Vieja")]);
        let client = world.client();
        let values = fields(&[("lastname", "Prueba")]);
        let kind = Kind::from("Contacts");
        client.schema(&kind).await.unwrap();
        let (k, names) = (key("k"), wanted(&[]));
        let create = client.create(&kind, &values, &k, &names);
        let meanwhile = async {
            // Above the highest id of before, and in time for the look: that one waits.
            while world.server.requests().write < 1 {
                tokio::task::yield_now().await;
            }
            for other in others {
                world.put("Contacts", "2026-01-01 10:00:00", &[("lastname", other)]);
            }
        };
        let (outcome, ()) = tokio::join!(create, meanwhile);
        assert_eq!(told(&outcome), name, "{others:?} {wrote:?}: {outcome:?}");
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
        let outcome = update(&client, &target, &changes, "2026-01-01 10:00:00", &["lastname"]).await;
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
    assert_eq!(client.changes(&contacts, None, &wanted(&[])).await.unwrap().observations.len(), 1);
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
        let error = client.changes(&"Contacts".into(), None, &wanted(&[])).await.unwrap_err();
        assert_eq!(error.code, code);
        assert!(client.requests().read < 20);
    }
}
