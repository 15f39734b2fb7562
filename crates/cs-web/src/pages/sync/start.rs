//! What people start and stop here.

use axum::Form;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect};
use cs_domain::MappingName;
use cs_ports::{Task, TaskId};
use serde::Deserialize;

use crate::error::WebError;
use crate::visit::{Answer, Visit, done};
use crate::work::syncs::{self, Manner};
use crate::work::tasks;

/// What a form for a run says; a box that is not ticked is not sent.
#[derive(Deserialize)]
pub(super) struct Options {
    #[serde(default)]
    full: Option<String>,
    #[serde(default)]
    census: Option<String>,
}

impl Options {
    fn manner(&self, dry_run: bool) -> Manner {
        Manner { full: self.full.is_some(), census: self.census.is_some(), dry_run, approved_deletes: None }
    }
}

fn place(mapping: &MappingName) -> String {
    format!("/sync/{mapping}")
}

/// Goes to where the work can be followed. What is under way already is no error to somebody who clicked twice.
fn started(mapping: &MappingName, task: Result<Task, WebError>) -> Answer {
    match task {
        Ok(_) => done(&place(mapping), "sync-started"),
        Err(WebError::State { code: "task.already", .. }) => done(&place(mapping), "sync-already"),
        Err(error) => Err(error),
    }
}

pub(super) async fn run(
    visit: Visit,
    Path(mapping): Path<MappingName>,
    Form(options): Form<Options>,
) -> Answer {
    started(&mapping, syncs::start(&visit, &mapping, options.manner(false)).await)
}

pub(super) async fn dry_run(
    visit: Visit,
    Path(mapping): Path<MappingName>,
    Form(options): Form<Options>,
) -> Answer {
    match syncs::start(&visit, &mapping, options.manner(true)).await {
        Ok(task) => Ok(Redirect::to(&format!("/sync/{mapping}/plans/{}", task.id)).into_response()),
        refused => started(&mapping, refused),
    }
}

#[derive(Deserialize)]
pub(super) struct Approval {
    deletes: u64,
}

pub(super) async fn follow_deletes(
    visit: Visit,
    Path(mapping): Path<MappingName>,
    Form(Approval { deletes }): Form<Approval>,
) -> Answer {
    let manner = Manner { approved_deletes: Some(deletes), ..Manner::default() };
    started(&mapping, syncs::start(&visit, &mapping, manner).await)
}

pub(super) async fn apply(visit: Visit, Path((mapping, task)): Path<(MappingName, TaskId)>) -> Answer {
    started(&mapping, syncs::apply(&visit, &mapping, &task).await)
}

pub(super) async fn cancel(visit: Visit, Path((mapping, task)): Path<(MappingName, TaskId)>) -> Answer {
    tasks::cancel(&visit, &task).await?;
    done(&place(&mapping), "sync-cancelled")
}
