//! Tasks: what was asked for, and asking for it.

use axum::Json;
use axum::http::StatusCode;
use cs_domain::guarded::Numbers;
use cs_domain::plan::{Act, Change, Plan, VtigerStep};
use cs_domain::{Kind, RunId, Verdict};
use cs_ports::{FileId, Right, Task, TaskFilter, TaskId, Work};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::Given;
use super::asked::{Named, Params, Said};
use super::paging::{Page, Paging};
use super::runs::FieldShown;
use super::told::{Accounts, Record, Side, Status, Trouble};
use crate::doors::{Doors, Rule};
use crate::error::WebError;
use crate::pages::shown;
use crate::visit::Visit;
use crate::words::Words;
use crate::work::tasks;

pub(super) fn doors(doors: Doors) -> Doors {
    let (reads, runs) = (Rule::Needs(Right::Read), Rule::Needs(Right::Run));
    doors
        .api(reads, routes!(list))
        .api(runs, routes!(add))
        .api(reads, routes!(one))
        .api(runs, routes!(cancel))
        .api(runs, routes!(retry))
        .api(reads, routes!(plans))
}

/// Something that was asked for, and how it went.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TaskShown {
    id: String,
    /// What people call it: `oscar/BS Sync on 2026-11-22`.
    title: String,
    /// What it does, with its `kind`: `sync`, `apply`, `reconcile`, `undo`, `pair`.
    #[schema(value_type = Object)]
    work: serde_json::Value,
    status: Status,
    /// A login, a token, or `schedule <name>`.
    asked_by: String,
    #[schema(format = DateTime)]
    asked: String,
    #[schema(format = DateTime)]
    started: Option<String>,
    #[schema(format = DateTime)]
    ended: Option<String>,
    /// Not tried again before this time.
    #[schema(format = DateTime)]
    not_before: Option<String>,
    attempts: u32,
    attempts_allowed: u32,
    /// Seconds that an attempt may take.
    time_limit: u32,
    /// Whether somebody wants it to stop.
    cancel: bool,
    /// The run of its last attempt.
    run: Option<String>,
    /// How many units it expects to go through.
    expected: u64,
    balance: Accounts,
    failure: Option<Trouble>,
    /// What came of it besides; its shape depends on the work.
    outcome: serde_json::Value,
}

impl TaskShown {
    pub(super) fn of(words: &Words, task: Task) -> Self {
        let moment = |at: Option<jiff::Timestamp>| at.map(|at| at.to_string());
        Self {
            id: task.id.0,
            title: task.title,
            work: serde_json::json!(task.work),
            status: task.status.into(),
            asked_by: task.asked_by,
            asked: task.asked.to_string(),
            started: moment(task.started),
            ended: moment(task.ended),
            not_before: moment(task.not_before),
            attempts: task.attempts,
            attempts_allowed: task.attempts_allowed,
            time_limit: task.time_limit,
            cancel: task.cancel,
            run: task.run.map(|run| run.0),
            expected: task.expected,
            balance: task.balance.into(),
            failure: task.failure.map(|failure| Trouble::of(words, &failure)),
            outcome: task.outcome,
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Asked {
    #[param(inline)]
    status: Option<Status>,
    /// Of this mapping, or of `company/<key>`.
    lane: Option<String>,
    /// Whose title, asker or lane holds this.
    text: Option<String>,
}

/// Tasks, newest first
#[utoipa::path(get, path = "/api/v1/tasks", operation_id = "list_tasks", tag = "tasks", params(Paging, Asked),
    responses((status = 200, description = "A page of them", body = Page<TaskShown>)))]
async fn list(
    visit: Visit,
    Params(paging): Params<Paging>,
    Params(asked): Params<Asked>,
) -> Given<Page<TaskShown>> {
    let (limit, before) = (paging.limit()?, paging.after::<String>("tasks")?.map(TaskId));
    let filter = TaskFilter {
        statuses: asked.status.map(|status| vec![status.into()]),
        kinds: None,
        lane: asked.lane,
        text: asked.text,
    };
    let found = visit.web.desk.tasks(&filter, before.as_ref(), limit + 1).await?;
    let show = |task| TaskShown::of(&visit.words, task);
    Ok(Json(Page::of("tasks", found, limit, |task| task.id.0.clone(), show)))
}

/// What is to be done.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Wanted {
    /// Runs a mapping.
    Sync {
        mapping: String,
        /// Every record, changed or not.
        #[serde(default)]
        full: bool,
        /// Counts what is there besides: finds deletes and silent changes.
        #[serde(default)]
        census: bool,
        /// Decides everything and writes nothing.
        #[serde(default)]
        dry_run: bool,
        /// Follows up to so many deletes.
        approved_deletes: Option<u64>,
    },
    /// Does for real exactly what a dry run showed.
    Apply {
        /// The task of the dry run.
        dry_run: String,
    },
    /// Compares a company's report with the CRM.
    Reconcile {
        /// The company's key.
        company: String,
        /// The broker's code.
        broker: String,
        /// The report: what `POST /api/v1/files` answered.
        file: String,
        /// The day it is compared for; today where it is not said.
        as_of: Option<String>,
        plan_year: Option<i16>,
        /// Compares and writes nothing.
        #[serde(default)]
        dry_run: bool,
        /// Somebody looked at a report that looks unlike the ones before.
        #[serde(default)]
        approve_drift: bool,
    },
    /// Takes back what a reconciliation wrote.
    Undo {
        /// Its run.
        run: String,
    },
}

/// Asks for a task
#[utoipa::path(post, path = "/api/v1/tasks", operation_id = "add_task", tag = "tasks", request_body = Wanted,
    responses((status = 201, description = "The task, waiting for its turn", body = TaskShown)))]
async fn add(visit: Visit, Said(wanted): Said<Wanted>) -> Result<(StatusCode, Json<TaskShown>), WebError> {
    let task = match wanted {
        Wanted::Apply { dry_run } => tasks::start_for_real(&visit, &TaskId(dry_run)).await?,
        wanted => tasks::add(&visit, work(&visit, wanted).await?).await?,
    };
    Ok((StatusCode::CREATED, Json(TaskShown::of(&visit.words, task))))
}

async fn work(visit: &Visit, wanted: Wanted) -> Result<Work, WebError> {
    Ok(match wanted {
        Wanted::Sync { mapping, full, census, dry_run, approved_deletes } => {
            // The store's numbers end before the wire's.
            if approved_deletes.is_some_and(|number| i64::try_from(number).is_err()) {
                return Err(WebError::invalid("approved_deletes", "this is too many"));
            }
            Work::Sync { mapping: mapping.into(), full, census, approved_deletes, dry_run }
        }
        Wanted::Apply { dry_run } => {
            let task = tasks::one(visit, &TaskId(dry_run)).await?;
            Work::Apply { mapping: task.work.lane().into(), plans_of: task.id }
        }
        Wanted::Reconcile { company, broker, file, as_of, plan_year, dry_run, approve_drift } => {
            let day = |text: String| {
                text.parse::<Date>().map_err(|error| WebError::invalid("as_of", error.to_string()))
            };
            let as_of = as_of.map(day).transpose()?;
            let file = FileId(file);
            // What there is no file of is refused where the task is added.
            let kept = visit.web.desk.file(&file).await?;
            let file_name = kept.map(|(file, _)| file.name).unwrap_or_default();
            Work::Reconcile { company, broker, file, file_name, as_of, plan_year, approve_drift, dry_run }
        }
        Wanted::Undo { run } => Work::Undo { run: RunId(run) },
    })
}

/// One task
#[utoipa::path(get, path = "/api/v1/tasks/{id}", operation_id = "get_task", tag = "tasks",
    params(("id" = String, Path, description = "The task")),
    responses((status = 200, description = "The task", body = TaskShown)))]
async fn one(visit: Visit, Named(id): Named) -> Given<TaskShown> {
    let task = tasks::one(&visit, &TaskId(id)).await?;
    Ok(Json(TaskShown::of(&visit.words, task)))
}

/// Asks a task to stop when the unit at hand is finished
#[utoipa::path(post, path = "/api/v1/tasks/{id}/cancel", operation_id = "cancel_task", tag = "tasks",
    params(("id" = String, Path, description = "The task")),
    responses((status = 200, description = "The task", body = TaskShown)))]
async fn cancel(visit: Visit, Named(id): Named) -> Given<TaskShown> {
    let task = tasks::cancel(&visit, &TaskId(id)).await?;
    Ok(Json(TaskShown::of(&visit.words, task)))
}

/// Asks once more for what did not wholly succeed
#[utoipa::path(post, path = "/api/v1/tasks/{id}/retry", operation_id = "retry_task", tag = "tasks",
    params(("id" = String, Path, description = "The task")),
    responses((status = 201, description = "A new task with the same work", body = TaskShown)))]
async fn retry(visit: Visit, Named(id): Named) -> Result<(StatusCode, Json<TaskShown>), WebError> {
    let task = tasks::retry(&visit, &TaskId(id)).await?;
    Ok((StatusCode::CREATED, Json(TaskShown::of(&visit.words, task))))
}

/// What would become of a unit.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Becomes {
    Created,
    Updated,
    Unchanged,
    Skipped,
    Conflicted,
    Failed,
}

impl From<Verdict> for Becomes {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Created => Self::Created,
            Verdict::Updated => Self::Updated,
            Verdict::Unchanged => Self::Unchanged,
            Verdict::Skipped => Self::Skipped,
            Verdict::Conflicted => Self::Conflicted,
            Verdict::Failed => Self::Failed,
        }
    }
}

/// A write that a dry run foresees.
#[derive(Debug, Serialize, ToSchema)]
struct StepShown {
    /// `create`, `update`, `link`, `finish`, `amend`, `delete`, `unlink`.
    verb: String,
    system: Side,
    /// The module or DocType.
    kind: String,
    /// What is written; null where it is created.
    target: Option<Record>,
    role: Option<String>,
    fields: Vec<FieldShown>,
}

/// What a dry run would do to a unit.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PlanShown {
    subject: Record,
    verdict: Becomes,
    writes: Vec<StepShown>,
    /// What somebody would have to decide.
    conflicts: Vec<Trouble>,
    failures: Vec<Trouble>,
}

impl PlanShown {
    pub(super) fn of(words: &Words, plan: &Plan) -> Self {
        let record = plan.vtiger.iter().map(|step| record_step(words, step));
        let documents = plan.steps.iter().map(|step| document_step(words, step));
        let conflicts = plan.conflicts.iter().map(cs_domain::plan::Conflict::failure);
        Self {
            subject: Record::of(&plan.subject),
            verdict: plan.verdict().into(),
            writes: record.chain(documents).collect(),
            conflicts: conflicts.map(|failure| Trouble::of(words, &failure)).collect(),
            failures: Trouble::all(words, &plan.failures),
        }
    }
}

fn record_step(words: &Words, step: &VtigerStep) -> StepShown {
    let (verb, kind, target, changes): (_, &Kind, _, &[Change]) = match step {
        VtigerStep::Revise { target, changes, .. } => ("update", &target.kind, Some(target), changes),
        VtigerStep::Create { module, changes, .. } => ("create", module, None, changes),
        VtigerStep::Delete { target, .. } => ("delete", &target.kind, Some(target), &[]),
    };
    StepShown {
        verb: verb.to_owned(),
        system: Side::Vtiger,
        kind: kind.to_string(),
        target: target.map(Record::of),
        role: None,
        fields: fields(words, changes),
    }
}

fn document_step(words: &Words, step: &cs_domain::plan::Step) -> StepShown {
    let (verb, target) = match &step.act {
        Act::Create { .. } => ("create", None),
        Act::Link { target, .. } => ("link", Some(target)),
        Act::Update { target, .. } => ("update", Some(target)),
        Act::Finish => ("finish", None),
        Act::Amend { target, .. } => ("amend", Some(target)),
        Act::Delete { target, .. } => ("delete", Some(target)),
        Act::Unlink { target } => ("unlink", Some(target)),
    };
    StepShown {
        verb: verb.to_owned(),
        system: Side::Frappe,
        kind: step.doctype.to_string(),
        target: target.map(Record::of),
        role: Some(step.role.to_string()),
        fields: fields(words, &step.changes),
    }
}

fn fields(words: &Words, changes: &[Change]) -> Vec<FieldShown> {
    let field = |change: &Change| FieldShown {
        field: change.field.to_string(),
        before: change.before.as_ref().map(|before| shown::value(words, before)),
        after: Some(shown::planned(words, &change.after)),
    };
    changes.iter().map(field).collect()
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Which {
    /// Only those that would write or ask.
    only_writing: Option<bool>,
}

/// What is not to be shown of the plans that a task decided.
async fn numbers(visit: &Visit, task: &Task) -> Numbers {
    match &task.work {
        Work::Sync { mapping, .. } | Work::Apply { mapping, .. } => visit.web.office.numbers(mapping).await,
        Work::Reconcile { .. } | Work::Undo { .. } | Work::Pair { .. } => Numbers::unknown(),
    }
}

/// What a dry run would do, unit by unit
#[utoipa::path(get, path = "/api/v1/tasks/{id}/plans", operation_id = "get_task_plans", tag = "tasks",
    params(("id" = String, Path, description = "The task of the dry run"), Paging, Which),
    responses((status = 200, description = "A page of plans", body = Page<PlanShown>)))]
async fn plans(
    visit: Visit,
    Named(id): Named,
    Params(paging): Params<Paging>,
    Params(which): Params<Which>,
) -> Given<Page<PlanShown>> {
    let (limit, offset) = (paging.limit()?, paging.offset("plans")?);
    let task = tasks::one(&visit, &TaskId(id)).await?;
    let only = which.only_writing.unwrap_or_default();
    let plans = visit.web.desk.plans(&task.id, only, offset, limit + 1).await?;
    let numbers = numbers(&visit, &task).await;
    let show = |plan| PlanShown::of(&visit.words, &numbers.plan(&plan));
    Ok(Json(Page::counted("plans", plans, offset, limit, show)))
}
