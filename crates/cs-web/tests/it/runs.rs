//! Runs: the list, one with its log as it grows, and what it wrote.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use cs_domain::mapping::drift::{Drift, DriftChange};
use cs_domain::{
    Action, Advice, Balance, DriftPolicy, Event, Failure, Intent, IntentId, RecordRef, RequestCount,
    Requests, Run, RunId, RunStatus, System, Value, Verdict,
};
use cs_ports::Part;

use crate::world::World;

async fn run(world: &World, id: &str, mapping: &str, status: RunStatus) -> Run {
    let failure = (status == RunStatus::Error).then(|| Failure {
        code: "frappe.unreachable".to_owned(),
        cause: "Frappe does not answer".to_owned(),
        remedy: "See whether it is up.".to_owned(),
        advice: Advice::RetryLater,
        place: None,
    });
    let run = Run {
        id: RunId(id.to_owned()),
        mapping: mapping.into(),
        edition: None,
        status,
        started: "2026-11-20T10:00:00Z".parse().unwrap(),
        ended: status.is_final().then(|| "2026-11-20T10:03:20Z".parse().unwrap()),
        balance: Balance { read: 1_236, created: 1_234, failed: 1, ..Balance::default() },
        requests: Requests {
            vtiger: RequestCount { read: 17, write: 0 },
            frappe: RequestCount { read: 40, write: 2_468 },
        },
        failure,
    };
    world.desk.put_run(&run).await.unwrap();
    run
}

#[tokio::test]
async fn runs_are_found_by_mapping_status_and_day() {
    let world = World::new().await;
    run(&world, "20261120-100000-0001", "policy", RunStatus::Error).await;
    run(&world, "20261120-100000-0002", "company/oscar", RunStatus::Success).await;
    let mut reader = world.visitor(Part::ReadOnly).await;
    let (one, other) = ("/runs/20261120-100000-0001", "/runs/20261120-100000-0002");
    reader.get("/runs").await.shows(&[one, other, "3 min 20 s"]);
    let by_status = reader.get("/runs?status=Error&mapping=&from=&to=").await;
    by_status.shows(&[one]);
    by_status.hides(&[other]);
    let by_mapping = reader.get("/runs?mapping=company%2Foscar").await;
    by_mapping.shows(&[other, "Report of oscar"]);
    by_mapping.hides(&[one]);
    reader.get("/runs?from=2026-11-20&to=2026-11-20").await.shows(&[one]);
    reader.get("/runs?from=2026-11-21").await.shows(&["No run fits"]);
    reader.get("/runs?from=yesterday&status=Odd").await.shows(&[one]);
    for number in 10..70 {
        run(&world, &format!("20261121-1000{number}-0000"), "crm", RunStatus::Success).await;
    }
    let first = reader.get("/runs?mapping=crm").await;
    first.shows(&["/runs?mapping=crm&#38;before=20261121-100020-0000", "20261121-100069"]);
    reader.get("/runs?mapping=crm&before=20261121-100020-0000").await.shows(&["20261121-100019"]);
}

#[tokio::test]
async fn a_run_adds_up_or_says_that_it_does_not() {
    let world = World::new().await;
    let run = run(&world, "20261120-100000-0001", "policy", RunStatus::Error).await;
    let mut reader = world.visitor(Part::ReadOnly).await;
    let page = reader.get(&format!("/runs/{}", run.id)).await;
    page.shows(&[
        "1,234",
        "1,235",
        "1,236",
        "It does not add up",
        "2,468",
        "Frappe does not answer",
        "See whether it is up",
    ]);
    assert_eq!(reader.get("/runs/20200101-000000-0000").await.status, StatusCode::NOT_FOUND);
    assert_eq!(reader.get("/runs/20200101-000000-0000/writes").await.status, StatusCode::NOT_FOUND);
}

/// What had changed in the systems stands in a place of its own, with what the run did about each.
#[tokio::test]
async fn a_run_says_what_had_changed_and_what_it_did_about_it() {
    let world = World::new().await;
    let calm = run(&world, "20261120-100000-0001", "policy", RunStatus::Success).await;
    let run = run(&world, "20261120-100000-0002", "policy", RunStatus::Error).await;
    let drift = |field: &str, change: DriftChange, verdict: DriftPolicy| Event::Drifted {
        drift: Box::new(Drift {
            system: System::Vtiger,
            kind: "SalesOrder".into(),
            field: Some(field.into()),
            label: String::new(),
            change,
            unit: "policy".into(),
            places: Vec::new(),
            verdict,
        }),
    };
    let told = [
        drift("cf_853", DriftChange::FieldVanished, DriftPolicy::Stop),
        drift("cf_855", DriftChange::NotWritable, DriftPolicy::SkipField),
        drift("cf_857", DriftChange::Shortened { from: 80, to: 40 }, DriftPolicy::GoOn),
    ];
    world.desk.append_log(&run.id, world.now(), &told).await.unwrap();
    let mut reader = world.visitor(Part::ReadOnly).await;
    reader.get(&format!("/runs/{}", calm.id)).await.hides(&["had changed"]);
    for path in ["", "/state"] {
        reader.get(&format!("/runs/{}{path}", run.id)).await.shows(&[
            "3 fields that the mapping uses had changed",
            "cf_853 of SalesOrder in VTiger is not there any more",
            "The run stopped",
            "Runs go on without it",
            "cf_857 of SalesOrder in VTiger takes 40 characters; it took 80",
            "Runs go on<",
            "/mappings/policy/drift",
        ]);
    }
    // What a run that stopped did not live to do is not said of it; of one that went on, it is.
    reader.get(&format!("/runs/{}", run.id)).await.hides(&["It went on"]);
    let went_on = self::run(&world, "20261120-100000-0003", "policy", RunStatus::PartialSuccess).await;
    world.desk.append_log(&went_on.id, world.now(), &told[1..]).await.unwrap();
    let page = reader.get(&format!("/runs/{}", went_on.id)).await;
    page.shows(&[
        "2 fields that the mapping uses had changed",
        "It went on without the field",
        "It went on<",
    ]);
}

#[tokio::test]
async fn the_log_is_told_in_words_and_grows() {
    let world = World::new().await;
    let run = run(&world, "20261120-100000-0001", "policy", RunStatus::InProgress).await;
    let subject = RecordRef::vtiger("SalesOrder", "6x1");
    let failure = Failure {
        code: "value.too_long".to_owned(),
        cause: "81 characters do not fit into 80".to_owned(),
        remedy: "Shorten it.".to_owned(),
        advice: Advice::NeedsPerson,
        place: Some("owner.last_name".to_owned()),
    };
    let begin = Event::RunStarted { run: run.id.clone(), mapping: "policy".into() };
    world.desk.append_log(&run.id, world.now(), &[begin]).await.unwrap();
    let mut reader = world.visitor(Part::ReadOnly).await;
    let page = reader.get(&format!("/runs/{}", run.id)).await;
    page.shows(&["The run of policy began", "data-grow=\"/runs/20261120-100000-0001/log?after=\""]);
    let last = page.text().split_once("data-next=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
    let more = [
        Event::Written {
            subject: subject.clone(),
            role: "card".into(),
            document: RecordRef::frappe("Bank Account", "123456789012 - Banco"),
            verb: "create".to_owned(),
        },
        Event::UnitDone { subject, verdict: Verdict::Failed, failures: vec![failure], balance: run.balance },
    ];
    world.desk.append_log(&run.id, world.now(), &more).await.unwrap();
    let grown = reader.get(&format!("/runs/{}/log?after={last}", run.id)).await;
    grown.shows(&[
        "Created Bank Account ****9012 - Banco (card)",
        "value.too_long",
        "Shorten it.",
        "data-next",
    ]);
    grown.hides(&["The run of policy began", "<html", "12345678"]);
    assert_eq!(grown.text().matches("data-next").count(), 1);
    reader.get(&format!("/runs/{}/log?after=999999", run.id)).await.hides(&["data-next"]);
    reader.get(&format!("/runs/{}/state", run.id)).await.shows(&["Still counting"]);
}

#[tokio::test]
async fn the_journal_tells_before_and_after() {
    let world = World::new().await;
    let run = run(&world, "20261120-100000-0001", "policy", RunStatus::Success).await;
    let intents: Vec<Intent> = (0..60)
        .map(|number| Intent {
            id: IntentId(format!("{}-{number:04}", run.id)),
            run: run.id.clone(),
            mapping: "policy".into(),
            unit: "policy".into(),
            subject: RecordRef::vtiger("SalesOrder", format!("6x{number}")),
            role: Some("owner".into()),
            action: Action::Update {
                target: RecordRef::frappe("Contact", format!("Ana {number}")),
                changes: BTreeMap::from([("last_name".into(), Value::text("Nueva"))]),
                expected: "1".into(),
                before: BTreeMap::from([("last_name".into(), Value::text("Vieja"))]),
            },
        })
        .collect();
    world.record_intents("policy", &intents).await;
    let mut reader = world.visitor(Part::ReadOnly).await;
    let page = reader.get(&format!("/runs/{}/writes", run.id)).await;
    page.shows(&[
        "60 writes",
        "<del>Vieja</del>",
        "<ins>Nueva</ins>",
        "Contact Ana 49",
        "1 / 2",
        "On its way",
    ]);
    page.hides(&["Contact Ana 50"]);
    reader.get(&format!("/runs/{}/writes?page=2", run.id)).await.shows(&["Contact Ana 59"]);
    reader.get(&format!("/runs/{}/writes?page=99", run.id)).await.shows(&["Contact Ana 59"]);
}

#[tokio::test]
async fn a_number_of_an_account_that_was_written_to_vtiger_shows_its_last_digits() {
    let world = World::new().await;
    let run = run(&world, "20261120-100000-0001", "policy", RunStatus::Success).await;
    let (account, order): (&str, &str) = ("cf_1479", "cf_2803");
    let said =
        |text: &str| BTreeMap::from([(account.into(), Value::text(text)), (order.into(), Value::text(text))]);
    let subject = RecordRef::vtiger("SalesOrder", "6x1");
    let intent = Intent {
        id: IntentId(format!("{}-0000", run.id)),
        run: run.id.clone(),
        mapping: "policy".into(),
        unit: "policy".into(),
        subject: subject.clone(),
        role: None,
        action: Action::Update {
            target: subject,
            changes: said("3196609290"),
            expected: "1".into(),
            before: said("1111222233"),
        },
    };
    world.record_intents("policy", &[intent]).await;
    let mut reader = world.visitor(Part::ReadOnly).await;
    for address in [format!("/runs/{}/writes", run.id), format!("/api/v1/runs/{}/writes", run.id)] {
        let page = reader.get(&address).await;
        page.shows(&["****9290", "****2233", "3196609290"]);
        // What is no number of an account is shown as it is, once before and once after.
        assert_eq!(page.text().matches("3196609290").count(), 1, "{}", page.text());
    }
}
