//! Records: searched by id, by name, by anything that both sides agreed on.

use axum::Json;
use cs_domain::LinkStanding;
use cs_ports::{Right, Tie};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::Given;
use super::asked::Params;
use super::told::Record;
use crate::doors::{Doors, Rule};
use crate::error::WebError;
use crate::visit::Visit;

/// Links that a search answers, at most.
const MOST: u32 = 200;

pub(super) fn doors(doors: Doors) -> Doors {
    doors.api(Rule::Needs(Right::Read), routes!(search))
}

/// A record and a document that hold the same facts.
#[derive(Debug, Serialize, ToSchema)]
struct LinkShown {
    mapping: String,
    unit: String,
    record: Record,
    role: String,
    document: Record,
    /// Whether the two are kept in agreement.
    live: bool,
}

impl LinkShown {
    fn of(tie: &Tie) -> Self {
        let link = &tie.link;
        Self {
            mapping: link.mapping.to_string(),
            unit: link.unit.to_string(),
            record: Record::of(&link.subject),
            role: link.role.to_string(),
            document: Record::of(&link.document),
            live: link.standing == LinkStanding::Live,
        }
    }
}

/// What was found, the best first.
#[derive(Debug, Serialize, ToSchema)]
struct Found {
    items: Vec<LinkShown>,
    /// Whether there may be more.
    cut: bool,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// An id or its beginning, or a text that both sides agreed on.
    q: String,
}

/// Searches linked records
#[utoipa::path(get, path = "/api/v1/records", operation_id = "search_records", tag = "records", params(Asked),
    responses((status = 200, description = "What was found", body = Found)))]
async fn search(visit: Visit, Params(asked): Params<Asked>) -> Given<Found> {
    let text = asked.q.trim();
    if text.is_empty() {
        return Err(WebError::invalid("q", "say what is searched for"));
    }
    let ties = visit.web.desk.search_ties(text, MOST).await?;
    let cut = ties.len() == MOST as usize;
    Ok(Json(Found { items: ties.iter().map(LinkShown::of).collect(), cut }))
}
