//! Logging in, being thrown out, and being told what is wrong.

use std::time::Duration;

use cs_ports::{Meter, Reader};
use cs_sandbox::faults::{FaultKind, Turn};
use cs_sandbox::vtiger::{Persona, Rights};
use cs_vtiger::{VtigerConfig, WantedFields};
use secrecy::SecretString;

use crate::world::{World, client, delay, fault, wanted};

#[tokio::test]
async fn a_probe_tells_who_we_are_and_what_is_missing() {
    for (persona, version) in [(Persona::v8_3_0(), "8.3.0"), (Persona::v8_2_0(), "8.2.0")] {
        let world = World::new(persona, vec![]).await;
        world.put("Contacts", "2026-01-01 10:00:00", &[("lastname", "Prueba")]);
        let wants = [
            WantedFields {
                kind: "Contacts".into(),
                read: vec!["lastname".into(), "First Name".into(), "cf_9999".into()],
                write: vec!["modifiedtime".into()],
            },
            WantedFields { kind: "Inexistente".into(), read: vec!["x".into()], write: vec![] },
        ];
        let probe = world.client().probe(&wants).await.unwrap();
        assert_eq!((probe.version.as_str(), probe.user_id.as_str(), probe.admin), (version, "19x1", true));
        assert!(probe.modules.iter().any(|kind| kind.as_str() == "SalesOrder"));
        let contacts = &probe.kinds[0];
        assert!(contacts.visible && contacts.creatable && contacts.updatable, "{contacts:?}");
        assert_eq!(contacts.missing, ["cf_9999"]);
        assert_eq!(contacts.not_writable, ["modifiedtime"]);
        assert_eq!(contacts.newest.as_ref().unwrap().as_str(), "2026-01-01 10:00:00");
        assert!(!probe.kinds[1].visible && probe.kinds[1].problem.is_some());
        assert!(probe.clock_ahead_seconds.abs() < 5);
    }
}

#[tokio::test]
async fn a_user_without_view_all_is_told_that_nothing_is_visible() {
    let world = World::new(Persona::v8_3_0(), vec![]).await;
    let mut user = world.state().users()[&5].clone();
    user.rights = Rights::Profile;
    world.state().put_user(user);
    let config = VtigerConfig::new(world.server.url(), "ventas1", SecretString::from("sandbox-ventas1-key"));
    let wants = [WantedFields { kind: "Contacts".into(), read: vec!["lastname".into()], write: vec![] }];
    let client = client(config);
    let probe = client.probe(&wants).await.unwrap();
    assert!(!probe.admin && !probe.kinds[0].visible, "{probe:?}");
    assert_eq!(probe.kinds[0].missing, ["lastname"]);
    let error = client.schema(&"Contacts".into()).await.unwrap_err();
    assert_eq!(error.code, "vtiger.access_denied");
    assert!(error.failure().remedy.contains("View all"), "{:?}", error.failure());
}

#[tokio::test]
async fn a_wrong_key_is_told_as_such() {
    let world = World::new(Persona::v8_3_0(), vec![]).await;
    let wrong = VtigerConfig::new(world.server.url(), "admin", SecretString::from("wrong-key"));
    let error = client(wrong).schema(&"Contacts".into()).await.unwrap_err();
    assert_eq!(error.code, "vtiger.credentials");
    assert!(error.to_string().contains("does not accept the user and access key"), "{error}");
    assert!(error.failure().remedy.contains("access key"), "{:?}", error.failure());
    assert!(!format!("{error:?}").contains("wrong-key"));

    let nobody = VtigerConfig::new(world.server.url(), "nadie", SecretString::from("x"));
    let error = client(nobody).schema(&"Contacts".into()).await.unwrap_err();
    assert_eq!(error.code, "vtiger.unknown_user");
}

#[tokio::test]
async fn a_server_that_is_down_or_elsewhere_is_told_as_such() {
    let world = World::new(Persona::v8_3_0(), vec![]).await;
    let elsewhere =
        VtigerConfig::new(format!("{}/other.php", world.server.url()), "admin", SecretString::from("x"));
    let error = client(elsewhere).schema(&"Contacts".into()).await.unwrap_err();
    assert_eq!(error.code, "vtiger.http");
    let down = world.config();
    world.server.shutdown().await.unwrap();
    let client = client(down);
    let error = client.schema(&"Contacts".into()).await.unwrap_err();
    assert_eq!(error.code, "vtiger.unreachable");
    assert_eq!(client.requests().read, 1, "whether to come back is for the engine to say");
    assert!(!format!("{error:?}").contains("username"), "no URL in errors: {error:?}");
}

#[tokio::test]
async fn a_challenge_that_another_process_took_away_is_asked_for_again() {
    let late = delay("login", Turn::Nth(1), Duration::from_millis(500));
    let world = World::new(Persona::v8_3_0(), vec![late]).await;
    let client = world.client();
    let kind = "Contacts".into();
    let ask = client.schema(&kind);
    let take_away = async {
        // Challenge and login are both counted when they arrive; the login then waits.
        while world.server.requests().read < 2 {
            tokio::task::yield_now().await;
        }
        world.state().put_challenge(1, "another", jiff::Timestamp::now());
    };
    let (schema, ()) = tokio::join!(ask, take_away);
    schema.unwrap();
    assert_eq!(client.requests().read, 5, "challenge, login, challenge, login, describe");
}

#[tokio::test]
async fn a_forgotten_session_is_replaced_and_the_request_repeated() {
    let expired = fault("query", Turn::Nth(2), FaultKind::SessionExpired);
    let world = World::new(Persona::v8_3_0(), vec![expired]).await;
    let id = world.put("Contacts", "2026-01-01 10:00:00", &[("lastname", "Prueba")]);
    let client = world.client();
    for _ in 0..3 {
        let records =
            client.read(&"Contacts".into(), &[id.as_str().into()], &wanted(&["lastname"])).await.unwrap();
        assert_eq!(records[0].fields["lastname"].plain(), "Prueba");
    }
    world.state().forget_sessions();
    let records =
        client.read(&"Contacts".into(), &[id.as_str().into()], &wanted(&["lastname"])).await.unwrap();
    assert_eq!(records.len(), 1);
    // 3 logins of two requests, 1 describe, 4 reads, 2 of them twice.
    assert_eq!(client.requests().read, 6 + 1 + 4 + 2);
}
