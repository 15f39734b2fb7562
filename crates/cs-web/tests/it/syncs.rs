//! *VTiger Sync*: running, dry runs and their approval, the brake, schedules.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use cs_domain::plan::{Act, Change, Plan, Planned, Step};
use cs_domain::{
    Advice, Balance, Failure, MappingName, RecordRef, Run, RunId, RunStatus, System, Value, Verdict,
};
use cs_ports::{AuditFilter, Part, StagedState, Task, TaskFilter, TaskId, UnitKey, UnitOutcome, Work};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::world::World;

fn policy() -> MappingName {
    MappingName::new("policy")
}

/// A plan that changes a contact's name, and deletes a document where that is wanted.
fn plan(number: usize, deletes: bool) -> Plan {
    let mut plan = Plan::empty(RecordRef::vtiger("SalesOrder", format!("6x{number}")));
    plan.first = false;
    let contact = RecordRef::frappe("Contact", format!("Ana Prueba {number}"));
    let change = Change {
        field: "last_name".into(),
        before: Some(Value::text("Prueba")),
        after: Planned::Value(Value::text("Prueba <Nueva>")),
    };
    let act = if deletes {
        Act::Delete { target: contact, expected: "1".into() }
    } else {
        Act::Update { target: contact, expected: "1".into() }
    };
    let changes = if deletes { Vec::new() } else { vec![change] };
    plan.departure = deletes.then_some(System::Vtiger);
    plan.steps.push(Step { role: "owner".into(), doctype: "Contact".into(), act, changes });
    plan
}

fn task(world: &World, id: &str, work: Work, status: RunStatus) -> Task {
    Task {
        id: TaskId(id.to_owned()),
        title: "policy Sync on 2026-11-22".to_owned(),
        work,
        status,
        asked_by: "ana@example.test".to_owned(),
        asked: world.now(),
        started: Some(world.now()),
        ended: status.is_final().then(|| world.now()),
        not_before: None,
        attempts: 1,
        attempts_allowed: 3,
        time_limit: 7200,
        cancel: false,
        run: None,
        expected: 10,
        balance: Balance { read: 62, updated: 61, unchanged: 1, ..Balance::default() },
        reached: 0,
        failure: None,
        outcome: json!({
            "cost": {
                "requests": { "vtiger": { "read": 3, "write": 0 }, "frappe": { "read": 1000, "write": 234 } },
                "seconds": 130.2,
            },
        }),
    }
}

fn dry_run() -> Work {
    Work::Sync { mapping: policy(), full: false, census: false, approved_deletes: None, dry_run: true }
}

/// A dry run that is over, with 60 changes and one delete.
async fn shown_dry_run(world: &World) -> TaskId {
    let task = task(world, "20261122-150000-0001", dry_run(), RunStatus::Success);
    world.desk.add_task(&task).await.unwrap();
    let plans: Vec<Plan> = (1..=61).map(|number| plan(number, number == 61)).collect();
    world.desk.add_plans(&task.id, &plans).await.unwrap();
    task.id
}

#[tokio::test]
async fn a_mapping_is_run_once_however_often_somebody_clicks() {
    let world = World::new().await;
    let mut user = world.visitor(Part::SyncerUser).await;
    user.get("/sync").await.shows(&["policy", "SalesOrder", "It has never run", "Run now"]);
    user.post("/sync/policy/run", &[("census", "1")]).await.leads_to("/sync/policy");
    user.get("/sync/policy").await.shows(&["Run with a census", "It will begin in a moment", "Pending"]);
    user.post("/sync/policy/run", &[("census", "1")]).await.leads_to("/sync/policy");
    user.get("/sync/policy").await.shows(&["under way already"]);
    let open = world.desk.open_tasks().await.unwrap();
    let wanted =
        Work::Sync { mapping: policy(), full: false, census: true, approved_deletes: None, dry_run: false };
    assert_eq!(open.iter().map(|task| &task.work).collect::<Vec<_>>(), [&wanted]);
    let cancel = format!("/sync/policy/tasks/{}/cancel", open[0].id);
    user.post(&cancel, &[]).await.leads_to("/sync/policy");
    let stopped = world.desk.task(&open[0].id).await.unwrap().unwrap();
    assert!(stopped.cancel || stopped.status == RunStatus::Cancelled);
    assert!(world.office.state().nudges >= 2);
    assert_eq!(user.get("/sync/nothing").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn who_only_reads_is_offered_nothing_and_refused() {
    let world = World::new().await;
    let id = shown_dry_run(&world).await;
    let mut reader = world.visitor(Part::ReadOnly).await;
    for path in ["/sync".to_owned(), "/sync/policy".to_owned(), format!("/sync/policy/plans/{id}")] {
        let page = reader.get(&path).await;
        page.shows(&["policy"]);
        page.hides(&["action=\"/sync/policy"]);
    }
    for path in ["run", "dry-run", "deletes", &format!("plans/{id}/apply"), "schedules/edit"] {
        let answer = reader.post(&format!("/sync/policy/{path}"), &[("deletes", "3")]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
    }
    let mut user = world.visitor(Part::SyncerUser).await;
    assert_eq!(user.get("/sync/policy/schedules/edit").await.status, StatusCode::FORBIDDEN);
    assert!(world.desk.open_tasks().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_a_dry_run_shows_is_what_is_approved() {
    let world = World::new().await;
    let mut user = world.visitor(Part::SyncerUser).await;
    let answer = user.post("/sync/policy/dry-run", &[("full", "1")]).await;
    assert!(answer.location().starts_with("/sync/policy/plans/"), "{}", answer.location());
    user.get(&answer.location()).await.shows(&["data-task", "Nothing is written"]);

    let id = shown_dry_run(&world).await;
    let path = format!("/sync/policy/plans/{id}");
    let first = user.get(&path).await;
    first.shows(&[
        "About 3 min and 1,237 requests",
        "<del>Prueba</del>",
        "<ins>Prueba &#60;Nueva&#62;</ins>",
        "In 1 of them something is deleted",
        "from=50",
        "Contact Ana Prueba 50",
    ]);
    first.hides(&["Ana Prueba 51", "Prueba <Nueva>"]);
    user.get(&format!("{path}?from=50")).await.shows(&["Ana Prueba 51", "Ana Prueba 61"]);
    let deletes = user.get(&format!("{path}?show=deletes")).await;
    deletes.shows(&["Ana Prueba 61", "It was deleted in VTiger"]);
    deletes.hides(&["Ana Prueba 50<"]);
    user.get(&format!("{path}?show=conflicts")).await.shows(&["Nothing of this kind"]);

    user.post(&format!("{path}/apply"), &[]).await.leads_to("/sync/policy");
    let filter = TaskFilter { kinds: Some(vec!["apply"]), ..TaskFilter::default() };
    let applied = world.desk.tasks(&filter, None, 5).await.unwrap();
    assert_eq!(applied[0].work, Work::Apply { mapping: policy(), plans_of: id });
    let again = user.get(&path).await;
    again.shows(&["Approved by syncer.user@example.test"]);
    again.hides(&["/apply\""]);
}

/// A run that went well at once.
fn run_begun(at: Timestamp) -> Run {
    Run {
        id: RunId("20261122-120000-0001".to_owned()),
        mapping: policy(),
        edition: None,
        status: RunStatus::Success,
        started: at,
        ended: Some(at),
        balance: Balance::default(),
        requests: cs_domain::Requests::default(),
        failure: None,
    }
}

#[tokio::test]
async fn too_many_deletes_wait_for_somebody_to_say_so() {
    let world = World::new().await;
    let run = Run {
        status: RunStatus::PartialSuccess,
        balance: Balance { read: 25, failed: 25, ..Balance::default() },
        ..run_begun(world.now())
    };
    world.desk.put_run(&run).await.unwrap();
    brake(&world, &run.id, 25).await;
    let mut user = world.visitor(Part::SyncerUser).await;
    user.get("/sync/policy").await.shows(&["25 units wait", "Follow up to 25 deletes"]);
    user.get(&format!("/runs/{}", run.id))
        .await
        .shows(&["Follow up to 25 deletes", "Every unit that was read"]);
    user.post(&format!("/runs/{}/deletes", run.id), &[("deletes", "25")]).await.leads_to("/sync/policy");
    let open = world.desk.open_tasks().await.unwrap();
    assert!(matches!(open[0].work, Work::Sync { approved_deletes: Some(25), dry_run: false, .. }));
}

/// Lets so many units fail at the brake.
async fn brake(world: &World, run: &RunId, number: usize) {
    let failure = Failure {
        code: "delete.brake".to_owned(),
        cause: "25 of 30 linked records were deleted".to_owned(),
        remedy: "See whether they were really deleted.".to_owned(),
        advice: Advice::NeedsPerson,
        place: None,
    };
    let outcomes: Vec<UnitOutcome> = (0..number)
        .map(|number| UnitOutcome {
            key: UnitKey {
                mapping: policy(),
                unit: "policy".into(),
                subject: RecordRef::vtiger("SalesOrder", format!("6x{number}")),
            },
            revision: 1,
            version: None,
            verdict: Verdict::Failed,
            state: StagedState::Waiting,
            not_before: None,
            attempts: 1,
            failures: vec![failure.clone()],
            conflicts: Vec::new(),
        })
        .collect();
    world.conclude(run, &outcomes).await;
}

#[tokio::test]
async fn a_schedule_is_looked_at_in_words_before_it_is_kept() {
    let world = World::new().await;
    let mut admin = world.visitor(Part::SyncerAdmin).await;
    admin.get("/sync/policy").await.shows(&["It runs only when somebody starts it"]);
    let mut fields = BTreeMap::from([
        ("name", "mornings"),
        ("cron", "0 6 * * MON-FRI"),
        ("enabled", "1"),
        ("catch_up", "skip"),
        ("minutes", "30"),
        ("attempts", "2"),
    ]);
    let sent = |fields: &BTreeMap<&'static str, &'static str>| -> Vec<(&'static str, &'static str)> {
        fields.iter().map(|(name, value)| (*name, *value)).collect()
    };
    fields.insert("look", "1");
    let look = admin.post("/sync/policy/schedules/edit", &sent(&fields)).await;
    look.shows(&["23 Nov 2026, 06:00", "24 Nov 2026, 06:00", "Monday"]);
    assert!(world.desk.schedules().await.unwrap().is_empty(), "looking keeps nothing");

    fields.remove("look");
    fields.insert("cron", "0 25 * * *");
    fields.insert("minutes", "0");
    let wrong = admin.post("/sync/policy/schedules/edit", &sent(&fields)).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    for text in ["“25” is no hour", "from 1 to 1440", "value=\"0 25 * * *\""] {
        assert!(wrong.text().contains(text), "{text}: {}", wrong.text());
    }

    fields.insert("cron", "0 6 * * MON-FRI");
    fields.insert("minutes", "30");
    admin.post("/sync/policy/schedules/edit", &sent(&fields)).await.leads_to("/sync/policy");
    let kept = world.desk.schedules().await.unwrap().remove(0);
    assert_eq!((kept.time_limit, kept.attempts_allowed, kept.seen), (1800, 2, world.now()));
    admin.get("/sync/policy").await.shows(&[
        "mornings",
        "0 6 * * MON-FRI",
        "at most 30 minutes",
        "2 attempts",
    ]);
    let taken = admin.post("/sync/policy/schedules/edit", &sent(&fields)).await;
    assert!(taken.text().contains("of this name already"), "{}", taken.text());

    admin.post("/sync/policy/schedules/switch", &[("name", "mornings"), ("on", "false")]).await;
    assert!(!world.desk.schedules().await.unwrap()[0].enabled);
    world.pass(jiff::SignedDuration::from_hours(48));
    admin = world.visitor(Part::SyncerAdmin).await;
    admin.post("/sync/policy/schedules/switch", &[("name", "mornings"), ("on", "true")]).await;
    assert_eq!(world.desk.schedules().await.unwrap()[0].seen, world.now(), "what was missed stays missed");
    admin.post("/sync/crm/schedules/remove", &[("name", "mornings")]).await;
    assert_eq!(world.desk.schedules().await.unwrap().len(), 1, "it is another mapping's");
    admin.post("/sync/policy/schedules/remove", &[("name", "mornings")]).await.leads_to("/sync/policy");
    assert!(world.desk.schedules().await.unwrap().is_empty());
    let audit = world.desk.audit(&AuditFilter::default(), None, 10).await.unwrap();
    let said: Vec<&str> = audit.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(said, ["schedule.remove", "schedule.switch", "schedule.switch", "schedule.save"]);
}

/// No list of runs tells of what never became one.
#[tokio::test]
async fn what_was_asked_for_and_could_not_begin_is_told_until_a_run_begins() {
    let world = World::new().await;
    let work =
        Work::Sync { mapping: policy(), full: false, census: false, approved_deletes: None, dry_run: false };
    let failure = Failure {
        code: "store.other_address".to_owned(),
        cause: "the store belongs to another VTiger".to_owned(),
        remedy: "company-sync systems accept".to_owned(),
        advice: Advice::NeedsSetup,
        place: None,
    };
    let fell =
        Task { failure: Some(failure), ..task(&world, "20261122-160000-0001", work, RunStatus::Error) };
    world.desk.add_task(&fell).await.unwrap();
    let mut user = world.visitor(Part::ReadOnly).await;
    let told = ["could not begin", "belongs to another VTiger"];
    for page in ["/", "/sync", "/sync/policy"] {
        user.get(page).await.shows(&told);
    }
    user.get("/sync/policy").await.shows(&["company-sync systems accept"]);

    world.desk.put_run(&run_begun(world.now() + SignedDuration::from_secs(1))).await.unwrap();
    for page in ["/", "/sync", "/sync/policy"] {
        user.get(page).await.hides(&told);
    }
}
