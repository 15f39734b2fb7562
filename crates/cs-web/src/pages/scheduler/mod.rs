//! Company Sync Scheduler: companies' reports, the tasks that compare them with the CRM, and the findings.

mod asked;
mod drift;
mod export;
mod finding;
mod findings;
mod listing;
mod new;
mod task;
mod tasks;

use cs_ports::Right;

use crate::doors::{Doors, Rule};

pub(crate) fn doors(doors: Doors) -> Doors {
    let (read, review, run) = (Rule::Needs(Right::Read), Rule::Needs(Right::Review), Rule::Needs(Right::Run));
    doors
        .get("/scheduler", read, tasks::show)
        .get("/scheduler/rows", read, tasks::rows)
        .get("/scheduler/new", run, new::show)
        .post("/scheduler/new", run, new::send)
        .get("/scheduler/findings", read, findings::show)
        .get("/scheduler/findings/rows", read, findings::rows)
        .post("/scheduler/findings/review", review, findings::review_many)
        .get("/scheduler/findings/export.csv", read, export::csv)
        .get("/scheduler/findings/export.xlsx", read, export::xlsx)
        .get("/scheduler/findings/{id}", read, finding::show)
        .post("/scheduler/findings/{id}/review", review, finding::review)
        .get("/scheduler/{task}", read, task::show)
        .get("/scheduler/{task}/head", read, task::head)
        .get("/scheduler/{task}/actions", read, task::actions)
        .get("/scheduler/{task}/rows", read, task::rows)
        .post("/scheduler/{task}/start", run, task::start)
        .post("/scheduler/{task}/approve", run, task::approve)
        .post("/scheduler/{task}/retry", run, task::retry)
        .post("/scheduler/{task}/cancel", run, task::cancel)
        .post("/scheduler/{task}/undo", run, task::undo)
}
