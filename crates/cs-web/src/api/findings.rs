//! Findings: looked up and reviewed.

use axum::Json;
use cs_ports::{
    FindingChange, FindingEvent, FindingFilter, FindingId, FindingQuery, FindingState, Review, Right,
    StandingFinding,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::Given;
use super::asked::{Named, Params, Said};
use super::paging::{self, Page, Paging};
use crate::doors::{Doors, Rule};
use crate::error::WebError;
use crate::visit::Visit;
use crate::work::findings::{self, Meant};

/// Findings that are reviewed by name in one request.
const MOST: usize = 1_000;

pub(super) fn doors(doors: Doors) -> Doors {
    let (reads, reviews) = (Rule::Needs(Right::Read), Rule::Needs(Right::Review));
    doors.api(reads, routes!(list)).api(reads, routes!(one)).api(reviews, routes!(review))
}

/// Whether a finding stands.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum FindingStands {
    Open,
    Closed,
}

impl From<FindingStands> for FindingState {
    fn from(stands: FindingStands) -> Self {
        match stands {
            FindingStands::Open => Self::Open,
            FindingStands::Closed => Self::Closed,
        }
    }
}

/// A disagreement between a company's report and the CRM.
#[derive(Debug, Serialize, ToSchema)]
struct FindingShown {
    id: String,
    company: String,
    broker: String,
    /// What it says, as a stable name: `unpaid`.
    kind: String,
    /// The same in the caller's language.
    text: String,
    member_id: String,
    salesorder_no: Option<String>,
    issuer: Option<String>,
    /// The monthly premium, as a decimal.
    premium: Option<String>,
    state: FindingStands,
    #[schema(format = Date)]
    first_seen: String,
    #[schema(format = Date)]
    last_seen: String,
    first_run: String,
    last_run: String,
    /// What a reviewer said; empty: nothing yet.
    review: String,
    description: String,
}

impl FindingShown {
    fn of(visit: &Visit, standing: StandingFinding) -> Self {
        Self {
            text: visit.web.office.finding_text(&standing.found, visit.words.language),
            id: standing.found.id.0,
            company: standing.book.company,
            broker: standing.book.broker,
            kind: standing.found.kind,
            member_id: standing.found.member_id,
            salesorder_no: standing.found.salesorder_no,
            issuer: standing.found.issuer,
            premium: standing.found.premium,
            state: match standing.state {
                FindingState::Open => FindingStands::Open,
                FindingState::Closed => FindingStands::Closed,
            },
            first_seen: standing.first_seen.to_string(),
            last_seen: standing.last_seen.to_string(),
            first_run: standing.first_run.0,
            last_run: standing.last_run.0,
            review: standing.review,
            description: standing.description,
        }
    }
}

/// Which findings; what is not said does not narrow it.
#[derive(Debug, Default, Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[serde(default)]
struct Sought {
    company: Option<String>,
    broker: Option<String>,
    /// What it says: `unpaid`.
    kind: Option<String>,
    member_id: Option<String>,
    #[param(inline)]
    state: Option<FindingStands>,
    /// With this review; empty: not reviewed.
    review: Option<String>,
    /// That hold this text: in member, order, parameters or description.
    text: Option<String>,
}

impl Sought {
    fn query(self) -> FindingQuery {
        let filter = FindingFilter {
            company: self.company,
            broker: self.broker,
            kind: self.kind,
            member_id: self.member_id,
            state: self.state.map(Into::into),
            review: self.review,
            ids: None,
            begins: None,
        };
        FindingQuery { filter, text: self.text, ..FindingQuery::default() }
    }
}

/// Findings by company, broker, kind and member
#[utoipa::path(get, path = "/api/v1/findings", operation_id = "list_findings", tag = "findings",
    params(Paging, Sought),
    responses((status = 200, description = "A page of them", body = Page<FindingShown>)))]
async fn list(
    visit: Visit,
    Params(paging): Params<Paging>,
    Params(sought): Params<Sought>,
) -> Given<Page<FindingShown>> {
    let limit = paging.limit()?;
    let query = sought.query();
    let show = |found| FindingShown::of(&visit, found);
    let desk = &visit.web.desk;
    if query.text.is_some() {
        let offset = paging.offset("findings-with")?;
        let found = desk.query_findings(&query, offset, limit + 1).await?;
        return Ok(Json(Page::counted("findings-with", found, offset, limit, show)));
    }
    let after = match paging.after::<String>("findings")?.map(FindingId) {
        Some(id) => Some(findings::one(&visit, &id).await.map_err(gone)?),
        None => None,
    };
    let found = desk.findings(&query.filter, after.as_ref(), limit + 1).await?;
    Ok(Json(Page::of("findings", found, limit, |found| found.found.id.0.clone(), show)))
}

fn gone(error: WebError) -> WebError {
    if matches!(error, WebError::NotThere { .. }) { paging::none() } else { error }
}

/// A cell of the report's row.
#[derive(Debug, Serialize, ToSchema)]
struct CellShown {
    column: String,
    value: String,
}

/// Something that happened to a finding after it was first seen.
#[derive(Debug, Serialize, ToSchema)]
struct HappeningShown {
    #[schema(format = DateTime)]
    at: String,
    run: Option<String>,
    /// `closed`, `reopened`, `reviewed`.
    change: String,
    review: Option<String>,
    description: Option<String>,
    /// Who reviewed it, where that was kept.
    by: Option<String>,
}

impl HappeningShown {
    fn of(event: FindingEvent) -> Self {
        let (change, review, description, by) = match event.what {
            FindingChange::Closed => ("closed", None, None, None),
            FindingChange::Reopened => ("reopened", None, None, None),
            FindingChange::Reviewed { review, description, by } => {
                ("reviewed", Some(review), Some(description), by)
            }
        };
        Self {
            at: event.at.to_string(),
            run: event.run.map(|run| run.0),
            change: change.to_owned(),
            review,
            description,
            by,
        }
    }
}

/// A finding with its row and its history.
#[derive(Debug, Serialize, ToSchema)]
struct FindingWhole {
    finding: FindingShown,
    /// The report's row, as it was.
    source: Vec<CellShown>,
    /// Oldest first.
    history: Vec<HappeningShown>,
}

/// One finding
#[utoipa::path(get, path = "/api/v1/findings/{id}", operation_id = "get_finding", tag = "findings",
    params(("id" = String, Path, description = "The finding")),
    responses((status = 200, description = "The finding", body = FindingWhole)))]
async fn one(visit: Visit, Named(id): Named) -> Given<FindingWhole> {
    let id = FindingId(id);
    let mut standing = findings::one(&visit, &id).await?;
    let history = visit.web.desk.finding_history(&id).await?;
    let source = std::mem::take(&mut standing.found.source).into_iter();
    Ok(Json(FindingWhole {
        source: source.map(|(column, value)| CellShown { column, value }).collect(),
        finding: FindingShown::of(&visit, standing),
        history: history.into_iter().map(HappeningShown::of).collect(),
    }))
}

/// What a reviewer says of findings: of those that are named, or of all that answer `all`.
#[derive(Debug, Deserialize, ToSchema)]
struct ReviewSaid {
    /// These, 1,000 at most.
    #[schema(max_items = 1000)]
    ids: Option<Vec<String>>,
    /// All that answer this.
    all: Option<Sought>,
    /// One of the configured reviews; empty takes it back.
    review: Option<String>,
    /// In free words.
    description: Option<String>,
}

/// How many were reviewed.
#[derive(Debug, Serialize, ToSchema)]
struct Reviewed {
    reviewed: u64,
}

/// Reviews findings
#[utoipa::path(post, path = "/api/v1/findings/review", operation_id = "review_findings", tag = "findings",
    request_body = ReviewSaid,
    responses((status = 200, description = "How many were reviewed", body = Reviewed)))]
async fn review(visit: Visit, Said(said): Said<ReviewSaid>) -> Given<Reviewed> {
    let meant = match (said.ids, said.all) {
        (Some(ids), None) if ids.len() <= MOST => Meant::These(ids.into_iter().map(FindingId).collect()),
        (Some(_), None) => return Err(WebError::invalid("ids", format!("these are more than {MOST}"))),
        (None, Some(all)) => Meant::All(Box::new(all.query())),
        _ => return Err(WebError::invalid("ids", "send either `ids` or `all`")),
    };
    if said.review.is_none() && said.description.is_none() {
        return Err(WebError::invalid("review", "send `review`, `description` or both"));
    }
    let words = Review { review: said.review, description: said.description, by: None };
    Ok(Json(Reviewed { reviewed: findings::review_many(&visit, meant, words).await? }))
}
