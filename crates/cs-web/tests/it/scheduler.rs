//! Company Sync Scheduler: a report is uploaded, a task waits, findings are looked at, reviewed and taken along.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::StatusCode;
use cs_domain::{Advice, Balance, Failure, MappingName, Run, RunId, RunStatus};
use cs_ports::{
    AuditFilter, Book, FindingFilter, FindingId, FindingsOfRun, FoundFinding, Lease, LeaseAnswer,
    LoadedReport, Part, Task, TaskFilter, TaskId, Work, task_lease,
};
use cs_web::office::ReportAbout;
use serde_json::json;

use crate::world::{Answer, World};

const BOOK: (&str, &str) = ("oscar", "BS");

fn readable(world: &World) {
    world.office.state().report =
        Some(ReportAbout { format: "CSV".to_owned(), rows: 3, columns: Vec::new(), remarks: Vec::new() });
}

async fn tasks(world: &World) -> Vec<Task> {
    world.desk.tasks(&TaskFilter::default(), None, 100).await.unwrap()
}

async fn lease(world: &World, name: &str) -> Lease {
    match world.desk.take_lease(name, "a test", world.now(), Duration::from_mins(1)).await.unwrap() {
        LeaseAnswer::Granted(lease) => lease,
        LeaseAnswer::Held { .. } => panic!("the lease is held"),
    }
}

fn found(kind: &str, member: &str) -> FoundFinding {
    let book = Book { company: BOOK.0.to_owned(), broker: BOOK.1.to_owned() };
    FoundFinding {
        id: FindingId::of(&book, kind, member, ""),
        kind: kind.to_owned(),
        member_id: member.to_owned(),
        message: kind.to_owned(),
        parameters: BTreeMap::new(),
        salesorder_no: Some(format!("SO-{member}")),
        issuer: None,
        place: Some(("Sheet1".to_owned(), 7)),
        source: vec![
            ("Member ID".to_owned(), member.to_owned()),
            ("Note".to_owned(), "<b>=1+1</b>".to_owned()),
        ],
        premium: Some("-12.50".to_owned()),
    }
}

/// A run that found these.
async fn run(world: &World, id: &str, found: Vec<FoundFinding>) -> RunId {
    let run = Run {
        id: RunId(id.to_owned()),
        mapping: MappingName::new("company/oscar"),
        edition: None,
        status: RunStatus::Success,
        started: world.now(),
        ended: Some(world.now()),
        balance: Balance::default(),
        requests: cs_domain::Requests::default(),
        failure: None,
    };
    world.desk.put_run(&run).await.unwrap();
    let lease = lease(world, "company/oscar").await;
    let report = LoadedReport {
        book: Book { company: BOOK.0.to_owned(), broker: BOOK.1.to_owned() },
        run: run.id.clone(),
        as_of: "2026-11-22".parse().unwrap(),
        file: "oscar.csv".to_owned(),
        digest: id.to_owned(),
        profile: "{}".to_owned(),
        totals: "{}".to_owned(),
        approved: String::new(),
    };
    let of_run = FindingsOfRun { report, at: world.now(), found, persisting: Vec::new() };
    world.desk.take_in(&lease, &of_run).await.unwrap();
    world.desk.release_lease(&lease).await.unwrap();
    run.id
}

/// The newest task, as its executor leaves it.
async fn ended(world: &World, change: impl FnOnce(&mut Task)) -> TaskId {
    let mut task = tasks(world).await.remove(0);
    task.started = Some(world.now());
    task.ended = Some(world.now());
    task.attempts = 1;
    change(&mut task);
    let lease = lease(world, &task_lease(&task.id)).await;
    world.desk.put_task(&lease, &task).await.unwrap();
    world.desk.release_lease(&lease).await.unwrap();
    // Ids are sorted by the second they are asked for in.
    world.pass(jiff::SignedDuration::from_secs(2));
    task.id
}

async fn upload(world: &World, fields: &[(&str, &str)], bytes: &[u8]) -> Answer {
    world.visitor(Part::SyncerUser).await.upload("/scheduler/new", fields, "../oscar.csv", bytes).await
}

const WHOLE: [(&str, &str); 3] = [("company", "oscar"), ("broker", "BS"), ("mode", "dry")];

async fn dry_run(world: &World) -> Task {
    readable(world);
    assert_eq!(upload(world, &WHOLE, b"Member ID\n1\n").await.status, StatusCode::SEE_OTHER);
    tasks(world).await.remove(0)
}

#[tokio::test]
async fn a_report_is_uploaded_and_its_task_waits() {
    let world = World::new().await;
    readable(&world);
    let fields = [("company", "oscar"), ("broker", "BS"), ("as_of", "2026-10-31"), ("mode", "real")];
    let answer = upload(&world, &fields, b"Member ID\n1\n").await;
    let task = tasks(&world).await.remove(0);
    answer.leads_to(&format!("/scheduler/{}", task.id));
    assert_eq!((task.title.as_str(), task.status), ("oscar/BS Sync on 2026-10-31", RunStatus::Pending));
    let Work::Reconcile { file, file_name, as_of, dry_run: false, approve_drift: false, .. } = &task.work
    else {
        panic!("{:?}", task.work)
    };
    assert_eq!((file_name.as_str(), *as_of), ("oscar.csv", Some("2026-10-31".parse().unwrap())));
    let (kept, bytes) = world.desk.file(file).await.unwrap().unwrap();
    assert_eq!((kept.size, bytes), (12, b"Member ID\n1\n".to_vec()));
    assert_eq!(file.0, crate::world::digest("Member ID\n1\n"));
    assert_eq!(world.office.state().nudges, 1);
    let audit = world.desk.audit(&AuditFilter::default(), None, 10).await.unwrap();
    let said: Vec<&str> = audit.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(said, ["task.add", "file.upload"]);

    let mut reader = world.visitor(Part::ReadOnly).await;
    let page = reader.get(&format!("/scheduler/{}", task.id)).await;
    page.shows(&["oscar/BS Sync on 2026-10-31", "Pending", "oscar.csv", "31 Oct 2026"]);
    page.hides(&["/cancel\""]);
    reader.get("/scheduler").await.shows(&["oscar/BS Sync on 2026-10-31", "syncer.user@example.test"]);
    reader.get("/scheduler?company=molina").await.shows(&["No sync matches this filter."]);
    reader.get("/scheduler?status=Nonsense").await.shows(&["No sync matches this filter."]);
    reader.get("/scheduler/rows?q=oscar/bs").await.shows(&["oscar/BS Sync on 2026-10-31"]);
}

#[tokio::test]
async fn a_report_is_uploaded_without_a_script() {
    let world = World::new().await;
    readable(&world);
    let mut user = world.visitor(Part::SyncerUser).await;
    let csrf = user.csrf.clone().unwrap();
    let page = user.get("/scheduler/new").await;
    let (token, first) = (format!("name=\"_csrf\" value=\"{csrf}\""), "name=\"company\"");
    let form = page.text().split("multipart/form-data").nth(1).unwrap().to_owned();
    assert!(form.find(&token).unwrap() < form.find(first).unwrap(), "the token comes first");

    let with = |token: &str| -> Vec<(&str, String)> {
        let fields = WHOLE.map(|(name, value)| (name, value.to_owned()));
        [("_csrf", token.to_owned())].into_iter().chain(fields).collect()
    };
    for wrong in ["", "another"] {
        let fields = with(wrong);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = user.upload_plain("/scheduler/new", &fields, "oscar.csv", b"Member ID\n1\n").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    let last: Vec<(&str, &str)> = WHOLE.into_iter().chain([("_csrf", csrf.as_str())]).collect();
    let answer = user.upload_plain("/scheduler/new", &last, "oscar.csv", b"Member ID\n1\n").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "only what comes first is looked at");
    assert!(tasks(&world).await.is_empty());

    let fields = [("_csrf", csrf.as_str()), ("company", "nobody"), ("broker", "BS")];
    let answer = user.upload_plain("/scheduler/new", &fields, "oscar.csv", b"Member ID\n1\n").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for said in ["There is no such company", "Choose the file again"] {
        assert!(answer.text().contains(said), "{said}");
    }

    let fields = with(&csrf);
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = user.upload_plain("/scheduler/new", &fields, "oscar.csv", b"Member ID\n1\n").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let Work::Reconcile { file, .. } = tasks(&world).await.remove(0).work else { panic!() };
    let (_, bytes) = world.desk.file(&file).await.unwrap().unwrap();
    assert_eq!(bytes, b"Member ID\n1\n");
}

#[tokio::test]
async fn what_cannot_be_taken_is_said_beside_its_field() {
    let world = World::new().await;
    let mut user = world.visitor(Part::SyncerUser).await;
    let fields = [("company", "nobody"), ("broker", "BS"), ("as_of", "soon"), ("plan_year", "26")];
    let answer = user.upload("/scheduler/new", &fields, "x.csv", b"x").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for said in ["There is no such company", "This is no date", "between 2010 and 2100", "<!doctype html>"] {
        assert!(answer.text().contains(said), "{said}");
    }
    user.headers.push(("x-fragment", "1".to_owned()));
    let answer = user.upload("/scheduler/new", &WHOLE, "x.csv", b"x").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.headers["x-fragment"], "1");
    assert!(answer.text().contains("This is no report."), "{}", answer.text());
    answer.hides(&["<!doctype html>"]);
    assert!(answer.text().contains("value=\"BS\" selected"), "what was chosen stays");
    let answer = user.upload("/scheduler/new", &WHOLE, "", b"").await;
    assert!(answer.text().contains("Choose the company"), "{}", answer.text());
    readable(&world);
    let answer = user.upload("/scheduler/new", &WHOLE, "x.csv", &vec![b'x'; 300 * 1024]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.text().contains("larger than"), "{}", answer.text());
    assert!(tasks(&world).await.is_empty());
}

#[tokio::test]
async fn who_may_only_look_changes_nothing() {
    let world = World::new().await;
    let task = dry_run(&world).await;
    let id = found("unpaid", "M1").id;
    run(&world, "run-1", vec![found("unpaid", "M1")]).await;
    let mut reader = world.visitor(Part::ReadOnly).await;
    reader.get("/scheduler").await.hides(&["/scheduler/new"]);
    assert_eq!(reader.get("/scheduler/new").await.status, StatusCode::FORBIDDEN);
    for action in ["start", "approve", "retry", "cancel", "undo"] {
        let answer = reader.post(&format!("/scheduler/{}/{action}", task.id), &[]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{action}");
    }
    let answer = reader.post(&format!("/scheduler/findings/{id}/review"), &[("review", "Fixed")]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let answer = reader.post("/scheduler/findings/review", &[("all", "1"), ("said", "Fixed")]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    reader.get("/scheduler/findings").await.shows(&["M1"]);
    reader.get("/scheduler/findings").await.hides(&["<select name=\"said\"", "name=\"id\""]);
    let mut stranger = world.stranger();
    stranger
        .get(&format!("/scheduler/{}", task.id))
        .await
        .leads_to(&format!("/login?next=%2Fscheduler%2F{}", task.id));
}

#[tokio::test]
async fn a_dry_run_is_started_for_real_once() {
    let world = World::new().await;
    let dry = dry_run(&world).await;
    let mut user = world.visitor(Part::SyncerUser).await;
    let start = format!("/scheduler/{}/start", dry.id);
    assert_eq!(user.post(&start, &[]).await.status, StatusCode::CONFLICT, "it is not over");
    let outcome = json!({
        "totals": { "rows_read": 3, "rows": { "updated": 1, "unchanged": 2 }, "findings": { "unpaid": 300 }, "updates": 1 },
        "drift": { "stops": [], "notices": [{ "reason": "rows", "usual": 9, "now": 3 }] },
        "findings": [found("unpaid", "M77")],
        "updates": [{ "salesorder_no": "SO-9", "member_id": "M9", "old": null, "new": "2026-11-30" }],
    });
    ended(&world, |task| (task.status, task.outcome) = (RunStatus::Success, outcome)).await;
    let page = user.get(&format!("/scheduler/{}", dry.id)).await;
    page.shows(&[
        "It would update 1 order",
        "SO-9",
        "30 Nov 2026",
        "no date",
        "M77",
        "and 299 more",
        "The report has 3 rows; usual are 9.",
        "Paid through moved forward",
        &start,
    ]);
    page.hides(&["/approve\"", "/retry\"", "id=\"log\""]);
    let answer = user.post(&start, &[]).await;
    let real = tasks(&world).await.remove(0);
    answer.leads_to(&format!("/scheduler/{}", real.id));
    assert_ne!(real.id, dry.id);
    assert!(!real.work.is_dry_run());
    let again = user.post(&start, &[]).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert!(again.text().contains("not over yet"), "{}", again.text());
    user.get(&format!("/scheduler/{}", dry.id)).await.hides(&[&start]);
}

#[tokio::test]
async fn a_report_that_is_held_says_why_and_is_approved() {
    let world = World::new().await;
    let dry = dry_run(&world).await;
    let outcome = json!({ "drift": { "stops": [{ "reason": "book_turned", "turned": 4, "book": 5, "limit": 30 }], "notices": [] } });
    let failure = Failure {
        code: "reconcile.held".to_owned(),
        cause: "the report waits for approval".to_owned(),
        remedy: "run the same command with --approve-drift".to_owned(),
        advice: Advice::NeedsPerson,
        place: None,
    };
    ended(&world, |task| {
        (task.status, task.outcome, task.failure) = (RunStatus::Error, outcome, Some(failure));
    })
    .await;
    let mut user = world.visitor(Part::SyncerUser).await;
    let page = user.get(&format!("/scheduler/{}", dry.id)).await;
    page.shows(&[
        "The report waits for approval",
        "would turn 4 of 5 orders (80%)",
        "Approve and run",
        "reconcile.held",
    ]);
    page.hides(&["--approve-drift"]);
    user.post(&format!("/scheduler/{}/approve", dry.id), &[]).await;
    let Work::Reconcile { approve_drift: true, dry_run: false, .. } = tasks(&world).await.remove(0).work
    else {
        panic!("it was not approved")
    };
}

#[tokio::test]
async fn tasks_are_cancelled_tried_again_and_taken_back() {
    let world = World::new().await;
    let first = dry_run(&world).await;
    let mut user = world.visitor(Part::SyncerUser).await;
    let cancel = format!("/scheduler/{}/cancel", first.id);
    user.post(&cancel, &[]).await.leads_to(&format!("/scheduler/{}", first.id));
    assert!(tasks(&world).await.remove(0).cancel);
    user.get(&format!("/scheduler/{}", first.id)).await.shows(&["Stopping"]);
    ended(&world, |task| task.status = RunStatus::Cancelled).await;
    assert_eq!(user.post(&cancel, &[]).await.status, StatusCode::CONFLICT);
    user.get(&format!("/scheduler/{}", first.id)).await.shows(&["Retry"]);
    user.post(&format!("/scheduler/{}/retry", first.id), &[]).await;
    let second = tasks(&world).await.remove(0);
    assert_eq!((second.work.clone(), second.id == first.id), (first.work, false));
    assert_eq!(user.post(&format!("/scheduler/{}/undo", second.id), &[]).await.status, StatusCode::CONFLICT);

    let wrote = run(&world, "run-1", vec![]).await;
    ended(&world, |task| {
        (task.status, task.run, task.balance.updated) = (RunStatus::Success, Some(wrote.clone()), 4);
        let Work::Reconcile { dry_run, .. } = &mut task.work else { panic!() };
        *dry_run = false;
    })
    .await;
    let page = user.get(&format!("/scheduler/{}", second.id)).await;
    page.shows(&["/undo\"", "This sync found nothing new"]);
    user.post(&format!("/scheduler/{}/undo", second.id), &[]).await;
    let undo = tasks(&world).await.remove(0);
    assert_eq!(
        (undo.work, undo.title.as_str()),
        (Work::Undo { run: wrote }, "Undo of oscar/BS Dry Run on 2026-11-22")
    );
    user.get(&format!("/scheduler/{}", undo.id))
        .await
        .shows(&["Takes back", "oscar/BS Dry Run on 2026-11-22"]);
    user.get(&format!("/scheduler/{}", second.id)).await.hides(&["/undo\""]);
    assert_eq!(user.get("/scheduler/nothing").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn findings_are_listed_reviewed_and_remember_it() {
    let world = World::new().await;
    let all = vec![found("unpaid", "M1"), found("not_in_crm", "M2"), found("unpaid", "M3")];
    let id = all[0].id.clone();
    run(&world, "run-1", all).await;
    let mut user = world.visitor(Part::SyncerUser).await;
    user.get("/scheduler/findings").await.shows(&["M1", "M2", "M3", "unpaid (en) (2)", "3 findings"]);
    let page = user.get("/scheduler/findings?kind=not_in_crm").await;
    page.shows(&["M2", "1 finding"]);
    page.hides(&["SO-M1"]);
    let sorted = user.get("/scheduler/findings?sort=-member").await.text();
    assert!(sorted.find("SO-M3") < sorted.find("SO-M1") && sorted.contains("aria-sort=\"descending\""));
    for bad in ["state=gone", "from=yesterday", "sort=price"] {
        let answer = user.get(&format!("/scheduler/findings?{bad}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
    }

    let page = format!("/scheduler/findings/{id}");
    let review = format!("{page}/review");
    user.headers.push(("x-fragment", "1".to_owned()));
    let row = user.post(&review, &[("review", "Fixed"), ("description", " called <Ana> ")]).await;
    row.shows(&["<option selected>Fixed</option>", ">called &#60;Ana&#62;</textarea>"]);
    assert!(row.text().trim_start().starts_with("<tr"), "{}", row.text());
    let unknown = user.post(&review, &[("review", "Whatever")]).await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
    user.headers.clear();
    user.post(&review, &[("review", "Fixed")]).await.leads_to(&page);
    user.get(&page).await.shows(&[
        "unpaid of M1 (en)",
        "Reviewed by syncer.user@example.test: Fixed — called &#60;Ana&#62;",
        "&#60;b&#62;=1+1&#60;/b&#62;",
        "Sheet “Sheet1”, line 7",
        "/records?q=SO-M1",
        "-12.50",
    ]);
    let history = world.desk.finding_history(&id).await.unwrap();
    assert_eq!(history.len(), 1, "the same once more is no news");
    user.get("/scheduler/findings?review=none").await.hides(&["SO-M1"]);
    let audit = world.desk.audit(&AuditFilter::default(), None, 10).await.unwrap();
    assert_eq!(audit[0].before, json!({ "review": "", "description": "" }));
    assert_eq!(user.get("/scheduler/findings/nothing").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn many_are_reviewed_at_once_and_no_others() {
    let world = World::new().await;
    let kinds =
        (0..1_203).map(|n| found(if n % 3 == 0 { "not_in_crm" } else { "unpaid" }, &format!("M{n:04}")));
    run(&world, "run-1", kinds.collect()).await;
    let mut user = world.visitor(Part::SyncerUser).await;
    let fields = [("all", "1"), ("said", "Fixed"), ("kind", "unpaid"), ("review", "none"), ("page", "3")];
    user.post("/scheduler/findings/review", &fields)
        .await
        .leads_to("/scheduler/findings?review=none&kind=unpaid&page=3");
    let count = |review: &str| FindingFilter { review: Some(review.to_owned()), ..FindingFilter::default() };
    assert_eq!(world.desk.count_findings(&count("Fixed")).await.unwrap(), 802);
    assert_eq!(world.desk.count_findings(&count("")).await.unwrap(), 401);
    let (one, other) = (found("not_in_crm", "M0000").id.0, found("not_in_crm", "M0003").id.0);
    let fields =
        [("id", one.as_str()), ("id", other.as_str()), ("said", "Pending"), ("task", "20261122-150000-0001")];
    user.post("/scheduler/findings/review", &fields).await.leads_to("/scheduler/20261122-150000-0001");
    assert_eq!(world.desk.count_findings(&count("Pending")).await.unwrap(), 2);
    for (fields, why) in [
        (&[("all", "1"), ("said", "keep")][..], "nothing is said"),
        (&[("said", "Fixed")], "nothing is ticked"),
        (&[("all", "1"), ("said", "Fixed"), ("state", "gone")], "the filter cannot be understood"),
    ] {
        let answer = user.post("/scheduler/findings/review", fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{why}");
    }
    user.get("/scheduler/findings?page=25").await.shows(&["Page 25 of 25", "1,201–1,203 of 1,203 findings"]);
    user.get("/scheduler/findings?page=99").await.shows(&["Page 25 of 25"]);
}

#[tokio::test]
async fn a_sync_log_shows_the_findings_of_its_run_only() {
    let world = World::new().await;
    run(&world, "run-1", vec![found("unpaid", "M1")]).await;
    dry_run(&world).await;
    let latest = run(&world, "run-2", vec![found("unpaid", "M1"), found("unpaid", "M2")]).await;
    let id = ended(&world, |task| {
        (task.status, task.run) = (RunStatus::Success, Some(latest));
        let Work::Reconcile { dry_run, .. } = &mut task.work else { panic!() };
        *dry_run = false;
    })
    .await;
    let mut user = world.visitor(Part::SyncerUser).await;
    for path in
        [format!("/scheduler/{id}"), format!("/scheduler/{id}/rows"), format!("/scheduler/{id}/rows?q=m2")]
    {
        let page = user.get(&path).await;
        page.shows(&["SO-M2", "run=run-2"]);
        page.hides(&["SO-M1"]);
    }
    user.get(&format!("/scheduler/{id}/head")).await.shows(&["Findings by kind", "Not reviewed"]);
    user.get(&format!("/scheduler/{id}/actions")).await.hides(&["<!doctype"]);
}

#[tokio::test]
async fn exports_hold_all_that_match_and_no_formulas() {
    let world = World::new().await;
    let mut all: Vec<FoundFinding> = (0..1_500).map(|n| found("unpaid", &format!("M{n:04}"))).collect();
    all.push(found("not_in_crm", "=HYPERLINK(1)"));
    run(&world, "run-1", all).await;
    let mut reader = world.visitor(Part::ReadOnly).await;
    let csv = reader.get("/scheduler/findings/export.csv").await;
    assert_eq!(csv.headers["content-disposition"], "attachment; filename=\"findings-2026-11-22.csv\"");
    let text = csv.text();
    assert!(text.starts_with("\u{feff}Company,Broker,Member ID"), "{}", &text[..80]);
    assert_eq!(text.lines().count(), 1_502);
    assert!(text.contains(",'=HYPERLINK(1),") && text.contains(",-12.50,"));
    let narrowed = reader.get("/scheduler/findings/export.csv?kind=unpaid&q=M0001").await.text();
    assert_eq!(narrowed.lines().count(), 2);
    let xlsx = reader.get("/scheduler/findings/export.xlsx").await;
    assert_eq!(xlsx.status, StatusCode::OK);
    assert!(xlsx.bytes.starts_with(b"PK"), "a workbook is a zip");
    let audit = world.desk.audit(&AuditFilter::default(), None, 10).await.unwrap();
    assert_eq!(audit.iter().filter(|entry| entry.action == "finding.export").count(), 3);
}

#[tokio::test]
async fn spanish_is_spoken_throughout() {
    let world = World::new().await;
    let login = crate::world::login_of(Part::SyncerUser);
    let person = world.desk.person(&login).await.unwrap().unwrap();
    let person = cs_ports::Person { language: "es".to_owned(), ..person };
    world.desk.put_person(&person).await.unwrap();
    run(&world, "run-1", vec![found("unpaid", "M1")]).await;
    let task = dry_run(&world).await;
    let mut user = world.visitor(Part::SyncerUser).await;
    user.get("/scheduler").await.shows(&["Nueva sincronización", "Pendiente", "simulación"]);
    user.get("/scheduler/new").await.shows(&["Simular primero", "hoy, 22 nov 2026"]);
    user.get(&format!("/scheduler/{}", task.id)).await.shows(&["Espera su turno", "Pedida por"]);
    user.get("/scheduler/findings").await.shows(&["1 hallazgo", "unpaid of M1 (es)"]);
}
