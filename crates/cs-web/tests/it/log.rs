//! The log: what happened, and what people changed.

use cs_domain::{Event, MappingName, RecordRef, RunId};
use cs_ports::{AuditEntry, Part};
use serde_json::json;

use crate::world::World;

async fn happen(world: &World, run: &str, event: Event) {
    world.desk.append_log(&RunId(run.to_owned()), world.now(), &[event]).await.unwrap();
}

#[tokio::test]
async fn what_happened_is_shown_newest_first_and_can_be_narrowed() {
    let world = World::new().await;
    let mapping = MappingName::new("crm");
    for number in 0..120 {
        let run = RunId(format!("20261122-1500{number:02}-0000"));
        happen(&world, &run.0, Event::RunStarted { run: run.clone(), mapping: mapping.clone() }).await;
    }
    let subject = RecordRef::vtiger("Contacts", "12x77");
    happen(&world, "20261122-160000-0001", Event::Recorded { subject, verb: "update".to_owned() }).await;

    let mut reader = world.visitor(Part::ReadOnly).await;
    let page = reader.get("/log").await;
    page.shows(&["20261122-160000-0001", "12x77", "data-refresh", "20261122-1500119-0000"]);
    page.hides(&["20261122-150000-0000", "/log/changes"]);
    let text = page.text();
    assert!(
        text.find("20261122-160000-0001") < text.find("20261122-1500119-0000"),
        "the newest stands first"
    );
    let older = text.split_once("href=\"/log?before=").unwrap().1.split('"').next().unwrap().to_owned();
    let before = reader.get(&format!("/log?before={older}")).await;
    before.shows(&["20261122-150000-0000", "Back to the newest"]);
    before.hides(&["20261122-160000-0001", "data-refresh"]);

    let one = reader.get("/log?run=20261122-150007-0000").await;
    one.shows(&["20261122-150007-0000"]);
    one.hides(&["20261122-160000-0001", "20261122-150008-0000"]);
    let kind = reader.get("/log/rows?kind=recorded").await;
    kind.shows(&["12x77"]);
    kind.hides(&["20261122-1500119-0000", "<h1>"]);
    reader.get("/log?text=nothing%20like%20it&kind=strange&before=x").await.shows(&["Nothing fits."]);
}

#[tokio::test]
async fn what_people_changed_is_for_system_managers() {
    let world = World::new().await;
    for number in 0..60 {
        let entry = AuditEntry {
            sequence: 0,
            at: world.now(),
            who: if number % 2 == 0 { "ana@example.test" } else { "luis@example.test" }.to_owned(),
            action: "person.edit".to_owned(),
            object: format!("person p{number}@example.test"),
            before: json!({ "part": "Read Only", "enabled": true }),
            after: json!({ "part": "Syncer User", "enabled": true }),
        };
        world.desk.record(&entry).await.unwrap();
    }
    let mut manager = world.visitor(Part::SystemManager).await;
    let page = manager.get("/log/changes").await;
    page.shows(&["Changed a person", "p59@example.test", ">Read Only</del>", ">Syncer User</ins>"]);
    page.hides(&["p9@example.test", "enabled"]);
    let text = page.text();
    let older = text.split_once("href=\"/log/changes?before=").unwrap().1.split('"').next().unwrap();
    manager.get(&format!("/log/changes?before={older}")).await.shows(&["p9@example.test"]);
    let hers = manager.get("/users/audit?who=ana%40example.test&action=person.").await;
    hers.shows(&["p58@example.test"]);
    hers.hides(&["p59@example.test"]);
    manager.get("/users/audit?object=person%20p7%40example.test").await.shows(&["p7@example.test"]);
    let mut admin = world.visitor(Part::SyncerAdmin).await;
    assert_eq!(admin.get("/log/changes").await.status, 403);
}
