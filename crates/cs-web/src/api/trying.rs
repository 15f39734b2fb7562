//! What has changed under a mapping, what it would do, what is already there on both sides.

use axum::Json;
use axum::http::StatusCode;
use cs_domain::guarded::Numbers;
use cs_domain::mapping::drift::Drift;
use cs_domain::mapping::lone::LoneWord;
use cs_domain::{LinkDecision, MappingName, RecordRef};
use cs_ports::{KeptProposal, ProposalFilter, ProposalId, Right};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::Given;
use super::asked::{Named, Params, Said};
use super::paging::{Page, Paging};
use super::tasks::{PlanShown, TaskShown};
use crate::doors::{Doors, Rule};
use crate::error::WebError;
use crate::office::SampleWish;
use crate::visit::Visit;
use crate::work::{drifts, linking, mappings};

/// Records that are tried at once, at most.
const MOST: u32 = 50;

pub(super) fn doors(doors: Doors) -> Doors {
    let (reads, configures) = (Rule::Needs(Right::Read), Rule::Needs(Right::Configure));
    doors
        .api(reads, routes!(changed))
        .api(configures, routes!(look))
        .api(configures, routes!(accept))
        .api(reads, routes!(preview))
        .api(reads, routes!(pairs))
        .api(configures, routes!(find))
        .api(configures, routes!(decide))
}

/// Something that a mapping uses and that is no longer what it was.
#[derive(Debug, Serialize, ToSchema)]
struct DriftShown {
    /// `drift.field_vanished`.
    code: String,
    /// `VTiger` or `Frappe`.
    system: String,
    /// The module or `DocType`.
    kind: String,
    /// The field's API name; `null`: the kind as a whole.
    field: Option<String>,
    /// What has changed, in a sentence.
    cause: String,
    remedy: String,
    /// What runs do about it: `stop`, `skip_field`, `go_on`.
    verdict: String,
    /// Where the mapping uses it.
    places: Vec<String>,
}

impl DriftShown {
    fn of(drift: &Drift) -> Self {
        Self {
            code: drift.code().to_owned(),
            system: drift.system.to_string(),
            kind: drift.kind.to_string(),
            field: drift.field.as_ref().map(ToString::to_string),
            cause: drift.to_string(),
            remedy: drift.remedy(),
            verdict: drift.verdict.as_str().to_owned(),
            places: drift.places.iter().map(ToString::to_string).collect(),
        }
    }
}

/// What has changed in the two systems since a mapping last ran, as far as it was seen
#[utoipa::path(get, path = "/api/v1/mappings/{name}/drift", operation_id = "list_mapping_drift", tag = "mappings",
    params(("name" = String, Path, description = "The mapping")),
    responses((status = 200, description = "All of it", body = Page<DriftShown>)))]
async fn changed(visit: Visit, Named(name): Named) -> Given<Page<DriftShown>> {
    let known = drifts::known(&visit, &MappingName::new(name)).await?.unwrap_or_default();
    Ok(Json(Page::whole(known.iter().map(DriftShown::of))))
}

/// Asks both systems now what has changed
#[utoipa::path(post, path = "/api/v1/mappings/{name}/drift/look", operation_id = "look_for_mapping_drift", tag = "mappings",
    params(("name" = String, Path, description = "The mapping")),
    responses((status = 200, description = "All of it", body = Page<DriftShown>)))]
async fn look(visit: Visit, Named(name): Named) -> Given<Page<DriftShown>> {
    let found = drifts::look(&visit, &MappingName::new(name)).await?;
    Ok(Json(Page::whole(found.iter().map(DriftShown::of))))
}

/// Takes what has changed for how things are from now on
#[utoipa::path(post, path = "/api/v1/mappings/{name}/drift/accept", operation_id = "accept_mapping_drift", tag = "mappings",
    params(("name" = String, Path, description = "The mapping")),
    responses((status = 204, description = "It is accepted")))]
async fn accept(visit: Visit, Named(name): Named) -> Result<StatusCode, WebError> {
    drifts::accept(&visit, &MappingName::new(name)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What is tried.
#[derive(Debug, Deserialize, ToSchema)]
struct Sample {
    /// The unit.
    unit: String,
    /// Records of its module by their ids; none: a sample.
    #[serde(default)]
    records: Vec<String>,
    /// How many the sample has; 10 where it is not said, 50 at most.
    number: Option<u32>,
    /// What the sample is drawn by; none: the newest.
    seed: Option<u64>,
}

/// What a mapping would do.
#[derive(Debug, Serialize, ToSchema)]
struct PreviewShown {
    /// The plan for each record, as dry runs tell it.
    plans: Vec<PlanShown>,
    /// Words of lists that the other side does not take.
    #[schema(value_type = Vec<Object>)]
    lone: Vec<LoneWord>,
}

/// What a mapping's draft, or what runs where there is none, would do to real records; nothing is written
#[utoipa::path(post, path = "/api/v1/mappings/{name}/preview", operation_id = "preview_mapping", tag = "mappings",
    params(("name" = String, Path, description = "The mapping")), request_body = Sample,
    responses((status = 200, description = "Record by record", body = PreviewShown)))]
async fn preview(visit: Visit, Named(name): Named, Said(sample): Said<Sample>) -> Given<PreviewShown> {
    let standing = mappings::standing(&visit, &MappingName::new(name)).await?;
    let parsed = crate::work::mappings::sketched(&visit, standing.text());
    let unit = parsed.parsed.as_ref().and_then(|parsed| parsed.mapping.unit(&sample.unit.as_str().into()));
    let module =
        unit.map(|unit| unit.module.clone()).ok_or_else(|| WebError::not_there("unit", &sample.unit))?;
    let wish = SampleWish {
        mapping: standing.name.clone(),
        text: standing.text().to_owned(),
        unit: sample.unit.as_str().into(),
        chosen: sample.records.into_iter().map(|id| RecordRef::vtiger(module.clone(), id)).collect(),
        number: sample.number.unwrap_or(10).clamp(1, MOST),
        seed: sample.seed,
    };
    let preview = visit.web.office.preview(&wish).await?;
    let numbers = Numbers::of(parsed.parsed.as_ref().map(|parsed| &parsed.mapping));
    let plans = preview
        .records
        .iter()
        .map(|previewed| PlanShown::of(&visit.words, &numbers.plan(&previewed.plan)))
        .collect();
    Ok(Json(PreviewShown { plans, lone: preview.lone }))
}

/// A record and a document that could be one and the same.
#[derive(Debug, Serialize, ToSchema)]
struct PairShown {
    id: i64,
    unit: String,
    role: String,
    /// The id of `VTiger`'s record.
    record: String,
    /// The name of Frappe's document.
    document: String,
    /// 0 to 100.
    score: u32,
    /// What speaks for it, and against.
    #[schema(value_type = Vec<Object>)]
    reasons: Vec<cs_domain::LinkReason>,
    /// `accepted`, `rejected`; `null`: nobody has decided.
    decision: Option<String>,
    who: Option<String>,
}

impl PairShown {
    fn of(kept: KeptProposal) -> Self {
        let KeptProposal { id, proposal, decision, who, .. } = kept;
        Self {
            id,
            unit: proposal.unit.to_string(),
            role: proposal.role.to_string(),
            record: proposal.subject.id.to_string(),
            document: crate::pages::shown::record(&proposal.document),
            score: proposal.score,
            reasons: proposal.reasons,
            decision: decision.map(|decision| word(decision).to_owned()),
            who,
        }
    }
}

fn word(decision: LinkDecision) -> &'static str {
    match decision {
        LinkDecision::Accepted => "accepted",
        LinkDecision::Rejected => "rejected",
    }
}

/// Which pairs.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Which {
    unit: Option<String>,
    role: Option<String>,
    /// `open`, `accepted`, `rejected`.
    decision: Option<String>,
}

/// Pairs that were found, the best first
#[utoipa::path(get, path = "/api/v1/mappings/{name}/links", operation_id = "list_mapping_links", tag = "mappings",
    params(("name" = String, Path, description = "The mapping"), Which, Paging),
    responses((status = 200, description = "A page of them", body = Page<PairShown>)))]
async fn pairs(
    visit: Visit,
    Named(name): Named,
    Params(which): Params<Which>,
    Params(paging): Params<Paging>,
) -> Given<Page<PairShown>> {
    let (limit, offset) = (paging.limit()?, paging.offset("links")?);
    let decision = match which.decision.as_deref() {
        None => None,
        Some("open") => Some(None),
        Some("accepted") => Some(Some(LinkDecision::Accepted)),
        Some("rejected") => Some(Some(LinkDecision::Rejected)),
        Some(other) => return Err(WebError::invalid("decision", format!("`{other}` is no decision"))),
    };
    let filter = ProposalFilter {
        unit: which.unit.map(Into::into),
        role: which.role.map(Into::into),
        decision,
        ..ProposalFilter::of(MappingName::new(name))
    };
    let rows = visit.web.desk.proposals(&filter, offset, limit + 1).await?;
    Ok(Json(Page::counted("links", rows, offset, limit, PairShown::of)))
}

/// For what pairs are wanted.
#[derive(Debug, Deserialize, ToSchema)]
struct Seat {
    unit: String,
    role: String,
}

/// Looks through both systems for pairs; nothing is written to either. What the task finds is among the mapping's pairs when it is
/// over
#[utoipa::path(post, path = "/api/v1/mappings/{name}/links/find", operation_id = "find_mapping_links", tag = "mappings",
    params(("name" = String, Path, description = "The mapping")), request_body = Seat,
    responses((status = 201, description = "The task, waiting for its turn", body = TaskShown)))]
async fn find(
    visit: Visit,
    Named(name): Named,
    Said(seat): Said<Seat>,
) -> Result<(StatusCode, Json<TaskShown>), WebError> {
    let (unit, role) = (seat.unit.as_str().into(), seat.role.as_str().into());
    let task = linking::find(&visit, &MappingName::new(name), &unit, &role).await?;
    Ok((StatusCode::CREATED, Json(TaskShown::of(&visit.words, task))))
}

/// What is said of pairs.
#[derive(Debug, Deserialize, ToSchema)]
struct Decision {
    /// Which.
    ids: Vec<ProposalId>,
    /// `accepted`, `rejected`; `null`: what was said is taken back.
    #[schema(value_type = Option<String>)]
    decision: Option<LinkDecision>,
}

/// Accepts or rejects pairs; the next run links what was accepted
#[utoipa::path(post, path = "/api/v1/mappings/{name}/links/decide", operation_id = "decide_mapping_links", tag = "mappings",
    params(("name" = String, Path, description = "The mapping")), request_body = Decision,
    responses((status = 200, description = "Those that there were", body = Page<PairShown>)))]
async fn decide(visit: Visit, Named(name): Named, Said(said): Said<Decision>) -> Given<Page<PairShown>> {
    let decided = linking::decide(&visit, &MappingName::new(name), &said.ids, said.decision).await?;
    Ok(Json(Page::whole(decided.into_iter().map(PairShown::of))))
}
