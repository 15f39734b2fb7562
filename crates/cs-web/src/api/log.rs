//! What happened in all runs.

use axum::Json;
use cs_domain::RunId;
use cs_ports::{LogFilter, Right};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

use super::Given;
use super::asked::Params;
use super::paging::{Page, Paging};
use super::told::LogLine;
use crate::doors::{Doors, Rule};
use crate::visit::Visit;

pub(super) fn doors(doors: Doors) -> Doors {
    doors.api(Rule::Needs(Right::Read), routes!(list))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Asked {
    run: Option<String>,
    /// Of this kind of event: `unit_done`.
    kind: Option<String>,
    /// That hold this text.
    text: Option<String>,
}

/// Lines of the log, newest first
#[utoipa::path(get, path = "/api/v1/log", operation_id = "list_log", tag = "log", params(Paging, Asked),
    responses((status = 200, description = "A page of them", body = Page<LogLine>)))]
async fn list(
    visit: Visit,
    Params(paging): Params<Paging>,
    Params(asked): Params<Asked>,
) -> Given<Page<LogLine>> {
    let (limit, before) = (paging.limit()?, paging.after("log")?);
    let filter =
        LogFilter { run: asked.run.map(RunId), kinds: asked.kind.map(|kind| vec![kind]), text: asked.text };
    let lines = visit.web.desk.log_before(&filter, before, limit + 1).await?;
    let show = |entry| LogLine::of(&visit.words, &entry);
    Ok(Json(Page::of("log", lines, limit, |entry| entry.sequence.to_string(), show)))
}
