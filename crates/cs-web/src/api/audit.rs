//! Who changed what.

use axum::Json;
use cs_ports::{AuditEntry, AuditFilter, Right};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::Given;
use super::asked::Params;
use super::paging::{Page, Paging};
use crate::doors::{Doors, Rule};
use crate::visit::Visit;

pub(super) fn doors(doors: Doors) -> Doors {
    doors.api(Rule::Needs(Right::Administer), routes!(list))
}

/// Something that somebody changed.
#[derive(Debug, Serialize, ToSchema)]
struct ChangeShown {
    sequence: i64,
    #[schema(format = DateTime)]
    at: String,
    /// A login, `token <id>`, or `company-sync` itself.
    who: String,
    /// A stable code: `conflict.resolve`.
    action: String,
    object: String,
    /// What was; never a secret.
    before: serde_json::Value,
    /// What is; never a secret.
    after: serde_json::Value,
}

impl ChangeShown {
    fn of(entry: AuditEntry) -> Self {
        let AuditEntry { sequence, at, who, action, object, before, after } = entry;
        Self { sequence, at: at.to_string(), who, action, object, before, after }
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Asked {
    who: Option<String>,
    /// Actions that begin so: `conflict.`.
    action: Option<String>,
    object: Option<String>,
}

/// Changes, newest first
#[utoipa::path(get, path = "/api/v1/audit", operation_id = "list_audit", tag = "log", params(Paging, Asked),
    responses((status = 200, description = "A page of them", body = Page<ChangeShown>)))]
async fn list(
    visit: Visit,
    Params(paging): Params<Paging>,
    Params(asked): Params<Asked>,
) -> Given<Page<ChangeShown>> {
    let (limit, before) = (paging.limit()?, paging.after("audit")?);
    let filter = AuditFilter { who: asked.who, action: asked.action, object: asked.object };
    let entries = visit.web.desk.audit(&filter, before, limit + 1).await?;
    let show = ChangeShown::of;
    Ok(Json(Page::of("audit", entries, limit, |entry| entry.sequence.to_string(), show)))
}
