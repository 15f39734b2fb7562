//! Invented tasks, schedules, plans and files.

use cs_domain::plan::{Plan, VtigerStep};
use cs_domain::{Balance, RunId, RunStatus};
use cs_ports::{CatchUp, FileId, Schedule, Task, TaskId, UploadedFile, Work};
use jiff::Timestamp;

use crate::samples::{at, failure, mapping, subject};

pub(super) fn task_id(number: u32) -> TaskId {
    TaskId(format!("20261122-0600{number:02}-3f9a"))
}

pub(super) fn sync(of: &str) -> Work {
    Work::Sync { mapping: mapping(of), full: true, census: false, approved_deletes: Some(21), dry_run: false }
}

pub(super) fn dry_run(of: &str) -> Work {
    Work::Sync { mapping: mapping(of), full: false, census: true, approved_deletes: None, dry_run: true }
}

pub(super) fn apply(of: &str, plans_of: TaskId) -> Work {
    Work::Apply { mapping: mapping(of), plans_of }
}

pub(super) fn reconcile(company: &str, file: &str) -> Work {
    Work::Reconcile {
        company: company.to_owned(),
        broker: "BS".to_owned(),
        file: FileId(file.to_owned()),
        file_name: "Febrero \"ñ\".csv".to_owned(),
        as_of: Some("2026-11-22".parse().unwrap()),
        plan_year: Some(2026),
        approve_drift: true,
        dry_run: false,
    }
}

pub(super) fn undo() -> Work {
    Work::Undo { run: RunId("20261121-060000-0001".to_owned()) }
}

pub(super) fn task(number: u32, work: Work) -> Task {
    Task {
        id: task_id(number),
        title: format!("{} on 2026-11-22", work.lane()),
        work,
        status: RunStatus::Pending,
        asked_by: "ana@example.test".to_owned(),
        asked: at(i64::from(number)),
        started: None,
        ended: None,
        not_before: None,
        attempts: 0,
        attempts_allowed: 3,
        time_limit: 3600,
        cancel: false,
        run: None,
        expected: 0,
        balance: Balance::default(),
        reached: 0,
        failure: None,
        outcome: serde_json::Value::Null,
    }
}

/// The same task, further on, with something in every field.
pub(super) fn further(task: &Task, status: RunStatus) -> Task {
    Task {
        status,
        started: Some(at(100)),
        ended: status.is_final().then(|| at(200)),
        not_before: Some(at(99)),
        attempts: 2,
        run: Some(RunId("20261122-060100-0002".to_owned())),
        expected: 5_000,
        balance: Balance { read: 7, created: 6, failed: 1, ..Balance::default() },
        reached: 40,
        failure: Some(failure("vtiger.unreachable")),
        outcome: serde_json::json!({"cost": {"vtiger": 12}, "note": "José's \"x\""}),
        ..task.clone()
    }
}

pub(super) fn ended(number: u32, work: Work, ended: Timestamp) -> Task {
    Task { ended: Some(ended), status: RunStatus::Success, ..task(number, work) }
}

pub(super) fn schedule(name: &str, work: Work, seen: Timestamp) -> Schedule {
    Schedule {
        name: name.to_owned(),
        work,
        cron: "*/15 7-19 * * 1-5".to_owned(),
        enabled: true,
        catch_up: CatchUp::Skip,
        time_limit: 600,
        attempts_allowed: 2,
        seen,
    }
}

pub(super) fn file(id: &str, name: &str, by: &str, at: Timestamp) -> UploadedFile {
    UploadedFile { id: FileId(id.to_owned()), name: name.to_owned(), size: 3, by: by.to_owned(), at }
}

/// A plan that writes nothing and asks nothing.
pub(super) fn idle_plan(number: u64) -> Plan {
    Plan::empty(subject(number))
}

pub(super) fn writing_plan(number: u64) -> Plan {
    let expected = "2026-03-01 10:00:00".into();
    let vtiger = Some(VtigerStep::Delete { target: subject(number), expected });
    Plan { vtiger, ..idle_plan(number) }
}

pub(super) fn failing_plan(number: u64) -> Plan {
    Plan { failures: vec![failure("frappe.mandatory")], ..idle_plan(number) }
}
