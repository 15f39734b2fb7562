//! Runs: how they stand, what they said, what they wrote.

use axum::Json;
use cs_domain::guarded::Numbers;
use cs_domain::{Action, Fields, IntentState, RequestCount, Run, RunId};
use cs_ports::{JournalEntry, LogFilter, Right, RunFilter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::Given;
use super::asked::{Named, Params};
use super::paging::{Page, Paging};
use super::told::{Accounts, LogLine, Record, Side, Status, Trouble};
use crate::doors::{Doors, Rule};
use crate::error::WebError;
use crate::pages::shown;
use crate::visit::Visit;
use crate::words::Words;

pub(super) fn doors(doors: Doors) -> Doors {
    let reads = Rule::Needs(Right::Read);
    doors
        .api(reads, routes!(list))
        .api(reads, routes!(one))
        .api(reads, routes!(log))
        .api(reads, routes!(writes))
}

/// Requests that were sent to a system.
#[derive(Debug, Serialize, ToSchema)]
struct Sent {
    read: u64,
    write: u64,
}

impl From<RequestCount> for Sent {
    fn from(RequestCount { read, write }: RequestCount) -> Self {
        Self { read, write }
    }
}

/// One execution of a mapping, or of a company's reconciliation.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RunShown {
    id: String,
    /// A mapping, or `company/<key>`.
    mapping: String,
    status: Status,
    #[schema(format = DateTime)]
    started: String,
    #[schema(format = DateTime)]
    ended: Option<String>,
    balance: Accounts,
    to_vtiger: Sent,
    to_frappe: Sent,
    failure: Option<Trouble>,
}

impl RunShown {
    pub(super) fn of(words: &Words, run: Run) -> Self {
        Self {
            id: run.id.0,
            mapping: run.mapping.to_string(),
            status: run.status.into(),
            started: run.started.to_string(),
            ended: run.ended.map(|at| at.to_string()),
            balance: run.balance.into(),
            to_vtiger: run.requests.vtiger.into(),
            to_frappe: run.requests.frappe.into(),
            failure: run.failure.map(|failure| Trouble::of(words, &failure)),
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// Of this mapping, or of `company/<key>`.
    mapping: Option<String>,
    #[param(inline)]
    status: Option<Status>,
}

/// Runs, newest first
#[utoipa::path(get, path = "/api/v1/runs", operation_id = "list_runs", tag = "runs", params(Paging, Asked),
    responses((status = 200, description = "A page of them", body = Page<RunShown>)))]
async fn list(
    visit: Visit,
    Params(paging): Params<Paging>,
    Params(asked): Params<Asked>,
) -> Given<Page<RunShown>> {
    let (limit, before) = (paging.limit()?, paging.after::<String>("runs")?.map(RunId));
    let filter = RunFilter {
        mapping: asked.mapping.map(Into::into),
        statuses: asked.status.map(|status| vec![status.into()]),
        ..RunFilter::default()
    };
    let runs = visit.web.desk.runs_before(&filter, before.as_ref(), limit + 1).await?;
    let show = |run| RunShown::of(&visit.words, run);
    Ok(Json(Page::of("runs", runs, limit, |run| run.id.0.clone(), show)))
}

async fn found(visit: &Visit, id: String) -> Result<Run, WebError> {
    let id = RunId(id);
    visit.web.desk.run(&id).await?.ok_or_else(|| WebError::not_there("run", &id))
}

/// One run
#[utoipa::path(get, path = "/api/v1/runs/{id}", operation_id = "get_run", tag = "runs",
    params(("id" = String, Path, description = "The run")),
    responses((status = 200, description = "The run", body = RunShown)))]
async fn one(visit: Visit, Named(id): Named) -> Given<RunShown> {
    let run = found(&visit, id).await?;
    Ok(Json(RunShown::of(&visit.words, run)))
}

/// What a run said, oldest first
#[utoipa::path(get, path = "/api/v1/runs/{id}/log", operation_id = "get_run_log", tag = "runs",
    params(("id" = String, Path, description = "The run"), Paging),
    responses((status = 200, description = "A page of lines", body = Page<LogLine>)))]
async fn log(visit: Visit, Named(id): Named, Params(paging): Params<Paging>) -> Given<Page<LogLine>> {
    let (limit, after) = (paging.limit()?, paging.after("lines")?.unwrap_or_default());
    let filter = LogFilter { run: Some(found(&visit, id).await?.id), ..LogFilter::default() };
    let lines = visit.web.desk.log_after(&filter, after, limit + 1).await?;
    let show = |entry| LogLine::of(&visit.words, &entry);
    Ok(Json(Page::of("lines", lines, limit, |entry| entry.sequence.to_string(), show)))
}

/// A field that was, or would be, written.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FieldShown {
    pub(super) field: String,
    /// What it was, where that is known.
    pub(super) before: Option<String>,
    /// What it is then; null where the document is deleted.
    pub(super) after: Option<String>,
}

/// How far a write has come.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Progress {
    /// Sent, and the answer is not known yet.
    Open,
    /// Written.
    Settled,
    /// Not written.
    Dropped,
}

/// A write of the journal.
#[derive(Debug, Serialize, ToSchema)]
struct WriteShown {
    id: String,
    state: Progress,
    /// `create`, `update`, `delete`, `amend`.
    verb: String,
    system: Side,
    /// The module or DocType.
    kind: String,
    /// What is written; null where it is created.
    target: Option<Record>,
    /// The unit's VTiger record.
    subject: Record,
    role: Option<String>,
    fields: Vec<FieldShown>,
}

impl WriteShown {
    fn of(words: &Words, numbers: &Numbers, entry: &JournalEntry) -> Self {
        let action = &numbers.action(&entry.intent.action);
        let target = match action {
            Action::Create { .. } => None,
            Action::Update { target, .. } | Action::Delete { target, .. } | Action::Amend { target, .. } => {
                Some(Record::of(target))
            }
        };
        Self {
            id: entry.intent.id.to_string(),
            state: match entry.state {
                IntentState::Open => Progress::Open,
                IntentState::Settled => Progress::Settled,
                IntentState::Dropped => Progress::Dropped,
            },
            verb: action.verb().to_owned(),
            system: action.system().into(),
            kind: action.kind().to_string(),
            target,
            subject: Record::of(&entry.intent.subject),
            role: entry.intent.role.as_ref().map(ToString::to_string),
            fields: fields(words, action),
        }
    }
}

fn fields(words: &Words, action: &Action) -> Vec<FieldShown> {
    let none = Fields::new();
    let (before, after) = match action {
        Action::Create { fields, .. } => (&none, fields),
        Action::Update { before, changes, .. } | Action::Amend { before, changes, .. } => (before, changes),
        Action::Delete { before, .. } => (before, &none),
    };
    let names = if after.is_empty() { before.keys() } else { after.keys() };
    let said = |fields: &Fields, name| fields.get(name).map(|value| shown::value(words, value));
    let shown = names.map(|name| FieldShown {
        field: name.to_string(),
        before: said(before, name),
        after: said(after, name),
    });
    shown.collect()
}

/// What a run wrote, oldest first
#[utoipa::path(get, path = "/api/v1/runs/{id}/writes", operation_id = "get_run_writes", tag = "runs",
    params(("id" = String, Path, description = "The run"), Paging),
    responses((status = 200, description = "A page of writes", body = Page<WriteShown>)))]
async fn writes(visit: Visit, Named(id): Named, Params(paging): Params<Paging>) -> Given<Page<WriteShown>> {
    let (limit, offset) = (paging.limit()?, paging.offset("writes")?);
    let run = found(&visit, id).await?;
    // The journal of a run only grows, so that a place in it stays what it is.
    let journal = visit.web.desk.journal(&run.id).await?.into_iter();
    let from = usize::try_from(offset).unwrap_or(usize::MAX);
    let entries = journal.skip(from).take(limit as usize + 1).collect();
    let numbers = visit.web.office.numbers(&run.mapping).await;
    let show = |entry| WriteShown::of(&visit.words, &numbers, &entry);
    Ok(Json(Page::counted("writes", entries, offset, limit, show)))
}
