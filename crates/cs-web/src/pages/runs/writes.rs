//! What a run wrote: the journal.

use askama::Template;
use axum::extract::{Path, Query};
use cs_domain::guarded::Numbers;
use cs_domain::{Action, Fields, IntentState, Run, RunId};
use cs_ports::JournalEntry;
use serde::Deserialize;

use super::told::verb;
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::pages::labels::{Labels, kind_written};
use crate::pages::shown;
use crate::visit::{Answer, Visit, page};
use crate::words::Words;
use crate::work::tasks;

const PAGE: usize = 50;

#[derive(Deserialize)]
pub(super) struct Asked {
    /// Counted from 1.
    #[serde(default)]
    page: usize,
}

#[derive(Template)]
#[template(path = "runs/writes.html")]
struct WritesPage {
    frame: Frame,
    run: Run,
    /// Who asked for the run.
    asked_by: Option<String>,
    writes: Vec<Write>,
    total: u64,
    page: usize,
    pages: usize,
}

/// A write, as people read it.
pub(crate) struct Write {
    pub(crate) tone: &'static str,
    pub(crate) state: String,
    pub(crate) verb: String,
    pub(crate) system: String,
    pub(crate) target: String,
    pub(crate) role: Option<String>,
    pub(crate) subject: String,
    pub(crate) fields: Vec<Field>,
}

/// A field that was written.
pub(crate) struct Field {
    /// What it is called.
    pub(crate) label: String,
    /// Its API name.
    pub(crate) name: String,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
}

pub(super) async fn show(visit: Visit, Path(id): Path<RunId>, Query(asked): Query<Asked>) -> Answer {
    let desk = &visit.web.desk;
    let run = desk.run(&id).await?.ok_or_else(|| WebError::not_there("run", &id))?;
    let journal = desk.journal(&id).await?;
    let numbers = visit.web.office.numbers(&run.mapping).await;
    let pages = journal.len().div_ceil(PAGE).max(1);
    let number = asked.page.clamp(1, pages);
    let shown = || journal.iter().skip((number - 1) * PAGE).take(PAGE);
    let labels = Labels::of_writes(&visit, shown()).await?;
    page(&WritesPage {
        frame: visit.titled(Section::Sync, visit.words.of_run(&run.mapping)),
        asked_by: tasks::of_run(&visit, &id).await?.map(|task| task.asked_by),
        writes: shown().map(|entry| Write::of(&visit.words, &labels, &numbers, entry)).collect(),
        total: journal.len() as u64,
        page: number,
        pages,
        run,
    })
}

impl Write {
    /// Numbers of accounts and cards show their last digits.
    pub(crate) fn of(words: &Words, labels: &Labels, numbers: &Numbers, entry: &JournalEntry) -> Self {
        let intent = &entry.intent;
        let action = &numbers.action(&intent.action);
        let (tone, state) = match entry.state {
            IntentState::Open => ("wait", "writes-open"),
            IntentState::Settled => ("good", "writes-settled"),
            IntentState::Dropped => ("quiet", "writes-dropped"),
        };
        let target = match action {
            Action::Create { kind, .. } => kind.to_string(),
            Action::Update { target, .. } | Action::Delete { target, .. } | Action::Amend { target, .. } => {
                shown::record(target)
            }
        };
        Self {
            tone,
            state: words.say(state),
            // What did not come to be was not done: it is told by what it would have been.
            verb: match entry.state {
                IntentState::Settled => verb(words, action.verb()),
                IntentState::Open | IntentState::Dropped => words
                    .said(&format!("write-{}", action.verb()))
                    .unwrap_or_else(|| action.verb().to_owned()),
            },
            system: action.system().to_string(),
            target,
            role: intent.role.as_ref().map(ToString::to_string),
            subject: shown::record(&intent.subject),
            fields: fields(words, labels, action),
        }
    }
}

fn fields(words: &Words, labels: &Labels, action: &Action) -> Vec<Field> {
    let none = Fields::new();
    let (before, after) = match action {
        Action::Create { fields, .. } => (&none, fields),
        Action::Update { before, changes, .. } | Action::Amend { before, changes, .. } => (before, changes),
        Action::Delete { before, .. } => (before, &none),
    };
    let names = if after.is_empty() { before.keys() } else { after.keys() };
    let said = |fields: &Fields, name| fields.get(name).map(|value| shown::value(words, value));
    names
        .map(|name| Field {
            label: labels.field(action.system(), kind_written(action), name),
            name: name.to_string(),
            before: said(before, name),
            after: said(after, name),
        })
        .collect()
}
