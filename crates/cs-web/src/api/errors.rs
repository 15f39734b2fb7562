//! Units that failed: looked up and tried again.

use axum::Json;
use cs_domain::UnitName;
use cs_ports::{Right, StagedState, TroubleFilter, TroubledUnit, UnitKey};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::Given;
use super::asked::{Params, Said};
use super::paging::{Page, Paging};
use super::told::{Record, Trouble};
use crate::doors::{Doors, Rule};
use crate::error::WebError;
use crate::visit::Visit;
use crate::words::Words;
use crate::work::errors;

pub(super) fn doors(doors: Doors) -> Doors {
    doors.api(Rule::Needs(Right::Read), routes!(list)).api(Rule::Needs(Right::Run), routes!(retry))
}

/// A unit that failed.
#[derive(Debug, Serialize, ToSchema)]
struct FailedUnit {
    mapping: String,
    unit: String,
    record: Record,
    /// The run that went through it last.
    run: String,
    /// Failures in a row.
    attempts: u32,
    /// Whether it waits for a person; else it is tried again by itself.
    parked: bool,
    /// Not tried again before this time.
    #[schema(format = DateTime)]
    not_before: Option<String>,
    failures: Vec<Trouble>,
}

impl FailedUnit {
    fn of(words: &Words, trouble: TroubledUnit) -> Self {
        let outcome = trouble.outcome;
        Self {
            mapping: outcome.key.mapping.to_string(),
            unit: outcome.key.unit.to_string(),
            record: Record::of(&outcome.key.subject),
            run: trouble.run.0,
            attempts: outcome.attempts,
            parked: outcome.state != StagedState::Waiting,
            not_before: outcome.not_before.map(|at| at.to_string()),
            failures: Trouble::all(words, &outcome.failures),
        }
    }
}

/// Which failed units; what is not said does not narrow it.
#[derive(Debug, Default, Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[serde(default)]
struct Failing {
    mapping: Option<String>,
    /// Whose first failure has this code.
    code: Option<String>,
    /// Whose record's id, or whose failures, hold this text.
    text: Option<String>,
}

impl Failing {
    fn filter(self) -> TroubleFilter {
        TroubleFilter { mapping: self.mapping.map(Into::into), code: self.code, text: self.text }
    }
}

/// Failed units by the ids of their records
#[utoipa::path(get, path = "/api/v1/errors", operation_id = "list_errors", tag = "errors",
    params(Paging, Failing),
    responses((status = 200, description = "A page of them", body = Page<FailedUnit>)))]
async fn list(
    visit: Visit,
    Params(paging): Params<Paging>,
    Params(failing): Params<Failing>,
) -> Given<Page<FailedUnit>> {
    let (limit, offset) = (paging.limit()?, paging.offset("errors")?);
    let found = visit.web.desk.troubles(&failing.filter(), offset, limit + 1).await?;
    let show = |trouble| FailedUnit::of(&visit.words, trouble);
    Ok(Json(Page::counted("errors", found, offset, limit, show)))
}

/// A unit by its names.
#[derive(Debug, Deserialize, ToSchema)]
struct UnitSaid {
    mapping: String,
    unit: String,
    record: Record,
}

/// What is to be tried again: one unit, or all that answer `all`.
#[derive(Debug, Deserialize, ToSchema)]
struct RetrySaid {
    unit: Option<UnitSaid>,
    all: Option<Failing>,
}

/// What came of it.
#[derive(Debug, Serialize, ToSchema)]
struct Retried {
    /// Units that are due now.
    units: u64,
    /// Whether a run was asked for; else one that waits or goes on takes them up.
    started: bool,
}

/// Tries failed units again
#[utoipa::path(post, path = "/api/v1/errors/retry", operation_id = "retry_errors", tag = "errors",
    request_body = RetrySaid,
    responses((status = 200, description = "What came of it", body = Retried)))]
async fn retry(visit: Visit, Said(said): Said<RetrySaid>) -> Given<Retried> {
    let errors::Retried { units, started } = match (said.unit, said.all) {
        (Some(unit), None) => {
            let key = UnitKey {
                mapping: unit.mapping.into(),
                unit: UnitName::from(unit.unit),
                subject: unit.record.reference(),
            };
            expect_known(&visit, &key).await?;
            errors::retry(&visit, &key).await?
        }
        (None, Some(all)) => errors::retry_all(&visit, &all.filter()).await?,
        _ => return Err(WebError::invalid("unit", "send either `unit` or `all`")),
    };
    Ok(Json(Retried { units, started }))
}

async fn expect_known(visit: &Visit, key: &UnitKey) -> Result<(), WebError> {
    let known = visit.web.desk.outcomes_of(&key.subject).await?;
    if known.iter().any(|trouble| trouble.outcome.key == *key) {
        Ok(())
    } else {
        Err(WebError::not_there("unit", &key.subject))
    }
}
