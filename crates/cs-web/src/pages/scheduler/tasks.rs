//! The list of reconciliations, and of what takes them back.

use askama::Template;
use axum::extract::Query;
use cs_domain::{Balance, RunStatus};
use cs_ports::{Task, TaskFilter, TaskId, Work};
use serde::Deserialize;

use super::listing::Choice;
use super::task::HELD;
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::visit::{Answer, Visit, fragment, page};
use crate::work::reconciliation::ReconciliationOutcome;

/// Tasks a page.
const PAGE: u32 = 50;

/// What the tasks of this place do.
const KINDS: [&str; 2] = ["reconcile", "undo"];

/// Which tasks are asked for, as the address has it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// A status, as machines read it.
    status: String,
    /// A company's key.
    company: String,
    /// Text.
    q: String,
    /// The task before which the page begins.
    before: String,
}

impl Asked {
    fn filter(&self) -> TaskFilter {
        TaskFilter {
            // What is no status is none that a task has.
            statuses: some(&self.status).map(|status| RunStatus::parse(status).into_iter().collect()),
            kinds: Some(KINDS.to_vec()),
            lane: some(&self.company).map(|company| format!("company/{company}")),
            text: some(&self.q).map(str::to_owned),
        }
    }

    fn narrows(&self) -> bool {
        [&self.status, &self.company, &self.q].into_iter().any(|value| !value.trim().is_empty())
    }

    fn address(&self, path: &str, before: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let all =
            [("status", &*self.status), ("company", &*self.company), ("q", &*self.q), ("before", before)];
        query.extend_pairs(all.into_iter().filter(|(_, value)| !value.is_empty()));
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

fn some(value: &str) -> Option<&str> {
    let value = value.trim();
    (!value.is_empty()).then_some(value)
}

/// A task in the list.
struct Row {
    task: Task,
    percent: u64,
    file: Option<String>,
    dry_run: bool,
    /// Whether its report waits for approval.
    held: bool,
    took: Option<String>,
}

/// The tasks, a page of them.
struct Listed {
    rows: Vec<Row>,
    total: u64,
    narrowed: bool,
    address: String,
    /// Where earlier ones are, and where the newest, where this page shows neither.
    earlier: Option<String>,
    newest: Option<String>,
}

#[derive(Template)]
#[template(path = "scheduler/tasks.html")]
struct TasksPage {
    frame: Frame,
    asked: Asked,
    statuses: Vec<Choice>,
    companies: Vec<Choice>,
    list: Listed,
}

#[derive(Template)]
#[template(path = "scheduler/rows.html")]
struct RowsPart {
    frame: Frame,
    list: Listed,
}

pub(super) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Answer {
    let companies = visit.web.office.companies().await?;
    let chosen = |value: &str, asked: &str| value == asked;
    page(&TasksPage {
        frame: visit.frame(Section::Scheduler, "nav-scheduler"),
        statuses: RunStatus::ALL
            .map(|status| Choice {
                value: status.as_str().to_owned(),
                label: visit.words.status(&status),
                chosen: chosen(status.as_str(), &asked.status),
            })
            .into(),
        companies: companies
            .into_iter()
            .map(|company| Choice {
                chosen: chosen(&company.key, &asked.company),
                value: company.key,
                label: company.name,
            })
            .collect(),
        list: list(&visit, &asked).await?,
        asked,
    })
}

pub(super) async fn rows(visit: Visit, Query(asked): Query<Asked>) -> Answer {
    let list = list(&visit, &asked).await?;
    fragment(&RowsPart { frame: visit.frame(Section::Scheduler, "nav-scheduler"), list })
}

async fn list(visit: &Visit, asked: &Asked) -> Result<Listed, WebError> {
    let desk = &visit.web.desk;
    let filter = asked.filter();
    let before = some(&asked.before).map(|id| TaskId(id.to_owned()));
    let mut found = desk.tasks(&filter, before.as_ref(), PAGE + 1).await?;
    let more = found.len() > PAGE as usize;
    found.truncate(PAGE as usize);
    let last = found.last().filter(|_| more).map(|task| asked.address("/scheduler", &task.id.0));
    Ok(Listed {
        total: desk.count_tasks(&filter).await?,
        narrowed: asked.narrows(),
        address: asked.address("/scheduler/rows", &asked.before),
        earlier: last,
        newest: before.map(|_| asked.address("/scheduler", "")),
        rows: found.into_iter().map(|task| row(visit, task)).collect(),
    })
}

fn row(visit: &Visit, mut task: Task) -> Row {
    foretell(&mut task);
    let file = match &task.work {
        Work::Reconcile { file_name, .. } => Some(file_name.clone()),
        _ => None,
    };
    Row {
        percent: percent(visit, &task),
        file,
        dry_run: task.work.is_dry_run(),
        held: task.failure.as_ref().is_some_and(|failure| failure.code == HELD),
        took: task.started.map(|from| {
            let to = task.ended.unwrap_or_else(|| visit.web.clock.now());
            visit.words.duration(&from, &to)
        }),
        task,
    }
}

/// A dry run accounts for nothing, because nothing was done; what it would do stands in its outcome.
pub(super) fn foretell(task: &mut Task) {
    if !task.work.is_dry_run() || !task.status.is_final() || task.balance.read > 0 {
        return;
    }
    let Some(told) = ReconciliationOutcome::of(&task.outcome) else { return };
    let rows = |name: &str| told.totals.rows.get(name).copied().unwrap_or_default();
    let (updated, unchanged, failed) = (rows("updated"), rows("unchanged"), rows("invalid"));
    let read = told.totals.rows_read;
    let skipped = read.saturating_sub(updated + unchanged + failed);
    task.balance = Balance { read, updated, unchanged, skipped, failed, ..Balance::default() };
}

/// Hundredths of the way: what was told last, else what the store has.
pub(super) fn percent(visit: &Visit, task: &Task) -> u64 {
    visit.web.hub.progress(&task.id).map_or_else(|| task.percent(), |told| told.percent())
}
