//! What is configured: mappings, companies, brokers, reviews.

use axum::Json;
use cs_ports::{RetiredMapping, Right};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::Given;
use super::paging::Page;
use crate::doors::{Doors, Rule};
use crate::office::{BrokerAbout, CompanyAbout, MappingAbout};
use crate::visit::Visit;

pub(super) fn doors(doors: Doors) -> Doors {
    let reads = Rule::Needs(Right::Read);
    doors
        .api(reads, routes!(mappings))
        .api(reads, routes!(companies))
        .api(reads, routes!(brokers))
        .api(reads, routes!(reviews))
}

/// A mapping, and whether it may run.
#[derive(Debug, Serialize, ToSchema)]
struct KnownMapping {
    #[serde(flatten)]
    about: MappingAbout,
    /// Who keeps it from running; `null`: nobody does.
    #[schema(required)]
    retired: Option<RetiredShown>,
}

/// Who retired a mapping, and when.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RetiredShown {
    who: String,
    #[schema(value_type = String)]
    at: jiff::Timestamp,
}

impl RetiredShown {
    pub(super) fn of(retired: &RetiredMapping) -> Self {
        Self { who: retired.who.clone(), at: retired.at }
    }
}

/// The mappings there are
#[utoipa::path(get, path = "/api/v1/mappings", operation_id = "list_mappings", tag = "configuration",
    responses((status = 200, description = "All of them", body = Page<KnownMapping>)))]
async fn mappings(visit: Visit) -> Given<Page<KnownMapping>> {
    let all = visit.web.desk.retired_mappings().await?;
    let known = visit.web.office.mappings().await?.into_iter().map(|about| {
        let retired = all.iter().find(|one| one.mapping == about.name).map(RetiredShown::of);
        KnownMapping { about, retired }
    });
    Ok(Json(Page::whole(known)))
}

/// The companies whose reports can be read
#[utoipa::path(get, path = "/api/v1/companies", operation_id = "list_companies", tag = "configuration",
    responses((status = 200, description = "All of them", body = Page<CompanyAbout>)))]
async fn companies(visit: Visit) -> Given<Page<CompanyAbout>> {
    Ok(Json(Page::whole(visit.web.office.companies().await?)))
}

/// The brokers there are
#[utoipa::path(get, path = "/api/v1/brokers", operation_id = "list_brokers", tag = "configuration",
    responses((status = 200, description = "All of them", body = Page<BrokerAbout>)))]
async fn brokers(visit: Visit) -> Given<Page<BrokerAbout>> {
    Ok(Json(Page::whole(visit.web.office.brokers().await?)))
}

/// What reviewers can say
#[utoipa::path(get, path = "/api/v1/reviews", operation_id = "list_reviews", tag = "configuration",
    responses((status = 200, description = "All of them", body = Page<String>)))]
async fn reviews(visit: Visit) -> Given<Page<String>> {
    Ok(Json(Page::whole(visit.web.office.reviews().await?)))
}
