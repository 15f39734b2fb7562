//! Deleting records.

use cs_domain::{Fields, RecordRef, Version};
use cs_ports::{ErrorKind, Expected, Meter, Removal, WriteOutcome, Writer};
use cs_sandbox::faults::{FaultKind, Turn};
use cs_sandbox::vtiger::Persona;
use cs_vtiger::VtigerConfig;
use secrecy::SecretString;

use crate::world::{World, client, fault, fields, wanted};

const STAMP: &str = "2026-01-01 10:00:00";

fn told(removal: &Removal) -> &'static str {
    match removal {
        Removal::Gone => "gone",
        Removal::Stale => "stale",
        Removal::Rejected(_) => "rejected",
        Removal::Unknown(_) => "unknown",
    }
}

fn is_deleted(world: &World, id: &str) -> bool {
    let number: u64 = id.split_once('x').unwrap().1.parse().unwrap();
    world.state().records()[&number].deleted
}

#[tokio::test]
async fn a_record_is_deleted_only_as_it_was_decided() {
    for persona in [Persona::v8_3_0(), Persona::v8_2_0()] {
        let world = World::new(persona, vec![]).await;
        let id = world.put("Contacts", STAMP, &[("lastname", "Prueba")]);
        world.put("Contacts", STAMP, &[("lastname", "Otra")]);
        let target = RecordRef::vtiger("Contacts", id.as_str());
        let client = world.client();
        assert_eq!(
            told(
                &client
                    .delete(
                        &target,
                        Expected { version: &"2026-01-01 09:00:00".into(), before: &Fields::new() }
                    )
                    .await
            ),
            "stale"
        );
        assert_eq!(client.requests().write, 0);
        assert!(!is_deleted(&world, &id));
        assert_eq!(
            told(&client.delete(&target, Expected { version: &STAMP.into(), before: &Fields::new() }).await),
            "gone"
        );
        assert!(is_deleted(&world, &id));
        assert_eq!(
            told(&client.delete(&target, Expected { version: &STAMP.into(), before: &Fields::new() }).await),
            "gone",
            "again"
        );
        let never = RecordRef::vtiger("Contacts", "12x900000");
        assert_eq!(
            told(&client.delete(&never, Expected { version: &STAMP.into(), before: &Fields::new() }).await),
            "gone"
        );
        assert_eq!(client.requests().write, 1);
        let foreign = RecordRef::vtiger("Contacts", "11x5");
        let Removal::Rejected(error) =
            client.delete(&foreign, Expected { version: &STAMP.into(), before: &Fields::new() }).await
        else {
            panic!()
        };
        assert_eq!(error.code, "vtiger.foreign_id");
    }
}

#[tokio::test]
async fn what_cannot_be_seen_is_gone_only_where_others_can() {
    let world = World::new(Persona::v8_3_0(), vec![]).await;
    let id = world.put("Contacts", STAMP, &[("lastname", "La única")]);
    let user = world.state().users()[&1].clone();
    world.state().delete(&user, &id, jiff::Timestamp::now()).unwrap();
    let target = RecordRef::vtiger("Contacts", id.as_str());
    let Removal::Unknown(error) =
        world.client().delete(&target, Expected { version: &STAMP.into(), before: &Fields::new() }).await
    else {
        panic!()
    };
    assert_eq!((error.code.as_ref(), error.kind), ("vtiger.unseen", ErrorKind::Missing));
    world.put("Contacts", STAMP, &[("lastname", "Testigo")]);
    assert_eq!(
        told(
            &world
                .client()
                .delete(&target, Expected { version: &STAMP.into(), before: &Fields::new() })
                .await
        ),
        "gone"
    );
}

#[tokio::test]
async fn whoever_may_not_is_told_and_the_record_stays() {
    let world = World::new(Persona::v8_3_0(), vec![]).await;
    let id = world.put("Contacts", STAMP, &[("lastname", "De otro")]);
    let config = VtigerConfig::new(world.server.url(), "ventas1", SecretString::from("sandbox-ventas1-key"));
    let removal = client(config)
        .delete(
            &RecordRef::vtiger("Contacts", id.as_str()),
            Expected { version: &STAMP.into(), before: &Fields::new() },
        )
        .await;
    let Removal::Rejected(error) = removal else { panic!("{removal:?}") };
    assert_eq!(error.code, "vtiger.access_denied");
    assert!(!is_deleted(&world, &id));
}

#[tokio::test]
async fn a_lost_answer_is_made_up_for_by_looking() {
    for (kind, outcome, deleted) in [
        (FaultKind::ErrorBefore, "rejected", false),
        (FaultKind::Html, "rejected", false),
        (FaultKind::DropBefore, "unknown", false),
        (FaultKind::ErrorAfter, "gone", true),
        (FaultKind::DropAfter, "gone", true),
        (FaultKind::HtmlAfter, "gone", true),
        (FaultKind::Truncated, "gone", true),
        (FaultKind::SessionExpired, "gone", true),
        (FaultKind::RateLimited, "gone", true),
    ] {
        for witness in [true, false] {
            let world = World::new(Persona::v8_3_0(), vec![fault("delete", Turn::Nth(1), kind)]).await;
            let id = world.put("Contacts", STAMP, &[("lastname", "Prueba")]);
            if witness {
                world.put("Contacts", STAMP, &[("lastname", "Testigo")]);
            }
            let target = RecordRef::vtiger("Contacts", id.as_str());
            let removal = world
                .client()
                .delete(&target, Expected { version: &Version::from(STAMP), before: &Fields::new() })
                .await;
            let answered = matches!(kind, FaultKind::SessionExpired | FaultKind::RateLimited);
            // The last record of a module leaves no witness behind, unless VTiger itself said that it is done.
            let expected = if deleted && !witness && !answered { "unknown" } else { outcome };
            assert_eq!(told(&removal), expected, "{kind:?} {witness}: {removal:?}");
            assert_eq!(is_deleted(&world, &id), deleted, "{kind:?}");
        }
    }
}

#[tokio::test]
async fn nothing_of_vtigers_is_amended() {
    let world = World::new(Persona::v8_3_0(), vec![]).await;
    let client = world.client();
    let target = RecordRef::vtiger("SalesOrder", "6x5");
    let outcome = client.amend(&target, &fields(&[("subject", "x")]), &STAMP.into(), &wanted(&[])).await;
    let WriteOutcome::Rejected(error) = outcome else { panic!("{outcome:?}") };
    assert_eq!((error.code.as_ref(), error.kind), ("vtiger.no_amending", ErrorKind::Unsupported));
    assert!(error.message.contains("never submitted"), "{error}");
    assert_eq!(client.requests().read + client.requests().write, 0);
}
