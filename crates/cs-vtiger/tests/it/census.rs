//! Telling what is there, and never that nothing is where the question failed.

use cs_domain::{Kind, RecordId};
use cs_ports::{Census, ChangeFeed, ErrorKind, Meter, PeerError};
use cs_sandbox::vtiger::Persona;
use cs_vtiger::{VtigerClient, VtigerConfig};

use crate::swallowing::swallowing;
use crate::world::{World, client, wanted};

async fn walk(client: &VtigerClient, kind: &Kind) -> Result<Vec<String>, PeerError> {
    let (mut after, mut seen): (Option<RecordId>, Vec<String>) = (None, Vec::new());
    loop {
        let page = client.census(kind, after.as_ref(), &wanted(&["lastname"])).await?;
        seen.extend(page.observations.iter().map(|seen| seen.reference.id.to_string()));
        after = page.observations.last().map(|seen| seen.reference.id.clone()).or(after);
        if !page.more {
            return Ok(seen);
        }
        assert!(!page.observations.is_empty(), "a census goes on only from a record");
    }
}

fn people(world: &World, count: usize) -> Vec<String> {
    let put = |n: usize| world.put("Contacts", "2026-01-01 10:00:00", &[("lastname", &format!("P{n}"))]);
    (0..count).map(put).collect()
}

#[tokio::test]
async fn every_record_is_told_once_by_id_and_deleted_ones_are_left_out() {
    for persona in [Persona::v8_3_0(), Persona::v8_2_0()] {
        for (count, pages) in [(0, 1), (1, 1), (99, 1), (100, 2), (250, 3)] {
            let world = World::new(persona, vec![]).await;
            // Ids of several lengths: they compare as numbers.
            let mut made = people(&world, count);
            world.put("Accounts", "2026-01-01 10:00:00", &[("accountname", "Empresa")]);
            let user = world.state().users()[&1].clone();
            if count == 250 {
                let gone = made.remove(120);
                world.state().delete(&user, &gone, jiff::Timestamp::now()).unwrap();
            }
            let client = world.client();
            client.census(&"Contacts".into(), Some(&"12x99999".into()), &wanted(&[])).await.unwrap();
            let before = client.requests().read;
            assert_eq!(walk(&client, &"Contacts".into()).await.unwrap(), made, "{persona:?} {count}");
            // A page each, and the proof of the end: the highest id, or for an empty module three questions.
            let proof = if count == 0 { 3 } else { 1 };
            assert_eq!(client.requests().read - before, pages + proof, "{count}");
        }
    }
}

#[tokio::test]
async fn a_swallowed_error_is_never_the_end() {
    let world = World::new(Persona::v8_3_0(), vec![]).await;
    let made = people(&world, 120);
    let upstream = world.server.url().trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
    let kind = Kind::from("Contacts");
    let at = |endpoint: String| client(VtigerConfig { endpoint, ..world.config() });

    // The column breaks the database's question, on the first page or the second, or everything does.
    let column = at(swallowing(upstream, |query| query.contains("lastname")).await);
    let second =
        at(swallowing(upstream, |query| query.contains("lastname") && query.contains("where")).await);
    let all = at(swallowing(upstream, |_| true).await);
    let module = at(swallowing(upstream, |query| query.contains("Contacts")).await);
    for (name, client) in [("column", &column), ("second", &second), ("all", &all)] {
        let error = walk(client, &kind).await.unwrap_err();
        assert_eq!(
            (error.code.as_ref(), error.kind),
            ("vtiger.swallowed_sql_error", ErrorKind::Garbled),
            "{name}"
        );
    }
    assert_eq!(
        walk(&module, &kind).await.unwrap(),
        Vec::<String>::new(),
        "this one cannot be told from an empty module"
    );

    // Nor is the feed silent over it for ever.
    let error = column.changes(&kind, None, &wanted(&["lastname"])).await.unwrap_err();
    assert_eq!(error.code, "vtiger.swallowed_sql_error");

    // Once only: the page is asked for again.
    let mut times = 0;
    let once = at(swallowing(upstream, move |query| {
        times += usize::from(query.contains("lastname"));
        query.contains("lastname") && times == 2
    })
    .await);
    assert_eq!(walk(&once, &kind).await.unwrap(), made);
}

#[tokio::test]
async fn a_census_of_another_modules_ids_is_refused() {
    let world = World::new(Persona::v8_3_0(), vec![]).await;
    for after in ["11x5", "12x5' or id > '12x0", "5"] {
        let error =
            world.client().census(&"Contacts".into(), Some(&after.into()), &wanted(&[])).await.unwrap_err();
        assert_eq!(error.code, "vtiger.foreign_id", "{after}");
    }
}
