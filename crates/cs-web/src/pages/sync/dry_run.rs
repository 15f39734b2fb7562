//! What a run would do: the plans that a dry run kept, what carrying them out would cost, and the approval.

use askama::Template;
use axum::extract::{Path, Query};
use cs_domain::plan::Plan;
use cs_domain::{Balance, MappingName, Requests, RunStatus};
use cs_ports::{Task, TaskFilter, TaskId, Work};
use serde::Deserialize;

use super::now::Going;
use super::planned::{Unit, deletes};
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::pages::labels::Labels;
use crate::pages::runs::told::Trouble;
use crate::visit::{Answer, Visit, fragment, page};
use crate::work::tasks;

/// Units on a page.
const PAGE: usize = 50;
/// Plans that are read at a time.
const CHUNK: u32 = 250;
/// Plans that one page looks at, at most; where few of many fit, the next page looks on.
const LOOKED_AT: u64 = 20_000;

/// Which plans are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Which {
    /// Those that would write.
    #[default]
    Writes,
    /// Those that somebody has to decide about, or that would fail.
    Conflicts,
    /// Those that would delete.
    Deletes,
    /// All that were looked at.
    All,
}

impl Which {
    const ALL: [Self; 4] = [Self::Writes, Self::Conflicts, Self::Deletes, Self::All];

    fn name(self) -> &'static str {
        match self {
            Self::Writes => "writes",
            Self::Conflicts => "conflicts",
            Self::Deletes => "deletes",
            Self::All => "all",
        }
    }

    fn takes(self, plan: &Plan) -> bool {
        match self {
            Self::Writes => !plan.writes_nothing(),
            Self::Conflicts => !plan.conflicts.is_empty() || !plan.failures.is_empty(),
            Self::Deletes => deletes(plan),
            Self::All => true,
        }
    }
}

/// What carrying it out would cost.
struct Cost {
    requests: Requests,
    /// As people say a time that is an estimate.
    time: String,
}

impl Cost {
    fn of(task: &Task) -> Option<Self> {
        let cost = task.outcome.get("cost")?;
        let requests = serde_json::from_value(cost.get("requests")?.clone()).ok()?;
        Some(Self { requests, time: time(cost.get("seconds")?.as_f64()?) })
    }

    fn total(&self) -> u64 {
        let Requests { vtiger, frappe } = &self.requests;
        vtiger.read + vtiger.write + frappe.read + frappe.write
    }
}

/// A time in the unit that suits it.
fn time(seconds: f64) -> String {
    if seconds < 90.0 {
        format!("{:.0} s", seconds.ceil())
    } else if seconds < 5_400.0 {
        format!("{:.0} min", (seconds / 60.0).ceil())
    } else {
        format!("{:.1} h", seconds / 3_600.0)
    }
}

#[derive(Template)]
#[template(path = "sync/dry_run.html")]
struct DryRunPage {
    frame: Frame,
    mapping: MappingName,
    task: Task,
    /// While it is not over.
    going: Option<Going>,
    failure: Option<Trouble>,
    balance: Balance,
    cost: Option<Cost>,
    deletes: u64,
    which: Which,
    units: Vec<Unit>,
    /// Where the next page begins.
    next: Option<u64>,
    from: u64,
    /// The task that carries it out, where somebody approved it.
    applied: Option<Task>,
}

impl DryRunPage {
    /// Whether something would come of approving it.
    fn has_writes(&self) -> bool {
        self.balance.created + self.balance.updated > 0
    }

    /// What the question says before it is done.
    fn question(&self) -> String {
        let units = self.balance.created + self.balance.updated;
        match self.deletes {
            0 => self.frame.count("plan-confirm", &units),
            deletes => format!(
                "{} {}",
                self.frame.count("plan-confirm", &units),
                self.frame.count("plan-confirm-deletes", &deletes)
            ),
        }
    }

    /// What can be shown; deletes only where there are some.
    fn tabs(&self) -> Vec<Tab> {
        let shown = Which::ALL.into_iter().filter(|which| *which != Which::Deletes || self.deletes > 0);
        shown
            .map(|which| Tab {
                name: which.name(),
                label: self.frame.say(&format!("plan-show-{}", which.name())),
                number: match which {
                    Which::Writes => None,
                    Which::Conflicts => Some(self.balance.conflicted + self.balance.failed),
                    Which::Deletes => Some(self.deletes),
                    Which::All => Some(self.balance.read),
                },
                here: which == self.which,
            })
            .collect()
    }
}

/// A choice of what is shown.
struct Tab {
    name: &'static str,
    label: String,
    /// How many units it shows, where that is known.
    number: Option<u64>,
    here: bool,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    show: String,
    #[serde(default)]
    from: u64,
}

pub(super) async fn show(
    visit: Visit,
    Path((mapping, id)): Path<(MappingName, TaskId)>,
    Query(asked): Query<Asked>,
) -> Answer {
    let task = dry_run(&visit, &mapping, &id).await?;
    let which = Which::ALL.into_iter().find(|which| which.name() == asked.show).unwrap_or_default();
    let (plans, next) = look(&visit, &id, which, asked.from).await?;
    let numbers = visit.web.office.numbers(&mapping).await;
    let labels = Labels::of_plans(&visit, &plans).await?;
    let title = visit.words.tell("plan-title", &[("mapping", mapping.to_string().into())]);
    page(&DryRunPage {
        frame: visit.titled(Section::Sync, title),
        going: (!task.status.is_final()).then(|| Going::of(&visit, task.clone())),
        failure: task.failure.as_ref().map(|failure| Trouble::of(&visit.words, failure)),
        balance: task.balance,
        cost: Cost::of(&task),
        deletes: count_deletes(&visit, &task).await?,
        units: plans.iter().map(|plan| Unit::of(&visit.words, &labels, &numbers, plan)).collect(),
        applied: applied(&visit, &mapping, &id).await?,
        from: asked.from,
        which,
        next,
        task,
        mapping,
    })
}

/// The task, which is a dry run of this mapping.
async fn dry_run(visit: &Visit, mapping: &MappingName, id: &TaskId) -> Result<Task, WebError> {
    let task = tasks::one(visit, id).await?;
    let is_one = matches!(&task.work, Work::Sync { mapping: of, dry_run: true, .. } if of == mapping);
    if is_one { Ok(task) } else { Err(WebError::not_there("dry run", id)) }
}

/// A page of plans, and where the next one begins.
async fn look(
    visit: &Visit,
    id: &TaskId,
    which: Which,
    from: u64,
) -> Result<(Vec<Plan>, Option<u64>), WebError> {
    let only_writing = which != Which::All;
    let mut found = Vec::new();
    let mut at = from;
    loop {
        let plans = visit.web.desk.plans(id, only_writing, at, CHUNK).await?;
        let all = plans.len() < CHUNK as usize;
        for plan in plans {
            if found.len() == PAGE {
                return Ok((found, Some(at)));
            }
            at += 1;
            if which.takes(&plan) {
                found.push(plan);
            }
        }
        if all {
            return Ok((found, None));
        }
        if at - from >= LOOKED_AT {
            return Ok((found, Some(at)));
        }
    }
}

/// Units of which something would be deleted. Such a unit counts as updated: without one there is nothing to look for.
async fn count_deletes(visit: &Visit, task: &Task) -> Result<u64, WebError> {
    if let Some(told) = task.outcome.get("deletes").and_then(serde_json::Value::as_u64) {
        return Ok(told);
    }
    let Balance { updated, failed, conflicted, .. } = task.balance;
    if updated + failed + conflicted == 0 {
        return Ok(0);
    }
    let (mut number, mut at) = (0, 0);
    loop {
        let plans = visit.web.desk.plans(&task.id, true, at, CHUNK).await?;
        number += plans.iter().filter(|plan| deletes(plan)).count() as u64;
        at += plans.len() as u64;
        if plans.len() < CHUNK as usize {
            return Ok(number);
        }
    }
}

/// The latest task that carries this dry run out.
async fn applied(visit: &Visit, mapping: &MappingName, id: &TaskId) -> Result<Option<Task>, WebError> {
    let filter =
        TaskFilter { kinds: Some(vec!["apply"]), lane: Some(mapping.to_string()), ..TaskFilter::default() };
    let tasks = visit.web.desk.tasks(&filter, None, CHUNK).await?;
    Ok(tasks.into_iter().find(|task| matches!(&task.work, Work::Apply { plans_of, .. } if plans_of == id)))
}

#[derive(Template)]
#[template(path = "sync/dry_run_now.html")]
struct NowPart {
    frame: Frame,
    mapping: MappingName,
    task: Task,
    going: Option<Going>,
}

pub(super) async fn now(visit: Visit, Path((mapping, id)): Path<(MappingName, TaskId)>) -> Answer {
    let task = dry_run(&visit, &mapping, &id).await?;
    let going = (!task.status.is_final()).then(|| Going::of(&visit, task.clone()));
    fragment(&NowPart { frame: visit.frame(Section::Sync, "nav-sync"), mapping, task, going })
}
