//! Carries out tasks: the one place where what people and schedules ask for meets engine and reconciler.

use std::sync::Arc;

use async_trait::async_trait;
use cs_companies::ReadReport;
use cs_domain::cost::{Cost, Estimate};
use cs_domain::plan::Plan;
use cs_domain::{Failure, MappingName, Role, Run, RunId, RunStatus, UnitName};
use cs_engine::Job;
use cs_engine::reconcile::{Reconciled, findings_of};
use cs_engine::scheduler::{Attempt, Ending, Executor, is_of_schedule};
use cs_ports::{Book, Clock as _, LinkingStore as _, MappingStore as _, Task, TaskId, TaskStore, Work};
use cs_store::SqliteStore;
use futures_util::FutureExt as _;
use serde_json::{Value as Json, json};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use crate::clock::SystemClock;
use crate::config::Config;
use crate::failure::CommandError;
use crate::inquiry::{FileOf, Inquiry, Wish};
use crate::mappings::Editions;
use crate::office::{HINTED, Office, failure};
use crate::plan_file::{definition, deletes_in};
use crate::reconciliation_error::ReconciliationError;
use crate::reconciling::ready_at;
use crate::wiring::{Home, WORKERS};

/// Plans that are kept together.
const PLANS: usize = 200;

/// What a dry run of a report shows at most; the whole of it is in the run itself.
const SHOWN: usize = 200;

/// The workshop of the service.
#[derive(Clone)]
pub(crate) struct Workshop {
    pub(crate) home: Arc<Home>,
    pub(crate) office: Arc<Office>,
}

/// A company's report, as a task asks for it.
struct Report<'t> {
    wish: Wish<'t>,
    file: &'t cs_ports::FileId,
    file_name: &'t str,
    approve_drift: bool,
    dry_run: bool,
}

/// For what pairs are wanted.
struct Seat<'t> {
    unit: &'t UnitName,
    role: &'t Role,
}

/// Whether somebody asked for it, who wants to see what failed tried again now. Where a clock or a webhook asked, what failed
/// has its pause, which doubles: else a schedule of every five minutes would use up all tries within an hour.
fn is_wanted_now(task: &Task) -> bool {
    !is_of_schedule(&task.asked_by) && task.asked_by != HINTED
}

#[async_trait]
impl Executor for Workshop {
    async fn execute(&self, task: &Task, attempt: &Attempt) -> Result<Ending, Failure> {
        let workshop = self.clone();
        let (task, stop, observer) = (task.clone(), attempt.stop.clone(), Arc::clone(&attempt.observer));
        let here = Handle::current();
        // A thread of its own: reading and comparing a report of a million rows must not hold up the pages, and the engine's
        // futures stay on the thread that began them.
        let done = spawn_blocking(move || {
            here.block_on(async { workshop.carry_out(&task, &Attempt { stop, observer }).await })
        });
        let done = done.await.map_err(|error| CommandError::Broken(Box::new(error)));
        done.and_then(|done| done).map_err(|error| failure(&error))
    }

    fn outlived(&self, holder: &str) -> bool {
        self.home.holder.outlived(holder)
    }
}

impl Workshop {
    async fn carry_out(&self, task: &Task, attempt: &Attempt) -> Result<Ending, CommandError> {
        let config = self.office.config();
        match &task.work {
            Work::Sync { mapping, full, census, approved_deletes, dry_run } => {
                let editions = Editions::read(&config, self.home.store.as_ref()).await?;
                editions.expect_not_retired(mapping.as_str())?;
                let job = editions.job(mapping.as_str(), *full)?;
                let job = Job {
                    census: job.census || *census,
                    eager: is_wanted_now(task),
                    approved_deletes: *approved_deletes,
                    stop: attempt.stop.clone(),
                    ..job
                };
                if *dry_run {
                    self.plan(&config, task, attempt, &job).boxed_local().await
                } else {
                    self.sync(&config, attempt, &job).boxed_local().await
                }
            }
            Work::Apply { mapping, plans_of } => {
                self.apply(&config, attempt, mapping, plans_of).boxed_local().await
            }
            Work::Reconcile {
                company,
                broker,
                file,
                file_name,
                as_of,
                plan_year,
                approve_drift,
                dry_run,
            } => {
                let wish = Wish {
                    company,
                    broker,
                    as_of: *as_of,
                    plan_year: *plan_year,
                    language: None,
                    invented: false,
                };
                let (approve_drift, dry_run) = (*approve_drift, *dry_run);
                let report = Report { wish, file, file_name, approve_drift, dry_run };
                self.reconcile(&config, attempt, &report).boxed_local().await
            }
            Work::Undo { run } => self.undo(&config, attempt, run).boxed_local().await,
            Work::Pair { mapping, unit, role } => {
                self.pair(&config, attempt, mapping, &Seat { unit, role }).boxed_local().await
            }
        }
    }

    /// Runs a mapping.
    async fn sync(&self, config: &Config, attempt: &Attempt, job: &Job) -> Result<Ending, CommandError> {
        let wired = self.home.wire(config, vec![Arc::clone(&attempt.observer)])?;
        let pair = wired.pair(config);
        if let Some(unit) = job.mapping.units.first() {
            pair.expect_and_note(&unit.module).await?;
        }
        let run = wired.run(job).await?;
        if matches!(run.status, RunStatus::Success | RunStatus::PartialSuccess) {
            pair.note_zones().await?;
        }
        Ok(ended(&run, json!({ "requests": run.requests })))
    }

    /// Decides everything, writes nothing, and keeps the plans with the task.
    async fn plan(
        &self,
        config: &Config,
        task: &Task,
        attempt: &Attempt,
        job: &Job,
    ) -> Result<Ending, CommandError> {
        let wired = self.home.wire(config, vec![Arc::clone(&attempt.observer)])?;
        wired.pair(config).expect_known().await?;
        let store = Arc::clone(&wired.store);
        store.drop_plans(&task.id).await?;
        let (sender, receiver) = mpsc::unbounded_channel();
        let keeper = tokio::spawn(keep(store, task.id.clone(), receiver));
        let before = wired.engine.requests();
        let mut estimate = Estimate::default();
        let mut deletes: u64 = 0;
        let planned = wired
            .engine
            .dry_run(job, |plan| {
                estimate.add(plan);
                deletes += u64::from(plan.departure.is_some());
                // Where keeping failed, it says so itself.
                let _ = sender.send(plan.clone());
            })
            .await;
        drop(sender);
        let kept = keeper.await.map_err(|error| CommandError::Broken(Box::new(error)))?;
        let balance = planned?;
        kept?;
        let cost = Cost::of_reading(wired.engine.requests().since(before)).and(estimate.cost());
        let seconds = (cost.seconds(WORKERS) * 10.0).round() / 10.0;
        let outcome = json!({
            "cost": { "requests": cost.requests, "seconds": seconds },
            "balance": balance,
            "deletes": deletes,
            "definition": definition(job),
        });
        let (status, run, failure) = (RunStatus::Success, None, None);
        Ok(Ending { status, run, balance: Some(balance), failure, outcome })
    }

    /// Carries out the plans that a dry run kept, and nothing else. Whoever approved them approved the deletes in them.
    async fn apply(
        &self,
        config: &Config,
        attempt: &Attempt,
        mapping: &MappingName,
        plans_of: &TaskId,
    ) -> Result<Ending, CommandError> {
        let store = &self.home.store;
        let editions = Editions::read(config, store.as_ref()).await?;
        editions.expect_not_retired(mapping.as_str())?;
        let job = editions.job(mapping.as_str(), false)?;
        let planned = store.task(plans_of).await?;
        let then =
            planned.as_ref().and_then(|task| task.outcome.get("definition")?.as_str().map(str::to_owned));
        if then.as_deref() != Some(definition(&job).as_str()) {
            return Err(CommandError::Redefined { mapping: mapping.clone() });
        }
        let mut plans: Vec<Plan> = Vec::new();
        loop {
            let page = store.plans(plans_of, true, plans.len() as u64, 1000).await?;
            if page.is_empty() {
                break;
            }
            plans.extend(page);
        }
        let job = Job {
            approved_deletes: Some(deletes_in(&plans)),
            approved: Some(plans),
            stop: attempt.stop.clone(),
            ..job
        };
        self.sync(config, attempt, &job).boxed_local().await
    }

    /// Looks for records and documents that could be one, and keeps what it finds in place of what was found before.
    async fn pair(
        &self,
        config: &Config,
        attempt: &Attempt,
        mapping: &MappingName,
        seat: &Seat<'_>,
    ) -> Result<Ending, CommandError> {
        let store = &self.home.store;
        let editions = Editions::read(config, store.as_ref()).await?;
        let job = match store.mapping_draft(mapping).await? {
            Some(draft) => editions.trial(mapping.as_str(), &draft.text)?,
            None => editions.job(mapping.as_str(), false)?,
        };
        let job = Job { stop: attempt.stop.clone(), ..job };
        let wired = self.home.wire(config, vec![Arc::clone(&attempt.observer)])?;
        wired.pair(config).expect_known().await?;
        let found = wired.engine.propose_links(&job, seat.unit, seat.role).await?;
        // Somebody may have taken it out of the draft while the task waited.
        let nowhere = || CommandError::NoSeat {
            mapping: mapping.clone(),
            unit: seat.unit.clone(),
            role: seat.role.clone(),
        };
        let found = found.ok_or_else(nowhere)?;
        let now = SystemClock.now();
        store.put_proposals(mapping, seat.unit, seat.role, &found.proposals, now).await?;
        let outcome = json!({
            "records": found.records,
            "documents": found.documents,
            "pairs": found.proposals.len(),
        });
        let (status, run, failure) = (RunStatus::Success, None, None);
        Ok(Ending { status, run, balance: Some(found.balance), failure, outcome })
    }

    /// Compares a company's report with the CRM and, unless it is a dry run, writes what follows.
    async fn reconcile(
        &self,
        config: &Config,
        attempt: &Attempt,
        asked: &Report<'_>,
    ) -> Result<Ending, CommandError> {
        let inquiry = Inquiry::of(config, &asked.wish)?;
        let file = self.home.store.file(asked.file).await?;
        let (_, bytes) = file.ok_or_else(|| CommandError::FileGone { name: asked.file_name.to_owned() })?;
        let (report, digest) = inquiry.read(config, asked.file_name, &bytes)?;
        let file = FileOf { report: &report, name: asked.file_name, digest: &digest };
        let task = inquiry.reconciling(config, &file, asked.approve_drift);
        let mut ready = ready_at(&self.home, config, vec![Arc::clone(&attempt.observer)]).await?;
        ready.reconciler.stop = attempt.stop.clone();
        let done = if asked.dry_run {
            ready.reconciler.dry_run(&task).await?
        } else {
            ready.patiently(async |reconciler| reconciler.run(&task).await).await?
        };
        let outcome = outcome(&done, &inquiry, &report);
        if let Some(run) = &done.run {
            return Ok(ended(run, outcome));
        }
        let (status, run, failure) = (RunStatus::Success, None, None);
        Ok(Ending { status, run, balance: None, failure, outcome })
    }

    /// Takes back what a reconciliation wrote.
    async fn undo(&self, config: &Config, attempt: &Attempt, run: &RunId) -> Result<Ending, CommandError> {
        let mut ready = ready_at(&self.home, config, vec![Arc::clone(&attempt.observer)]).await?;
        ready.reconciler.stop = attempt.stop.clone();
        let undone = ready.patiently(async |reconciler| reconciler.undo(run).await).await?;
        let undone = undone.ok_or_else(|| ReconciliationError::NothingToUndo { run: run.to_string() })?;
        let kept = undone.kept.iter().map(|kept| json!({ "record": kept.record, "failure": kept.failure }));
        Ok(ended(&undone.run, json!({ "undone": run, "left": kept.collect::<Vec<_>>() })))
    }
}

/// Keeps plans as they come, many at a time.
async fn keep(
    store: Arc<SqliteStore>,
    task: TaskId,
    mut plans: mpsc::UnboundedReceiver<Plan>,
) -> Result<(), CommandError> {
    let mut gathered = Vec::with_capacity(PLANS);
    while plans.recv_many(&mut gathered, PLANS).await > 0 {
        store.add_plans(&task, &gathered).await?;
        gathered.clear();
    }
    Ok(())
}

fn ended(run: &Run, outcome: Json) -> Ending {
    let (status, failure) = (run.status, run.failure.clone());
    Ending { status, run: Some(run.id.clone()), balance: Some(run.balance), failure, outcome }
}

/// What a reconciliation's page shows besides its findings.
fn outcome(done: &Reconciled, inquiry: &Inquiry, report: &ReadReport) -> Json {
    let Some(result) = &done.result else {
        return json!({ "drift": done.drift, "taken": done.taken });
    };
    let named = |(outcome, count): (&str, u64)| (outcome.to_owned(), json!(count));
    let rows = result.row_totals().into_iter().map(|(outcome, count)| named((outcome.name(), count)));
    let orders = result.order_totals().into_iter().map(|(outcome, count)| named((outcome.name(), count)));
    let kinds = result.findings_by_kind().into_iter().map(|(kind, count)| named((kind.name(), count)));
    let book = Book { company: inquiry.company.key.clone(), broker: inquiry.broker().code.to_owned() };
    // Whole, not as a sentence: whoever reads them chooses the language.
    let findings = findings_of(&book, result, report).into_iter().take(SHOWN);
    let updates = result.updates.iter().take(SHOWN).map(|update| {
        json!({
            "salesorder_no": update.salesorder_no,
            "member_id": update.member_id,
            "old": update.old,
            "new": update.new,
        })
    });
    json!({
        "as_of": inquiry.period.as_of,
        "totals": {
            "rows_read": result.rows_read,
            "rows": rows.collect::<serde_json::Map<_, _>>(),
            "orders": orders.collect::<serde_json::Map<_, _>>(),
            "findings": kinds.collect::<serde_json::Map<_, _>>(),
            "updates": result.updates.len(),
        },
        "taken": done.taken,
        "drift": done.drift,
        "findings": findings.collect::<Vec<_>>(),
        "updates": updates.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use cs_engine::scheduler::{Asking, asked_by_schedule};
    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::*;

    #[test]
    fn what_failed_is_tried_before_its_pause_is_over_only_where_somebody_asks() {
        let task = |asked_by: &str| {
            let work = Work::Sync {
                mapping: MappingName::new("policy"),
                full: false,
                census: false,
                approved_deletes: None,
                dry_run: false,
            };
            let asking = Asking { work, asked_by: asked_by.to_owned(), time_limit: 0, attempts_allowed: 1 };
            asking.task(Timestamp::UNIX_EPOCH, &TimeZone::UTC, 1)
        };
        assert!(is_wanted_now(&task("ana@example.test")));
        assert!(is_wanted_now(&task("schedule-keeper@example.test")));
        assert!(!is_wanted_now(&task(&asked_by_schedule("often"))));
        assert!(!is_wanted_now(&task(HINTED)));
    }
}
