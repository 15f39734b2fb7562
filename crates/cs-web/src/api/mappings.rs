//! Mappings that people make: their texts, drafts, versions.

use axum::Json;
use axum::http::StatusCode;
use cs_domain::{Edition, MappingName};
use cs_ports::{MappingVersion, Right};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::Given;
use super::asked::{Named, Params, Said};
use super::known::RetiredShown;
use super::paging::Page;
use crate::doors::{Doors, Rule};
use crate::error::WebError;
use crate::visit::Visit;
use crate::work::drifts;
use crate::work::mappings::{self, Standing};

pub(super) fn doors(doors: Doors) -> Doors {
    let (reads, configures) = (Rule::Needs(Right::Read), Rule::Needs(Right::Configure));
    doors
        .api(reads, routes!(one))
        .api(configures, routes!(write))
        .api(configures, routes!(drop_draft))
        .api(reads, routes!(versions))
        .api(configures, routes!(publish))
        .api(reads, routes!(compared))
        .api(configures, routes!(roll_back))
}

/// A mapping as it stands.
#[derive(Debug, Serialize, ToSchema)]
struct MappingShown {
    name: String,
    /// The text that runs; `null`: nothing was published yet.
    runs: Option<RunningShown>,
    /// The text that somebody is writing.
    draft: Option<DraftShown>,
    /// Who keeps it from running; `null`: nobody does.
    #[schema(required)]
    retired: Option<RetiredShown>,
    /// What is wrong with the draft, or with what runs where there is no draft.
    problems: Vec<ProblemShown>,
}

/// The text of a mapping that runs.
#[derive(Debug, Serialize, ToSchema)]
struct RunningShown {
    /// `version 3`, `file (digest)`, `shipped (digest)`.
    edition: String,
    text: String,
    /// The file that fixes it; then it cannot be changed here.
    fixed_by: Option<String>,
}

/// A text that somebody is writing.
#[derive(Debug, Serialize, ToSchema)]
struct DraftShown {
    /// Whoever changes the draft says which one they saw.
    revision: i64,
    text: String,
    who: String,
    #[schema(value_type = String)]
    at: jiff::Timestamp,
}

/// Something that is wrong with a text.
#[derive(Debug, Serialize, ToSchema)]
struct ProblemShown {
    code: String,
    message: String,
    help: String,
    line: u64,
    column: u64,
}

/// A version of a mapping.
#[derive(Debug, Serialize, ToSchema)]
struct VersionShown {
    number: i64,
    who: String,
    #[schema(value_type = String)]
    at: jiff::Timestamp,
    note: String,
}

impl VersionShown {
    fn of(version: MappingVersion) -> Self {
        Self { number: version.number, who: version.who, at: version.at, note: version.note }
    }
}

fn shown(visit: &Visit, standing: &Standing) -> MappingShown {
    let problems = mappings::problems(visit, &standing.name, standing.text());
    MappingShown {
        name: standing.name.to_string(),
        runs: standing.running.as_ref().map(|running| RunningShown {
            edition: Edition::to_string(&running.edition),
            text: running.text.clone(),
            fixed_by: running.fixed_by.clone(),
        }),
        draft: standing.draft.as_ref().map(|draft| DraftShown {
            revision: draft.revision,
            text: draft.text.clone(),
            who: draft.who.clone(),
            at: draft.at,
        }),
        retired: standing.retired.as_ref().map(RetiredShown::of),
        problems: problems
            .into_iter()
            .map(|problem| {
                let (message, help) = mappings::worded(&visit.words, &problem);
                ProblemShown {
                    code: problem.code,
                    message,
                    help,
                    line: problem.line as u64,
                    column: problem.column as u64,
                }
            })
            .collect(),
    }
}

/// A mapping: what runs, what is being written, what is wrong with it
#[utoipa::path(get, path = "/api/v1/mappings/{name}", operation_id = "get_mapping", tag = "mappings",
    params(("name" = String, Path, description = "The mapping")),
    responses((status = 200, description = "The mapping", body = MappingShown)))]
async fn one(visit: Visit, Named(name): Named) -> Given<MappingShown> {
    let standing = mappings::standing(&visit, &MappingName::new(name)).await?;
    Ok(Json(shown(&visit, &standing)))
}

/// A draft as it is to be.
#[derive(Debug, Deserialize, ToSchema)]
struct DraftText {
    /// The draft that was seen; 0: there was none.
    revision: i64,
    text: String,
}

/// Writes a mapping's draft; a mapping that is not there begins so
#[utoipa::path(put, path = "/api/v1/mappings/{name}/draft", operation_id = "write_mapping_draft", tag = "mappings",
    params(("name" = String, Path, description = "The mapping")), request_body = DraftText,
    responses((status = 200, description = "The mapping", body = MappingShown)))]
async fn write(visit: Visit, Named(name): Named, Said(said): Said<DraftText>) -> Given<MappingShown> {
    let name = MappingName::new(name);
    mappings::write_or_begin(&visit, &name, said.revision, &said.text).await?;
    Ok(Json(shown(&visit, &mappings::standing(&visit, &name).await?)))
}

/// Which draft was seen.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Seen {
    /// Its revision.
    revision: i64,
}

/// Drops a mapping's draft
#[utoipa::path(delete, path = "/api/v1/mappings/{name}/draft", operation_id = "drop_mapping_draft", tag = "mappings",
    params(("name" = String, Path, description = "The mapping"), Seen),
    responses((status = 204, description = "It is no more")))]
async fn drop_draft(
    visit: Visit,
    Named(name): Named,
    Params(seen): Params<Seen>,
) -> Result<StatusCode, WebError> {
    mappings::drop_draft(&visit, &MappingName::new(name), seen.revision).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A mapping's versions, the latest first
#[utoipa::path(get, path = "/api/v1/mappings/{name}/versions", operation_id = "list_mapping_versions", tag = "mappings",
    params(("name" = String, Path, description = "The mapping")),
    responses((status = 200, description = "All of them", body = Page<VersionShown>)))]
async fn versions(visit: Visit, Named(name): Named) -> Given<Page<VersionShown>> {
    let versions = visit.web.desk.mapping_versions(&MappingName::new(name)).await?;
    Ok(Json(Page::whole(versions.into_iter().map(VersionShown::of))))
}

/// What is published.
#[derive(Debug, Deserialize, ToSchema)]
struct Publication {
    /// The draft that was seen.
    revision: i64,
    /// What this version is about.
    #[schema(min_length = 1, max_length = 200)]
    note: String,
    /// What has changed in the two systems since the mapping last ran is how things are meant to be.
    #[serde(default)]
    accept_drift: bool,
}

/// Publishes a mapping's draft: the next run goes by it
#[utoipa::path(post, path = "/api/v1/mappings/{name}/versions", operation_id = "publish_mapping", tag = "mappings",
    params(("name" = String, Path, description = "The mapping")), request_body = Publication,
    responses((status = 201, description = "The version", body = VersionShown)))]
async fn publish(
    visit: Visit,
    Named(name): Named,
    Said(said): Said<Publication>,
) -> Result<(StatusCode, Json<VersionShown>), WebError> {
    let name = MappingName::new(name);
    let number = mappings::publish(&visit, &name, said.revision, &said.note).await?;
    if said.accept_drift {
        drifts::accept(&visit, &name).await?;
    }
    version(&visit, &name, number).await
}

async fn version(
    visit: &Visit,
    name: &MappingName,
    number: i64,
) -> Result<(StatusCode, Json<VersionShown>), WebError> {
    let found = visit.web.desk.mapping_version(name, number).await?;
    let found = found.ok_or_else(|| WebError::not_there("version", number))?;
    Ok((StatusCode::CREATED, Json(VersionShown::of(found.version))))
}

/// Which two versions are compared.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Sides {
    /// The number of the one.
    from: i64,
    /// The number of the other.
    to: i64,
}

/// A part that two versions say otherwise.
#[derive(Debug, Serialize, ToSchema)]
struct DifferenceShown {
    /// `account/customer: field website`.
    spot: String,
    /// What the one says, as a file writes it.
    before: Option<String>,
    /// What the other says.
    after: Option<String>,
}

/// What a version of a mapping says otherwise than another
#[utoipa::path(get, path = "/api/v1/mappings/{name}/compare", operation_id = "compare_mapping_versions", tag = "mappings",
    params(("name" = String, Path, description = "The mapping"), Sides),
    responses((status = 200, description = "Part by part", body = Page<DifferenceShown>)))]
async fn compared(
    visit: Visit,
    Named(name): Named,
    Params(sides): Params<Sides>,
) -> Given<Page<DifferenceShown>> {
    let name = MappingName::new(name);
    let before = mappings::text_of(&visit, &name, Some(sides.from)).await?;
    let after = mappings::text_of(&visit, &name, Some(sides.to)).await?;
    let differences = mappings::difference(&visit, &before, &after).unwrap_or_default();
    Ok(Json(Page::whole(differences.into_iter().map(|one| DifferenceShown {
        spot: one.spot.to_string(),
        before: one.before,
        after: one.after,
    }))))
}

/// Where to go back to.
#[derive(Debug, Deserialize, ToSchema)]
struct Back {
    /// The version; none: the text that came with the program.
    to: Option<i64>,
    /// What the new version is about.
    #[schema(min_length = 1, max_length = 200)]
    note: String,
}

/// Publishes an old text again, as a new version
#[utoipa::path(post, path = "/api/v1/mappings/{name}/rollback", operation_id = "roll_back_mapping", tag = "mappings",
    params(("name" = String, Path, description = "The mapping")), request_body = Back,
    responses((status = 201, description = "The version", body = VersionShown)))]
async fn roll_back(
    visit: Visit,
    Named(name): Named,
    Said(back): Said<Back>,
) -> Result<(StatusCode, Json<VersionShown>), WebError> {
    let name = MappingName::new(name);
    let number = mappings::roll_back(&visit, &name, back.to, &back.note).await?;
    version(&visit, &name, number).await
}
