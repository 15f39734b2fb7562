//! Conflicts: looked up and decided.

use std::collections::BTreeMap;

use axum::Json;
use cs_domain::plan::Conflict;
use cs_domain::{ConflictId, StandingConflict};
use cs_ports::{ConflictFilter, Right};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::Given;
use super::asked::{Named, Params, Said};
use super::paging::{Page, Paging};
use super::told::Record;
use crate::doors::{Doors, Rule};
use crate::error::WebError;
use crate::pages::conflicts::told;
use crate::pages::labels::Labels;
use crate::visit::Visit;
use crate::work::conflicts::{self, Word};

pub(super) fn doors(doors: Doors) -> Doors {
    let (reads, reviews) = (Rule::Needs(Right::Read), Rule::Needs(Right::Review));
    doors.api(reads, routes!(list)).api(reads, routes!(one)).api(reviews, routes!(decide))
}

/// Where a conflict stands.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ConflictStands {
    /// Waits for a word.
    Open,
    /// Decided, to be carried out by the next run.
    Resolved,
    /// Decided and carried out.
    Applied,
    /// It went away by itself.
    Closed,
}

impl ConflictStands {
    fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resolved => "resolved",
            Self::Applied => "applied",
            Self::Closed => "closed",
        }
    }
}

/// Both sides changed the same, or it is not known which document is meant: somebody has to decide.
#[derive(Debug, Serialize, ToSchema)]
struct ConflictShown {
    id: String,
    /// Stable code: `conflict.field`.
    code: String,
    /// `open`, `resolved`, `applied`, `closed`.
    state: String,
    mapping: String,
    unit: String,
    /// The unit's record.
    record: Record,
    role: String,
    field: Option<String>,
    /// What it is about, in the caller's language.
    text: String,
    /// What VTiger says.
    vtiger: Option<String>,
    /// What Frappe says; of a shared document: what the other record says.
    frappe: Option<String>,
    /// What both said before.
    base: Option<String>,
    /// The documents among which the choice is.
    documents: Vec<Record>,
    /// What was decided and by whom, in the caller's language.
    decided: Option<String>,
    first_run: String,
    last_run: String,
}

impl ConflictShown {
    fn of(visit: &Visit, standing: &StandingConflict) -> Self {
        let words = &visit.words;
        let conflict = &standing.met.conflict;
        let said = |value| Some(told::value(words, conflict, value));
        let (vtiger, frappe, base) = match conflict {
            Conflict::Field { vtiger, frappe, base, .. } => {
                (said(vtiger), said(frappe), base.as_ref().and_then(|base| said(&base.frappe)))
            }
            Conflict::Shared { vtiger, theirs, .. } => (said(vtiger), said(theirs), None),
            _ => (None, None, None),
        };
        Self {
            id: standing.met.id.0.clone(),
            code: conflict.code().to_owned(),
            state: standing.state.name().to_owned(),
            mapping: standing.mapping.to_string(),
            unit: standing.unit.to_string(),
            record: Record::of(&standing.subject),
            role: conflict.role().to_string(),
            field: conflict.field().map(ToString::to_string),
            text: told::cause(words, &Labels::default(), conflict),
            vtiger,
            frappe,
            base,
            documents: standing.documents().into_iter().map(Record::named).collect(),
            decided: told::decided(words, standing),
            first_run: standing.first_run.0.clone(),
            last_run: standing.last_run.0.clone(),
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Asked {
    mapping: Option<String>,
    #[param(inline)]
    state: Option<ConflictStands>,
}

/// Conflicts by their ids
#[utoipa::path(get, path = "/api/v1/conflicts", operation_id = "list_conflicts", tag = "conflicts",
    params(Paging, Asked),
    responses((status = 200, description = "A page of them", body = Page<ConflictShown>)))]
async fn list(
    visit: Visit,
    Params(paging): Params<Paging>,
    Params(asked): Params<Asked>,
) -> Given<Page<ConflictShown>> {
    let (limit, after) = (paging.limit()?, paging.after::<String>("conflicts")?);
    let filter = ConflictFilter {
        mapping: asked.mapping.map(Into::into),
        states: asked.state.map(|state| vec![state.name()]),
        ..ConflictFilter::default()
    };
    let after = after.map(ConflictId);
    let all = visit.web.desk.conflicts_after(&filter, after.as_ref(), limit + 1).await?;
    let show = |one: StandingConflict| ConflictShown::of(&visit, &one);
    Ok(Json(Page::of("conflicts", all, limit, |one| one.met.id.0.clone(), show)))
}

/// One conflict
#[utoipa::path(get, path = "/api/v1/conflicts/{id}", operation_id = "get_conflict", tag = "conflicts",
    params(("id" = String, Path, description = "The conflict")),
    responses((status = 200, description = "The conflict", body = ConflictShown)))]
async fn one(visit: Visit, Named(id): Named) -> Given<ConflictShown> {
    let standing = conflicts::one(&visit, &ConflictId(id)).await?;
    Ok(Json(ConflictShown::of(&visit, &standing)))
}

/// Who is right.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(tag = "choice", content = "value", rename_all = "snake_case")]
enum ChoiceSaid {
    Vtiger,
    Frappe,
    /// Neither: it is this value.
    Value(String),
    /// It is the document of this name.
    Document(String),
    /// It is none of the documents.
    Separate,
}

/// A word about a conflict.
#[derive(Debug, Deserialize, ToSchema)]
struct DecisionSaid {
    /// The conflict.
    id: String,
    /// The word.
    decision: ChoiceSaid,
}

/// Words about conflicts: all of them are taken, or none.
#[derive(Debug, Deserialize, ToSchema)]
struct DecisionsSaid {
    decisions: Vec<DecisionSaid>,
}

/// How many were decided.
#[derive(Debug, Serialize, ToSchema)]
struct Decided {
    decided: u64,
}

/// Decides conflicts
#[utoipa::path(post, path = "/api/v1/conflicts/decide", operation_id = "decide_conflicts", tag = "conflicts",
    request_body = DecisionsSaid,
    responses((status = 200, description = "How many were decided", body = Decided)))]
async fn decide(visit: Visit, Said(said): Said<DecisionsSaid>) -> Given<Decided> {
    let ids: Vec<ConflictId> = said.decisions.iter().map(|said| ConflictId(said.id.clone())).collect();
    let all = visit.web.desk.conflicts_named(&ids).await?;
    let by_id: BTreeMap<&str, &StandingConflict> =
        all.iter().map(|standing| (standing.met.id.0.as_str(), standing)).collect();
    let mut words = Vec::new();
    for DecisionSaid { id, decision } in said.decisions {
        let standing = by_id.get(id.as_str()).ok_or_else(|| WebError::not_there("conflict", &id))?;
        words.push(((*standing).clone(), word(decision)));
    }
    Ok(Json(Decided { decided: conflicts::decide(&visit, &words).await? }))
}

fn word(said: ChoiceSaid) -> Word {
    match said {
        ChoiceSaid::Vtiger => Word::Vtiger,
        ChoiceSaid::Frappe => Word::Frappe,
        ChoiceSaid::Value(text) => Word::Typed(text),
        ChoiceSaid::Document(name) => Word::Document(name.into()),
        ChoiceSaid::Separate => Word::Separate,
    }
}
