//! Tasks that people ask for: added, cancelled, tried again, started for real after a dry run. Whoever asks, page or API,
//! asks here.

use cs_domain::{MappingName, Role, RunId, RunStatus, UnitName};
use cs_engine::scheduler::Asking;
use cs_ports::{Task, TaskFilter, TaskId, TaskObserver as _, Work};
use serde_json::{Value as Json, json};

use crate::error::WebError;
use crate::visit::Visit;
use crate::work::mappings;

/// How many tasks of one second may ask for a name before something else must be wrong.
const NAMES: u8 = 8;

/// Adds a task for work that fits what there is, and wakes the scheduler. The same work is not added while it waits or
/// runs: a second click is no second run.
pub(crate) async fn add(visit: &Visit, work: Work) -> Result<Task, WebError> {
    expect_fit(visit, &work).await?;
    expect_new(visit, &work).await?;
    let task = keep(visit, work).await?;
    visit.record("task.add", format!("task {}", task.id), Json::Null, &task.work).await?;
    visit.web.hub.task(&task);
    visit.web.office.nudge();
    Ok(task)
}

/// Asks a task to stop. It ends when the unit at hand is finished.
pub(crate) async fn cancel(visit: &Visit, id: &TaskId) -> Result<Task, WebError> {
    let before = one(visit, id).await?;
    if !visit.web.desk.cancel_task(id).await? {
        return Err(over(visit, &before));
    }
    let task = one(visit, id).await?;
    let said = |task: &Task| json!({ "status": task.status, "cancel": task.cancel });
    visit.record("task.cancel", format!("task {id}"), said(&before), said(&task)).await?;
    visit.web.hub.task(&task);
    visit.web.office.nudge();
    Ok(task)
}

/// Asks once more for what did not, or not wholly, succeed: a new task with the same work.
pub(crate) async fn retry(visit: &Visit, id: &TaskId) -> Result<Task, WebError> {
    let task = one(visit, id).await?;
    if !can_retry(&task) {
        return Err(WebError::State { code: "task.not_failed", cause: visit.words.say("task-not-failed") });
    }
    add(visit, task.work).await
}

/// Does for real what a dry run showed: a new task with the same work that writes.
pub(crate) async fn start_for_real(visit: &Visit, id: &TaskId) -> Result<Task, WebError> {
    let task = one(visit, id).await?;
    match (can_start(&task), task.work) {
        (true, Work::Reconcile { company, broker, file, file_name, as_of, plan_year, approve_drift, .. }) => {
            let work = Work::Reconcile {
                company,
                broker,
                file,
                file_name,
                as_of,
                plan_year,
                approve_drift,
                dry_run: false,
            };
            add(visit, work).await
        }
        (true, Work::Sync { mapping, .. }) => add(visit, Work::Apply { mapping, plans_of: task.id }).await,
        _ => Err(WebError::State { code: "task.no_dry_run", cause: visit.words.say("task-no-dry-run") }),
    }
}

/// Runs a report for real that was held because it looks unlike the ones before, or whose dry run says that it would be:
/// somebody looked at it.
pub(crate) async fn approve_drift(visit: &Visit, id: &TaskId) -> Result<Task, WebError> {
    let task = one(visit, id).await?;
    match task.work {
        Work::Reconcile { company, broker, file, file_name, as_of, plan_year, .. }
            if task.status.is_final() =>
        {
            let work = Work::Reconcile {
                company,
                broker,
                file,
                file_name,
                as_of,
                plan_year,
                approve_drift: true,
                dry_run: false,
            };
            add(visit, work).await
        }
        _ => Err(WebError::State { code: "task.not_held", cause: visit.words.say("task-not-held") }),
    }
}

/// Takes back what the run of a reconciliation wrote.
pub(crate) async fn undo(visit: &Visit, id: &TaskId) -> Result<Task, WebError> {
    let task = one(visit, id).await?;
    match task.run.filter(|_| task.status.is_final()) {
        Some(run) => add(visit, Work::Undo { run }).await,
        None => Err(WebError::State { code: "task.nothing_to_undo", cause: visit.words.say("task-no-undo") }),
    }
}

/// One task.
pub(crate) async fn one(visit: &Visit, id: &TaskId) -> Result<Task, WebError> {
    visit.web.desk.task(id).await?.ok_or_else(|| WebError::not_there("task", id))
}

/// Whether trying again may come to something else.
pub(crate) fn can_retry(task: &Task) -> bool {
    match task.status {
        RunStatus::Error | RunStatus::TimedOut | RunStatus::Cancelled | RunStatus::PartialSuccess => true,
        RunStatus::Pending | RunStatus::InProgress | RunStatus::Success => false,
    }
}

/// Whether it is a dry run that came to its end.
pub(crate) fn can_start(task: &Task) -> bool {
    task.work.is_dry_run() && matches!(task.status, RunStatus::Success | RunStatus::PartialSuccess)
}

/// Whether it is a reconciliation that wrote, so that it can be taken back.
pub(crate) fn can_undo(task: &Task) -> bool {
    let wrote = matches!(task.work, Work::Reconcile { dry_run: false, .. });
    wrote && task.run.is_some() && task.status.is_final() && task.balance.updated > 0
}

/// The lane of an undo of this run, for looking up whether there is one.
pub(crate) fn lane_of_undo(run: &RunId) -> String {
    Work::Undo { run: run.clone() }.lane()
}

async fn expect_fit(visit: &Visit, work: &Work) -> Result<(), WebError> {
    match work {
        Work::Sync { mapping, .. } => expect_mapping(visit, mapping).await,
        Work::Apply { mapping, plans_of } => {
            expect_mapping(visit, mapping).await?;
            let shown = one(visit, plans_of).await?;
            let is_of_it =
                matches!(&shown.work, Work::Sync { mapping: of, dry_run: true, .. } if of == mapping);
            if is_of_it && can_start(&shown) {
                return Ok(());
            }
            Err(WebError::State { code: "task.no_dry_run", cause: visit.words.say("task-no-dry-run") })
        }
        Work::Reconcile { company, broker, file, .. } => {
            expect_book(visit, company, broker).await?;
            match visit.web.desk.file(file).await? {
                Some(_) => Ok(()),
                None => Err(WebError::invalid("file", visit.words.say("task-no-file"))),
            }
        }
        Work::Undo { run } => expect_undoable(visit, run).await,
        Work::Pair { mapping, unit, role } => expect_document(visit, mapping, unit, role).await,
    }
}

/// Whether a mapping, published or not, is right and has such a document.
async fn expect_document(
    visit: &Visit,
    mapping: &MappingName,
    unit: &UnitName,
    role: &Role,
) -> Result<(), WebError> {
    let standing = mappings::standing(visit, mapping).await?;
    if let Some(problem) = mappings::problems(visit, mapping, standing.text()).first() {
        let (why, _) = mappings::worded(&visit.words, problem);
        let why = visit.words.tell("task-mapping-unfit", &[("why", why.into())]);
        return Err(WebError::invalid("mapping", why));
    }
    let sketch = mappings::sketched(visit, standing.text());
    let parsed = sketch.parsed.as_ref().and_then(|parsed| parsed.mapping.unit(unit)?.document(role));
    match parsed {
        Some(_) => Ok(()),
        None => Err(WebError::not_there("document", format!("{unit}/{role}"))),
    }
}

async fn expect_mapping(visit: &Visit, mapping: &MappingName) -> Result<(), WebError> {
    let mappings = visit.web.office.mappings().await?;
    let about = mappings.into_iter().find(|about| about.name == *mapping);
    let about = about.ok_or_else(|| WebError::not_there("mapping", mapping))?;
    if visit.web.desk.retired_mappings().await?.iter().any(|retired| retired.mapping == *mapping) {
        let cause = visit.words.say("task-mapping-retired");
        return Err(WebError::State { code: "mapping.retired", cause });
    }
    if about.problems.is_empty() && about.missing.is_empty() {
        return Ok(());
    }
    let problems = mappings::told_of(&visit.words, &about);
    let why = problems.into_iter().chain(about.missing).collect::<Vec<_>>().join("; ");
    Err(WebError::invalid("mapping", visit.words.tell("task-mapping-unfit", &[("why", why.into())])))
}

/// Whether there are such a company and such a broker.
pub(crate) async fn expect_book(visit: &Visit, company: &str, broker: &str) -> Result<(), WebError> {
    let mut slips = Vec::new();
    let slip = |field: &str, key: &str| crate::office::Slip {
        field: field.to_owned(),
        message: visit.words.say(key),
    };
    if !visit.web.office.companies().await?.iter().any(|known| known.key == company) {
        slips.push(slip("company", "task-no-company"));
    }
    if !visit.web.office.brokers().await?.iter().any(|known| known.code == broker) {
        slips.push(slip("broker", "task-no-broker"));
    }
    if slips.is_empty() { Ok(()) } else { Err(WebError::Invalid { slips }) }
}

async fn expect_undoable(visit: &Visit, run: &RunId) -> Result<(), WebError> {
    let found = visit.web.desk.run(run).await?.ok_or_else(|| WebError::not_there("run", run))?;
    if !found.mapping.as_str().starts_with("company/") {
        return Err(WebError::State { code: "task.nothing_to_undo", cause: visit.words.say("task-no-undo") });
    }
    let undone = TaskFilter {
        lane: Some(lane_of_undo(run)),
        statuses: Some(vec![RunStatus::Success]),
        ..TaskFilter::default()
    };
    match visit.web.desk.tasks(&undone, None, 1).await?.pop() {
        None => Ok(()),
        Some(_) => Err(WebError::State { code: "task.undone", cause: visit.words.say("task-undone") }),
    }
}

async fn expect_new(visit: &Visit, work: &Work) -> Result<(), WebError> {
    let open = visit.web.desk.open_tasks().await?;
    match open.into_iter().find(|task| task.work == *work) {
        None => Ok(()),
        Some(task) => {
            let cause = visit.words.tell("task-already", &[("title", task.title.into())]);
            Err(WebError::State { code: "task.already", cause })
        }
    }
}

fn over(visit: &Visit, task: &Task) -> WebError {
    let cause = visit.words.tell("task-over", &[("status", visit.words.status(&task.status).into())]);
    WebError::State { code: "task.over", cause }
}

/// The task that a reconciliation's run belongs to, where it was one.
pub(crate) async fn of_run(visit: &Visit, run: &RunId) -> Result<Option<Task>, WebError> {
    let Some(found) = visit.web.desk.run(run).await? else { return Ok(None) };
    let lane = TaskFilter { lane: Some(found.mapping.to_string()), ..TaskFilter::default() };
    let tasks = visit.web.desk.tasks(&lane, None, 200).await?;
    Ok(tasks.into_iter().find(|task| task.run.as_ref() == Some(run)))
}

async fn keep(visit: &Visit, work: Work) -> Result<Task, WebError> {
    let undoes = match &work {
        Work::Undo { run } => of_run(visit, run).await?,
        _ => None,
    };
    let limits = visit.web.office.task_limits();
    let asking = Asking {
        work,
        asked_by: visit.caller.name(),
        time_limit: limits.time_limit,
        attempts_allowed: limits.attempts,
    };
    for _ in 0..NAMES {
        let mut task = asking.clone().task(visit.web.clock.now(), &visit.web.zone, chance()?);
        if let Some(undoes) = &undoes {
            task.title = format!("Undo of {}", undoes.title);
        }
        if visit.web.desk.add_task(&task).await? {
            return Ok(task);
        }
    }
    Err(WebError::State { code: "task.busy", cause: visit.words.say("task-busy") })
}

fn chance() -> Result<u64, WebError> {
    getrandom::u64().map_err(|source| WebError::Broken(Box::new(source)))
}
