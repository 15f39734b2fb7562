//! One run: how it stands, whether it adds up, what it asked of the systems, and its log as it comes.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query};
use cs_domain::mapping::drift::Drift;
use cs_domain::{DriftPolicy, Event, Requests, Run, RunId, RunStatus};
use cs_ports::{LogFilter, Task};
use serde::Deserialize;

use super::told::{Line, Trouble, line};
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::pages::drifts::Shown;
use crate::pages::mappings::edition;
use crate::visit::{Answer, Visit, done, fragment, page};
use crate::words::Words;
use crate::work::syncs::{self, Manner};
use crate::work::tasks;

/// Lines of the log that the page begins with.
const LINES: u32 = 200;
/// Lines that are fetched at a time while it grows.
const MORE: u32 = 1000;

/// How a run stands: what is fetched anew while it goes on.
pub(super) struct State {
    run: Run,
    duration: String,
    /// Which text of its mapping it went by, in words.
    edition: Option<String>,
    balance: Vec<(String, u64)>,
    failure: Option<Trouble>,
    /// What had changed in the two systems under its mapping, and what it did about each.
    drifts: Vec<Shown>,
    /// The task it belongs to, where one asked for it.
    task: Option<Task>,
    /// Units that wait for somebody to say that they were really deleted.
    braked: u64,
}

impl State {
    async fn of(visit: &Visit, id: &RunId) -> Result<Self, WebError> {
        let run = visit.web.desk.run(id).await?.ok_or_else(|| WebError::not_there("run", id))?;
        let until = run.ended.unwrap_or_else(|| visit.web.clock.now());
        Ok(Self {
            duration: visit.words.duration(&run.started, &until),
            edition: run.edition.as_ref().map(|used| edition(&visit.words, used)),
            balance: balance(&visit.words, &run),
            failure: run.failure.as_ref().map(|failure| Trouble::of(&visit.words, failure)),
            drifts: drifts(visit, id).await?,
            task: tasks::of_run(visit, id).await?,
            braked: braked(visit, &run).await?,
            run,
        })
    }

    fn requests(&self) -> &Requests {
        &self.run.requests
    }

    /// The id of the task whose news concern this page.
    fn of_task(&self) -> &str {
        self.task.as_ref().map(|task| task.id.0.as_str()).unwrap_or_default()
    }
}

/// What a run found changed. It is told at its beginning, each change once.
async fn drifts(visit: &Visit, id: &RunId) -> Result<Vec<Shown>, WebError> {
    let kinds = Some(vec!["drifted".to_owned()]);
    let filter = LogFilter { run: Some(id.clone()), kinds, ..LogFilter::default() };
    let entries = visit.web.desk.log_after(&filter, 0, MORE).await?;
    let drifts: Vec<&Drift> = entries
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::Drifted { drift } => Some(&**drift),
            _ => None,
        })
        .collect();
    // A run that one of them stopped did not go on because of another.
    let stopped = drifts.iter().any(|drift| drift.verdict == DriftPolicy::Stop);
    let shown = |drift: &&Drift| {
        if stopped && drift.verdict != DriftPolicy::Stop {
            Shown::of(&visit.words, drift)
        } else {
            Shown::done(&visit.words, drift)
        }
    };
    Ok(drifts.iter().map(shown).collect())
}

/// What a run accounts for, in the order of the proof.
fn balance(words: &Words, run: &Run) -> Vec<(String, u64)> {
    let balance = &run.balance;
    let parts = [
        ("balance-created", balance.created),
        ("balance-updated", balance.updated),
        ("balance-unchanged", balance.unchanged),
        ("balance-skipped", balance.skipped),
        ("balance-conflicted", balance.conflicted),
        ("balance-failed", balance.failed),
    ];
    parts.into_iter().map(|(part, number)| (words.say(part), number)).collect()
}

/// The brake is a matter of the mapping's latest run: what an earlier one left to a person, a later one took up again.
async fn braked(visit: &Visit, run: &Run) -> Result<u64, WebError> {
    if !run.status.is_final() || run.balance.failed == 0 || run.mapping.as_str().starts_with("company/") {
        return Ok(0);
    }
    let filter = cs_ports::TroubleFilter {
        mapping: Some(run.mapping.clone()),
        code: Some(syncs::BRAKE.to_owned()),
        ..cs_ports::TroubleFilter::default()
    };
    let first = visit.web.desk.troubles(&filter, 0, 1).await?.pop();
    match first.filter(|trouble| trouble.run == run.id) {
        Some(_) => syncs::braked(visit, &run.mapping).await,
        None => Ok(0),
    }
}

#[derive(Template)]
#[template(path = "runs/one.html")]
struct RunPage {
    frame: Frame,
    state: State,
    lines: Vec<Line>,
    /// The last line that is shown.
    last: i64,
    /// Whether there are lines before the first that is shown.
    earlier: bool,
}

pub(super) async fn show(visit: Visit, Path(id): Path<RunId>) -> Answer {
    let state = State::of(&visit, &id).await?;
    let entries = visit.web.desk.latest_log(Some(&id), LINES).await?;
    let earlier = entries.len() >= LINES as usize;
    page(&RunPage {
        frame: visit.titled(Section::Sync, visit.words.of_run(&state.run.mapping)),
        last: entries.last().map_or(0, |entry| entry.sequence),
        lines: entries.iter().map(|entry| line(&visit.words, entry)).collect(),
        earlier,
        state,
    })
}

#[derive(Template)]
#[template(path = "runs/state.html")]
struct StatePart {
    frame: Frame,
    state: State,
}

pub(super) async fn state(visit: Visit, Path(id): Path<RunId>) -> Answer {
    let state = State::of(&visit, &id).await?;
    fragment(&StatePart { frame: visit.frame(Section::Sync, "runs-title"), state })
}

#[derive(Deserialize)]
pub(super) struct After {
    #[serde(default)]
    after: i64,
}

#[derive(Template)]
#[template(path = "runs/lines.html")]
struct LinesPart {
    lines: Vec<Line>,
    /// The last of them; none where there is nothing new.
    last: i64,
}

pub(super) async fn more(
    visit: Visit,
    Path(id): Path<RunId>,
    Query(After { after }): Query<After>,
) -> Answer {
    let filter = LogFilter { run: Some(id), ..LogFilter::default() };
    let entries = visit.web.desk.log_after(&filter, after, MORE).await?;
    fragment(&LinesPart {
        last: entries.last().map_or(0, |entry| entry.sequence),
        lines: entries.iter().map(|entry| line(&visit.words, entry)).collect(),
    })
}

#[derive(Deserialize)]
pub(super) struct Approval {
    deletes: u64,
}

/// Runs the mapping again and lets it follow so many deletes.
pub(super) async fn follow_deletes(
    visit: Visit,
    Path(id): Path<RunId>,
    Form(Approval { deletes }): Form<Approval>,
) -> Answer {
    let run = visit.web.desk.run(&id).await?.ok_or_else(|| WebError::not_there("run", &id))?;
    let manner = Manner { approved_deletes: Some(deletes), ..Manner::default() };
    syncs::start(&visit, &run.mapping, manner).await?;
    done(&format!("/sync/{}", run.mapping), "sync-started")
}
