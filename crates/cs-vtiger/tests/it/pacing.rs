//! How many requests at once, and how many a minute.

use std::time::{Duration, Instant};

use cs_domain::RecordId;
use cs_ports::{Meter, Reader, Writer};
use cs_sandbox::faults::{FaultKind, Turn};
use cs_sandbox::vtiger::Persona;
use cs_vtiger::{VtigerClient, VtigerConfig};
use futures_util::future::join_all;

use crate::world::{World, client, delay, fault, fields, key, wanted};

async fn ask(client: &VtigerClient, id: &RecordId, times: usize) {
    let read =
        || async { client.read(&"Contacts".into(), std::slice::from_ref(id), &wanted(&["lastname"])).await };
    for records in join_all((0..times).map(|_| read())).await {
        assert_eq!(records.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn four_workers_have_a_session_each_and_work_side_by_side() {
    let slow = delay("query", Turn::Every(1), Duration::from_millis(50));
    let world = World::new(Persona::v8_3_0(), vec![slow]).await;
    let id = RecordId::new(world.put("Contacts", "2026-01-01 10:00:00", &[("lastname", "Prueba")]));
    for (workers, at_least, at_most) in [(1, 1_000, 60_000), (4, 250, 900)] {
        let client = client(VtigerConfig { concurrency: workers, ..world.config() });
        client.schema(&"Contacts".into()).await.unwrap();
        let begin = Instant::now();
        ask(&client, &id, 20).await;
        let taken = begin.elapsed().as_millis();
        assert!((at_least..at_most).contains(&taken), "{workers} workers: {taken} ms");
        let logins = client.requests().read - 20 - 1;
        assert_eq!(logins, 2 * workers as u64, "challenge and login for each worker, once");
    }
}

#[tokio::test]
async fn no_more_requests_a_minute_than_allowed() {
    let world = World::new(Persona::v8_3_0(), vec![]).await;
    let id = RecordId::new(world.put("Contacts", "2026-01-01 10:00:00", &[("lastname", "Prueba")]));
    let client = client(VtigerConfig { requests_per_minute: Some(300), ..world.config() });
    let begin = Instant::now();
    ask(&client, &id, 50).await;
    let sent = client.requests().read;
    // 50 at once, then one every 240 ms.
    let due = Duration::from_millis(240 * (sent - 50) - 20);
    assert!(begin.elapsed() >= due, "{sent} requests in {:?}", begin.elapsed());
    assert_eq!(sent, world.server.requests().read, "the meter counts what was sent");
}

#[tokio::test]
async fn a_server_that_says_wait_is_waited_for() {
    let limited = fault("create", Turn::Nth(1), FaultKind::RateLimited);
    let world = World::new(Persona::v8_3_0(), vec![limited]).await;
    let client = world.client();
    let begin = Instant::now();
    let values = fields(&[("lastname", "Prueba")]);
    let outcome = client.create(&"Contacts".into(), &values, &key("k"), &wanted(&[])).await;
    crate::world::applied(outcome);
    assert!(begin.elapsed() >= Duration::from_secs(1), "Retry-After: 1");
    assert_eq!((client.requests().write, world.count("Contacts")), (2, 1));
}
