//! One reconciliation: where it stands, what can be done with it, what it found.

use askama::Template;
use axum::extract::{Path, Query};
use cs_domain::{Failure, RecordRef, RunStatus};
use cs_ports::{Counted, FindingGroup, FindingQuery, Task, TaskFilter, TaskId, Work};
use serde::Deserialize;
use serde_json::Value as Json;

use super::asked::Asked;
use super::drift;
use super::listing::Listing;
use super::tasks::{foretell, percent};
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::pages::shown;
use crate::visit::{Answer, Visit, done, fragment, page};
use crate::words::Words;
use crate::work::reconciliation::{self, ReconciliationOutcome};
use crate::work::tasks;

/// The code of a run whose report waits for approval (cs-engine, `reconcile`).
pub(super) const HELD: &str = "reconcile.held";

/// Tasks of a company that are looked through for newer ones about the same report.
const LOOKED_THROUGH: u32 = 100;

/// What a task's buttons follow from.
struct Buttons {
    id: TaskId,
    cancel: bool,
    start: bool,
    approve: bool,
    retry: bool,
    undo: bool,
}

/// What came of it, counted: a label and a number, with the address of the log narrowed to it.
struct Tally {
    label: String,
    count: u64,
    address: Option<String>,
}

/// A finding that a dry run would note.
struct Foreseen {
    kind: String,
    member: String,
    text: String,
}

/// Where it stands.
struct Head {
    task: Task,
    percent: u64,
    company: Option<String>,
    broker: Option<String>,
    took: Option<String>,
    /// The task whose run an undo takes back.
    undoes: Option<Task>,
    /// A newer task with the same report, and one that took this one back.
    newer: Option<Task>,
    undone: Option<Task>,
    cause: String,
    remedy: String,
    held: bool,
    outcome: Option<ReconciliationOutcome>,
    /// In what the report is unlike the ones before: why it waits for approval, and what else.
    stops: Vec<String>,
    notices: Vec<String>,
    foreseen: Vec<Foreseen>,
    /// Orders that an undo left as they are, and why.
    left: Vec<(String, String)>,
    /// How many findings and updates of a dry run are not spelled out.
    left_out: (u64, u64),
    rows: Vec<Tally>,
    kinds: Vec<Tally>,
    reviews: Vec<Tally>,
    buttons: Buttons,
}

impl Head {
    /// The findings of the whole book, which this run may have left as they were.
    fn book_address(&self) -> Option<String> {
        let Work::Reconcile { company, broker, .. } = &self.task.work else { return None };
        let asked = Asked {
            company: company.clone(),
            broker: broker.clone(),
            state: "open".to_owned(),
            ..Asked::default()
        };
        Some(asked.address("/scheduler/findings"))
    }

    fn is_dry_run(&self) -> bool {
        self.task.work.is_dry_run()
    }

    fn is_undo(&self) -> bool {
        matches!(self.task.work, Work::Undo { .. })
    }

    fn status_is(&self, status: RunStatus) -> bool {
        self.task.status == status
    }
}

#[derive(Template)]
#[template(path = "scheduler/task.html")]
struct TaskPage {
    frame: Frame,
    head: Head,
    list: Option<Listing>,
}

#[derive(Template)]
#[template(path = "scheduler/task_head.html")]
struct HeadPart {
    frame: Frame,
    head: Head,
}

#[derive(Template)]
#[template(path = "scheduler/task_actions.html")]
struct ActionsPart {
    frame: Frame,
    head: Head,
}

#[derive(Template)]
#[template(path = "scheduler/log.html")]
struct LogPart {
    frame: Frame,
    list: Listing,
}

#[derive(Template)]
#[template(path = "scheduler/task_waiting.html")]
struct WaitingPart {
    frame: Frame,
}

pub(super) async fn show(visit: Visit, Path(id): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let task = found(&visit, id).await?;
    let list = log(&visit, &task, asked).await?;
    let head = stand(&visit, task).await?;
    page(&TaskPage { frame: visit.titled(Section::Scheduler, head.task.title.clone()), head, list })
}

pub(super) async fn head(visit: Visit, Path(id): Path<String>) -> Answer {
    let head = stand(&visit, found(&visit, id).await?).await?;
    fragment(&HeadPart { frame: visit.titled(Section::Scheduler, String::new()), head })
}

pub(super) async fn actions(visit: Visit, Path(id): Path<String>) -> Answer {
    let head = stand(&visit, found(&visit, id).await?).await?;
    fragment(&ActionsPart { frame: visit.titled(Section::Scheduler, String::new()), head })
}

pub(super) async fn rows(visit: Visit, Path(id): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let task = found(&visit, id).await?;
    let frame = visit.titled(Section::Scheduler, String::new());
    match log(&visit, &task, asked).await? {
        Some(list) => fragment(&LogPart { frame, list }),
        None => fragment(&WaitingPart { frame }),
    }
}

pub(super) async fn start(visit: Visit, Path(id): Path<String>) -> Answer {
    let task = tasks::start_for_real(&visit, &TaskId(id)).await?;
    done(&format!("/scheduler/{}", task.id), "scheduler-started")
}

pub(super) async fn approve(visit: Visit, Path(id): Path<String>) -> Answer {
    let task = tasks::approve_drift(&visit, &TaskId(id)).await?;
    done(&format!("/scheduler/{}", task.id), "scheduler-started")
}

pub(super) async fn retry(visit: Visit, Path(id): Path<String>) -> Answer {
    let task = tasks::retry(&visit, &TaskId(id)).await?;
    done(&format!("/scheduler/{}", task.id), "scheduler-retried")
}

pub(super) async fn cancel(visit: Visit, Path(id): Path<String>) -> Answer {
    let task = tasks::cancel(&visit, &TaskId(id)).await?;
    done(&format!("/scheduler/{}", task.id), "scheduler-cancelled")
}

pub(super) async fn undo(visit: Visit, Path(id): Path<String>) -> Answer {
    let task = tasks::undo(&visit, &TaskId(id)).await?;
    done(&format!("/scheduler/{}", task.id), "scheduler-undone")
}

/// A task of this place; others have pages elsewhere.
async fn found(visit: &Visit, id: String) -> Result<Task, WebError> {
    let task = tasks::one(visit, &TaskId(id)).await?;
    match task.work {
        Work::Reconcile { .. } | Work::Undo { .. } => Ok(task),
        Work::Sync { .. } | Work::Apply { .. } | Work::Pair { .. } => {
            Err(WebError::not_there("task", task.id))
        }
    }
}

/// The findings that its run showed or learned something new of; none before there is a run, and none of what has no
/// findings.
async fn log(visit: &Visit, task: &Task, asked: Asked) -> Result<Option<Listing>, WebError> {
    let (Some(run), Work::Reconcile { .. }) = (&task.run, &task.work) else { return Ok(None) };
    let asked = Asked { run: run.0.clone(), ..asked };
    let list = Listing::of(visit, format!("/scheduler/{}", task.id), asked).await?;
    Ok(Some(list.of_task(task.id.0.clone())))
}

async fn stand(visit: &Visit, mut task: Task) -> Result<Head, WebError> {
    if !task.status.is_final()
        && let Some(progress) = visit.web.hub.progress(&task.id)
    {
        // What was told last is newer than what the store has.
        (task.balance, task.expected) = (progress.balance, progress.expected);
    }
    foretell(&mut task);
    let outcome = ReconciliationOutcome::of(&task.outcome);
    let newer = newer(visit, &task).await?;
    let undone = undone(visit, &task).await?;
    let (company, broker) = book(visit, &task).await?;
    let (cause, remedy) = told_failure(visit, &task);
    let held = task.failure.as_ref().is_some_and(|failure| failure.code == HELD);
    let [kinds, reviews] = counted(visit, &task).await?;
    Ok(Head {
        percent: percent(visit, &task),
        company,
        broker,
        took: task
            .started
            .map(|from| visit.words.duration(&from, &task.ended.unwrap_or_else(|| visit.web.clock.now()))),
        undoes: match &task.work {
            Work::Undo { run } => tasks::of_run(visit, run).await?,
            _ => None,
        },
        buttons: buttons(&task, outcome.as_ref(), newer.as_ref(), undone.as_ref(), held),
        newer,
        undone,
        cause,
        remedy,
        held,
        stops: told(visit, outcome.as_ref().map(|outcome| &outcome.drift.stops)),
        notices: told(visit, outcome.as_ref().map(|outcome| &outcome.drift.notices)),
        foreseen: foreseen(visit, outcome.as_ref()),
        left: left(&visit.words, &task),
        left_out: left_out(outcome.as_ref()),
        rows: rows_told(visit, outcome.as_ref()),
        kinds,
        reviews,
        outcome,
        task,
    })
}

fn buttons(
    task: &Task,
    outcome: Option<&ReconciliationOutcome>,
    newer: Option<&Task>,
    undone: Option<&Task>,
    held: bool,
) -> Buttons {
    // What was asked for again is not offered again, unless that came to nothing.
    let followed = newer.is_some_and(|task| !tasks::can_retry(task) && !task.work.is_dry_run());
    let taken_back = undone.is_some_and(|task| !tasks::can_retry(task));
    let would_hold = outcome.is_some_and(|told| !told.drift.stops.is_empty());
    let start = tasks::can_start(task) && !followed;
    Buttons {
        id: task.id.clone(),
        cancel: !task.status.is_final() && !task.cancel,
        start: start && !would_hold,
        approve: (start && would_hold) || (held && !followed),
        retry: tasks::can_retry(task) && !followed,
        undo: tasks::can_undo(task) && !taken_back,
    }
}

/// The newest task with the same report for the same book that came after this one.
async fn newer(visit: &Visit, task: &Task) -> Result<Option<Task>, WebError> {
    let Some(report) = report_of(&task.work) else { return Ok(None) };
    let lane = TaskFilter { lane: Some(task.work.lane()), ..TaskFilter::default() };
    let found = visit.web.desk.tasks(&lane, None, LOOKED_THROUGH).await?;
    Ok(found.into_iter().find(|other| other.id > task.id && report_of(&other.work).as_ref() == Some(&report)))
}

/// The work without what tells a dry run or an approval from a plain run of the same report.
fn report_of(work: &Work) -> Option<Work> {
    let mut plain = work.clone();
    let Work::Reconcile { approve_drift, dry_run, .. } = &mut plain else { return None };
    (*approve_drift, *dry_run) = (false, false);
    Some(plain)
}

/// The newest task that takes this one's run back.
async fn undone(visit: &Visit, task: &Task) -> Result<Option<Task>, WebError> {
    let (Some(run), Work::Reconcile { .. }) = (&task.run, &task.work) else { return Ok(None) };
    let lane = TaskFilter { lane: Some(tasks::lane_of_undo(run)), ..TaskFilter::default() };
    Ok(visit.web.desk.tasks(&lane, None, 1).await?.pop())
}

async fn book(visit: &Visit, task: &Task) -> Result<(Option<String>, Option<String>), WebError> {
    let Work::Reconcile { company, broker, .. } = &task.work else { return Ok((None, None)) };
    let companies = visit.web.office.companies().await?;
    let name = companies.into_iter().find(|known| known.key == *company).map(|known| known.name);
    let brokers = visit.web.office.brokers().await?;
    let called = brokers.into_iter().find(|known| known.code == *broker).map(|known| known.name);
    let broker = match called.filter(|name| name != broker) {
        Some(name) => format!("{broker} · {name}"),
        None => broker.clone(),
    };
    Ok((Some(name.unwrap_or_else(|| company.clone())), Some(broker)))
}

/// Cause and remedy, in the reader's language where the catalogue knows the code.
fn told_failure(visit: &Visit, task: &Task) -> (String, String) {
    let Some(failure) = &task.failure else { return (String::new(), String::new()) };
    let key = format!("error-{}", failure.code.replace(['.', '_'], "-"));
    let words = &visit.words;
    let cause = words.said(&key).unwrap_or_else(|| shown::cause(words, failure));
    let remedy = words.said(&format!("{key}-remedy")).unwrap_or_else(|| shown::remedy(words, failure));
    (cause, remedy)
}

/// The findings of its run by kind and by review, each with the log narrowed to them.
async fn counted(visit: &Visit, task: &Task) -> Result<[Vec<Tally>; 2], WebError> {
    let (Some(run), Work::Reconcile { .. }) = (&task.run, &task.work) else { return Ok([vec![], vec![]]) };
    let query = FindingQuery { run: Some(run.clone()), ..FindingQuery::default() };
    let path = format!("/scheduler/{}", task.id);
    let by_kind = visit.web.desk.count_findings_by(&query, FindingGroup::Kind).await?;
    let by_review = visit.web.desk.count_findings_by(&query, FindingGroup::Review).await?;
    let kind = |Counted { what, count }: Counted| Tally {
        label: visit.web.office.finding_kind(&what, visit.words.language),
        count,
        address: Some(Asked { kind: what, ..Asked::default() }.address(&path)),
    };
    let review = |Counted { what, count }: Counted| {
        let unsaid = what.is_empty();
        let review = if unsaid { "none".to_owned() } else { what.clone() };
        Tally {
            label: if unsaid { visit.words.say("finding-review-none") } else { what },
            count,
            address: Some(Asked { review, ..Asked::default() }.address(&path)),
        }
    };
    Ok([by_kind.into_iter().map(kind).collect(), by_review.into_iter().map(review).collect()])
}

/// The report's rows by outcome, most first.
fn rows_told(visit: &Visit, outcome: Option<&ReconciliationOutcome>) -> Vec<Tally> {
    let rows = outcome.iter().flat_map(|told| &told.totals.rows);
    let mut rows: Vec<Tally> = rows
        .filter(|(_, count)| **count > 0)
        .map(|(name, count)| {
            let key = format!("scheduler-row-{}", name.replace('_', "-"));
            let label = visit.words.said(&key).unwrap_or_else(|| name.clone());
            Tally { label, count: *count, address: None }
        })
        .collect();
    rows.sort_by_key(|tally| std::cmp::Reverse(tally.count));
    rows
}

fn told(visit: &Visit, reasons: Option<&Vec<Json>>) -> Vec<String> {
    reasons.into_iter().flatten().map(|reason| drift::told(&visit.words, reason)).collect()
}

fn left_out(outcome: Option<&ReconciliationOutcome>) -> (u64, u64) {
    let Some(ReconciliationOutcome { totals, findings, updates, .. }) = outcome else { return (0, 0) };
    let all: u64 = totals.findings.values().sum();
    (all.saturating_sub(findings.len() as u64), totals.updates.saturating_sub(updates.len() as u64))
}

/// The orders that an undo did not write back, as its executor tells them.
fn left(words: &Words, task: &Task) -> Vec<(String, String)> {
    #[derive(Deserialize)]
    struct Left {
        record: RecordRef,
        failure: Failure,
    }
    let left = task.outcome.get("left").cloned().unwrap_or_default();
    let left: Vec<Left> = serde_json::from_value(left).unwrap_or_default();
    left.into_iter().map(|left| (left.record.to_string(), shown::cause(words, &left.failure))).collect()
}

fn foreseen(visit: &Visit, outcome: Option<&ReconciliationOutcome>) -> Vec<Foreseen> {
    let (office, language) = (&visit.web.office, visit.words.language);
    let all = outcome.iter().flat_map(|told| &told.findings);
    all.map(|found| match found {
        reconciliation::Foreseen::Whole(found) => Foreseen {
            kind: office.finding_kind(&found.kind, language),
            member: found.member_id.clone(),
            text: office.finding_text(found, language),
        },
        reconciliation::Foreseen::Told { kind, member_id, text } => Foreseen {
            kind: office.finding_kind(kind, language),
            member: member_id.clone(),
            text: text.clone(),
        },
    })
    .collect()
}
