//! The first page: what needs attention, and the charts with their tables.

use cs_domain::{Balance, Requests, Run, RunId, RunStatus};
use cs_ports::{Book, FindingId, FindingsOfRun, FoundFinding, LoadedReport, Part};

use crate::world::World;

async fn run(world: &World, id: &str, started: &str, balance: Balance) {
    let run = Run {
        id: RunId(id.to_owned()),
        mapping: "policy".into(),
        edition: None,
        status: balance.status(),
        started: started.parse().unwrap(),
        ended: Some(started.parse().unwrap()),
        balance,
        requests: Requests::default(),
        failure: None,
    };
    assert!(matches!(run.status, RunStatus::Success | RunStatus::PartialSuccess));
    world.desk.put_run(&run).await.unwrap();
}

fn finding(number: u32, kind: &str) -> FoundFinding {
    let book = Book { company: "oscar".to_owned(), broker: "BS".to_owned() };
    FoundFinding {
        id: FindingId::of(&book, kind, &number.to_string(), ""),
        kind: kind.to_owned(),
        member_id: number.to_string(),
        message: kind.to_owned(),
        parameters: std::collections::BTreeMap::new(),
        salesorder_no: None,
        issuer: None,
        place: None,
        source: Vec::new(),
        premium: None,
    }
}

#[tokio::test]
async fn an_empty_desk_says_what_to_do() {
    let world = World::new().await;
    let mut reader = world.visitor(Part::ReadOnly).await;
    let page = reader.get("/").await;
    page.shows(&["Nothing has run yet", "Nothing happened in these days", "2026-10-24", "2026-11-22"]);
    page.hides(&["New report", " style="]);
    world.visitor(Part::SyncerUser).await.get("/").await.shows(&["New report", "/scheduler/new"]);
}

#[tokio::test]
async fn charts_count_by_day_and_say_it_in_a_table() {
    let world = World::new().await;
    let balance = Balance { read: 1_500, created: 1_000, unchanged: 400, failed: 100, ..Balance::default() };
    run(&world, "20261120-100000-0001", "2026-11-20T10:00:00Z", balance).await;
    run(&world, "20261120-110000-0001", "2026-11-20T11:00:00Z", balance).await;
    let old = Balance { read: 7, updated: 7, ..Balance::default() };
    run(&world, "20260901-100000-0001", "2026-09-01T10:00:00Z", old).await;
    let report = LoadedReport {
        book: Book { company: "oscar".to_owned(), broker: "BS".to_owned() },
        run: RunId("20261121-100000-0001".to_owned()),
        as_of: "2026-11-21".parse().unwrap(),
        file: "a.csv".to_owned(),
        digest: "d".to_owned(),
        profile: "{}".to_owned(),
        totals: "{}".to_owned(),
        approved: String::new(),
    };
    let found = (0..5).map(|number| finding(number, if number < 4 { "unpaid" } else { "not_in_crm" }));
    let taken = FindingsOfRun { report, at: world.now(), found: found.collect(), persisting: Vec::new() };
    world.take_in(&taken).await;
    let mut reader = world.visitor(Part::ReadOnly).await;
    let page = reader.get("/").await;
    page.shows(&[
        "Company Sync Data",
        "Written: 2,000",
        "In step: 800",
        "At most 3,000 a day",
        "<rect class=\"s1\"",
    ]);
    page.shows(&["Sync Error Logs", "Failed units: 200", "New findings: 5", "unpaid (en)", "Oscar"]);
    page.shows(&["/scheduler/findings?state=open&#38;kind=unpaid", "role=\"img\"", "As a table"]);
    let narrow = reader.get("/?from=2026-09-01&to=2026-09-02").await;
    narrow.shows(&["Written: 7", "1 Sep 2026"]);
    reader.get("/?from=soon").await.shows(&["Written: 2,000"]);
    reader.get("/workspace/now").await.shows(&["findings to review", "/runs/20261120-110000-0001"]);
}
